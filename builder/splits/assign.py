"""Splits: deal out units of articles that must stay together, so that every language has its share of each split.

Published articles stay where they are. New units are dealt in the order of a salted hash, like cards from a pack that
holds the splits that each language still lacks. As an alternative, the date of each article decides.
"""

import hashlib
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple

from builder.config.sections import Ratios, SplitSettings
from builder.core.terms import Reason, Split

SPLITS = tuple(Split)  # the later, the stricter
OVER = 0.25  # a unit may exceed a language's share of validation or test by this part of it, or by one article
Counts = dict[str, Counter[Split]]  # by language, then split


def story_of(tag_id: str, story_field: str | None, story_from: str) -> str | None:
    """Return the story of an article by the setting `story_from`: the ID of its tag, its field, or none.

    >>> story_of("02", None, "tag-id"), story_of("02", "summit", "field"), story_of("02", "summit", "none")
    ('02', 'summit', None)
    """
    if story_from == "tag-id":
        return tag_id
    return (story_field or None) if story_from == "field" else None


class Article(NamedTuple):
    """An article to deal out. A removed copy (`kept` false) gets no split but shows where its unit belongs."""

    id: str
    language: str
    unit: int  # articles of one unit stay together
    date: datetime | None
    before: Split | None  # the split in which it was published
    kept: bool


class Dealt(NamedTuple):
    """The split of an article. An article without one is left out, for the given reason and detail.

    `mate` is the id of an article of its unit in a stricter split. It is set whether this article is left out or not.
    """

    split: Split | None
    reason: Reason | None = None
    detail: str | None = None
    mate: str | None = None


def strictest(splits: Iterable[Split | None]) -> Split | None:
    """Return the strictest of some splits; null if there is none.

    >>> strictest([Split.TRAIN, None, Split.TEST, Split.VALIDATION])
    <Split.TEST: 'test'>
    """
    return max((split for split in splits if split is not None), key=SPLITS.index, default=None)


def deal(articles: Sequence[Article], settings: SplitSettings) -> list[Dealt]:
    """Assign a split to each article; articles may be in any order.

    By story, a unit goes where its published articles are, else where copies of them were, else it is dealt. By time,
    the date of each article decides. If a unit then has articles in several splits, those in the less strict ones
    are left out (`split_conflict`), or they stay and are reported, depending on the settings.
    """
    units: dict[int, list[int]] = defaultdict(list)
    for row, article in enumerate(articles):
        units[article.unit].append(row)
    if settings.by == "time":
        dealt = [_by_time(article, settings) if article.kept else Dealt(None) for article in articles]
    else:
        unit_split = _by_story(articles, units, settings)
        dealt = [
            Dealt(article.before or unit_split[article.unit]) if article.kept else Dealt(None) for article in articles
        ]
    for rows in units.values():
        _settle(articles, rows, dealt, settings.conflicts == "remove")
    return dealt


def _settle(articles: Sequence[Article], rows: Sequence[int], dealt: list[Dealt], remove: bool) -> None:
    """Leave out the articles of a unit that are not in its strictest split, or only name a mate in that split."""
    target = strictest(dealt[row].split for row in rows)
    mates = [articles[row].id for row in rows if dealt[row].split == target]
    for row in rows:
        split = dealt[row].split
        if split is not None and split != target:
            detail = f"it belongs to {split}, but '{min(mates)}', a copy or story mate, is in {target}"
            dealt[row] = Dealt(*((None, Reason.SPLIT_CONFLICT, detail) if remove else dealt[row][:3]), mate=min(mates))


def ratios_of(language: str, settings: SplitSettings) -> Ratios:
    """Return the ratios of a language: its own, those of its first subtag, or the general ones."""
    return settings.languages.get(language) or settings.languages.get(language.split("-", maxsplit=1)[0]) or settings


def shares(count: int, ratios: Ratios) -> dict[Split, int]:
    """Return how many of a language's articles each split should have: whole numbers that sum to `count`.

    They are rounded by largest remainder (Hamilton's method), so that each is less than one from its ratio. If there
    are enough articles, the largest split then gives one to each requested split that has none.

    >>> list(shares(142, Ratios(train=0.9, validation=0.05, test=0.05)).values())
    [128, 7, 7]
    >>> list(shares(10, Ratios(train=0.98, validation=0.01, test=0.01)).values())
    [8, 1, 1]
    """
    exact = {split: getattr(ratios, split) * count for split in SPLITS}
    whole = {split: math.floor(share) for split, share in exact.items()}
    by_remainder = sorted(SPLITS, key=lambda split: whole[split] - exact[split])
    for split in by_remainder[: count - sum(whole.values())]:
        whole[split] += 1
    for split in SPLITS:
        largest = max(SPLITS, key=lambda other: whole[other])
        if exact[split] and not whole[split] and whole[largest] > 1:
            whole[split], whole[largest] = 1, whole[largest] - 1
    return whole


def lacking(articles: Sequence[Article], dealt: Sequence[Dealt], settings: SplitSettings) -> dict[str, list[Split]]:
    """Map each language that lacks splits which its ratios ask for to these splits."""
    have: Counts = defaultdict(Counter)
    for article, assigned in zip(articles, dealt, strict=True):
        if assigned.split is not None:
            have[article.language][assigned.split] += 1
    absences = {}
    for language in sorted(have):
        ratios = ratios_of(language, settings)
        absent = [split for split in SPLITS if getattr(ratios, split) > 0 and not have[language][split]]
        if absent:
            absences[language] = absent
    return absences


def _by_story(articles: Sequence[Article], units: Mapping[int, list[int]], settings: SplitSettings) -> dict[int, Split]:
    """Assign a split to each unit."""
    counts = Counter(article.language for article in articles if article.kept)
    few = {language for language, count in counts.items() if count < settings.min_articles}
    pack = _Pack(counts, few, settings)
    splits: dict[int, Split] = {}
    new: list[tuple[bytes, int]] = []
    for unit, rows in units.items():
        kept = [articles[row] for row in rows if articles[row].kept]
        known = strictest(article.before for article in kept) or strictest(articles[row].before for row in rows)
        if known is not None:
            splits[unit] = known
            for article in kept:
                pack.have[article.language][article.before or known] += 1
        elif kept:
            name = min(article.id for article in kept)
            new.append((hashlib.sha256(f"{settings.salt}\0{name}".encode()).digest(), unit))
    new.sort()
    sizes = {unit: Counter(articles[row].language for row in units[unit] if articles[row].kept) for _, unit in new}
    for digest, unit in new:
        splits[unit] = pack.draw(sizes[unit], digest)
    pack.fill(splits, [(sizes[unit], unit) for _, unit in new])
    return splits


class _Pack:
    """How many articles each language should have in each split, and how many it has."""

    def __init__(self, counts: Mapping[str, int], few: set[str], settings: SplitSettings) -> None:
        self._few = few
        self.have: Counts = defaultdict(Counter)
        self._wanted = {language: shares(count, ratios_of(language, settings)) for language, count in counts.items()}

    def _lack(self, language: str, split: Split) -> int:
        return self._wanted[language][split] - self.have[language][split]

    def draw(self, sizes: Mapping[str, int], digest: bytes) -> Split:
        """Deal out a unit and count it; `sizes` has the number of its articles by language."""
        split = self._drawn(sizes, int.from_bytes(digest[8:16], "big") / 2**64)
        for language, count in sizes.items():
            self.have[language][split] += count
        return split

    def _drawn(self, sizes: Mapping[str, int], fraction: float) -> Split:
        open_to = [split for split in SPLITS if split is Split.TRAIN or self._has_room(sizes, split)]
        if not self._few.isdisjoint(sizes):
            open_to = [Split.TRAIN]
        chances = dict.fromkeys(open_to, 0.0)
        for language, count in sizes.items():
            lacks = {split: max(0, self._lack(language, split)) for split in SPLITS}
            whole = sum(lacks.values())
            for split in open_to if whole else ():
                chances[split] += count * lacks[split] / whole
        left = fraction * sum(chances.values())
        for split in open_to:
            left -= chances[split]
            if left < 0:
                return split
        return max(open_to, key=lambda split: (chances[split], split is Split.TRAIN))

    def _has_room(self, sizes: Mapping[str, int], split: Split) -> bool:
        return all(
            self._wanted[language][split] > 0
            and count <= self._lack(language, split) + max(1.0, OVER * self._wanted[language][split])
            for language, count in sizes.items()
        )

    def fill(self, splits: dict[int, Split], new: Sequence[tuple[Mapping[str, int], int]]) -> None:
        """Move the smallest unit that can be spared into each split in which a language has nothing."""
        for split in SPLITS:
            for language in sorted(self._wanted):
                empty = self._wanted[language][split] > 0 and not self.have[language][split]
                if empty and language not in self._few:
                    movable = [
                        (sum(sizes.values()), index)
                        for index, (sizes, unit) in enumerate(new)
                        if language in sizes and self._may_leave(sizes, splits[unit], split)
                    ]
                    if movable:
                        sizes, unit = new[min(movable)[1]]
                        for name, count in sizes.items():
                            self.have[name][splits[unit]] -= count
                            self.have[name][split] += count
                        splits[unit] = split

    def _may_leave(self, sizes: Mapping[str, int], split: Split, to: Split) -> bool:
        """Return whether a unit may move: no language loses its last article of a split, and all want the new one."""
        return self._few.isdisjoint(sizes) and all(
            self.have[language][split] > count and self._wanted[language][to] > 0 for language, count in sizes.items()
        )


def _by_time(article: Article, settings: SplitSettings) -> Dealt:
    """Assign an article the split of its date; none during the embargo before a split begins."""
    if article.date is None:
        if settings.undated == "leave_out":
            return Dealt(None, Reason.UNDATED, "it has no readable date, and split.undated says to leave it out")
        split = Split(settings.undated)
    else:
        split = Split.TRAIN
        for begins, later in ((settings.validation_from, Split.VALIDATION), (settings.test_from, Split.TEST)):
            if begins is not None and article.date >= _midnight(begins):
                split = later
            elif begins is not None and article.date >= _midnight(begins) - timedelta(days=settings.embargo_days):
                detail = f"its date is within {settings.embargo_days} days before {begins}, when {later} begins"
                return Dealt(None, Reason.EMBARGO, detail)
    if article.before not in (None, split):
        detail = f"it was published in {article.before}, but its date puts it in {split}, so it can be in neither"
        return Dealt(None, Reason.SPLIT_MOVED, detail)
    return Dealt(split)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
