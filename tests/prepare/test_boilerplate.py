"""Boilerplate: lines that recur in a source are removed from the texts, and no others."""

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
    """Return articles of one source as JSON Lines: each has the first line, a text of its own, and the other lines."""
    made = [
        {"tag": f"fr-{source}{n}", "source": source, "text": "\n\n".join([lines[0], own(n), *lines[1:]]), **more}
        for n in range(count)
    ]
    return "\n".join(orjson.dumps(row).decode() for row in made)


def own(number: int) -> str:
    """Return two paragraphs that no other number has."""
    words = " ".join(FRENCH).replace(".", "").split()
    dealt = random.Random(number)
    return "\n\n".join(" ".join(dealt.sample(words, 25)) + f" numéro {number}." for _ in range(2))


def test_lines_that_recur_in_a_source_are_removed_from_its_articles(make: Callable[..., Outcome]) -> None:
    built = make({"a.jsonl": articles(6)})
    assert {row["text"] for row in rows(built)} == {own(number) for number in range(6)}
    for row in decisions(built).values():
        assert row["furniture"] == [COOKIES, FOOTER]


def test_a_line_that_continues_differently_is_recognised_by_its_beginning(make: Callable[..., Outcome]) -> None:
    texts = [
        {"tag": f"fr-{n}", "source": "Post", "text": f"{own(n)}\n\nLire aussi : une affaire {n}"} for n in range(6)
    ]
    built = make({"a.jsonl": "\n".join(orjson.dumps(row).decode() for row in texts)})
    assert all("Lire aussi" not in row["text"] for row in rows(built))
    assert decisions(built)["a.jsonl:3"]["furniture"][-1] == "Lire aussi : une affaire 2"


def test_lines_in_too_few_articles_of_a_source_are_not_boilerplate(make: Callable[..., Outcome]) -> None:
    files = {f"{source}.jsonl": articles(4, source) for source in ("A", "B", "C")}
    built = make(files, {"dedup": {"threshold": 1.0}})
    assert all(row["furniture"] is None for row in decisions(built).values())
    assert all(COOKIES in row["text"] for row in rows(built))


def test_a_line_that_is_rare_in_its_source_is_not_boilerplate(make: Callable[..., Outcome]) -> None:
    texts = [{"tag": f"fr-{n}", "source": "Post", "text": f"{own(n)}\n\n{COOKIES if n < 5 else n}"} for n in range(40)]
    raw = {"a.jsonl": "\n".join(orjson.dumps(row).decode() for row in texts)}
    assert all(row["furniture"] is None for row in decisions(make(raw, {"furniture": {"min_share": 0.2}})).values())


def test_revisions_of_one_article_lose_nothing(make: Callable[..., Outcome]) -> None:
    body = "\n\n".join(FRENCH)
    texts = [{"tag": f"fr-{n}", "source": "Post", "text": f"{body}\n\nMis à jour {n} fois."} for n in range(8)]
    built = make({"a.jsonl": "\n".join(orjson.dumps(row).decode() for row in texts)})
    assert all(row["furniture"] is None for row in decisions(built).values())
    assert built.counts == {**built.counts, "kept": 1, "duplicate": 7}


def test_boilerplate_does_not_make_copies(make: Callable[..., Outcome]) -> None:
    notice = "\n\n".join(
        f"Avis numéro {n} : ce site emploie des témoins de connexion et mesure son audience." for n in "abcd"
    )
    texts = [
        {"tag": f"fr-{n}", "source": "Post", "text": f"{notice}\n\n{own(n)}\n\nUn mot {n}.\n\nDeux {n}.\n\nTrois {n}."}
        for n in range(6)
    ]
    raw = {"a.jsonl": "\n".join(orjson.dumps(row).decode() for row in texts)}
    assert make(raw).counts["kept"] == 6


def test_an_article_of_only_boilerplate_is_rejected(make: Callable[..., Outcome]) -> None:
    bare = orjson.dumps({"tag": "fr-bare", "source": "Post", "text": f"{COOKIES}\n\n{FOOTER}"}).decode()
    row = decisions(make({"a.jsonl": articles(9), "b.jsonl": bare}))["b.jsonl"]
    assert (row["decision"], row["reason"]) == ("rejected", "furniture")
    assert row["furniture"] == [COOKIES, FOOTER]


def test_boilerplate_may_be_listed_and_left_in_the_text(make: Callable[..., Outcome]) -> None:
    built = make({"a.jsonl": articles(6)}, {"furniture": {"remove": False}})
    assert all(COOKIES in row["text"] for row in rows(built))
    assert all(row["furniture"] == [COOKIES, FOOTER] for row in decisions(built).values())


def test_boilerplate_does_not_cast_doubt_on_a_right_tag(make: Callable[..., Outcome]) -> None:
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
def test_the_remaining_text_and_the_moved_spans_fit_together(
    paragraphs: list[str], gone: set[str], data: st.DataObject
) -> None:
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
    for span in move_spans([{"start": start, "end": end, "language": "en"}], text, part):
        words = text[start:end].replace("\n", "")
        assert part.text[span["start"] : span["end"]].replace("\n", "") == words


@pytest.mark.parametrize("language", ["fr", "en", "ru", "zh"])
def test_leads_are_folded_and_the_longest_comes_first(language: str) -> None:
    phrases = [phrase for phrase, _ in leads()[language]]
    assert phrases == sorted(phrases, reverse=True)
    assert all(phrase == phrase.lower() for phrase in phrases)
