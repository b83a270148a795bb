"""Changes: what is different between two releases of a dataset, article by article, ours or anybody's with an id."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from builder import releases, schema
from builder.aligned import aligned
from builder.columns import one_chunk
from builder.errors import BuilderError

# What may happen to an article; several at once: `changed` is of its text, `relabelled` of its language, `moved` of its
# split, `metadata` of anything else.
KINDS = ("added", "removed", "changed", "relabelled", "moved", "metadata")
TEXTS = ("text", "content", "body", "article", "document", "raw_text", "maintext")
IDS = ("id", "tag", "doc_id", "article_id", "guid")
LANGUAGES = ("language", "lang", "locale")
GONE = "gone"  # the reason of what the newer release has no record of
# Columns that follow from the text: where that changed, they are expected to.
DERIVED = frozenset(
    field.name
    for group in (schema.TIDY, schema.VERDICT, schema.MIXED, schema.HEADLINE, schema.PRIVACY, schema.SIGNALS)
    for field in group
) | {"bytes", "characters", "words", "text_sha256"}
# What the releases say of themselves, or of other articles.
_UNSAID = frozenset(("first_release",))
_BATCH = 4000  # rows whose texts are held at once


class Change(NamedTuple):
    """One change of one article (schema.CHANGE)."""

    id: str
    language: str | None  # in the newer dataset, else in the older
    kind: str
    before: str | None = None  # the language or split
    after: str | None = None
    reason: str | None = None  # of what was removed: from the newer release's decisions
    detail: str | None = None
    columns: Sequence[str] | None = None  # of the metadata that changed
    removed_words: Sequence[str] | None = None  # runs of words that only the older text has
    added_words: Sequence[str] | None = None


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two datasets: where it is, and its rows without their texts, but with a hash of each value."""

    folder: Path
    ids: list[str]
    languages: list[str | None]
    splits: list[str | None]
    hashes: Mapping[str, np.ndarray[Any, Any]]  # of every other column
    text: str | None  # the name of its column of texts
    id: str


def files_of(folder: Path) -> list[Path]:
    """Give the Parquet files of a dataset's rows; a release of ours has others beside them."""
    if folder.is_file():
        return [folder]
    ours = (
        any((folder / name).is_file() for name in (releases.MANIFEST, releases.DECIDED)) and (folder / "data").is_dir()
    )
    return [
        path
        for path in sorted((folder / "data" if ours else folder).rglob("*.parquet"))
        if not any(piece.startswith(".") for piece in path.relative_to(folder).parts)
    ]


def read(folder: Path, id: str | None = None) -> Side:
    """Read one side. Raises BuilderError where there are no Parquet files, no ids, or an id is there twice."""
    from builder.checks.reading import split_of

    found = files_of(folder)
    if not found:
        raise BuilderError(f"{folder}: no Parquet files in it. Expected a release, or Parquet files with an id column")
    id_name, text_name = _named(found[0], id, IDS), _named(found[0], None, TEXTS)
    if id_name is None:
        raise BuilderError(
            f"{found[0]}: no column {id or ' or '.join(IDS)}; it has {', '.join(_columns(found[0]))}. "
            "Name it by --id-column"
        )
    language_name = _named(found[0], None, LANGUAGES)
    ids, languages, splits = list[str](), list[str | None](), list[str | None]()
    hashes: dict[str, list[np.ndarray[Any, Any]]] = {}
    for path in found:
        by_path = split_of(path.relative_to(folder).as_posix() if path != folder else path.name)
        for table in _batches(path):
            ids += [str(value) for value in table[id_name].to_pylist()]
            languages += _strings(table, language_name)
            splits += _strings(table, "split") if "split" in table.column_names else [by_path] * len(table)
            before = len(ids) - len(table)
            for name in table.column_names:
                if name not in (id_name, language_name, "split") and name not in _UNSAID:
                    column = hashes.setdefault(name, [np.zeros(before, np.uint64)] if before else [])
                    column.append(hashed(table[name]))
            for name, column in hashes.items():
                if name not in table.column_names:
                    column.append(np.zeros(len(table), np.uint64))
    twice = next((value for value, count in Counter(ids).items() if count > 1), None)
    if twice is not None:
        raise BuilderError(f"{folder}: {id_name} '{twice}' is there more than once. Expected an id for each row")
    whole = {name: np.concatenate(column) for name, column in hashes.items()}
    return Side(folder, ids, languages, splits, whole, text_name, id_name)


def _columns(path: Path) -> list[str]:
    try:
        return list(pq.read_schema(path).names)
    except (OSError, ValueError, pa.ArrowException) as error:
        raise BuilderError(f"{path}: cannot be read ({' '.join(str(error).split())[:200]})") from None


def _named(path: Path, asked: str | None, usual: Iterable[str]) -> str | None:
    names = {name.lower(): name for name in reversed(_columns(path))}
    return next((names[name.lower()] for name in ([asked] if asked else usual) if name.lower() in names), None)


def _batches(path: Path, columns: list[str] | None = None) -> Iterator[pa.Table]:
    try:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(_BATCH, columns=columns):
                yield pa.Table.from_batches([batch])
    except (OSError, ValueError, pa.ArrowException) as error:
        raise BuilderError(f"{path}: cannot be read ({' '.join(str(error).split())[:200]})") from None


def _strings(table: pa.Table, name: str | None) -> list[str | None]:
    if name is None:
        return [None] * len(table)
    return [None if value is None else str(value) for value in table[name].to_pylist()]


def hashed(column: pa.ChunkedArray) -> np.ndarray[Any, Any]:
    """Give a 64-bit hash of each value, the same for equal values of one type; 0 is null.

    >>> one, other, null = hashed(pa.chunked_array([["a", "b", None]])).tolist()
    >>> one != other, null
    (True, 0)
    >>> one, other, null, _ = hashed(pa.chunked_array([[0.25, 0.5, None, 0.5]])).tolist()
    >>> one != other, null
    (True, 0)
    """
    array = one_chunk(column)
    if pa.types.is_string(array.type) or pa.types.is_large_string(array.type):
        coded = array.dictionary_encode()  # what recurs is hashed once
        places = pc.fill_null(coded.indices, len(coded.dictionary)).to_numpy(zero_copy_only=False)
        return np.asarray(np.append(_hashed(coded.dictionary.to_pylist()), np.uint64(0))[places])
    if pa.types.is_temporal(array.type):
        array = array.cast(pa.int64())
    if not (pa.types.is_integer(array.type) or pa.types.is_floating(array.type) or pa.types.is_boolean(array.type)):
        return _hashed([None if value is None else repr(value) for value in array.to_pylist()])
    wide = pa.float64() if pa.types.is_floating(array.type) else pa.int64()
    bits = pc.fill_null(array.cast(wide), 0).to_numpy(zero_copy_only=False).view(np.uint64)
    mixed = (bits ^ (bits >> np.uint64(32))) * np.uint64(0x9E3779B97F4A7C15)
    return np.asarray(np.where(array.is_null().to_numpy(zero_copy_only=False), np.uint64(0), mixed | np.uint64(1)))


def _hashed(values: Sequence[str | None]) -> np.ndarray[Any, Any]:
    import xxhash

    codes = (0 if value is None else xxhash.xxh3_64_intdigest(value.encode()) | 1 for value in values)
    return np.fromiter(codes, np.uint64, len(values))


def find(old: Side, new: Side) -> list[Change]:
    """Compare two datasets by their ids: give every change, in the order of ids, then of KINDS."""
    places = {id: row for row, id in enumerate(old.ids)}
    rows = [(places[id], row) for row, id in enumerate(new.ids) if id in places]
    both = {new.ids[row] for _, row in rows}
    found = [
        Change(id, language, "added") for id, language in zip(new.ids, new.languages, strict=True) if id not in both
    ]
    decided = _decided(new.folder)
    for id, language in zip(old.ids, old.languages, strict=True):
        if id not in both:
            reason, detail = (
                decided.get(id, (GONE, "no raw file has it any more")) if decided is not None else (None, None)
            )
            found.append(Change(id, language, "removed", reason=reason, detail=detail))
    found += _relabelled(old, new, rows)
    texts = _texts_changed(old, new, rows)
    found += _worded(old, new, [rows[place] for place in texts])
    found += _metadata(old, new, rows, set(texts))
    return sorted(found, key=lambda change: (change.id, KINDS.index(change.kind)))


def _decided(folder: Path) -> dict[str, tuple[str | None, str | None]] | None:
    """Give what a release of ours decided on each id that it does not have; null for any other dataset."""
    if not (folder / releases.DECIDED).is_file():
        return None
    table = releases.read_table(folder, releases.DECIDED, ["id", "decision", "reason", "detail"])
    said: dict[str, tuple[str | None, str | None]] = {}
    for row in table.to_pylist():
        if row["id"] is not None and row["decision"] != "kept" and row["id"] not in said:
            said[row["id"]] = (f"{row['decision']}:{row['reason']}", row["detail"])
    return said


def _relabelled(old: Side, new: Side, rows: Sequence[tuple[int, int]]) -> Iterator[Change]:
    for before, after in rows:
        id, language = new.ids[after], new.languages[after]
        if old.languages[before] != language:
            yield Change(id, language, "relabelled", old.languages[before], language)
        if old.splits[before] != new.splits[after]:
            yield Change(id, language, "moved", old.splits[before], new.splits[after])


def _texts_changed(old: Side, new: Side, rows: Sequence[tuple[int, int]]) -> list[int]:
    if old.text is None or new.text is None or not rows:
        return []
    before, after = (np.array(column) for column in zip(*rows, strict=True))
    return [int(place) for place in np.flatnonzero(old.hashes[old.text][before] != new.hashes[new.text][after])]


def _metadata(old: Side, new: Side, rows: Sequence[tuple[int, int]], texts: set[int]) -> Iterator[Change]:
    if not rows:
        return
    before, after = (np.array(column) for column in zip(*rows, strict=True))
    changed: dict[int, list[str]] = {}
    for name in (*new.hashes, *(name for name in old.hashes if name not in new.hashes)):
        if name in (old.text, new.text) or name not in old.hashes or name not in new.hashes:
            continue  # a column that came or went is no change of an article
        for place in np.flatnonzero(old.hashes[name][before] != new.hashes[name][after]).tolist():
            if place not in texts or name not in DERIVED:
                changed.setdefault(place, []).append(name)
    for place, columns in changed.items():
        row = rows[place][1]
        yield Change(new.ids[row], new.languages[row], "metadata", columns=columns)


def _worded(old: Side, new: Side, rows: Sequence[tuple[int, int]]) -> Iterator[Change]:
    """Read the texts that changed, and align them."""
    if old.text is None or new.text is None:
        return
    wanted = {new.ids[row] for _, row in rows}
    before, after = _texts(old, wanted), _texts(new, wanted)
    for _, row in rows:
        id = new.ids[row]
        pieces = aligned(before[id][0] or "", after[id][0] or "", after[id][1])
        apart = [piece for piece in pieces if not piece.same]
        removed, added = (
            (
                [" ".join("".join(words).split()) for words in side]
                for side in zip(*((piece.one, piece.other) for piece in apart), strict=True)
            )
            if apart
            else ([], [])
        )
        yield Change(id, new.languages[row], "changed", removed_words=removed, added_words=added)


def _texts(side: Side, wanted: set[str]) -> dict[str, tuple[str | None, str | None]]:
    found: dict[str, tuple[str | None, str | None]] = {}
    if not wanted or side.text is None:
        return found
    for path in files_of(side.folder):
        names = _columns(path)
        columns = [side.id, side.text, *(["script"] if "script" in names else [])]
        for table in _batches(path, columns):
            scripts = _strings(table, "script" if "script" in names else None)
            for id, text, script in zip(_strings(table, side.id), _strings(table, side.text), scripts, strict=True):
                if id is not None and id in wanted:
                    found[id] = text, script
    return found


def table(changes: Sequence[Change]) -> pa.Table:
    """Give changes as a table (schema.CHANGE)."""
    columns = list(zip(*changes, strict=True)) if changes else [()] * len(schema.CHANGE)
    arrays = [pa.array(column, field.type) for column, field in zip(columns, schema.CHANGE, strict=True)]
    return pa.table(arrays, schema=schema.CHANGE)
