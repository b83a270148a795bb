"""A release: it loads, it is what the manifest says, and the next one is right too."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import datasets
import numpy as np
import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from builder.core import files
from builder.core.content_hash import ContentHash
from builder.core.errors import ReleaseError
from builder.core.manifest_parts import SplitEntry
from builder.core.schema import ARTICLE
from builder.pipeline.outcome import Outcome
from builder.release import catalog, parquet, write
from tests import writers
from tests.conftest import Files, digest, rows

FRENCH = [
    "Le conseil municipal a voté hier soir la réouverture de la vieille piscine, fermée depuis trois ans.",
    "Une équipe de chercheurs a découvert dans les archives du port un registre de navires du seizième siècle.",
    "La récolte de pommes sera meilleure que prévu cette année, assurent les producteurs réunis à la foire d'automne.",
    "Le club de handball du village s'est qualifié pour la finale après une prolongation que personne n'attendait.",
]
NORWEGIAN = (
    "Kommunen åpner en ny sykkelvei langs elva til våren, og barna på skolen gleder seg til å bruke den hver dag."
)


def article(text: str, tag: str, title: str = "Un titre") -> str:
    return f"{title}\n\n{text}\n\n{tag}\n"


def french(count: int = 4) -> Files:
    return {f"fr-{number:02}.txt": article(text, f"fr-{number:02}") for number, text in enumerate(FRENCH[:count])}


def test_every_config_loads_with_datasets(sample: Outcome) -> None:
    whole = datasets.load_dataset(str(sample.path), "all")
    assert sum(part.num_rows for part in whole.values()) == sample.counts["kept"]
    assert datasets.get_dataset_config_names(str(sample.path))[0] == "all"
    assert datasets.load_dataset(str(sample.path)).num_rows == whole.num_rows
    for language, counts in sample.languages.items():
        if counts.get("kept"):
            parts = datasets.load_dataset(str(sample.path), language)
            assert sum(part.num_rows for part in parts.values()) == counts["kept"]
            assert all(row == language for part in parts.values() for row in part["language"])


def test_one_split_loads_and_streams(sample: Outcome) -> None:
    assert sample.path is not None
    latest = str(sample.path.parent / "latest")
    train = datasets.load_dataset(latest, "fr", split="train")
    streamed = datasets.load_dataset(latest, "fr", split="train", streaming=True)
    assert [row["id"] for row in streamed] == train["id"]
    assert train.features["date"] == datasets.Value("timestamp[us, tz=UTC]")
    assert list(train.features) == ARTICLE.names
    assert str(train.info.version) == "1.0.0"


def test_a_rebuilt_release_gives_the_new_rows_in_the_same_process(make: Callable[..., Outcome]) -> None:
    first = make(french(2))
    assert first.path is not None
    latest = str(first.path.parent / "latest")
    assert datasets.load_dataset(latest, "fr", split="train").num_rows + rest(latest) == 2
    second = make(french(4))
    assert (second.version, second.changed) == ("1.1.0", True)
    assert datasets.load_dataset(latest, "fr", split="train").num_rows + rest(latest) == 4
    code = "import datasets, sys; print(sum(p.num_rows for p in datasets.load_dataset(sys.argv[1], 'fr').values()))"
    said = subprocess.run([sys.executable, "-c", code, latest], check=True, capture_output=True, text=True)
    assert said.stdout.strip() == "4"
    assert datasets.load_dataset(str(first.path), "fr").num_rows != datasets.load_dataset(latest, "fr").num_rows


def rest(path: str) -> int:
    parts = datasets.load_dataset(path, "fr")
    return sum(part.num_rows for name, part in parts.items() if name != "train")


def test_a_text_that_changes_is_loaded_anew(make: Callable[..., Outcome]) -> None:
    first = make(french(1))
    assert first.path is not None
    latest = str(first.path.parent / "latest")
    before = datasets.load_dataset(latest, "all")
    make({"fr-00.txt": article(FRENCH[3], "fr-00")})
    after = datasets.load_dataset(latest, "all")
    assert [row["text"] for part in after.values() for row in part] == [FRENCH[3]]
    assert [row["text"] for part in before.values() for row in part] == [FRENCH[0]]


def test_nothing_changed_makes_no_release(make: Callable[..., Outcome], tmp_path: Path) -> None:
    first = make(french(3))
    before = digest(tmp_path / "out")
    again = make({})
    assert (again.changed, again.version, again.counts) == (False, first.version, first.counts)
    assert digest(tmp_path / "out") == before


def test_bytes_that_change_without_a_change_of_text_make_no_release(make: Callable[..., Outcome]) -> None:
    first = make(french(2))
    again = make({"fr-00.txt": article(FRENCH[0], "fr-00").replace("\n", "\r\n")})
    assert (again.changed, again.version) == (False, first.version)


def test_an_article_keeps_its_split_its_place_and_its_first_release(make: Callable[..., Outcome]) -> None:
    before = {row["id"]: row for row in rows(make(french(3)))}
    second = make({**french(4), "a/fr-0000.txt": article(NORWEGIAN, "nb-0000")})
    after = {row["id"]: row for row in rows(second)}
    for id, row in before.items():
        assert (after[id]["split"], after[id]["first_release"]) == (row["split"], "1.0.0")
    assert after["fr-03"]["first_release"] == "1.1.0"
    order = [row["first_release"] for row in rows(second) if (row["language"], row["split"]) == ("fr", "train")]
    assert order == sorted(order)
    assert len(set(order)) == 2


def test_a_version_can_be_asked_for_once(make: Callable[..., Outcome]) -> None:
    assert make(french(1), version="2.0.0").version == "2.0.0"
    assert make(french(2)).version == "2.1.0"
    assert make({}, version="2.1.0").changed is False
    with pytest.raises(ReleaseError, match="exists"):
        make(french(3), version="2.1.0")
    with pytest.raises(ReleaseError, match=r"version 2\.0\.0 is lower than the newest, 2\.1\.0"):
        make(french(3), version="2.0.0")
    assert make({}, version="2.2.0").changed is True
    with pytest.raises(ReleaseError, match=r"three numbers, for example 1\.2\.0"):
        make(french(3), version="2.0")


@pytest.mark.parametrize(
    "version", ["", "1", "v1.3.0", "1.3.0-rc1", "01.3.0", " 1.4.0", "../1.0.0", "1" * 5000 + ".0.0"]
)
def test_a_version_that_is_none_is_refused_in_a_line(make: Callable[..., Outcome], version: str) -> None:
    with pytest.raises(ReleaseError, match=r"is not valid\. Expected three numbers, for example 1\.2\.0") as caught:
        make(french(1), version=version)
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize(
    "name", ["README.md", "decisions.parquet", "manifest.json", "quarantine/bad.txt.1.raw", "data/fr"]
)
def test_a_file_that_is_gone_from_a_release_is_told(make: Callable[..., Outcome], name: str) -> None:
    built = make({**french(2), "bad.txt": "no tag"})
    assert built.path is not None
    files.remove(built.path / name)
    with pytest.raises(ReleaseError, match=r"Remove the folder|Put the manifest back, or remove the folder"):
        make({})


def test_a_file_of_a_release_that_is_damaged_in_its_size_is_told(make: Callable[..., Outcome]) -> None:
    built = make(french(2))
    assert built.path is not None
    (shard,) = (built.path / "data" / "fr").glob("train-*.parquet")
    whole = shard.read_bytes()
    shard.write_bytes(bytes(len(whole)))
    with pytest.raises(ReleaseError, match=r"train-00000-of-00001\.parquet: missing or damaged"):
        make({})
    shard.write_bytes(whole)
    assert make({}).changed is False
    remembered = built.path / "splits.parquet"
    remembered.write_bytes(remembered.read_bytes()[:100] + bytes(50) + remembered.read_bytes()[150:])
    with pytest.raises(ReleaseError, match=r"splits\.parquet: missing or damaged"):
        make(french(3))


def test_a_whole_release_is_read_once_and_then_known(make: Callable[..., Outcome], tmp_path: Path) -> None:
    built = make(french(2))
    assert built.path is not None
    known = tmp_path / "out" / "news" / ".work" / "newest.json"
    noted = known.read_bytes()
    assert make({}).changed is False
    assert known.read_bytes() == noted
    known.unlink()
    os.utime(built.path / "README.md")
    assert make({}).changed is False
    assert set(orjson.loads(known.read_bytes())["files"]) == set(orjson.loads(noted)["files"])
    known.write_text("[]")
    assert make({}).changed is False


def test_a_release_without_its_manifest_is_refused_before_the_work(make: Callable[..., Outcome]) -> None:
    built = make(french(1))
    assert built.path is not None
    (built.path / "manifest.json").unlink()
    lines: list[str] = []
    with pytest.raises(ReleaseError, match=r"1\.0\.0: this folder has the name of a release, but no manifest\.json"):
        make(french(2), show=lines.append)
    assert [line.split(":")[0] for line in lines] == ["scan"]


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_what_stands_in_the_place_of_latest_is_refused_before_the_work(
    make: Callable[..., Outcome], tmp_path: Path, kind: str
) -> None:
    latest = tmp_path / "out" / "news" / "latest"
    latest.mkdir(parents=True)
    if kind == "file":
        latest.rmdir()
        latest.write_text("precious")
    lines: list[str] = []
    with pytest.raises(ReleaseError, match=r"latest: not the link .* Move it away and build again"):
        make(french(1), show=lines.append)
    assert [line.split(":")[0] for line in lines] == ["scan"]
    assert sorted(path.name for path in latest.parent.iterdir()) == [".work", "latest"]
    assert kind == "folder" or latest.read_text() == "precious"


def test_latest_is_mended_after_a_build_that_died_before_it_pointed(make: Callable[..., Outcome]) -> None:
    first = make(french(1))
    assert first.path is not None
    (first.path.parent / "latest").unlink()
    assert make({}).changed is False
    assert (first.path.parent / "latest").resolve() == first.path.resolve()


def test_norwegian_is_no_false(make: Callable[..., Outcome]) -> None:
    built = make({"no-01.txt": article(NORWEGIAN, "no-01", "Ny sykkelvei")})
    assert built.path is not None
    parts = datasets.load_dataset(str(built.path), "no")
    assert [row["language"] for part in parts.values() for row in part] == ["no"]
    head = (built.path / "README.md").read_text().split("---")[1]
    assert yaml.safe_load(head)["language"] == ["no"]


def test_parquet_is_written_as_a_hub_wants_it(sample: Outcome) -> None:
    assert sample.path is not None
    for path in (sample.path / "data").rglob("*.parquet"):
        file = pq.ParquetFile(path)
        assert file.schema_arrow.remove_metadata().equals(ARTICLE)
        assert set(file.metadata.metadata) == {b"ARROW:schema", b"content_defined_chunking"}
        column = file.metadata.row_group(0).column(ARTICLE.get_field_index("text"))
        assert column.compression == "ZSTD"
        assert column.has_offset_index
        assert path.name.endswith("-of-00001.parquet")
    assert not any("data" in part for part in datasets.get_dataset_config_names(str(sample.path)))


@given(st.lists(st.integers(0, 5000), max_size=60), st.integers(1, 9))
@settings(max_examples=100)
def test_row_groups_cover_all_rows_in_order(sizes: list[int], seed: int) -> None:
    ids = [f"fr-{seed}-{number}" for number in range(len(sizes))]
    groups = list(parquet.row_groups(ids, [0] * len(ids), sizes))
    covered = [row for start, count in groups for row in range(start, start + count)]
    assert covered == list(range(len(ids)))


def cuts(ids: list[str], size: int = 3000) -> set[str]:
    """Give the ids behind which row groups end."""
    groups = list(parquet.row_groups(ids, [0] * len(ids), [size] * len(ids)))
    assert all(count <= 2 * parquet.GROUP_ROWS for _, count in groups)
    assert all(count >= parquet.GROUP_ROWS // 4 for _, count in groups[:-1])
    return {ids[start + count - 1] for start, count in groups}


def test_a_row_that_goes_moves_few_cuts_of_row_groups() -> None:
    ids = [f"fr-{number}" for number in range(100_000)]
    ends = cuts(ids)
    for gone in range(3000, 100_000, 7919):
        again = cuts(ids[:gone] + ids[gone + 1 :])
        assert len(ends - again) <= 4, "a cut at a fixed count would move all that follow"
    big = list(parquet.row_groups(ids[:1000], [0] * 1000, [parquet.GROUP_BYTES // 10] * 1000))
    assert max(count for _, count in big) <= 10


def test_what_is_new_in_a_release_begins_a_row_group() -> None:
    ids = [f"fr-{number}" for number in range(5000)]
    before = list(parquet.row_groups(ids[:3456], [0] * 3456, [0] * 3456))
    after = list(parquet.row_groups(ids, [0] * 3456 + [1] * 1544, [0] * 5000))
    assert after[: len(before)] == before


def test_shards_stay_under_their_size() -> None:
    size = write.SHARD_BYTES // 3
    cut = write.shards({("fr", "train"): list(range(7))}, [size] * 7)
    assert [len(shard.rows) for shard in cut] == [3, 3, 1]
    assert [shard.path for shard in cut] == [f"data/fr/train-0000{number}-of-00003.parquet" for number in range(3)]


VALUES = st.lists(
    st.fixed_dictionaries({"a": st.none() | st.text(max_size=5), "n": st.none() | st.integers(-9, 9)}), max_size=12
)


@given(VALUES, st.integers(1, 5))
@settings(max_examples=150)
def test_the_content_hash_does_not_depend_on_pieces(values: list[dict[str, Any]], piece: int) -> None:
    schema = pa.schema([("a", pa.string()), ("n", pa.int64())])
    table = pa.Table.from_pylist(values, schema=schema)
    whole, pieces = ContentHash(schema), ContentHash(schema)
    whole.update(table)
    for start in range(0, len(values), piece):
        pieces.update(table.slice(start, piece))
    assert whole.hexdigest() == pieces.hexdigest()


def test_the_content_hash_tells_null_from_empty_and_rows_apart() -> None:
    schema = pa.schema([("a", pa.string()), ("b", pa.string())])
    tables = [[{"a": "x", "b": None}], [{"a": "x", "b": ""}], [{"a": "", "b": "x"}], [{"a": None, "b": "x"}], []]
    hashes = set()
    for values in tables:
        content = ContentHash(schema)
        content.update(pa.Table.from_pylist(values, schema=schema))
        hashes.add(content.hexdigest())
    assert len(hashes) == len(tables)


def test_the_content_hash_of_a_release_is_that_of_its_files(sample: Outcome) -> None:
    assert sample.path is not None
    manifest = orjson.loads((sample.path / "manifest.json").read_bytes())
    for language, splits in manifest["splits"].items():
        for split, said in splits.items():
            content = ContentHash(ARTICLE)
            for path in sorted((sample.path / "data" / language).glob(f"{split}-*.parquet")):
                content.update(pq.read_table(path, schema=ARTICLE))
            assert content.hexdigest() == said["content_sha256"]


def test_what_does_not_load_back_is_no_release(make: Callable[..., Outcome], tmp_path: Path) -> None:
    from builder.release import load_check

    built = make(french(2))
    assert built.path is not None
    manifest = catalog.read(built.path).manifest
    (shard,) = (built.path / "data" / "fr").glob("train-*.parquet")
    pq.write_table(pq.read_table(shard).slice(2), shard)
    cache = tmp_path / "cache"
    with (
        pytest.raises(ReleaseError, match="config 'fr' does not load"),
        load_check.Checker(built.path, 1, cache) as checker,
    ):
        checker.check(manifest)
    more = {"fr": {**manifest.splits["fr"], "test": SplitEntry(rows=1, bytes=1, content_sha256="0f")}}
    manifest = manifest.with_values(splits=more)
    with (
        pytest.raises(ReleaseError, match=r"but the manifest has|does not load"),
        load_check.Checker(built.path, 99, cache) as checker,
    ):
        checker.check(manifest)


def test_the_sample_has_every_split(sample: Outcome) -> None:
    assert {row["split"] for row in rows(sample)} == {"train", "validation", "test"}
    assert np.isclose(sum(1 for row in rows(sample) if row["split"] == "train") / 97, 0.9, atol=0.1)


@pytest.mark.parametrize("release_of_pyarrow", [24, 25, 26])
@pytest.mark.parametrize("size", [1, 7, 1000])
def test_the_content_hash_is_the_same_whichever_pyarrow_wrote(
    release_of_pyarrow: int, size: int, tmp_path: Path
) -> None:
    """The hash is pinned: each of these releases of pyarrow, asked for it, gave this one."""
    pinned = "6bfb4a562bab9fd3"
    given = pq.read_table(Path(writers.__file__).parent / f"pyarrow-{release_of_pyarrow}.parquet")
    assert given.equals(writers.table())
    pq.write_table(given, tmp_path / "again.parquet", row_group_size=size)
    for table in (given, pq.read_table(tmp_path / "again.parquet")):
        content = ContentHash(writers.SCHEMA)
        content.update(table)
        assert content.hexdigest().startswith(pinned)
