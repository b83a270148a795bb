"""Rows of every kind of value that a release has, and files of them by three releases of pyarrow.

The files beside this one were written by 24.0.0, 25.0.1 and 26.0.1, each by `python -m tests.writers FILE`.
"""

import sys
from datetime import UTC, datetime

import pyarrow as pa
import pyarrow.parquet as pq

ROWS = [
    {
        "id": f"fr-{number:02}",
        "text": None
        if number % 7 == 3
        else "Le budget est voté à une voix près. " * (number % 5) + "日本語 \N{CRAB} é",
        "date": None if number % 4 == 1 else datetime(2024, 1, 1 + number, 12, 30, 0, number, UTC),
        "count": None if number % 5 == 2 else number - 20,
        "share": None if number % 6 == 4 else number / 7,
        "matches": None if number % 3 == 2 else number % 2 == 0,
        "languages": None if number % 8 == 5 else [None if part % 3 == 2 else f"l{part}" for part in range(number % 4)],
        "spans": [
            {"start": part, "end": part + number, "language": None if part else "es"} for part in range(number % 3)
        ],
        "keys": [2**63 + number] if number % 2 else None,
    }
    for number in range(28)
]
SCHEMA = pa.schema(
    [
        ("id", pa.string()),
        ("text", pa.string()),
        ("date", pa.timestamp("us", tz="UTC")),
        ("count", pa.int32()),
        ("share", pa.float32()),
        ("matches", pa.bool_()),
        ("languages", pa.list_(pa.string())),
        ("spans", pa.list_(pa.struct([("start", pa.int32()), ("end", pa.int32()), ("language", pa.string())]))),
        ("keys", pa.list_(pa.uint64())),
    ]
)


def table() -> pa.Table:
    """Give the rows as a table."""
    return pa.Table.from_pylist(ROWS, SCHEMA)


if __name__ == "__main__":
    pq.write_table(table(), sys.argv[1], row_group_size=5, compression="zstd", use_content_defined_chunking=True)
