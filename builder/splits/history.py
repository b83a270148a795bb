"""Memory: the split, story and first release of every text that was ever published, or a copy of one that was."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

import pyarrow as pa

from builder.core.schema import SPLIT
from builder.core.terms import Split
from builder.core.versions import version_key
from builder.splits.assign import SPLITS


@dataclass(frozen=True, slots=True)
class Known:
    """What is remembered of an id or a text."""

    split: Split
    story: str | None
    first_release: str | None  # null: never published itself, only a copy of it


Row = tuple[str, str, str | None, str | None, str | None, str | None]  # as schema.SPLIT has them


@dataclass(slots=True)
class History:
    """What is remembered, by id and by text (exact_hash); and the rows that it was read from."""

    by_id: dict[str, Known] = field(default_factory=dict)
    by_text: dict[str, Known] = field(default_factory=dict)
    rows: list[Row] = field(default_factory=list)


def read_history(table: pa.Table) -> History:
    """Read a table of splits (schema.SPLIT); where ids or texts are there more than once, the strictest split counts.

    Test is stricter than validation, and that than train: what was in test must not be trained on.
    """
    memory = History(rows=list(zip(*(table[name].to_pylist() for name in SPLIT.names), strict=True)))
    for id, split, story, text, first_release, _ in memory.rows:
        known = Known(Split(split), story, first_release)
        memory.by_id[id] = _stricter(memory.by_id.get(id), known)
        if text is not None:
            memory.by_text[text] = _stricter(memory.by_text.get(text), known)
    return memory


def _stricter(one: Known | None, other: Known) -> Known:
    def key(known: Known) -> tuple[int, bool]:
        return SPLITS.index(known.split), known.first_release is not None

    return other if one is None or key(other) > key(one) else one


def table(
    memory: History,
    ids: Sequence[str | None],
    texts: Sequence[str | None],
    known: Mapping[int, Known],
    decisions: Sequence[str],
    forgotten: Collection[str] = (),
) -> pa.Table:
    """Give the table (schema.SPLIT) that the next release will read: `known` has what is to be kept of each row.

    What was remembered and is not there now is carried on; of ids that are `forgotten` without the name of the story,
    which may be words of theirs. Rows are in the order of releases, so that a new release
    appends to them.
    """
    found: dict[tuple[str, str | None], Row] = {(row[0], row[3]): (*row[:5], None) for row in memory.rows}
    for row, what in sorted(known.items()):
        id, text = ids[row], texts[row]
        before = found.get((id, text)) if id is not None else None
        if id is not None and not (before and before[5] == "kept"):
            found[(id, text)] = (id, what.split, what.story, text, what.first_release, decisions[row])
    told = ((*row[:2], None, *row[3:]) if row[0] in forgotten else row for row in found.values())
    rows = sorted(told, key=_order)
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(SPLIT)
    return pa.table([pa.array(column, field.type) for column, field in zip(columns, SPLIT, strict=True)], schema=SPLIT)


def _order(row: Row) -> tuple[bool, tuple[int, ...], str, str]:
    """Order by the release in which an article was published first; what never was stands behind."""
    id, _, _, text, first_release, _ = row
    return first_release is None, version_key(first_release) if first_release else (), id, text or ""
