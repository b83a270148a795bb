"""Report the state of every article of a rehydrated release, as JSON and for people."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from builder.core.locations import location_of

STATES = ("matched", "changed", "missing")
SHOWN = 10  # articles and files that a person sees one by one


@dataclass(frozen=True, slots=True)
class Rehydrated:
    """The state of every article of a release of ids (schema.REHYDRATED), and the folder with the result."""

    of: Path
    to: Path
    table: pa.Table
    unreadable: list[str]  # why records of the user's files were skipped
    hint: str | None  # another possible cause of texts that differ

    @property
    def counts(self) -> dict[str, int]:
        """Count the articles by their state."""
        return counted(self.table)

    @property
    def whole(self) -> bool:
        """Tell whether every article matches."""
        return self.counts["matched"] == len(self.table)

    def as_json(self) -> dict[str, Any]:
        """Return the report for JSON."""
        return {
            "of": str(self.of),
            "to": str(self.to),
            "counts": self.counts,
            "languages": _by_language(self.table),
            "articles": self.table.to_pylist(),
            "unreadable": self.unreadable,
            "hint": self.hint,
        }

    def render(self) -> str:
        """Write the report: a table of languages and states, the first articles that do not match, skipped records."""
        import pandas as pd

        frame = pd.DataFrame.from_dict(_by_language(self.table), orient="index")
        frame.loc["all"] = frame.sum()
        lines = [str(frame[[state for state in STATES if frame[state]["all"]]].to_string())]
        for state in ("changed", "missing"):
            rows = self.table.filter(pc.equal(self.table["state"], state)).to_pylist()
            lines += ["", f"{state}:"] if rows else []
            lines += _first([f"  {_shown(row)}" for row in rows], "--json has all")
        if self.unreadable:
            lines += ["", "skipped:", *_first([f"  {detail}" for detail in self.unreadable], "--json has all")]
        if self.whole:
            lines += ["", f"{self.to}: all {len(self.table):,} articles and the content hashes match"]
        return "\n".join(lines)

    def problem(self) -> str:
        """Count the articles that do not match, in one line."""
        counts, total = self.counts, len(self.table)
        others = ", ".join(f"{counts[state]:,} {state}" for state in STATES[1:] if counts[state])
        hint = self.hint if counts["changed"] and self.hint else ""
        return f"{counts['matched']:,} of {total:,} articles rehydrated in {self.to}: {others}{hint}"


def counted(table: pa.Table) -> dict[str, int]:
    """Count the articles of a table (schema.REHYDRATED) by their state."""
    counts = Counter(table["state"].to_pylist())
    return {state: counts[state] for state in STATES}


def _by_language(table: pa.Table) -> dict[str, dict[str, int]]:
    counts = Counter(zip(table["language"].to_pylist(), table["state"].to_pylist(), strict=True))
    return {
        language: {state: counts[language, state] for state in STATES}
        for language in sorted({one for one, _ in counts})
    }


def _shown(row: Mapping[str, Any]) -> str:
    if row["file"] is None:
        return str(row["id"])
    location = location_of(row["file"], row["place"])
    also = f", as {row['held_id']}" if row["held_id"] else ""
    return f"{row['id']}: another {' and '.join(row['differs'])} in {location}{also}"


def _first(lines: list[str], more: str) -> list[str]:
    return lines if len(lines) <= SHOWN else [*lines[:SHOWN], f"  and {len(lines) - SHOWN:,} more; {more}"]
