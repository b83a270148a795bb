"""The yardstick: read a JSON Lines corpus with pyarrow and write given rows of it to given Parquet files.

It imports pyarrow and nothing else that is heavy (Arrow arrays are made from buffers; from lists, they import pandas).
"""

import array
import json
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.json
import pyarrow.parquet as pq


def main() -> None:
    """Read `{"parquet": settings, "parts": {file: [row numbers]}}` from standard input; arguments: corpus, folder."""
    corpus, out = map(Path, sys.argv[1:])
    task = json.load(sys.stdin)
    table = pyarrow.json.read_json(corpus).combine_chunks()
    for name, rows in task["parts"].items():
        path = out / f"{name}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        chosen = pa.Array.from_buffers(pa.int64(), len(rows), [None, pa.py_buffer(array.array("q", rows))])
        pq.write_table(table.take(chosen), path, **task["parquet"])


if __name__ == "__main__":
    main()
