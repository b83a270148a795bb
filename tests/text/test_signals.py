"""Signals: cases as data in many languages and scripts, n-grams against a slow count, and the details of faults."""

import re
import tomllib
import unicodedata
from collections import defaultdict
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from builder.checks.quality import check, markdown
from builder.config.quality import FAULTS, Fault, Quality
from builder.core import data
from builder.core.errors import BuilderError
from builder.core.schema import SIGNALS
from builder.text import quality, repetition, signals, words
from builder.text.fold import UNSPACED
from tests.conftest import TESTS

CASES = tomllib.loads((TESTS / "cases" / "signals.toml").read_text(encoding="utf-8"))


def prepared(texts: list[str | None], language: str = "en", script: str | None = "Latn") -> pa.Table:
    columns = {"text": texts, "language": [language] * len(texts), "script": [script] * len(texts)}
    reasons = ["no_text" if text is None else None for text in texts]
    return pa.table({name: pa.array(column, pa.string()) for name, column in {**columns, "reason": reasons}.items()})


def scored(texts: list[str | None], language: str = "en", script: str | None = "Latn") -> list[dict[str, Any]]:
    return list(signals.score(prepared(texts, language, script)).select(list(signals.NAMES)).to_pylist())


def check_case(case: dict[str, Any]) -> None:
    (found,) = scored([case["text"]], case["language"], case.get("script"))
    for name, wanted in case["expect"].items():
        if isinstance(wanted, list):
            assert found[name] == pytest.approx(wanted[0] / wanted[1], abs=1e-6), name
        else:
            assert found[name] == (None if wanted == "null" else wanted), name


@pytest.mark.parametrize("case", CASES["scored"], ids=lambda case: case["name"])
def test_a_text_has_the_signals_that_were_counted_by_hand(case: dict[str, Any]) -> None:
    check_case(case)


@pytest.mark.xfail(strict=True, raises=AssertionError)
@pytest.mark.parametrize("case", CASES["failing"], ids=lambda case: case["name"])
def test_a_known_misjudgement_still_happens(case: dict[str, Any]) -> None:
    check_case(case)


@pytest.mark.parametrize(
    ("name", "wanted", "text"),
    [
        (name, case[name], text)
        for case in CASES["endings"]
        for name in ("ends_in_stop", "cut_off")
        if name in case
        for text in case["texts"]
    ],
)
def test_an_ending_shows_whether_a_text_is_whole(name: str, wanted: bool, text: str) -> None:
    script = "Armn" if "Ա" in text else "Latn"
    assert scored([text], "und", script)[0][name] is wanted


def test_cases_have_many_languages_and_scripts() -> None:
    languages = {case["language"].split("-")[0] for case in CASES["scored"]}
    scripts = {case.get("script") for case in CASES["scored"]}
    assert len(languages) >= 16
    assert len(scripts) >= 12


def test_scripts_without_spaces_are_all_segmented() -> None:
    assert set(UNSPACED) - {"Tibt"} == words.DICTIONARY | words.LETTER_IS_WORD


def slow_words(text: str) -> list[str]:
    runs = re.findall(r"[^\W_]+", "".join(" " if character == "_" else character for character in text.lower()))
    return [run for run in runs if any(unicodedata.category(character)[0] in "LN" for character in run)]


def slow_shares(tokens: list[str]) -> dict[str, float]:
    """Count n-grams as tuples, by their definitions."""
    shares = {}
    for n in (*repetition.TOP, *repetition.DUPLICATE):
        starts: dict[tuple[str, ...], list[int]] = defaultdict(list)
        for at in range(len(tokens) - n + 1):
            starts[tuple(tokens[at : at + n])].append(at)
        twice = {gram: positions for gram, positions in starts.items() if len(positions) > 1}
        if n in repetition.TOP and twice:
            top = max(twice, key=lambda gram: (len(twice[gram]), len("".join(gram)), -twice[gram][0]))
            twice = {top: twice[top]}
        covered = {at + step for positions in twice.values() for at in positions for step in range(n)}
        kind = "top" if n in repetition.TOP else "duplicate"
        shares[f"{kind}_{n}gram_share"] = sum(len(tokens[at]) for at in covered) / sum(map(len, tokens))
    return shares


WORDY = st.lists(st.sampled_from(["a", "b", "le", "Le", "pont", "x1", "été"]), min_size=1, max_size=60)
PARTS = st.sampled_from([" ", ", ", ". ", "\n", "\n\n", " – "])


@given(st.lists(st.tuples(WORDY, PARTS, st.integers(1, 3)), min_size=1, max_size=6))
@settings(max_examples=150)
def test_ngrams_equal_a_slow_count(made: list[tuple[list[str], str, int]]) -> None:
    texts = [part.join(part.join(each) for _ in range(times)) for each, part, times in made]
    for text, found in zip(texts, scored(list(texts), "fr"), strict=True):
        tokens = slow_words(text)
        assert found["word_count"] == len(tokens)
        wanted = slow_shares(tokens)
        assert {name: found[name] for name in wanted} == pytest.approx(wanted, abs=1e-6)


@given(
    st.lists(st.text(st.characters(codec="utf-8"), max_size=60), max_size=8), st.sampled_from(["Latn", "Jpan", None])
)
@settings(max_examples=100)
def test_other_texts_do_not_change_the_signals_of_a_text(texts: list[str], script: str | None) -> None:
    alone = [scored([text], "ja", script)[0] for text in texts]
    assert scored([*texts, "Le pont.", None], "ja", script)[: len(texts)] == alone
    assert scored(list(reversed(texts)), "ja", script) == alone[::-1]


@given(st.text(st.characters(codec="utf-8"), max_size=200), st.sampled_from(["Latn", "Thai", "Tibt", "Yiii"]))
@settings(max_examples=150)
def test_shares_of_any_text_are_shares(text: str, script: str) -> None:
    (found,) = scored([text], "und", script)
    for name, value in found.items():
        if name.endswith("_share") and value is not None:
            assert 0 <= value <= 1, name


def test_rows_and_their_order_are_kept_and_unusable_ones_have_no_signals() -> None:
    table = prepared(["Oui.", None, "Non ! Si."])
    found = signals.score(table)
    assert found.select(table.column_names).equals(table)
    assert found.schema.names == [*table.schema.names, *signals.NAMES]
    assert [found.schema.field(field.name).type for field in SIGNALS] == [f.type for f in SIGNALS]
    rows = found.select(list(signals.NAMES)).to_pylist()
    assert set(rows[1].values()) == {None}
    assert [row["sentences"] for row in rows] == [1, None, 2]


@pytest.mark.parametrize("texts", [[], [None], ["", "\n"]])
def test_an_empty_table_or_text_is_scored(texts: list[str | None]) -> None:
    found = scored(texts)
    assert len(found) == len(texts)
    assert all(row["letter_share"] is None for row in found)


def test_a_text_of_more_than_a_block_is_one_text() -> None:
    sentence = "Le pont est ouvert depuis hier soir. "
    long = (sentence * (2 * signals.BLOCK_CHARACTERS // len(sentence))).strip()
    small, large, last = scored([sentence.strip(), long, "Fin."], "fr")
    assert large["sentences"] == long.count(".")
    assert large["duplicate_10gram_share"] == 1
    assert (small["sentences"], last["word_count"]) == (1, 1)


def test_every_fault_of_the_data_has_a_signal_a_threshold_and_a_source() -> None:
    rules = data.quality_rules()["faults"]
    assert tuple(rules) == FAULTS
    for rule in rules.values():
        assert rule["signal"] in signals.NAMES
        assert ("below" in rule) != ("above" in rule)
        assert rule["source"]


def faults_of(texts: list[str | None], policy: Quality, language: str = "en", script: str = "Latn") -> list[Any]:
    rows = scored(texts, language, script)
    columns = {name: [row[name] for row in rows] for name in signals.NAMES}
    return quality.faults(columns, [language] * len(rows), policy)


NEWS = "The bridge across the river was opened on Monday, the mayor of the town said in a short statement."
ANY = Quality(reject=FAULTS)


@pytest.mark.parametrize(
    ("fault", "text"),
    [
        ("too_short", "Read this now!"),
        ("few_letters", "1. 34:12 +5 (2)\n\n2. 35:01 +4 (1)\n\n3. 36:40 +1 (0) km"),
        (
            "repeated_lines",
            "\n\n".join(["Sign up for our newsletter", "More soon"] + ["Sign up for our newsletter"] * 3),
        ),
        ("repeated_words", "buy your tickets now " * 5 + "because they are cheap"),
        ("doubled", f"{NEWS} {NEWS}"),
        ("bullets", "• one bridge\n• two towns\n• three mayors"),
        ("ellipses", "The bridge was opened…\n\nThe mayor said in the town that it was…\n\nIt was."),
        ("capitals", NEWS.upper()),
        ("cut_off", "The bridge was opened.\n\nIt crosses the river.\n\nIt is new.\n\nThe mayor said…"),
    ],
)
def test_a_fault_is_found_and_rejects_only_on_request(fault: Fault, text: str) -> None:
    (found,) = faults_of([text], ANY)
    assert found[0] == fault
    (usual,) = faults_of([text], Quality())
    assert (usual is not None) == data.quality_rules()["faults"][fault]["reject"]
    assert faults_of([text], Quality(reject=())) == [None]


@pytest.mark.parametrize(
    ("language", "script", "flash"),
    [
        ("en", "Latn", NEWS),
        ("fi", "Latn", "Silta avattiin maanantaina liikenteelle Tampereella."),
        ("zh", "Hans", "市长周一说，跨江大桥已经通车。"),
        ("th", "Thai", "สะพานข้ามแม่น้ำเปิดใช้งานแล้วเมื่อวันจันทร์"),
        ("bo", "Tibt", "ཟམ་པ་གསར་པ་དེ་གཟའ་ཟླ་བར་སྒོ་ཕྱེས་པ་རེད།"),
        ("am", "Ethi", "አዲሱ ድልድይ ሰኞ ዕለት ለትራፊክ ተከፈተ።"),
        ("ko", "Kore", "새 다리가 월요일에 시민들에게 열렸다."),
    ],
)
def test_a_flash_of_one_sentence_has_no_fault(language: str, script: str, flash: str) -> None:
    assert faults_of([flash], ANY, language, script) == [None]


def test_the_detail_of_a_fault_gives_the_figure_and_the_expected_one() -> None:
    policy = Quality(languages={"en-GB": {"too_short": 40}})
    assert faults_of([NEWS], policy, "en-GB") == [("too_short", "19 words. Expected 40 or more")]
    assert faults_of([NEWS], policy, "en") == [None]
    (found,) = faults_of(["1 2 3 4 5 6 a"], Quality())
    assert found == ("few_letters", "14.29 % of its characters are letters. Expected 50 % or more")


def test_an_unknown_signal_is_not_a_fault() -> None:
    assert faults_of([None], ANY) == [None]


@pytest.mark.parametrize(
    "settings",
    [
        {"reject": ("boring",)},
        {"thresholds": {"boring": 1}},
        {"thresholds": {"too_short": -1}},
        {"languages": {"xq": {"too_short": 1}}},
        {"languages": {"zh_hant": {"too_short": 1}}},
        {"min_words": 5},
    ],
)
def test_meaningless_settings_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Quality.model_validate(settings)


def test_a_file_is_checked_by_language(tmp_path: Path) -> None:
    rows = [
        {"tag": "en-01", "title": "Bridge", "text": NEWS},
        {"tag": "en-02", "title": "Bridge", "text": f"{NEWS}\n\nRead more"},
        {"tag": "fr-01", "title": "Pont", "text": "Voir la vidéo."},
        {"tag": "xq-01", "title": "?", "text": NEWS},
    ]
    path = tmp_path / "agency.jsonl"
    path.write_bytes(b"\n".join(map(orjson.dumps, rows)))
    found = check(str(path))
    assert (found["records"], found["articles"], found["unusable"]) == (4, 3, {"tag": 1})
    assert found["languages"]["fr"]["faults"] == {"too_short": 1}
    assert found["languages"]["en"]["faults"] == {"cut_off": 1}
    assert found["languages"]["en"]["medians"]["word_count"] == 20
    assert found["signals"]["word_count"]["median"] == 19
    written = markdown(found, "news.jsonl")
    assert "| too_short | 1 | rejects |" in written
    assert "| cut_off | 1 | on request |" in written
    assert "4 records: 3 articles, 1 unusable (tag 1)." in written
    assert check(str(tmp_path)) == found


def test_a_file_of_a_language_folder_is_checked(tmp_path: Path) -> None:
    (tmp_path / "fr").mkdir()
    path = tmp_path / "fr" / "02.txt"
    path.write_text("Le pont\n\nLe pont est ouvert depuis lundi soir.", encoding="utf-8")
    assert list(check(str(path))["languages"]) == ["fr"]


@pytest.mark.parametrize("name", ["nowhere.jsonl", "notes.pdf"])
def test_a_missing_or_unknown_file_is_an_error(tmp_path: Path, name: str) -> None:
    (tmp_path / "notes.pdf").write_text("x")
    with pytest.raises(BuilderError):
        check(str(tmp_path / name))
