"""The raw root: which files there are, what their bytes are, and how each is opened.

Nothing here raises for a bad file: it is a `RawFile` with a reason, or opening it raises RawError, which the
caller turns into a quarantined record.
"""

import codecs
import contextlib
import fnmatch
import hashlib
import io
import lzma
import os
import stat
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, BinaryIO, cast

import pyarrow as pa

from builder.errors import BuilderError, RawError
from builder.loaders import COMPRESSIONS, EXPECTED, FORMATS

BLOCK = 1 << 20
HELD = 32 << 20  # bytes that a decompressed file may take in memory before it goes to a temporary file
SAMPLE = 1 << 16  # bytes with letters beyond ASCII that the guess of an encoding looks at
LEAST_CONFIDENCE = 0.08  # of chardet: it gave 0.10 and more to 180 real texts in 15 encodings, 0.06 to noise
_DECOMPRESS_ERRORS = (OSError, EOFError, ValueError, zlib.error, lzma.LZMAError, pa.ArrowException)


@dataclass(frozen=True, slots=True)
class RawFile:
    """A file below the raw root; `path` is relative, parted by "/"; `reason` is set where it cannot be read."""

    path: str
    at: str  # where it is, as the system spells it
    digest: str
    size: int
    changed: int = 0  # when, in ns, by the system's clock
    reason: str | None = None
    detail: str | None = None


@dataclass(slots=True)
class Opened:
    """A raw file's content: decompressed, text in UTF-8 without BOM, and how it was encoded."""

    stream: BinaryIO
    size: int = 0  # bytes that the stream has
    encoding: str | None = None
    note: str | None = None


def scan(root: Path, ignore: tuple[str, ...]) -> list[RawFile]:
    """List all files in path order with the sha256 of path and bytes; raise BuilderError without a root."""
    if not root.is_dir():
        raise BuilderError(f"{root}: no folder of raw files. Expected one; say which with --raw (RAW= for make)")
    real_root = os.path.realpath(root)
    files = [_digested(found, root, real_root) for found in _walk(str(root), ignore)]
    return sorted(files, key=lambda file: file.path)


def _walk(folder: str, ignore: tuple[str, ...]) -> Iterator[os.DirEntry[str] | tuple[str, OSError]]:
    """Yield the files and links below a folder, and (path, error) for a folder that cannot be listed."""
    try:
        entries = list(os.scandir(folder))
    except OSError as error:
        yield folder, error
        return
    for entry in entries:
        if any(fnmatch.fnmatchcase(entry.name, pattern) for pattern in ignore):
            continue
        if entry.is_dir(follow_symlinks=False):
            yield from _walk(entry.path, ignore)
        else:
            yield entry


def _digested(found: os.DirEntry[str] | tuple[str, OSError], root: Path, real_root: str) -> RawFile:
    at = found[0] if isinstance(found, tuple) else found.path
    path = _relative(at, root)
    if isinstance(found, tuple):
        return _unreadable(
            path, at, "unreadable", f"the folder cannot be listed ({found[1].strerror}). Allow reading it"
        )
    try:
        if found.is_symlink():
            target = os.path.realpath(at)
            if not os.path.exists(target):  # noqa: PTH110
                return _unreadable(path, at, "link", "the link leads nowhere. Remove it or put its target back")
            if os.path.commonpath([real_root, target]) != real_root:
                return _unreadable(path, at, "link", "the link leaves the raw root. Copy the file in its place")
            if os.path.isdir(target):  # noqa: PTH112
                return _unreadable(
                    path, at, "link", "a link to a folder is not followed; its files are read in their place"
                )
        if not stat.S_ISREG(found.stat().st_mode):
            return _unreadable(path, at, "unreadable", "neither file nor folder. Take it away")
        with open(at, "rb", buffering=0) as stream:  # noqa: PTH123
            changed = os.fstat(stream.fileno()).st_mtime_ns
            digest = hashlib.sha256(path.encode("utf-8") + b"\0")
            size = 0
            while block := stream.read(BLOCK):
                digest.update(block)
                size += len(block)
    except OSError as error:
        return _unreadable(path, at, "unreadable", f"the file cannot be read ({error.strerror}). Allow reading it")
    if size == 0:
        detail = "the file is empty. Take it away or fill it"
        return RawFile(path, at, digest.hexdigest(), 0, changed, "empty", detail)
    if format_of(path) is None:
        detail = f"'{path.rsplit('/', 1)[-1]}' is no known format. Expected {EXPECTED}"
        return RawFile(path, at, digest.hexdigest(), size, changed, "format", detail)
    return RawFile(path, at, digest.hexdigest(), size, changed)


def _relative(path: str, root: Path) -> str:
    """Give the path below the root as text that fits into a table, whatever bytes the name has."""
    relative = os.path.relpath(path, root).replace(os.sep, "/")
    return os.fsencode(relative).decode("utf-8", "backslashreplace")


def _unreadable(path: str, at: str, reason: str, detail: str) -> RawFile:
    digest = hashlib.sha256(f"{path}\0{reason}\0{detail}".encode()).hexdigest()
    return RawFile(path, at, digest, 0, reason=reason, detail=detail)


def format_of(path: str) -> tuple[str, str | None] | None:
    """Give (extension, compression) of a path by its name; None where it is no known format.

    >>> format_of("a/agency.jsonl.gz"), format_of("fr-02.TXT"), format_of("notes.pdf"), format_of("x.gz")
    (('.jsonl', 'gzip'), ('.txt', None), None, None)
    """
    suffixes = [suffix.lower() for suffix in Path(path).suffixes[-2:]]
    compression = COMPRESSIONS.get(suffixes[-1]) if suffixes else None
    if compression:
        suffixes.pop()
    if not suffixes or suffixes[-1] not in FORMATS:
        return None
    return suffixes[-1], compression


@contextmanager
def opened(file: RawFile, max_file_bytes: int) -> Iterator[Opened]:
    """Open a raw file; raise RawError where it cannot be decompressed or decoded."""
    extension, compression = cast(tuple[str, str | None], format_of(file.path))
    with open_bytes(file) as raw, contextlib.ExitStack() as streams:
        stream = raw
        if compression is not None:
            stream = _decompress(raw, compression, max_file_bytes)
            streams.callback(stream.close)
        content = Opened(stream) if FORMATS[extension][0] == "parquet" else _decode(stream)
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
    """Unpack a stream whole, so that a broken one gives nothing instead of a part."""

    def blocks() -> Iterator[bytes]:
        size = 0
        with _packed(raw, compression) as packed:
            while block := _unpacked(packed, compression):
                size += len(block)
                if size > limit:
                    setting = f"read.max_file_bytes = {limit:,}"
                    raise RawError(f"too_large: it unpacks to more than {setting}. Raise it, or split the file")
                yield block

    return _copied(blocks())


def _unpacked(packed: IO[bytes], compression: str) -> bytes:
    try:
        return packed.read(BLOCK)
    except _DECOMPRESS_ERRORS as error:
        detail = f"no whole {compression} file ({error}). Fetch or pack it again"
        raise RawError(f"decompress: {detail}") from None


def _packed(raw: BinaryIO, compression: str) -> IO[bytes]:
    """Open the decompressor; each of them raises for a stream that is cut off."""
    if compression == "zstd":
        return cast(IO[bytes], pa.CompressedInputStream(pa.PythonFile(raw, mode="r"), "zstd"))
    if compression == "gzip":
        import gzip

        return cast(IO[bytes], gzip.GzipFile(fileobj=raw))
    if compression == "bz2":
        import bz2

        return cast(IO[bytes], bz2.BZ2File(raw))
    return cast(IO[bytes], lzma.LZMAFile(raw))


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
        raise RawError("encoding: no UTF-8, and no other encoding could be guessed. Save the file in UTF-8")
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
        raise RawError(f"encoding: not readable as {encoding} ({error}). Save the file in UTF-8") from None


def copy_span(stream: IO[bytes], span: tuple[int, int], out: io.BufferedIOBase) -> None:
    """Copy (offset, length) of a stream, block by block."""
    stream.seek(span[0])
    left = span[1]
    while left and (block := stream.read(min(BLOCK, left))):
        out.write(block)
        left -= len(block)
