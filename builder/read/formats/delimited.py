"""CSV and TSV: a header, then one article per row; the delimiter is the one that occurs most in the header."""

import csv
import re
from collections.abc import Iterator

from builder.core.terms import Reason
from builder.read.formats.base import Format, Record, Source
from builder.read.formats.delimited_rows import Row, rows
from builder.read.formats.lines import lines, too_long

DELIMITERS = (b",", b";", b"\t", b"|")
_QUOTED = re.compile(rb'"[^"]*(?:"|$)')


def read(source: Source) -> Iterator[Record]:
    """Yield one record per row; `place` is the line on which the row begins.

    An invalid row becomes a record with a reason, and reading goes on with the next line. Most TSV has no quoting, so
    there a row with wrong quotation marks still counts if its tabs make as many columns as the header has. If no column
    of the header is known, the whole file is one record with a reason.
    """
    csv.field_size_limit(source.limit)
    begun = _begin(source)
    if begun is None:
        return
    place, offset, delimiter = begun
    head = next(rows(source, delimiter, place, offset))
    header, fault = _header(head, delimiter, source)
    if fault is not None:
        yield Record(None, reason=Reason.CSV, detail=fault)
        return
    for row in rows(source, delimiter, head.place + head.lines, head.offset + head.size, len(header)):
        record = _row(row, header, delimiter, source.limit)
        if record is not None:
            yield record


def _begin(source: Source) -> tuple[int, int, bytes] | None:
    """Find the header's line, its offset and the delimiter; None if the file is blank."""
    declared: bytes | None = None
    for place, offset, _, line in lines(source.stream, source.limit):
        if line.startswith(b"sep="):  # Excel declares its delimiter like this
            declared = line[4:5] if line[4:5] in DELIMITERS else None
        elif line.strip():
            outside = _QUOTED.sub(b"", line)
            if source.extension == ".tsv" and b"\t" in outside:
                declared = b"\t"
            return place, offset, declared or max(DELIMITERS, key=outside.count)
    return None


def _header(head: Row, delimiter: bytes, source: Source) -> tuple[list[str], str | None]:
    """Return the names of the columns, or none and the fault."""
    fact = f"line {head.place} is not a header"
    advice = "Expected the names of the columns. Correct that line"
    if head.fault is not None:
        return [], f"{fact} ({head.fault}). {advice}"
    if head.size > source.limit:
        return [], f"{fact} ({head.size:,} bytes long). {advice}"
    try:
        header = [name.strip() for name in _cells(head.whole, delimiter)]
    except (csv.Error, UnicodeDecodeError) as error:
        return [], f"{fact} ({error}). {advice}"
    if source.columns.isdisjoint(name.lower() for name in header):
        names = ", ".join(header)
        shown = names if len(names) <= 80 else names[:77] + "..."
        return [], (
            f"the first row ({shown}) names no known column. Expected a header with names such as tag, title and text; "
            "add one, or map the names of the columns under [fields] in builder.toml"
        )
    return header, None


def _cells(row: bytes, delimiter: bytes) -> list[str]:
    return next(csv.reader([row.decode("utf-8")], delimiter=delimiter.decode("ascii"), strict=True))


def _row(row: Row, header: list[str], delimiter: bytes, limit: int) -> Record | None:
    """Read a row as a record; None if all its cells are blank."""
    record = Record(row.place)
    if row.size > limit:
        record.reason, record.detail = Reason.TOO_LONG, f"the row has {too_long(row.size, limit)}"
        record.span = (row.offset, row.size)
        return record
    record.raw = row.whole
    fault = row.fault
    try:
        if fault is not None and delimiter == b"\t":
            cells = record.raw.decode("utf-8").rstrip("\r\n").split("\t")
            if len(cells) == len(header):
                fault, record.note = None, "quotation marks were read as text"
        elif fault is None:
            cells = _cells(record.raw, delimiter)
    except UnicodeDecodeError:
        record.reason = Reason.ENCODING
        record.detail = "the row is not UTF-8, although the rest of the file is. Save the file in UTF-8 again"
        return record
    except csv.Error as error:
        fault = str(error)
    if fault is not None:
        record.reason, record.detail = (
            Reason.CSV,
            f"the row is not valid CSV ({fault}). Double the quotation marks within a cell",
        )
        return record
    if not any(cell.strip() for cell in cells):
        return None
    if len(cells) != len(header):
        record.reason = Reason.CSV
        record.detail = (
            f"the row has {len(cells)} columns. Expected {len(header)}, as in the header ({', '.join(header)})"
        )
        return record
    for name, cell in zip(header, cells, strict=True):
        record.fields[name] = record.fields.get(name) or cell
    return record


FORMAT = Format("csv", (".csv", ".tsv"), read)
