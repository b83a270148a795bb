"""What was prepared, kept: Parquet files of some thousand records, found again by the digest of their raw file.

A segment is written beside its place and renamed into it, so it is absent or whole. Its footer says which parts
of which raw files stand in it: (digest, number of the first record, how many, whether the file ends there). A large
file may thus span segments, and a build that was killed goes on behind the last record that was stored.

Disks rot: every page has a checksum, the footer's is the segment's name, and what does not fit is prepared again.
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
    """A segment that is damaged inside: it has to be dropped and its files prepared again."""


class Part(NamedTuple):
    """Consecutive records of one raw file within a segment."""

    digest: str
    first: int
    records: int
    last: bool


@dataclass(frozen=True, slots=True)
class Slice:
    """Where a part stands: rows `start` to `start + part.records` of a segment."""

    segment: Path
    start: int
    part: Part


class Segments:
    """The segments of one folder; the folder's name is the key of the code and settings that made them."""

    def __init__(self, folder: Path) -> None:
        """Read the footers of what is there; what a killed build left half-written is removed, as is what is damaged.

        `dropped` counts the damaged ones.
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
        """Read all that is stored, and drop every segment of which a page is not as it was written."""
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
        """Put another table of the same records in the place of a segment's."""
        if self.add(table, self._parts[path]) != path:
            self.drop(path)

    def stored(self, digest: str) -> tuple[int, bool]:
        """Tell how many records of a raw file are stored without a gap, and whether that is all of it."""
        slices = self._by_digest().get(digest, [])
        return (slices[-1].part.first + slices[-1].part.records, slices[-1].part.last) if slices else (0, False)

    def records(self, digests: Iterable[str]) -> int:
        """Count the stored records of these raw files, as they were counted when they were read."""
        return sum(stored.part.records for stored in self.slices(digests))

    def add(self, table: pa.Table, parts: list[Part]) -> Path:
        """Store prepared records, and tell where; `parts` tell, in order, which raw files they are of."""
        if (counted := sum(part.records for part in parts)) != len(table):
            raise BuilderError(f"{counted} records read, {len(table)} prepared. This is our fault; please report it")
        said = {_PARTS: orjson.dumps([list(part) for part in parts])}
        whole = io.BytesIO()
        pq.write_table(table.cast(PREPARED).replace_schema_metadata(said), whole, **_PARQUET)
        path = self._folder / f"{_footer_digest(whole)}.parquet"
        with files.replacing(path) as beside:
            beside.write_bytes(whole.getbuffer())
        self._parts[path] = parts
        self._index = None
        return path

    def slices(self, digests: Iterable[str]) -> Iterator[Slice]:
        """Yield where the records of these raw files stand, in the order of the digests."""
        index = self._by_digest()
        for digest in digests:
            yield from index[digest]

    def drop_gone(self, digests: set[str], wholly: bool = False) -> None:
        """Remove segments of which nothing is wanted any more, and rewrite those of which little is.

        With `wholly` all are rewritten that have anything that is not.
        """
        for path, parts in list(self._parts.items()):
            wanted = [part.digest in digests for part in parts]
            live = sum(part.records for part, want in zip(parts, wanted, strict=True) if want)
            whole = sum(part.records for part in parts)
            little = live < whole if wholly else live * 2 < whole
            if not any(wanted):
                path.unlink()
                del self._parts[path]
            elif little:
                try:
                    table = read(path)
                except SegmentError:  # the next build prepares again what is wanted of it
                    self._drop(path)
                    continue
                pieces, kept, start = [], [], 0
                for part, want in zip(parts, wanted, strict=True):
                    if want:
                        pieces.append(table.slice(start, part.records))
                        kept.append(part)
                    start += part.records
                if self.add(pa.concat_tables(pieces), kept) != path:
                    path.unlink()
                    del self._parts[path]
        self._index = None

    def _by_digest(self) -> dict[str, list[Slice]]:
        if self._index is None:
            found: dict[str, dict[int, Slice]] = defaultdict(dict)
            for path, parts in sorted(self._parts.items()):
                start = 0
                for part in parts:
                    found[part.digest].setdefault(part.first, Slice(path, start, part))
                    start += part.records
            self._index = {digest: _unbroken(slices) for digest, slices in found.items()}
        return self._index


def _unbroken(slices: dict[int, Slice]) -> list[Slice]:
    """Give the slices that follow upon one another from the first record on."""
    chain: list[Slice] = []
    next_record = 0
    while (following := slices.get(next_record)) and not (chain and chain[-1].part.last):
        chain.append(following)
        next_record += following.part.records
        if following.part.records == 0:
            break
    return chain


def read(path: Path, columns: list[str] | None = None) -> pa.Table:
    """Read columns of a segment (all by default); raise SegmentError where a page is not as it was written."""
    try:
        with pq.ParquetFile(path, page_checksum_verification=True) as file:
            return file.read(columns)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise SegmentError(f"{path}: damaged ({' '.join(str(error).split())})") from error


def _read_parts(path: Path) -> list[Part]:
    with path.open("rb") as stream:
        if _footer_digest(stream) != path.stem:
            raise ValueError("the footer is not as it was written")
    metadata = pq.read_metadata(path).metadata or {}
    return [Part(*part) for part in orjson.loads(metadata[_PARTS])]


def _footer_digest(stream: IO[bytes]) -> str:
    """Digest the footer, which says what stands in a segment and where, up to its end."""
    stream.seek(-8, io.SEEK_END)
    length = int.from_bytes(stream.read(4), "little")
    stream.seek(-8 - length, io.SEEK_END)
    return hashlib.sha256(stream.read()).hexdigest()[:32]
