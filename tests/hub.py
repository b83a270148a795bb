"""A hub on 127.0.0.1 that speaks to the unmodified `huggingface_hub` and `datasets`: datasets, commits, tags, LFS.

A commit is a table of paths and blobs that never changes; a branch and a tag are names of commits. Faults are injected
by method and path: `hub.fail("POST", r"/commit/", "cut")`.
"""

import base64
import hashlib
import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

TOKEN = "hf_testtokenthatmustnevershow"
LARGE = (".parquet", ".gz", ".raw")  # what goes by git-LFS; all else is a regular file
FULL = 507
SLOW = 1.5  # seconds


@dataclass(slots=True)
class Commit:
    """A state of a repository."""

    files: dict[str, str]  # sha256 by path
    title: str
    parent: str | None = None


@dataclass(slots=True)
class Repo:
    """A dataset repository."""

    private: bool
    gated: bool | str = False
    commits: dict[str, Commit] = field(default_factory=dict)
    branches: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)

    def commit(self, files: dict[str, str], title: str) -> str:
        parent = self.branches.get("main")
        said = json.dumps([sorted(files.items()), title, parent, len(self.commits)])
        oid = hashlib.sha1(said.encode()).hexdigest()
        self.commits[oid] = Commit(files, title, parent)
        self.branches["main"] = oid
        return oid

    def at(self, revision: str) -> str | None:
        revision = revision.removeprefix("refs/heads/").removeprefix("refs/tags/")
        found = self.branches.get(revision) or self.tags.get(revision)
        return found or next((oid for oid in self.commits if len(revision) >= 7 and oid.startswith(revision)), None)


@dataclass(slots=True)
class Fault:
    """What goes wrong with requests that fit: `cut`, `late` (done, then cut), `slow`, or a status."""

    method: str
    path: str
    how: str | int
    times: int


class Hub:
    """A hub that listens until it is closed."""

    def __init__(self) -> None:
        self.repos: dict[str, Repo] = {}
        self.blobs: dict[str, bytes] = {}
        self.requests: list[tuple[str, str]] = []
        self.faults: list[Fault] = []
        self.lock = threading.RLock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        self._server.daemon_threads = True
        self._server.hub = self  # type: ignore[attr-defined]
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def fail(self, method: str, path: str, how: str | int, times: int = 1) -> None:
        """Let the next requests of a method whose path fits a pattern go wrong."""
        self.faults.append(Fault(method, path, how, times))

    def fault(self, method: str, path: str) -> str | int | None:
        with self.lock:
            for fault in self.faults:
                if fault.times and fault.method == method and re.search(fault.path, path):
                    fault.times -= 1
                    return fault.how
        return None

    def put(self, said: bytes) -> str:
        digest = hashlib.sha256(said).hexdigest()
        self.blobs[digest] = said
        return digest

    def files(self, repo: str, revision: str = "main") -> dict[str, bytes]:
        """Give what a repository has at a revision."""
        found = self.repos[repo].at(revision)
        assert found is not None
        return {path: self.blobs[digest] for path, digest in self.repos[repo].commits[found].files.items()}


class RefusedError(Exception):
    """An answer that is an error."""

    def __init__(self, status: int, message: str, code: str | None = None) -> None:
        self.status, self.message, self.code = status, message, code


class _CutError(Exception):
    """The connection ends here."""


Route = Callable[["_Handler", re.Match[str], dict[str, list[str]]], None]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    routes: list[tuple[str, re.Pattern[str], Route]] = []  # noqa: RUF012

    @property
    def hub(self) -> Hub:
        return self.server.hub  # type: ignore[attr-defined, no-any-return]

    def log_message(self, *args: Any) -> None:
        pass

    def _serve(self) -> None:
        parts = urlsplit(self.path)
        path, query = unquote(parts.path), parse_qs(parts.query)
        self.hub.requests.append((self.command, path))
        self._body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        how = self.hub.fault(self.command, path)
        try:
            if how == "cut":
                raise _CutError
            if how == "slow":
                time.sleep(SLOW)
            if isinstance(how, int):
                raise RefusedError(how, f"a fault of the test, {how}")
            self._late = how == "late"
            for method, pattern, route in self.routes:
                if method in (self.command, "GET" if self.command == "HEAD" else "") and (m := pattern.fullmatch(path)):
                    with self.hub.lock:
                        route(self, m, query)
                    return
            raise RefusedError(404, f"no route {self.command} {path}")
        except RefusedError as refused:
            headers = {"X-Error-Message": refused.message} | ({"X-Error-Code": refused.code} if refused.code else {})
            self._answer(refused.status, json.dumps({"error": refused.message}).encode(), headers)
        except (_CutError, BrokenPipeError, ConnectionResetError):
            self.close_connection = True
            self.connection.close()

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = _serve  # noqa: N815

    def _answer(self, status: int, said: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **(headers or {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(said)

    def json(self, value: Any, status: int = 200) -> None:
        if self._late:
            raise _CutError
        self._answer(status, json.dumps(value).encode())

    @property
    def told(self) -> dict[str, Any]:
        said = json.loads(self._body or b"{}")
        assert isinstance(said, dict)
        return said

    @property
    def known(self) -> bool:
        return self.headers.get("Authorization") == f"Bearer {TOKEN}"

    def must_be_known(self) -> None:
        if not self.known:
            raise RefusedError(401, "Invalid username or password.")

    def repo(self, name: str) -> Repo:
        found = self.hub.repos.get(name)
        if found is None or (found.private and not self.known):
            raise RefusedError(404 if self.known else 401, "Repository not found", "RepoNotFound")
        return found

    def commit_of(self, name: str, revision: str) -> tuple[str, Commit]:
        repo = self.repo(name)
        oid = repo.at(revision)
        if oid is None:
            raise RefusedError(404, f"Invalid rev id: {revision}", "RevisionNotFound")
        return oid, repo.commits[oid]


def _route(method: str, pattern: str) -> Callable[[Route], Route]:
    def add(route: Route) -> Route:
        _Handler.routes.append((method, re.compile(pattern), route))
        return route

    return add


REPO = r"/api/datasets/(?P<repo>[^/]+/[^/]+)"


@_route("GET", r"/api/whoami-v2")
def _whoami(on: _Handler, found: re.Match[str], query: Any) -> None:
    on.must_be_known()
    role = {"accessToken": {"role": "write", "displayName": "test"}}
    on.json({"type": "user", "name": "tester", "auth": role, "orgs": [{"name": "org"}]})


@_route("POST", r"/api/validate-yaml")
def _validate(on: _Handler, found: re.Match[str], query: Any) -> None:
    on.json({"errors": [], "warnings": []})


@_route("POST", r"/api/repos/create")
def _create(on: _Handler, found: re.Match[str], query: Any) -> None:
    on.must_be_known()
    name = f"{on.told.get('organization') or 'tester'}/{on.told['name']}"
    if name in on.hub.repos:
        on.json({"error": "You already created this dataset repo", "url": f"{on.hub.url}/datasets/{name}"}, 409)
        return
    private = bool(on.told.get("private") or on.told.get("visibility") == "private")
    on.hub.repos[name] = Repo(private)
    on.hub.repos[name].commit({".gitattributes": on.hub.put(b"*.parquet filter=lfs\n")}, "initial commit")
    on.json({"url": f"{on.hub.url}/datasets/{name}", "id": name, "name": name})


@_route("PUT", REPO + r"/settings")
def _settings(on: _Handler, found: re.Match[str], query: Any) -> None:
    on.must_be_known()
    repo = on.repo(found["repo"])
    repo.private = bool(on.told.get("private", repo.private))
    repo.gated = on.told.get("gated", repo.gated)
    if "visibility" in on.told:
        repo.private = on.told["visibility"] == "private"
    on.json({})


@_route("GET", REPO + r"(/revision/(?P<rev>.+))?")
def _info(on: _Handler, found: re.Match[str], query: Any) -> None:
    oid, commit = on.commit_of(found["repo"], found["rev"] or "main")
    repo = on.repo(found["repo"])
    on.json(
        {
            "_id": "0",
            "id": found["repo"],
            "author": found["repo"].split("/")[0],
            "sha": oid,
            "private": repo.private,
            "gated": repo.gated,
            "disabled": False,
            "downloads": 0,
            "likes": 0,
            "tags": [],
            "lastModified": "2026-01-01T00:00:00.000Z",
            "createdAt": "2026-01-01T00:00:00.000Z",
            "siblings": [{"rfilename": path} for path in sorted(commit.files)],
        }
    )


@_route("GET", REPO + r"/refs")
def _refs(on: _Handler, found: re.Match[str], query: Any) -> None:
    repo = on.repo(found["repo"])

    def named(kind: str, refs: dict[str, str]) -> list[dict[str, str]]:
        return [{"name": name, "ref": f"refs/{kind}/{name}", "targetCommit": oid} for name, oid in refs.items()]

    on.json({"branches": named("heads", repo.branches), "tags": named("tags", repo.tags), "converts": []})


@_route("GET", REPO + r"/commits/(?P<rev>[^/]+)")
def _commits(on: _Handler, found: re.Match[str], query: Any) -> None:
    oid: str | None = on.commit_of(found["repo"], found["rev"])[0]
    said = []
    while oid is not None:
        commit = on.repo(found["repo"]).commits[oid]
        when = "2026-01-01T00:00:00.000Z"
        said.append({"id": oid, "title": commit.title, "message": "", "date": when, "authors": [{"user": "tester"}]})
        oid = commit.parent
    on.json(said)


def _entry(on: _Handler, path: str, digest: str) -> dict[str, Any]:
    said = on.hub.blobs[digest]
    entry: dict[str, Any] = {"type": "file", "path": path, "size": len(said), "oid": _git_oid(said)}
    if path.endswith(LARGE):
        entry["lfs"] = {"oid": digest, "size": len(said), "pointerSize": 130}
    entry["lastCommit"] = {"id": "0" * 40, "title": "", "date": "2026-01-01T00:00:00.000Z"}
    return entry


def _git_oid(said: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(said) + said).hexdigest()


def _folders(files: dict[str, str]) -> set[str]:
    return {"/".join(path.split("/")[:depth]) for path in files for depth in range(1, path.count("/") + 1)}


@_route("GET", REPO + r"/tree/(?P<rev>[^/]+)/?(?P<path>.*)")
def _tree(on: _Handler, found: re.Match[str], query: dict[str, list[str]]) -> None:
    files = on.commit_of(found["repo"], found["rev"])[1].files
    below = found["path"].strip("/")
    start = f"{below}/" if below else ""
    folders = _folders(files)
    if below and below not in folders:
        raise RefusedError(404, f"{below} does not exist", "EntryNotFound")
    deep = query.get("recursive", ["false"])[0].lower() in ("true", "1")
    names = [
        name
        for name in sorted([*files, *folders])
        if name.startswith(start) and name != below and (deep or "/" not in name[len(start) :])
    ]
    on.json(
        [
            _entry(on, name, files[name]) if name in files else {"type": "directory", "path": name, "oid": "0" * 40}
            for name in names
        ]
    )


@_route("POST", REPO + r"/paths-info/(?P<rev>[^/]+)")
def _paths(on: _Handler, found: re.Match[str], query: Any) -> None:
    files = on.commit_of(found["repo"], found["rev"])[1].files
    if "json" in (on.headers.get("Content-Type") or ""):
        asked = on.told["paths"]
    else:
        asked = parse_qs(on._body.decode()).get("paths", [])
    said = [_entry(on, path, files[path]) for path in asked if path in files]
    said += [{"type": "directory", "path": path, "oid": "0" * 40} for path in asked if path in _folders(files)]
    on.json(said)


@_route("POST", REPO + r"/preupload/(?P<rev>[^/]+)")
def _preupload(on: _Handler, found: re.Match[str], query: Any) -> None:
    on.must_be_known()
    files = on.commit_of(found["repo"], found["rev"])[1].files
    said = []
    for file in on.told["files"]:
        large = file["path"].endswith(LARGE)
        here = files.get(file["path"])
        oid = None if here is None else here if large else _git_oid(on.hub.blobs[here])
        mode = "lfs" if large else "regular"
        said.append({"path": file["path"], "uploadMode": mode, "shouldIgnore": False, "oid": oid})
    on.json({"files": said})


@_route("POST", r"/datasets/(?P<repo>[^/]+/[^/]+)\.git/info/lfs/objects/batch")
def _batch(on: _Handler, found: re.Match[str], query: Any) -> None:
    on.must_be_known()
    on.repo(found["repo"])
    objects = []
    for asked in on.told["objects"]:
        actions = {"upload": {"href": f"{on.hub.url}/lfs/{asked['oid']}", "header": {}}}
        objects.append({**asked, **({} if asked["oid"] in on.hub.blobs else {"actions": actions})})
    on.json({"transfer": "basic", "objects": objects})


@_route("PUT", r"/lfs/(?P<oid>[0-9a-f]{64})")
def _upload(on: _Handler, found: re.Match[str], query: Any) -> None:
    if on.hub.put(on._body) != found["oid"]:
        raise RefusedError(400, "the bytes are not what was said")
    on.json({})


@_route("POST", REPO + r"/commit/(?P<rev>[^/]+)")
def _commit(on: _Handler, found: re.Match[str], query: Any) -> None:
    on.must_be_known()
    repo = on.repo(found["repo"])
    head, commit = on.commit_of(found["repo"], found["rev"])
    lines = [json.loads(line) for line in on._body.splitlines() if line.strip()]
    header = next(line["value"] for line in lines if line["key"] == "header")
    if header.get("parentCommit") not in (None, head):
        raise RefusedError(412, "A commit has happened since. Please refresh and try again.")
    files = dict(commit.files)
    for line in lines:
        value = line["value"]
        if line["key"] == "file":
            files[value["path"]] = on.hub.put(base64.b64decode(value["content"]))
        elif line["key"] == "lfsFile":
            if value["oid"] not in on.hub.blobs:
                raise RefusedError(400, f"{value['path']}: was not uploaded")
            files[value["path"]] = value["oid"]
        elif line["key"] == "deletedFile":
            del files[value["path"]]
    oid = repo.commit(files, header["summary"])
    on.json({"success": True, "commitOid": oid, "commitUrl": f"{on.hub.url}/datasets/{found['repo']}/commit/{oid}"})


@_route("POST", REPO + r"/tag/(?P<rev>[^/]+)")
def _tag(on: _Handler, found: re.Match[str], query: Any) -> None:
    on.must_be_known()
    repo = on.repo(found["repo"])
    if on.told["tag"] in repo.tags:
        raise RefusedError(409, "Reference already exists")
    repo.tags[on.told["tag"]] = on.commit_of(found["repo"], found["rev"])[0]
    on.json({})


@_route("DELETE", REPO + r"/tag/(?P<tag>[^/]+)")
def _untag(on: _Handler, found: re.Match[str], query: Any) -> None:
    on.must_be_known()
    if on.repo(found["repo"]).tags.pop(found["tag"], None) is None:
        raise RefusedError(404, "no such tag", "RevisionNotFound")
    on.json({})


@_route("GET", r"/datasets/(?P<repo>[^/]+/[^/]+)/resolve/(?P<rev>[^/]+)/(?P<path>.+)")
def _resolve(on: _Handler, found: re.Match[str], query: Any) -> None:
    oid, commit = on.commit_of(found["repo"], found["rev"])
    if on.repo(found["repo"]).gated and not on.known:
        raise RefusedError(401, "Access to this dataset is restricted", "GatedRepo")
    digest = commit.files.get(found["path"])
    if digest is None:
        raise RefusedError(404, "Entry not found", "EntryNotFound")
    said = on.hub.blobs[digest]
    etag = digest if found["path"].endswith(LARGE) else _git_oid(said)
    headers = {"X-Repo-Commit": oid, "ETag": f'"{etag}"', "Accept-Ranges": "bytes"}
    headers |= {"Content-Type": "application/octet-stream", "X-Linked-Size": str(len(said))}
    headers |= {"X-Linked-Etag": f'"{etag}"'} if found["path"].endswith(LARGE) else {}
    wanted = re.fullmatch(r"bytes=(\d+)-(\d*)", on.headers.get("Range") or "")
    if not wanted:
        on._answer(200, said, headers)
        return
    start, end = int(wanted[1]), min(int(wanted[2] or len(said) - 1), len(said) - 1)
    if start >= len(said):
        raise RefusedError(416, "Range not satisfiable")
    on._answer(206, said[start : end + 1], headers | {"Content-Range": f"bytes {start}-{end}/{len(said)}"})


def running() -> Iterator[Hub]:
    """Yield a hub, and close it."""
    hub = Hub()
    try:
        yield hub
    finally:
        hub.close()
