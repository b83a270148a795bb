"""The decision on each record of a corpus: as objects, as a table and in numbers."""

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
    """What became of one record; `reason` and `detail` are null where it was kept."""

    decision: Decision
    reason: Reason | None = None
    detail: str | None = None
    split: Split | None = None
    first_release: str | None = None
    kept: int | None = None  # row of the copy that was kept
    similarity: float | None = None


class Conflict(NamedTuple):
    """An article that belongs with one in a stricter split."""

    id: str
    split: Split | None  # in which it was published; null: never
    mate: str
    left_out: bool


@dataclass(slots=True)
class Decided:
    """The decisions on a corpus, row by row, and what they were made of."""

    ids: list[str | None]
    stories: list[str | None]
    records: list[RecordDecision]
    copies: list[Copy] = field(default_factory=list)
    units: dict[int, int] = field(default_factory=dict)  # what stands together, of kept and duplicate rows
    lacking: dict[str, list[Split]] = field(default_factory=dict)  # languages, and the splits that they have not got
    conflicts: list[Conflict] = field(default_factory=list)
    known: dict[int, Known] = field(default_factory=dict)  # what the next release must remember of a row
    forgotten: dict[str, str] = field(default_factory=dict)  # ids of copies of articles that are to be forgotten

    def rows(self, decision: Decision) -> list[int]:
        """Give the rows on which this was decided."""
        return [row for row, record in enumerate(self.records) if record.decision == decision]


def table(corpus: Corpus, decided: Decided) -> pa.Table:
    """Give one row a record (schema.DECISION), in path order."""
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

    def found(name: str) -> pa.Array:
        column = corpus.light[name].combine_chunks()
        return pc.if_else(hidden, pa.scalar(None, column.type), column) if name in secret else column

    columns = [
        pa.array(made[field.name], field.type) if field.name in made else found(field.name) for field in DECISION
    ]
    return pa.table(columns, schema=DECISION)


def counts(decisions: pa.Table) -> dict[str, dict[str, int]]:
    """Count decisions per language: read, each decision, and each reason of those that were not kept.

    Records without a language count under an empty name.
    """
    languages = pc.fill_null(decisions["language"], "").to_pylist()
    found: dict[str, Counter[str]] = {}
    for language, decision, reason in zip(
        languages, decisions["decision"].to_pylist(), decisions["reason"].to_pylist(), strict=True
    ):
        counter = found.setdefault(language, Counter())
        counter["read"] += 1
        counter[decision] += 1
        if reason is not None:
            counter[f"{decision}:{reason}"] += 1
    return {language: dict(sorted(found[language].items())) for language in sorted(found)}


def total(counts: Mapping[str, Mapping[str, int]]) -> dict[str, int]:
    """Sum the counts of all languages."""
    found: Counter[str] = Counter()
    for of_language in counts.values():
        found.update(of_language)
    return dict(sorted(found.items()))
