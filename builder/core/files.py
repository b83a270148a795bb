"""Write files atomically: to a temporary file in the same folder first, then by renaming it."""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from builder.core.errors import ReleaseError


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`; rename it to `path` at the end, or remove it after an error."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".new-", suffix=path.suffix)
    os.close(descriptor)
    beside = Path(name)
    try:
        yield beside
        with beside.open("rb") as written:
            os.fsync(written.fileno())
        beside.chmod(0o644)
        beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def point(link: Path, target: str) -> None:
    """Point a symbolic link to `target`, in one step."""
    if link.is_symlink() and os.readlink(link) == target:  # noqa: PTH115
        return
    beside = link.with_name(f".new-{link.name}")
    beside.unlink(missing_ok=True)
    beside.symlink_to(target)
    beside.replace(link)


def remove(path: Path) -> None:
    """Remove a file or folder, if it exists."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


@contextmanager
def explain_errors(path: Path) -> Iterator[None]:
    """Turn an error of the operating system below `path` into a ReleaseError of one line with advice."""
    try:
        yield
    except OSError as error:
        advice = _ADVICE.get(error.errno or 0, "Check the folder")
        raise ReleaseError(f"{error.filename or path}: {error.strerror or error}. {advice}") from error


_ADVICE = {
    13: "Allow writing there, or choose another folder with --out (OUT= for make)",
    17: "Move the file away, or choose another folder with --out",
    20: "A file has the name of a folder that the build needs. Choose another folder with --out",
    27: "Files here cannot grow that large. Choose another folder with --out",
    28: "Free some space, and build again: the build keeps prepared files and continues",
    30: "The disk is read-only. Choose another folder with --out",
    122: "Free some of the quota, and build again: the build keeps prepared files and continues",
}
