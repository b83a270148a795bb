"""Segments: store prepared records in Parquet files of some thousand records each, by the digest of their raw file.

A segment is written to a temporary file and renamed, so it is absent or whole. Its footer lists the parts of raw files
that it has: (digest, number of the first record, how many, whether the file ends there). So a large file may span
segments, and a killed build resumes after the last stored record.

Disks rot: every page has a checksum, and the footer's checksum is the segment's name. Damaged segments are prepared
again.
"""

import hashlib
import io
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, NamedTuple

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from builder.core import files
from builder.core.errors import BuilderError
from builder.core.schema import PREPARED

_PARTS = b"builder.parts"
_PARQUET: dict[str, Any] = {
    "compression": "zstd",
    "compression_level": 1,
    "row_group_size": 1024,
    "write_page_checksum": True,
}


class SegmentError(BuilderError):
    """A segment has damaged pages: it must be dropped and its files prepared again."""


class Part(NamedTuple):
    """Consecutive records of one raw file within a segment."""

    digest: str
    first: int
    records: int
    last: bool


@dataclass(frozen=True, slots=True)
class Slice:
    """The rows of a part in a segment: `start` to `start + part.records`."""

    segment: Path
    start: int
    part: Part


class Segments:
    """The segments of one folder; the folder's name is the key of the code and settings that made them."""

    def __init__(self, folder: Path) -> None:
        """Read the footers of the folder's segments; remove damaged ones, and unfinished files of a killed build.

        `dropped` counts the damaged segments.
        """
        self.dropped = 0
        self._folder = folder
        self._parts: dict[Path, list[Part]] = {}
        self._index: dict[str, list[Slice]] | None = None
        for path in sorted(folder.iterdir()) if folder.is_dir() else []:
            if path.name.startswith("."):
                path.unlink()
            elif path.suffix == ".parquet":
                try:
                    self._parts[path] = _read_parts(path)
                except (pa.ArrowException, OSError, KeyError, ValueError):
                    self._drop(path)

    def drop_damaged(self) -> None:
        """Read all segments, and drop those with a page that was changed after it was written."""
        for path in list(self._parts):
            try:
                read(path)
            except SegmentError:
                self._drop(path)

    def _drop(self, path: Path) -> None:
        self.drop(path)
        self.dropped += 1

    def paths(self) -> list[Path]:
        """List the segments."""
        return sorted(self._parts)

    def drop(self, path: Path) -> None:
        """Remove a segment, so that its records are prepared again."""
        path.unlink(missing_ok=True)
        self._parts.pop(path, None)
        self._index = None

    def replace(self, path: Path, table: pa.Table) -> None:
        """Replace the table of a segment by another one of the same records."""
        if self.add(table, self._parts[path]) != path:
            self.drop(path)

    def stored(self, digest: str) -> tuple[int, bool]:
        """Return how many records of a raw file are stored without a gap, and whether these are all of them."""
        slices = self._by_digest().get(digest, [])
        return (slices[-1].part.first + slices[-1].part.records, slices[-1].part.last) if slices else (0, False)

    def records(self, digests: Iterable[str]) -> int:
        """Sum up how many records of these raw files the footers count."""
        return sum(stored.part.records for stored in self.slices(digests))

    def add(self, table: pa.Table, parts: list[Part]) -> Path:
        """Store prepared records in a segment and return its path; `parts` are their raw files' parts, in order."""
        if (counted := sum(part.records for part in parts)) != len(table):
            raise BuilderError(f"{counted} records read, {len(table)} prepared. This is our fault; please report it")
        metadata = {_PARTS: orjson.dumps([list(part) for part in parts])}
        written = io.BytesIO()
        pq.write_table(table.cast(PREPARED).replace_schema_metadata(metadata), written, **_PARQUET)
        path = self._folder / f"{_footer_digest(written)}.parquet"
        with files.replacing(path) as beside:
            beside.write_bytes(written.getbuffer())
        self._parts[path] = parts
        self._index = None
        return path

    def slices(self, digests: Iterable[str]) -> Iterator[Slice]:
        """Yield the slices of segments that have the records of these raw files, in the order of the digests."""
        index = self._by_digest()
        for digest in digests:
            yield from index[digest]

    def drop_gone(self, digests: set[str], wholly: bool = False) -> None:
        """Remove segments without records of these raw files; rewrite those with more records of others than of these.

        With `wholly`, rewrite every segment that has records of others.
        """
        for path, parts in list(self._parts.items()):
            wanted = [part.digest in digests for part in parts]
            live = sum(part.records for part, want in zip(parts, wanted, strict=True) if want)
            whole = sum(part.records for part in parts)
            if not any(wanted):
                path.unlink()
                del self._parts[path]
            elif live < whole if wholly else live * 2 < whole:
                self._rewrite(path, wanted)
        self._index = None

    def _rewrite(self, path: Path, wanted: list[bool]) -> None:
        """Rewrite a segment with only the wanted parts; drop it if it is damaged, so that they are prepared again."""
        try:
            table = read(path)
        except SegmentError:
            self._drop(path)
            return
        pieces, kept, start = [], [], 0
        for part, want in zip(self._parts[path], wanted, strict=True):
            if want:
                pieces.append(table.slice(start, part.records))
                kept.append(part)
            start += part.records
        if self.add(pa.concat_tables(pieces), kept) != path:
            path.unlink()
            del self._parts[path]

    def _by_digest(self) -> dict[str, list[Slice]]:
        if self._index is None:
            by_digest: dict[str, dict[int, Slice]] = defaultdict(dict)
            for path, parts in sorted(self._parts.items()):
                start = 0
                for part in parts:
                    by_digest[part.digest].setdefault(part.first, Slice(path, start, part))
                    start += part.records
            self._index = {digest: _unbroken(slices) for digest, slices in by_digest.items()}
        return self._index


def _unbroken(slices: dict[int, Slice]) -> list[Slice]:
    """Return the consecutive slices of a raw file from its first record on, up to the first gap."""
    chain: list[Slice] = []
    next_record = 0
    while (following := slices.get(next_record)) and not (chain and chain[-1].part.last):
        chain.append(following)
        next_record += following.part.records
        if following.part.records == 0:
            break
    return chain


def read(path: Path, columns: list[str] | None = None) -> pa.Table:
    """Read columns of a segment (all by default). Raises SegmentError if a page was changed after it was written."""
    try:
        with pq.ParquetFile(path, page_checksum_verification=True) as file:
            return file.read(columns)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise SegmentError(f"{path}: damaged ({' '.join(str(error).split())})") from error


def _read_parts(path: Path) -> list[Part]:
    with path.open("rb") as stream:
        if _footer_digest(stream) != path.stem:
            raise ValueError("the footer was changed after it was written")
    metadata = pq.read_metadata(path).metadata or {}
    return [Part(*part) for part in orjson.loads(metadata[_PARTS])]


def _footer_digest(stream: IO[bytes]) -> str:
    """Digest the end of a segment, from its footer on, which lists the contents and their positions."""
    stream.seek(-8, io.SEEK_END)
    length = int.from_bytes(stream.read(4), "little")
    stream.seek(-8 - length, io.SEEK_END)
    return hashlib.sha256(stream.read()).hexdigest()[:32]
