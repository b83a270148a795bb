"""Parquet: one record per row, streamed; only columns of known fields are read."""

import contextlib
from collections.abc import Iterator

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from builder.core.errors import RawError
from builder.core.terms import Reason
from builder.read.formats.base import Format, Record, Source
from builder.read.formats.lines import too_long

BATCH = 256  # rows decoded at a time


def read(source: Source) -> Iterator[Record]:
    """Yield one record per row; if a page is damaged, the rest of the file is one record with a reason."""
    try:
        file = pq.ParquetFile(source.stream, pre_buffer=False, buffer_size=1 << 20)
    except (pa.ArrowException, OSError) as error:
        raise RawError(Reason.PARQUET, f"not a Parquet file ({error}). Write it again, or remove it") from None
    columns = [name for name in file.schema_arrow.names if name.lower() in source.columns]
    twice = sorted({name for name in columns if columns.count(name) > 1})
    if twice:
        raise RawError(
            Reason.PARQUET, f"the file has two columns named '{twice[0]}'. Rename one of them, and write the file again"
        )
    place = 0
    try:
        for batch in file.iter_batches(batch_size=BATCH, columns=columns):
            for number in range(len(batch)):
                place += 1
                yield _row(place, batch.slice(number, 1), source.limit)
    except (pa.ArrowException, OSError) as error:
        detail = f"the file is damaged from this row on ({error}); earlier rows were read. Write the file again"
        yield Record(place + 1, reason=Reason.PARQUET, detail=detail)


def _row(place: int, row: pa.RecordBatch, limit: int) -> Record:
    fields: dict[str, object] = {}
    notes: list[str] = []
    for name, column in zip(row.schema.names, row.columns, strict=True):
        try:
            value = column[0].as_py()
        except (ValueError, OverflowError, pa.ArrowException) as error:
            if pa.types.is_temporal(column.type):  # beyond the year 9999
                notes.append(f"{name} is out of range and was ignored")
                continue
            detail = f"the value of '{name}' cannot be read ({error}). Write the file again"
            return Record(place, reason=Reason.PARQUET, detail=detail, raw=orjson.dumps(fields, default=repr))
        if isinstance(value, bytes):
            with contextlib.suppress(UnicodeDecodeError):
                value = value.decode("utf-8")
        fields[name] = value
    length = sum(len(value) for value in fields.values() if isinstance(value, str | bytes))
    if length > limit:
        raw = orjson.dumps(fields, default=repr)
        return Record(place, reason=Reason.TOO_LONG, detail=f"the row has {too_long(length, limit)}", raw=raw)
    return Record(place, fields=fields, note="; ".join(notes) or None)


FORMAT = Format("parquet", (".parquet",), read, is_text=False)
