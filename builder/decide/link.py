"""Link: find the copies and stories of a corpus, given its history."""

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa

from builder.config.sections import Dedup, Stories
from builder.core import union_find
from builder.core.terms import Decision
from builder.core.versions import version_key
from builder.decide.outcomes import Decided
from builder.dedup import choose
from builder.dedup.choose import Copy, Facts
from builder.dedup.match import match_articles
from builder.prepare.corpus import Corpus
from builder.splits import assign
from builder.splits.history import History, Known
from builder.splits.stories import listed_pages, name_stories


@dataclass(frozen=True, slots=True)
class Linked:
    """Relations between the articles of a corpus, by rows."""

    copies: list[Copy]
    units: dict[int, int]  # each compared row, and the first row of the articles that must stay together with it
    stories: list[str | None]  # of all rows


def link(corpus: Corpus, decided: Decided, history: History, dedup: Dedup, settings: Stories) -> Linked:
    """Find copies and stories among the kept rows; `decided.stories` has the story that each record itself gives."""
    rows, own = decided.rows(Decision.KEPT), decided.stories
    facts = _facts(corpus, decided, rows, history)
    known = [history.by_id.get(fact.id) for fact in facts]
    standing = [_standing(before, fact.since) for before, fact in zip(known, facts, strict=True)]
    order = choose.ranked(facts, dedup.keep, dedup.sources, standing)
    ranked = [rows[number] for number in order]
    copies, together = match_articles(
        corpus.pieces, ranked, [facts[number] for number in order], dedup, settings.threshold
    )
    pages = listed_pages([[name for name in fact.names if name.startswith("page:")] for fact in facts])
    names = [
        [f"story:{own[row]}"] * (own[row] is not None) + urls * settings.urls
        for row, urls in zip(rows, pages, strict=True)
    ]
    number = {row: index for index, row in enumerate(rows)}
    units = union_find.units(len(rows), ((number[one], number[other]) for one, other in together), names)
    published = [before.story if before else None for before in known]
    named = name_stories(units, [own[row] for row in rows], [fact.id for fact in facts], published)
    all_stories = list(own)
    for row, story in zip(rows, named, strict=True):
        all_stories[row] = story
    return Linked(copies, {row: rows[first] for row, first in zip(rows, units, strict=True)}, all_stories)


def _facts(corpus: Corpus, decided: Decided, rows: Sequence[int], history: History) -> list[Facts]:
    columns = ("exact_hash", "words", "script", "source", "date", "title", "pages", "language")
    chosen = corpus.light.select(columns).take(pa.array(rows, pa.int64()))
    facts = []
    for row, (exact, words, script, source, date, title, pages, language) in zip(
        rows, zip(*(chosen[name].to_pylist() for name in columns), strict=True), strict=True
    ):
        id, story = decided.ids[row] or "", decided.stories[row]
        headline = " ".join((title or "").casefold().split())
        names = (*(f"headline:{headline}" for _ in [0] if headline), *(f"page:{page}" for page in pages or ()))
        known = history.by_id.get(id)
        since = version_key(known.first_release) if known and known.first_release is not None else None
        translation = None if story is None else (story, language)
        facts.append(Facts(id, exact, words or 0, script, source, date, names, translation, since))
    return facts


def _standing(known: Known | None, since: tuple[int, ...] | None) -> tuple[int, tuple[int, ...]]:
    """Rank published articles before new ones; among them the strictest split first, then the earliest release."""
    if known is None or since is None:
        return len(assign.SPLITS), ()
    return len(assign.SPLITS) - 1 - assign.SPLITS.index(known.split), since
