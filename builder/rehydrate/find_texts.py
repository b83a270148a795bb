"""Find the texts of a release of ids in the user's files."""

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
    """The location of an article in the user's files, and its id there."""

    file: str
    record: int
    place: int | None
    id: str | None


@dataclass(slots=True)
class Wanted:
    """The articles of a release of ids in the order of its files, with indexes by id, page, tag and text."""

    rows: pa.Table
    by_id: dict[str, int] = field(default_factory=dict)
    by_page: dict[str, list[int]] = field(default_factory=dict)
    by_tag: dict[str, list[int]] = field(default_factory=dict)
    by_text: dict[str, list[int]] = field(default_factory=dict)


@dataclass(slots=True)
class Matches:
    """For each wanted article, its row in the text store (-1: none), its location, and the parts that differ."""

    stored: np.ndarray[Any, np.dtype[np.int64]]
    locations: list[Location | None]
    differs: list[list[str] | None]
    unreadable: list[str] = field(default_factory=list)  # why records of the user's files were skipped
    records: int = 0

    def state(self, row: int) -> str:
        """Tell whether an article is matched, changed or missing."""
        return "matched" if self.stored[row] >= 0 else "changed" if self.locations[row] else "missing"


def wanted(paths: Sequence[Path]) -> Wanted:
    """Read and index the articles of a release of ids from its data files."""
    rows = pa.concat_tables(pq.read_table(path, columns=_WANTED, partitioning=None) for path in paths)
    articles = Wanted(rows)
    for row, (id, tag, url, text) in enumerate(
        zip(*(rows[name].to_pylist() for name in ("id", "tag", "url", "article_sha256")), strict=True)
    ):
        articles.by_id[id] = row
        articles.by_tag.setdefault(tag, []).append(row)
        articles.by_text.setdefault(text, []).append(row)
        if page := urls.normalize_url(url):
            articles.by_page.setdefault(page, []).append(row)
    return articles


def find(articles: Wanted, files: Sequence[RawFile], config: Config, store: Path) -> Matches:
    """Find the wanted articles in files, which are read as a build reads them; write their texts to `store`.

    An article is recognised by its id, or by the page of its URL if the release does not know the id. An article that
    moved, or has another id now, is also looked for by its tag and by the hash of its title, text and author. In every
    case only texts whose hash equals that in the release are taken, the first in path order.
    """
    count = len(articles.rows)
    matches = Matches(np.full(count, -1, np.int64), [None] * count, [None] * count)
    hashes = [articles.rows[name].to_pylist() for name in ("title_sha256", "text_sha256", "article_sha256")]
    languages = articles.rows["language"].to_pylist()
    lines, sure = articles.rows["furniture"], np.zeros(count, np.int8)
    written = 0
    with pa.OSFile(str(store), "wb") as sink, pa.ipc.new_file(sink, STORED) as writer:
        for records in _chunks(files, config, matches):
            table = urls.add_pages(tidy_rows(records, config.privacy.mask))
            matches.unreadable += table["detail"].filter(pc.is_valid(table["reason"])).to_pylist()
            taken: list[tuple[Any, ...]] = []
            names = ("file", "record", "place", "reason", "tag", "pages", *WORDS)
            for id, file, record, at, reason, tag, pages, *values in zip(
                ids_of(table), *(table[name].to_pylist() for name in names), strict=True
            ):
                if reason is not None:
                    continue
                location, whole = Location(file, record, at, id), ids_only.article_sha256(*values)
                words = dict(zip(WORDS, values, strict=True))
                for row, certainty in _candidates(articles, matches, id, tag, pages, whole):
                    if matches.stored[row] >= 0:
                        continue
                    keys = lines[row].as_py()
                    body = without(words["text"], keys, languages[row]) if keys else words["text"]
                    stripped = words | {"text": body}
                    digest = ids_only.article_sha256(*stripped.values()) if keys else whole
                    if digest == hashes[2][row]:
                        matches.stored[row] = written + len(taken)
                        matches.locations[row], matches.differs[row] = location, None
                        taken.append(tuple(stripped.values()))
                    elif certainty > sure[row]:
                        matches.locations[row], sure[row] = location, certainty
                        matches.differs[row] = _differing(stripped, hashes[0][row], hashes[1][row])
            if taken:
                writer.write_table(_table(taken))
                written += len(taken)
    return matches


def _candidates(
    articles: Wanted, matches: Matches, id: str | None, tag: str | None, pages: Sequence[str], whole: str
) -> Iterator[tuple[int, int]]:
    """Yield the rows that a user's article may be, and the certainty that it is that article if its text differs.

    The certainty is 2 for the same id, 1 for the same page with an unknown id, and 0 for only the same tag or words.
    Once the article with the id is found, only articles with the same words are looked for.
    """
    own = articles.by_id.get(id or "")
    if own is not None:
        yield own, 2
    if own is None or matches.stored[own] < 0:
        for page in pages:
            for row in articles.by_page.get(page, ()):
                yield row, int(own is None)
    if own is None:  # a tag occurs at most once per collection
        for row in articles.by_tag.get(tag or "", ()):
            yield row, 0
    for row in articles.by_text.get(whole, ()):
        yield row, 0


def _differing(words: Mapping[str, str | None], title_sha256: str | None, text_sha256: str | None) -> list[str]:
    """List the parts of an article that differ from the release; if title and text do not, all parts without a hash."""
    parts = ["title"] * (ids_only.sha256_of(words["title"]) != title_sha256)
    parts += ["text"] * (ids_only.sha256_of(words["text"]) != text_sha256)
    return parts or [name for name in WORDS if name not in ("title", "text")]


def _table(taken: Sequence[tuple[Any, ...]]) -> pa.Table:
    columns = zip(*taken, strict=True)
    return pa.table(
        [pa.array(column, field.type) for column, field in zip(columns, STORED, strict=True)], schema=STORED
    )


def _chunks(files: Sequence[RawFile], config: Config, matches: Matches) -> Iterator[list[Row]]:
    """Yield the records of files in chunks; a file that fails while it is read is noted and skipped."""
    names, read = fields.field_names(config.fields), config.read
    rows: list[Row] = []
    size = 0
    for file in files:
        try:
            for row in read_records.read(file, names, read.max_file_bytes, read.max_record_bytes):
                matches.records += 1
                rows.append(row)
                size += len(row.get("text") or "")
                if len(rows) >= SEGMENT_RECORDS or size >= SEGMENT_BYTES:
                    yield rows
                    rows, size = [], 0
        except OSError as error:
            matches.unreadable.append(f"{file.path}: cannot be read ({error.strerror or error})")
    if rows:
        yield rows


class TextStore:
    """The matched texts, in a file from which any can be read in any order without holding the others in memory."""

    def __init__(self, source: pa.NativeFile) -> None:
        """Read the row at which each batch of the store begins."""
        self._reader = pa.ipc.open_file(source)
        sizes = [self._reader.get_batch(number).num_rows for number in range(self._reader.num_record_batches)]
        self._starts = np.cumsum([0, *sizes])

    def take(self, rows: np.ndarray[Any, np.dtype[np.int64]]) -> pa.Table:
        """Read the texts at these rows of the store, in the given order."""
        batches = np.searchsorted(self._starts, rows, side="right") - 1
        order = np.argsort(batches, kind="stable")
        tables = [STORED.empty_table()]
        for number in np.unique(batches):
            in_batch = rows[order][batches[order] == number] - self._starts[number]
            tables.append(pa.Table.from_batches([self._reader.get_batch(int(number))]).take(pa.array(in_batch)))
        return pa.concat_tables(tables).take(pa.array(np.argsort(order))).combine_chunks()
