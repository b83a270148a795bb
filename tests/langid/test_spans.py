"""Languages of whole texts and of their parts: cases as data, one or more for each language and script."""

import tomllib
from itertools import pairwise
from typing import Any

import pyarrow as pa
import pytest

from builder.langid.identify import identify
from builder.langid.spans import candidates
from builder.languages.scripts import expected_script
from tests.conftest import ROOT

CASES = tomllib.loads((ROOT / "tests" / "cases" / "language.toml").read_text(encoding="utf-8"))["case"]


def judged(tag: str, text: str) -> dict[str, Any]:
    columns = {"text": [text], "language": [tag], "reason": pa.array([None], pa.string())}
    (row,) = identify(pa.table(columns)).to_pylist()
    return dict(row)


def parameter(case: dict[str, Any]) -> Any:
    marks = [pytest.mark.xfail(strict=True, reason=case["fails"])] if "fails" in case else []
    return pytest.param(case, id=f"{case['tag']} {case.get('verdict', 'agree')} {case['text'][:20]}", marks=marks)


@pytest.mark.parametrize("case", [parameter(case) for case in CASES])
def test_a_text_is_judged_as_it_should_be(case: dict[str, Any]) -> None:
    row = judged(case["tag"], case["text"])
    assert row["language_verdict"] == case.get("verdict", "agree")
    if "script" in case:
        assert row["script"] == case["script"]
    assert row["script_match"] is case.get("match", True)
    if "foreign" in case:
        pieces = {case["text"][span["start"] : span["end"]]: span["language"] or "" for span in row["foreign_spans"]}
        assert {piece.strip(" ,."): code for piece, code in pieces.items()} == case["foreign"]


def test_the_cases_are_of_many_languages_and_scripts() -> None:
    assert len({case["tag"].split("-")[0] for case in CASES}) >= 35
    assert len({expected_script(case["tag"]) for case in CASES}) >= 16


FRENCH = "Le conseil municipal a voté hier soir la réouverture de la piscine, fermée depuis trois ans pour travaux."
ENGLISH = "The town council voted last night to open the swimming pool again after three years of repairs and quarrels."


def test_the_share_of_the_tags_language_counts_characters_of_paragraphs_with_a_language() -> None:
    row = judged("fr", "\n\n".join([FRENCH, "Court.", ENGLISH, FRENCH, FRENCH]))
    assert row["paragraph_languages"] == ["fr", None, "en", "fr", "fr"]
    assert row["language_share"] == pytest.approx(3 * len(FRENCH) / (3 * len(FRENCH) + len(ENGLISH)))
    start = len(FRENCH) + len("Court.") + 4
    assert row["foreign_spans"] == [{"start": start, "end": start + len(ENGLISH), "language": "en"}]


def test_an_article_in_another_language_has_no_share_of_its_tags() -> None:
    row = judged("fr", "\n\n".join([ENGLISH, ENGLISH]))
    assert (row["language_verdict"], row["language_share"]) == ("disagree", 0.0)
    assert [span["language"] for span in row["foreign_spans"]] == ["en", "en"]


def test_parts_have_no_language_if_no_detector_knows_the_tags_language() -> None:
    row = judged("bem", "\n\n".join([ENGLISH, FRENCH]))
    assert (row["paragraph_languages"], row["language_share"], row["foreign_spans"]) == ([None, None], None, [])


def test_a_short_text_has_no_share() -> None:
    row = judged("fr", "Court.")
    assert (row["paragraph_languages"], row["language_share"], row["foreign_spans"]) == ([None], None, [])


def test_spans_do_not_overlap_and_lie_in_order() -> None:
    text = f"{FRENCH[:-1]} [visita de Putin a la ciudad].\n\n“{ENGLISH} [la visita del presidente]”\n\n{FRENCH}"
    spans = judged("fr", text)["foreign_spans"]
    assert all(one["end"] <= other["start"] for one, other in pairwise(spans))
    assert text[spans[0]["start"] :].startswith("[visita")


@pytest.mark.parametrize("tag", ["zh", "cmn", "yue"])
def test_a_candidate_is_found_in_every_script(tag: str) -> None:
    pieces = candidates(pa.array(["他说 it is a great day for us 就走了。"]), pa.array([tag]), pa.array(["Hans"]))
    assert len(pieces[0]) == 1
