"""Lines of a text: their keys, and texts without some of them."""

import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from builder.languages.codes import base

Keys = np.ndarray[Any, Any]  # of uint64


@cache
def leads() -> Mapping[str, tuple[tuple[str, str], ...]]:
    """Give what a line of furniture begins with where its rest changes ("Read also: …"), by language.

    They are pairs of phrase and kind.
    """
    said = tomllib.loads(resources.files("builder").joinpath("data/furniture.toml").read_text(encoding="utf-8"))
    found: dict[str, list[tuple[str, str]]] = {}
    for kind, of_language in said.items():
        for language, phrases in of_language.items():
            found.setdefault(base(language), []).extend((phrase, kind) for phrase in phrases)
    return {language: tuple(sorted(pairs, reverse=True)) for language, pairs in found.items()}


@cache
def _by_letter(language: str) -> Mapping[str, list[tuple[str, str]]]:
    found: dict[str, list[tuple[str, str]]] = {}
    for phrase, kind in leads().get(language, ()):
        found.setdefault(phrase[0], []).append((phrase, kind))
    return found


def line_keys(text: str, language: str) -> list[int]:
    """Give a hash for each line: of the line in lower case, or of the phrase that it begins with if leads() has it.

    Lines without a letter have 0, which is never furniture.

    >>> keys = line_keys("Read also: A storm\\n\\nIt rained.\\n\\nRead also: A flood\\n\\n* * *", "en")
    >>> keys[0] == keys[4], keys[0] == keys[2], keys[6]
    (True, False, 0)
    """
    import xxhash

    phrases = _by_letter(base(language))
    keys = []
    for line in text.split("\n"):
        folded = line.strip().lower().replace("’", "'")
        if not any(letter.isalpha() for letter in folded[:80]):
            keys.append(0)
            continue
        said = next(
            (f"{kind}:{phrase}" for phrase, kind in phrases.get(folded[0], ()) if _leads(phrase, folded)), folded
        )
        keys.append(xxhash.xxh3_64_intdigest(said.encode()) or 1)
    return keys


def _leads(phrase: str, line: str) -> bool:
    """Tell whether a line begins with a phrase; one of a single word must be followed by a mark, a figure or the end.

    >>> _leads("read also", "read also a storm"), _leads("share", "share: 12"), _leads("share", "share prices fell")
    (True, True, False)
    """
    if not line.startswith(phrase):
        return False
    rest = line[len(phrase) :]
    if " " in phrase:
        return not rest[:1].isalnum() or not rest[:1].isascii()
    after = rest.lstrip()
    return not after or not after[0].isalpha()


def add_lines(table: pa.Table) -> pa.Table:
    """Append schema.LINES to prepared rows; null where there is no usable text."""
    rows = zip(*(table[name].to_pylist() for name in ("text", "language", "reason")), strict=True)
    keys = [None if reason is not None or text is None else line_keys(text, tag) for text, tag, reason in rows]
    return table.append_column("lines", pa.array(keys, pa.list_(pa.uint64())))


class Parted(NamedTuple):
    """A text without its furniture: the lines that left it, where what is left stood, and which paragraphs it is of."""

    text: str
    removed: list[str]
    kept: list[tuple[int, int]]  # (start, end) of each line that is left, in the text as it was
    places: list[int]  # where each of them begins in `text`
    paragraphs: list[int]


def parted(text: str, language: str, keys: Keys) -> Parted:
    r"""Part a text from the lines that have these keys.

    >>> keys = np.array(line_keys("Share this", "en"), np.uint64)
    >>> parted("One.\n\nShare this\n\nTwo.", "en", keys)
    Parted(text='One.\n\nTwo.', removed=['Share this'], kept=[(0, 4), (18, 22)], places=[0, 6], paragraphs=[0, 2])
    """
    wanted = set(keys.tolist())
    removed: list[str] = []
    kept: list[tuple[int, int]] = []
    places: list[int] = []
    paragraphs: list[int] = []
    left: list[str] = []
    line_key = iter(line_keys(text, language))
    start = at = 0
    for number, paragraph in enumerate(text.split("\n\n")):
        lines = []
        for line in paragraph.split("\n"):
            if next(line_key) in wanted:
                removed.append(line)
            else:
                lines.append(line)
                kept.append((start, start + len(line)))
                places.append(at)
                at += len(line) + 1
            start += len(line) + 1
        next(line_key, None)  # the blank line
        start += 1
        if lines:
            left.append("\n".join(lines))
            paragraphs.append(number)
            at += 1
    return Parted("\n\n".join(left), removed, kept, places, paragraphs)


def moved(spans: Sequence[Mapping[str, Any]], text: str, part: Parted) -> list[dict[str, Any]]:
    r"""Give the spans of a text as they stand in what is left of it; those that lost a part are left out.

    >>> text = "One.\n\nShare this\n\nTwo."
    >>> part = parted(text, "en", np.array(line_keys("Share this", "en"), np.uint64))
    >>> moved([{"start": 18, "end": 21, "language": "de"}, {"start": 6, "end": 11, "language": "fr"}], text, part)
    [{'start': 6, 'end': 9, 'language': 'de'}]
    """
    found = []
    for span in spans:
        lines = [
            (*line, place)
            for line, place in zip(part.kept, part.places, strict=True)
            if line[0] < span["end"] and span["start"] < line[1]
        ]
        left = sum(min(end, span["end"]) - max(start, span["start"]) for start, end, _ in lines)
        if lines and left == len(text[span["start"] : span["end"]].replace("\n", "")):
            (first, _, at), (last, end, to) = lines[0], lines[-1]
            found.append(
                {
                    "start": at + max(span["start"], first) - first,
                    "end": to + min(span["end"], end) - last,
                    "language": span["language"],
                }
            )
    return found
