"""Text files: one article or many, each with its tag line at its end (or, throughout a file, at its start).

If a file both begins and ends with a tag line, its tags may stand before or after their articles, or both. An article
between two equal tag lines has that tag. Between two different ones it is a record with a reason, because either may be
its own.
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

LONGEST_HEADLINE = 300  # characters; a longer line is a paragraph
_SENTENCES = re.compile(r"[.!?][\"'»”’)]* \w|[。！？]\w")
_SENTENCE_END = re.compile(r"[.!?。！？।؟។။][\"'»”’)]*$")


@dataclass(slots=True)
class _Draft:
    """The lines of an article that is being read."""

    lines: list[bytes] = field(default_factory=list)
    first: int | None = None  # number of the first line that is not blank
    offset: int = 0
    size: int = 0
    headings: list[str] = field(default_factory=list)  # lines that look like tags but were read as text

    def add(self, number: int, offset: int, line: bytes, length: int, limit: int) -> None:
        if self.first is None:
            if is_blank(line):
                return
            self.first, self.offset = number, offset
        self.size = offset + length - self.offset
        if self.size <= limit:
            self.lines.append(line)


def read(source: Source) -> Iterator[Record]:
    """Yield the articles of a text file, with `title`, `text` and, if a tag line is theirs, `tag`."""
    draft = _Draft()
    ahead: Ahead | None = None  # read only if one line alone does not decide
    side: Side | None = None  # None until the first tag line
    tag: str | None = None  # the last tag line, unless it has closed an article that began with it
    place = 1
    doubtful = False  # an article had two possible tags
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
            if empty is not None and not doubtful:
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
            yield _doubtful(draft, tag, name, source.limit)
            doubtful = True
        draft, tag, place = _Draft(), name, number
    if draft.first is not None:
        last = _article(draft, None if side is Side.BEHIND else tag, source.limit, place)
        if side is Side.BEHIND or (side is not None and tag is None):
            last.reason = Reason.NO_TAG
            last.detail = "the text follows the last tag line of the file. Expected a tag line such as fr-02 at its end"
        yield last
    elif tag is not None and side is not Side.BEHIND and not doubtful:
        yield _article(draft, tag, source.limit, place)


def _doubtful(draft: _Draft, before: str | None, behind: str, limit: int) -> Record:
    """Return an article whose tag may be either of two, or none."""
    record = _article(draft, None, limit, 1)
    record.reason = Reason.TAG
    between = f"between '{before}' and '{behind}'" if before is not None else f"before '{behind}'"
    record.detail = (
        f"the article stands {between} in a file that begins with a tag line, so its tag is ambiguous. "
        "Put each tag after its article, throughout the file"
    )
    return record


def _article(draft: _Draft, tag: str | None, limit: int, place: int) -> Record:
    record = Record(draft.first or place)
    if draft.headings:
        lines = ", ".join(f"'{heading}'" for heading in dict.fromkeys(draft.headings))
        record.note = f"read as text, because all tags of this file have another language: {lines}"
    if tag is not None:
        record.fields["tag"] = tag
    if draft.size > limit:
        record.reason, record.detail = Reason.TOO_LONG, f"the article has {too_long(draft.size, limit)}"
        record.span = (draft.offset, draft.size)
        return record
    body = b"\n".join(draft.lines)
    record.raw = body if tag is None else body + b"\n" + tag.encode("ascii") + b"\n"
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as damage:
        place = (record.place or 1) + body[: damage.start].count(b"\n")
        record.reason = Reason.ENCODING
        record.detail = f"line {place} is not UTF-8, although the rest of the file is. Save the file in UTF-8 again"
        return record
    record.fields["title"], record.fields["text"] = split_headline(text)
    return record


def split_headline(text: str) -> tuple[str | None, str]:
    r"""Split a text into headline and body: the headline is a first line that stands alone, unless it is a paragraph.

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
    alone = not second or in_lines or check_folded(headline, second, True) in ("match", "prefix")
    if not alone or (_SENTENCE_END.search(headline) and (len(headline) > 120 or _SENTENCES.search(headline))):
        return None, text
    return headline, body


FORMAT = Format("text", (".txt", ".text"), read, has_fields=False, path_has_tag=True)
