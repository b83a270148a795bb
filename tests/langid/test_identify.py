"""Language: the verdict as a table of cases, and the detectors on real sentences of their own."""

from collections.abc import Sequence

import pyarrow as pa
import pytest

from builder.core.schema import MIXED, PREPARED, VERDICT
from builder.langid import detectors
from builder.langid.detectors import Answer
from builder.langid.identify import identify
from builder.langid.verdict import judge, needs_second

SILENT = Answer(None, None, False)


def sure(code: str) -> Answer:
    return Answer(code, 1.5, True)


def unsure(code: str | None) -> Answer:
    return Answer(code, 0.4, False)


CASES = [
    ("fr", sure("fr"), SILENT, "agree"),
    ("fr-CA", sure("fr"), SILENT, "agree"),
    ("fr", sure("es"), sure("es"), "disagree"),
    ("fr", sure("es"), sure("fr"), "uncertain"),
    ("fr", sure("es"), sure("it"), "uncertain"),
    ("fr", sure("am"), SILENT, "disagree"),
    ("zh-Hant", sure("cmn"), SILENT, "agree"),
    ("ar", sure("arb"), SILENT, "agree"),
    ("fa-AF", sure("pes"), SILENT, "agree"),
    ("fil", sure("tgl"), SILENT, "agree"),
    ("no", sure("nb"), SILENT, "agree"),
    ("nb", sure("no"), SILENT, "agree"),
    ("hr", sure("sh"), SILENT, "agree"),
    ("hr", sure("sr"), SILENT, "uncertain"),
    ("id", sure("zsm"), SILENT, "uncertain"),
    ("nb", sure("nn"), SILENT, "uncertain"),
    ("nn", sure("da"), SILENT, "uncertain"),
    ("zu", sure("xh"), SILENT, "uncertain"),
    ("xh", sure("zu"), SILENT, "unsupported"),
    ("bem", sure("sw"), sure("sw"), "unsupported"),
    ("lo", unsure("lo"), SILENT, "agree"),
    ("th", unsure("th"), sure("th"), "agree"),
    ("th", unsure("lo"), sure("th"), "agree"),
    ("th", unsure("lo"), SILENT, "uncertain"),
    ("fr", unsure(None), SILENT, "uncertain"),
    ("fr", unsure("es"), sure("es"), "uncertain"),
]


@pytest.mark.parametrize(("tag", "first", "second", "verdict"), CASES)
def test_the_verdict_follows_from_both_answers(tag: str, first: Answer, second: Answer, verdict: str) -> None:
    assert judge(tag, first, second) == verdict


@pytest.mark.parametrize(("tag", "first", "second", "verdict"), CASES)
def test_an_answer_that_is_not_needed_would_change_nothing(
    tag: str, first: Answer, second: Answer, verdict: str
) -> None:
    if not needs_second(tag, first):
        for other in ("fr", "es", "da", "th", "zh-CN"):
            assert judge(tag, first, sure(other)) == judge(tag, first, SILENT)


SENTENCES = {
    "fr": "Le conseil municipal a voté hier soir la réouverture de la piscine, fermée depuis trois ans pour travaux.",
    "es": "El ayuntamiento aprobó anoche la reapertura de la piscina, cerrada por obras desde hace tres años.",
    "de": "Der Gemeinderat hat gestern Abend beschlossen, das seit drei Jahren geschlossene Schwimmbad zu öffnen.",
    "ru": "Городской совет вчера вечером проголосовал за открытие бассейна, закрытого на ремонт три года назад.",
    "el": "Το δημοτικό συμβούλιο αποφάσισε χθες το βράδυ να ανοίξει ξανά το κολυμβητήριο που ήταν κλειστό.",
    "ar": "صوت المجلس البلدي مساء أمس على إعادة فتح المسبح المغلق منذ ثلاث سنوات بسبب أعمال الترميم.",
    "he": "מועצת העיר הצביעה אמש בעד פתיחתה מחדש של הבריכה, שהייתה סגורה לשיפוצים במשך שלוש שנים.",
    "hi": "नगर परिषद ने कल शाम तीन साल से मरम्मत के लिए बंद तरणताल को फिर से खोलने के पक्ष में मतदान किया।",
    "ja": "市議会は昨夜、三年間改修のため閉鎖されていたプールを再開することを決めた。子どもたちは喜んでいる。",
    "ko": "시의회는 어제저녁 삼 년 동안 보수 공사로 닫혀 있던 수영장을 다시 열기로 의결했다.",
    "th": "เมื่อคืนนี้สภาเทศบาลลงมติให้เปิดสระว่ายน้ำอีกครั้งหลังจากปิดปรับปรุงมาเป็นเวลาสามปี",
    "zh": "市议会昨晚投票决定重新开放因维修而关闭了三年的游泳池，孩子们对此感到非常高兴。",
}


def identified(rows: Sequence[tuple[str, str | None]]) -> list[dict[str, object]]:
    columns = {
        "text": pa.array([text for _, text in rows], pa.string()),
        "language": pa.array([tag for tag, _ in rows], pa.string()),
        "reason": pa.array([None if text else "no_text" for _, text in rows], pa.string()),
    }
    verdicts: list[dict[str, object]] = identify(pa.table(columns)).to_pylist()
    return verdicts


def test_the_detectors_agree_with_right_tags_and_disagree_with_wrong_ones() -> None:
    right = identified(list(SENTENCES.items()))
    assert {row["language"]: row["language_verdict"] for row in right} == dict.fromkeys(SENTENCES, "agree")
    wrong = identified([("pl" if tag != "pl" else "fr", text) for tag, text in SENTENCES.items()])
    assert {row["language_verdict"] for row in wrong} <= {"disagree", "uncertain"}
    assert sum(row["language_verdict"] == "disagree" for row in wrong) >= 10
    assert all(row["second_detected"] for row in wrong if row["language_detected"] in ("fr", "es", "de", "ru"))


def test_a_row_without_text_has_no_verdict() -> None:
    first, second = identified([("fr", None), ("fr", SENTENCES["fr"])])
    assert [first[field.name] for field in VERDICT] == [None] * len(VERDICT)
    assert second["language_verdict"] == "agree"


def test_a_table_without_usable_rows_is_not_an_error() -> None:
    assert identified([]) == []
    assert identified([("fr", None)])[0]["language_verdict"] is None


def test_answers_do_not_depend_on_other_rows() -> None:
    rows = [("pl", text) for text in SENTENCES.values()]
    assert identified(rows) == [identified([row])[0] for row in rows]


SCRIPTS = [
    ("zh-Hant", SENTENCES["zh"], "Hans"),
    ("zh", SENTENCES["zh"], "Hans"),
    ("ja", SENTENCES["ja"], "Jpan"),
    ("ko", SENTENCES["ko"], "Kore"),
    ("sr-Latn", "Skupština opštine je sinoć izglasala otvaranje bazena.", "Latn"),
    ("sr", "Скупштина општине је синоћ изгласала отварање базена.", "Cyrl"),
    ("sr", "Skupština opštine je sinoć izglasala otvaranje bazena.", "Latn"),
    ("ru", "The council voted last night to open the pool again.", "Latn"),
    ("fr", "12 345 : 67 !", None),
]


@pytest.mark.parametrize(("tag", "text", "script"), SCRIPTS)
def test_the_script_is_that_of_the_text(tag: str, text: str, script: str | None) -> None:
    assert identified([(tag, text)])[0]["script"] == script


def test_the_verdict_columns_are_the_schema() -> None:
    table = identify(pa.table({"text": ["Un texte."], "language": ["fr"], "reason": pa.array([None], pa.string())}))
    assert [(name, table.schema.field(name).type) for name in table.column_names[3:]] == [
        (field.name, field.type) for field in (*VERDICT, *MIXED)
    ]
    assert {field.name for field in VERDICT} <= set(PREPARED.names)


def test_text_in_no_language_is_not_evidence_against_a_tag() -> None:
    assert (
        identified([("fr", "12 345 : 67 890 / 12 345 : 67 890 / 11 22 33 44 55")])[0]["language_verdict"] == "uncertain"
    )


def test_known_languages_are_those_of_the_detectors() -> None:
    assert all(detectors.knows_first(code) for code in SENTENCES)
    assert not any(detectors.knows_first(code) for code in ("bem", "wo", "xh", "yue"))
    assert detectors.knows_second("zh-Hant")
    assert detectors.knows_second("nb")
    assert not detectors.knows_second("am")
