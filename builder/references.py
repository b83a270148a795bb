"""References: where a dataset is that a command shall read: a folder or file here, or a repository on a hub."""

from pathlib import Path

from builder.errors import BuilderError

HUB = "hub:"


def folder_of(reference: str) -> Path:
    """Give where a dataset is; `hub:org/name@v1.0.0` is fetched. Raises BuilderError for what is none."""
    if reference.startswith(HUB):
        from builder.hub import fetch

        return fetch(reference)
    path = Path(reference)
    if not path.exists():
        raise BuilderError(
            f"{reference}: no such folder. Expected a release, as in data/processed/news/1.0.0, a dataset of Parquet "
            "files, or hub:org/name@v1.0.0"
        )
    return path.resolve() if path.is_symlink() else path
