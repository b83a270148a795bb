"""The press of the benchmarks: its seed decides it, and its articles are of the kind that it declares."""

from collections import Counter
from itertools import pairwise

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from benchmarks import press
from builder.dedup.shingles import jaccard, shingles
from builder.text.fold import fold_words
from tests.conftest import containment

ARTICLES = 7 * press.SHARD - 100  # one shard of each language, and one more that is not full


@pytest.fixture(scope="module")
def made() -> pa.Table:
    return pa.concat_tables(press.shards(ARTICLES, seed=5))


def test_the_seed_decides_all_and_another_seed_gives_others(made: pa.Table) -> None:
    assert press.shard(3, ARTICLES, seed=5).equals(made.slice(3 * press.SHARD, press.SHARD))
    press.tongue.cache_clear()
    assert press.shard(3, ARTICLES, seed=5).equals(made.slice(3 * press.SHARD, press.SHARD))
    assert not press.shard(3, ARTICLES, seed=6)["text"].equals(made["text"].slice(3 * press.SHARD, press.SHARD))


def test_a_press_has_as_many_articles_as_asked_for_of_about_3_kilobytes(made: pa.Table) -> None:
    assert made.schema == press.SCHEMA
    assert len(made) == len(set(made["id"].to_pylist())) == ARTICLES
    for language in press.LANGUAGES:
        sizes = pc.binary_length(made.filter(pc.equal(made["language"], language))["text"])
        assert 2700 < pc.mean(sizes).as_py() < 3300


def test_the_shares_of_planted_articles_are_right(made: pa.Table) -> None:
    kinds = Counter(made["kind"].to_pylist())
    for kind, share in press.SHARES.items():
        assert 0.6 * share < kinds[kind] / ARTICLES < 1.4 * share, kind
    assert set(kinds) == {"original", *press.SHARES}
    assert made.filter(pc.equal(made["kind"], "original"))["of"].null_count == kinds["original"]


def test_planted_copies_have_the_similarity_of_their_kind(made: pa.Table) -> None:
    texts = dict(zip(made["id"].to_pylist(), made["text"].to_pylist(), strict=True))
    planted = made.filter(pc.is_in(made["kind"], pa.array(["exact", "edited", "cut"])))
    originals = pa.array([texts[of] for of in planted["of"].to_pylist()])
    scripts = planted["script"]
    one, other = (shingles(fold_words(some, scripts), scripts, 3) for some in (planted["text"], originals))
    for kind, first, second in zip(planted["kind"].to_pylist(), one, other, strict=True):
        if kind == "edited":
            assert 0.5 < jaccard(first, second) < 1
        elif kind == "cut":
            assert containment(first, second) > 0.97 > jaccard(first, second)
    for kind, copied, original in zip(
        planted["kind"].to_pylist(), planted["text"].to_pylist(), originals.to_pylist(), strict=True
    ):
        assert (copied == original) == (kind == "exact")


def test_reports_of_one_template_differ_only_in_numbers_and_reprints_hardly(made: pa.Table) -> None:
    for kind, low, high in (("template", 0.2, 0.9), ("reprint", 0.8, 1.0)):
        some = made.filter(pc.equal(made["kind"], kind)).sort_by("of")
        found = shingles(fold_words(some["text"], some["script"]), some["script"], 3)
        alike = [
            jaccard(one, other)
            for (one, of), (other, name) in pairwise(zip(found, some["of"].to_pylist(), strict=True))
            if of == name
        ]
        assert len(alike) > 40
        assert low < sum(alike) / len(alike) < high, kind


def test_words_follow_zipfs_law(made: pa.Table) -> None:
    french = made.filter(pc.equal(made["language"], "fr"))
    words = Counter(word for text in fold_words(french["text"], french["script"]).to_pylist() for word in text.split())
    ranked = [count for _, count in words.most_common()]
    total = sum(ranked)
    assert len(ranked) > 20_000
    assert 0.02 < ranked[0] / total < 0.06
    assert 5 < ranked[9] / ranked[99] < 11  # about as 1 / (rank + HEAD)
