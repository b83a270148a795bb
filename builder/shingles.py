"""Shingles: a text as a set of word n-grams, and what two such sets have in common.

Texts are folded to lower case without punctuation first; scripts that write no spaces are cut into characters.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from builder.columns import evaluated, one_chunk

# Scripts that write no spaces between words: their shingles are of characters, but for Tibetan, which marks syllables.
UNSPACED = ("Hani", "Hans", "Hant", "Jpan", "Thai", "Laoo", "Khmr", "Mymr", "Tibt", "Lana", "Talu", "Yiii")
# Of these, the ones that write sounds: three letters tell nothing. Of 62 articles in each of th, lo, km and my, the two
# most alike had 49 to 63 % of the shingles of three letters in common, 10 to 16 % of those of eight.
LETTERS = ("Thai", "Laoo", "Khmr", "Mymr", "Lana", "Talu")
CUT = tuple(script for script in UNSPACED if script != "Tibt")
MORE_LETTERS = 5  # in a shingle of these
SKETCHED = 4  # one shingle in so many, chosen by its hash, is in a sketch
Shingles = np.ndarray[Any, np.dtype[np.uint64]]  # a set: sorted, each once
FNV_OFFSET, FNV_PRIME = 0xCBF29CE484222325, 0x100000001B3  # FNV-1a, 64 bits


def shingle_words(table: pa.Table) -> pa.Array:
    """Give each text as the words that shingles are made of: folded, parted by one space; characters in UNSPACED.

    >>> table = pa.table({"text": ["« L'Été »,  dit-il.", "東京は 晴れ。", "ΟΔΟΣ"], "script": ["Latn", "Jpan", "Grek"],
    ...     "reason": pa.array([None] * 3, pa.string())})
    >>> shingle_words(table).to_pylist()
    ['l été dit il', '東 京 は 晴 れ', 'οδος']
    """
    return fold_words(pc.if_else(pc.is_null(table["reason"]), table["text"], None), table["script"])


def fold_words(text: Any, script: Any) -> pa.Array:
    """Fold texts to lower case, without punctuation: words, or characters in UNSPACED scripts, parted by one space."""
    import daft
    from daft.functions import lower, regexp_replace

    # First what is no space, for most texts have little of it; half of the time of one pattern for both.
    folding = regexp_replace(lower(daft.col("text")), r"[^\p{L}\p{M}\p{N} ]+", " ")
    folding = regexp_replace(folding, " {2,}", " ")
    words = pc.ascii_trim_whitespace(pc.cast(evaluated(pa.table({"text": text}), folding), pa.string()))
    unspaced = one_chunk(pc.fill_null(pc.is_in(script, pa.array(CUT)), False))
    if pc.any(unspaced).as_py():
        parted = [words and " ".join(words.replace(" ", "")) for words in words.filter(unspaced).to_pylist()]
        words = pc.replace_with_mask(words, unspaced, pa.array(parted, pa.string()))
    return words


def characters_a_word(script: str | None) -> int:
    """Give how many of its characters count as a word, about; 1 where words are what is counted.

    >>> characters_a_word("Latn"), characters_a_word("Hans"), characters_a_word("Thai")
    (1, 2, 4)
    """
    return 4 if script in LETTERS else 2 if script in CUT else 1


def lengths(scripts: Any, ngram: int) -> list[int]:
    """Give for each text of a column of scripts how many words (or characters) its shingles have."""
    return [ngram + MORE_LETTERS * (script in LETTERS) for script in scripts.to_pylist()]


def hashes(words: pa.Array, lengths: Sequence[int]) -> list[Shingles]:
    """Give the hashes of the word n-grams of each text in their order; a text of fewer words is one n-gram.

    >>> [len(each) for each in hashes(pa.array(["a b c d", "a b c a b c", "a b", None]), [3, 3, 3, 3])]
    [2, 4, 1, 0]
    """
    import daft
    from daft.functions import hash as hashed

    parted = pc.split_pattern(words, " ")
    coding = hashed(daft.col("word"), hash_function="xxhash3_64")
    codes = evaluated(pa.table({"word": parted.flatten()}), coding).to_numpy()
    counts = pc.fill_null(pc.list_value_length(parted), 0).to_pylist()
    whole = {ngram: _mixed(codes, ngram) for ngram in set(lengths) if len(codes) >= ngram}
    found, start = [], 0
    for count, ngram in zip(counts, lengths, strict=True):
        if count >= ngram:
            found.append(whole[ngram][start : start + count - ngram + 1])
        else:
            found.append(_mixed(codes[start : start + count], count) if count else codes[:0])
        start += count
    return found


def _mixed(codes: Shingles, ngram: int) -> Shingles:
    """Hash every run of n codes."""
    mixed = np.full(len(codes) - ngram + 1, FNV_OFFSET, np.uint64)
    for place in range(ngram):
        mixed ^= codes[place : place + len(mixed)]
        mixed *= np.uint64(FNV_PRIME)
        mixed ^= mixed >> np.uint64(29)  # or high bits would never reach low ones
    return mixed


def shingles(words: pa.Array, scripts: Any, ngram: int) -> list[Shingles]:
    """Give the set of word n-grams of each text, as sorted 64-bit hashes; a text of fewer words is one shingle.

    >>> [len(each) for each in shingles(pa.array(["a b c d", "a b c a b c", "a b", None]), pa.array(["Latn"] * 4), 3)]
    [2, 3, 1, 0]
    """
    return [np.unique(each) for each in hashes(words, lengths(scripts, ngram))]


def sketches(words: pa.Array, scripts: Any, ngram: int, names: Shingles) -> pa.ListArray:
    """Give of the shingles of each text those whose hash says so, one in SKETCHED: the same in every text.

    They are sorted, each is there once, and the number in `names` of each text is mixed into them.

    >>> texts = pa.array(["a b c d e f g h i j k l m n o p", "x y c d e f g h i j k l m n o p"])
    >>> one, other = sketches(texts, pa.array(["Latn"] * 2), 3, np.zeros(2, np.uint64)).to_pylist()
    >>> len(one), len(set(one) & set(other))
    (2, 1)
    """
    each = hashes(words, lengths(scripts, ngram))
    keys = np.concatenate(each)
    texts = np.repeat(np.arange(len(each)), [len(of_text) for of_text in each])
    chosen = np.flatnonzero(keys % np.uint64(SKETCHED) == 0)  # by number: a mask that is true at random is slow
    texts = texts[chosen]
    keys = keys[chosen] ^ names[texts]
    order = np.argsort(keys)
    order = order[np.argsort(texts[order].astype(np.uint16 if len(each) < 1 << 16 else np.int64), kind="stable")]
    keys, texts = keys[order], texts[order]
    new = np.ones(len(keys), np.bool_)
    new[1:] = (keys[1:] != keys[:-1]) | (texts[1:] != texts[:-1])
    ends = np.cumsum(np.bincount(texts[new], minlength=len(each)))
    return pa.ListArray.from_arrays(np.append(0, ends).astype(np.int32), pa.array(keys[new]))


def jaccard(one: Shingles, other: Shingles, threshold: float = 0.0) -> float:
    """Give the share of the shingles of two texts that stand in both; 0 where the sizes keep it under a threshold.

    >>> jaccard(*shingles(pa.array(["a b c d", "a b c e"]), pa.array(["Latn"] * 2), 3))
    0.3333333333333333
    """
    sizes = len(one), len(other)
    if min(sizes) == 0 or min(sizes) < threshold * max(sizes):
        return 0.0
    both = len(np.intersect1d(one, other, assume_unique=True))
    return both / (sum(sizes) - both)


def common(one: Shingles, other: Shingles) -> int:
    """Count the shingles of two texts that stand in both."""
    return len(np.intersect1d(one, other, assume_unique=True))


def containment(one: Shingles, other: Shingles) -> float:
    """Give the share of the shingles of the text that has fewer that stand in the other too.

    >>> containment(*shingles(pa.array(["a b c d", "x y a b c d z"]), pa.array(["Latn"] * 2), 3))
    1.0
    """
    least = min(len(one), len(other))
    return common(one, other) / least if least else 0.0
