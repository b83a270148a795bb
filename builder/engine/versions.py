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


@lru_cache(maxsize=1)
def versions() -> dict[str, str]:
    """Give the versions that a result depends on."""
    import builder

    found = {name: metadata.version(name) for name in LIBRARIES}
    return {"builder": builder.__version__, "python": ".".join(platform.python_version_tuple()[:2]), **found}


@lru_cache(maxsize=1)
def code_digest() -> str:
    """Give a digest of this package's source and data files, and of the versions below it."""
    digest = hashlib.sha256(repr(sorted(versions().items())).encode())
    root = Path(str(resources.files("builder")))
    for path in sorted(path for kind in ("*.py", "*.toml", "*.jinja") for path in root.rglob(kind)):
        digest.update(f"\0{path.relative_to(root)}\0".encode() + path.read_bytes())
    return digest.hexdigest()
