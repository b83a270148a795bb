"""What differs between two releases, what version that makes, and what others' datasets have in common."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from builder.core import schema
from builder.core.errors import BuilderError, ReleaseError
from builder.core.manifest_parts import KindCounts
from builder.diff import changelog, compare
from builder.release import catalog
from tests.conftest import build, write_raw

WORDS = [
    "le",
    "conseil",
    "du",
    "port",
    "a",
    "voté",
    "hier",
    "soir",
    "un",
    "budget",
    "pour",
    "réparer",
    "le",
    "vieux",
    "phare",
]


def article(number: int, *more: str) -> dict[str, Any]:
    """Give an article that no other one is like."""
    words = [f"{word} {number * 31 + place}" for place, word in enumerate(WORDS)]
    return {"tag": f"fr-{number:02}", "title": f"Titre numéro {number}", "text": " ".join([*words, *more])}


def raw(folder: Path, *articles: dict[str, Any]) -> Path:
    return write_raw(folder / "raw", {"all.jsonl": b"\n".join(map(orjson.dumps, articles))})


SETTINGS: dict[str, Any] = {"language": {"reject": ()}, "quality": {"reject": ()}}


def release(folder: Path, *articles: dict[str, Any], settings: dict[str, Any] | None = None, **options: Any) -> Path:
    made = build(raw(folder, *articles), folder / "out", settings or SETTINGS, **options)
    assert made.path is not None
    return made.path


def test_an_article_more_is_a_minor_version_and_a_correction_or_removal_a_patch(tmp_path: Path) -> None:
    first = [article(number) for number in range(6)]
    assert release(tmp_path, *first).name == "1.0.0"
    assert release(tmp_path, *first, article(7)).name == "1.1.0"
    assert release(tmp_path, *first, article(7, "demain")).name == "1.1.1"
    assert release(tmp_path, *first[1:], article(7, "demain")).name == "1.1.2"
    assert release(tmp_path, *first, article(7, "demain")).name == "1.2.0"  # what comes back is added


def test_another_cut_of_the_splits_is_a_major_version(tmp_path: Path) -> None:
    articles = [article(number) for number in range(6)]
    release(tmp_path, *articles)
    other = SETTINGS | {"split": {"train": 0.8, "validation": 0.1, "test": 0.1}}
    made = release(tmp_path, *articles, settings=other)
    assert made.name == "2.0.0"
    changes = catalog.read(made).manifest.changes
    assert changes is not None
    assert changes.level == "major"


def test_another_schema_is_a_major_version(tmp_path: Path) -> None:
    articles = [article(number) for number in range(6)]
    first = release(tmp_path, *articles)
    assert catalog.has_schema(catalog.read(first), schema.ARTICLE)
    fewer = pa.schema([field for field in schema.ARTICLE if field.name != "rights"])
    assert not catalog.has_schema(catalog.read(first), fewer)


def test_a_version_lower_than_the_changes_call_for_is_refused_and_a_higher_one_taken(tmp_path: Path) -> None:
    articles = [article(number) for number in range(6)]
    release(tmp_path, *articles)
    with pytest.raises(ReleaseError, match=r"1\.0\.1 is too low: added 1 since 1\.0\.0, .* minor .* Choose 1\.1\.0"):
        release(tmp_path, *articles, article(8), version="1.0.1")
    assert release(tmp_path, *articles, article(8), version="1.4.0").name == "1.4.0"


def test_a_patch_has_no_article_that_says_it_is_first_there(tmp_path: Path) -> None:
    articles = [article(number) for number in range(6)]
    release(tmp_path, *articles)
    made = release(tmp_path, *articles[1:])
    found = pq.read_table(next(made.glob("data/fr/*.parquet")))
    assert set(found["first_release"].to_pylist()) == {"1.0.0"}


def test_a_release_says_what_changed_article_by_article(tmp_path: Path) -> None:
    articles = [article(number) for number in range(6)]
    release(tmp_path, *articles)
    corrected = {**articles[2], "text": articles[2]["text"].replace("phare", "moulin")}
    retitled = {**articles[3], "title": "Un autre titre"}
    made = release(tmp_path, articles[1], corrected, retitled, articles[4], articles[5], article(9))
    rows = {(row["id"], row["change"]): row for row in pq.read_table(made / "changes.parquet").to_pylist()}
    assert set(rows) == {("fr-00", "removed"), ("fr-02", "changed"), ("fr-03", "metadata"), ("fr-09", "added")}
    assert rows["fr-00", "removed"]["reason"] == "gone"
    assert rows["fr-02", "changed"]["removed_words"] == ["phare"]
    assert rows["fr-02", "changed"]["added_words"] == ["moulin"]
    assert "title" in rows["fr-03", "metadata"]["columns"]
    said = catalog.read(made).manifest.changes
    assert said is not None
    assert said.since == "1.0.0"
    assert said.all == KindCounts(added=1, removed=1, changed=1, relabelled=0, moved=0, metadata=1)
    assert said.removed == {"gone": 1}


def test_an_article_that_is_removed_has_the_reason_of_the_decisions(tmp_path: Path) -> None:
    articles = [article(number) for number in range(6)]
    release(tmp_path, *articles)
    made = release(tmp_path, {**articles[0], "opt_out": True}, *articles[1:])
    (row,) = pq.read_table(made / "changes.parquet").to_pylist()
    assert (row["id"], row["change"], row["reason"]) == ("fr-00", "removed", "rejected:opt_out")


def test_the_log_of_changes_goes_on_from_release_to_release(tmp_path: Path) -> None:
    articles = [article(number) for number in range(6)]
    assert (release(tmp_path, *articles) / "CHANGELOG.md").read_text() == (
        "# Changes\n\n## 1.0.0: the first release\n\n6 articles.\n"
    )
    release(tmp_path, *articles, article(8))
    log = (release(tmp_path, *articles[1:], article(8)) / "CHANGELOG.md").read_text()
    assert [line for line in log.splitlines() if line.startswith("## ")] == [
        "## 1.1.1: corrections and removals",
        "## 1.1.0: articles or languages were added",
        "## 1.0.0: the first release",
    ]
    assert "6 articles. Since 1.1.0: removed 1 (gone 1)." in log
    assert "| language | removed |\n|---|---|\n| `fr` | 1 |\n" in log


def test_what_was_published_before_the_article_that_contains_it_stays_in_every_later_release(tmp_path: Path) -> None:
    quoted = article(1, *(f"mot{number}" for number in range(40)))
    quoting = {**article(2), "text": f"{article(3)['text']} {quoted['text']} {article(4)['text']}"}
    others = [article(number) for number in range(10, 16)]
    release(tmp_path, *others, quoted)
    for number in range(16, 19):  # the first of these brings both together, and after it both are published
        made = release(tmp_path, *others, *(article(at) for at in range(16, number + 1)), quoted, quoting)
        ids = pq.read_table(sorted(made.glob("data/fr/*.parquet")))["id"].to_pylist()
        assert {"fr-01", "fr-02"} <= set(ids)


def test_what_changed_is_no_part_of_what_a_release_says(tmp_path: Path) -> None:
    """A release that is made again without the one before it says the same."""
    articles = [article(number) for number in range(6)]
    once = catalog.read(release(tmp_path / "one", *articles))
    release(tmp_path / "two", *articles, article(8))
    again = catalog.read(release(tmp_path / "two", *articles))
    assert again.manifest.changes is not None
    assert once.manifest.changes is None
    # What was published stays known, so of the files only those of the articles are the same.
    assert once.manifest.splits == again.manifest.splits


def parquet(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(rows), path)
    return path


def test_two_datasets_of_anybodys_are_compared_by_their_ids(tmp_path: Path) -> None:
    old: list[dict[str, Any]] = [
        {"doc_id": "a", "content": "one two three", "lang": "en", "score": 1.0, "tags": ["x"]},
        {"doc_id": "b", "content": "four five", "lang": "en", "score": 2.0, "tags": []},
        {"doc_id": "c", "content": "six", "lang": "da", "score": None, "tags": None},
        {"doc_id": "d", "content": "seven", "lang": "en", "score": 0.5, "tags": ["y"]},
    ]
    new: list[dict[str, Any]] = [
        {**old[0], "content": "one 2 three"},
        {**old[2], "lang": "no"},
        {**old[3], "score": 0.25, "tags": ["y", "z"]},
        {"doc_id": "e", "content": "eight", "lang": "en", "score": 1.0, "tags": []},
    ]
    parquet(tmp_path / "old" / "train.parquet", old)
    parquet(tmp_path / "new" / "train.parquet", new[:1])
    parquet(tmp_path / "new" / "test.parquet", new[1:])
    found = compare.compare(compare.read_side(tmp_path / "old"), compare.read_side(tmp_path / "new"))
    assert [(change.id, change.kind) for change in found] == [
        ("a", "changed"),
        ("b", "removed"),
        ("c", "relabelled"),
        ("c", "moved"),
        ("d", "moved"),
        ("d", "metadata"),
        ("e", "added"),
    ]
    assert found[0].removed_words == ["two"]
    assert (found[2].before, found[2].after) == ("da", "no")
    assert (found[3].before, found[3].after) == ("train", "test")
    assert found[5].columns == ["score", "tags"]
    assert found[1].reason is None


def test_types_that_only_differ_in_width_are_no_change(tmp_path: Path) -> None:
    narrow = pa.table({"id": ["a", "b"], "n": pa.array([1, None], pa.int32()), "x": pa.array([0.5, 2.0], pa.float32())})
    wide = pa.table({"id": ["a", "b"], "n": pa.array([1, None], pa.int64()), "x": pa.array([0.5, 2.0], pa.float64())})
    pq.write_table(narrow, tmp_path / "a.parquet")
    pq.write_table(wide, tmp_path / "b.parquet")
    assert compare.compare(compare.read_side(tmp_path / "a.parquet"), compare.read_side(tmp_path / "b.parquet")) == []


def numbers(path: Path, kind: pa.DataType, *values: int) -> Path:
    ids = [chr(97 + row) for row in range(len(values))]
    pq.write_table(pa.table({"id": ids, "n": pa.array(values, kind)}), path)
    return path


def test_integers_of_any_width_are_compared_by_their_values(tmp_path: Path) -> None:
    large = numbers(tmp_path / "a.parquet", pa.uint64(), 5, 2**63, 2**64 - 1)
    larger = numbers(tmp_path / "b.parquet", pa.uint64(), 5, 2**63 + 1, 2**64 - 1)
    signed = numbers(tmp_path / "c.parquet", pa.int16(), 5, -1, -1)
    assert [change.id for change in compare.compare(compare.read_side(large), compare.read_side(larger))] == ["b"]
    assert [change.id for change in compare.compare(compare.read_side(large), compare.read_side(signed))] == ["b", "c"]


@pytest.mark.parametrize("kind", [pa.large_string(), pa.string_view(), pa.dictionary(pa.int8(), pa.string())])
def test_texts_of_any_type_are_compared_by_what_they_say(tmp_path: Path, kind: pa.DataType) -> None:
    texts, sides = pa.array(["one", "two", None, "one"]), []
    for name, column in (("a", texts), ("b", texts.cast(kind))):
        table = pa.table({"id": ["w", "x", "y", "z"], "text": column, "source": column})
        pq.write_table(table, tmp_path / f"{name}.parquet")
        sides.append(compare.read_side(tmp_path / f"{name}.parquet"))
    assert compare.compare(*sides) == []


@pytest.mark.parametrize(
    "kind",
    [pa.date32(), pa.date64(), pa.time32("s"), pa.time64("us"), pa.duration("s"), pa.timestamp("us"), pa.bool_()],
)
def test_values_of_any_type_are_compared(tmp_path: Path, kind: pa.DataType) -> None:
    sides = []
    for name, second in (("a", 0), ("b", 86_400_000 if kind == pa.date64() else 1)):
        column = pa.array([0, second, None], pa.int32() if kind.bit_width == 32 else pa.int64()).cast(kind)
        pq.write_table(pa.table({"id": ["x", "y", "z"], "n": column}), tmp_path / f"{name}.parquet")
        sides.append(compare.read_side(tmp_path / f"{name}.parquet"))
    assert [(change.id, change.columns) for change in compare.compare(*sides)] == [("y", ["n"])]


@pytest.mark.parametrize("texts", ["text", "content"])
def test_a_side_without_rows_lacks_them_all(tmp_path: Path, texts: str) -> None:
    some = parquet(tmp_path / "some.parquet", [{"id": "a", "text": "one", "n": 1}, {"id": "b", "text": "two", "n": 2}])
    empty = tmp_path / "empty.parquet"
    pq.write_table(pa.table({"id": pa.array([], pa.string()), texts: pa.array([], pa.string())}), empty)
    assert [change.kind for change in compare.compare(compare.read_side(some), compare.read_side(empty))] == [
        "removed"
    ] * 2
    assert [change.kind for change in compare.compare(compare.read_side(empty), compare.read_side(some))] == [
        "added"
    ] * 2
    assert compare.compare(compare.read_side(empty), compare.read_side(empty)) == []


def test_files_of_one_dataset_may_have_different_columns(tmp_path: Path) -> None:
    one: list[dict[str, Any]] = [{"id": "a", "text": "one", "n": 1}]
    other: list[dict[str, Any]] = [{"doc_id": "b", "content": "two words", "lang": "en"}]
    third: list[dict[str, Any]] = [{"id": "c", "n": 3}]
    for side, rows in (("old", other), ("new", [{**other[0], "content": "two worlds"}])):
        for name, of_file in (("one", one), ("other", rows), ("third", third)):
            parquet(tmp_path / side / f"{name}.parquet", of_file)
    sides = compare.read_side(tmp_path / "old"), compare.read_side(tmp_path / "new")
    (found,) = compare.compare(*sides)
    assert (found.id, found.kind, found.removed_words, found.added_words) == ("b", "changed", ["words"], ["worlds"])
    parquet(tmp_path / "new" / "third.parquet", [{**third[0], "text": "three"}])
    found = next(
        change for change in compare.compare(sides[0], compare.read_side(tmp_path / "new")) if change.id == "c"
    )
    assert (found.kind, found.removed_words, found.added_words) == ("changed", [""], ["three"])


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([{"id": "a"}, {"id": "a"}], "id 'a' occurs more than once"),
        ([{"id": "a"}, {"id": None}], r"x\.parquet: row 2: id is null\. Expected an id"),
        ([{"key": "a"}], "no column id or tag or .* it has key. Name it by --id-column"),
    ],
)
def test_errors_name_the_location(tmp_path: Path, rows: list[dict[str, Any]], message: str) -> None:
    with pytest.raises(BuilderError, match=message):
        compare.read_side(parquet(tmp_path / "x.parquet", rows))
    with pytest.raises(BuilderError, match="has no Parquet files"):
        compare.read_side(tmp_path / "nothing")


def test_the_text_lists_the_first_changes_of_each_kind() -> None:
    found = [
        compare.Change("fr-1", "fr", "changed", removed_words=["vieux"], added_words=["neuf\x1b[2J"]),
        *(compare.Change(f"fr-{number}", "fr", "added") for number in range(20, 33)),
        compare.Change("no-1", "no", "removed", reason="rejected:opt_out", detail="its publisher says so"),
    ]
    text = changelog.render(changelog.summary(found), found)
    assert "  fr-1: [-vieux-] {+neuf[2J+}" in text
    assert "  and 3 more; --json has all" in text
    assert "  no-1: its publisher says so" in text
    assert "removed: rejected:opt_out 1" in text
    assert changelog.render(changelog.summary([]), []) == "no article differs"


def test_the_command_prints_text_or_json(tmp_path: Path) -> None:
    articles = [article(number) for number in range(4)]
    old = release(tmp_path, *articles)
    new = release(tmp_path, *articles[:3], article(5))
    command = [sys.executable, "-m", "builder", "diff", str(old), str(new)]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "added:\n  fr-05" in said
    assert "removed:\n  fr-03: no raw file contains it any more" in said
    found = orjson.loads(subprocess.run([*command, "--json"], capture_output=True, check=True).stdout)
    assert [(change["id"], change["kind"]) for change in found["changes"]] == [("fr-03", "removed"), ("fr-05", "added")]
    wrong = subprocess.run([*command[:-1], "nowhere"], capture_output=True, text=True, check=False)
    assert wrong.returncode == 1
    assert "nowhere: no such folder. Expected a release" in wrong.stderr
