"""Whatever is damaged in a release, in its bytes, rows or figures, is found and named."""

import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from builder import releases
from builder.errors import ReleaseError
from builder.pipeline import Outcome
from builder.verify import Verified, verify
from tests.damages import DAMAGES, a_byte, relisted, rewritten, shard, with_column


@pytest.fixture
def copy(sample: Outcome, tmp_path: Path) -> Path:
    """Give a copy of the sample's release, to be damaged."""
    assert sample.path is not None
    return Path(shutil.copytree(sample.path, tmp_path / sample.path.name))


def test_a_release_as_it_was_built_is_right(sample: Outcome) -> None:
    assert sample.path is not None
    found = verify(sample.path)
    assert found.problems == {}
    assert found.right
    assert found.checked == ["manifest", "files", "rows", "decisions", "tables", "card", "loading", "leaks"]


@pytest.mark.parametrize(("damage", "check", "message"), DAMAGES, ids=[damage[0].__name__ for damage in DAMAGES])
def test_a_damage_is_found_and_named(copy: Path, damage: Callable[[Path], None], check: str, message: str) -> None:
    damage(copy)
    found = verify(copy)
    assert not found.right
    assert any(re.search(message, problem) for problem in found.problems.get(check, [])), found.told()


def test_a_leak_that_is_not_told_is_named(copy: Path) -> None:
    """Move an article's copy into another split, and let every figure that may be altered follow."""
    train = shard(copy)
    first = pq.read_table(train).slice(0, 1)
    test = next(path for path in sorted(copy.glob("data/*/test-*.parquet")))
    rewritten(test, lambda table: pa.concat_tables([table.slice(1), with_column(first, "id", ["fr-leak"])]))
    found = verify(copy)
    assert any("'fr-leak' in test is a exact mate of" in problem for problem in found.problems["leaks"]), found.told()


def test_the_content_hash_does_not_depend_on_the_writer_or_its_row_groups(copy: Path) -> None:
    for size in (1, 3, 1000):
        path = shard(copy)
        table = pq.read_table(path)
        pq.write_table(table, path, row_group_size=size, compression="snappy", use_dictionary=False)
        relisted(copy, path.relative_to(copy).as_posix())
        assert "rows" not in verify(copy).problems


def test_a_folder_without_a_release_is_told(tmp_path: Path) -> None:
    with pytest.raises(ReleaseError, match=r"without a manifest\.json"):
        verify(tmp_path)


def test_it_is_told_check_by_check() -> None:
    found = Verified(Path("x"), ["files", "rows"], {"rows": ["fr train: 3 rows, expected 4"]})
    assert found.told() == "x\n  files: ok\n  rows: 1 wrong\n    fr train: 3 rows, expected 4"


def test_the_command_exits_with_1_for_what_is_wrong(copy: Path) -> None:
    command = [sys.executable, "-m", "builder", "verify", str(copy)]
    right = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (right.returncode, right.stdout.count(": ok")) == (0, 8), right
    a_byte(copy)
    wrong = subprocess.run([*command, "--json"], capture_output=True, text=True, check=False)
    assert wrong.returncode == 1
    assert orjson.loads(wrong.stdout)["problems"]["files"]


def test_every_decision_of_the_sample_adds_up(sample: Outcome) -> None:
    assert sample.path is not None
    table = releases.decisions(sample.path)
    assert pc.sum(pc.equal(table["decision"], "kept")).as_py() == sample.counts["kept"]
