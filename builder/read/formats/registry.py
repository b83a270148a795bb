"""Find the format of a raw file by its extension. Every module of this folder with a FORMAT declares one."""

import importlib
import pkgutil
from pathlib import Path

from builder.read import formats
from builder.read.formats.base import FileType, Format


def _declared() -> list[Format]:
    """Return the formats of all modules of this folder, by name."""
    names = (module.name for module in pkgutil.iter_modules(formats.__path__) if module.name != "registry")
    modules = [importlib.import_module(f"{formats.__name__}.{name}") for name in names]
    return sorted((module.FORMAT for module in modules if hasattr(module, "FORMAT")), key=lambda each: each.name)


FORMATS: tuple[Format, ...] = tuple(_declared())
COMPRESSIONS = {".gz": "gzip", ".zst": "zstd", ".bz2": "bz2", ".xz": "xz"}
BY_EXTENSION = {extension: each for each in FORMATS for extension in each.extensions}
EXPECTED = f"{', '.join(BY_EXTENSION)}, plain or compressed ({', '.join(COMPRESSIONS)})"


def type_of(path: str) -> FileType | None:
    """Find the format, extension and compression of a file by its name; None if no format has that extension.

    >>> type_of("a/agency.jsonl.gz")[1:], type_of("fr-02.TXT")[1:], type_of("notes.pdf"), type_of("x.gz")
    (('.jsonl', 'gzip'), ('.txt', None), None, None)
    """
    suffixes = [suffix.lower() for suffix in Path(path).suffixes[-2:]]
    compression = COMPRESSIONS.get(suffixes[-1]) if suffixes else None
    if compression:
        suffixes.pop()
    if not suffixes or suffixes[-1] not in BY_EXTENSION:
        return None
    return FileType(BY_EXTENSION[suffixes[-1]], suffixes[-1], compression)
