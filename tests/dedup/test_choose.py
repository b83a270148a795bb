"""Copies: which articles are copies and which one is kept; only texts and the declared order decide it."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builder.config.sections import Dedup
from builder.core.arrow import pieces_of
from builder.core.terms import Kind
from builder.dedup import candidates, minhash
from builder.dedup.choose import Copy, Facts, ranked
from builder.dedup.match import match_articles
from builder.text import fold

WORDS = [f"mot{number}" for number in range(400)]


def prepared(texts: list[str | None], languages: list[str] | None = None, scripts: list[str] | None = None) -> pa.Table:
    size = len(texts)
    return pa.table(
        {
            "text": pa.array(texts, pa.string()),
            "language": pa.array(languages or ["fr"] * size, pa.string()),
            "script": pa.array(scripts or ["Latn"] * size, pa.string()),
            "reason": pa.array([None if text else "no_text" for text in texts], pa.string()),
        }
    )


def signed(table: pa.Table) -> pa.Table:
    return minhash.sign(table, fold.shingle_words(table), 3, 25, 5, 5)


def linked(
    texts: list[str],
    ids: list[str] | None = None,
    dates: list[int | None] | None = None,
    languages: list[str] | None = None,
    scripts: list[str] | None = None,
    stories: list[str] | None = None,
    sources: list[str] | None = None,
    headlines: list[str] | None = None,
    published: list[str] | None = None,
    ranking: tuple[str, ...] = (),
    **dedup: Any,
) -> tuple[list[Copy], set[tuple[int, int]]]:
    """Return the copies among texts, and the pairs that must stay together, by their indexes in the list."""
    table = signed(prepared(list(texts), languages, scripts))
    settings = Dedup(sources=ranking, **dedup)
    ids = ids or [f"fr-{number:03}" for number in range(len(texts))]
    facts = [
        Facts(
            id=id,
            exact=table["exact_hash"][row].as_py(),
            words=table["words"][row].as_py(),
            script=table["script"][row].as_py(),
            source=sources[row] if sources else None,
            date=date(dates[row] if dates else None),
            names=(headlines[row],) if headlines else (),
            translation=(stories[row], languages[row]) if stories and languages else None,
            since=(1, 0, 0) if id in (published or ()) else None,
        )
        for row, id in enumerate(ids)
    ]
    order = ranked(facts, settings.keep, settings.sources, [0 if fact.since else 1 for fact in facts])
    copies, together = match_articles(pieces_of(table), order, [facts[row] for row in order], settings, 0.3)
    return copies, {(min(pair), max(pair)) for pair in together}


def date(day: int | None) -> datetime | None:
    return None if day is None else datetime(2024, 1, 1, tzinfo=UTC) + timedelta(days=day)


def copies_of(*texts: Any, **facts: Any) -> list[Copy]:
    return linked(*texts, **facts)[0]


def text(seed: int, words: int = 200) -> str:
    return " ".join(random.Random(seed).choices(WORDS, k=words))


def edited(original: str, every: int, seed: int = 0) -> str:
    words = original.split()
    chance = random.Random(seed)
    for at in range((seed * 11 + every // 2) % every, len(words), every):
        words[at] = f"neu{chance.randrange(10**6)}"
    return " ".join(words)


def similarity(one: str, other: str) -> float:
    """Return the Jaccard similarity the slow way, of sets of tuples of words."""
    first, second = (
        {tuple(words[at : at + 3]) for at in range(len(words) - 2)} for words in (one.split(), other.split())
    )
    return len(first & second) / len(first | second)


def test_case_punctuation_and_space_do_not_make_another_text() -> None:
    one = "Le maire l'a dit: «\xa0Non.\xa0» Et après?"
    found = copies_of([one, 'LE MAIRE, l’a dit  "Non" — et APRÈS', "Le maire a dit oui, et après ?"])
    assert found == [Copy(1, 0, Kind.EXACT, 1.0, True)]


def test_greek_capitals_are_the_same_text() -> None:
    found = copies_of(
        ["Ο δρόμος άνοιξε για τους πολίτες", "Ο ΔΡΌΜΟΣ ΆΝΟΙΞΕ ΓΙΑ ΤΟΥΣ ΠΟΛΊΤΕΣ"], scripts=["Grek", "Grek"]
    )
    assert [copy.kind for copy in found] == ["exact"]


@pytest.mark.parametrize("seed", range(20))
def test_an_edit_of_one_word_in_thirty_is_found_and_verified(seed: int) -> None:
    original = text(seed)
    (copy,) = copies_of([original, edited(original, 30, seed), text(seed + 1000)], dates=[1, 2, 3])
    assert (copy.row, copy.kept, copy.kind) == (1, 0, "near")
    assert copy.similarity == similarity(original, edited(original, 30, seed)) >= 0.7


def test_an_article_less_similar_than_the_threshold_stays() -> None:
    original = text(1)
    changed = edited(original, 12)
    assert 0.5 < similarity(original, changed) < 0.7
    assert copies_of([original, changed]) == []
    assert len(copies_of([original, changed], threshold=0.5)) == 1


CHINESE = "昨天上午市政府宣布新建的跨江大桥将在下个月正式通车居民们对此表示欢迎认为这将大大缩短上下班的时间" * 1


@pytest.mark.parametrize(
    ("script", "language", "one", "other"),
    [
        ("Hans", "zh", CHINESE, CHINESE.replace("欢迎", "高兴")),
        ("Jpan", "ja", "昨日、市内に新しい橋が開通した。路面電車とバスが通る予定だと市長は述べた。" * 2, None),
        ("Thai", "th", "เมื่อวานนี้สะพานใหม่ในเมืองเปิดใช้งานแล้ว รถรางและรถประจำทางจะวิ่งผ่านสะพานนี้ทุกวัน", None),
        ("Khmr", "km", "កាលពីម្សិលមិញស្ពានថ្មីមួយត្រូវបានបើកនៅក្នុងទីក្រុងសម្រាប់ឡានក្រុងនិងរថភ្លើង", None),
        ("Tibt", "bo", "ཁ་སང་གྲོང་ཁྱེར་ནང་ཟམ་པ་གསར་པ་ཞིག་སྒོ་ཕྱེས་པ་རེད། སྤྱི་སྤྱོད་རླངས་འཁོར་འགྲོ་རྒྱུ་རེད།", None),
    ],
)
def test_scripts_without_spaces_are_compared_by_characters(
    script: str, language: str, one: str, other: str | None
) -> None:
    other = other or one[:-2] + "X"
    (copy,) = copies_of([one, other], languages=[language] * 2, scripts=[script] * 2)
    assert copy.kind == "near"
    assert 0.7 <= copy.similarity < 1


def test_short_texts_are_only_compared_exactly() -> None:
    assert copies_of(["un deux trois quatre", "un deux trois quatro"]) == []
    assert len(copies_of(["un deux trois quatre", "Un, deux, trois, quatre!"])) == 1
    assert signed(prepared(["un deux trois quatre", None]))["bands"].to_pylist() == [None, None]


def test_the_earliest_is_kept_then_the_longest_then_the_first_by_id() -> None:
    original = text(3)
    longer = original + " encore"
    assert copies_of([original, longer], dates=[2, 1])[0].kept == 1
    assert copies_of([original, longer], dates=[1, 2])[0].kept == 0
    assert copies_of([original, longer], dates=[None, 5])[0].kept == 1
    assert copies_of([original, longer])[0].kept == 1
    assert copies_of([original, original], ids=["fr-2", "fr-1"])[0].kept == 1


def test_a_removed_article_is_similar_to_the_kept_one_not_to_a_neighbour_in_a_chain() -> None:
    links = [text(5)]
    for number in range(6):
        links.append(edited(links[-1], 35, number + 1))
    found = copies_of(links, dates=list(range(len(links))))
    assert found
    gone = {copy.row for copy in found}
    for copy in found:
        assert copy.kept not in gone
        assert similarity(links[copy.row], links[copy.kept]) == copy.similarity >= 0.7
    assert len(gone) < len(links) - 1


def test_copies_are_found_within_a_language_and_its_varieties_but_not_across_languages() -> None:
    same = text(7)
    assert copies_of([same, same], languages=["fr", "es"]) == []
    assert len(copies_of([same, same], languages=["en-GB", "en-US"])) == 1


def test_translations_of_one_story_are_not_copies() -> None:
    same = text(8)
    assert copies_of([same, same], languages=["en-GB", "en-US"], stories=["1", "1"]) == []
    assert len(copies_of([same, same], languages=["en-GB", "en-GB"], stories=["1", "1"])) == 1


TEXTS = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 5), st.integers(0, 2)).map(
        lambda made: text(made[0], 60) if made[1] == 0 else edited(text(made[0], 60), 60 // made[1], made[2])
    ),
    min_size=2,
    max_size=9,
)


@given(TEXTS, st.randoms(use_true_random=False))
@settings(max_examples=25)
def test_the_order_of_the_input_decides_nothing(texts: list[str], chance: random.Random) -> None:
    ids = [f"fr-{number}" for number in range(len(texts))]
    dates: list[int | None] = [chance.choice([None, 1, 2]) for _ in texts]
    expected = {(ids[copy.row], ids[copy.kept], copy.kind, copy.similarity) for copy in copies_of(texts, ids, dates)}
    order = list(range(len(texts)))
    chance.shuffle(order)
    shuffled = copies_of([texts[at] for at in order], [ids[at] for at in order], [dates[at] for at in order])
    assert {(ids[order[c.row]], ids[order[c.kept]], c.kind, c.similarity) for c in shuffled} == expected


def test_candidates_are_found_as_banding_promises() -> None:
    found = 0
    for seed in range(60):
        original = text(seed, 300)
        found += len(copies_of([original, edited(original, 36, seed)]))
    assert found == 60


def test_a_signature_does_not_depend_on_the_other_rows() -> None:
    texts = [text(seed, 50) for seed in range(7)]
    whole = signed(prepared(list(texts)))
    parts = [signed(prepared([each])) for each in texts]
    assert whole.select(["exact_hash", "bands", "words"]).to_pylist() == [
        row for part in parts for row in part.select(["exact_hash", "bands", "words"]).to_pylist()
    ]
    assert len(np.unique(whole["bands"].to_pylist())) > 7 * 20


def test_a_cut_off_text_is_removed_although_it_was_first() -> None:
    whole = text(1, 300)
    cut = " ".join(whole.split()[:120])
    (copy,) = copies_of([cut, whole], dates=[1, 2])
    assert copy == Copy(0, 1, Kind.CONTAINED, 1.0, True)


def test_a_text_quoted_whole_amid_another_is_contained() -> None:
    brief = text(2, 60)
    quoting = f"{text(3, 200)} {brief} {text(4, 200)}"
    (copy,) = copies_of([quoting, brief])
    assert (copy.row, copy.kept, copy.kind) == (1, 0, "contained")


def test_a_text_of_fewer_than_thirty_words_is_a_phrase_and_not_contained() -> None:
    brief = text(2, 29)
    assert copies_of([f"{brief} {text(3, 200)}", brief]) == []
    assert len(copies_of([f"{text(2, 30)} {text(3, 200)}", text(2, 30)])) == 1


def test_articles_that_share_half_of_a_text_are_one_story_and_not_copies() -> None:
    shared = text(5, 100)
    found, together = linked([f"{text(6, 100)} {shared}", f"{shared} {text(7, 100)}", text(8, 200)])
    assert found == []
    assert together == {(0, 1)}


def test_a_notice_in_many_articles_does_not_make_them_one_story() -> None:
    notice = text(9, 60)
    texts = [f"{text(100 + number, 60)} {notice}" for number in range(candidates.RARE + 1)]
    assert linked(texts) == ([], set())
    assert len(linked(texts[: candidates.RARE])[1]) > candidates.RARE


def test_a_brief_that_everyone_quotes_is_still_contained() -> None:
    brief = text(10, 60)
    texts = [f"{text(200 + number, 150)} {brief}" for number in range(candidates.RARE + 20)]
    found = copies_of([*texts, brief])
    assert [(copy.row, copy.kind) for copy in found] == [(len(texts), "contained")]


def test_a_later_version_of_an_article_is_a_revision() -> None:
    first = text(11)
    facts = {"sources": ["Le Phare"] * 2, "headlines": ["page:x/1"] * 2}
    (copy,) = copies_of([first, edited(first, 40)], dates=[1, 2], **facts)
    assert (copy.row, copy.kept, copy.kind) == (1, 0, "revision")
    (copy,) = copies_of([first, edited(first, 40)], dates=[1, 2], keep="latest", **facts)
    assert (copy.row, copy.kept, copy.kind) == (0, 1, "revision")
    for other in ({"sources": ["Le Phare", "La Digue"]}, {"headlines": ["a", "b"]}, {"dates": [None, 1]}):
        (copy,) = copies_of([first, edited(first, 40)], **{"dates": [1, 2], **facts, **other})
        assert copy.kind == "near"


def test_the_policy_decides_which_copy_is_kept() -> None:
    original = text(12)
    texts = [original, f"{original} plus long", edited(original, 40)]
    facts: dict[str, Any] = {"dates": [1, 2, 3], "sources": ["a", "b", "c"]}
    assert {copy.kept for copy in copies_of(texts, **facts)} == {0}
    assert {copy.kept for copy in copies_of(texts, keep="latest", **facts)} == {2}
    assert {copy.kept for copy in copies_of(texts, keep="longest", **facts)} == {1}
    assert {copy.kept for copy in copies_of(texts, keep="source", ranking=("c", "b"), **facts)} == {2}
    assert {copy.kept for copy in copies_of(texts, keep="source", ranking=("z",), **facts)} == {0}


def test_a_published_copy_stays_whatever_the_policy_says() -> None:
    original = text(13)
    for keep in ("earliest", "latest", "longest"):
        (copy,) = copies_of(
            [original, edited(original, 40)], ids=["fr-1", "fr-2"], dates=[1, 2], keep=keep, published=["fr-2"]
        )
        assert (copy.row, copy.kept) == (0, 1)


def test_a_published_brief_stays_when_a_longer_text_comes_but_is_reported() -> None:
    whole = text(14, 300)
    cut = " ".join(whole.split()[:120])
    found, together = linked([cut, whole], ids=["fr-1", "fr-2"], published=["fr-1"])
    assert found == [Copy(0, 1, Kind.CONTAINED, 1.0, False)]
    assert together == {(0, 1)}


def test_many_near_copies_of_one_article_are_all_removed_for_it() -> None:
    original = text(15, 300)
    texts = [original, *(edited(original, 60, seed) for seed in range(1, 80))]
    found = copies_of(texts, dates=list(range(len(texts))))
    assert [copy.row for copy in found] == list(range(1, 80))
    assert {copy.kept for copy in found} == {0}


def test_all_pairs_that_sketches_and_bands_can_find_are_found_in_small_pieces(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    originals = [text(seed, 120) for seed in range(40)]
    texts = [*originals, *(edited(original, 50, 1) for original in originals)]
    expected = linked(texts)
    assert len(expected[0]) == 40
    for name, size in (("KEYS_IN_MEMORY", 512), ("KEYS_GROUPED", 128), ("PAIRS_COUNTED", 16)):
        monkeypatch.setattr(candidates, name, size)
    assert linked(texts) == expected
