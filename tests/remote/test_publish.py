"""Publishing, end to end, against a hub of our own that the real clients speak to."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import orjson
import pytest

from builder.core.errors import HubError
from builder.release import catalog
from builder.remote import hub_client
from builder.remote import publish as remote_publish
from builder.remote.publish import Published
from tests.conftest import Files, build, write_raw
from tests.hub import TOKEN, Hub

# Of huggingface_hub, when it uploads a file by git-LFS.
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")

REPO = "org/news"
FRENCH = (
    "Le conseil municipal a voté hier soir le budget de la ville, après trois heures de débat, à une voix près.",
    "La bibliothèque du port ouvre samedi ses portes aux enfants, avec des lectures, des jeux et un goûter.",
    "Les pêcheurs de la baie demandent que la digue du nord soit réparée avant les tempêtes de l'hiver.",
    "Une exposition de photographies anciennes attire chaque dimanche plusieurs centaines de visiteurs au musée.",
)
GERMAN = ("Der Stadtrat hat gestern Abend nach langer Debatte den Haushalt für das kommende Jahr beschlossen.",)


def articles(french: int) -> Files:
    rows = [{"tag": f"fr-{number:02}", "text": text} for number, text in enumerate(FRENCH[:french])]
    rows += [{"tag": "de-50", "text": GERMAN[0]}]
    return {"all.jsonl": b"\n".join(map(orjson.dumps, rows)).decode()}


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Give two releases, the second with an article more and another one gone."""
    folder = tmp_path_factory.mktemp("two")
    first = build(write_raw(folder / "raw", articles(3)), folder / "out").path
    second = build(write_raw(folder / "raw", articles(4)), folder / "out").path
    assert first
    assert second
    assert (first.name, second.name) == ("1.0.0", "1.1.0")
    return first, second


class Hasty:
    """Time without waiting."""

    def __getattr__(self, name: str) -> Any:
        return (lambda seconds: None) if name == "sleep" else getattr(time, name)


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let neither our attempts nor those of huggingface_hub wait for one another."""
    monkeypatch.setattr(hub_client, "time", Hasty())
    monkeypatch.setattr("huggingface_hub.utils._http.time", Hasty())


def publish(folder: Path, private: bool = True, gated: bool = False, yes: bool = False) -> Published:
    return remote_publish.publish(folder, REPO, private, gated, lambda question: yes, lambda line: None)


def listed(folder: Path) -> dict[str, bytes]:
    manifest = catalog.read(folder).manifest
    return {name: (folder / name).read_bytes() for name in (*manifest.files, "manifest.json")}


def shown(hub: Hub, revision: str = "main") -> dict[str, bytes]:
    return {path: said for path, said in hub.files(REPO, revision).items() if path != ".gitattributes"}


def test_a_release_is_one_commit_and_a_tag_and_a_second_one_another(hub: Hub, two: tuple[Path, Path]) -> None:
    first = publish(two[0])
    assert (first.tag, first.changed) == ("v1.0.0", True)
    assert first.url == f"{hub.url}/datasets/org/news/tree/v1.0.0"
    second = publish(two[1])
    repo = hub.repos[REPO]
    assert repo.tags == {"v1.0.0": first.commit, "v1.1.0": second.commit}
    assert repo.commits[second.commit].parent == first.commit
    assert shown(hub, "v1.0.0") == listed(two[0])
    assert shown(hub, "v1.1.0") == shown(hub) == listed(two[1])


def test_publishing_again_makes_no_second_commit(hub: Hub, two: tuple[Path, Path]) -> None:
    publish(two[0])
    commits = len(hub.repos[REPO].commits)
    hub.requests.clear()
    again = publish(two[0])
    assert not again.changed
    assert len(hub.repos[REPO].commits) == commits
    assert {method for method, _ in hub.requests} <= {"GET", "HEAD"}, "nothing is asked for but to be read"


def test_files_that_a_release_has_no_more_are_gone_from_the_hub(hub: Hub, two: tuple[Path, Path]) -> None:
    publish(two[0])
    repo = hub.repos[REPO]
    repo.commit(repo.commits[repo.branches["main"]].files | {"old.txt": hub.put(b"old")}, "by hand")
    publish(two[1])
    assert shown(hub) == listed(two[1])
    assert ".gitattributes" in hub.files(REPO)


# Where a request may go wrong, and how: the connection is cut before or behind it, or the hub has a bad moment.
STEPS = {
    "looking": ("GET", r"/api/datasets/org/news(/revision/main)?$"),
    "making": ("POST", r"/api/repos/create"),
    "asking": ("POST", r"/preupload/"),
    "batch": ("POST", r"/objects/batch"),
    "uploading": ("PUT", r"/lfs/"),
    "committing": ("POST", r"/commit/main"),
    "tagging": ("POST", r"/tag/"),
    "listing": ("GET", r"/tree/"),
    "loading": ("GET", r"/resolve/v1\.1\.0/"),
}


@pytest.mark.parametrize("how", ["cut", "late", 500, 429, "slow"])
@pytest.mark.parametrize("step", STEPS)
def test_a_fault_that_passes_stops_nothing(hub: Hub, two: tuple[Path, Path], step: str, how: str | int) -> None:
    if step == "making":
        hub.fail(*STEPS[step], how)
    else:
        publish(two[0])
        hub.fail(*STEPS[step], how)
    publish(two[1])
    repo = hub.repos[REPO]
    assert shown(hub) == shown(hub, "v1.1.0") == listed(two[1])
    titles = [commit.title for commit in repo.commits.values()]
    assert titles.count("Version 1.1.0") == 1, "an answer that was lost makes no second commit"


@pytest.mark.parametrize("how", ["cut", "late", 500, 507])
@pytest.mark.parametrize("step", ["asking", "batch", "uploading", "committing", "tagging"])
def test_a_fault_that_stays_leaves_the_old_release_or_the_new_one_and_a_rerun_completes_it(
    hub: Hub, two: tuple[Path, Path], step: str, how: str | int
) -> None:
    publish(two[0])
    hub.fail(*STEPS[step], how, times=1000)
    if how == "late" and step in ("uploading", "committing", "tagging"):
        publish(two[1])  # it was done, though no answer came, and that is seen
    else:
        with pytest.raises(HubError, match="no room" if how == 507 else "4 times"):
            publish(two[1])
    assert shown(hub) in (listed(two[0]), listed(two[1]))
    hub.faults.clear()
    publish(two[1])
    assert shown(hub) == shown(hub, "v1.1.0") == listed(two[1])
    assert shown(hub, "v1.0.0") == listed(two[0])


def test_a_commit_of_somebody_else_in_between_is_told_and_not_overwritten(
    hub: Hub, two: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(two[0])
    repo = hub.repos[REPO]
    put, done = hub.put, list[str]()

    def meanwhile(said: bytes) -> str:
        if not done:
            done.append(put(b"theirs"))
            repo.commit(repo.commits[repo.branches["main"]].files | {"theirs.txt": done[0]}, "theirs")
        return put(said)

    monkeypatch.setattr(hub, "put", meanwhile)
    with pytest.raises(HubError, match=r"somebody else committed meanwhile: it was at \w{12} and is now at \w{12}"):
        publish(two[1])
    assert "theirs.txt" in hub.files(REPO)
    publish(two[1])
    assert shown(hub) == listed(two[1])


def test_a_tag_with_other_content_is_an_error(hub: Hub, two: tuple[Path, Path], tmp_path: Path) -> None:
    publish(two[0])
    raw: Files = {"all.jsonl": str(articles(4)["all.jsonl"]).replace("budget", "plan")}
    other = build(write_raw(tmp_path / "raw", raw), tmp_path / "out").path
    assert other
    with pytest.raises(HubError, match=r"the tag v1\.0\.0 exists already, with other files"):
        publish(other)
    assert shown(hub) == listed(two[0])


def test_an_older_release_than_the_newest_one_there_is_refused(hub: Hub, two: tuple[Path, Path]) -> None:
    publish(two[1])
    with pytest.raises(HubError, match=r"has v1\.1\.0 already, newer than 1\.0\.0"):
        publish(two[0])


def test_a_damaged_release_is_not_published(hub: Hub, two: tuple[Path, Path], tmp_path: Path) -> None:
    folder = Path(shutil.copytree(two[0], tmp_path / "1.0.0"))
    (folder / "README.md").write_text("another")
    with pytest.raises(HubError, match=r"README\.md: .* bytes, expected .*Only a whole release"):
        publish(folder)
    assert hub.repos == {}


def test_nothing_becomes_public_unless_somebody_says_so(hub: Hub, two: tuple[Path, Path]) -> None:
    with pytest.raises(HubError, match="not published, because it would be public"):
        publish(two[0], private=False)
    assert hub.repos == {}
    publish(two[0], private=True)
    with pytest.raises(HubError, match="not published, because it would be public"):
        publish(two[1], private=False)
    assert hub.repos[REPO].private
    publish(two[1], private=False, yes=True)
    assert not hub.repos[REPO].private


def test_access_may_be_gated(hub: Hub, two: tuple[Path, Path]) -> None:
    publish(two[0], private=False, gated=True, yes=True)
    assert hub.repos[REPO].gated == "auto"


def test_what_does_not_load_as_it_was_written_is_told(
    hub: Hub, two: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remote_publish, "_content_hash", lambda rows: "another")
    with pytest.raises(HubError, match="the rows of train differ from those that were written"):
        publish(two[0])


def test_any_client_reads_any_version(hub: Hub, two: tuple[Path, Path], tmp_path: Path) -> None:
    """Ask `datasets`, whole and streaming, pandas, Polars and DuckDB, for both versions."""
    import datasets
    import duckdb
    import pandas as pd
    import polars as pl
    from huggingface_hub import HfFileSystem

    publish(two[0])
    publish(two[1])
    for tag, number in (("v1.0.0", 3), ("v1.1.0", 4)):
        expected = {f"fr-{at:02}" for at in range(number)}
        loaded = datasets.load_dataset(REPO, "fr", revision=tag, cache_dir=str(tmp_path / "cache"))
        assert {id for part in loaded.values() for id in part["id"]} == expected
        assert loaded["train"].info.version == tag[1:]
        streamed = datasets.load_dataset(REPO, "fr", revision=tag, split="train", streaming=True)
        assert {row["id"] for row in streamed} <= expected
        names = [name for name in listed(two[0 if number == 3 else 1]) if name.startswith("data/fr/")]
        paths = [f"hf://datasets/{REPO}@{tag}/{name}" for name in names]
        assert {id for path in paths for id in pd.read_parquet(path)["id"]} == expected
        files = HfFileSystem(skip_instance_cache=True)
        found: set[str] = set()
        for path in paths:
            with files.open(path) as stream:
                found |= set(pl.read_parquet(stream)["id"].to_list())
        assert found == expected
        with duckdb.connect() as base:
            base.register_filesystem(files)
            rows = base.execute("select id from read_parquet(?)", [paths]).fetchall()
            assert {id for (id,) in rows} == expected


def test_releases_are_read_from_the_hub_by_other_commands(hub: Hub, two: tuple[Path, Path]) -> None:
    publish(two[0])
    publish(two[1])
    old, new = (hub_client.fetch(f"hub:{REPO}@{tag}") for tag in ("v1.0.0", "v1.1.0"))
    assert listed(old) == listed(two[0])
    assert listed(hub_client.fetch(f"hub:{REPO}")) == listed(new) == listed(two[1])
    with pytest.raises(HubError, match=r"^org/none: no such dataset on the hub\. Check the name; if the"):
        hub_client.fetch("hub:org/none")
    with pytest.raises(HubError, match=r"^org/news: has no tag or branch 'v9'\. See its tags at http"):
        hub_client.fetch("hub:org/news@v9")
    with pytest.raises(HubError, match="Expected hub:org/name"):
        hub_client.fetch("hub:news")


@pytest.mark.parametrize("how", ["cut", 500])
def test_what_cannot_be_fetched_is_told_in_a_line_that_speaks_of_reading(hub: Hub, how: str | int) -> None:
    hub.fail("GET", r"/", how, times=1000)
    with pytest.raises(
        HubError, match=r"^org/away: fetching the release: .* 4 times\. Nothing was changed; check"
    ) as caught:
        hub_client.fetch("hub:org/away@v1.0.0")
    assert "\n" not in str(caught.value)


def test_a_hub_that_is_not_there_is_told_in_a_line(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setattr("huggingface_hub.hf_api.constants.ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(
        HubError, match=r"^org/away: fetching the release: .* 4 times\. Nothing was changed; check"
    ) as caught:
        hub_client.fetch("hub:org/away@v1.0.0")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("repo", ["org/..", "org/-x", "org/a..b", "org/a--b", f"org/{'x' * 97}", "org/x.git"])
def test_a_name_that_no_hub_takes_is_told_in_a_line(hub: Hub, two: tuple[Path, Path], repo: str) -> None:
    for ask in (hub_client.fetch, lambda repo: remote_publish.publish(two[0], repo, True, False, bool, print)):
        with pytest.raises(HubError, match=r": a hub does not accept this name \(.*\)\. Choose another one$"):
            ask(repo)
    assert hub.requests == []


def test_a_release_is_published_under_no_other_tag_than_its_version(hub: Hub, two: tuple[Path, Path]) -> None:
    with pytest.raises(HubError, match=r"^org/one@v1: the tag follows from the version\. Expected org/name"):
        remote_publish.publish(two[0], "org/one@v1", True, False, bool, print)
    assert hub.requests == []


def test_a_file_that_a_hub_does_not_take_is_told_before_anything_is_made(hub: Hub, tmp_path: Path) -> None:
    raw = write_raw(tmp_path / "raw", {**articles(1), "wire/.cache/broken.jsonl": "{"})
    made = build(raw, tmp_path / "out", {"read": {"ignore": ()}}).path
    assert made
    with pytest.raises(
        HubError, match=r"\.cache/broken\.jsonl.*: a hub accepts no files below \.cache\. .*`read.ignore`"
    ):
        publish(made)
    assert hub.requests == []


def test_the_commands_publish_verify_and_diff_and_never_show_the_token(
    hub: Hub, two: tuple[Path, Path], tmp_path: Path
) -> None:
    out = two[0].parent.parent

    def run(*command: str, status: int = 0, **env: str) -> str:
        said = subprocess.run(
            [sys.executable, "-m", "builder", *command],
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
            env={**os.environ, "HF_HOME": str(tmp_path / "home"), **env},
        )
        assert said.returncode == status, said
        assert TOKEN not in said.stdout + said.stderr
        return said.stdout + said.stderr

    assert "would be public" in run("publish", "news", REPO, "--out", str(out), status=1)
    assert "published" in run("publish", "news", REPO, "--out", str(out), "--release", "1.0.0", "--private")
    assert '"changed": true' in run("publish", "news", REPO, "--out", str(out), "--yes", "--json")
    assert not hub.repos[REPO].private
    assert "added:\n  fr-03" in run("diff", f"hub:{REPO}@v1.0.0", f"hub:{REPO}@v1.1.0")
    assert run("verify", f"hub:{REPO}@v1.1.0").count(": ok") == 10
    hub.repos[REPO].private = True
    said = run("verify", f"hub:{REPO}@v1.1.0", status=1, HF_TOKEN="hf_another", HF_HOME=str(tmp_path / "none"))
    assert "HubError" in said
    files = [path for folder in (tmp_path, out) for path in folder.rglob("*") if path.is_file()]
    assert files
    assert not [path for path in files if TOKEN.encode() in path.read_bytes()]


def test_the_token_is_in_no_error(hub: Hub, two: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    for step, how in (("uploading", 500), ("committing", 401), ("tagging", 507)):
        hub.fail(*STEPS[step], how, times=1000)
        with pytest.raises(HubError) as caught:
            remote_publish.publish(two[0], REPO, True, False, lambda question: True, said.append)
        hub.faults.clear()
        error: BaseException | None = caught.value
        while error is not None:
            said.append(repr(error))
            error = error.__cause__ or error.__context__
    assert said
    assert not any(TOKEN in line for line in said)


def test_the_hub_itself_refuses_what_a_hub_refuses(hub: Hub) -> None:
    """Look at the answers that the other tests rely on."""
    import httpx2

    def ask(method: str, path: str, **more: Any) -> httpx2.Response:
        return httpx2.request(method, hub.url + path, **more)

    known = {"Authorization": f"Bearer {TOKEN}"}
    assert ask("GET", "/api/whoami-v2").status_code == 401
    assert ask("POST", "/api/repos/create", json={"name": "n", "organization": "org"}, headers=known).status_code == 200
    assert ask("POST", "/api/repos/create", json={"name": "n", "organization": "org"}, headers=known).status_code == 409
    stale = b'{"key":"header","value":{"summary":"x","parentCommit":"0"}}'
    assert ask("POST", "/api/datasets/org/n/commit/main", content=stale, headers=known).status_code == 412
    assert ask("GET", "/api/datasets/org/n/revision/v9").headers["X-Error-Code"] == "RevisionNotFound"
    assert ask("GET", "/datasets/org/n/resolve/main/none").headers["X-Error-Code"] == "EntryNotFound"
    piece = ask("GET", "/datasets/org/n/resolve/main/.gitattributes", headers={"Range": "bytes=2-5"})
    assert (piece.status_code, piece.content) == (206, b"parq")
    wrong = ask("PUT", f"/lfs/{'0' * 64}", content=b"x")
    assert wrong.status_code == 400
