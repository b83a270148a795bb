"""Keys of the lines of a text, and the removal of lines by their keys."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from builder.core.data import read_toml
from builder.languages.codes import base

Keys = np.ndarray[Any, Any]  # of uint64


@cache
def leads() -> Mapping[str, tuple[tuple[str, str], ...]]:
    """Return the phrases that begin lines of boilerplate with a changing rest ("Read also: …"), by language.

    Each is a pair of phrase and kind. Longer phrases come before shorter ones that begin them.
    """
    table = read_toml("furniture.toml")
    by_language: dict[str, list[tuple[str, str]]] = {}
    for kind, languages in table.items():
        for language, phrases in languages.items():
            by_language.setdefault(base(language), []).extend((phrase, kind) for phrase in phrases)
    return {language: tuple(sorted(pairs, reverse=True)) for language, pairs in by_language.items()}


@cache
def _by_letter(language: str) -> Mapping[str, list[tuple[str, str]]]:
    by_letter: dict[str, list[tuple[str, str]]] = {}
    for phrase, kind in leads().get(language, ()):
        by_letter.setdefault(phrase[0], []).append((phrase, kind))
    return by_letter


def line_keys(text: str, language: str) -> list[int]:
    """Return a key for each line: a 64-bit hash of the line in lower case, or of the phrase in `leads` that begins it.

    Lines without a letter have the key 0, which never counts as boilerplate.

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
        content = next(
            (f"{kind}:{phrase}" for phrase, kind in phrases.get(folded[0], ()) if _leads(phrase, folded)), folded
        )
        keys.append(xxhash.xxh3_64_intdigest(content.encode()) or 1)
    return keys


def _leads(phrase: str, line: str) -> bool:
    """Tell whether a line begins with a phrase; a mark, a figure or the end must follow a phrase of one word.

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
    """Append schema.LINES to prepared rows; null in rows without usable text."""
    rows = zip(*(table[name].to_pylist() for name in ("text", "language", "reason")), strict=True)
    keys = [None if reason is not None or text is None else line_keys(text, tag) for text, tag, reason in rows]
    return table.append_column("lines", pa.array(keys, pa.list_(pa.uint64())))


class Stripped(NamedTuple):
    """A text without its boilerplate, the lines removed from it, and the positions of the lines and paragraphs kept."""

    text: str
    removed: list[str]
    kept: list[tuple[int, int]]  # (start, end) of each line kept, in the original text
    positions: list[int]  # the start of each line kept, in `text`
    paragraphs: list[int]  # the numbers of the paragraphs kept, in the original text


def strip_lines(text: str, language: str, keys: Keys) -> Stripped:
    r"""Remove the lines that have these keys from a text.

    >>> keys = np.array(line_keys("Share this", "en"), np.uint64)
    >>> strip_lines("One.\n\nShare this\n\nTwo.", "en", keys)
    Stripped(text='One.\n\nTwo.', removed=['Share this'], kept=[(0, 4), (18, 22)], positions=[0, 6], paragraphs=[0, 2])
    """
    wanted = set(keys.tolist())
    removed: list[str] = []
    kept: list[tuple[int, int]] = []
    positions: list[int] = []
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
                positions.append(at)
                at += len(line) + 1
            start += len(line) + 1
        next(line_key, None)  # the blank line
        start += 1
        if lines:
            left.append("\n".join(lines))
            paragraphs.append(number)
            at += 1
    return Stripped("\n\n".join(left), removed, kept, positions, paragraphs)


def move_spans(spans: Sequence[Mapping[str, Any]], text: str, stripped: Stripped) -> list[dict[str, Any]]:
    r"""Move the spans of a text to their positions in the stripped text; drop those that lost characters.

    >>> text = "One.\n\nShare this\n\nTwo."
    >>> stripped = strip_lines(text, "en", np.array(line_keys("Share this", "en"), np.uint64))
    >>> spans = [{"start": 18, "end": 21, "language": "de"}, {"start": 6, "end": 11, "language": "fr"}]
    >>> move_spans(spans, text, stripped)
    [{'start': 6, 'end': 9, 'language': 'de'}]
    """
    moved = []
    for span in spans:
        lines = [
            (*line, position)
            for line, position in zip(stripped.kept, stripped.positions, strict=True)
            if line[0] < span["end"] and span["start"] < line[1]
        ]
        left = sum(min(end, span["end"]) - max(start, span["start"]) for start, end, _ in lines)
        if lines and left == len(text[span["start"] : span["end"]].replace("\n", "")):
            (first, _, at), (last, end, to) = lines[0], lines[-1]
            moved.append(
                {
                    "start": at + max(span["start"], first) - first,
                    "end": to + min(span["end"], end) - last,
                    "language": span["language"],
                }
            )
    return moved
