"""Lots: things in their order, some at a time, so that what is held or written at once stays below a size."""

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")


def batches(things: Iterable[T], size: Callable[[T], int], most: int, count: int | None = None) -> Iterator[list[T]]:
    """Yield lists of at most `most` bytes and `count` things; one that is larger by itself is a lot of its own.

    >>> list(lots([3, 4, 9, 1, 1, 1], int, 7)), list(lots([1, 1, 1], int, 7, count=2))
    ([[3, 4], [9], [1, 1, 1]], [[1, 1], [1]])
    """
    lot: list[T] = []
    held = 0
    for thing in things:
        bytes_ = size(thing)
        if lot and (len(lot) == count or held + bytes_ > most):
            yield lot
            lot, held = [], 0
        lot.append(thing)
        held += bytes_
    if lot:
        yield lot
