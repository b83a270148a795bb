"""Place: assign a split to each kept article, and search the splits for leaks."""

import pyarrow as pa

from builder.config.sections import Dedup, SplitSettings
from builder.core.terms import Decision, Reason
from builder.decide.outcomes import Conflict, Decided, RecordDecision
from builder.prepare.corpus import Corpus
from builder.splits import assign, leaks
from builder.splits.assign import Article
from builder.splits.history import History, Known
from builder.splits.leaks import Leak, Placed


def assign_splits(corpus: Corpus, decided: Decided, history: History, split: SplitSettings, version: str) -> None:
    """Assign a split to each kept article, and note the history for the next release in `decided.known`."""
    texts, dates, languages = (corpus.column(name) for name in ("exact_hash", "date", "language"))
    rows = sorted(decided.units)
    articles = []
    for row in rows:
        id = decided.ids[row] or ""
        by_id, by_text = history.by_id.get(id), history.by_text.get(texts[row] or "")
        if decided.records[row].decision == Decision.KEPT and by_id and by_text and by_id.split != by_text.split:
            detail = f"its id was published in {by_id.split}, its text in {by_text.split}, so it can be in neither"
            decided.records[row] = RecordDecision(Decision.REJECTED, Reason.SPLIT_MOVED, detail)
        before, kept = by_id or by_text, decided.records[row].decision == Decision.KEPT
        unit = decided.units[row]
        articles.append(Article(id, languages[row], unit, dates[row], before.split if before else None, kept))
    dealt = assign.deal(articles, split)
    decided.lacking = assign.lacking(articles, dealt, split)
    for row, article, assigned in zip(rows, articles, dealt, strict=True):
        record, known = decided.records[row], history.by_id.get(article.id)
        if assigned.mate is not None:
            decided.conflicts.append(Conflict(article.id, article.before, assigned.mate, assigned.split is None))
        if article.kept and assigned.split is None:
            decided.records[row] = RecordDecision(Decision.REJECTED, assigned.reason, assigned.detail)
        elif article.kept:
            record.split = assigned.split
            record.first_release = (known and known.first_release) or version
    _leave_out_copies(decided)
    for row, article in zip(rows, articles, strict=True):
        record = decided.records[row]
        stands_for = decided.records[record.kept].split if record.kept is not None else None
        remembered = article.before or record.split or stands_for
        if remembered is not None:
            decided.known[row] = Known(remembered, decided.stories[row], _first_release(history, article.id, record))


def _leave_out_copies(decided: Decided) -> None:
    """Leave out the copies of articles that are left out."""
    for copy in decided.copies:
        kept = decided.records[copy.kept]
        if copy.removed and kept.decision != Decision.KEPT:
            detail = f"a copy of '{decided.ids[copy.kept]}', which is left out: {kept.detail}"
            decided.records[copy.row] = RecordDecision(Decision.REJECTED, kept.reason, detail)
    decided.copies = [copy for copy in decided.copies if decided.records[copy.kept].decision == Decision.KEPT]


def _first_release(history: History, id: str, record: RecordDecision) -> str | None:
    known = history.by_id.get(id)
    return known.first_release if known and known.first_release else record.first_release


def find_leaks(corpus: Corpus, decided: Decided, dedup: Dedup) -> tuple[list[Leak], list[Placed]]:
    """Search the kept articles for copies and stories across splits; return the leaks and the articles searched."""
    rows = decided.rows(Decision.KEPT)
    names = ("language", "exact_hash", "words", "script")
    chosen = corpus.light.select(names).take(pa.array(rows, pa.int64()))
    placed = [
        Placed(
            decided.ids[row] or "",
            decided.records[row].split or "",
            language,
            exact,
            words or 0,
            script,
            tuple(f"story:{story}" for story in [decided.stories[row]] if story is not None),
        )
        for row, language, exact, words, script in zip(rows, *(chosen[name].to_pylist() for name in names), strict=True)
    ]
    return leaks.find(corpus.pieces, rows, placed, dedup), placed
