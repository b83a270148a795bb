"""Candidates: pairs of articles that may be copies or tell one story, found without reading their texts.

Two articles are a pair if they share a MinHash band, or enough of the shingles in their sketches. Daft groups equal
keys, some millions at a time, so that memory does not grow with their number. A pair counts only once it is verified.
"""

import itertools
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from builder.core.arrow import one_chunk

Rows = np.ndarray[Any, np.dtype[np.int64]]
Keys = np.ndarray[Any, np.dtype[np.uint64]]
# Yields row numbers and their lists of keys, piece by piece; the list of an article without keys is null.
Pieces = Callable[[], Iterator[tuple[Rows, pa.ListArray]]]

NEAREST = 8  # each row of a group of equal bands is paired with this many before it, and with this many of the first
RARE = 50  # a key in more articles than this is not evidence of one story
MIN_SHARED = 2  # nor are fewer shared keys than this
MIN_SHARE = 0.25  # a pair shares this part of the rare keys of the article with fewer of them
COMMON_KEYS = 4  # keys compared of an article with hardly any rare ones: it is reprinted in many others
KEYS_IN_MEMORY = 1 << 24  # at once
KEYS_GROUPED = 1 << 21  # at once
PAIRS_COUNTED = 1 << 22  # at once


class Pairs(NamedTuple):
    """Pairs of rows, `one` before `other`, each once, sorted; and how much their sketches share."""

    one: Rows
    other: Rows
    shared: Rows  # rare keys in both; 0 if they share only bands
    least: Rows  # rare keys of the article with fewer


def candidates(count: int, bands: Pieces, sketches: Pieces) -> Pairs:
    """Find the pairs among `count` rows, which are numbered by rank (choose.ranked)."""
    by_sketch, counts = _by_sketch(count, sketches)
    banded = _by_bands(count, bands)
    codes, firsts = np.unique(np.concatenate([by_sketch.codes, banded]), return_index=True)
    shared = np.concatenate([by_sketch.shared, np.zeros(len(banded), np.int64)])[firsts]
    one, other = (half.astype(np.int64) for half in np.divmod(codes, np.uint64(max(count, 1))))
    return Pairs(one, other, shared, np.minimum(counts[one], counts[other]))


def equal(rows: Rows, keys: Keys) -> tuple[Rows, Rows]:
    """Group rows by equal keys, on Daft; return the rows of all groups of two or more, and the size of each group.

    Groups are in the order of their keys, and the rows of each are sorted. Most keys occur once. They are left out
    before the grouping, because sorting a key takes a tenth of the time of grouping it.
    """
    import daft
    from daft import col, lit

    twice = np.flatnonzero(_recurring(keys))
    keyed = daft.from_arrow(pa.table({"row": rows[twice], "key": keys[twice]}))
    groups = keyed.groupby("key").agg(col("row").list_agg().alias("rows"), col("row").count().alias("size"))
    repeated = groups.where(col("size") > lit(1)).select("key", "rows").to_arrow()
    lists = one_chunk(repeated["rows"])
    sizes = np.diff(lists.offsets.to_numpy()).astype(np.int64)
    members = np.asarray(lists.flatten().to_numpy(), np.int64)
    order = np.argsort(one_chunk(repeated["key"]).to_numpy())
    number = np.empty(len(order), np.uint64)
    number[order] = np.arange(len(order), dtype=np.uint64)
    sorted_ = np.sort(np.repeat(number, sizes) << np.uint64(32) | members.astype(np.uint64))
    return (sorted_ & np.uint64(0xFFFFFFFF)).astype(np.int64), sizes[order]


def _recurring(keys: Keys) -> Any:
    """Mark the keys that occur more than once."""
    order = np.argsort(keys)
    ordered = keys[order]
    recurring = np.zeros(len(keys), np.bool_)
    again = np.flatnonzero(ordered[1:] == ordered[:-1])
    recurring[order[again]] = recurring[order[again + 1]] = True
    return recurring


def _starts(sizes: Rows) -> Rows:
    starts: Rows = np.cumsum(sizes) - sizes
    return starts


def _by_bands(count: int, bands: Pieces) -> Keys:
    """Return the codes of pairs that share a band; in a large group, only pairs with the first and the nearest rows."""
    matrix, has_bands = _matrix(count, bands)
    rows = np.flatnonzero(has_bands)
    paired = []
    for band in range(matrix.shape[0]):
        members, sizes = equal(rows, matrix[band, rows])
        paired.append(np.unique(_paired(members, sizes, count)))
    codes: Keys = np.unique(np.concatenate(paired)) if paired else np.empty(0, np.uint64)
    return codes


def _matrix(count: int, bands: Pieces) -> tuple[Keys, Any]:
    """Return all band hashes, one line a band, and a mask of the rows that have any."""
    matrix = np.zeros((0, count), np.uint64)
    has_bands = np.zeros(count, np.bool_)
    for rows, lists in bands():
        valid = lists.is_valid().to_numpy(zero_copy_only=False)
        if valid.any():
            values = lists.drop_null().flatten().to_numpy().reshape(int(valid.sum()), -1)
            if not len(matrix):
                matrix = np.zeros((values.shape[1], count), np.uint64)
            matrix[:, rows[valid]] = values.T
            has_bands[rows[valid]] = True
    return matrix, has_bands


def _paired(members: Rows, sizes: Rows, count: int) -> Keys:
    """Pair the rows within each group: in a small group, every row with every other."""
    starts = np.repeat(_starts(sizes), sizes)
    position = np.arange(len(members)) - starts
    paired = []
    for back in range(1, NEAREST + 1):
        rows = np.flatnonzero(position >= back)
        paired.append(_codes(members[rows - back], members[rows], count))
    for first in range(NEAREST):
        rows = np.flatnonzero(position - first > NEAREST)
        paired.append(_codes(members[starts[rows] + first], members[rows], count))
    return np.concatenate(paired)


def _codes(one: Rows, other: Rows, count: int) -> Keys:
    low, high = np.minimum(one, other), np.maximum(one, other)
    codes: Keys = low.astype(np.uint64) * np.uint64(count) + high.astype(np.uint64)
    apart: Keys = codes[low != high]
    return apart


class _Shared(NamedTuple):
    codes: Keys
    shared: Rows


class _Postings(NamedTuple):
    """The rows of every key that several rows have, one key after another."""

    rare: Any  # rows of rare keys, 32 bits
    positions: Any  # of each of these rows among the rows of its key: below RARE, 8 bits
    common: Any  # rows of the other keys, 32 bits
    sizes: Rows  # how many rows each of the other keys has


def _by_sketch(count: int, sketches: Pieces) -> tuple[_Shared, Rows]:
    """Return the codes of pairs whose sketches share enough, and how many rare keys each row has."""
    sizes = np.zeros(count, np.int64)
    for rows, lists in sketches():
        sizes[rows] = np.diff(lists.offsets.to_numpy()) * lists.is_valid().to_numpy(zero_copy_only=False)
    postings = _grouped(sketches, int(sizes.sum()))
    counts = sizes - np.bincount(postings.common, minlength=count)
    lacking = np.flatnonzero((counts < MIN_SHARE * sizes) & (sizes > 0))
    pairs = [*_sharing_rare(postings, counts, count), _sharing_common(postings, lacking, counts, count)]
    codes, firsts = np.unique(np.concatenate([each.codes for each in pairs]), return_index=True)
    return _Shared(codes, np.concatenate([each.shared for each in pairs])[firsts]), counts


def _grouped(sketches: Pieces, total: int) -> _Postings:
    """Group the rows that share a key of their sketches; a share of all keys at a time."""
    passes = max(1, -(-total // KEYS_IN_MEMORY))
    shares = max(1, -(-total // passes // KEYS_GROUPED))  # of each pass
    rare, positions, common = [np.empty(0, np.int32)], [np.empty(0, np.uint8)], [np.empty(0, np.int32)]
    sizes = [np.empty(0, np.int64)]
    for number in range(passes):
        rows, keys = _keys_of_pass(sketches, passes, number)
        share = (_share(keys, shares * passes) - number * shares).astype(np.uint16)
        order = np.argsort(share, kind="stable")
        bounds = np.searchsorted(share[order], np.arange(shares + 1))
        for start, end in itertools.pairwise(bounds):
            if end > start:
                some = order[start:end]
                members, group_sizes = equal(rows[some].astype(np.int64), keys[some])
                is_rare = np.repeat(group_sizes <= RARE, group_sizes)
                position = np.arange(len(members)) - np.repeat(_starts(group_sizes), group_sizes)
                rare.append(members[is_rare].astype(np.int32))
                positions.append(position[is_rare].astype(np.uint8))
                common.append(members[~is_rare].astype(np.int32))
                sizes.append(group_sizes[group_sizes > RARE])
    return _Postings(np.concatenate(rare), np.concatenate(positions), np.concatenate(common), np.concatenate(sizes))


def _keys_of_pass(sketches: Pieces, passes: int, number: int) -> tuple[Any, Keys]:
    """Read the rows and keys of one pass."""
    rows, keys = [np.empty(0, np.int32)], [np.empty(0, np.uint64)]
    for numbers, lists in sketches():
        values = lists.flatten().to_numpy()
        parents = np.repeat(numbers, np.diff(lists.offsets.to_numpy()))
        chosen = np.flatnonzero(_share(values, passes) == number)
        rows.append(parents[chosen].astype(np.int32))
        keys.append(values[chosen])
    return np.concatenate(rows), np.concatenate(keys)


def _share(keys: Keys, shares: int) -> Rows:
    """Assign each key to one of `shares` shares by its upper half; its lower half put it into the sketch."""
    numbers: Rows = ((keys >> np.uint64(32)) * np.uint64(shares) >> np.uint64(32)).astype(np.int64)
    return numbers


def _sharing_rare(postings: _Postings, counts: Rows, count: int) -> Iterator[_Shared]:
    """Count the rare keys that pairs share, some rows at a time, and yield the pairs that share enough."""
    members, positions = postings.rare, postings.positions
    order = np.argsort(members)
    ends = np.cumsum(np.bincount(members, minlength=count))
    work = np.cumsum(np.bincount(members, weights=positions, minlength=count).astype(np.int64))
    row = 0
    while row < count:
        before = work[row - 1] if row else 0
        last = max(row + 1, int(np.searchsorted(work, before + PAIRS_COUNTED, side="right")))
        some = order[ends[row - 1] if row else 0 : ends[last - 1]]
        times = positions[some].astype(np.int64)
        within = np.arange(int(times.sum())) - np.repeat(np.cumsum(times) - times, times)
        others = members[np.repeat(some - times, times) + within]
        yield _enough(_codes(others.astype(np.int64), np.repeat(members[some], times), count), counts, count)
        row = last


def _sharing_common(postings: _Postings, lacking: Rows, counts: Rows, count: int) -> _Shared:
    """Count the keys that the rows `lacking` rare ones share: the rarest of their common keys, with RARE rows each."""
    lacks = np.zeros(count, np.bool_)
    lacks[lacking] = True
    chosen = np.flatnonzero(lacks[postings.common])
    starts, ends = _starts(postings.sizes), np.cumsum(postings.sizes)
    group = np.searchsorted(ends, chosen, side="right")
    rows = postings.common[chosen]
    order = np.lexsort((group, postings.sizes[group], rows))
    rows, group = rows[order], group[order]
    first = np.flatnonzero(np.diff(rows, prepend=-1))
    rank = np.arange(len(rows)) - np.repeat(first, np.diff(np.append(first, len(rows))))
    rows, group = rows[rank < COMMON_KEYS], group[rank < COMMON_KEYS]
    others = postings.common[np.repeat(starts[group], RARE) + np.tile(np.arange(RARE), len(group))]
    return _enough(_codes(others.astype(np.int64), np.repeat(rows, RARE), count), counts, count)


def _enough(codes: Keys, counts: Rows, count: int) -> _Shared:
    """Return the pairs that share enough keys; `codes` has the code of a pair once for each key that it shares."""
    pairs, shared = np.unique(codes, return_counts=True)
    one, other = np.divmod(pairs, np.uint64(max(count, 1)))
    enough = shared >= np.maximum(MIN_SHARED, MIN_SHARE * np.minimum(counts[one], counts[other]))
    return _Shared(pairs[enough], shared[enough])
