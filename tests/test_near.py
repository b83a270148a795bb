"""Copies: what is one, which is kept, and that nothing but texts and the declared order decides it."""

import random

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builder import near
from builder.near import Copy

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
    return near.sign(table, near.shingle_words(table), 3, 25, 5, 5)


def copies_of(
    texts: list[str],
    ids: list[str] | None = None,
    dates: list[int | None] | None = None,
    languages: list[str] | None = None,
    scripts: list[str] | None = None,
    stories: list[str] | None = None,
    threshold: float = 0.7,
) -> list[Copy]:
    table = signed(prepared(list(texts), languages, scripts))
    words = near.shingle_words(table)
    ids = ids or [f"fr-{number:03}" for number in range(len(texts))]
    rank = near.in_order(ids, iter(dates or [None] * len(texts)), [len(text) for text in texts])
    exact = table["exact_hash"].combine_chunks()

    def translations(one: int, other: int) -> bool:
        return bool(stories and languages and stories[one] == stories[other] and languages[one] != languages[other])

    def fetch(rows: list[int]) -> dict[int, near.Shingles]:
        return dict(zip(rows, near.shingles(words.take(pa.array(rows, pa.int64())), 3), strict=True))

    groups = near.link(exact, table["bands"].combine_chunks())
    return near.choose(groups, rank, exact.to_pylist(), translations, fetch, threshold)


def text(seed: int, words: int = 200) -> str:
    return " ".join(random.Random(seed).choices(WORDS, k=words))


def edited(original: str, every: int, seed: int = 0) -> str:
    words = original.split()
    chance = random.Random(seed)
    for at in range((seed * 11 + every // 2) % every, len(words), every):
        words[at] = f"neu{chance.randrange(10**6)}"
    return " ".join(words)


def similarity(one: str, other: str) -> float:
    """Give the Jaccard similarity the slow way, of sets of tuples of words."""
    first, second = (
        {tuple(words[at : at + 3]) for at in range(len(words) - 2)} for words in (one.split(), other.split())
    )
    return len(first & second) / len(first | second)


def test_case_punctuation_and_space_make_no_other_text() -> None:
    one = "Le maire l'a dit: «\xa0Non.\xa0» Et après?"
    found = copies_of([one, 'LE MAIRE, l’a dit  "Non" — et APRÈS', "Le maire a dit oui, et après ?"])
    assert found == [Copy(1, 0, "exact", 1.0)]


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


def test_what_is_less_similar_than_the_threshold_stays() -> None:
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


def test_short_texts_are_compared_exactly_only() -> None:
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


def test_other_languages_have_no_copies_and_varieties_of_one_have() -> None:
    same = text(7)
    assert copies_of([same, same], languages=["fr", "es"]) == []
    assert len(copies_of([same, same], languages=["en-GB", "en-US"])) == 1


def test_translations_of_one_story_are_no_copies() -> None:
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
@settings(max_examples=25, deadline=None)
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


def test_signing_does_not_depend_on_what_stands_beside() -> None:
    texts = [text(seed, 50) for seed in range(7)]
    whole = signed(prepared(list(texts)))
    parts = [signed(prepared([each])) for each in texts]
    assert whole.select(["exact_hash", "bands", "words"]).to_pylist() == [
        row for part in parts for row in part.select(["exact_hash", "bands", "words"]).to_pylist()
    ]
    assert len(np.unique(whole["bands"].to_pylist())) > 7 * 20
