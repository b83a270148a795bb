"""Clusters: what is like what, as rows; how much was removed of which source; and what looks wrong about that."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from builder import stories
from builder.codes import base
from builder.copies import Copy
from builder.corpus import Corpus
from builder.schema import CLUSTER

LARGEST = 5  # clusters that are named in a report
ENOUGH = 10  # articles of a source in a language, of which a share tells something


def table(corpus: Corpus, ids: Sequence[str | None], copies: Sequence[Copy]) -> pa.Table:
    """Give one row a copy or template mate (schema.CLUSTER), by cluster, kept id and member id."""
    rows = sorted({row for copy in copies for row in (copy.row, copy.kept)})
    number = {row: at for at, row in enumerate(rows)}
    unit = stories.units(len(rows), ((number[copy.row], number[copy.kept]) for copy in copies), [])
    least: dict[int, str] = {}
    for row, of_row in zip(rows, unit, strict=True):
        least[of_row] = min(least.get(of_row, ids[row] or ""), ids[row] or "")
    light = corpus.light.select(["source", "date", "language", "file", "record"]).take(pa.array(rows, pa.int64()))
    facts = dict(zip(rows, light.to_pylist(), strict=True))
    made = [
        {
            **facts[copy.row],
            "cluster": least[unit[number[copy.row]]],
            "kept_id": ids[copy.kept],
            "member_id": ids[copy.row],
            "kind": copy.kind,
            "similarity": round(copy.similarity, 6),
            "decision": "duplicate" if copy.removed else "kept",
            "kept_source": facts[copy.kept]["source"],
            "kept_date": facts[copy.kept]["date"],
        }
        for copy in copies
    ]
    made.sort(key=lambda row: (row["cluster"], row["kept_id"], row["member_id"], row["file"], row["record"]))
    return pa.Table.from_pylist(made, CLUSTER)


def summary(clusters: pa.Table, decisions: pa.Table, sources: Sequence[str | None]) -> dict[str, Any]:
    """Sum up: `kinds` (copies of each), `largest` clusters, and `sources`: what was removed of each in each language.

    `sources` are those of the decisions, row by row. Counts are of articles: kept or removed as copies.
    """
    kinds = Counter(clusters["kind"].to_pylist())
    members: Counter[str] = Counter()
    removed: Counter[str] = Counter()
    for row in clusters.select(["cluster", "decision"]).to_pylist():
        members[row["cluster"]] += 1
        removed[row["cluster"]] += row["decision"] == "duplicate"
    largest = sorted(members, key=lambda cluster: (-members[cluster], cluster))[:LARGEST]
    counts: dict[tuple[str, str], list[int]] = {}
    languages, said = decisions["language"].to_pylist(), decisions["decision"].to_pylist()
    for language, decision, source in zip(languages, said, sources, strict=True):
        if decision in ("kept", "duplicate"):
            of_source = counts.setdefault((base(language), source or ""), [0, 0])
            of_source[0] += 1
            of_source[1] += decision == "duplicate"
    return {
        "kinds": dict(sorted(kinds.items())),
        "largest": [{"cluster": cluster, "like": members[cluster], "removed": removed[cluster]} for cluster in largest],
        "sources": [
            {"language": language, "source": source or None, "articles": articles, "removed": gone}
            for (language, source), (articles, gone) in sorted(counts.items())
            if gone
        ],
    }


def warnings(summary: Mapping[str, Any], share: float) -> list[str]:
    """Say of which sources a larger share was removed as copies."""
    return [
        f"{row['removed']} of {row['articles']} articles of {row['source'] or 'no source'} in {row['language']} "
        f"were removed as copies ({row['removed'] / row['articles']:.0%}; dedup.warn_share is {share:.0%})"
        for row in summary["sources"]
        if row["articles"] >= ENOUGH and row["removed"] > share * row["articles"]
    ]
