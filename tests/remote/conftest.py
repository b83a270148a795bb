"""An S3 server in another process, by way of a proxy that can refuse requests, and a dataset in a bucket of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import s3
from tests.remote.store import Dataset, numbers


@pytest.fixture(scope="module")
def server() -> Iterator[s3.Proxy]:
    """Give a proxy before an S3 server, which all clients use from now on."""
    import fsspec

    with s3.serving() as address, pytest.MonkeyPatch.context() as patch:
        proxy = s3.Proxy(address)
        for name, value in {**s3.KEYS, "AWS_ENDPOINT_URL": proxy.url, "AWS_EC2_METADATA_DISABLED": "true"}.items():
            patch.setenv(name, value)
        fsspec.get_filesystem_class("s3").clear_instance_cache()
        yield proxy
        fsspec.get_filesystem_class("s3").clear_instance_cache()
        proxy.close()


@pytest.fixture
def box(server: s3.Proxy, tmp_path: Path) -> Iterator[Dataset]:
    """Give a dataset in a bucket of its own."""
    import fsspec

    bucket, fs = f"box-{next(numbers)}", fsspec.filesystem("s3")
    fs.mkdir(bucket)
    server.changes.clear()
    yield Dataset(tmp_path, f"s3://{bucket}/sets", fs)
    server.fault = s3.no_fault
