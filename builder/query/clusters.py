"""Clusters: find the copies of an article, with their texts."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from builder.core.errors import ReleaseError
from builder.core.layout import CLUSTERS
from builder.core.printable import visible
from builder.diff.align import Piece, align
from builder.query import reread
from builder.query.reread import Article
from builder.release import catalog

_COLUMNS = ["file", "record", "place", "id", "tag", "language", "script", "title", "decision", "furniture"]


class Pair(NamedTuple):
    """A kept article and a similar one: a row of schema.CLUSTER, and the decisions on both."""

    row: Mapping[str, Any]
    kept: Mapping[str, Any]
    member: Mapping[str, Any]


class Texts(NamedTuple):
    """The two articles of a pair, and the alignment of their texts; null if one of them cannot be read."""

    kept: Article
    member: Article
    pieces: list[Piece] | None


def copies_of(release: Path, ids: Iterable[str]) -> list[Pair]:
    """Find the pairs that include one of these articles, in the order of clusters.parquet.

    Raises ReleaseError for a release without clusters.
    """
    if not (release / CLUSTERS).is_file():
        raise ReleaseError(f"{release}: has no {CLUSTERS}, because an earlier version made it. Build again")
    clusters = catalog.read_table(release, CLUSTERS)
    wanted = pa.array(sorted(set(ids)), pa.string())
    rows = clusters.filter(pc.or_(pc.is_in(clusters["kept_id"], wanted), pc.is_in(clusters["member_id"], wanted)))
    if not len(rows):
        return []
    decisions = catalog.decisions(release, _COLUMNS)
    members = pc.and_(_among(decisions["file"], rows["file"]), _among(decisions["record"], rows["record"]))
    by_record = {_record(row): row for row in decisions.filter(members).to_pylist()}
    kept = decisions.filter(_among(decisions["id"], rows["kept_id"])).to_pylist()
    by_id = {row["id"]: row for row in sorted(kept, key=lambda row: str(row["decision"]) == "kept")}
    return [Pair(row, by_id[row["kept_id"]], by_record[_record(row)]) for row in rows.to_pylist()]


def _among(column: pa.ChunkedArray, values: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.is_in(column, values.combine_chunks())


def texts(release: Path, raw: str, pairs: Sequence[Pair]) -> list[Texts]:
    """Read the texts of pairs and align them; look for raw files where the build read them, then below `raw`."""
    rows = {_record(row): row for pair in pairs for row in (pair.kept, pair.member)}
    unpublished = catalog.read(release).manifest.of_ids
    kept = [row for row in rows.values() if row["decision"] == "kept" and not unpublished]
    removed = [row for row in rows.values() if row["decision"] != "kept" or unpublished]
    by_id = reread.published(release, kept)
    articles = {_record(row): by_id[row["id"]] for row in kept}
    articles.update(zip(map(_record, removed), reread.again(release, raw, removed), strict=True))
    both = [(articles[_record(pair.kept)], articles[_record(pair.member)], pair.member["script"]) for pair in pairs]
    return [Texts(one, other, _pieces(one, other, script)) for one, other, script in both]


def _record(row: Mapping[str, Any]) -> tuple[str, int]:
    return row["file"], row["record"]


def _pieces(one: Article, other: Article, script: str | None) -> list[Piece] | None:
    if one.text is None or other.text is None:
        return None
    return align(visible(one.text), visible(other.text), script)
