"""Fold text into comparable words; in scripts without spaces, characters stand for words."""

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from builder.core.arrow import evaluate, one_chunk

# Scripts that write no spaces between words. Their shingles are of characters, except Tibetan, which marks syllables.
UNSPACED = ("Hani", "Hans", "Hant", "Jpan", "Thai", "Laoo", "Khmr", "Mymr", "Tibt", "Lana", "Talu", "Yiii")
# The ones among them that write sounds, where three letters do not tell texts apart. Among 62 articles in each of th,
# lo, km and my, the two most similar shared 49 to 63 % of the shingles of three letters, and 10 to 16 % of eight.
LETTERS = ("Thai", "Laoo", "Khmr", "Mymr", "Lana", "Talu")
# The ones among them whose texts `fold_words` cuts into characters.
CUT = tuple(script for script in UNSPACED if script != "Tibt")


def shingle_words(table: pa.Table) -> pa.Array:
    """Return each usable text as the words of its shingles: folded, with one space between them; characters in CUT.

    Reads the columns `text`, `script` (ISO 15924) and `reason` (null: usable).

    >>> table = pa.table({"text": ["« L'Été »,  dit-il.", "東京は 晴れ。", "ΟΔΟΣ"], "script": ["Latn", "Jpan", "Grek"],
    ...     "reason": pa.array([None] * 3, pa.string())})
    >>> shingle_words(table).to_pylist()
    ['l été dit il', '東 京 は 晴 れ', 'οδος']
    """
    return fold_words(pc.if_else(pc.is_null(table["reason"]), table["text"], None), table["script"])


def fold_words(text: Any, script: Any) -> pa.Array:
    """Fold texts to lower case without punctuation: words (characters in CUT scripts) with one space between them."""
    import daft
    from daft.functions import lower, regexp_replace

    # Replace other characters first: most texts have few. One pattern for both takes twice the time.
    folding = regexp_replace(lower(daft.col("text")), r"[^\p{L}\p{M}\p{N} ]+", " ")
    folding = regexp_replace(folding, " {2,}", " ")
    words = pc.ascii_trim_whitespace(pc.cast(evaluate(pa.table({"text": text}), folding), pa.string()))
    unspaced = one_chunk(pc.fill_null(pc.is_in(script, pa.array(CUT)), False))
    if pc.any(unspaced).as_py():
        spaced = [words and " ".join(words.replace(" ", "")) for words in words.filter(unspaced).to_pylist()]
        words = pc.replace_with_mask(words, unspaced, pa.array(spaced, pa.string()))
    return words


def characters_a_word(script: str | None) -> int:
    """Return about how many characters of a script make a word; 1 if the script has words.

    >>> characters_a_word("Latn"), characters_a_word("Hans"), characters_a_word("Thai")
    (1, 2, 4)
    """
    return 4 if script in LETTERS else 2 if script in CUT else 1


def word_counts(words: pa.Array) -> pa.Array:
    """Count the words of each text, with one space between them; null for null.

    >>> word_counts(pa.array(["a b c", None, "", "a"])).to_pylist()
    [3, None, 1, 1]
    """
    return pc.if_else(pc.is_valid(words), pa.array(split_at_spaces(words)[1]), None)


def split_at_spaces(words: pa.Array) -> tuple[pa.Array, Any]:
    """Split texts into words, each with the space behind it, and count the words of each text (0 for null).

    One pass over the bytes takes a tenth of the time of a split.
    """
    ended = pc.binary_join_element_wise(words, "", " ").cast(pa.large_string())
    if not len(ended):
        return pa.array([], pa.large_string()), np.zeros(0, np.int64)
    offsets = np.frombuffer(ended.buffers()[1], np.int64)[ended.offset : ended.offset + len(ended) + 1]
    data = ended.buffers()[2]
    spaces = np.flatnonzero(np.frombuffer(data, np.uint8)[offsets[0] : offsets[-1]] == 32) if data else np.zeros(0, int)
    ends = np.append(0, spaces + 1) + offsets[0]
    split = pa.LargeStringArray.from_buffers(len(spaces), pa.py_buffer(ends.astype(np.int64)), data)
    return split, np.diff(np.searchsorted(spaces + offsets[0], offsets))
