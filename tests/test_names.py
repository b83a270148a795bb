"""A docstring or comment names only what exists: a module's function, constant or class, and a module's file."""

import ast
import importlib
import io
import pkgutil
import re
import tokenize
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import pytest

import builder
from tests.conftest import ROOT

PACKAGE = Path(builder.__file__).parent
# A name as it is written in backticks, with or without a call: `module.name`, `name()`.
_QUOTED = re.compile(r"`+([A-Za-z_][\w.]*)(?:\(.*?\))?`+")
# The same without backticks, and files of modules.
_BARE = re.compile(r"(?<![\w./`\"'])([a-z_]+(?:\.[a-z_]+)*\.[A-Za-z_]\w*)(?![\w/`]|\.\w)")
_NO_NAMES = {"json", "jsonl", "md", "org", "parquet", "csv", "toml", "txt", "py", "jinja", "svg"}  # files and addresses
_SHORT = {"pa", "pc", "pq", "np", "pd"}  # libraries
_FILE = re.compile(r"(?<![\w*])((?:[a-z_]+/)*[a-z_]+\.py)\b")


@cache
def modules() -> dict[str, tuple[str, ...]]:
    """Give the modules of the package by the last part of their names; several folders may have one of a name."""
    found: dict[str, tuple[str, ...]] = {}
    for info in pkgutil.walk_packages([str(PACKAGE)], "builder."):
        if not info.name.endswith("__main__"):
            short = info.name.rpartition(".")[2]
            found[short] = (*found.get(short, ()), info.name)
    return found


def prose(source: str) -> Iterator[tuple[int, str]]:
    """Yield the comments and docstrings of a module, with the lines where they begin; examples in them are no prose."""
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            text = ast.get_docstring(node)
            if text:
                line = 1 if isinstance(node, ast.Module) else node.lineno
                yield line, text.partition(">>>")[0]


def stale(text: str) -> list[str]:
    """Give the names in a text that no module has."""
    found = {name for name in _FILE.findall(text) if not (any(PACKAGE.rglob(name)) or (ROOT / name).exists())}
    for name in {*_QUOTED.findall(text), *_BARE.findall(text)}:
        *path, last = name.removeprefix("builder.").split(".")
        if not (path and path[0] and last) or last in _NO_NAMES:
            continue
        if path[-1] in modules():
            known = any(hasattr(importlib.import_module(module), last) for module in modules()[path[-1]])
        else:  # a library, or what a local name has; a class or constant of neither is one of a module that is gone
            known = not last[0].isupper() or path[0] in _SHORT or find_spec(path[0]) is not None
        found |= set() if known else {name}
    return sorted(found)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Columns of schema.ARTICLE and `signals.SIGNALS`, as in minhash.sign.", []),
        ("Columns of schema.ARTICLES.", ["schema.ARTICLES"]),
        ("Kept as decisions.Conflict, a pa.Table.", ["decisions.Conflict"]),
        (
            "What `minhash.signed` gives; see dedup.minhash.sign and builder.core.schema.SPLITTED.",
            ["builder.core.schema.SPLITTED", "minhash.signed"],
        ),
        ("Asked by clusters.py and by furniture.py.", ["furniture.py"]),
        ("A file manifest.json, an address as in www.example.org, `pa.Table` and pyarrow.csv.", []),
    ],
)
def test_a_name_that_does_not_exist_is_found(text: str, names: list[str]) -> None:
    assert stale(text) == names


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_every_name_in_docstrings_and_comments_exists(path: Path) -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line}: {name}"
        for line, text in prose(path.read_text("utf-8"))
        for name in stale(text)
    ]
    assert found == []
