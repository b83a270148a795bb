"""Talk to a hub: parse references, fetch releases, retry steps after temporary failures."""

import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from builder.core import versions
from builder.core.errors import HubError, one_line
from builder.core.layout import HUB

T = TypeVar("T")
Show = Callable[[str], None]

ATTEMPTS = 4  # at a step that fails for a temporary reason
PAUSE = 1.0  # seconds before the second attempt; doubled before each later one
WROTE = "The hub shows the repository as before, or the whole release; publish again"
READS = "Nothing was changed; check the network and the hub, and try again"
NO_ROOM = (413, 507)
_REFERENCE = re.compile(r"(?P<repo>[\w.-]+/[\w.-]+)(@(?P<revision>[\w./-]+))?")


def parse(reference: str) -> tuple[str, str | None]:
    """Split a reference into a repository and a revision. Raises HubError if it is malformed.

    >>> parse("hub:org/news@v1.0.0"), parse("hub:org/news")
    (('org/news', 'v1.0.0'), ('org/news', None))
    """
    from huggingface_hub.errors import HFValidationError
    from huggingface_hub.utils import validate_repo_id  # type: ignore[attr-defined]

    match = _REFERENCE.fullmatch(reference.removeprefix(HUB))
    if not match:
        raise HubError(f"{reference}: does not name a dataset on a hub. Expected hub:org/name, or hub:org/name@v1.0.0")
    try:
        validate_repo_id(match["repo"])
    except HFValidationError as error:
        raise HubError(
            f"{reference}: a hub does not accept this name ({first_line(error)}). Choose another one"
        ) from None
    return match["repo"], match["revision"]


def fetch(reference: str) -> Path:
    """Fetch a release from a hub, at a tag or the newest one; return its local folder. Raises HubError."""
    from huggingface_hub.errors import GatedRepoError, RepositoryNotFoundError, RevisionNotFoundError

    repo, revision = parse(reference)

    def download() -> Path:
        try:
            return Path(hub_api().snapshot_download(repo, repo_type="dataset", revision=revision))
        except RevisionNotFoundError:
            raise HubError(f"{repo}: has no tag or branch '{revision}'. See its tags at {page_url(repo)}") from None
        except GatedRepoError:
            raise
        except RepositoryNotFoundError:
            raise HubError(
                f"{repo}: no such dataset on the hub. Check the name; if the dataset is private, log in with "
                "`hf auth login` and a token that may read it"
            ) from None

    return retry(download, f"{repo}: fetching the release", READS)


class PassingError(Exception):
    """A temporary failure: the step may succeed when it is tried again."""


def retry(step: Callable[[], T], what: str, after: str = WROTE) -> T:
    """Run a step, several times if it fails for a temporary reason. Raises HubError; its message ends with `after`."""
    import httpx2
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

    passing = (httpx2.TransportError, ConnectionError, LocalEntryNotFoundError, PassingError)
    why = ""
    for attempt in range(ATTEMPTS):
        if attempt:
            time.sleep(PAUSE * 2 ** (attempt - 1))
        try:
            return step()
        except (HfHubHTTPError, *passing, RuntimeError) as error:
            # A failure in an upload thread arrives as the cause of a RuntimeError; a failed download that is not in
            # the cache, as the cause of a LocalEntryNotFoundError.
            wrapped = isinstance(error, RuntimeError | LocalEntryNotFoundError) and error.__cause__
            cause = error.__cause__ if wrapped else error
            if isinstance(cause, HfHubHTTPError):
                why = _refused(cause, what)
            elif isinstance(cause, passing):
                why = first_line(cause) or type(cause).__name__
            else:
                raise
    raise HubError(f"{what}: {why}; tried {ATTEMPTS} times. {after}")


def _refused(error: Any, what: str) -> str:
    """Describe an error of the hub that may pass. Raises HubError for one that will not."""
    status = error.response.status_code
    if status in NO_ROOM:
        why = f"the hub has no room for it ({status}). Free some room there, and publish again"
    elif status in (401, 403):
        why = f"the hub does not allow it ({status}). Log in with `hf auth login` and a token that may do it"
    elif status < 500 and status not in (408, 429):
        why = f"the hub answers {status}: {first_line(error)}"
    else:
        return f"the hub answers {status}"
    raise HubError(f"{what}: {why}") from None


def first_line(error: BaseException) -> str:
    """Return the first 300 characters of an error, on one line."""
    return one_line(error)[:300]


def hub_api() -> Any:
    """Return a client of the hub that shows no progress bars."""
    from huggingface_hub import HfApi
    from huggingface_hub.utils.tqdm import disable_progress_bars

    disable_progress_bars()
    return HfApi(library_name="builder")


def page_url(repo: str, tag: str = "main") -> str:
    """Return the URL of a repository's page at a tag."""
    from huggingface_hub import constants

    return f"{constants.ENDPOINT}/datasets/{repo}/tree/{tag}"


def tag_key(tag: str) -> tuple[int, int, int]:
    """Return the version in a tag as a sort key."""
    return versions.version_key(tag.removeprefix("v"))


def is_newer_tag(tag: str, version: str) -> bool:
    """Tell whether a tag names a release newer than a version."""
    return versions.is_version(tag.removeprefix("v")) and tag_key(tag) > versions.version_key(version)
