"""Match: find copies and story mates. Signatures give the candidates; only the texts of candidates are read.

Callers pass rows in the order of their ranks. This module numbers them in that order.
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

MARKED = 8192  # texts whose marked words stay in memory, at 20 KB each
RARE_KEYS = 3  # fewer rare keys are not evidence of one story
# Fetches columns of rows: yields indexes into these rows, and a table of the rows at these indexes.
Fetch = Callable[[Sequence[int], list[str]], Iterator[tuple[Any, pa.Table]]]


def match_articles(
    fetch: Fetch, ranked: Sequence[int], facts: Sequence[Facts], dedup: Dedup, story_threshold: float
) -> tuple[list[Copy], list[tuple[int, int]]]:
    """Find copies among rows in order of rank (choose.ranked), and the pairs that must stay together, as rows.

    `fetch` returns `bands`, `sketch`, `text`, `language`, `script` and `reason` of rows; `facts` are in their order.
    """
    pairs = candidates.candidates(len(ranked), lists_of(fetch, ranked, "bands"), lists_of(fetch, ranked, "sketch"))
    known = shingles_of(fetch, ranked, pairs, dedup.ngram)
    rule = Rule(dedup.threshold, dedup.containment)
    verified = choose.verify_pairs(pairs, known, min(dedup.threshold, dedup.containment, story_threshold))
    alike = [pair for pair, like in verified.items() if choose.is_alike(like, rule, facts)]
    texts = _texts(fetch, ranked, alike)

    @lru_cache(maxsize=MARKED)
    def marked(row: int) -> slots.Marked:
        return slots.mark(*texts[row])

    def of_template(row: int, other: int, mates: Sequence[int]) -> bool:
        return templates.of_template(marked(row), marked(other), map(marked, mates))

    chosen = choose.choose(facts, verified, known, rule, of_template)
    chosen = [copy._replace(row=ranked[copy.row], kept=ranked[copy.kept]) for copy in chosen]
    mates = [*alike, *_mates(pairs, verified, story_threshold)]
    together = [(ranked[one], ranked[other]) for one, other in mates]
    return chosen, [*together, *((copy.row, copy.kept) for copy in chosen)]


def lists_of(fetch: Fetch, rows: Sequence[int], column: str) -> candidates.Pieces:
    """Return a column of lists of keys in the form that candidates.candidates takes."""

    def pieces() -> Iterator[tuple[candidates.Rows, pa.ListArray]]:
        for indexes, table in fetch(rows, [column]):
            yield indexes, table[column].combine_chunks()

    return pieces


def shingles_of(fetch: Fetch, rows: Sequence[int], pairs: Pairs, ngram: int) -> dict[int, shingles.Shingles]:
    """Return the shingles of all rows that are in a pair."""
    wanted = np.union1d(pairs.one, pairs.other)
    known: dict[int, shingles.Shingles] = {}
    for indexes, table in fetch([rows[row] for row in wanted], ["text", "script", "reason"]):
        sets = shingles.shingles(fold.shingle_words(table), table["script"], ngram)
        known.update(zip(wanted[indexes].tolist(), sets, strict=True))
    return known


def _texts(
    fetch: Fetch, rows: Sequence[int], alike: Sequence[tuple[int, int]]
) -> dict[int, tuple[str, str, str | None]]:
    """Return the text, language and script of all rows in the pairs `alike`."""
    wanted = np.unique(np.array(alike, np.int64).reshape(-1))
    texts: dict[int, tuple[str, str, str | None]] = {}
    for indexes, table in fetch([rows[row] for row in wanted], ["text", "language", "script"]):
        values = zip(*(table[name].to_pylist() for name in ("text", "language", "script")), strict=True)
        texts.update(zip(wanted[indexes].tolist(), values, strict=True))
    return texts


def _mates(pairs: Pairs, verified: Mapping[tuple[int, int], Likeness], threshold: float) -> list[tuple[int, int]]:
    """Return the pairs that share at least `threshold` of their rare keys and of all shingles of the shorter one."""
    columns: tuple[Any, ...] = (pairs.one, pairs.other, pairs.shared, pairs.least)
    return [
        (one, other)
        for one, other, shared, least in zip(*(column.tolist() for column in columns), strict=True)
        if least >= RARE_KEYS
        and shared >= threshold * least
        and (one, other) in verified
        and verified[one, other].containment >= threshold
    ]
