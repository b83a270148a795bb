"""The releases that stand in a folder: which is the newest, whether it is whole, and what the next is called.

A release never changes. That its files were right is noted in the work folder with their sizes and times, so they are
only read again where these differ.
"""

import os
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from builder import files
from builder.errors import ReleaseError, one_line
from builder.raw import place_of
from builder.schema import SPLIT

MANIFEST = "manifest.json"
CARD = "README.md"
DECIDED = "decisions.parquet"
CLUSTERS = "clusters.parquet"
SPLITS_KEPT = "splits.parquet"
CHANGED = "changes.parquet"
LOG = "CHANGELOG.md"
WITHDRAWN = "withdrawn.json"  # beside the releases: those that were removed, and the forgotten ids that was for
LEVELS = ("major", "minor", "patch")
LATEST = "latest"
WORK = ".work"  # beside the releases: what was prepared, and releases that are not yet whole
SHOWN = 5  # releases that are named one by one
KNOWN = "newest.json"  # in the work folder: what is known of the newest release
_VERSION = re.compile(r"(0|[1-9][0-9]{0,8})\.(0|[1-9][0-9]{0,8})\.(0|[1-9][0-9]{0,8})")


@dataclass(frozen=True, slots=True)
class Release:
    """A release: its folder, its manifest, and the sha256 of that, which tells it from any other."""

    folder: Path
    manifest: Mapping[str, Any]
    digest: str

    @property
    def version(self) -> str:
        """Its version, by which its folder is named."""
        return self.folder.name


@lru_cache(maxsize=1024)
def version_key(version: str) -> tuple[int, int, int]:
    """Read a version; raise ReleaseError for what is none.

    >>> version_key("1.10.0") > version_key("1.9.0")
    True
    """
    found = _VERSION.fullmatch(version)
    if not found:
        said = version if len(version) <= 40 else f"{version[:40]}…"
        raise ReleaseError(f"version '{said}' is no version. Expected three numbers, as in 1.2.0")
    major, minor, patch = (int(part) for part in found.groups())
    return major, minor, patch


def is_version(name: str) -> bool:
    """Tell whether a folder is named like a release."""
    return _VERSION.fullmatch(name) is not None


def bumped(version: str, level: str) -> str:
    """Give the version after another one.

    >>> bumped("1.2.3", "major"), bumped("1.2.3", "minor"), bumped("1.2.3", "patch")
    ('2.0.0', '1.3.0', '1.2.4')
    """
    parts = list(version_key(version))
    place = LEVELS.index(level)
    return ".".join(str(part) for part in (*parts[:place], parts[place] + 1, *[0] * (2 - place)))


def newest(home: Path) -> Release | None:
    """Give the newest release in a folder of releases; raise ReleaseError where its manifest is gone or damaged."""
    folders = all_of(home)
    return read(folders[-1]) if folders else None


def read(folder: Path) -> Release:
    """Read a release's manifest. Raises ReleaseError where there is none, or what every reader needs of it is wrong."""
    path = folder / MANIFEST
    try:
        said = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        raise ReleaseError(_absent(folder)) from None
    manifest: Any = None
    try:
        manifest = orjson.loads(said)
        fault = _fault(manifest)
    except ValueError as error:
        fault = f"no JSON ({one_line(error)})"
    if fault:
        again = f"Remove the folder {folder} and build again" if _is_built(folder) else "Fetch or copy it again"
        raise ReleaseError(f"{path}: damaged: {fault}. {again}")
    return Release(folder, manifest, sha256(said).hexdigest())


# What is read of a manifest without a further look; those that older versions did not write may be absent.
_ALWAYS = {"inputs": str, "content": str, "counts": dict, "languages": dict, "files": dict}
_TYPES = {**_ALWAYS, "version": str, "seal": str, "splits": dict, "versions": dict, "config": dict}
_KINDS = {dict: "an object", str: "text"}


def _fault(manifest: Any) -> str | None:
    """Say what of a manifest has another type than whoever reads it takes for granted; null for nothing."""
    if not isinstance(manifest, dict):
        return f"it is {_shown(manifest)}, expected an object"
    for name, kind in _TYPES.items():
        if name in manifest and not isinstance(manifest[name], kind):
            return f"{name} is {_shown(manifest[name])}, expected {_KINDS[kind]}"
        if name in _ALWAYS and name not in manifest:
            return f"without {name}"
    for name, said in manifest["files"].items():
        whole = isinstance(said, dict) and isinstance(said.get("bytes"), int) and isinstance(said.get("sha256"), str)
        if not whole:
            return f"of the file {name} it says {_shown(said)}, expected bytes and sha256"
    return None


def _shown(said: Any) -> str:
    shown = orjson.dumps(said).decode()
    return shown if len(shown) <= 60 else f"{shown[:59]}…"


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
    """Give by what the records of a release may be listed: their ids, and where they stand."""
    rows = decisions(folder, ["id", "file", "place"]).to_pylist()
    return {row["id"] or place_of(row["file"], row["place"]) for row in rows}


def forgotten_since(folder: Path, forgotten: set[str]) -> set[str]:
    """Give those of the ids that were not yet forgotten when a release was made; all, if its manifest is damaged."""
    try:
        return forgotten - {said["id"] for said in read(folder).manifest.get("forgotten", [])}
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
    """Give what WITHDRAWN says with more versions than before."""
    said = orjson.loads(before) if before else {}
    said |= {version: sorted(forgotten) for version in versions}
    return orjson.dumps(said, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def check_latest(home: Path) -> None:
    """Raise ReleaseError where something else stands in the place of the link to the newest release."""
    link = home / LATEST
    if os.path.lexists(link) and not link.is_symlink():
        raise ReleaseError(
            f"{link}: not the link to the newest release that belongs here. Move it away and build again"
        )


def check_whole(release: Release, work: Path) -> None:
    """Raise ReleaseError unless every file of a release is as it was written."""
    known = _noted(release, work).get("files", {})
    now = {name: _check(release, name, known) for name in release.manifest["files"]}
    note(release, work, files=now)


def _check(release: Release, name: str, known: Mapping[str, list[int]]) -> list[int]:
    """Give size and times of a file that is as the manifest says; it is read unless they are known."""
    path, said = release.folder / name, release.manifest["files"][name]
    try:
        stamp = _stamp(path)
        right = stamp[0] == said["bytes"] and (known.get(name) == stamp or files.sha256(path) == said["sha256"])
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
    note(release, work, files={name: _stamp(release.folder / name) for name in release.manifest["files"]})


def same_inputs(release: Release, work: Path) -> str | None:
    """Give the other inputs that are known to say what a release says (other line ends, for example)."""
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
    """Give the raw root of the newest release, where it is known."""
    root = _known(home / WORK).get("raw")
    return root if isinstance(root, str) else None


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
    name = next((name for name in release.manifest["files"] if name.startswith("data/")), None)
    try:
        return name is None or bool(pq.read_schema(release.folder / name).remove_metadata() == schema)
    except (OSError, ValueError, pa.ArrowException):  # damaged: its rows will be looked at, and then it is told
        return True


def log(release: Release) -> str:
    """Give the log of changes of a release; nothing for one that has none."""
    path = release.folder / LOG
    return path.read_text(encoding="utf-8") if path.is_file() else ""


def remembered(release: Release) -> pa.Table:
    """Give what a release remembers of every text that was ever published (schema.SPLIT)."""
    name = SPLITS_KEPT if SPLITS_KEPT in release.manifest["files"] else DECIDED
    _check(release, name, {})
    table = read_table(release.folder, name)
    if name == DECIDED:  # made before splits were remembered
        table = table.filter(pc.equal(table["decision"], "kept"))
        columns = {name: table[name] for name in ("id", "split", "first_release", "decision")}
        return pa.table({field.name: columns.get(field.name, pa.nulls(len(table), field.type)) for field in SPLIT})
    return table


def quarantined_of(table: pa.Table) -> list[tuple[str, str]]:
    """Give reason and detail of every record that was quarantined, by a table of decisions."""
    bad = table.filter(pc.equal(table["decision"], "quarantined")).select(["reason", "detail"]).to_pylist()
    return [(row["reason"], row["detail"] or "") for row in bad]
