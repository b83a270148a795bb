"""Verified: a release that is being looked at, and what was found of it, as JSON and for people."""

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
SHOWN = 5  # things of a kind that are named one by one


class NotChecked(Exception):  # noqa: N818  # nothing is wrong
    """A check cannot be made of this release, for a reason that is no fault of it; raised before it says anything."""


@dataclass(slots=True)
class Verified:
    """What was checked, what was not and why, and what is wrong, by the names of the checks."""

    folder: Path
    checked: list[str] = field(default_factory=list)
    problems: dict[str, list[str]] = field(default_factory=dict)
    unchecked: dict[str, str] = field(default_factory=dict)

    @property
    def right(self) -> bool:
        """Tell whether nothing that was checked is wrong."""
        return not self.problems

    def told(self) -> str:
        """Tell it a check a line, and what is wrong below it."""
        lines = [f"{self.folder}"]
        for name in self.checked:
            wrong = self.problems.get(name, [])
            lines.append(f"  {name}: {'ok' if not wrong else f'{len(wrong)} wrong'}")
            lines += [f"    {problem}" for problem in wrong]
        lines += [f"  {name}: not checked ({why})" for name, why in self.unchecked.items()]
        return "\n".join(lines)

    def as_json(self) -> dict[str, Any]:
        """Give it for JSON."""
        said = {"folder": str(self.folder), "right": self.right, "checked": self.checked}
        return {**said, "unchecked": self.unchecked, "problems": self.problems}


class Opened:
    """A release that is being verified: its manifest, and its tables when they are asked for."""

    def __init__(self, folder: Path, manifest: Manifest) -> None:
        self.folder, self.manifest = folder, manifest

    @property
    def maker(self) -> str:
        """Give the version of this program that made it."""
        return self.manifest.maker

    @property
    def ours(self) -> bool:
        """Tell whether this version made it: another one may have other columns, and other words in the card."""
        return self.maker == __version__

    @cached_property
    def decisions(self) -> pa.Table:
        """Read the decisions."""
        return catalog.decisions(self.folder)

    def table(self, name: str) -> pa.Table | None:
        """Read a table that stands beside the articles; null for one that the release has not got."""
        return catalog.read_table(self.folder, name) if name in self.manifest.files else None

    @cached_property
    def absent(self) -> set[str]:
        """Give the ids of kept articles for which no text was found when the release was rehydrated."""
        table = self.table(REHYDRATED_TABLE)
        if table is None:
            return set()
        return set(table.filter(pc.not_equal(table["state"], "matched"))["id"].to_pylist())

    @cached_property
    def shards(self) -> dict[tuple[str, str], list[Path]]:
        """Give the files of each language and split, in their order."""
        found: dict[tuple[str, str], list[Path]] = {}
        for name in sorted(self.manifest.files):
            if shard := _SHARD.fullmatch(name):
                found.setdefault((shard[1], shard[2]), []).append(self.folder / name)
        return found

    @property
    def paths(self) -> list[Path]:
        """Give the files of articles. Raises ReleaseError where there are none."""
        found = [path for paths in self.shards.values() for path in paths]
        if not found:
            raise ReleaseError(f"{self.folder / MANIFEST}: names no files of articles. Expected data/…")
        return found

    def columns(self, names: Iterable[str]) -> pa.Table:
        """Read columns of all articles."""
        return pa.concat_tables(pq.read_table(path, columns=list(names), partitioning=None) for path in self.paths)

    @cached_property
    def articles(self) -> pa.Table:
        """Give what the checks need of all articles, with the language and split of the file that each is in."""
        tables = []
        for path in self.paths:
            split = path.name.partition("-")[0]
            table = pq.read_table(path, columns=["id", "language", "source", "copies"], partitioning=None)
            table = table.append_column("folder", pa.array([path.parent.name] * len(table), pa.string()))
            tables.append(table.append_column("split", pa.array([split] * len(table), pa.string())))
        return pa.concat_tables(tables)


def first(problems: Iterator[str]) -> Iterator[str]:
    """Name the first of a kind, and count the others."""
    more = 0
    for number, problem in enumerate(problems):
        if number < SHOWN:
            yield problem
        else:
            more += 1
    if more:
        yield f"and {more:,} more like it"


def short(said: Any) -> str:
    """Give what something says in at most 200 characters."""
    shown = str(said)
    return shown if len(shown) <= 200 else f"{shown[:199]}…"
