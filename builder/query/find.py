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
    """Return the decisions on an id or tag, else on a raw file or `FILE:LINE`, as rows of schema.DECISION.

    The path of a file may start at the raw root or at the current folder. Raises BuilderError if nothing matches.
    """
    if not (release / DECIDED).is_file():
        raise BuilderError(f"{release}: no release here. Build one first, or choose another with --out and --name")
    table = catalog.decisions(release)
    matches = pc.or_kleene(_among(table, "id", [wanted]), _among(table, "tag", [_canonical(wanted)]))
    roots = [raw, known.raw_root(release.parent)]
    file, _, place = wanted.rpartition(":")
    for rows in (table.filter(matches), table.filter(_among(table, "file", _below(wanted, roots)))):
        if len(rows):
            return list(rows.to_pylist())
    in_file = table.filter(_among(table, "file", _below(file, roots))) if place.isdecimal() else table.slice(0, 0)
    rows = [row for row in in_file.to_pylist() if row["place"] == int(place)]
    if rows:
        return rows
    if len(in_file):
        places = sorted({other for other in in_file["place"].to_pylist() if other is not None})
        nearest = ", ".join(str(other) for other in sorted(places, key=lambda other: abs(other - int(place)))[:5])
        message = f"The nearest records begin at {nearest}" if nearest else "No record of the file has a line or row"
        raise BuilderError(f"{release}: no record begins at {wanted}. {message}")
    expected = "an id (afp/fr-02), a tag (fr-02), a file (fr-02.txt) or a line or row of one (all.jsonl:7)"
    raise BuilderError(f"{release}: no record '{wanted}'. Expected {expected}")


def _among(table: pa.Table, column: str, values: list[str]) -> pa.ChunkedArray:
    return pc.is_in(table[column], pa.array(values, pa.string()))


def _below(path: str, roots: list[str | None]) -> list[str]:
    """Return the possible names of a file below the raw root: the given path, and its path from each root."""
    names = [path, locations.spelled(path)]
    absolute = os.path.realpath(os.path.dirname(path)) + os.sep + os.path.basename(path)  # noqa: PTH119, PTH120
    for root in filter(None, roots):
        names.append(path.removeprefix(f"{root.rstrip('/')}/"))
        names.append(locations.spelled(os.path.relpath(absolute, os.path.realpath(root)).replace(os.sep, "/")))
    return names


def _canonical(wanted: str) -> str:
    try:
        return tag.parse(wanted).text
    except TagError:
        return wanted
