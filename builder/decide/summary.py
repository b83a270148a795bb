"""Summary: sum up copies, conflicts and leaks of a build for the manifest and the card, and warn of suspicious ones."""

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

LARGEST = 5  # clusters that the manifest names
ENOUGH = 10  # the least articles of a source in a language for a meaningful share
SHOWN = 10  # articles that warnings list one by one


def summarize(
    corpus: Corpus,
    decided: Decided,
    clusters: pa.Table,
    decisions: pa.Table,
    leaks: Sequence[LeakEntry],
    listed: List,
) -> Findings:
    """Return the findings of a corpus for its manifest; `listed` has the articles to forget."""
    return Findings(
        copies=copies(clusters, decisions, corpus.column("source")),
        lacking=decided.lacking,
        conflicts=[ConflictEntry(**conflict._asdict()) for conflict in decided.conflicts],
        leaks=leaks,
        figures=statistics_of(corpus.light, decided),
        forgotten=[ForgottenEntry(**listed[id]._asdict()) for id in sorted(listed)],
    )


def leak_entries(leaks: Sequence[Leak], placed: Sequence[Placed]) -> list[LeakEntry]:
    """Return leaks as the manifest lists them; `placed` has the articles of their rows."""
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
    """Count the kept articles, from the light columns of a corpus."""
    rows = pa.array(decided.rows(Decision.KEPT), pa.int64())
    return statistics.compute(light.select(statistics.COLUMNS).take(rows))


def copies(clusters: pa.Table, decisions: pa.Table, sources: Sequence[str | None]) -> Copies:
    """Sum up copies: `kinds` (how many of each), the `largest` clusters, `sources` (removals by language and source).

    The parameter `sources` has the source of each decision. The counts include kept articles and removed copies.
    """
    kinds = Counter(clusters["kind"].to_pylist())
    members: Counter[str] = Counter()
    removed: Counter[str] = Counter()
    for row in clusters.select(["cluster", "decision"]).to_pylist():
        members[row["cluster"]] += 1
        removed[row["cluster"]] += row["decision"] == Decision.DUPLICATE
    largest = sorted(members, key=lambda cluster: (-members[cluster], cluster))[:LARGEST]
    counts: dict[tuple[str, str], list[int]] = {}
    languages, outcomes = decisions["language"].to_pylist(), decisions["decision"].to_pylist()
    for language, decision, source in zip(languages, outcomes, sources, strict=True):
        if decision in (Decision.KEPT, Decision.DUPLICATE):
            count = counts.setdefault((base(language), source or ""), [0, 0])
            count[0] += 1
            count[1] += decision == Decision.DUPLICATE
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
    """Warn of sources with more than `share` of articles removed as copies, of articles in two splits, and of leaks."""
    lines = [
        f"{row.removed} of {row.articles} articles of {row.source or 'no source'} in {row.language} "
        f"were removed as copies ({row.removed / row.articles:.0%}; dedup.warn_share is {share:.0%})"
        for row in found.copies.sources
        if row.articles >= ENOUGH and row.removed > share * row.articles
    ]
    lines += _first([_conflict(conflict) for conflict in found.conflicts], "articles that belong to two splits")
    return lines + _first([leak.describe() for leak in found.leaks], "leaks")


def _first(lines: list[str], what: str) -> list[str]:
    more = len(lines) - SHOWN
    return lines if more <= 0 else [*lines[:SHOWN], f"and {more} more {what}, all in manifest.json"]


def _conflict(conflict: ConflictEntry) -> str:
    done = "is left out" if conflict.left_out else "stays there"
    where = f"was published in {conflict.split} and " if conflict.split else ""
    return f"'{conflict.id}' {where}{done}: '{conflict.mate}', a copy or story mate, is in a stricter split"
