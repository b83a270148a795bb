"""The records of a file or folder, as every check reads them: tidied and with their script, some thousand at a time."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pyarrow as pa

from builder import intake, raw, scripts, tidy
from builder.config import Read
from builder.errors import BuilderError
from builder.loaders import EXPECTED
from builder.prepare import SEGMENT_RECORDS, records_table


def tables(path: str) -> Iterator[pa.Table]:
    """Yield the records of a raw file, or of a folder of them (schema.RECORD, TIDY and the script)."""
    names = intake.field_names({})
    read = Read()
    rows = (
        row for file in _files(path) for row in intake.read(file, names, read.max_file_bytes, read.max_record_bytes)
    )
    while chunk := list(islice(rows, SEGMENT_RECORDS)):
        yield scripts.add_script(tidy.tidy(records_table(chunk)))


def _files(path: str) -> list[raw.RawFile]:
    """Give the raw files of a folder, or the one that a path names."""
    at = Path(path)
    if at.is_dir():
        return raw.scan(at, Read().ignore)
    if not at.is_file():
        raise BuilderError(f"{path}: no such file. Expected a file or a folder that a build could read")
    if raw.format_of(at.name) is None:
        raise BuilderError(f"{path}: no known format. Expected {EXPECTED}")
    status = at.stat()
    below = "/".join(at.absolute().parts[-2:])  # the folder may be the tag's language
    return [raw.RawFile(below, str(at), "", status.st_size, status.st_mtime_ns)]
