"""Leaks: what stands in two splits at once. Copies are verified on their texts; stories are known by name.

It is asked of every release before it is written, with the signatures that are stored, and of any other dataset.
"""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from builder.config.sections import Dedup
from builder.dedup import candidates as dedup_candidates
from builder.dedup import choose
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
    stories: tuple[str, ...]  # what articles of one story have in common: its name, pages


class Leak(NamedTuple):
    """An article of which another split has a copy or story mate: rows, and how similar (null: by name)."""

    kind: str
    row: int  # in the stricter split: what was in test should not have been trained on
    mate: int
    similarity: float | None


def find(fetch: Fetch, rows: Sequence[int], placed: Sequence[Placed], dedup: Dedup) -> list[Leak]:
    """Give of each article of a split and each less strict split the surest leak, in the order of rows and splits.

    `fetch` gives columns of rows (match.Fetch), `placed` tells where these rows are. In leaks, rows are places in
    `rows`. Strict is test, then validation, then what is smallest.
    """
    strictness = _strictness(placed)
    if len(strictness) < 2:
        return []
    found: dict[tuple[int, str], Leak] = {}

    def note(kind: str, one: int, other: int, similarity: float | None) -> None:
        row, mate = (one, other) if strictness[placed[one].split] > strictness[placed[other].split] else (other, one)
        leak = Leak(kind, row, mate, similarity)
        key = row, placed[mate].split
        if key not in found or _order(leak) < _order(found[key]):
            found[key] = leak

    for one, other in _named(placed, [(article.exact,) if article.exact else () for article in placed]):
        note("exact", one, other, 1.0)
    for one, other, like in _verified(fetch, rows, placed, dedup):
        near = like.jaccard >= dedup.threshold
        note("near" if near else "contained", one, other, like.jaccard if near else like.containment)
    for one, other in _named(placed, [article.stories for article in placed]):
        note("story", one, other, None)
    return [found[key] for key in sorted(found, key=lambda key: (key[0], strictness[key[1]]))]


def _order(leak: Leak) -> tuple[int, float, int]:
    return KINDS.index(leak.kind), -(leak.similarity or 0.0), leak.mate


def _strictness(placed: Sequence[Placed]) -> dict[str, int]:
    """Rank the splits that there are."""
    sizes: dict[str, int] = {}
    for article in placed:
        sizes[article.split] = sizes.get(article.split, 0) + 1
    known: dict[str, int] = {name: number for number, name in enumerate(SPLITS)}
    ordered = sorted(sizes, key=lambda name: (known.get(name, 0), -sizes[name], name))
    return {name: number for number, name in enumerate(ordered)}


def _named(placed: Sequence[Placed], names: Sequence[tuple[str, ...]]) -> Iterator[tuple[int, int]]:
    """Yield each row with the first row of each other split that has a name in common."""
    firsts: dict[str, dict[str, int]] = {}
    for row, (article, of_row) in enumerate(zip(placed, names, strict=True)):
        for name in of_row:
            firsts.setdefault(name, {}).setdefault(article.split, row)
    for row, (article, of_row) in enumerate(zip(placed, names, strict=True)):
        for name in of_row:
            for split, first in firsts[name].items():
                if split != article.split:
                    yield row, first


def _verified(
    fetch: Fetch, rows: Sequence[int], placed: Sequence[Placed], dedup: Dedup
) -> Iterator[tuple[int, int, Likeness]]:
    """Yield the pairs in two splits that are near, or of which one contains the other."""
    splits = np.unique([article.split for article in placed], return_inverse=True)[1]
    sketches = _of_smaller_splits(lists_of(fetch, rows, "sketch"), splits)
    pairs_ = dedup_candidates.candidates(len(rows), lists_of(fetch, rows, "bands"), sketches)
    apart = splits[pairs_.one] != splits[pairs_.other]
    candidates = Pairs(*(column[apart] for column in pairs_))
    known = shingles_of(fetch, rows, candidates, dedup.ngram)
    rule = Rule(dedup.threshold, dedup.containment)
    facts = [Facts(a.id, a.exact, a.words, a.script, None, None, (), None, None) for a in placed]
    for (one, other), like in choose.verify_pairs(candidates, known, min(dedup.threshold, dedup.containment)).items():
        if choose.is_alike(like, rule, facts):
            yield one, other, like


def _of_smaller_splits(sketches: Pieces, splits: Any) -> Pieces:
    """Leave of all sketches the keys that stand outside the largest split: no others can be in two."""
    largest = np.bincount(splits).argmax()
    outside = [np.empty(0, np.uint64)]
    for rows, lists in sketches():
        outside.append(_keys(lists.filter(pa.array(splits[rows] != largest))))
    wanted = np.unique(np.concatenate(outside))

    def pieces() -> Iterator[tuple[Rows, pa.ListArray]]:
        for rows, lists in sketches():
            keys = _keys(lists)
            places = np.searchsorted(wanted, keys)
            kept = wanted[np.minimum(places, max(len(wanted) - 1, 0))] == keys if len(wanted) else keys != keys
            ends = np.append(0, np.cumsum(kept))[np.append(0, np.cumsum(np.diff(lists.offsets.to_numpy())))]
            yield rows, pa.ListArray.from_arrays(pa.array(ends.astype(np.int32)), pa.array(keys[kept]))

    return pieces


def _keys(lists: pa.ListArray) -> Keys:
    keys: Keys = lists.flatten().to_numpy()
    return keys
