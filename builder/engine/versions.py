"""Digests of the code, and the versions of the libraries, that results depend on."""

import hashlib
import platform
from functools import lru_cache
from importlib import metadata, resources
from pathlib import Path

# The libraries that affect the bytes of a result.
LIBRARIES = (
    "anyascii",
    "babel",
    "chardet",
    "daft",
    "datasets",
    "ftfy",
    "heliport",
    "icu4py",
    "langcodes",
    "langdetect",
    "numpy",
    "orjson",
    "phonenumbers",
    "pyarrow",
    "python-stdnum",
    "rapidfuzz",
    "stopwordsiso",
    "w3lib",
    "zhon",
)
# The folders with the code that prepares rows: `prepare`, all below it in the import order, and the data files.
PREPARE_FOLDERS = frozenset(
    ("core", "engine", "languages", "config", "text", "langid", "read", "dedup", "prepare", "data")
)
# The libraries that these folders call.
PREPARE_LIBRARIES = (*(name for name in LIBRARIES if name not in ("datasets", "rapidfuzz")), "xxhash")
_ROOT = Path(str(resources.files("builder")))


@lru_cache(maxsize=1)
def versions() -> dict[str, str]:
    """Return the versions of this package, of Python and of LIBRARIES, by name."""
    import builder

    libraries = {name: metadata.version(name) for name in LIBRARIES}
    return {"builder": builder.__version__, "python": ".".join(platform.python_version_tuple()[:2]), **libraries}


@lru_cache(maxsize=1)
def code_digest() -> str:
    """Return a digest (SHA-256, hexadecimal) of all source and data files of this package and of `versions`."""
    return _digest(sorted(versions().items()), _sources())


@lru_cache(maxsize=1)
def prepare_digest() -> str:
    """Return a digest (SHA-256, hexadecimal) of the code and libraries that prepared rows depend on."""
    python = ("python", versions()["python"])
    libraries = [python, *((name, metadata.version(name)) for name in PREPARE_LIBRARIES)]
    return _digest(libraries, [path for path in _sources() if path.parts[0] in PREPARE_FOLDERS])


def _sources() -> list[Path]:
    """List the paths of the source and data files of this package, relative to it."""
    paths = (path for kind in ("*.py", "*.toml", "*.jinja") for path in _ROOT.rglob(kind))
    return sorted(path.relative_to(_ROOT) for path in paths)


def _digest(libraries: list[tuple[str, str]], paths: list[Path]) -> str:
    digest = hashlib.sha256(repr(libraries).encode())
    for path in paths:
        digest.update(f"\0{path}\0".encode() + (_ROOT / path).read_bytes())
    return digest.hexdigest()
