"""Locate the dataset that a command reads: a local folder or file, a URL, or a repository on a hub."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from builder.core.errors import BuilderError
from builder.core.layout import HUB
from builder.remote import local_copy, object_store


@contextmanager
def open_release(reference: str) -> Iterator[Path]:
    """Give the local path of a dataset. A dataset at a URL is fetched into a temporary folder.

    Errors name the URL, not that folder. Raises BuilderError if the reference does not lead to a dataset.
    """
    if reference.startswith(HUB) or not object_store.is_url(reference):
        yield folder_of(reference)
        return
    # After an interrupted fetch, threads of the client still write there.
    with tempfile.TemporaryDirectory(prefix="builder-store-", ignore_cleanup_errors=True) as temporary:
        folder = local_copy.fetch(reference, Path(temporary))
        try:
            yield folder
        except BuilderError as error:
            raise type(error)(named(str(error), reference, folder)) from None


def named(text: str, reference: str, folder: Path) -> str:
    """Replace the local folder in a text by the URL that it was fetched from."""
    return text.replace(str(folder), object_store.masked(reference)) if object_store.is_url(reference) else text


def folder_of(reference: str) -> Path:
    """Return the local path of a dataset, here or on a hub (`hub:org/name@v1.0.0`). Raises BuilderError without one."""
    if reference.startswith(HUB):
        from builder.remote.hub_client import fetch

        return fetch(reference)
    path = Path(reference)
    if not path.exists():
        raise BuilderError(
            f"{reference}: no such folder. Expected a release, for example data/processed/news/1.0.0, a dataset of "
            "Parquet files, s3://bucket/news/1.0.0, or hub:org/name@v1.0.0"
        )
    return path.resolve() if path.is_symlink() else path
