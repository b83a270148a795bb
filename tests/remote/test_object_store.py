"""Building to a store by URL, against an S3 server in another process, by way of a proxy that can refuse requests."""

import hashlib
import io
import itertools
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import orjson
import pyarrow.parquet as pq
import pytest

from builder.config.sections import Config
from builder.core.errors import BuilderError, ConfigError, LockedError, ReleaseError, StoreError
from builder.forget.forget import forget
from builder.pipeline.outcome import Outcome
from builder.rehydrate.rehydrate import rehydrate
from builder.release import catalog
from builder.remote import local_copy, locate, object_store, upload_lock
from builder.verify.verify import verify
from tests import s3
from tests.conftest import ROOT, build, digest, write_raw
from tests.forget.test_forget import SECRET, SETTINGS, TITLE, corpus, text
from tests.hub import Hub

Articles = list[dict[str, Any]]
_numbers = itertools.count()


@pytest.fixture(scope="module")
def server() -> Iterator[s3.Proxy]:
    """Give a proxy before an S3 server, which all clients use from now on."""
    import fsspec

    with s3.serving() as address, pytest.MonkeyPatch.context() as patch:
        proxy = s3.Proxy(address)
        for name, value in {**s3.KEYS, "AWS_ENDPOINT_URL": proxy.url, "AWS_EC2_METADATA_DISABLED": "true"}.items():
            patch.setenv(name, value)
        fsspec.get_filesystem_class("s3").clear_instance_cache()
        yield proxy
        fsspec.get_filesystem_class("s3").clear_instance_cache()
        proxy.close()


class Dataset:
    """A dataset at a store, its raw files and list, and the workshops of several machines."""

    def __init__(self, folder: Path, url: str, fs: Any) -> None:
        self.folder, self.url, self.fs = folder, url, fs
        self.home = url.split("://")[1] + "/news"

    def config(self, machine: str = "one", **settings: Any) -> Config:
        places = {"raw": self.folder / "raw", "work": self.folder / machine, "forgotten": self.folder / "list.csv"}
        return Config.model_validate(
            {"out": self.url, **{k: str(v) for k, v in places.items()}, **SETTINGS, **settings}
        )

    def build(
        self, articles: Articles, machine: str = "one", show: Callable[[str], None] | None = None, **options: Any
    ) -> Outcome:
        raw = write_raw(self.folder / "raw", {"all.jsonl": b"\n".join(map(orjson.dumps, articles))})
        given = self.config(machine).model_dump(include={"out", "work", "forgotten"})
        return build(raw, self.folder / "unused", SETTINGS | given, show, **options)

    def build_here(self, articles: Articles) -> Path:
        """Build the same in a folder, as it was always done."""
        raw = write_raw(self.folder / "raw", {"all.jsonl": b"\n".join(map(orjson.dumps, articles))})
        outcome = build(raw, self.folder / "local", SETTINGS | {"forgotten": str(self.folder / "list.csv")})
        assert outcome.path
        return outcome.path

    def objects(self) -> dict[str, bytes]:
        """Give all objects of the store by their paths below the dataset."""
        self.fs.invalidate_cache()
        names = self.fs.find(self.home)
        start = len(self.fs._strip_protocol(self.url)) + len("/news/")
        return {name[start:]: self.fs.cat_file(name) for name in names}

    def versions(self) -> set[str]:
        return {name.partition("/")[0] for name in self.objects() if "/" in name}

    def followed(self) -> dict[str, Any] | None:
        """Read the release that `latest` says as a reader does; every file of it must be right."""
        found = self.objects()
        if "latest" not in found:
            return None
        version = found["latest"].decode().strip()
        manifest: dict[str, Any] = orjson.loads(found[f"{version}/manifest.json"])
        for name, said in manifest["files"].items():
            assert hashlib.sha256(found[f"{version}/{name}"]).hexdigest() == said["sha256"], name
        return manifest

    def holding(self, *words: str) -> list[str]:
        """Give the objects at the store that have one of these words, in Parquet files too."""
        found = []
        for name, said in self.objects().items():
            if name.endswith(".parquet"):
                said += repr(pq.read_table(io.BytesIO(said)).to_pylist()).encode()
            if any(word.lower().encode() in said.lower() for word in words):
                found.append(name)
        return found


@pytest.fixture
def box(server: s3.Proxy, tmp_path: Path) -> Iterator[Dataset]:
    """Give a dataset in a bucket of its own."""
    import fsspec

    bucket, fs = f"box-{next(_numbers)}", fsspec.filesystem("s3")
    fs.mkdir(bucket)
    server.changes.clear()
    yield Dataset(tmp_path, f"s3://{bucket}/sets", fs)
    server.fault = s3.no_fault


def refuse_from(server: s3.Proxy, first: int, *methods: str) -> None:
    """Let requests of these methods fail from the first, second, … on: the network is gone, nothing is tidied up."""
    counted = itertools.count(1)
    server.fault = lambda method, path: 403 if method in methods and next(counted) >= first else None


def few() -> Articles:
    return corpus()[3:9]


def more() -> Articles:
    return [*few(), {"tag": "fr-40", "title": "Un de plus", "text": text(40)}]


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


def test_a_build_that_is_broken_off_at_any_request_leaves_the_old_release_and_is_completed_by_the_next(
    box: Dataset, server: s3.Proxy
) -> None:
    box.build(few())
    old = box.followed()
    for failing in range(1, 20):
        refuse_from(server, failing, "PUT", "POST", "DELETE")
        with suppress(StoreError):
            box.build(more())
        server.fault = s3.no_fault
        now = box.followed()
        if now != old:
            break
    assert failing == 15, "the claim, its renewal, ten files, the manifest and `latest` were refused in turn"
    assert not box.build(more()).changed
    complete = box.followed()
    assert complete is not None
    assert complete["version"] == "1.1.0"
    assert set(box.objects()) - {f"1.1.0/{name}" for name in complete["files"]} == {
        "latest",
        "1.1.0/manifest.json",
        *(name for name in box.objects() if name.startswith("1.0.0/")),
    }


def test_what_was_broken_off_on_another_machine_is_no_release_and_is_removed(box: Dataset, server: s3.Proxy) -> None:
    box.build(few())
    server.fault = lambda method, path: 403 if path.endswith("manifest.json") and method == "PUT" else None
    with pytest.raises(StoreError, match=r"1\.1\.0/manifest\.json: the store does not allow it"):
        box.build(more())
    server.fault = s3.no_fault
    assert "1.1.0/README.md" in box.objects()
    outcome = box.build([*few(), {"tag": "fr-41", "title": "Un autre", "text": text(41)}], machine="two")
    assert outcome.version == "1.1.0"
    followed = box.followed()
    assert followed is not None
    assert {name for name in box.objects() if name.startswith("1.1.0/")} == {
        "1.1.0/manifest.json",
        *(f"1.1.0/{name}" for name in followed["files"]),
    }
    assert box.build(more(), machine="one").version == "1.2.0", "the first machine follows what the second one made"


def test_releases_whose_upload_was_broken_off_are_all_completed_in_their_order(box: Dataset, server: s3.Proxy) -> None:
    box.build(few())
    server.fault = lambda method, path: 403 if path.endswith("manifest.json") and method == "PUT" else None
    with pytest.raises(StoreError):
        box.build(more())
    server.fault = s3.no_fault
    server.changes.clear()
    assert box.build([*more(), {"tag": "fr-41", "title": "Un autre", "text": text(41)}]).version == "1.2.0"
    sealed = [
        change.partition("/news/")[2] for change in server.changes if change.endswith(("manifest.json", "latest"))
    ]
    assert sealed == ["1.1.0/manifest.json", "1.2.0/manifest.json", "latest"]


def test_what_is_forgotten_before_its_upload_was_completed_never_gets_to_the_store(
    box: Dataset, server: s3.Proxy
) -> None:
    box.build(few())
    server.fault = lambda method, path: 403 if path.endswith("manifest.json") and method == "PUT" else None
    with pytest.raises(StoreError):
        box.build(corpus())
    server.fault = s3.no_fault
    assert box.holding(SECRET) != []
    (box.folder / "list.csv").write_text("id,reason\nfr-02,court order 12\n")
    box.build(corpus())
    assert box.holding(SECRET, TITLE) == []
    assert box.versions() == {"1.0.0", "1.1.1"}


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
    dropped = f"store: {box.url}/news/1.1.0 was removed there, so it is dropped here"
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


def test_nothing_of_a_forgotten_article_is_left_at_the_store_and_old_releases_are_not_fetched(
    box: Dataset, server: s3.Proxy
) -> None:
    box.build(corpus()[3:12])
    box.build(corpus())
    box.build([*corpus(), {"tag": "fr-30", "title": "Un de plus", "text": text(30)}])
    assert len(box.holding(SECRET)) > 1
    said = forget(box.config("two"), ["fr-02"], "court order 12")
    assert said.holding == ["1.1.0", "1.2.0"]
    asked: list[str] = []
    server.fault = lambda method, path: asked.append(path)
    outcome = box.build(corpus(), machine="two")
    assert outcome.version == "1.2.1"
    assert not any("/1.0.0/data/" in path or "/1.1.0/data/" in path for path in asked)
    assert box.holding(SECRET, TITLE, "example.org/a") == []
    assert box.versions() == {"1.0.0", "1.2.1"}
    assert orjson.loads(box.objects()["withdrawn.json"]) == {"1.1.0": ["fr-02", "fr-20"], "1.2.0": ["fr-02", "fr-20"]}
    assert not box.build(corpus(), machine="one").changed, "the first machine lets go of what was removed"
    assert box.holding(SECRET, TITLE) == []
    for path in (box.folder / "one").rglob("*.parquet"):
        if ".work" not in path.parts:
            assert SECRET not in repr(pq.read_table(path, partitioning=None).to_pylist()), path


def test_forgetting_that_is_broken_off_is_completed_by_the_next_build(box: Dataset, server: s3.Proxy) -> None:
    box.build(corpus())
    forget(box.config(), ["fr-02"], "court order 12")
    for failing in range(1, 5):
        refuse_from(server, failing, "POST", "DELETE")
        with suppress(StoreError):
            box.build(corpus())
        server.fault = s3.no_fault
        followed = box.followed()
        assert followed is not None
        assert followed["version"] == "1.0.1"
        assert failing > 1 or box.holding(SECRET) != []
    box.build(corpus())
    assert box.holding(SECRET, TITLE) == []
    assert box.versions() == {"1.0.1"}


def test_a_build_that_another_one_outran_says_so_and_leaves_the_stores_release_alone(box: Dataset) -> None:
    box.build(few())

    def outrun(line: str) -> None:
        if line.startswith("release:"):
            box.build([*few(), {"tag": "fr-41", "title": "Un autre", "text": text(41)}], machine="two")

    with pytest.raises(ReleaseError, match=r"another build wrote there meanwhile: it had 1\.0\.0, and has 1\.1\.0"):
        box.build(more(), show=outrun)
    theirs = box.followed()
    assert theirs is not None
    assert theirs["version"] == "1.1.0"
    assert box.build(more()).version == "1.2.0"
    assert box.versions() == {"1.0.0", "1.1.0", "1.2.0"}


def test_a_build_that_is_outrun_before_latest_takes_its_own_release_back(box: Dataset, server: s3.Proxy) -> None:
    box.build(few())
    before = box.objects()

    def overwrite(method: str, path: str) -> None:
        if method == "PUT" and path.endswith("/1.1.0/manifest.json"):
            server.fault = s3.no_fault
            box.fs.pipe_file(f"{box.home}/latest", b"1.0.7\n")  # by one that knows no claim

    server.fault = overwrite
    with pytest.raises(ReleaseError, match=r"with `latest` at 1\.0\.7"):
        box.build(more())
    assert box.objects() == {**before, "latest": b"1.0.7\n"}


def test_two_uploads_at_once_are_refused_until_one_is_dead(box: Dataset, server: s3.Proxy) -> None:
    refused: list[str] = []

    def second(method: str, path: str) -> None:
        if method == "PUT" and path.endswith("/1.0.0/manifest.json"):
            server.fault = s3.no_fault
            with pytest.raises(LockedError) as error:
                box.build(more(), machine="two")
            refused.append(str(error.value))

    server.fault = second
    box.build(few())
    assert f"process {os.getpid()} of" in refused[0]
    assert box.build(more(), machine="two").version == "1.1.0"
    dead = {"token": "of a machine that is gone", "at": time.time() - upload_lock.STALE - 1}
    box.fs.pipe_file(f"{box.home}/{upload_lock.LOCK}", orjson.dumps(dead))
    assert box.build(few(), machine="two").version == "1.1.1"
    box.fs.pipe_file(f"{box.home}/{upload_lock.LOCK}", b"not a claim")
    assert box.build(more(), machine="two").version == "1.2.0"
    assert upload_lock.LOCK not in box.objects()


@pytest.mark.parametrize("refused", [False, True])
def test_a_file_that_is_long_on_its_way_is_no_sign_of_death(
    box: Dataset, server: s3.Proxy, monkeypatch: pytest.MonkeyPatch, refused: bool
) -> None:
    monkeypatch.setattr(upload_lock, "RENEWED", 0.01)
    uploading, signed, waited = threading.Event(), threading.Event(), list[bool]()

    def slow(method: str, path: str) -> int | None:
        if method == "PUT" and path.endswith("/1.0.0/README.md"):
            uploading.set()
            waited.append(signed.wait(10))
        elif method == "PUT" and path.endswith(upload_lock.LOCK) and uploading.is_set():
            signed.set()
            return 403 if refused else None
        return None

    server.fault = slow
    if refused:
        with pytest.raises(StoreError, match=r"uploading\.json: the store does not allow it"):
            box.build(few())
        assert box.followed() is None
        server.fault = s3.no_fault
    assert box.build(few()).url
    assert waited[0]
    assert box.followed()
    assert upload_lock.LOCK not in box.objects()


def test_a_store_that_cannot_write_only_if_there_is_none_is_written_to(box: Dataset, server: s3.Proxy) -> None:
    asked = itertools.count()
    server.fault = lambda method, path: (
        501 if path.endswith(upload_lock.LOCK) and method == "PUT" and not next(asked) else None
    )
    box.build(few())
    assert next(asked) > 1
    assert box.followed()


def test_errors_of_a_store_are_one_line_that_says_what_to_do(box: Dataset, server: s3.Proxy) -> None:
    nowhere = Dataset(box.folder, "s3://no-such-bucket-here/sets", box.fs)
    with pytest.raises(StoreError, match=r"^s3://no-such-bucket-here/sets/news: not there .*Make the bucket first"):
        nowhere.build(few())
    server.fault = lambda method, path: 403
    with pytest.raises(StoreError, match=r"/sets/news: the store does not allow it \(.*\)\. Give credentials") as error:
        box.build(few())
    assert "\n" not in str(error.value)


def test_a_store_that_does_not_answer_is_told_in_one_line(
    box: Dataset, monkeypatch: pytest.MonkeyPatch, server: s3.Proxy
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    type(box.fs).clear_instance_cache()
    try:
        with pytest.raises(StoreError, match=r"^s3://box-\d+/sets/news: cannot be reached \(.*\)\. Check network"):
            box.build(few())
    finally:
        type(box.fs).clear_instance_cache()


def test_a_missing_package_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import fsspec

    loaded = sys.modules[fsspec.register_implementation.__module__]._registry
    for protocol, package in (("gs", "gcsfs"), ("s3", "s3fs")):
        monkeypatch.setitem(sys.modules, package, None)
        monkeypatch.delitem(loaded, protocol, raising=False)
        dataset = Dataset(tmp_path, f"{protocol}://box/sets", None)
        with pytest.raises(
            StoreError,
            match=rf"^{protocol}://box/sets: needs the package {package}, .*: pip install {package}==[\d.]+$",
        ):
            dataset.build(few())


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("gopher://ann:hidden@host/sets", r"^gopher://…@host/sets: cannot be used \(Protocol not known: gopher\)"),
        ("ftp://ann:hidden@127.0.0.1:9/sets", r"^ftp://…@127\.0\.0\.1:9/sets: cannot be reached"),
        ("simplecache::s3://box/sets", r"has two places in one"),
        ("s3://key:hid/hidden@box/sets", r"^s3://…@box/sets: a password, or a path, with a / or \? before an @"),
        ("sftp://ann:hid?hidden@host/sets", r"^sftp://…@host/sets: a password, or a path, with a / or \? before an @"),
        ("ftp://ann:hidden@host/a@b", r"^ftp://…@b: a password, or a path, with a / or \? before an @"),
        ("memory://sets?key=hidden", r"^memory://sets: has a query"),
    ],
)
def test_a_url_that_cannot_be_used_is_told_without_its_password(tmp_path: Path, url: str, says: str) -> None:
    with pytest.raises(StoreError, match=says) as error:
        Dataset(tmp_path, url, None).build(few())
    assert "hidden" not in str(error.value)
    assert "hidden" not in repr(object_store.Store(None, "", object_store.masked(url), ("hidden",)))
    for path in tmp_path.rglob("*"):
        assert "hidden" not in path.name
        assert path.is_dir() or b"hidden" not in path.read_bytes()


def test_what_is_nearly_a_url_is_no_folder_to_write_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    raw = write_raw(tmp_path / "raw", {"all.jsonl": b"\n".join(map(orjson.dumps, few()))})
    with pytest.raises(ConfigError, match=r"^one slash .* Did you mean s3://…@box/sets\?$"):
        build(raw, Path("s3:/ann:hidden@box/sets"), SETTINGS)
    made = build(raw, tmp_path / "local", SETTINGS | {"publish": "ids"}).path
    assert made
    with pytest.raises(BuilderError, match=r"^s3://box/x: --to must be a local folder\."):
        rehydrate(made, raw, Path("s3://box/x"))
    assert {path.name for path in tmp_path.iterdir()} == {"raw", "local"}


def test_a_password_in_a_long_message_is_masked_before_that_is_cut() -> None:
    place = object_store.Store(None, "", "sftp://…@host", ("a:hid%20den",))
    for said in ("a:hid%20den", "a:hid den", "a%3Ahid%20den"):
        with pytest.raises(StoreError) as error, object_store.telling(place):
            raise OSError("x" * 295 + said)
        assert "a:h" not in str(error.value)
        assert "a%3" not in str(error.value)


def test_two_places_never_have_one_workshop(tmp_path: Path) -> None:
    urls = ["s3://box/a@b", "s3://box/c@b", "s3://box", "sftp://ann@host/x", "sftp://eve:pw@host/x", "sftp://host/x"]
    urls += [f"s3://arn:aws:s3:eu-west-1:1:accesspoint/{point}/x@y" for point in "pq"]
    urls += [
        "hdfs://host:1/x@y",
        "hdfs://host:2/x@y",
        "sftp://[::1]/x@y",
        "sftp://[::2]/x@y",
        "oci://a@n/x",
        "oci://b@n/x",
    ]
    homes = {local_copy.home_of(Dataset(tmp_path, url, None).config()) for url in urls}
    assert len(homes) == len(urls)
    rotated = Dataset(tmp_path, "sftp://eve:another@host/x/", None).config()
    assert local_copy.home_of(rotated) in homes


@pytest.mark.parametrize("kind", ["memory", "file"])
def test_other_stores_do_as_well(tmp_path: Path, kind: str) -> None:
    import fsspec

    place = f"{tmp_path}/there" if kind == "file" else f"/box-{next(_numbers)}"
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


def test_every_command_takes_a_url(
    box: Dataset, server: s3.Proxy, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from builder.cli.options import main

    box.build(corpus())
    box.build([*corpus(), {"tag": "fr-30", "title": "Un de plus", "text": text(30)}])
    (box.folder / "builder.toml").write_text(f'raw = "{box.folder / "raw"}"\nout = "{box.url}"\n')

    monkeypatch.chdir(box.folder)

    def said(*arguments: str, status: int = 0) -> str:
        with pytest.raises(SystemExit) as ended:
            main(arguments)
        assert ended.value.code == status
        return "".join(capsys.readouterr())

    assert "decision        kept" in said("explain", "fr-30")
    assert "no record 'fr-30'" in said("explain", "fr-30", "--release", "1.0.0", status=1)
    assert "no release 7.0.0 there" in said("explain", "fr-30", "--release", "7.0.0", status=1)
    assert "[-fin-]" in said("copies", "fr-20")
    assert "releases that contain them: 1.0.0, 1.1.0." in said("forget", "fr-02", "--reason", "asked")
    assert "added:\n  fr-30" in said("diff", f"{box.url}/news/1.0.0", f"{box.url}/news/latest")
    verified = said("verify", f"{box.url}/news/latest")
    assert "leaks: ok" in verified
    assert verified.startswith(f"{box.url}/news/latest\n")
    assert f'"folder": "{box.url}/news/1.0.0"' in said("verify", f"{box.url}/news/1.0.0", "--json")
    asked: list[str] = []
    server.fault = lambda method, path: asked.append(path)
    releases = f"{box.url}/news: a dataset with releases. Expected one of them, as in {box.url}/news/latest\n"
    assert said("verify", f"{box.url}/news/", status=1) == f"BuilderError: {releases}"
    assert not any("1.0.0" in path.partition("?")[0] for path in asked), "none of them is fetched"
    server.fault = s3.no_fault
    box.fs.pipe_file(f"{box.home}/1.0.0/manifest.json", b"{")
    assert f"{box.url}/news/1.0.0/manifest.json" in said("verify", f"{box.url}/news/1.0.0", status=1)
    assert "nothing there" in said("verify", f"{box.url}/news/9.9.9", status=1)
    assert (box.folder / ".builder" / ".gitignore").read_text() == "*\n"


def test_what_is_fetched_is_gone_after_ctrl_c(box: Dataset, server: s3.Proxy) -> None:
    box.fs.pipe_file(f"{box.home}/1.0.0/manifest.json", b"{}")
    box.fs.pipe_file(f"{box.home}/1.0.0/README.md", b"...")
    (box.folder / "tmp").mkdir()
    left = threading.Event()

    def stop(method: str, path: str) -> int | None:
        if method == "GET" and path.endswith("/README.md"):
            assert list((box.folder / "tmp").iterdir())
            running.send_signal(signal.SIGINT)
            left.wait(30)
        return None

    server.fault = stop
    environment = os.environ | {"PYTHONPATH": str(ROOT), "TMPDIR": str(box.folder / "tmp")}
    command = [sys.executable, "-m", "builder", "verify", f"{box.url}/news/1.0.0"]
    running = subprocess.Popen(command, cwd=box.folder, env=environment, stderr=subprocess.PIPE)
    said = running.communicate(timeout=60)[1]
    left.set()
    assert running.returncode == 130
    assert said.startswith(b"stopped; ")
    assert not list((box.folder / "tmp").iterdir())


@pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")  # of huggingface_hub
def test_a_release_at_a_store_is_published(box: Dataset, hub: Hub) -> None:
    from builder.remote.publish import publish

    box.build(few())
    folder = local_copy.folder_of(box.config("elsewhere"))
    done = publish(folder, "org/news", True, False, lambda question: True, lambda line: None)
    assert done.tag == "v1.0.0"


def test_what_was_fetched_to_be_read_is_gone_with_the_next_build(box: Dataset) -> None:
    box.build(few())
    box.build(more())
    old = local_copy.folder_of(box.config(), "1.0.0")
    assert local_copy.folder_of(box.config(), "1.0.0") == old
    assert (old / "manifest.json").is_file()
    box.build(more())
    assert not old.exists()


@pytest.mark.slow
@pytest.mark.parametrize("moment", [2, 9, 10, 11])  # amid the files, at the manifest, at `latest`, at the claim
def test_a_build_that_is_killed_amid_its_upload_is_completed_by_the_next(
    box: Dataset, server: s3.Proxy, moment: int
) -> None:
    box.build(few())
    old = box.followed()
    write_raw(box.folder / "raw", {"all.jsonl": b"\n".join(map(orjson.dumps, more()))})
    places = f"raw = 'raw'\nout = '{box.url}'\nwork = 'one'\nforgotten = 'list.csv'\n"
    policies = "[language]\nreject = []\n[quality]\nreject = []\n[furniture]\nremove = false\n"
    (box.folder / "builder.toml").write_text(places + policies)
    running: list[subprocess.Popen[bytes]] = []
    counted = itertools.count(1)

    def kill(method: str, path: str) -> int | None:
        if method in ("PUT", "POST", "DELETE") and next(counted) >= moment:
            running[0].kill()
            return 403
        return None

    server.fault = kill
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    running.append(subprocess.Popen([sys.executable, "-m", "builder", "build"], cwd=box.folder, env=environment))
    assert running[0].wait(timeout=120) == -9
    server.fault = s3.no_fault
    assert upload_lock.LOCK in box.objects()
    if moment < 11:
        assert box.followed() == old
    assert not box.build(more()).changed
    complete = box.followed()
    assert complete is not None
    assert complete["version"] == "1.1.0"
    assert upload_lock.LOCK not in box.objects()
