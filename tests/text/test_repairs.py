"""Repairs of text: cases as data, with negatives, one or more for each language and script; and invariants."""

import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from builder.core.schema import RECORD
from builder.text import folded_headline, repairs
from builder.text.clean import clean


def cleaned_text(text: str) -> str:
    return repairs.repaired(text)[0]


def cleaned_line(text: str) -> str:
    return repairs.repaired(text, one_line=True)[0]


ZWNJ, ZWJ, ZWSP, LRM, RLM = "\u200c", "\u200d", "\u200b", "\u200e", "\u200f"

# (case, raw text, expected text)
REPAIRED = [
    ("fr mojibake", "Le prÃ©sident a dÃ©clarÃ© Ã\xa0 l’Ã‰lysÃ©e", "Le président a déclaré à l’Élysée"),
    ("fr mojibake of Windows-1252 quotes", "lâ€™Ã©tÃ©, dit-il â€“ enfin", "l’été, dit-il – enfin"),
    ("de mojibake", "Ã¼ber die StraÃŸe fÃ¤hrt", "über die Straße fährt"),
    ("es mojibake", "El niÃ±o comiÃ³ maÃ±ana", "El niño comió mañana"),
    ("ru mojibake", "ÐŸÑ€Ð¸Ð²ÐµÑ‚, Ð¼Ð¸Ñ€", "Привет, мир"),
    ("el mojibake", "Καλημέρα κόσμε".encode().decode("latin-1"), "Καλημέρα κόσμε"),
    ("cs mojibake of Windows-1250", "PĹ™Ă\xadliĹˇ ĹľluĹĄouÄŤkĂ˝", "Příliš žluťoučký"),
    ("fr entities", "caf&eacute; &amp; th&#233; &#x2019;", "café & thé ’"),
    ("entities of entities", "l&amp;eacute;gende", "légende"),
    ("fr combining accents", "e\u0301te\u0301", "été"),
    ("vi combining accents", "Vie\u0323\u0302t Nam", "Việt Nam"),
    ("ko conjoining jamo", "\u1112\u1161\u11ab\u1100\u116e\u11a8", "한국"),
    ("hi nukta composes to its canonical form", "\u0958लम", "\u0915\u093cलम"),
    ("control character", "al\x07arm", "alarm"),
    ("soft hyphen", "Donau\xaddampf", "Donaudampf"),
    ("zero-width space in Latin", f"wo{ZWSP}rd", "word"),
    ("byte-order mark inside", "a\ufeffb", "ab"),
    ("joiner in Latin", f"a{ZWJ}b{ZWNJ}c", "abc"),
    ("joiner at a word's end", f"می{ZWNJ} رود", "می رود"),
    ("joiners doubled", f"می{ZWNJ}{ZWNJ}رود", f"می{ZWNJ}رود"),
    ("bidi mark in Latin", f"a{RLM}b{LRM}", "ab"),
    ("Windows-1252 controls", "it\x92s \x93so\x94 \x85", "it’s “so” …"),
    ("spaces", "  a \t b  ", "a b"),
    ("Windows line ends", "a\r\n\r\nb", "a\n\nb"),
    ("Mac line ends", "a\r\rb", "a\n\nb"),
    ("too many blank lines", "a\n\n \n\n\nb", "a\n\nb"),
    ("line separator", "a\u2028b\n\nc", "a\nb\n\nc"),
    ("paragraph separator", "a\u2029b", "a\n\nb"),
    ("next line", "a\x85b\n\nc", "a\nb\n\nc"),
    ("no blank lines", "a\nb\nc", "a\n\nb\n\nc"),
    ("ja indentation", "\u3000東京。\n\n\u3000大阪。", "東京。\n\n大阪。"),
]

# Texts that must not change.
UNTOUCHED = [
    ("fr typography", "«\xa0Même si…\xa0» : l’été, 50\u202f%\xa0!"),
    ("fr capitals", "À L’ÉLYSÉE, ÇA VA — «\xa0Noël\xa0»"),
    ("fr reversed quotation marks", "qualifié d' »absurdes »."),
    ("pt capitals", "SÃO PAULO – «Ação» e “Pão”, à “força”"),
    ("de eszett and quotes", "„Spaß“, ‚Fuß‘ – Größe"),
    ("sv", "Ångström åt ”smörgås”…"),
    ("is", "Þórður át ‚skyr‘"),
    ("ro", "Ștefan și Țara – „băiat”"),
    ("tr dotless i", "ISPARTA’da ılık, İzmir’de sıcak"),
    ("pl", "Łódź – „żółć”"),
    ("cs", "Příliš žluťoučký kůň"),
    ("hu", "Ő és ű: „árvíztűrő”"),
    ("lt", "Ąžuolas – „ėjo“"),
    ("vi", "Việt Nam: “Đường phố”"),
    ("ru", "«Россия» — РФ, США; съёмка №\xa05"),
    ("sr", "Рј и Сјај, Ђорђе и Њњ"),
    ("uk", "Січ, Рівне, Їжак і ґанок"),
    ("el", "Ο Ήλιος· «Ώρα» – Ύδρα"),
    ("he with points and marks", f"שָׁלוֹם{RLM}, (עולם)!"),
    ("ar with tatweel and presentation forms", "الســـلام ﷲ ﻻ"),
    ("ar marks beside Latin", f"قال {LRM}BBC{LRM} اليوم"),
    ("fa joiners, Persian yeh and kaf", f"می{ZWNJ}شود کتاب{ZWNJ}ها و یک"),
    ("ur", f"اُردو کے لیے{ZWNJ}یہ"),
    ("hi joiners", f"क्{ZWJ}ष और क्{ZWNJ}ष"),
    ("bn joiner", f"র{ZWJ}্যাব"),
    ("si joiner", f"ශ්{ZWJ}රී ලංකා"),
    ("ml", f"അവന്{ZWJ} വന്നു"),
    ("ta", "தமிழ்நாடு"),
    ("te", "తెలుగు"),
    ("kn joiner", f"ಲಾವೆರ್ನ್{ZWNJ}ಅವರ"),
    ("th word break", f"กรุงเทพ{ZWSP}มหานคร"),
    ("km word break", f"ភ្នំ{ZWSP}ពេញ"),
    ("lo", "ວຽງຈັນ"),
    ("my", "ရန်ကုန်"),
    ("bo", "བོད་ཡིག"),
    ("ka", "საქართველო"),
    ("hy", "Հայաստան՝ «Երևան»"),
    ("am", "አዲስ አበባ፣ ኢትዮጵያ።"),
    ("zh full-width", "「北京」，ＡＢＣ１２３％"),
    ("ja half-width kana", "ｶﾀｶﾅと「東京」"),
    ("ko", "서울은 “맑음”"),
    ("NFKC would change ligature and circled digit", "ﬁn ① ½ ²"),
    ("emoji family", "👨\u200d👩\u200d👧 ❤️\u200d🔥"),
    ("ampersand", "AT&T, R&D; Q&A &c."),
    ("unknown entity", "&nosuch; &copy 2024"),
    ("line inside a paragraph", "Roses are red\nviolets are blue\n\nThe end."),
]

KNOWN_FAILURES = [
    ("fr mojibake that lost its no-break space", "Ã l’aube", "à l’aube"),
]


@pytest.mark.parametrize(("raw", "cleaned"), [case[1:] for case in REPAIRED], ids=[case[0] for case in REPAIRED])
def test_a_fault_is_repaired(raw: str, cleaned: str) -> None:
    assert cleaned_text(raw) == cleaned


@pytest.mark.parametrize("raw", [case[1] for case in UNTOUCHED], ids=[case[0] for case in UNTOUCHED])
def test_a_correct_text_does_not_change(raw: str) -> None:
    assert cleaned_text(raw) == raw


@pytest.mark.xfail(strict=True)
@pytest.mark.parametrize(
    ("raw", "cleaned"), [case[1:] for case in KNOWN_FAILURES], ids=[case[0] for case in KNOWN_FAILURES]
)
def test_a_known_failure(raw: str, cleaned: str) -> None:
    assert cleaned_text(raw) == cleaned


@pytest.mark.parametrize("case", [*REPAIRED, *UNTOUCHED, *KNOWN_FAILURES], ids=lambda case: str(case[0]))
def test_the_cheap_filter_selects_every_text_that_needs_repair(case: tuple[str, ...]) -> None:
    assert column(case[1]) == cleaned_text(case[1])


def column(text: str) -> str | None:
    """Clean one text as a build does, through the Arrow filter."""
    values = {"text": text, "format": "jsonl", "file": "a", "record": 0}
    table = pa.table([pa.array([values.get(field.name)], field.type) for field in RECORD], schema=RECORD)
    return str(clean(table)["text"][0].as_py() or "")


ODD = st.text(
    st.one_of(
        st.characters(codec="utf-8"),
        st.sampled_from(
            "aéÃÂ©â€™&;#xeamp \t\n\r\x85\u2028\u2029\x00\x92\xa0\u3000\u200b\u200c\u200d\u200f\ufeffمक্กРСѓј"
        ),
    ),
    max_size=40,
)


@given(ODD)
@example("&amp;amp;eacute;")
@example("A\u0303©")
@example("&" + "amp;" * 12 + "eacute;x")
@example("a\u200d \nb\n\nc")
@example("Ø\x91Â\t0")
@example("Â\x1eÄ®")
@settings(max_examples=400)
def test_cleaning_twice_is_cleaning_once(raw: str) -> None:
    once = cleaned_text(raw)
    assert cleaned_text(once) == once
    line = cleaned_line(raw)
    assert cleaned_line(line) == line
    assert "\n" not in line


@given(ODD)
@example("\x00")
@settings(max_examples=400)
def test_the_filter_and_the_functions_agree(raw: str) -> None:
    assert column(raw) == cleaned_text(raw)


@given(ODD)
@settings(max_examples=200)
def test_one_blank_line_separates_paragraphs(raw: str) -> None:
    cleaned = cleaned_text(raw)
    assert "\n\n\n" not in cleaned
    assert cleaned == cleaned.strip()
    assert all(line == line.strip(" \t") for line in cleaned.split("\n"))


FOLDED = [
    ("fr cut short", "Poutine prépare un voyage en Corée du Nord", "Poutine prepare un voyage en", "prefix"),
    ("pl", "Łódź otwiera muzeum tramwajów", "Lodz otwiera muzeum tramwajow", "match"),
    ("de folded to one letter", "Über die Straße fährt ein Zug", "Uber die Strasse fahrt ein Zug", "match"),
    (
        "de folded to two letters",
        "Über die Straße fährt ein grüner Zug",
        "Ueber die Strasse faehrt ein gruener",
        "match",
    ),
    ("ru transliterated otherwise", "Хоккейный клуб выиграл матч", "Khokkejnyj klub vyigral match", "match"),
    ("en in the usual place", "Rain stops play at the harbour", "Rain stops play at", "prefix"),
    ("fr of another article", "Une fête à Évreux ce dimanche", "Le prix du pain augmente", "mismatch"),
    ("fr with accents is text", "Une fête à Évreux", "Une fête à Évreux", "absent"),
    ("fr a sentence", "Une fête à Évreux", "On danse.", "absent"),
    ("en another line", "Rain stops play at the harbour", "Wind and fog to follow", "absent"),
    ("fr byline", "Une fête à Évreux", "Par Jean Dupont", "absent"),
    ("fr byline of a correspondent", "Le château brûle à Évreux", "Par notre envoye special", "absent"),
    ("de byline", "Bäume fallen in Köln", "Von Peter Schmidt", "absent"),
    ("es dateline", "El corazón de Córdoba", "MADRID, 3 de junio", "absent"),
    ("fr too long", "Été", "Les habitants ont retrouve leurs maisons apres la crue et nettoient", "absent"),
]


@pytest.mark.parametrize(("title", "line", "result"), [case[1:] for case in FOLDED], ids=[case[0] for case in FOLDED])
def test_a_folded_headline_is_distinguished_from_text(title: str, line: str, result: str) -> None:
    assert folded_headline.check_folded(title, line, usual_position=True) == result
