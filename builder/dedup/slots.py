"""Slots: find the words of a text that may fill a slot of a template: numbers, dates, names.

Capitals mark names. In a script without capitals, any word except a stop word may be a name, which is weaker evidence.
"""

import unicodedata
from array import array
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from builder.core import data
from builder.languages import cldr
from builder.languages.scripts import expected_script
from builder.text.stop_words import stop_word_hashes
from builder.text.words import (
    BRACKET,
    BREAK,
    DICTIONARY,
    DIGIT,
    DOT,
    FREE_STOP,
    KINDS,
    LOWER,
    SPACE,
    STOP,
    UPPER,
    Numbers,
    Texts,
    hash_words,
    lay_out,
    mixed,
    words,
)

MOST_WORDS = 20_000  # the rest of a longer text is ignored

# The kinds of words, from the weakest evidence of a slot to the strongest; a date is as strong as a number.
PLAIN, OPEN, NAME, DATE, NUMBER = range(5)
_FRESH = np.isin(np.arange(KINDS), (STOP, FREE_STOP, DOT, BRACKET))  # a capital follows
_NUMERALS = np.array([*map(ord, "〇一二三四五六七八九十百千万萬億亿两兩")], np.uint32)


class Marked(NamedTuple):
    """A text as words: the start, end and kind of each, and a hash that ignores case."""

    text: str
    starts: Sequence[int]
    ends: Sequence[int]
    kinds: Sequence[int]
    hashes: Sequence[int]


def mark(text: str, language: str, script: str | None) -> Marked:
    """Find the words of a text and the kind of each; `language` is BCP-47, `script` ISO 15924.

    A figure with marks inside (3.5, 12:30, 2-1) is one word.
    """
    laid = lay_out([text], [script])
    spans = words(laid, [text], [script], [language])
    starts, ends, hashes = (column[:MOST_WORDS] for column in (spans.starts, spans.ends, spans.hashes))
    kinds = _cased(laid, starts, ends, hashes) if script in _capitals() else _uncased(laid, starts, ends, hashes)
    kinds[_among(hashes, stop_word_hashes(language, script)) & (kinds == OPEN)] = PLAIN
    kinds[_among(hashes, _calendar(language))] = DATE
    kinds[_within(laid.kinds == DIGIT, starts, ends) > 0] = NUMBER
    if script in DICTIONARY:
        kinds[_within(np.isin(laid.points, _NUMERALS), starts, ends) == ends - starts] = NUMBER
    if not len(starts):
        return Marked(text, [], [], [], [])
    goes_on = (kinds[1:] == NUMBER) & (kinds[:-1] == NUMBER) & (starts[1:] == ends[:-1] + 1)
    goes_on &= laid.kinds[ends[:-1]] != SPACE
    first = np.flatnonzero(np.append(True, ~goes_on))
    position = np.arange(len(starts)) - np.repeat(first, np.diff(np.append(first, len(starts))))
    hashes = np.where(position == 0, hashes, mixed(hashes + position.astype(np.uint64)))
    last = np.append(first[1:], len(starts)) - 1
    columns = starts[first], ends[last], kinds[first], np.add.reduceat(hashes, first)
    # Arrays take 18 KB for a text of 500 words, lists 64 KB; thousands of texts stay in memory.
    return Marked(text, *(array(column.dtype.char, column.tobytes()) for column in columns))


def _within(marked: Numbers, starts: Numbers, ends: Numbers) -> Numbers:
    """Count the marked characters of each word."""
    counts = np.concatenate([[0], np.cumsum(marked)])
    return np.asarray(counts[ends] - counts[starts])


def _among(hashes: Numbers, others: Numbers) -> Numbers:
    """Mark the hashes that are among others, which are sorted."""
    if not len(others):
        return np.zeros(len(hashes), np.bool_)
    return np.asarray(others[np.minimum(np.searchsorted(others, hashes), len(others) - 1)] == hashes)


def _cased(laid: Texts, starts: Numbers, ends: Numbers, hashes: Numbers) -> Numbers:
    """Find names by their capitals.

    At the start of a sentence or quotation a capital makes a word OPEN. A word that also occurs in lower case is PLAIN.
    """
    capital = _within(laid.kinds == UPPER, starts, ends) > 0
    fresh = _FRESH[laid.kinds] | (laid.points == BREAK)
    begins = _within(fresh, np.append(0, ends[:-1])[: len(starts)], starts) > 0
    begins[:1] = True
    begins &= _within(laid.kinds == UPPER, np.minimum(starts + 1, ends), ends) == 0  # eLondon, NATO: names
    capital &= ~_among(hashes, np.sort(hashes[~capital]))
    named = capital & (~begins | _among(hashes, np.sort(hashes[capital & ~begins])))
    return np.where(named, NAME, np.where(capital, OPEN, PLAIN))


def _uncased(laid: Texts, starts: Numbers, ends: Numbers, hashes: Numbers) -> Numbers:
    """Find names in a script without capitals: words of a script with capitals; any other word is OPEN."""
    foreign = _within((laid.kinds == UPPER) | (laid.kinds == LOWER), starts, ends) > 0
    return np.where(foreign, NAME, OPEN)


@lru_cache(maxsize=1)
def _capitals() -> frozenset[str]:
    return frozenset(data.quality_rules()["marks"]["cased"])


@lru_cache(maxsize=256)
def _calendar(language: str) -> Numbers:
    """Return the hashes of the names of months and weekdays; of a name of several words, only the distinctive ones."""
    distinctive: set[str] = set()
    for names in (cldr.months(language), cldr.weekdays(language)):
        parted = [_parted(name, language) for forms in names for name in forms]
        often = Counter(word.casefold() for name in parted for word in set(name))
        distinctive |= {word for name in parted for word in name if often[word.casefold()] <= len(parted) // 3}
    return np.sort(hash_words([word for word in distinctive if not any(letter.isdigit() for letter in word)]))


def _parted(text: str, language: str) -> list[str]:
    script = expected_script(language)
    spans = words(lay_out([text], [script]), [text], [script], [language])
    return [text[start:end] for start, end in zip(spans.starts.tolist(), spans.ends.tolist(), strict=True)]


def spelled(text: Marked, side: range) -> str:
    """Return the letters and digits of some words, equal for words that differ only in marks, case or digit script."""
    if not side:
        return ""
    piece = text.text[text.starts[side.start] : text.ends[side.stop - 1]].casefold()
    if not piece.isascii():
        piece = "".join(str(unicodedata.decimal(letter, letter)) for letter in piece)
    return "".join(letter for letter in piece if letter.isalnum() or unicodedata.category(letter)[0] == "M")
