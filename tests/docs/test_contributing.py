"""The recipes of CONTRIBUTING.md: the files that they name exist, and none touches more files than its target."""

import re

import pytest

from tests.conftest import ROOT

PAGE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
TARGETS = {
    "add a format": 4,
    "add a quality signal": 5,
    "let a signal reject": 5,
    "add a column": 3,
    "add a command": 4,
    "add a language rule": 2,
}
READ_ONLY = {"tests/core/test_columns.py"}  # a recipe names it, and nobody changes it


def recipe(change: str) -> str:
    """Give the steps of a recipe; those that let a signal reject are the second part of another one."""
    second = change == "let a signal reject"
    heading = "add a quality signal" if second else change
    steps = PAGE.split(f"\n## {heading.capitalize()}\n")[1].split("\n## ")[0]
    first, _, rest = steps.partition("To let it reject")
    return rest if second else first


def table() -> dict[str, list[str]]:
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in PAGE.splitlines()]
    return {row[0]: row[1:] for row in rows if len(row) == 5 and row[0] in TARGETS}


def named(text: str) -> set[str]:
    """Give the paths of files in a text, without the pattern of names to choose."""
    return set(re.findall(r"`((?:builder|tests|docs)/[\w/.-]+\.\w+)`", text))


@pytest.mark.parametrize("change", TARGETS)
def test_the_files_of_a_recipe_exist(change: str) -> None:
    found = named(recipe(change)) | named(table()[change][2])
    assert found
    for path in found:
        stem = path.rpartition("/")[2]
        assert (ROOT / path).exists() or "NAME" in stem or "EXAMPLE" in stem, path


@pytest.mark.parametrize("change", [change for change in TARGETS if change != "add a language rule"])
def test_a_recipe_touches_no_more_files_than_its_target(change: str) -> None:
    files, which, pages, target = table()[change]
    generated = named(pages)
    written = {path for path in named(recipe(change)) if path not in READ_ONLY}
    assert int(target) == TARGETS[change]
    assert int(files) == len(which.split(", ")) == len(written)
    assert len(written | generated) <= TARGETS[change]
