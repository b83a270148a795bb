"""Furniture of the page: lines that recur over many articles of one source, such as cookie notices and footers.

They are found over the whole corpus by how many articles of one source and language have them, and leave the text of
each. A line counts once an article and once for articles of one text; articles that share most of their lines are
revisions or reprints of one another and do not count, or their own sentences would be taken for furniture.
"""

from typing import Any
from urllib.parse import urlsplit

import numpy as np

from builder.languages.codes import base
from builder.prepare.corpus import Corpus
from builder.text.lines import Keys

MOST_ALIKE = 0.6  # an article with more of its lines shared than this is taken for a copy, and does not count
BATCH = 4000  # rows that are looked at at once


def sources(corpus: Corpus) -> list[str | None]:
    """Give for each record what its furniture is looked for in: its source, host or collection, and its language."""
    columns = (corpus.column(name) for name in ("source", "url", "collection", "language", "reason"))
    return [
        None if reason is not None or language is None else f"{base(language)}\0{source or _host(url) or place or ''}"
        for source, url, place, language, reason in zip(*columns, strict=True)
    ]


def _host(url: str | None) -> str | None:
    try:
        return urlsplit(url).hostname if url else None
    except ValueError:
        return None


def find(corpus: Corpus, min_articles: int, min_share: float) -> dict[int, Keys]:
    """Give, for each record that has furniture, the keys of those of its lines (sorted).

    A line is furniture in `min_articles` articles of one source and language, and that share of all of them.
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
    for _ in range(2):  # with all articles, then without those that are alike
        found = _frequent(mixed[counting], codes[row_of[counting]], least)
        hits = np.isin(mixed, found)
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
    """Mark the first record of each text within a source: only it counts."""
    seen: set[tuple[int, str | None]] = set()
    marked = np.zeros(len(codes), np.bool_)
    for row, (code, text) in enumerate(zip(codes.tolist(), corpus.column("exact_hash"), strict=True)):
        if code >= 0 and (code, text) not in seen:
            seen.add((code, text))
            marked[row] = True
    return marked


def _pairs(corpus: Corpus, rows: Keys) -> tuple[Keys, Keys]:
    """Give (record, key) of every line with a letter, once a record."""
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
    """Give the keys that stand in enough records of their source."""
    keys, first, counts = np.unique(mixed, return_index=True, return_counts=True)
    found: Keys = keys[counts >= least[codes[first]]]
    return found
