"""Read the records of a file or folder for a check: tidied, with their script, some thousand at a time."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pyarrow as pa

from builder.config.sections import Read
from builder.core.errors import BuilderError
from builder.languages import scripts
from builder.prepare.prepare import SEGMENT_RECORDS, records_table
from builder.read import fields, records, scan
from builder.read.formats.registry import EXPECTED, type_of
from builder.text.clean import clean


def tables(path: str) -> Iterator[pa.Table]:
    """Yield tables of the records of a raw file, or of a folder of them (schema.RECORD, TIDY and the script)."""
    names = fields.field_names({})
    read = Read()
    rows = (
        row for file in _files(path) for row in records.read(file, names, read.max_file_bytes, read.max_record_bytes)
    )
    while chunk := list(islice(rows, SEGMENT_RECORDS)):
        yield scripts.add_script(clean(records_table(chunk)))


def _files(path: str) -> list[scan.RawFile]:
    """List the raw files of a folder, or the one file that the path names."""
    at = Path(path)
    if at.is_dir():
        return scan.scan(at, Read().ignore)
    if not at.is_file():
        raise BuilderError(f"{path}: no such file. Expected a file or a folder that a build can read")
    if type_of(at.name) is None:
        raise BuilderError(f"{path}: unknown extension. Expected {EXPECTED}")
    status = at.stat()
    below = "/".join(at.absolute().parts[-2:])  # the folder may name the tag's language
    return [scan.RawFile(below, str(at), "", status.st_size, status.st_mtime_ns)]
