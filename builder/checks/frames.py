"""Templates planted in real articles: several articles that share a frame and differ in numbers, dates and names.

A real article is the frame. Its own numbers and names are the first to become slots, then words at random; each slot
has a filler of its own in each instance. No two instances are copies of one another.
"""

import random
from collections.abc import Callable, Iterator

from builder.checks.plants import Article, Planted, Stock, chance, dated, drawn, figure, refilled

FILLED = (3, 5, 10, 20, 30)  # per cent of the words are slots
NAMED = 5  # per cent of the words of a template that differs in names alone
INSTANCES = 3  # of each template
FEWEST = 3  # slots of a template; where one figure or two differ, an article is corrected

Fill = Callable[[random.Random], str]


def kinds() -> list[str]:
    """Name the kinds of templates."""
    return [*(f"template {percent} %" for percent in FILLED), f"names {NAMED} %"]


def instances(article: Article, of: Stock, kind: str) -> Iterator[Planted]:
    """Yield articles of one template; none where no names are known for one that differs in names alone."""
    luck = chance(article.tag, kind)
    names_alone = kind.startswith("names")
    if names_alone and not of.names:
        return
    count = max(FEWEST, round(int(kind.split()[1]) * len(article.spans) / 100))
    fills = {slot: _fill(article, of, slot, names_alone, luck) for slot in _slots(article, count, luck)}
    used: dict[int, set[str]] = {slot: {article.words()[slot].casefold()} for slot in fills}
    for number in range(INSTANCES):
        fillers = {slot: _fresh(fill, used[slot], luck) for slot, fill in fills.items()}
        yield Planted(article.tag, kind, f"{article.tag}/{kind}/{number}", refilled(article, fillers))


def _slots(article: Article, count: int, luck: random.Random) -> list[int]:
    own = [*_figures(article), *article.names()]
    luck.shuffle(own)
    others = [number for number in range(len(article.spans)) if number not in set(own)]
    luck.shuffle(others)
    return sorted([*own, *others][:count])


def _figures(article: Article) -> list[int]:
    return [number for number, word in enumerate(article.words()) if any(letter.isdecimal() for letter in word)]


def _fill(article: Article, of: Stock, slot: int, names_alone: bool, luck: random.Random) -> Fill:
    """Give what fills a slot: a name for a name, a figure for a figure; for another word any of them, or a date."""
    name: Fill = lambda luck: drawn(of.names, article.tag, luck)  # noqa: E731
    numbers: list[Fill] = [
        lambda luck: figure(of, luck.randint(2, 99)),
        lambda luck: figure(of, luck.randint(100, 9999)),
        lambda luck: f"{figure(of, luck.randint(1, 99))},{figure(of, luck.randint(1, 9))}",
        lambda luck: f"{figure(of, luck.randint(0, 23))}:{figure(of, luck.randint(10, 59))}",
        lambda luck: f"{figure(of, luck.randint(0, 9))}-{figure(of, luck.randint(0, 9))}",
        lambda luck: figure(of, luck.randint(1950, 2030)),
    ]
    dates: list[Fill] = [lambda luck: dated(of, luck)]
    if of.weekdays:
        dates.append(lambda luck: luck.choice(of.weekdays))
    if names_alone or slot in article.names():
        return name
    if slot in _figures(article):
        return luck.choice(numbers)
    kind = luck.choices(("number", "date", "name"), (5, 2, 3 if of.names else 0))[0]
    return name if kind == "name" else luck.choice(numbers if kind == "number" else dates)


def _fresh(fill: Fill, used: set[str], luck: random.Random) -> str:
    """Give a filler that is not used."""
    for _ in range(1000):
        filler = fill(luck)
        if filler.casefold() not in used:
            break
    used.add(filler.casefold())
    return filler
