"""Export the kept rows: sort them, cut them into shards, and write them and the side tables as Parquet.

A build writes a release to a staging folder and then renames the folder, so a release is complete or absent.
"""

import functools
import itertools
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa

from builder.core.batching import batches
from builder.core.content_hash import ContentHash
from builder.core.manifest_parts import FileEntry, SplitEntry
from builder.core.schema import ARTICLE, schema_of
from builder.core.terms import Decision, Split
from builder.core.versions import version_key
from builder.decide.outcomes import Decided
from builder.prepare.corpus import HEAVY, Corpus
from builder.release import ids_only, parquet
from builder.release.manifest import Written
from builder.splits.assign import SPLITS

SHARD_BYTES = 256 << 20  # of uncompressed text; half of the size that a hub shows without problems
HELD_BYTES = 128 << 20  # of text in RAM at once while shards are written
# The footer has no key `huggingface`, because older clients cannot read the value that `datasets` 4 and 5 write there
# (`"_type": "List"`). Every client takes the same types from the Arrow schema.
FOOTER = {"content_defined_chunking": orjson.dumps(parquet.CHUNKING).decode()}


@dataclass(slots=True)
class Shard:
    """A Parquet file of the release, and the rows of the corpus in it."""

    language: str
    split: str
    rows: list[int]
    number: int = 0
    of: int = 1

    @property
    def path(self) -> str:
        """Return the path of the file within the release."""
        return f"data/{self.language}/{self.split}-{self.number:05d}-of-{self.of:05d}.parquet"


def in_order(corpus: Corpus, decided: Decided) -> dict[tuple[str, str], list[int]]:
    """Return the kept rows of each (language, split), sorted by first release, date (null last) and id.

    In this order a new release repeats the bytes of the one before and appends to them.
    """
    languages, dates = corpus.column("language"), corpus.column("date")

    grouped: dict[tuple[str, str], list[tuple[Any, ...]]] = {}
    for row in decided.rows(Decision.KEPT):
        record = decided.records[row]
        date = dates[row]
        order = (version_key(record.first_release or "0.0.0"), date is None, date or 0, decided.ids[row], row)
        grouped.setdefault((languages[row], (record.split or Split.TRAIN).value), []).append(order)
    pairs = sorted(grouped, key=lambda pair: (pair[0], SPLITS.index(Split(pair[1]))))
    return {pair: [order[-1] for order in sorted(grouped[pair])] for pair in pairs}


def shards(ordered: Mapping[tuple[str, str], list[int]], sizes: list[int]) -> list[Shard]:
    """Cut the rows of each split into shards of at most SHARD_BYTES."""
    cut: list[Shard] = []
    for (language, split), rows in ordered.items():
        pieces = list(batches(rows, sizes.__getitem__, SHARD_BYTES))
        cut += [Shard(language, split, piece, number, len(pieces)) for number, piece in enumerate(pieces)]
    return cut


def write_rows(corpus: Corpus, decided: Decided, folder: Path, publish: str = "text", stripped: bool = True) -> Written:
    """Write the kept rows below `folder`, shard by shard, with about HELD_BYTES of text in RAM at once.

    `publish` is that of sections.Config; `stripped` tells whether boilerplate was removed from the texts. A release of
    ids has the same shards and row groups as one with texts, so that a rehydrated release has the same files.
    """
    sizes = [size or 0 for size in corpus.column("bytes")]
    written = Written()
    splits: dict[tuple[str, str], _Split] = {}
    schema = schema_of(publish)
    schema_with_footer = schema.with_metadata(FOOTER)
    lines = corpus.column("furniture") if publish == "ids" and stripped else [None] * len(corpus)
    planned = shards(in_order(corpus, decided), sizes)
    for batch in batches(planned, lambda shard: sum(sizes[row] for row in shard.rows), HELD_BYTES):
        table = _articles(corpus, decided, [row for shard in batch for row in shard.rows])
        starts = itertools.accumulate((len(shard.rows) for shard in batch), initial=0)
        tables = [
            table.slice(start, len(shard.rows)).combine_chunks() for start, shard in zip(starts, batch, strict=False)
        ]
        if publish == "ids":
            for shard, rows in zip(batch, tables, strict=True):
                splits.setdefault((shard.language, shard.split), _Split(schema)).with_texts.update(rows)
            tables = [
                ids_only.articles(rows, [lines[row] for row in shard.rows])
                for shard, rows in zip(batch, tables, strict=True)
            ]
        with ThreadPoolExecutor(pa.cpu_count()) as threads:
            entries = list(
                threads.map(functools.partial(write_shard, folder, schema_with_footer, sizes), batch, tables)
            )
        for shard, rows, entry in zip(batch, tables, entries, strict=True):
            written.files[shard.path] = entry
            splits.setdefault((shard.language, shard.split), _Split(schema)).add(rows)
    for (language, name), split in splits.items():
        written.splits.setdefault(language, {})[name] = split.entry(publish)
    return written


class _Split:
    """Count the rows and bytes of a split while it is written, and compute its content hashes."""

    def __init__(self, schema: pa.Schema) -> None:
        self.rows = self.bytes = 0
        self.content, self.with_texts = ContentHash(schema), ContentHash(ARTICLE)

    def add(self, rows: pa.Table) -> None:
        self.rows += len(rows)
        self.bytes += rows.nbytes
        self.content.update(rows)

    def entry(self, publish: str) -> SplitEntry:
        rows, size, digest = self.rows, self.bytes, self.content.hexdigest()
        if publish != "ids":
            return SplitEntry(rows=rows, bytes=size, content_sha256=digest)
        with_texts = self.with_texts.hexdigest()
        return SplitEntry(rows=rows, bytes=size, content_sha256=digest, content_sha256_with_texts=with_texts)


def _articles(corpus: Corpus, decided: Decided, rows: list[int]) -> pa.Table:
    """Return the published columns (schema.ARTICLE) of these rows."""
    chosen = pa.array(rows, pa.int64())
    records = [decided.records[row] for row in rows]
    copies = _copies(corpus, decided)
    heavy = corpus.take(rows, [name for name in ARTICLE.names if name in HEAVY])
    arrays = []
    for field_ in ARTICLE:
        name = field_.name
        if name == "id":
            arrays.append(pa.array([decided.ids[row] for row in rows], field_.type))
        elif name == "story":
            arrays.append(pa.array([decided.stories[row] for row in rows], field_.type))
        elif name == "copies":
            arrays.append(pa.array([len(copies.get(row, ())) for row in rows], field_.type))
        elif name == "copy_sources":
            sources = [sorted({source for source in copies.get(row, ()) if source is not None}) for row in rows]
            arrays.append(pa.array(sources, field_.type))
        elif name == "first_release":
            arrays.append(pa.array([record.first_release for record in records], field_.type))
        elif name in HEAVY:
            arrays.append(heavy[name].combine_chunks())
        else:
            arrays.append(corpus.light[name].combine_chunks().take(chosen))
    return pa.table(arrays, schema=ARTICLE)


def _copies(corpus: Corpus, decided: Decided) -> dict[int, list[str | None]]:
    """Map each kept row to the sources of the copies that were removed in favour of it."""
    removed = [copy for copy in decided.copies if copy.removed]
    sources = corpus.light["source"].take(pa.array([copy.row for copy in removed], pa.int64())).to_pylist()
    by_kept: dict[int, list[str | None]] = {}
    for copy, source in zip(removed, sources, strict=True):
        by_kept.setdefault(copy.kept, []).append(source)
    return by_kept


def write_shard(folder: Path, schema: pa.Schema, sizes: list[int], shard: Shard, rows: pa.Table) -> FileEntry:
    """Write the rows of a shard and return the entry of its file. `sizes` has the bytes of text of all corpus rows."""
    path = folder / shard.path
    first_releases = rows["first_release"].to_pylist()
    table = rows.replace_schema_metadata(schema.metadata)
    parquet.write(table, path, rows["id"].to_pylist(), first_releases, [sizes[row] for row in shard.rows])
    return FileEntry.of(path, len(rows))


def write_table(table: pa.Table, path: Path) -> None:
    """Write a side table. A new or removed row changes only its own row group."""
    names = [name for name in ("member_id", "id", "file") if name in table.column_names]
    keys = zip(*(table[name].to_pylist() for name in names), strict=True)
    parquet.write(table, path, [next((key for key in candidates if key is not None), "") for candidates in keys])
