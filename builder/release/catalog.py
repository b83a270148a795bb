"""Read the releases of a folder: list them, find the newest, and read manifests and tables.

A release never changes. The work folder notes the sizes and times of its checked files (known.py), so a build reads a
file again only if they differ.
"""

import os
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from builder.core.errors import ReleaseError, one_line
from builder.core.layout import DECIDED, LATEST, LOG, MANIFEST, WORK
from builder.core.manifest import Manifest
from builder.core.versions import is_version, version_key

SHOWN = 5  # releases that a message names


@dataclass(frozen=True, slots=True)
class Release:
    """A release: its folder, its manifest, and the SHA-256 of the manifest file, which identifies the release."""

    folder: Path
    manifest: Manifest
    digest: str

    @property
    def version(self) -> str:
        """Return the version, which is also the name of the folder."""
        return self.folder.name


def newest(home: Path) -> Release | None:
    """Return the newest release in a folder of releases. Raises ReleaseError if its manifest is missing or damaged."""
    folders = all_of(home)
    return read(folders[-1]) if folders else None


def read(folder: Path) -> Release:
    """Read a release. Raises ReleaseError if it has no manifest, or if a value that every reader needs is wrong."""
    path = folder / MANIFEST
    try:
        content = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        raise ReleaseError(_explain_absent(folder)) from None
    try:
        manifest = Manifest.read(content)
    except ReleaseError as fault:
        advice = f"Remove the folder {folder} and build again" if _is_built(folder) else "Fetch or copy it again"
        raise ReleaseError(f"{path}: damaged: {fault}. {advice}") from None
    return Release(folder, manifest, sha256(content).hexdigest())


def _is_built(folder: Path) -> bool:
    """Tell whether a folder holds a release that was built here: the user may remove it and build it again."""
    return is_version(folder.name) and (folder.parent / WORK).is_dir()


def _explain_absent(folder: Path) -> str:
    """Return the message for a folder that has no manifest."""
    if _is_built(folder):
        advice = "Put the manifest back, or remove the folder, and build again"
        return f"{folder}: this folder has the name of a release, but no {MANIFEST}. {advice}"
    if inside := all_of(folder):
        versions = ", ".join([*["…"] * (len(inside) > SHOWN), *(path.name for path in inside[-SHOWN:])])
        advice = f"Name one of them, for example {inside[-1]}"
        return f"{folder}: not a release, but a folder of releases ({versions}). {advice}"
    example = f"data/processed/news/1.0.0 or data/processed/news/{LATEST}"
    return (
        f"{folder}: not a release, because it has no {MANIFEST}. Expected a folder that has one, for example {example}"
    )


def all_of(home: Path) -> list[Path]:
    """List the folders of the releases in `home`, oldest first."""
    names = [path.name for path in home.iterdir() if is_version(path.name)] if home.is_dir() else []
    return [home / name for name in sorted(names, key=version_key)]


def check_latest(home: Path) -> None:
    """Raise ReleaseError if a file or folder has the name of the link to the newest release."""
    link = home / LATEST
    if os.path.lexists(link) and not link.is_symlink():
        raise ReleaseError(
            f"{link}: not the link to the newest release that a build keeps here. Move it away and build again"
        )


def decisions(folder: Path, columns: list[str] | None = None) -> pa.Table:
    """Read columns of the decisions of a release (all by default)."""
    return read_table(folder, DECIDED, columns)


def read_table(folder: Path, name: str, columns: list[str] | None = None) -> pa.Table:
    """Read columns of a side table of a release (all by default). Raises ReleaseError if its file is damaged."""
    path = folder / name
    try:
        with pq.ParquetFile(path) as file:
            return file.read(columns)
    except (OSError, ValueError, pa.ArrowException) as error:
        why = one_line(error)
        raise ReleaseError(f"{path}: damaged ({why}). Remove the folder {folder} and build again") from None


def has_schema(release: Release, schema: pa.Schema) -> bool:
    """Tell whether the articles of a release have this schema. A release without articles matches every schema."""
    name = next((name for name in release.manifest.files if name.startswith("data/")), None)
    try:
        return name is None or bool(pq.read_schema(release.folder / name).remove_metadata() == schema)
    except (OSError, ValueError, pa.ArrowException):  # a later step reads the rows and reports the damage
        return True


def log(release: Release) -> str:
    """Return the log of changes of a release, or an empty string if it has none."""
    path = release.folder / LOG
    return path.read_text(encoding="utf-8") if path.is_file() else ""


def quarantined_of(table: pa.Table) -> list[tuple[str, str]]:
    """Return (reason, detail) of every quarantined record in a table of decisions."""
    bad = table.filter(pc.equal(table["decision"], "quarantined")).select(["reason", "detail"]).to_pylist()
    return [(row["reason"], row["detail"] or "") for row in bad]
