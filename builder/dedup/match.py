"""Alike: copies and story mates among articles. Signatures tell who may be alike, texts are read only of these.

Rows are given in the order of their ranks, and numbered by it within this module.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import pyarrow as pa

from builder.config.sections import Dedup
from builder.dedup import candidates, choose, shingles, slots, templates
from builder.dedup.candidates import Pairs
from builder.dedup.choose import Copy, Facts, Likeness, Rule
from builder.text import fold

MARKED = 8192  # texts of which the words are kept in mind, at 20 KB each
RARE_KEYS = 3  # an article of fewer rare keys shows no story
# Fetches columns of rows: yields places among these rows, and a table of these.
Fetch = Callable[[Sequence[int], list[str]], Iterator[tuple[Any, pa.Table]]]


def match_articles(
    fetch: Fetch, ranked: Sequence[int], facts: Sequence[Facts], dedup: Dedup, story_threshold: float
) -> tuple[list[Copy], list[tuple[int, int]]]:
    """Find copies among rows in order of rank (choose.ranked), and the pairs that must not be parted, as rows.

    `fetch` gives `bands`, `sketch`, `text`, `language`, `script` and `reason` of rows; `facts` are in their order.
    """
    found = candidates.candidates(len(ranked), lists_of(fetch, ranked, "bands"), lists_of(fetch, ranked, "sketch"))
    known = shingles_of(fetch, ranked, found, dedup.ngram)
    rule = Rule(dedup.threshold, dedup.containment)
    verified = choose.verify_pairs(found, known, min(dedup.threshold, dedup.containment, story_threshold))
    alike = [pair for pair, like in verified.items() if choose.is_alike(like, rule, facts)]
    texts = _texts(fetch, ranked, alike)

    @lru_cache(maxsize=MARKED)
    def marked(row: int) -> slots.Marked:
        return slots.mark(*texts[row])

    def of_template(row: int, other: int, mates: Sequence[int]) -> bool:
        return templates.of_template(marked(row), marked(other), map(marked, mates))

    chosen = choose.choose(facts, verified, known, rule, of_template)
    chosen = [copy._replace(row=ranked[copy.row], kept=ranked[copy.kept]) for copy in chosen]
    mates = [*alike, *_mates(found, verified, story_threshold)]
    together = [(ranked[one], ranked[other]) for one, other in mates]
    return chosen, [*together, *((copy.row, copy.kept) for copy in chosen)]


def lists_of(fetch: Fetch, rows: Sequence[int], column: str) -> candidates.Pieces:
    """Give a column of lists of keys, as candidates.candidates takes it."""

    def pieces() -> Iterator[tuple[candidates.Rows, pa.ListArray]]:
        for places, table in fetch(rows, [column]):
            yield places, table[column].combine_chunks()

    return pieces


def shingles_of(fetch: Fetch, rows: Sequence[int], found: Pairs, ngram: int) -> dict[int, shingles.Shingles]:
    """Give the shingles of all rows that are in a pair."""
    wanted = np.union1d(found.one, found.other)
    known: dict[int, shingles.Shingles] = {}
    for places, table in fetch([rows[row] for row in wanted], ["text", "script", "reason"]):
        found_here = shingles.shingles(fold.shingle_words(table), table["script"], ngram)
        known.update(zip(wanted[places].tolist(), found_here, strict=True))
    return known


def _texts(
    fetch: Fetch, rows: Sequence[int], alike: Sequence[tuple[int, int]]
) -> dict[int, tuple[str, str, str | None]]:
    """Give text, language and script of all rows that are alike others."""
    wanted = np.unique(np.array(alike, np.int64).reshape(-1))
    texts: dict[int, tuple[str, str, str | None]] = {}
    for places, table in fetch([rows[row] for row in wanted], ["text", "language", "script"]):
        said = zip(*(table[name].to_pylist() for name in ("text", "language", "script")), strict=True)
        texts.update(zip(wanted[places].tolist(), said, strict=True))
    return texts


def _mates(found: Pairs, verified: Mapping[tuple[int, int], Likeness], threshold: float) -> list[tuple[int, int]]:
    """Give the pairs of which one has that share of the other's rare keys, and of all its shingles."""
    columns: tuple[Any, ...] = (found.one, found.other, found.shared, found.least)
    return [
        (one, other)
        for one, other, shared, least in zip(*(column.tolist() for column in columns), strict=True)
        if least >= RARE_KEYS
        and shared >= threshold * least
        and (one, other) in verified
        and verified[one, other].containment >= threshold
    ]
