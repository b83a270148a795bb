"""CSV and TSV: a header, then an article a row; the delimiter is the one that parts the header best."""

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
    """Yield a row a record; `place` is the line on which it begins.

    A row that is no CSV is a record with a reason, and reading goes on with the line behind it. In TSV, of which most
    has no quoting, it is a row still if its tabs make as many columns as the header has. Without a header in which a
    column is known nothing can be read: the whole file is one record with a reason.
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
        found = _row(row, header, delimiter, source.limit)
        if found is not None:
            yield found


def _begin(source: Source) -> tuple[int, int, bytes] | None:
    """Find the header's line, its offset and the delimiter; None if nothing is there."""
    said: bytes | None = None
    for place, offset, _, line in lines(source.stream, source.limit):
        if line.startswith(b"sep="):  # Excel says its delimiter so
            said = line[4:5] if line[4:5] in DELIMITERS else None
        elif line.strip():
            outside = _QUOTED.sub(b"", line)
            if source.extension == ".tsv" and b"\t" in outside:
                said = b"\t"
            return place, offset, said or max(DELIMITERS, key=outside.count)
    return None


def _header(head: Row, delimiter: bytes, source: Source) -> tuple[list[str], str | None]:
    """Give the names of the columns, or why there are none."""
    where = f"line {head.place} is no header"
    mend = "Expected the names of the columns there. Mend that line"
    if head.fault is not None:
        return [], f"{where} ({head.fault}). {mend}"
    if head.size > source.limit:
        return [], f"{where} ({head.size:,} bytes long). {mend}"
    try:
        header = [name.strip() for name in _cells(head.whole, delimiter)]
    except (csv.Error, UnicodeDecodeError) as error:
        return [], f"{where} ({error}). {mend}"
    if source.columns.isdisjoint(name.lower() for name in header):
        names = ", ".join(header)
        found = names if len(names) <= 80 else names[:77] + "..."
        return [], (
            f"no column is known by the first row ({found}). Expected a header with names such as tag, title and text; "
            "put one there, or say under [fields] in builder.toml what the columns are called"
        )
    return header, None


def _cells(row: bytes, delimiter: bytes) -> list[str]:
    return next(csv.reader([row.decode("utf-8")], delimiter=delimiter.decode("ascii"), strict=True))


def _row(row: Row, header: list[str], delimiter: bytes, limit: int) -> Record | None:
    """Give a row as a record; None for one of which all cells are blank."""
    found = Record(row.place)
    if row.size > limit:
        found.reason, found.detail = Reason.TOO_LONG, f"a row of {too_long(row.size, limit)}"
        found.span = (row.offset, row.size)
        return found
    found.raw = row.whole
    fault = row.fault
    try:
        if fault is not None and delimiter == b"\t":
            cells = found.raw.decode("utf-8").rstrip("\r\n").split("\t")
            if len(cells) == len(header):
                fault, found.note = None, "its quotation marks were read as text"
        elif fault is None:
            cells = _cells(found.raw, delimiter)
    except UnicodeDecodeError:
        found.reason = Reason.ENCODING
        found.detail = "the row is no UTF-8, though the rest is. Save the file in UTF-8 again"
        return found
    except csv.Error as error:
        fault = str(error)
    if fault is not None:
        found.reason, found.detail = Reason.CSV, f"no CSV ({fault}). Double the quotation marks within a cell"
        return found
    if not any(cell.strip() for cell in cells):
        return None
    if len(cells) != len(header):
        found.reason = Reason.CSV
        found.detail = f"{len(cells)} columns. Expected {len(header)}, as in the header ({', '.join(header)})"
        return found
    for name, cell in zip(header, cells, strict=True):
        found.fields[name] = found.fields.get(name) or cell
    return found


FORMAT = Format("csv", (".csv", ".tsv"), read)
