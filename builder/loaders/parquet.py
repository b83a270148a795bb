"""Parquet: a row a record, streamed; only the columns that mean something are read."""

from collections.abc import Iterator

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from builder.errors import RawError
from builder.loaders.found import Found, Source
from builder.loaders.lines import too_long

BATCH = 256  # rows decoded at a time


def read(source: Source) -> Iterator[Found]:
    """Yield a row a record; where a page is damaged, the rows before it stand and the rest is one record."""
    try:
        file = pq.ParquetFile(source.stream, pre_buffer=False, buffer_size=1 << 20)
    except (pa.ArrowException, OSError) as error:
        raise RawError(f"parquet: no Parquet file ({error}). Write it again, or take it away") from None
    columns = [name for name in file.schema_arrow.names if name.lower() in source.columns]
    place = 0
    try:
        for batch in file.iter_batches(batch_size=BATCH, columns=columns):
            for number in range(len(batch)):
                place += 1
                yield _row(place, batch.slice(number, 1), source.limit)
    except (pa.ArrowException, OSError) as error:
        detail = f"damaged from this row on ({error}); rows before it were read. Write the file again"
        yield Found(place + 1, reason="parquet", detail=detail)


def _row(place: int, row: pa.RecordBatch, limit: int) -> Found:
    fields: dict[str, object] = {}
    for name, column in zip(row.schema.names, row.columns, strict=True):
        try:
            fields[name] = column[0].as_py()
        except (ValueError, OverflowError, pa.ArrowException) as error:  # no UTF-8, or a time beyond the year 9999
            detail = f"the value of '{name}' cannot be read ({error}). Write the file again"
            return Found(place, reason="parquet", detail=detail, raw=orjson.dumps(fields, default=repr))
    length = sum(len(value) for value in fields.values() if isinstance(value, str | bytes))
    if length > limit:
        raw = orjson.dumps(fields, default=repr)
        return Found(place, reason="too_long", detail=f"a row of {too_long(length, limit)}", raw=raw)
    return Found(place, fields=fields)
