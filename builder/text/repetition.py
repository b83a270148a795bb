"""Repeats: how much of an article is said again in it, by lines, paragraphs and n-grams of words.

The set of Gopher (Rae et al. 2021, arXiv 2112.11446, table A1). A line or paragraph counts from its second time on.
N-grams are read as RedPajama v2 reads them: words in lower case without punctuation, shares of the characters of all
words, every occurrence counts, and a character in two overlapping n-grams counts once.
"""

import numpy as np

from builder.text.words import Numbers, Words, mixed

TOP = (2, 3, 4)
DUPLICATE = (5, 6, 7, 8, 9, 10)
LINES = (
    "duplicate_line_share",
    "duplicate_line_character_share",
    "duplicate_paragraph_share",
    "duplicate_paragraph_character_share",
)
_ARTICLE_BITS = 14  # of the key that n-grams are sorted by; the others are the n-gram's hash
ARTICLES = 1 << _ARTICLE_BITS  # at most, in a block
_STEP = np.uint64(0xD6E8FEB86659FD93)


def repeated_lines(text: str) -> tuple[float, float, float, float]:
    r"""Give the shares of lines, their characters, paragraphs and theirs (LINES) that stood in the text before.

    >>> repeated_lines("Oui.\nNon.\nOui.\nOui."), repeated_lines("Oui.\n\nNon.\n\nOui.")
    ((0.5, 0.5, 0.0, 0.0), (0.3333333333333333, 0.3333333333333333, 0.3333333333333333, 0.3333333333333333))
    """
    lines = [line for line in text.split("\n") if line]
    if len(set(lines)) == len(lines):  # so no paragraph stands there twice either
        return 0.0, 0.0, 0.0, 0.0
    return *_again(lines), *_again([part for part in text.split("\n\n") if part])


def _again(parts: list[str]) -> tuple[float, float]:
    first = set(parts)
    characters = sum(map(len, parts))
    return (len(parts) - len(first)) / len(parts), (characters - sum(map(len, first))) / characters


def repeated_ngrams(found: Words, articles: int) -> dict[str, Numbers]:
    """Give `top_Ngram_share` and `duplicate_Ngram_share` of each article, as float64; NaN where it has no words.

    The top n-gram is the most frequent that stands there twice or more; of several, the one of most characters,
    then the first.
    """
    ends = np.concatenate([[0], np.cumsum(found.ends - found.starts)])
    lengths = np.diff(ends)
    every = np.bincount(found.article, lengths, articles)
    with np.errstate(invalid="ignore"):
        none = np.zeros(articles) / every
    shares = {f"top_{n}gram_share": none for n in TOP} | {f"duplicate_{n}gram_share": none for n in DUPLICATE}

    # An n-gram stands twice only where the two shorter ones in it do: each round looks at what the last one left.
    # `at` is where the n-grams begin that are left, `grams` their hashes.
    at = np.flatnonzero(found.article[1:] == found.article[:-1])
    grams = found.hashes
    for n in range(2, DUPLICATE[-1] + 1):
        grams = mixed(grams[at] if n == 2 else grams) * _STEP + found.hashes[at + n - 1]
        order, runs = _runs((found.article[at].astype(np.uint64) << np.uint64(64 - _ARTICLE_BITS)) | _short(grams))
        counts = np.diff(runs, append=len(order))
        chosen = _top(order, runs, counts, at, found.article, ends, n) if n in TOP else counts > 1
        covered = np.zeros(len(lengths), bool)
        begins = at[order[np.repeat(chosen, counts)]]
        for step in range(n):
            covered[begins + step] = True
        again = np.bincount(found.article[covered], lengths[covered], articles)
        with np.errstate(invalid="ignore"):
            shares[f"{'top' if n in TOP else 'duplicate'}_{n}gram_share"] = again / every
        repeats = np.zeros(len(lengths) + 1, bool)
        repeats[at[order[np.repeat(counts > 1, counts)]]] = True
        left = repeats[at] & repeats[at + 1]
        at, grams = at[left], grams[left]
        if not len(at):
            break
    return shares


def _short(hashes: Numbers) -> Numbers:
    return mixed(hashes) >> np.uint64(_ARTICLE_BITS)


def _runs(keys: Numbers) -> tuple[Numbers, Numbers]:
    """Give the order in which equal keys stand together, and where in it each run of them begins."""
    order = np.argsort(keys)
    inorder = keys[order]
    return order, np.flatnonzero(np.concatenate([[True], inorder[1:] != inorder[:-1]])[: len(order)])


def _top(
    order: Numbers, runs: Numbers, counts: Numbers, at: Numbers, article: Numbers, ends: Numbers, n: int
) -> Numbers:
    """Tell which run is its article's top n-gram."""
    chosen = np.zeros(len(runs), bool)
    several = np.flatnonzero(counts > 1)
    if not len(several):
        return chosen
    first = np.minimum.reduceat(at[order], runs)[several]
    ranked = np.lexsort((-first, ends[first + n] - ends[first], counts[several], article[first]))
    owner = article[first][ranked]
    chosen[several[ranked[np.append(owner[1:] != owner[:-1], True)]]] = True
    return chosen
