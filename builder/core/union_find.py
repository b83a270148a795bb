"""Join rows that belong together into units."""

from collections.abc import Iterable, Sequence


def units(count: int, pairs: Iterable[tuple[int, int]], names: Iterable[Sequence[str]]) -> list[int]:
    """Join rows that form a pair or share a name into units; return for each row the first row of its unit.

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
    for row, names_of_row in enumerate(names):
        for name in names_of_row:
            join(seen.setdefault(name, row), row)
    return [root(row) for row in range(count)]
