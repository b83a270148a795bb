"""What a build reports: progress lines and its outcome."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol


class Show(Protocol):
    """Where a build tells how it goes on."""

    def line(self, text: str) -> None:
        """Say what a stage did."""

    def progress(self, total: int) -> Any:
        """Give a context manager around a function that takes the records and bytes (of total) that are behind."""


@dataclass(slots=True)
class Outcome:
    """What a build did: `version` is that of the newest release, or of the one that a dry run would make."""

    version: str
    path: Path | None
    changed: bool
    counts: Mapping[str, int]
    languages: Mapping[str, Mapping[str, int]]
    quarantined: list[tuple[str, str]] = field(default_factory=list)  # (reason, detail)
    warnings: list[str] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)  # per stage
    url: str | None = None  # where it was copied to, if `out` is a URL


def list_counts(counts: Mapping[str, int]) -> str:
    """Spell counts for a line."""
    return ", ".join(f"{name} {count}" for name, count in counts.items()) or "none"


def tally_values(values: list[str | None]) -> str:
    """Count values, and spell the counts for a line."""
    tally: dict[str, int] = {}
    for value in values:
        if value is not None:
            tally[value] = tally.get(value, 0) + 1
    return ", ".join(f"{name} {tally[name]}" for name in sorted(tally))
