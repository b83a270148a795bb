"""Members: what a release knows to be like an article, copies and those of its template, and the texts side by side."""

import itertools
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from builder.cli.side_by_side import beside, heads, listed
from builder.core.locations import location_of
from builder.core.printable import visible
from builder.diff.align import MOST_WORDS
from builder.query.clusters import Pair, Texts

SHOWN = 3  # pairs of texts, unless all are asked for
_HEADS = ("id", "kind", "similarity", "decision", "source", "date", "place")


def render_pair(pairs: Sequence[Pair], width: int) -> list[str]:
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


def render_all(pairs: Sequence[Pair], found: Sequence[Texts], width: int, colour: bool) -> list[str]:
    """Tell of pairs as a table, and of the texts of the first ones, side by side."""
    lines = render_pair(pairs, width)
    for pair, texts in zip(pairs, found, strict=False):
        lines += ["", *render_texts(pair, texts, width, colour)]
    if len(found) < len(pairs):
        lines += ["", f"… and {len(pairs) - len(found)} more; --all shows them all"]
    return lines


def render_texts(pair: Pair, found: Texts, width: int, colour: bool) -> list[str]:
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
            "place": location_of(pair.member["file"], pair.member["place"]),
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
