"""Finish a release: write it, compare it with the newest one, check it, rename it into its folder, and clean up."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from builder.core import files, versions
from builder.core.errors import ReleaseError
from builder.core.layout import CHANGED, LATEST, LOG
from builder.core.manifest import Manifest
from builder.core.manifest_parts import Changes
from builder.core.terms import Decision
from builder.pipeline.outcome import Outcome
from builder.pipeline.plan import Plan
from builder.pipeline.run import Run
from builder.pipeline.stages import CorpusDecisions
from builder.prepare import forgotten
from builder.read.scan import RawFile
from builder.release import catalog, load_check, write
from builder.release.catalog import Release
from builder.release.known import check_whole, note, note_written
from builder.release.manifest import check_arithmetic, finish, manifest_of
from builder.release.withdraw import withdraw

if TYPE_CHECKING:
    from builder.prepare.corpus import Corpus


def release_articles(
    run: Run, found: list[RawFile], corpus: "Corpus", decisions: CorpusDecisions, plan: Plan
) -> Outcome:
    """Write the release to a staging folder, compare and check it, and rename it to its folder."""
    from builder.decide import outcomes
    from builder.describe import render

    counts = outcomes.counts(decisions.decisions)
    configs = sum(1 for decisions_of_language in counts.values() if decisions_of_language.get(Decision.KEPT))
    with _staging(run) as staging, load_check.Checker(staging, configs, staging.parent) as checker:
        with run.clock("export"):
            unversioned = _export(run, found, corpus, decisions, plan, staging)
        if plan.last and plan.last.manifest.content == unversioned.content and not plan.asked:
            note(plan.last, run.work, same=plan.inputs)
            _clean(run, found, corpus, decisions.decided.forgotten, plan)
            return unchanged(run, plan, plan.last)
        with run.clock("changes"):
            version, changes = _compare(run, plan, staging, unversioned.kept)
        manifest = unversioned.released(version, changes)
        with run.clock("describe"):
            render.write(manifest, staging)
            manifest = finish(manifest, staging)
        with run.clock("load"):
            checker.check(manifest)
        if run.options.dry_run:
            files.remove(run.stripped)
            run.show.line(f"dry run: {version} was not written")
            return _outcome(run, decisions, None, version)
        staging.rename(run.home / version)
    made = catalog.read(run.home / version)
    files.point(run.home / LATEST, made.version)
    note_written(made, run.work)
    note(made, run.work, raw=_real(run.config.raw))
    _withdraw(run, plan)
    _clean(run, found, corpus, decisions.decided.forgotten, plan)
    outcome = _outcome(run, decisions, made.folder, made.version)
    run.show.line(f"release: {outcome.counts['kept']} articles in {configs} languages, {outcome.path}")
    return outcome


def _export(
    run: Run, found: list[RawFile], corpus: "Corpus", decisions: CorpusDecisions, plan: Plan, staging: Path
) -> Manifest:
    """Write articles, tables and quarantine; return the manifest without its version."""
    from builder.decide import outcomes
    from builder.release import quarantine

    config, decided = run.config, decisions.decided
    written = write.write_rows(corpus, decided, staging, config.publish, config.furniture.remove)
    for name, beside in decisions.tables(config.publish):
        write.write_table(beside, staging / name)
    if config.publish == "text":
        quarantine.write_quarantine(corpus, decided, found, config.read.max_file_bytes, staging / "quarantine")
    counts = outcomes.counts(decisions.decisions)
    manifest = manifest_of(config.name, plan.inputs, config.says(), counts, written, decisions.found, staging)
    check_arithmetic(manifest, corpus.segments.records(file.digest for file in found))
    return manifest


def _compare(run: Run, plan: Plan, staging: Path, kept: int) -> tuple[str, Changes | None]:
    """Write the changes since the newest release; return the version that they require, and `changes` of the manifest.

    Raises ReleaseError if the user asked for a lower version.
    """
    from builder.diff import changelog
    from builder.diff import compare as diff_compare
    from builder.diff.compare import compare, read_side

    version, before, changes = plan.version, "", None
    if plan.last:
        check_whole(plan.last, run.work)
        differences = compare(read_side(plan.last.folder), read_side(staging))
        summary = changelog.summary(differences)
        level = changelog.level(summary, plan.redefined)
        changes = Changes(
            since=plan.last.version, level=level, all=summary.all, removed=summary.removed, table=summary.table
        )
        least = versions.bumped(plan.last.version, level)
        if not plan.asked:
            version = least
        elif versions.version_key(version) < versions.version_key(least):
            raise ReleaseError(
                f"version {version} is too low: {changelog.counted(summary)} since {plan.last.version}, which is a "
                f"{level} change. Choose {least} or higher, or leave --version out"
            )
        write.write_table(diff_compare.table(differences), staging / CHANGED)
        before = catalog.log(plan.last)
        run.show.line(f"changes: {changelog.counted(summary)}; since {plan.last.version}, so {version}")
    (staging / LOG).write_text(changelog.log(version, changes, kept, before), encoding="utf-8")
    return version, changes


def _outcome(run: Run, made: CorpusDecisions, path: Path | None, version: str) -> Outcome:
    from builder.decide import outcomes

    counts = outcomes.counts(made.decisions)
    bad = catalog.quarantined_of(made.decisions)
    return Outcome(version, path, True, outcomes.total(counts), counts, bad, made.warnings, run.clock.seconds)


def unchanged(run: Run, plan: Plan, last: Release) -> Outcome:
    """Return the outcome of a build that found nothing new."""
    check_whole(last, run.work)
    if not run.options.dry_run:
        files.point(run.home / LATEST, last.version)
        note(last, run.work, raw=_real(run.config.raw))
        _withdraw(run, plan)
    bad: list[tuple[str, str]] = []
    if last.manifest.count(Decision.QUARANTINED):
        bad = catalog.quarantined_of(catalog.decisions(last.folder, ["decision", "reason", "detail"]))
    run.show.line(f"nothing changed since {last.folder}: no new release")
    return Outcome(last.version, last.folder, False, last.manifest.counts, last.manifest.languages, bad)


def _withdraw(run: Run, plan: Plan) -> None:
    """Remove the older releases that hold what is to be forgotten: none of it is left below the output."""
    if plan.listed and (gone := withdraw(run.home, plan.listed)):
        run.show.line(f"forget: removed the releases that hold it: {', '.join(gone)}")


def _real(raw_root: str) -> str:
    """Return the place of the raw root, so that a path may be found in it from anywhere."""
    return str(Path(raw_root).resolve())


@contextmanager
def _staging(run: Run) -> Iterator[Path]:
    """Yield an empty folder for a release in the making; remove the rest of it at the end."""
    staging = run.work / "staging"
    files.remove(staging)
    release_folder = staging / "release"
    release_folder.mkdir(parents=True)
    try:
        yield release_folder
    finally:
        files.remove(staging)


def _clean(run: Run, found: list[RawFile], corpus: "Corpus", copies: Mapping[str, str], plan: Plan) -> None:
    """Remove prepared records of files that are gone, of other code or settings, and of copies to forget."""
    from builder.prepare.prepare import key

    files.remove(run.stripped)
    if copies:
        forgotten.redact_stored(corpus.segments, plan.listed, copies)
    if run.options.dry_run:  # the newest release was made of these segments, and a dry run does not replace it
        return
    corpus.segments.drop_gone({file.digest for file in found}, wholly=bool(plan.listed))
    for path in (run.work / "segments").iterdir():
        if path.name != key(run.config):
            files.remove(path)
