"""Parquet: a row a record, streamed; only the columns that mean something are read."""

from collections.abc import Iterator

import pyarrow as pa
import pyarrow.parquet as pq

from builder.errors import RawError
from builder.loaders.found import Found, Source

BATCH = 256  # rows decoded at a time


def read(source: Source) -> Iterator[Found]:
    """Yield a row a record; where a page is damaged, the rows before it stand and the rest is one record."""
    try:
        file = pq.ParquetFile(source.stream)
    except (pa.ArrowException, OSError) as error:
        raise RawError(f"parquet: no Parquet file ({error}). Write it again, or take it away") from None
    columns = [name for name in file.schema_arrow.names if name.lower() in source.columns]
    place = 0
    try:
        for batch in file.iter_batches(batch_size=BATCH, columns=columns):
            for row in batch.to_pylist():
                place += 1
                yield Found(place, fields=row)
    except (pa.ArrowException, OSError) as error:
        detail = f"damaged from this row on ({error}); rows before it were read. Write the file again"
        yield Found(place + 1, reason="parquet", detail=detail)
