"""Decide on every record: kept, duplicate, rejected or quarantined, each with its reason."""

from typing import NamedTuple

from builder.config.quality import Quality
from builder.config.sections import Config, Dedup, Language
from builder.core.locations import location_of
from builder.core.terms import Decision, Kind, Reason
from builder.decide import decontaminate
from builder.decide.decontaminate import Sets
from builder.decide.forgotten import copies, listed_rows
from builder.decide.link import link
from builder.decide.outcomes import Decided, RecordDecision
from builder.decide.place import assign_splits
from builder.languages.scripts import expected_script
from builder.prepare import forgotten
from builder.prepare.corpus import Corpus, ids_of
from builder.splits import assign
from builder.splits.history import History
from builder.text import quality as text_quality
from builder.text.quality import signals_needed


class Background(NamedTuple):
    """The context of the decisions: evaluation texts, the list of articles to forget, and earlier releases."""

    sets: Sets | None
    listed: forgotten.List
    history: History
    version: str  # of the new release, which is the first release of new articles


def decide(corpus: Corpus, config: Config, background: Background) -> Decided:
    """Decide on every record, in this order: forgotten, unreadable, id conflicts, unfit, contaminated, copies, splits.

    All other records are kept.
    """
    ids = ids_of(corpus.light)
    own_stories = [
        tag_id and assign.story_of(tag_id, field, config.split.story_from)
        for tag_id, field in zip(corpus.column("tag_id"), corpus.column("story_field"), strict=True)
    ]
    records = [RecordDecision(Decision.KEPT) for _ in range(len(corpus))]
    decided = Decided(ids, own_stories, records)
    _forget(corpus, decided, background, config.dedup)
    _quarantine(corpus, decided)
    _reject(corpus, decided, config.language, config.quality)
    if background.sets is not None:
        kept = decided.rows(Decision.KEPT)
        contaminated = decontaminate.find(corpus.pieces, kept, background.sets, config.decontaminate, config.dedup)
        for row, detail in contaminated.items():
            records[row] = RecordDecision(Decision.REJECTED, Reason.CONTAMINATED, detail)
    linked = link(corpus, decided, background.history, config.dedup, config.stories)
    decided.copies, decided.units, decided.stories = linked.copies, linked.units, linked.stories
    _remove_copies(decided)
    assign_splits(corpus, decided, background.history, config.split, background.version)
    return decided


def _forget(corpus: Corpus, decided: Decided, background: Background, dedup: Dedup) -> None:
    """Reject the articles to forget and their copies, before any other decision on them."""
    listed = background.listed
    if not listed:
        return
    for row, entry in listed_rows(corpus, listed).items():
        decided.records[row] = RecordDecision(Decision.REJECTED, Reason.FORGOTTEN, entry.describe())
    known = {text: id for id, _, _, text, _, _ in background.history.rows if text is not None and id in listed}
    for row, copy in copies(corpus, decided.rows(Decision.KEPT), decided.ids, listed, known, dedup).items():
        decided.records[row] = RecordDecision(Decision.REJECTED, Reason.FORGOTTEN, copy.describe())
        decided.forgotten[decided.ids[row] or ""] = copy.copy_of or ""


def _quarantine(corpus: Corpus, decided: Decided) -> None:
    """Quarantine records that could not be read, and later records of an id that have another text than the first."""
    reasons, details = corpus.column("reason"), corpus.column("detail")
    files, places = corpus.column("file"), corpus.column("place")
    exact = corpus.column("exact_hash")
    owner: dict[str, int] = {}
    for row, reason in enumerate(reasons):
        id = decided.ids[row]
        if decided.records[row].decision != Decision.KEPT:
            continue
        if reason is not None:
            decided.records[row] = RecordDecision(Decision.QUARANTINED, Reason(reason), details[row])
        elif id is not None:
            first = owner.setdefault(id, row)
            if exact[first] != exact[row]:
                location, earlier = (location_of(files[index], places[index]) for index in (row, first))
                detail = (
                    f"{location}: id '{id}' belongs to another text in {earlier}, which comes first in path order. "
                    "Give one of them another ID"
                )
                decided.records[row] = RecordDecision(Decision.QUARANTINED, Reason.ID_CONFLICT, detail)


def _reject(corpus: Corpus, decided: Decided, language: Language, quality: Quality) -> None:
    """Reject articles that opt out, that have no text of their own, of another language, or of low quality."""
    names = ("opt_out", "characters", *_Identified._fields)
    signals = {name: corpus.column(name) for name in signals_needed(quality)}
    faults = text_quality.faults(signals, corpus.column("language"), quality)
    for row, (opts_out, characters, *rest) in enumerate(zip(*(corpus.column(name) for name in names), strict=True)):
        if decided.records[row].decision != Decision.KEPT:
            continue
        why = None
        if opts_out:
            why = Reason.OPT_OUT, "its publisher forbids its use"
        elif characters == 0:
            why = Reason.FURNITURE, "all of its lines recur in other articles of its source"
        else:
            why = _language_fault(language, _Identified(*rest)) or faults[row]
        if why:
            decided.records[row] = RecordDecision(Decision.REJECTED, *why)


class _Identified(NamedTuple):
    """The columns of schema.PREPARED about an article's language."""

    language: str
    language_verdict: str
    language_detected: str | None
    second_detected: str | None
    script: str | None
    script_match: bool | None
    language_share: float | None


def _language_fault(policy: Language, article: _Identified) -> tuple[Reason, str] | None:
    """Return the reason and detail if the policy rejects an article for its language."""
    tag, verdict, share = article.language, article.language_verdict, article.language_share
    rejected = policy.per_language.get(tag, policy.per_language.get(tag.split("-", maxsplit=1)[0], policy.reject))
    if verdict in rejected:
        also = f" and langdetect {article.second_detected}" if article.second_detected else ""
        detail = f"tagged {tag}, but heliport detects {article.language_detected or 'nothing'}{also}"
        return Reason(f"language_{verdict}"), detail
    if policy.reject_script and article.script_match is False:
        expected = expected_script(tag)
        return Reason.SCRIPT, f"tagged {tag}, which is written in {expected}, but it is in {article.script}"
    if share is not None and share < policy.min_share:
        return Reason.MIXED_LANGUAGE, f"{share:.0%} of it is in {tag}; language.min_share is {policy.min_share:.0%}"
    return None


def _remove_copies(decided: Decided) -> None:
    for copy in decided.copies:
        if copy.removed:
            detail = f"{_LIKE[copy.kind].format(copy.similarity)} '{decided.ids[copy.kept]}', which is kept"
            similarity = round(copy.similarity, 6)
            decided.records[copy.row] = RecordDecision(
                Decision.DUPLICATE, copy.kind.reason, detail, kept=copy.kept, similarity=similarity
            )


_LIKE = {
    Kind.EXACT: "the same text as",
    Kind.NEAR: "{:.3f} similar to",
    Kind.CONTAINED: "{:.1%} of it is in",
    Kind.REVISION: "{:.3f} similar to another version of it,",
}
