"""Where the steps run: how many threads the libraries below may use, and what says which results are the same."""

import hashlib
import os
import platform
from functools import lru_cache
from importlib import metadata
from pathlib import Path

from builder.errors import BuilderError

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


def use_threads(threads: int | None) -> None:
    """Let pyarrow, Daft and heliport use this many threads (all cores by default); call it before they are used."""
    import pyarrow as pa

    available = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else range(os.cpu_count() or 1)
    count = threads or len(available)
    os.environ["RAYON_NUM_THREADS"] = str(count)
    pa.set_cpu_count(count)
    if threads:
        import daft

        try:
            daft.set_runner_native(num_threads=threads)
        except Exception as error:  # Daft's own kind
            raise BuilderError(f"--threads {threads}: this process computes with another number already") from error


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
    root = Path(__file__).parent
    for path in sorted(path for kind in ("*.py", "*.toml") for path in root.rglob(kind)):
        digest.update(f"\0{path.relative_to(root)}\0".encode() + path.read_bytes())
    return digest.hexdigest()
