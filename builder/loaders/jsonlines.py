"""JSON Lines: one object a line, streamed; only a line feed (or CR LF) ends a line."""

from collections.abc import Iterator

import orjson

from builder.loaders.found import Found, Source
from builder.loaders.lines import lines, too_long


def read(source: Source) -> Iterator[Found]:
    """Yield an object a line; a line that is no JSON object is a record with a reason."""
    for number, offset, length, line in lines(source.stream, source.limit):
        if length > source.limit:
            detail = f"a line of {too_long(length, source.limit)}"
            yield Found(number, reason="too_long", detail=detail, span=(offset, length))
        elif line.strip():
            yield _read_line(number, line)


def _read_line(number: int, line: bytes) -> Found:
    try:
        record = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        try:
            line.decode()
        except UnicodeDecodeError as damage:
            detail = f"byte {damage.start + 1} of the line is no UTF-8. Save the file in UTF-8 again"
            return Found(number, reason="encoding", detail=detail, raw=line)
        detail = f"no JSON ({error}). Expected one object a line"
        return Found(number, reason="json", detail=detail, raw=line)
    if not isinstance(record, dict):
        detail = f"a {type(record).__name__}. Expected one JSON object a line"
        return Found(number, reason="json", detail=detail, raw=line)
    return Found(number, fields=record, raw=line)
