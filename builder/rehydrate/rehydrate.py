"""Rehydrate: put texts from the user's files back into a release of ids, and report those that no longer match.

The result is a release with texts, without the articles that are missing or have changed. If every article matches, its
data files equal, byte for byte, those of a release that was built with texts.
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

    `own` has settings for reading these files, if they differ from the release's own. Raises BuilderError if `folder`
    is not a release of ids, if nothing matches, or if `to` exists and is not an earlier rehydrated release.
    """
    opened = _opened(folder)
    _check_folders(folder, raw_root, to)
    config = _settings(folder, own)
    with _staging(to) as staging:
        splits = list(opened.shards)
        paths = [path for split in splits for path in opened.shards[split]]
        articles = find_texts.wanted(paths)
        store = staging.parent / "texts.arrow"
        matches = find_texts.find(articles, scan(raw_root, config.read.ignore), config, store)
        table = _table(articles, matches, opened)
        done = Rehydrated(folder, to, table, matches.unreadable, _hint(opened.manifest))
        if not done.counts["matched"]:
            raise BuilderError(f"{raw_root}: none of the {len(table):,} articles of {folder} matches. {_why(done)}")
        _write(opened, matches, table, staging, store)
    return done


def _opened(folder: Path) -> Opened:
    """Open a release of ids, and check that its files are as they were written."""
    wrong, manifest = verify.check_manifest(folder)
    opened = Opened(folder, manifest)
    if not manifest.of_ids:
        raise BuilderError(f'{folder}: the release has its texts. Expected a release of ids, made with publish = "ids"')
    if problem := next(itertools.chain(wrong, verify.check_files(opened)), None):
        raise ReleaseError(f"{problem}. Download the release again")
    return opened


def _check_folders(folder: Path, raw_root: Path, to: Path) -> None:
    """Raise BuilderError if the result may not be written to `to`."""
    if url := object_store.nearly_url(str(to)):
        raise BuilderError(f"{url}: --to must be a local folder. Write the release to one, then copy it to the URL")
    inputs = [folder.resolve(), raw_root.resolve()]
    real = to.resolve()
    if any(real.is_relative_to(each) or each.is_relative_to(real) for each in inputs):
        raise BuilderError(f"{to}: overlaps with the folder of the release or of your files. Choose another --to")
    if to.exists() or to.is_symlink():
        try:
            before = Manifest.read((to / MANIFEST).read_bytes()).rehydrated
        except (OSError, ReleaseError):
            before = None
        if before is None:
            raise BuilderError(f"{to}: already exists, and is not a rehydrated release. Choose another --to")


def _settings(folder: Path, own: Config | None) -> Config:
    """Return the settings of the release, with [read] and [fields] from `own` over them."""
    config = reread.settings_of(folder)
    if own is None:
        return config
    return config.model_copy(update={"read": own.read, "fields": {**config.fields, **own.fields}})


@contextmanager
def _staging(to: Path) -> Iterator[Path]:
    """Yield a folder beside `to`, and rename it to `to` at the end if no error occurred."""
    work = to.absolute().parent / f".new-{to.absolute().name}"
    try:
        with lock.hold(work):
            try:
                files.remove(work / "release")
                (work / "release").mkdir()
                yield work / "release"
                if to.exists():
                    to.rename(work / "before")
                (work / "release").rename(to)
            finally:
                files.remove(work)
    except LockedError:
        raise BuilderError(f"{to}: another process is writing it. Wait for it, or choose another --to") from None
    except OSError as error:
        fact = f"{error.filename or to}: {error.strerror or error}"
        raise BuilderError(f"{fact}. Check the folder, or choose another --to") from error


def _table(articles: find_texts.Wanted, matches: find_texts.Matches, opened: Opened) -> pa.Table:
    """Return the state of each article (schema.REHYDRATED), in the order of the release's files."""
    ids = articles.rows["id"].to_pylist()
    splits = [split for (_, split), paths in opened.shards.items() for path in paths for _ in range(_rows(path))]
    rows = []
    for row, (id, language, split) in enumerate(zip(ids, articles.rows["language"].to_pylist(), splits, strict=True)):
        location = matches.locations[row]
        columns = {"id": id, "language": language, "split": split, "state": matches.state(row)}
        if location is not None:
            columns |= {"file": location.file, "record": location.record, "place": location.place}
            columns |= {"differs": matches.differs[row], "held_id": location.id if location.id != id else None}
        rows.append(columns)
    return pa.Table.from_pylist(rows, REHYDRATED)


def _rows(path: Path) -> int:
    return int(pq.read_metadata(path).num_rows)


def _read(path: Path) -> pa.Table:
    with pq.ParquetFile(path) as file:
        return file.read(use_threads=False)


def _write(opened: Opened, matches: find_texts.Matches, table: pa.Table, staging: Path, store: Path) -> None:
    """Write the release (articles with their texts, the other files, card and manifest), and load it back."""
    starts, start = {}, 0
    for key, paths in opened.shards.items():
        starts[key] = start
        start += sum(map(_rows, paths))
    written = Written()
    with pa.memory_map(str(store)) as source, ThreadPoolExecutor(pa.cpu_count()) as threads:
        write = functools.partial(_write_split, opened, matches, find_texts.TextStore(source), staging, starts)
        for (language, split), (shards, entry) in zip(starts, threads.map(write, starts), strict=True):
            written.files |= shards
            if entry.rows:
                written.splits.setdefault(language, {})[split] = entry
    for name in opened.manifest.files:
        if not name.startswith("data/") and (name in (LOG, CHANGED) or not layout.is_description(name)):
            (staging / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(opened.folder / name, staging / name)
    write_table(table, staging / REHYDRATED_TABLE)
    paths = [staging / name for name in written.files]
    manifest = opened.manifest.with_values(
        splits=written.splits,
        config={**opened.manifest.config, "publish": "text"},
        rehydrated=RehydratedEntry(of=opened.manifest.content, by=__version__, counts=counted(table)),
        figures=statistics.compute(
            pa.concat_tables(pq.read_table(path, columns=list(statistics.COLUMNS), partitioning=None) for path in paths)
        ),
        files=with_others(written.files, staging),
    )
    manifest = manifest.with_values(content=manifest.content_digest())
    render.write(manifest, staging)
    finish(manifest.with_values(files=written.files), staging)
    expected = load_check.expected_of(manifest)
    with tempfile.TemporaryDirectory(prefix="builder-rehydrate-") as cache:
        if problems := load_check.check(staging, expected, ["all"], Path(cache)):  # "all" reads every file
            raise ReleaseError("\n".join(problems))


def _write_split(
    opened: Opened,
    matches: find_texts.Matches,
    store: find_texts.TextStore,
    staging: Path,
    starts: Mapping[tuple[str, str], int],
    split: tuple[str, str],
) -> tuple[dict[str, FileEntry], SplitEntry]:
    """Write the shards of a split; return the manifest's entries of the files, and of the split."""
    schema = ARTICLE.with_metadata(FOOTER)
    content, shards, count, size = ContentHash(ARTICLE), dict[str, FileEntry](), 0, 0
    first, pieces = starts[split], []
    for path in opened.shards[split]:
        stored = matches.stored[first : first + _rows(path)]
        first += len(stored)
        if (stored >= 0).any():
            pieces.append((path, stored))
    for number, (path, stored) in enumerate(pieces):
        rows = _with_texts(_read(path).filter(pa.array(stored >= 0)), store, stored)
        sizes = pc.fill_null(pc.binary_length(rows["text"]), 0).to_pylist()
        shard = Shard(*split, list(range(len(rows))), number, len(pieces))
        shards[shard.path] = write_shard(staging, schema, sizes, shard, rows)
        content.update(rows)
        count += len(rows)
        size += rows.nbytes
    digest, expected = content.hexdigest(), opened.manifest.splits[split[0]][split[1]]
    if count == expected.rows and digest != expected.with_texts:
        raise ReleaseError(
            f"{opened.folder}: {' '.join(split)}: every text matches, but the rows have the hash {digest[:16]}…. "
            f"Expected {expected.with_texts[:16]}…. Check the release with builder verify"
        )
    return shards, SplitEntry(rows=count, bytes=size, content_sha256=digest)


def _with_texts(rows: pa.Table, store: find_texts.TextStore, stored: Any) -> pa.Table:
    """Add the texts of the store to rows of schema.STANDOFF, which become rows of schema.ARTICLE."""
    texts = store.take(stored[stored >= 0])
    columns = [texts[field.name] if field.name in WORDS else rows[field.name].cast(field.type) for field in ARTICLE]
    return pa.table(columns, schema=ARTICLE).combine_chunks()


def _hint(manifest: Manifest) -> str | None:
    """List libraries whose versions differ from those of the release, because texts may differ for that reason."""
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
        return f"{counts['changed']:,} are present, but have changed{done.hint or ''}"
    skipped = f"; skipped: {done.unreadable[0]}" if done.unreadable else ""
    return f"Expected the files that the release was made of{skipped}"
