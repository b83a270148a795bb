"""A hash of rows that depends on their values and order only: not on the writer, row groups or chunks."""

import hashlib
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc


class ContentHash:
    """Takes the rows of one schema, in pieces of any size.

    For each column there are two sha256: one of the lengths (8 bytes a value, little-endian; -1 is null), one of
    the values' bytes; the content hash is the sha256 of names, types and these.

    >>> whole, pieces = (ContentHash(pa.schema([("a", pa.string())])) for _ in range(2))
    >>> table = pa.table({"a": ["x", None, "yz"]})
    >>> whole.update(table); pieces.update(table.slice(0, 1)); pieces.update(table.slice(1))
    >>> whole.hexdigest() == pieces.hexdigest()
    True
    """

    def __init__(self, schema: pa.Schema) -> None:
        """Begin with no rows."""
        self._schema = schema
        self._hashes = {field.name: (hashlib.sha256(), hashlib.sha256()) for field in schema}

    def update(self, table: pa.Table) -> None:
        """Add rows."""
        for name, (lengths, values) in self._hashes.items():
            for chunk in table[name].chunks:
                _update(chunk, lengths, values)

    def hexdigest(self) -> str:
        """Give the hash of all rows so far."""
        whole = hashlib.sha256()
        for field in self._schema:
            lengths, values = self._hashes[field.name]
            whole.update(f"{field.name}\0{field.type}\0{lengths.hexdigest()}\0{values.hexdigest()}\n".encode())
        return whole.hexdigest()


def _update(array: pa.Array, lengths: Any, values: Any) -> None:
    if pa.types.is_string(array.type) or pa.types.is_large_string(array.type):
        sizes = pc.fill_null(pc.cast(pc.binary_length(array), pa.int64()), -1)
        lengths.update(sizes.to_numpy(zero_copy_only=False).astype("<i8").tobytes())
        # Null slots may hide bytes in the buffer; without them the slots' values lie side by side.
        shown = array.drop_null() if array.null_count else array
        if len(shown):
            offsets = np.frombuffer(shown.buffers()[1], np.int32 if pa.types.is_string(array.type) else np.int64)
            first, last = offsets[shown.offset], offsets[shown.offset + len(shown)]
            data = shown.buffers()[2]
            if data is not None:
                values.update(memoryview(data)[first:last])
        return
    if pa.types.is_timestamp(array.type):
        array = array.cast(pa.int64())
    if not (pa.types.is_integer(array.type) or pa.types.is_floating(array.type)):
        raise TypeError(f"no content hash for {array.type}")
    present = pc.is_valid(array).to_numpy(zero_copy_only=False)
    lengths.update(np.where(present, 8, -1).astype("<i8").tobytes())
    kind = "<f8" if pa.types.is_floating(array.type) else "<i8"
    values.update(array.drop_null().to_numpy(zero_copy_only=False).astype(kind).tobytes())
