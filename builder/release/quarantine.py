"""Keep the bytes of quarantined records beside the release, so that no record is lost."""

import re
from hashlib import sha256
from pathlib import Path

from builder.core.errors import RawError
from builder.core.terms import Decision, Reason
from builder.decide.outcomes import Decided
from builder.prepare.corpus import Corpus
from builder.read import decode, scan

LONGEST_NAME = 255  # bytes of a file's name, as most systems allow
_RAW = re.compile(r"\.raw_*(?=/|\Z)")
NOT_THE_TEXT = (Reason.ID_CONFLICT,)  # quarantined for what others say, not for what they are: no bytes to keep
NO_BYTES = (Reason.LINK, Reason.UNREADABLE)  # of files: there may be nothing that can be read


def write_quarantine(
    corpus: Corpus, decided: Decided, found: list[scan.RawFile], max_file_bytes: int, folder: Path
) -> None:
    """Write the bytes of what could not be read: the whole file under its path, or a record as `PATH.PLACE.raw`.

    No two have one name: a part of a raw path that itself ends in `.raw` gets a `_` behind it.
    """
    rows = [row for row in decided.rows(Decision.QUARANTINED) if decided.records[row].reason not in NOT_THE_TEXT]
    names, places = corpus.column("file"), corpus.column("place")
    offsets, lengths = corpus.column("span_offset"), corpus.column("span_length")
    by_path = {file.path: file for file in found}
    for some, table in corpus.batches(rows, ["raw"], 1000):
        for row, bytes_ in zip(some, table["raw"].to_pylist(), strict=True):
            path = folder / name_of(names[row], places[row])
            if bytes_ is not None:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(bytes_)
            else:
                _copy(by_path[names[row]], (offsets[row], lengths[row]), max_file_bytes, path)


def name_of(path: str, place: int | None) -> str:
    """Return the name under which a raw file, or a record of one, is kept.

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
    """Copy a raw file, or a span of what it unpacks to, if there is anything that may be read."""
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
