"""Declare a format, the source that its reader is given, and the records that it yields."""

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
    columns: frozenset[str]  # the names of known fields, in lower case
    tag: str | None = None  # the tag in the path of a text file


@dataclass(slots=True)
class Record:
    """A record as its source has it: named fields, or the reason why it cannot be used.

    `place` counts lines (text, JSON Lines, CSV) or rows (Parquet) from 1. A record that cannot be used has its bytes in
    `raw`; if they are too many for memory, `span` (offset, length) locates them in the stream. With neither, the whole
    file is the record.
    """

    place: int | None
    fields: dict[str, object] = field(default_factory=dict)
    reason: Reason | None = None
    detail: str | None = None
    raw: bytes | None = None
    span: tuple[int, int] | None = None
    note: str | None = None  # guesses, and fields that were ignored


@dataclass(frozen=True, slots=True)
class Format:
    """A format of raw files: its name in the decisions, the extensions of its files, and its reader.

    A reader takes an open source and yields its records in order. It reads neither settings nor the disk. For a bad
    record it yields a `Record` with a reason instead of raising.
    """

    name: str
    extensions: tuple[str, ...]  # in lower case, with the dot
    read: Callable[[Source], Iterator[Record]]
    is_text: bool = True  # the reader gets UTF-8 without a byte-order mark, instead of the file's bytes
    has_fields: bool = True  # records have named fields
    path_has_tag: bool = False  # the path of a file may have the tag of its records


class FileType(NamedTuple):
    """The format of a file, as its name gives it."""

    format: Format
    extension: str
    compression: str | None  # gzip, zstd, bz2 or xz
