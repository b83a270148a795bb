"""Hash rows by their values and order only, so that writer, row groups and chunks do not matter."""

import hashlib
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc


class ContentHash:
    """Hash the rows of one schema, added in pieces of any size.

    Each column has two SHA-256 digests: one over the lengths (8 bytes a value, little-endian; -1 is null), one over the
    bytes of the values. A list or struct adds the digests of its inner columns. The content hash is the SHA-256 over
    the names, types and these digests.

    >>> whole, pieces = (ContentHash(pa.schema([("a", pa.string())])) for _ in range(2))
    >>> table = pa.table({"a": ["x", None, "yz"]})
    >>> whole.update(table); pieces.update(table.slice(0, 1)); pieces.update(table.slice(1))
    >>> whole.hexdigest() == pieces.hexdigest()
    True
    """

    def __init__(self, schema: pa.Schema) -> None:
        """Start without rows."""
        self._schema = schema
        self._columns = {field.name: _Column() for field in schema}

    def update(self, table: pa.Table) -> None:
        """Add rows."""
        for name, column in self._columns.items():
            for chunk in table[name].chunks:
                column.update(chunk)

    def hexdigest(self) -> str:
        """Return the hash of all rows so far."""
        whole = hashlib.sha256()
        for field in self._schema:
            whole.update(f"{field.name}\0{kind_of(field.type)}\0{self._columns[field.name].digests()}\n".encode())
        return whole.hexdigest()


def kind_of(type_: pa.DataType) -> str:
    """Name a type, whatever a writer calls the inner field of a list.

    >>> kind_of(pa.list_(pa.field("element", pa.string()))) == kind_of(pa.list_(pa.field("item", pa.string())))
    True
    """
    if pa.types.is_list(type_):
        return f"list<{kind_of(type_.value_type)}>"
    if pa.types.is_struct(type_):
        return f"struct<{', '.join(f'{field.name}: {kind_of(field.type)}' for field in type_)}>"
    return str(type_)


class _Column:
    """The hashes of a column: of its lengths, of its values, and of its inner columns (lists, structs)."""

    def __init__(self) -> None:
        self._lengths, self._values = hashlib.sha256(), hashlib.sha256()
        self._inner: dict[str, _Column] = {}

    def digests(self) -> str:
        own = f"{self._lengths.hexdigest()}\0{self._values.hexdigest()}"
        return own + "".join(f"\0{name}\0{column.digests()}" for name, column in sorted(self._inner.items()))

    def update(self, array: pa.Array) -> None:
        if pa.types.is_list(array.type):
            self._add_lengths(pc.list_value_length(array))
            self._inner.setdefault("list", _Column()).update(array.flatten())
        elif pa.types.is_struct(array.type):
            self._add_lengths(pc.if_else(pc.is_valid(array), 0, None))
            for name, inner in zip((field.name for field in array.type), array.flatten(), strict=True):
                self._inner.setdefault(name, _Column()).update(inner)
        else:
            _update(array, self._lengths, self._values)

    def _add_lengths(self, lengths: pa.Array) -> None:
        sizes = pc.fill_null(pc.cast(lengths, pa.int64()), -1)
        self._lengths.update(sizes.to_numpy(zero_copy_only=False).astype("<i8").tobytes())


def _update(array: pa.Array, lengths: Any, values: Any) -> None:
    if pa.types.is_string(array.type) or pa.types.is_large_string(array.type):
        sizes = pc.fill_null(pc.cast(pc.binary_length(array), pa.int64()), -1)
        lengths.update(sizes.to_numpy(zero_copy_only=False).astype("<i8").tobytes())
        # Null slots may hide bytes in the buffer. Without them the values are contiguous.
        present = array.drop_null() if array.null_count else array
        if len(present):
            offsets = np.frombuffer(present.buffers()[1], np.int32 if pa.types.is_string(array.type) else np.int64)
            first, last = offsets[present.offset], offsets[present.offset + len(present)]
            data = present.buffers()[2]
            if data is not None:
                values.update(memoryview(data)[first:last])
        return
    if pa.types.is_timestamp(array.type):
        array = array.cast(pa.int64())
    if pa.types.is_boolean(array.type):
        array = array.cast(pa.int8())
    if not (pa.types.is_integer(array.type) or pa.types.is_floating(array.type)):
        raise TypeError(f"no content hash for {array.type}")
    valid = pc.is_valid(array).to_numpy(zero_copy_only=False)
    lengths.update(np.where(valid, 8, -1).astype("<i8").tobytes())
    kind = "<f8" if pa.types.is_floating(array.type) else "<i8"
    values.update(array.drop_null().to_numpy(zero_copy_only=False).astype(kind).tobytes())
