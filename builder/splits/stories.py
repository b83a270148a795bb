"""Stories: which articles must not be parted. Copies, translations, one event: joined into units, each with a name.

Stories are never removed, only kept in one split.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence

PAGES = 50  # a URL of more articles is a list of them, not one of them


def listed_pages(pages: Sequence[Sequence[str] | None]) -> list[list[str]]:
    """Give the pages of each row that tell a story: those of no more than PAGES rows."""
    counts: dict[str, int] = {}
    for of_row in pages:
        for page in of_row or ():
            counts[page] = counts.get(page, 0) + 1
    return [[page for page in of_row or () if counts[page] <= PAGES] for of_row in pages]


def name_stories(
    of_unit: Sequence[int], stories: Sequence[str | None], ids: Sequence[str], published: Sequence[str | None]
) -> list[str | None]:
    """Name the story of each row: as it is published, else by the least story that a row of the unit gives, else id.

    No two units get one name: it goes to the unit where a row gives it, else to that which has most rows published
    under it, so that a story that fell apart leaves its name to one part. Null where a row stands alone and has none.

    >>> named([0, 0, 2, 3], ["b", "a", None, "c"], ["fr-b", "es-a", "en-1", "en-2"], [None, None, None, "z"])
    ['a', 'a', None, 'z']
    >>> named([0, 0, 2], ["b", "b", "a"], ["fr-1", "fr-2", "fr-3"], ["a", None, "a"])
    ['b', 'b', 'a']
    """
    sizes = Counter(of_unit)
    least = {unit: id for id, unit in sorted(zip(ids, of_unit, strict=True), reverse=True)}
    wishes: dict[int, set[tuple[int, str]]] = defaultdict(set)
    under = Counter(zip(published, of_unit, strict=True))
    owners: dict[str, tuple[int, int, str, int]] = {}
    for unit, story, id, before in zip(of_unit, stories, ids, published, strict=True):
        for rank, claim, name in ((0, 1, before), (1, 0, story), (2, 2, id if sizes[unit] > 1 else None)):
            if name is not None:
                wishes[unit].add((rank, name))
                mine = (claim, -under[name, unit], least[unit], unit)
                owners[name] = min(owners.get(name, mine), mine)
    names = {
        unit: min(((rank, name) for rank, name in wished if owners[name][-1] == unit), default=(2, None))[1]
        for unit, wished in wishes.items()
    }
    return [names.get(unit) for unit in of_unit]
