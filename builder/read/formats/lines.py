"""Read the lines of a byte stream without holding a line beyond a limit in memory."""

from collections.abc import Iterator
from typing import BinaryIO

BLOCK = 1 << 16  # bytes read at a time
KEPT_OF_TOO_LONG = 4096  # bytes of a line over the limit that are kept, to show how it begins


def pieces(stream: BinaryIO, form_feeds: bool = False) -> Iterator[bytes]:
    r"""Yield the lines of a stream with their ends; a line longer than a block comes in parts, the end in the last.

    A line ends with `\n`, `\r\n` or, as on old Macs, `\r`; U+2028 and U+0085 are text. With `form_feeds` a form feed
    ends a line too, and becomes `\n`.

    >>> import io
    >>> list(pieces(io.BytesIO(b"one\r\ntwo\rthree\ffour"), form_feeds=True))
    [b'one\r\n', b'two\r', b'three\n', b'four']
    """
    ahead = b""
    while block := ahead + stream.read(BLOCK):
        ahead = stream.read(1) if block.endswith(b"\r") else b""
        if ahead == b"\n" or (form_feeds and ahead == b"\f"):
            block, ahead = block + ahead, b""
        if form_feeds:
            block = block.replace(b"\f", b"\n")
        yield from block.splitlines(keepends=True)


def is_ended(piece: bytes) -> bool:
    r"""Tell whether a piece ends its line.

    >>> is_ended(b"one\r"), is_ended(b"two"), is_ended(b"")
    (True, False, False)
    """
    return piece[-1:] in (b"\n", b"\r")


def lines(stream: BinaryIO, limit: int, form_feeds: bool = False) -> Iterator[tuple[int, int, int, bytes]]:
    r"""Yield (number, offset, length, bytes) of each line without its end.

    Of a line over the limit, `bytes` has only the beginning; `length` is always that of the whole line.

    >>> import io
    >>> list(lines(io.BytesIO(b"one\r\n\nlonger than ten"), 10))
    [(1, 0, 3, b'one'), (2, 5, 0, b''), (3, 6, 15, b'longer than ten')]
    """
    number, offset = 1, 0
    parts: list[bytes] = []  # of a line whose end was not read yet
    length = 0
    for piece in pieces(stream, form_feeds):
        line = piece.rstrip(b"\r\n")
        ended = len(line) != len(piece)
        if not ended or parts:
            parts.append(line)
            length += len(line)
            if length > limit:
                parts = [b"".join(parts)[:KEPT_OF_TOO_LONG]]
            if ended:
                yield number, offset, length, b"".join(parts)
                offset += length + len(piece) - len(line)
                number, length = number + 1, 0
                parts.clear()
            continue
        size = len(line)
        yield number, offset, size, line if size <= limit else line[:KEPT_OF_TOO_LONG]
        offset += len(piece)
        number += 1
    if parts:
        yield number, offset, length, b"".join(parts)


def too_long(length: int, limit: int) -> str:
    """Describe a record over the limit, and name the setting that raises the limit."""
    return f"{length:,} bytes. Expected at most read.max_record_bytes = {limit:,}; raise it in builder.toml"
