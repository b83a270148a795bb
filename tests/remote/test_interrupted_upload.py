"""Uploads to a store that are broken off, killed, outrun or forgotten: no reader sees half a release."""

import itertools
import os
import subprocess
import sys
import threading
import time
from contextlib import suppress

import orjson
import pytest

from builder.core.errors import LockedError, ReleaseError, StoreError
from builder.forget.forget import forget
from builder.remote import upload_lock
from tests import s3
from tests.conftest import ROOT, write_raw
from tests.forget.test_forget import SECRET, TITLE, corpus, text
from tests.remote.store import Dataset, few, more, refuse_from


@pytest.mark.slow
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

    with pytest.raises(ReleaseError, match=r"another build wrote there meanwhile: it had 1\.0\.0 and now has 1\.1\.0"):
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
