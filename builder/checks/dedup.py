"""How good the finding of copies is: copies and templates are planted in a file's articles, and looked for.

A removed article is rightly removed if it and the article that is kept are of one family: copies of one real article.
What a template gives are different articles, however similar. Varieties of a language (pt-BR, pt-PT) are looked at
together, and the story of an article is known, as it is in a build: one story in two varieties is no copy.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from builder import copies, near, shingles
from builder.alike import alike
from builder.checks import frames, plants
from builder.checks.plants import Article, Planted
from builder.checks.sample import tables
from builder.codes import base
from builder.config import Dedup
from builder.copies import Facts
from builder.errors import BuilderError

# Finds the copies in a table of plants (PLANTS): pairs of a row that is removed and the row that it is removed for.
Finder = Callable[[pa.Table], list[tuple[int, int]]]
PLANTS = ("tag", "language", "script", "text", "reason", "kind", "family")
AIMED = ("edited 1 %", "edited 3 %", "edited 5 %")  # edits that are to be found
TOGETHER = 1000  # articles, about, that are looked at together
_FIRST, _LATER = datetime(2020, 1, 1, tzinfo=UTC), datetime(2020, 1, 2, tzinfo=UTC)


@dataclass(slots=True)
class Tally:
    """What became of the plants of one language, by kind."""

    planted: Counter[str] = field(default_factory=Counter)
    found: Counter[str] = field(default_factory=Counter)  # removed for an article of their family
    wrong: Counter[str] = field(default_factory=Counter)  # removed for another


def check(path: str, find: Finder, only: Sequence[str] = ()) -> dict[str, Tally]:
    """Plant copies and templates in the articles of a file (of some languages only) and look for them.

    Raises BuilderError for a file without any usable article.
    """
    found: dict[str, Tally] = defaultdict(Tally)
    for languages in _together(path, only):
        for table in _planted(languages):
            for kind, tag in zip(table["kind"].to_pylist(), table["language"].to_pylist(), strict=True):
                found[tag].planted[kind] += 1
            columns = (table[name].to_pylist() for name in ("language", "kind", "family"))
            tags, kinds, families = (list(column) for column in columns)
            for row, kept in find(table):
                tally = found[tags[row]]
                (tally.found if families[row] == families[kept] else tally.wrong)[kinds[row]] += 1
    return dict(sorted(found.items()))


def _together(path: str, only: Sequence[str]) -> Iterator[list[list[Article]]]:
    """Yield the articles of some languages, a list for each tag; varieties of a language are never parted."""
    rows: dict[str, list[tuple[str, str, str | None, str]]] = defaultdict(list)
    for table in tables(path):
        usable = table.filter(pc.is_null(table["reason"]))
        for row in zip(*(usable[name].to_pylist() for name in ("tag", "language", "script", "text")), strict=True):
            rows[row[1]].append(row)
    if not rows:
        raise BuilderError(f"{path}: no article that can be used. Expected tagged articles, as a build reads them")
    some: list[list[Article]] = []
    chosen = [tag for tag in sorted(rows) if not only or tag in only]
    for tag in sorted(chosen, key=base):
        if sum(map(len, some)) >= TOGETHER and base(tag) != base(some[-1][0].language):
            yield some
            some = []
        some.append(plants.articles(rows[tag]))
    yield some


def _planted(languages: list[list[Article]]) -> Iterator[pa.Table]:
    """Yield tables (PLANTS) of all articles with their copies, and of the templates of each kind."""
    stocks = [plants.stock(articles) for articles in languages]
    together = list(zip(languages, stocks, strict=True))
    yield _table([plant for articles, of in together for article in articles for plant in plants.copies(article, of)])
    for kind in frames.kinds():
        made = [frames.instances(article, of, kind) for articles, of in together for article in articles]
        yield _table([plant for instances in made for plant in instances])


def _table(those: list[Planted]) -> pa.Table:
    rows = [(each.article.tag, *each.article[1:3], each.text, None, each.kind, each.family) for each in those]
    columns = list(zip(*rows, strict=True)) or [()] * len(PLANTS)
    return pa.table({name: pa.array(column, pa.string()) for name, column in zip(PLANTS, columns, strict=True)})


def product(dedup: Dedup) -> Finder:
    """Give the finder that a build uses, with these settings."""

    def find(table: pa.Table) -> list[tuple[int, int]]:
        words = shingles.shingle_words(table)
        signed = near.sign(table, words, dedup.ngram, dedup.bands, dedup.rows, dedup.min_words)
        facts = _facts(signed)
        ranked = copies.ranked(facts, dedup.keep, dedup.sources, [0] * len(facts))
        facts = [facts[row] for row in ranked]

        def fetch(rows: Sequence[int], columns: list[str]) -> Iterator[tuple[Any, pa.Table]]:
            yield np.arange(len(rows)), signed.select(columns).take(pa.array(rows, pa.int64()))

        chosen, _ = alike(fetch, ranked, facts, dedup, 1.0)
        return [(copy.row, copy.kept) for copy in chosen if copy.removed]

    return find


def _facts(signed: pa.Table) -> list[Facts]:
    """Give what is known of plants: the article itself is older than its copies, and each tag's ID is a story."""
    names = ("tag", "kind", "exact_hash", "words", "script", "language")
    return [
        Facts(
            f"{number:08}",
            exact,
            words or 0,
            script,
            None,
            _FIRST if kind == "original" else _LATER,
            (),
            (tag.removeprefix(language), language),
            False,
        )
        for number, (tag, kind, exact, words, script, language) in enumerate(
            zip(*(signed[name].to_pylist() for name in names), strict=True)
        )
    ]
