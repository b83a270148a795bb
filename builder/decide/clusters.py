"""Clusters: list the copies and template mates of a corpus as rows."""

from collections.abc import Sequence

import pyarrow as pa

from builder.core import union_find
from builder.core.schema import CLUSTER
from builder.core.terms import Decision
from builder.dedup.choose import Copy
from builder.prepare.corpus import Corpus


def table(corpus: Corpus, ids: Sequence[str | None], copies: Sequence[Copy]) -> pa.Table:
    """Return one row a copy or template mate (schema.CLUSTER), sorted by cluster, kept id and member id."""
    rows = sorted({row for copy in copies for row in (copy.row, copy.kept)})
    number = {row: index for index, row in enumerate(rows)}
    units = union_find.units(len(rows), ((number[copy.row], number[copy.kept]) for copy in copies), [])
    least: dict[int, str] = {}
    for row, unit in zip(rows, units, strict=True):
        least[unit] = min(least.get(unit, ids[row] or ""), ids[row] or "")
    light = corpus.light.select(["source", "date", "language", "file", "record"]).take(pa.array(rows, pa.int64()))
    facts = dict(zip(rows, light.to_pylist(), strict=True))
    made = [
        {
            **facts[copy.row],
            "cluster": least[units[number[copy.row]]],
            "kept_id": ids[copy.kept],
            "member_id": ids[copy.row],
            "kind": copy.kind,
            "similarity": round(copy.similarity, 6),
            "decision": Decision.DUPLICATE if copy.removed else Decision.KEPT,
            "kept_source": facts[copy.kept]["source"],
            "kept_date": facts[copy.kept]["date"],
        }
        for copy in copies
    ]
    made.sort(key=lambda row: (row["cluster"], row["kept_id"], row["member_id"], row["file"], row["record"]))
    return pa.Table.from_pylist(made, CLUSTER)
