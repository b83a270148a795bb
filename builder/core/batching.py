"""Cut a sequence into batches, so that memory and uploads stay below a size."""

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")


def batches(values: Iterable[T], size: Callable[[T], int], most: int, count: int | None = None) -> Iterator[list[T]]:
    """Yield lists of at most `most` bytes and `count` values, in order; a larger value becomes a batch of its own.

    `size` returns the bytes of a value.

    >>> list(batches([3, 4, 9, 1, 1, 1], int, 7)), list(batches([1, 1, 1], int, 7, count=2))
    ([[3, 4], [9], [1, 1, 1]], [[1, 1], [1]])
    """
    batch: list[T] = []
    total = 0
    for value in values:
        added = size(value)
        if batch and (len(batch) == count or total + added > most):
            yield batch
            batch, total = [], 0
        batch.append(value)
        total += added
    if batch:
        yield batch
