"""Personal data: cases as data, with negatives in many languages; and invariants."""

import tomllib
import unicodedata
from importlib import resources
from typing import Any

import langcodes
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from builder.core.errors import ConfigError
from builder.core.schema import PRIVACY
from builder.text import personal_data
from tests.conftest import TESTS

CASES: dict[str, Any] = tomllib.loads((TESTS / "cases" / "privacy.toml").read_text("utf-8"))
COLUMNS = ("title", "text", "language", "reason")
COUNTS = [field.name for field in PRIVACY]
UNTOUCHED = [(language, text) for language, texts in CASES["untouched"].items() for text in texts]

# Pieces of personal data, which random texts put next to one another as almost-numbers of all kinds.
PIECES = st.sampled_from(
    [
        *(
            "jo@example.org",
            "@",
            "a@b",
            ".org",
            "почта@пример.рф",
            "用户@例子.中国",
            "+33 1 99 00 12 34",
            "01 99 00 12 34",
            "+1",
        ),
        *(
            "(202) 555-0123",
            "202-555-0123",
            "Tel. ",
            "IP ",
            "version ",
            "№ ",
            "192.0.2.1",
            "9.9.9.9",
            "2001:db8::1",
            "::",
        ),
        *(
            "DE89 3704 0044 0532 0130 00",
            "4111 1111 1111 1111",
            "4111111111111111",
            "12",
            "0",
            "٠١",
            "१",
            "５",
            " ",
            " ",
            "-",
        ),
        *("/", "(", ")", ".", ",", ":", "\n", "\N{NO-BREAK SPACE}", "a", "é", "ж", "中", "[", "]", "€", "e", "x"),
    ]
)
TEXTS = st.one_of(st.text(), st.lists(PIECES).map("".join))
LANGUAGES = st.sampled_from(["fr", "en", "de", "ru", "zh", "hi", "ar", "es-419", None])
MASKS = st.sets(st.sampled_from(personal_data.KINDS)).map(lambda kinds: tuple(sorted(kinds)))


def table(
    text: str | None, language: str | None = "en", title: str | None = None, reason: str | None = None
) -> pa.Table:
    row = {"title": title, "text": text, "language": language, "reason": reason}
    return pa.table({name: pa.array([row[name]], pa.string()) for name in COLUMNS})


def masked(text: str, language: str | None, mask: tuple[str, ...] = personal_data.KINDS) -> str:
    return str(personal_data.find(table(text, language), mask)["text"][0].as_py())


@pytest.mark.parametrize("case", CASES["found"], ids=lambda case: f"{case['language']}: {case['what']}")
def test_personal_data_is_counted_and_masked_in_text_and_title(case: dict[str, Any]) -> None:
    result = personal_data.find(table(case["text"], case["language"], title=case["text"]), personal_data.KINDS)
    assert result["text"].to_pylist() == result["title"].to_pylist() == [case["masked"]]
    assert {name: result[name][0].as_py() for name in COUNTS} == {name: case.get(name, 0) for name in COUNTS}


@pytest.mark.parametrize(("language", "text"), UNTOUCHED)
def test_text_that_only_looks_like_personal_data_stays(language: str, text: str) -> None:
    assert personal_data.spans(text, language) == []


def test_the_negatives_are_many_and_in_many_languages() -> None:
    assert len(UNTOUCHED) >= 60
    assert len(CASES["untouched"]) >= 15


@pytest.mark.parametrize(
    "case",
    [pytest.param(case, marks=pytest.mark.xfail(strict=True, reason=case["what"])) for case in CASES["known_failure"]],
    ids=lambda case: case["what"],
)
def test_a_known_failure_still_fails(case: dict[str, Any]) -> None:
    assert masked(case["text"], case["language"]) == case["masked"]


def test_only_the_kinds_that_are_named_are_masked_but_all_are_counted() -> None:
    result = personal_data.find(table("jo@example.org, +1 202-555-0123, 192.0.2.1"), ("phone",))
    assert result["text"].to_pylist() == ["jo@example.org, [PHONE], 192.0.2.1"]
    assert [result[name][0].as_py() for name in COUNTS] == [1, 1, 1, 0]


def test_nothing_is_changed_without_a_mask() -> None:
    before = table("jo@example.org", title="jo@example.org")
    assert personal_data.find(before, ()).select(before.column_names).equals(before)


def test_a_match_in_the_title_alone_is_masked_and_not_counted() -> None:
    result = personal_data.find(table("Nothing.", title="Write to jo@example.org"), personal_data.KINDS)
    assert result["title"].to_pylist() == ["Write to [EMAIL]"]
    assert result["emails"].to_pylist() == [0]


@pytest.mark.parametrize("row", [table("jo@example.org", reason="decode"), table(None)])
def test_an_unusable_record_stays_as_it_is_and_its_counts_are_unknown(row: pa.Table) -> None:
    result = personal_data.find(row, personal_data.KINDS)
    assert result.select(row.column_names).equals(row)
    assert [result[name].to_pylist() for name in COUNTS] == [[None]] * len(COUNTS)


def test_rows_keep_their_order_and_chunks_do_not_matter() -> None:
    texts = ["jo@example.org and jo@example.com", "", "a\n\nb", "192.0.2.1\n\njo@example.org"]
    chunked = pa.concat_tables([table(text) for text in texts])
    result = personal_data.find(chunked, personal_data.KINDS)
    assert result.schema == pa.schema([*chunked.schema, *PRIVACY])
    assert result["text"].to_pylist() == ["[EMAIL] and [EMAIL]", "", "a\n\nb", "[IP]\n\n[EMAIL]"]
    assert result["emails"].to_pylist() == [2, 0, 0, 1]
    assert result.equals(personal_data.find(chunked.combine_chunks(), personal_data.KINDS))
    assert personal_data.find(chunked.slice(0, 0), personal_data.KINDS).schema == result.schema


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(ConfigError, match="emails"):
        personal_data.find(table("x"), ("emails",))


@given(TEXTS, LANGUAGES, MASKS)
def test_masking_twice_is_masking_once(text: str, language: str | None, mask: tuple[str, ...]) -> None:
    once = masked(text, language, mask)
    assert masked(once, language, mask) == once


@given(TEXTS, LANGUAGES)
def test_the_filter_misses_nothing_and_each_line_is_independent(text: str, language: str | None) -> None:
    assert masked(text, language) == personal_data.masked(
        text, personal_data.spans(text, language), personal_data.KINDS
    )


@given(st.text(st.characters(exclude_categories=["Nd"], exclude_characters="@＠")), LANGUAGES)
def test_a_text_without_digits_and_at_signs_is_never_changed(text: str, language: str | None) -> None:
    assert personal_data.spans(text, language) == []


BOILERPLATE: dict[str, dict[str, list[str]]] = tomllib.loads(
    resources.files("builder").joinpath("data/furniture.toml").read_text("utf-8")
)
PHRASES = [(kind, language) for kind, languages in BOILERPLATE.items() for language in languages]
# The first words of the Unicode names of a script's letters.
NAMES = {
    **{"Latn": "LATIN", "Cyrl": "CYRILLIC", "Grek": "GREEK", "Hebr": "HEBREW", "Arab": "ARABIC", "Armn": "ARMENIAN"},
    **{"Geor": "GEORGIAN", "Deva": "DEVANAGARI", "Beng": "BENGALI", "Guru": "GURMUKHI", "Gujr": "GUJARATI"},
    **{"Taml": "TAMIL", "Telu": "TELUGU", "Knda": "KANNADA", "Mlym": "MALAYALAM", "Thai": "THAI", "Kore": "HANGUL"},
    **{"Hans": "CJK", "Hant": "CJK", "Jpan": "CJK HIRAGANA KATAKANA"},
}


def test_boilerplate_is_known_in_many_languages() -> None:
    assert len({language for _, language in PHRASES}) >= 30
    assert all(len(languages) >= 30 for languages in BOILERPLATE.values())


@pytest.mark.parametrize(("kind", "language"), PHRASES)
def test_boilerplate_is_in_lower_case_composed_and_in_the_script_of_its_language(kind: str, language: str) -> None:
    phrases = BOILERPLATE[kind][language]
    names = tuple(NAMES[langcodes.Language.get(language).maximize().script or ""].split())
    assert langcodes.tag_is_valid(language)
    assert langcodes.standardize_tag(language) == language
    assert len(phrases) == len(set(phrases)) > 0
    for phrase in phrases:
        assert phrase == phrase.lower().strip() == unicodedata.normalize("NFC", phrase)
        assert "’" not in phrase
        letters = [letter for letter in phrase if letter.isalpha()]
        assert letters, phrase
        assert all(unicodedata.name(letter).startswith(names) for letter in letters), phrase
