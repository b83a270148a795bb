"""Run the stages of a build, each with its line: scan, prepare, strip boilerplate, decide."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from builder.core.errors import BuilderError
from builder.core.layout import CLUSTERS, DECIDED, SPLITS_KEPT
from builder.core.manifest import Findings
from builder.core.terms import Decision
from builder.pipeline.outcome import list_counts, tally_values
from builder.pipeline.plan import Plan
from builder.pipeline.run import Run
from builder.prepare import forgotten
from builder.prepare.segments import Segments
from builder.read.scan import RawFile, scan
from builder.release import ids_only, known, withdraw

if TYPE_CHECKING:
    from builder.decide.outcomes import Decided
    from builder.prepare.corpus import Corpus


@dataclass(frozen=True, slots=True)
class CorpusDecisions:
    """The decisions on a corpus, and the tables that follow from them."""

    decided: "Decided"
    decisions: pa.Table
    clusters: pa.Table
    splits: pa.Table
    found: Findings  # for the manifest
    warnings: list[str]

    def tables(self, publish: str) -> list[tuple[str, pa.Table]]:
        """Return the tables beside the articles, with the names of their files."""
        decisions = ids_only.decisions(self.decisions) if publish == "ids" else self.decisions
        return [(DECIDED, decisions), (CLUSTERS, self.clusters), (SPLITS_KEPT, self.splits)]


def scan_files(run: Run) -> list[RawFile]:
    """List the raw files. Raises BuilderError if there are none."""
    with run.clock("scan"):
        found = scan(Path(run.config.raw), run.config.read.ignore)
    if not found:
        raise BuilderError(f"{run.config.raw}: contains no files. Put tagged articles there, for example fr-02.txt")
    run.show.line(f"scan: files {len(found)}, bytes {sum(file.size for file in found)}")
    return found


def prepare_records(run: Run, found: list[RawFile], plan: Plan, look: bool) -> "Corpus":
    """Prepare the records that are not stored; with `look`, search all stored segments for damage first."""
    from builder.prepare.corpus import Corpus
    from builder.prepare.prepare import key, prepare

    with run.clock("prepare"):
        segments = Segments(run.work / "segments" / key(run.config))
        if look:
            segments.drop_damaged()
        if segments.dropped:
            run.show.line(f"prepare: damaged segments {segments.dropped}, their files are prepared again")
        if hidden := forgotten.redact_stored(segments, plan.listed, {}):
            run.show.line(f"forget: records {hidden} removed from the prepared segments")
        missing = sum(file.size for file in found if not segments.stored(file.digest)[1])
        secret = {id: id for id in plan.listed}
        with run.show.progress(missing) as progress:
            new_files, new_records = prepare(found, segments, run.config, secret, progress, run.clock)
        corpus = Corpus(segments, [file.digest for file in found])
    run.show.line(f"prepare: records {len(corpus)}, new {new_records} in {new_files} of {len(found)} files")
    run.show.line(f"language: {tally_values(corpus.column('language_verdict'))}")
    return corpus


def strip_lines(run: Run, corpus: "Corpus") -> None:
    """Find the boilerplate of each source, and remove it from the texts unless the settings keep it."""
    from builder.prepare import boilerplate
    from builder.prepare.strip_boilerplate import strip_boilerplate

    settings = run.config.furniture
    with run.clock("furniture"):
        found = boilerplate.find(corpus, settings.min_articles, settings.min_share)
        lines = strip_boilerplate(corpus, found, run.stripped, settings.remove, run.config.dedup)
    if found:
        done = "removed from" if settings.remove else "found in"
        run.show.line(f"furniture: lines {lines}, {done} {len(found)} articles")


def decide_records(run: Run, corpus: "Corpus", plan: Plan) -> CorpusDecisions:
    """Decide on every record. Raises BuilderError if no article is left to release."""
    from builder.decide import clusters, decontaminate, outcomes, summary
    from builder.decide.decide import Background, decide
    from builder.decide.place import find_leaks
    from builder.splits import history

    config = run.config
    with run.clock("decide"):
        before = history.read_history(known.remembered(plan.last)) if plan.last else history.History()
        sets = decontaminate.load(config.decontaminate, config.dedup) if config.decontaminate.sets else None
        decided = decide(corpus, config, Background(sets, plan.listed, before, plan.version))
        table = outcomes.table(corpus, decided)
        like = clusters.table(corpus, decided.ids, decided.copies)
        decisions = table["decision"].to_pylist()
        remembered = history.table(
            before, decided.ids, corpus.column("exact_hash"), decided.known, decisions, plan.listed
        )
        leaks = summary.leak_entries(*find_leaks(corpus, decided, config.dedup))
        found = summary.summarize(corpus, decided, like, table, leaks, plan.listed)
    if sets is not None:
        run.show.line(f"decontaminate: {decontaminate.describe(sets)}")
    run.show.line(f"copies: {list_counts(found.copies.kinds)}")
    run.show.line(f"leaks: {len(leaks)}")
    run.show.line(f"decide: {tally_values(decisions)}")
    if not decided.rows(Decision.KEPT):
        raise BuilderError(_nothing_left(run, len(corpus), decided, plan))
    return CorpusDecisions(decided, table, like, remembered, found, summary.warnings(found, config.dedup.warn_share))


def _nothing_left(run: Run, records: int, decided: "Decided", plan: Plan) -> str:
    """Explain by the first record why no article is left, and name the folder that still has articles to forget."""
    first = next(record for record in decided.records if record.detail)
    message = f"{run.config.raw}: none of {records} records can be released. The first: {first.reason}: {first.detail}"
    if plan.last and withdraw.forgotten_since(plan.last.folder, set(plan.listed)):
        message += f". {run.home} still has articles to forget: remove that folder"
    return message
