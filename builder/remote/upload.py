"""Upload the releases of a workshop to its store, and remove releases that hold a forgotten article.

The order guarantees that a reader sees the old release or the new one: files, manifest, `latest`, removals. Each step
looks at the store first, so the next build completes an interrupted upload.
"""

import tempfile
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from builder.config.sections import Config
from builder.core import files
from builder.core.errors import LockedError, ReleaseError
from builder.core.layout import DECIDED, LATEST, MANIFEST, WITHDRAWN
from builder.core.versions import version_key
from builder.release import catalog, withdraw
from builder.release.catalog import Release
from builder.remote import local_copy, object_store, upload_lock
from builder.remote.local_copy import Stock
from builder.remote.object_store import Store

Show = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Copy:
    """The pending copy of one release: the files that the store lacks, and the objects that it should not have."""

    release: Release
    missing: list[str]
    extra: list[str]
    sealed: bool  # the store has its manifest already

    @property
    def done(self) -> bool:
        """Tell whether nothing remains to be copied or removed."""
        return self.sealed and not self.missing and not self.extra


def upload(store: Store, home: Path, before: Stock, forgotten: Collection[str], show: Show) -> str:
    """Bring a store up to date with the workshop; return the URL of the newest release.

    `before` is the state of the store that the build started from. Raises ReleaseError if another build wrote to the
    store since then, and LockedError if another build is uploading now.
    """
    newest = catalog.newest(home)
    if newest is None:
        return store.shown
    known = newest.version, newest.digest
    holding = holding_of(store, before.versions, newest.version, forgotten)
    copies, token = _copies(home, before), local_copy.see(home, None).token
    same = (before.newest, before.latest) == (known, newest.version) and all(copy.done for copy in copies)
    claimed = upload_lock.LOCK in before.sizes and upload_lock.is_left(store, token)
    if not same or holding or before.broken_off or claimed:
        with upload_lock.hold(store, token) as still_ours:
            now = local_copy.look(store)
            _check_same(store, before, now)
            copies = _copies(home, now)
            for copy in copies:
                _upload_files(store, copy, still_ours, show)
            if now.latest != newest.version:
                _set_latest(store, before, copies, still_ours)
                show(f"store: {store.shown}/{LATEST} is {newest.version}")
            local_copy.see(home, known)
            _withdraw(store, holding, forgotten, show)
            for version in local_copy.look(store).broken_off:
                still_ours()  # without the lock, another build may be uploading this release
                object_store.remove_folder(store.below(version), MANIFEST)
    for folder in catalog.all_of(home)[:-1]:
        files.remove(folder)
    return store.below(newest.version).shown


def _copies(home: Path, stock: Stock) -> list[Copy]:
    """Return the pending copies of the local releases that are not older than the newest one of the store."""
    copies = []
    for folder in catalog.all_of(home):
        if stock.newest and version_key(folder.name) < version_key(stock.newest[0]):
            continue
        release = catalog.read(folder)
        listed, sizes = release.manifest.files, stock.of(release.version)
        sealed = (release.version, release.digest) == stock.newest
        missing = [name for name, entry in listed.items() if not sealed or sizes.get(name) != entry.bytes]
        extra = [name for name in sizes if name not in listed and (name != MANIFEST or not sealed)]
        copies.append(Copy(release, missing, extra, sealed))
    return copies


def _upload_files(store: Store, copy: Copy, still_ours: Callable[[], None], show: Show) -> None:
    """Copy the files of a release, then, if the store has them all, its manifest."""
    if copy.done:
        return
    release, target = copy.release, store.below(copy.release.version)
    object_store.remove(target, copy.extra)
    for _ in object_store.put(target, release.folder, copy.missing):
        still_ours()
    sizes = object_store.sizes(target)
    for name, entry in release.manifest.files.items():
        if sizes.get(name) != entry.bytes:
            raise ReleaseError(
                f"{target.shown}/{name}: differs from the file just written. Find out what else writes there, and "
                "build again"
            )
    if not copy.sealed:
        object_store.write(target.below(MANIFEST), (release.folder / MANIFEST).read_bytes())
    size = sum(release.manifest.files[name].bytes for name in copy.missing)
    show(f"store: files {len(copy.missing)}, bytes {size} to {target.shown}")


def _check_same(store: Store, before: Stock, now: Stock, ours: Release | None = None) -> None:
    """Raise ReleaseError if a store changed since `before`, other than by our own release."""
    whole = {before.newest} | ({(ours.version, ours.digest)} if ours else set())
    if now.latest == before.latest and now.newest in whole:
        return
    old, new = (stock.newest[0] if stock.newest else "no release" for stock in (before, now))
    raise ReleaseError(
        f"{store.shown}: another build wrote there meanwhile: it had {old} and now has {new}, with `{LATEST}` at "
        f"{now.latest}. The store keeps that. Build again, and the new release follows from it"
    )


def _set_latest(store: Store, before: Stock, copies: list[Copy], still_ours: Callable[[], None]) -> None:
    """Point `latest` to the newest release. If another build wrote to the store, remove our uploads instead."""
    newest = copies[-1].release
    try:
        still_ours()
        _check_same(store, before, local_copy.look(store), newest)
    except (ReleaseError, LockedError):
        for release in (copy.release for copy in copies if not copy.sealed):
            target = store.below(release.version)
            if object_store.read(target.below(MANIFEST)) == (release.folder / MANIFEST).read_bytes():
                object_store.remove_folder(target, MANIFEST)
        raise
    object_store.write(store.below(LATEST), f"{newest.version}\n".encode())


def holding(config: Config, forgotten: Collection[str]) -> list[str]:
    """List the older releases, local or at a store, that hold a forgotten article (withdraw.holding)."""
    if not object_store.is_url(config.out):
        return [folder.name for folder in withdraw.holding(local_copy.home_of(config), forgotten)]
    store = local_copy.store_of(config)
    versions = local_copy.look(store).versions
    return holding_of(store, versions, versions[-1], forgotten) if versions else []


def holding_of(store: Store, versions: Sequence[str], newest: str, forgotten: Collection[str]) -> list[str]:
    """List the releases at a store before the newest that hold a forgotten article.

    Reads only the manifest of each release, and its decisions if an article was forgotten after it was made.
    """
    older = [version for version in versions if version_key(version) < version_key(newest)]
    return [version for version in older if forgotten and _holds_forgotten(store.below(version), set(forgotten))]


def _holds_forgotten(folder: Store, forgotten: set[str]) -> bool:
    with tempfile.TemporaryDirectory(prefix="builder-store-") as temporary:
        copy = Path(temporary)
        for name in (MANIFEST, DECIDED):
            content = object_store.read(folder.below(name))
            if content is not None:
                (copy / name).write_bytes(content)
            if name == MANIFEST and not withdraw.forgotten_since(copy, forgotten):
                return False
        return withdraw.holds(copy, forgotten)


def _withdraw(store: Store, holding: Sequence[str], forgotten: Collection[str], show: Show) -> None:
    """List releases that hold a forgotten article in WITHDRAWN, then remove them."""
    if holding:
        target = store.below(WITHDRAWN)
        object_store.write(target, withdraw.withdrawn(object_store.read(target), holding, forgotten))
        for version in holding:
            object_store.remove_folder(store.below(version), MANIFEST)
        show(f"forget: removed from {store.shown}: {', '.join(holding)}")
