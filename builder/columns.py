"""What Arrow columns need before anything else."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import pyarrow as pa


def one_chunk(column: Any) -> pa.Array:
    """Give a column as one array, whether it is chunked or not.

    >>> one_chunk(pa.chunked_array([["a"], ["b"]])).to_pylist()
    ['a', 'b']
    """
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def pieces_of(table: pa.Table) -> Callable[[Sequence[int], list[str]], Iterator[tuple[Any, pa.Table]]]:
    """Give a function that fetches columns of rows of a table, in one piece: as Corpus.pieces does of a corpus."""

    def pieces(rows: Sequence[int], columns: list[str]) -> Iterator[tuple[Any, pa.Table]]:
        if len(rows):
            yield np.arange(len(rows)), table.select(columns).take(pa.array(rows, pa.int64()))

    return pieces
