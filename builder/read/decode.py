"""What a raw file holds: decompressed, and text in UTF-8, whatever encoding it came in."""

import codecs
import contextlib
import io
import lzma
import tempfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, BinaryIO, cast

import pyarrow as pa

from builder.core.errors import BuilderError, RawError
from builder.core.terms import Reason
from builder.read.formats.base import FileType
from builder.read.formats.registry import type_of
from builder.read.scan import BLOCK, RawFile

if TYPE_CHECKING:
    import bz2


HELD = 32 << 20  # bytes that a decompressed file may take in memory before it goes to a temporary file
SAMPLE = 1 << 16  # bytes with letters beyond ASCII that the guess of an encoding looks at
LEAST_CONFIDENCE = 0.08  # of chardet: it gave 0.10 and more to 180 real texts in 15 encodings, 0.06 to noise
_DECOMPRESS_ERRORS = (OSError, EOFError, ValueError, zlib.error, lzma.LZMAError, pa.ArrowException)


@dataclass(slots=True)
class Opened:
    """A raw file's content: decompressed, text in UTF-8 without BOM, and how it was encoded."""

    stream: BinaryIO
    size: int = 0  # bytes that the stream has
    encoding: str | None = None
    note: str | None = None


@contextmanager
def opened(file: RawFile, max_file_bytes: int) -> Iterator[Opened]:
    """Open a raw file; raise RawError where it cannot be decompressed or decoded."""
    kind = cast(FileType, type_of(file.path))
    with open_bytes(file) as raw, contextlib.ExitStack() as streams:
        stream = raw
        if kind.compression is not None:
            stream = _decompress(raw, kind.compression, max_file_bytes)
            streams.callback(stream.close)
        content = _decode(stream) if kind.format.is_text else Opened(stream)
        streams.callback(content.stream.close)
        start = content.stream.tell()
        content.size = content.stream.seek(0, io.SEEK_END)
        content.stream.seek(start)
        yield content


@contextmanager
def open_bytes(file: RawFile) -> Iterator[BinaryIO]:
    """Open a raw file as it is; raise BuilderError if it is no longer as it was when it was digested."""
    with Path(file.at).open("rb") as stream:
        _check_unchanged(file)
        yield stream
        _check_unchanged(file)


def _check_unchanged(file: RawFile) -> None:
    now = Path(file.at).stat()
    if (now.st_size, now.st_mtime_ns) != (file.size, file.changed):
        raise BuilderError(f"{file.path}: it was changed while it was being read. Build again")


def _decompress(raw: BinaryIO, compression: str, limit: int) -> BinaryIO:
    """Unpack a file whole, so that a broken one gives nothing instead of a part.

    It may hold several streams, one behind the other, and zero bytes behind each. What else follows one may be a
    stream that was damaged, with records in it: then the file is refused, whatever its tool would say of it.
    """

    def blocks() -> Iterator[bytes]:
        size = 0
        unpacked = _unpacked(raw, compression)
        while block := _next(unpacked, compression):
            size += len(block)
            if size > limit:
                setting = f"read.max_file_bytes = {limit:,}"
                raise RawError(Reason.TOO_LARGE, f"it unpacks to more than {setting}. Raise it, or split the file")
            yield block

    return _copied(blocks())


def _next(unpacked: Iterator[bytes], compression: str) -> bytes:
    try:
        return next(unpacked, b"")
    except _DECOMPRESS_ERRORS as error:
        detail = f"no whole {compression} file ({error}). Fetch or pack it again"
        raise RawError(Reason.DECOMPRESS, f"{detail}") from None


def _unpacked(raw: BinaryIO, compression: str) -> Iterator[bytes]:
    """Yield what a file unpacks to, in blocks; raise one of _DECOMPRESS_ERRORS where it is cut off or damaged."""
    if compression == "bz2":
        import bz2

        return _streams(raw, bz2.BZ2Decompressor)
    if compression == "xz":
        return _streams(raw, lzma.LZMADecompressor)
    if compression == "gzip":
        import gzip

        packed = cast(IO[bytes], gzip.GzipFile(fileobj=raw))
    else:
        packed = cast(IO[bytes], pa.CompressedInputStream(pa.PythonFile(raw, mode="r"), "zstd"))
    return iter(lambda: packed.read(BLOCK), b"")


def _streams(raw: BinaryIO, unpacker: Callable[[], "bz2.BZ2Decompressor | lzma.LZMADecompressor"]) -> Iterator[bytes]:
    """Yield what each stream of a file unpacks to, and pass over the zero bytes behind it.

    The file objects of Python stop without a word at what is no stream, and take the padding of xz for a broken one.
    """
    left = raw.read(BLOCK)
    first = True
    while left:
        stream = unpacker()
        try:
            while not stream.eof:
                block = stream.decompress(left, BLOCK)
                if block:
                    yield block
                left = raw.read(BLOCK) if stream.needs_input and not stream.eof else b""
                if stream.needs_input and not stream.eof and not left:
                    raise EOFError("it ends before its end-of-stream marker")
        except (OSError, lzma.LZMAError) as error:
            if first:
                raise
            raise ValueError(f"what follows its compressed content is damaged or foreign: {error}") from None
        left, first = stream.unused_data.lstrip(b"\0"), False
        while not left and (more := raw.read(BLOCK)):
            left = more.lstrip(b"\0")


def _decode(stream: BinaryIO) -> Opened:
    """Give the text in UTF-8: as it is, by its byte-order mark, or by a guess."""
    head = stream.read(4)
    stream.seek(0)
    if head.startswith(codecs.BOM_UTF8):
        stream.seek(3)
        return Opened(_after(stream), encoding="utf-8-sig")
    for mark, encoding in (
        (codecs.BOM_UTF32_LE, "utf-32"),
        (codecs.BOM_UTF32_BE, "utf-32"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if head.startswith(mark):
            return Opened(_recode(stream, encoding), encoding=encoding)
    broken, beyond = _count_damage(stream)
    stream.seek(0)
    # Text in another encoding is hardly ever valid UTF-8 by chance; a few bad bytes are damage, not an encoding.
    if max(broken, 0) * 20 <= beyond:
        return Opened(stream, encoding="utf-8 (damaged)" if broken > 0 else "utf-8")
    encoding = _guess(stream)
    stream.seek(0)
    recoded = _recode(stream, encoding)
    note = f"no UTF-8; its encoding was guessed as {encoding}"
    return Opened(recoded, encoding=f"{encoding} (guessed)", note=note)


def _after(stream: BinaryIO) -> BinaryIO:
    """Give what is left of a stream, as a stream whose offsets begin there."""
    return _copied(iter(lambda: stream.read(BLOCK), b""))


def _copied(blocks: Iterator[bytes]) -> BinaryIO:
    """Copy blocks to a temporary file, which stays in memory while it is small."""
    out = tempfile.SpooledTemporaryFile(max_size=HELD)  # noqa: SIM115
    try:
        for block in blocks:
            out.write(block)
        out.seek(0)
    except BaseException:
        out.close()
        raise
    return cast(BinaryIO, out)


def _count_damage(stream: BinaryIO) -> tuple[int, int]:
    """Count the places that are no UTF-8, and the characters beyond ASCII."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    broken = beyond = 0
    while True:
        block = stream.read(BLOCK)
        text = decoder.decode(block, final=not block)
        if not text.isascii():
            beyond += len(text) - len(text.encode("ascii", "ignore"))
            broken += text.count("\ufffd") - block.count(b"\xef\xbf\xbd")  # some are really there
        if not block:
            return broken, beyond


def _guess(stream: BinaryIO) -> str:
    """Guess an encoding from lines that have bytes beyond ASCII; raise RawError where there is no telling."""
    import chardet

    sample = bytearray()
    while line := stream.readline(SAMPLE):
        if not line.isascii():
            sample += line[: SAMPLE - len(sample)]
        if len(sample) >= SAMPLE:
            break
    guess = chardet.detect(bytes(sample))
    if guess["encoding"] is None or guess["confidence"] < LEAST_CONFIDENCE:
        raise RawError(Reason.ENCODING, "no UTF-8, and no other encoding could be guessed. Save the file in UTF-8")
    return str(guess["encoding"]).lower()


def _recode(stream: BinaryIO, encoding: str) -> BinaryIO:
    def blocks() -> Iterator[bytes]:
        decoder = codecs.getincrementaldecoder(encoding)("strict")
        while True:
            block = stream.read(BLOCK)
            yield decoder.decode(block, final=not block).encode("utf-8")
            if not block:
                return

    try:
        return _copied(blocks())
    except (UnicodeError, LookupError) as error:
        raise RawError(Reason.ENCODING, f"not readable as {encoding} ({error}). Save the file in UTF-8") from None


def copy_span(stream: IO[bytes], span: tuple[int, int], out: io.BufferedIOBase) -> None:
    """Copy (offset, length) of a stream, block by block."""
    stream.seek(span[0])
    left = span[1]
    while left and (block := stream.read(min(BLOCK, left))):
        out.write(block)
        left -= len(block)
