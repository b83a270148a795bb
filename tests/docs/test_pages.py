"""Every console block and every Python block of the README and the documentation does what it shows."""

import re
import shutil
import tomllib
from collections.abc import Callable
from contextlib import chdir
from pathlib import Path
from typing import Any

import orjson
import pytest

from builder.config.sections import Config
from tests.conftest import ROOT, SAMPLE
from tests.docs.conftest import Built
from tests.docs.console import Block, blocks, commands, fits, run
from tests.hub import Hub

pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")  # of huggingface_hub

PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "SECURITY.md", *sorted((ROOT / "docs").glob("*.md"))]
LANGUAGES = {"console", "python", "toml", "text", "{toctree}", "{include}"}  # of blocks; none runs unseen
BUILDS_FIRST = ("make dataset", "builder build")
NOT_RUN = {
    "make test": "runs all tests, of which this is one",
    "make check": "runs all tests, of which this is one",
    ".venv/bin/python -m pytest tests/text builder/text": "runs tests from within a test",
    ".venv/bin/pip install s3fs==2026.9.0": "changes the environment that the tests run in",
}
EXITS_WITH_1 = {"builder rehydrate out/news/latest --raw mine --to back": "not all articles match"}


def _more_files(folder: Path) -> None:
    (folder / "new").mkdir()
    text = "Le pont couvert rouvre lundi matin, après deux hivers de travaux menés par les charpentiers de la vallée."
    (folder / "new" / "fr-701.txt").write_text(f"Le pont couvert rouvre\n\n{text}\n\nfr-701\n", encoding="utf-8")


def _files_of_a_reader(folder: Path) -> None:
    """Leave out the wire's articles, and change a headline; `ids.toml` is the page's own."""
    shutil.copytree(SAMPLE, folder / "mine", ignore=shutil.ignore_patterns("wire"))
    path = folder / "mine" / "harbour.jsonl"
    rows = [orjson.loads(line) for line in path.read_bytes().splitlines()]
    for row in rows:
        row["title"] += " !" if row["tag"] == "fr-507" else ""
    path.write_bytes(b"".join(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE) for row in rows))
    settings = next(block for block in blocks(ROOT / "docs" / "releases-of-ids.md") if block.language == "toml")
    (folder / "ids.toml").write_text(settings.text, encoding="utf-8")


def _few_files(folder: Path) -> None:
    """Leave three French articles, so that a build to a store takes a second."""
    shutil.rmtree(folder / "data")
    (folder / "data" / "raw").mkdir(parents=True)
    for path in SAMPLE.glob("fr-*.txt"):
        shutil.copy(path, folder / "data" / "raw")


BEFORE: dict[str, Callable[[Path], None]] = {
    "releases.md": _more_files,
    "releases-of-ids.md": _files_of_a_reader,
    "stores.md": _few_files,
}


def _runs(page: Path) -> bool:
    return any(block.language in ("console", "python") for block in blocks(page))


@pytest.mark.parametrize("page", [page for page in PAGES if _runs(page)], ids=lambda page: page.name)
def test_the_blocks_of_a_page_run_and_print_what_they_show(
    page: Path, built: Built, tmp_path: Path, hub: Hub, request: pytest.FixtureRequest
) -> None:
    if "s3://" in "".join(block.text for block in blocks(page) if block.language in ("console", "python")):
        request.getfixturevalue("bucket")
    folder = tmp_path / "reader"
    shutil.copytree(built.folder, folder, symlinks=True)
    if prepare := BEFORE.get(page.name):
        prepare(folder)
    fresh = True
    for block in blocks(page):
        if block.language == "console":
            fresh = _console(page, block, folder, built if fresh else None)
        elif block.language == "python":
            with chdir(folder):
                exec(compile(block.text, f"{page.name}:{block.line}", "exec"), {})


def _console(page: Path, block: Block, folder: Path, first: Built | None) -> bool:
    """Run a block; a page's first command may be the build that made the folder. Tell whether none was run yet."""
    for shown in commands(block):
        if shown.command in NOT_RUN:
            continue
        if first and shown.command == "make dataset":
            status, printed = 0, first.printed
        else:
            status, printed = run(shown.command, folder)
        first = None
        assert status == (1 if shown.command in EXITS_WITH_1 else 0), f"{page.name}: {shown.command}\n{printed}"
        if shown.lines:
            assert fits(shown.lines, printed), f"{page.name}: {shown.command} printed\n{printed}"
    return first is not None


def test_what_is_not_run_is_on_a_page() -> None:
    on_pages = {
        shown.command
        for page in PAGES
        for block in blocks(page)
        if block.language == "console"
        for shown in commands(block)
    }
    assert {*NOT_RUN, *EXITS_WITH_1} <= on_pages


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_block_is_of_a_kind_that_is_checked(page: Path) -> None:
    assert {block.language for block in blocks(page)} <= LANGUAGES
    assert page.read_text(encoding="utf-8").count("```") == 2 * len(blocks(page))


@pytest.mark.parametrize(
    "block",
    [
        pytest.param(block, id=f"{page.name}:{block.line}")
        for page in PAGES
        for block in blocks(page)
        if block.language == "toml"
    ],
)
def test_settings_on_a_page_are_settings(block: Block) -> None:
    Config.model_validate_json(orjson.dumps(_plain(tomllib.loads(block.text))), strict=False)


def _plain(value: Any) -> Any:
    """Give days as JSON has them."""
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    return value.isoformat() if hasattr(value, "isoformat") else value


def test_make_targets_and_options_on_the_pages_exist() -> None:
    from docs import generate

    known = generate.commands_part() + "--help --version --check"
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for option in re.findall(r"(?<=[` ])(--[a-z][a-z-]+)", re.sub(r"python -m \S+|pip install \S+", "", text)):
            assert option in known, f"{page.name}: {option}"
        for target in re.findall(r"`make ([a-z-]+)", text):
            assert re.search(rf"^{target}:", makefile, re.MULTILINE), f"{page.name}: make {target}"
