"""Members: what a release knows to be like an article, copies and those of its template, and the texts side by side."""

import itertools
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from builder import releases, reread, standoff
from builder.aligned import MOST_WORDS, Piece, aligned
from builder.errors import ReleaseError
from builder.raw import place_of
from builder.reread import Article
from builder.sidebyside import beside, heads, listed, visible

SHOWN = 3  # pairs of texts, unless all are asked for
_COLUMNS = ["file", "record", "place", "id", "tag", "language", "script", "title", "decision", "furniture"]
_HEADS = ("id", "kind", "similarity", "decision", "source", "date", "place")


class Pair(NamedTuple):
    """An article that is kept and one that is like it: a row of schema.CLUSTER, and the decisions on the two."""

    row: Mapping[str, Any]
    kept: Mapping[str, Any]
    member: Mapping[str, Any]


class Texts(NamedTuple):
    """The two articles of a pair, and how their texts align; no pieces where one of them cannot be read."""

    kept: Article
    member: Article
    pieces: list[Piece] | None


def like(release: Path, ids: Iterable[str]) -> list[Pair]:
    """Give the pairs of which one is among these articles, in the order of clusters.parquet.

    Raises ReleaseError for a release without clusters.
    """
    if not (release / releases.CLUSTERS).is_file():
        raise ReleaseError(f"{release}: no {releases.CLUSTERS}, being made by an earlier version. Build again")
    clusters = releases.read_table(release, releases.CLUSTERS)
    asked = pa.array(sorted(set(ids)), pa.string())
    rows = clusters.filter(pc.or_(pc.is_in(clusters["kept_id"], asked), pc.is_in(clusters["member_id"], asked)))
    if not len(rows):
        return []
    decisions = releases.decisions(release, _COLUMNS)
    standing = pc.and_(_among(decisions["file"], rows["file"]), _among(decisions["record"], rows["record"]))
    by_place = {(row["file"], row["record"]): row for row in decisions.filter(standing).to_pylist()}
    of_kept = decisions.filter(_among(decisions["id"], rows["kept_id"])).to_pylist()
    by_id = {row["id"]: row for row in sorted(of_kept, key=lambda row: str(row["decision"]) == "kept")}
    return [Pair(row, by_id[row["kept_id"]], by_place[row["file"], row["record"]]) for row in rows.to_pylist()]


def _among(column: pa.ChunkedArray, values: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.is_in(column, values.combine_chunks())


def texts(release: Path, raw: str, pairs: Sequence[Pair]) -> list[Texts]:
    """Read the texts of pairs and align them; `raw` is where raw files may be, besides where they were read."""
    rows = {_place(row): row for pair in pairs for row in (pair.kept, pair.member)}
    unpublished = standoff.of_ids(releases.read(release).manifest)
    kept = [row for row in rows.values() if row["decision"] == "kept" and not unpublished]
    removed = [row for row in rows.values() if row["decision"] != "kept" or unpublished]
    by_id = reread.published(release, kept)
    found = {_place(row): by_id[row["id"]] for row in kept}
    found.update(zip(map(_place, removed), reread.again(release, raw, removed), strict=True))
    both = [(found[_place(pair.kept)], found[_place(pair.member)], pair.member["script"]) for pair in pairs]
    return [Texts(one, other, _pieces(one, other, script)) for one, other, script in both]


def _place(row: Mapping[str, Any]) -> tuple[str, int]:
    return row["file"], row["record"]


def _pieces(one: Article, other: Article, script: str | None) -> list[Piece] | None:
    if one.text is None or other.text is None:
        return None
    return aligned(visible(one.text), visible(other.text), script)


def tell(pairs: Sequence[Pair], width: int) -> list[str]:
    """Tell of pairs as the lines of a table: each article that is kept, and below it what is like it."""
    rows = [_HEADS]
    told = None
    for row, kept, member in pairs:
        if row["kept_id"] != told:
            told = row["kept_id"]
            rows.append(
                (
                    told,
                    "",
                    "",
                    kept["decision"],
                    row["kept_source"] or "",
                    _day(row["kept_date"]),
                    place_of(kept["file"], kept["place"]),
                )
            )
        rows.append(
            (
                row["member_id"],
                row["kind"],
                f"{row['similarity']:.3f}",
                row["decision"],
                row["source"] or "",
                _day(row["date"]),
                place_of(member["file"], member["place"]),
            )
        )
    return listed(rows, width)


def _day(date: datetime | None) -> str:
    if date is None:
        return ""
    return f"{date:%Y-%m-%d}" if (date.hour, date.minute, date.second) == (0, 0, 0) else f"{date:%Y-%m-%d %H:%M}"


def tell_all(pairs: Sequence[Pair], found: Sequence[Texts], width: int, colour: bool) -> list[str]:
    """Tell of pairs as a table, and of the texts of the first ones, side by side."""
    lines = tell(pairs, width)
    for pair, texts in zip(pairs, found, strict=False):
        lines += ["", *tell_texts(pair, texts, width, colour)]
    if len(found) < len(pairs):
        lines += ["", f"… and {len(pairs) - len(found)} more; --all shows them all"]
    return lines


def tell_texts(pair: Pair, found: Texts, width: int, colour: bool) -> list[str]:
    """Tell of the two texts of a pair side by side, the kept one on the left; or why they cannot be shown."""
    row = pair.row
    stays = ", kept" if row["decision"] == "kept" else ""
    title = pair.kept["title"] or found.kept.title  # a release of ids has none
    left = (f"{row['kept_id']} ({pair.kept['decision']})", title, row["kept_source"], row["kept_date"])
    right = (
        f"{row['member_id']} ({row['kind']}, {row['similarity']:.3f}{stays})",
        pair.member["title"] or found.member.title,
        row["source"],
        row["date"],
    )
    lines = heads(_over(*left), _over(*right), width)
    lines += [visible(article.note) for article in (found.kept, found.member) if article.note is not None]
    if found.pieces is None:
        return lines
    if MOST_WORDS in (sum(len(piece.one) for piece in found.pieces), sum(len(piece.other) for piece in found.pieces)):
        lines.append(f"only the first {MOST_WORDS:,} words are compared")
    return lines + beside(found.pieces, pair.member["script"], width, colour)


def _over(name: str, title: str | None, source: str | None, date: datetime | None) -> list[str]:
    return [name, title or "(no headline)", ", ".join(filter(None, (source, _day(date))))]


def summary(pairs: Iterable[Pair], id: str) -> str | None:
    """Say how many copies of a kept article were removed and whose they are, and how many are of one template.

    Null where there is nothing like it.
    """
    own = [pair.row for pair in pairs if pair.row["kept_id"] == id]
    removed = [row for row in own if row["decision"] == "duplicate"]
    sources = ", ".join(sorted({row["source"] for row in removed if row["source"]}))
    stay = len(own) - len(removed)
    said = [f"{len(removed)}{', of ' * bool(sources)}{sources}"] * bool(removed)
    return "; ".join(said + [f"{stay} like it {'is' if stay == 1 else 'are'} kept too"] * bool(stay)) or None


def as_json(pairs: Sequence[Pair], found: Sequence[Texts]) -> list[dict[str, Any]]:
    """Give pairs for JSON: the rows of schema.CLUSTER with `place` and titles, and what was found of the first ones.

    `note` says what is wrong with a text; `pieces` have what both say or each of them; null where they were not read.
    """
    rows: list[dict[str, Any]] = [
        {
            **pair.row,
            "place": place_of(pair.member["file"], pair.member["place"]),
            "kept_title": pair.kept["title"],
            "title": pair.member["title"],
        }
        for pair in pairs
    ]
    for row, texts in itertools.zip_longest(rows, found):
        notes = [article.note for article in texts[:2] if article.note is not None] if texts else []
        row["note"] = "; ".join(notes) or None
        if texts:  # of a release of ids, whose decisions have no titles
            row["kept_title"], row["title"] = row["kept_title"] or texts.kept.title, row["title"] or texts.member.title
        row["pieces"] = None
        if texts and texts.pieces is not None:
            row["pieces"] = [
                {"same": piece.same, "kept": "".join(piece.one), "copy": "".join(piece.other)} for piece in texts.pieces
            ]
    return rows
