"""Quotation marks: some are turned, some only reported, and some must stay; cases as data."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builder.text.quotes import has_wrong_quotes, mend_quotes

NBSP = "\N{NO-BREAK SPACE}"

# (language, text, mended)
TURNED = [
    ("fr", f"qualifié d' »absurdes{NBSP}».", f"qualifié d'«absurdes{NBSP}»."),
    ("fr", "Il a dit : »Oui » et « non ».", "Il a dit : «Oui » et « non »."),
    ("fr", "Un « mot« et « un autre ».", "Un « mot» et « un autre »."),
    ("es", "Dijo »hola» y se fue.", "Dijo «hola» y se fue."),
    ("it", "Ha detto »ciao» ed è uscito.", "Ha detto «ciao» ed è uscito."),
    ("ru", "Матч »Спартак» закончился.", "Матч «Спартак» закончился."),
    ("uk", "Матч «Динамо« закінчився.", "Матч «Динамо» закінчився."),
    ("el", "Είπε »ναι» και έφυγε.", "Είπε «ναι» και έφυγε."),
    ("en", "He said ”yes” and left.", "He said “yes” and left."),
    ("tr", "”Evet” dedi ve gitti.", "“Evet” dedi ve gitti."),
    ("hi", "उसने ”हाँ” कहा।", "उसने “हाँ” कहा।"),
    ("fr", "»a« »b«", "«a» «b»"),
    ("fr", "Rien ici.\n\nMais »là».", "Rien ici.\n\nMais «là»."),
]

# Texts that must not change: the marks are right in that language, or the right way is unclear.
UNTOUCHED = [
    ("fr", f"«{NBSP}Même si{NBSP}», dit-il."),
    (
        "fr",
        "Elle a dit : » non ».",
    ),
    ("fr", "Un »seul guillemet."),
    ("de", "Sie sagte »nein« und ging. „Doch“, sagte er."),
    ("da", "Hun sagde »nej« og gik. ”Jo”, sagde han."),
    ("sv", "Hon sade ”nej” och gick. »Jo», sade han."),
    ("fi", "Hän sanoi ”ei” ja lähti. »Kyllä»"),
    ("hu", "Azt mondta, „nem”, és »elment«."),
    ("hr", "Rekla je »ne« i otišla. „Da“"),
    ("sl", "Rekla je »ne« in odšla."),
    ("pl", "Powiedziała „nie” i wyszła."),
    ("cs", "Řekla »ne« a odešla. „Ano“"),
    ("bg", "Тя каза „не“ и излезе."),
    ("en", "The so-called “best” and “worst” of 5” and 6” pipes"),
    ("zh", "他说“好”，然后走了。"),
    ("ar", "قال «نعم» وذهب."),
    ("fa", "گفت «نه» و رفت."),
    ("he", 'הוא אמר "לא" והלך.'),
    ("ja", "彼は「はい」と言った。"),
]


@pytest.mark.parametrize(("language", "text", "mended"), TURNED)
def test_marks_that_point_the_wrong_way_are_turned(language: str, text: str, mended: str) -> None:
    assert mend_quotes(text, language) == mended
    assert not has_wrong_quotes(mended, language)


@pytest.mark.parametrize(("language", "text"), UNTOUCHED)
def test_marks_that_are_right_or_in_doubt_stay(language: str, text: str) -> None:
    assert mend_quotes(text, language) == text


@pytest.mark.parametrize(
    ("language", "text", "wrong"),
    [
        ("fr", "Il a dit »non et «oui ».", True),
        ("fr", "Un »seul guillemet.", True),
        ("fr", "« Non », dit-il.", False),
        ("de", "Sie sagte »nein« und ging.", False),
        ("sv", "Hon sade ”nej” och gick.", False),
    ],
)
def test_a_wrong_mark_that_stays_is_reported(language: str, text: str, wrong: bool) -> None:
    assert has_wrong_quotes(mend_quotes(text, language), language) is wrong


@given(st.text(st.sampled_from("«»“” a.,'\n" + NBSP), max_size=30), st.sampled_from(["fr", "en", "ru", "kk", "de"]))
def test_turning_twice_is_turning_once_and_changes_only_marks(text: str, language: str) -> None:
    once = mend_quotes(text, language)
    assert mend_quotes(once, language) == once
    bare = str.maketrans("", "", "«»“” " + NBSP)
    assert once.translate(bare) == text.translate(bare)
