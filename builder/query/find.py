"""Find the decisions on a record, by id, tag, file or line."""

import os
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from builder.core import locations
from builder.core.errors import BuilderError, TagError
from builder.core.layout import DECIDED
from builder.languages import tag
from builder.release import catalog, known


def find(release: Path, wanted: str, raw: str) -> list[dict[str, Any]]:
    """Give the decisions on an id or tag, else on a raw file or `FILE:PLACE`, as rows of schema.DECISION.

    A file may be named as it stands below the raw root or as it is found from here. Raises BuilderError for none.
    """
    if not (release / DECIDED).is_file():
        raise BuilderError(f"{release}: no release here. Build one first, or say which with --out and --name")
    table = catalog.decisions(release)
    asked = pc.or_kleene(_among(table, "id", [wanted]), _among(table, "tag", [_canonical(wanted)]))
    roots = [raw, known.raw_root(release.parent)]
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
    found = [path, locations.spelled(path)]
    here = os.path.realpath(os.path.dirname(path)) + os.sep + os.path.basename(path)  # noqa: PTH119, PTH120
    for root in filter(None, roots):
        found.append(path.removeprefix(f"{root.rstrip('/')}/"))
        found.append(locations.spelled(os.path.relpath(here, os.path.realpath(root)).replace(os.sep, "/")))
    return found


def _canonical(wanted: str) -> str:
    try:
        return tag.parse(wanted).text
    except TagError:
        return wanted
