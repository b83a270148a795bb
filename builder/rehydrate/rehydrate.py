"""Rehydrate: put the texts that somebody holds back into a release of ids, and say which no longer match.

What comes of it is a release with texts, but for the articles that are missing or changed; where none is, its data
files are those of the release that would have had the texts, byte for byte.
"""

import functools
import itertools
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from builder import __version__
from builder.config.sections import Config
from builder.core import files, layout, lock
from builder.core.content_hash import ContentHash
from builder.core.errors import BuilderError, LockedError, ReleaseError
from builder.core.layout import CHANGED, LOG, MANIFEST
from builder.core.manifest import Manifest
from builder.core.manifest_parts import FileEntry, RehydratedEntry, SplitEntry
from builder.core.schema import ARTICLE, REHYDRATED, REHYDRATED_TABLE, WORDS
from builder.decide import statistics
from builder.describe import render
from builder.engine.versions import versions
from builder.query import reread
from builder.read.scan import scan
from builder.rehydrate import find_texts
from builder.rehydrate.result import Rehydrated, counted
from builder.release import load_check
from builder.release.manifest import Written, finish, with_others
from builder.release.write import FOOTER, Shard, write_shard, write_table
from builder.remote import object_store
from builder.verify import verify
from builder.verify.result import Opened


def rehydrate(folder: Path, raw_root: Path, to: Path, own: Config | None = None) -> Rehydrated:
    """Put the texts of the files below `raw_root` into a release of ids, and write the result as the folder `to`.

    `own` says how these files are to be read, if it is another way than that of the release's. Raises BuilderError
    where that is no release of ids, nothing matches, or `to` is anything but a rehydration of before.
    """
    opened = _opened(folder)
    _check_places(folder, raw_root, to)
    config = _settings(folder, own)
    with _staging(to) as staging:
        splits = list(opened.shards)
        paths = [path for split in splits for path in opened.shards[split]]
        articles = find_texts.wanted(paths)
        found = find_texts.find(articles, scan(raw_root, config.read.ignore), config, staging.parent / "held.arrow")
        table = _table(articles, found, opened)
        done = Rehydrated(folder, to, table, found.unreadable, _hint(opened.manifest))
        if not done.counts["matched"]:
            raise BuilderError(f"{raw_root}: none of the {len(table):,} articles of {folder} is in it. {_why(done)}")
        _write(opened, found, table, staging, staging.parent / "held.arrow")
    return done


def _opened(folder: Path) -> Opened:
    """Open a release of ids that is as it was written."""
    wrong, manifest = verify.check_manifest(folder)
    opened = Opened(folder, manifest)
    if not manifest.of_ids:
        raise BuilderError(f'{folder}: has its texts. Expected a release of ids, made with publish = "ids"')
    if problem := next(itertools.chain(wrong, verify.check_files(opened)), None):
        raise ReleaseError(f"{problem}. Fetch the release again")
    return opened


def _check_places(folder: Path, raw_root: Path, to: Path) -> None:
    if meant := object_store.nearly_url(str(to)):
        raise BuilderError(f"{meant}: --to must be a folder here. Write it to one, and copy that there")
    places = [folder.resolve(), raw_root.resolve()]
    real = to.resolve()
    if any(real.is_relative_to(place) or place.is_relative_to(real) for place in places):
        raise BuilderError(f"{to}: within the release or the held files, or around them. Choose another --to")
    if to.exists() or to.is_symlink():
        try:
            before = Manifest.read((to / MANIFEST).read_bytes()).rehydrated
        except (OSError, ReleaseError):
            before = None
        if before is None:
            raise BuilderError(f"{to}: is there already, and is no rehydrated release. Choose another --to")


def _settings(folder: Path, own: Config | None) -> Config:
    """Give how the held files are read: as those of the release were, but for what `own` says of files and fields."""
    config = reread.settings_of(folder)
    if own is None:
        return config
    return config.model_copy(update={"read": own.read, "fields": {**config.fields, **own.fields}})


@contextmanager
def _staging(to: Path) -> Iterator[Path]:
    """Give a folder beside `to` that is put in its place at the end, if all went well."""
    place = to.absolute().parent / f".new-{to.absolute().name}"
    try:
        with lock.hold(place):
            try:
                files.remove(place / "release")
                (place / "release").mkdir()
                yield place / "release"
                if to.exists():
                    to.rename(place / "before")
                (place / "release").rename(to)
            finally:
                files.remove(place)
    except LockedError:
        raise BuilderError(f"{to}: is being written by another process. Wait for it, or choose another --to") from None
    except OSError as error:
        why = f"{error.filename or to}: {error.strerror or error}"
        raise BuilderError(f"{why}. Check the place, or choose another --to") from error


def _table(articles: find_texts.Wanted, found: find_texts.Matches, opened: Opened) -> pa.Table:
    """Give what became of each article (schema.REHYDRATED), in the order of the release's files."""
    ids = articles.rows["id"].to_pylist()
    splits = [split for (_, split), paths in opened.shards.items() for path in paths for _ in range(_rows(path))]
    rows = []
    for row, (id, language, split) in enumerate(zip(ids, articles.rows["language"].to_pylist(), splits, strict=True)):
        place = found.places[row]
        said = {"id": id, "language": language, "split": split, "state": found.state(row)}
        if place is not None:
            said |= {"file": place.file, "record": place.record, "place": place.place, "differs": found.differs[row]}
            said["held_id"] = place.id if place.id != id else None
        rows.append(said)
    return pa.Table.from_pylist(rows, REHYDRATED)


def _rows(path: Path) -> int:
    return int(pq.read_metadata(path).num_rows)


def _read(path: Path) -> pa.Table:
    with pq.ParquetFile(path) as file:
        return file.read(use_threads=False)


def _write(opened: Opened, found: find_texts.Matches, table: pa.Table, staging: Path, store: Path) -> None:
    """Write the release: its articles with their texts, what stands beside them, card and manifest; load it back."""
    starts, start = {}, 0
    for split, paths in opened.shards.items():
        starts[split] = start
        start += sum(map(_rows, paths))
    written = Written()
    with pa.memory_map(str(store)) as source, ThreadPoolExecutor(pa.cpu_count()) as threads:
        write = functools.partial(_write_split, opened, found, find_texts.TextStore(source), staging, starts)
        for (language, of_split), (of_files, said) in zip(starts, threads.map(write, starts), strict=True):
            written.files |= of_files
            if said.rows:
                written.splits.setdefault(language, {})[of_split] = said
    for name in opened.manifest.files:
        if not name.startswith("data/") and (name in (LOG, CHANGED) or not layout.is_description(name)):
            (staging / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(opened.folder / name, staging / name)
    write_table(table, staging / REHYDRATED_TABLE)
    paths = [staging / name for name in written.files]
    manifest = opened.manifest.saying(
        splits=written.splits,
        config={**opened.manifest.config, "publish": "text"},
        rehydrated=RehydratedEntry(of=opened.manifest.content, by=__version__, counts=counted(table)),
        figures=statistics.compute(
            pa.concat_tables(pq.read_table(path, columns=list(statistics.COLUMNS), partitioning=None) for path in paths)
        ),
        files=with_others(written.files, staging),
    )
    manifest = manifest.saying(content=manifest.content_digest())
    render.write(manifest, staging)
    finish(manifest.saying(files=written.files), staging)
    expected = load_check.expected_of(manifest)
    with tempfile.TemporaryDirectory(prefix="builder-rehydrate-") as cache:
        if problems := load_check.check(staging, expected, ["all"], Path(cache)):  # which reads every file
            raise ReleaseError("\n".join(problems))


def _write_split(
    opened: Opened,
    found: find_texts.Matches,
    store: find_texts.TextStore,
    staging: Path,
    starts: Mapping[tuple[str, str], int],
    split: tuple[str, str],
) -> tuple[dict[str, FileEntry], SplitEntry]:
    """Write the shards of a split; give what the manifest says of the files, and of the split."""
    schema = ARTICLE.with_metadata(FOOTER)
    content, listed, count, size = ContentHash(ARTICLE), dict[str, FileEntry](), 0, 0
    first, pieces = starts[split], []
    for path in opened.shards[split]:
        places = found.stored[first : first + _rows(path)]
        first += len(places)
        if (places >= 0).any():
            pieces.append((path, places))
    for number, (path, places) in enumerate(pieces):
        rows = _with_texts(_read(path).filter(pa.array(places >= 0)), store, places)
        sizes = pc.fill_null(pc.binary_length(rows["text"]), 0).to_pylist()
        shard = Shard(*split, list(range(len(rows))), number, len(pieces))
        listed[shard.path] = write_shard(staging, schema, sizes, shard, rows)
        content.update(rows)
        count += len(rows)
        size += rows.nbytes
    digest, wanted = content.hexdigest(), opened.manifest.splits[split[0]][split[1]]
    if count == wanted.rows and digest != wanted.with_texts:
        raise ReleaseError(
            f"{opened.folder}: {' '.join(split)}: every text matches, but the rows say {digest[:16]}…, expected "
            f"{wanted.with_texts[:16]}…. Look at the release with builder verify"
        )
    return listed, SplitEntry(rows=count, bytes=size, content_sha256=digest)


def _with_texts(rows: pa.Table, store: find_texts.TextStore, places: Any) -> pa.Table:
    """Make rows (schema.STANDOFF) rows with the texts of the store (schema.ARTICLE)."""
    texts = store.take(places[places >= 0])
    columns = [texts[field.name] if field.name in WORDS else rows[field.name].cast(field.type) for field in ARTICLE]
    return pa.table(columns, schema=ARTICLE).combine_chunks()


def _hint(manifest: Manifest) -> str | None:
    """Say if other versions than those of the release tidied the texts: these may be why they differ."""
    ours = versions()
    other = [
        f"{name} {version} ({ours.get(name)} here)"
        for name, version in manifest.versions.items()
        if ours.get(name) != version
    ]
    return f". The release was made with {', '.join(other)}, which may be why texts differ" if other else None


def _why(done: Rehydrated) -> str:
    counts = done.counts
    if counts["changed"]:
        return f"{counts['changed']:,} are there, but say something else{done.hint or ''}"
    over = f"; passed over: {done.unreadable[0]}" if done.unreadable else ""
    return f"Expected the files that the release was made of{over}"
