"""Copies: sign each article, link those that may be copies, verify each pair, and choose which one is kept.

Signing belongs to prepare: MinHash (Broder 1997) over word 3-grams, by Daft, cut into bands. Linking groups equal
bands on Daft; only ids and hashes travel. A pair is a copy only if its two texts really are that similar (Jaccard of
their shingles), and an article is only removed for one that is itself kept.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

# Scripts that write no spaces between words: their shingles are of characters.
UNSPACED = ("Hani", "Hans", "Hant", "Jpan", "Thai", "Laoo", "Khmr", "Mymr", "Tibt", "Lana", "Talu", "Yiii")
CHARACTERS_A_WORD = 2  # about: by this, `min_words` counts in such scripts
_SEED = 1
_FNV_OFFSET, _FNV_PRIME = 0xCBF29CE484222325, 0x100000001B3  # FNV-1a, 64 bits


def sign(table: pa.Table, ngram: int, bands: int, rows: int, min_words: int) -> pa.Table:
    """Add length, word count, exact hash and band hashes (schema.SIGNATURE) to identified rows; null where unusable.

    Copies are looked for within one language (its first subtag), so its name goes into the hashes.
    """
    import xxhash

    words = shingle_words(table)
    count = pc.if_else(pc.is_null(words), None, pc.add(pc.count_substring(words, " "), 1))
    languages = [language and language.split("-")[0] for language in table["language"].to_pylist()]
    exact = [
        None if folded is None else xxhash.xxh3_128_hexdigest(f"{language}\0{folded or text}".encode())
        for folded, text, language in zip(words.to_pylist(), table["text"].to_pylist(), languages, strict=True)
    ]
    least = pc.if_else(pc.is_in(table["script"], pa.array(UNSPACED)), min_words * CHARACTERS_A_WORD, min_words)
    long_enough = pc.fill_null(pc.greater_equal(count, pc.add(least, 0)), False)
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
    import daft
    from daft.functions import lower, regexp_replace

    text = pc.if_else(pc.is_null(table["reason"]), table["text"], None)
    frame = daft.from_arrow(pa.table({"text": text}))
    folded = frame.select(regexp_replace(lower(daft.col("text")), r"[^\p{L}\p{M}\p{N}]+", " ")).to_arrow().column(0)
    words = _one_chunk(pc.ascii_trim_whitespace(pc.cast(folded, pa.string())))
    unspaced = _one_chunk(pc.fill_null(pc.is_in(table["script"], pa.array(UNSPACED)), False))
    if pc.any(unspaced).as_py():
        parted = [words and " ".join(words.replace(" ", "")) for words in words.filter(unspaced).to_pylist()]
        words = pc.replace_with_mask(words, unspaced, pa.array(parted, pa.string()))
    return words


def _one_chunk(column: Any) -> pa.Array:
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def _bands(words: pa.Array, languages: list[str], ngram: int, bands: int, rows: int) -> np.ndarray[Any, Any]:
    """Give the band hashes, one row of `bands` uint64 an article."""
    import daft
    from daft.functions import minhash

    frame = daft.from_arrow(pa.table({"words": words}))
    signed = frame.select(
        minhash(daft.col("words"), num_hashes=bands * rows, ngram_size=ngram, seed=_SEED, hash_function="xxhash")
    )
    column = _one_chunk(signed.to_arrow().column(0))
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
    words: Callable[[Iterable[int]], dict[int, str]],
    ngram: int,
    threshold: float,
) -> list[Copy]:
    """Decide which rows are copies: in the order of `rank`, each is kept unless a kept one is that similar.

    So a removed row is itself similar to the row kept in its stead, and the result depends on nothing but rank and
    texts. `translations` tells of two rows whether they are one story in two languages, which makes them no copies;
    `words` gives the shingle words of rows.
    """
    buckets: dict[int, list[int]] = {}
    for number, group in enumerate(groups):
        for row in group:
            buckets.setdefault(row, []).append(number)
    shingles = _Shingles(groups, exact, words, ngram)
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
            similarity = shingles.similarity(row, kept, threshold)
            if similarity >= threshold and (best is None or similarity > best.similarity):
                best = Copy(row, kept, "near", similarity)
        if best is None:
            for bucket in buckets[row]:
                kept_in.setdefault(bucket, []).append(row)
        else:
            copies.append(best)
            shingles.forget(row)
    return copies


class _Shingles:
    """The shingles of rows, made when first asked for."""

    def __init__(
        self,
        groups: list[list[int]],
        exact: list[str],
        words: Callable[[Iterable[int]], dict[int, str]],
        ngram: int,
    ) -> None:
        unlike = {row for group in groups if len({exact[row] for row in group}) > 1 for row in group}
        self._words = words(sorted(unlike)) if unlike else {}
        self._made: dict[int, frozenset[tuple[str, ...]]] = {}
        self._ngram = ngram

    def _of(self, row: int) -> frozenset[tuple[str, ...]]:
        made = self._made.get(row)
        if made is None:
            made = self._made[row] = shingles(self._words[row], self._ngram)
        return made

    def similarity(self, one: int, other: int, threshold: float) -> float:
        """Give the Jaccard similarity, or 0 where the sizes alone keep it under the threshold."""
        first, second = self._of(one), self._of(other)
        if min(len(first), len(second)) < threshold * max(len(first), len(second)):
            return 0.0
        return jaccard(first, second)

    def forget(self, row: int) -> None:
        self._made.pop(row, None)


def shingles(words: str, ngram: int) -> frozenset[tuple[str, ...]]:
    """Give the set of word n-grams; a text shorter than n is one shingle.

    >>> sorted(shingles("a b c d", 3))
    [('a', 'b', 'c'), ('b', 'c', 'd')]
    """
    parts = words.split(" ")
    return frozenset(zip(*(parts[start:] for start in range(min(ngram, len(parts)))), strict=False))


def jaccard(one: frozenset[Any], other: frozenset[Any]) -> float:
    """Give the share of the shingles of two texts that stand in both.

    >>> jaccard(shingles("a b c d", 3), shingles("a b c e", 3))
    0.3333333333333333
    """
    both = len(one & other)
    return both / (len(one) + len(other) - both) if both else 0.0


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
