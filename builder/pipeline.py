"""The recipe: from a folder of raw files to a release. Read this first."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import orjson

from builder import engine, files, loads, lock, raw, release
from builder.clock import Clock
from builder.config import Config
from builder.errors import BuilderError, ReleaseError
from builder.raw import RawFile

WORK = ".work"  # beside the releases: what was prepared, and releases that are not yet whole


class Show(Protocol):
    """Where a build tells how it goes on."""

    def line(self, text: str) -> None:
        """Say what a stage did."""

    def progress(self, total: int) -> Any:
        """Give a context manager around a function that takes the records and bytes (of total) that are behind."""


@dataclass(slots=True)
class Outcome:
    """What a build did: `version` is that of the newest release, null where a dry run would make the first."""

    version: str | None
    path: Path | None
    changed: bool
    counts: dict[str, int]
    languages: dict[str, dict[str, int]]
    quarantined: list[tuple[str, str]] = field(default_factory=list)  # (reason, detail)
    seconds: dict[str, float] = field(default_factory=dict)  # per stage


def build(
    config: Config, show: Show, version: str | None = None, threads: int | None = None, dry_run: bool = False
) -> Outcome:
    """Build a release of all that stands below the raw root, unless nothing has changed since the newest one."""
    engine.use_threads(threads)
    home = Path(config.out) / config.name
    clock = Clock()
    with files.telling(home), lock.held(home / WORK):
        with clock("scan"):
            found = _scan(config, show)
            inputs = _inputs(config, found)
        last = release.newest(home)
        if last and last[1]["inputs"] == inputs and version in (None, last[0]) and not dry_run:
            return _unchanged(home, *last, show)
        target = _version(home, version, last[0] if last else None)
        return _build(config, show, found, inputs, home, target, last, dry_run, version is not None, clock)


def _build(
    config: Config,
    show: Show,
    found: list[RawFile],
    inputs: str,
    home: Path,
    version: str,
    last: tuple[str, dict[str, Any]] | None,
    dry_run: bool,
    asked: bool,
    clock: Clock,
) -> Outcome:
    from builder import decisions
    from builder.corpus import Corpus
    from builder.prepare import key, prepare
    from builder.segments import Segments

    digests = [file.digest for file in found]
    with clock("prepare"):
        segments = Segments(home / WORK / "segments" / key(config))
        missing = sum(file.size for file in found if not segments.stored(file.digest)[1])
        with show.progress(missing) as progress:
            new_files, new_records = prepare(found, segments, config, progress, clock)
        corpus = Corpus(segments, digests)
        show.line(f"prepare: records {len(corpus)}, new {new_records} in {new_files} of {len(found)} files")
        show.line(f"language: {_tally(corpus.column('language_verdict'))}")
    with clock("decide"):
        decided = decisions.decide(corpus, config.language.reject, config.dedup, config.split)
        decisions.first_releases(decided, release.first_releases_of(home / last[0]) if last else {}, version)
        table = decisions.table(corpus, decided)
        counts = decisions.counts(table)
        show.line(f"decide: {_tally(table['decision'].to_pylist())}")
    if not decided.rows("kept"):
        raise BuilderError(f"{config.raw}: no article to release of {len(corpus)} records. {_why(decided)}")
    outcome = Outcome(version, None, True, _sum(counts), counts, _quarantined(decided), clock.seconds)
    if dry_run:
        outcome.version = last[0] if last else None
        return outcome
    configs = sum(1 for of_language in counts.values() if of_language.get("kept"))
    with _staging(home) as staging, loads.Checker(staging, configs) as checker:
        with clock("export"):
            written = release.write_rows(corpus, decided, staging)
            release.write_decisions(table, staging / "decisions.parquet")
            paths = {file.path: file for file in found}
            release.write_quarantine(corpus, decided, paths, config.read.max_file_bytes, staging / "quarantine")
            manifest = release.manifest_of(
                config.name, inputs, config.says(), engine.versions(), counts, written, staging
            )
            release.check_arithmetic(manifest, len(corpus))
        if last and last[1]["content"] == manifest["content"] and not asked:
            return _unchanged(home, *last, show)
        _finish(config, {"version": version, **manifest}, staging, home, checker, clock)
    segments.drop_gone(set(digests))
    _drop_other_keys(home / WORK / "segments", key(config))
    outcome.path = home / version
    show.line(f"release: {outcome.counts['kept']} articles in {len(written.splits)} languages, {outcome.path}")
    return outcome


def _finish(
    config: Config, manifest: dict[str, Any], staging: Path, home: Path, checker: loads.Checker, clock: Clock
) -> None:
    """Write card and manifest, load every config back, and put the release in its place."""
    from builder import card

    (staging / release.CARD).write_text(card.render(manifest, config.card), encoding="utf-8")
    release.write_manifest(manifest, staging)
    with clock("load"):
        checker.check(manifest)
    staging.rename(home / manifest["version"])
    files.point(home / "latest", manifest["version"])


def _scan(config: Config, show: Show) -> list[RawFile]:
    found = raw.scan(Path(config.raw), config.read.ignore)
    if not found:
        raise BuilderError(f"{config.raw}: no files in it. Put tagged articles there, as in fr-02.txt")
    show.line(f"scan: files {len(found)}, bytes {sum(file.size for file in found)}")
    return found


def _inputs(config: Config, found: list[RawFile]) -> str:
    """Give a digest of all that a release follows from: files, settings, code and versions."""
    said = [[file.digest for file in found], config.says(), engine.code_digest()]
    return hashlib.sha256(orjson.dumps(said, option=orjson.OPT_SORT_KEYS)).hexdigest()


def _version(home: Path, asked: str | None, last: str | None) -> str:
    if asked is None:
        return release.next_version(last)
    release.version_key(asked)
    if (home / asked).exists():
        raise ReleaseError(f"{home / asked}: this release exists, of other input or settings. Choose another --version")
    return asked


def _unchanged(home: Path, version: str, manifest: dict[str, Any], show: Show) -> Outcome:
    files.point(home / "latest", version)
    show.line(f"nothing changed since {home / version}: no new release")
    return Outcome(version, home / version, False, manifest["counts"], manifest["languages"])


@contextmanager
def _staging(home: Path) -> Iterator[Path]:
    """Give an empty folder for a release in the making; what is left in it at the end is removed."""
    place = home / WORK / "staging"
    files.remove(place)
    release_folder = place / "release"
    release_folder.mkdir(parents=True)
    try:
        yield release_folder
    finally:
        files.remove(place)


def _drop_other_keys(folder: Path, key: str) -> None:
    for path in folder.iterdir():
        if path.name != key:
            files.remove(path)


def _tally(values: list[str | None]) -> str:
    tally: dict[str, int] = {}
    for value in values:
        if value is not None:
            tally[value] = tally.get(value, 0) + 1
    return ", ".join(f"{name} {tally[name]}" for name in sorted(tally))


def _sum(counts: dict[str, dict[str, int]]) -> dict[str, int]:
    total: dict[str, int] = {}
    for of_language in counts.values():
        for what, count in of_language.items():
            total[what] = total.get(what, 0) + count
    return dict(sorted(total.items()))


def _quarantined(decided: Any) -> list[tuple[str, str]]:
    verdicts = (decided.verdicts[row] for row in decided.rows("quarantined"))
    return [(verdict.reason or "", verdict.detail or "") for verdict in verdicts]


def _why(decided: Any) -> str:
    first = next((verdict for verdict in decided.verdicts if verdict.detail), None)
    return f"The first: {first.reason}: {first.detail}" if first else ""
