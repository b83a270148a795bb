"""Claim: one upload at a time to a place of a store, by an object that says who uploads.

It is written only if there is none, where a store can do that (S3, GCS and file systems can). A dead process leaves it
behind: it is void after STALE seconds, and its own workshop takes it up again at once.
"""

import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import orjson

from builder import lock, store
from builder.errors import BuilderError, LockedError
from builder.store import Store

CLAIM = "uploading.json"
STALE = 15 * 60  # seconds without a sign of life, after which an upload is taken for dead
RENEWED = 60  # seconds after which a sign of life is given


@contextmanager
def held(place: Store, token: str) -> Iterator[Callable[[], None]]:
    """Hold the claim of a place, known by a token; give a function to call amid the upload, which keeps it alive.

    Both raise LockedError where another upload holds it.
    """
    target, last = place.below(CLAIM), time.time()
    if not store.create(target, _said(token)):
        other = _read(target)
        if other and other["token"] != token and abs(time.time() - other["at"]) < STALE:
            raise _taken(target, other)
        store.write(target, _said(token))

    def still_ours() -> None:
        nonlocal last
        other = _read(target)
        if other is None or other["token"] != token:
            raise _taken(target, other)
        if time.time() - last > RENEWED:
            last = time.time()
            store.write(target, _said(token))

    try:
        still_ours()  # two may have found it void
        yield still_ours
    finally:
        with suppress(BuilderError):
            if is_left(place, token):
                store.remove(place, [CLAIM])


def is_left(place: Store, token: str) -> bool:
    """Tell whether an upload known by a token left its claim behind."""
    return (_read(place.below(CLAIM)) or {}).get("token") == token


def _said(token: str) -> bytes:
    us = {"pid": os.getpid(), "user": lock.user(), "host": socket.gethostname()}
    return orjson.dumps({"token": token, "at": time.time(), **us}, option=orjson.OPT_APPEND_NEWLINE)


def _read(target: Store) -> dict[str, Any] | None:
    try:
        said = orjson.loads(store.read(target) or b"null")
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
