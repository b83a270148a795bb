"""Combine, evaluate and fetch Arrow columns."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import pyarrow as pa


def one_chunk(column: Any) -> pa.Array:
    """Return a column as one array, whether it is chunked or not.

    >>> one_chunk(pa.chunked_array([["a"], ["b"]])).to_pylist()
    ['a', 'b']
    """
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def evaluate(table: pa.Table, expression: Any) -> pa.Array:
    """Evaluate a Daft expression over a table; return the values in the order of its rows, on every engine.

    Rows are numbered because Ray returns those beyond the first 131,072 in any order.

    >>> import daft
    >>> evaluate(pa.table({"a": [1, 2, 3]}), daft.col("a") * 2).to_pylist()
    [2, 4, 6]
    """
    import daft

    numbered = table.append_column("row", pa.array(np.arange(len(table), dtype=np.int64)))
    evaluated = daft.from_arrow(numbered).select(expression.alias("value"), daft.col("row")).to_arrow()
    values, rows = one_chunk(evaluated["value"]), one_chunk(evaluated["row"]).to_numpy()
    return values if np.all(rows[1:] > rows[:-1]) else values.take(pa.array(np.argsort(rows)))


def pieces_of(table: pa.Table) -> Callable[[Sequence[int], list[str]], Iterator[tuple[Any, pa.Table]]]:
    """Return a function that fetches columns of rows from a table in memory, like Corpus.pieces from segments."""

    def pieces(rows: Sequence[int], columns: list[str]) -> Iterator[tuple[Any, pa.Table]]:
        if len(rows):
            yield np.arange(len(rows)), table.select(columns).take(pa.array(rows, pa.int64()))

    return pieces
