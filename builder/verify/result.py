"""Hold a release under verification, and the result of its checks."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from builder import __version__
from builder.core.errors import ReleaseError
from builder.core.layout import MANIFEST
from builder.core.manifest import Manifest
from builder.core.schema import REHYDRATED_TABLE
from builder.release import catalog

_SHARD = re.compile(r"data/([^/]+)/([^/-]+)-(\d{5})-of-(\d{5})\.parquet")
SHOWN = 5  # problems of one kind that are listed


class NotChecked(Exception):  # noqa: N818  # not an error
    """A check does not apply to this release. The check raises it before it yields any problem."""


@dataclass(slots=True)
class Verified:
    """The result: checks that ran, problems by check, and checks that did not run, with the reason."""

    folder: Path
    checked: list[str] = field(default_factory=list)
    problems: dict[str, list[str]] = field(default_factory=dict)
    unchecked: dict[str, str] = field(default_factory=dict)

    @property
    def right(self) -> bool:
        """Return whether no check found a problem."""
        return not self.problems

    def render(self) -> str:
        """Return one line per check, followed by its problems."""
        lines = [f"{self.folder}"]
        for name in self.checked:
            problems = self.problems.get(name, [])
            lines.append(f"  {name}: {'ok' if not problems else f'{len(problems)} wrong'}")
            lines += [f"    {problem}" for problem in problems]
        lines += [f"  {name}: not checked ({why})" for name, why in self.unchecked.items()]
        return "\n".join(lines)

    def as_json(self) -> dict[str, Any]:
        """Return the result for JSON."""
        head = {"folder": str(self.folder), "right": self.right, "checked": self.checked}
        return {**head, "unchecked": self.unchecked, "problems": self.problems}


class Opened:
    """A release under verification: its manifest, and its tables, which are read on demand."""

    def __init__(self, folder: Path, manifest: Manifest) -> None:
        self.folder, self.manifest = folder, manifest

    @property
    def maker(self) -> str:
        """Return the version of the builder that made the release."""
        return self.manifest.maker

    @property
    def ours(self) -> bool:
        """Return whether this version made the release. Columns and the words of the card differ between versions."""
        return self.maker == __version__

    @cached_property
    def decisions(self) -> pa.Table:
        """Read the decisions."""
        return catalog.decisions(self.folder)

    def table(self, name: str) -> pa.Table | None:
        """Read a table beside the articles; None if the release does not have it."""
        return catalog.read_table(self.folder, name) if name in self.manifest.files else None

    @cached_property
    def absent(self) -> set[str]:
        """Return the ids of the kept articles that got no text when the release was rehydrated."""
        table = self.table(REHYDRATED_TABLE)
        if table is None:
            return set()
        return set(table.filter(pc.not_equal(table["state"], "matched"))["id"].to_pylist())

    @cached_property
    def shards(self) -> dict[tuple[str, str], list[Path]]:
        """Return the files of each language and split, in order."""
        shards: dict[tuple[str, str], list[Path]] = {}
        for name in sorted(self.manifest.files):
            if shard := _SHARD.fullmatch(name):
                shards.setdefault((shard[1], shard[2]), []).append(self.folder / name)
        return shards

    @property
    def paths(self) -> list[Path]:
        """Return the files of articles. Raises ReleaseError if there are none."""
        files = [path for paths in self.shards.values() for path in paths]
        if not files:
            raise ReleaseError(f"{self.folder / MANIFEST}: lists no files of articles. Expected data/…")
        return files

    def columns(self, names: Iterable[str]) -> pa.Table:
        """Read columns of all articles."""
        return pa.concat_tables(pq.read_table(path, columns=list(names), partitioning=None) for path in self.paths)

    @cached_property
    def articles(self) -> pa.Table:
        """Return the columns that the checks need, with the language and split that the path of each file names."""
        tables = []
        for path in self.paths:
            split = path.name.partition("-")[0]
            table = pq.read_table(path, columns=["id", "language", "source", "copies"], partitioning=None)
            table = table.append_column("folder", pa.array([path.parent.name] * len(table), pa.string()))
            tables.append(table.append_column("split", pa.array([split] * len(table), pa.string())))
        return pa.concat_tables(tables)


def first(problems: Iterator[str]) -> Iterator[str]:
    """Yield the first SHOWN problems of a kind, and count the others."""
    more = 0
    for number, problem in enumerate(problems):
        if number < SHOWN:
            yield problem
        else:
            more += 1
    if more:
        yield f"and {more:,} more like it"


def short(value: Any) -> str:
    """Return a value as text of at most 200 characters."""
    shown = str(value)
    return shown if len(shown) <= 200 else f"{shown[:199]}…"
