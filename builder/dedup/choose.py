"""Copies: verify pairs of articles on their shingles, and choose which article stays of each group of copies.

A policy orders the articles. Each is kept unless it is too similar to a kept one. So an article is removed only for a
similar article that is kept, never at the end of a chain, and the result depends only on that order and on the texts.
An excerpt comes after the longer article that contains it, whichever was first. Two articles of one template (weather
reports, stock tables) are not copies, however similar they are: builder.dedup.templates.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from builder.core.terms import Kind
from builder.dedup.candidates import Pairs
from builder.dedup.shingles import Shingles, common
from builder.text.fold import characters_a_word

CONTAINED_WORDS = 30  # a text of fewer words may be a phrase, so it does not count as a cut-off copy
RUBRIC = timedelta(days=3)  # a headline or URL in use for longer is a rubric, not a sign of one revised article
THIRD = 3  # so many other similar articles may reveal a template: they differ in the same places
COMPARED = 5  # an article is compared with so many kept ones, the most similar


class Facts(NamedTuple):
    """The properties of an article that decide about copies, besides its text."""

    id: str
    exact: str | None  # equal for equal texts
    words: int  # words; characters in scripts without spaces
    script: str | None
    source: str | None
    date: datetime | None
    names: tuple[str, ...]  # its headline and URLs, folded: equal in revisions of one article
    translation: tuple[str, str] | None  # story and language: one story in two languages is not a copy
    since: tuple[int, ...] | None  # the release that published it first; null if none has


class Likeness(NamedTuple):
    """The verified similarity of two articles: Jaccard, and the share of the shorter one that the other contains."""

    jaccard: float
    containment: float
    shorter: int  # the row of the shorter one


class Copy(NamedTuple):
    """An article and its kept mate; `similarity` is Jaccard, or the containment if the kind is contained."""

    row: int
    kept: int
    kind: Kind
    similarity: float
    removed: bool  # false for a mate of one template, and for a published article that a new one contains


def likeness(one: int, other: int, known: Mapping[int, Shingles]) -> Likeness:
    """Compare two articles by their shingles."""
    first, second = known[one], known[other]
    both = common(first, second)
    sizes = len(first), len(second)
    union = sum(sizes) - both
    shorter = other if sizes[1] <= sizes[0] else one
    return Likeness(both / union if union else 0.0, both / min(sizes) if min(sizes) else 0.0, shorter)


def verify_pairs(pairs: Pairs, known: Mapping[int, Shingles], least: float) -> dict[tuple[int, int], Likeness]:
    """Compare every pair; return those in which one article contains the share `least` of the other."""
    verified = {}
    for pair in zip(pairs.one.tolist(), pairs.other.tolist(), strict=True):
        like = likeness(*pair, known)
        if like.containment >= least:
            verified[pair] = like
    return verified


class Rule(NamedTuple):
    """The least similarities at which an article is a copy."""

    threshold: float  # Jaccard
    containment: float


def is_alike(like: Likeness, rule: Rule, facts: Sequence[Facts]) -> bool:
    """Return whether two articles may be copies: near, or the shorter one contained in the other."""
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
    """Find the copies and the kept article of each; articles are numbered by rank, the most preferred first.

    `verified` has the compared pairs, `known` the shingles of all articles in them. `of_template` returns whether two
    articles belong to one template, given others that are similar to the first. Returns at most one Copy an article,
    in the order of the rows.
    """
    exact = _exact(facts)
    compared = _Compared(facts, dict(verified), known, rule)
    near = compared.near(set(exact))
    rubrics = _rubrics(facts)
    kept: set[int] = set()
    copies: dict[int, Copy] = {}
    for row in compared.longer_first(near):
        # Its similar articles, if they are kept; instead of a removed one, the article that it was removed for.
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
            for other in sorted(others):  # articles that this one contains stay if they were published before it
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
    """Map each article to the first one with the same text, if that has a better rank."""
    firsts: dict[str, list[int]] = {}
    earlier = {}
    for row, fact in enumerate(facts):
        if fact.exact is not None:
            known = firsts.setdefault(fact.exact, [])
            first = next((first for first in known if not translated(fact, facts[first])), None)
            if first is None:
                known.append(row)
            else:
                earlier[row] = first
    return earlier


class _Compared:
    """The comparisons made so far."""

    def __init__(
        self,
        facts: Sequence[Facts],
        likenesses: dict[tuple[int, int], Likeness],
        known: Mapping[int, Shingles],
        rule: Rule,
    ) -> None:
        self._facts, self._likenesses, self._known, self._rule = facts, likenesses, known, rule

    def _like(self, row: int, other: int) -> Likeness:
        pair = (row, other) if row < other else (other, row)
        if pair not in self._likenesses:
            self._likenesses[pair] = likeness(*pair, self._known)
        return self._likenesses[pair]

    def near(self, without: set[int]) -> dict[int, list[int]]:
        """Map each article to those that may be its copies or originals."""
        near: dict[int, list[int]] = {}
        for (one, other), like in self._likenesses.items():
            alike = without.isdisjoint((one, other)) and is_alike(like, self._rule, self._facts)
            if alike and not translated(self._facts[one], self._facts[other]):
                near.setdefault(one, []).append(other)
                near.setdefault(other, []).append(one)
        return near

    def is_near(self, row: int, other: int) -> bool:
        return self._like(row, other).jaccard >= self._rule.threshold

    def similarity(self, row: int, other: int) -> float:
        """Return how similar a row is to one that it may be removed for; 0 if it may not be removed for that one."""
        like = self._like(row, other)
        if translated(self._facts[row], self._facts[other]):
            return 0.0
        if like.jaccard >= self._rule.threshold:
            return like.jaccard
        return like.containment if like.shorter == row and is_alike(like, self._rule, self._facts) else 0.0

    def longer_first(self, near: Mapping[int, Sequence[int]]) -> list[int]:
        """Order rows by rank, except that an article comes after a longer, equally new one that contains it."""
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
        """Return whether a row comes after another one whatever their ranks, because the other contains it."""
        if self._facts[row].since != self._facts[other].since or self.is_near(row, other):
            return False
        return self._like(row, other).shorter == row


def translated(one: Facts, other: Facts) -> bool:
    """Return whether two articles are one story in two languages, and so not copies."""
    if one.translation is None or other.translation is None:
        return False
    return one.translation[0] == other.translation[0] and one.translation[1] != other.translation[1]


def _shared_names(one: Facts, other: Facts) -> set[tuple[str, str]]:
    if one.source is None or one.source != other.source:
        return set()
    return {(one.source, name) for name in set(one.names) & set(other.names)}


def is_revision(one: Facts, other: Facts) -> bool:
    """Return whether two similar articles are versions of one: same source, same headline or URL, different dates."""
    if one.date is None or other.date is None or one.date == other.date:
        return False
    return bool(_shared_names(one, other))


def _rubrics(facts: Sequence[Facts]) -> set[tuple[str, str]]:
    """Return the headlines and URLs, with their sources, that articles more than RUBRIC apart share."""
    spans: dict[tuple[str, str], tuple[datetime, datetime]] = {}
    for fact in facts:
        if fact.source is not None and fact.date is not None:
            for name in fact.names:
                first, last = spans.get((fact.source, name), (fact.date, fact.date))
                spans[(fact.source, name)] = min(first, fact.date), max(last, fact.date)
    return {name for name, (first, last) in spans.items() if last - first > RUBRIC}


def ranked(facts: Sequence[Facts], policy: str, sources: Sequence[str], standing: Sequence[Any]) -> list[int]:
    """Return the numbers of the articles by rank: by `standing`, the lowest first, then by policy.

    The policies are `earliest` and `latest` date (articles without one come last), `longest` text, and `source`, the
    order of `sources`. Ties go to the earliest, then to the longest, then to the first by id.
    """
    positions = {source: number for number, source in enumerate(sources)}

    def key(number: int) -> tuple[Any, ...]:
        fact = facts[number]
        date = fact.date.timestamp() if fact.date is not None else 0.0
        earliest = (fact.date is None, date, -fact.words, fact.id, number)
        if policy == "latest":
            return standing[number], fact.date is None, -date, *earliest
        if policy == "longest":
            return standing[number], -fact.words, *earliest
        if policy == "source":
            return standing[number], positions.get(fact.source or "", len(positions)), *earliest
        return standing[number], *earliest

    return sorted(range(len(facts)), key=key)
