"""Copies planted in real articles, so that it is known which articles are copies of which.

Chance is seeded with an article's tag and the kind of plant: the same file gives the same plants.
"""

import random
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import NamedTuple

import xxhash

from builder.core import data
from builder.languages import cldr
from builder.languages.scripts import may_be_in
from builder.text import words as text_words
from builder.text.fold import CUT, characters_a_word
from builder.text.words import lay_out

ORIGINAL = "original"
EDITED = (1, 3, 5, 10, 20)  # per cent of the words
CUT_WORDS = 30  # left of a cut-off copy, at least
FEWEST_NAMES = 30  # of a language, or none are planted
AGENCIES = ("AFP", "Reuters", "AP", "dpa", "EFE", "ANSA", "Xinhua", "TASS", "PTI", "Kyodo")
_OTHER_MARKS = dict(zip('"“”„«»‘.!?。！？۔।,;:，、،؛–—', '«""“"""!..！。。!!;,,、，؛،—–', strict=True))


class Article(NamedTuple):
    """A real article, with begin and end of each of its words."""

    tag: str
    language: str
    script: str | None
    text: str
    spans: tuple[tuple[int, int], ...]

    def words(self) -> list[str]:
        """Give its words as they stand."""
        return [self.text[start:end] for start, end in self.spans]

    def names(self) -> list[int]:
        """Give the numbers of its words that have a capital behind another word; none in scripts without capitals."""
        if self.script not in data.looked_for()["marks"]["cased"]:
            return []
        ends = [0, *(end for _, end in self.spans)]
        return [
            number
            for number, ((start, end), before) in enumerate(zip(self.spans, ends, strict=False))
            if self.text[start].isupper() and end > start + 1 and self.text[before:start] == " "
        ]

    def capitals(self) -> list[str]:
        """Give these words."""
        return [self.text[slice(*self.spans[number])] for number in self.names()]


class Planted(NamedTuple):
    """A text made of an article; texts of one family are copies of one another."""

    article: Article
    kind: str
    family: str
    text: str


class Stock(NamedTuple):
    """What is planted in articles of a language: words and names, each with the article it is of; dates; a zero."""

    words: list[tuple[str, str]]
    names: list[tuple[str, str]]
    months: list[str]
    weekdays: list[str]
    zero: int  # the code point of the digit that the language's figures begin with


def articles(rows: Sequence[tuple[str, str, str | None, str]]) -> list[Article]:
    """Part articles into words; `rows` are tags, languages, scripts and texts."""
    _, languages, scripts, texts = (list(column) for column in zip(*rows, strict=True))
    laid = lay_out(texts, scripts)
    found = text_words.words(laid, texts, scripts, languages)
    spans: list[list[tuple[int, int]]] = [[] for _ in rows]
    columns = found.article, found.starts - laid.starts[found.article], found.ends - laid.starts[found.article]
    for article, start, end in zip(*(column.tolist() for column in columns), strict=True):
        if spans[article] and re.fullmatch(r"\d\S\d", texts[article][spans[article][-1][1] - 1 : start + 1]):
            start, _ = spans[article].pop()  # 3.5 is one figure
        spans[article].append((start, end))
    return [Article(*row, tuple(parted)) for row, parted in zip(rows, spans, strict=True)]


def stock(those: Sequence[Article]) -> Stock:
    """Gather words and names out of the articles of one language; names of cities where its script has no capitals."""
    language = those[0].language
    small = {word for article in those for word in article.words() if word.islower()}
    names = [(article.tag, word) for article in those for word in article.capitals() if word.lower() not in small]
    if not names:  # as in a script without capitals
        names = [("", city) for city in cldr.cities(language) if may_be_in(city, language)]
    names = names if len(names) >= FEWEST_NAMES else []
    digits = (letter for article in those for letter in article.text if letter.isdecimal())
    zeros = Counter(ord(letter) - unicodedata.decimal(letter) for letter in digits)
    return Stock(
        [(article.tag, word) for article in those for word in article.words()],
        names,
        [forms[0] for forms in cldr.months(language)],
        [forms[0] for forms in cldr.weekdays(language)],
        zeros.most_common(1)[0][0] if zeros else ord("0"),
    )


def chance(tag: str, kind: str) -> random.Random:
    """Give the chance that decides on a plant."""
    return random.Random(xxhash.xxh3_64_intdigest(f"{tag}\0{kind}".encode()))


def drawn(those: Sequence[tuple[str, str]], tag: str, luck: random.Random) -> str:
    """Draw a word or name that is of another article."""
    for _ in range(100):
        owner, word = luck.choice(those)
        if owner != tag:
            return word
    return word


def refilled(article: Article, fillers: Mapping[int, str]) -> str:
    """Put other words in the place of an article's, by their numbers."""
    parts, behind = [], 0
    for number in sorted(fillers):
        start, end = article.spans[number]
        parts += [article.text[behind:start], fillers[number]]
        behind = end
    return "".join([*parts, article.text[behind:]])


def copies(article: Article, of: Stock) -> Iterator[Planted]:
    """Yield an article and its copies, one of each kind (KINDS) that it is long enough for."""
    for kind, make in KINDS.items():
        text = make(article, of, chance(article.tag, kind))
        if text is not None:
            yield Planted(article, kind, article.tag, text)


def _respaced(article: Article, of: Stock, luck: random.Random) -> str:
    """Break lines elsewhere, double spaces and put no-break ones in; any spaces, where words have none between them."""
    if article.script in CUT:
        return refilled(article, {n: f"{word} " for n, word in enumerate(article.words()) if luck.random() < 0.1})
    spaces = (" ", " ", "  ", "\n", "\N{NO-BREAK SPACE}")
    return re.sub(r"\s+", lambda _: luck.choice(spaces), article.text) + "\n"


def _repunctuated(article: Article, of: Stock, luck: random.Random) -> str:
    """Take half of the commas and full stops for other marks, and turn quotation marks into other ones."""
    marks = rf"[{re.escape(''.join(_OTHER_MARKS))}](?!\w)|(?<!\w)[{re.escape(''.join(_OTHER_MARKS))}]"
    return re.sub(marks, lambda m: _OTHER_MARKS[m[0]] if luck.random() < 0.5 else m[0], article.text)


def _edited(percent: int, article: Article, of: Stock, luck: random.Random) -> str:
    """Put words of other articles in the place of so many of an article's."""
    own = article.words()
    fillers = {}
    for number in luck.sample(range(len(own)), max(1, round(percent * len(own) / 100))):
        draws = (drawn(of.words, article.tag, luck) for _ in range(100))
        fillers[number] = next((word for word in draws if word.casefold() != own[number].casefold()), "…")
    return refilled(article, fillers)


def _corrected(article: Article, of: Stock, luck: random.Random) -> str | None:
    """Change a figure, or two."""
    own = article.words()
    figures = [number for number, word in enumerate(own) if is_figure(word)]
    if not figures:
        return None
    chosen = luck.sample(figures, min(len(figures), luck.randint(1, 2)))
    return refilled(article, {number: _other_figure(own[number], luck) for number in chosen})


def _other_figure(word: str, luck: random.Random) -> str:
    place = luck.choice([at for at, letter in enumerate(word) if letter.isdecimal()])
    digit = unicodedata.decimal(word[place])
    other = chr(ord(word[place]) - digit + (digit + luck.randint(1, 8)) % 10)
    return word[:place] + other + word[place + 1 :]


def _cut(article: Article, of: Stock, luck: random.Random) -> str | None:
    """Keep the first 40 to 90 % of the words, and no fewer than CUT_WORDS."""
    count = round(len(article.spans) * luck.uniform(0.4, 0.9))
    while count < len(article.spans):
        text = article.text[: article.spans[count - 1][1]]
        letters = sum(unicodedata.category(letter)[0] in "LMN" for letter in text)
        if (letters if article.script in CUT else count) >= CUT_WORDS * characters_a_word(article.script):
            return text
        count += 1
    return None


def _reprinted(article: Article, of: Stock, luck: random.Random) -> str:
    """Put place, date and agency in front, and the agency behind."""
    agency = luck.choice(AGENCIES)
    place = (drawn(of.names, article.tag, luck) if of.names else "London").upper()
    return f"{place}, {dated(of, luck)} ({agency}) – {article.text}\n\n© {agency}"


def dated(of: Stock, luck: random.Random) -> str:
    """Give a day of a month, in figures where the language's months have no name."""
    day = figure(of, luck.randint(1, 28))
    return f"{day} {luck.choice(of.months)}" if of.months else f"{day}.{figure(of, luck.randint(1, 12))}."


def is_figure(word: str) -> bool:
    """Tell whether a word has a digit."""
    return re.search(r"\d", word) is not None


def figure(of: Stock, number: int) -> str:
    """Write a number in a language's digits."""
    return "".join(chr(of.zero + int(digit)) for digit in str(number))


def _shuffled(article: Article, of: Stock, luck: random.Random) -> str | None:
    """Put the paragraphs in another order."""
    paragraphs = article.text.split("\n\n")
    if len(paragraphs) < 3:
        return None
    order = list(paragraphs)
    while order == paragraphs:
        luck.shuffle(order)
    return "\n\n".join(order)


Make = Callable[[Article, Stock, random.Random], str | None]
KINDS: dict[str, Make] = {
    ORIGINAL: lambda article, of, luck: article.text,
    "exact": lambda article, of, luck: article.text,
    "re-spaced": _respaced,
    "re-punctuated": _repunctuated,
    **{f"edited {percent} %": partial(_edited, percent) for percent in EDITED},
    "corrected": _corrected,
    "cut off": _cut,
    "reprinted": _reprinted,
    "shuffled": _shuffled,
}
