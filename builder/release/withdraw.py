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
    """List the releases, except the newest, that may contain an article forgotten after they were made (`holds`)."""
    return [folder for folder in all_of(home)[:-1] if holds(folder, set(forgotten))]


def holds(folder: Path, forgotten: set[str]) -> bool:
    """Tell whether a release may contain one of these ids and was made before that id was forgotten."""
    try:
        later = forgotten_since(folder, forgotten)
        return bool(later) and not later.isdisjoint(_ids_and_locations(folder))
    except ReleaseError:  # a damaged release may contain them
        return bool(forgotten)


def _ids_and_locations(folder: Path) -> set[str]:
    """Return the id of each record of a release, or its location if it has no id. The list may name either."""
    rows = decisions(folder, ["id", "file", "place"]).to_pylist()
    return {row["id"] or location_of(row["file"], row["place"]) for row in rows}


def forgotten_since(folder: Path, forgotten: set[str]) -> set[str]:
    """Return the ids that were not yet forgotten when a release was made, or all if its manifest is damaged."""
    try:
        return forgotten - {entry.id for entry in read(folder).manifest.forgotten}
    except ReleaseError:
        return forgotten


def withdraw(home: Path, forgotten: Collection[str]) -> list[str]:
    """Remove the releases that contain an article to forget (`holding`), and return their versions.

    First write to WITHDRAWN, beside the releases, the forgotten ids for which each release is removed.
    """
    removed = holding(home, forgotten)
    for folder in removed:
        path = home / WITHDRAWN
        content = withdrawn(path.read_bytes() if path.is_file() else None, [folder.name], forgotten)
        with files.replacing(path) as beside:
            beside.write_bytes(content)
        files.remove(folder)
    return [folder.name for folder in removed]


def withdrawn(before: bytes | None, versions: Collection[str], forgotten: Collection[str]) -> bytes:
    """Return the content of WITHDRAWN with these versions added: JSON that maps each version to its forgotten ids."""
    ids = orjson.loads(before) if before else {}
    ids |= {version: sorted(forgotten) for version in versions}
    return orjson.dumps(ids, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
