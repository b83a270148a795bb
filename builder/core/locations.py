"""Name the place of a record, and spell paths that are not UTF-8."""

import os
import re


def spelled(path: str) -> str:
    r"""Give a path as text that fits into a table, whatever bytes it has: two paths never give one text.

    >>> spelled(os.fsdecode(b"caf\xe9.txt")), spelled("caf\\xe9.txt")
    ('caf\\xe9.txt', 'caf\\\\xe9.txt')
    """
    return os.fsencode(path).replace(b"\\", b"\\\\").decode("utf-8", "backslashreplace")


def location_of(path: str, place: int | None) -> str:
    """Say where a record stands: its file, and its line or row there.

    >>> place_of("all.jsonl", 7), place_of("a.txt", None)
    ('all.jsonl:7', 'a.txt')
    """
    return f"{path}:{place}" if place else path


def unspelled(path: str) -> str:
    r"""Give the path that `spelled` made this text of.

    >>> [unspelled(spelled(path)) == path for path in ("a/\\x5c.txt", os.fsdecode(b"caf\xe9\\"), "café.txt")]
    [True, True, True]
    """

    def letter(found: re.Match[bytes]) -> bytes:
        return b"\\" if found[1] == b"\\" else bytes([int(found[1][1:], 16)])

    return os.fsdecode(re.sub(rb"\\(\\|x[0-9a-f]{2})", letter, path.encode("utf-8")))
