"""One build at a time in a work folder; a second one is told who holds it."""

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
    """Hold the folder's lock; raise LockedError where another build does. The system frees it when we die."""
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / "lock", timeout=0)
    holder = folder / "holder.json"
    try:
        lock.acquire()
    except Timeout:
        raise LockedError(f"{folder}: {_who(holder)} is building here. Wait for it, or choose another --name") from None
    try:
        us = {"pid": os.getpid(), "user": user(), "host": socket.gethostname()}
        holder.write_bytes(orjson.dumps({**us, "since": datetime.now(UTC).isoformat(timespec="seconds")}))
        yield
    finally:
        holder.unlink(missing_ok=True)
        lock.release()


def user() -> str:
    """Give the name of who runs this."""
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):  # a container may run as a number that has no name
        return f"user {os.getuid()}"


def _who(holder: Path) -> str:
    try:
        said = orjson.loads(holder.read_bytes())
        return f"process {said['pid']} of {said['user']} on {said['host']} (since {said['since']})"
    except (OSError, ValueError, KeyError):
        return "another process"
