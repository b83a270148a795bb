"""Parse and bump versions of releases: three numbers, for example 1.2.0."""

import re
from functools import lru_cache

from builder.core.errors import ReleaseError

LEVELS = ("major", "minor", "patch")
_VERSION = re.compile(r"(0|[1-9][0-9]{0,8})\.(0|[1-9][0-9]{0,8})\.(0|[1-9][0-9]{0,8})")


@lru_cache(maxsize=1024)
def version_key(version: str) -> tuple[int, int, int]:
    """Parse a version. Raises ReleaseError if it is not three numbers.

    >>> version_key("1.10.0") > version_key("1.9.0")
    True
    """
    match = _VERSION.fullmatch(version)
    if not match:
        shown = version if len(version) <= 40 else f"{version[:40]}…"
        raise ReleaseError(f"version '{shown}' is not valid. Expected three numbers, for example 1.2.0")
    major, minor, patch = (int(part) for part in match.groups())
    return major, minor, patch


def is_version(name: str) -> bool:
    """Tell whether the name of a folder is a version."""
    return _VERSION.fullmatch(name) is not None


def bumped(version: str, level: str) -> str:
    """Return the next version at a level.

    >>> bumped("1.2.3", "major"), bumped("1.2.3", "minor"), bumped("1.2.3", "patch")
    ('2.0.0', '1.3.0', '1.2.4')
    """
    parts = list(version_key(version))
    index = LEVELS.index(level)
    return ".".join(str(part) for part in (*parts[:index], parts[index] + 1, *[0] * (2 - index)))
