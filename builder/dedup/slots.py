"""Fillers: the words of a text, and which of them may fill a slot of a template: numbers, dates, names.

Names are told by their capitals. Scripts without capitals have names too: there any word that is no stop word may be
one, which tells less.
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

MOST_WORDS = 20_000  # of a text that are looked at

# What a word may be: what tells less of a slot stands before what tells more; dates tell as much as numbers.
PLAIN, OPEN, NAME, DATE, NUMBER = range(5)
_FRESH = np.isin(np.arange(KINDS), (STOP, FREE_STOP, DOT, BRACKET))  # a capital follows
_NUMERALS = np.array([*map(ord, "〇一二三四五六七八九十百千万萬億亿两兩")], np.uint32)


class Marked(NamedTuple):
    """A text as words: begin, end, what each may be, and a hash that case does not change."""

    text: str
    starts: Sequence[int]
    ends: Sequence[int]
    kinds: Sequence[int]
    hashes: Sequence[int]


def mark(text: str, language: str, script: str | None) -> Marked:
    """Find the words of a text and what each of them may be; `language` is BCP-47, `script` ISO 15924.

    A figure with marks inside (3.5, 12:30, 2-1) is one word.
    """
    laid = lay_out([text], [script])
    found = words(laid, [text], [script], [language])
    starts, ends, hashes = (column[:MOST_WORDS] for column in (found.starts, found.ends, found.hashes))
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
    place = np.arange(len(starts)) - np.repeat(first, np.diff(np.append(first, len(starts))))
    hashes = np.where(place == 0, hashes, mixed(hashes + place.astype(np.uint64)))
    last = np.append(first[1:], len(starts)) - 1
    columns = starts[first], ends[last], kinds[first], np.add.reduceat(hashes, first)
    # Arrays, not lists: 18 KB a text of 500 words, not 64; those of thousands are kept in mind.
    return Marked(text, *(array(column.dtype.char, column.tobytes()) for column in columns))


def _within(marked: Numbers, starts: Numbers, ends: Numbers) -> Numbers:
    """Count the marked characters of each word."""
    counts = np.concatenate([[0], np.cumsum(marked)])
    return np.asarray(counts[ends] - counts[starts])


def _among(hashes: Numbers, those: Numbers) -> Numbers:
    """Tell which hashes are among others, which are sorted."""
    if not len(those):
        return np.zeros(len(hashes), np.bool_)
    return np.asarray(those[np.minimum(np.searchsorted(those, hashes), len(those) - 1)] == hashes)


def _cased(laid: Texts, starts: Numbers, ends: Numbers, hashes: Numbers) -> Numbers:
    """Tell names by their capitals: OPEN where a sentence or quotation begins; a word also written small is no name."""
    capital = _within(laid.kinds == UPPER, starts, ends) > 0
    fresh = _FRESH[laid.kinds] | (laid.points == BREAK)
    begins = _within(fresh, np.append(0, ends[:-1])[: len(starts)], starts) > 0
    begins[:1] = True
    begins &= _within(laid.kinds == UPPER, np.minimum(starts + 1, ends), ends) == 0  # eLondon, NATO: names
    capital &= ~_among(hashes, np.sort(hashes[~capital]))
    named = capital & (~begins | _among(hashes, np.sort(hashes[capital & ~begins])))
    return np.where(named, NAME, np.where(capital, OPEN, PLAIN))


def _uncased(laid: Texts, starts: Numbers, ends: Numbers, hashes: Numbers) -> Numbers:
    """Tell names in a script without capitals: what is in a script with them; any other word may be one."""
    foreign = _within((laid.kinds == UPPER) | (laid.kinds == LOWER), starts, ends) > 0
    return np.where(foreign, NAME, OPEN)


@lru_cache(maxsize=1)
def _capitals() -> frozenset[str]:
    return frozenset(data.looked_for()["marks"]["cased"])


@lru_cache(maxsize=256)
def _calendar(language: str) -> Numbers:
    """Give the hashes of what months and weekdays are called; of several words, those that tell one from another."""
    found: set[str] = set()
    for names in (cldr.months(language), cldr.weekdays(language)):
        parted = [_parted(name, language) for forms in names for name in forms]
        often = Counter(word.casefold() for those in parted for word in set(those))
        found |= {word for those in parted for word in those if often[word.casefold()] <= len(parted) // 3}
    return np.sort(hash_words([word for word in found if not any(letter.isdigit() for letter in word)]))


def _parted(text: str, language: str) -> list[str]:
    script = expected_script(language)
    found = words(lay_out([text], [script]), [text], [script], [language])
    return [text[start:end] for start, end in zip(found.starts.tolist(), found.ends.tolist(), strict=True)]


def spelled(text: Marked, side: range) -> str:
    """Give the letters and digits of some words: the same where only marks, case or the digits' script differ."""
    if not side:
        return ""
    piece = text.text[text.starts[side.start] : text.ends[side.stop - 1]].casefold()
    if not piece.isascii():
        piece = "".join(str(unicodedata.decimal(letter, letter)) for letter in piece)
    return "".join(letter for letter in piece if letter.isalnum() or unicodedata.category(letter)[0] == "M")
