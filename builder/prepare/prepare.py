"""Prepare: do everything that needs only one article, raw file by raw file, once, and store the results in segments."""

import functools
import hashlib
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import orjson
import pyarrow as pa

from builder.config.sections import Config, Dedup
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
    """Return the name of the folder of segments: a digest of the code and settings that prepared rows depend on."""
    says = config.says()
    dedup = {name: says["dedup"][name] for name in ("ngram", "bands", "rows", "min_words")}
    settings = orjson.dumps([says["read"], says["fields"], says["privacy"], dedup], option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(versions.prepare_digest().encode() + settings).hexdigest()[:16]


@dataclass(slots=True)
class _Chunk:
    """The records of one future segment, and the parts of raw files that they come from."""

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
    """Read and prepare the files whose results are not stored; return how many files and records were prepared.

    `secret` has the records to forget (forgotten.redact); their words are not stored. `progress` receives how many
    records and bytes of raw files have been read so far.
    """
    store = _Store(segments, config.dedup, secret, clock)
    stored = {file.digest: segments.stored(file.digest) for file in files}
    missing = {file: stored[file.digest][0] for file in files if not stored[file.digest][1]}
    if not missing:
        return 0, 0
    before, records = sum(count for count, _ in stored.values()), 0
    # Three chunks are in progress at once: this thread reads and tidies one, the detectors' process works on the
    # previous one, and a second thread signs and stores the one before that.
    with Detectors() as detectors, ThreadPoolExecutor(1) as executor:
        asked: tuple[pa.Table, list[Part]] | None = None
        storing: Future[None] | None = None
        for chunk in clock.each("prepare/read", _chunks(missing, config, progress)):
            records += len(chunk.rows)
            with clock("prepare/tidy"):
                tidied = scripts.add_script(urls.add_pages(tidy_rows(chunk.rows, config.privacy.mask)))
            answers = _answers(detectors, clock) if asked else None
            detectors.ask(identify.request(tidied))
            if asked and answers is not None:  # an answer may have no rows, because all records may be quarantined
                if storing:
                    storing.result()
                storing = executor.submit(store.add, *asked, answers)
            asked = tidied, chunk.parts
        if storing:
            storing.result()
        if asked:
            store.add(*asked, _answers(detectors, clock))
    check_whole(files, segments, before + records)
    return len(missing), records


def check_whole(files: list[RawFile], segments: Segments, records: int) -> None:
    """Raise BuilderError unless every file is stored completely, with as many records as were read."""
    lost = [file.path for file in files if not segments.stored(file.digest)[1]]
    if lost:
        raise BuilderError(
            f"{lost[0]}: not stored to its end; {len(lost)} of {len(files)} files are not. "
            "This is our fault; please report it"
        )
    if (kept := segments.records(file.digest for file in files)) != records:
        raise BuilderError(f"{records} records were read, but {kept} are stored. This is our fault; please report it")


def _answers(detectors: Detectors, clock: Clock) -> pa.RecordBatch:
    """Wait for the detectors. They work while the previous chunk is signed and the next one is read and tidied."""
    with clock("prepare/detectors"):
        return detectors.answers()


def _chunks(missing: dict[RawFile, int], config: Config, progress: Callable[[int, int], None]) -> Iterator[_Chunk]:
    """Yield the records of these files, a segment's worth at a time; skip the records of each that are stored."""
    names = fields.field_names(config.fields)
    chunk = _Chunk()
    done = _Progress(progress)
    for file, stored in missing.items():
        begun, number = stored, 0
        report = functools.partial(done.report, file.size)
        for row in read(file, names, config.read.max_file_bytes, config.read.max_record_bytes, report):
            number += 1
            if number <= stored:
                continue
            done.records += 1
            chunk.rows.append(row)
            chunk.size += len(row.get("text") or "") + len(row.get("raw") or b"")
            if len(chunk.rows) >= SEGMENT_RECORDS or chunk.size >= SEGMENT_BYTES:
                chunk.parts.append(Part(file.digest, begun, number - begun, False))
                begun = number
                yield chunk
                chunk = _Chunk()
        chunk.parts.append(Part(file.digest, begun, number - begun, True))
        report(1.0)
        done.bytes += file.size
    yield chunk


@dataclass(slots=True)
class _Progress:
    """How much of all files has been read so far."""

    progress: Callable[[int, int], None]
    records: int = 0
    bytes: int = 0

    def report(self, size: int, share: float) -> None:
        """Report that a share of a file of this size has been read."""
        self.progress(self.records, self.bytes + int(size * share))


def tidy_rows(rows: list[dict[str, Any]], mask: tuple[str, ...]) -> pa.Table:
    """Make a table of rows from records.read, with their texts as published, except that boilerplate is still there."""
    return personal_data.find(clean(records_table(rows)), mask)


def records_table(rows: list[dict[str, Any]]) -> pa.Table:
    """Make a table (schema.RECORD) of rows from records.read."""
    columns = [pa.array([row.get(field.name) for row in rows], field.type) for field in RECORD]
    return pa.table(columns, schema=RECORD)


@dataclass(frozen=True, slots=True)
class _Store:
    """The segments, and the settings by which tidied records are measured and redacted on their way there."""

    segments: Segments
    dedup: Dedup
    secret: Mapping[str, str]
    clock: Clock

    def add(self, tidied: pa.Table, parts: list[Part], answers: pa.RecordBatch) -> None:
        """Conclude the language of tidied records from the detectors' answers, measure them and store them."""
        with self.clock("prepare/verdict"):
            identified = identify.conclude(tidied, answers)
        with self.clock("prepare/measure"):
            dedup = self.dedup
            measured = measure(identified, dedup.ngram, dedup.bands, dedup.rows, dedup.min_words)
        with self.clock("prepare/store"):
            self.segments.add(forgotten.redact(measured, self.secret), parts)
