"""The bytes of what could not be read, beside the release: no record is lost."""

from hashlib import sha256
from pathlib import Path

from builder import content, raw
from builder.corpus import Corpus
from builder.decisions import Decided
from builder.errors import RawError

_NOT_THE_TEXT = ("id_conflict",)  # quarantined for what others say, not for what they are: no bytes to keep


def write_quarantine(
    corpus: Corpus, decided: Decided, found: list[raw.RawFile], max_file_bytes: int, folder: Path
) -> None:
    """Write the bytes of what could not be read: the whole file under its path, or a record as `PATH.PLACE.raw`."""
    rows = [row for row in decided.rows("quarantined") if decided.verdicts[row].reason not in _NOT_THE_TEXT]
    names, places = corpus.column("file"), corpus.column("place")
    offsets, lengths = corpus.column("span_offset"), corpus.column("span_length")
    by_path = {file.path: file for file in found}
    for some, table in corpus.batches(rows, ["raw"], 1000):
        for row, bytes_ in zip(some, table["raw"].to_pylist(), strict=True):
            name = names[row] if places[row] is None else f"{names[row]}.{places[row]}.raw"
            if len(name.rsplit("/", 1)[-1].encode()) > 255:
                name = f"{sha256(name.encode()).hexdigest()}.raw"
            path = folder / name
            if bytes_ is not None:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(bytes_)
            else:
                _copy(by_path[names[row]], (offsets[row], lengths[row]), max_file_bytes, path)


def _copy(file: raw.RawFile, span: tuple[int | None, int | None], max_file_bytes: int, path: Path) -> None:
    """Copy a raw file, or a span of what it unpacks to, if there is anything that may be read."""
    if file.reason in ("link", "unreadable"):
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        if span[0] is None or span[1] is None:
            with content.open_bytes(file) as stream, path.open("wb") as out:
                content.copy_span(stream, (0, file.size), out)
        else:
            with content.opened(file, max_file_bytes) as unpacked, path.open("wb") as out:
                content.copy_span(unpacked.stream, (span[0], span[1]), out)
    except RawError:
        path.unlink(missing_ok=True)
