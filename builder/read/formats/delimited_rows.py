"""The rows of a CSV file as bytes: where each ends, by its quotation marks, none of them held beyond a limit."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from builder.read.formats.base import Source
from builder.read.formats.lines import is_ended, pieces

START, PLAIN, QUOTED, CLOSED, WRONG = "a cell begins", "in a cell", "within quotes", "behind a quote", "no CSV"
READ_TWICE = 64 << 20  # bytes that may be read again, of a file, to find out that a quotation mark is never closed


@dataclass(slots=True)
class Row:
    """One or more lines that make a row; where they make none, the first of them, and why."""

    place: int  # number of its first line
    offset: int
    size: int = 0
    held: list[bytes] = field(default_factory=list)  # its bytes, if they are within the limit
    state: str = START
    lines: int = 0
    first: int = 0  # bytes of the first line
    fault: str | None = None

    @property
    def whole(self) -> bytes:
        """The bytes of the row, if they are within the limit."""
        return b"".join(self.held)

    def add(self, piece: bytes, delimiter: bytes, limit: int) -> None:
        """Add a line or a part of one."""
        self.size += len(piece)
        if self.size <= limit:
            self.held.append(piece)
        if self.lines == 0:
            self.first = self.size
        if is_ended(piece):
            self.lines += 1
        self.state = follow(self.state, piece, delimiter)


def follow(state: str, piece: bytes, delimiter: bytes) -> str:
    r"""Give the state behind a piece of a row.

    >>> follow(START, b'a,"b""', b","), follow(START, b'a,"b"\n', b","), follow(START, b'"a" b\n', b",")
    ('within quotes', 'behind a quote', 'no CSV')
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
            behind = piece[at : at + 1]
            if behind in (b"\n", b"\r"):
                return CLOSED
            state = QUOTED if behind == b'"' else START if behind == delimiter else WRONG
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
    """Yield the rows of a stream from a line on; `cells` is how many each should have.

    A line that begins no row is one with a `fault`, and reading goes on with the line behind it. A quotation mark
    that is never closed takes nothing with it, but what it seems to hold is read twice; where that was done too
    often, such a line is a fault at once.
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
            row.fault = "a quotation mark is open" if row.state is not WRONG or row.lines > 1 else "text behind a quote"
            if row.size > row.first:
                read_twice += row.size
                if row.first <= source.limit:
                    source.stream.seek(row.offset)
                    row.held = [source.stream.read(row.first)]
                source.stream.seek(row.offset + row.first)
                ahead = pieces(source.stream)
                row.size, row.lines = row.first, 1
        yield row
        row = Row(row.place + row.lines, row.offset + row.size)


def _is_many(row: Row, cells: int | None) -> bool:
    """Tell whether each line of a row is one of its own: in TSV quotation marks are mostly what they look like."""
    if row.lines < 2 or cells is None:
        return False
    return all(line.count(b"\t") == cells - 1 for line in row.whole.splitlines())
