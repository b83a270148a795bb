"""Decide what becomes of every record: kept, duplicate, rejected or quarantined, each with its reason."""

from builder.config.quality import Quality
from builder.config.sections import Decontaminate, Dedup, Language, Split, Stories
from builder.core.locations import location_of
from builder.decide import decontaminate
from builder.decide.decontaminate import Sets
from builder.decide.forgotten import copies, of_rows
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


def decide(
    corpus: Corpus,
    language: Language,
    quality: Quality,
    dedup: Dedup,
    stories: Stories,
    split: Split,
    decontamination: Decontaminate,
    sets: Sets | None,
    listed: forgotten.List,
    memory: History,
    version: str,
) -> Decided:
    """Decide on every record, in this order: unreadable, one id with two texts, unfit, copies; the rest is kept.

    `sets` are of evaluation texts; `listed` are the articles that are to be forgotten, with their copies; `memory` is
    of the releases before; what is published for the first time has `version`.
    """
    ids = ids_of(corpus.light)
    own_stories = [
        tag_id and assign.story_of(tag_id, field, split.story_from)
        for tag_id, field in zip(corpus.column("tag_id"), corpus.column("story_field"), strict=True)
    ]
    verdicts = [RecordDecision("kept") for _ in range(len(corpus))]
    decided = Decided(ids, own_stories, verdicts)
    _forget(corpus, decided, listed, memory, dedup)
    _quarantine(corpus, decided)
    _reject(corpus, decided, language, quality)
    if sets is not None:
        for row, detail in decontaminate.find(
            corpus.pieces, decided.rows("kept"), sets, decontamination, dedup
        ).items():
            verdicts[row] = RecordDecision("rejected", "contaminated", detail)
    linked = link(corpus, decided.rows("kept"), ids, own_stories, memory, dedup, stories)
    decided.copies, decided.units, decided.stories = linked.copies, linked.units, linked.stories
    _remove_copies(decided)
    assign_splits(corpus, decided, memory, split, version)
    return decided


def _forget(corpus: Corpus, decided: Decided, listed: forgotten.List, memory: History, dedup: Dedup) -> None:
    """Reject what is to be forgotten, and what is a copy of it, before anything else is said of it."""
    if not listed:
        return
    for row, one in of_rows(corpus, listed).items():
        decided.verdicts[row] = RecordDecision("rejected", forgotten.FORGOTTEN, one.told())
    known = {text: id for id, _, _, text, _, _ in memory.rows if text is not None and id in listed}
    for row, copy in copies(corpus, decided.rows("kept"), decided.ids, listed, known, dedup).items():
        decided.verdicts[row] = RecordDecision("rejected", forgotten.FORGOTTEN, copy.told())
        decided.forgotten[decided.ids[row] or ""] = copy.copy_of or ""


def _quarantine(corpus: Corpus, decided: Decided) -> None:
    reasons, details = corpus.column("reason"), corpus.column("detail")
    files, places = corpus.column("file"), corpus.column("place")
    exact = corpus.column("exact_hash")
    owner: dict[str, int] = {}
    for row, reason in enumerate(reasons):
        id = decided.ids[row]
        if decided.verdicts[row].decision != "kept":
            continue
        if reason is not None:
            decided.verdicts[row] = RecordDecision("quarantined", reason, details[row])
        elif id is not None:
            first = owner.setdefault(id, row)
            if exact[first] != exact[row]:
                here, there = (location_of(files[at], places[at]) for at in (row, first))
                detail = (
                    f"{here}: id '{id}' has another text in {there}, which keeps it, being first in path order. "
                    "Give one of them another ID"
                )
                decided.verdicts[row] = RecordDecision("quarantined", "id_conflict", detail)


def _reject(corpus: Corpus, decided: Decided, language: Language, quality: Quality) -> None:
    """Reject what opts out, what has no text of its own, what is in another language, and what nobody wants."""
    names = ("opt_out", "characters", *_OF_LANGUAGE)
    signals = {name: corpus.column(name) for name in signals_needed(quality)}
    faults = text_quality.faults(signals, corpus.column("language"), quality)
    for row, (opts_out, characters, *said) in enumerate(zip(*(corpus.column(name) for name in names), strict=True)):
        if decided.verdicts[row].decision != "kept":
            continue
        why = None
        if opts_out:
            why = "opt_out", "its publisher says that it must not be used"
        elif characters == 0:
            why = "furniture", "nothing but lines that recur over the articles of its source"
        else:
            why = _language_fault(language, *said) or faults[row]
        if why:
            decided.verdicts[row] = RecordDecision("rejected", *why)


_OF_LANGUAGE = (
    "language",
    "language_verdict",
    "language_detected",
    "second_detected",
    "script",
    "script_match",
    "language_share",
)


def _language_fault(
    policy: Language,
    tag: str,
    verdict: str,
    first: str | None,
    second: str | None,
    script: str | None,
    script_match: bool | None,
    share: float | None,
) -> tuple[str, str] | None:
    """Give reason and detail if the policy rejects an article for its language."""
    rejected = policy.per_language.get(tag, policy.per_language.get(tag.split("-", maxsplit=1)[0], policy.reject))
    if verdict in rejected:
        also = f" and langdetect {second}" if second else ""
        return f"language_{verdict}", f"tagged {tag}, but heliport detects {first or 'nothing'}{also}"
    if policy.reject_script and script_match is False:
        return "script", f"tagged {tag}, which is written in {expected_script(tag)}, but it is in {script}"
    if share is not None and share < policy.min_share:
        return "mixed_language", f"{share:.0%} of it is in {tag}; language.min_share is {policy.min_share:.0%}"
    return None


def _remove_copies(decided: Decided) -> None:
    for copy in decided.copies:
        if copy.removed:
            detail = f"{_LIKE[copy.kind].format(copy.similarity)} '{decided.ids[copy.kept]}', which is kept"
            similarity = round(copy.similarity, 6)
            decided.verdicts[copy.row] = RecordDecision(
                "duplicate", copy.kind, detail, kept=copy.kept, similarity=similarity
            )


_LIKE = {
    "exact": "the same text as",
    "near": "{:.3f} similar to",
    "contained": "{:.1%} of it stands in",
    "revision": "{:.3f} similar to another state of it,",
}
