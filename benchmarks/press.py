"""Generate a press of any size from a seed: articles and copies as deduplication meets them, in made-up words.

The words are in several scripts and follow Zipf's law. Stock phrases recur as they do in news, so that most shingles
are rare and some are in thousands of articles. The columns `kind` and `of` mark the planted copies of every kind.
Articles are generated one shard at a time from the seed and the shard's number, in numpy: a million (3 GB) takes about
a minute.
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

SHARD = 2048  # articles; a shard has one language
SIZE = 3000  # bytes of text in an article, about
SHARES = {"exact": 0.025, "edited": 0.025, "cut": 0.005, "reprint": 0.01, "template": 0.005}  # other articles: original
REPRINTED = 20  # reprints of one agency's text, about
EDITED = 0.01, 0.05  # of the words of an edited copy
VARIED = 0.12  # of the words of a weather report are numbers that change
WORDS, NUMBERS, PHRASES, PHRASE = 40_000, 1000, 20_000, 8
STOCK = 0.15  # of the words are in stock phrases
HEAD = 2.7  # of the Zipf-Mandelbrot law, with an exponent of one
SENTENCE, PARAGRAPH = 18, 72  # words
SOURCES = 200

Codes = np.ndarray[Any, np.dtype[np.int64]]

# Language, script and letters. A Chinese word is one to three characters long, without spaces between words.
LANGUAGES = {
    "en": ("Latn", "abcdefghijklmnopqrstuvwxyz"),
    "fr": ("Latn", "abcdefghijlmnopqrstuvéèàçê"),
    "ru": ("Cyrl", "абвгдежзийклмнопрстуфхцчшщыьэюя"),
    "el": ("Grek", "αβγδεζηθικλμνξοπρστυφχψωάέήίόύ"),
    "ar": ("Arab", "ابتثجحخدذرزسشصضطظعغفقكلمنهوي"),
    "zh": ("Hans", "".join(chr(code) for code in range(0x4E00, 0x4E00 + 3000))),
}
SCHEMA = pa.schema(
    [
        ("id", pa.string()),
        ("language", pa.string()),
        ("script", pa.string()),
        ("title", pa.string()),
        ("text", pa.string()),
        ("source", pa.string()),
        ("date", pa.timestamp("us", "UTC")),
        ("kind", pa.string()),  # original, or a key of SHARES
        ("of", pa.string()),  # id of the original, or the name of the reprinted text or the template
    ]
)


class Tongue(NamedTuple):
    """The material for articles of one language."""

    forms: pa.Array  # six forms of each word, one after another: see tongue and _written
    draw: Codes  # word codes, each as often as Zipf's law says
    phrases: Codes  # one per row
    mean: float  # words in an article


@lru_cache(maxsize=len(LANGUAGES))
def tongue(language: str, seed: int) -> Tongue:
    """Make up a language: words, their frequencies, stock phrases."""
    script, letters = LANGUAGES[language]
    chance = np.random.default_rng([seed, *language.encode()])
    spaced = script != "Hans"
    words = _words(chance, letters, (2, 11) if spaced else (1, 3))
    words += [f"{number}" for number in range(NUMBERS)]
    space, comma, stop = (" ", ",", ".") if spaced else ("", "，", "。")
    forms = [
        form
        for word in words
        for form in (
            word + space,
            word + comma + space,
            word + stop + space,
            word + stop + "\n\n",
            word.capitalize() + space,
            word + stop,
        )
    ]
    weights = 1 / (np.arange(WORDS) + HEAD)
    parts = np.cumsum(weights) / weights.sum()
    draw = np.searchsorted(parts, (np.arange(1 << 20) + 0.5) / (1 << 20)).astype(np.int64)
    sizes = np.array([len((word + space).encode()) for word in words[:WORDS]])
    phrases = draw[chance.integers(0, len(draw), (PHRASES, PHRASE))]
    return Tongue(pa.array(forms), draw, phrases, SIZE / float(sizes @ weights / weights.sum()))


def _words(chance: np.random.Generator, letters: str, lengths: tuple[int, int]) -> list[str]:
    """Make up words, the most common ones short."""
    short, long = lengths
    words: dict[str, None] = {}
    while len(words) < WORDS:
        longest = short + (long - short) * min(1.0, np.log10(len(words) + 10) / 4)
        length = int(chance.integers(short, int(longest) + 1))
        words["".join(letters[at] for at in chance.integers(0, len(letters), length))] = None
    return list(words)


def shards(articles: int, seed: int = 1, languages: Sequence[str] = tuple(LANGUAGES)) -> Iterator[pa.Table]:
    """Yield so many articles (SCHEMA), SHARD at a time."""
    for number in range(-(-articles // SHARD)):
        yield shard(number, articles, seed, languages)


def shard(number: int, articles: int, seed: int = 1, languages: Sequence[str] = tuple(LANGUAGES)) -> pa.Table:
    """Generate one shard of a press of so many articles."""
    language = languages[number % len(languages)]
    chance = np.random.default_rng([seed, 1, number])
    made_of = tongue(language, seed)
    size = min(SHARD, articles - number * SHARD)
    kinds = chance.choice(["original", *SHARES], size, p=[1 - sum(SHARES.values()), *SHARES.values()])
    kinds[0] = "original"
    texts, of = _texts(chance, kinds, made_of, (seed, articles // len(languages), language))
    ids = [f"{language}-{number * SHARD + row:08}" for row in range(size)]
    eight = np.full(size, 8)
    headlines = _written(_drawn(chance, eight, made_of), eight, made_of)
    days = chance.integers(0, 5 * 365, size) + np.datetime64("2019-01-01", "D").astype(int)
    columns = [
        ids,
        [language] * size,
        [LANGUAGES[language][0]] * size,
        headlines,
        texts,
        [f"source {at}" for at in chance.integers(0, SOURCES, size)],
        pa.array(days * 86_400_000_000, pa.timestamp("us", "UTC")),
        kinds.tolist(),
        [ids[origin] if isinstance(origin, int) else origin for origin in of],
    ]
    return pa.table([pa.array(column, field.type) for column, field in zip(columns, SCHEMA, strict=True)], SCHEMA)


def _texts(
    chance: np.random.Generator, kinds: Any, made_of: Tongue, where: tuple[int, int, str]
) -> tuple[pa.Array, list[int | str | None]]:
    """Generate the texts of a shard, and for each the row of its original, or the name of the text that it repeats."""
    size = len(kinds)
    lengths = np.clip(chance.lognormal(np.log(made_of.mean * 0.9), 0.45, size), 60, 2500).astype(np.int64)
    codes = _drawn(chance, lengths, made_of)
    starts = np.cumsum(lengths) - lengths
    originals = np.flatnonzero(kinds == "original")
    of: list[int | str | None] = [None] * size
    pieces = [codes[start : start + length] for start, length in zip(starts.tolist(), lengths.tolist(), strict=True)]
    for row in np.flatnonzero(kinds != "original").tolist():
        kind = kinds[row]
        if kind in ("exact", "edited", "cut"):
            source = int(originals[chance.integers(0, len(originals))])
            of[row] = source
            pieces[row] = pieces[source]
            if kind == "edited":
                pieces[row] = _edited(chance, pieces[row], float(chance.uniform(*EDITED)), made_of)
            elif kind == "cut":
                pieces[row] = pieces[row][: max(60, int(len(pieces[row]) * 0.6))]
        else:
            of[row], pieces[row] = _repeated(chance, kind, made_of, where)
    sizes = np.array([len(piece) for piece in pieces], np.int64)
    return _written(np.concatenate(pieces), sizes, made_of), of


def _drawn(chance: np.random.Generator, lengths: Codes, made_of: Tongue) -> Codes:
    """Draw the words of articles of these lengths, including stock phrases."""
    total = int(lengths.sum())
    codes: Codes = made_of.draw[chance.integers(0, len(made_of.draw), total)]
    count = int(total * STOCK / PHRASE)
    positions = chance.integers(0, max(1, total - PHRASE), count)
    rank = (PHRASES ** chance.random(count)).astype(np.int64)  # follows Zipf's law approximately
    if total > PHRASE:
        codes[positions[:, None] + np.arange(PHRASE)] = made_of.phrases[rank - 1]
    return codes


def _edited(chance: np.random.Generator, codes: Codes, share: float, made_of: Tongue) -> Codes:
    changed = codes.copy()
    positions = chance.choice(len(codes), max(1, round(len(codes) * share)), replace=False)
    changed[positions] = made_of.draw[chance.integers(0, len(made_of.draw), len(positions))]
    return changed


def _repeated(
    chance: np.random.Generator, kind: str, made_of: Tongue, where: tuple[int, int, str]
) -> tuple[str, Codes]:
    """Generate one of the many articles that repeat one text, with the name of that text."""
    seed, articles, language = where
    if kind == "template":
        skeleton = np.random.default_rng([seed, 2, *language.encode()])
        codes = made_of.draw[skeleton.integers(0, len(made_of.draw), 160)]
        varied = skeleton.choice(160, int(160 * VARIED), replace=False)
        codes[varied] = WORDS + chance.integers(0, NUMBERS, len(varied))
        return f"weather-{language}", codes
    wires = max(1, int(articles * SHARES["reprint"] / REPRINTED))
    wire = int(chance.integers(0, wires))
    written = np.random.default_rng([seed, 3, wire, *language.encode()])
    codes = made_of.draw[written.integers(0, len(made_of.draw), int(made_of.mean * written.uniform(0.5, 1.2)))]
    line = made_of.draw[chance.integers(0, len(made_of.draw), 6)]
    return f"wire-{language}-{wire:06}", np.concatenate([line, _edited(chance, codes, 0.01, made_of)])


def _written(codes: Codes, lengths: Codes, made_of: Tongue) -> pa.Array:
    """Write words out as texts of so many words each, with capitals, commas, sentences and paragraphs."""
    ends = np.cumsum(lengths)
    position = np.arange(len(codes)) - np.repeat(ends - lengths, lengths)
    form = np.where(position % SENTENCE == 0, 4, 0)
    form[(position % SENTENCE == SENTENCE // 2) & (codes % 3 == 0)] = 1
    form[position % SENTENCE == SENTENCE - 1] = 2
    form[position % PARAGRAPH == PARAGRAPH - 1] = 3
    form[ends - 1] = 5
    written = made_of.forms.take(pa.array(codes * 6 + form))
    _, offsets, text = written.buffers()
    bounds = np.frombuffer(offsets, np.int32)[np.append(0, ends)]
    return pa.StringArray.from_buffers(len(lengths), pa.py_buffer(bounds.copy()), text)
