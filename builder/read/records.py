"""Read raw files into rows: the tag, collection, fields and date of each record, under our names."""

import contextlib
from collections.abc import Callable, Iterator
from typing import Any, cast

import orjson
import pyarrow as pa

from builder.core.errors import NoTagError, RawError, TagError
from builder.core.locations import location_of
from builder.core.terms import Reason
from builder.languages.tag import Tag, join, parse
from builder.read.dates import read_date
from builder.read.decode import opened
from builder.read.fields import FLAGS, TEXTS, TIMES, as_text, first_value, opts_out
from builder.read.formats.base import FileType, Format, Record, Source
from builder.read.formats.registry import type_of
from builder.read.path_tags import collection_of, tag_of_path
from builder.read.scan import RawFile

Row = dict[str, Any]
PROGRESS_EVERY = 500  # records


def read(
    file: RawFile,
    names: dict[str, tuple[str, ...]],
    max_file_bytes: int,
    max_record_bytes: int,
    progress: Callable[[float], None] = lambda share: None,
) -> Iterator[Row]:
    """Yield all records of a raw file as rows of schema.RECORD, at least one.

    A file that cannot be read yields one row with a reason. `progress` receives the share read so far (0 to 1), once
    every PROGRESS_EVERY records.
    """
    if file.reason is not None:
        yield _row(file, 0, Record(None, reason=file.reason, detail=file.detail))
        return
    kind = cast(FileType, type_of(file.path))
    named = {"format": kind.format.name}
    columns = frozenset(name for given in names.values() for name in given)
    tag = tag_of_path(file.path) if kind.format.path_has_tag else None
    number = 0
    try:
        with opened(file, max_file_bytes) as content:
            for record in kind.format.read(Source(content.stream, kind.extension, max_record_bytes, columns, tag)):
                row = _row(file, number, record, **named, encoding=content.encoding)
                _read_fields(row, record, names, kind.format, file.path)
                if content.note or record.note:
                    row["notes"] = "; ".join(filter(None, (content.note, record.note, row["notes"])))
                yield row
                number += 1
                if number % PROGRESS_EVERY == 0:
                    progress(min(1.0, content.stream.tell() / content.size) if content.size else 1.0)
    except RawError as error:
        yield _row(file, number, Record(None, reason=error.reason, detail=str(error)), **named)
        return
    except (ValueError, LookupError, TypeError, ArithmeticError, pa.ArrowException) as error:
        # No reader is known to raise these. If one does, blame its file, so that the build goes on.
        detail = f"the file cannot be read from here on ({type(error).__name__}: {error}). Please report it"
        yield _row(file, number, Record(None, reason=Reason.UNREADABLE, detail=detail), **named)
        return
    if number == 0:
        detail = "the file contains no records. Remove it or fill it"
        yield _row(file, 0, Record(None, reason=Reason.EMPTY, detail=detail), **named)


def _row(file: RawFile, number: int, record: Record, **more: str | None) -> Row:
    location = location_of(file.path, record.place)
    row: Row = {"file": file.path, "record": number, "place": record.place, "notes": None, **more}
    row["reason"] = record.reason
    row["detail"] = f"{location}: {record.detail}" if record.detail else None
    if record.reason is not None:
        row["raw"] = record.raw
        row["span_offset"], row["span_length"] = record.span or (None, None)
    return row


def _read_fields(row: Row, record: Record, names: dict[str, tuple[str, ...]], kind: Format, path: str) -> None:
    """Fill in the row from the record's fields; the first fault becomes its reason."""
    given = {name.lower(): value for name, value in record.fields.items() if value is not None}
    notes: list[str] = []
    try:
        values: dict[str, str | None] = {
            column.field: as_text(first_value(given, names[column.field]), column.field, notes) for column in TEXTS
        }
        if kind.path_has_tag and values["tag"] is None:
            values["tag"] = tag_of_path(path)
        tag = _tag(values, kind, notes)
        row.update({column.name: values[column.field] or None for column in TEXTS})
        row.update(tag=tag.text, language=tag.language, tag_id=tag.id, collection=collection_of(path, tag.language))
        row["text"] = values["text"]
        row.update({column.name: opts_out(first_value(given, names[column.field])) for column in FLAGS})
        row.update({column.name: read_date(first_value(given, names[column.field]), notes) for column in TIMES})
        if any("\0" in value for value in values.values() if value):
            raise RawError(
                Reason.NUL, "the record has a NUL byte. Remove it; if the file is UTF-16, add a byte-order mark"
            )
        if not (values["text"] or "").strip():
            where = f"Expected it in a field {' or '.join(names['text'])}, or in the body of a text file"
            raise RawError(Reason.NO_TEXT, f"the record has no text. {where}")
    except (TagError, RawError) as error:
        _refuse(row, record, error.reason, str(error))
    row["notes"] = "; ".join(notes) or None


def _refuse(row: Row, record: Record, reason: Reason, detail: str) -> None:
    if row["reason"] is not None:
        return
    location = location_of(row["file"], row["place"])
    row["reason"], row["detail"], row["text"] = reason, f"{location}: {detail}", None
    row["raw"] = record.raw if record.raw is not None else orjson.dumps(record.fields, default=repr)


def _tag(values: dict[str, str | None], kind: Format, notes: list[str]) -> Tag:
    tag, language, id = values["tag"], values["language"], values["id"]
    if tag is not None:
        try:
            return parse(tag)
        except TagError:
            if language is None or id is None:
                raise
            with contextlib.suppress(TagError):  # a field 'tag' may name the article's topic
                joined = join(language, id)
                notes.append(f"{tag[:40]!r} is not a tag; language and id were used instead")
                return joined
            raise
    if language is not None and id is not None:
        return join(language, id)
    if not kind.has_fields:
        where = "Expected one such as fr-02 in the last line, the first line, the file's name or its folder"
    else:
        where = "Expected a field 'tag', or 'language' and 'id'; map other names under [fields] in builder.toml"
    raise NoTagError(f"the record has no tag. {where}")
