"""Export: the rows that are kept, sorted and sharded into Parquet, with all decisions, the quarantine and a manifest.

A release is written beside its place and renamed into it: it is whole or absent.
"""

import functools
import itertools
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa

from builder import described, engine, files, parquet, standoff
from builder.contents import ContentHash
from builder.corpus import Corpus
from builder.errors import ReleaseError
from builder.lots import lots
from builder.releases import MANIFEST, version_key
from builder.schema import ARTICLE
from builder.splits import SPLITS
from builder.verdicts import DECISIONS, Decided, total

SHARD_BYTES = 256 << 20  # of text, uncompressed; half of what a hub shows without trouble
HELD_BYTES = 128 << 20  # of text that is held at once while shards are written


@dataclass(slots=True)
class Shard:
    """A Parquet file of the release, and which rows of the corpus it holds."""

    language: str
    split: str
    rows: list[int]
    number: int = 0
    of: int = 1

    @property
    def path(self) -> str:
        """Its path within the release."""
        return f"data/{self.language}/{self.split}-{self.number:05d}-of-{self.of:05d}.parquet"


@dataclass(slots=True)
class Written:
    """What was written: sizes and hashes per file and split."""

    files: dict[str, dict[str, Any]] = field(default_factory=dict)
    splits: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)


def in_order(corpus: Corpus, decided: Decided) -> dict[tuple[str, str], list[int]]:
    """Give the kept rows of each (language, split), by first release, date (none is last) and id.

    In this order a new release repeats the bytes of the old one, and appends.
    """
    languages, dates = corpus.column("language"), corpus.column("date")

    grouped: dict[tuple[str, str], list[tuple[Any, ...]]] = {}
    for row in decided.rows("kept"):
        verdict = decided.verdicts[row]
        date = dates[row]
        order = (version_key(verdict.first_release or "0.0.0"), date is None, date or 0, decided.ids[row], row)
        grouped.setdefault((languages[row], verdict.split or "train"), []).append(order)
    pairs = sorted(grouped, key=lambda pair: (pair[0], SPLITS.index(pair[1])))
    return {pair: [order[-1] for order in sorted(grouped[pair])] for pair in pairs}


def shards(ordered: Mapping[tuple[str, str], list[int]], sizes: list[int]) -> list[Shard]:
    """Cut the rows of each split into shards of at most SHARD_BYTES."""
    found: list[Shard] = []
    for (language, split), rows in ordered.items():
        pieces = list(lots(rows, sizes.__getitem__, SHARD_BYTES))
        found += [Shard(language, split, piece, number, len(pieces)) for number, piece in enumerate(pieces)]
    return found


def write_rows(corpus: Corpus, decided: Decided, folder: Path, publish: str = "text", stripped: bool = True) -> Written:
    """Write the kept rows below `folder`, shard after shard, holding about HELD_BYTES of text at once.

    `publish` is of config.Config; `stripped` tells whether furniture was taken out of the texts. Ids are cut into the
    shards and row groups that their texts would be cut into: what is rehydrated is file by file that.
    """
    sizes = [size or 0 for size in corpus.column("bytes")]
    written = Written()
    hashes: dict[tuple[str, str], ContentHash] = {}
    with_texts: dict[tuple[str, str], ContentHash] = {}
    schema = standoff.schema_of(publish)
    footed = schema.with_metadata(footer(schema))
    lines = corpus.column("furniture") if publish == "ids" and stripped else [None] * len(corpus)
    planned = shards(in_order(corpus, decided), sizes)
    for batch in lots(planned, lambda shard: sum(sizes[row] for row in shard.rows), HELD_BYTES):
        table = _articles(corpus, decided, [row for shard in batch for row in shard.rows])
        starts = itertools.accumulate((len(shard.rows) for shard in batch), initial=0)
        tables = [
            table.slice(start, len(shard.rows)).combine_chunks() for start, shard in zip(starts, batch, strict=False)
        ]
        if publish == "ids":
            for shard, rows in zip(batch, tables, strict=True):
                with_texts.setdefault((shard.language, shard.split), ContentHash(ARTICLE)).update(rows)
            tables = [
                standoff.articles(rows, [lines[row] for row in shard.rows])
                for shard, rows in zip(batch, tables, strict=True)
            ]
        with ThreadPoolExecutor(pa.cpu_count()) as threads:
            said = list(threads.map(functools.partial(write_shard, folder, footed, sizes), batch, tables))
        for shard, rows, of_file in zip(batch, tables, said, strict=True):
            written.files[shard.path] = of_file
            split = written.splits.setdefault(shard.language, {}).setdefault(shard.split, {"rows": 0, "bytes": 0})
            split["rows"] += len(rows)
            split["bytes"] += rows.nbytes
            hashes.setdefault((shard.language, shard.split), ContentHash(schema)).update(rows)
    for (language, split_name), content in hashes.items():
        written.splits[language][split_name]["content_sha256"] = content.hexdigest()
    for (language, split_name), content in with_texts.items():
        written.splits[language][split_name]["content_sha256_with_texts"] = content.hexdigest()
    return written


def _articles(corpus: Corpus, decided: Decided, rows: list[int]) -> pa.Table:
    """Give the published columns (schema.ARTICLE) of these rows."""
    chosen = pa.array(rows, pa.int64())
    verdicts = [decided.verdicts[row] for row in rows]
    copies = _copies(corpus, decided)
    columns = []
    for field_ in ARTICLE:
        name = field_.name
        if name == "id":
            columns.append(pa.array([decided.ids[row] for row in rows], field_.type))
        elif name == "story":
            columns.append(pa.array([decided.stories[row] for row in rows], field_.type))
        elif name == "copies":
            columns.append(pa.array([len(copies.get(row, ())) for row in rows], field_.type))
        elif name == "copy_sources":
            sources = [sorted({source for source in copies.get(row, ()) if source is not None}) for row in rows]
            columns.append(pa.array(sources, field_.type))
        elif name == "first_release":
            columns.append(pa.array([verdict.first_release for verdict in verdicts], field_.type))
        elif name == "text":
            columns.append(corpus.take(rows, ["text"])["text"].combine_chunks())
        else:
            columns.append(corpus.light[name].combine_chunks().take(chosen))
    return pa.table(columns, schema=ARTICLE)


def _copies(corpus: Corpus, decided: Decided) -> dict[int, list[str | None]]:
    """Give for each row that is kept in the stead of others the sources of these."""
    removed = [copy for copy in decided.copies if copy.removed]
    sources = corpus.light["source"].take(pa.array([copy.row for copy in removed], pa.int64())).to_pylist()
    found: dict[int, list[str | None]] = {}
    for copy, source in zip(removed, sources, strict=True):
        found.setdefault(copy.kept, []).append(source)
    return found


@functools.lru_cache(maxsize=2)
def footer(schema: pa.Schema) -> dict[str, str]:
    """Give the footer keys by which `datasets` knows the features and the chunking."""
    from datasets import Features

    features = Features.from_arrow_schema(schema).to_dict()
    return {
        "huggingface": orjson.dumps({"info": {"features": features}}).decode(),
        "content_defined_chunking": orjson.dumps(parquet.CHUNKING).decode(),
    }


def write_shard(folder: Path, schema: pa.Schema, sizes: list[int], shard: Shard, rows: pa.Table) -> dict[str, Any]:
    """Write the rows of a shard, of which `sizes` are the bytes of text; give what the manifest lists of the file."""
    path = folder / shard.path
    releases_ = rows["first_release"].to_pylist()
    said = rows.replace_schema_metadata(schema.metadata)
    parquet.write(said, path, rows["id"].to_pylist(), releases_, [sizes[row] for row in shard.rows])
    return {**_listed(path), "rows": len(rows)}


def _listed(path: Path) -> dict[str, Any]:
    return {"bytes": path.stat().st_size, "sha256": files.sha256(path)}


def write_table(table: pa.Table, path: Path) -> None:
    """Write a table that stands beside the articles; a row that comes or goes changes its own row group alone."""
    names = [name for name in ("member_id", "id", "file") if name in table.column_names]
    keys = zip(*(table[name].to_pylist() for name in names), strict=True)
    parquet.write(table, path, [next((key for key in keys_ if key is not None), "") for keys_ in keys])


def manifest_of(
    name: str,
    inputs: str,
    says: dict[str, Any],
    counts: dict[str, dict[str, int]],
    written: Written,
    found: dict[str, Any],
    folder: Path,
) -> dict[str, Any]:
    """Make the manifest, but for the version and the card: counts, file and content hashes, versions, config.

    `found` is what was found out over the whole corpus: `copies` (clusters.summary), `lacking` (splits.lacking) and
    `conflicts` (decisions.Conflict).
    `content` is one digest of all that the release says, whatever its version is.
    """
    manifest = {
        "name": name,
        "inputs": inputs,
        "counts": total(counts),
        "languages": counts,
        "splits": written.splits,
        **found,
        "files": with_others(written.files, folder),
        "versions": engine.versions(),
        "config": says,
    }
    return {**manifest, "content": content_of(manifest)}


def with_others(listed: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """Give what is listed of files, with all others that stand in a folder, by name."""
    inside = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    others = {name: _listed(path) for name, path in inside.items() if name not in listed}
    return dict(sorted({**listed, **others}.items()))


def content_of(manifest: Mapping[str, Any]) -> str:
    """Give the digest of what a release says, whatever its version, its inputs, and the release before it."""
    said = {key: value for key, value in manifest.items() if key not in _NOT_CONTENT}
    listed = {name: value for name, value in manifest["files"].items() if not described.is_one(name)}
    return _digest({**said, "files": listed})


_NOT_CONTENT = ("version", "inputs", "content", "changes", "seal")


def check_arithmetic(manifest: Mapping[str, Any], records: int) -> None:
    """Raise ReleaseError unless every record that was read was decided on, and every kept one written."""
    counts = manifest["counts"]
    decided = sum(counts.get(decision, 0) for decision in DECISIONS)
    rows = sum(split["rows"] for language in manifest["splits"].values() for split in language.values())
    if not (decided == counts.get("read", 0) == records and rows == counts.get("kept", 0)):
        raise ReleaseError(
            f"the release does not add up: {records} records read, {decided} decided on, "
            f"{counts.get('kept', 0)} kept, {rows} written. This is our fault; please report it"
        )


def finish(manifest: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """Write manifest.json, the last file of a release; give it, with all files that stand there now, and its seal."""
    whole = {**manifest, "files": with_others(manifest["files"], folder)}
    whole["seal"] = seal(whole)
    (folder / MANIFEST).write_bytes(as_bytes(whole))
    return whole


def as_bytes(manifest: Mapping[str, Any]) -> bytes:
    """Give a manifest as it is written."""
    return orjson.dumps(manifest, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def seal(manifest: Mapping[str, Any]) -> str:
    """Give the digest of all that a manifest says, the files' digests with it: by it one byte of a release is known."""
    return _digest({key: value for key, value in manifest.items() if key != "seal"})


def _digest(said: Mapping[str, Any]) -> str:
    return sha256(orjson.dumps(said, option=orjson.OPT_SORT_KEYS)).hexdigest()
