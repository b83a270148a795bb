"""Plant templates in real articles: several articles that share a frame and differ in numbers, dates and names.

A real article is the frame. Its own numbers and names become slots first, then random words. Each instance fills each
slot differently, so no two instances are copies.
"""

import random
from collections.abc import Callable, Iterator

from builder.checks.planted_copies import Article, Planted, Stock, chance_of, dated, drawn, figure, is_figure, refilled

FILLED = (3, 5, 10, 20, 30)  # per cent of the words are slots
NAMED = 5  # per cent of the words are slots, in a template that differs only in names
INSTANCES = 3  # of each template
FEWEST = 3  # slots of a template; an article that differs in only one or two figures is a correction
SHARES = {"number": 5, "date": 2, "name": 3}  # of the fillers of slots that were neither a number nor a name

Fill = Callable[[], str]


def kinds() -> list[str]:
    """List the kinds of templates."""
    return [*(f"template {percent} %" for percent in FILLED), f"names {NAMED} %"]


def instances(article: Article, stock: Stock, kind: str) -> Iterator[Planted]:
    """Yield the articles of one template; none if the template differs only in names and the stock has none."""
    chance = chance_of(article.tag, kind)
    only_names = kind.startswith("names")
    if only_names and not stock.names:
        return
    own, count = article.words(), max(FEWEST, round(int(kind.split()[1]) * len(article.spans) / 100))
    named = set(article.names())
    figures = {number for number, word in enumerate(own) if is_figure(word)}
    fills: dict[int, Fill] = {}
    for slot in _slots(len(own), sorted(named | figures), count, chance):
        known = "name" if only_names or slot in named else "number" if slot in figures else None
        fills[slot] = _fill(known, article.tag, stock, chance)
    used = {slot: {own[slot].casefold()} for slot in fills}
    for number in range(INSTANCES):
        fillers = {slot: _fresh(fill, used[slot]) for slot, fill in sorted(fills.items())}
        yield Planted(article, kind, f"{article.tag}/{kind}/{number}", refilled(article, fillers))


def _slots(words: int, own: list[int], count: int, chance: random.Random) -> list[int]:
    """Choose the words that become slots: first numbers and names (`own`), then others."""
    others = sorted(set(range(words)) - set(own))
    chance.shuffle(own)
    chance.shuffle(others)
    return [*own, *others][:count]


def _fill(known: str | None, tag: str, stock: Stock, chance: random.Random) -> Fill:
    """Choose the filler of a slot: names, dates or one shape of number."""
    shares = SHARES if stock.names else {kind: share for kind, share in SHARES.items() if kind != "name"}
    kind = known or chance.choices([*shares], [*shares.values()])[0]
    if kind == "name" and stock.names:
        return lambda: drawn(stock.names, tag, chance)
    if kind == "date":
        weekday = stock.weekdays and chance.random() < 0.5
        return lambda: chance.choice(stock.weekdays) if weekday else dated(stock, chance)
    return chance.choice(_numbers(stock, chance))


def _numbers(stock: Stock, chance: random.Random) -> list[Fill]:
    """Return the fillers for the shapes of numbers: small, large, decimal, time, score, year."""

    def two(mark: str, most: int, least_second: int, most_second: int) -> str:
        first, second = chance.randint(0, most), chance.randint(least_second, most_second)
        return figure(stock, first) + mark + figure(stock, second)

    return [
        lambda: figure(stock, chance.randint(2, 99)),
        lambda: figure(stock, chance.randint(100, 9999)),
        lambda: two(",", 99, 1, 9),
        lambda: two(":", 23, 10, 59),
        lambda: two("-", 9, 0, 9),
        lambda: figure(stock, chance.randint(1950, 2030)),
    ]


def _fresh(fill: Fill, used: set[str]) -> str:
    """Return a filler that was not used yet; after 1,000 attempts, any."""
    for _ in range(1000):
        filler = fill()
        if filler.casefold() not in used:
            break
    used.add(filler.casefold())
    return filler
