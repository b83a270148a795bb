"""Read dates; an ambiguous date is null."""

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)?")
_EPOCHS = (1e8, 2e9)  # seconds: March 1973 to May 2033; ten digits beyond it read as a day and an hour


def read_date(value: object, notes: list[str]) -> datetime | None:
    """Read a date in ISO 8601 or RFC 5322, or in seconds or milliseconds since 1970; without a zone it is in UTC.

    Eight or fourteen digits are a day, or a day and a time. Seconds count only from 1973 to 2033, and milliseconds
    only from 2001 on, because other numbers may be days, hours and minutes.

    Return None, and add a note, for a date that may be read in two ways, such as 03/04/2024, and for anything else.

    >>> read_date("2024-06-19", []), read_date(1718755200, []), read_date("Wed, 19 Jun 2024 02:00:00 +0200", [])
    ... # doctest: +NORMALIZE_WHITESPACE
    (datetime.datetime(2024, 6, 19, 0, 0, tzinfo=datetime.timezone.utc),
     datetime.datetime(2024, 6, 19, 0, 0, tzinfo=datetime.timezone.utc),
     datetime.datetime(2024, 6, 19, 0, 0, tzinfo=datetime.timezone.utc))
    >>> notes = []; read_date("03/04/2024", notes); notes
    ["date '03/04/2024' was not understood"]
    """
    if value is None:
        return None
    date = _moment(value)
    if date is None:
        notes.append(f"date {str(value)[:40]!r} was not understood")
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
