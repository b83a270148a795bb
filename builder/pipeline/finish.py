"""Finish a release: stage it, compare it with the newest one, and clean up."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from builder.config.sections import Config
from builder.core import files, versions
from builder.core.errors import ReleaseError
from builder.core.layout import CHANGED, CLUSTERS, DECIDED, LATEST, LOG, SPLITS_KEPT
from builder.core.manifest import Findings
from builder.core.manifest_parts import Changes
from builder.core.timing import Clock
from builder.pipeline.outcome import Outcome, Show
from builder.pipeline.plan import Plan
from builder.prepare import forgotten
from builder.read.scan import RawFile
from builder.release import catalog, ids_only, load_check, write
from builder.release.catalog import Release
from builder.release.known import check_whole, note, note_written
from builder.release.manifest import check_arithmetic, finish, manifest_of
from builder.release.withdraw import withdraw

if TYPE_CHECKING:
    from builder.decide.outcomes import Decided
    from builder.prepare.corpus import Corpus

STRIPPED = "stripped.parquet"  # articles without their furniture, while a build goes on


@dataclass(frozen=True, slots=True)
class CorpusDecisions:
    """What was decided on a corpus, and the tables that say so."""

    decided: "Decided"
    decisions: pa.Table
    clusters: pa.Table
    splits: pa.Table
    found: Findings  # for the manifest
    warnings: list[str]

    def tables(self, publish: str) -> list[tuple[str, pa.Table]]:
        """Give the tables that stand beside the articles, by the names of their files."""
        decisions = ids_only.decisions(self.decisions) if publish == "ids" else self.decisions
        return [(DECIDED, decisions), (CLUSTERS, self.clusters), (SPLITS_KEPT, self.splits)]


def write_release(
    config: Config,
    found: list[RawFile],
    corpus: "Corpus",
    made_up: CorpusDecisions,
    plan: Plan,
    show: Show,
    clock: Clock,
) -> Outcome:
    """Write the release beside its place, compare and check it, and rename it into its place."""
    from builder.decide import outcomes
    from builder.describe import render
    from builder.release import quarantine

    decided, table = made_up.decided, made_up.decisions

    counts = outcomes.counts(table)
    configs = sum(1 for of_language in counts.values() if of_language.get("kept"))
    with _staging(plan) as staging, load_check.Checker(staging, configs, staging.parent) as checker:
        with clock("export"):
            written = write.write_rows(corpus, decided, staging, config.publish, config.furniture.remove)
            for name, beside in made_up.tables(config.publish):
                write.write_table(beside, staging / name)
            if config.publish == "text":
                quarantine.write_quarantine(corpus, decided, found, config.read.max_file_bytes, staging / "quarantine")
            said = manifest_of(config.name, plan.inputs, config.says(), counts, written, made_up.found, staging)
            check_arithmetic(said, corpus.segments.records(file.digest for file in found))
        if plan.last and plan.last.manifest.content == said.content and not plan.asked:
            note(plan.last, plan.work, same=plan.inputs)
            _clean(config, found, corpus, decided.forgotten, plan)
            return unchanged(config, plan, plan.last, show)
        with clock("changes"):
            version, changes = _compare(plan, staging, said.kept, show)
        manifest = said.released(version, changes)
        with clock("describe"):
            render.write(manifest, staging)
            manifest = finish(manifest, staging)
        with clock("load"):
            checker.check(manifest)
        if plan.dry_run:
            files.remove(plan.work / STRIPPED)
            show.line(f"dry run: {version} was not written")
            return _outcome(made_up, None, version, clock)
        staging.rename(plan.home / version)
    made = catalog.read(plan.home / version)
    files.point(plan.home / LATEST, made.version)
    note_written(made, plan.work)
    note(made, plan.work, raw=_real(config.raw))
    _withdraw(plan, show)
    _clean(config, found, corpus, decided.forgotten, plan)
    outcome = _outcome(made_up, made.folder, made.version, clock)
    show.line(f"release: {outcome.counts['kept']} articles in {configs} languages, {outcome.path}")
    return outcome


def _compare(plan: Plan, staging: Path, kept: int, show: Show) -> tuple[str, Changes | None]:
    """Write what changed since the newest release; give the version that this calls for, and `changes` of the manifest.

    Raises ReleaseError where a lower version was asked for.
    """
    from builder.diff import changelog
    from builder.diff import compare as diff_compare
    from builder.diff.compare import compare, read_side

    version, before, changes = plan.version, "", None
    if plan.last:
        check_whole(plan.last, plan.work)
        found = compare(read_side(plan.last.folder), read_side(staging))
        said = changelog.summary(found)
        level = changelog.level(said, plan.redefined)
        changes = Changes(since=plan.last.version, level=level, all=said.all, removed=said.removed, table=said.table)
        least = versions.bumped(plan.last.version, level)
        if not plan.asked:
            version = least
        elif versions.version_key(version) < versions.version_key(least):
            raise ReleaseError(
                f"version {version} is too low: {changelog.counted(said)} since {plan.last.version}, which is a "
                f"{level} change. Choose {least} or higher, or leave --version out"
            )
        write.write_table(diff_compare.table(found), staging / CHANGED)
        before = catalog.log(plan.last)
        show.line(f"changes: {changelog.counted(said)}; since {plan.last.version}, so {version}")
    (staging / LOG).write_text(changelog.log(version, changes, kept, before), encoding="utf-8")
    return version, changes


def _outcome(made_up: CorpusDecisions, path: Path | None, version: str, clock: Clock) -> Outcome:
    from builder.decide import outcomes

    counts = outcomes.counts(made_up.decisions)
    bad = catalog.quarantined_of(made_up.decisions)
    return Outcome(version, path, True, outcomes.total(counts), counts, bad, made_up.warnings, clock.seconds)


def unchanged(config: Config, plan: Plan, last: Release, show: Show) -> Outcome:
    """Give the outcome of a build that found nothing new."""
    check_whole(last, plan.work)
    if not plan.dry_run:
        files.point(plan.home / LATEST, last.version)
        note(last, plan.work, raw=_real(config.raw))
        _withdraw(plan, show)
    bad: list[tuple[str, str]] = []
    if last.manifest.count("quarantined"):
        bad = catalog.quarantined_of(catalog.decisions(last.folder, ["decision", "reason", "detail"]))
    show.line(f"nothing changed since {last.folder}: no new release")
    return Outcome(last.version, last.folder, False, last.manifest.counts, last.manifest.languages, bad)


def _withdraw(plan: Plan, show: Show) -> None:
    """Remove the older releases that hold what is to be forgotten: none of it is left below the output."""
    if plan.listed and (gone := withdraw(plan.home, plan.listed)):
        show.line(f"forget: removed the releases that hold it: {', '.join(gone)}")


def _real(raw_root: str) -> str:
    """Give the place of the raw root, so that a path may be found in it from anywhere."""
    return str(Path(raw_root).resolve())


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


def _clean(config: Config, found: list[RawFile], corpus: "Corpus", copies: Mapping[str, str], plan: Plan) -> None:
    """Remove what was prepared of files that are gone, with other code or settings, and of copies to be forgotten."""
    from builder.prepare.prepare import key

    files.remove(plan.work / STRIPPED)
    if copies:
        forgotten.redact_stored(corpus.segments, plan.listed, copies)
    if plan.dry_run:  # the release that stands was made of it, and is not replaced
        return
    corpus.segments.drop_gone({file.digest for file in found}, wholly=bool(plan.listed))
    for path in (plan.work / "segments").iterdir():
        if path.name != key(config):
            files.remove(path)
