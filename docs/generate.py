"""Write the generated parts of the pages: commands, settings, columns, reasons and formats.

`python -m docs.generate` fills each part between its two marks; `--check` only says which pages are stale.
"""

import ast
import inspect
import itertools
import json
import sys
import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, NamedTuple, Union, get_args, get_origin

import annotated_types
import click
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic.types import StringConstraints

DOCS = Path(__file__).parent
BEGIN, END = "<!-- generated: {} -->", "<!-- end of the generated part -->"


class ColumnRow(NamedTuple):
    """A column as the page shows it."""

    name: str
    type: str
    meaning: str
    tables: str


# Commands


def commands_part() -> str:
    """Describe every command: usage, help, arguments and options, example."""
    from builder.cli.main import main

    commands = sorted(each_command(main), key=lambda item: item[0].startswith("builder check"))
    return "\n\n".join(_command(path, command) for path, command in commands)


def each_command(group: click.Group, path: str = "builder") -> Iterator[tuple[str, click.Command]]:
    """Yield a group's commands and their commands, with their full names."""
    for name, command in group.commands.items():
        yield f"{path} {name}", command
        if isinstance(command, click.Group):
            yield from each_command(command, f"{path} {name}")


def _command(path: str, command: click.Command) -> str:
    context = click.Context(command, info_name=path)
    usage = " ".join(command.collect_usage_pieces(context))
    options = [_option(param) for param in command.params if isinstance(param, click.Option)]
    table = _table(("option", "meaning"), options) if options else ""
    example = (command.epilog or "").removeprefix("Example: ")
    parts = [
        f"## `{path}`",
        inspect.cleandoc(command.help or ""),
        f"```text\n{path} {usage}\n```",
        table,
        f"Example: `{example}`",
    ]
    return "\n\n".join(part for part in parts if part)


def _option(option: click.Option) -> tuple[str, str]:
    names = ", ".join(option.opts)
    if isinstance(option.type, click.Choice):
        names += f" {'|'.join(map(str, option.type.choices))}"
    elif isinstance(option.type, click.IntRange):
        names += " INTEGER"
    elif not option.is_flag:
        names += f" {option.make_metavar(click.Context(click.Command('x')))}"
    return f"`{names}`", (option.help or "") + (" Required." if option.required else "")


# Settings


def settings_part() -> str:
    """Describe every key of builder.toml by section: type, default and meaning."""
    from builder.config.sections import Config

    sections = {name: field for name, field in Config.model_fields.items() if _is_section(field)}
    top = {name: field for name, field in Config.model_fields.items() if name not in sections}
    parts = [f"## Top level\n\n{_section(Config, top)}"]
    for name, field in sections.items():
        model = field.annotation
        assert isinstance(model, type)
        parts.append(f"## `[{name}]`\n\n{_section(model, model.model_fields)}")
    return "\n\n".join(parts)


def _is_section(field: FieldInfo) -> bool:
    return isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel)


def _section(model: type[BaseModel], fields: Mapping[str, FieldInfo]) -> str:
    meanings = _docstrings(model)
    rows = [
        (f"`{name}`", _type(_annotation(model, name)), _default(field), meanings[name])
        for name, field in fields.items()
    ]
    intro = inspect.cleandoc(model.__doc__ or "").split("\n\n")[0]
    return f"{' '.join(intro.split())}\n\n{_table(('key', 'type', 'default', 'meaning'), rows)}"


def _docstrings(model: type[BaseModel]) -> dict[str, str]:
    """Give the docstrings below the fields of a model and of the models that it inherits from."""
    found: dict[str, str] = {}
    for parent in reversed(model.__mro__):
        if not (issubclass(parent, BaseModel) and parent.__module__.startswith("builder.")):
            continue
        (tree,) = ast.parse(textwrap.dedent(inspect.getsource(parent))).body
        assert isinstance(tree, ast.ClassDef)
        for field, below in itertools.pairwise(tree.body):
            if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name) and isinstance(below, ast.Expr):
                found[field.target.id] = " ".join(str(ast.literal_eval(below.value)).split())
    return found


def _annotation(model: type[BaseModel], name: str) -> Any:
    """Give the annotation of a field with its bounds."""
    owner = next(parent for parent in model.__mro__ if name in inspect.get_annotations(parent))
    return inspect.get_annotations(owner)[name]


def _type(annotation: Any, bounds: Iterable[Any] = ()) -> str:
    """Say in words what a setting takes.

    >>> _type(Literal["a", "b"]), _type(tuple[int, ...]), _type(str | None)
    ('`"a"`, `"b"`', 'list of integers', 'text')
    """
    origin, args = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        inner = [part for bound in args[1:] for part in (bound.metadata if isinstance(bound, FieldInfo) else [bound])]
        return _type(args[0], [*inner, *bounds])
    if origin is Literal:
        return ", ".join(f"`{json.dumps(value)}`" for value in args)
    if origin is tuple:
        inner_type = _type(args[0])
        return f"list of {inner_type}{'' if inner_type.startswith('`') else 's'}"
    if origin in (Union, UnionType):
        return " or ".join(_type(arg) for arg in args if arg is not NoneType)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return "table"
    return _plain_type(annotation, list(bounds))


def _plain_type(annotation: Any, bounds: list[Any]) -> str:
    names = {str: "text", bool: "`true` or `false`", int: "integer", float: "number", date: "day"}
    name = names.get(annotation, "table")
    least = next((bound.ge for bound in bounds if isinstance(bound, annotated_types.Ge)), None)
    above = next((bound.gt for bound in bounds if isinstance(bound, annotated_types.Gt)), None)
    most = next((bound.le for bound in bounds if isinstance(bound, annotated_types.Le)), None)
    if any(isinstance(bound, StringConstraints) and bound.pattern for bound in bounds):
        return name
    low = f"from {least}" if least is not None else f"above {above}" if above is not None else ""
    high = f"{'to' if least is not None else 'up to'} {most}" if most is not None else ""
    return " ".join(part for part in (name, low, high) if part)


def _default(field: FieldInfo) -> str:
    value = field.get_default(call_default_factory=True)
    if value is None:
        return ""
    if isinstance(value, tuple):
        return f"`[{', '.join(json.dumps(item) for item in value)}]`"
    return "" if isinstance(value, Mapping) else f"`{json.dumps(value)}`"


# Columns and reasons


def column_rows() -> list[ColumnRow]:
    """Give the columns of published rows, with the published tables that have them; one may be there twice."""
    from builder.core import columns
    from builder.core.column import Table

    tables = {
        Table.ARTICLE: "rows",
        Table.STANDOFF: "rows of ids",
        Table.DECISION: "decisions",
        Table.STANDOFF_DECISION: "decisions of ids",
    }
    order = {
        column: number for number, column in enumerate(dict.fromkeys(c.name for t in tables for c in columns.of(t)))
    }
    published = {*(c.name for t in (Table.ARTICLE, Table.STANDOFF) for c in columns.of(t))}
    rows = []
    for row in columns.rows_for_docs():
        found = [word for table, word in tables.items() if table in row.tables]
        if "decisions" in found:  # those of ids have the same columns, except one that is there twice
            found = [word for word in found if word != "decisions of ids"]
        if row.name in published and found:
            rows.append(ColumnRow(row.name, row.type, row.meaning, ", ".join(found)))
    return sorted(rows, key=lambda row: order[row.name])


def columns_part(rows: Iterable[ColumnRow] | None = None) -> str:
    """Describe the columns of published rows."""
    shown = column_rows() if rows is None else rows
    cells = [(f"`{row.name}`", f"`{row.type}`", row.meaning, row.tables) for row in shown]
    return _table(("column", "type", "meaning", "in"), cells)


def reasons_part() -> str:
    """List the reasons why a record is not in a release, by stage."""
    from builder.core.terms import Reason, Stage

    rows = [(stage, f"`{reason}`", reason.words) for stage in Stage for reason in Reason if reason.stage is stage]
    return _table(("stage", "reason", "meaning"), rows)


# Formats


def formats_part() -> str:
    """List the formats of raw files, and where each may have the tag."""
    from builder.read.formats.registry import FORMATS

    rows = []
    for form in FORMATS:
        places = ["a field `tag`, or the fields `lang` or `language` and `id`"] if form.has_fields else []
        if form.path_has_tag:
            places.append(
                "a line that holds nothing but the tag, at the end or the start of the article; or the file's name "
                "(`fr-02.txt`); or folder and name (`fr/02.txt`)"
            )
        rows.append((", ".join(f"`{extension}`" for extension in form.extensions), "; ".join(places)))
    return _table(("files", "where the tag is"), rows)


def fields_part() -> str:
    """List the usual names of the fields."""
    from builder.read.fields import field_names

    return _table(
        ("field", "names that are tried"),
        [(name, ", ".join(f"`{usual}`" for usual in names)) for name, names in field_names({}).items()],
    )


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines)


# Pages

PARTS: dict[str, Callable[[], str]] = {
    "commands": commands_part,
    "settings": settings_part,
    "columns": columns_part,
    "reasons": reasons_part,
    "formats": formats_part,
    "fields": fields_part,
}


def filled(page: str) -> str:
    """Give a page with its generated parts as they are now."""
    for name, part in PARTS.items():
        begin = BEGIN.format(name)
        if begin in page:
            before, rest = page.split(begin, 1)
            page = f"{before}{begin}\n\n{part()}\n\n{END}{rest.split(END, 1)[1]}"
    return page


def stale(write: bool = False) -> list[str]:
    """Name the pages whose generated parts are not as they would be now; write them if asked."""
    found = []
    for path in sorted(DOCS.glob("*.md")):
        page = path.read_text(encoding="utf-8")
        if (now := filled(page)) != page:
            found.append(path.name)
            if write:
                path.write_text(now, encoding="utf-8")
    return found


def main(arguments: list[str]) -> int:
    """Write the generated parts, or with `--check` exit with 1 if any is stale."""
    check = arguments == ["--check"]
    found = stale(write=not check)
    for name in found:
        print(f"docs/{name}: {'stale; run python -m docs.generate' if check else 'written'}")
    return int(check and bool(found))


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
