"""Read the releases of a folder: list them, find the newest, and read manifests and tables.

A release never changes. The work folder notes sizes and times of its checked files (known.py), so a build reads a file
again only if these differ.
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

SHOWN = 5  # releases that are named one by one


@dataclass(frozen=True, slots=True)
class Release:
    """A release: its folder, its manifest, and the sha256 of that, which tells it from any other."""

    folder: Path
    manifest: Manifest
    digest: str

    @property
    def version(self) -> str:
        """The version, which is also the name of the folder."""
        return self.folder.name


def newest(home: Path) -> Release | None:
    """Return the newest release in a folder of releases; raise ReleaseError where its manifest is gone or damaged."""
    folders = all_of(home)
    return read(folders[-1]) if folders else None


def read(folder: Path) -> Release:
    """Read a release's manifest. Raises ReleaseError where there is none, or what every reader needs of it is wrong."""
    path = folder / MANIFEST
    try:
        said = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        raise ReleaseError(_absent(folder)) from None
    try:
        manifest = Manifest.read(said)
    except ReleaseError as fault:
        again = f"Remove the folder {folder} and build again" if _is_built(folder) else "Fetch or copy it again"
        raise ReleaseError(f"{path}: damaged: {fault}. {again}") from None
    return Release(folder, manifest, sha256(said).hexdigest())


def _is_built(folder: Path) -> bool:
    """Tell whether a folder is the place of a release that can be built again there, and may be removed for that."""
    return is_version(folder.name) and (folder.parent / WORK).is_dir()


def _absent(folder: Path) -> str:
    """Say of a folder without a manifest what it is instead."""
    if _is_built(folder):
        hint = f"Put its {MANIFEST} back, or remove it, and build again"
        return f"{folder}: named like a release, but without a {MANIFEST}. {hint}"
    if inside := all_of(folder):
        versions = ", ".join([*["…"] * (len(inside) > SHOWN), *(path.name for path in inside[-SHOWN:])])
        return f"{folder}: no release, but a folder of releases ({versions}). Name one of them, as in {inside[-1]}"
    example = f"data/processed/news/1.0.0 or data/processed/news/{LATEST}"
    return f"{folder}: no release, being without a {MANIFEST}. Expected a folder that has one, as in {example}"


def all_of(home: Path) -> list[Path]:
    """List the folders of releases, the newest last."""
    names = [path.name for path in home.iterdir() if is_version(path.name)] if home.is_dir() else []
    return [home / name for name in sorted(names, key=version_key)]


def check_latest(home: Path) -> None:
    """Raise ReleaseError where something else stands in the place of the link to the newest release."""
    link = home / LATEST
    if os.path.lexists(link) and not link.is_symlink():
        raise ReleaseError(
            f"{link}: not the link to the newest release that belongs here. Move it away and build again"
        )


def decisions(folder: Path, columns: list[str] | None = None) -> pa.Table:
    """Read columns of a release's decisions (all by default)."""
    return read_table(folder, DECIDED, columns)


def read_table(folder: Path, name: str, columns: list[str] | None = None) -> pa.Table:
    """Read columns of a table that stands beside a release's articles (all by default)."""
    path = folder / name
    try:
        with pq.ParquetFile(path) as file:
            return file.read(columns)
    except (OSError, ValueError, pa.ArrowException) as error:
        why = one_line(error)
        raise ReleaseError(f"{path}: damaged ({why}). Remove the folder {folder} and build again") from None


def has_schema(release: Release, schema: pa.Schema) -> bool:
    """Tell whether the articles of a release have the columns of a schema; so has one without a file that says so."""
    name = next((name for name in release.manifest.files if name.startswith("data/")), None)
    try:
        return name is None or bool(pq.read_schema(release.folder / name).remove_metadata() == schema)
    except (OSError, ValueError, pa.ArrowException):  # damaged: its rows will be looked at, and then it is told
        return True


def log(release: Release) -> str:
    """Return the log of changes of a release; nothing for one that has none."""
    path = release.folder / LOG
    return path.read_text(encoding="utf-8") if path.is_file() else ""


def quarantined_of(table: pa.Table) -> list[tuple[str, str]]:
    """Return reason and detail of every record that was quarantined, by a table of decisions."""
    bad = table.filter(pc.equal(table["decision"], "quarantined")).select(["reason", "detail"]).to_pylist()
    return [(row["reason"], row["detail"] or "") for row in bad]
