"""How good the finding of copies is: copies and templates are planted in a file's articles, and looked for.

A removed article is rightly removed if it and the one that is kept are copies of one real article. What a template
gives are different articles, however similar. Varieties of a language (pt-BR, pt-PT) are looked at together, and which
story an article tells is known, as it is in a build: one story in two varieties is no copy.
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
AIMED = ("edited 1 %", "edited 3 %", "edited 5 %")  # edits that are to be found
TOGETHER = 1000  # articles, about, that are looked at together
_FIRST, _LATER = datetime(2020, 1, 1, tzinfo=UTC), datetime(2020, 1, 2, tzinfo=UTC)

# What is tried to find out what is best: sizes of n-grams with thresholds, and bands with rows. One article in so many.
NGRAMS, THRESHOLDS = (2, 3, 4, 5), (0.5, 0.6, 0.7, 0.8)
BANDS = ((4, 4), (8, 4), (14, 8), (20, 5), (25, 5), (50, 4))
EVERY = 8


@dataclass(slots=True)
class Tally:
    """What became of plants, by kind."""

    planted: Counter[str] = field(default_factory=Counter)
    found: Counter[str] = field(default_factory=Counter)  # removed for a copy of the same article
    wrong: Counter[str] = field(default_factory=Counter)  # removed for another article

    def __add__(self, other: "Tally") -> "Tally":
        """Add up two tallies."""
        return Tally(self.planted + other.planted, self.found + other.found, self.wrong + other.wrong)

    def count(self, kinds: Sequence[str]) -> int:
        """Count the plants of some kinds."""
        return sum(self.planted[kind] for kind in kinds)

    def recall(self, kinds: Sequence[str]) -> float | None:
        """Give the share of the plants of some kinds that was found; null where there are none."""
        planted = self.count(kinds)
        return sum(self.found[kind] for kind in kinds) / planted if planted else None

    def precision(self, templates: bool = False) -> float | None:
        """Give the share of the removed articles that are copies of the one that is kept, with or without templates."""
        kinds = [*planted_copies.KINDS, *(planted_templates.kinds() if templates else ())]
        found, wrong = (sum(counts[kind] for kind in kinds) for counts in (self.found, self.wrong))
        return found / (found + wrong) if found + wrong else None

    def merged(self, kinds: Sequence[str]) -> tuple[int, int]:
        """Count the articles of templates that were removed for another, and all but the first of each template."""
        planted = self.count(kinds)
        return sum(self.wrong[kind] for kind in kinds), planted - planted // planted_templates.INSTANCES


Tallies = dict[str, dict[str, Tally]]  # by finder and language
Swept = dict[tuple[Dedup, str], Tally]  # by settings and how the script is cut: words, characters, sounds


def check(path: str, dedup: Dedup) -> Tallies:
    """Plant copies and templates in the articles of a file and look for them, with every tool that is installed.

    Raises BuilderError for a file without any usable article.
    """
    return compare(path, {OURS: partial(find, dedup), **installed(dedup)}, 1)


def sweep(path: str, dedup: Dedup) -> Swept:
    """Try other settings than these on one article in EVERY: n-grams with thresholds, and bands with rows.

    Raises BuilderError for a file without any usable article.
    """
    changes: list[dict[str, Any]] = [
        {"ngram": ngram, "threshold": threshold} for ngram in NGRAMS for threshold in THRESHOLDS
    ]
    changes += [{"bands": bands, "rows": rows} for bands, rows in BANDS]
    tried = dict.fromkeys(dedup.model_copy(update=change) for change in changes)
    settings = {str(number): each for number, each in enumerate(tried)}
    found = compare(path, {name: partial(find, each) for name, each in settings.items()}, EVERY)
    sums: Swept = defaultdict(Tally)
    for name, languages in found.items():
        for tag, tally in languages.items():
            sums[settings[name], _cut(tag)] += tally
    return dict(sums)


def _cut(tag: str) -> str:
    script = expected_script(tag)
    return "sounds" if script in LETTERS else "characters" if script in CUT else "words"


def compare(path: str, finders: Mapping[str, Finder], every: int) -> Tallies:
    """Plant copies and templates in one article of so many, and let several finders look for them."""
    found: Tallies = {name: defaultdict(Tally) for name in finders}
    for languages in _together(path, every):
        for table in _planted(languages):
            tags, kinds, families = (table[name].to_pylist() for name in ("language", "kind", "family"))
            for name, finder in finders.items():
                for tag, kind in zip(tags, kinds, strict=True):
                    found[name][tag].planted[kind] += 1
                for row, kept in finder(table):
                    tally = found[name][tags[row]]
                    (tally.found if families[row] == families[kept] else tally.wrong)[kinds[row]] += 1
    return {name: dict(sorted(languages.items())) for name, languages in found.items()}


def _together(path: str, every: int) -> Iterator[list[list[Article]]]:
    """Yield the articles of some languages, a list for each tag; varieties of a language are never parted."""
    rows: dict[str, list[tuple[str, str, str | None, str]]] = defaultdict(list)
    for table in tables(path):
        usable = table.filter(pc.is_null(table["reason"]))
        for row in zip(*(usable[name].to_pylist() for name in ("tag", "language", "script", "text")), strict=True):
            rows[row[1]].append(row)
    if not rows:
        raise BuilderError(f"{path}: no article that can be used. Expected tagged articles, as a build reads them")
    some: list[list[Article]] = []
    for tag in sorted(rows, key=lambda tag: (base(tag), tag)):
        if sum(map(len, some)) >= TOGETHER and base(tag) != base(some[-1][0].language):
            yield some
            some = []
        some.append(planted_copies.articles(rows[tag][::every]))
    yield some


def _planted(languages: list[list[Article]]) -> Iterator[pa.Table]:
    """Yield tables of all articles with their copies, and of the templates of each kind."""
    together = [
        (article, of) for articles in languages for of in [planted_copies.stock(articles)] for article in articles
    ]
    yield _table([plant for article, of in together for plant in planted_copies.copies(article, of)])
    for kind in planted_templates.kinds():
        yield _table([plant for article, of in together for plant in planted_templates.instances(article, of, kind)])


def _table(those: list[Planted]) -> pa.Table:
    names = ("tag", "language", "script", "text", "reason", "kind", "family")
    rows = [(*each.article[:3], each.text, None, each.kind, each.family) for each in those]
    columns = list(zip(*rows, strict=True)) or [()] * len(names)
    return pa.table({name: pa.array(column, pa.string()) for name, column in zip(names, columns, strict=True)})


def find(dedup: Dedup, table: pa.Table) -> Pairs:
    """Find copies as a build does; the real article is the oldest."""
    words = fold.shingle_words(table)
    signed = minhash.sign(table, words, dedup.ngram, dedup.bands, dedup.rows, dedup.min_words)
    facts = _facts(signed)
    ranked = choose.ranked(facts, dedup.keep, dedup.sources, [0] * len(facts))

    def fetch(rows: Sequence[int], columns: list[str]) -> Iterator[tuple[Any, pa.Table]]:
        yield np.arange(len(rows)), signed.select(columns).take(pa.array(rows, pa.int64()))

    chosen, _ = match_articles(fetch, ranked, [facts[row] for row in ranked], dedup, 1.0)
    return [(copy.row, copy.kept) for copy in chosen if copy.removed]


def _facts(signed: pa.Table) -> list[Facts]:
    """Give what a build would know of plants: the tag's ID is the story."""
    columns = (signed[name].to_pylist() for name in ("tag", "kind", "exact_hash", "words", "script", "language"))
    found = []
    for number, (tag, kind, exact, words, script, language) in enumerate(zip(*columns, strict=True)):
        date = _FIRST if kind == planted_copies.ORIGINAL else _LATER
        story = tag.rpartition("-")[2], language
        found.append(Facts(f"{number:09}", exact, words or 0, script, None, date, (), story, None))
    return found
