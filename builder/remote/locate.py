"""References: where a dataset is that a command shall read: a folder or file here, by URL, or a repository on a hub."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from builder.core.errors import BuilderError
from builder.core.layout import HUB
from builder.remote import local_copy, object_store


@contextmanager
def open_release(reference: str) -> Iterator[Path]:
    """Return where a dataset is; what is fetched by its URL is there for a while only, and called so in errors.

    Raises BuilderError for what is none.
    """
    if reference.startswith(HUB) or not object_store.is_url(reference):
        yield folder_of(reference)
        return
    # Amid a fetch that is interrupted, threads of the client still write there.
    with tempfile.TemporaryDirectory(prefix="builder-store-", ignore_cleanup_errors=True) as place:
        folder = local_copy.fetch(reference, Path(place))
        try:
            yield folder
        except BuilderError as error:
            raise type(error)(named(str(error), reference, folder)) from None


def named(told: str, reference: str, folder: Path) -> str:
    """Let what is told of a folder be of the URL that it was fetched by."""
    return told.replace(str(folder), object_store.masked(reference)) if object_store.is_url(reference) else told


def folder_of(reference: str) -> Path:
    """Return where a dataset is, here or on a hub: `hub:org/name@v1.0.0`. Raises BuilderError for what is none."""
    if reference.startswith(HUB):
        from builder.remote.hub_client import fetch

        return fetch(reference)
    path = Path(reference)
    if not path.exists():
        raise BuilderError(
            f"{reference}: no such folder. Expected a release, as in data/processed/news/1.0.0, a dataset of Parquet "
            "files, s3://bucket/news/1.0.0, or hub:org/name@v1.0.0"
        )
    return path.resolve() if path.is_symlink() else path
