"""Remove older releases that contain articles to forget."""

from collections.abc import Collection
from pathlib import Path

import orjson

from builder.core import files
from builder.core.errors import ReleaseError
from builder.core.layout import WITHDRAWN
from builder.core.locations import location_of
from builder.release.catalog import all_of, decisions, read


def holding(home: Path, forgotten: Collection[str]) -> list[Path]:
    """List the releases but the newest that were made before all of these ids were forgotten, and have one of them."""
    return [folder for folder in all_of(home)[:-1] if holds(folder, set(forgotten))]


def holds(folder: Path, forgotten: set[str]) -> bool:
    """Tell whether a release may have one of these ids, and was made before it was forgotten."""
    try:
        later = forgotten_since(folder, forgotten)
        return bool(later) and not later.isdisjoint(_names(folder))
    except ReleaseError:  # what is damaged may have it
        return bool(forgotten)


def _names(folder: Path) -> set[str]:
    """Return by what the records of a release may be listed: their ids, and where they stand."""
    rows = decisions(folder, ["id", "file", "place"]).to_pylist()
    return {row["id"] or location_of(row["file"], row["place"]) for row in rows}


def forgotten_since(folder: Path, forgotten: set[str]) -> set[str]:
    """Return those of the ids that were not yet forgotten when a release was made; all, if its manifest is damaged."""
    try:
        return forgotten - {one.id for one in read(folder).manifest.forgotten}
    except ReleaseError:
        return forgotten


def withdraw(home: Path, forgotten: Collection[str]) -> list[str]:
    """Remove the releases that hold an article which is to be forgotten (`holding`); give their versions.

    WITHDRAWN in the home says of each which ids that was for.
    """
    gone = holding(home, forgotten)
    for folder in gone:
        path = home / WITHDRAWN
        said = withdrawn(path.read_bytes() if path.is_file() else None, [folder.name], forgotten)
        with files.replacing(path) as beside:
            beside.write_bytes(said)
        files.remove(folder)
    return [folder.name for folder in gone]


def withdrawn(before: bytes | None, versions: Collection[str], forgotten: Collection[str]) -> bytes:
    """Return what WITHDRAWN says with more versions than before."""
    said = orjson.loads(before) if before else {}
    said |= {version: sorted(forgotten) for version in versions}
    return orjson.dumps(said, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
