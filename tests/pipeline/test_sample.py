"""The sample corpus holds one case of everything; a build of it must show each of them."""

import json
from pathlib import Path
from typing import Any

import pytest

from builder.cli import copies
from builder.pipeline.outcome import Outcome
from builder.query import clusters
from tests.conftest import SAMPLE, decisions, rows

KEPT_AND_GONE = [
    ("es-203", "es-319", "exact"),
    ("en-201", "en-410", "exact"),
    ("fr-211", "fr-318", "near"),
    ("zh-Hans-71", "zh-Hans-79", "near"),
    ("en-202", "en-509", "near"),
    ("de-601", "de-602", "contained"),
    ("en-604", "en-603", "contained"),
    ("en-605", "en-606", "revision"),
]
OF_ONE_TEMPLATE = ("en-611", "en-612", "en-613", "en-614")


def by_tag(outcome: Outcome) -> dict[str, dict[str, Any]]:
    return {row["tag"]: row for row in decisions(outcome).values() if row["tag"]}


@pytest.mark.parametrize(("kept", "gone", "kind"), KEPT_AND_GONE)
def test_a_planted_copy_is_removed_for_the_copy_that_is_kept(sample: Outcome, kept: str, gone: str, kind: str) -> None:
    found = by_tag(sample)
    assert (found[kept]["decision"], found[gone]["decision"], found[gone]["reason"]) == ("kept", "duplicate", kind)
    assert found[gone]["kept_id"] == found[kept]["id"]
    assert found[gone]["similarity"] >= 0.7
    assert (found[gone]["similarity"] == 1.0) == (kind in ("exact", "contained"))


def test_no_other_article_is_taken_for_a_copy(sample: Outcome) -> None:
    gone = {row["tag"] for row in decisions(sample).values() if row["decision"] == "duplicate"}
    assert gone - set(OF_ONE_TEMPLATE) == {gone for _, gone, _ in KEPT_AND_GONE}


def test_articles_of_one_template_are_all_kept_and_reported(sample: Outcome) -> None:
    assert sample.path is not None
    found = by_tag(sample)
    assert {found[tag]["decision"] for tag in OF_ONE_TEMPLATE} == {"kept"}
    pairs = clusters.copies_of(sample.path, [found[tag]["id"] for tag in OF_ONE_TEMPLATE])
    assert {pair.row["kind"] for pair in pairs} == {"template"}
    assert {pair.row["member_id"] for pair in pairs} == {found[tag]["id"] for tag in OF_ONE_TEMPLATE[1:]}
    (texts,) = clusters.texts(sample.path, str(SAMPLE), pairs[:1])
    assert copies.render_texts(pairs[0], texts, 80, False)[0].endswith("(template, 0.738, kept)")
    assert copies.summary(pairs, found["en-611"]["id"]) == "3 similar articles are kept too"


def test_translations_of_one_story_stand_in_one_split(sample: Outcome) -> None:
    for id in ("101", "102"):
        told = [row for row in rows(sample) if row["story"] == id and row["collection"] == "parallel"]
        assert len(told) == 3
        assert len({row["split"] for row in told}) == 1


def test_articles_of_one_event_and_of_one_page_are_one_story(sample: Outcome) -> None:
    told = {row["tag"]: row["story"] for row in rows(sample) if row["tag"] in ("en-621", "en-622", "fr-623")}
    assert told == dict.fromkeys(("en-621", "en-622", "fr-623"), "621")
    assert [row["tag"] for row in rows(sample) if row["story"] == "621"] == list(told)


def test_languages_with_ten_articles_have_every_split_and_others_train_alone(sample: Outcome) -> None:
    splits: dict[str, list[str]] = {}
    for row in rows(sample):
        splits.setdefault(row["language"], []).append(row["split"])
    enough = {language for language, dealt in splits.items() if len(dealt) >= 10}
    assert {"en", "fr"} <= enough
    for language, dealt in splits.items():
        assert set(dealt) == ({"train", "validation", "test"} if language in enough else {"train"})


def test_every_story_stands_in_one_split(sample: Outcome) -> None:
    splits: dict[str, set[str]] = {}
    for row in rows(sample):
        splits.setdefault(row["story"], set()).add(row["split"])
    assert all(len(of_story) == 1 for of_story in splits.values())


def test_a_wrong_tag_is_rejected_and_an_unknown_language_is_not(sample: Outcome) -> None:
    found = by_tag(sample)
    assert (found["it-44"]["decision"], found["it-44"]["reason"]) == ("rejected", "language_disagree")
    assert (found["it-44"]["language_detected"], found["it-44"]["second_detected"]) == ("de", "de")
    assert (found["bem-01"]["decision"], found["bem-01"]["language_verdict"]) == ("kept", "unsupported")
    assert (found["xh-315"]["decision"], found["xh-315"]["language_verdict"]) == ("kept", "unsupported")


def test_every_other_article_agrees_with_its_tag(sample: Outcome) -> None:
    verdicts = {tag: row["language_verdict"] for tag, row in by_tag(sample).items() if row["language_verdict"]}
    assert {tag: verdict for tag, verdict in verdicts.items() if verdict != "agree"} == {
        "it-44": "disagree",
        "bem-01": "unsupported",
        "xh-315": "unsupported",
    }


def test_bad_input_is_quarantined_with_its_reason(sample: Outcome) -> None:
    found = decisions(sample)
    reasons = {
        "broken/truncated.jsonl.gz": "decompress",
        "broken/untagged.txt": "no_tag",
        "broken/bad-tag.txt": "tag",
        "broken/empty.txt": "empty",
        "broken/lines.jsonl:2": "json",
        "broken/lines.jsonl:3": "no_text",
        "broken/lines.jsonl:4": "no_tag",
        "broken/conflict-b.txt": "id_conflict",
    }
    for place, reason in reasons.items():
        assert (found[place]["decision"], found[place]["reason"]) == ("quarantined", reason)
        assert found[place]["detail"].startswith(place)
    assert sample.counts["quarantined"] == len(reasons)
    assert "broken/conflict-a.txt:1" in found["broken/conflict-b.txt"]["detail"]
    assert found["broken/conflict-a.txt"]["decision"] == "kept"


def test_quarantine_has_the_bytes_of_what_could_not_be_read(sample: Outcome) -> None:
    assert sample.path is not None
    kept = {str(path.relative_to(sample.path / "quarantine")) for path in (sample.path / "quarantine").rglob("*.*")}
    assert kept == {
        "broken/truncated.jsonl.gz",
        "broken/untagged.txt.1.raw",
        "broken/bad-tag.txt.1.raw",
        "broken/empty.txt",
        "broken/lines.jsonl.2.raw",
        "broken/lines.jsonl.3.raw",
        "broken/lines.jsonl.4.raw",
    }
    whole = sample.path / "quarantine" / "broken" / "truncated.jsonl.gz"
    assert whole.read_bytes() == (SAMPLE / "broken" / "truncated.jsonl.gz").read_bytes()
    second = (SAMPLE / "broken" / "lines.jsonl").read_bytes().split(b"\n")[1]
    assert (sample.path / "quarantine" / "broken" / "lines.jsonl.2.raw").read_bytes() == second


def text_of(sample: Outcome, tag: str) -> dict[str, Any]:
    (row,) = [row for row in rows(sample) if row["tag"] == tag]
    return row


def test_text_is_tidy(sample: Outcome) -> None:
    mended = text_of(sample, "fr-27")
    assert "Ã" not in mended["title"] + mended["text"]
    assert "é" in mended["text"]
    assert "&" not in text_of(sample, "fr-33")["text"].replace(" & ", " ")
    assert not set("\u200b\ufeff\x07") & set(text_of(sample, "en-0063")["text"])
    assert "\u200c" in text_of(sample, "fa-13")["text"]
    assert text_of(sample, "pt-BR-206")["text"].count("\n\n") == 2
    for row in rows(sample):
        assert "\r" not in row["text"]
        assert all(paragraph.strip() for paragraph in row["text"].split("\n\n"))


def test_folded_headlines_are_checked_and_kept_out_of_the_text(sample: Outcome) -> None:
    usual = text_of(sample, "fr-17")
    assert usual["folded_headline"] == "prefix"
    assert not usual["text"].split("\n\n")[0].isascii() or usual["text"].split("\n\n")[0][-1] == "."
    wrong = text_of(sample, "pt-PT-31")
    assert wrong["folded_headline"] == "mismatch"
    assert "removed as the folded headline" in by_tag(sample)["pt-PT-31"]["notes"]


def test_encodings_are_recorded(sample: Outcome) -> None:
    found = decisions(sample)
    assert found["he-04.txt"]["encoding"] == "utf-8-sig"
    assert found["ru-08.txt"]["encoding"] == "utf-16"
    assert found["es-24.txt"]["encoding"].endswith("(guessed)")
    assert "guessed" in found["es-24.txt"]["notes"]


def test_dates_sources_and_collections_travel(sample: Outcome) -> None:
    row = text_of(sample, "es-203")
    assert (row["collection"], row["id"], str(row["date"])[:10]) == ("wire", "wire/es-203", "2024-02-09")
    assert row["source"]
    assert row["url"]


def test_scripts_and_languages_are_canonical(sample: Outcome) -> None:
    found = {(row["language"], row["script"]) for row in rows(sample)}
    assert {("zh-Hant", "Hant"), ("zh-Hans", "Hans"), ("ja", "Jpan"), ("ko", "Kore"), ("sr-Cyrl", "Cyrl")} <= found
    assert len({language for language, _ in found}) >= 16
    assert len({script for _, script in found}) >= 10


def test_the_counts_add_up(sample: Outcome) -> None:
    counts = sample.counts
    assert counts["read"] == sum(counts[name] for name in ("kept", "duplicate", "rejected", "quarantined"))
    assert counts["kept"] == len(rows(sample)) == 97


def test_the_manifest_says_what_was_written(sample: Outcome) -> None:
    import hashlib

    assert sample.path is not None
    manifest = json.loads((sample.path / "manifest.json").read_text())
    listed = set(manifest["files"])
    there = {str(path.relative_to(sample.path)) for path in sample.path.rglob("*") if path.is_file()}
    assert listed == there - {"manifest.json"}
    for path, said in manifest["files"].items():
        content = Path(sample.path / path).read_bytes()
        assert (len(content), hashlib.sha256(content).hexdigest()) == (said["bytes"], said["sha256"])
    assert str(sample.path.parent) not in json.dumps(manifest)
