"""Findings: what a build found out over the whole corpus, for the manifest and the card; and what looks wrong."""

from collections import Counter
from collections.abc import Sequence

import pyarrow as pa

from builder.core.manifest import Findings
from builder.core.manifest_parts import (
    ConflictEntry,
    Copies,
    Figures,
    ForgottenEntry,
    LargestCluster,
    LeakEntry,
    SourceCopies,
)
from builder.core.terms import Decision
from builder.decide import statistics
from builder.decide.outcomes import Decided
from builder.languages.codes import base
from builder.prepare.corpus import Corpus
from builder.prepare.forgotten import List
from builder.splits.leaks import Leak, Placed

LARGEST = 5  # clusters that are named
ENOUGH = 10  # articles of a source in a language, of which a share tells something
SHOWN = 10  # articles that are told of one by one


def summarize(
    corpus: Corpus,
    decided: Decided,
    clusters: pa.Table,
    decisions: pa.Table,
    leaks: Sequence[LeakEntry],
    listed: List,
) -> Findings:
    """Give what the manifest says of a corpus; `listed` has the articles that are to be forgotten."""
    return Findings(
        copies=copies(clusters, decisions, corpus.column("source")),
        lacking=decided.lacking,
        conflicts=[ConflictEntry(**conflict._asdict()) for conflict in decided.conflicts],
        leaks=leaks,
        figures=statistics_of(corpus.light, decided),
        forgotten=[ForgottenEntry(**listed[id]._asdict()) for id in sorted(listed)],
    )


def leak_entries(leaks: Sequence[Leak], placed: Sequence[Placed]) -> list[LeakEntry]:
    """Give leaks as the manifest lists them; `placed` has the articles that their rows point at."""
    return [
        LeakEntry(
            kind=leak.kind,
            id=placed[leak.row].id,
            split=placed[leak.row].split,
            mate=placed[leak.mate].id,
            mate_split=placed[leak.mate].split,
            similarity=None if leak.similarity is None else round(leak.similarity, 6),
        )
        for leak in leaks
    ]


def statistics_of(light: pa.Table, decided: Decided) -> Figures:
    """Count what is kept, of the light columns of a corpus."""
    rows = pa.array(decided.rows(Decision.KEPT), pa.int64())
    return statistics.compute(light.select(statistics.COLUMNS).take(rows))


def copies(clusters: pa.Table, decisions: pa.Table, sources: Sequence[str | None]) -> Copies:
    """Sum up: `kinds` (copies of each), `largest` clusters, and `sources`: what was removed of each in each language.

    `sources` are those of the decisions, row by row. Counts are of articles: kept or removed as copies.
    """
    kinds = Counter(clusters["kind"].to_pylist())
    members: Counter[str] = Counter()
    removed: Counter[str] = Counter()
    for row in clusters.select(["cluster", "decision"]).to_pylist():
        members[row["cluster"]] += 1
        removed[row["cluster"]] += row["decision"] == Decision.DUPLICATE
    largest = sorted(members, key=lambda cluster: (-members[cluster], cluster))[:LARGEST]
    counts: dict[tuple[str, str], list[int]] = {}
    languages, said = decisions["language"].to_pylist(), decisions["decision"].to_pylist()
    for language, decision, source in zip(languages, said, sources, strict=True):
        if decision in (Decision.KEPT, Decision.DUPLICATE):
            of_source = counts.setdefault((base(language), source or ""), [0, 0])
            of_source[0] += 1
            of_source[1] += decision == Decision.DUPLICATE
    return Copies(
        kinds=dict(sorted(kinds.items())),
        largest=[
            LargestCluster(cluster=cluster, like=members[cluster], removed=removed[cluster]) for cluster in largest
        ],
        sources=[
            SourceCopies(language=language, source=source or None, articles=articles, removed=gone)
            for (language, source), (articles, gone) in sorted(counts.items())
            if gone
        ],
    )


def warnings(found: Findings, share: float) -> list[str]:
    """Say of which sources a larger share was removed as copies, what belongs to two splits, and what leaks."""
    said = [
        f"{row.removed} of {row.articles} articles of {row.source or 'no source'} in {row.language} "
        f"were removed as copies ({row.removed / row.articles:.0%}; dedup.warn_share is {share:.0%})"
        for row in found.copies.sources
        if row.articles >= ENOUGH and row.removed > share * row.articles
    ]
    said += _first([_conflict(conflict) for conflict in found.conflicts], "articles that belong to two splits")
    return said + _first([leak.told() for leak in found.leaks], "leaks")


def _first(lines: list[str], what: str) -> list[str]:
    more = len(lines) - SHOWN
    return lines if more <= 0 else [*lines[:SHOWN], f"and {more} more {what}, all in manifest.json"]


def _conflict(conflict: ConflictEntry) -> str:
    done = "is left out" if conflict.left_out else "stays there"
    where = f"was published in {conflict.split} and " if conflict.split else ""
    return f"'{conflict.id}' {where}{done}: '{conflict.mate}', a copy or story mate, is in a stricter split"
