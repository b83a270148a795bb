"""Fold text into comparable words; characters stand for words in scripts without spaces."""

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from builder.core.arrow import evaluate, one_chunk

# Scripts that write no spaces between words: their shingles are of characters, but for Tibetan, which marks syllables.
UNSPACED = ("Hani", "Hans", "Hant", "Jpan", "Thai", "Laoo", "Khmr", "Mymr", "Tibt", "Lana", "Talu", "Yiii")
# Of these, the ones that write sounds: three letters tell nothing. Of 62 articles in each of th, lo, km and my, the two
# most alike had 49 to 63 % of the shingles of three letters in common, 10 to 16 % of those of eight.
LETTERS = ("Thai", "Laoo", "Khmr", "Mymr", "Lana", "Talu")
CUT = tuple(script for script in UNSPACED if script != "Tibt")


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
    words = pc.ascii_trim_whitespace(pc.cast(evaluate(pa.table({"text": text}), folding), pa.string()))
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


def word_counts(words: pa.Array) -> pa.Array:
    """Count the words of each text, which one space parts; null for null.

    >>> word_counts(pa.array(["a b c", None, "", "a"])).to_pylist()
    [3, None, 1, 1]
    """
    return pc.if_else(pc.is_valid(words), pa.array(split_at_spaces(words)[1]), None)


def split_at_spaces(words: pa.Array) -> tuple[pa.Array, Any]:
    """Part texts into words, each with the space behind it; and count those of each text (0 where it is null).

    All in one go over their bytes, which takes a tenth of the time of a split.
    """
    ended = pc.binary_join_element_wise(words, "", " ").cast(pa.large_string())
    if not len(ended):
        return pa.array([], pa.large_string()), np.zeros(0, np.int64)
    offsets = np.frombuffer(ended.buffers()[1], np.int64)[ended.offset : ended.offset + len(ended) + 1]
    said = ended.buffers()[2]
    spaces = np.flatnonzero(np.frombuffer(said, np.uint8)[offsets[0] : offsets[-1]] == 32) if said else np.zeros(0, int)
    ends = np.append(0, spaces + 1) + offsets[0]
    parted = pa.LargeStringArray.from_buffers(len(spaces), pa.py_buffer(ends.astype(np.int64)), said)
    return parted, np.diff(np.searchsorted(spaces + offsets[0], offsets))
