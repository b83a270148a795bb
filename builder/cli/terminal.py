"""Show a build to people: lines in a log, a progress bar and a final table; or all of it as JSON."""

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import orjson

from builder.pipeline.outcome import Outcome

SHOWN_QUARANTINED = 10


class Log:
    """Writes to standard error, so that standard output has only the result."""

    def __init__(self, quiet: bool = False) -> None:
        """Write nothing if `quiet`."""
        self._quiet = quiet

    def line(self, text: str) -> None:
        """Write one line."""
        if not self._quiet:
            print(text, file=sys.stderr, flush=True)

    @contextmanager
    def progress(self, total: int) -> Iterator[Callable[[int, int], None]]:
        """Show a bar with rate and remaining time while raw files are prepared, if standard error is a terminal."""
        if self._quiet or not sys.stderr.isatty() or total == 0:
            yield lambda records, size: None
            return
        from tqdm import tqdm

        with tqdm(total=total, unit="B", unit_scale=True, desc="prepare", leave=False, file=sys.stderr) as bar:

            def show(records: int, size: int) -> None:
                bar.set_postfix_str(f"{records} records", refresh=False)
                bar.update(size - bar.n)

            yield show


def width() -> int:
    """Return the width of the terminal in cells; 80 without a terminal."""
    return shutil.get_terminal_size().columns


def has_colours() -> bool:
    """Tell whether standard output is a terminal with colours, and NO_COLOR is not set (https://no-color.org)."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def as_json(value: Any) -> str:
    """Write a result as one JSON document."""
    return orjson.dumps(value, option=orjson.OPT_INDENT_2, default=str).decode()


def outcome_json(outcome: Outcome) -> dict[str, Any]:
    """Return the fields of an outcome for JSON."""
    return {
        "version": outcome.version,
        "path": str(outcome.path) if outcome.path else None,
        **({"url": outcome.url} if outcome.url else {}),
        "changed": outcome.changed,
        "counts": outcome.counts,
        "languages": outcome.languages,
        "quarantined": [{"reason": reason, "detail": detail} for reason, detail in outcome.quarantined],
        "warnings": outcome.warnings,
        "seconds": {stage: round(seconds, 3) for stage, seconds in outcome.seconds.items()},
    }


def table(outcome: Outcome) -> str:
    """Write the table of a build: records read, kept, duplicate, rejected by reason and quarantined, by language."""
    import pandas as pd

    frame = pd.DataFrame.from_dict(dict(outcome.languages), orient="index").fillna(0).astype(int)
    rejected = sorted(name for name in frame.columns if name.startswith("rejected:"))
    wanted = ["read", "kept", "duplicate", *rejected, "quarantined"]
    frame = frame.reindex(columns=wanted, fill_value=0).sort_index()
    frame.index = pd.Index([language or "(none)" for language in frame.index])
    frame.loc["all"] = frame.sum()
    frame.columns = pd.Index([name.replace("rejected:", "rejected ").replace("_", " ") for name in wanted])
    return str(frame.to_string())


def quarantine(outcome: Outcome) -> list[str]:
    """Describe the first quarantined records, one per line."""
    lines = [f"quarantined ({reason}): {detail}" for reason, detail in outcome.quarantined[:SHOWN_QUARANTINED]]
    more = len(outcome.quarantined) - len(lines)
    return [*lines, f"and {more} more, all in decisions.parquet"] if more > 0 else lines
