"""Lines of a byte stream, none of them held beyond a limit."""

from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

KEPT_OF_TOO_LONG = 4096  # bytes of a line over the limit that are kept to show what it was


class Line(NamedTuple):
    """A line without its end; of one over the limit `bytes` is only the beginning, `length` is true."""

    number: int
    offset: int
    length: int
    bytes: bytes


def lines(stream: BinaryIO, limit: int) -> Iterator[Line]:
    r"""Yield the lines of a stream; `\n` and `\r\n` end one, U+2028 and U+0085 are text.

    >>> import io
    >>> for line in lines(io.BytesIO(b"one\r\n\nlonger than ten"), 10):
    ...     print(tuple(line))
    (1, 0, 3, b'one')
    (2, 5, 0, b'')
    (3, 6, 15, b'longer than ')
    """
    number, offset = 0, 0
    while part := stream.readline(limit + 2):
        number += 1
        start, size = offset, len(part)
        kept = part
        while not part.endswith(b"\n") and (part := stream.readline(1 << 20)):
            kept = kept[:KEPT_OF_TOO_LONG]
            size += len(part)
        offset += size
        end = 2 if part.endswith(b"\r\n") else 1 if part.endswith(b"\n") else 0
        whole = len(kept) == size
        yield Line(number, start, size - end, kept[: size - end] if whole else kept)


def too_long(length: int, limit: int) -> str:
    """Say that a record is over the limit, and which setting moves it."""
    return f"{length:,} bytes. Expected at most read.max_record_bytes = {limit:,}; raise it in builder.toml"
