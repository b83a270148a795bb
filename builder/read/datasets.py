"""Read any dataset: Parquet and JSON Lines files directly, everything else with `datasets`."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.json
import pyarrow.parquet as pq

from builder.core.errors import BuilderError, one_line
from builder.core.layout import MANIFEST

_SPLIT = re.compile(r"(?:^|[-_./])(train|training|validation|valid|val|dev|test|eval)(?:$|[-_./0-9])", re.IGNORECASE)
_ONE_NAME = {"training": "train", "valid": "validation", "val": "validation", "dev": "validation", "eval": "test"}
# The usual names of columns, the likeliest first.
TEXTS = ("text", "content", "body", "article", "document", "raw_text", "maintext")
IDS = ("id", "tag", "doc_id", "article_id", "guid")
LANGUAGES = ("language", "lang", "locale")
JSON = (".jsonl", ".jsonl.gz", ".ndjson", ".ndjson.gz")
SUFFIXES = (".parquet", *JSON)
SAVED = ("dataset_dict.json", "state.json")  # files that save_to_disk writes


@contextmanager
def readable(name: Any) -> Iterator[None]:
    """Raise BuilderError, in one line, where a reader fails on a damaged file."""
    try:
        yield
    except (OSError, ValueError, pa.ArrowException) as error:
        raise BuilderError(f"{name}: cannot be read ({one_line(error)[:200]})") from None


class Part(NamedTuple):
    """A piece of a dataset: its name for people, its split (null: a column has it), and its source."""

    name: str
    split: str | None
    source: Any  # a Path, or a Dataset

    def batches(self, rows: int, columns: list[str] | None = None) -> Iterator[pa.Table]:
        """Yield tables of at most `rows` rows; of a Parquet file, only the named `columns`."""
        with readable(self.name):
            yield from self._batches(rows, columns)

    def _batches(self, rows: int, columns: list[str] | None) -> Iterator[pa.Table]:
        if not isinstance(self.source, Path):
            for start in range(0, len(self.source), rows):
                indices = range(start, min(start + rows, len(self.source)))
                yield self.source.with_format("arrow")[indices.start : indices.stop]
        elif not self.source.name.endswith(JSON):
            with pq.ParquetFile(self.source) as file:
                for batch in file.iter_batches(rows, columns=columns):
                    yield pa.Table.from_batches([batch])
        else:
            table = pyarrow.json.read_json(self.source)
            for start in range(0, len(table), rows):
                yield table.slice(start, rows)


def split_of(path: str) -> str | None:
    """Read the split from a file's path, the file's name first; null if the path has none.

    >>> split_of("fr/train-00000-of-00001.parquet"), split_of("data/dev/part-0.jsonl"), split_of("latest.jsonl")
    ('train', 'validation', None)
    """
    for piece in reversed(path.split("/")):
        if match := _SPLIT.search(re.sub(r"\.(parquet|jsonl|ndjson)(\.gz)?$", "", piece)):
            name = match.group(1).lower()
            return _ONE_NAME.get(name, name)
    return None


def parts_of(path: str) -> list[Part]:
    """Find the parts of a dataset: a file, a folder, or a name that `datasets` knows.

    Raises BuilderError if `path` is none of these, or has no files of articles.
    """
    root = Path(path)
    if root.is_dir() and any((root / name).exists() for name in SAVED):
        from datasets import load_from_disk

        return _loaded(path, load_from_disk(path))
    if root.is_file() or root.is_dir():
        files = [root] if root.is_file() else files_of(root, SUFFIXES, (MANIFEST,))
        if not files:
            raise BuilderError(
                f"{path}: the folder has no Parquet or JSON Lines file. Expected files named {', '.join(SUFFIXES)}"
            )
        return [_part(file, root) for file in files]
    from datasets import load_dataset

    try:
        return _loaded(path, load_dataset(path))
    except Exception as error:
        raise BuilderError(f"{path}: not a file, a folder or a dataset ({one_line(error)[:200]})") from None


def files_of(root: Path, suffixes: tuple[str, ...], marks: tuple[str, ...]) -> list[Path]:
    """List the files of articles below a folder.

    In one of our releases, which has a file named in `marks`, they are below `data`, with other files beside it.
    """
    ours = any((root / mark).is_file() for mark in marks) and (root / "data").is_dir()
    paths = [path for path in sorted((root / "data" if ours else root).rglob("*")) if path.name.endswith(suffixes)]
    return [path for path in paths if not any(piece.startswith(".") for piece in path.relative_to(root).parts)]


def _part(path: Path, root: Path) -> Part:
    inside = path.relative_to(root).as_posix() if path != root else path.name
    if "split" in columns_of(path):
        return Part(str(path), None, path)
    split = split_of(inside)
    if split is None:
        raise BuilderError(
            f"{path}: the file has no split. Expected train, validation or test in its name or folder, or a column "
            "split"
        )
    return Part(str(path), split, path)


def columns_of(path: Path) -> list[str]:
    """Return the names of a file's columns. Raises BuilderError if the file cannot be read."""
    with readable(path):
        if not path.name.endswith(JSON):
            return list(pq.read_schema(path).names)
        with pyarrow.json.open_json(path) as reader:
            return list(reader.schema.names)


def named(columns: Sequence[str], wanted: Sequence[str]) -> str | None:
    """Find the column with the first of these names that any column has, in any case; null for none.

    >>> named(["ID", "Body"], TEXTS), named(["x"], TEXTS)
    ('Body', None)
    """
    names = {name.lower(): name for name in reversed(columns)}
    return next((names[name.lower()] for name in wanted if name.lower() in names), None)


def strings(table: pa.Table, name: str | None) -> list[str | None]:
    """Return a column as strings; all nulls if `name` is null."""
    if name is None:
        return [None] * len(table)
    column = table[name]
    if not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
        return [None if value is None else str(value) for value in column.to_pylist()]
    return list(column.to_pylist())


def _loaded(path: str, dataset: Any) -> list[Part]:
    if isinstance(dataset, dict):
        return [Part(f"{path} ({split})", str(split), rows) for split, rows in dataset.items()]
    return [Part(path, None if "split" in dataset.column_names else str(dataset.split or "train"), dataset)]
