"""Find the fields of a record by their usual names, and read their values as text."""

import math
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from builder.core import columns
from builder.core.column import BOOL, STRING, TIME
from builder.core.errors import RawError
from builder.core.terms import Reason

GIVEN = columns.given()
TEXTS = tuple(column for column in GIVEN if column.type == STRING)
TIMES = tuple(column for column in GIVEN if column.type == TIME)
FLAGS = tuple(column for column in GIVEN if column.type == BOOL)
# The usual names of each field, in the order in which they are tried, in lower case.
USUAL: dict[str, tuple[str, ...]] = {column.field: column.names for column in GIVEN}
OTHERS = tuple(column.field for column in TEXTS if not column.needed)
NO = frozenset({"false", "no", "0", "f", "n", "none", "null", "0.0"})


def field_names(mapped: Mapping[Any, str | tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """Return the names of each field: first the names that the config maps, then the usual ones.

    >>> field_names({"title": "kop"})["title"]
    ('kop', 'title', 'headline')
    """
    names = dict(USUAL)
    for field, given in mapped.items():
        first = (given,) if isinstance(given, str) else tuple(given)
        names[field] = tuple(dict.fromkeys((*(name.lower() for name in first), *USUAL[field])))
    return names


def first_value(given: dict[str, object], names: tuple[str, ...]) -> object:
    """Return the first value that is not empty among the fields with these names."""
    values = (given[name] for name in names if given.get(name) not in (None, ""))
    return next((value for value in values if not _is_not_finite(value)), None)


def _is_not_finite(value: object) -> bool:
    """Tell whether a value is NaN or infinity, which mean null in tables."""
    return (isinstance(value, float) and not math.isfinite(value)) or (
        isinstance(value, Decimal) and not value.is_finite()
    )


def as_text(value: object, field: str, notes: list[str]) -> str | None:
    """Return a field's value as text: numbers as digits, a list as paragraphs (of `text`) or names.

    A value of any other type raises RawError if the article needs the field, and is ignored, with a note, if not.
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
        raise RawError(Reason.ENCODING, f"the field for '{field}' is not UTF-8. Write it as text, in UTF-8")
    if field in OTHERS:
        notes.append(f"{field} has the type {type(value).__name__} and was ignored")
        return None
    raise RawError(Reason.FIELD, f"the field for '{field}' has the type {type(value).__name__}. Expected text")


def opts_out(value: object) -> bool | None:
    """Tell whether a field forbids the use of the article; any unclear value does. Without the field, return None.

    >>> opts_out(True), opts_out("1"), opts_out("training"), opts_out(" No "), opts_out(0), opts_out(None)
    (True, True, True, False, False, None)
    """
    return None if value is None else str(value).strip().lower() not in NO
