"""The versions and the code that a result depends on."""

import hashlib
import platform
from functools import lru_cache
from importlib import metadata, resources
from pathlib import Path

# What decides the bytes of a result besides our own code.
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
# The folders of the code that prepares rows: `prepare` and all below it in the import order, and their data files.
PREPARE_FOLDERS = frozenset(
    ("core", "engine", "languages", "config", "text", "langid", "read", "dedup", "prepare", "data")
)
# The libraries that this code calls.
PREPARE_LIBRARIES = (*(name for name in LIBRARIES if name not in ("datasets", "rapidfuzz")), "xxhash")
_ROOT = Path(str(resources.files("builder")))


@lru_cache(maxsize=1)
def versions() -> dict[str, str]:
    """Give the versions that a result depends on."""
    import builder

    found = {name: metadata.version(name) for name in LIBRARIES}
    return {"builder": builder.__version__, "python": ".".join(platform.python_version_tuple()[:2]), **found}


@lru_cache(maxsize=1)
def code_digest() -> str:
    """Give a digest of all source and data files of this package, and of the versions of the libraries below it."""
    return _digest(sorted(versions().items()), _sources())


@lru_cache(maxsize=1)
def prepare_digest() -> str:
    """Give a digest of the code and the libraries that prepared rows depend on, and of no other."""
    python = ("python", versions()["python"])
    libraries = [python, *((name, metadata.version(name)) for name in PREPARE_LIBRARIES)]
    return _digest(libraries, [path for path in _sources() if path.parts[0] in PREPARE_FOLDERS])


def _sources() -> list[Path]:
    """List the source and data files of this package, by their paths within it."""
    found = (path for kind in ("*.py", "*.toml", "*.jinja") for path in _ROOT.rglob(kind))
    return sorted(path.relative_to(_ROOT) for path in found)


def _digest(libraries: list[tuple[str, str]], paths: list[Path]) -> str:
    digest = hashlib.sha256(repr(libraries).encode())
    for path in paths:
        digest.update(f"\0{path}\0".encode() + (_ROOT / path).read_bytes())
    return digest.hexdigest()
