"""Read dates; what cannot be told for certain is null."""

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)?")
_EPOCHS = (1e8, 2e9)  # seconds: March 1973 to May 2033; ten digits beyond it read as a day and an hour


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
