"""Describe one run of a build: its settings and options, its folders, its progress, and the time of its stages."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from builder.config.sections import Config
from builder.core.layout import WORK
from builder.core.timing import Clock


class Show(Protocol):
    """The display of a build's progress."""

    def line(self, text: str) -> None:
        """Show the line of a finished stage."""

    def progress(self, total: int) -> Any:
        """Return a context manager around a function that takes the records and bytes (of total) read so far."""


@dataclass(frozen=True, slots=True)
class Options:
    """The options of one build, in addition to the settings of its dataset."""

    version: str | None = None  # null: the least version that the changes require
    threads: int | None = None  # null: all cores
    dry_run: bool = False  # write nothing outside the work folder
    engine: str = "native"  # runner.ENGINES


@dataclass(frozen=True, slots=True)
class Run:
    """A running build."""

    config: Config
    home: Path  # the folder of the dataset's releases
    show: Show
    options: Options
    clock: Clock = field(default_factory=Clock)

    @property
    def work(self) -> Path:
        """The folder of prepared segments and of the release in the making."""
        return self.home / WORK

    @property
    def stripped(self) -> Path:
        """The file of articles without their boilerplate; it exists only during the build."""
        return self.work / "stripped.parquet"
