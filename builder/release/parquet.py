"""Write the tables of a release as Parquet, so that a new release repeats the bytes of the one before.

A hub that cuts files into chunks by content uploads only new chunks. So changed bytes must be few and close together:
row groups end where a release begins or at an id with a certain hash, page boundaries depend on the content, and only
columns that profit have a dictionary or statistics, because one changed row can change these for many others.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from builder.core import columns

# Bytes of a column's values. Measured on 43 MB with one row removed: a minimum of 256 KiB uploads 4.6 %, 192 KiB 4.2 %
# (files 0.5 % larger), 64 KiB 4.3 % (files 9 % larger).
CHUNKING = {"min_chunk_size": 192 << 10, "max_chunk_size": 768 << 10, "norm_level": 0}
WRITER: dict[str, Any] = {
    "compression": "zstd",
    "compression_level": 3,
    "write_page_index": True,
    "use_content_defined_chunking": CHUNKING,
}
GROUP_ROWS = 2000  # approximate number of rows in a row group
GROUP_BYTES = 64 << 20  # maximum bytes of text in a row group
# Columns with few values. In other columns one more row changes the dictionary, and with it the pages.
_FEW_VALUES = frozenset(column.name for column in columns.everywhere() if column.few_values)
# Columns that count up. The differences of their values do not depend on their position.
_NUMBERED = frozenset(column.name for column in columns.everywhere() if column.counts_up)
# Columns by which nobody searches for rows. Their minimum and maximum would only fill the footer.
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
    """Write a table in row groups (`row_groups`), with a part and a size in bytes for each row."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with pq.ParquetWriter(path, table.schema, **settings(table.schema)) as writer:
        for start, count in row_groups(ids, parts or [None] * len(ids), sizes or [0] * len(ids)):
            writer.write_table(table.slice(start, count).combine_chunks(), row_group_size=count)


def row_groups(ids: Sequence[str], parts: Sequence[Any], sizes: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Yield (first row, number of rows) of each row group. A new or removed row moves only the cuts beside it.

    A group has at most twice GROUP_ROWS rows and GROUP_BYTES of `sizes`. Unless it reaches that size or is the last, it
    has at least a quarter of GROUP_ROWS rows. Within these limits it ends before the first row of another part (a
    release), after the first id whose hash is divisible by GROUP_ROWS, or else after the id with the lowest hash.

    >>> list(row_groups([str(number) for number in range(1200)], [0] * 800 + [1] * 400, [0] * 1200))
    [(0, 800), (800, 400)]
    """
    import xxhash

    hashes = [xxhash.xxh3_64_intdigest(id.encode()) for id in ids]
    least, start = GROUP_ROWS // 4, 0
    while start < len(ids):
        end, size, cut = start, 0, False
        while end < len(ids) and not cut and end - start < 2 * GROUP_ROWS:
            size += sizes[end]
            full = end > start and size > GROUP_BYTES
            if full or (end - start >= least and parts[end] != parts[end - 1]):
                break
            end += 1
            cut = end - start >= least and hashes[end - 1] % GROUP_ROWS == 0
        if not cut and end - start == 2 * GROUP_ROWS and end < len(ids):
            end = min(range(start + least, end + 1), key=lambda position: hashes[position - 1])
        yield start, end - start
        start = end
