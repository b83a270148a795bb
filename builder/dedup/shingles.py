"""Shingles: a text as a set of word n-grams, and how much two such sets have in common.

Texts are first folded to lower case without punctuation. In scripts without spaces, each character counts as a word.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from builder.core.arrow import evaluate
from builder.text.fold import LETTERS, split_at_spaces

MORE_LETTERS = 5  # added to the length of a shingle in the scripts of fold.LETTERS
SKETCHED = 4  # a sketch has one shingle in so many, chosen by its hash
Shingles = np.ndarray[Any, np.dtype[np.uint64]]  # a set: sorted, each once
FNV_OFFSET, FNV_PRIME = 0xCBF29CE484222325, 0x100000001B3  # FNV-1a, 64 bits


def lengths(scripts: Any, ngram: int) -> list[int]:
    """Return how many words (or characters) the shingles of each text have, by a column of its scripts."""
    return [ngram + MORE_LETTERS * (script in LETTERS) for script in scripts.to_pylist()]


def hashes(words: pa.Array, lengths: Sequence[int]) -> list[Shingles]:
    """Hash the word n-grams of each text, in their order; a text of fewer words is one n-gram.

    >>> [len(each) for each in hashes(pa.array(["a b c d", "a b c a b c", "a b", None]), [3, 3, 3, 3])]
    [2, 4, 1, 0]
    """
    import daft
    from daft.functions import hash as hashed

    parted, counts = split_at_spaces(words)
    coding = hashed(daft.col("word"), hash_function="xxhash3_64")
    codes = evaluate(pa.table({"word": parted}), coding).to_numpy()
    whole = {ngram: _mixed(codes, ngram) for ngram in set(lengths) if len(codes) >= ngram}
    keys, start = [], 0
    for count, ngram in zip(counts.tolist(), lengths, strict=True):
        if count >= ngram:
            keys.append(whole[ngram][start : start + count - ngram + 1])
        else:
            keys.append(_mixed(codes[start : start + count], count) if count else codes[:0])
        start += count
    return keys


def flat(words: pa.Array, lengths: Sequence[int]) -> tuple[Shingles, Any]:
    """Return the hashes of the word n-grams of all texts in one array, and the number of each one's text."""
    each = hashes(words, lengths)
    return np.concatenate(each), np.repeat(np.arange(len(each)), [len(keys) for keys in each])


def _mixed(codes: Shingles, ngram: int) -> Shingles:
    """Hash every run of n codes."""
    mixed = np.full(len(codes) - ngram + 1, FNV_OFFSET, np.uint64)
    for offset in range(ngram):
        mixed ^= codes[offset : offset + len(mixed)]
        mixed *= np.uint64(FNV_PRIME)
        mixed ^= mixed >> np.uint64(29)  # otherwise high bits would never reach low ones
    return mixed


def shingles(words: pa.Array, scripts: Any, ngram: int) -> list[Shingles]:
    """Return the set of word n-grams of each text, as sorted 64-bit hashes; a text of fewer words is one shingle.

    >>> [len(each) for each in shingles(pa.array(["a b c d", "a b c a b c", "a b", None]), pa.array(["Latn"] * 4), 3)]
    [2, 3, 1, 0]
    """
    return [np.unique(each) for each in hashes(words, lengths(scripts, ngram))]


def sketches(keys: Shingles, texts: Any, count: int) -> pa.ListArray:
    """Sample one in SKETCHED of the shingles of each of `count` texts, by their hashes: the same ones in every text.

    `keys` are the hashes of shingles, `texts` the number of each one's text, ascending. A sketch is sorted and has
    each hash once.

    >>> texts = pa.array(["a b c d e f g h i j k l m n o p q r s t", "a b c d e f g h x j k l m n o p q r s t"])
    >>> each = hashes(texts, [3, 3])
    >>> one, other = sketches(np.concatenate(each), np.repeat([0, 1], [18, 18]), 2).to_pylist()
    >>> len(one), len(other), len(set(one) & set(other))
    (7, 7, 5)
    """
    chosen = np.flatnonzero(keys % np.uint64(SKETCHED) == 0)  # indexes: a mask that is true at random is slow
    texts, keys = texts[chosen], keys[chosen]
    order = np.argsort(keys)
    order = order[np.argsort(texts[order].astype(np.uint16 if count < 1 << 16 else np.int64), kind="stable")]
    keys, texts = keys[order], texts[order]
    new = np.ones(len(keys), np.bool_)
    new[1:] = (keys[1:] != keys[:-1]) | (texts[1:] != texts[:-1])
    ends = np.cumsum(np.bincount(texts[new], minlength=count))
    return pa.ListArray.from_arrays(np.append(0, ends).astype(np.int32), pa.array(keys[new]))


def jaccard(one: Shingles, other: Shingles, threshold: float = 0.0) -> float:
    """Return the share of the shingles of two texts that both have; 0 if their sizes rule out the threshold.

    >>> jaccard(*shingles(pa.array(["a b c d", "a b c e"]), pa.array(["Latn"] * 2), 3))
    0.3333333333333333
    """
    sizes = len(one), len(other)
    if min(sizes) == 0 or min(sizes) < threshold * max(sizes):
        return 0.0
    both = len(np.intersect1d(one, other, assume_unique=True))
    return both / (sum(sizes) - both)


def common(one: Shingles, other: Shingles) -> int:
    """Count the shingles that two texts share."""
    return len(np.intersect1d(one, other, assume_unique=True))
