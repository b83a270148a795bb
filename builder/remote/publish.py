"""Publish a release on a hub as one commit and one tag, and load it back.

Only `huggingface_hub` reads the token. This module never does, so it cannot print, log or write it.
"""

import functools
import hashlib
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from builder.core import files
from builder.core.content_hash import ContentHash
from builder.core.errors import HubError
from builder.core.layout import MANIFEST
from builder.release import catalog
from builder.release.catalog import Release
from builder.remote.hub_client import (
    PassingError,
    Show,
    first_line,
    hub_api,
    is_newer_tag,
    page_url,
    parse,
    retry,
    tag_key,
)

KEPT = (".gitattributes",)  # files of a repository that do not belong to the release
NOT_TAKEN = (".git", ".cache")  # folders that a hub accepts no files in, at any depth


@dataclass(frozen=True, slots=True)
class Published:
    """A published release: repository, URL, commit and tag, and whether this run changed the repository."""

    repo: str
    url: str
    commit: str
    tag: str
    changed: bool


class Remote(NamedTuple):
    """The state of a repository: its head, the commits of its tags, and whether it is private."""

    head: str
    tags: Mapping[str, str]
    private: bool


def publish(
    folder: Path, repo: str, private: bool, gated: bool, confirm: Callable[[str], bool], show: Show
) -> Published:
    """Publish a release as one commit with a tag such as `v1.2.0`, and load it back.

    Calls `confirm` before anything becomes public. If the hub has the release already, adds a missing tag, or only
    loads the release back. Raises HubError. At any time the repository shows its old state or the whole release.
    """
    repo, revision = parse(repo)
    if revision:
        raise HubError(
            f"{repo}@{revision}: the tag follows from the version. Expected org/name; choose the version with --release"
        )
    release = catalog.read(folder.resolve())
    version = release.manifest.version
    tag = f"v{version}"
    _check_names(release)
    _check_whole(release)
    remote = _prepare(repo, private, gated, confirm, show)
    tagged = remote.tags.get(tag)
    if tagged is not None and retry(lambda: _compare(release, repo, tagged), f"{repo}: listing its files") != ([], []):
        raise HubError(
            f"{repo}: the tag {tag} exists already, with other files than {release.folder}. People cite tags, so "
            "publish never moves one. Build a release of another version, or remove the tag on the hub yourself"
        )
    newer = [name for name in remote.tags if is_newer_tag(name, version)]
    if tagged is None and newer:
        raise HubError(f"{repo}: has {max(newer, key=tag_key)} already, newer than {version}. Publish a newer release")
    commit = tagged or _commit(release, repo, remote, show)
    if tagged is None:
        _tag(repo, tag, commit, show)
    problems = _load_back(release, repo, tag)
    if problems:
        raise HubError("\n".join(f"{repo} at {tag}: {problem}" for problem in problems))
    show(f"loaded back: every config of {tag}, with the rows that were written")
    return Published(repo, page_url(repo, tag), commit, tag, tagged is None)


def _check_names(release: Release) -> None:
    """Raise HubError for a file name that a hub does not accept, before anything is created there."""
    for name in release.manifest.files:
        if refused := set(name.split("/")) & set(NOT_TAKEN):
            folder = min(refused)
            raise HubError(
                f"{release.folder / name}: a hub accepts no files below {folder}. A raw file has this path: add "
                f"'{folder}' to `read.ignore`, or rename that folder of the raw files, and build again"
            )


def _check_whole(release: Release) -> None:
    """Raise HubError if the files of a release differ from its manifest."""
    from builder.verify import verify
    from builder.verify.result import Opened

    if problem := next(verify.check_files(Opened(release.folder, release.manifest)), None):
        raise HubError(f"{problem}. Only a whole release can be published. Check it with builder verify")


def _prepare(repo: str, private: bool, gated: bool, confirm: Callable[[str], bool], show: Show) -> Remote:
    """Return the repository, created if it is missing. Nothing becomes public unless `confirm` agrees."""
    api, remote = hub_api(), _read(repo)
    if not private and (remote is None or remote.private):
        state = "does not exist yet" if remote is None else "is private"
        if not confirm(f"{repo} {state}. Everybody will be able to see it. Go on?"):
            raise HubError(
                f"{repo}: not published, because it would be public. Give --private, or --yes to make it public"
            )
    settings: dict[str, Any] = {"gated": "auto"} if gated else {}
    if remote is None:
        options = {"repo_type": "dataset", "private": private, "exist_ok": True}
        retry(lambda: api.create_repo(repo, **options), f"{repo}: creating it")
        show(f"created {repo}, {'private' if private else 'public'}")
    elif remote.private != private:
        settings["private"] = private
    if settings:
        retry(lambda: api.update_repo_settings(repo, repo_type="dataset", **settings), f"{repo}: changing its settings")
    return remote or _read_existing(repo)


def _read_existing(repo: str) -> Remote:
    remote = _read(repo)
    if remote is None:
        raise HubError(f"{repo}: disappeared from the hub during the run. Publish again")
    return remote


def _read(repo: str) -> Remote | None:
    """Read the state of a repository, or return None if there is none that the token may see."""
    from huggingface_hub.errors import RepositoryNotFoundError

    api = hub_api()

    def look() -> Remote | None:
        try:
            info = api.dataset_info(repo)
            refs = api.list_repo_refs(repo, repo_type="dataset")
        except RepositoryNotFoundError:
            return None
        tags = {ref.name: ref.target_commit for ref in refs.tags}
        return Remote(str(info.sha), tags, bool(info.private))

    return retry(look, f"{repo}: reading its state")


def _compare(release: Release, repo: str, revision: str) -> tuple[list[str], list[str]]:
    """Return the files that a repository lacks or has otherwise, and the files that only the repository has."""
    from huggingface_hub.hf_api import RepoFile

    entries = hub_api().list_repo_tree(repo, recursive=True, revision=revision, repo_type="dataset")
    remote = {entry.path: entry for entry in entries if isinstance(entry, RepoFile) and entry.path not in KEPT}
    local = sorted([*release.manifest.files, MANIFEST])
    differing = [path for path in local if path not in remote or not _same(release, path, remote[path])]
    return differing, sorted(set(remote) - set(local))


def _same(release: Release, path: str, entry: Any) -> bool:
    """Tell whether a file equals the hub's: by sha256 for a large (LFS) file, else by the digest of its git blob."""
    listed = release.manifest.files.get(path)
    if entry.lfs:
        return bool(entry.lfs.sha256 == (listed.sha256 if listed else files.sha256(release.folder / path)))
    content = (release.folder / path).read_bytes()
    return bool(entry.blob_id == hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest())


def _commit(release: Release, repo: str, remote: Remote, show: Show) -> str:
    """Turn the repository into the release with one commit, unless it is the release already. Return the commit."""
    from huggingface_hub import CommitOperationAdd, CommitOperationDelete
    from huggingface_hub.errors import HfHubHTTPError

    api = hub_api()

    def commit() -> str:
        now = _read_existing(repo)
        differing, extra = _compare(release, repo, now.head)
        if not differing and not extra:  # an earlier run committed it, or this one did and the answer was lost
            return now.head
        if now.head != remote.head:
            raise HubError(
                f"{repo}: somebody else committed meanwhile: it was at {remote.head[:12]} and is now at {now.head[:12]}"
                ". Look at that commit, and publish again"
            )
        operations: list[Any] = [CommitOperationAdd(path, release.folder / path) for path in differing]
        operations += [CommitOperationDelete(path) for path in extra]
        message = f"Version {release.manifest.version}"
        try:
            options = {"commit_message": message, "repo_type": "dataset", "parent_commit": now.head}
            made = api.create_commit(repo, operations, **options)
        except HfHubHTTPError as error:
            if error.response.status_code == 412 and _read_existing(repo).head == now.head:
                raise PassingError("the hub answers 412, although nobody committed") from None
            if error.response.status_code == 412:
                return commit()
            raise
        show(f"committed {len(operations)} files as {made.oid[:12]}")
        return str(made.oid)

    return retry(commit, f"{repo}: committing")


def _tag(repo: str, tag: str, commit: str, show: Show) -> None:
    """Tag the commit, unless it has that tag already."""
    from huggingface_hub.errors import HfHubHTTPError

    def mark() -> None:
        tagged = _read_existing(repo).tags.get(tag)
        if tagged == commit:
            return
        if tagged is not None:
            raise HubError(f"{repo}: somebody else made the tag {tag} meanwhile, at {tagged[:12]}. Look at that commit")
        try:
            hub_api().create_tag(repo, tag=tag, revision=commit, repo_type="dataset")
        except HfHubHTTPError as error:
            if error.response.status_code != 409:
                raise
            raise PassingError("the hub answers 409, so the tag exists now") from None
        show(f"tagged {tag}")

    retry(mark, f"{repo}: tagging {tag}")


def _load_back(release: Release, repo: str, tag: str) -> list[str]:
    """Load every config at the tag; return a line for each config or split that differs from the written one."""
    import datasets

    from builder.release.load_check import expected_of

    datasets.disable_progress_bars()
    problems = []
    expected = expected_of(release.manifest)
    with tempfile.TemporaryDirectory(prefix="builder-hub-") as temporary:
        cache = Path(temporary)
        download = datasets.DownloadConfig(cache_dir=cache / "files")
        options = {"revision": tag, "cache_dir": str(cache / "rows"), "download_config": download}
        for config, rows in expected.items():
            try:
                load = functools.partial(datasets.load_dataset, repo, config, **options)
                loaded = retry(load, f"{repo}: loading config '{config}'")
            except HubError:
                raise
            except Exception as error:  # any error means that the config does not load
                problems.append(f"config '{config}' does not load ({type(error).__name__}: {first_line(error)})")
                continue
            loaded_rows = {split: len(part) for split, part in loaded.items()}
            if loaded_rows != rows:
                problems.append(f"config '{config}' loads with {loaded_rows} rows, but {rows} were written")
            for split, listed in release.manifest.splits.get(config, {}).items():
                if split in loaded and _content_hash(loaded[split]) != listed.content_sha256:
                    problems.append(f"config '{config}': the rows of {split} differ from those that were written")
    return problems


def _content_hash(rows: Any) -> str:
    from builder.core.schema import ARTICLE, STANDOFF

    content = ContentHash(ARTICLE if "text" in rows.column_names else STANDOFF)
    for batch in rows.with_format("arrow").iter(4000):
        content.update(batch)
    return content.hexdigest()
