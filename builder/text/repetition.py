"""Measure how much of an article repeats, by lines, paragraphs and n-grams of words.

The signals are those of Gopher (Rae et al. 2021, arXiv 2112.11446, table A1). A line or paragraph counts from its
second occurrence on. N-grams follow RedPajama v2: words in lower case without punctuation, shares of the characters
of all words; every occurrence counts, and a character in two overlapping n-grams counts once.
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
_ARTICLE_BITS = 14  # bits for the article in the key that sorts n-grams; the other 50 are the n-gram's hash
ARTICLES = 1 << _ARTICLE_BITS  # the most in a block
_STEP = np.uint64(0xD6E8FEB86659FD93)


def repeated_lines(text: str) -> tuple[float, float, float, float]:
    r"""Return the shares of lines, of their characters, of paragraphs and of theirs (LINES) that repeat earlier ones.

    >>> repeated_lines("Oui.\nNon.\nOui.\nOui."), repeated_lines("Oui.\n\nNon.\n\nOui.")
    ((0.5, 0.5, 0.0, 0.0), (0.3333333333333333, 0.3333333333333333, 0.3333333333333333, 0.3333333333333333))
    """
    lines = [line for line in text.split("\n") if line]
    if len(set(lines)) == len(lines):  # so no paragraph repeats either
        return 0.0, 0.0, 0.0, 0.0
    return *_again(lines), *_again([part for part in text.split("\n\n") if part])


def _again(parts: list[str]) -> tuple[float, float]:
    first = set(parts)
    characters = sum(map(len, parts))
    return (len(parts) - len(first)) / len(parts), (characters - sum(map(len, first))) / characters


def repeated_ngrams(tokens: Words, articles: int) -> dict[str, Numbers]:
    """Return `top_Ngram_share` and `duplicate_Ngram_share` of each article, as float64; NaN if it has no words.

    The top n-gram is the most frequent one that occurs at least twice; among equals, the one with most characters,
    then the first.
    """
    ends = np.concatenate([[0], np.cumsum(tokens.ends - tokens.starts)])
    lengths = np.diff(ends)
    every = np.bincount(tokens.article, lengths, articles)
    with np.errstate(invalid="ignore"):
        zero = np.zeros(articles) / every
    shares = {f"top_{n}gram_share": zero for n in TOP} | {f"duplicate_{n}gram_share": zero for n in DUPLICATE}

    # An n-gram repeats only if the two shorter ones in it repeat, so each round looks only at those that the last one
    # left. `at` is where they begin, and `grams` their hashes.
    at = np.flatnonzero(tokens.article[1:] == tokens.article[:-1])
    grams = tokens.hashes
    for n in range(2, DUPLICATE[-1] + 1):
        grams = mixed(grams[at] if n == 2 else grams) * _STEP + tokens.hashes[at + n - 1]
        order, runs = _runs((tokens.article[at].astype(np.uint64) << np.uint64(64 - _ARTICLE_BITS)) | _short(grams))
        counts = np.diff(runs, append=len(order))
        chosen = _top(order, runs, counts, at, tokens.article, ends, n) if n in TOP else counts > 1
        covered = np.zeros(len(lengths), bool)
        begins = at[order[np.repeat(chosen, counts)]]
        for step in range(n):
            covered[begins + step] = True
        again = np.bincount(tokens.article[covered], lengths[covered], articles)
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
    """Return an order in which equal keys are adjacent, and the positions in it where each run of them begins."""
    order = np.argsort(keys)
    inorder = keys[order]
    return order, np.flatnonzero(np.concatenate([[True], inorder[1:] != inorder[:-1]])[: len(order)])


def _top(
    order: Numbers, runs: Numbers, counts: Numbers, at: Numbers, article: Numbers, ends: Numbers, n: int
) -> Numbers:
    """Tell which runs are the top n-grams of their articles."""
    chosen = np.zeros(len(runs), bool)
    several = np.flatnonzero(counts > 1)
    if not len(several):
        return chosen
    first = np.minimum.reduceat(at[order], runs)[several]
    ranked = np.lexsort((-first, ends[first + n] - ends[first], counts[several], article[first]))
    owner = article[first][ranked]
    chosen[several[ranked[np.append(owner[1:] != owner[:-1], True)]]] = True
    return chosen
