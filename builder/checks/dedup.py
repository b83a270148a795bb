"""Measure how well copies are found: plant copies and templates in a file's articles, and look for them.

A removal is right if the removed and the kept article are copies of one real article. The articles of a template are
different articles, however similar. Varieties of a language (pt-BR, pt-PT) are searched together. As in a build, the
story of each article is known, because one story in two varieties is not a copy.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from builder.checks import planted_copies, planted_templates
from builder.checks.other_tools import Finder, Pairs, installed
from builder.checks.planted_copies import Article, Planted
from builder.checks.sample import tables
from builder.config.sections import Dedup
from builder.core.errors import BuilderError
from builder.dedup import choose, minhash
from builder.dedup.choose import Facts
from builder.dedup.match import match_articles
from builder.languages.codes import base
from builder.languages.scripts import expected_script
from builder.text import fold
from builder.text.fold import CUT, LETTERS

OURS = "builder"
COPIES = [kind for kind in planted_copies.KINDS if kind != planted_copies.ORIGINAL]
AIMED = ("edited 1 %", "edited 3 %", "edited 5 %")  # edits that must be found
TOGETHER = 1000  # articles, about, that are searched together
_FIRST, _LATER = datetime(2020, 1, 1, tzinfo=UTC), datetime(2020, 1, 2, tzinfo=UTC)

# The settings that a sweep compares: sizes of n-grams with thresholds, and bands with rows.
NGRAMS, THRESHOLDS = (2, 3, 4, 5), (0.5, 0.6, 0.7, 0.8)
BANDS = ((4, 4), (8, 4), (14, 8), (20, 5), (25, 5), (50, 4))
EVERY = 8  # a sweep uses one article in so many


@dataclass(slots=True)
class Tally:
    """Counts of planted articles by kind."""

    planted: Counter[str] = field(default_factory=Counter)
    found: Counter[str] = field(default_factory=Counter)  # removed as a copy of the same article
    wrong: Counter[str] = field(default_factory=Counter)  # removed as a copy of another article

    def __add__(self, other: "Tally") -> "Tally":
        """Add up two tallies."""
        return Tally(self.planted + other.planted, self.found + other.found, self.wrong + other.wrong)

    def count(self, kinds: Sequence[str]) -> int:
        """Count the plants of some kinds."""
        return sum(self.planted[kind] for kind in kinds)

    def recall(self, kinds: Sequence[str]) -> float | None:
        """Return the share of the plants of some kinds that was found; None if there are none."""
        planted = self.count(kinds)
        return sum(self.found[kind] for kind in kinds) / planted if planted else None

    def precision(self, templates: bool = False) -> float | None:
        """Return the share of the removed articles that are copies of the kept one; None if none was removed.

        With `templates`, removed articles of templates count too.
        """
        kinds = [*planted_copies.KINDS, *(planted_templates.kinds() if templates else ())]
        found, wrong = (sum(counts[kind] for kind in kinds) for counts in (self.found, self.wrong))
        return found / (found + wrong) if found + wrong else None

    def merged(self, kinds: Sequence[str]) -> tuple[int, int]:
        """Count the removed articles of templates, and all articles of templates except the first of each."""
        planted = self.count(kinds)
        return sum(self.wrong[kind] for kind in kinds), planted - planted // planted_templates.INSTANCES


Tallies = dict[str, dict[str, Tally]]  # by finder and language
Swept = dict[tuple[Dedup, str], Tally]  # by settings and how the script is cut: words, characters, sounds


def check(path: str, dedup: Dedup) -> Tallies:
    """Plant copies and templates in the articles of a file and look for them, with every installed tool.

    Raises BuilderError if the file has no usable article.
    """
    return compare(path, {OURS: partial(find, dedup), **installed(dedup)}, 1)


def sweep(path: str, dedup: Dedup) -> Swept:
    """Compare variants of these settings on one article in EVERY: n-grams with thresholds, and bands with rows.

    Raises BuilderError if the file has no usable article.
    """
    changes: list[dict[str, Any]] = [
        {"ngram": ngram, "threshold": threshold} for ngram in NGRAMS for threshold in THRESHOLDS
    ]
    changes += [{"bands": bands, "rows": rows} for bands, rows in BANDS]
    variants = dict.fromkeys(dedup.model_copy(update=change) for change in changes)
    settings = {str(number): each for number, each in enumerate(variants)}
    tallies = compare(path, {name: partial(find, each) for name, each in settings.items()}, EVERY)
    sums: Swept = defaultdict(Tally)
    for name, languages in tallies.items():
        for tag, tally in languages.items():
            sums[settings[name], _cut(tag)] += tally
    return dict(sums)


def _cut(tag: str) -> str:
    script = expected_script(tag)
    return "sounds" if script in LETTERS else "characters" if script in CUT else "words"


def compare(path: str, finders: Mapping[str, Finder], every: int) -> Tallies:
    """Plant copies and templates in one article in `every`, and let several finders look for them."""
    tallies: Tallies = {name: defaultdict(Tally) for name in finders}
    for languages in _together(path, every):
        for table in _planted(languages):
            tags, kinds, families = (table[name].to_pylist() for name in ("language", "kind", "family"))
            for name, finder in finders.items():
                for tag, kind in zip(tags, kinds, strict=True):
                    tallies[name][tag].planted[kind] += 1
                for row, kept in finder(table):
                    tally = tallies[name][tags[row]]
                    (tally.found if families[row] == families[kept] else tally.wrong)[kinds[row]] += 1
    return {name: dict(sorted(languages.items())) for name, languages in tallies.items()}


def _together(path: str, every: int) -> Iterator[list[list[Article]]]:
    """Yield the articles of some languages, a list for each tag; varieties of a language stay together."""
    rows: dict[str, list[tuple[str, str, str | None, str]]] = defaultdict(list)
    for table in tables(path):
        usable = table.filter(pc.is_null(table["reason"]))
        for row in zip(*(usable[name].to_pylist() for name in ("tag", "language", "script", "text")), strict=True):
            rows[row[1]].append(row)
    if not rows:
        raise BuilderError(f"{path}: the file has no usable article. Expected tagged articles, as for a build")
    batch: list[list[Article]] = []
    for tag in sorted(rows, key=lambda tag: (base(tag), tag)):
        if sum(map(len, batch)) >= TOGETHER and base(tag) != base(batch[-1][0].language):
            yield batch
            batch = []
        batch.append(planted_copies.articles(rows[tag][::every]))
    yield batch


def _planted(languages: list[list[Article]]) -> Iterator[pa.Table]:
    """Yield tables of all articles with their copies, and of the templates of each kind."""
    together = [
        (article, stock)
        for articles in languages
        for stock in [planted_copies.stock_of(articles)]
        for article in articles
    ]
    yield _table([plant for article, stock in together for plant in planted_copies.copies(article, stock)])
    for kind in planted_templates.kinds():
        yield _table(
            [plant for article, stock in together for plant in planted_templates.instances(article, stock, kind)]
        )


def _table(plants: list[Planted]) -> pa.Table:
    names = ("tag", "language", "script", "text", "reason", "kind", "family")
    rows = [(*plant.article[:3], plant.text, None, plant.kind, plant.family) for plant in plants]
    columns = list(zip(*rows, strict=True)) or [()] * len(names)
    return pa.table({name: pa.array(column, pa.string()) for name, column in zip(names, columns, strict=True)})


def find(dedup: Dedup, table: pa.Table) -> Pairs:
    """Find copies as a build does, with the real article as the oldest."""
    words = fold.shingle_words(table)
    signed = minhash.sign(table, words, dedup.ngram, dedup.bands, dedup.rows, dedup.min_words)
    facts = _facts(signed)
    ranked = choose.ranked(facts, dedup.keep, dedup.sources, [0] * len(facts))

    def fetch(rows: Sequence[int], columns: list[str]) -> Iterator[tuple[Any, pa.Table]]:
        yield np.arange(len(rows)), signed.select(columns).take(pa.array(rows, pa.int64()))

    chosen, _ = match_articles(fetch, ranked, [facts[row] for row in ranked], dedup, 1.0)
    return [(copy.row, copy.kept) for copy in chosen if copy.removed]


def _facts(signed: pa.Table) -> list[Facts]:
    """Return the facts that a build would have about plants; the tag's ID is the story."""
    columns = (signed[name].to_pylist() for name in ("tag", "kind", "exact_hash", "words", "script", "language"))
    facts = []
    for number, (tag, kind, exact, words, script, language) in enumerate(zip(*columns, strict=True)):
        date = _FIRST if kind == planted_copies.ORIGINAL else _LATER
        story = tag.rpartition("-")[2], language
        facts.append(Facts(f"{number:09}", exact, words or 0, script, None, date, (), story, None))
    return facts
