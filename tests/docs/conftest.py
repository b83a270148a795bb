"""What the tests of the pages share: the sample, built once as a reader would, and a bucket."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests import s3
from tests.conftest import SAMPLE
from tests.docs.console import run


class Built(NamedTuple):
    """A folder in which the sample was built, and what the build printed."""

    folder: Path
    printed: str


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """Build the sample once, in a folder of its own, as the pages do."""
    folder = tmp_path_factory.mktemp("docs")
    shutil.copytree(SAMPLE, folder / "data" / "raw")
    status, printed = run("builder build", folder)
    assert status == 0, printed
    return Built(folder, printed)


@pytest.fixture(scope="session")
def bucket() -> Iterator[str]:
    """Serve a bucket called `bucket`, where s3:// leads to from now on."""
    import fsspec

    with s3.serving() as address, pytest.MonkeyPatch.context() as patch:
        for name, value in {**s3.KEYS, "AWS_ENDPOINT_URL": address, "AWS_EC2_METADATA_DISABLED": "true"}.items():
            patch.setenv(name, value)
        fsspec.get_filesystem_class("s3").clear_instance_cache()
        fsspec.filesystem("s3").mkdir("bucket")
        yield address
        fsspec.get_filesystem_class("s3").clear_instance_cache()
