"""Write locations of records as `file:line`, and paths that are not UTF-8 as text."""

import os
import re


def spelled(path: str) -> str:
    r"""Spell a path as text, whatever bytes it has. Different paths have different spellings.

    >>> spelled(os.fsdecode(b"caf\xe9.txt")), spelled("caf\\xe9.txt")
    ('caf\\xe9.txt', 'caf\\\\xe9.txt')
    """
    return os.fsencode(path).replace(b"\\", b"\\\\").decode("utf-8", "backslashreplace")


def unspelled(path: str) -> str:
    r"""Return the path of a spelling: the inverse of `spelled`.

    >>> [unspelled(spelled(path)) == path for path in ("a/\\x5c.txt", os.fsdecode(b"caf\xe9\\"), "café.txt")]
    [True, True, True]
    """

    def letter(match: re.Match[bytes]) -> bytes:
        return b"\\" if match[1] == b"\\" else bytes([int(match[1][1:], 16)])

    return os.fsdecode(re.sub(rb"\\(\\|x[0-9a-f]{2})", letter, path.encode("utf-8")))


def location_of(path: str, place: int | None) -> str:
    """Return the location of a record: its file, and its line or row.

    >>> location_of("all.jsonl", 7), location_of("a.txt", None)
    ('all.jsonl:7', 'a.txt')
    """
    return f"{path}:{place}" if place else path
