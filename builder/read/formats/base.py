"""What a loader is given, and what it yields."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import BinaryIO


@dataclass(slots=True)
class Source:
    """An open raw file: its bytes decompressed and, for the formats made of text, in UTF-8 without BOM."""

    stream: BinaryIO
    extension: str
    limit: int  # bytes of one record
    columns: frozenset[str]  # the field names that mean something, in lower case
    tag: str | None = None  # of a text file: the tag that its path has


@dataclass(slots=True)
class Record:
    """A record as it stands in its source: named fields, or the reason why it cannot be used.

    `place` counts lines (text, JSON Lines, CSV) or rows (Parquet) from 1. Where it cannot be used, its bytes
    are `raw`, or `span` (offset, length) of the stream where they are too many to hold, or the whole file.
    """

    place: int | None
    fields: dict[str, object] = field(default_factory=dict)
    reason: str | None = None
    detail: str | None = None
    raw: bytes | None = None
    span: tuple[int, int] | None = None
    note: str | None = None  # what was guessed or left out


Loader = Callable[[Source], Iterator[Record]]
