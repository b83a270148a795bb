"""Prepare: everything that one article decides alone, raw file by raw file, stored in segments and never done twice."""

import functools
import hashlib
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import orjson
import pyarrow as pa

from builder.config.sections import Config
from builder.core.errors import BuilderError
from builder.core.schema import RECORD
from builder.core.timing import Clock
from builder.dedup import urls
from builder.engine import versions
from builder.langid import identify
from builder.langid.process import Detectors
from builder.languages import scripts
from builder.prepare import forgotten
from builder.prepare.measure import measure
from builder.prepare.segments import Part, Segments
from builder.read import fields
from builder.read.records import read
from builder.read.scan import RawFile
from builder.text import personal_data
from builder.text.clean import clean

SEGMENT_RECORDS = 2048
SEGMENT_BYTES = 16 << 20  # of text


def key(config: Config) -> str:
    """Give the name of the folder of segments: a digest of the code and settings that prepared rows depend on."""
    says = config.says()
    dedup = {name: says["dedup"][name] for name in ("ngram", "bands", "rows", "min_words")}
    settings = orjson.dumps([says["read"], says["fields"], says["privacy"], dedup], option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(versions.prepare_digest().encode() + settings).hexdigest()[:16]


@dataclass(slots=True)
class _Chunk:
    """Records on their way into one segment, and the parts of raw files they are."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)
    size: int = 0


def prepare(
    files: list[RawFile],
    segments: Segments,
    config: Config,
    secret: Mapping[str, str],
    progress: Callable[[int, int], None],
    clock: Clock,
) -> tuple[int, int]:
    """Read and prepare the files whose results are not stored; give how many files and records that were.

    `secret` is what is to be forgotten (forgotten.redact): what these articles say is not stored. `progress` is told
    the records and the bytes of raw files that are behind.
    """
    store = functools.partial(_store, segments=segments, config=config, secret=secret, clock=clock)
    stored = {file.digest: segments.stored(file.digest) for file in files}
    missing = {file: stored[file.digest][0] for file in files if not stored[file.digest][1]}
    if not missing:
        return 0, 0
    before, records = sum(count for count, _ in stored.values()), 0
    # Three at work at once: this thread reads and tidies a chunk, the detectors' process has the one before it, and
    # the thread behind signs and stores the one before that.
    with Detectors() as detectors, ThreadPoolExecutor(1) as behind:
        asked: tuple[pa.Table, list[Part]] | None = None
        storing: Future[None] | None = None
        for chunk in clock.each("prepare/read", _chunks(missing, config, progress)):
            records += len(chunk.rows)
            with clock("prepare/tidy"):
                tidied = scripts.add_script(urls.add_pages(tidy_rows(chunk.rows, config.privacy.mask)))
            answers = _answers(detectors, clock) if asked else None
            detectors.ask(identify.request(tidied))
            if asked and answers is not None:  # an answer without rows is one: all records may be quarantined
                if storing:
                    storing.result()
                storing = behind.submit(store, *asked, answers)
            asked = tidied, chunk.parts
        if storing:
            storing.result()
        if asked:
            store(*asked, _answers(detectors, clock))
    check_whole(files, segments, before + records)
    return len(missing), records


def check_whole(files: list[RawFile], segments: Segments, records: int) -> None:
    """Raise BuilderError unless all of every file is stored, and as many records as were read."""
    lost = [file.path for file in files if not segments.stored(file.digest)[1]]
    if lost:
        raise BuilderError(
            f"{lost[0]}: not stored to its end; {len(lost)} of {len(files)} files are not. "
            "This is our fault; please report it"
        )
    if (kept := segments.records(file.digest for file in files)) != records:
        raise BuilderError(f"{records} records were read, but {kept} are stored. This is our fault; please report it")


def _answers(detectors: Detectors, clock: Clock) -> pa.RecordBatch:
    """Wait for the detectors, which work while the chunk behind is signed and the one ahead is read and tidied."""
    with clock("prepare/detectors"):
        return detectors.answers()


def _chunks(missing: dict[RawFile, int], config: Config, progress: Callable[[int, int], None]) -> Iterator[_Chunk]:
    """Yield the records of these files behind those that are stored of each, a segment's worth at a time."""
    names = fields.field_names(config.fields)
    chunk = _Chunk()
    behind = _Behind(progress)
    for file, stored in missing.items():
        begun, number = stored, 0
        tell = functools.partial(behind.tell, file.size)
        for row in read(file, names, config.read.max_file_bytes, config.read.max_record_bytes, tell):
            number += 1
            if number <= stored:
                continue
            behind.records += 1
            chunk.rows.append(row)
            chunk.size += len(row.get("text") or "") + len(row.get("raw") or b"")
            if len(chunk.rows) >= SEGMENT_RECORDS or chunk.size >= SEGMENT_BYTES:
                chunk.parts.append(Part(file.digest, begun, number - begun, False))
                begun = number
                yield chunk
                chunk = _Chunk()
        chunk.parts.append(Part(file.digest, begun, number - begun, True))
        tell(1.0)
        behind.bytes += file.size
    yield chunk


@dataclass(slots=True)
class _Behind:
    """What was read of all files so far."""

    progress: Callable[[int, int], None]
    records: int = 0
    bytes: int = 0

    def tell(self, size: int, share: float) -> None:
        """Say that a share of a file of this size was read."""
        self.progress(self.records, self.bytes + int(size * share))


def tidy_rows(rows: list[dict[str, Any]], mask: tuple[str, ...]) -> pa.Table:
    """Make a table of rows as records.read yields them, with their texts as they are published, but for furniture."""
    return personal_data.find(clean(records_table(rows)), mask)


def records_table(rows: list[dict[str, Any]]) -> pa.Table:
    """Make a table (schema.RECORD) of rows as records.read yields them."""
    columns = [pa.array([row.get(field.name) for row in rows], field.type) for field in RECORD]
    return pa.table(columns, schema=RECORD)


def _store(
    tidied: pa.Table,
    parts: list[Part],
    answers: pa.RecordBatch,
    segments: Segments,
    config: Config,
    secret: Mapping[str, str],
    clock: Clock,
) -> None:
    dedup = config.dedup
    with clock("prepare/verdict"):
        identified = identify.conclude(tidied, answers)
    with clock("prepare/measure"):
        measured = measure(identified, dedup.ngram, dedup.bands, dedup.rows, dedup.min_words)
    with clock("prepare/store"):
        segments.add(forgotten.redact(measured, secret), parts)
