"""A column is one line: where that says nothing else, no release of ids has it, and `forget` takes it out."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from builder.core import columns
from builder.core.column import STRING, STRINGS, Column, Table
from tests.conftest import ROOT, digest

SUBTITLE = (
    'Column("subtitle", STRING, "The line below the headline.", '
    'names=("subtitle", "standfirst"), tables=(RECORD, ARTICLE, DECISION)),'
)
SECTION = (
    'Column("section", STRING, "Its section.", names=("section",), tables=(RECORD, ARTICLE), '
    "words=False, secret=False, tidied=False, heavy=True, follows_text=True, few_values=True),"
)
WORD = "unterzeile"  # every subtitle has it, with its number behind it


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build with a copy of the package in which nothing but the list of columns is longer."""
    folder = tmp_path_factory.mktemp("columns")
    package = shutil.copytree(ROOT / "builder", folder / "package" / "builder")
    listed = package / "core" / "columns.py"
    said = listed.read_text(encoding="utf-8")
    assert said.count("    *MEASURED,\n") == 1
    listed.write_text(
        said.replace("    *MEASURED,\n", f"    {SUBTITLE}\n    {SECTION}\n    *MEASURED,\n"), encoding="utf-8"
    )
    script = Path(__file__).with_name("with_more_columns.py")
    environment = {**os.environ, "PYTHONPATH": str(folder / "package")}
    subprocess.run([sys.executable, script, folder], env=environment, check=True)
    return folder


def table(folder: Path, pattern: str) -> pa.Table:
    return pa.concat_tables(pq.read_table(path, partitioning=None) for path in sorted(folder.glob(pattern)))


def rows(folder: Path, pattern: str = "data/*/*.parquet") -> dict[str, dict[str, Any]]:
    return {row["id"]: row for row in table(folder, pattern).to_pylist()}


def holding(folder: Path, word: str) -> Iterator[str]:
    """Give the files below a folder that have a word, in Parquet files too, and in their footers."""
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        said = path.read_bytes().decode("utf-8", "replace")
        if path.suffix == ".parquet":
            said += repr(pq.read_table(path, partitioning=None).to_pylist()) + repr(pq.read_metadata(path).to_dict())
        if word in said.lower():
            yield path.relative_to(folder).as_posix()


def test_a_release_has_it_repaired_and_masked_by_whatever_name_its_file_gives_it(built: Path) -> None:
    for found in (rows(built / "before" / "text"), rows(built / "before" / "text", "decisions.parquet")):
        assert {id: row["subtitle"] for id, row in found.items()} == {
            f"fr-{number:02}": f"Unterzeile{number} & [EMAIL]" for number in range(10)
        }
    assert "The line below the headline." in (built / "before" / "text" / "README.md").read_text()


def test_no_release_of_ids_has_a_word_of_it_but_a_hash_that_covers_it(built: Path) -> None:
    assert len(list(holding(built / "before" / "text", WORD))) > 1
    assert list(holding(built / "before" / "ids", WORD)) == []
    for release in (built / "ids" / "news").glob("[0-9]*"):
        assert list(holding(release, WORD)) == []
    assert "subtitle" not in table(built / "before" / "ids", "data/*/*.parquet").column_names
    assert table(built / "before" / "ids", "decisions.parquet")["subtitle"].null_count == 10
    before, after = rows(built / "before" / "ids")["fr-05"], rows(built / "ids" / "news", "1.0.1/data/*/*")["fr-05"]
    assert [name for name in before if before[name] != after[name]] == ["article_sha256"]


def test_a_release_of_ids_is_rehydrated_with_it(built: Path) -> None:
    assert digest(built / "rehydrated" / "data") == digest(built / "before" / "text" / "data")


def test_once_forgotten_no_segment_decision_or_release_has_it_nor_that_of_a_copy(built: Path) -> None:
    for publish in ("text", "ids"):
        home = built / publish
        assert list(holding(home, f"{WORD}2")) == []
        decided = rows(home / "news" / "1.0.1", "decisions.parquet")
        for id in ("fr-02", "fr-40"):
            assert (decided[id]["reason"], decided[id]["subtitle"]) == ("forgotten", None)
        segments = table(home / "news", ".work/segments/*/*.parquet")
        left = {row["tag"]: row["subtitle"] for row in segments.to_pylist()}
        assert left == {f"fr-{number:02}": f"Unterzeile{number} & [EMAIL]" for number in range(10)} | {
            "fr-02": None,
            "fr-05": "Unterzeile55",
            "fr-40": None,
        }


def test_changes_name_it_and_its_footer_does_not_say_which_values_it_has(built: Path) -> None:
    changes = table(built / "text" / "news", "1.0.1/changes.parquet").to_pylist()
    assert {(row["id"], row["change"]): row["columns"] for row in changes if row["change"] != "removed"} == {
        ("fr-05", "metadata"): ["subtitle"],
        ("fr-06", "changed"): None,
    }
    (path,) = (built / "before" / "text").glob("data/*/train*.parquet")
    group = pq.read_metadata(path).row_group(0)
    found = {group.column(number).path_in_schema: group.column(number) for number in range(group.num_columns)}
    assert found["subtitle"].statistics is None
    assert "RLE_DICTIONARY" not in found["subtitle"].encodings


def test_a_line_may_say_otherwise(built: Path) -> None:
    assert rows(built / "before" / "ids")["fr-02"]["section"] == "Ressort2"
    assert sorted(holding(built / "ids" / "news" / ".work", "ressort2")) != []
    (path,) = (built / "before" / "ids").glob("data/*/train*.parquet")
    group = pq.read_metadata(path).row_group(0)
    found = {group.column(number).path_in_schema: group.column(number) for number in range(group.num_columns)}
    assert found["section"].statistics.max.startswith("Ressort")
    assert "RLE_DICTIONARY" in found["section"].encodings
    light = orjson.loads((built / "light.json").read_bytes())
    assert ("subtitle" in light, "section" in light) == (True, False)


@pytest.mark.parametrize(
    ("type_", "more", "said"),
    [
        (STRINGS, {"names": ("keywords",), "tables": (Table.RECORD,)}, "files cannot give the type list"),
        (pa.large_string(), {"names": ("lead",), "tables": (Table.RECORD,)}, "files cannot give the type large_string"),
        (STRING, {"names": ("lead",), "tables": (Table.ARTICLE,)}, "its tables must include RECORD"),
        (
            STRING,
            {"names": ("lead",), "tables": (Table.RECORD, Table.STANDOFF)},
            "a release of ids cannot have it",
        ),
        (STRINGS, {"words": True}, "only a string can be withheld"),
        (STRING, {"heavy": True, "tables": (Table.DECISION,)}, "it cannot be heavy"),
    ],
)
def test_a_column_that_no_step_can_read_or_withhold_is_refused(type_: pa.DataType, more: Any, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Column("lead", type_, "The lead.", **more)


@pytest.mark.parametrize("table_", Table)
def test_no_table_has_two_columns_of_one_name(table_: Table) -> None:
    names = [column.name for column in columns.of(table_)]
    assert len(names) == len(set(names))


def test_the_documentation_has_every_column_of_every_table_with_a_meaning() -> None:
    said = columns.rows_for_docs()
    for table_ in Table:
        named = [row.name for row in said if table_.value in row.tables]
        assert sorted(named) == sorted(column.name for column in columns.of(table_))
    assert [row.name for row in said if not row.meaning.endswith((".", ")")) or not row.tables] == []
