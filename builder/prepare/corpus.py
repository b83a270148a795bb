"""Corpus: hold all prepared records as one table without texts, in path order; fetch texts when they are needed."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from builder.core import columns
from builder.core.column import Table
from builder.core.errors import BuilderError
from builder.core.schema import PREPARED
from builder.languages.tag import id_of
from builder.prepare.segments import Segments, read

# Columns that stay in the segments.
HEAVY = tuple(column.name for column in columns.of(Table.PREPARED) if column.heavy)
LIGHT = [name for name in PREPARED.names if name not in HEAVY]


def ids_of(records: pa.Table) -> list[str | None]:
    """Return the id of each record, by its tag and collection."""
    pairs = zip(records["tag"].to_pylist(), records["collection"].to_pylist(), strict=True)
    return [id_of(tag, collection) for tag, collection in pairs]


class Corpus:
    """The prepared records of a set of raw files; `light` has one row a record, sorted by file and record."""

    def __init__(self, segments: Segments, digests: Iterable[str]) -> None:
        """Read the light columns of the raw files with these digests."""
        self.segments = segments
        wanted: dict[Path, list[tuple[int, int]]] = {}
        for stored in segments.slices(digests):
            wanted.setdefault(stored.segment, []).append((stored.start, stored.part.records))
        self._paths = sorted(wanted)
        tables, numbers, rows = [], [], []
        for number, path in enumerate(self._paths):
            kept = np.concatenate([np.arange(start, start + count) for start, count in sorted(wanted[path])])
            table = read(path, LIGHT)
            tables.append(table if np.array_equal(kept, np.arange(len(table))) else table.take(kept))
            numbers.append(np.full(len(kept), number, np.int32))
            rows.append(kept)
        schema = pa.schema([PREPARED.field(name) for name in LIGHT])
        light = pa.concat_tables(tables) if tables else schema.empty_table()
        order = light.select(["file", "record"]).append_column("index", pa.array(np.arange(len(light))))
        order = order.sort_by([("file", "ascending"), ("record", "ascending")])["index"].to_numpy()
        self.light: pa.Table = light.take(order).combine_chunks()
        self._segment = np.concatenate(numbers)[order] if numbers else np.empty(0, np.int32)
        self._row = np.concatenate(rows)[order] if rows else np.empty(0, np.int64)
        self._check_gapless()

    def _check_gapless(self) -> None:
        """Raise BuilderError unless each file's records are numbered from 0 without gaps or repetitions."""
        number = self.light["record"].to_numpy()
        file = self.light["file"].combine_chunks()
        first = np.ones(len(number), bool)
        first[1:] = pc.not_equal(file[1:], file[:-1]).to_numpy(zero_copy_only=False)
        expected = np.append(0, number[:-1] + 1)[: len(number)]
        wrong = np.flatnonzero(number != np.where(first, 0, expected))
        if len(wrong):
            location = f"{file[wrong[0]]}, record {number[wrong[0]]}"
            raise BuilderError(f"{location}: does not follow the record before it. This is our fault; please report it")

    def replace(self, rows: Sequence[int], path: Path) -> None:
        """Replace rows with the records of a file (schema.PREPARED, in the order of `rows`)."""
        self._segment[np.asarray(rows)] = len(self._paths)
        self._row[np.asarray(rows)] = np.arange(len(rows))
        self._paths.append(path)
        order = np.arange(len(self.light))
        order[np.asarray(rows)] = len(self.light) + np.arange(len(rows))
        self.light = pa.concat_tables([self.light, read(path, LIGHT)]).take(order).combine_chunks()

    def __len__(self) -> int:
        """Count the records."""
        return len(self.light)

    def column(self, name: str) -> list[Any]:
        """Return a light column as a list."""
        return list(self.light[name].to_pylist())

    def take(self, rows: Sequence[int], columns: list[str]) -> pa.Table:
        """Fetch any columns of these rows, in their order."""
        pieces = list(self.pieces(rows, columns))
        if not pieces:
            return pa.schema([PREPARED.field(name) for name in columns]).empty_table()
        order = np.argsort(np.concatenate([indexes for indexes, _ in pieces]), kind="stable")
        return pa.concat_tables([table for _, table in pieces]).take(order)

    def pieces(self, rows: Sequence[int], columns: list[str]) -> Iterator[tuple[np.ndarray[Any, Any], pa.Table]]:
        """Fetch columns of many rows, reading each segment once; yield indexes into `rows`, and a table of these."""
        chosen = np.asarray(rows, np.int64)
        segments = self._segment[chosen]
        order = np.argsort(segments, kind="stable")
        bounds = np.searchsorted(segments[order], np.arange(len(self._paths) + 1))
        for path, start, end in zip(self._paths, bounds[:-1], bounds[1:], strict=True):
            if end > start:
                indexes = order[start:end]
                yield indexes, read(path, columns).take(self._row[chosen[indexes]])

    def batches(self, rows: Sequence[int], columns: list[str], size: int) -> Iterator[tuple[Sequence[int], pa.Table]]:
        """Fetch columns of many rows, `size` rows at a time."""
        for start in range(0, len(rows), size):
            some = rows[start : start + size]
            yield some, self.take(some, columns)
