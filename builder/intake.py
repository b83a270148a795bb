"""From what a file says to what we call it: tag, collection, fields and date of each record, in our names."""

import contextlib
import math
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from email.utils import parsedate_to_datetime
from typing import Any

import orjson
import pyarrow as pa

from builder import tag as tags
from builder.content import opened
from builder.errors import RawError, TagError
from builder.loaders import FORMATS
from builder.loaders.found import Found, Source
from builder.raw import RawFile, format_of, place_of

Row = dict[str, Any]

# The usual names of each field, in the order in which they are tried, in lower case.
USUAL: dict[str, tuple[str, ...]] = {
    "tag": ("tag",),
    "language": ("lang", "language"),
    "id": ("id",),
    "title": ("title", "headline"),
    "text": ("text", "body", "content"),
    "date": ("date", "published"),
    "url": ("url",),
    "canonical": ("canonical", "canonical_url"),
    "source": ("source", "publisher"),
    "author": ("author", "byline"),
    "story": ("story",),
    "license": ("license", "licence"),
    "rights": ("rights", "copyright"),
    "opt_out": ("opt_out", "opt-out", "optout", "noai", "tdm-reservation", "tdm_reservation"),
}
PROGRESS_EVERY = 500  # records
OTHERS = ("title", "url", "canonical", "source", "author", "story", "license", "rights")
NO = frozenset({"false", "no", "0", "f", "n", "none", "null", "0.0"})
_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)?")
_EPOCHS = (1e8, 2e9)  # seconds: March 1973 to May 2033; ten digits beyond it read as a day and an hour


def field_names(mapped: Mapping[Any, str | tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """Put the names that the config maps before the usual ones.

    >>> field_names({"title": "kop"})["title"]
    ('kop', 'title', 'headline')
    """
    names = dict(USUAL)
    for field, given in mapped.items():
        first = (given,) if isinstance(given, str) else tuple(given)
        names[field] = tuple(dict.fromkeys((*(name.lower() for name in first), *USUAL[field])))
    return names


def read(
    file: RawFile,
    names: dict[str, tuple[str, ...]],
    max_file_bytes: int,
    max_record_bytes: int,
    progress: Callable[[float], None] = lambda share: None,
) -> Iterator[Row]:
    """Yield the records of a raw file as rows of schema.RECORD; at least one, and none is left out.

    A file that cannot be read is one row with a reason. `progress` is told now and then which share was read.
    """
    if file.reason is not None:
        yield _row(file, 0, Found(None, reason=file.reason, detail=file.detail))
        return
    extension, _ = format_of(file.path) or ("", None)
    kind, loader = FORMATS[extension]
    columns = frozenset(name for given in names.values() for name in given)
    tag = tag_of_path(file.path) if kind == "text" else None
    number = 0
    try:
        with opened(file, max_file_bytes) as content:
            for found in loader(Source(content.stream, extension, max_record_bytes, columns, tag)):
                row = _row(file, number, found, format=kind, encoding=content.encoding)
                _read_fields(row, found, names, file.path)
                if content.note or found.note:
                    row["notes"] = "; ".join(filter(None, (content.note, found.note, row["notes"])))
                yield row
                number += 1
                if number % PROGRESS_EVERY == 0:
                    progress(min(1.0, content.stream.tell() / content.size) if content.size else 1.0)
    except RawError as error:
        reason, _, detail = str(error).partition(": ")
        yield _row(file, number, Found(None, reason=reason, detail=detail), format=kind)
        return
    except (ValueError, LookupError, TypeError, ArithmeticError, pa.ArrowException) as error:
        # No loader is known to raise these; if one does, its file is at fault for us, and the build goes on.
        detail = f"it cannot be read from here on ({type(error).__name__}: {error}). Please report it"
        yield _row(file, number, Found(None, reason="unreadable", detail=detail), format=kind)
        return
    if number == 0:
        yield _row(file, 0, Found(None, reason="empty", detail="no record in it. Take it away or fill it"), format=kind)


def _row(file: RawFile, number: int, found: Found, **more: str | None) -> Row:
    place = place_of(file.path, found.place)
    row: Row = {"file": file.path, "record": number, "place": found.place, "notes": None, **more}
    row["reason"] = found.reason
    row["detail"] = f"{place}: {found.detail}" if found.detail else None
    if found.reason is not None:
        row["raw"] = found.raw
        row["span_offset"], row["span_length"] = found.span or (None, None)
    return row


def _read_fields(row: Row, found: Found, names: dict[str, tuple[str, ...]], path: str) -> None:
    """Fill in what the fields say; the first fault is the record's reason."""
    given = {name.lower(): value for name, value in found.fields.items() if value is not None}
    notes: list[str] = []
    try:
        values: dict[str, str | None] = {
            field: _text(_first(given, names[field]), field, notes)
            for field in names
            if field not in ("date", "opt_out")
        }
        if row["format"] == "text" and values["tag"] is None:
            values["tag"] = tag_of_path(path)
        tag = _tag(values, row["format"], notes)
        row.update({field: values[field] or None for field in OTHERS if field != "story"})
        row["story_field"] = values["story"] or None
        row.update(tag=tag.text, language=tag.language, tag_id=tag.id, collection=collection_of(path, tag.language))
        row["text"] = values["text"]
        row["opt_out"] = opts_out(_first(given, names["opt_out"]))
        row["date"] = read_date(_first(given, names["date"]), notes)
        if any("\0" in value for value in values.values() if value):
            raise RawError("nul: it has a NUL byte. Take it out; if the file is UTF-16, give it a byte-order mark")
        if not (values["text"] or "").strip():
            raise RawError(f"no_text: no text. Expected it in a field {' or '.join(names['text'])}, or as a body")
    except TagError as error:
        _refuse(row, found, "no_tag" if str(error).startswith("no tag") else "tag", str(error))
    except RawError as error:
        _refuse(row, found, *str(error).split(": ", 1))
    row["notes"] = "; ".join(notes) or None


def _refuse(row: Row, found: Found, reason: str, detail: str) -> None:
    if row["reason"] is not None:
        return
    place = place_of(row["file"], row["place"])
    row["reason"], row["detail"], row["text"] = reason, f"{place}: {detail}", None
    row["raw"] = found.raw if found.raw is not None else orjson.dumps(found.fields, default=repr)


def _first(given: dict[str, object], names: tuple[str, ...]) -> object:
    values = (given[name] for name in names if given.get(name) not in (None, ""))
    return next((value for value in values if not _is_no_number(value)), None)


def _is_no_number(value: object) -> bool:
    """Tell NaN and infinity, which stand for null in tables."""
    return (isinstance(value, float) and not math.isfinite(value)) or (
        isinstance(value, Decimal) and not value.is_finite()
    )


def _text(value: object, field: str, notes: list[str]) -> str | None:
    """Give a field's value as text; numbers are spelled, a list is paragraphs or names.

    Anything else is a fault where the article cannot do without it, and not known where it can.
    """
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, Decimal):
        return f"{value:f}".rstrip("0").rstrip(".") if value % 1 else f"{value:.0f}"
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
    if isinstance(value, list) and all(isinstance(part, str | None) for part in value):
        return ("\n\n" if field == "text" else ", ").join(part for part in value if part)
    if isinstance(value, bytes) and field not in OTHERS:
        raise RawError(f"encoding: the field for '{field}' is no UTF-8. Write it in UTF-8, as text")
    if field in OTHERS:
        notes.append(f"{field} is a {type(value).__name__} and was left out")
        return None
    raise RawError(f"field: the field for '{field}' is a {type(value).__name__}. Expected text")


def opts_out(value: object) -> bool | None:
    """Tell whether a field says that the article must not be used; in doubt it does, and None is no field.

    >>> opts_out(True), opts_out("1"), opts_out("training"), opts_out(" No "), opts_out(0), opts_out(None)
    (True, True, True, False, False, None)
    """
    return None if value is None else str(value).strip().lower() not in NO


def _tag(values: dict[str, str | None], format: str, notes: list[str]) -> tags.Tag:
    tag, language, id = values["tag"], values["language"], values["id"]
    if tag is not None:
        try:
            return tags.parse(tag)
        except TagError:
            if language is None or id is None:
                raise
            with contextlib.suppress(TagError):  # a field 'tag' may hold what an article is about
                joined = tags.join(language, id)
                notes.append(f"tag {tag[:40]!r} is no tag; language and id were taken")
                return joined
            raise
    if language is not None and id is not None:
        return tags.join(language, id)
    if format == "text":
        where = "Expected one such as fr-02 as the last line, the first line, the file's name or its folder"
    else:
        where = "Expected a field 'tag', or 'language' and 'id'; other names go under [fields] in builder.toml"
    raise TagError(f"no tag. {where}")


def tag_of_path(path: str) -> str | None:
    """Read a tag from a file's name, else from its folders.

    >>> tag_of_path("afp/fr-02.txt"), tag_of_path("pt-BR/0007.txt.gz"), tag_of_path("afp/sr/Latn/RS/3.txt")
    ('fr-02', 'pt-BR-0007', 'sr-Latn-RS-3')
    >>> tag_of_path("afp/17.txt"), tag_of_path("wire/co-op.txt")
    (None, None)
    """
    *folders, name = path.split("/")
    stem = name.split(".", 1)[0]
    if tags.is_tag_line(stem):
        return stem
    if not re.fullmatch("[A-Za-z0-9]+", stem):
        return None
    for depth in (3, 2, 1):
        language = "-".join(folders[-depth:])
        if len(folders) >= depth and tags.is_language_folder(language):
            return f"{language}-{stem}"
    return None


def collection_of(path: str, language: str) -> str | None:
    """Give the first folder below the raw root, unless it names the article's language.

    >>> collection_of("afp/fr-02.txt", "fr"), collection_of("fr/02.txt", "fr"), collection_of("fr-02.txt", "fr")
    ('afp', None, None)
    """
    folder, _, rest = path.partition("/")
    if not rest:
        return None
    try:
        named = tags.canonical_language(folder)
    except TagError:
        return folder
    return None if named.split("-")[0] == language.split("-", maxsplit=1)[0] else folder


def read_date(value: object, notes: list[str]) -> datetime | None:
    """Read a date in ISO 8601 or RFC 5322, or seconds or milliseconds since 1970; what has no zone is UTC.

    Eight or fourteen digits are a day, or a day and a time. Seconds are those of 1973 to 2033, milliseconds those
    since 2001: other numbers may be days, hours and minutes, and are not known.

    What cannot be told for certain, such as 03/04/2024, is not known: None, and a note says so.

    >>> read_date("2024-06-19", []), read_date(1718755200, []), read_date("Wed, 19 Jun 2024 02:00:00 +0200", [])
    ... # doctest: +NORMALIZE_WHITESPACE
    (datetime.datetime(2024, 6, 19, 0, 0, tzinfo=datetime.timezone.utc),
     datetime.datetime(2024, 6, 19, 0, 0, tzinfo=datetime.timezone.utc),
     datetime.datetime(2024, 6, 19, 0, 0, tzinfo=datetime.timezone.utc))
    >>> notes = []; read_date("03/04/2024", notes); notes
    ["date '03/04/2024' not understood"]
    """
    if value is None:
        return None
    date = _moment(value)
    if date is None:
        notes.append(f"date {str(value)[:40]!r} not understood")
        return None
    return date


def _moment(value: object) -> datetime | None:
    try:
        if isinstance(value, str):
            value = value.strip()
        digits = str(value)
        if _NUMBER.fullmatch(digits) and not isinstance(value, bool):
            if len(digits) in (8, 14):
                form = "%Y%m%d%H%M%S"[: 6 if len(digits) == 8 else None]
                return datetime.strptime(digits, form).replace(tzinfo=UTC)
            seconds = float(digits) / 1000 if float(digits) >= 1e12 else float(digits)
            return datetime.fromtimestamp(seconds, UTC) if _EPOCHS[0] <= seconds < _EPOCHS[1] else None
        if isinstance(value, str):
            value = _parsed(value)
        elif not isinstance(value, datetime) and hasattr(value, "isoformat"):
            value = datetime.fromisoformat(value.isoformat())
        if not isinstance(value, datetime):
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    except (ValueError, TypeError, OverflowError, OSError):
        return None


def _parsed(value: str) -> datetime:
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        return parsedate_to_datetime(value)
