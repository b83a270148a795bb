"""Write files that are whole or absent: beside their place first, then renamed into it."""

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
    """Give a path beside `path` to write to; rename it to `path` at the end, or remove it after an error."""
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
    """Give the sha256 of a file in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def point(link: Path, target: str) -> None:
    """Make a symbolic link lead to `target`, in one step."""
    if link.is_symlink() and os.readlink(link) == target:  # noqa: PTH115
        return
    beside = link.with_name(f".new-{link.name}")
    beside.unlink(missing_ok=True)
    beside.symlink_to(target)
    beside.replace(link)


def remove(path: Path) -> None:
    """Remove a file or folder, if it is there."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


@contextmanager
def explain_errors(path: Path) -> Iterator[None]:
    """Turn an error of the system below `path` into a ReleaseError of one line with advice."""
    try:
        yield
    except OSError as error:
        where = error.filename or path
        raise ReleaseError(
            f"{where}: {error.strerror or error}. {_ADVICE.get(error.errno or 0, 'Check the folder')}"
        ) from error


_ADVICE = {
    13: "Allow writing there, or choose another folder with --out (OUT= for make)",
    17: "Take the file away, or choose another folder with --out",
    20: "A file stands where a folder is needed; choose another folder with --out",
    27: "The file may not grow that large here; choose another folder with --out",
    28: "Free some space; prepared files are kept, and the next build continues",
    30: "The disk is read-only; choose another folder with --out",
    122: "Free some of the quota; prepared files are kept, and the next build continues",
}
