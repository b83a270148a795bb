"""Decide what becomes of every record: kept, duplicate, rejected or quarantined, each with its reason."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from builder import near, splits
from builder import quality as qualities
from builder.config import Dedup, Language, Split
from builder.corpus import Corpus
from builder.quality import Quality
from builder.schema import DECISION
from builder.scripts import expected_script

BATCH = 4000  # texts that are held at once to be compared
DECISIONS = ("kept", "duplicate", "rejected", "quarantined")


@dataclass(slots=True)
class Verdict:
    """What became of one record; `reason` and `detail` are null where it was kept."""

    decision: str
    reason: str | None = None
    detail: str | None = None
    split: str | None = None
    first_release: str | None = None
    kept: int | None = None  # row of the copy that was kept
    similarity: float | None = None


@dataclass(slots=True)
class Decided:
    """The decisions on a corpus, row by row, and what they were made of."""

    ids: list[str | None]
    stories: list[str | None]
    verdicts: list[Verdict]

    def rows(self, decision: str) -> list[int]:
        """Give the rows on which this was decided."""
        return [row for row, verdict in enumerate(self.verdicts) if verdict.decision == decision]


def decide(
    corpus: Corpus,
    language: Language,
    quality: Quality,
    dedup: Dedup,
    split: Split,
    earlier: Mapping[str, str],
    version: str,
) -> Decided:
    """Decide on every record, in this order: unreadable, one id with two texts, unfit, copies; the rest is kept.

    `earlier` has the version since which each article of the release before is there; new ones have `version`.
    """
    tags, collections = corpus.column("tag"), corpus.column("collection")
    ids = [_id(tag, collection) for tag, collection in zip(tags, collections, strict=True)]
    stories = [
        tag_id and splits.story_of(tag_id, field, split.story_from)
        for tag_id, field in zip(corpus.column("tag_id"), corpus.column("story_field"), strict=True)
    ]
    verdicts = [Verdict("kept") for _ in range(len(corpus))]
    decided = Decided(ids, stories, verdicts)
    _quarantine(corpus, decided)
    _reject(corpus, decided, language, quality)
    _remove_copies(corpus, decided, dedup)
    for row in decided.rows("kept"):
        key = stories[row] or ids[row] or ""
        verdicts[row].split = splits.split_of(key, split.salt, split.train, split.validation)
        verdicts[row].first_release = earlier.get(ids[row] or "", version)
    return decided


def _id(tag: str | None, collection: str | None) -> str | None:
    return f"{collection}/{tag}" if tag and collection else tag


def _quarantine(corpus: Corpus, decided: Decided) -> None:
    reasons, details = corpus.column("reason"), corpus.column("detail")
    files, places = corpus.column("file"), corpus.column("place")
    exact = corpus.column("exact_hash")
    owner: dict[str, int] = {}
    for row, reason in enumerate(reasons):
        id = decided.ids[row]
        if reason is not None:
            decided.verdicts[row] = Verdict("quarantined", reason, details[row])
        elif id is not None:
            first = owner.setdefault(id, row)
            if exact[first] != exact[row]:
                here, there = (f"{files[at]}:{places[at]}" if places[at] else files[at] for at in (row, first))
                detail = (
                    f"{here}: id '{id}' has another text in {there}, which keeps it, being first in path order. "
                    "Give one of them another ID"
                )
                decided.verdicts[row] = Verdict("quarantined", "id_conflict", detail)


def _reject(corpus: Corpus, decided: Decided, language: Language, quality: Quality) -> None:
    """Reject what opts out, what has no text of its own, what is in another language, and what nobody wants."""
    names = ("opt_out", "characters", *_OF_LANGUAGE)
    signals = {name: corpus.column(name) for name in qualities.signals_needed(quality)}
    faults = qualities.faults(signals, corpus.column("language"), quality)
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
            decided.verdicts[row] = Verdict("rejected", *why)


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


def _remove_copies(corpus: Corpus, decided: Decided, dedup: Dedup) -> None:
    rows = decided.rows("kept")
    exact = corpus.light["exact_hash"].take(pa.array(rows, pa.int64())).combine_chunks()
    lengths = corpus.column("characters")
    dates, languages = corpus.column("date"), corpus.column("language")
    rank = near.in_order(
        [decided.ids[row] or "" for row in rows], iter([dates[row] for row in rows]), [lengths[row] for row in rows]
    )

    def translations(one: int, other: int) -> bool:
        first, second = rows[one], rows[other]
        story = decided.stories[first]
        return story is not None and story == decided.stories[second] and languages[first] != languages[second]

    def fetch(wanted: list[int]) -> dict[int, near.Shingles]:
        found: list[near.Shingles] = []
        at = [rows[index] for index in wanted]
        for _, table in corpus.batches(at, ["text", "script", "reason"], BATCH):
            found += near.shingles(near.shingle_words(table), dedup.ngram)
        return dict(zip(wanted, found, strict=True))

    groups = near.link(exact, corpus.take(rows, ["bands"])["bands"])
    copies = near.choose(groups, rank, exact.to_pylist(), translations, fetch, dedup.threshold)
    for copy in copies:
        row, kept = rows[copy.row], rows[copy.kept]
        detail = f"{'the same text as' if copy.kind == 'exact' else f'{copy.similarity:.3f} similar to'} "
        detail += f"'{decided.ids[kept]}', which is kept"
        decided.verdicts[row] = Verdict("duplicate", copy.kind, detail, kept=kept, similarity=round(copy.similarity, 6))


def table(corpus: Corpus, decided: Decided) -> pa.Table:
    """Give one row a record (schema.DECISION), in path order."""
    verdicts = decided.verdicts
    made = {
        "id": decided.ids,
        "kept_id": [None if verdict.kept is None else decided.ids[verdict.kept] for verdict in verdicts],
        **{
            name: [getattr(verdict, name) for verdict in verdicts]
            for name in ("decision", "reason", "detail", "split", "first_release", "similarity")
        },
    }
    columns = [
        pa.array(made[field.name], field.type) if field.name in made else corpus.light[field.name].combine_chunks()
        for field in DECISION
    ]
    return pa.table(columns, schema=DECISION)


def counts(decisions: pa.Table) -> dict[str, dict[str, int]]:
    """Count decisions per language: read, each decision, and each reason of those that were not kept.

    Records without a language count under an empty name.
    """
    languages = pc.fill_null(decisions["language"], "").to_pylist()
    found: dict[str, Counter[str]] = {}
    for language, decision, reason in zip(
        languages, decisions["decision"].to_pylist(), decisions["reason"].to_pylist(), strict=True
    ):
        counter = found.setdefault(language, Counter())
        counter["read"] += 1
        counter[decision] += 1
        if reason is not None:
            counter[f"{decision}:{reason}"] += 1
    return {language: dict(sorted(found[language].items())) for language in sorted(found)}


def total(counts: Mapping[str, Mapping[str, int]]) -> dict[str, int]:
    """Sum the counts of all languages."""
    found: Counter[str] = Counter()
    for of_language in counts.values():
        found.update(of_language)
    return dict(sorted(found.items()))
