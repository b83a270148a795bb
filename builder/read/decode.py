"""Open raw files: decompress them, and recode text from any encoding to UTF-8."""

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


MAX_IN_MEMORY = 32 << 20  # bytes of a decompressed file; a larger one goes to a temporary file
SAMPLE = 1 << 16  # bytes, of lines beyond ASCII, from which an encoding is guessed
LEAST_CONFIDENCE = 0.08  # chardet gave at least 0.10 to 180 real texts in 15 encodings, and 0.06 to noise
_DECOMPRESS_ERRORS = (OSError, EOFError, ValueError, zlib.error, lzma.LZMAError, pa.ArrowException)


@dataclass(slots=True)
class Opened:
    """A raw file's content: decompressed, text in UTF-8 without BOM, and its original encoding."""

    stream: BinaryIO
    size: int = 0  # bytes in the stream
    encoding: str | None = None
    note: str | None = None


@contextmanager
def opened(file: RawFile, max_file_bytes: int) -> Iterator[Opened]:
    """Open a raw file; raise RawError if it cannot be decompressed or decoded."""
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
    """Open a raw file without decoding it; raise BuilderError if it has changed since it was digested."""
    with Path(file.at).open("rb") as stream:
        _check_unchanged(file)
        yield stream
        _check_unchanged(file)


def _check_unchanged(file: RawFile) -> None:
    now = Path(file.at).stat()
    if (now.st_size, now.st_mtime_ns) != (file.size, file.changed):
        raise BuilderError(f"{file.path}: the file changed while it was being read. Build again")


def _decompress(raw: BinaryIO, compression: str, limit: int) -> BinaryIO:
    """Decompress the whole file first, so that a broken file yields nothing instead of a part.

    A file may have several streams, one after another, each padded with zero bytes. Other bytes after a stream may be
    a damaged stream with records in it, so the file is refused, even where the format's own tool would accept it.
    """

    def blocks() -> Iterator[bytes]:
        size = 0
        decompressed = _decompressed(raw, compression)
        while block := _next(decompressed, compression):
            size += len(block)
            if size > limit:
                setting = f"read.max_file_bytes = {limit:,}"
                raise RawError(
                    Reason.TOO_LARGE,
                    f"the file decompresses to more than {setting}. Raise the limit, or split the file",
                )
            yield block

    return _copied(blocks())


def _next(decompressed: Iterator[bytes], compression: str) -> bytes:
    try:
        return next(decompressed, b"")
    except _DECOMPRESS_ERRORS as error:
        detail = f"the {compression} file is damaged or incomplete ({error}). Download or compress it again"
        raise RawError(Reason.DECOMPRESS, detail) from None


def _decompressed(raw: BinaryIO, compression: str) -> Iterator[bytes]:
    """Yield a file's decompressed bytes in blocks; raise one of _DECOMPRESS_ERRORS where it is cut off or damaged."""
    if compression == "bz2":
        import bz2

        return _streams(raw, bz2.BZ2Decompressor)
    if compression == "xz":
        return _streams(raw, lzma.LZMADecompressor)
    if compression == "gzip":
        import gzip

        reader = cast(IO[bytes], gzip.GzipFile(fileobj=raw))
    else:
        reader = cast(IO[bytes], pa.CompressedInputStream(pa.PythonFile(raw, mode="r"), "zstd"))
    return iter(lambda: reader.read(BLOCK), b"")


def _streams(raw: BinaryIO, new: Callable[[], "bz2.BZ2Decompressor | lzma.LZMADecompressor"]) -> Iterator[bytes]:
    """Yield the decompressed bytes of each stream of a file, and skip the zero bytes after it.

    Python's file objects would not do: they silently ignore foreign bytes after a stream, and report the padding of xz
    as a broken stream.
    """
    left = raw.read(BLOCK)
    first = True
    while left:
        stream = new()
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
            raise ValueError(f"the bytes after its compressed content are damaged or foreign: {error}") from None
        left, first = stream.unused_data.lstrip(b"\0"), False
        while not left and (more := raw.read(BLOCK)):
            left = more.lstrip(b"\0")


def _decode(stream: BinaryIO) -> Opened:
    """Recode text to UTF-8: from the encoding of its byte-order mark, else from a guessed one, unless it is UTF-8."""
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
    # Text in another encoding is almost never valid UTF-8 by chance; a few bad bytes are damage, not an encoding.
    if max(broken, 0) * 20 <= beyond:
        return Opened(stream, encoding="utf-8 (damaged)" if broken > 0 else "utf-8")
    encoding = _guess(stream)
    stream.seek(0)
    recoded = _recode(stream, encoding)
    note = f"not UTF-8; its encoding was guessed as {encoding}"
    return Opened(recoded, encoding=f"{encoding} (guessed)", note=note)


def _after(stream: BinaryIO) -> BinaryIO:
    """Copy the rest of a stream, so that offsets count from there."""
    return _copied(iter(lambda: stream.read(BLOCK), b""))


def _copied(blocks: Iterator[bytes]) -> BinaryIO:
    """Copy blocks to a temporary file, which stays in memory while it is small."""
    out = tempfile.SpooledTemporaryFile(max_size=MAX_IN_MEMORY)  # noqa: SIM115
    try:
        for block in blocks:
            out.write(block)
        out.seek(0)
    except BaseException:
        out.close()
        raise
    return cast(BinaryIO, out)


def _count_damage(stream: BinaryIO) -> tuple[int, int]:
    """Count the invalid sequences of UTF-8, and the characters beyond ASCII."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    broken = beyond = 0
    while True:
        block = stream.read(BLOCK)
        text = decoder.decode(block, final=not block)
        if not text.isascii():
            beyond += len(text) - len(text.encode("ascii", "ignore"))
            broken += text.count("\ufffd") - block.count(b"\xef\xbf\xbd")  # the file itself may contain U+FFFD
        if not block:
            return broken, beyond


def _guess(stream: BinaryIO) -> str:
    """Guess an encoding from lines that have bytes beyond ASCII; raise RawError if no guess is likely enough."""
    import chardet

    sample = bytearray()
    while line := stream.readline(SAMPLE):
        if not line.isascii():
            sample += line[: SAMPLE - len(sample)]
        if len(sample) >= SAMPLE:
            break
    guess = chardet.detect(bytes(sample))
    if guess["encoding"] is None or guess["confidence"] < LEAST_CONFIDENCE:
        raise RawError(
            Reason.ENCODING, "the file is not UTF-8, and its encoding could not be guessed. Save the file in UTF-8"
        )
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
        raise RawError(
            Reason.ENCODING, f"the file cannot be decoded as {encoding} ({error}). Save the file in UTF-8"
        ) from None


def copy_span(stream: IO[bytes], span: tuple[int, int], out: io.BufferedIOBase) -> None:
    """Copy a span (offset, length) of a stream, block by block."""
    stream.seek(span[0])
    left = span[1]
    while left and (block := stream.read(min(BLOCK, left))):
        out.write(block)
        left -= len(block)
