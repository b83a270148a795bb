"""Publish a release on a hub, as one commit and one tag, and read releases from there.

The token is `huggingface_hub`'s own affair: it is never read here, so it cannot be printed, logged or written.
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

KEPT = (".gitattributes",)  # files of a repository that are not ours
NOT_TAKEN = (".git", ".cache")  # folders that no commit may have files in, at any depth


@dataclass(frozen=True, slots=True)
class Published:
    """What was published: where, the commit and the tag, and whether anything had to be done for it."""

    repo: str
    url: str
    commit: str
    tag: str
    changed: bool


class Remote(NamedTuple):
    """A repository as it is: its head, its tags, and who may see it."""

    head: str
    tags: Mapping[str, str]
    private: bool


def publish(
    folder: Path, repo: str, private: bool, gated: bool, confirm: Callable[[str], bool], show: Show
) -> Published:
    """Publish a release as one commit with a tag `v1.2.0`, and load it back from there.

    `confirm` is asked before anything becomes public. What was published before is only tagged or found to be there.
    Raises HubError, and at any point the repository shows what it showed before, or all of the release.
    """
    repo, revision = parse(repo)
    if revision:
        raise HubError(
            f"{repo}@{revision}: the tag is made of the version. Expected org/name; --release says which one"
        )
    release = catalog.read(folder.resolve())
    version = release.manifest.version
    tag = f"v{version}"
    _check_names(release)
    _check_whole(release)
    remote = _prepared(repo, private, gated, confirm, show)
    here = remote.tags.get(tag)
    if here is not None and retry(lambda: _apart(release, repo, here), f"{repo}: listing its files") != ([], []):
        raise HubError(
            f"{repo}: the tag {tag} is there already, with other files than {release.folder}. A tag is cited, so it is "
            "never moved: build a release of another version, or remove the tag on the hub yourself"
        )
    newer = [name for name in remote.tags if is_newer_tag(name, version)]
    if here is None and newer:
        raise HubError(f"{repo}: has {max(newer, key=tag_key)} already, newer than {version}. Publish a newer release")
    commit = here or _committed(release, repo, remote, show)
    if here is None:
        _tagged(repo, tag, commit, show)
    problems = _loaded(release, repo, tag)
    if problems:
        raise HubError("\n".join(f"{repo} at {tag}: {problem}" for problem in problems))
    show(f"loaded back: every config of {tag}, with the rows that were written")
    return Published(repo, page_url(repo, tag), commit, tag, here is None)


def _check_names(release: Release) -> None:
    """Raise HubError for a file that a hub does not take, before anything is made there."""
    for name in release.manifest.files:
        if refused := set(name.split("/")) & set(NOT_TAKEN):
            folder = min(refused)
            raise HubError(
                f"{release.folder / name}: a hub takes no files below {folder}. It is of a raw file: let `read.ignore` "
                f"have '{folder}', or rename that folder of the raw files, and build again"
            )


def _check_whole(release: Release) -> None:
    """Raise HubError for a release that is not as its manifest says."""
    from builder.verify import verify
    from builder.verify.result import Opened

    if problem := next(verify.check_files(Opened(release.folder, release.manifest)), None):
        raise HubError(f"{problem}. Only a release that is whole is published: look at it with builder verify")


def _prepared(repo: str, private: bool, gated: bool, confirm: Callable[[str], bool], show: Show) -> Remote:
    """Return the repository, made where it is not there; nothing becomes public unless `confirm` says so."""
    api, remote = hub_api(), _read(repo)
    if not private and (remote is None or remote.private):
        what = "is not there yet" if remote is None else "is private"
        if not confirm(f"{repo} {what}, and would be for everybody to see. Go on?"):
            raise HubError(f"{repo}: not published, for it would be public. Say --private, or --yes to make it public")
    settings: dict[str, Any] = {"gated": "auto"} if gated else {}
    if remote is None:
        create = {"repo_type": "dataset", "private": private, "exist_ok": True}
        retry(lambda: api.create_repo(repo, **create), f"{repo}: making it")
        show(f"made {repo}, {'private' if private else 'public'}")
    elif remote.private != private:
        settings["private"] = private
    if settings:
        retry(lambda: api.update_repo_settings(repo, repo_type="dataset", **settings), f"{repo}: its settings")
    return remote or _there(repo)


def _there(repo: str) -> Remote:
    found = _read(repo)
    if found is None:
        raise HubError(f"{repo}: is not there, though it was a moment ago. Publish again")
    return found


def _read(repo: str) -> Remote | None:
    """Look at a repository; null where there is none, or none that the token may see."""
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

    return retry(look, f"{repo}: looking at it")


def _apart(release: Release, repo: str, revision: str) -> tuple[list[str], list[str]]:
    """Return the files that differ in a repository or are missing there, and those that only the repository has."""
    from huggingface_hub.hf_api import RepoFile

    entries = hub_api().list_repo_tree(repo, recursive=True, revision=revision, repo_type="dataset")
    there = {entry.path: entry for entry in entries if isinstance(entry, RepoFile) and entry.path not in KEPT}
    ours = sorted([*release.manifest.files, MANIFEST])
    other = [path for path in ours if path not in there or not _same(release, path, there[path])]
    return other, sorted(set(there) - set(ours))


def _same(release: Release, path: str, entry: Any) -> bool:
    """Tell whether a file is as a hub lists it: by its sha256 if it is a large one, else by the digest that git has."""
    listed = release.manifest.files.get(path)
    if entry.lfs:
        return bool(entry.lfs.sha256 == (listed.sha256 if listed else files.sha256(release.folder / path)))
    said = (release.folder / path).read_bytes()
    return bool(entry.blob_id == hashlib.sha1(b"blob %d\0" % len(said) + said).hexdigest())


def _committed(release: Release, repo: str, remote: Remote, show: Show) -> str:
    """Make the one commit that turns what is there into the release, unless it is that already."""
    from huggingface_hub import CommitOperationAdd, CommitOperationDelete
    from huggingface_hub.errors import HfHubHTTPError

    api = hub_api()

    def commit() -> str:
        now = _there(repo)
        other, gone = _apart(release, repo, now.head)
        if not other and not gone:  # made before, or just now and the answer was lost
            return now.head
        if now.head != remote.head:
            raise HubError(
                f"{repo}: somebody else committed meanwhile: it was at {remote.head[:12]}, and is at {now.head[:12]}. "
                "Look what that is, and publish again"
            )
        operations: list[Any] = [CommitOperationAdd(path, release.folder / path) for path in other]
        operations += [CommitOperationDelete(path) for path in gone]
        message = f"Version {release.manifest.version}"
        try:
            given = {"commit_message": message, "repo_type": "dataset", "parent_commit": now.head}
            made = api.create_commit(repo, operations, **given)
        except HfHubHTTPError as error:
            if error.response.status_code == 412 and _there(repo).head == now.head:
                raise PassingError("412, though nobody committed") from None
            if error.response.status_code == 412:
                return commit()
            raise
        show(f"committed {len(operations)} files as {made.oid[:12]}")
        return str(made.oid)

    return retry(commit, f"{repo}: committing")


def _tagged(repo: str, tag: str, commit: str, show: Show) -> None:
    """Tag the commit, unless it is tagged so already."""
    from huggingface_hub.errors import HfHubHTTPError

    def mark() -> None:
        here = _there(repo).tags.get(tag)
        if here == commit:
            return
        if here is not None:
            raise HubError(f"{repo}: somebody else made the tag {tag} meanwhile, at {here[:12]}. Look what that is")
        try:
            hub_api().create_tag(repo, tag=tag, revision=commit, repo_type="dataset")
        except HfHubHTTPError as error:
            if error.response.status_code != 409:
                raise
            raise PassingError("409, the tag is there now") from None
        show(f"tagged {tag}")

    retry(mark, f"{repo}: tagging {tag}")


def _loaded(release: Release, repo: str, tag: str) -> list[str]:
    """Load every config at the tag; give a line for each split that is not as it was written."""
    import datasets

    from builder.release.load_check import expected_of

    datasets.disable_progress_bars()
    problems = []
    expected = expected_of(release.manifest)
    with tempfile.TemporaryDirectory(prefix="builder-hub-") as folder:
        place = Path(folder)
        download = datasets.DownloadConfig(cache_dir=place / "files")
        given = {"revision": tag, "cache_dir": str(place / "rows"), "download_config": download}
        for config, rows in expected.items():
            try:
                load = functools.partial(datasets.load_dataset, repo, config, **given)
                loaded = retry(load, f"{repo}: loading it")
            except HubError:
                raise
            except Exception as error:  # whatever the reason, it does not load
                problems.append(f"config '{config}' does not load ({type(error).__name__}: {first_line(error)})")
                continue
            found = {split: len(part) for split, part in loaded.items()}
            if found != rows:
                problems.append(f"config '{config}' loads {found}, written were {rows}")
            for split, said in release.manifest.splits.get(config, {}).items():
                if split in loaded and _content(loaded[split]) != said.content_sha256:
                    problems.append(f"config '{config}': the rows of {split} are not those that were written")
    return problems


def _content(rows: Any) -> str:
    from builder.core.schema import ARTICLE, STANDOFF

    content = ContentHash(ARTICLE if "text" in rows.column_names else STANDOFF)
    for batch in rows.with_format("arrow").iter(4000):
        content.update(batch)
    return content.hexdigest()
