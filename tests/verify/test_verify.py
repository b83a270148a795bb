"""Whatever is damaged in a release, in its bytes, rows or figures, is found and named."""

import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from builder.core.errors import ReleaseError
from builder.core.layout import CARD, MANIFEST
from builder.pipeline.outcome import Outcome
from builder.release import catalog
from builder.verify.result import NotChecked, Opened, Verified
from builder.verify.verify import CHECKS, check_manifest, verify
from tests.conftest import SAMPLE, build, write_raw
from tests.damages import (
    DAMAGES,
    LATER,
    a_byte,
    a_figure_of_sources,
    relisted,
    restated,
    rewritten,
    shard,
    unlisted,
    with_column,
)


@pytest.fixture
def copy(sample: Outcome, tmp_path: Path) -> Path:
    """Give a copy of the sample's release, to be damaged."""
    assert sample.path is not None
    return Path(shutil.copytree(sample.path, tmp_path / sample.path.name))


@pytest.fixture
def no_loading(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out what takes long, and says nothing that matters here."""
    monkeypatch.delitem(CHECKS, "loading")


def test_a_release_as_it_was_built_is_right(sample: Outcome) -> None:
    assert sample.path is not None
    found = verify(sample.path)
    assert found.problems == {}
    assert found.right
    assert found.unchecked == {}
    assert found.checked == ["manifest", *CHECKS]


def problems(folder: Path, check: str) -> list[str]:
    """Make one check alone: to load all configs takes longer than all others."""
    wrong, manifest = check_manifest(folder)
    return wrong if check == "manifest" else list(CHECKS[check](Opened(folder, manifest)))


@pytest.mark.parametrize(("damage", "check", "message"), DAMAGES, ids=[damage[0].__name__ for damage in DAMAGES])
def test_a_damage_is_found_and_named(copy: Path, damage: Callable[[Path], None], check: str, message: str) -> None:
    damage(copy)
    found = problems(copy, check)
    assert any(re.search(message, problem) for problem in found), found


@pytest.fixture(scope="module")
def second(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build two releases of a few articles; give the second one."""
    folder = tmp_path_factory.mktemp("second")
    for names in (("fr-17.txt", "fr-27.txt"), ("fr-33.txt",)):
        made = build(write_raw(folder / "raw", {name: (SAMPLE / name).read_bytes() for name in names}), folder / "out")
    assert made.path is not None
    return made.path


@pytest.mark.parametrize(("damage", "check", "message"), LATER, ids=[damage[0].__name__ for damage in LATER])
def test_what_a_release_says_of_the_one_before_it_is_looked_at(
    second: Path, tmp_path: Path, damage: Callable[[Path], None], check: str, message: str
) -> None:
    copy = Path(shutil.copytree(second, tmp_path / second.name))
    assert problems(copy, check) == []
    damage(copy)
    found = problems(copy, check)
    assert any(re.search(message, problem) for problem in found), found


def test_a_record_that_could_not_be_read_must_be_in_quarantine(copy: Path) -> None:
    unlisted(copy, "quarantine/broken/empty.txt")
    assert problems(copy, "quarantine") == [
        "quarantine/broken/empty.txt: missing, but quarantined in decisions.parquet (empty)"
    ]


def test_what_is_not_checked_of_a_release_of_another_version_is_told(copy: Path) -> None:
    def of_another_version(manifest: dict[str, Any]) -> None:
        manifest["versions"]["builder"] = "0.3.0"

    restated(copy, of_another_version)
    found = verify(copy)
    assert found.right, found.render()
    assert found.unchecked == {"card": "made by builder 0.3.0"}
    assert "card" not in found.checked
    assert found.render().splitlines()[-1] == "  card: not checked (made by builder 0.3.0)"
    assert found.as_json()["unchecked"] == found.unchecked
    a_figure_of_sources(copy)
    assert any("figures.sources says" in problem for problem in problems(copy, "figures"))


def test_leaks_are_not_looked_for_where_there_are_no_texts(copy: Path) -> None:
    for path in sorted(copy.glob("data/*/*.parquet")):
        rewritten(path, lambda table: table.drop_columns(["text"]))
    with pytest.raises(NotChecked, match="a release of ids has no texts"):
        problems(copy, "leaks")


def with_manifest(folder: Path, **said: Any) -> None:
    path = folder / MANIFEST
    path.write_bytes(orjson.dumps({**orjson.loads(path.read_bytes()), **said}))


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"files": []}, r"files is \[\], expected an object"),
        ({"files": {"a": 3}}, "the entry of the file a is 3, expected bytes and sha256"),
        ({"splits": 3}, "splits is 3, expected an object"),
        ({"languages": None}, "languages is null, expected an object"),
        ({"seal": None}, "seal is null, expected text"),
        ({"content": 12}, "content is 12, expected text"),
    ],
)
def test_a_manifest_of_other_types_is_told_in_a_line(copy: Path, said: dict[str, Any], message: str) -> None:
    with_manifest(copy, **said)
    with pytest.raises(ReleaseError, match=rf"manifest\.json: damaged: {message}\. Fetch or copy it again"):
        verify(copy)


def test_nothing_is_built_on_a_release_whose_manifest_is_of_other_types(second: Path, tmp_path: Path) -> None:
    home = Path(shutil.copytree(second.parent, tmp_path / "out" / "news", symlinks=True))
    with_manifest(home / second.name, files=[])
    with pytest.raises(
        ReleaseError, match=r"files is \[\], expected an object\. Remove the folder .*1\.1\.0 and build"
    ):
        build(second.parents[2] / "raw", tmp_path / "out")


@pytest.mark.parametrize(
    ("said", "check"),
    [
        ({"splits": {"fr": 3}}, "rows"),
        ({"languages": {"fr": 3}}, "decisions"),
        ({"figures": {"languages": 3}}, "figures"),
        ({"figures": 3}, "card"),
        ({"copies": None}, "tables"),
        ({"leaks": 3}, "leaks"),
    ],
)
def test_what_makes_a_check_fail_is_told(copy: Path, said: dict[str, Any], check: str, no_loading: None) -> None:
    with_manifest(copy, **said)
    assert verify(copy).problems[check]


def test_a_release_without_files_of_articles_is_told(copy: Path, no_loading: None) -> None:
    shutil.rmtree(copy / "data")
    manifest = orjson.loads((copy / MANIFEST).read_bytes())
    with_manifest(copy, files={name: of for name, of in manifest["files"].items() if not name.startswith("data/")})
    found = verify(copy).problems
    assert any("lists no files of articles" in problem for problem in found["leaks"]), found
    assert "rows" in found


def test_a_card_whose_yaml_is_none_is_told(copy: Path) -> None:
    card = copy / CARD
    card.write_text(card.read_text().replace("---\n", "---\n: [\n", 1))
    found = verify(copy).problems
    assert any(re.match(r"it does not load \(\w+Error: ", problem) for problem in found["loading"]), found
    assert "README.md" in found["card"][0]


def test_a_leak_that_is_not_told_is_named(copy: Path) -> None:
    """Move an article's copy into another split, and let every figure that may be altered follow."""
    train = shard(copy)
    first = pq.read_table(train).slice(0, 1)
    test = next(path for path in sorted(copy.glob("data/*/test-*.parquet")))
    rewritten(test, lambda table: pa.concat_tables([table.slice(1), with_column(first, "id", ["fr-leak"])]))
    found = problems(copy, "leaks")
    assert any("'fr-leak' in test is a exact mate of" in problem for problem in found), found


def test_leaks_that_a_release_tells_of_itself_are_compared(tmp_path: Path) -> None:
    """Publish articles of two stories, then join these into one: they are in two splits, and stay there."""
    settings = {
        "language": {"reject": ()},
        "split": {"train": 0.5, "validation": 0.0, "test": 0.5, "min_articles": 2, "conflicts": "report"},
    }
    for joined in ({}, {"canonical": "http://x.org/all"}):
        rows = [
            {"tag": f"fr-{number:02}", "text": " ".join(f"mot{number}x{place}" for place in range(30)), **joined}
            for number in range(6)
        ]
        raw = write_raw(tmp_path / "raw", {"a.jsonl": b"\n".join(map(orjson.dumps, rows))})
        made = build(raw, tmp_path / "out", settings)
    assert made.path is not None
    assert len(catalog.read(made.path).manifest.leaks) > 1
    assert problems(made.path, "leaks") == []
    restated(made.path, lambda manifest: manifest["leaks"][0].update(kind="near", mate="fr-99"))
    restated(made.path, lambda manifest: manifest["leaks"].pop())
    found = problems(made.path, "leaks")
    assert [problem.partition("; the manifest says ")[2] for problem in found] == ["near", "nothing"]


def test_the_content_hash_does_not_depend_on_the_writer_or_its_row_groups(copy: Path) -> None:
    for size in (1, 3, 1000):
        path = shard(copy)
        table = pq.read_table(path)
        pq.write_table(table, path, row_group_size=size, compression="snappy", use_dictionary=False)
        relisted(copy, path.relative_to(copy).as_posix())
        assert problems(copy, "rows") == []


def test_a_folder_without_a_release_is_told(second: Path, tmp_path: Path) -> None:
    with pytest.raises(
        ReleaseError, match=r"not a release, because it has no manifest\.json\. Expected .*1\.0\.0 or"
    ) as told:
        verify(tmp_path)
    assert "emove" not in str(told.value)
    home = second.parent
    with pytest.raises(
        ReleaseError, match=rf"a folder of releases \(1\.0\.0, 1\.1\.0\)\. Name one of them, for example {second}"
    ) as told:
        verify(home)
    assert "emove" not in str(told.value)
    elsewhere = tmp_path / "1.0.0"
    elsewhere.mkdir()
    with pytest.raises(ReleaseError, match="not a release, because it has no"):
        verify(elsewhere)


def test_it_is_told_check_by_check() -> None:
    found = Verified(Path("x"), ["files", "rows"], {"rows": ["fr train: 3 rows, expected 4"]}, {"leaks": "why"})
    wrong = "  rows: 1 wrong\n    fr train: 3 rows, expected 4"
    assert found.render() == f"x\n  files: ok\n{wrong}\n  leaks: not checked (why)"


def test_the_command_exits_with_1_for_what_is_wrong(copy: Path) -> None:
    command = [sys.executable, "-m", "builder", "verify", str(copy)]
    right = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (right.returncode, right.stdout.count(": ok")) == (0, 10), right
    a_byte(copy)
    wrong = subprocess.run([*command, "--json"], capture_output=True, text=True, check=False)
    assert wrong.returncode == 1
    assert orjson.loads(wrong.stdout)["problems"]["files"]


def test_every_decision_of_the_sample_adds_up(sample: Outcome) -> None:
    assert sample.path is not None
    table = catalog.decisions(sample.path)
    assert pc.sum(pc.equal(table["decision"], "kept")).as_py() == sample.counts["kept"]
