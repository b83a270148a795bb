"""Prepare: everything that one article decides alone, raw file by raw file, stored in segments and never done twice."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import orjson
import pyarrow as pa

from builder import engine, intake, language, near, tidy
from builder.config import Config
from builder.raw import RawFile
from builder.schema import RECORD
from builder.segments import Part, Segments

SEGMENT_RECORDS = 4096
SEGMENT_BYTES = 32 << 20  # of text


def key(config: Config) -> str:
    """Give the name of the folder of segments: a digest of the code and settings that prepared rows depend on."""
    says = config.says()
    dedup = {name: value for name, value in says["dedup"].items() if name != "threshold"}
    settings = orjson.dumps([says["read"], says["fields"], dedup], option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(engine.code_digest().encode() + settings).hexdigest()[:16]


@dataclass(slots=True)
class _Pending:
    """Rows that wait for their segment, and the parts of raw files they are."""

    rows: list[dict[str, Any]]
    parts: list[Part]
    size: int = 0


def prepare(
    files: list[RawFile], segments: Segments, config: Config, progress: Callable[[int, int], None]
) -> tuple[int, int]:
    """Read and prepare the files whose results are not stored; give how many files and records that were.

    `progress` is told the records and the bytes of raw files that are behind.
    """
    names = intake.field_names(config.fields)
    pending = _Pending([], [])
    done_files = done_records = done_bytes = 0
    for file in files:
        first, whole = segments.stored(file.digest)
        if whole:
            continue
        number, begun = 0, first

        def tell(share: float, file: RawFile = file) -> None:
            progress(done_records, done_bytes + int(file.size * share))

        for row in intake.read(file, names, config.read.max_file_bytes, config.read.max_record_bytes, tell):
            number += 1
            if number <= first:
                continue
            pending.rows.append(row)
            pending.size += len(row.get("text") or "") + len(row.get("raw") or b"")
            done_records += 1
            if len(pending.rows) >= SEGMENT_RECORDS or pending.size >= SEGMENT_BYTES:
                pending.parts.append(Part(file.digest, begun, number - begun, False))
                begun = number
                pending = _store(pending, segments, config)
        pending.parts.append(Part(file.digest, begun, number - begun, True))
        done_files += 1
        done_bytes += file.size
        progress(done_records, done_bytes)
    if pending.parts:
        _store(pending, segments, config)
    return done_files, done_records


def _store(pending: _Pending, segments: Segments, config: Config) -> _Pending:
    columns = [pa.array([row.get(field.name) for row in pending.rows], field.type) for field in RECORD]
    segments.add(steps(pa.table(columns, schema=RECORD), config), pending.parts)
    return _Pending([], [])


def steps(records: pa.Table, config: Config) -> pa.Table:
    """Take records (schema.RECORD) through the steps of prepare, to schema.PREPARED; rows and order stay."""
    dedup = config.dedup
    tidied = tidy.tidy(records)
    identified = language.identify(tidied)
    return near.sign(identified, dedup.ngram, dedup.bands, dedup.rows, dedup.min_words)
