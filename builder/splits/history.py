"""History: the split, story and first release of every text ever published, and of copies of these texts."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

import pyarrow as pa

from builder.core.schema import SPLIT
from builder.core.terms import Split
from builder.core.versions import version_key
from builder.splits.assign import SPLITS


@dataclass(frozen=True, slots=True)
class Known:
    """The history of an id or a text."""

    split: Split
    story: str | None
    first_release: str | None  # null if only a copy of it was published


Row = tuple[str, str, str | None, str | None, str | None, str | None]  # the columns of schema.SPLIT


@dataclass(slots=True)
class History:
    """The history by id and by text (exact_hash), and the rows that it was read from."""

    by_id: dict[str, Known] = field(default_factory=dict)
    by_text: dict[str, Known] = field(default_factory=dict)
    rows: list[Row] = field(default_factory=list)


def read_history(table: pa.Table) -> History:
    """Read a table of splits (schema.SPLIT); if it has an id or a text several times, the strictest split counts.

    Test is stricter than validation, and validation than train, because nothing from test may be trained on.
    """
    history = History(rows=list(zip(*(table[name].to_pylist() for name in SPLIT.names), strict=True)))
    for id, split, story, text, first_release, _ in history.rows:
        known = Known(Split(split), story, first_release)
        history.by_id[id] = _stricter(history.by_id.get(id), known)
        if text is not None:
            history.by_text[text] = _stricter(history.by_text.get(text), known)
    return history


def _stricter(one: Known | None, other: Known) -> Known:
    def key(known: Known) -> tuple[int, bool]:
        return SPLITS.index(known.split), known.first_release is not None

    return other if one is None or key(other) > key(one) else one


def table(
    history: History,
    ids: Sequence[str | None],
    texts: Sequence[str | None],
    known: Mapping[int, Known],
    decisions: Sequence[str],
    forgotten: Collection[str] = (),
) -> pa.Table:
    """Return the table (schema.SPLIT) that the next release will read; `known` has the new history of each row.

    Older rows that are absent now are carried on. A `forgotten` id loses the name of its story, which may be the
    article's own words. Rows are in the order of releases, so that a new release appends its rows.
    """
    merged: dict[tuple[str, str | None], Row] = {(row[0], row[3]): (*row[:5], None) for row in history.rows}
    for row, now in sorted(known.items()):
        id, text = ids[row], texts[row]
        before = merged.get((id, text)) if id is not None else None
        if id is not None and not (before and before[5] == "kept"):
            merged[(id, text)] = (id, now.split, now.story, text, now.first_release, decisions[row])
    redacted = ((*row[:2], None, *row[3:]) if row[0] in forgotten else row for row in merged.values())
    rows = sorted(redacted, key=_order)
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(SPLIT)
    return pa.table([pa.array(column, field.type) for column, field in zip(columns, SPLIT, strict=True)], schema=SPLIT)


def _order(row: Row) -> tuple[bool, tuple[int, ...], str, str]:
    """Order rows by the release that published an article first; unpublished ones come last."""
    id, _, _, text, first_release, _ = row
    return first_release is None, version_key(first_release) if first_release else (), id, text or ""
