"""Find the articles to forget in a corpus, and the copies of their texts."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from builder.config.sections import Dedup
from builder.core.terms import Reason
from builder.prepare.corpus import Corpus
from builder.prepare.forgotten import Forgotten, List, names_of

CONTAINED_KEYS = 8  # a sketch of fewer keys is not evidence of a contained copy


def listed_rows(corpus: Corpus, listed: List) -> dict[int, Forgotten]:
    """Find the rows of listed articles, and of copies of them that an earlier build found."""
    details = corpus.column("detail")
    entries = {}
    for row, (name, reason) in enumerate(zip(names_of(corpus.light), corpus.column("reason"), strict=True)):
        if name in listed:
            entries[row] = listed[name]
        elif reason == Reason.FORGOTTEN and details[row] in listed:
            entries[row] = _copy(listed, details[row])
    return entries


def copies(
    corpus: Corpus,
    rows: Sequence[int],
    ids: Sequence[str | None],
    listed: List,
    known: Mapping[str, str],
    dedup: Dedup,
) -> dict[int, Forgotten]:
    """Find the copies of forgotten articles among rows: exact ones by their hashes, others by their sketches.

    `known` maps the hashes of texts in earlier releases to the forgotten ids that had them. A sketch has one in four
    of an article's shingles, so the thresholds of copies apply only approximately.
    """
    secret = [row for row, id in enumerate(ids) if id is not None and id in listed]
    exact = corpus.column("exact_hash")
    texts = dict(known) | {exact[row]: ids[row] or "" for row in secret if exact[row] is not None}
    copies = {row: _copy(listed, texts[exact[row]]) for row in rows if exact[row] in texts}
    sketches = dict(_sketches(corpus, secret))
    if not sketches:
        return copies
    every = np.unique(np.concatenate(list(sketches.values())))
    for row, keys in _sketches(corpus, [row for row in rows if row not in copies]):
        if np.isin(keys, every, assume_unique=True).any():
            similarity, best = max((_similarity(keys, sketch, dedup), -one) for one, sketch in sketches.items())
            if similarity > 0:
                copies[row] = _copy(listed, ids[-best] or "")
    return copies


def _copy(listed: List, id: str) -> Forgotten:
    return Forgotten("", listed[id].reason, id)


def _sketches(corpus: Corpus, rows: Sequence[int]) -> Iterable[tuple[int, Any]]:
    for indexes, table in corpus.pieces(rows, ["sketch"]):
        for index, keys in zip(indexes.tolist(), table["sketch"], strict=True):
            if keys.is_valid and len(keys):
                yield rows[index], keys.values.to_numpy()


def _similarity(one: Any, other: Any, dedup: Dedup) -> float:
    """Return how similar two sketches are, by the thresholds of copies; 0 if they are not copies."""
    both, least = len(np.intersect1d(one, other, assume_unique=True)), min(len(one), len(other))
    jaccard = both / (len(one) + len(other) - both)
    contained = both / least if least >= CONTAINED_KEYS else 0.0
    return max(jaccard if jaccard >= dedup.threshold else 0.0, contained if contained >= dedup.containment else 0.0)
