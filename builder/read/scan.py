"""List and digest the files below the raw root. A file that cannot be used is a `RawFile` with a reason."""

import fnmatch
import hashlib
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from builder.core.errors import BuilderError
from builder.core.locations import spelled, unspelled
from builder.core.terms import Reason
from builder.read.formats.registry import EXPECTED, type_of

BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class RawFile:
    """A file below the raw root; `path` is relative, with "/"; `reason` is set if the file cannot be used."""

    path: str
    at: str  # the path as the system spells it
    digest: str  # sha256, in hexadecimal
    size: int  # bytes
    changed: int = 0  # time of the last change, in ns
    reason: Reason | None = None
    detail: str | None = None


def scan(root: Path, ignore: tuple[str, ...]) -> list[RawFile]:
    """List all files in the order of their paths, with the sha256 of path and bytes.

    Names that match a pattern of `ignore` are skipped. Raises BuilderError if `root` is not a folder.
    """
    if not root.is_dir():
        raise BuilderError(f"{root}: not a folder. Name the folder of raw files with --raw (RAW= for make)")
    real_root = os.path.realpath(root)
    files = [_digested(entry, root, real_root) for entry in _walk(str(root), ignore)]
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


def _digested(entry: os.DirEntry[str] | tuple[str, OSError], root: Path, real_root: str) -> RawFile:
    at = entry[0] if isinstance(entry, tuple) else entry.path
    path = _relative(at, root)
    if isinstance(entry, tuple):
        return _unreadable(
            path, at, Reason.UNREADABLE, f"the folder cannot be listed ({entry[1].strerror}). Make it readable"
        )
    try:
        if entry.is_symlink():
            target = os.path.realpath(at)
            if not os.path.exists(target):  # noqa: PTH110
                return _unreadable(
                    path, at, Reason.LINK, "the link's target does not exist. Remove the link or restore the target"
                )
            if os.path.commonpath([real_root, target]) != real_root:
                return _unreadable(
                    path, at, Reason.LINK, "the link leads out of the raw root. Replace it with a copy of the file"
                )
            if os.path.isdir(target):  # noqa: PTH112
                return _unreadable(
                    path,
                    at,
                    Reason.LINK,
                    "a link to a folder is not followed. The files of the folder are read where they are",
                )
        if not stat.S_ISREG(entry.stat().st_mode):
            return _unreadable(path, at, Reason.UNREADABLE, "neither a file nor a folder. Remove it")
        with open(at, "rb", buffering=0) as stream:  # noqa: PTH123
            changed = os.fstat(stream.fileno()).st_mtime_ns
            digest = hashlib.sha256(path.encode("utf-8") + b"\0")
            size = 0
            while block := stream.read(BLOCK):
                digest.update(block)
                size += len(block)
    except OSError as error:
        return _unreadable(path, at, Reason.UNREADABLE, f"the file cannot be read ({error.strerror}). Make it readable")
    if size == 0:
        detail = "the file is empty. Remove it or fill it"
        return RawFile(path, at, digest.hexdigest(), 0, changed, Reason.EMPTY, detail)
    if type_of(path) is None:
        detail = f"'{path.rsplit('/', 1)[-1]}' has an unknown extension. Expected {EXPECTED}"
        return RawFile(path, at, digest.hexdigest(), size, changed, Reason.FORMAT, detail)
    return RawFile(path, at, digest.hexdigest(), size, changed)


def _relative(path: str, root: Path) -> str:
    return spelled(os.path.relpath(path, root).replace(os.sep, "/"))


def below(root: Path, path: str) -> RawFile | None:
    """Return a file by its `path` below a raw root, without its digest; None if it does not exist."""
    real_root = os.path.realpath(root)
    at = os.path.realpath(os.path.join(root, unspelled(path)))  # noqa: PTH118
    if os.path.commonpath([real_root, at]) != real_root or not os.path.isfile(at):  # noqa: PTH113
        return None
    status = os.stat(at)  # noqa: PTH116
    return RawFile(path, at, "", status.st_size, status.st_mtime_ns)


def _unreadable(path: str, at: str, reason: Reason, detail: str) -> RawFile:
    digest = hashlib.sha256(f"{path}\0{reason}\0{detail}".encode()).hexdigest()
    return RawFile(path, at, digest, 0, reason=reason, detail=detail)
