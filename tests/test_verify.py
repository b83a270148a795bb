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

from builder import charts, croissant, described, files, release, releases
from builder.errors import ReleaseError
from builder.pipeline import Outcome
from builder.verify import Verified, verify


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


def relisted(folder: Path, name: str) -> None:
    """Let the manifest say of a file what it is now, and seal that: only what is in the file can tell."""
    path = folder / releases.MANIFEST
    manifest = orjson.loads(path.read_bytes())
    manifest["files"][name] |= {"bytes": (folder / name).stat().st_size, "sha256": files.sha256(folder / name)}
    sealed(path, manifest)


def sealed(path: Path, manifest: dict[str, Any]) -> None:
    manifest["content"] = release.content_of(manifest)
    manifest["seal"] = release.seal(manifest)
    path.write_bytes(release.as_bytes(manifest))


def shard(folder: Path, language: str = "fr", split: str = "train") -> Path:
    return folder / "data" / language / f"{split}-00000-of-00001.parquet"


def rewritten(path: Path, change: Callable[[pa.Table], pa.Table]) -> None:
    table = pq.read_table(path, partitioning=None)
    pq.write_table(change(table).replace_schema_metadata(table.schema.metadata), path)


def with_column(table: pa.Table, name: str, values: list[Any]) -> pa.Table:
    at = table.schema.get_field_index(name)
    return table.set_column(at, table.schema.field(name), pa.array(values, table.schema.field(name).type))


def a_byte(folder: Path) -> None:
    path = shard(folder)
    said = bytearray(path.read_bytes())
    said[len(said) // 3] ^= 1
    path.write_bytes(said)


def a_byte_of_the_manifest(folder: Path) -> None:
    path = folder / releases.MANIFEST
    said = path.read_bytes()
    path.write_bytes(said.replace(b'"inputs": "', b'"inputs": "0', 1))


def a_space_in_the_manifest(folder: Path) -> None:
    path = folder / releases.MANIFEST
    path.write_bytes(path.read_bytes().replace(b": ", b":  ", 1))


def a_file_less(folder: Path) -> None:
    (folder / "clusters.parquet").unlink()


def a_file_more(folder: Path) -> None:
    (folder / "data" / "fr" / "extra.parquet").write_bytes(b"PAR1")


def a_letter_of_a_row(folder: Path) -> None:
    path = shard(folder)
    texts = pq.read_table(path)["text"].to_pylist()
    rewritten(path, lambda table: with_column(table, "text", [texts[0].replace("e", "é", 1), *texts[1:]]))
    relisted(folder, path.relative_to(folder).as_posix())


def a_row_less(folder: Path) -> None:
    path = shard(folder)
    rewritten(path, lambda table: table.slice(1))
    relisted(folder, path.relative_to(folder).as_posix())


def rows_in_another_order(folder: Path) -> None:
    path = shard(folder)
    rewritten(path, lambda table: table.take(list(range(len(table) - 1, -1, -1))))
    relisted(folder, path.relative_to(folder).as_posix())


def another_type(folder: Path) -> None:
    path = shard(folder)
    rewritten(path, lambda table: table.set_column(0, "id", table["id"].cast(pa.large_string())))
    relisted(folder, path.relative_to(folder).as_posix())


def a_figure_of_the_card(folder: Path) -> None:
    path = folder / releases.CARD
    said = path.read_text()
    path.write_text(re.sub(r"(\| `fr` \| français, French \| )(\d)", r"\g<1>1\2", said, count=1))
    relisted(folder, releases.CARD)


def a_bar_of_a_chart(folder: Path) -> None:
    path = folder / charts.LANGUAGES
    path.write_text(path.read_text().replace(": 11<", ": 12<", 1))
    relisted(folder, charts.LANGUAGES)


def a_digest_of_croissant(folder: Path) -> None:
    path = folder / croissant.NAME
    path.write_text(re.sub(r'"sha256": "\w{4}', '"sha256": "0000', path.read_text(), count=1))
    relisted(folder, croissant.NAME)


def a_figure_of_sources(folder: Path) -> None:
    """Let everything that follows from the manifest follow."""
    path = folder / releases.MANIFEST
    manifest = orjson.loads(path.read_bytes())
    manifest["figures"]["sources"][1]["articles"] += 1
    manifest["content"] = release.content_of(manifest)
    described.write(manifest, folder)
    for name in described.files_of(manifest):
        manifest["files"][name] |= {"bytes": (folder / name).stat().st_size, "sha256": files.sha256(folder / name)}
    sealed(path, manifest)


def a_figure_of_the_manifest(folder: Path) -> None:
    path = folder / releases.MANIFEST
    manifest = orjson.loads(path.read_bytes())
    manifest["languages"]["fr"]["kept"] += 1
    sealed(path, manifest)


def a_decision(folder: Path) -> None:
    path = folder / releases.DECIDED

    def changed(table: pa.Table) -> pa.Table:
        said = table["decision"].to_pylist()
        said[said.index("kept")] = "rejected"
        return with_column(table, "decision", said)

    rewritten(path, changed)
    relisted(folder, releases.DECIDED)


def a_kept_copy(folder: Path) -> None:
    path = folder / releases.CLUSTERS
    rewritten(path, lambda table: with_column(table, "kept_id", ["fr-nobody"] * len(table)))
    relisted(folder, releases.CLUSTERS)


def a_remembered_split(folder: Path) -> None:
    path = folder / releases.SPLITS_KEPT

    def changed(table: pa.Table) -> pa.Table:
        return with_column(
            table, "split", ["test" if split == "train" else "train" for split in table["split"].to_pylist()]
        )

    rewritten(path, changed)
    relisted(folder, releases.SPLITS_KEPT)


def a_version(folder: Path) -> None:
    path = folder / releases.MANIFEST
    manifest = orjson.loads(path.read_bytes())
    manifest["version"] = "9.9.9"
    sealed(path, manifest)


DAMAGES: list[tuple[Callable[[Path], None], str, str]] = [
    (a_byte, "files", r"data/fr/train-00000-of-00001\.parquet: sha256 is .*, expected"),
    (a_byte_of_the_manifest, "manifest", r"manifest\.json: what it says has the digest .*, its seal is"),
    (a_space_in_the_manifest, "manifest", r"manifest\.json: not written as releases are"),
    (a_file_less, "files", r"clusters\.parquet: missing"),
    (a_file_more, "files", r"data/fr/extra\.parquet: not in the manifest"),
    (a_letter_of_a_row, "rows", r"fr train: the rows say .*, expected"),
    (a_row_less, "rows", r"fr train: [\d,]+ rows, expected"),
    (rows_in_another_order, "rows", r"fr train: the rows say .*, expected"),
    (another_type, "rows", r"data/fr/train.* has other columns than"),
    (a_figure_of_the_card, "card", r"README\.md:\d+: \| `fr` \| français, French \| 19 .*; expected .* \| 9 "),
    (a_bar_of_a_chart, "card", r"languages\.svg:\d+: "),
    (a_digest_of_croissant, "card", r'croissant\.json:\d+: \s*"sha256": "0000\w+'),
    (a_figure_of_sources, "card", r"manifest\.json: figures\.sources is .*; the rows give"),
    (a_figure_of_the_manifest, "decisions", r"languages fr: kept is \d+ in decisions\.parquet, \d+ in the manifest"),
    (a_decision, "decisions", r"data: '.*' is not kept by decisions\.parquet"),
    (a_kept_copy, "tables", r"clusters\.parquet: 'fr-nobody' is not kept"),
    (a_remembered_split, "tables", r"splits\.parquet: '.*' is in test, decided was train"),
    (a_version, "manifest", r"says version 9\.9\.9 in the folder 1\.0\.0"),
]


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
