"""Held: look for the texts of a release of ids among the files that somebody holds."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from builder.config.sections import Config
from builder.core.schema import ARTICLE, WORDS
from builder.dedup import urls
from builder.prepare.corpus import ids_of
from builder.prepare.prepare import SEGMENT_BYTES, SEGMENT_RECORDS, tidy_rows
from builder.query.reread import without
from builder.read import fields
from builder.read import records as read_records
from builder.read.records import Row
from builder.read.scan import RawFile
from builder.release import ids_only

STORED = pa.schema([ARTICLE.field(name) for name in WORDS])
_WANTED = ["id", "tag", "language", "url", "title_sha256", "text_sha256", "article_sha256", "furniture"]


class Location(NamedTuple):
    """Where a held article stands, and its id there."""

    file: str
    record: int
    place: int | None
    id: str | None


@dataclass(slots=True)
class Wanted:
    """The articles of a release of ids, in the order of its files, and by what they are known."""

    rows: pa.Table
    by_id: dict[str, int] = field(default_factory=dict)
    by_page: dict[str, list[int]] = field(default_factory=dict)
    by_tag: dict[str, list[int]] = field(default_factory=dict)
    by_text: dict[str, list[int]] = field(default_factory=dict)


@dataclass(slots=True)
class Matches:
    """What was found of each wanted article: a row in the store (-1: none), where it stands, and what differs."""

    stored: np.ndarray[Any, np.dtype[np.int64]]
    places: list[Location | None]
    differs: list[list[str] | None]
    unreadable: list[str] = field(default_factory=list)  # why records of the held files were passed over
    records: int = 0

    def state(self, row: int) -> str:
        """Tell whether an article is matched, changed or missing."""
        return "matched" if self.stored[row] >= 0 else "changed" if self.places[row] else "missing"


def wanted(paths: Sequence[Path]) -> Wanted:
    """Read what the data files of a release of ids say of its articles."""
    rows = pa.concat_tables(pq.read_table(path, columns=_WANTED, partitioning=None) for path in paths)
    found = Wanted(rows)
    for row, (id, tag, url, text) in enumerate(
        zip(*(rows[name].to_pylist() for name in ("id", "tag", "url", "article_sha256")), strict=True)
    ):
        found.by_id[id] = row
        found.by_tag.setdefault(tag, []).append(row)
        found.by_text.setdefault(text, []).append(row)
        if page := urls.normalize_url(url):
            found.by_page.setdefault(page, []).append(row)
    return found


def find(articles: Wanted, files: Sequence[RawFile], config: Config, store: Path) -> Matches:
    """Look for the wanted articles in files, which are read as a build reads them; write their texts to `store`.

    An article is known by its id, else by the page of its URL where the held id is unknown. One that stands elsewhere,
    or has another id by now, is looked for by its tag and by the hash of all that it says too. However it was found,
    only texts that hash to what the release says are taken, the first in path order.
    """
    count = len(articles.rows)
    found = Matches(np.full(count, -1, np.int64), [None] * count, [None] * count)
    hashes = [articles.rows[name].to_pylist() for name in ("title_sha256", "text_sha256", "article_sha256")]
    languages = articles.rows["language"].to_pylist()
    lines, sure = articles.rows["furniture"], np.zeros(count, np.int8)
    written = 0
    with pa.OSFile(str(store), "wb") as sink, pa.ipc.new_file(sink, STORED) as writer:
        for some in _chunks(files, config, found):
            table = urls.add_pages(tidy_rows(some, config.privacy.mask))
            found.unreadable += table["detail"].filter(pc.is_valid(table["reason"])).to_pylist()
            taken: list[tuple[Any, ...]] = []
            names = ("file", "record", "place", "reason", "tag", "pages", *WORDS)
            for id, file, record, at, reason, tag, of_pages, *values in zip(
                ids_of(table), *(table[name].to_pylist() for name in names), strict=True
            ):
                if reason is not None:
                    continue
                place, whole = Location(file, record, at, id), ids_only.article_sha256(*values)
                words = dict(zip(WORDS, values, strict=True))
                for row, certain in _candidates(articles, found, id, tag, of_pages, whole):
                    if found.stored[row] >= 0:
                        continue
                    keys = lines[row].as_py()
                    body = without(words["text"], keys, languages[row]) if keys else words["text"]
                    held = words | {"text": body}
                    said = ids_only.article_sha256(*held.values()) if keys else whole
                    if said == hashes[2][row]:
                        found.stored[row], found.places[row], found.differs[row] = written + len(taken), place, None
                        taken.append(tuple(held.values()))
                    elif certain > sure[row]:
                        found.places[row], sure[row] = place, certain
                        found.differs[row] = _apart(held, hashes[0][row], hashes[1][row])
            if taken:
                writer.write_table(_table(taken))
                written += len(taken)
    return found


def _candidates(
    articles: Wanted, found: Matches, id: str | None, tag: str | None, of_pages: Sequence[str], whole: str
) -> Iterator[tuple[int, int]]:
    """Give the rows that a held article may be, and how sure it is that one, if it says something else.

    2: it has the id; 1: it has the page and an id that is unknown; 0: it has the tag or the words alone. Where the one
    with its id is found there is no need to go on, but for another one that says the same.
    """
    own = articles.by_id.get(id or "")
    if own is not None:
        yield own, 2
    if own is None or found.stored[own] < 0:
        for page in of_pages:
            for row in articles.by_page.get(page, ()):
                yield row, int(own is None)
    if own is None:  # as many as there are collections
        for row in articles.by_tag.get(tag or "", ()):
            yield row, 0
    for row in articles.by_text.get(whole, ()):
        yield row, 0


def _apart(words: Mapping[str, str | None], title_sha256: str | None, text_sha256: str | None) -> list[str]:
    """Name the parts of an article that differ from the release; if title and text do not, all without a hash."""
    apart = ["title"] * (ids_only.sha256_of(words["title"]) != title_sha256)
    apart += ["text"] * (ids_only.sha256_of(words["text"]) != text_sha256)
    return apart or [name for name in WORDS if name not in ("title", "text")]


def _table(taken: Sequence[tuple[Any, ...]]) -> pa.Table:
    columns = zip(*taken, strict=True)
    return pa.table(
        [pa.array(column, field.type) for column, field in zip(columns, STORED, strict=True)], schema=STORED
    )


def _chunks(files: Sequence[RawFile], config: Config, found: Matches) -> Iterator[list[Row]]:
    """Yield the records of files, some at a time; a file that breaks while it is read is named and passed over."""
    names, read = fields.field_names(config.fields), config.read
    rows: list[Row] = []
    size = 0
    for file in files:
        try:
            for row in read_records.read(file, names, read.max_file_bytes, read.max_record_bytes):
                found.records += 1
                rows.append(row)
                size += len(row.get("text") or "")
                if len(rows) >= SEGMENT_RECORDS or size >= SEGMENT_BYTES:
                    yield rows
                    rows, size = [], 0
        except OSError as error:
            found.unreadable.append(f"{file.path}: cannot be read ({error.strerror or error})")
    if rows:
        yield rows


class TextStore:
    """The texts that were taken, in a file: any of them, in any order, without the others in memory."""

    def __init__(self, source: pa.NativeFile) -> None:
        """Read where each batch of a store begins."""
        self._reader = pa.ipc.open_file(source)
        sizes = [self._reader.get_batch(number).num_rows for number in range(self._reader.num_record_batches)]
        self._starts = np.cumsum([0, *sizes])

    def take(self, places: np.ndarray[Any, np.dtype[np.int64]]) -> pa.Table:
        """Give the texts at these places, in their order."""
        batches = np.searchsorted(self._starts, places, side="right") - 1
        order = np.argsort(batches, kind="stable")
        tables = [STORED.empty_table()]
        for number in np.unique(batches):
            wanted_here = places[order][batches[order] == number] - self._starts[number]
            tables.append(pa.Table.from_batches([self._reader.get_batch(int(number))]).take(pa.array(wanted_here)))
        return pa.concat_tables(tables).take(pa.array(np.argsort(order))).combine_chunks()
