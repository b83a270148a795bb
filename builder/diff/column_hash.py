"""Hash the values of a column, to compare two datasets without holding their values in memory."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from builder.core.arrow import one_chunk

_WIDE = ((pa.types.is_floating, pa.float64()), (pa.types.is_uint64, pa.uint64()))


def hashed(column: pa.ChunkedArray) -> np.ndarray[Any, Any]:
    """Return a 64-bit hash of each value; 0 is null. Equal values of one kind have equal hashes, whatever their width.

    >>> one, other, null = hashed(pa.chunked_array([["a", "b", None]])).tolist()
    >>> one != other, null
    (True, 0)
    >>> one, other, null, _ = hashed(pa.chunked_array([[0.25, 0.5, None, 0.5]])).tolist()
    >>> one != other, null
    (True, 0)
    """
    array = one_chunk(column)
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    if pa.types.is_string_view(array.type):
        array = array.cast(pa.large_string())
    if pa.types.is_string(array.type) or pa.types.is_large_string(array.type):
        coded = array.dictionary_encode()  # hashes each distinct text once
        positions = pc.fill_null(coded.indices, len(coded.dictionary)).to_numpy(zero_copy_only=False)
        return np.asarray(np.append(of_texts(coded.dictionary.to_pylist()), np.uint64(0))[positions])
    if (
        pa.types.is_temporal(array.type) and array.type.bit_width <= 64
    ):  # dates and times are one number, intervals three
        array = array.cast(pa.int32() if array.type.bit_width == 32 else pa.int64())
    if not (pa.types.is_integer(array.type) or pa.types.is_floating(array.type) or pa.types.is_boolean(array.type)):
        return of_texts([None if value is None else repr(value) for value in array.to_pylist()])
    wide = next((type_ for kind, type_ in _WIDE if kind(array.type)), pa.int64())
    bits = pc.fill_null(array.cast(wide), 0).to_numpy(zero_copy_only=False).view(np.uint64)
    if wide == pa.uint64():  # 2**63 and above must not hash like negative numbers
        bits = np.where(bits >> np.uint64(63), ~bits * np.uint64(0xD6E8FEB86659FD93), bits)
    mixed = (bits ^ (bits >> np.uint64(32))) * np.uint64(0x9E3779B97F4A7C15)
    return np.asarray(np.where(array.is_null().to_numpy(zero_copy_only=False), np.uint64(0), mixed | np.uint64(1)))


def of_texts(values: Sequence[str | None]) -> np.ndarray[Any, Any]:
    """Return a 64-bit hash of each text; 0 is null."""
    import xxhash

    codes = (0 if value is None else xxhash.xxh3_64_intdigest(value.encode()) | 1 for value in values)
    return np.fromiter(codes, np.uint64, len(values))


class Hashes:
    """The hashes of a column, collected batch by batch; 0 (null) in the rows of files without the column."""

    def __init__(self) -> None:
        """Start without rows."""
        self.named = False
        self._pieces: list[np.ndarray[Any, Any]] = [np.zeros(0, np.uint64)]
        self._rows = 0

    def add(self, before: int, column: pa.ChunkedArray) -> None:
        """Add values; `before` is the number of rows before the first of them."""
        self._fill(before)
        self._pieces.append(hashed(column))
        self._rows += len(column)

    def whole(self, rows: int) -> np.ndarray[Any, Any]:
        """Return the hashes of all rows."""
        self._fill(rows)
        return np.concatenate(self._pieces)

    def _fill(self, rows: int) -> None:
        self._pieces.append(np.zeros(rows - self._rows, np.uint64))
        self._rows = rows
