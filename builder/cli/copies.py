"""Show the articles that a release found similar to one (copies, or of the same template), and texts side by side."""

import itertools
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from builder.cli.side_by_side import beside, heads, listed
from builder.core.locations import location_of
from builder.core.printable import visible
from builder.diff.align import MOST_WORDS
from builder.query.clusters import Pair, Texts

SHOWN = 3  # pairs of texts, without --all
_HEADS = ("id", "kind", "similarity", "decision", "source", "date", "place")


def render_pair(pairs: Sequence[Pair], width: int) -> list[str]:
    """Lay out pairs as the lines of a table: each kept article, and below it the articles similar to it."""
    rows = [_HEADS]
    above = None
    for row, kept, member in pairs:
        if row["kept_id"] != above:
            above = row["kept_id"]
            rows.append(
                (
                    above,
                    "",
                    "",
                    kept["decision"],
                    row["kept_source"] or "",
                    _day(row["kept_date"]),
                    location_of(kept["file"], kept["place"]),
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
                location_of(member["file"], member["place"]),
            )
        )
    return listed(rows, width)


def _day(date: datetime | None) -> str:
    if date is None:
        return ""
    return f"{date:%Y-%m-%d}" if (date.hour, date.minute, date.second) == (0, 0, 0) else f"{date:%Y-%m-%d %H:%M}"


def render_all(pairs: Sequence[Pair], texts: Sequence[Texts], width: int, colour: bool) -> list[str]:
    """Lay out pairs as a table, and below it the texts of the first pairs side by side."""
    lines = render_pair(pairs, width)
    for pair, both in zip(pairs, texts, strict=False):
        lines += ["", *render_texts(pair, both, width, colour)]
    if len(texts) < len(pairs):
        lines += ["", f"… and {len(pairs) - len(texts)} more; --all shows them all"]
    return lines


def render_texts(pair: Pair, texts: Texts, width: int, colour: bool) -> list[str]:
    """Lay out the two texts of a pair side by side, the kept one on the left; or say why they cannot be shown."""
    row = pair.row
    stays = ", kept" if row["decision"] == "kept" else ""
    title = pair.kept["title"] or texts.kept.title  # a release of ids has no titles
    left = (f"{row['kept_id']} ({pair.kept['decision']})", title, row["kept_source"], row["kept_date"])
    right = (
        f"{row['member_id']} ({row['kind']}, {row['similarity']:.3f}{stays})",
        pair.member["title"] or texts.member.title,
        row["source"],
        row["date"],
    )
    lines = heads(_over(*left), _over(*right), width)
    lines += [visible(article.note) for article in (texts.kept, texts.member) if article.note is not None]
    if texts.pieces is None:
        return lines
    if MOST_WORDS in (sum(len(piece.one) for piece in texts.pieces), sum(len(piece.other) for piece in texts.pieces)):
        lines.append(f"only the first {MOST_WORDS:,} words are compared")
    return lines + beside(texts.pieces, pair.member["script"], width, colour)


def _over(name: str, title: str | None, source: str | None, date: datetime | None) -> list[str]:
    return [name, title or "(no headline)", ", ".join(filter(None, (source, _day(date))))]


def summary(pairs: Iterable[Pair], id: str) -> str | None:
    """Count the removed copies of a kept article, with their sources, and the similar articles that were kept.

    None if no article is similar.
    """
    own = [pair.row for pair in pairs if pair.row["kept_id"] == id]
    removed = [row for row in own if row["decision"] == "duplicate"]
    sources = ", ".join(sorted({row["source"] for row in removed if row["source"]}))
    similar = len(own) - len(removed)
    counts = [f"{len(removed)} removed{', from ' * bool(sources)}{sources}"] * bool(removed)
    counts += [f"{similar} similar article{' is' if similar == 1 else 's are'} kept too"] * bool(similar)
    return "; ".join(counts) or None


def as_json(pairs: Sequence[Pair], found: Sequence[Texts]) -> list[dict[str, Any]]:
    """Return pairs for JSON: the rows of schema.CLUSTER with `place` and titles, and the texts of the first pairs.

    `note` says why a text cannot be shown. `pieces` has the words of both texts, or of either, piece by piece; null if
    the texts were not read.
    """
    rows: list[dict[str, Any]] = [
        {
            **pair.row,
            "place": location_of(pair.member["file"], pair.member["place"]),
            "kept_title": pair.kept["title"],
            "title": pair.member["title"],
        }
        for pair in pairs
    ]
    for row, texts in itertools.zip_longest(rows, found):
        notes = [article.note for article in texts[:2] if article.note is not None] if texts else []
        row["note"] = "; ".join(notes) or None
        if texts:  # the decisions of a release of ids have no titles
            row["kept_title"], row["title"] = row["kept_title"] or texts.kept.title, row["title"] or texts.member.title
        row["pieces"] = None
        if texts and texts.pieces is not None:
            row["pieces"] = [
                {"same": piece.same, "kept": "".join(piece.one), "copy": "".join(piece.other)} for piece in texts.pieces
            ]
    return rows
