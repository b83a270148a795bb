"""References: where a dataset is that a command shall read: a folder or file here, by URL, or a repository on a hub."""

from pathlib import Path

from builder import store, workshop
from builder.errors import BuilderError

HUB = "hub:"


def folder_of(reference: str) -> Path:
    """Give where a dataset is; a URL or `hub:org/name@v1.0.0` is fetched. Raises BuilderError for what is none."""
    if reference.startswith(HUB):
        from builder.hub import fetch

        return fetch(reference)
    if store.is_url(reference):
        return workshop.fetch(reference)
    path = Path(reference)
    if not path.exists():
        raise BuilderError(
            f"{reference}: no such folder. Expected a release, as in data/processed/news/1.0.0, a dataset of Parquet "
            "files, s3://bucket/news/1.0.0, or hub:org/name@v1.0.0"
        )
    return path.resolve() if path.is_symlink() else path
