"""Note in the work folder that the files of the newest release are intact, and read the history that it keeps."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.compute as pc

from builder.core import files
from builder.core.errors import ReleaseError
from builder.core.layout import DECIDED, KNOWN, SPLITS_KEPT, WORK
from builder.core.schema import SPLIT
from builder.release.catalog import Release, read_table


def check_whole(release: Release, work: Path) -> None:
    """Raise ReleaseError unless every file of a release is intact."""
    known = _noted(release, work).get("files", {})
    now = {name: _check(release, name, known) for name in release.manifest.files}
    note(release, work, files=now)


def _check(release: Release, name: str, known: Mapping[str, list[int]]) -> list[int]:
    """Return size and times of a file that is as the manifest says; it is read unless they are known."""
    path, said = release.folder / name, release.manifest.files[name]
    try:
        stamp = _stamp(path)
        right = stamp[0] == said.bytes and (known.get(name) == stamp or files.sha256(path) == said.sha256)
    except OSError:
        right = False
    if not right:
        raise ReleaseError(f"{path}: missing or damaged. Remove the folder {release.folder} and build again")
    return stamp


def _stamp(path: Path) -> list[int]:
    found = path.stat()
    return [found.st_size, found.st_mtime_ns, found.st_ctime_ns]


def note_written(release: Release, work: Path) -> None:
    """Note that the files of a release are right: they were just written."""
    note(release, work, files={name: _stamp(release.folder / name) for name in release.manifest.files})


def same_inputs(release: Release, work: Path) -> str | None:
    """Return the other inputs that are known to say what a release says (other line ends, for example)."""
    same = _noted(release, work).get("same")
    return same if isinstance(same, str) else None


def note(release: Release, work: Path, **more: Any) -> None:
    """Keep what is known of a release, with what was known of it before."""
    before = _noted(release, work)
    after = {**before, "release": release.digest, **more}
    if after != before:
        with files.replacing(work / KNOWN) as beside:
            beside.write_bytes(orjson.dumps(after, option=orjson.OPT_SORT_KEYS))


def _noted(release: Release, work: Path) -> dict[str, Any]:
    noted = _known(work)
    return noted if noted.get("release") == release.digest else {}


def _known(work: Path) -> dict[str, Any]:
    try:
        known = orjson.loads((work / KNOWN).read_bytes())
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}


def raw_root(home: Path) -> str | None:
    """Return the raw root of the newest release, where it is known."""
    root = _known(home / WORK).get("raw")
    return root if isinstance(root, str) else None


def remembered(release: Release) -> pa.Table:
    """Return what a release remembers of every text that was ever published (schema.SPLIT)."""
    name = SPLITS_KEPT if SPLITS_KEPT in release.manifest.files else DECIDED
    _check(release, name, {})
    table = read_table(release.folder, name)
    if name == DECIDED:  # made before splits were remembered
        table = table.filter(pc.equal(table["decision"], "kept"))
        columns = {name: table[name] for name in ("id", "split", "first_release", "decision")}
        return pa.table({field.name: columns.get(field.name, pa.nulls(len(table), field.type)) for field in SPLIT})
    return table
