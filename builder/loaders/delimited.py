"""CSV and TSV: a header, then an article a row; the delimiter is the one that parts the header best."""

import csv
import io
import itertools
from collections.abc import Iterator

from builder.loaders.found import Found, Source
from builder.loaders.lines import too_long

DELIMITERS = (",", ";", "\t", "|")


class _Lines:
    """The lines of a text, and those of them that the row being read is made of."""

    def __init__(self, text: io.TextIOWrapper, limit: int) -> None:
        self._text, self._limit = text, limit
        self.number = 0
        self.row: list[str] = []
        self.size = 0

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        line = next(self._text)
        self.number += 1
        self.size += len(line)
        self.row.append(line if self.size <= self._limit else "")
        return line

    def begin(self) -> int:
        """Forget the lines of the last row; give the number of the next line."""
        self.row, self.size = [], 0
        return self.number + 1

    @property
    def raw(self) -> bytes:
        """The bytes of the row, up to the limit."""
        return "".join(self.row).encode("utf-8", "surrogateescape")


def read(source: Source) -> Iterator[Found]:
    """Yield a row a record; `place` is the line on which it begins.

    A row that is no CSV is a record with a reason, and reading goes on with the line behind it; a quotation mark
    that is never closed takes what follows with it, to the end of the file or the limit of a record.
    """
    csv.field_size_limit(source.limit)
    text = io.TextIOWrapper(source.stream, "utf-8", errors="surrogateescape", newline="")
    lines = _Lines(text, source.limit)
    header: list[str] | None = None
    delimiter = "\t" if source.extension == ".tsv" else None
    try:
        while True:
            place = lines.begin()
            if header is None:
                head = next(lines, None)
                if head is None:
                    return
                if not head.strip() or head.startswith("sep="):  # Excel says its delimiter so
                    continue
                delimiter = delimiter or max(DELIMITERS, key=head.count)
                rows = csv.reader(itertools.chain([head], lines), delimiter=delimiter, strict=True)
            try:
                row = next(rows)
            except StopIteration:
                return
            except csv.Error as error:
                detail = f"no CSV ({error}) from here to line {lines.number}. Is a quotation mark open?"
                yield Found(place, reason="csv", detail=detail, raw=lines.raw)
                continue
            if header is None:
                header = [name.strip() for name in row]
            elif any(cell.strip() for cell in row):
                yield _row(place, header, row, lines, source.limit)
    finally:
        text.detach()


def _row(place: int, header: list[str], row: list[str], lines: _Lines, limit: int) -> Found:
    raw = lines.raw
    if len(row) != len(header):
        detail = f"{len(row)} columns. Expected {len(header)}, as in the header ({', '.join(header)})"
        return Found(place, reason="csv", detail=detail, raw=raw)
    if lines.size > limit:
        return Found(place, reason="too_long", detail=f"a row of {too_long(lines.size, limit)}", raw=raw)
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        detail = "the row is no UTF-8, though the rest is. Save the file in UTF-8 again"
        return Found(place, reason="encoding", detail=detail, raw=raw)
    fields: dict[str, object] = {}
    for name, cell in zip(header, row, strict=True):
        fields[name] = fields.get(name) or cell
    return Found(place, fields=fields, raw=raw)
