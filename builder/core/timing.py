"""Measure the time of each stage. Builds show it, but no result depends on it."""

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

T = TypeVar("T")


class Clock:
    """Add up the seconds of each stage. Callers name a nested stage `outer/inner`."""

    def __init__(self) -> None:
        """Start without stages."""
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
        """Add the time of getting each value to a stage."""
        iterator = iter(values)
        while True:
            with self(stage):
                try:
                    value = next(iterator)
                except StopIteration:
                    return
            yield value
