"""What became of every article of a release of ids that was rehydrated, as JSON and for people."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from builder.core.locations import location_of

STATES = ("matched", "changed", "missing")
SHOWN = 10  # articles and held files that a person is told of one by one


@dataclass(frozen=True, slots=True)
class Rehydrated:
    """What became of every article of a release of ids (schema.REHYDRATED), and where the result stands."""

    of: Path
    to: Path
    table: pa.Table
    unreadable: list[str]  # why records of the held files were passed over
    hint: str | None  # what else may be why texts differ

    @property
    def counts(self) -> dict[str, int]:
        """Count the articles by their state."""
        return counted(self.table)

    @property
    def whole(self) -> bool:
        """Tell whether every text was found as it is meant."""
        return self.counts["matched"] == len(self.table)

    def as_json(self) -> dict[str, Any]:
        """Give it for JSON."""
        said = {"of": str(self.of), "to": str(self.to), "counts": self.counts, "languages": _by_language(self.table)}
        return {**said, "articles": self.table.to_pylist(), "unreadable": self.unreadable, "hint": self.hint}

    def told(self) -> str:
        """Tell a person: a table of languages and states, the first that do not match, what was passed over."""
        import pandas as pd

        frame = pd.DataFrame.from_dict(_by_language(self.table), orient="index")
        frame.loc["all"] = frame.sum()
        lines = [str(frame[[state for state in STATES if frame[state]["all"]]].to_string())]
        for state in ("changed", "missing"):
            rows = self.table.filter(pc.equal(self.table["state"], state)).to_pylist()
            lines += ["", f"{state}:"] if rows else []
            lines += _first([f"  {_shown(row)}" for row in rows], "--json has all")
        if self.unreadable:
            lines += ["", "passed over:", *_first([f"  {said}" for said in self.unreadable], "--json has all")]
        if self.whole:
            lines += ["", f"all {len(self.table):,} articles match, and so do the content hashes; {self.to}"]
        return "\n".join(lines)

    def problem(self) -> str:
        """Say in a line what does not match."""
        counts, all_ = self.counts, len(self.table)
        what = ", ".join(f"{counts[state]:,} {state}" for state in STATES[1:] if counts[state])
        hint = self.hint if counts["changed"] and self.hint else ""
        return f"{counts['matched']:,} of {all_:,} articles rehydrated in {self.to}: {what}{hint}"


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
    place = location_of(row["file"], row["place"])
    also = f", as {row['held_id']}" if row["held_id"] else ""
    return f"{row['id']}: another {' and '.join(row['differs'])} in {place}{also}"


def _first(lines: list[str], more: str) -> list[str]:
    return lines if len(lines) <= SHOWN else [*lines[:SHOWN], f"  and {len(lines) - SHOWN:,} more; {more}"]
