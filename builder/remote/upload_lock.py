"""Lock a folder of a store, so that one upload runs at a time: an object names the process that uploads.

A store that can (S3, GCS and file systems) writes the object only if it does not exist. A dead process leaves it
behind; it expires after STALE seconds, and the same work folder takes it over at once. A thread renews it, because a
single large file may take longer than STALE to upload.
"""

import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import orjson

from builder.core import lock
from builder.core.errors import BuilderError, LockedError
from builder.remote import object_store
from builder.remote.object_store import Store

LOCK = "uploading.json"
STALE = 15 * 60  # seconds without a sign of life, after which an upload is taken for dead
RENEWED = 60.0  # seconds between two signs of life


@contextmanager
def hold(place: Store, token: str) -> Iterator[Callable[[], None]]:
    """Hold the claim of a place, known by a token; give a function to call amid the upload, which looks if it is ours.

    Both raise LockedError where another upload holds it; the function also raises what a sign of life failed for.
    """
    target, ended = place.below(LOCK), threading.Event()
    failed: list[Exception] = []
    if not object_store.create(target, _said(token)):
        other = _read(target)
        if other and other["token"] != token and abs(time.time() - other["at"]) < STALE:
            raise _taken(target, other)
        object_store.write(target, _said(token))

    def still_ours() -> None:
        if failed:
            raise failed[0]
        other = _read(target)
        if other is None or other["token"] != token:
            raise _taken(target, other)

    def live() -> None:
        while not failed and not ended.wait(RENEWED):
            try:
                still_ours()
                object_store.write(target, _said(token))
            except Exception as error:  # told by the one who uploads
                failed.append(error)

    alive = threading.Thread(target=live, daemon=True)
    try:
        still_ours()  # two may have found it void
        alive.start()
        yield still_ours
    finally:
        ended.set()
        if alive.ident is not None:
            alive.join()  # or it would write a claim that is given up
        with suppress(BuilderError):
            if is_left(place, token):
                object_store.remove(place, [LOCK])


def is_left(place: Store, token: str) -> bool:
    """Tell whether an upload known by a token left its claim behind."""
    return (_read(place.below(LOCK)) or {}).get("token") == token


def _said(token: str) -> bytes:
    us = {"pid": os.getpid(), "user": lock.user(), "host": socket.gethostname()}
    return orjson.dumps({"token": token, "at": time.time(), **us}, option=orjson.OPT_APPEND_NEWLINE)


def _read(target: Store) -> dict[str, Any] | None:
    try:
        said = orjson.loads(object_store.read(target) or b"null")
        return {**said, "at": float(said["at"]), "token": str(said["token"])}
    except (ValueError, KeyError, TypeError):
        return None


def _taken(target: Store, other: dict[str, Any] | None) -> LockedError:
    who = "another build"
    if other:
        who = f"process {other.get('pid')} of {other.get('user')} on {other.get('host')}"
    return LockedError(
        f"{target.shown}: {who} uploads a release there. Build again when it is done; if it is dead, remove that object"
    )
