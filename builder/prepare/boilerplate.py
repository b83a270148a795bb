"""Boilerplate: find lines that recur in many articles of one source, such as cookie notices and footers.

We count over the whole corpus how many articles of one source and language have each line. A line counts once an
article, and articles of one text count once. Articles that share most of their lines are revisions or reprints of one
another. They do not count, because otherwise their own sentences would be taken for boilerplate.
"""

from typing import Any
from urllib.parse import urlsplit

import numpy as np

from builder.languages.codes import base
from builder.prepare.corpus import Corpus
from builder.text.lines import Keys

MOST_ALIKE = 0.6  # an article that shares a larger part of its lines is taken for a copy and does not count
BATCH = 4000  # rows in memory at once


def sources(corpus: Corpus) -> list[str | None]:
    """Return the group in which the lines of each record are counted: its language, and source, host or collection."""
    columns = (corpus.column(name) for name in ("source", "url", "collection", "language", "reason"))
    return [
        None
        if reason is not None or language is None
        else f"{base(language)}\0{source or _host(url) or collection or ''}"
        for source, url, collection, language, reason in zip(*columns, strict=True)
    ]


def _host(url: str | None) -> str | None:
    try:
        return urlsplit(url).hostname if url else None
    except ValueError:
        return None


def find(corpus: Corpus, min_articles: int, min_share: float) -> dict[int, Keys]:
    """Map each record with boilerplate to the sorted keys of these lines.

    A line is boilerplate if `min_articles` articles of one source and language have it, and `min_share` of all of them.
    """
    groups = sources(corpus)
    names = {name: number for number, name in enumerate(sorted({group for group in groups if group is not None}))}
    codes = np.array([-1 if group is None else names[group] for group in groups], np.int64)
    counted = _first_of_each_text(corpus, codes)
    sizes = np.bincount(codes[counted], minlength=len(names))
    enough = np.flatnonzero(sizes >= min_articles)
    rows = np.flatnonzero(np.isin(codes, enough))
    if not len(rows):
        return {}
    row_of, key_of = _pairs(corpus, rows)
    mixed = key_of ^ (codes[row_of].astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15))
    least = np.maximum(min_articles, np.ceil(sizes * min_share)).astype(np.int64)
    counting = counted[row_of]
    for _ in range(2):  # with all articles, then without the ones that are alike
        hits = np.isin(mixed, _frequent(mixed[counting], codes[row_of[counting]], least))
        if not hits.any():
            return {}
        lines, shared = np.bincount(row_of, minlength=len(codes)), np.bincount(row_of[hits], minlength=len(codes))
        alike = shared > MOST_ALIKE * lines
        counting = counted[row_of] & ~alike[row_of]
    keep = hits & (key_of != 0)
    order = np.argsort(row_of[keep], kind="stable")
    rows_with, keys_with = row_of[keep][order], key_of[keep][order]
    starts = np.flatnonzero(np.r_[True, rows_with[1:] != rows_with[:-1]])
    pieces = np.split(keys_with, starts[1:])
    return {int(rows_with[start]): np.unique(piece) for start, piece in zip(starts, pieces, strict=True)}


def _first_of_each_text(corpus: Corpus, codes: Keys) -> np.ndarray[Any, Any]:
    """Mark the first record of each text within a source; no other record of the text counts."""
    seen: set[tuple[int, str | None]] = set()
    marked = np.zeros(len(codes), np.bool_)
    for row, (code, text) in enumerate(zip(codes.tolist(), corpus.column("exact_hash"), strict=True)):
        if code >= 0 and (code, text) not in seen:
            seen.add((code, text))
            marked[row] = True
    return marked


def _pairs(corpus: Corpus, rows: Keys) -> tuple[Keys, Keys]:
    """Return (record, key) of every line with a letter, each key once a record."""
    row_of, key_of = [], []
    for some, table in corpus.batches(rows.tolist(), ["lines"], BATCH):
        lists = table["lines"].combine_chunks()
        parents = np.asarray(some)[np.repeat(np.arange(len(lists)), np.diff(lists.offsets.to_numpy()))]
        keys = lists.flatten().to_numpy()
        parents, keys = parents[keys != 0], keys[keys != 0]
        order = np.lexsort((keys, parents))
        parents, keys = parents[order], keys[order]
        once = np.r_[True, (keys[1:] != keys[:-1]) | (parents[1:] != parents[:-1])] if len(keys) else []
        row_of.append(parents[once])
        key_of.append(keys[once])
    return np.concatenate(row_of), np.concatenate(key_of)


def _frequent(mixed: Keys, codes: Keys, least: Keys) -> Keys:
    """Return the keys that enough records of their source have."""
    keys, first, counts = np.unique(mixed, return_index=True, return_counts=True)
    frequent: Keys = keys[counts >= least[codes[first]]]
    return frequent
