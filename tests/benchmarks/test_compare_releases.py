"""A release that says the same is equal; a value, row, file or count that differs is found."""

import re
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from benchmarks import compare_releases
from benchmarks.compare_releases import compare
from builder.pipeline.outcome import Outcome
from tests.conftest import rows
from tests.damages import rewritten, shard, with_column


@pytest.fixture
def pair(sample: Outcome, tmp_path: Path) -> tuple[Path, Path]:
    """Give a release and a copy of it."""
    assert sample.path
    return sample.path, Path(shutil.copytree(sample.path, tmp_path / sample.path.name))


def status(pair: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(sys, "argv", ["compare_releases", *map(str, pair)])
    return compare_releases.main()


def with_manifest(folder: Path, change: Callable[[dict[str, Any]], None]) -> None:
    manifest = orjson.loads((folder / "manifest.json").read_bytes())
    change(manifest)
    (folder / "manifest.json").write_bytes(orjson.dumps(manifest))


def test_a_release_that_says_the_same_is_equal_whatever_its_footers_and_digests(
    pair: tuple[Path, Path], sample: Outcome, monkeypatch: pytest.MonkeyPatch
) -> None:
    same = compare(*pair)
    assert (same.differences, same.allowed) == ([], [])
    assert same.tables == len(list(pair[0].rglob("*.parquet")))
    assert same.rows > len(rows(sample))
    table = pq.read_table(shard(pair[1]), partitioning=None)
    pq.write_table(table.replace_schema_metadata({"made": "otherwise"}), shard(pair[1]))

    def otherwise(manifest: dict[str, Any]) -> None:
        manifest["inputs"] = manifest["seal"] = "0" * 64
        manifest["files"][shard(pair[1]).relative_to(pair[1]).as_posix()]["bytes"] += 1

    with_manifest(pair[1], otherwise)
    card = pair[1] / "README.md"
    card.write_text(card.read_text().replace("the", "thee", 1))
    found = compare(*pair)
    assert found.differences == []
    assert {line.split(": ")[0] for line in found.allowed} == {"README.md", "manifest.json"}
    assert "manifest.json: files: 1 have other bytes" in found.allowed
    assert "README.md: 1 lines removed, 1 added" in found.allowed
    assert status(pair, monkeypatch) == 0


def another_value(folder: Path) -> None:
    rewritten(shard(folder), lambda table: with_column(table, "word_count", [7, *table["word_count"].to_pylist()[1:]]))


def another_order(folder: Path) -> None:
    rewritten(shard(folder), lambda table: table.take(pa.array(range(len(table) - 1, -1, -1))))


def another_type(folder: Path) -> None:
    rewritten(shard(folder), lambda table: table.set_column(0, "id", table["id"].cast(pa.large_string())))


def a_count(folder: Path) -> None:
    with_manifest(folder, lambda manifest: manifest["counts"].update(kept=1))


def rows_of_a_file(folder: Path) -> None:
    with_manifest(folder, lambda manifest: manifest["files"]["splits.parquet"].update(rows=1, sha256="0"))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (another_value, r"data/fr/train.*: column word_count differs in 1 rows \(row 0: \d+, then 7\)"),
        (another_order, r"data/fr/train.*: column id differs in \d+ rows"),
        (another_type, r"data/fr/train.*: columns id$"),
        (lambda folder: rewritten(shard(folder), lambda table: table[:-1]), r"data/fr/train.*: 9 rows, then 8"),
        (lambda folder: (folder / "data/fr/test-00000-of-00001.parquet").unlink(), r"data/fr/test.*: only in "),
        (lambda folder: (folder / "quarantine/broken/empty.txt").write_text("x"), r"empty\.txt: other bytes"),
        (a_count, r"manifest\.json: counts\.kept: 97, then 1"),
        (rows_of_a_file, r"manifest\.json: files\.splits\.parquet: .*'rows': 1"),
    ],
)
def test_what_differs_is_named(
    pair: tuple[Path, Path],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    change: Callable[[Path], None],
    says: str,
) -> None:
    change(pair[1])
    found = compare(*pair).differences
    assert re.search(says, found[0])
    assert len(found) == 1 or change is another_order
    assert status(pair, monkeypatch) == 1
    assert f"{len(found)} differences" in capsys.readouterr().out


def test_a_folder_that_is_no_release_is_refused(pair: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SystemExit):
        status((pair[0], pair[0] / "data"), monkeypatch)
