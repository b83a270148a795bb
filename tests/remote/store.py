"""A dataset at a store, as the tests of stores build it, with the workshops of several machines."""

import hashlib
import io
import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pyarrow.parquet as pq

from builder.config.sections import Config
from builder.pipeline.outcome import Outcome
from tests import s3
from tests.conftest import build, write_raw
from tests.forget.test_forget import SETTINGS, corpus, text

Articles = list[dict[str, Any]]


numbers = itertools.count()


class Dataset:
    """A dataset at a store, its raw files and list, and the workshops of several machines."""

    def __init__(self, folder: Path, url: str, fs: Any) -> None:
        self.folder, self.url, self.fs = folder, url, fs
        self.home = url.split("://")[1] + "/news"

    def config(self, machine: str = "one", **settings: Any) -> Config:
        places = {"raw": self.folder / "raw", "work": self.folder / machine, "forgotten": self.folder / "list.csv"}
        return Config.model_validate(
            {"out": self.url, **{k: str(v) for k, v in places.items()}, **SETTINGS, **settings}
        )

    def build(
        self, articles: Articles, machine: str = "one", show: Callable[[str], None] | None = None, **options: Any
    ) -> Outcome:
        raw = write_raw(self.folder / "raw", {"all.jsonl": b"\n".join(map(orjson.dumps, articles))})
        given = self.config(machine).model_dump(include={"out", "work", "forgotten"})
        return build(raw, self.folder / "unused", SETTINGS | given, show, **options)

    def build_here(self, articles: Articles) -> Path:
        """Build the same in a folder, as it was always done."""
        raw = write_raw(self.folder / "raw", {"all.jsonl": b"\n".join(map(orjson.dumps, articles))})
        outcome = build(raw, self.folder / "local", SETTINGS | {"forgotten": str(self.folder / "list.csv")})
        assert outcome.path
        return outcome.path

    def objects(self) -> dict[str, bytes]:
        """Give all objects of the store by their paths below the dataset."""
        self.fs.invalidate_cache()
        names = self.fs.find(self.home)
        start = len(self.fs._strip_protocol(self.url)) + len("/news/")
        return {name[start:]: self.fs.cat_file(name) for name in names}

    def versions(self) -> set[str]:
        return {name.partition("/")[0] for name in self.objects() if "/" in name}

    def followed(self) -> dict[str, Any] | None:
        """Read the release that `latest` says as a reader does; every file of it must be right."""
        found = self.objects()
        if "latest" not in found:
            return None
        version = found["latest"].decode().strip()
        manifest: dict[str, Any] = orjson.loads(found[f"{version}/manifest.json"])
        for name, said in manifest["files"].items():
            assert hashlib.sha256(found[f"{version}/{name}"]).hexdigest() == said["sha256"], name
        return manifest

    def holding(self, *words: str) -> list[str]:
        """Give the objects at the store that have one of these words, in Parquet files too."""
        found = []
        for name, said in self.objects().items():
            if name.endswith(".parquet"):
                said += repr(pq.read_table(io.BytesIO(said)).to_pylist()).encode()
            if any(word.lower().encode() in said.lower() for word in words):
                found.append(name)
        return found


def refuse_from(server: s3.Proxy, first: int, *methods: str) -> None:
    """Let requests of these methods fail from the first, second, … on: the network is gone, nothing is tidied up."""
    counted = itertools.count(1)
    server.fault = lambda method, path: 403 if method in methods and next(counted) >= first else None


def few() -> Articles:
    return corpus()[3:9]


def more() -> Articles:
    return [*few(), {"tag": "fr-40", "title": "Un de plus", "text": text(40)}]
