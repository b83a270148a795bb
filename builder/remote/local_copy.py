"""Keep the workshop: the local folder where a build makes the releases of a dataset at a store.

A store can neither rename nor lock, and a build maps prepared files into memory. So a build makes the release in the
workshop, like any other release, and upload.py copies it. The store decides: before a build, the workshop takes over
the store's newest release. It keeps a release of its own only if that one is newer, was made on top of the store's
newest release, and was never whole at the store.
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

SEEN = "store.json"  # in the work folder: the releases that this workshop saw at the store
READ = "read"  # in the work folder: releases fetched for reading; the next build removes them
FETCHED = "fetched"  # in the work folder: unfinished downloads
Known = tuple[str, str]  # a release: its version and the sha256 of its manifest


@dataclass(frozen=True, slots=True)
class Stock:
    """The state of a dataset at a store: the bytes of all objects, the text of `latest`, the newest whole release."""

    sizes: Mapping[str, int]
    latest: str | None
    newest: Known | None

    @property
    def versions(self) -> list[str]:
        """Return the versions of the whole releases (those with a manifest), the newest last."""
        return [version for version in self._folders if f"{version}/{MANIFEST}" in self.sizes]

    @property
    def broken_off(self) -> list[str]:
        """Return the versions of releases whose upload or removal was interrupted: they have no manifest."""
        return [version for version in self._folders if f"{version}/{MANIFEST}" not in self.sizes]

    @property
    def _folders(self) -> list[str]:
        names = {name.partition("/")[0] for name in self.sizes if "/" in name}
        return sorted(filter(is_version, names), key=version_key)

    def of(self, version: str) -> dict[str, int]:
        """Return the bytes of each object of one release, by its path in the release."""
        prefix = f"{version}/"
        return {name.removeprefix(prefix): size for name, size in self.sizes.items() if name.startswith(prefix)}


@dataclass(frozen=True, slots=True)
class Seen:
    """The history of a workshop: the token of its uploads, and the releases it saw or uploaded as newest, in order."""

    token: str
    newest: tuple[Known, ...] = ()


def home_of(config: Config) -> Path:
    """Return the local folder where builds make the releases of a dataset: a workshop if `out` is a URL."""
    if not object_store.is_url(config.out):
        return Path(config.out) / config.name
    return Path(config.work) / hashlib.sha256(object_store.known_as(config.out).encode()).hexdigest()[:12] / config.name


def store_of(config: Config) -> Store:
    """Return the folder of a dataset at its store. Raises StoreError for a URL with a query."""
    store = object_store.opened(config.out)
    if "?" in config.out:  # known_as drops the query, so two datasets would share a workshop
        raise StoreError(f"{store.shown}: has a query ('?…'). Expected the URL of a folder without a query")
    return store.below(config.name)


def look(store: Store) -> Stock:
    """Read the state of a dataset at a store."""
    stock = Stock(object_store.sizes(store), None, None)
    latest = (
        (object_store.read(store.below(LATEST)) or b"").decode(errors="replace").strip()
        if LATEST in stock.sizes
        else None
    )
    if not stock.versions:
        return Stock(stock.sizes, latest, None)
    version = stock.versions[-1]
    return Stock(
        stock.sizes, latest, (version, _digest(object_store.read(store.below(f"{version}/{MANIFEST}")) or b""))
    )


def _digest(manifest: bytes) -> str:
    return hashlib.sha256(manifest).hexdigest()


def take_over(store: Store, home: Path, show: Callable[[str], None]) -> Stock:
    """Fetch the newest release of a store into the workshop if it is missing; return the state of the store.

    A release that only the workshop has stays if it is newer and this workshop saw the store's newest release before.
    It goes if it was whole at the store once, because somebody removed it there.
    """
    stock, known = look(store), seen(home)
    for name in (READ, FETCHED):
        files.remove(home / WORK / name)
    withdrawn = orjson.loads(object_store.read(store.below(WITHDRAWN)) or b"{}") if WITHDRAWN in stock.sizes else {}
    for folder in catalog.all_of(home):
        local = folder.name, _digest_of(folder)
        if local == stock.newest:
            continue
        follows = stock.newest is None or (
            stock.newest in known.newest and version_key(folder.name) > version_key(stock.newest[0])
        )
        was_at_store = local in known.newest
        if was_at_store and follows and folder.name not in withdrawn:
            show(f"store: {store.shown}/{folder.name} was removed there, so the build drops its local copy")
        if was_at_store or not follows or folder.name in withdrawn:
            files.remove(folder)
    for folder in reversed(catalog.all_of(home)):
        if _is_whole(folder, home / WORK):
            break
        files.remove(folder)
    if stock.newest and not (home / stock.newest[0]).exists():
        version = stock.newest[0]
        show(f"store: fetching {store.shown}/{version}")
        release = fetched(store, version, home / version, home / WORK)
        note_written(release, home / WORK)
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


def fetched(store: Store, version: str, folder: Path, work: Path) -> Release:
    """Fetch a release into a new folder, whole or not at all. Raises StoreError for a missing or damaged release."""
    source = store.below(version)
    manifest = object_store.read(source.below(MANIFEST))
    if manifest is None:
        raise StoreError(f"{source.shown}: no release there, or one with an unfinished upload")
    _keep_out_of_git(work)
    beside = work / FETCHED / uuid.uuid4().hex / version
    try:
        beside.mkdir(parents=True)
        (beside / MANIFEST).write_bytes(manifest)
        listed = catalog.read(beside).manifest.files
        sizes = object_store.sizes(source)
        for name, entry in listed.items():
            if sizes.get(name) != entry.bytes:
                raise _damaged(source, name)
        object_store.get(source, {name: entry.bytes for name, entry in listed.items()}, beside)
        for name, entry in listed.items():
            if files.sha256(beside / name) != entry.sha256:
                raise _damaged(source, name)
        folder.parent.mkdir(parents=True, exist_ok=True)
        beside.rename(folder)
    except ReleaseError:
        raise _damaged(source, MANIFEST) from None
    finally:
        files.remove(beside.parent)
    return catalog.read(folder)


def _damaged(source: Store, name: str) -> StoreError:
    return StoreError(
        f"{source.shown}/{name}: missing or damaged at the store. Repair it there, or remove all of {source.shown}"
    )


def _keep_out_of_git(work: Path) -> None:
    ignore = work.parent.parent.parent / ".gitignore"
    if not ignore.exists():
        ignore.parent.mkdir(parents=True, exist_ok=True)
        ignore.write_text("*\n", encoding="utf-8")


def seen(home: Path) -> Seen:
    """Read the history of a workshop, or start a new one with a new token."""
    try:
        record = orjson.loads((home / WORK / SEEN).read_bytes())
        return Seen(str(record["token"]), tuple((str(version), str(digest)) for version, digest in record["newest"]))
    except (OSError, ValueError, KeyError, TypeError):
        return Seen(uuid.uuid4().hex)


def see(home: Path, newest: Known | None) -> Seen:
    """Add the newest release of the store, if any, to the history of a workshop; return the history."""
    _keep_out_of_git(home / WORK)
    before = seen(home)
    kept = tuple(release for release in before.newest if release != newest)
    after = Seen(before.token, (*kept, newest) if newest else kept)
    with files.replacing(home / WORK / SEEN) as beside:
        beside.write_bytes(orjson.dumps({"token": after.token, "newest": after.newest}))
    return after


def folder_of(config: Config, version: str = LATEST) -> Path:
    """Return the local folder of a release. Fetch a release at a store unless the workshop has it.

    Raises BuilderError if the store does not have the release.
    """
    home = home_of(config)
    if not object_store.is_url(config.out):
        return home / version
    store = store_of(config)
    version = latest_of(store) or "" if version == LATEST else version
    manifest = object_store.read(store.below(f"{version}/{MANIFEST}")) if is_version(version) else None
    if manifest is None:
        raise BuilderError(
            f"{store.shown}: no release {version}".rstrip()
            + " there. Build it first, or choose another dataset with --out and --name"
        )
    digest = _digest(manifest)
    if _digest_of(home / version) == digest:
        return home / version
    folder = home / WORK / READ / digest[:12] / version
    if not folder.exists():
        fetched(store, version, folder, home / WORK)
    return folder


def latest_of(store: Store) -> str | None:
    """Return the version in `latest` at a store, or None without `latest`. Raises StoreError if it is not a version."""
    content = object_store.read(store.below(LATEST))
    if content is None:
        return None
    version = content.decode(errors="replace").strip()
    if not is_version(version):
        raise StoreError(f"{store.shown}/{LATEST}: contains '{version[:40]}'. Expected a version, for example 1.2.0")
    return version


def newest(config: Config) -> Release | None:
    """Return the newest release of a dataset, local or at a store, or None."""
    if not object_store.is_url(config.out):
        return catalog.newest(home_of(config))
    return catalog.read(folder_of(config)) if latest_of(store_of(config)) else None


def fetch(url: str, folder: Path) -> Path:
    """Fetch a dataset, unchanged, by its URL into a folder; return its path. `…/latest` means the newest release there.

    Raises BuilderError if the URL leads to nothing or to a folder of releases.
    """
    store = object_store.opened(url)
    if store.path.rpartition("/")[2] == LATEST:
        dataset = object_store.opened(url.rstrip("/").removesuffix(f"/{LATEST}"))
        if version := latest_of(dataset):
            store = dataset.below(version)
    target = folder / (store.path.rpartition("/")[2] or "dataset")
    if sizes := object_store.sizes(store):
        versions = Stock(sizes, None, None).versions
        if versions and MANIFEST not in sizes:
            last = LATEST if LATEST in sizes else versions[-1]
            raise BuilderError(
                f"{store.shown}: a folder of releases. Expected one of them, for example {store.shown}/{last}"
            )
        object_store.get(store, sizes, target)
    elif (content := object_store.read(store)) is not None:
        target.write_bytes(content)
    else:
        raise BuilderError(f"{store.shown}: nothing there. Expected a release, or a dataset of Parquet files")
    return target
