"""Splits: every language has its share, no published article moves, articles that belong together stay together."""

import random
from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from builder.config.sections import Ratios, SplitSettings
from builder.core.errors import ConfigError
from builder.core.terms import Split
from builder.pipeline.outcome import Outcome
from builder.splits.assign import SPLITS, Article, Dealt, deal, lacking, shares
from tests.conftest import decisions, rows

HALVES = SplitSettings(train=0.5, validation=0.25, test=0.25, min_articles=3)


def singles(count: int, language: str = "fr") -> list[Article]:
    return [Article(f"{language}-{number:04}", language, number, None, None, True) for number in range(count)]


def numbered(articles: list[Article]) -> list[Article]:
    """Give each article a unit of its own."""
    return [article._replace(unit=number) for number, article in enumerate(articles)]


def counted(articles: list[Article], dealt: list[Dealt]) -> dict[str, Counter[str]]:
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for article, assigned in zip(articles, dealt, strict=True):
        found[article.language][assigned.split or "-"] += 1
    return found


def test_every_language_has_its_share_of_every_split() -> None:
    articles = numbered([*singles(200, "fr"), *singles(60, "uz"), *singles(10, "am")])
    found = counted(articles, deal(articles, SplitSettings()))
    assert found == {
        "fr": {"train": 180, "validation": 10, "test": 10},
        "uz": {"train": 54, "validation": 3, "test": 3},
        "am": {"train": 8, "validation": 1, "test": 1},
    }


def test_a_language_with_few_articles_has_train_only_and_is_reported() -> None:
    articles = numbered([*singles(100, "fr"), *singles(9, "am")])
    dealt = deal(articles, SplitSettings())
    assert counted(articles, dealt)["am"] == {"train": 9}
    assert lacking(articles, dealt, SplitSettings()) == {"am": ["validation", "test"]}


def test_stories_over_all_languages_still_give_each_its_share() -> None:
    articles = [Article(f"{language}-{story}", f"l{language}", story, None, None, True)
                for language in range(30) for story in range(40)]  # fmt: skip
    dealt = deal(articles, SplitSettings())
    assert {tuple(sorted(found.items())) for found in counted(articles, dealt).values()} == {
        (("test", 2), ("train", 36), ("validation", 2))
    }


def test_a_language_has_ratios_of_its_own() -> None:
    fixed = SplitSettings.model_validate({"languages": {"uz": {"train": 0.0, "validation": 0.0, "test": 1.0}}})
    articles = numbered([*singles(50, "fr"), *singles(20, "uz-Latn")])
    assert counted(articles, deal(articles, fixed))["uz-Latn"] == {"test": 20}


def test_a_large_unit_does_not_fill_a_small_split() -> None:
    reports = [Article(f"fr-w{number}", "fr", -1, None, None, True) for number in range(60)]
    for salt in map(str, range(20)):
        dealt = deal([*singles(140), *reports], SplitSettings(salt=salt))
        assert {assigned.split for assigned in dealt[140:]} == {"train"}


def test_published_articles_stay_and_new_ones_of_their_unit_follow() -> None:
    for split in SPLITS:
        old = Article("fr-old", "fr", 0, None, split, True)
        new = Article("fr-new", "fr", 0, None, None, True)
        assert [found.split for found in deal([new, old, *numbered(singles(30))[1:]], SplitSettings())][:2] == [
            split,
            split,
        ]


def test_new_articles_follow_the_known_copy_of_a_vanished_one() -> None:
    copy = Article("fr-copy", "fr", 0, None, Split.TEST, False)
    new = Article("fr-new", "fr", 0, None, None, True)
    assert deal([copy, new], HALVES) == [Dealt(None), Dealt(Split.TEST)]


def test_a_train_article_of_a_story_that_is_now_in_test_is_left_out_or_reported() -> None:
    unit = [Article(f"fr-{split}", "fr", 0, None, split, True) for split in (*SPLITS, None)]
    train, validation, test, new = deal(unit, HALVES)
    assert (test, new) == (Dealt(Split.TEST), Dealt(Split.TEST))
    assert train.split is validation.split is None
    assert train.reason == validation.reason == "split_conflict"
    assert "belongs to train, but 'fr-None'" in str(train.detail)
    train, validation, test, new = deal(unit, HALVES.model_copy(update={"conflicts": "report"}))
    assert [found.split for found in (train, validation, test, new)] == ["train", "validation", "test", "test"]
    assert [found.mate for found in (train, validation, test, new)] == ["fr-None", "fr-None", None, None]


TIME = SplitSettings.model_validate(
    {"by": "time", "validation_from": "2024-05-01", "test_from": "2024-06-01", "embargo_days": 7}
)


@pytest.mark.parametrize(
    ("day", "split", "reason"),
    [
        ("2024-01-01", "train", None),
        ("2024-04-23T23:59", "train", None),
        ("2024-04-24", None, "embargo"),
        ("2024-05-01", "validation", None),
        ("2024-05-25", None, "embargo"),
        ("2024-06-01", "test", None),
        (None, None, "undated"),
    ],
)
def test_by_time_the_date_decides(day: str | None, split: str | None, reason: str | None) -> None:
    date = datetime.fromisoformat(day).replace(tzinfo=UTC) if day else None
    (found,) = deal([Article("fr-1", "fr", 0, date, None, True)], TIME)
    assert (found.split, found.reason) == (split, reason)


def test_the_settings_decide_about_articles_without_a_date() -> None:
    for split in SPLITS:
        (found,) = deal([Article("fr-1", "fr", 0, None, None, True)], TIME.model_copy(update={"undated": split}))
        assert found.split == split


def test_by_time_a_train_article_of_a_story_that_continues_in_test_is_left_out() -> None:
    days = [datetime(2024, 1, 1, tzinfo=UTC), datetime(2024, 7, 1, tzinfo=UTC)]
    early, late = deal([Article(f"fr-{day.month}", "fr", 0, day, None, True) for day in days], TIME)
    assert (early.reason, late.split) == ("split_conflict", "test")


def test_a_later_start_of_test_does_not_move_published_articles() -> None:
    may = datetime(2024, 7, 1, tzinfo=UTC)
    later = SplitSettings.model_validate({"by": "time", "test_from": "2024-09-01"})
    (found,) = deal([Article("fr-1", "fr", 0, may, Split.TEST, True)], later)
    assert (found.split, found.reason) == (None, "split_moved")


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"by": "time"}, "needs the first day"),
        ({"by": "time", "test_from": "2024-01-01", "validation_from": "2024-02-01"}, "is not before"),
        ({"test_from": "soon"}, "expected a day"),
        ({"languages": {"fr": {"train": 0.5}}}, "sum to 0.6"),
    ],
)
def test_wrong_settings_are_refused(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        SplitSettings.model_validate(wrong)


def test_days_may_be_written_as_toml_dates(make: Callable[..., Outcome], tmp_path: Any) -> None:
    from builder.config.load import load

    path = tmp_path / "builder.toml"
    path.write_text('[split]\nby = "time"\ntest_from = 2024-06-01\n')
    assert str(load(str(path)).split.test_from) == "2024-06-01"
    path.write_text('[split]\nby = "time"\n')
    with pytest.raises(ConfigError, match="needs the first day"):
        load(str(path))


CORPORA = st.lists(
    st.tuples(st.sampled_from(["fr", "en", "uz"]), st.integers(0, 30), st.booleans(), st.booleans()),
    min_size=1,
    max_size=60,
)


@given(st.lists(CORPORA, min_size=1, max_size=4), st.randoms(use_true_random=False))
@settings(max_examples=150)
def test_over_many_releases_nothing_published_moves_and_no_unit_is_parted(
    releases: list[list[tuple[str, int, bool, bool]]], chance: random.Random
) -> None:
    published: dict[str, Split] = {}
    for number, corpus in enumerate(releases):
        articles = []
        for at, (language, unit, kept, again) in enumerate(corpus):
            id = f"{language}-{at}" if again else f"{language}-{number}-{at}"
            articles.append(Article(id, language, unit, None, published.get(id), kept))
        dealt = deal(articles, HALVES)
        unit_splits: dict[int, set[str]] = defaultdict(set)
        for article, found in zip(articles, dealt, strict=True):
            assert (found.split is None) or article.kept
            if found.split is not None:
                assert published.setdefault(article.id, found.split) == found.split
                unit_splits[article.unit].add(found.split)
        assert all(len(splits) == 1 for splits in unit_splits.values())
        order = list(range(len(articles)))
        chance.shuffle(order)
        assert deal([articles[at] for at in order], HALVES) == [dealt[at] for at in order]


@given(st.dictionaries(st.sampled_from(["fr", "en", "uz"]), st.integers(1, 150), min_size=1), st.text(max_size=3))
@example({"fr": 142}, "¼\U0009d4bbâ")
@settings(max_examples=100)
def test_single_articles_come_within_one_of_their_share(sizes: dict[str, int], salt: str) -> None:
    articles = numbered([article for language, count in sizes.items() for article in singles(count, language)])
    found = counted(articles, deal(articles, SplitSettings(salt=salt)))
    for language, count in sizes.items():
        if count < 10:
            assert found[language] == {"train": count}
        else:
            for split, ratio in (("validation", 0.05), ("test", 0.05)):
                assert abs(found[language][split] - max(1, ratio * count)) <= 1
            assert found[language] == shares(count, SplitSettings())


@given(st.integers(1, 3000), st.integers(0, 100), st.integers(0, 100))
@example(100, 29, 0)  # 0.29 * 100 is 28.999999999999996
def test_shares_sum_to_the_articles_and_each_is_rounded_or_one(count: int, one: int, other: int) -> None:
    one = min(one, 100 - other)
    ratios = Ratios(train=(100 - one - other) / 100, validation=one / 100, test=other / 100)
    found = shares(count, ratios)
    assert sum(found.values()) == count
    for split, share in found.items():
        exact = getattr(ratios, split) * count
        if not exact:
            assert share == 0
        elif split == max(found, key=lambda name: found[name]):
            assert exact - 3 < share < exact + 1 + 1e-9
        else:
            assert share == 1 or abs(share - exact) < 1 + 1e-9
        assert share >= 1 or not exact or count < len(found)


def test_a_build_keeps_splits_over_releases_when_the_corpus_doubles(make: Callable[..., Outcome]) -> None:
    half = {"train": 0.5, "validation": 0.25, "test": 0.25, "min_articles": 3, "story_from": "none"}
    chance = random.Random(1)
    words = [f"mot{number}" for number in range(2000)]

    def raw(count: int) -> dict[str, str]:
        return {f"fr-{n:02}.txt": f"Titre {n}\n\n{' '.join(texts[n])}\n\nfr-{n:02}\n" for n in range(count)}

    texts = [chance.choices(words, k=80) for _ in range(24)]
    loose = {"language": {"reject": ()}, "quality": {"reject": ()}, "split": half}
    first = {row["id"]: row["split"] for row in rows(make(raw(12), loose))}
    assert set(first.values()) == set(SPLITS)
    second = {row["id"]: row["split"] for row in rows(make(raw(24), loose))}
    assert {id: second[id] for id in first} == first
    assert Counter(second.values()) == {"train": 12, "validation": 6, "test": 6}


def test_an_article_that_was_away_comes_back_to_its_split(make: Callable[..., Outcome]) -> None:
    loose = {
        "language": {"reject": ()},
        "quality": {"reject": ()},
        "split": {"train": 0.0, "validation": 0.0, "test": 1.0, "min_articles": 1},
    }
    trains = {
        "language": {"reject": ()},
        "quality": {"reject": ()},
        "split": {"train": 1.0, "validation": 0.0, "test": 0.0},
    }
    words = [f"mot{number}" for number in range(60)]
    one, other = " ".join(words), " ".join(reversed(words))
    (row,) = rows(make({"all.jsonl": f'{{"tag": "fr-1", "title": "Un", "text": "{one}"}}'}, loose))
    assert row["split"] == "test"
    away = make({"all.jsonl": f'{{"tag": "fr-2", "title": "Deux", "text": "{other}"}}'}, trains)
    assert [row["split"] for row in rows(away)] == ["train"]
    renamed = make({"all.jsonl": f'{{"tag": "fr-3", "title": "Trois", "text": "{one}"}}'}, trains)
    assert [(row["id"], row["split"]) for row in rows(renamed)] == [("fr-3", "test")]
    both = f'{{"tag": "fr-1", "text": "{other}"}}'
    with pytest.raises(Exception, match="records can be released"):
        make({"all.jsonl": both}, trains)


def test_a_new_article_that_joins_two_stories_takes_the_train_one_out(make: Callable[..., Outcome]) -> None:
    chance = random.Random(2)
    words = [f"mot{number}" for number in range(3000)]
    texts = [chance.choices(words, k=80) for _ in range(12)]
    half = {"train": 0.5, "validation": 0.25, "test": 0.25, "min_articles": 3, "story_from": "none"}
    loose = {"language": {"reject": ()}, "quality": {"reject": ()}, "split": half}

    def raw(more: list[list[str]]) -> dict[str, str]:
        made = [*texts, *more]
        return {f"fr-{n:02}.txt": f"Titre {n}\n\n{' '.join(words)}\n\nfr-{n:02}\n" for n, words in enumerate(made)}

    first = {row["split"]: row["id"] for row in rows(make(raw([]), loose))}
    joined = texts[int(first["train"][3:])][:60] + texts[int(first["test"][3:])][:60]
    built = make(raw([joined]), loose)
    found = {row["id"]: row["split"] for row in rows(built)}
    assert found["fr-12"] == found[first["test"]] == "test"
    assert first["train"] not in found
    assert decisions(built)[f"{first['train']}.txt"]["reason"] == "split_conflict"
    reported = make({}, {**loose, "split": {**half, "conflicts": "report"}})
    assert {row["id"]: row["split"] for row in rows(reported)}[first["train"]] == "train"
