"""Splits: by a salted hash of the story, so that nothing that comes or goes moves an article."""

from collections import Counter
from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from builder.pipeline import Outcome
from builder.splits import split_of
from tests.conftest import Files, rows
from tests.test_release import FRENCH, article


def test_the_ratios_are_kept() -> None:
    dealt = Counter(split_of(f"{number:05}", "news", 0.9, 0.05) for number in range(20_000))
    assert abs(dealt["train"] / 20_000 - 0.9) < 0.01
    assert abs(dealt["validation"] / 20_000 - 0.05) < 0.005
    assert abs(dealt["test"] / 20_000 - 0.05) < 0.005


def test_pinned_splits_never_move() -> None:
    dealt = {key: split_of(key, "news", 0.9, 0.05) for key in ("02", "0007", "101", "story-1", "33", "120", "12")}
    assert dealt == {
        "02": "train",
        "0007": "train",
        "101": "train",
        "story-1": "train",
        "33": "test",
        "120": "train",
        "12": "validation",
    }


def test_the_salt_deals_anew() -> None:
    one, other = ([split_of(str(number), salt, 0.5, 0.25) for number in range(100)] for salt in ("a", "b"))
    assert one != other


@given(st.text(max_size=20), st.floats(0, 0.9))
def test_a_larger_train_takes_from_the_others_and_gives_nothing_back(key: str, train: float) -> None:
    if split_of(key, "news", train, 0.05) == "train":
        assert split_of(key, "news", train + 0.1, 0.05) == "train"


def test_the_story_decides_and_where_it_comes_from_is_a_setting(make: Callable[..., Outcome]) -> None:
    texts = [FRENCH[number % 4] + f" {number} " * 40 for number in range(12)]
    raw: Files = {
        f"c{number}/fr-{number:02}.txt": article(text, f"fr-{number:02}") for number, text in enumerate(texts)
    }
    half = {"train": 0.5, "validation": 0.25, "test": 0.25}
    by_tag = {row["id"]: row for row in rows(make(raw, {"split": half}))}
    assert all(row["story"] == row["tag"].split("-")[1] for row in by_tag.values())
    assert all(row["split"] == split_of(row["story"], "news", 0.5, 0.25) for row in by_tag.values())
    alone = {row["id"]: row for row in rows(make({}, {"split": {**half, "story_from": "none"}}))}
    assert all(row["story"] is None for row in alone.values())
    assert all(row["split"] == split_of(id, "news", 0.5, 0.25) for id, row in alone.items())
    field = {row["id"]: row for row in rows(make({}, {"split": {**half, "story_from": "field"}}))}
    assert all(row["story"] is None for row in field.values())
