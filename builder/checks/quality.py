"""Measure the quality of a raw file: the signals of its articles by language, and how many each fault would reject.

Articles are read and tidied as in a build, and scored. No release is written and no language is detected.
"""

from typing import Any, cast

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from builder.checks.sample import tables
from builder.config.quality import FAULTS, Fault, Quality
from builder.text import quality, signals

MAIN = ("word_count", "sentences", "mean_word_length", "letter_share", "stop_word_share", "duplicate_5gram_share")
QUANTILES = {"1 %": 0.01, "median": 0.5, "99 %": 0.99}


def check(path: str) -> dict[str, Any]:
    """Measure a raw file, or a folder of them: `records`, `unusable`, `articles`, `signals`, `faults`, `languages`.

    `signals` has the quantiles of each signal over all articles (null if known of none). `faults` counts the articles
    with each fault, and tells whether it rejects by default. `languages` has, by language, `articles`, the `medians` of
    MAIN and `faults`. An article may have several faults. Raises BuilderError if `path` is not a raw file or a folder.
    """
    records = 0
    reasons: dict[str, int] = {}
    scored_tables: list[pa.Table] = []
    for table in tables(path):
        records += len(table)
        for reason in pc.drop_null(table["reason"]).to_pylist():
            reasons[reason] = reasons.get(reason, 0) + 1
        scored = signals.score(table).filter(pc.is_null(table["reason"]))
        scored_tables.append(scored.select(["language", *signals.NAMES]))
    frame = _known(pa.concat_tables(scored_tables))
    having = pd.DataFrame({name: _with_fault(frame, name) for name in FAULTS}, frame.index)
    return {
        "records": records,
        "unusable": reasons,
        "articles": len(frame),
        "signals": {
            name: {label: _number(frame[name].quantile(share)) for label, share in QUANTILES.items()}
            for name in signals.NAMES
        },
        "faults": {name: {"articles": int(having[name].sum()), "rejects": name in Quality().reject} for name in FAULTS},
        "languages": {
            language: {
                "articles": len(rows),
                "medians": {name: _number(rows[name].median()) for name in MAIN},
                "faults": {name: int(count) for name, count in having.loc[rows.index].sum().items() if count},
            }
            for language, rows in frame.groupby("language")
        },
    }


def _known(table: pa.Table) -> pd.DataFrame:
    """Return the signals as float64 columns (NaN: unknown), and the language."""
    frame = table.to_pandas()
    return cast(pd.DataFrame, frame.astype(dict.fromkeys(signals.NAMES, "float64")))


def _with_fault(frame: pd.DataFrame, fault: Fault) -> list[bool]:
    """Tell which articles have a fault by the default thresholds."""
    policy = Quality(reject=(fault,))
    columns = {
        name: [None if value != value else value for value in frame[name].tolist()]
        for name in quality.signals_needed(policy)
    }
    return [name is not None for name in quality.faults(columns, frame["language"].tolist(), policy)]


def _number(value: float) -> float | None:
    return None if value != value else float(f"{value:.4g}")


def markdown(result: dict[str, Any], path: str) -> str:
    """Write the result of `check` as a page of Markdown: counts, signals, faults, languages.

    >>> result = {"records": 2, "unusable": {"no_tag": 1}, "articles": 1, "signals": {}, "faults": {}, "languages": {}}
    >>> markdown(result, "news.jsonl").splitlines()[4]
    '2 records: 1 articles, 1 unusable (no_tag 1).'
    """
    unusable = ", ".join(f"{reason} {count}" for reason, count in sorted(result["unusable"].items()))
    left = f"{result['records'] - result['articles']} unusable{f' ({unusable})' * bool(unusable)}"
    head = f"{result['records']} records: {result['articles']} articles, {left}."
    figures = [[name, *map(_spelled, quantiles.values())] for name, quantiles in result["signals"].items()]
    counts = [
        [name, str(fault["articles"]), "rejects" if fault["rejects"] else "on request"]
        for name, fault in result["faults"].items()
    ]
    languages = [
        [
            language,
            str(rows["articles"]),
            *map(_spelled, rows["medians"].values()),
            ", ".join(f"{name} {count}" for name, count in rows["faults"].items()),
        ]
        for language, rows in result["languages"].items()
    ]
    pages = [
        _table(["signal", *QUANTILES], figures),
        _table(["fault", "articles", "by default"], counts),
        _table(["language", "articles", *(name.replace("_", " ") for name in MAIN), "faults"], languages),
    ]
    title = f"# Quality: signals and faults\n\nMade by `builder check quality {path}`."
    return "\n\n".join([title, head, *pages])


def _spelled(value: float | None) -> str:
    return "–" if value is None else f"{value:.3g}" if abs(value) < 1 else f"{value:.1f}".removesuffix(".0")


def _table(head: list[str], rows: list[list[str]]) -> str:
    """Lay out a table, with names on the left and figures on the right."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
