"""Decide which lines of a text file are tag lines, and on which side of their articles they stand.

Most lines decide it by themselves. For the others the whole file is read ahead, once: a heading such as `MH-370` has
the shape of a tag, and a file that begins with a tag line may have its tags before or after its articles.
"""

import re
from dataclasses import dataclass
from enum import Enum

from builder.languages.tag import is_tag_line, trimmed
from builder.read.formats.base import Source
from builder.read.formats.lines import lines

SHORTEST, LONGEST = 4, 128  # bytes of a tag line, with the spaces and marks around the tag


class Side(Enum):
    """The side of an article on which its tag stands; `BOTH` if the file begins and ends with a tag line."""

    BEFORE = 1
    BEHIND = 2
    BOTH = 3


@dataclass(frozen=True, slots=True)
class Ahead:
    """Facts about a file's tag lines that only the whole file shows."""

    languages: frozenset[str]  # of the certain tag lines; if no line looks like a tag, of the file's path
    ends: str | None  # the last line that is not blank, if it has the shape of a tag


def shaped(line: bytes) -> str | None:
    r"""Return a line without the spaces and marks around it, if it has the shape of a tag.

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
    """Tell whether the language of a tag is in lower case: such a line is certainly a tag line.

    >>> is_lower("fr-02"), is_lower("pt-BR-7"), is_lower("MH-370")
    (True, True, False)
    """
    return language_of(name) == language_of(name).lower()


def language_of(name: str) -> str:
    """Return the first subtag of a line that has the shape of a tag, in the file's spelling."""
    return re.split("[-_]", name, maxsplit=1)[0]


def read_ahead(source: Source) -> Ahead:
    """Read the whole stream, then restore its position."""
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
    """Tell whether a line with the shape of a tag is a tag, or a heading such as `MH-370` or `AK-47`.

    In lower case it is a tag. With its language in capitals it is a heading only if all certain tags of the file have
    one other language: a file of many languages may well have one more, and a file without certain tags may write all
    of them in capitals.

    >>> french = Ahead(frozenset({"fr"}), None)
    >>> [is_tag_among(name, french) for name in ("MH-370", "FR-02", "es-02")]
    [False, True, True]
    >>> [is_tag_among("ES-02", Ahead(frozenset(found), None)) for found in ((), ("fr", "de"))]
    [True, True]
    """
    return is_lower(name) or len(ahead.languages) != 1 or language_of(name).lower() in ahead.languages


def side_of(ahead: Ahead) -> Side:
    """Decide on which side of its articles a file that begins with a tag line has its tags."""
    return Side.BOTH if ahead.ends is not None and is_tag_among(ahead.ends, ahead) else Side.BEFORE
