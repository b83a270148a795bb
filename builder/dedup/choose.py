"""Copies: verify pairs of articles on their shingles, and choose which article stands for its copies.

Articles are taken in the order of a policy; each is kept unless one that is kept is so similar. So an article is only
removed for one that is itself similar and kept, never at the end of a chain, and the result depends on nothing but that
order and the texts. What is cut out of a longer article goes after the longer one, whichever was first. Two articles of
one template (weather reports, stock tables) are no copies, however similar: builder.template.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from builder.core.terms import Kind
from builder.dedup.candidates import Pairs
from builder.dedup.shingles import Shingles, common
from builder.text.fold import characters_a_word

CONTAINED_WORDS = 30  # a text of fewer words is no cut-off copy: it may be a phrase
RUBRIC = timedelta(days=3)  # what keeps a headline or URL for longer is a rubric: no sign of one revised article
THIRD = 3  # other similar articles that may show a template: they differ in the same places
COMPARED = 5  # the most similar kept articles of which an article may be a copy, not one of their template


class Facts(NamedTuple):
    """What is known of an article besides its text."""

    id: str
    exact: str | None  # equal for equal texts
    words: int  # words; characters in scripts without spaces
    script: str | None
    source: str | None
    date: datetime | None
    names: tuple[str, ...]  # its headline and URLs, folded: equal in revisions of one article
    translation: tuple[str, str] | None  # story and language: one story in two languages is no copy
    since: tuple[int, ...] | None  # the release in which it was published first; null: not yet


class Likeness(NamedTuple):
    """How similar two articles are, verified: Jaccard, and the share of the shorter one that the other contains."""

    jaccard: float
    containment: float
    shorter: int  # which of the two it is


class Copy(NamedTuple):
    """An article and the one that is kept; `similarity` is Jaccard, or the containment where kind is contained."""

    row: int
    kept: int
    kind: Kind
    similarity: float
    removed: bool  # false for one of a template, and for one that is published and contained in a new one


def likeness(one: int, other: int, known: Mapping[int, Shingles]) -> Likeness:
    """Compare two articles by their shingles."""
    first, second = known[one], known[other]
    both = common(first, second)
    sizes = len(first), len(second)
    union = sum(sizes) - both
    shorter = other if sizes[1] <= sizes[0] else one
    return Likeness(both / union if union else 0.0, both / min(sizes) if min(sizes) else 0.0, shorter)


def verify_pairs(pairs: Pairs, known: Mapping[int, Shingles], least: float) -> dict[tuple[int, int], Likeness]:
    """Compare every pair; give those of which one contains `least` of the other."""
    found = {}
    for pair in zip(pairs.one.tolist(), pairs.other.tolist(), strict=True):
        like = likeness(*pair, known)
        if like.containment >= least:
            found[pair] = like
    return found


class Rule(NamedTuple):
    """When an article is a copy."""

    threshold: float  # of Jaccard
    containment: float


def is_alike(like: Likeness, rule: Rule, facts: Sequence[Facts]) -> bool:
    """Tell whether two articles may be copies: near, or the shorter one contained in the other."""
    shorter = facts[like.shorter]
    least = CONTAINED_WORDS * characters_a_word(shorter.script)
    return like.jaccard >= rule.threshold or (like.containment >= rule.containment and shorter.words >= least)


def choose(
    facts: Sequence[Facts],
    verified: Mapping[tuple[int, int], Likeness],
    known: Mapping[int, Shingles],
    rule: Rule,
    of_template: Callable[[int, int, Sequence[int]], bool],
) -> list[Copy]:
    """Decide which articles are copies of which that is kept; articles are numbered by rank, the first is kept first.

    `verified` has the pairs that are compared, `known` the shingles of all articles in them. `of_template` tells of
    two articles, given others that are alike them, whether they are two of one template. Copies are in the order of
    their rows, one for each.
    """
    exact = _exact(facts)
    compared = _Compared(facts, dict(verified), known, rule)
    near = compared.near(set(exact))
    rubrics = _rubrics(facts)
    kept: set[int] = set()
    copies: dict[int, Copy] = {}
    for row in compared.longer_first(near):
        # The kept ones among those like it, and those that the removed ones were removed for.
        others = {copies[other].kept if other in copies else other for other in near[row]} & kept
        likes = sorted((-compared.similarity(row, other), other) for other in others)
        for negative, other in [like for like in likes if like[0]][:COMPARED]:
            one_article = is_revision(facts[row], facts[other])
            kind = Kind.NEAR if compared.is_near(row, other) else Kind.CONTAINED
            doubted = not one_article or bool(rubrics & _shared_names(facts[row], facts[other]))
            others_alike = [each for each in near[row] if each != other][:THIRD]
            if doubted and kind is Kind.NEAR and of_template(row, other, others_alike):
                copies.setdefault(row, Copy(row, other, Kind.TEMPLATE, -negative, False))
            else:
                copies[row] = Copy(row, other, Kind.REVISION if one_article else kind, -negative, True)
                break
        if row not in copies or not copies[row].removed:
            kept.add(row)
            for other in sorted(others):  # published before what contains them: they stay
                if other not in copies and not compared.is_near(row, other) and compared.similarity(other, row):
                    copies[other] = Copy(other, row, Kind.CONTAINED, compared.similarity(other, row), False)
    for row, first in exact.items():
        copy = copies.get(first)
        if copy is None or not copy.removed:
            copies[row] = Copy(row, first, Kind.EXACT, 1.0, True)
        elif not translated(facts[row], facts[copy.kept]):
            copies[row] = copy._replace(row=row)  # the same shingles, so as similar
    return [copies[row] for row in sorted(copies)]


def _exact(facts: Sequence[Facts]) -> dict[int, int]:
    """Give for each article whose text stands in one of a better rank the first of these."""
    firsts: dict[str, list[int]] = {}
    found = {}
    for row, fact in enumerate(facts):
        if fact.exact is not None:
            known = firsts.setdefault(fact.exact, [])
            first = next((first for first in known if not translated(fact, facts[first])), None)
            if first is None:
                known.append(row)
            else:
                found[row] = first
    return found


class _Compared:
    """What comparing the articles has shown so far."""

    def __init__(
        self,
        facts: Sequence[Facts],
        found: dict[tuple[int, int], Likeness],
        known: Mapping[int, Shingles],
        rule: Rule,
    ) -> None:
        self._facts, self._found, self._known, self._rule = facts, found, known, rule

    def _like(self, row: int, other: int) -> Likeness:
        pair = (row, other) if row < other else (other, row)
        if pair not in self._found:
            self._found[pair] = likeness(*pair, self._known)
        return self._found[pair]

    def near(self, without: set[int]) -> dict[int, list[int]]:
        """Give for each article those of which it may be a copy, or they of it."""
        near: dict[int, list[int]] = {}
        for (one, other), like in self._found.items():
            alike = without.isdisjoint((one, other)) and is_alike(like, self._rule, self._facts)
            if alike and not translated(self._facts[one], self._facts[other]):
                near.setdefault(one, []).append(other)
                near.setdefault(other, []).append(one)
        return near

    def is_near(self, row: int, other: int) -> bool:
        return self._like(row, other).jaccard >= self._rule.threshold

    def similarity(self, row: int, other: int) -> float:
        """Tell how similar a row is to one that it may be removed for: 0 if it may not."""
        like = self._like(row, other)
        if translated(self._facts[row], self._facts[other]):
            return 0.0
        if like.jaccard >= self._rule.threshold:
            return like.jaccard
        return like.containment if like.shorter == row and is_alike(like, self._rule, self._facts) else 0.0

    def longer_first(self, near: Mapping[int, Sequence[int]]) -> list[int]:
        """Order rows by rank, but for those that stand in a longer one that is as new: they come after it."""
        order: list[int] = []
        seen: set[int] = set()
        for start in sorted(near):
            stack = [(start, False)]
            while stack:
                row, ready = stack.pop()
                if ready:
                    order.append(row)
                elif row not in seen:
                    seen.add(row)
                    stack.append((row, True))
                    stack += [(other, False) for other in sorted(near[row], reverse=True) if self._after(row, other)]
        return order

    def _after(self, row: int, other: int) -> bool:
        """Tell whether a row is judged after another one whatever their ranks: it stands in it."""
        if self._facts[row].since != self._facts[other].since or self.is_near(row, other):
            return False
        return self._like(row, other).shorter == row


def translated(one: Facts, other: Facts) -> bool:
    """Tell whether two articles are one story in two languages, which makes them no copies."""
    if one.translation is None or other.translation is None:
        return False
    return one.translation[0] == other.translation[0] and one.translation[1] != other.translation[1]


def _shared_names(one: Facts, other: Facts) -> set[tuple[str, str]]:
    if one.source is None or one.source != other.source:
        return set()
    return {(one.source, name) for name in set(one.names) & set(other.names)}


def is_revision(one: Facts, other: Facts) -> bool:
    """Tell whether two similar articles are two states of one: same source, same headline or URL, not of one time."""
    if one.date is None or other.date is None or one.date == other.date:
        return False
    return bool(_shared_names(one, other))


def _rubrics(facts: Sequence[Facts]) -> set[tuple[str, str]]:
    """Give the headlines and URLs, with their sources, that stand over articles of more days than RUBRIC."""
    spans: dict[tuple[str, str], tuple[datetime, datetime]] = {}
    for fact in facts:
        if fact.source is not None and fact.date is not None:
            for name in fact.names:
                first, last = spans.get((fact.source, name), (fact.date, fact.date))
                spans[(fact.source, name)] = min(first, fact.date), max(last, fact.date)
    return {name for name, (first, last) in spans.items() if last - first > RUBRIC}


def ranked(facts: Sequence[Facts], policy: str, sources: Sequence[str], standing: Sequence[Any]) -> list[int]:
    """Give the numbers of the articles by rank: what is published first (`standing`, low is first), then by policy.

    `earliest` and `latest` date (none is last), `longest` text, or the order of `sources`; then earliest, longest, id.
    """
    place = {source: number for number, source in enumerate(sources)}

    def key(number: int) -> tuple[Any, ...]:
        fact = facts[number]
        date = fact.date.timestamp() if fact.date is not None else 0.0
        earliest = (fact.date is None, date, -fact.words, fact.id, number)
        if policy == "latest":
            return standing[number], fact.date is None, -date, *earliest
        if policy == "longest":
            return standing[number], -fact.words, *earliest
        if policy == "source":
            return standing[number], place.get(fact.source or "", len(place)), *earliest
        return standing[number], *earliest

    return sorted(range(len(facts)), key=key)
