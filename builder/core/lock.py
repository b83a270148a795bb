"""Lock a work folder, so that one build runs at a time; a second one names the process that holds the lock."""

import getpass
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import orjson
from filelock import FileLock, Timeout

from builder.core.errors import LockedError


@contextmanager
def hold(folder: Path) -> Iterator[None]:
    """Hold the lock of a folder. Raises LockedError if another build holds it.

    The system frees the lock when the process ends, however it ends.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / "lock", timeout=0)
    holder = folder / "holder.json"
    try:
        lock.acquire()
    except Timeout:
        raise LockedError(f"{folder}: {_who(holder)} builds here. Wait for it, or choose another --name") from None
    try:
        process = {"pid": os.getpid(), "user": user(), "host": socket.gethostname()}
        holder.write_bytes(orjson.dumps({**process, "since": datetime.now(UTC).isoformat(timespec="seconds")}))
        yield
    finally:
        holder.unlink(missing_ok=True)
        lock.release()


def user() -> str:
    """Return the name of the user who runs this process."""
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):  # a container may run under a number without a name
        return f"user {os.getuid()}"


def _who(holder: Path) -> str:
    try:
        by = orjson.loads(holder.read_bytes())
        return f"process {by['pid']} of {by['user']} on {by['host']} (since {by['since']})"
    except (OSError, ValueError, KeyError):
        return "another process"
