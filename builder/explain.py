"""Explain: the story of one record in a few lines, from the decisions of a release."""

import os
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from builder import raw as raw_files
from builder import releases
from builder import tag as tags
from builder.errors import BuilderError, TagError


def find(release: Path, wanted: str, raw: str) -> list[dict[str, Any]]:
    """Give the decisions on an id or tag, else on a raw file or `FILE:PLACE`, as rows of schema.DECISION.

    A file may be named as it stands below the raw root or as it is found from here. Raises BuilderError for none.
    """
    if not (release / releases.DECIDED).is_file():
        raise BuilderError(f"{release}: no release here. Build one first, or say which with --out and --name")
    table = releases.decisions(release)
    asked = pc.or_kleene(_among(table, "id", [wanted]), _among(table, "tag", [_canonical(wanted)]))
    roots = [raw, releases.raw_root(release.parent)]
    file, _, place = wanted.rpartition(":")
    for rows in (table.filter(asked), table.filter(_among(table, "file", _below(wanted, roots)))):
        if len(rows):
            return list(rows.to_pylist())
    of_file = table.filter(_among(table, "file", _below(file, roots))) if place.isdecimal() else table.slice(0, 0)
    rows = [row for row in of_file.to_pylist() if row["place"] == int(place)]
    if rows:
        return rows
    if len(of_file):
        places = sorted({found for found in of_file["place"].to_pylist() if found is not None})
        near = ", ".join(str(found) for found in sorted(places, key=lambda found: abs(found - int(place)))[:5])
        raise BuilderError(f"{release}: no record begins at {wanted}. The next to it are at {near or 'none'}")
    expected = "an id (afp/fr-02), a tag (fr-02), a file (fr-02.txt) or a line or row of one (all.jsonl:7)"
    raise BuilderError(f"{release}: no record '{wanted}'. Expected {expected}")


def _among(table: pa.Table, column: str, values: list[str]) -> pa.ChunkedArray:
    return pc.is_in(table[column], pa.array(values, pa.string()))


def _below(path: str, roots: list[str | None]) -> list[str]:
    """Give what a file may be called below the raw root: as it was typed, and as it is found from here."""
    found = [path, raw_files.spelled(path)]
    here = os.path.realpath(os.path.dirname(path)) + os.sep + os.path.basename(path)  # noqa: PTH119, PTH120
    for root in filter(None, roots):
        found.append(path.removeprefix(f"{root.rstrip('/')}/"))
        found.append(raw_files.spelled(os.path.relpath(here, os.path.realpath(root)).replace(os.sep, "/")))
    return found


def _canonical(wanted: str) -> str:
    try:
        return tags.parse(wanted).text
    except TagError:
        return wanted


def tell(row: dict[str, Any]) -> str:
    """Tell one record's story, a fact a line."""
    place = f"{row['file']}, line or row {row['place']}" if row["place"] else row["file"]
    facts = [
        ("file", place),
        ("encoding", row["encoding"] if row["encoding"] not in (None, "utf-8") else None),
        ("tag", row["tag"]),
        ("title", row["title"]),
        ("folded headline", row["folded_headline"]),
        ("script", row["script"]),
        ("language", _language(row)),
        ("decision", _decision(row)),
        ("copy kept", row["kept_id"] and f"{row['kept_id']}, similarity {row['similarity']:.3f}"),
        ("split", row["split"]),
        ("first release", row["first_release"]),
        ("notes", row["notes"]),
    ]
    head = row["id"] or "(no id)"
    return "\n".join([head, *(f"  {name:<16}{value}" for name, value in facts if value)])


def _language(row: dict[str, Any]) -> str | None:
    if row["language_verdict"] is None:
        return None
    said = f"tagged {row['language']}; heliport: {row['language_detected'] or 'nothing'}"
    if row["language_score"] is not None:
        said += f" ({row['language_score']:.2f} over its threshold)"
    if row["second_detected"]:
        said += f"; langdetect: {row['second_detected']} ({row['second_score']:.2f})"
    return f"{row['language_verdict']} ({said})"


def _decision(row: dict[str, Any]) -> str:
    if row["reason"] is None:
        return str(row["decision"])
    return f"{row['decision']} ({row['reason']}): {row['detail']}"
