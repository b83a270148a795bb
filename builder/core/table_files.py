"""Write a table to a file that the user names: Parquet, CSV or JSON Lines, by its extension."""

from pathlib import Path

import orjson
import pyarrow as pa

from builder.core.errors import BuilderError, one_line
from builder.core.files import replacing

EXTENSIONS = (".parquet", ".csv", ".jsonl")


def check_extension(path: str, option: str) -> None:
    """Raise BuilderError unless the extension of a file is known; `option` is the option that names the file.

    >>> check_extension("pairs.csv", "--out")
    """
    if not path.lower().endswith(EXTENSIONS):
        *others, last = EXTENSIONS
        expected = f"{', '.join(others)} or {last}"
        raise BuilderError(f"{option} {path}: the format is unknown. Expected a name that ends in {expected}")


def write_table(table: pa.Table, path: str) -> None:
    """Write a table to a file, in the format of its extension; replace an existing file. Raises BuilderError."""
    import pyarrow.csv
    import pyarrow.parquet as pq

    try:
        with replacing(Path(path)) as beside:
            if path.lower().endswith(".parquet"):
                pq.write_table(table, beside)
            elif path.lower().endswith(".csv"):
                pyarrow.csv.write_csv(table, beside)
            else:
                beside.write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in table.to_pylist()))
    except OSError as error:
        raise BuilderError(f"{path}: cannot be written ({one_line(error)})") from None
