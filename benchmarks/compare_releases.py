"""Compare a release that one commit made with one that another made of the same files, table by table.

    python -m benchmarks.compare_releases OLD NEW

Every Parquet table has to have the same columns and rows in the same order; metadata of the schema may differ. Names of
files, the quarantine and the manifest have to be equal too, except for the keys of the manifest that digest code or
bytes (`MAY_DIFFER`). Texts such as the card are summed up as differences of lines, digests and sizes of files aside.
The exit status is 1 if a table, a name of a file, the quarantine or another key of the manifest differs.
"""

import argparse
import difflib
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import orjson
import pyarrow.parquet as pq

from builder.core.layout import MANIFEST

# Keys of the manifest that say how a release was made. Sizes and digests of files (`files`) are compared apart: they
# may differ where the rows, or the text, are compared by themselves.
MAY_DIFFER = ("inputs", "content", "seal", "versions")
SHOWN = 5  # differences of one table or text
_DIGEST = re.compile(r"\b[0-9a-f]{12,64}\b|\b\d+ B\b")


class Comparison(NamedTuple):
    """What a comparison found: how much is equal, what must not differ, and what may."""

    tables: int
    rows: int
    differences: list[str]
    allowed: list[str]


def compare(old: Path, new: Path) -> Comparison:
    """Compare two folders of releases."""
    names = [
        sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()) for root in (old, new)
    ]
    differences = [f"{name}: only in {old}" for name in names[0] if name not in names[1]]
    differences += [f"{name}: only in {new}" for name in names[1] if name not in names[0]]
    allowed: list[str] = []
    tables = rows = 0
    for name in (name for name in names[0] if name in names[1]):
        one, other = old / name, new / name
        if name == MANIFEST:
            found, may = _manifests(orjson.loads(one.read_bytes()), orjson.loads(other.read_bytes()))
            differences += [f"{name}: {line}" for line in found]
            allowed += [f"{name}: {line}" for line in may]
        elif name.startswith("quarantine/"):
            differences += [f"{name}: other bytes"] if one.read_bytes() != other.read_bytes() else []
        elif name.endswith(".parquet"):
            tables, rows = tables + 1, rows + pq.read_metadata(one).num_rows
            differences += [f"{name}: {line}" for line in _tables(one, other)]
        else:
            allowed += [f"{name}: {line}" for line in _texts(one.read_text("utf-8"), other.read_text("utf-8"))]
    return Comparison(tables, rows, differences, allowed)


def _tables(old: Path, new: Path) -> Iterator[str]:
    """Yield what differs between two Parquet files: columns, number of rows, the first values of each column."""
    one, other = (pq.read_table(path, partitioning=None).replace_schema_metadata() for path in (old, new))
    if not one.schema.equals(other.schema):
        columns = [dict(zip(table.schema.names, map(str, table.schema.types), strict=True)) for table in (one, other)]
        changed = [name for name in columns[0] | columns[1] if columns[0].get(name) != columns[1].get(name)]
        yield f"columns {', '.join(changed)}" if changed else "another order of columns, or other nullability"
    if len(one) != len(other):
        yield f"{len(one)} rows, then {len(other)}"
        return
    for name in (name for name in one.column_names if name in other.column_names):
        if one[name].equals(other[name]):
            continue
        values = list(zip(one[name].to_pylist(), other[name].to_pylist(), strict=True))
        # NaN is unlike itself, and its text is like any other's.
        rows = [row for row, (before, after) in enumerate(values) if repr(before) != repr(after)]
        if rows:
            shown = "; ".join(f"row {row}: {values[row][0]!r:.60}, then {values[row][1]!r:.60}" for row in rows[:SHOWN])
            yield f"column {name} differs in {len(rows)} rows ({shown})"


def _manifests(old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[list[str], list[str]]:
    """Give what must not differ between two manifests, and what may."""
    differences: list[str] = []
    allowed: list[str] = []
    for key in dict.fromkeys([*old, *new]):
        if key == "files":
            differing, rewritten = _listed(old["files"], new["files"])
            differences += differing
            allowed += [f"files: {len(rewritten)} have other bytes"] if rewritten else []
            continue
        one, other = _flat(old.get(key), key), _flat(new.get(key), key)
        changed = [at for at in {**one, **other} if one.get(at, _ABSENT) != other.get(at, _ABSENT)]
        lines = [f"{at}: {one.get(at, _ABSENT)!r:.80}, then {other.get(at, _ABSENT)!r:.80}" for at in changed]
        (allowed if key in MAY_DIFFER else differences).extend(lines)
    return differences, allowed


_ABSENT = "(absent)"


def _listed(old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[list[str], list[str]]:
    """Give what else than bytes and sha256 differs in the lists of files, and the files in which only these differ."""
    differences, rewritten = [], []
    for name in sorted({*old, *new}):
        one, other = old.get(name, {}), new.get(name, {})
        changed = [key for key in {**one, **other} if one.get(key) != other.get(key)]
        if set(changed) - {"bytes", "sha256"} or not (one and other):
            differences.append(f"files.{name}: {one or _ABSENT}, then {other or _ABSENT}")
        elif changed:
            rewritten.append(name)
    return differences, rewritten


def _flat(value: Any, path: str = "") -> dict[str, Any]:
    """Give the values of nested objects by the keys that lead to them.

    >>> _flat({"a": {"b": 1, "c": [2]}})
    {'a.b': 1, 'a.c': [2]}
    """
    if not isinstance(value, dict) or not value:
        return {path: value}
    inner = [_flat(one, f"{path}.{key}" if path else key) for key, one in value.items()]
    return {key: one for of_key in inner for key, one in of_key.items()}


def _texts(old: str, new: str) -> Iterator[str]:
    """Yield how many lines of a text differ in more than digests and sizes of files, and the first of them."""
    before, after = (_DIGEST.sub("…", text).splitlines() for text in (old, new))
    lines = list(difflib.unified_diff(before, after, "old", "new", n=0, lineterm=""))[2:]
    removed, added = ([line for line in lines if line.startswith(sign)] for sign in "-+")
    if lines:
        yield f"{len(removed)} lines removed, {len(added)} added"
        yield from (f"  {line:.110}" for line in [*removed[:SHOWN], *added[:SHOWN]])


def main() -> int:
    """Compare the releases of the command line; give the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("old", type=Path, help="a folder with manifest.json, such as data/processed/news/1.0.0")
    parser.add_argument("new", type=Path)
    options = parser.parse_args()
    for folder in (options.old, options.new):
        if not (folder / MANIFEST).is_file():
            parser.error(f"{folder}: no {MANIFEST} in it. Expected the folder of a release")
    found = compare(options.old, options.new)
    for line in found.allowed:
        print(f"may differ: {line}")
    for line in found.differences:
        print(f"DIFFERS: {line}")
    print(f"{found.tables} tables with {found.rows:,} rows compared; {len(found.differences)} differences")
    return 1 if found.differences else 0


if __name__ == "__main__":
    sys.exit(main())
