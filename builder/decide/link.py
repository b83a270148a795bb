"""Link: the copies and stories of a corpus, given what was published before."""

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa

from builder.config.sections import Dedup, Stories
from builder.core import union_find
from builder.core.versions import version_key
from builder.dedup import choose
from builder.dedup.choose import Copy, Facts
from builder.dedup.match import match_articles
from builder.prepare.corpus import Corpus
from builder.splits import assign
from builder.splits.history import History, Known
from builder.splits.stories import listed_pages, name_stories


@dataclass(frozen=True, slots=True)
class Linked:
    """What is alike in a corpus, by rows."""

    copies: list[Copy]
    units: dict[int, int]  # a row of each that was looked at, and the first row of those that must not be parted
    stories: list[str | None]  # of all rows


def link(
    corpus: Corpus,
    rows: Sequence[int],
    ids: Sequence[str | None],
    own: Sequence[str | None],
    memory: History,
    dedup: Dedup,
    settings: Stories,
) -> Linked:
    """Find copies and stories among these rows; `own` has the story that each record of the corpus gives itself."""
    facts = _facts(corpus, rows, ids, own, memory)
    known = [memory.by_id.get(fact.id) for fact in facts]
    standing = [_standing(of_row, fact.since) for of_row, fact in zip(known, facts, strict=True)]
    order = choose.ranked(facts, dedup.keep, dedup.sources, standing)
    ranked = [rows[number] for number in order]
    found, together = match_articles(
        corpus.pieces, ranked, [facts[number] for number in order], dedup, settings.threshold
    )
    pages = listed_pages([[name for name in fact.names if name.startswith("page:")] for fact in facts])
    names = [
        [f"story:{own[row]}"] * (own[row] is not None) + of_row * settings.urls
        for row, of_row in zip(rows, pages, strict=True)
    ]
    number = {row: at for at, row in enumerate(rows)}
    unit = union_find.units(len(rows), ((number[one], number[other]) for one, other in together), names)
    published = [of_row.story if of_row else None for of_row in known]
    named = name_stories(unit, [own[row] for row in rows], [fact.id for fact in facts], published)
    all_stories = list(own)
    for row, story in zip(rows, named, strict=True):
        all_stories[row] = story
    return Linked(found, {row: rows[first] for row, first in zip(rows, unit, strict=True)}, all_stories)


def _facts(
    corpus: Corpus, rows: Sequence[int], ids: Sequence[str | None], own: Sequence[str | None], memory: History
) -> list[Facts]:
    names = ("exact_hash", "words", "script", "source", "date", "title", "pages", "language")
    chosen = corpus.light.select(names).take(pa.array(rows, pa.int64()))
    found = []
    for row, (exact, words, script, source, date, title, pages, language) in zip(
        rows, zip(*(chosen[name].to_pylist() for name in names), strict=True), strict=True
    ):
        id, story = ids[row] or "", own[row]
        headline = " ".join((title or "").casefold().split())
        called = (*(f"headline:{headline}" for _ in [0] if headline), *(f"page:{page}" for page in pages or ()))
        known = memory.by_id.get(id)
        since = version_key(known.first_release) if known and known.first_release is not None else None
        translation = None if story is None else (story, language)
        found.append(Facts(id, exact, words or 0, script, source, date, called, translation, since))
    return found


def _standing(known: Known | None, since: tuple[int, ...] | None) -> tuple[int, tuple[int, ...]]:
    """Rank what is published before what is new, the strictest split first, then what was published first."""
    if known is None or since is None:
        return len(assign.SPLITS), ()
    return len(assign.SPLITS) - 1 - assign.SPLITS.index(known.split), since
