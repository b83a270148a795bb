"""Pairs: which articles may be copies of one another or tell one story, found without reading their texts.

Two articles are a pair if they share a MinHash band, or enough of the shingles in their sketches. Equal keys are
grouped on Daft, some millions at a time, so that memory does not grow with their number; no pair is a finding before
it is verified.
"""

import itertools
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from builder.core.arrow import one_chunk

Rows = np.ndarray[Any, np.dtype[np.int64]]
Keys = np.ndarray[Any, np.dtype[np.uint64]]
# Row numbers and their lists of keys, piece by piece; a list is null where an article has none.
Pieces = Callable[[], Iterator[tuple[Rows, pa.ListArray]]]

NEAREST = 8  # in a group of equal bands, each row is paired with so many before it, and with so many of the first
RARE = 50  # a key in more articles than this is no evidence of one story
SHARED = 2  # fewer keys than this in common are none either
LEAST = 0.25  # of the rare keys of the article that has fewer: a pair shares that many
COMMONEST = 4  # of an article that has hardly any rare keys, so many others are looked at: what is reprinted everywhere
HELD = 1 << 24  # keys that are held at once
GROUPED = 1 << 21  # keys that are grouped at once
EXPANDED = 1 << 22  # pairs that are counted at once


class Pairs(NamedTuple):
    """Pairs of rows, `one` before `other`, each once, sorted; and what their sketches share."""

    one: Rows
    other: Rows
    shared: Rows  # rare keys that both have; 0 where only bands are shared
    least: Rows  # rare keys of the article that has fewer


def candidates(count: int, bands: Pieces, sketches: Pieces) -> Pairs:
    """Find the pairs among `count` rows, which are numbered by rank: the first is the last to be removed."""
    by_sketch, counts = _by_sketch(count, sketches)
    banded = _by_bands(count, bands)
    codes, places = np.unique(np.concatenate([by_sketch.codes, banded]), return_index=True)
    shared = np.concatenate([by_sketch.shared, np.zeros(len(banded), np.int64)])[places]
    one, other = (half.astype(np.int64) for half in np.divmod(codes, np.uint64(max(count, 1))))
    return Pairs(one, other, shared, np.minimum(counts[one], counts[other]))


def equal(rows: Rows, keys: Keys) -> tuple[Rows, Rows]:
    """Group rows by equal keys, on Daft: give the rows of all groups of two or more, and the size of each group.

    Groups are in the order of their keys, and the rows of each are sorted. Keys that stand once, which are most, are
    left out before: sorting a key takes a tenth of the time of grouping it.
    """
    import daft
    from daft import col, lit

    twice = np.flatnonzero(_recurring(keys))
    keyed = daft.from_arrow(pa.table({"row": rows[twice], "key": keys[twice]}))
    groups = keyed.groupby("key").agg(col("row").list_agg().alias("rows"), col("row").count().alias("size"))
    found = groups.where(col("size") > lit(1)).select("key", "rows").to_arrow()
    lists = one_chunk(found["rows"])
    sizes = np.diff(lists.offsets.to_numpy()).astype(np.int64)
    members = np.asarray(lists.flatten().to_numpy(), np.int64)
    order = np.argsort(one_chunk(found["key"]).to_numpy())
    number = np.empty(len(order), np.uint64)
    number[order] = np.arange(len(order), dtype=np.uint64)
    sorted_ = np.sort(np.repeat(number, sizes) << np.uint64(32) | members.astype(np.uint64))
    return (sorted_ & np.uint64(0xFFFFFFFF)).astype(np.int64), sizes[order]


def _recurring(keys: Keys) -> Any:
    """Mark the keys that stand more than once."""
    order = np.argsort(keys)
    ordered = keys[order]
    found = np.zeros(len(keys), np.bool_)
    again = np.flatnonzero(ordered[1:] == ordered[:-1])
    found[order[again]] = found[order[again + 1]] = True
    return found


def _starts(sizes: Rows) -> Rows:
    found: Rows = np.cumsum(sizes) - sizes
    return found


def _by_bands(count: int, bands: Pieces) -> Keys:
    """Give the codes of pairs that share a band: of large groups only those with the first and the nearest rows."""
    matrix, has = _matrix(count, bands)
    rows = np.flatnonzero(has)
    found = []
    for band in range(matrix.shape[0]):
        members, sizes = equal(rows, matrix[band, rows])
        found.append(np.unique(_paired(members, sizes, count)))
    codes: Keys = np.unique(np.concatenate(found)) if found else np.empty(0, np.uint64)
    return codes


def _matrix(count: int, bands: Pieces) -> tuple[Keys, Any]:
    """Give all band hashes, one line a band, and which rows have any."""
    matrix = np.zeros((0, count), np.uint64)
    has = np.zeros(count, np.bool_)
    for rows, lists in bands():
        there = lists.is_valid().to_numpy(zero_copy_only=False)
        if there.any():
            values = lists.drop_null().flatten().to_numpy().reshape(int(there.sum()), -1)
            if not len(matrix):
                matrix = np.zeros((values.shape[1], count), np.uint64)
            matrix[:, rows[there]] = values.T
            has[rows[there]] = True
    return matrix, has


def _paired(members: Rows, sizes: Rows, count: int) -> Keys:
    """Pair the rows of each group, all of a small one."""
    starts = np.repeat(_starts(sizes), sizes)
    place = np.arange(len(members)) - starts
    found = []
    for back in range(1, NEAREST + 1):
        here = np.flatnonzero(place >= back)
        found.append(_codes(members[here - back], members[here], count))
    for first in range(NEAREST):
        here = np.flatnonzero(place - first > NEAREST)
        found.append(_codes(members[starts[here] + first], members[here], count))
    return np.concatenate(found)


def _codes(one: Rows, other: Rows, count: int) -> Keys:
    low, high = np.minimum(one, other), np.maximum(one, other)
    codes: Keys = low.astype(np.uint64) * np.uint64(count) + high.astype(np.uint64)
    apart: Keys = codes[low != high]
    return apart


class _Shared(NamedTuple):
    codes: Keys
    shared: Rows


class _Postings(NamedTuple):
    """The rows of all keys that several rows have, a key behind the other.

    Of rare keys each row with its place among those of the key; of the others, how many rows each key has.
    """

    rare: Any  # rows, 32 bits
    places: Any  # below RARE, 8 bits
    common: Any  # rows, 32 bits
    sizes: Rows


def _by_sketch(count: int, sketches: Pieces) -> tuple[_Shared, Rows]:
    """Give the codes of pairs whose sketches share enough, and how many rare keys each row has."""
    sizes = np.zeros(count, np.int64)
    for rows, lists in sketches():
        sizes[rows] = np.diff(lists.offsets.to_numpy()) * lists.is_valid().to_numpy(zero_copy_only=False)
    postings = _grouped(sketches, int(sizes.sum()))
    counts = sizes - np.bincount(postings.common, minlength=count)
    needy = np.flatnonzero((counts < LEAST * sizes) & (sizes > 0))
    found = [*_counted(postings, counts, count), _of_needy(postings, needy, counts, count)]
    codes, places = np.unique(np.concatenate([each.codes for each in found]), return_index=True)
    return _Shared(codes, np.concatenate([each.shared for each in found])[places]), counts


def _grouped(sketches: Pieces, total: int) -> _Postings:
    """Group the rows that share a key of their sketches; a share of all keys at a time."""
    passes = max(1, -(-total // HELD))
    shares = max(1, -(-total // passes // GROUPED))  # of each pass
    rare, places, common = [np.empty(0, np.int32)], [np.empty(0, np.uint8)], [np.empty(0, np.int32)]
    sizes = [np.empty(0, np.int64)]
    for number in range(passes):
        rows, keys = _held(sketches, passes, number)
        share = (_share(keys, shares * passes) - number * shares).astype(np.uint16)
        order = np.argsort(share, kind="stable")
        bounds = np.searchsorted(share[order], np.arange(shares + 1))
        for start, end in itertools.pairwise(bounds):
            if end > start:
                some = order[start:end]
                members, of_each = equal(rows[some].astype(np.int64), keys[some])
                is_rare = np.repeat(of_each <= RARE, of_each)
                place = np.arange(len(members)) - np.repeat(_starts(of_each), of_each)
                rare.append(members[is_rare].astype(np.int32))
                places.append(place[is_rare].astype(np.uint8))
                common.append(members[~is_rare].astype(np.int32))
                sizes.append(of_each[of_each > RARE])
    return _Postings(np.concatenate(rare), np.concatenate(places), np.concatenate(common), np.concatenate(sizes))


def _held(sketches: Pieces, passes: int, number: int) -> tuple[Any, Keys]:
    """Read the rows and keys of one pass."""
    rows, keys = [np.empty(0, np.int32)], [np.empty(0, np.uint64)]
    for places, lists in sketches():
        of_piece = lists.flatten().to_numpy()
        parents = np.repeat(places, np.diff(lists.offsets.to_numpy()))
        mine = np.flatnonzero(_share(of_piece, passes) == number)
        rows.append(parents[mine].astype(np.int32))
        keys.append(of_piece[mine])
    return np.concatenate(rows), np.concatenate(keys)


def _share(keys: Keys, shares: int) -> Rows:
    """Deal keys out to so many shares, by their upper half: the lower one has chosen them."""
    found: Rows = ((keys >> np.uint64(32)) * np.uint64(shares) >> np.uint64(32)).astype(np.int64)
    return found


def _counted(postings: _Postings, counts: Rows, count: int) -> Iterator[_Shared]:
    """Count the rare keys that pairs share, some rows at a time, and yield the pairs that share enough."""
    members, places = postings.rare, postings.places
    order = np.argsort(members)
    ends = np.cumsum(np.bincount(members, minlength=count))
    work = np.cumsum(np.bincount(members, weights=places, minlength=count).astype(np.int64))
    row = 0
    while row < count:
        before = work[row - 1] if row else 0
        last = max(row + 1, int(np.searchsorted(work, before + EXPANDED, side="right")))
        some = order[ends[row - 1] if row else 0 : ends[last - 1]]
        times = places[some].astype(np.int64)
        within = np.arange(int(times.sum())) - np.repeat(np.cumsum(times) - times, times)
        others = members[np.repeat(some - times, times) + within]
        yield _enough(_codes(others.astype(np.int64), np.repeat(members[some], times), count), counts, count)
        row = last


def _of_needy(postings: _Postings, needy: Rows, counts: Rows, count: int) -> _Shared:
    """Count, for the rows that have hardly any rare keys, the rarest others that they share: with RARE rows of each."""
    is_needy = np.zeros(count, np.bool_)
    is_needy[needy] = True
    mine = np.flatnonzero(is_needy[postings.common])
    starts, ends = _starts(postings.sizes), np.cumsum(postings.sizes)
    group = np.searchsorted(ends, mine, side="right")
    rows = postings.common[mine]
    order = np.lexsort((group, postings.sizes[group], rows))
    rows, group = rows[order], group[order]
    first = np.flatnonzero(np.diff(rows, prepend=-1))
    rank = np.arange(len(rows)) - np.repeat(first, np.diff(np.append(first, len(rows))))
    rows, group = rows[rank < COMMONEST], group[rank < COMMONEST]
    others = postings.common[np.repeat(starts[group], RARE) + np.tile(np.arange(RARE), len(group))]
    return _enough(_codes(others.astype(np.int64), np.repeat(rows, RARE), count), counts, count)


def _enough(codes: Keys, counts: Rows, count: int) -> _Shared:
    """Give of all codes of pairs, one for each key that a pair shares, those that share enough."""
    found, shared = np.unique(codes, return_counts=True)
    one, other = np.divmod(found, np.uint64(max(count, 1)))
    enough = shared >= np.maximum(SHARED, LEAST * np.minimum(counts[one], counts[other]))
    return _Shared(found[enough], shared[enough])
