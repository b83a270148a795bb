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
STALE = 15 * 60  # seconds without a renewal, after which an upload counts as dead
RENEWED = 60.0  # seconds between two renewals


@contextmanager
def hold(store: Store, token: str) -> Iterator[Callable[[], None]]:
    """Hold the lock of a folder under a token; give a function that checks, during the upload, that we still hold it.

    Both raise LockedError if another upload holds the lock. The function also raises the error of a failed renewal.
    """
    target, ended = store.below(LOCK), threading.Event()
    failed: list[Exception] = []
    if not object_store.create(target, _claim(token)):
        other = _read(target)
        if other and other["token"] != token and abs(time.time() - other["at"]) < STALE:
            raise _locked(target, other)
        object_store.write(target, _claim(token))

    def still_ours() -> None:
        if failed:
            raise failed[0]
        other = _read(target)
        if other is None or other["token"] != token:
            raise _locked(target, other)

    def renew() -> None:
        while not failed and not ended.wait(RENEWED):
            try:
                still_ours()
                object_store.write(target, _claim(token))
            except Exception as error:  # the uploading thread raises it
                failed.append(error)

    renewal = threading.Thread(target=renew, daemon=True)
    try:
        still_ours()  # two uploads may have found the lock expired
        renewal.start()
        yield still_ours
    finally:
        ended.set()
        if renewal.ident is not None:
            renewal.join()  # otherwise it might write the lock again after its removal
        with suppress(BuilderError):
            if is_left(store, token):
                object_store.remove(store, [LOCK])


def is_left(store: Store, token: str) -> bool:
    """Tell whether an upload with this token left its lock behind."""
    return (_read(store.below(LOCK)) or {}).get("token") == token


def _claim(token: str) -> bytes:
    process = {"pid": os.getpid(), "user": lock.user(), "host": socket.gethostname()}
    return orjson.dumps({"token": token, "at": time.time(), **process}, option=orjson.OPT_APPEND_NEWLINE)


def _read(target: Store) -> dict[str, Any] | None:
    try:
        claim = orjson.loads(object_store.read(target) or b"null")
        return {**claim, "at": float(claim["at"]), "token": str(claim["token"])}
    except (ValueError, KeyError, TypeError):
        return None


def _locked(target: Store, other: dict[str, Any] | None) -> LockedError:
    who = "another build"
    if other:
        who = f"process {other.get('pid')} of {other.get('user')} on {other.get('host')}"
    return LockedError(
        f"{target.shown}: {who} is uploading a release there. Build again when it is done; if it is "
        "dead, remove this object"
    )
