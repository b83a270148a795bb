"""Outcomes: hold the decision on each record of a corpus as objects, as a table and in numbers."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from builder.core.schema import DECISION
from builder.core.terms import Decision, Reason, Split
from builder.dedup.choose import Copy
from builder.prepare.corpus import Corpus
from builder.prepare.forgotten import SECRET
from builder.splits.history import Known


@dataclass(slots=True)
class RecordDecision:
    """The decision on one record; `reason` and `detail` are null for a kept one."""

    decision: Decision
    reason: Reason | None = None
    detail: str | None = None
    split: Split | None = None
    first_release: str | None = None
    kept: int | None = None  # row of the copy that was kept
    similarity: float | None = None


class Conflict(NamedTuple):
    """An article of the same unit as one in a stricter split."""

    id: str
    split: Split | None  # in which it was published; null if it was not
    mate: str
    left_out: bool


@dataclass(slots=True)
class Decided:
    """The decisions on a corpus, row by row, and the facts behind them."""

    ids: list[str | None]
    stories: list[str | None]
    records: list[RecordDecision]
    copies: list[Copy] = field(default_factory=list)
    units: dict[int, int] = field(default_factory=dict)  # of kept and duplicate rows that must stay together
    lacking: dict[str, list[Split]] = field(default_factory=dict)  # languages, and the splits that they lack
    conflicts: list[Conflict] = field(default_factory=list)
    known: dict[int, Known] = field(default_factory=dict)  # the history of a row for the next release
    forgotten: dict[str, str] = field(default_factory=dict)  # ids of copies, and of the forgotten articles they copy

    def rows(self, decision: Decision) -> list[int]:
        """Return the rows with this decision."""
        return [row for row, record in enumerate(self.records) if record.decision == decision]


def table(corpus: Corpus, decided: Decided) -> pa.Table:
    """Return one row a record (schema.DECISION), in path order."""
    records = decided.records
    made = {
        "id": decided.ids,
        "story": decided.stories,
        "kept_id": [None if record.kept is None else decided.ids[record.kept] for record in records],
        **{
            name: [getattr(record, name) for record in records]
            for name in ("decision", "reason", "detail", "split", "first_release", "similarity")
        },
    }
    hidden = pa.array([record.reason is Reason.FORGOTTEN for record in records], pa.bool_())
    secret = SECRET if pc.any(hidden).as_py() else ()

    def prepared(name: str) -> pa.Array:
        column = corpus.light[name].combine_chunks()
        return pc.if_else(hidden, pa.scalar(None, column.type), column) if name in secret else column

    columns = [
        pa.array(made[field.name], field.type) if field.name in made else prepared(field.name) for field in DECISION
    ]
    return pa.table(columns, schema=DECISION)


def counts(decisions: pa.Table) -> dict[str, dict[str, int]]:
    """Count decisions per language: records read, each decision, and each reason of records that were not kept.

    Records without a language count under an empty name.
    """
    languages = pc.fill_null(decisions["language"], "").to_pylist()
    counters: dict[str, Counter[str]] = {}
    for language, decision, reason in zip(
        languages, decisions["decision"].to_pylist(), decisions["reason"].to_pylist(), strict=True
    ):
        counter = counters.setdefault(language, Counter())
        counter["read"] += 1
        counter[decision] += 1
        if reason is not None:
            counter[f"{decision}:{reason}"] += 1
    return {language: dict(sorted(counters[language].items())) for language in sorted(counters)}


def total(counts: Mapping[str, Mapping[str, int]]) -> dict[str, int]:
    """Sum the counts of all languages."""
    counter: Counter[str] = Counter()
    for counted in counts.values():
        counter.update(counted)
    return dict(sorted(counter.items()))
