"""The fields of a record: their usual names, and their values as text."""

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
    """Put the names that the config maps before the usual ones.

    >>> field_names({"title": "kop"})["title"]
    ('kop', 'title', 'headline')
    """
    names = dict(USUAL)
    for field, given in mapped.items():
        first = (given,) if isinstance(given, str) else tuple(given)
        names[field] = tuple(dict.fromkeys((*(name.lower() for name in first), *USUAL[field])))
    return names


def first_value(given: dict[str, object], names: tuple[str, ...]) -> object:
    """Give the first value that is not empty among fields of these names."""
    values = (given[name] for name in names if given.get(name) not in (None, ""))
    return next((value for value in values if not _is_no_number(value)), None)


def _is_no_number(value: object) -> bool:
    """Tell NaN and infinity, which stand for null in tables."""
    return (isinstance(value, float) and not math.isfinite(value)) or (
        isinstance(value, Decimal) and not value.is_finite()
    )


def as_text(value: object, field: str, notes: list[str]) -> str | None:
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
        raise RawError(Reason.ENCODING, f"the field for '{field}' is no UTF-8. Write it in UTF-8, as text")
    if field in OTHERS:
        notes.append(f"{field} is a {type(value).__name__} and was left out")
        return None
    raise RawError(Reason.FIELD, f"the field for '{field}' is a {type(value).__name__}. Expected text")


def opts_out(value: object) -> bool | None:
    """Tell whether a field says that the article must not be used; in doubt it does, and None is no field.

    >>> opts_out(True), opts_out("1"), opts_out("training"), opts_out(" No "), opts_out(0), opts_out(None)
    (True, True, True, False, False, None)
    """
    return None if value is None else str(value).strip().lower() not in NO
