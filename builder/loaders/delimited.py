"""CSV and TSV: a header, then an article a row; the delimiter is the one that parts the header best."""

import csv
import io
import itertools
from collections.abc import Iterator

from builder.loaders.found import Found, Source
from builder.loaders.lines import too_long

DELIMITERS = (",", ";", "\t", "|")


def read(source: Source) -> Iterator[Found]:
    """Yield a row a record; `place` is the line on which it ends."""
    csv.field_size_limit(source.limit)
    text = io.TextIOWrapper(source.stream, "utf-8", errors="surrogateescape", newline="")
    head = text.readline(source.limit)
    delimiter = "\t" if source.extension == ".tsv" else max(DELIMITERS, key=head.count)
    rows = csv.reader(itertools.chain([head], text), delimiter=delimiter)
    header: list[str] | None = None
    try:
        for row in rows:
            if not any(cell.strip() for cell in row):
                continue
            if header is None:
                header = [name.strip() for name in row]
            else:
                yield _row(rows.line_num, header, row, delimiter, source.limit)
    except csv.Error as error:
        detail = f"no CSV from this line on ({error}). A quotation mark may be open; rows before it were read"
        yield Found(rows.line_num, reason="csv", detail=detail)
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
