"""Furniture of the page: what recurs over a source leaves the texts, and nothing else does."""

import random
from collections.abc import Callable
from typing import Any

import numpy as np
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from builder.pipeline.outcome import Outcome
from builder.text.lines import leads, line_keys, move_spans, strip_lines
from tests.conftest import decisions, rows
from tests.release.test_write import FRENCH

COOKIES = "We use cookies to make this site better. Accept all."
FOOTER = "© Harbour Post. All rights reserved."


def articles(count: int, source: str = "Post", lines: tuple[str, ...] = (COOKIES, FOOTER), **more: Any) -> str:
    """Give articles of one source as JSON Lines: the first line, a text of its own, and the others."""
    said = [
        {"tag": f"fr-{source}{n}", "source": source, "text": "\n\n".join([lines[0], own(n), *lines[1:]]), **more}
        for n in range(count)
    ]
    return "\n".join(orjson.dumps(row).decode() for row in said)


def own(number: int) -> str:
    """Give two paragraphs that no other number has."""
    words = " ".join(FRENCH).replace(".", "").split()
    dealt = random.Random(number)
    return "\n\n".join(" ".join(dealt.sample(words, 25)) + f" numéro {number}." for _ in range(2))


def test_lines_that_recur_over_a_source_leave_its_articles(make: Callable[..., Outcome]) -> None:
    built = make({"a.jsonl": articles(6)})
    assert {row["text"] for row in rows(built)} == {own(number) for number in range(6)}
    for row in decisions(built).values():
        assert row["furniture"] == [COOKIES, FOOTER]


def test_a_line_that_goes_on_differently_is_known_by_how_it_begins(make: Callable[..., Outcome]) -> None:
    texts = [
        {"tag": f"fr-{n}", "source": "Post", "text": f"{own(n)}\n\nLire aussi : une affaire {n}"} for n in range(6)
    ]
    built = make({"a.jsonl": "\n".join(orjson.dumps(row).decode() for row in texts)})
    assert all("Lire aussi" not in row["text"] for row in rows(built))
    assert decisions(built)["a.jsonl:3"]["furniture"][-1] == "Lire aussi : une affaire 2"


def test_too_few_articles_or_another_source_make_no_furniture(make: Callable[..., Outcome]) -> None:
    files = {f"{source}.jsonl": articles(4, source) for source in ("A", "B", "C")}
    built = make(files, {"dedup": {"threshold": 1.0}})
    assert all(row["furniture"] is None for row in decisions(built).values())
    assert all(COOKIES in row["text"] for row in rows(built))


def test_a_line_that_is_rare_in_its_source_is_no_furniture(make: Callable[..., Outcome]) -> None:
    texts = [{"tag": f"fr-{n}", "source": "Post", "text": f"{own(n)}\n\n{COOKIES if n < 5 else n}"} for n in range(40)]
    raw = {"a.jsonl": "\n".join(orjson.dumps(row).decode() for row in texts)}
    assert all(row["furniture"] is None for row in decisions(make(raw, {"furniture": {"min_share": 0.2}})).values())


def test_revisions_of_one_article_lose_nothing(make: Callable[..., Outcome]) -> None:
    body = "\n\n".join(FRENCH)
    texts = [{"tag": f"fr-{n}", "source": "Post", "text": f"{body}\n\nMis à jour {n} fois."} for n in range(8)]
    built = make({"a.jsonl": "\n".join(orjson.dumps(row).decode() for row in texts)})
    assert all(row["furniture"] is None for row in decisions(built).values())
    assert built.counts == {**built.counts, "kept": 1, "duplicate": 7}


def test_furniture_makes_no_copies(make: Callable[..., Outcome]) -> None:
    notice = "\n\n".join(
        f"Avis numéro {n} : ce site emploie des témoins de connexion et mesure son audience." for n in "abcd"
    )
    texts = [
        {"tag": f"fr-{n}", "source": "Post", "text": f"{notice}\n\n{own(n)}\n\nUn mot {n}.\n\nDeux {n}.\n\nTrois {n}."}
        for n in range(6)
    ]
    raw = {"a.jsonl": "\n".join(orjson.dumps(row).decode() for row in texts)}
    assert make(raw).counts["kept"] == 6


def test_an_article_of_nothing_but_furniture_is_rejected(make: Callable[..., Outcome]) -> None:
    bare = orjson.dumps({"tag": "fr-bare", "source": "Post", "text": f"{COOKIES}\n\n{FOOTER}"}).decode()
    row = decisions(make({"a.jsonl": articles(9), "b.jsonl": bare}))["b.jsonl"]
    assert (row["decision"], row["reason"]) == ("rejected", "furniture")
    assert row["furniture"] == [COOKIES, FOOTER]


def test_furniture_may_be_marked_and_left(make: Callable[..., Outcome]) -> None:
    built = make({"a.jsonl": articles(6)}, {"furniture": {"remove": False}})
    assert all(COOKIES in row["text"] for row in rows(built))
    assert all(row["furniture"] == [COOKIES, FOOTER] for row in decisions(built).values())


def test_a_right_tag_is_not_doubted_for_its_furniture(make: Callable[..., Outcome]) -> None:
    notice = " ".join(["This website uses cookies and similar technologies to give you the best experience."] * 8)
    short = [
        {"tag": f"fr-{n}", "source": "Post", "text": f"{own(n)}\n\n{notice}\n\nFin de l’article numéro {n}."}
        for n in range(6)
    ]
    built = make({"a.jsonl": "\n".join(orjson.dumps(row).decode() for row in short)})
    assert {row["language_verdict"] for row in rows(built)} == {"agree"}
    assert len(rows(built)) == 6


TEXTS = st.lists(
    st.sampled_from(["Un.", "Deux deux.", "Trois", "* * *", "Quatre\nCinq", "Six."]), min_size=1, max_size=8
)


@given(TEXTS, st.sets(st.sampled_from(["Un.", "Trois", "Cinq", "Six."])), st.data())
def test_what_is_left_and_what_moved_fit_together(paragraphs: list[str], gone: set[str], data: st.DataObject) -> None:
    text = "\n\n".join(paragraphs)
    keys = np.unique(np.array([line_keys(line, "fr")[0] for line in sorted(gone)], np.uint64))
    part = strip_lines(text, "fr", keys)
    assert sorted(part.removed) == sorted(line for line in text.split("\n") if line in gone)
    left = [line for line in text.split("\n") if line not in gone]
    assert [line for line in part.text.split("\n") if line] == [line for line in left if line]
    assert [text[start:end] for start, end in part.kept] == [
        part.text[at : at + end - start] for (start, end), at in zip(part.kept, part.positions, strict=True)
    ]
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    for found in move_spans([{"start": start, "end": end, "language": "en"}], text, part):
        said = text[start:end].replace("\n", "")
        assert part.text[found["start"] : found["end"]].replace("\n", "") == said


@pytest.mark.parametrize("language", ["fr", "en", "ru", "zh"])
def test_leads_are_folded_and_the_longest_comes_first(language: str) -> None:
    phrases = [phrase for phrase, _ in leads()[language]]
    assert phrases == sorted(phrases, reverse=True)
    assert all(phrase == phrase.lower() for phrase in phrases)
