"""Generate a corpus of any size from a seed and the words of the sample corpus, with copies in it.

Its articles are as long as real ones (about 3 KB) and in the languages of the sample, so that detectors agree with
their tags. They have no meaning.
"""

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from builder.languages.scripts import expected_script
from builder.prepare.prepare import records_table
from builder.read import fields, records
from builder.read.scan import scan
from builder.text import clean as text_clean
from builder.text.fold import UNSPACED

SAMPLE = Path(__file__).parent.parent / "data" / "raw"
COPIES = 0.05  # of all articles repeat an earlier one
EDITED = 0.5  # of the copies have one word in fifty changed
WORDS = (250, 550)  # in an article


def stock() -> dict[str, list[str]]:
    """Return the words of each language of the sample corpus, each as often as it occurs there."""
    rows: list[dict[str, Any]] = []
    for file in scan(SAMPLE, ("README.md", "broken", "it-44.txt")):
        rows += records.read(file, fields.field_names({}), 1 << 30, 1 << 24)
    tidied = text_clean.clean(records_table(rows))
    words: dict[str, list[str]] = {}
    for language, text in zip(tidied["language"].to_pylist(), tidied["text"].to_pylist(), strict=True):
        if text and expected_script(language) in UNSPACED:
            clean = text.replace("\n", "")
            words.setdefault(language, []).extend(clean[at : at + 4] for at in range(0, len(clean), 4))
        elif text:
            words.setdefault(language, []).extend(text.split())
    return dict(sorted(words.items()))


def articles(count: int, seed: int = 1) -> Iterator[dict[str, str]]:
    """Yield articles as records with `tag`, `title`, `text`, `date` and `source`."""
    words = stock()
    languages = list(words)
    chance = random.Random(seed)
    earlier: dict[str, list[str]] = {}
    for number in range(count):
        language = languages[chance.randrange(len(languages))]
        before = earlier.setdefault(language, [])
        if before and chance.random() < COPIES:
            text = before[chance.randrange(len(before))]
            if chance.random() < EDITED:
                text = _edited(text, words[language], chance)
        else:
            text = _text(words[language], language, chance)
            if len(before) < 1000:
                before.append(text)
        yield {
            "tag": f"{language}-{number:07}",
            "title": _line(words[language], language, 8, chance),
            "text": text,
            "date": f"{2000 + number % 25}-{1 + number % 12:02}-{1 + number % 28:02}",
            "source": f"source {number % 7}",
        }


def _line(words: list[str], language: str, count: int, chance: random.Random) -> str:
    return ("" if expected_script(language) in UNSPACED else " ").join(chance.choices(words, k=count))


def _text(words: list[str], language: str, chance: random.Random) -> str:
    left = chance.randrange(*WORDS)
    paragraphs = []
    while left > 0:
        paragraphs.append(_line(words, language, min(left, 60), chance))
        left -= 60
    return "\n\n".join(paragraphs)


def _edited(text: str, words: list[str], chance: random.Random) -> str:
    parts = text.split(" ")
    for at in range(0, len(parts), 50):
        parts[at] = chance.choice(words)
    return " ".join(parts)


def write(path: Path, count: int, seed: int = 1) -> int:
    """Write a corpus as JSON Lines; return its size in bytes."""
    with path.open("w", encoding="utf-8") as out:
        for article in articles(count, seed):
            out.write(json.dumps(article, ensure_ascii=False) + "\n")
    return path.stat().st_size
