r"""JSON Lines: one object per line, streamed; `\n`, `\r\n` or `\r` ends a line, as no JSON string contains them."""

import json
from codecs import BOM_UTF8
from collections.abc import Iterator

import orjson

from builder.core.terms import Reason
from builder.read.formats.base import Format, Record, Source
from builder.read.formats.lines import lines, too_long

_EXACT = 2**53  # floats represent every integer exactly only up to this one


def read(source: Source) -> Iterator[Record]:
    """Yield one record per line; a line that is not a JSON object is a record with a reason."""
    for number, offset, length, line in lines(source.stream, source.limit):
        if length > source.limit:
            detail = f"the line has {too_long(length, source.limit)}"
            yield Record(number, reason=Reason.TOO_LONG, detail=detail, span=(offset, length))
            continue
        if line.startswith(BOM_UTF8):  # from a file that was appended to another
            line = line.removeprefix(BOM_UTF8)
        if line.strip():
            yield _read_line(number, line)


def _read_line(number: int, line: bytes) -> Record:
    try:
        record = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        try:
            line.decode()
        except UnicodeDecodeError as damage:
            detail = f"byte {damage.start + 1} of the line is not UTF-8. Save the file in UTF-8 again"
            return Record(number, reason=Reason.ENCODING, detail=detail, raw=line)
        record = _read_loosely(line)
        if record is None:
            detail = f"the line is not valid JSON ({error}). Expected one JSON object per line"
            return Record(number, reason=Reason.JSON, detail=detail, raw=line)
    if not isinstance(record, dict):
        detail = f"the line is a {type(record).__name__}. Expected one JSON object per line"
        return Record(number, reason=Reason.JSON, detail=detail, raw=line)
    for value in record.values():
        if type(value) is float and not -_EXACT < value < _EXACT:
            record = _read_loosely(line) or record
            break
    return Record(number, fields=record, raw=line)


def _read_loosely(line: bytes) -> object:
    """Read JSON with integers of any length, and with NaN and Infinity as null; None if it is still invalid.

    >>> _read_loosely(b'{"id": 12345678901234567890123, "author": NaN}')
    {'id': '12345678901234567890123', 'author': None}
    >>> _read_loosely(rb'{"text": "\\ud800"}') is None
    True
    """
    try:
        record: object = json.loads(line, parse_int=_integer, parse_constant=lambda name: None)
        orjson.dumps(record)  # refuses lone surrogates, which a table cannot store
    except (ValueError, TypeError, RecursionError):
        return None
    return record


def _integer(digits: str) -> int | str:
    return int(digits) if len(digits) < 19 else digits


FORMAT = Format("jsonl", (".jsonl", ".ndjson"), read)
