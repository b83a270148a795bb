"""Split a CSV file into rows of bytes by its quotation marks, without holding a row beyond a limit in memory."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from builder.read.formats.base import Source
from builder.read.formats.lines import is_ended, pieces

START, PLAIN, QUOTED, CLOSED, WRONG = "start of a cell", "in a cell", "within quotes", "after a quote", "not CSV"
READ_TWICE = 64 << 20  # bytes of a file that may be read again because a quotation mark is never closed


@dataclass(slots=True)
class Row:
    """One or more lines that form a row; if they form none, the first line and its fault."""

    place: int  # number of its first line
    offset: int
    size: int = 0
    parts: list[bytes] = field(default_factory=list)  # its bytes, up to the limit
    state: str = START
    lines: int = 0
    first: int = 0  # bytes of the first line
    fault: str | None = None

    @property
    def whole(self) -> bytes:
        """The bytes of the row, if they are within the limit."""
        return b"".join(self.parts)

    def add(self, piece: bytes, delimiter: bytes, limit: int) -> None:
        """Add a line or a part of one."""
        self.size += len(piece)
        if self.size <= limit:
            self.parts.append(piece)
        if self.lines == 0:
            self.first = self.size
        if is_ended(piece):
            self.lines += 1
        self.state = follow(self.state, piece, delimiter)


def follow(state: str, piece: bytes, delimiter: bytes) -> str:
    r"""Return the state after a piece of a row.

    >>> follow(START, b'a,"b""', b","), follow(START, b'a,"b"\n', b","), follow(START, b'"a" b\n', b",")
    ('within quotes', 'after a quote', 'not CSV')
    >>> follow(START, b'a,"b\n', b","), follow(QUOTED, b'c",d "e"\n', b",")
    ('within quotes', 'in a cell')
    """
    if state is START and is_ended(piece) and b'"' not in piece:
        return PLAIN
    at = 0
    while at < len(piece) and state is not WRONG:
        if state is QUOTED:
            at = piece.find(b'"', at) + 1
            if not at:
                return QUOTED
            state = CLOSED
        elif state is CLOSED:
            following = piece[at : at + 1]
            if following in (b"\n", b"\r"):
                return CLOSED
            state = QUOTED if following == b'"' else START if following == delimiter else WRONG
            at += 1
        elif state is START and piece.startswith(b'"', at):
            state = QUOTED
            at += 1
        else:
            at = piece.find(delimiter, at) + 1
            if not at:
                return PLAIN
            state = START
    return state


def rows(source: Source, delimiter: bytes, place: int, offset: int, cells: int | None = None) -> Iterator[Row]:
    """Yield the rows of a stream from the line `place` at `offset` on; each should have `cells` cells.

    A line that begins no valid row becomes a row with a `fault`, and reading goes on with the next line. A quotation
    mark that is never closed costs only its own line: the lines that it seemed to enclose are read again. After
    READ_TWICE bytes of that, a line with an open quotation mark is a fault at once.
    """
    source.stream.seek(offset)
    ahead = pieces(source.stream)
    row = Row(place, offset)
    read_twice = 0
    while True:
        piece = next(ahead, b"")
        if piece:
            row.add(piece, delimiter, source.limit)
            if not is_ended(piece) or (row.state is QUOTED and read_twice < READ_TWICE):
                continue
        elif not row.size:
            return
        if row.state in (QUOTED, WRONG) or (delimiter == b"\t" and _is_many(row, cells)):
            row.fault = (
                "a quotation mark is not closed" if row.state is not WRONG or row.lines > 1 else "text after a quote"
            )
            if row.size > row.first:
                read_twice += row.size
                if row.first <= source.limit:
                    source.stream.seek(row.offset)
                    row.parts = [source.stream.read(row.first)]
                source.stream.seek(row.offset + row.first)
                ahead = pieces(source.stream)
                row.size, row.lines = row.first, 1
        yield row
        row = Row(row.place + row.lines, row.offset + row.size)


def _is_many(row: Row, cells: int | None) -> bool:
    """Tell whether each line of a row is itself a row of TSV, in which most quotation marks are plain text."""
    if row.lines < 2 or cells is None:
        return False
    return all(line.count(b"\t") == cells - 1 for line in row.whole.splitlines())
