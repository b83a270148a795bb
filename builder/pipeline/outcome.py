"""Describe the outcome of a build, and format counts on a line."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(slots=True)
class Outcome:
    """The outcome of a build; `version` is that of the newest release, or of the one that a dry run would make."""

    version: str
    path: Path | None
    changed: bool
    counts: Mapping[str, int]
    languages: Mapping[str, Mapping[str, int]]
    quarantined: list[tuple[str, str]] = field(default_factory=list)  # (reason, detail)
    warnings: list[str] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)  # per stage
    url: str | None = None  # the URL of the uploaded release, if `out` is a URL


def list_counts(counts: Mapping[str, int]) -> str:
    """Format counts on a line.

    >>> list_counts({"exact": 2, "near": 1}), list_counts({})
    ('exact 2, near 1', 'none')
    """
    return ", ".join(f"{name} {count}" for name, count in counts.items()) or "none"


def tally_values(values: Iterable[str | None]) -> str:
    """Count values that are not null, and format the counts on a line.

    >>> tally_values(["kept", None, "duplicate", "kept"])
    'duplicate 1, kept 2'
    """
    tally = Counter(value for value in values if value is not None)
    return ", ".join(f"{name} {tally[name]}" for name in sorted(tally))
