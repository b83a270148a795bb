"""Parquet: how the tables of a release are written, so that a new release repeats the bytes of the one before.

A hub that stores files in chunks by content uploads only what it has not got. So what changes must be little and stand
together: row groups are cut where a release begins or a hash of the id says so, pages where their content says so, and
what a reader skips is neither encoded nor counted in ways that spread.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from builder.core import columns

# Bytes of a column's values. Of 43 MB, one row removed uploads 4.6 % at 256 KiB and 4.2 % at 192, for 0.5 % more bytes;
# at 64 KiB 4.3 %, for 9 % more.
CHUNKING = {"min_chunk_size": 192 << 10, "max_chunk_size": 768 << 10, "norm_level": 0}
WRITER: dict[str, Any] = {
    "compression": "zstd",
    "compression_level": 3,
    "write_page_index": True,
    "use_content_defined_chunking": CHUNKING,
}
GROUP_ROWS = 2000  # about so many rows a row group
GROUP_BYTES = 64 << 20  # of text, at most, in a row group
# Columns of few values. In others a dictionary only means that a row more makes another dictionary, and so other pages.
_FEW_VALUES = frozenset(column.name for column in columns.everywhere() if column.few_values)
# They count up: their differences are alike wherever they stand.
_NUMBERED = frozenset(column.name for column in columns.everywhere() if column.counts_up)
# Columns by which nobody looks for rows; their least and greatest values would only fill the footer.
_UNSOUGHT = frozenset(column.name for column in columns.everywhere() if not column.sought)


def settings(schema: pa.Schema) -> dict[str, Any]:
    """Return the options of pyarrow's ParquetWriter for a table of the release."""
    return {
        **WRITER,
        "use_dictionary": [name for name in schema.names if name in _FEW_VALUES],
        "column_encoding": {name: "DELTA_BINARY_PACKED" for name in schema.names if name in _NUMBERED} or None,
        "write_statistics": [field.name for field in schema if _sought(field)],
    }


def _sought(field: pa.Field) -> bool:
    return field.name not in _UNSOUGHT and not (pa.types.is_floating(field.type) or pa.types.is_nested(field.type))


def write(
    table: pa.Table, path: Path, ids: Sequence[str], parts: Sequence[Any] = (), sizes: Sequence[int] = ()
) -> None:
    """Write a table in row groups (`row_groups`)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with pq.ParquetWriter(path, table.schema, **settings(table.schema)) as writer:
        for start, count in row_groups(ids, parts or [None] * len(ids), sizes or [0] * len(ids)):
            writer.write_table(table.slice(start, count).combine_chunks(), row_group_size=count)


def row_groups(ids: Sequence[str], parts: Sequence[Any], sizes: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Yield (first row, rows) of each row group: a row that comes or goes moves no cut but its own.

    A group has a quarter of GROUP_ROWS at least, but at the end, and twice as many and GROUP_BYTES of `sizes` at most.
    Within that it ends before the first row of another part (a release), behind the first id whose hash says so, or,
    where none does, behind the id of the least hash.

    >>> list(row_groups([str(number) for number in range(1200)], [0] * 800 + [1] * 400, [0] * 1200))
    [(0, 800), (800, 400)]
    """
    import xxhash

    hashes = [xxhash.xxh3_64_intdigest(id.encode()) for id in ids]
    least, start = GROUP_ROWS // 4, 0
    while start < len(ids):
        end, held, cut = start, 0, False
        while end < len(ids) and not cut and end - start < 2 * GROUP_ROWS:
            held += sizes[end]
            full = end > start and held > GROUP_BYTES
            if full or (end - start >= least and parts[end] != parts[end - 1]):
                break
            end += 1
            cut = end - start >= least and hashes[end - 1] % GROUP_ROWS == 0
        if not cut and end - start == 2 * GROUP_ROWS and end < len(ids):
            end = min(range(start + least, end + 1), key=lambda behind: hashes[behind - 1])
        yield start, end - start
        start = end
