"""Stories: which articles must not be parted. Copies, translations, one event: joined into units, each with a name.

Stories are never removed, only kept in one split.
"""

from collections.abc import Iterable, Sequence

PAGES = 50  # a URL of more articles is a list of them, not one of them


def units(count: int, pairs: Iterable[tuple[int, int]], names: Iterable[Sequence[str]]) -> list[int]:
    """Join rows that are a pair, or that have a name in common, into units: give each row the first row of its unit.

    >>> units(5, [(0, 3)], [["story:a"], [], ["story:a"], [], []])
    [0, 1, 0, 0, 4]
    """
    first = list(range(count))

    def root(row: int) -> int:
        while first[row] != row:
            first[row] = row = first[first[row]]
        return row

    def join(one: int, other: int) -> None:
        low, high = sorted((root(one), root(other)))
        first[high] = low

    for one, other in pairs:
        join(one, other)
    seen: dict[str, int] = {}
    for row, of_row in enumerate(names):
        for name in of_row:
            join(seen.setdefault(name, row), row)
    return [root(row) for row in range(count)]


def listed_pages(pages: Sequence[Sequence[str] | None]) -> list[list[str]]:
    """Give the pages of each row that tell a story: those of no more than PAGES rows."""
    counts: dict[str, int] = {}
    for of_row in pages:
        for page in of_row or ():
            counts[page] = counts.get(page, 0) + 1
    return [[page for page in of_row or () if counts[page] <= PAGES] for of_row in pages]


def named(
    of_unit: Sequence[int], stories: Sequence[str | None], ids: Sequence[str], published: Sequence[str | None]
) -> list[str | None]:
    """Name the story of each row: as it is published, else by the least story that a row of the unit gives, else id.

    Null where a row stands alone and gives no story.

    >>> named([0, 0, 2, 3], ["b", "a", None, "c"], ["fr-b", "es-a", "en-1", "en-2"], [None, None, None, "z"])
    ['a', 'a', None, 'z']
    """
    best: dict[int, tuple[int, str]] = {}
    sizes: dict[int, int] = {}
    for unit, story, id, before in zip(of_unit, stories, ids, published, strict=True):
        sizes[unit] = sizes.get(unit, 0) + 1
        name = (0, before) if before is not None else (1, story) if story is not None else (2, id)
        best[unit] = min(best.get(unit, name), name)
    return [best[unit][1] if sizes[unit] > 1 or best[unit][0] < 2 else None for unit in of_unit]
