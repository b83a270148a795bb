"""Templates: decide whether two similar articles fill one template, or one is an edited copy of the other.

Weather, stock tables, horoscopes, match reports and traffic notices share most of their words and differ in numbers,
dates and names. So we align the words of the two texts and compare the differing words: a difference is a slot if
both sides are numbers, dates or names. Two articles belong to one template if they differ in several slots, in more
slots than other differences, and in far more slots than random words would give. The share of numbers, dates and names
in the two texts tells us how many that would be (in German every third word has a capital). In scripts without
capitals, any word except a stop word may be a name if it occurs nowhere else in the two texts; the more such words
there are, the weaker is the evidence.
"""

import math
from collections import Counter
from collections.abc import Iterable
from functools import cached_property
from typing import NamedTuple

from rapidfuzz.distance import Levenshtein

from builder.dedup.slots import DATE, NAME, NUMBER, OPEN, PLAIN, Marked, spelled

SLOTS = 3  # fewer are not a template: an edited copy may correct a figure or two
SURE = math.log(1000)  # the differences must be this much likelier in a template than by chance
IN_TEMPLATES = (0.45, 0.45, 0.1)  # rough shares of figures, names and other words among a template's differences
LONGEST = 3  # a difference other than a slot counts for at most so many words, because a new sentence is one difference
SLOT_WORDS = 5  # the most words in one slot; the number of figures has no limit
LINE = 15  # a dateline or byline has at most so many words; its place, date and name together are one slot
RECURRING = 0.6  # the share of a template's differences that recur in the same places of a third article
RESPELLED = 0.8  # words so similar are one word in another spelling or inflection


class Differences(NamedTuple):
    """Counts of the differences between two texts, by the kind of both sides; a pair of fillers counts once."""

    numbers: int
    dates: int
    names: int  # includes words that may be names
    others: int
    evidence: float  # the logarithm of how much likelier these are in a template than by chance; 0 if slots are too few

    @property
    def slots(self) -> int:
        """Count the differences in which both texts have a number, a date or a name."""
        return self.numbers + self.dates + self.names

    @property
    def template(self) -> bool:
        """Return whether the two articles belong to one template."""
        return self.slots >= SLOTS and self.slots > self.others and self.evidence >= SURE

    def describe(self) -> str:
        """Describe the differences in words.

        >>> Differences(9, 2, 0, 1, 40.0).describe()
        'they differ in numbers (9), dates (2), other words (1)'
        """
        counts = {"numbers": self.numbers, "dates": self.dates, "names": self.names, "other words": self.others}
        return "they differ in " + ", ".join(f"{name} ({count})" for name, count in counts.items() if count)


class Aligned(NamedTuple):
    """Two texts aligned by words: the blocks in which they differ, and the indexes in the first of shared words."""

    one: Marked
    other: Marked
    blocks: list[tuple[range, range]]
    shared: list[int]


def of_template(one: Marked, other: Marked, mates: Iterable[Marked] = ()) -> bool:
    """Return whether two similar texts belong to one template; `mates` are other texts similar to the first.

    >>> from builder.dedup.slots import mark
    >>> template = "Am {} in {} erst heiter, dann Wolken von Westen her, bei {} Grad."
    >>> slots = [("Montag", "Bonn", 12), ("Freitag", "Kiel", 19), ("Montag", "Bonn", 13)]
    >>> monday, friday, corrected = (mark(template.format(*each), "de", "Latn") for each in slots)
    >>> of_template(monday, friday), of_template(monday, corrected)
    (True, False)
    """
    aligned = align(one, other)
    if differences(aligned).template:
        return True
    return len(aligned.blocks) >= SLOTS and any(recurs(aligned, mate) for mate in mates)


def align(one: Marked, other: Marked) -> Aligned:
    """Align the words of two texts of one language."""
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
    return Aligned(one, other, blocks, shared)


def differences(aligned: Aligned) -> Differences:
    """Count the differences between two texts by kind."""
    one, other = aligned.one, aligned.other
    frame = _Frame(aligned)
    counts: Counter[int] = Counter()
    seen: set[tuple[str, str]] = set()
    lines: set[int] = set()
    for left, right in aligned.blocks:
        fillers = spelled(one, left), spelled(other, right)
        if fillers in seen or fillers[0] == fillers[1]:
            continue
        seen.add(fillers)
        kinds = [[frame.kind(text, index) for index in side] for text, side in ((one, left), (other, right))]
        slots, others = _slots(*kinds)
        if slots and slots[0] < DATE and Levenshtein.normalized_similarity(*fillers) >= RESPELLED:
            slots, others = [], 1
        if slots and (line := _line(left, len(one.starts))) is not None:
            slots = slots[: line not in lines]
            lines.add(line)
        counts.update(slots)
        counts[PLAIN] += min(others, LONGEST)
    without = Differences(counts[NUMBER], counts[DATE], counts[NAME] + counts[OPEN], counts[PLAIN], 0.0)
    if without.slots < SLOTS or without.slots <= without.others:  # not a template, whatever the evidence
        return without
    return without._replace(evidence=_evidence(counts, frame.kinds()))


class _Frame:
    """The words that two texts share, and how often each occurs; counted on first use."""

    def __init__(self, aligned: Aligned) -> None:
        self._one, self._shared = aligned.one, aligned.shared

    @cached_property
    def _counts(self) -> Counter[int]:
        return Counter(self._one.hashes[index] for index in self._shared)

    def kind(self, text: Marked, index: int, itself: int = 0) -> int:
        """Return the kind of a word; an OPEN one that occurs among the shared words is hardly a name, so it is PLAIN.

        `itself` is 1 for a word that is itself shared.
        """
        kind = text.kinds[index]
        return PLAIN if kind == OPEN and self._counts[text.hashes[index]] > itself else kind

    def kinds(self) -> Counter[int]:
        """Count the shared words by kind."""
        return Counter(self.kind(self._one, index, itself=1) for index in self._shared)


def _evidence(differing: Counter[int], frame: Counter[int]) -> float:
    """Return the logarithm of how much likelier the differences are in a template than by chance.

    By chance, the words of both sides are as frequent as among the shared words (`frame`); each side may also be of a
    stronger kind.
    """
    figures, names, others = IN_TEMPLATES
    evidence, likely = differing[PLAIN] * math.log(others), 0.0
    more = 0
    for kinds, share in (((NUMBER, DATE), figures), ((NAME,), names), ((OPEN,), names)):
        more += sum(frame[kind] for kind in kinds)
        before, likely = likely, ((more + 1) / (frame.total() + 2)) ** 2
        evidence += sum(differing[kind] for kind in kinds) * math.log(share / max(likely - before, likely / 2))
    return evidence - differing[PLAIN] * math.log(1 - likely)


def recurs(aligned: Aligned, third: Marked) -> bool:
    """Return whether a third similar text differs from both of two in the same places, with words of its own there.

    Articles of one template do, whatever fills their slots. Edited copies of one article differ in different places.
    """
    one, other = aligned.one, aligned.other
    pairs = {(spelled(one, left), spelled(other, right)): (left, right) for left, right in aligned.blocks}
    if len(pairs) < SLOTS:
        return False
    to_third = align(one, third).blocks
    blocks = {index: block for block in to_third for index in block[0]}
    slots: set[tuple[str, str] | int] = set()
    for pair, (left, right) in pairs.items():
        same, last = next((blocks[index] for index in left if index in blocks), (range(0), range(0)))
        three = {*pair, spelled(third, last)}
        if len(three) == 3 and "" not in three and max(map(len, (left, right, same, last))) <= SLOT_WORDS:
            line = _line(left, len(one.starts))
            slots.add(pair if line is None else line)
    return len(slots) >= SLOTS and len(slots) > RECURRING * max(len(pairs), len(to_third))


def _line(side: range, count: int) -> int | None:
    """Return 0 for words in the first line of a text of `count` words, 1 for the last line, else null.

    A line has at most LINE words.
    """
    length = min(LINE, count // 12)
    return 0 if side.start < length else 1 if side.stop > count - length else None


def _slots(left: list[int], right: list[int]) -> tuple[list[int], int]:
    """Return the slots in a difference, the strongest first, each by the weaker kind of its sides; and its other words.

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
