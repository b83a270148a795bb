"""The recipe: from a folder of raw files to a release. Read this first."""

from pathlib import Path
from typing import TYPE_CHECKING

from builder.config.sections import Config
from builder.core import files, lock
from builder.core.errors import BuilderError
from builder.core.layout import WORK
from builder.core.timing import Clock
from builder.engine import runner
from builder.pipeline.finish import STRIPPED, CorpusDecisions, unchanged, write_release
from builder.pipeline.outcome import Outcome, Show, list_counts, tally_values
from builder.pipeline.plan import REPAIRS, Plan, check_folders, check_forgotten_list, make_plan
from builder.prepare import forgotten
from builder.prepare.segments import SegmentError, Segments
from builder.read.scan import RawFile, scan
from builder.release import known as release_known
from builder.release import withdraw
from builder.remote import local_copy, object_store
from builder.remote.upload import upload

if TYPE_CHECKING:
    from builder.prepare.corpus import Corpus


def build(
    config: Config,
    show: Show,
    version: str | None = None,
    threads: int | None = None,
    dry_run: bool = False,
    run_on: str = "native",
) -> Outcome:
    """Build a release of all that stands below the raw root, unless nothing has changed since the newest one."""
    runner.use_threads(threads)
    home, clock = local_copy.home_of(config), Clock()
    check_folders(Path(config.raw).resolve(), home.resolve())
    with files.telling(home), lock.hold(home / WORK):
        if not object_store.is_url(config.out):
            return _build(config, home, show, clock, version, threads, dry_run, run_on)
        place = local_copy.store_of(config)
        with clock("fetch"):
            before = local_copy.take_over(place, home, show.line)
        outcome = _build(config, home, show, clock, version, threads, dry_run, run_on)
        if not dry_run:
            with clock("deliver"):
                listed = forgotten.read(Path(config.forgotten))
                outcome.url = upload(place, home, before, listed, show.line)
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
    plan = make_plan(config, found, home, version, dry_run)
    check_forgotten_list(config, plan, show)
    if plan.last and plan.same and version in (None, plan.last.version):
        return unchanged(config, plan, plan.last, show)
    with runner.running(run_on, threads, show.line):
        return _make(config, found, plan, show, clock)


def _make(
    config: Config, found: list[RawFile], plan: Plan, show: Show, clock: Clock, repairs: int = REPAIRS
) -> Outcome:
    """Make the release; where what was prepared turns out to be damaged, that is prepared again."""
    try:
        corpus = _prepare(config, found, plan, show, clock, look=repairs < REPAIRS)
        _strip(config, corpus, plan, show, clock)
        decided = _decide(config, corpus, plan, show, clock)
        return write_release(config, found, corpus, decided, plan, show, clock)
    except SegmentError as error:
        if not repairs:
            raise BuilderError(f"{error}, though just written. Check disk and memory, and build again") from error
    return _make(config, found, plan, show, clock, repairs - 1)


def _scan(config: Config, show: Show, clock: Clock) -> list[RawFile]:
    with clock("scan"):
        found = scan(Path(config.raw), config.read.ignore)
    if not found:
        raise BuilderError(f"{config.raw}: no files in it. Put tagged articles there, as in fr-02.txt")
    show.line(f"scan: files {len(found)}, bytes {sum(file.size for file in found)}")
    return found


def _prepare(config: Config, found: list[RawFile], plan: Plan, show: Show, clock: Clock, look: bool) -> "Corpus":
    """Prepare what is not stored; `look` for damage in all that is first."""
    from builder.prepare.corpus import Corpus
    from builder.prepare.prepare import key, prepare

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
    show.line(f"language: {tally_values(corpus.column('language_verdict'))}")
    return corpus


def _strip(config: Config, corpus: "Corpus", plan: Plan, show: Show, clock: Clock) -> None:
    from builder.prepare import boilerplate
    from builder.prepare.strip_boilerplate import strip_boilerplate

    with clock("furniture"):
        found = boilerplate.find(corpus, config.furniture.min_articles, config.furniture.min_share)
        lines = strip_boilerplate(corpus, found, plan.work / STRIPPED, config.furniture.remove, config.dedup)
    if found:
        done = "taken out of" if config.furniture.remove else "found in"
        show.line(f"furniture: lines {lines}, {done} {len(found)} articles")


def _decide(config: Config, corpus: "Corpus", plan: Plan, show: Show, clock: Clock) -> CorpusDecisions:
    from builder.decide import clusters as decide_clusters
    from builder.decide import decontaminate, outcomes, summary
    from builder.decide.decide import decide
    from builder.decide.place import find_leaks
    from builder.splits import history

    with clock("decide"):
        known = history.read_history(release_known.remembered(plan.last)) if plan.last else history.History()
        sets = decontaminate.load(config.decontaminate, config.dedup) if config.decontaminate.sets else None
        policies = config.language, config.quality, config.dedup, config.stories, config.split, config.decontaminate
        decided = decide(corpus, *policies, sets, plan.listed, known, plan.version)
        table = outcomes.table(corpus, decided)
        like = decide_clusters.table(corpus, decided.ids, decided.copies)
        texts = corpus.column("exact_hash")
        said = table["decision"].to_pylist()
        remembered = history.table(known, decided.ids, texts, decided.known, said, plan.listed)
        leaks, placed = find_leaks(corpus, decided, config.dedup)
        leak_entries = summary.leak_entries(leaks, placed)
        found = summary.summarize(corpus, decided, like, table, leak_entries, plan.listed)
    if sets is not None:
        show.line(f"decontaminate: {decontaminate.describe(sets)}")
    show.line(f"copies: {list_counts(found.copies.kinds)}")
    show.line(f"leaks: {len(leaks)}")
    show.line(f"decide: {tally_values(table['decision'].to_pylist())}")
    if not decided.rows("kept"):
        first = next(verdict for verdict in decided.verdicts if verdict.detail)
        why = f"The first: {first.reason}: {first.detail}"
        holds = ""
        if plan.last and withdraw.forgotten_since(plan.last.folder, set(plan.listed)):
            holds = f". What is to be forgotten still stands in {plan.home}: remove that folder"
        raise BuilderError(f"{config.raw}: no article to release of {len(corpus)} records. {why}{holds}")
    return CorpusDecisions(decided, table, like, remembered, found, summary.warnings(found, config.dedup.warn_share))
