"""Compare two datasets article by article: releases, or any Parquet files with ids."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from builder.core import columns, schema
from builder.core.errors import BuilderError
from builder.core.layout import DECIDED, MANIFEST
from builder.diff.align import align
from builder.diff.column_hash import Hashes, of_texts
from builder.read.datasets import IDS, LANGUAGES, TEXTS, Part, columns_of, files_of, named, split_of, strings
from builder.release import catalog, ids_only

Rows = np.ndarray[Any, np.dtype[np.int64]]

# The kinds of change; an article may have several. `changed` concerns its text, `relabelled` its language, `moved` its
# split, `metadata` any other column.
KINDS = ("added", "removed", "changed", "relabelled", "moved", "metadata")
GONE = "gone"  # the reason if the newer release has no record of the article
# Columns derived from the text: they are expected to change with it.
DERIVED = frozenset(column.name for column in columns.COLUMNS if column.follows_text)
# Columns that depend on the release or on other articles.
_IGNORED = frozenset(("first_release",))
_BATCH = 4000  # rows whose texts are held at once


class Change(NamedTuple):
    """One change of one article (schema.CHANGE)."""

    id: str
    language: str | None  # in the newer dataset, else in the older
    kind: str
    before: str | None = None  # the language or split
    after: str | None = None
    reason: str | None = None  # for `removed`: from the decisions of the newer release
    detail: str | None = None
    columns: Sequence[str] | None = None  # for `metadata`: the columns that changed
    removed_words: Sequence[str] | None = None  # runs of words that only the older text has
    added_words: Sequence[str] | None = None


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two datasets: its folder, and a hash of each value in its rows."""

    folder: Path
    ids: list[str]
    languages: list[str | None]
    splits: list[str | None]
    texts: np.ndarray[Any, Any] | None  # hashes; None if no file has a column of texts
    hashes: Mapping[str, np.ndarray[Any, Any]]  # of every other column
    wanted: str | None  # the column of ids that the caller named


class _Names(NamedTuple):
    """The names of the columns in a file."""

    id: str
    text: str | None
    language: str | None
    others: tuple[str, ...]


def read_side(folder: Path, id: str | None = None) -> Side:
    """Read one side. Raises BuilderError if it has no Parquet files, or an id is missing, null or not unique.

    Files may have different columns: a column that a file lacks is null in its rows.
    """
    parts = _parts(folder)
    if not parts:
        raise BuilderError(f"{folder}: has no Parquet files. Expected a release, or Parquet files with an id column")
    ids, languages, splits = list[str](), list[str | None](), list[str | None]()
    texts = Hashes()
    hashes: dict[str, Hashes] = {}
    for part in parts:
        names = _names(part, id)
        for name in names.others:
            hashes.setdefault(name, Hashes())
        texts.named = texts.named or names.text is not None
        first = len(ids)
        for table in part.batches(_BATCH):
            before = len(ids)
            ids += _ids(table, names.id, part, before - first)
            languages += strings(table, names.language)
            splits += strings(table, "split") if "split" in table.column_names else [part.split] * len(table)
            if names.text is not None:
                texts.add(before, table[names.text])
            for name in names.others:
                hashes[name].add(before, table[name])
    twice = next((value for value, count in Counter(ids).items() if count > 1), None)
    if twice is not None:
        raise BuilderError(f"{folder}: id '{twice}' occurs more than once. Expected a unique id in each row")
    whole = {name: column.whole(len(ids)) for name, column in hashes.items()}
    return Side(folder, ids, languages, splits, texts.whole(len(ids)) if texts.named else None, whole, id)


def _names(part: Part, id: str | None) -> _Names:
    """Find the columns of a file. Raises BuilderError if it has no ids."""
    columns = columns_of(part.source)
    id_name, text, language = named(columns, (id,) if id else IDS), named(columns, TEXTS), named(columns, LANGUAGES)
    if id_name is None:
        raise BuilderError(
            f"{part.name}: no column {id or ' or '.join(IDS)}; it has {', '.join(columns)}. Name it by --id-column"
        )
    known = {id_name, text, language, "split", *_IGNORED}
    return _Names(id_name, text, language, tuple(name for name in columns if name not in known))


def _ids(table: pa.Table, name: str, part: Part, before: int) -> list[str]:
    """Return the ids of rows as text; `before` is the number of earlier rows in the file."""
    ids = strings(table, name)
    if None in ids:
        raise BuilderError(f"{part.name}: row {before + ids.index(None) + 1:,}: {name} is null. Expected an id")
    return [id for id in ids if id is not None]


def _parts(folder: Path) -> list[Part]:
    """Return the Parquet files that have the dataset's rows."""
    if folder.is_file():
        return [Part(str(folder), split_of(folder.name), folder)]
    paths = files_of(folder, (".parquet",), (MANIFEST, DECIDED))
    return [Part(str(path), split_of(path.relative_to(folder).as_posix()), path) for path in paths]


def compare(old: Side, new: Side) -> list[Change]:
    """Compare two datasets by their ids. Return every change, ordered by id, then by KINDS."""
    old_rows = {id: row for row, id in enumerate(old.ids)}
    rows = [(old_rows[id], row) for row, id in enumerate(new.ids) if id in old_rows]
    both = {new.ids[row] for _, row in rows}
    found = [
        Change(id, language, "added") for id, language in zip(new.ids, new.languages, strict=True) if id not in both
    ]
    decided = _decided(new.folder)
    for id, language in zip(old.ids, old.languages, strict=True):
        if id not in both:
            reason = (None, None) if decided is None else decided.get(id, (GONE, "no raw file contains it any more"))
            found.append(Change(id, language, "removed", reason=reason[0], detail=reason[1]))
    found += _relabelled(old, new, rows)
    before, after = np.array(rows, np.int64).reshape(-1, 2).T
    changed: set[int] = set()
    if old.texts is not None and new.texts is not None:
        changed = set(np.flatnonzero(old.texts[before] != new.texts[after]).tolist())
        found += _text_changes(old, new, after[sorted(changed)].tolist())
    elif (one := _digests(old)) is not None and (other := _digests(new)) is not None:  # a release of ids has no words
        changed = set(np.flatnonzero(one[before] != other[after]).tolist())
        found += [Change(new.ids[row], new.languages[row], "changed") for row in after[sorted(changed)].tolist()]
    found += _metadata(old, new, (before, after), changed)
    return sorted(found, key=lambda change: (change.id, KINDS.index(change.kind)))


def _digests(side: Side) -> np.ndarray[Any, Any] | None:
    """Return a hash of the sha256 of each text, which a release of ids has instead of the text."""
    if side.texts is None:
        return side.hashes.get("text_sha256")
    found = [np.zeros(0, np.uint64)]
    for part in _parts(side.folder):
        names = _names(part, side.wanted)
        for rows in part.batches(_BATCH, [names.text or names.id]):
            found.append(of_texts([ids_only.sha256_of(text) for text in strings(rows, names.text)]))
    return np.concatenate(found)


def _decided(folder: Path) -> dict[str, tuple[str | None, str | None]] | None:
    """Return reason and detail for each id that the builder removed from a release; None for other datasets."""
    if not (folder / DECIDED).is_file():
        return None
    table = catalog.read_table(folder, DECIDED, ["id", "decision", "reason", "detail"])
    removed: dict[str, tuple[str | None, str | None]] = {}
    for row in table.to_pylist():
        if row["id"] is not None and row["decision"] != "kept" and row["id"] not in removed:
            removed[row["id"]] = (f"{row['decision']}:{row['reason']}", row["detail"])
    return removed


def _relabelled(old: Side, new: Side, rows: Sequence[tuple[int, int]]) -> Iterator[Change]:
    for before, after in rows:
        id, language = new.ids[after], new.languages[after]
        if old.languages[before] != language:
            yield Change(id, language, "relabelled", old.languages[before], language)
        if old.splits[before] != new.splits[after]:
            yield Change(id, language, "moved", old.splits[before], new.splits[after])


def _metadata(old: Side, new: Side, rows: tuple[Rows, Rows], changed: set[int]) -> Iterator[Change]:
    """Compare the other columns that both sides have. A new or dropped column does not change an article."""
    before, after = rows
    found: dict[int, list[str]] = {}
    for name in new.hashes:
        if name in old.hashes:
            for position in np.flatnonzero(old.hashes[name][before] != new.hashes[name][after]).tolist():
                if position not in changed or name not in DERIVED:
                    found.setdefault(position, []).append(name)
    for position, names in found.items():
        row = after[position]
        yield Change(new.ids[row], new.languages[row], "metadata", columns=names)


def _text_changes(old: Side, new: Side, rows: Sequence[int]) -> Iterator[Change]:
    """Read the changed texts of these rows of the newer side, and align them with the older ones."""
    wanted = {new.ids[row] for row in rows}
    before, after = _texts(old, wanted), _texts(new, wanted)
    for row in rows:
        id = new.ids[row]
        text, script = after[id]
        differences = [piece for piece in align(before[id][0] or "", text or "", script) if not piece.same]
        removed, added = [_run(piece.one) for piece in differences], [_run(piece.other) for piece in differences]
        yield Change(id, new.languages[row], "changed", removed_words=removed, added_words=added)


def _run(words: Sequence[str]) -> str:
    return " ".join("".join(words).split())


def _texts(side: Side, wanted: set[str]) -> dict[str, tuple[str | None, str | None]]:
    """Return text and script of these articles."""
    found: dict[str, tuple[str | None, str | None]] = {}
    for part in _parts(side.folder) if wanted else ():
        names = _names(part, side.wanted)
        script = "script" if "script" in names.others else None
        wanted_columns = [name for name in (names.id, names.text, script) if name is not None]
        for table in part.batches(_BATCH, wanted_columns):
            columns = (strings(table, name) for name in (names.id, names.text, script))
            for id, text, script_code in zip(*columns, strict=True):
                if id is not None and id in wanted:
                    found[id] = text, script_code
    return found


def table(changes: Sequence[Change]) -> pa.Table:
    """Return the changes as a table (schema.CHANGE)."""
    columns = list(zip(*changes, strict=True)) if changes else [()] * len(schema.CHANGE)
    arrays = [pa.array(column, field.type) for column, field in zip(columns, schema.CHANGE, strict=True)]
    return pa.table(arrays, schema=schema.CHANGE)
