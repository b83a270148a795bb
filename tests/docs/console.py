"""Run the console blocks of a page as a reader would, in order and in one folder, and compare what they print."""

import os
import re
import shlex
import shutil
import subprocess
from contextlib import chdir
from pathlib import Path
from typing import NamedTuple

from click.testing import CliRunner

from builder.cli.main import main
from tests.conftest import ROOT

_BLOCK = re.compile(r"^( *)```(\S*)[^\n]*\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)


class Block(NamedTuple):
    """A block of a page: its language, its text and the line that it begins at."""

    language: str
    text: str
    line: int


class Shown(NamedTuple):
    """A command of a console block, and the lines that the page shows below it."""

    command: str
    lines: list[str]


def blocks(page: Path) -> list[Block]:
    """Give the blocks of a page in order."""
    text = page.read_text(encoding="utf-8")
    return [Block(found[2], found[3], text[: found.start()].count("\n") + 1) for found in _BLOCK.finditer(text)]


def commands(block: Block) -> list[Shown]:
    """Part a console block into commands and what they print.

    >>> commands(Block("console", "$ builder verify x\\nx\\n  files: ok\\n$ make test\\n", 1))
    [Shown(command='builder verify x', lines=['x', '  files: ok']), Shown(command='make test', lines=[])]
    """
    found: list[Shown] = []
    for line in block.text.splitlines():
        if line.startswith("$ "):
            found.append(Shown(" ".join(shlex.split(line[2:].split(" # ")[0], posix=False)), []))
        else:
            found[-1].lines.append(line)
    return found


def fits(shown: list[str], printed: str) -> bool:
    r"""Tell whether a command printed what a page shows; `...` stands for any lines, or for the rest of a line.

    >>> fits(["a", "...", "d: ..."], "a\nb\nc\nd: 1\n"), fits(["..."], ""), fits(["a", "c"], "a\nb\nc\n")
    (True, True, False)
    """
    pattern = ""
    for line in shown:
        if line == "...":
            pattern += r"(?:.*\n)*"
        elif line.endswith("..."):
            pattern += re.escape(line[:-3]) + r".*\n"
        else:
            pattern += re.escape(line.rstrip()) + r"\n"
    lines = "".join(f"{line.rstrip()}\n" for line in printed.splitlines())
    return re.fullmatch(pattern, lines) is not None


def run(command: str, folder: Path) -> tuple[int, str]:
    """Run a command in a folder; give its exit status, and what it prints to both outputs."""
    name, *arguments = shlex.split(command)
    if name == "make":
        arguments = _made_by(arguments)
        name = "builder"
    if name == "cp":
        shutil.copy(folder / arguments[0], folder / arguments[1])
        return 0, ""
    assert name.removeprefix(".venv/bin/") == "builder", f"{command}: the tests cannot run this"
    with chdir(folder):
        result = CliRunner(env={"COLUMNS": "80", "NO_COLOR": "1"}).invoke(main, arguments, prog_name="builder")
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.output


def _made_by(arguments: list[str]) -> list[str]:
    """Give the arguments that make gives to the builder."""
    command = ["make", "--no-print-directory", "--dry-run", "--assume-old=.venv/.runtime", *arguments]
    env = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    lines = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT, env=env).stdout
    return shlex.split(lines.replace("\\\n", " ").split(".venv/bin/builder ")[1])
