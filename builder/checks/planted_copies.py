"""Plant copies of real articles, so that it is known which articles are copies of which.

The random numbers are seeded with an article's tag and the kind of plant, so the same file gives the same plants.
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
CUT_WORDS = 30  # that a cut-off copy keeps, at least
FEWEST_NAMES = 30  # a language with fewer names gets none planted
AGENCIES = ("AFP", "Reuters", "AP", "dpa", "EFE", "ANSA", "Xinhua", "TASS", "PTI", "Kyodo")
_OTHER_MARKS = dict(zip('"“”„«»‘.!?。！？۔।,;:，、،؛–—', '«""“"""!..！。。!!;,,、，؛،—–', strict=True))


class Article(NamedTuple):
    """A real article, with the start and end of each of its words."""

    tag: str
    language: str
    script: str | None
    text: str
    spans: tuple[tuple[int, int], ...]

    def words(self) -> list[str]:
        """Return its words as they are written."""
        return [self.text[start:end] for start, end in self.spans]

    def names(self) -> list[int]:
        """Return the numbers of its words that have a capital after another word; none in scripts without capitals."""
        if self.script not in data.quality_rules()["marks"]["cased"]:
            return []
        ends = [0, *(end for _, end in self.spans)]
        return [
            number
            for number, ((start, end), before) in enumerate(zip(self.spans, ends, strict=False))
            if self.text[start].isupper() and end > start + 1 and self.text[before:start] == " "
        ]

    def capitals(self) -> list[str]:
        """Return the words with a capital after another word."""
        return [self.text[slice(*self.spans[number])] for number in self.names()]


class Planted(NamedTuple):
    """A text made from an article; texts of one family are copies of one another."""

    article: Article
    kind: str
    family: str
    text: str


class Stock(NamedTuple):
    """The material of a language for plants: words and names, each with the tag of its article; dates; digits."""

    words: list[tuple[str, str]]
    names: list[tuple[str, str]]
    months: list[str]
    weekdays: list[str]
    zero: int  # the code point of the language's digit for zero


def articles(rows: Sequence[tuple[str, str, str | None, str]]) -> list[Article]:
    """Split articles into words; `rows` are tags, languages, scripts and texts."""
    _, languages, scripts, texts = (list(column) for column in zip(*rows, strict=True))
    laid = lay_out(texts, scripts)
    words = text_words.words(laid, texts, scripts, languages)
    spans: list[list[tuple[int, int]]] = [[] for _ in rows]
    columns = words.article, words.starts - laid.starts[words.article], words.ends - laid.starts[words.article]
    for article, start, end in zip(*(column.tolist() for column in columns), strict=True):
        if spans[article] and re.fullmatch(r"\d\S\d", texts[article][spans[article][-1][1] - 1 : start + 1]):
            start, _ = spans[article].pop()  # 3.5 is one figure
        spans[article].append((start, end))
    return [Article(*row, tuple(each)) for row, each in zip(rows, spans, strict=True)]


def stock_of(articles: Sequence[Article]) -> Stock:
    """Collect words and names from the articles of one language; names of cities if its script has no capitals."""
    language = articles[0].language
    small = {word for article in articles for word in article.words() if word.islower()}
    names = [(article.tag, word) for article in articles for word in article.capitals() if word.lower() not in small]
    if not names:  # as in a script without capitals
        names = [("", city) for city in cldr.cities(language) if may_be_in(city, language)]
    names = names if len(names) >= FEWEST_NAMES else []
    digits = (letter for article in articles for letter in article.text if letter.isdecimal())
    zeros = Counter(ord(letter) - unicodedata.decimal(letter) for letter in digits)
    return Stock(
        [(article.tag, word) for article in articles for word in article.words()],
        names,
        [forms[0] for forms in cldr.months(language)],
        [forms[0] for forms in cldr.weekdays(language)],
        zeros.most_common(1)[0][0] if zeros else ord("0"),
    )


def chance_of(tag: str, kind: str) -> random.Random:
    """Return the random generator of a plant."""
    return random.Random(xxhash.xxh3_64_intdigest(f"{tag}\0{kind}".encode()))


def drawn(words: Sequence[tuple[str, str]], tag: str, chance: random.Random) -> str:
    """Draw a word or name of another article."""
    for _ in range(100):
        owner, word = chance.choice(words)
        if owner != tag:
            return word
    return word


def refilled(article: Article, fillers: Mapping[int, str]) -> str:
    """Replace words of an article; `fillers` has the new ones by the numbers of the old."""
    parts, done = [], 0
    for number in sorted(fillers):
        start, end = article.spans[number]
        parts += [article.text[done:start], fillers[number]]
        done = end
    return "".join([*parts, article.text[done:]])


def copies(article: Article, stock: Stock) -> Iterator[Planted]:
    """Yield an article and its copies, one of each kind (KINDS) for which it is long enough."""
    for kind, make in KINDS.items():
        text = make(article, stock, chance_of(article.tag, kind))
        if text is not None:
            yield Planted(article, kind, article.tag, text)


def _respaced(article: Article, stock: Stock, chance: random.Random) -> str:
    """Move line breaks, double spaces and insert no-break ones; insert spaces in scripts without them."""
    if article.script in CUT:
        return refilled(article, {n: f"{word} " for n, word in enumerate(article.words()) if chance.random() < 0.1})
    spaces = (" ", " ", "  ", "\n", "\N{NO-BREAK SPACE}")
    return re.sub(r"\s+", lambda _: chance.choice(spaces), article.text) + "\n"


def _repunctuated(article: Article, stock: Stock, chance: random.Random) -> str:
    """Replace half of the commas, full stops and quotation marks by other marks."""
    marks = rf"[{re.escape(''.join(_OTHER_MARKS))}](?!\w)|(?<!\w)[{re.escape(''.join(_OTHER_MARKS))}]"
    return re.sub(marks, lambda m: _OTHER_MARKS[m[0]] if chance.random() < 0.5 else m[0], article.text)


def _edited(percent: int, article: Article, stock: Stock, chance: random.Random) -> str:
    """Replace so many per cent of the words by words of other articles."""
    own = article.words()
    fillers = {}
    for number in chance.sample(range(len(own)), max(1, round(percent * len(own) / 100))):
        draws = (drawn(stock.words, article.tag, chance) for _ in range(100))
        fillers[number] = next((word for word in draws if word.casefold() != own[number].casefold()), "…")
    return refilled(article, fillers)


def _corrected(article: Article, stock: Stock, chance: random.Random) -> str | None:
    """Change one or two figures."""
    own = article.words()
    figures = [number for number, word in enumerate(own) if is_figure(word)]
    if not figures:
        return None
    chosen = chance.sample(figures, min(len(figures), chance.randint(1, 2)))
    return refilled(article, {number: _other_figure(own[number], chance) for number in chosen})


def _other_figure(word: str, chance: random.Random) -> str:
    position = chance.choice([at for at, letter in enumerate(word) if letter.isdecimal()])
    digit = unicodedata.decimal(word[position])
    other = chr(ord(word[position]) - digit + (digit + chance.randint(1, 8)) % 10)
    return word[:position] + other + word[position + 1 :]


def _cut(article: Article, stock: Stock, chance: random.Random) -> str | None:
    """Keep the first 40 to 90 % of the words, and at least CUT_WORDS."""
    count = round(len(article.spans) * chance.uniform(0.4, 0.9))
    while count < len(article.spans):
        text = article.text[: article.spans[count - 1][1]]
        letters = sum(unicodedata.category(letter)[0] in "LMN" for letter in text)
        if (letters if article.script in CUT else count) >= CUT_WORDS * characters_a_word(article.script):
            return text
        count += 1
    return None


def _reprinted(article: Article, stock: Stock, chance: random.Random) -> str:
    """Put a city, a date and an agency in front, and the agency at the end."""
    agency = chance.choice(AGENCIES)
    city = (drawn(stock.names, article.tag, chance) if stock.names else "London").upper()
    return f"{city}, {dated(stock, chance)} ({agency}) – {article.text}\n\n© {agency}"


def dated(stock: Stock, chance: random.Random) -> str:
    """Return a random day and month, in figures if the language's months have no names."""
    day = figure(stock, chance.randint(1, 28))
    return f"{day} {chance.choice(stock.months)}" if stock.months else f"{day}.{figure(stock, chance.randint(1, 12))}."


def is_figure(word: str) -> bool:
    """Tell whether a word has a digit."""
    return re.search(r"\d", word) is not None


def figure(stock: Stock, number: int) -> str:
    """Write a number in a language's digits."""
    return "".join(chr(stock.zero + int(digit)) for digit in str(number))


def _shuffled(article: Article, stock: Stock, chance: random.Random) -> str | None:
    """Put the paragraphs in another order."""
    paragraphs = article.text.split("\n\n")
    if len(paragraphs) < 3:
        return None
    order = list(paragraphs)
    while order == paragraphs:
        chance.shuffle(order)
    return "\n\n".join(order)


Make = Callable[[Article, Stock, random.Random], str | None]
KINDS: dict[str, Make] = {
    ORIGINAL: lambda article, stock, chance: article.text,
    "exact": lambda article, stock, chance: article.text,
    "re-spaced": _respaced,
    "re-punctuated": _repunctuated,
    **{f"edited {percent} %": partial(_edited, percent) for percent in EDITED},
    "corrected": _corrected,
    "cut off": _cut,
    "reprinted": _reprinted,
    "shuffled": _shuffled,
}
