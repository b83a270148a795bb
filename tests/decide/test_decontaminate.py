"""Decontaminate: articles with texts of an evaluation set are rejected, and their details name the set and row."""

import gzip
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from builder.core.errors import ConfigError
from builder.pipeline.outcome import Outcome
from tests.conftest import build, decisions, write_raw
from tests.verify.test_leaks import text

Check = Callable[..., dict[str, Any]]


@pytest.fixture
def check(tmp_path: Path) -> Check:
    """Build articles (by tag) against evaluation texts, and return the decisions by tag."""

    def run(articles: dict[str, str], *sets: list[Any], name: str = "eval", **settings: Any) -> dict[str, Any]:
        paths = []
        for number, rows in enumerate(sets):
            paths.append(tmp_path / f"{name}{number or ''}.jsonl")
            lines = (row if isinstance(row, dict) else {"question": row} for row in rows)
            paths[-1].write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in lines))
        raw = b"\n".join(orjson.dumps({"tag": tag, "title": "t", "text": body}) for tag, body in articles.items())
        outcome = build(
            write_raw(tmp_path / "raw", {"a.jsonl": raw}),
            tmp_path / "out",
            {
                "language": {"reject": ()},
                "decontaminate": {"sets": tuple(map(str, paths)), **settings},
            },
        )
        return {row["tag"]: row for row in decisions(outcome).values()}

    return run


def words(language: str, seed: int, count: int) -> list[str]:
    return text(language, seed, 300).split()[:count]


def test_thirteen_words_in_a_row_of_an_evaluation_text_are_too_many_and_twelve_are_not(check: Check) -> None:
    question = words("fr", 1, 40)
    quoting = f"{text('fr', 2)} {' '.join(question[5:18])} {text('fr', 3)}"
    almost = f"{text('fr', 4)} {' '.join(question[5:17])} {text('fr', 5)}"
    found = check({"fr-1": quoting, "fr-2": almost, "fr-3": text("fr", 6)}, ["Autre chose", " ".join(question)])
    assert (found["fr-1"]["decision"], found["fr-1"]["reason"]) == ("rejected", "contaminated")
    assert found["fr-1"]["detail"].startswith("it contains 13 words of eval.jsonl:2: '")
    assert found["fr-2"]["decision"] == found["fr-3"]["decision"] == "kept"


def test_case_and_punctuation_hide_nothing_and_the_number_of_words_is_a_setting(check: Check) -> None:
    question = words("fr", 1, 40)
    quoting = f"{text('fr', 2)} « {', '.join(question[5:13]).upper()} » {text('fr', 3)}"
    assert (
        check({"fr-1": quoting, "fr-2": text("fr", 9)}, [" ".join(question)], ngram=8)["fr-1"]["decision"] == "rejected"
    )


def test_a_short_question_counts_as_a_whole(check: Check) -> None:
    question = words("fr", 1, 8)
    whole = f"{text('fr', 2)} {' '.join(question)} {text('fr', 3)}"
    part = f"{text('fr', 4)} {' '.join(question[:7])} {text('fr', 5)}"
    found = check({"fr-1": whole, "fr-2": part}, [" ".join(question), "Oui ou non", "Qui ?"])
    assert found["fr-1"]["detail"].startswith("it contains the whole of eval.jsonl:1: '")
    assert found["fr-2"]["decision"] == "kept"


def test_a_near_copy_of_a_text_without_thirteen_words_in_a_row_is_found(check: Check) -> None:
    question = words("fr", 1, 25)
    copy = [*question[:12], "autrement", *question[13:]]
    found = check({"fr-1": " ".join(copy), "fr-2": text("fr", 3)}, [{"input": {"passage": " ".join(question)}}])
    assert found["fr-1"]["detail"].startswith("0.769 similar to eval.jsonl:1")
    assert found["fr-2"]["decision"] == "kept"


@pytest.mark.parametrize(("language", "characters"), [("zh", 26), ("th", 52)])
def test_scripts_without_spaces_count_characters(check: Check, language: str, characters: int) -> None:
    question = text(language, 1)[:200]
    texts = [text(language, number)[:200] for number in range(2, 6)]
    enough, too_few = question[10 : 10 + characters], question[10 : 9 + characters]
    found = check(
        {f"{language}-1": texts[0] + enough + texts[1], f"{language}-2": texts[2] + too_few + texts[3]}, [question]
    )
    assert found[f"{language}-1"]["detail"].startswith(f"it contains {characters} characters of eval.jsonl:1: '")
    assert found[f"{language}-2"]["decision"] == "kept"


def test_every_set_is_searched_and_named(check: Check) -> None:
    first, second = (" ".join(words("fr", seed, 30)) for seed in (1, 2))
    articles = {"fr-1": f"{text('fr', 3)} {first}", "fr-2": f"{text('fr', 4)} {second}", "fr-3": text("fr", 5)}
    found = check(articles, [first], [{"choices": ["non", second]}])
    assert "eval.jsonl:1" in found["fr-1"]["detail"]
    assert "eval1.jsonl:1" in found["fr-2"]["detail"]


def test_sets_may_be_tables_too(tmp_path: Path) -> None:
    question = " ".join(words("fr", 1, 30))
    raw = b"\n".join(
        orjson.dumps({"tag": f"fr-{n}", "text": body})
        for n, body in enumerate([f"{text('fr', 2)} {question}", text("fr", 3)])
    )
    write_raw(tmp_path / "raw", {"a.jsonl": raw})
    pq.write_table(pa.table({"premise": [question]}), tmp_path / "e.parquet")
    (tmp_path / "e.csv").write_text(f'id;question\n1;"{question}"\n')
    (tmp_path / "e.jsonl.gz").write_bytes(gzip.compress(orjson.dumps({"q": question})))
    for name in ("e.parquet", "e.csv", "e.jsonl.gz"):
        settings = {"language": {"reject": ()}, "decontaminate": {"sets": (str(tmp_path / name),)}}
        assert build(tmp_path / "raw", tmp_path / f"out-{name}", settings).counts["kept"] == 1


def test_another_set_makes_another_release_and_the_same_does_not(tmp_path: Path) -> None:
    articles = [text("fr", number) for number in range(3)]
    raw = b"\n".join(orjson.dumps({"tag": f"fr-{n}", "text": body}) for n, body in enumerate(articles))
    write_raw(tmp_path / "raw", {"a.jsonl": raw})
    path = tmp_path / "e.jsonl"
    settings = {"language": {"reject": ()}, "decontaminate": {"sets": (str(path),)}}

    def run(question: str) -> Outcome:
        path.write_bytes(orjson.dumps({"q": question}))
        return build(tmp_path / "raw", tmp_path / "out", settings)

    assert run(text("fr", 9)).counts["kept"] == 3
    assert run(text("fr", 9)).changed is False
    changed = run(articles[1])
    assert (changed.changed, changed.counts["kept"]) == (True, 2)
    assert changed.path is not None
    assert "containing a text of `e.jsonl`" in (changed.path / "README.md").read_text()


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("gone.jsonl", None, "gone.jsonl cannot be read"),
        ("text.txt", b"What is this?", "text.txt is not a table"),
        ("bad.jsonl", b"{", r"bad.jsonl:1 json: the line is not valid JSON"),
    ],
)
def test_a_set_that_cannot_be_read_stops_the_build(
    tmp_path: Path, name: str, content: bytes | None, message: str
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    write_raw(tmp_path / "raw", {"a.jsonl": orjson.dumps({"tag": "fr-1", "text": text("fr", 1)})})
    with pytest.raises(ConfigError, match=message) as caught:
        build(tmp_path / "raw", tmp_path / "out", {"decontaminate": {"sets": (str(tmp_path / name),)}})
    assert str(caught.value).startswith("decontaminate.sets: ")


def test_a_common_hash_alone_is_not_evidence(check: Check, monkeypatch: pytest.MonkeyPatch) -> None:
    from builder.dedup import shingles

    whole = shingles.hashes
    monkeypatch.setattr("builder.decide.decontaminate.hashes", lambda *given: [each * 0 for each in whole(*given)])
    chance = random.Random(1)
    question = " ".join(chance.choices(words("fr", 1, 60), k=40))
    found = check({"fr-1": text("fr", 2), "fr-2": f"{text('fr', 3)} {question}"}, [question])
    assert [found[tag]["decision"] for tag in ("fr-1", "fr-2")] == ["kept", "rejected"]
