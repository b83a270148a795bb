"""Note in the work folder that the files of the newest release are intact, and read the history in that release."""

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
    """Return the size and times of an intact file; read it unless they are noted. Raises ReleaseError if damaged."""
    path, entry = release.folder / name, release.manifest.files[name]
    try:
        stamp = _stamp(path)
        intact = stamp[0] == entry.bytes and (known.get(name) == stamp or files.sha256(path) == entry.sha256)
    except OSError:
        intact = False
    if not intact:
        raise ReleaseError(f"{path}: missing or damaged. Remove the folder {release.folder} and build again")
    return stamp


def _stamp(path: Path) -> list[int]:
    status = path.stat()
    return [status.st_size, status.st_mtime_ns, status.st_ctime_ns]


def note_written(release: Release, work: Path) -> None:
    """Note that the files of a release are intact, just after the build wrote them."""
    note(release, work, files={name: _stamp(release.folder / name) for name in release.manifest.files})


def same_inputs(release: Release, work: Path) -> str | None:
    """Return the digest of other inputs that gave the same release (with other line ends, for example), if noted."""
    same = _noted(release, work).get("same")
    return same if isinstance(same, str) else None


def note(release: Release, work: Path, **more: Any) -> None:
    """Add notes on a release to those in the work folder. Notes on any other release are dropped."""
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
    """Return the raw root of the newest release, or None if it is not noted."""
    root = _known(home / WORK).get("raw")
    return root if isinstance(root, str) else None


def remembered(release: Release) -> pa.Table:
    """Return the history in a release: a row for every text that was ever published (schema.SPLIT)."""
    name = SPLITS_KEPT if SPLITS_KEPT in release.manifest.files else DECIDED
    _check(release, name, {})
    table = read_table(release.folder, name)
    if name == DECIDED:  # made before releases had a table of splits
        table = table.filter(pc.equal(table["decision"], "kept"))
        columns = {name: table[name] for name in ("id", "split", "first_release", "decision")}
        return pa.table({field.name: columns.get(field.name, pa.nulls(len(table), field.type)) for field in SPLIT})
    return table
