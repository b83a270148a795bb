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
from collections import Counter
from collections.abc import Iterable
from functools import cached_property
from typing import NamedTuple

from rapidfuzz.distance import Levenshtein

from builder.dedup.slots import DATE, NAME, NUMBER, OPEN, PLAIN, Marked, spelled

SLOTS = 3  # fewer are no template: a corrected figure, or two
SURE = math.log(1000)  # so much likelier must the differences be in a template than by chance
IN_TEMPLATES = (0.45, 0.45, 0.1)  # of the differences of two articles of a template: figures, names, others; about
LONGEST = 3  # words that a difference other than a slot counts for, at most: a new sentence is one difference, too
SLOT_WORDS = 5  # in one slot, at most; any number of figures
LINE = 15  # words in which a place, a date and a name may be a dateline or a byline: together they are one slot
RECURRING = 0.6  # of the differences of two articles of a template: in the same places as those of a third
RESPELLED = 0.8  # words so similar are one, spelled or inflected otherwise


class Differences(NamedTuple):
    """How many differences two texts have, by what stands there on both sides; a pair of fillers counts once."""

    numbers: int
    dates: int
    names: int  # or words that may be names
    others: int
    evidence: float  # the logarithm of how much likelier this is in a template than by chance; 0 if too few are slots

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


class Aligned(NamedTuple):
    """Two texts word by word: the blocks in which they differ, and the places in the first of the words they share."""

    one: Marked
    other: Marked
    blocks: list[tuple[range, range]]
    shared: list[int]


def of_template(one: Marked, other: Marked, mates: Iterable[Marked] = ()) -> bool:
    """Tell whether two similar texts are two articles of one template; `mates` are some that are similar to the first.

    >>> from builder.fillers import mark
    >>> said = "Am {} in {} erst heiter, dann Wolken von Westen her, bei {} Grad."
    >>> slots = [("Montag", "Bonn", 12), ("Freitag", "Kiel", 19), ("Montag", "Bonn", 13)]
    >>> monday, friday, corrected = (mark(said.format(*each), "de", "Latn") for each in slots)
    >>> of_template(monday, friday), of_template(monday, corrected)
    (True, False)
    """
    aligned = align(one, other)
    if differences(aligned).template:
        return True
    return len(aligned.blocks) >= SLOTS and any(recurs(aligned, mate) for mate in mates)


def align(one: Marked, other: Marked) -> Aligned:
    """Align two texts of one language."""
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
    """Count in what two texts differ."""
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
        kinds = [[frame.kind(text, place) for place in side] for text, side in ((one, left), (other, right))]
        slots, others = _slots(*kinds)
        if slots and slots[0] < DATE and Levenshtein.normalized_similarity(*fillers) >= RESPELLED:
            slots, others = [], 1
        if slots and (line := _line(left, len(one.starts))) is not None:
            slots = slots[: line not in lines]
            lines.add(line)
        counts.update(slots)
        counts[PLAIN] += min(others, LONGEST)
    without = Differences(counts[NUMBER], counts[DATE], counts[NAME] + counts[OPEN], counts[PLAIN], 0.0)
    if without.slots < SLOTS or without.slots <= without.others:  # no evidence would make them a template
        return without
    return without._replace(evidence=_evidence(counts, frame.kinds()))


class _Frame:
    """What two texts share: how often each word stands there, counted when it is first asked for."""

    def __init__(self, aligned: Aligned) -> None:
        self._one, self._shared = aligned.one, aligned.shared

    @cached_property
    def _counts(self) -> Counter[int]:
        return Counter(self._one.hashes[place] for place in self._shared)

    def kind(self, text: Marked, place: int, itself: int = 0) -> int:
        """Give what a word may be: one that stands elsewhere in what both texts have in common is hardly a name."""
        kind = text.kinds[place]
        return PLAIN if kind == OPEN and self._counts[text.hashes[place]] > itself else kind

    def kinds(self) -> Counter[int]:
        """Count what the words that both texts have may be."""
        return Counter(self.kind(self._one, place, itself=1) for place in self._shared)


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


def recurs(aligned: Aligned, third: Marked) -> bool:
    """Tell whether a third similar text differs from both of two in the same places, with words of its own there.

    Articles of one template do, whatever their slots hold; edited copies of one article differ in places of their own.
    """
    one, other = aligned.one, aligned.other
    pairs = {(spelled(one, left), spelled(other, right)): (left, right) for left, right in aligned.blocks}
    if len(pairs) < SLOTS:
        return False
    to_third = align(one, third).blocks
    places = {place: block for block in to_third for place in block[0]}
    slots: set[tuple[str, str] | int] = set()
    for pair, (left, right) in pairs.items():
        there, last = next((places[place] for place in left if place in places), (range(0), range(0)))
        three = {*pair, spelled(third, last)}
        if len(three) == 3 and "" not in three and max(map(len, (left, right, there, last))) <= SLOT_WORDS:
            line = _line(left, len(one.starts))
            slots.add(pair if line is None else line)
    return len(slots) >= SLOTS and len(slots) > RECURRING * max(len(pairs), len(to_third))


def _line(side: range, count: int) -> int | None:
    """Tell whether some words of a text stand in its first line, 0, or in its last one, 1; a line may be LINE words."""
    length = min(LINE, count // 12)
    return 0 if side.start < length else 1 if side.stop > count - length else None


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
