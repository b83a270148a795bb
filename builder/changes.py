"""Changes: what is different between two releases of a dataset, article by article, ours or anybody's with an id."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from builder import releases, schema, standoff
from builder.aligned import aligned
from builder.checks.reading import IDS, LANGUAGES, TEXTS, Part, columns_of, files_of, named, split_of, strings
from builder.columns import one_chunk
from builder.errors import BuilderError

Rows = np.ndarray[Any, np.dtype[np.int64]]

# What may happen to an article; several at once: `changed` is of its text, `relabelled` of its language, `moved` of its
# split, `metadata` of anything else.
KINDS = ("added", "removed", "changed", "relabelled", "moved", "metadata")
GONE = "gone"  # the reason of what the newer release has no record of
# Columns that follow from the text: where that changed, they are expected to.
DERIVED = frozenset(
    field.name
    for group in (schema.TIDY, schema.VERDICT, schema.MIXED, schema.HEADLINE, schema.PRIVACY, schema.SIGNALS)
    for field in group
) | {"bytes", "characters", "words", "text_sha256", "article_sha256"}
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


def read(folder: Path, id: str | None = None) -> Side:
    """Read one side. Raises BuilderError where there are no Parquet files, no ids, or an id is there twice."""
    found = _parts(folder)
    if not found:
        raise BuilderError(f"{folder}: no Parquet files in it. Expected a release, or Parquet files with an id column")
    columns = columns_of(found[0].source)
    id_name, text_name = named(columns, (id,) if id else IDS), named(columns, TEXTS)
    if id_name is None:
        raise BuilderError(
            f"{found[0].name}: no column {id or ' or '.join(IDS)}; it has {', '.join(columns)}. Name it by --id-column"
        )
    language_name = named(columns, LANGUAGES)
    ids, languages, splits = list[str](), list[str | None](), list[str | None]()
    hashes: dict[str, list[np.ndarray[Any, Any]]] = {}
    for part in found:
        for table in part.batches(_BATCH):
            before = len(ids)
            ids += [str(value) for value in table[id_name].to_pylist()]
            languages += strings(table, language_name)
            splits += strings(table, "split") if "split" in table.column_names else [part.split] * len(table)
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


def _parts(folder: Path) -> list[Part]:
    """Give the Parquet files of a dataset's rows."""
    if folder.is_file():
        return [Part(str(folder), split_of(folder.name), folder)]
    found = files_of(folder, (".parquet",), (releases.MANIFEST, releases.DECIDED))
    return [Part(str(path), split_of(path.relative_to(folder).as_posix()), path) for path in found]


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
            reason = (None, None) if decided is None else decided.get(id, (GONE, "no raw file has it any more"))
            found.append(Change(id, language, "removed", reason=reason[0], detail=reason[1]))
    found += _relabelled(old, new, rows)
    before, after = np.array(rows, np.int64).reshape(-1, 2).T
    changed: set[int] = set()
    if old.text is not None and new.text is not None:
        changed = set(np.flatnonzero(old.hashes[old.text][before] != new.hashes[new.text][after]).tolist())
        found += _worded(old, new, after[sorted(changed)].tolist())
    elif (one := _digests(old)) is not None and (other := _digests(new)) is not None:  # no words of a release of ids
        changed = set(np.flatnonzero(one[before] != other[after]).tolist())
        found += [Change(new.ids[row], new.languages[row], "changed") for row in after[sorted(changed)].tolist()]
    found += _metadata(old, new, (before, after), changed)
    return sorted(found, key=lambda change: (change.id, KINDS.index(change.kind)))


def _digests(side: Side) -> np.ndarray[Any, Any] | None:
    """Give a hash of the sha256 of each text, which a release of ids has in the place of the text."""
    if side.text is None:
        return side.hashes.get("text_sha256")
    found = []
    for part in _parts(side.folder):
        for rows in part.batches(_BATCH, [side.text]):
            found.append(_hashed([standoff.sha256_of(text) for text in strings(rows, side.text)]))
    return np.concatenate(found)


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


def _metadata(old: Side, new: Side, rows: tuple[Rows, Rows], changed: set[int]) -> Iterator[Change]:
    """Compare the other columns that both have: one that came or went is no change of an article."""
    before, after = rows
    found: dict[int, list[str]] = {}
    for name in new.hashes:
        if name in old.hashes and name not in (old.text, new.text):
            for place in np.flatnonzero(old.hashes[name][before] != new.hashes[name][after]).tolist():
                if place not in changed or name not in DERIVED:
                    found.setdefault(place, []).append(name)
    for place, columns in found.items():
        row = after[place]
        yield Change(new.ids[row], new.languages[row], "metadata", columns=columns)


def _worded(old: Side, new: Side, rows: Sequence[int]) -> Iterator[Change]:
    """Read the texts that changed, of these rows of the newer side, and align them."""
    wanted = {new.ids[row] for row in rows}
    before, after = _texts(old, wanted), _texts(new, wanted)
    for row in rows:
        id = new.ids[row]
        text, script = after[id]
        apart = [piece for piece in aligned(before[id][0] or "", text or "", script) if not piece.same]
        removed, added = [_run(piece.one) for piece in apart], [_run(piece.other) for piece in apart]
        yield Change(id, new.languages[row], "changed", removed_words=removed, added_words=added)


def _run(words: Sequence[str]) -> str:
    return " ".join("".join(words).split())


def _texts(side: Side, wanted: set[str]) -> dict[str, tuple[str | None, str | None]]:
    """Give text and script of these articles."""
    found: dict[str, tuple[str | None, str | None]] = {}
    for part in _parts(side.folder) if wanted else ():
        script = "script" if "script" in columns_of(part.source) else None
        names = [name for name in (side.id, side.text, script) if name is not None]
        for table in part.batches(_BATCH, names):
            columns = (strings(table, name) for name in (side.id, side.text, script))
            for id, text, of_text in zip(*columns, strict=True):
                if id is not None and id in wanted:
                    found[id] = text, of_text
    return found


def table(changes: Sequence[Change]) -> pa.Table:
    """Give changes as a table (schema.CHANGE)."""
    columns = list(zip(*changes, strict=True)) if changes else [()] * len(schema.CHANGE)
    arrays = [pa.array(column, field.type) for column, field in zip(columns, schema.CHANGE, strict=True)]
    return pa.table(arrays, schema=schema.CHANGE)
