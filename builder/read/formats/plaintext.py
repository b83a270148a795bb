"""Text files: one article or many, each with its tag line at its end (or, throughout a file, at its start).

A file that both begins and ends with a tag line has its tags on either side, or on both. An article between two equal
tag lines has that tag; between two that differ it is a record with a reason, since either may be its own.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from builder.core.terms import Reason
from builder.read.formats.base import Format, Record, Source
from builder.read.formats.lines import lines, too_long
from builder.read.formats.tag_lines import Ahead, Side, is_blank, is_lower, is_tag_among, read_ahead, shaped, side_of
from builder.text.folded_headline import check_folded
from builder.text.repairs import is_wrapped

LONGEST_HEADLINE = 300  # characters; more is a paragraph
_SENTENCES = re.compile(r"[.!?][\"'»”’)]* \w|[。！？]\w")
_SENTENCE_END = re.compile(r"[.!?。！？।؟។။][\"'»”’)]*$")


@dataclass(slots=True)
class _Draft:
    """The lines of an article that is being read."""

    lines: list[bytes] = field(default_factory=list)
    first: int | None = None  # number of the first line that is not blank
    offset: int = 0
    size: int = 0
    headings: list[str] = field(default_factory=list)  # lines in the shape of a tag that were taken for text

    def add(self, number: int, offset: int, line: bytes, length: int, limit: int) -> None:
        if self.first is None:
            if is_blank(line):
                return
            self.first, self.offset = number, offset
        self.size = offset + length - self.offset
        if self.size <= limit:
            self.lines.append(line)


def read(source: Source) -> Iterator[Record]:
    """Yield the articles of a text file, with `title`, `text` and, where a line tells it, `tag`."""
    draft = _Draft()
    ahead: Ahead | None = None  # read where one line alone does not tell
    side: Side | None = None  # None until the first tag line
    tag: str | None = None  # the last tag line, unless it has closed an article that began with it
    place = 1
    untold = False
    for number, offset, length, line in lines(source.stream, source.limit, form_feeds=True):
        name = shaped(line)
        if name is not None and not is_lower(name):
            ahead = ahead or read_ahead(source)
            if not is_tag_among(name, ahead):
                draft.headings.append(name)
                name = None
        if name is None:
            draft.add(number, offset, line, length, source.limit)
            continue
        if side is None:
            side = Side.BEHIND if draft.first is not None else side_of(ahead or read_ahead(source))
        if draft.first is None:
            if name == tag:  # written twice
                continue
            empty = name if side is Side.BEHIND else tag
            if empty is not None and not untold:
                yield _article(draft, empty, source.limit, number if side is Side.BEHIND else place)
        elif side is Side.BEHIND:
            yield _article(draft, name, source.limit, number)
        elif name == tag:  # at both ends
            yield _article(draft, name, source.limit, number)
            draft, tag = _Draft(), None
            continue
        elif side is Side.BEFORE and tag is not None:
            yield _article(draft, tag, source.limit, place)
        else:
            yield _untold(draft, tag, name, source.limit)
            untold = True
        draft, tag, place = _Draft(), name, number
    if draft.first is not None:
        last = _article(draft, None if side is Side.BEHIND else tag, source.limit, place)
        if side is Side.BEHIND or (side is not None and tag is None):
            last.reason = Reason.NO_TAG
            last.detail = "text behind the last tag line of the file. Expected a tag line such as fr-02 at its end"
        yield last
    elif tag is not None and side is not Side.BEHIND and not untold:
        yield _article(draft, tag, source.limit, place)


def _untold(draft: _Draft, before: str | None, behind: str, limit: int) -> Record:
    """Give an article that may have either of two tags, or none."""
    found = _article(draft, None, limit, 1)
    found.reason = Reason.TAG
    between = f"between '{before}' and '{behind}'" if before is not None else f"before '{behind}'"
    found.detail = (
        f"it stands {between} in a file that begins with a tag line, so that more than one tag may be its own. "
        "Expected each tag behind its article, throughout the file"
    )
    return found


def _article(draft: _Draft, tag: str | None, limit: int, place: int) -> Record:
    found = Record(draft.first or place)
    if draft.headings:
        lines = ", ".join(f"'{heading}'" for heading in dict.fromkeys(draft.headings))
        found.note = f"read as text, since the tags of this file are of one other language: {lines}"
    if tag is not None:
        found.fields["tag"] = tag
    if draft.size > limit:
        found.reason, found.detail = Reason.TOO_LONG, f"an article of {too_long(draft.size, limit)}"
        found.span = (draft.offset, draft.size)
        return found
    body = b"\n".join(draft.lines)
    found.raw = body if tag is None else body + b"\n" + tag.encode("ascii") + b"\n"
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as damage:
        place = (found.place or 1) + body[: damage.start].count(b"\n")
        found.reason = Reason.ENCODING
        found.detail = f"line {place} is no UTF-8, though the rest is. Save the file in UTF-8 again"
        return found
    found.fields["title"], found.fields["text"] = split_headline(text)
    return found


def split_headline(text: str) -> tuple[str | None, str]:
    r"""Part a headline from the body: a first line that stands alone, unless it reads like a paragraph.

    >>> split_headline("A storm\n\nIt rained.\n\nIt blew.")
    ('A storm', 'It rained.\n\nIt blew.')
    >>> split_headline("Été\nEte\n\nIl pleut.")
    ('Été', 'Ete\n\nIl pleut.')
    >>> split_headline("It rained in the night, and when the sun rose the river had left its bed. "
    ...     "Nobody was hurt, said the mayor.\n\nIt blew.")[0] is None
    True
    """
    text = text.strip()
    headline, _, rest = text.partition("\n")
    headline, body = headline.strip(), rest.strip()
    if not body or len(headline) > LONGEST_HEADLINE:
        return None, text
    second = rest.partition("\n")[0].strip()
    in_lines = not re.search(r"\n[^\S\n]*\n", text) and not is_wrapped(text.split("\n"))
    parted = not second or in_lines or check_folded(headline, second, True) in ("match", "prefix")
    if not parted or (_SENTENCE_END.search(headline) and (len(headline) > 120 or _SENTENCES.search(headline))):
        return None, text
    return headline, body


FORMAT = Format("text", (".txt", ".text"), read, has_fields=False, path_has_tag=True)
