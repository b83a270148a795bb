"""What Arrow columns need before anything else."""

from typing import Any

import pyarrow as pa


def one_chunk(column: Any) -> pa.Array:
    """Give a column as one array, whether it is chunked or not.

    >>> one_chunk(pa.chunked_array([["a"], ["b"]])).to_pylist()
    ['a', 'b']
    """
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
