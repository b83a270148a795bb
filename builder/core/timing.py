"""How long each stage took, for those who want to know; it is no part of any result."""

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

T = TypeVar("T")


class Clock:
    """Sums the seconds of each stage; a stage within another is named `outer/inner` by its caller."""

    def __init__(self) -> None:
        """Begin with no stage."""
        self.seconds: dict[str, float] = {}

    @contextmanager
    def __call__(self, stage: str) -> Iterator[None]:
        """Add the time of a `with` block to a stage."""
        start = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[stage] = self.seconds.get(stage, 0.0) + time.perf_counter() - start

    def each(self, stage: str, values: Iterable[T]) -> Iterator[T]:
        """Add the time that it takes to get each value to a stage."""
        iterator = iter(values)
        while True:
            with self(stage):
                try:
                    value = next(iterator)
                except StopIteration:
                    return
            yield value
