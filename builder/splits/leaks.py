"""Leaks: find copies and stories that are in two splits. Texts verify copies; names show stories.

Every release is searched before it is written, with its stored signatures; any other dataset can be searched too.
"""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from builder.config.sections import Dedup
from builder.dedup import candidates, choose
from builder.dedup.candidates import Keys, Pairs, Pieces, Rows
from builder.dedup.choose import Facts, Likeness, Rule
from builder.dedup.match import Fetch, lists_of, shingles_of
from builder.splits.assign import SPLITS

KINDS = ("exact", "near", "contained", "story")  # the surest first


class Placed(NamedTuple):
    """An article in a split."""

    id: str
    split: str
    language: str
    exact: str | None  # equal for equal texts
    words: int  # words; characters in scripts without spaces
    script: str | None
    stories: tuple[str, ...]  # names that all articles of a story share: the story's name, pages


class Leak(NamedTuple):
    """An article with a copy or story mate in another split."""

    kind: str
    row: int  # in the stricter split: an article of test should not have been trained on
    mate: int
    similarity: float | None  # null for a story


def find(fetch: Fetch, rows: Sequence[int], placed: Sequence[Placed], dedup: Dedup) -> list[Leak]:
    """Find the surest leak from each article into each less strict split, in the order of rows and splits.

    `fetch` returns columns of rows (match.Fetch), `placed` has the splits of these rows. The rows in leaks are indexes
    into `rows`. Test is the strictest split, then validation; of other names, the smallest split is the strictest.
    """
    strictness = _strictness(placed)
    if len(strictness) < 2:
        return []
    surest: dict[tuple[int, str], Leak] = {}

    def note(kind: str, one: int, other: int, similarity: float | None) -> None:
        row, mate = (one, other) if strictness[placed[one].split] > strictness[placed[other].split] else (other, one)
        leak = Leak(kind, row, mate, similarity)
        key = row, placed[mate].split
        if key not in surest or _order(leak) < _order(surest[key]):
            surest[key] = leak

    for one, other in _named(placed, [(article.exact,) if article.exact else () for article in placed]):
        note("exact", one, other, 1.0)
    for one, other, like in _verified(fetch, rows, placed, dedup):
        near = like.jaccard >= dedup.threshold
        note("near" if near else "contained", one, other, like.jaccard if near else like.containment)
    for one, other in _named(placed, [article.stories for article in placed]):
        note("story", one, other, None)
    return [surest[key] for key in sorted(surest, key=lambda key: (key[0], strictness[key[1]]))]


def _order(leak: Leak) -> tuple[int, float, int]:
    return KINDS.index(leak.kind), -(leak.similarity or 0.0), leak.mate


def _strictness(placed: Sequence[Placed]) -> dict[str, int]:
    """Rank the splits of some articles by strictness."""
    sizes: dict[str, int] = {}
    for article in placed:
        sizes[article.split] = sizes.get(article.split, 0) + 1
    known: dict[str, int] = {name: number for number, name in enumerate(SPLITS)}
    ordered = sorted(sizes, key=lambda name: (known.get(name, 0), -sizes[name], name))
    return {name: number for number, name in enumerate(ordered)}


def _named(placed: Sequence[Placed], names: Sequence[tuple[str, ...]]) -> Iterator[tuple[int, int]]:
    """Yield each row with the first row of each other split that shares a name with it."""
    firsts: dict[str, dict[str, int]] = {}
    for row, (article, own) in enumerate(zip(placed, names, strict=True)):
        for name in own:
            firsts.setdefault(name, {}).setdefault(article.split, row)
    for row, (article, own) in enumerate(zip(placed, names, strict=True)):
        for name in own:
            for split, first in firsts[name].items():
                if split != article.split:
                    yield row, first


def _verified(
    fetch: Fetch, rows: Sequence[int], placed: Sequence[Placed], dedup: Dedup
) -> Iterator[tuple[int, int, Likeness]]:
    """Yield the pairs across splits that are near, or in which one article contains the other."""
    splits = np.unique([article.split for article in placed], return_inverse=True)[1]
    sketches = _of_smaller_splits(lists_of(fetch, rows, "sketch"), splits)
    pairs = candidates.candidates(len(rows), lists_of(fetch, rows, "bands"), sketches)
    apart = splits[pairs.one] != splits[pairs.other]
    pairs = Pairs(*(column[apart] for column in pairs))
    known = shingles_of(fetch, rows, pairs, dedup.ngram)
    rule = Rule(dedup.threshold, dedup.containment)
    facts = [Facts(a.id, a.exact, a.words, a.script, None, None, (), None, None) for a in placed]
    for (one, other), like in choose.verify_pairs(pairs, known, min(dedup.threshold, dedup.containment)).items():
        if choose.is_alike(like, rule, facts):
            yield one, other, like


def _of_smaller_splits(sketches: Pieces, splits: Any) -> Pieces:
    """Keep only the keys of sketches that occur outside the largest split: no other key can be in two splits."""
    largest = np.bincount(splits).argmax()
    outside = [np.empty(0, np.uint64)]
    for rows, lists in sketches():
        outside.append(_keys(lists.filter(pa.array(splits[rows] != largest))))
    wanted = np.unique(np.concatenate(outside))

    def pieces() -> Iterator[tuple[Rows, pa.ListArray]]:
        for rows, lists in sketches():
            keys = _keys(lists)
            indexes = np.searchsorted(wanted, keys)
            kept = wanted[np.minimum(indexes, max(len(wanted) - 1, 0))] == keys if len(wanted) else keys != keys
            ends = np.append(0, np.cumsum(kept))[np.append(0, np.cumsum(np.diff(lists.offsets.to_numpy())))]
            yield rows, pa.ListArray.from_arrays(pa.array(ends.astype(np.int32)), pa.array(keys[kept]))

    return pieces


def _keys(lists: pa.ListArray) -> Keys:
    keys: Keys = lists.flatten().to_numpy()
    return keys
