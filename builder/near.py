"""Copies: sign each article, link those that may be copies, verify each pair, and choose which one is kept.

Signing belongs to prepare: MinHash (Broder 1997) over word 3-grams, by Daft, cut into bands. Linking groups equal
bands on Daft; only ids and hashes travel. A pair is a copy only if its two texts really are that similar (Jaccard of
their shingles), and an article is only removed for one that is itself kept.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from builder.columns import one_chunk

# Scripts that write no spaces between words: their shingles are of characters.
UNSPACED = ("Hani", "Hans", "Hant", "Jpan", "Thai", "Laoo", "Khmr", "Mymr", "Tibt", "Lana", "Talu", "Yiii")
CHARACTERS_A_WORD = 2  # about: by this, `min_words` counts in such scripts
Shingles = np.ndarray[Any, np.dtype[np.uint64]]  # a set: sorted, each once
_SEED = 1
_FNV_OFFSET, _FNV_PRIME = 0xCBF29CE484222325, 0x100000001B3  # FNV-1a, 64 bits


def sign(table: pa.Table, words: pa.Array, ngram: int, bands: int, rows: int, min_words: int) -> pa.Table:
    """Add length, word count, exact hash and band hashes (schema.SIGNATURE) to identified rows; null where unusable.

    `words` are those of shingle_words. Copies are looked for within one language (its first subtag), so its name goes
    into the hashes.
    """
    import xxhash

    count = pc.if_else(pc.is_null(words), None, pc.add(pc.count_substring(words, " "), 1))
    languages = [language and language.split("-")[0] for language in table["language"].to_pylist()]
    exact = [
        None if folded is None else xxhash.xxh3_128_hexdigest(f"{language}\0{folded or text}".encode())
        for folded, text, language in zip(words.to_pylist(), table["text"].to_pylist(), languages, strict=True)
    ]
    least = pc.if_else(pc.is_in(table["script"], pa.array(UNSPACED)), min_words * CHARACTERS_A_WORD, min_words)
    long_enough = pc.fill_null(pc.greater_equal(count, least), False)
    hashes: list[Any] = [None] * len(table)
    chosen = [index for index, long in enumerate(long_enough.to_pylist()) if long]
    if chosen:
        signed = _bands(words.take(pa.array(chosen)), [languages[index] for index in chosen], ngram, bands, rows)
        for index, row in zip(chosen, signed, strict=True):
            hashes[index] = row
    return (
        table.append_column("characters", pc.utf8_length(table["text"]))
        .append_column("bytes", pc.binary_length(table["text"]))
        .append_column("words", pc.cast(count, pa.int32()))
        .append_column("exact_hash", pa.array(exact, pa.string()))
        .append_column("bands", pa.array(hashes, pa.list_(pa.uint64())))
    )


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

    frame = daft.from_arrow(pa.table({"text": text}))
    folded = frame.select(regexp_replace(lower(daft.col("text")), r"[^\p{L}\p{M}\p{N}]+", " ")).to_arrow().column(0)
    words = one_chunk(pc.ascii_trim_whitespace(pc.cast(folded, pa.string())))
    unspaced = one_chunk(pc.fill_null(pc.is_in(script, pa.array(UNSPACED)), False))
    if pc.any(unspaced).as_py():
        parted = [words and " ".join(words.replace(" ", "")) for words in words.filter(unspaced).to_pylist()]
        words = pc.replace_with_mask(words, unspaced, pa.array(parted, pa.string()))
    return words


def _bands(words: pa.Array, languages: list[str], ngram: int, bands: int, rows: int) -> np.ndarray[Any, Any]:
    """Give the band hashes, one row of `bands` uint64 an article."""
    import daft
    from daft.functions import minhash

    frame = daft.from_arrow(pa.table({"words": words}))
    signed = frame.select(
        minhash(daft.col("words"), num_hashes=bands * rows, ngram_size=ngram, seed=_SEED, hash_function="xxhash")
    )
    column = one_chunk(signed.to_arrow().column(0))
    values = column.flatten().to_numpy().astype(np.uint64).reshape(len(words), bands, rows)
    import xxhash

    start = np.array([xxhash.xxh3_64_intdigest(language.encode()) for language in languages], np.uint64)
    hashed = (start[:, None] ^ np.arange(bands, dtype=np.uint64)) * np.uint64(_FNV_PRIME) ^ np.uint64(_FNV_OFFSET)
    for row in range(rows):
        hashed = (hashed ^ values[:, :, row]) * np.uint64(_FNV_PRIME)
    return hashed


class Copy(NamedTuple):
    """An article that is removed: which, for which, of what kind and how similar. Articles are row numbers."""

    row: int
    kept: int
    kind: str
    similarity: float


def link(exact: pa.Array, bands: pa.Array) -> list[list[int]]:
    """Group the rows that share an exact hash or a band; groups of one are left out. In order of their rows."""
    import daft
    from daft import col

    rows = pa.array(np.arange(len(exact), dtype=np.int64))
    keyed = daft.from_arrow(pa.table({"row": rows, "key": exact}))
    banded = daft.from_arrow(pa.table({"row": rows, "key": bands})).where(col("key").not_null()).explode("key")
    return [list(group) for group in sorted(_shared(keyed) | _shared(banded))]


def _shared(keyed: Any) -> set[tuple[int, ...]]:
    """Give the sets of rows that have one key, of a Daft frame of `row` and `key`."""
    from daft import col, lit

    groups = keyed.groupby("key").agg(col("row").list_agg().alias("rows"), col("row").count().alias("size"))
    shared = groups.where(col("size") > lit(1)).select("rows").to_arrow()
    return {tuple(sorted(set(rows))) for rows in shared.column(0).to_pylist()}


def choose(
    groups: list[list[int]],
    rank: list[int],
    exact: list[str],
    translations: Callable[[int, int], bool],
    fetch: Callable[[list[int]], Mapping[int, Shingles]],
    threshold: float,
) -> list[Copy]:
    """Decide which rows are copies: in the order of `rank`, each is kept unless a kept one is that similar.

    So a removed row is itself similar to the row kept in its stead, and the result depends on nothing but rank and
    texts. `translations` tells of two rows whether they are one story in two languages, which makes them no copies;
    `fetch` gives the shingles of rows.
    """
    buckets: dict[int, list[int]] = {}
    for number, group in enumerate(groups):
        for row in group:
            buckets.setdefault(row, []).append(number)
    unlike = {row for group in groups if len({exact[row] for row in group}) > 1 for row in group}
    known = dict(fetch(sorted(unlike)))
    kept_in: dict[int, list[int]] = {}
    copies: list[Copy] = []
    for row in sorted(buckets, key=rank.__getitem__):
        candidates = sorted({kept for bucket in buckets[row] for kept in kept_in.get(bucket, ())}, key=rank.__getitem__)
        best: Copy | None = None
        for kept in candidates:
            if translations(row, kept):
                continue
            if exact[row] == exact[kept]:
                best = Copy(row, kept, "exact", 1.0)
                break
            similarity = jaccard(known[row], known[kept], threshold)
            if similarity >= threshold and (best is None or similarity > best.similarity):
                best = Copy(row, kept, "near", similarity)
        if best is None:
            for bucket in buckets[row]:
                kept_in.setdefault(bucket, []).append(row)
        else:
            copies.append(best)
            known.pop(row, None)
    return copies


def shingles(words: pa.Array, ngram: int) -> list[Shingles]:
    """Give the set of word n-grams of each text, as sorted 64-bit hashes; a text of fewer words is one shingle.

    >>> [len(each) for each in shingles(pa.array(["a b c d", "a b c a b c", "a b", None]), 3)]
    [2, 3, 1, 0]
    """
    import xxhash

    parted = pc.split_pattern(words, " ")
    encoded = pc.dictionary_encode(parted.flatten())
    hashes = [xxhash.xxh3_64_intdigest(word.encode()) for word in encoded.dictionary.to_pylist()]
    codes = np.array(hashes, np.uint64)[encoded.indices.to_numpy()] if hashes else np.empty(0, np.uint64)
    lengths = pc.fill_null(pc.list_value_length(parted), 0).to_numpy()
    found, start = [], 0
    for length in lengths.tolist():
        own = codes[start : start + length]
        start += length
        size = min(ngram, length)
        mixed = np.full(length - size + 1 if length else 0, _FNV_OFFSET, np.uint64)
        for place in range(size):
            mixed = (mixed ^ own[place : place + len(mixed)]) * np.uint64(_FNV_PRIME)
            mixed ^= mixed >> np.uint64(29)  # or high bits would never reach low ones
        found.append(np.unique(mixed))
    return found


def jaccard(one: Shingles, other: Shingles, threshold: float = 0.0) -> float:
    """Give the share of the shingles of two texts that stand in both; 0 where the sizes keep it under a threshold.

    >>> jaccard(*shingles(pa.array(["a b c d", "a b c e"]), 3))
    0.3333333333333333
    """
    sizes = len(one), len(other)
    if min(sizes) == 0 or min(sizes) < threshold * max(sizes):
        return 0.0
    both = len(np.intersect1d(one, other, assume_unique=True))
    return both / (sum(sizes) - both)


def in_order(ids: list[str], dates: Iterator[Any], lengths: list[int]) -> list[int]:
    """Rank rows by the order in which copies are kept: earliest date (none is last), longest text, id."""
    keys = [
        (date is None, date if date is not None else 0, -length, id, index)
        for index, (id, date, length) in enumerate(zip(ids, dates, lengths, strict=True))
    ]
    ranks = [0] * len(keys)
    for rank, key in enumerate(sorted(keys)):
        ranks[key[-1]] = rank
    return ranks
