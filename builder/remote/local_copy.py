"""Workshop: the local folder where the releases are made that go to a store by URL.

A store can neither rename nor lock, and what was prepared is mapped into memory: so a release is made here as any
other, then copied (upload.py). What the store has is right. Before a build the workshop takes over the newest release
from there; it keeps one of its own only if that is newer, made on top of what the store has, and was never whole there.
"""

import hashlib
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import orjson

from builder.config.sections import Config
from builder.core import files
from builder.core.errors import BuilderError, ReleaseError, StoreError
from builder.core.layout import LATEST, MANIFEST, WITHDRAWN, WORK
from builder.core.versions import is_version, version_key
from builder.release import catalog
from builder.release.catalog import Release
from builder.release.known import check_whole, note_written
from builder.remote import object_store
from builder.remote.object_store import Store

SEEN = "store.json"  # in the work folder: what the store was seen to have
READ = "read"  # in the work folder: releases that were fetched to be looked at; the next build removes them
FETCHED = "fetched"  # in the work folder: releases that are on their way here
Known = tuple[str, str]  # a release: its version, and the sha256 of its manifest


@dataclass(frozen=True, slots=True)
class Stock:
    """What a store has of a dataset: all objects with their bytes, what `latest` says, and the newest whole release."""

    sizes: Mapping[str, int]
    latest: str | None
    newest: Known | None

    @property
    def versions(self) -> list[str]:
        """Return the releases that are whole, the newest last: they have a manifest."""
        return [version for version in self._folders if f"{version}/{MANIFEST}" in self.sizes]

    @property
    def broken_off(self) -> list[str]:
        """Return the folders of releases whose copying or removal was broken off."""
        return [version for version in self._folders if f"{version}/{MANIFEST}" not in self.sizes]

    @property
    def _folders(self) -> list[str]:
        names = {name.partition("/")[0] for name in self.sizes if "/" in name}
        return sorted(filter(is_version, names), key=version_key)

    def of(self, version: str) -> dict[str, int]:
        """Return the objects of one release, by their paths in it."""
        start = f"{version}/"
        return {name.removeprefix(start): size for name, size in self.sizes.items() if name.startswith(start)}


@dataclass(frozen=True, slots=True)
class Seen:
    """What a workshop remembers: by what its uploads are known, and what it saw or put as newest, the last one last."""

    token: str
    newest: tuple[Known, ...] = ()


def home_of(config: Config) -> Path:
    """Return the folder where the releases of a dataset are made; it is where they stand unless `out` is a URL."""
    if not object_store.is_url(config.out):
        return Path(config.out) / config.name
    return Path(config.work) / hashlib.sha256(object_store.known_as(config.out).encode()).hexdigest()[:12] / config.name


def store_of(config: Config) -> Store:
    """Return the place of a dataset at the store."""
    place = object_store.opened(config.out)
    if "?" in config.out:  # the workshop is not known by it
        raise StoreError(f"{place.shown}: has a query ('?…'). Expected the URL of a folder, without one")
    return place.below(config.name)


def look(place: Store) -> Stock:
    """Look at what a store has of a dataset."""
    found = Stock(object_store.sizes(place), None, None)
    latest = (
        (object_store.read(place.below(LATEST)) or b"").decode(errors="replace").strip()
        if LATEST in found.sizes
        else None
    )
    if not found.versions:
        return Stock(found.sizes, latest, None)
    version = found.versions[-1]
    return Stock(
        found.sizes, latest, (version, _digest(object_store.read(place.below(f"{version}/{MANIFEST}")) or b""))
    )


def _digest(manifest: bytes) -> str:
    return hashlib.sha256(manifest).hexdigest()


def take_over(place: Store, home: Path, tell: Callable[[str], None]) -> Stock:
    """Bring the newest release of a store into the workshop, unless it is there; give what the store has.

    Releases that are here alone stay if they are newer than that, and what it was when they were made, or before; but
    not those that were whole at the store once: somebody removed them.
    """
    stock, known = look(place), seen(home)
    for name in (READ, FETCHED):
        files.remove(home / WORK / name)
    withdrawn = orjson.loads(object_store.read(place.below(WITHDRAWN)) or b"{}") if WITHDRAWN in stock.sizes else {}
    for folder in catalog.all_of(home):
        here = folder.name, _digest_of(folder)
        if here == stock.newest:
            continue
        own = stock.newest is None or (
            stock.newest in known.newest and version_key(folder.name) > version_key(stock.newest[0])
        )
        was_there = here in known.newest
        if was_there and own and folder.name not in withdrawn:
            tell(f"store: {place.shown}/{folder.name} was removed there, so it is dropped here")
        if was_there or not own or folder.name in withdrawn:
            files.remove(folder)
    for folder in reversed(catalog.all_of(home)):
        if _is_whole(folder, home / WORK):
            break
        files.remove(folder)
    if stock.newest and not (home / stock.newest[0]).exists():
        version = stock.newest[0]
        tell(f"store: fetching {place.shown}/{version}")
        made = fetched(place, version, home / version, home / WORK)
        note_written(made, home / WORK)
    if stock.newest:
        see(home, stock.newest)
    return stock


def _is_whole(folder: Path, work: Path) -> bool:
    try:
        check_whole(catalog.read(folder), work)
    except ReleaseError:
        return False
    return True


def _digest_of(folder: Path) -> str | None:
    path = folder / MANIFEST
    return _digest(path.read_bytes()) if path.is_file() else None


def fetched(place: Store, version: str, folder: Path, work: Path) -> Release:
    """Fetch a release into a folder that is not there yet, whole or not at all. Raises StoreError for a damaged one."""
    at = place.below(version)
    said = object_store.read(at.below(MANIFEST))
    if said is None:
        raise StoreError(f"{at.shown}: no release there, or one that was not copied to its end")
    _keep_out_of_git(work)
    beside = work / FETCHED / uuid.uuid4().hex / version
    try:
        beside.mkdir(parents=True)
        (beside / MANIFEST).write_bytes(said)
        listed = catalog.read(beside).manifest.files
        there = object_store.sizes(at)
        for name, of_file in listed.items():
            if there.get(name) != of_file.bytes:
                raise _damaged(at, name)
        object_store.get(at, {name: of_file.bytes for name, of_file in listed.items()}, beside)
        for name, of_file in listed.items():
            if files.sha256(beside / name) != of_file.sha256:
                raise _damaged(at, name)
        folder.parent.mkdir(parents=True, exist_ok=True)
        beside.rename(folder)
    except ReleaseError:
        raise _damaged(at, MANIFEST) from None
    finally:
        files.remove(beside.parent)
    return catalog.read(folder)


def _damaged(at: Store, name: str) -> StoreError:
    return StoreError(
        f"{at.shown}/{name}: missing or damaged at the store. Put it right there, or remove all of {at.shown}"
    )


def _keep_out_of_git(work: Path) -> None:
    note = work.parent.parent.parent / ".gitignore"
    if not note.exists():
        note.parent.mkdir(parents=True, exist_ok=True)
        note.write_text("*\n", encoding="utf-8")


def seen(home: Path) -> Seen:
    """Read what the workshop remembers."""
    try:
        said = orjson.loads((home / WORK / SEEN).read_bytes())
        return Seen(str(said["token"]), tuple((str(version), str(digest)) for version, digest in said["newest"]))
    except (OSError, ValueError, KeyError, TypeError):
        return Seen(uuid.uuid4().hex)


def see(home: Path, newest: Known | None) -> Seen:
    """Remember what the store has as its newest release, if it has one; give all that is remembered."""
    _keep_out_of_git(home / WORK)
    before = seen(home)
    kept = tuple(one for one in before.newest if one != newest)
    after = Seen(before.token, (*kept, newest) if newest else kept)
    with files.replacing(home / WORK / SEEN) as beside:
        beside.write_bytes(orjson.dumps({"token": after.token, "newest": after.newest}))
    return after


def folder_of(config: Config, version: str = LATEST) -> Path:
    """Return the folder of a release, here; one at a store is fetched, unless the workshop has it.

    Raises BuilderError where the store has none.
    """
    home = home_of(config)
    if not object_store.is_url(config.out):
        return home / version
    place = store_of(config)
    version = latest_of(place) or "" if version == LATEST else version
    said = object_store.read(place.below(f"{version}/{MANIFEST}")) if is_version(version) else None
    if said is None:
        raise BuilderError(
            f"{place.shown}: no release {version}".rstrip()
            + " there. Build it first, or say which with --out and --name"
        )
    digest = _digest(said)
    if _digest_of(home / version) == digest:
        return home / version
    folder = home / WORK / READ / digest[:12] / version
    if not folder.exists():
        fetched(place, version, folder, home / WORK)
    return folder


def latest_of(place: Store) -> str | None:
    """Return the version in `latest` at a store; null without it. Raises StoreError if it is not a version."""
    said = object_store.read(place.below(LATEST))
    if said is None:
        return None
    version = said.decode(errors="replace").strip()
    if not is_version(version):
        raise StoreError(f"{place.shown}/{LATEST}: says '{version[:40]}'. Expected a version, as in 1.2.0")
    return version


def newest(config: Config) -> Release | None:
    """Return the newest release of a dataset, wherever that is."""
    if not object_store.is_url(config.out):
        return catalog.newest(home_of(config))
    return catalog.read(folder_of(config)) if latest_of(store_of(config)) else None


def fetch(url: str, folder: Path) -> Path:
    """Fetch a dataset by its URL, as it is, into a folder; give where it is. `…/latest` is the newest release there.

    Raises BuilderError where nothing is there, or a folder of releases.
    """
    place = object_store.opened(url)
    if place.path.rpartition("/")[2] == LATEST:
        dataset = object_store.opened(url.rstrip("/").removesuffix(f"/{LATEST}"))
        if version := latest_of(dataset):
            place = dataset.below(version)
    target = folder / (place.path.rpartition("/")[2] or "dataset")
    if found := object_store.sizes(place):
        versions = Stock(found, None, None).versions
        if versions and MANIFEST not in found:
            last = LATEST if LATEST in found else versions[-1]
            raise BuilderError(
                f"{place.shown}: a dataset with releases. Expected one of them, as in {place.shown}/{last}"
            )
        object_store.get(place, found, target)
    elif (said := object_store.read(place)) is not None:
        target.write_bytes(said)
    else:
        raise BuilderError(f"{place.shown}: nothing there. Expected a release, or a dataset of Parquet files")
    return target
