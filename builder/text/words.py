"""Find words: lay texts end to end as one array of code points, classify each, and find the runs that are words.

The quality signals look at each character several times. One look at a character beyond ASCII takes RE2 about 50 ns,
and a numpy table about 1 ns.
"""

import unicodedata
from functools import lru_cache
from itertools import chain
from typing import Any, NamedTuple

import numpy as np

from builder.core.data import quality_rules

Numbers = np.ndarray[Any, np.dtype[Any]]

# The kinds of characters. The order matters: words consist of LETTER to DIGIT, with JOINER only inside of them.
OTHER, SPACE, FORMAT, JOINER, LETTER, LOWER, UPPER, MARK, DIGIT, PUNCTUATION, BRACKET, STOP, FREE_STOP, DOT = range(14)
KINDS = 16
BREAK = ord("\n")
SEPARATOR = "\n\n"  # each article ends with it, so no word, line or paragraph continues into the next article

# Scripts without spaces for which ICU has a dictionary. Tibetan separates syllables by a mark. The other scripts in
# fold.UNSPACED have neither, so each letter counts as a word.
DICTIONARY = frozenset({"Hani", "Hans", "Hant", "Jpan", "Thai", "Laoo", "Khmr", "Mymr"})
LETTER_IS_WORD = frozenset({"Lana", "Talu", "Yiii"})

_LIMIT = 0x32400  # Unicode assigns no letter from here on, so all of it is OTHER
_CATEGORIES = {"Z": SPACE, "L": LETTER, "M": MARK, "N": DIGIT, "P": PUNCTUATION, "C": OTHER, "S": OTHER}
_CATEGORIES |= {"Cc": SPACE, "Cf": FORMAT, "Ll": LOWER, "Lu": UPPER, "Lt": UPPER}
_CATEGORIES |= dict.fromkeys(("Ps", "Pe", "Pi", "Pf"), BRACKET)
# Georgian and Cherokee have pairs of letters in Unicode but no capitals in running text.
_NO_CAPITALS = (range(0x10D0, 0x1100), range(0x1C90, 0x1CC0), range(0x13A0, 0x13FE), range(0xAB70, 0xABC0))
# Invisible characters that a word may have inside: zero-width joiners, and selectors of a character's form.
_INVISIBLE_INSIDE = "\u200c\u200d" + "".join(map(chr, range(0xFE00, 0xFE10)))
_BASE = 0x9E3779B97F4A7C15 | 5  # of the polynomial that hashes words: odd, so that it has an inverse
_MASK = (1 << 64) - 1


class Texts(NamedTuple):
    """Articles laid end to end: code points, the kind of each, and the begin and end of each article."""

    points: Numbers
    kinds: Numbers
    starts: Numbers
    ends: Numbers

    def article_of(self, positions: Numbers) -> Numbers:
        """Return the number of the article at each position; the positions may be in any order."""
        return np.searchsorted(self.starts, positions, "right") - 1


class Words(NamedTuple):
    """The words of a block in order: begin, end (behind it), article, and a hash of the word in lower case."""

    starts: Numbers
    ends: Numbers
    article: Numbers
    hashes: Numbers


@lru_cache(maxsize=1)
def _tables() -> tuple[Numbers, Numbers]:
    """Return the kind and the lower-case form of every code point below _LIMIT; this takes 0.1 s, once a process."""
    characters = [chr(point) for point in range(_LIMIT)]
    categories = [unicodedata.category(character) for character in characters]
    kinds = np.array([_CATEGORIES.get(name, _CATEGORIES[name[0]]) for name in categories] + [OTHER], np.uint8)
    for points in _NO_CAPITALS:
        cased = kinds[points.start : points.stop]
        cased[(cased == LOWER) | (cased == UPPER)] = LETTER
    marks = quality_rules()["marks"]
    special = {BRACKET: "\"'¿¡`´", JOINER: _INVISIBLE_INSIDE, SPACE: marks["separators"]}
    special |= {STOP: marks["spaced"], FREE_STOP: marks["free"], DOT: "."}
    for kind, members in special.items():
        kinds[[ord(character) for character in members]] = kind
    lower = np.arange(_LIMIT + 1, dtype=np.uint64)
    for point, name in enumerate(categories):
        if name in ("Lu", "Lt"):
            lower[point] = ord(characters[point].lower()[0])
    lower[ord("ς")] = ord("σ")
    return kinds, lower


def lay_out(texts: list[str], scripts: list[str | None]) -> Texts:
    """Lay texts end to end and classify their characters, including the marks that only their script has."""
    points = np.frombuffer((SEPARATOR.join(texts) + SEPARATOR).encode("utf-32-le"), "<u4")
    lengths = np.array([len(text) for text in texts], np.int64)
    ends = np.cumsum(lengths + len(SEPARATOR)) - len(SEPARATOR)
    kinds = _tables()[0].take(points, mode="clip")
    laid = Texts(points, kinds, ends - lengths, ends)
    marks = quality_rules()["marks"]
    for number, script in enumerate(scripts):
        if script in marks["of_script"] or script in marks["pairs_of_script"]:
            here = slice(laid.starts[number], laid.ends[number])
            for mark in marks["of_script"].get(script, ""):
                kinds[here][points[here] == ord(mark)] = STOP
            for first, second in marks["pairs_of_script"].get(script, ()):
                pair = (points[here][:-1] == ord(first)) & (points[here][1:] == ord(second))
                kinds[here][1:][pair] = FREE_STOP
    return laid


def words(texts: Texts, strings: list[str], scripts: list[str | None], languages: list[str | None]) -> Words:
    """Find the words: runs of letters, marks and digits, or ICU's segments in scripts without spaces.

    Zero-width joiners inside a run belong to it. A run without a letter or digit is not a word.
    """
    inside = (texts.kinds >= JOINER) & (texts.kinds <= DIGIT)
    edges = np.diff(inside, prepend=False)
    segments: list[Numbers] = []
    for number, script in enumerate(scripts):
        if script in DICTIONARY:
            edges[texts.starts[number] : texts.ends[number] + 1] = False
            segments.append(_segments(strings[number], languages[number] or "") + texts.starts[number])
        elif script in LETTER_IS_WORD:
            here = slice(texts.starts[number], texts.ends[number])
            segments.append(_letters(texts.kinds[here]) + texts.starts[number])
            edges[texts.starts[number] : texts.ends[number] + 1] = False
    bounds = np.flatnonzero(edges).reshape(-1, 2)
    if segments:
        bounds = np.concatenate([bounds, *segments])
        bounds = bounds[np.argsort(bounds[:, 0], kind="stable")]
    starts, ends = bounds[:, 0], bounds[:, 1]
    counts = np.zeros(len(texts.kinds) + 1, np.int32)
    np.cumsum(_makes_word(texts.kinds), out=counts[1:])
    is_word = counts[ends] > counts[starts]
    if not is_word.all():
        starts, ends = starts[is_word], ends[is_word]
    return Words(starts, ends, texts.article_of(starts), _hashes(texts.points, starts, ends))


def _makes_word(kinds: Numbers) -> Numbers:
    """Tell which characters make a run a word: letters and digits, but not marks and joiners."""
    return np.asarray((kinds >= LETTER) & (kinds <= DIGIT) & (kinds != MARK))


def _segments(text: str, language: str) -> Numbers:
    """Return begin and end of the words and other segments that ICU finds in a text, in code points."""
    from icu4py.breakers import WordBreaker

    segments = WordBreaker(text, language.partition("-")[0]).segments()
    bounds = np.fromiter(chain.from_iterable(segments), np.int64).reshape(-1, 2)
    if bounds.size and bounds[-1, 1] != len(text):  # ICU counts UTF-16: characters beyond U+FFFF count twice
        sizes = [1 + (character > "\uffff") for character in text]
        bounds = np.searchsorted(np.cumsum([0, *sizes]), bounds)
    return bounds


def _letters(kinds: Numbers) -> Numbers:
    """Return begin and end of each letter with the marks behind it."""
    starts = np.flatnonzero(_makes_word(kinds))
    behind = np.append(np.flatnonzero(kinds != MARK), len(kinds))
    ends = behind[np.searchsorted(behind, starts, "right")]
    return np.stack([starts, ends], axis=1)


def _hashes(points: Numbers, starts: Numbers, ends: Numbers) -> Numbers:
    """Hash each word in lower case: a polynomial of its letters modulo 2^64, from two looks at a running sum."""
    powers, inverses = _powers(1 << max(19, len(points).bit_length()))
    sums = np.zeros(len(points) + 1, np.uint64)
    np.cumsum(_tables()[1].take(points, mode="clip") * powers[: len(points)], out=sums[1:])
    return mixed((sums[ends] - sums[starts]) * inverses[starts])


@lru_cache(maxsize=1)
def _powers(count: int) -> tuple[Numbers, Numbers]:
    bases = (np.full(count, base, np.uint64) for base in (_BASE, pow(_BASE, -1, 1 << 64)))
    powers, inverses = (np.cumprod(base) for base in bases)
    return powers, inverses


def mixed(values: Numbers) -> Numbers:
    """Mix the bits of 64-bit values, one to one (the finish of splitmix64, Steele et al. 2014)."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(values ^ (values >> np.uint64(31)))


def hash_words(strings: list[str]) -> Numbers:
    """Hash words as `words` does; leave out strings of no or several words.

    >>> one, other = hash_words(["ÉTÉ", "été", "aujourd'hui", "、"]); bool(one == other)
    True
    """
    unknown: list[str | None] = [None] * len(strings)
    tokens = words(lay_out(strings, unknown), strings, unknown, unknown)
    whole = np.bincount(tokens.article, minlength=len(strings))[tokens.article] == 1
    return np.asarray(tokens.hashes[whole])
