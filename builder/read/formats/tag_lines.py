"""Which lines of a text file are tag lines, and on which side of their articles they stand.

Most are told by themselves. Where one is not, the whole file is read ahead, once: a heading such as `MH-370` has the
shape of a tag, and a file that begins with a tag line may have its tags before or behind its articles.
"""

import re
from dataclasses import dataclass
from enum import Enum

from builder.languages.tag import is_tag_line, trimmed
from builder.read.formats.base import Source
from builder.read.formats.lines import lines

SHORTEST, LONGEST = 4, 128  # bytes of a line that may be a tag line, with spaces and marks around it


class Side(Enum):
    """Where the tag of an article stands; `BOTH` where the file begins and ends with a tag line."""

    BEFORE = 1
    BEHIND = 2
    BOTH = 3


@dataclass(frozen=True, slots=True)
class Ahead:
    """What the lines of a whole file say about its tag lines."""

    languages: frozenset[str]  # of the lines that are tags for certain, and of the file's path where no line is
    ends: str | None  # the last line that is not blank, if it has the shape of a tag


def shaped(line: bytes) -> str | None:
    r"""Give what a line says without spaces and marks around it, if it has the shape of a tag.

    >>> shaped("fr-02\N{NO-BREAK SPACE}".encode()), shaped("\N{LEFT-TO-RIGHT MARK}fr-02".encode()), shaped(b"see fr-02")
    ('fr-02', 'fr-02', None)
    """
    if not SHORTEST <= len(line) <= LONGEST:
        return None
    text = trimmed(line.decode("utf-8", "replace"))
    return text if is_tag_line(text) else None


def is_blank(line: bytes) -> bool:
    r"""Tell whether a line has nothing but spaces and invisible marks.

    >>> is_blank(b" "), is_blank("\N{NO-BREAK SPACE}\N{ZERO WIDTH SPACE}".encode()), is_blank(b".")
    (True, True, False)
    """
    return not line.strip() or (len(line) <= LONGEST and not trimmed(line.decode("utf-8", "replace")))


def is_lower(name: str) -> bool:
    """Tell whether the language of a tag is in lower case: such a line is a tag line for certain.

    >>> is_lower("fr-02"), is_lower("pt-BR-7"), is_lower("MH-370")
    (True, True, False)
    """
    return language_of(name) == language_of(name).lower()


def language_of(name: str) -> str:
    """Give the first subtag of what has the shape of a tag, as it is written."""
    return re.split("[-_]", name, maxsplit=1)[0]


def read_ahead(source: Source) -> Ahead:
    """Read the whole stream, and put it back to where it was."""
    at = source.stream.tell()
    source.stream.seek(0)
    begins = ends = None
    begun = False
    languages: set[str] = set()
    for _, _, _, line in lines(source.stream, source.limit, form_feeds=True):
        name = shaped(line)
        if name is None and is_blank(line):
            continue
        if not begun:
            begins, begun = name, True
        ends = name
        if name is not None and is_lower(name):
            languages.add(language_of(name))
    source.stream.seek(at)
    if source.tag is not None and not (languages or begins or ends):
        languages.add(language_of(source.tag).lower())
    return Ahead(frozenset(languages), ends)


def is_tag_among(name: str, ahead: Ahead) -> bool:
    """Tell whether a line of the shape of a tag is one in this file, or a heading such as `MH-370` or `AK-47`.

    In lower case it is one. With its language in capitals it is none only where all tags that are certain have one
    other language: a file of many languages may well have one more, and a file without may write all in capitals.

    >>> french = Ahead(frozenset({"fr"}), None)
    >>> [is_tag_among(name, french) for name in ("MH-370", "FR-02", "es-02")]
    [False, True, True]
    >>> [is_tag_among("ES-02", Ahead(frozenset(found), None)) for found in ((), ("fr", "de"))]
    [True, True]
    """
    return is_lower(name) or len(ahead.languages) != 1 or language_of(name).lower() in ahead.languages


def side_of(ahead: Ahead) -> Side:
    """Tell on which side of its articles a file that begins with a tag line has its tags."""
    return Side.BOTH if ahead.ends is not None and is_tag_among(ahead.ends, ahead) else Side.BEFORE
