"""The generated pages: none is stale, every command and setting is on them, and every help ends with an example."""

import shlex

import click
import pytest

from builder.cli.main import main
from builder.config.sections import Config
from docs import generate
from tests.conftest import ROOT

COMMANDS = dict(generate.each_command(main))


def page(name: str) -> str:
    return (ROOT / "docs" / name).read_text(encoding="utf-8")


def test_no_generated_page_is_stale() -> None:
    assert generate.stale() == []


def test_a_stale_page_is_named(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setitem(generate.PARTS, "columns", lambda: "changed")
    assert generate.main(["--check"]) == 1
    assert capsys.readouterr().out == "docs/columns.md: stale; run python -m docs.generate\n"


@pytest.mark.parametrize("path", COMMANDS)
def test_every_command_is_documented_with_its_options(path: str) -> None:
    written = page("commands.md").split(f"## `{path}`\n")[1].split("\n## ")[0]
    for option in COMMANDS[path].params:
        if isinstance(option, click.Option):
            assert option.opts[0] in written


@pytest.mark.parametrize("path", ["builder", *COMMANDS])
def test_every_help_text_ends_with_an_example(path: str) -> None:
    command = COMMANDS.get(path, main)
    last = command.get_help(click.Context(command, info_name=path)).split("\n\n")[-1].strip()
    assert last.startswith(f"Example: {path} ")


@pytest.mark.parametrize("path", [path for path, command in COMMANDS.items() if not isinstance(command, click.Group)])
def test_the_example_of_a_help_text_is_right_usage(path: str) -> None:
    words = shlex.split((COMMANDS[path].epilog or "").removeprefix(f"Example: {path} ").split(" > ")[0])
    COMMANDS[path].make_context(path, words)


def test_every_setting_has_its_meaning_on_the_page() -> None:
    sections = [part.split("\n")[0] for part in page("settings.md").split("\n## ")]
    tables = {name for name, field in Config.model_fields.items() if hasattr(field.annotation, "model_fields")}
    assert {f"`[{name}]`" for name in tables} <= set(sections)
    rows = [line.split(" | ") for line in generate.settings_part().splitlines() if line.startswith("| `")]
    assert all(len(row) == 4 and row[3].strip(" |") for row in rows)
    assert {name for name in Config.model_fields if name not in tables} <= {row[0].strip("| `") for row in rows}


def test_every_column_has_its_meaning_on_the_page() -> None:
    assert all(row.meaning and row.tables for row in generate.column_rows())
    new = generate.ColumnRow("subtitle", "string", "The standfirst.", "rows")
    assert generate.columns_part([new]).endswith("| `subtitle` | `string` | The standfirst. | rows |")
