"""Prepare, seen from the release: repairs, headline, rights, script and the policies."""

from collections.abc import Callable
from typing import Any

import orjson
import pyarrow.parquet as pq
import pytest

from builder.pipeline.outcome import Outcome
from builder.text.repairs import repaired
from tests.conftest import decisions, rows
from tests.release.test_write import FRENCH

Make = Callable[..., Outcome]


def line(**fields: Any) -> str:
    return orjson.dumps({"tag": "fr-02", "title": "Été", "text": "\n\n".join(FRENCH), **fields}).decode() + "\n"


def only(built: Outcome) -> dict[str, Any]:
    (row,) = rows(built)
    return row


@pytest.mark.parametrize(
    ("title", "text", "repairs"),
    [
        ("Été", "Un texte propre.", []),
        ("Été", "Le prÃ©sident a dÃ©clarÃ©.", ["mojibake"]),
        ("L&eacute;gende", "Un texte &amp; un autre.", ["entities"]),
        ("Été", "Un te\u200bxte.", ["controls"]),
        ("E\u0301te\u0301", "Un texte.", ["nfc"]),
        ("Été", "Un  texte.\r\n\r\nDeux.", ["spacing"]),
        ("Été", "Un texte »net» et court.", ["quotes"]),
        ("Été", "a" + "\u0301" * 500, ["marks", "nfc"]),
        ("Une  fête", "Le prÃ©sident &amp; moi.", ["entities", "mojibake", "spacing"]),
    ],
)
def test_every_repair_is_listed(make: Make, title: str, text: str, repairs: list[str]) -> None:
    row = only(make({"a.jsonl": line(title=title, text=text)}, {"quality": {"reject": ()}, "language": {"reject": ()}}))
    assert row["repairs"] == repairs
    assert row["unrepaired"] == []


def test_an_ambiguous_fault_is_named_and_left(make: Make) -> None:
    row = only(make({"a.jsonl": line(text=f"{FRENCH[0]}\n\nIl a dit »non et rien d’autre.")}))
    assert (row["repairs"], row["unrepaired"]) == ([], ["quotes"])
    assert "»non" in row["text"]


# No repair may change letters that look like others, or sequences of letters that look alike.
IDENTITY = [
    ("ar presentation forms", "ﷲ ﻻ ﺍﻟﺴﻼﻡ"),
    ("zh full-width Latin", "ＡＢＣ１２３，「北京」"),
    ("tr dotless i", "ılık ISPARTA İzmir ıspanak"),
    ("ar yeh and kaf", "علي كتاب ى"),
    ("fa yeh and kaf", "علی کتاب ی"),
    ("hi nukta before virama", "क़्या ज़्यादा"),
    ("bn nukta", "ড় ঢ় য়"),
    ("lt accents", "ė į̇́"),
    ("vi stacked marks", "ặ ở ễ"),
    ("ko compatibility jamo", "ㅋㅋㅋ"),
    ("he final letters", "מים ארץ כף"),
    ("el final sigma", "ΟΔΟΣ οδος"),
    ("ligatures", "ﬁn œuvre ß ĳ"),
]


@pytest.mark.parametrize("text", [text for _, text in IDENTITY], ids=[name for name, _ in IDENTITY])
def test_no_repair_changes_the_identity_of_a_letter(text: str) -> None:
    import unicodedata

    assert repaired(text)[0] == unicodedata.normalize("NFC", text)


def test_a_headline_that_the_text_repeats_is_reported(make: Make) -> None:
    title = "La piscine rouvre lundi"
    text = f"{title}\n\nLa piscine de la ville rouvre enfin, a dit le maire.\n\n{FRENCH[0]}"
    row = only(make({"a.jsonl": line(title=title, text=text)}))
    assert (row["headline_in_body"], row["headline_overlap"]) == (True, 1.0)


def test_the_first_sentence_is_compared_with_the_headline(make: Make) -> None:
    row = only(
        make({"a.jsonl": line(title="La piscine ferme", text=f"La piscine ouvre. Elle ferme ce soir.\n\n{FRENCH[0]}")})
    )
    assert (row["headline_in_body"], row["headline_overlap"]) == (False, pytest.approx(2 / 3))


def test_without_headline_nothing_is_compared(make: Make) -> None:
    row = only(make({"a.jsonl": line(title=None)}))
    assert (row["headline_in_body"], row["headline_overlap"], row["folded_headline"]) == (None, None, "absent")


def test_rights_are_carried_to_the_rows(make: Make) -> None:
    row = only(make({"a.jsonl": line(licence="CC-BY-4.0", copyright="© Gazette")}))
    assert (row["license"], row["rights"]) == ("CC-BY-4.0", "© Gazette")


@pytest.mark.parametrize("field", ["opt_out", "noai", "tdm-reservation"])
@pytest.mark.parametrize("value", [True, 1, "yes", "training", "1.0"])
def test_an_article_that_opts_out_is_rejected(make: Make, field: str, value: object) -> None:
    built = make({"a.jsonl": line(**{field: value}), "b.jsonl": line(tag="fr-03", text=FRENCH[1])})
    row = decisions(built)["a.jsonl"]
    assert (row["decision"], row["reason"], row["opt_out"]) == ("rejected", "opt_out", True)
    assert row["title"] == "Été"
    assert [row["id"] for row in rows(built)] == ["fr-03"]


@pytest.mark.parametrize("value", [False, 0, "no", "False", " 0 ", "", None])
def test_an_article_that_does_not_opt_out_is_kept(make: Make, value: object) -> None:
    assert make({"a.jsonl": line(opt_out=value)}).counts["kept"] == 1


GERMAN = "Der Gemeinderat hat gestern Abend beschlossen, das seit drei Jahren geschlossene Schwimmbad zu öffnen."
SERBIAN = "Skupština opštine je sinoć izglasala ponovno otvaranje bazena koji je tri godine bio zatvoren zbog radova."


@pytest.mark.parametrize(
    ("settings", "tag", "text", "reason"),
    [
        ({}, "it-1", GERMAN, "language_disagree"),
        ({"per_language": {"it": ()}}, "it-1", GERMAN, None),
        ({"reject": (), "per_language": {"it": ("disagree",)}}, "it-1", GERMAN, "language_disagree"),
        ({"per_language": {"it": ()}}, "fr-1", GERMAN, "language_disagree"),
        ({}, "sr-Cyrl-1", SERBIAN, None),
        ({"reject_script": True}, "sr-Cyrl-1", SERBIAN, "script"),
        ({"reject_script": True}, "sr-Latn-1", SERBIAN, None),
        ({"min_share": 0.6}, "fr-1", f"{FRENCH[0]}\n\n{GERMAN}", "mixed_language"),
        ({"min_share": 0.2}, "fr-1", f"{FRENCH[0]}\n\n{GERMAN}", None),
    ],
)
def test_the_policy_decides_which_languages_are_rejected(
    make: Make, settings: dict[str, Any], tag: str, text: str, reason: str | None
) -> None:
    built = make({"a.jsonl": line(tag=tag, text=text), "b.jsonl": line(tag="fr-09")}, {"language": settings})
    assert decisions(built)["a.jsonl"]["reason"] == reason


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Trois mots seulement.", "too_short"),
        ("12 345 67 890 11 12 13 14 15 16 17 : 18 / 19", "few_letters"),
        ("\n\n".join(["La piscine rouvre lundi matin."] * 9), "repeated_lines"),
    ],
)
def test_an_article_of_low_quality_is_rejected_with_the_figure(make: Make, text: str, reason: str) -> None:
    built = make({"a.jsonl": line(text=text), "b.jsonl": line(tag="fr-09")}, {"language": {"reject": ()}})
    row = decisions(built)["a.jsonl"]
    assert (row["decision"], row["reason"]) == ("rejected", reason)
    assert "Expected" in row["detail"]


def test_the_threshold_of_a_language_comes_before_that_of_all(make: Make) -> None:
    settings = {"quality": {"thresholds": {"too_short": 500}, "languages": {"fr": {"too_short": 5}}}}
    built = make({"a.jsonl": line(), "b.jsonl": line(tag="de-03", text=GERMAN)}, settings)
    assert {row["id"]: row["reason"] for row in decisions(built).values()} == {"fr-02": None, "de-03": "too_short"}


def test_a_folded_line_is_removed_even_if_no_blank_line_follows_it(make: Make) -> None:
    text = f"Une fête à Évreux\n\nUne fete a Evreux\n{FRENCH[0]}\n\n{FRENCH[1]}\n\nfr-02"
    row = only(make({"a.txt": text}))
    assert (row["folded_headline"], row["text"]) == ("match", f"{FRENCH[0]}\n\n{FRENCH[1]}")


def test_a_headline_and_its_copy_alone_are_not_an_article(make: Make) -> None:
    raw = "Une fête à Évreux\n\nUne fete a Evreux\n\nfr-02"
    built = make({"a.txt": raw, "b.jsonl": line(tag="fr-09")})
    row = decisions(built)["a.txt"]
    assert (row["decision"], row["reason"]) == ("quarantined", "no_text")
    assert row["detail"].startswith("a.txt:1: ")


def test_a_text_of_invisible_characters_keeps_its_bytes_and_its_place(make: Make) -> None:
    lines = [line(tag=f"fr-{n}", text=FRENCH[n]) for n in range(3)] + [line(tag="fr-8", text="\u200b \u00ad")]
    built = make({"a.jsonl": "".join(lines)})
    assert decisions(built)["a.jsonl:4"]["detail"].startswith("a.jsonl:4: only white space")
    assert built.path is not None
    assert (built.path / "quarantine" / "a.jsonl.4.raw").read_bytes() == "\u200b \u00ad".encode()


def test_a_standfirst_in_plain_letters_stays(make: Make) -> None:
    standfirst = "Le maire promet des travaux avant la fin du mois"
    row = only(make({"a.txt": f"Une fête à Évreux ce dimanche soir\n\n{standfirst}\n\n{FRENCH[0]}\n\nfr-02"}))
    assert row["text"].startswith(standfirst)


WRAPPED = (
    "Le conseil municipal a voté hier soir la réouverture de la\n"
    "piscine, fermée depuis trois ans pour travaux, et le maire\n"
    "a promis que les enfants des écoles de la ville pourraient\n"
    "y nager dès la rentrée."
)


def test_lines_broken_at_a_width_are_one_paragraph_without_headline(make: Make) -> None:
    row = only(make({"a.txt": f"{WRAPPED}\n\nfr-02"}))
    assert (row["title"], row["text"]) == (None, WRAPPED)


def test_every_column_is_documented_in_the_schema_of_both_tables(make: Make) -> None:
    built = make({"a.jsonl": line()})
    assert built.path is not None
    published = set(rows(built)[0]) - {"split"}
    decided = set(pq.read_schema(built.path / "decisions.parquet").names)
    assert published - decided == {"text", "date", "source", "author", "collection", "copies", "copy_sources"}


def test_personal_data_is_counted_and_masked_if_the_settings_say_so(make: Make) -> None:
    raw = {"a.jsonl": line(text=f"{FRENCH[0]}\n\nÉcrivez à jean.dupont@example.org ou à jeanne@example.org.")}
    counted = only(make(raw))
    assert (counted["emails"], counted["phones"]) == (2, 0)
    assert "jeanne@example.org" in counted["text"]
    masked = only(make(raw, {"privacy": {"mask": ("email",)}}))
    assert masked["emails"] == 2
    assert masked["text"].endswith("Écrivez à [EMAIL] ou à [EMAIL].")
