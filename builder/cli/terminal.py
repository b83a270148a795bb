"""What a person sees: lines in a log, a bar on a terminal, a table at the end; or the same as JSON."""

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
    """Writes to standard error, so that standard output has the result alone."""

    def __init__(self, quiet: bool = False) -> None:
        """Be quiet where only the result is wanted."""
        self._quiet = quiet

    def line(self, text: str) -> None:
        """Write one line."""
        if not self._quiet:
            print(text, file=sys.stderr, flush=True)

    @contextmanager
    def progress(self, total: int) -> Iterator[Callable[[int, int], None]]:
        """Show a bar with rate and time left while raw files are prepared, if a person is watching."""
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
    """Give how many cells wide the terminal is; 80 where there is none."""
    return shutil.get_terminal_size().columns


def has_colours() -> bool:
    """Tell whether standard output is a terminal with colours, and nobody asked for none (https://no-color.org)."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def as_json(value: Any) -> str:
    """Give a result as one JSON document."""
    return orjson.dumps(value, option=orjson.OPT_INDENT_2, default=str).decode()


def outcome_json(outcome: Outcome) -> dict[str, Any]:
    """Give an outcome's fields for JSON."""
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
    """Give the table of a build: for each language read, kept, duplicates, rejected by reason, quarantined."""
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
    """Give the first quarantined records, a line each."""
    lines = [f"quarantined ({reason}): {detail}" for reason, detail in outcome.quarantined[:SHOWN_QUARANTINED]]
    more = len(outcome.quarantined) - len(lines)
    return [*lines, f"and {more} more, all in decisions.parquet"] if more > 0 else lines
