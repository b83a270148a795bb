"""The recipe: from a folder of raw files to a release. Read this first."""

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import orjson
import pyarrow as pa

from builder import (
    delivery,
    engine,
    files,
    forgotten,
    loads,
    lock,
    raw,
    release,
    releases,
    standoff,
    store,
    workshop,
)
from builder.clock import Clock
from builder.config import Config, Split
from builder.errors import BuilderError, ConfigError, ReleaseError
from builder.raw import RawFile
from builder.releases import CLUSTERS, DECIDED, LATEST, SPLITS_KEPT, WORK, Release
from builder.segments import SegmentError, Segments

if TYPE_CHECKING:
    from builder.corpus import Corpus
    from builder.verdicts import Decided

REPAIRS = 2  # how often a build prepares again what it finds damaged
STRIPPED = "stripped.parquet"  # articles without their furniture, while a build goes on


class Show(Protocol):
    """Where a build tells how it goes on."""

    def line(self, text: str) -> None:
        """Say what a stage did."""

    def progress(self, total: int) -> Any:
        """Give a context manager around a function that takes the records and bytes (of total) that are behind."""


@dataclass(slots=True)
class Outcome:
    """What a build did: `version` is that of the newest release, or of the one that a dry run would make."""

    version: str
    path: Path | None
    changed: bool
    counts: dict[str, int]
    languages: dict[str, dict[str, int]]
    quarantined: list[tuple[str, str]] = field(default_factory=list)  # (reason, detail)
    warnings: list[str] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)  # per stage
    url: str | None = None  # where it was copied to, if `out` is a URL


@dataclass(frozen=True, slots=True)
class Plan:
    """Where a release will stand, what it follows from, and the newest one before it."""

    home: Path
    version: str  # asked for, or the least that new articles call for; corrections and removals alone make it less
    inputs: str
    last: Release | None
    same: bool  # the inputs are known to say what the newest release says
    asked: bool  # the version was asked for, so the release is made even if it says nothing new
    redefined: bool  # the schema, or the way the splits are cut, is not that of the newest release
    listed: forgotten.List  # what is to be forgotten
    dry_run: bool  # nothing is written outside the work folder

    @property
    def work(self) -> Path:
        """The folder of what was prepared and of what is in the making."""
        return self.home / WORK


@dataclass(frozen=True, slots=True)
class Decisions:
    """What was decided on a corpus, and the tables that say so."""

    decided: "Decided"
    decisions: pa.Table
    clusters: pa.Table
    splits: pa.Table
    found: dict[str, Any]  # for the manifest
    warnings: list[str]

    def tables(self, publish: str) -> list[tuple[str, pa.Table]]:
        """Give the tables that stand beside the articles, by the names of their files."""
        decisions = standoff.decisions(self.decisions) if publish == "ids" else self.decisions
        return [(DECIDED, decisions), (CLUSTERS, self.clusters), (SPLITS_KEPT, self.splits)]


def build(
    config: Config,
    show: Show,
    version: str | None = None,
    threads: int | None = None,
    dry_run: bool = False,
    run_on: str = "native",
) -> Outcome:
    """Build a release of all that stands below the raw root, unless nothing has changed since the newest one."""
    engine.use_threads(threads)
    home, clock = workshop.home_of(config), Clock()
    _check_places(Path(config.raw).resolve(), home.resolve())
    with files.telling(home), lock.held(home / WORK):
        if not store.is_url(config.out):
            return _build(config, home, show, clock, version, threads, dry_run, run_on)
        place = workshop.place_of(config)
        with clock("fetch"):
            before = workshop.take_over(place, home, show.line)
        outcome = _build(config, home, show, clock, version, threads, dry_run, run_on)
        if not dry_run:
            with clock("deliver"):
                listed = forgotten.read(Path(config.forgotten))
                outcome.url = delivery.deliver(place, home, before, listed, show.line)
        return outcome


def _build(
    config: Config,
    home: Path,
    show: Show,
    clock: Clock,
    version: str | None,
    threads: int | None,
    dry_run: bool,
    run_on: str,
) -> Outcome:
    found = _scan(config, show, clock)
    plan = _plan(config, found, home, version, dry_run)
    _check_list(config, plan, show)
    if plan.last and plan.same and version in (None, plan.last.version):
        return _unchanged(config, plan, plan.last, show)
    with engine.running(run_on, threads, show.line):
        return _make(config, found, plan, show, clock)


def _make(
    config: Config, found: list[RawFile], plan: Plan, show: Show, clock: Clock, repairs: int = REPAIRS
) -> Outcome:
    """Make the release; where what was prepared turns out to be damaged, that is prepared again."""
    try:
        corpus = _prepare(config, found, plan, show, clock, look=repairs < REPAIRS)
        _strip(config, corpus, plan, show, clock)
        decided = _decide(config, corpus, plan, show, clock)
        return _release(config, found, corpus, decided, plan, show, clock)
    except SegmentError as error:
        if not repairs:
            raise BuilderError(f"{error}, though just written. Check disk and memory, and build again") from error
    return _make(config, found, plan, show, clock, repairs - 1)


def _scan(config: Config, show: Show, clock: Clock) -> list[RawFile]:
    with clock("scan"):
        found = raw.scan(Path(config.raw), config.read.ignore)
    if not found:
        raise BuilderError(f"{config.raw}: no files in it. Put tagged articles there, as in fr-02.txt")
    show.line(f"scan: files {len(found)}, bytes {sum(file.size for file in found)}")
    return found


def _plan(config: Config, found: list[RawFile], home: Path, asked: str | None, dry_run: bool) -> Plan:
    releases.check_latest(home)
    listed = forgotten.read(Path(config.forgotten))
    last, inputs = releases.newest(home), _inputs(config, found, listed)
    redefined = last is not None and _redefined(config, last)
    level = "major" if redefined else "minor"
    version = asked
    if version is None:
        version = releases.bumped(last.version, level) if last else "1.0.0"
    if releases.version_key(version) < (releases.version_key(last.version) if last else (0, 0, 0)):
        raise ReleaseError(
            f"version {version} is before {last and last.version}, the newest. Choose a higher --version"
        )
    same = last is not None and inputs in (last.manifest["inputs"], releases.same_inputs(last, home / WORK))
    if last and last.version == version and not same:
        raise ReleaseError(f"{last.folder}: this release exists, of other input or settings. Choose another --version")
    return Plan(home, version, inputs, last, same, asked is not None, redefined, listed, dry_run)


def _check_list(config: Config, plan: Plan, show: Show) -> None:
    """Refuse to go on without the list of what is forgotten, which a build elsewhere, or from a copy, may not see."""
    before = plan.last.manifest.get("forgotten", []) if plan.last else []
    gone = [one["id"] for one in before if one["id"] not in plan.listed]
    if gone and plan.last and not Path(config.forgotten).exists():
        raise ConfigError(
            f"{config.forgotten}: not there, though {plan.last.folder} forgets {len(before)} articles ('{gone[0]}' …). "
            "Put the list back, or name the settings that it stands beside; one of a head line alone lets them back in"
        )
    if gone:
        show.line(f"forget: no longer in the list, so published again if they are fit: {', '.join(sorted(gone))}")


def _redefined(config: Config, last: Release) -> bool:
    """Tell whether the rows of a release have other columns, or its splits were cut in another way."""
    try:
        cut = Split.model_validate_json(orjson.dumps(last.manifest["config"]["split"]))
    except (KeyError, ValueError):
        return True
    return cut != config.split or not releases.has_schema(last, standoff.schema_of(config.publish))


def _prepare(config: Config, found: list[RawFile], plan: Plan, show: Show, clock: Clock, look: bool) -> "Corpus":
    """Prepare what is not stored; `look` for damage in all that is first."""
    from builder.corpus import Corpus
    from builder.prepare import key, prepare

    with clock("prepare"):
        segments = Segments(plan.work / "segments" / key(config))
        if look:
            segments.drop_damaged()
        if segments.dropped:
            show.line(f"prepare: damaged segments {segments.dropped}, what was in them is prepared again")
        if hidden := forgotten.redact_stored(segments, plan.listed, {}):
            show.line(f"forget: records {hidden} taken out of what was prepared")
        missing = sum(file.size for file in found if not segments.stored(file.digest)[1])
        with show.progress(missing) as progress:
            new_files, new_records = prepare(found, segments, config, {id: id for id in plan.listed}, progress, clock)
        corpus = Corpus(segments, [file.digest for file in found])
    show.line(f"prepare: records {len(corpus)}, new {new_records} in {new_files} of {len(found)} files")
    show.line(f"language: {_tally(corpus.column('language_verdict'))}")
    return corpus


def _strip(config: Config, corpus: "Corpus", plan: Plan, show: Show, clock: Clock) -> None:
    from builder import furniture
    from builder.strip import strip

    with clock("furniture"):
        found = furniture.find(corpus, config.furniture.min_articles, config.furniture.min_share)
        lines = strip(corpus, found, plan.work / STRIPPED, config.furniture.remove, config.dedup)
    if found:
        done = "taken out of" if config.furniture.remove else "found in"
        show.line(f"furniture: lines {lines}, {done} {len(found)} articles")


def _decide(config: Config, corpus: "Corpus", plan: Plan, show: Show, clock: Clock) -> Decisions:
    from builder import clusters, decisions, decontaminate, findings, memory, places, verdicts

    with clock("decide"):
        known = memory.of(releases.remembered(plan.last)) if plan.last else memory.Memory()
        sets = decontaminate.load(config.decontaminate, config.dedup) if config.decontaminate.sets else None
        policies = config.language, config.quality, config.dedup, config.stories, config.split, config.decontaminate
        decided = decisions.decide(corpus, *policies, sets, plan.listed, known, plan.version)
        table = verdicts.table(corpus, decided)
        like = clusters.table(corpus, decided.ids, decided.copies)
        texts = corpus.column("exact_hash")
        said = table["decision"].to_pylist()
        remembered = memory.table(known, decided.ids, texts, decided.known, said, plan.listed)
        leaks, placed = places.leaking(corpus, decided, config.dedup)
        found = findings.findings(decided, like, table, corpus.column("source"), leaks, placed)
        found["figures"] = findings.figures_of(corpus.light, decided)
        found["forgotten"] = [plan.listed[id]._asdict() for id in sorted(plan.listed)]
    if sets is not None:
        show.line(f"decontaminate: {decontaminate.told(sets)}")
    show.line(f"copies: {_counted(found['copies']['kinds'])}")
    show.line(f"leaks: {len(leaks)}")
    show.line(f"decide: {_tally(table['decision'].to_pylist())}")
    if not decided.rows("kept"):
        first = next(verdict for verdict in decided.verdicts if verdict.detail)
        why = f"The first: {first.reason}: {first.detail}"
        holds = ""
        if plan.last and releases.forgotten_since(plan.last.folder, set(plan.listed)):
            holds = f". What is to be forgotten still stands in {plan.home}: remove that folder"
        raise BuilderError(f"{config.raw}: no article to release of {len(corpus)} records. {why}{holds}")
    return Decisions(decided, table, like, remembered, found, findings.warnings(found, config.dedup.warn_share))


def _release(
    config: Config,
    found: list[RawFile],
    corpus: "Corpus",
    made_up: Decisions,
    plan: Plan,
    show: Show,
    clock: Clock,
) -> Outcome:
    from builder import described, quarantine, verdicts

    decided, table = made_up.decided, made_up.decisions

    counts = verdicts.counts(table)
    configs = sum(1 for of_language in counts.values() if of_language.get("kept"))
    with _staging(plan) as staging, loads.Checker(staging, configs, staging.parent) as checker:
        with clock("export"):
            written = release.write_rows(corpus, decided, staging, config.publish, config.furniture.remove)
            for name, beside in made_up.tables(config.publish):
                release.write_table(beside, staging / name)
            if config.publish == "text":
                quarantine.write_quarantine(corpus, decided, found, config.read.max_file_bytes, staging / "quarantine")
            said = release.manifest_of(config.name, plan.inputs, config.says(), counts, written, made_up.found, staging)
            release.check_arithmetic(said, corpus.segments.records(file.digest for file in found))
        if plan.last and plan.last.manifest["content"] == said["content"] and not plan.asked:
            releases.note(plan.last, plan.work, same=plan.inputs)
            _clean(config, found, corpus, decided.forgotten, plan)
            return _unchanged(config, plan, plan.last, show)
        with clock("changes"):
            version, changed = _compare(plan, staging, said["counts"]["kept"], show)
        manifest = {"version": version, **said, **changed}
        with clock("describe"):
            described.write(manifest, staging)
            manifest = release.finish(manifest, staging)
        with clock("load"):
            checker.check(manifest)
        if plan.dry_run:
            files.remove(plan.work / STRIPPED)
            show.line(f"dry run: {version} was not written")
            return _outcome(made_up, None, version, clock)
        staging.rename(plan.home / version)
    made = releases.read(plan.home / version)
    files.point(plan.home / LATEST, made.version)
    releases.note_written(made, plan.work)
    releases.note(made, plan.work, raw=_real(config.raw))
    _withdraw(plan, show)
    _clean(config, found, corpus, decided.forgotten, plan)
    outcome = _outcome(made_up, made.folder, made.version, clock)
    show.line(f"release: {outcome.counts['kept']} articles in {configs} languages, {outcome.path}")
    return outcome


def _compare(plan: Plan, staging: Path, kept: int, show: Show) -> tuple[str, dict[str, Any]]:
    """Write what changed since the newest release; give the version that this calls for, and `changes` of the manifest.

    Raises ReleaseError where a lower version was asked for.
    """
    from builder import changelog, changes

    version, before, said = plan.version, "", None
    if plan.last:
        releases.check_whole(plan.last, plan.work)
        found = changes.find(changes.read(plan.last.folder), changes.read(staging))
        said = changelog.summary(found)
        said = {"since": plan.last.version, "level": changelog.level(said, plan.redefined), **said}
        least = releases.bumped(plan.last.version, said["level"])
        if not plan.asked:
            version = least
        elif releases.version_key(version) < releases.version_key(least):
            raise ReleaseError(
                f"version {version} is too low: {changelog.counted(said)} since {plan.last.version}, which is a "
                f"{said['level']} change. Choose {least} or higher, or leave --version out"
            )
        release.write_table(changes.table(found), staging / releases.CHANGED)
        before = releases.log(plan.last)
        show.line(f"changes: {changelog.counted(said)}; since {plan.last.version}, so {version}")
    (staging / releases.LOG).write_text(changelog.log(version, said, kept, before), encoding="utf-8")
    return version, {"changes": said} if said else {}


def _outcome(made_up: Decisions, path: Path | None, version: str, clock: Clock) -> Outcome:
    from builder import verdicts

    counts = verdicts.counts(made_up.decisions)
    bad = releases.quarantined_of(made_up.decisions)
    return Outcome(version, path, True, verdicts.total(counts), counts, bad, made_up.warnings, clock.seconds)


def _unchanged(config: Config, plan: Plan, last: Release, show: Show) -> Outcome:
    releases.check_whole(last, plan.work)
    if not plan.dry_run:
        files.point(plan.home / LATEST, last.version)
        releases.note(last, plan.work, raw=_real(config.raw))
        _withdraw(plan, show)
    counts, bad = last.manifest["counts"], []
    if counts.get("quarantined"):
        bad = releases.quarantined_of(releases.decisions(last.folder, ["decision", "reason", "detail"]))
    show.line(f"nothing changed since {last.folder}: no new release")
    return Outcome(last.version, last.folder, False, counts, last.manifest["languages"], bad)


def _withdraw(plan: Plan, show: Show) -> None:
    """Remove the older releases that hold what is to be forgotten: none of it is left below the output."""
    if plan.listed and (gone := releases.withdraw(plan.home, plan.listed)):
        show.line(f"forget: removed the releases that hold it: {', '.join(gone)}")


def _real(raw_root: str) -> str:
    """Give the place of the raw root, so that a path may be found in it from anywhere."""
    return str(Path(raw_root).resolve())


def _inputs(config: Config, found: list[RawFile], listed: forgotten.List) -> str:
    """Give a digest of all that a release follows from: files, settings, code and versions."""
    said: list[Any] = [[file.digest for file in found], config.says(), engine.code_digest()]
    if listed:
        said.append([list(listed[id]) for id in sorted(listed)])
    if config.decontaminate.sets:
        from builder import decontaminate

        said.append(decontaminate.digests(config.decontaminate.sets))
    return hashlib.sha256(orjson.dumps(said, option=orjson.OPT_SORT_KEYS)).hexdigest()


@contextmanager
def _staging(plan: Plan) -> Iterator[Path]:
    """Give an empty folder for a release in the making; what is left in it at the end is removed."""
    place = plan.work / "staging"
    files.remove(place)
    release_folder = place / "release"
    release_folder.mkdir(parents=True)
    try:
        yield release_folder
    finally:
        files.remove(place)


def _check_places(raw_root: Path, home: Path) -> None:
    """Refuse to read what is written, or to write among what is read."""
    if home.is_relative_to(raw_root) or raw_root.is_relative_to(home):
        raise ConfigError(f"raw is {raw_root} and out {home}, one within the other. Choose places apart")


def _clean(config: Config, found: list[RawFile], corpus: "Corpus", copies: Mapping[str, str], plan: Plan) -> None:
    """Remove what was prepared of files that are gone, with other code or settings, and of copies to be forgotten."""
    from builder.prepare import key

    files.remove(plan.work / STRIPPED)
    if copies:
        forgotten.redact_stored(corpus.segments, plan.listed, copies)
    if plan.dry_run:  # the release that stands was made of it, and is not replaced
        return
    corpus.segments.drop_gone({file.digest for file in found}, wholly=bool(plan.listed))
    for path in (plan.work / "segments").iterdir():
        if path.name != key(config):
            files.remove(path)


def _counted(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts.items()) or "none"


def _tally(values: list[str | None]) -> str:
    tally: dict[str, int] = {}
    for value in values:
        if value is not None:
            tally[value] = tally.get(value, 0) + 1
    return ", ".join(f"{name} {tally[name]}" for name in sorted(tally))
