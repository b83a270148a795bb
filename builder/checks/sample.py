"""The articles of a file, as every check reads them: tidied, with their script, some thousand at a time."""

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa

from builder import intake, raw, scripts, tidy
from builder.errors import BuilderError
from builder.prepare import records_table

CHUNK = 2048  # records


def tables(path: str) -> Iterator[pa.Table]:
    """Yield the records of a raw file or folder, tidied and with their script; raise BuilderError if none is usable."""
    place = Path(path)
    if not place.exists():
        raise BuilderError(f"{path}: not there. Expected a file of tagged articles, as a build reads them")
    names = intake.field_names({})
    rows = []
    usable = 0
    for file in raw.scan(place.parent, ()) if place.is_file() else raw.scan(place, (".*", "README", "README.md")):
        if place.is_file() and file.path != place.name:
            continue
        for row in intake.read(file, names, 4 << 30, 16 << 20):
            rows.append(row)
            if len(rows) == CHUNK:
                yield (table := _table(rows))
                usable += len(table)
                rows = []
    if rows:
        yield (table := _table(rows))
        usable += len(table)
    if not usable:
        raise BuilderError(
            f"{path}: no article that can be used in it. Expected tagged articles, as a build reads them"
        )


def _table(rows: list[intake.Row]) -> pa.Table:
    table = scripts.add_script(tidy.tidy(records_table(rows)))
    return table.filter(pa.compute.is_null(table["reason"])).combine_chunks()
