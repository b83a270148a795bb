"""Reading: raw files into records, one small module a format, found by the file's name.

A loader takes an open source and yields what stands in it, in order; it never looks at the configuration or
the disk, and never raises for a bad record: that becomes a `Found` with a reason.
"""

from builder.read.formats import delimited, jsonl, parquet, plaintext
from builder.read.formats.base import Loader

FORMATS: dict[str, tuple[str, Loader]] = {
    ".txt": ("text", plaintext.read),
    ".text": ("text", plaintext.read),
    ".jsonl": ("jsonl", jsonl.read),
    ".ndjson": ("jsonl", jsonl.read),
    ".csv": ("csv", delimited.read),
    ".tsv": ("csv", delimited.read),
    ".parquet": ("parquet", parquet.read),
}
COMPRESSIONS = {".gz": "gzip", ".zst": "zstd", ".bz2": "bz2", ".xz": "xz"}
EXPECTED = f"{', '.join(FORMATS)}, each plain or with {', '.join(COMPRESSIONS)}"
