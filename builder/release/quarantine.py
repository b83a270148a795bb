"""Keep the bytes of quarantined records beside the release, so that no record is lost."""

import re
from hashlib import sha256
from pathlib import Path

from builder.core.errors import RawError
from builder.core.terms import Decision, Reason
from builder.decide.outcomes import Decided
from builder.prepare.corpus import Corpus
from builder.read import decode, scan

LONGEST_NAME = 255  # bytes of a file name; the limit of most file systems
_RAW = re.compile(r"\.raw_*(?=/|\Z)")
NOT_THE_TEXT = (Reason.ID_CONFLICT,)  # other records caused the quarantine, so no bytes are kept
NO_BYTES = (Reason.LINK, Reason.UNREADABLE)  # reasons of files that may have no readable bytes


def write_quarantine(
    corpus: Corpus, decided: Decided, raw_files: list[scan.RawFile], max_file_bytes: int, folder: Path
) -> None:
    """Write the bytes of quarantined files under their paths, and of quarantined records as `PATH.PLACE.raw`.

    All names differ, because each part of a raw path that ends in `.raw` gets a `_` after it.
    """
    rows = [row for row in decided.rows(Decision.QUARANTINED) if decided.records[row].reason not in NOT_THE_TEXT]
    names, places = corpus.column("file"), corpus.column("place")
    offsets, lengths = corpus.column("span_offset"), corpus.column("span_length")
    by_path = {file.path: file for file in raw_files}
    for batch, table in corpus.batches(rows, ["raw"], 1000):
        for row, content in zip(batch, table["raw"].to_pylist(), strict=True):
            path = folder / name_of(names[row], places[row])
            if content is not None:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
            else:
                _copy(by_path[names[row]], (offsets[row], lengths[row]), max_file_bytes, path)


def name_of(path: str, place: int | None) -> str:
    """Return the name in the quarantine of a raw file, or of the record at a place in it.

    >>> name_of("afp/a.jsonl", 4), name_of("afp/a.jsonl.4.raw", None), name_of("a.raw/b.raw_", None)
    ('afp/a.jsonl.4.raw', 'afp/a.jsonl.4.raw_', 'a.raw_/b.raw__')
    """
    name = _RAW.sub(r"\g<0>_", path)
    if place is not None:
        name = f"{name}.{place}.raw"
    if any(len(part.encode()) > LONGEST_NAME for part in name.split("/")):
        return f"{sha256(name.encode()).hexdigest()}.raw"
    return name


def _copy(file: scan.RawFile, span: tuple[int | None, int | None], max_file_bytes: int, path: Path) -> None:
    """Copy a raw file, or a span of its unpacked bytes, unless it cannot be read."""
    if file.reason in NO_BYTES:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        if span[0] is None or span[1] is None:
            with decode.open_bytes(file) as stream, path.open("wb") as out:
                decode.copy_span(stream, (0, file.size), out)
        else:
            with decode.opened(file, max_file_bytes) as unpacked, path.open("wb") as out:
                decode.copy_span(unpacked.stream, (span[0], span[1]), out)
    except RawError:
        path.unlink(missing_ok=True)
