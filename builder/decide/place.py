"""Places: the split of each article that is kept, and a look across all splits for what should not be in two."""

import pyarrow as pa

from builder.config.sections import Dedup, SplitSettings
from builder.core.terms import Decision, Reason
from builder.decide.outcomes import Conflict, Decided, RecordDecision
from builder.prepare.corpus import Corpus
from builder.splits import assign, leaks
from builder.splits.assign import Article
from builder.splits.history import History, Known
from builder.splits.leaks import Leak, Placed


def assign_splits(corpus: Corpus, decided: Decided, memory: History, split: SplitSettings, version: str) -> None:
    """Give each article that is kept its split, and say what the next release must remember."""
    texts, dates, languages = (corpus.column(name) for name in ("exact_hash", "date", "language"))
    rows = sorted(decided.units)
    articles = []
    for row in rows:
        id = decided.ids[row] or ""
        of_id, of_text = memory.by_id.get(id), memory.by_text.get(texts[row] or "")
        if decided.records[row].decision == Decision.KEPT and of_id and of_text and of_id.split != of_text.split:
            detail = f"its id was published in {of_id.split}, its text in {of_text.split}: it can be in neither"
            decided.records[row] = RecordDecision(Decision.REJECTED, Reason.SPLIT_MOVED, detail)
        before, kept = of_id or of_text, decided.records[row].decision == Decision.KEPT
        unit = decided.units[row]
        articles.append(Article(id, languages[row], unit, dates[row], before.split if before else None, kept))
    dealt = assign.deal(articles, split)
    decided.lacking = assign.lacking(articles, dealt, split)
    for row, article, of_article in zip(rows, articles, dealt, strict=True):
        record, known = decided.records[row], memory.by_id.get(article.id)
        if of_article.mate is not None:
            decided.conflicts.append(Conflict(article.id, article.before, of_article.mate, of_article.split is None))
        if article.kept and of_article.split is None:
            decided.records[row] = RecordDecision(Decision.REJECTED, of_article.reason, of_article.detail)
        elif article.kept:
            record.split = of_article.split
            record.first_release = (known and known.first_release) or version
    _leave_out_copies(decided)
    for row, article in zip(rows, articles, strict=True):
        record = decided.records[row]
        stands_for = decided.records[record.kept].split if record.kept is not None else None
        remembered = article.before or record.split or stands_for
        if remembered is not None:
            decided.known[row] = Known(remembered, decided.stories[row], _first_release(memory, article.id, record))


def _leave_out_copies(decided: Decided) -> None:
    """Let copies of articles that are left out go with them."""
    for copy in decided.copies:
        kept = decided.records[copy.kept]
        if copy.removed and kept.decision != Decision.KEPT:
            detail = f"a copy of '{decided.ids[copy.kept]}', which is left out: {kept.detail}"
            decided.records[copy.row] = RecordDecision(Decision.REJECTED, kept.reason, detail)
    left = [decided.records[copy.kept].decision == Decision.KEPT for copy in decided.copies]
    decided.copies = [copy for copy, kept in zip(decided.copies, left, strict=True) if kept]


def _first_release(memory: History, id: str, record: RecordDecision) -> str | None:
    known = memory.by_id.get(id)
    return known.first_release if known and known.first_release else record.first_release


def find_leaks(corpus: Corpus, decided: Decided, dedup: Dedup) -> tuple[list[Leak], list[Placed]]:
    """Look for copies and stories across the splits of what is kept."""
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
