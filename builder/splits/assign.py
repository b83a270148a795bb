"""Splits: units of articles that must not be parted are dealt out, so that every language has its share of each split.

What is published stays where it is. New units are dealt in the order of a salted hash, like cards of a pack that holds
what each language still lacks; or every article goes by its date.
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
OVER = 0.25  # a unit may exceed what a language should have of validation or test by this share, or by one article
Counts = dict[str, Counter[Split]]  # by language, then split


def story_of(tag_id: str, story_field: str | None, story_from: str) -> str | None:
    """Give the story of an article: the ID of its tag, its field, or none; null where there is no telling.

    >>> story_of("02", None, "tag-id"), story_of("02", "summit", "field"), story_of("02", "summit", "none")
    ('02', 'summit', None)
    """
    if story_from == "tag-id":
        return tag_id
    return (story_field or None) if story_from == "field" else None


class Article(NamedTuple):
    """An article to be dealt out. Removed copies (`kept` false) get no split, but tell where their unit belongs."""

    id: str
    language: str
    unit: int  # articles of one unit stand together
    date: datetime | None
    before: Split | None  # the split in which it was published
    kept: bool


class Dealt(NamedTuple):
    """Where an article goes. Without a split it is left out, with a reason and that in words.

    `mate` is the id of an article in a stricter split that it belongs with, whether it is left out for that or not.
    """

    split: Split | None
    reason: Reason | None = None
    detail: str | None = None
    mate: str | None = None


def strictest(splits: Iterable[Split | None]) -> Split | None:
    """Give the strictest of some splits, null for none.

    >>> strictest([Split.TRAIN, None, Split.TEST, Split.VALIDATION])
    <Split.TEST: 'test'>
    """
    return max((split for split in splits if split is not None), key=SPLITS.index, default=None)


def deal(articles: Sequence[Article], settings: SplitSettings) -> list[Dealt]:
    """Give each article its split; articles may be in any order.

    By story, a unit goes where its published articles are, else where copies of them were, else it is dealt. By time,
    each article goes where its date says. Where a unit has articles in several splits, those in the less strict ones
    are left out (`split_conflict`), or stay and are told of, as the settings say.
    """
    units: dict[int, list[int]] = defaultdict(list)
    for row, article in enumerate(articles):
        units[article.unit].append(row)
    if settings.by == "time":
        dealt = [_by_time(article, settings) if article.kept else Dealt(None) for article in articles]
    else:
        of_unit = _by_story(articles, units, settings)
        dealt = [
            Dealt(article.before or of_unit[article.unit]) if article.kept else Dealt(None) for article in articles
        ]
    for rows in units.values():
        _settle(articles, rows, dealt, settings.conflicts == "remove")
    return dealt


def _settle(articles: Sequence[Article], rows: Sequence[int], dealt: list[Dealt], remove: bool) -> None:
    """Leave out the articles of a unit that others of it stand in a stricter split than, or name these."""
    target = strictest(dealt[row].split for row in rows)
    mates = [articles[row].id for row in rows if dealt[row].split == target]
    for row in rows:
        split = dealt[row].split
        if split is not None and split != target:
            detail = f"it belongs to {split}, but '{min(mates)}', a copy of it or of its story, is in {target}"
            dealt[row] = Dealt(*((None, Reason.SPLIT_CONFLICT, detail) if remove else dealt[row][:3]), mate=min(mates))


def ratios_of(language: str, settings: SplitSettings) -> Ratios:
    """Give the ratios of a language: its own, those of its first subtag, or the general ones."""
    return settings.languages.get(language) or settings.languages.get(language.split("-", maxsplit=1)[0]) or settings


def shares(count: int, ratios: Ratios) -> dict[Split, int]:
    """Give how many of a language's articles each split should have: whole numbers that sum to `count`.

    They are rounded by largest remainder (Hamilton's method), so that each is less than one from its ratio; but a
    split that is asked for has an article at least, if there are enough, which the largest gives up.

    >>> list(shares(142, Ratios(train=0.9, validation=0.05, test=0.05)).values())
    [128, 7, 7]
    >>> list(shares(10, Ratios(train=0.98, validation=0.01, test=0.01)).values())
    [8, 1, 1]
    """
    exact = {split: getattr(ratios, split) * count for split in SPLITS}
    found = {split: math.floor(share) for split, share in exact.items()}
    by_remainder = sorted(SPLITS, key=lambda split: found[split] - exact[split])
    for split in by_remainder[: count - sum(found.values())]:
        found[split] += 1
    for split in SPLITS:
        largest = max(SPLITS, key=lambda other: found[other])
        if exact[split] and not found[split] and found[largest] > 1:
            found[split], found[largest] = 1, found[largest] - 1
    return found


def lacking(articles: Sequence[Article], dealt: Sequence[Dealt], settings: SplitSettings) -> dict[str, list[Split]]:
    """Give the languages that have not got every split that their ratios ask for, and which they lack."""
    have: Counts = defaultdict(Counter)
    for article, of_article in zip(articles, dealt, strict=True):
        if of_article.split is not None:
            have[article.language][of_article.split] += 1
    found = {}
    for language in sorted(have):
        ratios = ratios_of(language, settings)
        absent = [split for split in SPLITS if getattr(ratios, split) > 0 and not have[language][split]]
        if absent:
            found[language] = absent
    return found


def _by_story(articles: Sequence[Article], units: Mapping[int, list[int]], settings: SplitSettings) -> dict[int, Split]:
    """Give each unit its split."""
    counts = Counter(article.language for article in articles if article.kept)
    few = {language for language, count in counts.items() if count < settings.min_articles}
    pack = _Pack(counts, few, settings)
    found: dict[int, Split] = {}
    new: list[tuple[bytes, int]] = []
    for unit, rows in units.items():
        kept = [articles[row] for row in rows if articles[row].kept]
        known = strictest(article.before for article in kept) or strictest(articles[row].before for row in rows)
        if known is not None:
            found[unit] = known
            for article in kept:
                pack.have[article.language][article.before or known] += 1
        elif kept:
            name = min(article.id for article in kept)
            new.append((hashlib.sha256(f"{settings.salt}\0{name}".encode()).digest(), unit))
    new.sort()
    sizes = {unit: Counter(articles[row].language for row in units[unit] if articles[row].kept) for _, unit in new}
    for digest, unit in new:
        found[unit] = pack.draw(sizes[unit], digest)
    pack.fill(found, [(sizes[unit], unit) for _, unit in new])
    return found


class _Pack:
    """What each language should have of each split, and has."""

    def __init__(self, counts: Mapping[str, int], few: set[str], settings: SplitSettings) -> None:
        self._few = few
        self.have: Counts = defaultdict(Counter)
        self._wanted = {language: shares(count, ratios_of(language, settings)) for language, count in counts.items()}

    def _lack(self, language: str, split: Split) -> int:
        return self._wanted[language][split] - self.have[language][split]

    def draw(self, sizes: Mapping[str, int], digest: bytes) -> Split:
        """Deal a unit out, and count it: `sizes` are its articles by language."""
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

    def fill(self, found: dict[int, Split], new: Sequence[tuple[Mapping[str, int], int]]) -> None:
        """Move units that are dealt out to splits that a language has nothing in: the smallest that can be spared."""
        for split in SPLITS:
            for language in sorted(self._wanted):
                empty = self._wanted[language][split] > 0 and not self.have[language][split]
                if empty and language not in self._few:
                    movable = [
                        (sum(sizes.values()), at)
                        for at, (sizes, unit) in enumerate(new)
                        if language in sizes and self._may_leave(sizes, found[unit], split)
                    ]
                    if movable:
                        sizes, unit = new[min(movable)[1]]
                        for named, count in sizes.items():
                            self.have[named][found[unit]] -= count
                            self.have[named][split] += count
                        found[unit] = split

    def _may_leave(self, sizes: Mapping[str, int], split: Split, to: Split) -> bool:
        """Tell whether no language would lose its last article of a split that it should have."""
        return self._few.isdisjoint(sizes) and all(
            self.have[language][split] > count and self._wanted[language][to] > 0 for language, count in sizes.items()
        )


def _by_time(article: Article, settings: SplitSettings) -> Dealt:
    """Give an article the split of its date; none in the days of embargo before a cut."""
    if article.date is None:
        if settings.undated == "leave_out":
            return Dealt(None, Reason.UNDATED, "it has no date that could be told; split.undated says to leave it out")
        split = Split(settings.undated)
    else:
        split = Split.TRAIN
        for begins, later in ((settings.validation_from, Split.VALIDATION), (settings.test_from, Split.TEST)):
            if begins is not None and article.date >= _midnight(begins):
                split = later
            elif begins is not None and article.date >= _midnight(begins) - timedelta(days=settings.embargo_days):
                days = f"{settings.embargo_days} days"
                return Dealt(
                    None, Reason.EMBARGO, f"its date is within the {days} before {begins}, where {later} begins"
                )
    if article.before not in (None, split):
        detail = f"it was published in {article.before}, but its date says {split}: it can be in neither"
        return Dealt(None, Reason.SPLIT_MOVED, detail)
    return Dealt(split)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
