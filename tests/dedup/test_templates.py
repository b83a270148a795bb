"""Templates are told apart from edited copies, in many languages; cases as data."""

import random
import re
import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builder.dedup.slots import DATE, NAME, NUMBER, OPEN, PLAIN, Marked, mark
from builder.dedup.templates import align, differences, of_template, recurs
from builder.languages import cldr
from builder.languages.scripts import expected_script
from tests.conftest import TESTS

CASES: dict[str, list[dict[str, Any]]] = tomllib.loads((TESTS / "cases" / "templates.toml").read_text(encoding="utf-8"))


def filled(case: dict[str, Any], which: int) -> Marked:
    """Return the text of a case with the first, second or third alternative of each of its braces."""
    text = re.sub(r"\{([^}]*)\}", lambda braces: braces[1].split("|")[which], case["text"])
    return mark(text, case["language"], expected_script(case["language"]))


def kinds(text: str, language: str) -> dict[str, int]:
    marked = mark(text, language, expected_script(language))
    return {text[a:b]: kind for a, b, kind in zip(marked.starts, marked.ends, marked.kinds, strict=True)}


@pytest.mark.parametrize("case", CASES["template"], ids=lambda case: case["language"])
def test_two_articles_of_a_template_are_recognised(case: dict[str, Any], request: pytest.FixtureRequest) -> None:
    if "fails" in case:
        request.applymarker(pytest.mark.xfail(reason=case["fails"], strict=True))
    assert of_template(filled(case, 0), filled(case, 1))
    assert of_template(filled(case, 1), filled(case, 0))


@pytest.mark.parametrize("case", [case for case in CASES["template"] if "fails" in case], ids=lambda c: c["language"])
def test_a_third_article_shows_a_template_that_two_do_not(case: dict[str, Any]) -> None:
    one, other, third = (filled(case, number) for number in range(3))
    assert recurs(align(one, other), third)
    assert of_template(other, third, [one])


@pytest.mark.parametrize("case", CASES["edited"], ids=lambda case: f"{case['language']}: {case['what']}")
def test_an_edited_copy_is_not_a_template(case: dict[str, Any]) -> None:
    assert not of_template(filled(case, 0), filled(case, 1))
    assert not of_template(filled(case, 1), filled(case, 0))


def test_there_are_templates_in_every_script_of_the_edited_copies() -> None:
    scripts = {
        name: {expected_script(case["language"]) for case in cases if "fails" not in case}
        for name, cases in CASES.items()
    }
    assert len(scripts["template"]) == 14
    assert scripts["edited"] <= scripts["template"]


ARTICLE = "\n\n".join(
    f"Der Rat von Bonn hat am Abend über den Haushalt der Stadt beraten und den Antrag {number} vertagt, weil noch "
    f"Unterlagen fehlten, wie der Sprecher sagte. Danach ging es um Schulen und um die Frage nach Straße {number}."
    for number in ("eins", "zwei", "drei", "vier", "fünf", "sechs", "sieben", "acht")
)


def changed(percent: int, seed: int) -> str:
    words, luck = ARTICLE.split(" "), random.Random(seed)
    for index in luck.sample(range(len(words)), len(words) * percent // 100):
        words[index] = luck.choice(
            ["aber", "morgen", "Kiel", "schnell", "unter", "neue", "laut", "Montag", "7", "gern"]
        )
    return " ".join(words)


@pytest.mark.parametrize("percent", [2, 5, 10])
def test_copies_with_words_changed_at_random_are_not_of_one_template(percent: int) -> None:
    original = mark(ARTICLE, "de", "Latn")
    edited = [mark(changed(percent, seed), "de", "Latn") for seed in range(12)]
    assert not any(of_template(original, each, edited[:3]) for each in edited[3:])


def test_a_copy_of_an_article_of_a_template_is_a_copy_beside_its_mates() -> None:
    case = CASES["template"][0]
    one, other, copy = (
        filled(case, 0),
        filled(case, 1),
        mark(filled(case, 0).text + " Es bleibt trocken.", "de", "Latn"),
    )
    assert of_template(one, other, [copy])
    assert not of_template(one, copy, [other])


def test_differences_are_counted_by_kind() -> None:
    one = mark(
        "Am Montag, 3. Mai, siegte Bonn mit 2:1 gegen Köln vor 1.200 Zuschauern in der alten Halle.", "de", "Latn"
    )
    two = mark(
        "Am Freitag, 9. Juli, siegte Kiel mit 4:3 gegen Jena vor 2.700 Zuschauern in der neuen Halle.", "de", "Latn"
    )
    found = differences(align(one, two))
    assert found[:4] == (3, 2, 2, 1)
    assert found.describe() == "they differ in numbers (3), dates (2), names (2), other words (1)"


def test_the_same_replacement_everywhere_is_one_difference() -> None:
    text = "Dann kam {} und sah {} und rief: Wo ist {}? Am Ende ging {} nach Hause, wo {} schlief."
    one, two = (mark(text.replace("{}", name), "de", "Latn") for name in ("Anna", "Peter"))
    found = differences(align(one, two))
    assert (found.names, found.others) == (1, 0)


def test_equal_texts_do_not_differ() -> None:
    for text in ("", "…", "Ein Satz.", ARTICLE):
        found = differences(align(mark(text, "de", "Latn"), mark(text, "de", "Latn")))
        assert (found.slots, found.others, found.template) == (0, 0, False)


def test_words_are_marked_with_their_kind() -> None:
    assert kinds("Gestern sah Anna in eLondon am 3.5. den Mai-Umzug. Anna lief.", "de") == {
        "Gestern": OPEN, "sah": PLAIN, "Anna": NAME, "in": PLAIN, "eLondon": NAME, "am": PLAIN, "3.5": NUMBER,
        "den": PLAIN, "Mai": DATE, "Umzug": NAME, "lief": PLAIN,
    }  # fmt: skip
    assert kinds("في 12 مارس Google", "ar") == {"في": PLAIN, "12": NUMBER, "مارس": DATE, "Google": NAME}
    assert kinds("三月十二日", "zh-Hans")["十二"] == NUMBER


def test_a_word_that_also_occurs_in_lower_case_is_not_a_name() -> None:
    assert kinds("Das ist Eine sehr gute Sache, eine von vielen.", "de")["Eine"] == PLAIN


def test_months_and_weekdays_are_known_in_every_form_and_do_not_depend_on_earlier_calls() -> None:
    expected = {"ru": ("марта", "март"), "sr-Latn": ("mart",), "ja": ("3月",), "he": ("במרץ", "מרץ")}
    for order in (list(expected), list(reversed(expected))):
        cldr.locale.cache_clear()
        assert {tag: cldr.months(tag)[2] for tag in order} == expected
    assert [len(cldr.weekdays(tag)) for tag in ("de", "th", "ty")] == [7, 7, 0]


@given(st.text(alphabet="ab 1.,AB\n", max_size=60), st.text(alphabet="ab 1.,AB\n", max_size=60))
def test_two_texts_differ_in_both_orders_or_in_none(one: str, other: str) -> None:
    first, second = mark(one, "en", "Latn"), mark(other, "en", "Latn")
    found = [differences(align(*pair))[:4] == (0, 0, 0, 0) for pair in ((first, second), (second, first))]
    assert found[0] == found[1]
