"""Build a release from a folder of raw files. Read this first."""

from pathlib import Path

from builder.config.sections import Config
from builder.core import files, lock
from builder.core.errors import BuilderError
from builder.engine import runner
from builder.pipeline.finish import release_articles, unchanged
from builder.pipeline.outcome import Outcome
from builder.pipeline.plan import Plan, check_folders, check_forgotten_list, make_plan
from builder.pipeline.run import Options, Run, Show
from builder.pipeline.stages import decide_records, prepare_records, scan_files, strip_lines
from builder.prepare import forgotten
from builder.prepare.segments import SegmentError
from builder.read.scan import RawFile
from builder.remote import local_copy, object_store
from builder.remote.upload import upload

REPAIRS = 2  # how often a build prepares damaged segments again


def build(config: Config, show: Show, options: Options | None = None) -> Outcome:
    """Build a release of all files below the raw folder, unless nothing has changed since the newest release."""
    run = Run(config, local_copy.home_of(config), show, options or Options())
    runner.use_threads(run.options.threads)
    check_folders(Path(config.raw).resolve(), run.home.resolve())
    with files.explain_errors(run.home), lock.hold(run.work):
        return _build_for_store(run) if object_store.is_url(config.out) else _build(run)


def _build_for_store(run: Run) -> Outcome:
    """Build in a local copy of a store, and upload the release."""
    store = local_copy.store_of(run.config)
    with run.clock("fetch"):
        before = local_copy.take_over(store, run.home, run.show.line)
    outcome = _build(run)
    if not run.options.dry_run:
        with run.clock("deliver"):
            listed = forgotten.read(Path(run.config.forgotten))
            outcome.url = upload(store, run.home, before, listed, run.show.line)
    return outcome


def _build(run: Run) -> Outcome:
    found = scan_files(run)
    plan = make_plan(run, found)
    check_forgotten_list(run, plan)
    if plan.last and plan.same and run.options.version in (None, plan.last.version):
        return unchanged(run, plan, plan.last)
    with runner.running(run.options.engine, run.options.threads, run.show.line):
        return _make(run, found, plan)


def _make(run: Run, found: list[RawFile], plan: Plan, repairs: int = REPAIRS) -> Outcome:
    """Make the release; prepare damaged segments again."""
    try:
        corpus = prepare_records(run, found, plan, look=repairs < REPAIRS)
        strip_lines(run, corpus)
        decisions = decide_records(run, corpus, plan)
        return release_articles(run, found, corpus, decisions, plan)
    except SegmentError as error:
        if not repairs:
            raise BuilderError(
                f"{error}, though this build wrote it. Check disk and memory, and build again"
            ) from error
    return _make(run, found, plan, repairs - 1)
