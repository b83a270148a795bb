"""What was prepared, kept: Parquet files of some thousand records, found again by the digest of their raw file.

A segment is written beside its place and renamed into it, so it is absent or whole. Its footer says which parts
of which raw files stand in it: (digest, number of the first record, how many, whether the file ends there). A large
file may thus span segments, and a build that was killed goes on behind the last record that was stored.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from builder import files
from builder.errors import BuilderError
from builder.schema import PREPARED

_PARTS = b"builder.parts"


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
        """Read the footers of what is there; what a killed build left half-written is removed."""
        self._folder = folder
        self._parts: dict[Path, list[Part]] = {}
        self._index: dict[str, list[Slice]] | None = None
        if folder.is_dir():
            for path in sorted(folder.iterdir()):
                if path.name.startswith("."):
                    path.unlink()
                elif path.suffix == ".parquet":
                    try:
                        self._parts[path] = _read_parts(path)
                    except (pa.ArrowException, OSError, KeyError, ValueError):  # damaged: as good as absent
                        path.unlink()

    def stored(self, digest: str) -> tuple[int, bool]:
        """Tell how many records of a raw file are stored without a gap, and whether that is all of it."""
        slices = self._by_digest().get(digest, [])
        return (slices[-1].part.first + slices[-1].part.records, slices[-1].part.last) if slices else (0, False)

    def records(self, digests: Iterable[str]) -> int:
        """Count the stored records of these raw files, as they were counted when they were read."""
        return sum(stored.part.records for stored in self.slices(digests))

    def add(self, table: pa.Table, parts: list[Part]) -> None:
        """Store prepared records; `parts` tell, in order, which raw files they are of."""
        name = hashlib.sha256(orjson.dumps([list(part) for part in parts])).hexdigest()[:32]
        self._write(self._folder / f"{name}.parquet", table, parts)

    def _write(self, path: Path, table: pa.Table, parts: list[Part]) -> None:
        if (counted := sum(part.records for part in parts)) != len(table):
            raise BuilderError(
                f"{counted} records were read, {len(table)} prepared. This is our fault; please report it"
            )
        table = table.cast(PREPARED).replace_schema_metadata({_PARTS: orjson.dumps([list(part) for part in parts])})
        with files.replacing(path) as beside:
            pq.write_table(table, beside, compression="zstd", compression_level=1, row_group_size=1024)
        self._parts[path] = parts
        self._index = None

    def slices(self, digests: Iterable[str]) -> Iterator[Slice]:
        """Yield where the records of these raw files stand, in the order of the digests."""
        index = self._by_digest()
        for digest in digests:
            yield from index[digest]

    def drop_gone(self, digests: set[str]) -> None:
        """Remove segments of which nothing is wanted any more, and rewrite those of which little is."""
        for path, parts in list(self._parts.items()):
            wanted = [part.digest in digests for part in parts]
            live = sum(part.records for part, want in zip(parts, wanted, strict=True) if want)
            if not any(wanted):
                path.unlink()
                del self._parts[path]
            elif live * 2 < sum(part.records for part in parts):
                table = pq.read_table(path)
                pieces, kept, start = [], [], 0
                for part, want in zip(parts, wanted, strict=True):
                    if want:
                        pieces.append(table.slice(start, part.records))
                        kept.append(part)
                    start += part.records
                self.add(pa.concat_tables(pieces), kept)
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


def _read_parts(path: Path) -> list[Part]:
    metadata = pq.read_metadata(path).metadata or {}
    return [Part(*part) for part in orjson.loads(metadata[_PARTS])]
