"""Growth: a corpus grows, shrinks and is revised over releases; no article published in test is trained on."""

import random
from itertools import combinations
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from builder.dedup.shingles import jaccard, shingles
from builder.text.fold import fold_words
from tests.conftest import build, containment, rows, write_raw

SETTINGS: dict[str, Any] = {
    "language": {"reject": ()},
    "quality": {"reject": ()},
    "furniture": {"remove": False},
    "split": {"train": 0.5, "validation": 0.25, "test": 0.25, "min_articles": 3, "story_from": "field"},
}
WORDS = [f"mot{number}" for number in range(3000)]


def text(seed: int, words: int = 80) -> list[str]:
    return random.Random(seed).choices(WORDS, k=words)


def edited(words: list[str], seed: int) -> list[str]:
    chance = random.Random(seed)
    changed = list(words)
    for at in chance.sample(range(len(words)), max(1, len(words) // 40)):
        changed[at] = chance.choice(WORDS)
    return changed


# Changes of a corpus between two releases: a kind, and a seed that chooses the articles.
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["new", "copy", "edit", "cut", "join", "remove", "revise", "rename", "story"]),
        st.integers(0, 10_000),
    ),
    min_size=1,
    max_size=6,
)


class Press:
    """A corpus that changes: articles by id."""

    def __init__(self) -> None:
        self.articles: dict[str, dict[str, Any]] = {}
        self._number = 0

    def add(self, words: list[str], story: str | None = None) -> None:
        id = f"fr-{self._number:03}"
        self.articles[id] = {"tag": id, "title": f"Titre {self._number}", "text": " ".join(words), "story": story}
        self._number += 1

    def step(self, kind: str, seed: int) -> None:
        chance = random.Random(seed)
        if kind == "new" or len(self.articles) < 3:
            self.add(text(seed))
            return
        one, other = chance.sample(sorted(self.articles), 2)
        words = self.articles[one]["text"].split()
        if kind == "copy":
            self.add(words)
        elif kind == "edit":
            self.add(edited(words, seed))
        elif kind == "cut":
            self.add(words[: max(40, len(words) * 2 // 3)])
        elif kind == "join":  # makes one story of both, or contains both
            self.add(words[: len(words) // 2] + self.articles[other]["text"].split()[:60])
        elif kind == "remove":
            del self.articles[one]
        elif kind == "revise":
            self.articles[one]["text"] = " ".join(edited(words, seed))
        elif kind == "rename":
            self.add(words)
            del self.articles[one]
        elif kind == "story":
            self.articles[one]["story"] = self.articles[other]["story"] = f"s{seed % 3}"


def leaks(found: list[dict[str, Any]]) -> list[tuple[str, str, str]]:
    """Compare all pairs in different splits the slow way."""
    import pyarrow as pa

    scripts = pa.array(["Latn"] * len(found))
    sets = shingles(fold_words(pa.array([row["text"] for row in found]), scripts), scripts, 3)
    return [
        (one["id"], other["id"], why)
        for (one, first), (other, second) in combinations(zip(found, sets, strict=True), 2)
        if one["split"] != other["split"]
        for why in [
            "near"
            if jaccard(first, second) >= 0.6
            else "contained"
            if containment(first, second) >= 0.9
            else "story"
            if one["story"] is not None and one["story"] == other["story"]
            else ""
        ]
        if why
    ]


@pytest.mark.slow
@given(st.lists(STEPS, min_size=2, max_size=4), st.integers(0, 1000))
@settings(max_examples=15, derandomize=True, suppress_health_check=list(HealthCheck))
def test_no_article_published_in_test_is_trained_on_and_no_copy_straddles_splits(
    changes: list[list[tuple[str, int]]], seed: int
) -> None:
    press = Press()
    for number in range(8):
        press.add(text(seed * 100 + number))
    split_of: dict[str, str] = {}  # of ids and of texts
    with TemporaryDirectory() as folder:
        for steps in ([], *changes):
            for kind, chosen in steps:
                press.step(kind, chosen)
            raw = b"\n".join(orjson.dumps(article) for article in press.articles.values())
            outcome = build(write_raw(Path(folder) / "raw", {"all.jsonl": raw}), Path(folder) / "out", SETTINGS)
            found = rows(outcome)
            assert leaks(found) == []
            for row in found:
                for key in (row["id"], row["text"]):
                    before = split_of.setdefault(key, row["split"])
                    assert {before, row["split"]} != {"train", "test"}, (key, before, row["split"])


def test_a_story_that_is_changed_by_hand_stays_in_one_split(tmp_path: Path) -> None:
    """Move an article from the story that it was published with, in validation, to a story in test."""
    press = Press()
    for number in range(8):
        press.add(text(number))
    for stories in ({}, {"fr-006": "s0", "fr-011": "s0"}, {"fr-006": "s1", "fr-007": "s1"}):
        if stories and "fr-011" not in press.articles:
            for seed in (0, 0, 0):
                press.step("new", seed)
            press.add(text(1022))
        for id, story in stories.items():
            press.articles[id]["story"] = story
        raw = b"\n".join(orjson.dumps(article) for article in press.articles.values())
        found = rows(build(write_raw(tmp_path / "raw", {"all.jsonl": raw}), tmp_path / "out", SETTINGS))
    assert leaks(found) == []
