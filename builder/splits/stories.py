"""Stories: name the units of articles that must stay in one split: copies, translations, articles of one event.

A story removes no articles as copies; it only keeps them in one split.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence

PAGES = 50  # a URL that more articles share is a list of articles, not the page of one


def listed_pages(pages: Sequence[Sequence[str] | None]) -> list[list[str]]:
    """Return the pages of each row that may link a story: those that at most PAGES rows have."""
    counts: dict[str, int] = {}
    for urls in pages:
        for page in urls or ():
            counts[page] = counts.get(page, 0) + 1
    return [[page for page in urls or () if counts[page] <= PAGES] for urls in pages]


def name_stories(
    units: Sequence[int], stories: Sequence[str | None], ids: Sequence[str], published: Sequence[str | None]
) -> list[str | None]:
    """Name the story of each row: by its published name, else the least story given in its unit, else the least id.

    No two units get one name. A name goes to the unit in which a row gives it, else to the unit with the most rows
    published under it, so that one part keeps the name when a story falls apart. The name of a row that is alone in
    its unit and gives none is null.

    >>> name_stories([0, 0, 2, 3], ["b", "a", None, "c"], ["fr-b", "es-a", "en-1", "en-2"], [None, None, None, "z"])
    ['a', 'a', None, 'z']
    >>> name_stories([0, 0, 2], ["b", "b", "a"], ["fr-1", "fr-2", "fr-3"], ["a", None, "a"])
    ['b', 'b', 'a']
    """
    sizes = Counter(units)
    least = {unit: id for id, unit in sorted(zip(ids, units, strict=True), reverse=True)}
    wishes: dict[int, set[tuple[int, str]]] = defaultdict(set)
    under = Counter(zip(published, units, strict=True))
    owners: dict[str, tuple[int, int, str, int]] = {}
    for unit, story, id, before in zip(units, stories, ids, published, strict=True):
        for rank, claim, name in ((0, 1, before), (1, 0, story), (2, 2, id if sizes[unit] > 1 else None)):
            if name is not None:
                wishes[unit].add((rank, name))
                bid = (claim, -under[name, unit], least[unit], unit)
                owners[name] = min(owners.get(name, bid), bid)
    names = {
        unit: min(((rank, name) for rank, name in wished if owners[name][-1] == unit), default=(2, None))[1]
        for unit, wished in wishes.items()
    }
    return [names.get(unit) for unit in units]
