"""Building to a store by URL, against an S3 server in another process."""

from pathlib import Path

import pytest

from builder.core.errors import StoreError
from builder.forget.forget import forget
from builder.release import catalog
from builder.remote import local_copy, locate
from builder.verify.verify import verify
from tests import s3
from tests.conftest import digest
from tests.forget.test_forget import SECRET, TITLE, corpus
from tests.remote.store import Dataset, few, more, numbers


def test_a_release_at_a_store_has_the_bytes_of_a_local_one(box: Dataset) -> None:
    for articles in (few(), more()):
        here = box.build_here(articles)
        outcome = box.build(articles)
        assert outcome.url == f"{box.url}/news/{here.name}"
    there = box.objects()
    assert there.pop("latest") == b"1.1.0\n"
    local = {
        f"{version}/{name}": (here.parent / version / name).read_bytes()
        for version in ("1.0.0", "1.1.0")
        for name in digest(here.parent / version)
    }
    assert there == local
    assert not any(box.url.encode() in said or str(box.folder).encode() in said for said in there.values())


def test_the_manifest_and_then_latest_are_written_last(box: Dataset, server: s3.Proxy) -> None:
    box.build(few())
    names = [change.partition("/news/")[2] for change in server.changes]
    assert names[0] == "uploading.json"
    assert names[-3:-1] == ["1.0.0/manifest.json", "latest"]
    assert server.changes[-1].startswith("POST"), "the claim is removed"


def test_its_rows_are_read_from_the_store(box: Dataset) -> None:
    import datasets
    import pandas as pd

    box.build(few())
    files = f"{box.url}/news/1.0.0/data/fr/train-*.parquet"
    loaded = datasets.load_dataset("parquet", data_files={"train": files}, split="train")
    assert sorted(loaded["id"]) == [article["tag"] for article in few()]
    frame = pd.read_parquet(f"{box.url}/news/1.0.0/data/fr/train-00000-of-00001.parquet")
    assert sorted(frame["text"]) == sorted(article["text"] for article in few())


def test_nothing_is_written_where_nothing_changed(box: Dataset, server: s3.Proxy) -> None:
    box.build(few())
    server.changes.clear()
    outcome = box.build(few())
    assert not outcome.changed
    assert outcome.url == f"{box.url}/news/1.0.0"
    box.build(more(), dry_run=True)
    assert server.changes == []


def test_a_lost_workshop_goes_on_from_the_store(box: Dataset, server: s3.Proxy) -> None:
    box.build_here(few())
    box.build(few())
    server.changes.clear()
    assert not box.build(few(), machine="two").changed
    assert server.changes == []
    here = box.build_here(more())
    made = box.build(more(), machine="three")
    assert (made.version, here.name) == ("1.1.0", "1.1.0")
    assert {name: box.objects()[f"1.1.0/{name}"] for name in digest(here)} == {
        name: (here / name).read_bytes() for name in digest(here)
    }


def test_a_fault_that_passes_is_not_told(box: Dataset, server: s3.Proxy) -> None:
    faults = iter([503, 500])
    server.fault = lambda method, path: next(faults, None) if path.endswith("README.md") and method == "PUT" else None
    assert box.build(few()).url
    assert next(faults, None) is None


def test_what_was_lost_at_the_store_is_put_there_again(box: Dataset) -> None:
    box.build(few())
    before = box.objects()
    for lost in ("1.0.0/README.md", "latest"):
        box.fs.rm(f"{box.home}/{lost}")
        assert not box.build(few()).changed
        assert box.objects() == before
    box.fs.pipe_file(f"{box.home}/1.0.0/more.txt", b"not ours")
    box.build(few())
    assert box.objects() == before


def test_what_somebody_removed_from_the_store_is_not_uploaded_again(box: Dataset) -> None:
    box.build(few())
    box.build(more())
    box.fs.rm(f"{box.home}/1.1.0", recursive=True)
    told: list[str] = []
    dropped = f"store: {box.url}/news/1.1.0 was removed there, so the build drops its local copy"
    assert not box.build(few(), show=told.append).changed, "it is as the store's newest, 1.0.0, was made"
    assert dropped in told
    assert box.versions() == {"1.0.0"}
    assert box.objects()["latest"] == b"1.0.0\n"
    assert box.holding("Un de plus") == []
    box.fs.rm(f"{box.home}/1.0.0/manifest.json")
    assert box.build(more()).version == "1.0.0", "without its manifest it is no release: all begins anew"
    assert box.followed()


def test_a_damaged_workshop_is_mended_from_the_store(box: Dataset) -> None:
    box.build(few())
    home = local_copy.home_of(box.config())
    (home / "1.0.0" / "decisions.parquet").write_bytes(b"")
    assert not box.build(few()).changed
    assert catalog.newest(home)
    (home / "1.0.0" / "manifest.json").unlink()
    assert not box.build(few()).changed
    assert not list((home / ".work").glob("fetched/*"))


def test_a_damaged_release_at_the_store_is_not_taken_over(box: Dataset) -> None:
    box.build(few())
    at = f"{box.home}/1.0.0/splits.parquet"
    said = box.fs.cat_file(at)
    box.fs.pipe_file(at, said[:-1] + b"?")
    with pytest.raises(StoreError, match=r"1\.0\.0/splits\.parquet: missing or damaged at the store"):
        box.build(more(), machine="two")
    with locate.open_release(f"{box.url}/news/latest") as folder:
        found = verify(folder)
    assert [name for name in found.problems if name == "files"] == ["files"]
    assert not folder.exists()


@pytest.mark.parametrize("kind", ["memory", "file"])
def test_other_stores_do_as_well(tmp_path: Path, kind: str) -> None:
    import fsspec

    place = f"{tmp_path}/there" if kind == "file" else f"/box-{next(numbers)}"
    dataset = Dataset(tmp_path, f"{kind}://{place}", fsspec.filesystem(kind))
    dataset.build(corpus())
    assert not dataset.build(corpus()).changed
    assert not dataset.build(corpus(), machine="two").changed
    forget(dataset.config(), ["fr-02"], "court order 12")
    assert dataset.build(corpus()).version == "1.0.1"
    followed = dataset.followed()
    assert followed is not None
    assert dataset.versions() == {"1.0.1"}
    assert dataset.holding(SECRET, TITLE) == []
    assert set(dataset.objects()) == {
        "latest",
        "withdrawn.json",
        "1.0.1/manifest.json",
        *(f"1.0.1/{name}" for name in followed["files"]),
    }
