"""Stores: a place by URL (`s3://bucket/news`, `gs://…`, `memory://…`), of which fsspec makes a file system.

What they have in common is little: objects are put whole, read, listed and removed. Nothing is renamed or locked here.
What stands before an `@` in a URL may be a password, so no message, file or digest has it. Such passwords have slashes
at times, which no client can read, and paths have an `@`: what may be either is masked, and refused.
"""

import re
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import quote, unquote

from builder.core.batching import batches
from builder.core.errors import BuilderError, ConfigError, StoreError, one_line

PACKAGES = {"s3": "s3fs", "s3a": "s3fs", "gs": "gcsfs", "gcs": "gcsfs"}
BATCH_FILES, BATCH_BYTES = 32, 256 << 20  # that are on their way at once: clients hold whole files in memory
_LIKE_URL = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+):/+")  # two letters or more: C:/ is a disk
_CONTAINERS = ("abfs", "abfss", "wasb", "wasbs", "oci")  # here the name of a container stands before the @
# To the last @ where there is a colon that is none of a port, an IPv6 address or the ARN of a bucket; else a user.
_CREDENTIALS = re.compile(r"((?!arn:)[^/@?:\[]*:(?!\d+(/|\Z)).*|[^/?]*)(?=@)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Store:
    """A folder of a store: its file system, its path in that, and how it is called in messages."""

    fs: Any = field(repr=False)
    path: str
    shown: str
    secrets: tuple[str, ...] = field(default=(), repr=False)

    def below(self, name: str) -> "Store":
        """Return a folder or object in it."""
        return Store(self.fs, f"{self.path}/{name}", f"{self.shown}/{name}", self.secrets)

    @property
    def has_folders(self) -> bool:
        """Tell whether there are real folders, to be made before what is in them; buckets have none."""
        return self.path.startswith("/")


def is_url(place: str) -> bool:
    """Tell a URL from a path. Raises ConfigError for a path that was hardly meant as one, `s3:/bucket`.

    >>> is_url("s3://bucket/news"), is_url("data/processed")
    (True, False)
    """
    if "://" not in place and (meant := nearly_url(place)):
        raise ConfigError(f"one slash behind the colon makes neither a URL nor a good folder. Did you mean {meant}?")
    return "://" in place


def nearly_url(path: str) -> str | None:
    """Return the URL, masked, that a path may have been: one slash is missing, or a Path took it out.

    >>> nearly_url("s3:/bucket/x"), nearly_url("file:/tmp/x"), nearly_url("C:/sets"), nearly_url("data/s3:/x")
    ('s3://bucket/x', 'file:///tmp/x', None, None)
    """
    found = _LIKE_URL.match(path)
    if not found:
        return None
    return masked(f"{found[1]}://{'/' if found[1] == 'file' else ''}{path[found.end() :]}")


def masked(url: str) -> str:
    """Return a URL without user, password and query.

    >>> masked("sftp://ann:s3cr@t@host/news/"), masked("s3://key:se/cr?t@bucket/x"), masked("abfs://box@account.net/x")
    ('sftp://…@host/news', 's3://…@bucket/x', 'abfs://box@account.net/x')
    >>> masked("s3://bucket/a@b"), masked("hdfs://host:8020/a@b"), masked("https://host/x?key=hidden")
    ('s3://bucket/a@b', 'hdfs://host:8020/a@b', 'https://host/x')
    """
    return _without(url, "…")


def known_as(url: str) -> str:
    """Return a URL without password and query, which no other place has that can be opened.

    >>> known_as("sftp://ann:s3cret@host/news/"), known_as("s3://bucket/a@b")
    ('sftp://ann@host/news', 's3://bucket/a@b')
    """
    return _without(url, _credentials(url).partition(":")[0])


def _without(url: str, user: str) -> str:
    protocol, _, rest = url.partition("://")
    credentials = _credentials(url)
    rest = rest.removeprefix(credentials).split("?", maxsplit=1)[0].rstrip("/")
    return f"{protocol}://{user if credentials else ''}{rest}"


def _credentials(url: str) -> str:
    """Return what stands before the @ of a URL and may be a user and a password."""
    protocol, _, rest = url.partition("://")
    found = None if protocol in _CONTAINERS else _CREDENTIALS.match(rest)
    return found[0] if found else ""


def opened(url: str) -> Store:
    """Open a place by its URL. Raises StoreError where its kind is not known, or its package is missing."""
    from fsspec.core import url_to_fs

    shown, protocol = masked(url), url.split("://", maxsplit=1)[0]
    if "::" in url:
        raise StoreError(f"{shown}: has two places in one. Expected one, as in s3://bucket/datasets")
    credentials = _credentials(url)
    if re.search("[/?]", credentials):
        raise StoreError(
            f"{shown}: a password, or a path, with a / or ? before an @ cannot be told from one another. Give the "
            "password to its client in another way, for S3 in AWS_SECRET_ACCESS_KEY or ~/.aws"
        )
    secrets = credentials.partition(":")[2] or credentials, url.partition("?")[2]
    try:
        with telling(Store(None, "", shown, secrets)):
            fs, path = url_to_fs(url)
            fs.invalidate_cache()  # it may have been opened before, and others write there too
    except ImportError as error:
        raise StoreError(f"{shown}: {_missing(protocol, error)}") from None
    return Store(fs, path.rstrip("/"), shown, secrets)


def _missing(protocol: str, error: ImportError) -> str:
    import fsspec

    package = PACKAGES.get(protocol)
    if package is None:
        return f"needs a package that is not installed ({one_line(error)})"
    # Each release of these wants the fsspec of its own version, and `datasets` none that is newer than it knows.
    return f"needs the package {package}, which is not installed: pip install {package}=={fsspec.__version__}"


@contextmanager
def telling(store: Store) -> Iterator[None]:
    """Turn whatever the client of a store raises into one line that says what to do."""
    try:
        yield
    except (BuilderError, ImportError):
        raise
    except Exception as error:  # every client has kinds of its own
        raise StoreError(f"{store.shown}: {_why(error, store.secrets)}") from None


def _why(error: Exception, secrets: tuple[str, ...]) -> str:
    line = one_line(error) or type(error).__name__
    forms = {form for said in secrets for form in (said, unquote(said), quote(unquote(said), safe="")) if form}
    for said in sorted(forms, key=len, reverse=True):
        line = line.replace(said, "…")
    line = line[:300]
    kind = type(error).__name__
    if isinstance(error, PermissionError):
        return f"the store does not allow it ({line}). Give credentials that may list, read, write and remove there"
    if isinstance(error, FileNotFoundError):
        return f"not there ({line}). Make the bucket first, or correct the URL"
    if "Credentials" in kind:
        return f"no credentials ({line}). Give them as its client expects, for S3 in AWS_ACCESS_KEY_ID or ~/.aws"
    if isinstance(error, ConnectionError | TimeoutError) or re.search("Connect|Timeout|HTTPClient", kind):
        return f"cannot be reached ({line}). Check network and endpoint, and try again"
    if isinstance(error, ValueError | NotImplementedError):
        return f"cannot be used ({line}). Expected the URL of a place to write to, as in s3://bucket/datasets"
    return f"{kind}: {line}. Look what that is, and try again"


def sizes(store: Store) -> dict[str, int]:
    """List all objects below, by their paths from here, with their bytes; nothing where there is no folder."""
    store.fs.invalidate_cache()
    with telling(store):
        found = store.fs.find(store.path, detail=True)
        if not found and not store.has_folders:
            _check_bucket(store)
    start = len(store.path) + 1
    return {name[start:]: entry["size"] for name, entry in sorted(found.items()) if len(name) > start}


def _check_bucket(store: Store) -> None:
    """Raise FileNotFoundError if there is none, which a listing does not tell from an empty one."""
    bucket = store.path.split("/", maxsplit=1)[0]
    if not store.fs.exists(bucket):
        with suppress(PermissionError):  # it may be there, though only a part of it is to be seen
            store.fs.ls(bucket, refresh=True)


def read(store: Store) -> bytes | None:
    """Read an object; null where there is none."""
    with telling(store):
        try:
            return bytes(store.fs.cat_file(store.path))
        except FileNotFoundError:
            return None


def write(store: Store, said: bytes) -> None:
    """Write a small object, at once whole."""
    with telling(store):
        if store.has_folders:  # a file that is written to can be read in between
            _make_folders(store, [store.path])
            beside = f"{store.path.rpartition('/')[0]}/.new-{uuid.uuid4().hex}"
            store.fs.pipe_file(beside, said)
            store.fs.mv(beside, store.path)
        else:
            store.fs.pipe_file(store.path, said)


def create(store: Store, said: bytes) -> bool:
    """Write an object unless there is one; tell whether it was. A store that has no such thing writes it anyhow."""
    with telling(store):
        _make_folders(store, [store.path])
        try:
            store.fs.pipe_file(store.path, said, mode="create")
        except FileExistsError:
            return False
        except Exception:  # clients say in many ways that it is there, or that they cannot do this
            store.fs.invalidate_cache()
            if store.fs.exists(store.path):
                return False
            store.fs.pipe_file(store.path, said)
    return True


def put(store: Store, folder: Path, names: Sequence[str]) -> Iterator[None]:
    """Copy files of a folder below a place, some at once; yields after each lot."""
    for lot in batches(names, lambda name: (folder / name).stat().st_size, BATCH_BYTES, BATCH_FILES):
        with telling(store):
            there = [f"{store.path}/{name}" for name in lot]
            _make_folders(store, there)
            store.fs.put([str(folder / name) for name in lot], there)
        yield


def get(store: Store, names: Mapping[str, int], folder: Path) -> None:
    """Copy objects, by their sizes, from a place into a folder. Raises StoreError for a name that leads out of it."""
    for name in names:
        path = PurePosixPath(name)
        if path.is_absolute() or ".." in path.parts:
            raise StoreError(f"{store.shown}/{name}: is no name of a file of a release. Look who wrote that")
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
    for lot in batches(names, names.__getitem__, BATCH_BYTES, BATCH_FILES):
        with telling(store):
            store.fs.get([f"{store.path}/{name}" for name in lot], [str(folder / name) for name in lot])


def remove(store: Store, names: Sequence[str]) -> None:
    """Remove objects below a place."""
    with telling(store):
        if names:
            store.fs.rm([f"{store.path}/{name}" for name in names])


def remove_folder(store: Store, first: str) -> None:
    """Remove a folder with all that is in it, the object `first` before all others."""
    with telling(store):
        for path, recursive in ((f"{store.path}/{first}", False), (store.path, True)):
            try:
                store.fs.rm(path, recursive=recursive)
            except FileNotFoundError:
                continue
            finally:
                store.fs.invalidate_cache()


def _make_folders(store: Store, paths: Sequence[str]) -> None:
    if store.has_folders:
        for folder in sorted({path.rpartition("/")[0] for path in paths}):
            store.fs.makedirs(folder, exist_ok=True)
