"""CSV and TSV: a header, then an article a row; the delimiter is the one that parts the header best."""

import csv
import io
import itertools
from collections.abc import Iterator

from builder.loaders.found import Found, Source
from builder.loaders.lines import too_long

DELIMITERS = (",", ";", "\t", "|")


def read(source: Source) -> Iterator[Found]:
    """Yield a row a record; `place` is the line on which it begins.

    A row that is no CSV is a record with a reason, and reading goes on with the line behind it; a quotation mark
    that is never closed takes the rest of the file with it.
    """
    csv.field_size_limit(source.limit)
    text = io.TextIOWrapper(source.stream, "utf-8", errors="surrogateescape", newline="")
    head = text.readline(source.limit)
    delimiter = "\t" if source.extension == ".tsv" else max(DELIMITERS, key=head.count)
    rows = csv.reader(itertools.chain([head], text), delimiter=delimiter, strict=True)
    header: list[str] | None = None
    try:
        while True:
            place = rows.line_num + 1
            try:
                row = next(rows)
            except StopIteration:
                return
            except csv.Error as error:
                detail = f"no CSV ({error}) from here to line {rows.line_num}. Is a quotation mark open?"
                yield Found(place, reason="csv", detail=detail)
                continue
            if not any(cell.strip() for cell in row):
                continue
            if header is None:
                header = [name.strip() for name in row]
            else:
                yield _row(place, header, row, delimiter, source.limit)
    finally:
        text.detach()


def _row(place: int, header: list[str], row: list[str], delimiter: str, limit: int) -> Found:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator="\n").writerow(row)
    raw = out.getvalue().encode("utf-8", "surrogateescape")
    if len(row) != len(header):
        detail = f"{len(row)} columns. Expected {len(header)}, as in the header ({', '.join(header)})"
        return Found(place, reason="csv", detail=detail, raw=raw)
    if len(raw) > limit:
        return Found(place, reason="too_long", detail=f"a row of {too_long(len(raw), limit)}", raw=raw)
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        detail = "the row is no UTF-8, though the rest is. Save the file in UTF-8 again"
        return Found(place, reason="encoding", detail=detail, raw=raw)
    return Found(place, fields=dict(zip(header, row, strict=True)), raw=raw)
