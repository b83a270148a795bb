"""Talk to a hub: parse addresses, fetch releases, retry what fails in passing."""

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

ATTEMPTS = 4  # of a step that fails for a reason that may pass
PAUSE = 1.0  # seconds before the second; doubled before each one after it
WROTE = "What is on the hub is as it was before, or whole; publish again"
READS = "Nothing was changed; check network and hub, and try again"
NO_ROOM = (413, 507)
_REFERENCE = re.compile(r"(?P<repo>[\w.-]+/[\w.-]+)(@(?P<revision>[\w./-]+))?")


def parse(reference: str) -> tuple[str, str | None]:
    """Part a reference into a repository and a revision. Raises HubError for what is none.

    >>> parse("hub:org/news@v1.0.0"), parse("hub:org/news")
    (('org/news', 'v1.0.0'), ('org/news', None))
    """
    from huggingface_hub.errors import HFValidationError
    from huggingface_hub.utils import validate_repo_id  # type: ignore[attr-defined]

    found = _REFERENCE.fullmatch(reference.removeprefix(HUB))
    if not found:
        raise HubError(f"{reference}: no dataset of a hub. Expected hub:org/name, or hub:org/name@v1.0.0")
    try:
        validate_repo_id(found["repo"])
    except HFValidationError as error:
        raise HubError(f"{reference}: no name that a hub takes ({first_line(error)}). Choose another one") from None
    return found["repo"], found["revision"]


def fetch(reference: str) -> Path:
    """Fetch a release from a hub, at a tag or the newest one; give its folder. Raises HubError."""
    from huggingface_hub.errors import GatedRepoError, RepositoryNotFoundError, RevisionNotFoundError

    repo, revision = parse(reference)

    def download() -> Path:
        try:
            return Path(hub_api().snapshot_download(repo, repo_type="dataset", revision=revision))
        except RevisionNotFoundError:
            raise HubError(
                f"{repo}: has no tag or branch '{revision}'. Look which tags it has: {page_url(repo)}"
            ) from None
        except GatedRepoError:
            raise
        except RepositoryNotFoundError:
            raise HubError(
                f"{repo}: no such dataset on the hub. Look at the name, or, if it is private, log in with "
                "`hf auth login`, with a token that may read it"
            ) from None

    return retry(download, f"{repo}: fetching it", READS)


class PassingError(Exception):
    """A failure that may pass when it is tried again."""


def retry(step: Callable[[], T], what: str, after: str = WROTE) -> T:
    """Do a step, several times if it fails for a reason that may pass. Raises HubError, which ends with `after`."""
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
            # An upload that fails in a thread of its own is a RuntimeError of what it failed for; a download that
            # fails, and is not in the cache, a LocalEntryNotFoundError.
            wrapped = isinstance(error, RuntimeError | LocalEntryNotFoundError) and error.__cause__
            cause = error.__cause__ if wrapped else error
            if isinstance(cause, HfHubHTTPError):
                why = _refused(cause, what)
            elif isinstance(cause, passing):
                why = first_line(cause) or type(cause).__name__
            else:
                raise
    raise HubError(f"{what}: {why}, {ATTEMPTS} times. {after}")


def _refused(error: Any, what: str) -> str:
    """Explain what a hub answered, if it may be another answer next time. Raises HubError if not."""
    status = error.response.status_code
    if status in NO_ROOM:
        why = f"the hub has no room for it ({status}). Free some there, and publish again"
    elif status in (401, 403):
        why = f"the hub does not allow it ({status}). Log in with `hf auth login`, with a token that may do it"
    elif status < 500 and status not in (408, 429):
        why = f"the hub says {status}: {first_line(error)}"
    else:
        return f"the hub says {status}"
    raise HubError(f"{what}: {why}") from None


def first_line(error: BaseException) -> str:
    """Return the first 300 characters of an error, in one line."""
    return one_line(error)[:300]


def hub_api() -> Any:
    """Return a client of the hub that shows no bars."""
    from huggingface_hub import HfApi
    from huggingface_hub.utils.tqdm import disable_progress_bars

    disable_progress_bars()
    return HfApi(library_name="builder")


def page_url(repo: str, tag: str = "main") -> str:
    """Return the address of a repository at a tag."""
    from huggingface_hub import constants

    return f"{constants.ENDPOINT}/datasets/{repo}/tree/{tag}"


def tag_key(tag: str) -> tuple[int, int, int]:
    """Return the version that a tag names, to sort by."""
    return versions.version_key(tag.removeprefix("v"))


def is_newer_tag(tag: str, version: str) -> bool:
    """Tell whether a tag names a release after a version."""
    return versions.is_version(tag.removeprefix("v")) and tag_key(tag) > versions.version_key(version)
