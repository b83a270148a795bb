"""Read and write stores: folders named by a URL (`s3://bucket/news`, `gs://…`, `memory://…`), opened by fsspec.

All stores can put whole objects, read, list and remove them. This module does not rename or lock objects.
The text before an `@` in a URL may be a password, so no message, file or digest contains it. Some passwords contain
slashes, which no client can read, and some paths contain an `@`. A URL that may be either is masked and refused.
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
BATCH_FILES, BATCH_BYTES = 32, 256 << 20  # copied at once: clients keep whole files in memory
_LIKE_URL = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+):/+")  # at least two letters: C:/ is a disk
_CONTAINERS = ("abfs", "abfss", "wasb", "wasbs", "oci")  # in these a container name precedes the @
# Up to the last @ if there is a colon that does not belong to a port, an IPv6 address or a bucket ARN; else a user.
_CREDENTIALS = re.compile(r"((?!arn:)[^/@?:\[]*:(?!\d+(/|\Z)).*|[^/?]*)(?=@)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Store:
    """A folder or object of a store: its file system, its path there, its name in messages, and the secrets to mask."""

    fs: Any = field(repr=False)
    path: str
    shown: str
    secrets: tuple[str, ...] = field(default=(), repr=False)

    def below(self, name: str) -> "Store":
        """Return a folder or object inside this folder."""
        return Store(self.fs, f"{self.path}/{name}", f"{self.shown}/{name}", self.secrets)

    @property
    def has_folders(self) -> bool:
        """Tell whether the store has real folders, which must be made before their files. Buckets have none."""
        return self.path.startswith("/")


def is_url(path: str) -> bool:
    """Tell whether a path is a URL. Raises ConfigError for a path that was probably meant as one, `s3:/bucket`.

    >>> is_url("s3://bucket/news"), is_url("data/processed")
    (True, False)
    """
    if "://" not in path and (meant := nearly_url(path)):
        raise ConfigError(f"one slash after the colon makes neither a URL nor a good folder. Did you mean {meant}?")
    return "://" in path


def nearly_url(path: str) -> str | None:
    """Return the masked URL that a path was probably meant as, or None: a slash is missing, or pathlib removed it.

    >>> nearly_url("s3:/bucket/x"), nearly_url("file:/tmp/x"), nearly_url("C:/sets"), nearly_url("data/s3:/x")
    ('s3://bucket/x', 'file:///tmp/x', None, None)
    """
    match = _LIKE_URL.match(path)
    if not match:
        return None
    return masked(f"{match[1]}://{'/' if match[1] == 'file' else ''}{path[match.end() :]}")


def masked(url: str) -> str:
    """Return a URL without its user, password and query.

    >>> masked("sftp://ann:s3cr@t@host/news/"), masked("s3://key:se/cr?t@bucket/x"), masked("abfs://box@account.net/x")
    ('sftp://…@host/news', 's3://…@bucket/x', 'abfs://box@account.net/x')
    >>> masked("s3://bucket/a@b"), masked("hdfs://host:8020/a@b"), masked("https://host/x?key=hidden")
    ('s3://bucket/a@b', 'hdfs://host:8020/a@b', 'https://host/x')
    """
    return _without(url, "…")


def known_as(url: str) -> str:
    """Return a URL without its password and query. It identifies the store: no other store that can be opened has it.

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
    """Return the part of a URL before its @ that may be a user and a password."""
    protocol, _, rest = url.partition("://")
    match = None if protocol in _CONTAINERS else _CREDENTIALS.match(rest)
    return match[0] if match else ""


def opened(url: str) -> Store:
    """Open a store by its URL. Raises StoreError if its protocol is unknown or its package is missing."""
    from fsspec.core import url_to_fs

    shown, protocol = masked(url), url.split("://", maxsplit=1)[0]
    if "::" in url:
        raise StoreError(f"{shown}: the URL joins two stores with '::'. Expected one, for example s3://bucket/datasets")
    credentials = _credentials(url)
    if re.search("[/?]", credentials):
        raise StoreError(
            f"{shown}: a / or ? before an @ may belong to a password or to a path. Give the password to the client "
            "in another way, for S3 in AWS_SECRET_ACCESS_KEY or ~/.aws"
        )
    secrets = credentials.partition(":")[2] or credentials, url.partition("?")[2]
    try:
        with telling(Store(None, "", shown, secrets)):
            fs, path = url_to_fs(url)
            fs.invalidate_cache()  # it may have been opened before, and others write to it too
    except ImportError as error:
        raise StoreError(f"{shown}: {_missing(protocol, error)}") from None
    return Store(fs, path.rstrip("/"), shown, secrets)


def _missing(protocol: str, error: ImportError) -> str:
    import fsspec

    package = PACKAGES.get(protocol)
    if package is None:
        return f"needs a package that is not installed ({one_line(error)})"
    # Each release of these packages needs the fsspec of its own version, and `datasets` sets an upper limit for that.
    return f"needs the package {package}, which is not installed: pip install {package}=={fsspec.__version__}"


@contextmanager
def telling(store: Store) -> Iterator[None]:
    """Turn any error of a store's client into a StoreError of one line, with advice and without secrets."""
    try:
        yield
    except (BuilderError, ImportError):
        raise
    except Exception as error:  # every client has its own classes of errors
        raise StoreError(f"{store.shown}: {_why(error, store.secrets)}") from None


def _why(error: Exception, secrets: tuple[str, ...]) -> str:
    line = one_line(error) or type(error).__name__
    forms = {form for secret in secrets for form in (secret, unquote(secret), quote(unquote(secret), safe="")) if form}
    for form in sorted(forms, key=len, reverse=True):
        line = line.replace(form, "…")
    line = line[:300]
    kind = type(error).__name__
    if isinstance(error, PermissionError):
        return f"the store does not allow it ({line}). Give credentials that may list, read, write and remove objects"
    if isinstance(error, FileNotFoundError):
        return f"does not exist ({line}). Make the bucket first, or correct the URL"
    if "Credentials" in kind:
        return f"credentials are missing ({line}). Give them to the client, for S3 in AWS_ACCESS_KEY_ID or ~/.aws"
    if isinstance(error, ConnectionError | TimeoutError) or re.search("Connect|Timeout|HTTPClient", kind):
        return f"cannot be reached ({line}). Check the network and the endpoint, and try again"
    if isinstance(error, ValueError | NotImplementedError):
        return f"cannot be used ({line}). Expected the URL of a folder to write to, for example s3://bucket/datasets"
    return f"{kind}: {line}. Find the cause, and try again"


def sizes(store: Store) -> dict[str, int]:
    """Return the bytes of every object below a folder, by relative path; an empty dict if the folder does not exist."""
    store.fs.invalidate_cache()
    with telling(store):
        entries = store.fs.find(store.path, detail=True)
        if not entries and not store.has_folders:
            _check_bucket(store)
    start = len(store.path) + 1
    return {name[start:]: entry["size"] for name, entry in sorted(entries.items()) if len(name) > start}


def _check_bucket(store: Store) -> None:
    """Raise FileNotFoundError if the bucket does not exist. A listing looks the same for an empty bucket."""
    bucket = store.path.split("/", maxsplit=1)[0]
    if not store.fs.exists(bucket):
        with suppress(PermissionError):  # it may exist although the credentials reach only part of it
            store.fs.ls(bucket, refresh=True)


def read(store: Store) -> bytes | None:
    """Read an object, or return None if it does not exist."""
    with telling(store):
        try:
            return bytes(store.fs.cat_file(store.path))
        except FileNotFoundError:
            return None


def write(store: Store, content: bytes) -> None:
    """Write a small object, so that readers see it whole or not at all."""
    with telling(store):
        if store.has_folders:  # otherwise a reader may see half a file
            _make_folders(store, [store.path])
            beside = f"{store.path.rpartition('/')[0]}/.new-{uuid.uuid4().hex}"
            store.fs.pipe_file(beside, content)
            store.fs.mv(beside, store.path)
        else:
            store.fs.pipe_file(store.path, content)


def create(store: Store, content: bytes) -> bool:
    """Write an object unless it exists; tell whether it was written. A store without that operation looks first."""
    with telling(store):
        _make_folders(store, [store.path])
        try:
            store.fs.pipe_file(store.path, content, mode="create")
        except FileExistsError:
            return False
        except Exception:  # clients differ in how they report an existing object or a missing operation
            store.fs.invalidate_cache()
            if store.fs.exists(store.path):
                return False
            store.fs.pipe_file(store.path, content)
    return True


def put(store: Store, folder: Path, names: Sequence[str]) -> Iterator[None]:
    """Copy files of a local folder into a store, a batch at a time; yield after each batch."""
    for batch in batches(names, lambda name: (folder / name).stat().st_size, BATCH_BYTES, BATCH_FILES):
        with telling(store):
            targets = [f"{store.path}/{name}" for name in batch]
            _make_folders(store, targets)
            store.fs.put([str(folder / name) for name in batch], targets)
        yield


def get(store: Store, names: Mapping[str, int], folder: Path) -> None:
    """Copy objects (names and bytes) into a local folder. Raises StoreError for a name that leads out of the folder."""
    for name in names:
        path = PurePosixPath(name)
        if path.is_absolute() or ".." in path.parts:
            raise StoreError(f"{store.shown}/{name}: the name leads out of the folder. Find out who wrote this object")
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
    for batch in batches(names, names.__getitem__, BATCH_BYTES, BATCH_FILES):
        with telling(store):
            store.fs.get([f"{store.path}/{name}" for name in batch], [str(folder / name) for name in batch])


def remove(store: Store, names: Sequence[str]) -> None:
    """Remove objects of a store, by name."""
    with telling(store):
        if names:
            store.fs.rm([f"{store.path}/{name}" for name in names])


def remove_folder(store: Store, first: str) -> None:
    """Remove a folder and everything in it, the object `first` before all others."""
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
