"""What every format declares, what its reader is given, and what it yields."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import BinaryIO, NamedTuple

from builder.core.terms import Reason


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
    reason: Reason | None = None
    detail: str | None = None
    raw: bytes | None = None
    span: tuple[int, int] | None = None
    note: str | None = None  # what was guessed or left out


@dataclass(frozen=True, slots=True)
class Format:
    """A format of raw files: its name in the decisions, the extensions of its files, and its reader.

    A reader takes an open source and yields its records in order. It looks at neither settings nor disk, and never
    raises for a bad record: it yields a `Record` with a reason.
    """

    name: str
    extensions: tuple[str, ...]  # in lower case, with the dot
    read: Callable[[Source], Iterator[Record]]
    is_text: bool = True  # its bytes are decoded: readers get UTF-8 without a byte-order mark
    has_fields: bool = True  # records are tables with named fields
    path_has_tag: bool = False  # the path of a file may carry the tag of its records


class FileType(NamedTuple):
    """The format of a file by its name."""

    format: Format
    extension: str
    compression: str | None  # gzip, zstd, bz2 or xz
