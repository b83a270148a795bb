"""Places by URL: what is said of those that cannot be used, and the commands that take them."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import orjson
import pyarrow.parquet as pq
import pytest

from builder.core.errors import BuilderError, ConfigError, StoreError
from builder.forget.forget import forget
from builder.rehydrate.rehydrate import rehydrate
from builder.remote import local_copy, object_store
from tests import s3
from tests.conftest import ROOT, build, write_raw
from tests.forget.test_forget import SECRET, SETTINGS, TITLE, corpus, text
from tests.hub import Hub
from tests.remote.store import Dataset, few, more


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


def test_errors_of_a_store_are_one_line_that_says_what_to_do(box: Dataset, server: s3.Proxy) -> None:
    nowhere = Dataset(box.folder, "s3://no-such-bucket-here/sets", box.fs)
    shown = f"{nowhere.url}/news"
    with pytest.raises(StoreError, match=rf"^{shown}: does not exist .*Make the bucket first"):
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
        with pytest.raises(StoreError, match=r"^s3://box-\d+/sets/news: cannot be reached \(.*\)\. Check the network"):
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
        ("simplecache::s3://box/sets", r"the URL joins two stores with '::'"),
        (
            "s3://key:hid/hidden@box/sets",
            r"^s3://…@box/sets: a / or \? before an @ may belong to a password or to a path",
        ),
        (
            "sftp://ann:hid?hidden@host/sets",
            r"^sftp://…@host/sets: a / or \? before an @ may belong to a password or to a path",
        ),
        ("ftp://ann:hidden@host/a@b", r"^ftp://…@b: a / or \? before an @ may belong to a password or to a path"),
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


def test_every_command_takes_a_url(
    box: Dataset, server: s3.Proxy, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from builder.cli.main import main

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
    releases = f"{box.url}/news: a folder of releases. Expected one of them, for example {box.url}/news/latest\n"
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
