"""Text files: one article or many, each with its tag line at its end (or, throughout a file, at its start)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from builder.loaders.found import Found, Source
from builder.loaders.lines import lines, too_long
from builder.tag import is_tag_line
from builder.text import check_folded, is_wrapped

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

    def add(self, number: int, offset: int, line: bytes, length: int, limit: int) -> None:
        if not self.lines and not line.strip():
            return
        if self.first is None:
            self.first, self.offset = number, offset
        self.size = offset + length - self.offset
        if self.size <= limit:
            self.lines.append(line)


def read(source: Source) -> Iterator[Found]:
    """Yield the articles of a text file, with `title`, `text` and, where a line tells it, `tag`."""
    draft = _Draft()
    found_any = tag_first = False
    tag: str | None = None
    tag_place = 1
    for number, offset, length, line in _lines(source):
        candidate = line.strip()
        is_tag = 0 < len(candidate) <= 64 and is_tag_line(candidate.decode("ascii", "replace"))
        if not is_tag:
            draft.add(number, offset, line, length, source.limit)
            continue
        name = candidate.decode("ascii")
        if not found_any and tag is None and draft.first is None:
            tag_first, tag, tag_place = True, name, number
            continue
        if tag_first:
            if draft.first is not None or name != tag:
                yield _article(draft, tag, source.limit, number)
                found_any, draft = True, _Draft()
            tag, tag_place = None if name == tag else name, number
        else:
            yield _article(draft, name, source.limit, number)
            found_any, draft = True, _Draft()
    if draft.first is not None or tag is not None:
        last = _article(draft, tag, source.limit, tag_place)
        if found_any and tag is None:
            last.reason = "no_tag"
            last.detail = "text behind the last tag line of the file. Expected a tag line such as fr-02 at its end"
        yield last


def _lines(source: Source) -> Iterator[tuple[int, int, int, bytes]]:
    """Yield (number, offset, length, line), with the line ends of old Macs too."""
    number = 0
    for line in lines(source.stream, source.limit):
        offset = line.offset
        for part in line.bytes.split(b"\r") if b"\r" in line.bytes else (line.bytes,):
            number += 1
            yield number, offset, line.length if line.length > source.limit else len(part), part
            offset += len(part) + 1


def _article(draft: _Draft, tag: str | None, limit: int, place: int) -> Found:
    found = Found(draft.first or place)
    if tag is not None:
        found.fields["tag"] = tag
    if draft.size > limit:
        found.reason, found.detail = "too_long", f"an article of {too_long(draft.size, limit)}"
        found.span = (draft.offset, draft.size)
        return found
    body = b"\n".join(draft.lines)
    found.raw = body if tag is None else body + b"\n" + tag.encode("ascii") + b"\n"
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as damage:
        place = (found.place or 1) + body[: damage.start].count(b"\n")
        found.reason = "encoding"
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
