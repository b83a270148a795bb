"""Templates planted in real articles: several articles that share a frame and differ in numbers, dates and names.

A real article is the frame. Its own numbers and names are the first to become slots, then words at random; each slot
has a filler of its own in each instance. No two instances are copies of one another.
"""

import random
from collections.abc import Callable, Iterator

from builder.checks.planted_copies import Article, Planted, Stock, chance, dated, drawn, figure, is_figure, refilled

FILLED = (3, 5, 10, 20, 30)  # per cent of the words are slots
NAMED = 5  # per cent of the words of a template that differs in names alone
INSTANCES = 3  # of each template
FEWEST = 3  # slots of a template; where one figure or two differ, an article is corrected
SHARES = {"number": 5, "date": 2, "name": 3}  # what fills the slots that were no number or name before

Fill = Callable[[], str]


def kinds() -> list[str]:
    """Name the kinds of templates."""
    return [*(f"template {percent} %" for percent in FILLED), f"names {NAMED} %"]


def instances(article: Article, of: Stock, kind: str) -> Iterator[Planted]:
    """Yield articles of one template; none where no names are known for one that differs in names alone."""
    luck = chance(article.tag, kind)
    names_alone = kind.startswith("names")
    if names_alone and not of.names:
        return
    own, count = article.words(), max(FEWEST, round(int(kind.split()[1]) * len(article.spans) / 100))
    named = set(article.names())
    figures = {number for number, word in enumerate(own) if is_figure(word)}
    fills: dict[int, Fill] = {}
    for slot in _slots(len(own), sorted(named | figures), count, luck):
        known = "name" if names_alone or slot in named else "number" if slot in figures else None
        fills[slot] = _fill(known, article.tag, of, luck)
    used = {slot: {own[slot].casefold()} for slot in fills}
    for number in range(INSTANCES):
        fillers = {slot: _fresh(fill, used[slot]) for slot, fill in sorted(fills.items())}
        yield Planted(article, kind, f"{article.tag}/{kind}/{number}", refilled(article, fillers))


def _slots(words: int, own: list[int], count: int, luck: random.Random) -> list[int]:
    """Choose the words that become slots: first of those that are numbers and names."""
    others = sorted(set(range(words)) - set(own))
    luck.shuffle(own)
    luck.shuffle(others)
    return [*own, *others][:count]


def _fill(known: str | None, tag: str, of: Stock, luck: random.Random) -> Fill:
    """Give what fills a slot: a name, a date or one shape of number."""
    shares = SHARES if of.names else {kind: share for kind, share in SHARES.items() if kind != "name"}
    kind = known or luck.choices([*shares], [*shares.values()])[0]
    if kind == "name" and of.names:
        return lambda: drawn(of.names, tag, luck)
    if kind == "date":
        weekday = of.weekdays and luck.random() < 0.5
        return lambda: luck.choice(of.weekdays) if weekday else dated(of, luck)
    return luck.choice(_numbers(of, luck))


def _numbers(of: Stock, luck: random.Random) -> list[Fill]:
    """Give the shapes of numbers: small, large, decimal, time, score, year."""

    def two(mark: str, most: int, least_second: int, most_second: int) -> str:
        return figure(of, luck.randint(0, most)) + mark + figure(of, luck.randint(least_second, most_second))

    return [
        lambda: figure(of, luck.randint(2, 99)),
        lambda: figure(of, luck.randint(100, 9999)),
        lambda: two(",", 99, 1, 9),
        lambda: two(":", 23, 10, 59),
        lambda: two("-", 9, 0, 9),
        lambda: figure(of, luck.randint(1950, 2030)),
    ]


def _fresh(fill: Fill, used: set[str]) -> str:
    """Give a filler that was not used, if there is one."""
    for _ in range(1000):
        filler = fill()
        if filler.casefold() not in used:
            break
    used.add(filler.casefold())
    return filler
