"""Delivery: what a build made in the workshop is copied to the store, and what must not be there any more is removed.

The order is what makes a reader see the old release or the new one: the files, the manifest, `latest`, removals. Each
step looks at what is there, so a delivery that was broken off anywhere is completed by the next build.
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
    """What is to be done for one release: the files that the store lacks, and the objects that it should not have."""

    release: Release
    lacking: list[str]
    strange: list[str]
    sealed: bool  # its manifest is there already

    @property
    def done(self) -> bool:
        """Tell whether nothing is."""
        return self.sealed and not self.lacking and not self.strange


def upload(place: Store, home: Path, before: Stock, forgotten: Collection[str], tell: Show) -> str:
    """Bring a store to what the workshop has; give the URL of the newest release. `before` is what the store had.

    Raises ReleaseError where another build wrote there since, and LockedError where one does so now.
    """
    newest = catalog.newest(home)
    if newest is None:
        return place.shown
    known = newest.version, newest.digest
    holding = holding_of(place, before.versions, newest.version, forgotten)
    copies, token = _copies(home, before), local_copy.see(home, None).token
    same = (before.newest, before.latest) == (known, newest.version) and all(copy.done for copy in copies)
    claimed = upload_lock.LOCK in before.sizes and upload_lock.is_left(place, token)
    if not same or holding or before.broken_off or claimed:
        with upload_lock.hold(place, token) as still_ours:
            now = local_copy.look(place)
            _check_same(place, before, now)
            copies = _copies(home, now)
            for copy in copies:
                _upload_files(place, copy, still_ours, tell)
            if now.latest != newest.version:
                _point(place, before, copies, still_ours)
                tell(f"store: {place.shown}/{LATEST} is {newest.version}")
            local_copy.see(home, known)
            _withdraw(place, holding, forgotten, tell)
            for version in local_copy.look(place).broken_off:
                still_ours()  # or it may be what another build is uploading
                object_store.remove_folder(place.below(version), MANIFEST)
    for folder in catalog.all_of(home)[:-1]:
        files.remove(folder)
    return place.below(newest.version).shown


def _copies(home: Path, stock: Stock) -> list[Copy]:
    """Return the pending copies of the local releases that are not older than the newest one of the store."""
    found = []
    for folder in catalog.all_of(home):
        if stock.newest and version_key(folder.name) < version_key(stock.newest[0]):
            continue
        release = catalog.read(folder)
        listed, there = release.manifest.files, stock.of(release.version)
        sealed = (release.version, release.digest) == stock.newest
        lacking = [name for name, said in listed.items() if not sealed or there.get(name) != said.bytes]
        strange = [name for name in there if name not in listed and (name != MANIFEST or not sealed)]
        found.append(Copy(release, lacking, strange, sealed))
    return found


def _upload_files(place: Store, copy: Copy, still_ours: Callable[[], None], tell: Show) -> None:
    """Copy a release: its files, then, if they are all there, its manifest."""
    if copy.done:
        return
    release, at = copy.release, place.below(copy.release.version)
    object_store.remove(at, copy.strange)
    for _ in object_store.put(at, release.folder, copy.lacking):
        still_ours()
    there = object_store.sizes(at)
    for name, said in release.manifest.files.items():
        if there.get(name) != said.bytes:
            raise ReleaseError(
                f"{at.shown}/{name}: not there as it was just written. Look what else writes there, and build again"
            )
    if not copy.sealed:
        object_store.write(at.below(MANIFEST), (release.folder / MANIFEST).read_bytes())
    size = sum(release.manifest.files[name].bytes for name in copy.lacking)
    tell(f"store: files {len(copy.lacking)}, bytes {size} to {at.shown}")


def _check_same(place: Store, before: Stock, now: Stock, ours: Release | None = None) -> None:
    """Raise ReleaseError unless a store has what it had, or our own release on top of it."""
    whole = {before.newest} | ({(ours.version, ours.digest)} if ours else set())
    if now.latest == before.latest and now.newest in whole:
        return
    was, has = (stock.newest[0] if stock.newest else "no release" for stock in (before, now))
    raise ReleaseError(
        f"{place.shown}: another build wrote there meanwhile: it had {was}, and has {has}, with `{LATEST}` at "
        f"{now.latest}. That stays as it is; build again, and the new release follows from it"
    )


def _point(place: Store, before: Stock, copies: list[Copy], still_ours: Callable[[], None]) -> None:
    """Let `latest` say the newest release, unless another build wrote there; then what was copied is taken back."""
    newest = copies[-1].release
    try:
        still_ours()
        _check_same(place, before, local_copy.look(place), newest)
    except (ReleaseError, LockedError):
        for release in (copy.release for copy in copies if not copy.sealed):
            at = place.below(release.version)
            if object_store.read(at.below(MANIFEST)) == (release.folder / MANIFEST).read_bytes():
                object_store.remove_folder(at, MANIFEST)
        raise
    object_store.write(place.below(LATEST), f"{newest.version}\n".encode())


def holding(config: Config, forgotten: Collection[str]) -> list[str]:
    """List the releases but the newest that hold a forgotten article, wherever they are (withdraw.holding)."""
    if not object_store.is_url(config.out):
        return [folder.name for folder in withdraw.holding(local_copy.home_of(config), forgotten)]
    place = local_copy.store_of(config)
    versions = local_copy.look(place).versions
    return holding_of(place, versions, versions[-1], forgotten) if versions else []


def holding_of(place: Store, versions: Sequence[str], newest: str, forgotten: Collection[str]) -> list[str]:
    """List those of the releases at a store before the newest that hold a forgotten article.

    Of each no more is read than its manifest, and its decisions unless all was forgotten when it was made.
    """
    older = [version for version in versions if version_key(version) < version_key(newest)]
    return [version for version in older if forgotten and _holds(place.below(version), set(forgotten))]


def _holds(at: Store, forgotten: set[str]) -> bool:
    with tempfile.TemporaryDirectory(prefix="builder-store-") as place:
        folder = Path(place)
        for name in (MANIFEST, DECIDED):
            said = object_store.read(at.below(name))
            if said is not None:
                (folder / name).write_bytes(said)
            if name == MANIFEST and not withdraw.forgotten_since(folder, forgotten):
                return False
        return withdraw.holds(folder, forgotten)


def _withdraw(place: Store, holding: Sequence[str], forgotten: Collection[str], tell: Show) -> None:
    """Remove releases that hold a forgotten article, after WITHDRAWN says so."""
    if holding:
        target = place.below(WITHDRAWN)
        object_store.write(target, withdraw.withdrawn(object_store.read(target), holding, forgotten))
        for version in holding:
            object_store.remove_folder(place.below(version), MANIFEST)
        tell(f"forget: removed from {place.shown}: {', '.join(holding)}")
