"""Find the format of a raw file by its extension. To add a format, write its module and list its FORMAT here."""

from pathlib import Path

from builder.read.formats import delimited, jsonl, parquet, plaintext
from builder.read.formats.base import FileType, Format

FORMATS: tuple[Format, ...] = (plaintext.FORMAT, jsonl.FORMAT, delimited.FORMAT, parquet.FORMAT)
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
