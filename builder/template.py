"""Template: whether two similar articles are two of one template, or one article and an edited copy of it.

Weather, stock tables, horoscopes, match reports and traffic notices share most of their words and differ in numbers,
dates and names. So the words of the two texts are aligned, and what stands in the place of what is looked at: a
difference is a slot if both sides are numbers, dates or names. Two articles are of one template if they differ in
several slots, in more of them than in other places, and in far more than words taken at random would give: the share
of such words in the two texts themselves tells how many that would be (German has a capital in every third word).
Scripts without capitals have names too: there any word may be one that stands nowhere else in the two texts and is no
stop word, which tells as much less as there are more of these.
"""

import math
import unicodedata
from collections import Counter
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from rapidfuzz.distance import Levenshtein

from builder import cldr, words
from builder.scripts import expected_script
from builder.signals import stop_word_hashes
from builder.words import Numbers, Texts

SLOTS = 3  # fewer are no template: a corrected figure, or two
SURE = math.log(100)  # so much likelier must the differences be in a template than by chance
IN_TEMPLATES = (0.45, 0.45, 0.1)  # of the differences of two articles of a template: figures, names, others; about
LONGEST = 3  # words that a difference other than a slot counts for, at most: a new sentence is one difference, too
SLOT_WORDS = 5  # in one slot, at most; any number of figures
RECURRING = 0.6  # of the differences of two articles of a template: in the same places as those of a third
RESPELLED = 0.8  # words so similar are one, spelled or inflected otherwise
MOST_WORDS = 20_000  # of a text that are looked at

# What a word may be: what tells less of a slot stands before what tells more; dates tell as much as numbers.
PLAIN, OPEN, NAME, DATE, NUMBER = range(5)
_FRESH = np.isin(np.arange(words.KINDS), (words.STOP, words.FREE_STOP, words.DOT, words.BRACKET))  # a capital follows
_NUMERALS = np.array([*map(ord, "〇一二三四五六七八九十百千万萬億亿两兩")], np.uint32)


class Marked(NamedTuple):
    """A text as words: begin, end, what each may be, and a hash that case does not change."""

    text: str
    starts: list[int]
    ends: list[int]
    kinds: list[int]
    hashes: list[int]


class Differences(NamedTuple):
    """How many differences two texts have, by what stands there on both sides; a pair of fillers counts once."""

    numbers: int
    dates: int
    names: int  # or words that may be names
    others: int
    evidence: float  # the logarithm of how much likelier this is in a template than by chance

    @property
    def slots(self) -> int:
        """Count the places where both texts have a number, a date or a name."""
        return self.numbers + self.dates + self.names

    @property
    def template(self) -> bool:
        """Tell whether the two are articles of one template."""
        return self.slots >= SLOTS and self.slots > self.others and self.evidence >= SURE

    def told(self) -> str:
        """Say it in words.

        >>> Differences(9, 2, 0, 1, 40.0).told()
        'they differ in numbers (9), dates (2), other words (1)'
        """
        counts = {"numbers": self.numbers, "dates": self.dates, "names": self.names, "other words": self.others}
        return "they differ in " + ", ".join(f"{name} ({count})" for name, count in counts.items() if count)


def of_template(one: str, other: str, language: str, script: str | None) -> bool:
    """Tell whether two similar texts of one language and script are two articles of one template.

    >>> of_template("Am Montag in Bonn 12 Grad.", "Am Freitag in Kiel 19 Grad.", "de", "Latn")
    True
    >>> of_template("Am Montag in Bonn 12 Grad.", "Am Montag in Bonn 13 Grad.", "de", "Latn")
    False
    """
    return differences(mark(one, language, script), mark(other, language, script)).template


def mark(text: str, language: str, script: str | None) -> Marked:
    """Find the words of a text and what each of them may be; `language` is BCP-47, `script` ISO 15924.

    A figure with marks inside (3.5, 12:30, 2-1) is one word.
    """
    laid = words.lay_out([text], [script])
    found = words.words(laid, [text], [script], [language])
    starts, ends, hashes = (column[:MOST_WORDS] for column in (found.starts, found.ends, found.hashes))
    kinds = _cased(laid, starts, ends, hashes) if script in _capitals() else _uncased(laid, starts, ends, hashes)
    kinds[np.isin(hashes, stop_word_hashes(language, script)) & (kinds == OPEN)] = PLAIN
    kinds[np.isin(hashes, _calendar(language))] = DATE
    kinds[_within(laid.kinds == words.DIGIT, starts, ends) > 0] = NUMBER
    if script in words.DICTIONARY:
        kinds[_within(np.isin(laid.points, _NUMERALS), starts, ends) == ends - starts] = NUMBER
    if not len(starts):
        return Marked(text, [], [], [], [])
    goes_on = (kinds[1:] == NUMBER) & (kinds[:-1] == NUMBER) & (starts[1:] == ends[:-1] + 1)
    goes_on &= laid.kinds[ends[:-1]] != words.SPACE
    first = np.flatnonzero(np.append(True, ~goes_on))
    place = np.arange(len(starts)) - np.repeat(first, np.diff(np.append(first, len(starts))))
    hashes = np.where(place == 0, hashes, words.mixed(hashes + place.astype(np.uint64)))
    last = np.append(first[1:], len(starts)) - 1
    columns = starts[first], ends[last], kinds[first], np.add.reduceat(hashes, first)
    return Marked(text, *(column.tolist() for column in columns))


def _within(marked: Numbers, starts: Numbers, ends: Numbers) -> Numbers:
    """Count the marked characters of each word."""
    counts = np.concatenate([[0], np.cumsum(marked)])
    return np.asarray(counts[ends] - counts[starts])


def _cased(laid: Texts, starts: Numbers, ends: Numbers, hashes: Numbers) -> Numbers:
    """Tell names by their capitals: OPEN where a sentence or quotation begins; a word also written small is no name."""
    capital = _within(laid.kinds == words.UPPER, starts, ends) > 0
    fresh = _FRESH[laid.kinds] | (laid.points == words.BREAK)
    begins = _within(fresh, np.append(0, ends[:-1])[: len(starts)], starts) > 0
    begins[:1] = True
    begins &= _within(laid.kinds == words.UPPER, np.minimum(starts + 1, ends), ends) == 0  # eLondon, NATO: names
    capital &= ~np.isin(hashes, hashes[~capital])
    named = capital & (~begins | np.isin(hashes, hashes[capital & ~begins]))
    return np.where(named, NAME, np.where(capital, OPEN, PLAIN))


def _uncased(laid: Texts, starts: Numbers, ends: Numbers, hashes: Numbers) -> Numbers:
    """Tell names in a script without capitals: what is in a script with them; any other word may be one."""
    foreign = _within((laid.kinds == words.UPPER) | (laid.kinds == words.LOWER), starts, ends) > 0
    return np.where(foreign, NAME, OPEN)


@lru_cache(maxsize=1)
def _capitals() -> frozenset[str]:
    return frozenset(words.looked_for()["marks"]["cased"])


@lru_cache(maxsize=256)
def _calendar(language: str) -> Numbers:
    """Give the hashes of what months and weekdays are called; of several words, those that tell one from another."""
    found: set[str] = set()
    for names in (cldr.months(language), cldr.weekdays(language)):
        parted = [_parted(name, language) for forms in names for name in forms]
        often = Counter(word.casefold() for those in parted for word in set(those))
        found |= {word for those in parted for word in those if often[word.casefold()] <= len(parted) // 3}
    return words.hash_words(sorted(word for word in found if not any(letter.isdigit() for letter in word)))


def _parted(text: str, language: str) -> list[str]:
    script = expected_script(language)
    found = words.words(words.lay_out([text], [script]), [text], [script], [language])
    return [text[start:end] for start, end in zip(found.starts.tolist(), found.ends.tolist(), strict=True)]


def differences(one: Marked, other: Marked) -> Differences:
    """Align two texts of one language and count in what they differ."""
    blocks, shared = _aligned(one, other)
    frame = Counter(one.hashes[place] for place in shared)
    counts: Counter[int] = Counter()
    seen: set[tuple[str, str]] = set()
    for left, right in blocks:
        fillers = _spelled(one, left), _spelled(other, right)
        if fillers in seen or fillers[0] == fillers[1]:
            continue
        seen.add(fillers)
        kinds = [[_kind(text, place, frame) for place in side] for text, side in ((one, left), (other, right))]
        slots, others = _slots(*kinds)
        if slots and slots[0] < DATE and Levenshtein.normalized_similarity(*fillers) >= RESPELLED:
            slots, others = [], 1
        counts.update(slots)
        counts[PLAIN] += min(others, LONGEST)
    evidence = _evidence(counts, Counter(_kind(one, place, frame, itself=1) for place in shared))
    return Differences(counts[NUMBER], counts[DATE], counts[NAME] + counts[OPEN], counts[PLAIN], evidence)


def _evidence(found: Counter[int], frame: Counter[int]) -> float:
    """Give the logarithm of how much likelier the differences are in a template than by chance.

    By chance, both sides are words as frequent as they are in what the texts share (`frame`); each side may also be
    one that tells more.
    """
    figures, names, others = IN_TEMPLATES
    evidence, likely = found[PLAIN] * math.log(others), 0.0
    more = 0
    for kinds, share in (((NUMBER, DATE), figures), ((NAME,), names), ((OPEN,), names)):
        more += sum(frame[kind] for kind in kinds)
        before, likely = likely, ((more + 1) / (frame.total() + 2)) ** 2
        evidence += sum(found[kind] for kind in kinds) * math.log(share / max(likely - before, likely / 2))
    return evidence - found[PLAIN] * math.log(1 - likely)


def recurs(one: Marked, other: Marked, third: Marked) -> bool:
    """Tell whether three similar texts differ in the same places, each with words of its own there.

    Articles of one template do, whatever their slots hold; edited copies of one article differ in places of their own.
    """
    places = {place: block for block in _aligned(one, third)[0] for place in block[0]}
    fillers: set[tuple[str, str]] = set()
    slots: set[tuple[str, str]] = set()
    for left, right in _aligned(one, other)[0]:
        pair = _spelled(one, left), _spelled(other, right)
        fillers.add(pair)
        _, last = next((places[place] for place in left if place in places), (range(0), range(0)))
        three = {*pair, _spelled(third, last)}
        if len(three) == 3 and "" not in three and max(len(left), len(right), len(last)) <= SLOT_WORDS:
            slots.add(pair)
    return len(slots) >= SLOTS and len(slots) > len(fillers) * RECURRING


def _aligned(one: Marked, other: Marked) -> tuple[list[tuple[range, range]], list[int]]:
    """Give the blocks of words in which two texts differ, and the places in the first of the words they share."""
    blocks: list[tuple[range, range]] = []
    shared: list[int] = []
    behind_shared = True
    for step in Levenshtein.opcodes(one.hashes, other.hashes):
        if step.tag == "equal":
            shared += range(step.src_start, step.src_end)
        elif behind_shared:
            blocks.append((range(step.src_start, step.src_end), range(step.dest_start, step.dest_end)))
        else:
            left, right = blocks[-1]
            blocks[-1] = range(left.start, step.src_end), range(right.start, step.dest_end)
        behind_shared = step.tag == "equal"
    return blocks, shared


def _kind(text: Marked, place: int, frame: Counter[int], itself: int = 0) -> int:
    """Give what a word may be: one that stands elsewhere in what both texts have in common is hardly a name."""
    kind = text.kinds[place]
    return PLAIN if kind == OPEN and frame[text.hashes[place]] > itself else kind


def _slots(left: list[int], right: list[int]) -> tuple[list[int], int]:
    """Give the slots in a difference, the strongest first, each of the weaker kind of its sides; and its other words.

    >>> _slots([NUMBER, NAME], [DATE]), _slots([NAME], [PLAIN]), _slots([NUMBER, PLAIN], [])
    (([3], 0), ([], 1), ([], 1))
    """
    if not left or not right:
        return [], 1
    sides = [sorted((kind for kind in side if kind != PLAIN), reverse=True) for side in (left, right)]
    slots = [min(pair) for pair in zip(*sides, strict=False)]
    others = max(len(left) - len(sides[0]), len(right) - len(sides[1]))
    longest = max(len(left), len(right))
    return (slots, others) if longest <= SLOT_WORDS or (slots and slots[-1] >= DATE) else ([], longest)


def _spelled(text: Marked, side: range) -> str:
    """Give the letters and digits of some words: the same where only marks, case or the digits' script differ."""
    if not side:
        return ""
    piece = text.text[text.starts[side.start] : text.ends[side.stop - 1]].casefold()
    if not piece.isascii():
        piece = "".join(str(unicodedata.decimal(letter, letter)) for letter in piece)
    return "".join(letter for letter in piece if letter.isalnum() or unicodedata.category(letter)[0] == "M")
