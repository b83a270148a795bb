"""Sign each article: what it takes to find its copies without its text.

MinHash (Broder 1997) over word n-grams, by Daft, cut into bands; a hash of the whole; and a sketch, the shingles whose
hash says so, which any article that contains them has too.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from builder.columns import evaluated
from builder.shingles import FNV_OFFSET, FNV_PRIME, Shingles, characters_a_word, lengths, sketches

_SEED = 1


def sign(table: pa.Table, words: pa.Array, ngram: int, bands: int, rows: int, min_words: int) -> pa.Table:
    """Add length, word count, exact hash, bands and sketch (schema.SIGNATURE) to identified rows; null where unusable.

    `words` are those of shingles.shingle_words. Copies are looked for within one language (its first subtag), so its
    name goes into the hashes.
    """
    count = pc.if_else(pc.is_null(words), None, pc.add(pc.count_substring(words, " "), 1))
    languages = [language and language.split("-")[0] for language in table["language"].to_pylist()]
    exact = exact_hashes(words, table["text"].to_pylist(), languages)
    least = pa.array([min_words * characters_a_word(script) for script in table["script"].to_pylist()], pa.int64())
    long_enough = pc.fill_null(pc.greater_equal(count, least), False)
    chosen = np.flatnonzero(long_enough.to_numpy(zero_copy_only=False))
    hashes = sketched = pa.nulls(len(table), pa.list_(pa.uint64()))
    if len(chosen):
        some, scripts = words.take(pa.array(chosen)), table["script"].take(pa.array(chosen))
        names = np.array(_named([languages[index] for index in chosen.tolist()]), np.uint64)
        places = np.full(len(table), -1)
        places[chosen] = np.arange(len(chosen))
        there = pa.array(places, mask=places < 0)
        hashes = _lists(band_hashes(some, lengths(scripts, ngram), names, bands, rows)).take(there)
        sketched = sketches(some, scripts, ngram, names).take(there)
    return (
        table.append_column("characters", pc.utf8_length(table["text"]))
        .append_column("bytes", pc.binary_length(table["text"]))
        .append_column("words", pc.cast(count, pa.int32()))
        .append_column("exact_hash", pa.array(exact, pa.string()))
        .append_column("bands", hashes)
        .append_column("sketch", sketched)
    )


def _lists(matrix: np.ndarray[Any, Any]) -> pa.ListArray:
    """Give the lines of a matrix as lists."""
    count, size = matrix.shape
    return pa.ListArray.from_arrays(np.arange(0, count * size + 1, size, dtype=np.int32), pa.array(matrix.reshape(-1)))


def exact_hashes(words: pa.Array, texts: Sequence[str | None], languages: Sequence[str | None]) -> list[str | None]:
    """Give a hash of each folded text (of the text itself, where nothing is left of it) and its language's subtag.

    >>> one, other = exact_hashes(pa.array(["l été", "l été"]), ["L'été!", "« L’Été »"], ["fr", "fr"])
    >>> one == other
    True
    """
    import xxhash

    return [
        None if folded is None else xxhash.xxh3_128_hexdigest(f"{language}\0{folded or text}".encode())
        for folded, text, language in zip(words.to_pylist(), texts, languages, strict=True)
    ]


def band_hashes(words: pa.Array, sizes: list[int], names: Shingles, bands: int, rows: int) -> np.ndarray[Any, Any]:
    """Give the band hashes, one row of `bands` uint64 an article.

    `sizes` are the words in the shingles of each text (shingles.lengths); `names` are numbers that are mixed in.
    """
    hashed = (names[:, None] ^ np.arange(bands, dtype=np.uint64)) * np.uint64(FNV_PRIME) ^ np.uint64(FNV_OFFSET)
    for ngram in sorted(set(sizes)):
        here = np.flatnonzero(np.array(sizes) == ngram)
        values = _minhash(words.take(pa.array(here)), ngram, bands * rows).reshape(len(here), bands, rows)
        for row in range(rows):
            hashed[here] = (hashed[here] ^ values[:, :, row]) * np.uint64(FNV_PRIME)
    return hashed


def _minhash(words: pa.Array, ngram: int, count: int) -> np.ndarray[Any, Any]:
    """Give `count` MinHash values of each text."""
    import daft
    from daft.functions import minhash

    signing = minhash(daft.col("words"), num_hashes=count, ngram_size=ngram, seed=_SEED, hash_function="xxhash")
    signed = evaluated(pa.table({"words": words}), signing)
    values: np.ndarray[Any, Any] = signed.flatten().to_numpy().astype(np.uint64)
    return values


def _named(languages: list[str]) -> list[int]:
    import xxhash

    known = {language: xxhash.xxh3_64_intdigest(language.encode()) for language in set(languages)}
    return [known[language] for language in languages]
