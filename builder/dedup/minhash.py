"""Sign each article, so that its copies are found without its text.

A signature has three parts: MinHash (Broder 1997) over word n-grams, cut into bands; a hash of the whole text; and a
sketch, a sample of the shingles. The hash of a shingle decides whether it is sampled, so that texts with common
shingles have common samples.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from builder.dedup import shingles
from builder.dedup.shingles import FNV_OFFSET, FNV_PRIME, Shingles
from builder.text import fold
from builder.text.fold import characters_a_word

Indexes = np.ndarray[Any, np.dtype[np.int64]]


def sign(table: pa.Table, words: pa.Array, ngram: int, bands: int, rows: int, min_words: int) -> pa.Table:
    """Append lengths, exact hash, bands and sketch (schema.SIGNATURE) to identified rows; null for unusable ones.

    `words` come from fold.shingle_words. Copies are of one language (its first subtag), so the hashes include it.
    """
    count = fold.word_counts(words)
    languages = [language and language.split("-")[0] for language in table["language"].to_pylist()]
    exact = exact_hashes(words, table["text"].to_pylist(), languages)
    least = pa.array([min_words * characters_a_word(script) for script in table["script"].to_pylist()], pa.int64())
    long_enough = pc.fill_null(pc.greater_equal(count, least), False)
    chosen = np.flatnonzero(long_enough.to_numpy(zero_copy_only=False))
    hashes = sketched = pa.nulls(len(table), pa.list_(pa.uint64()))
    if len(chosen):
        some, scripts = words.take(pa.array(chosen)), table["script"].take(pa.array(chosen))
        names = np.array(_language_hashes([languages[index] for index in chosen.tolist()]), np.uint64)
        keys, texts = shingles.flat(some, shingles.lengths(scripts, ngram))
        keys = keys ^ names[texts]
        numbers = np.full(len(table), -1)
        numbers[chosen] = np.arange(len(chosen))
        indexes = pa.array(numbers, mask=numbers < 0)
        hashes = _lists(band_hashes(keys, texts, len(some), bands, rows)).take(indexes)
        sketched = shingles.sketches(keys, texts, len(some)).take(indexes)
    return (
        table.append_column("characters", pc.utf8_length(table["text"]))
        .append_column("bytes", pc.binary_length(table["text"]))
        .append_column("words", pc.cast(count, pa.int32()))
        .append_column("exact_hash", pa.array(exact, pa.string()))
        .append_column("bands", hashes)
        .append_column("sketch", sketched)
    )


def _lists(matrix: np.ndarray[Any, Any]) -> pa.ListArray:
    """Return the lines of a matrix as lists."""
    count, size = matrix.shape
    return pa.ListArray.from_arrays(np.arange(0, count * size + 1, size, dtype=np.int32), pa.array(matrix.reshape(-1)))


def exact_hashes(words: pa.Array, texts: Sequence[str | None], languages: Sequence[str | None]) -> list[str | None]:
    """Hash each folded text (the text itself if folding leaves nothing) together with its language's first subtag.

    >>> one, other = exact_hashes(pa.array(["l été", "l été"]), ["L'été!", "« L’Été »"], ["fr", "fr"])
    >>> one == other
    True
    """
    import xxhash

    return [
        None if folded is None else xxhash.xxh3_128_hexdigest(f"{language}\0{folded or text}".encode())
        for folded, text, language in zip(words.to_pylist(), texts, languages, strict=True)
    ]


def band_hashes(keys: Shingles, texts: Indexes, count: int, bands: int, rows: int) -> np.ndarray[Any, Any]:
    """Return the band hashes of `count` texts, a line of `bands` uint64 each; each text must have a shingle.

    `keys` are the hashes of shingles, `texts` the number of each one's text. This is MinHash by one permutation: the
    hash of a shingle assigns it to one of bands × rows bins, and the value of a bin is its least hash (Li, Owen, Zhang
    2012). An empty bin takes the value of another one, in an order that is the same for all texts (Shrivastava 2017).
    So each shingle is visited once, not once for each value.
    """
    bins = bands * rows
    mixed = _scattered(keys)
    least = np.full(count * bins, _EMPTY, np.uint64)
    bin_of = ((mixed >> np.uint64(32)) * np.uint64(bins)) >> np.uint64(32)
    np.minimum.at(least, texts * bins + bin_of.astype(np.int64), mixed)
    values = _filled(least.reshape(count, bins)).reshape(count, bands, rows)
    hashed = np.full((count, bands), FNV_OFFSET, np.uint64) ^ np.arange(bands, dtype=np.uint64)
    for row in range(rows):
        hashed = (hashed ^ values[:, :, row]) * np.uint64(FNV_PRIME)
        hashed ^= hashed >> np.uint64(29)
    return hashed


def _scattered(keys: Shingles) -> Shingles:
    """Mix hashes again (the finalizer of MurmurHash3), so that bins do not depend on the bits that choose a sketch."""
    mixed = keys ^ (keys >> np.uint64(33))
    mixed *= np.uint64(0xFF51AFD7ED558CCD)
    mixed ^= mixed >> np.uint64(33)
    mixed *= np.uint64(0xC4CEB9FE1A85EC53)
    mixed ^= mixed >> np.uint64(33)
    return mixed


_EMPTY = np.uint64(0xFFFFFFFFFFFFFFFF)


def _filled(values: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Fill empty bins with the values of others: each tries bins in an order of its own until one has a value."""
    count = values.shape[1]
    texts, bins = np.nonzero(values == _EMPTY)
    filled = values.copy()
    attempt = 1
    while len(texts):
        tried = _scattered(bins.astype(np.uint64) * np.uint64(count) + np.uint64(attempt)) % np.uint64(count)
        borrowed = values[texts, tried.astype(np.int64)]
        filled[texts, bins] = borrowed
        empty = np.flatnonzero(borrowed == _EMPTY)
        texts, bins, attempt = texts[empty], bins[empty], attempt + 1
    return filled


def _language_hashes(languages: list[str]) -> list[int]:
    import xxhash

    known = {language: xxhash.xxh3_64_intdigest(language.encode()) for language in set(languages)}
    return [known[language] for language in languages]
