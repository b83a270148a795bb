"""The README, the pages and what stands beside them: links, the picture, the layout, and the site as a whole."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import orjson
import pytest
import yaml

from builder import __version__
from docs import pictures
from tests.conftest import ROOT
from tests.docs.conftest import Built

README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md"))]


def slug(heading: str) -> str:
    """Give the anchor of a heading, as hosts of Markdown make it."""
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


def anchors(page: Path) -> set[str]:
    return {slug(heading) for heading in re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
        if not target.startswith(("http", "mailto")):
            path, _, anchor = target.partition("#")
            leads_to = page.parent / path if path else page
            assert leads_to.exists(), target
            assert not anchor or anchor in anchors(leads_to), target


def test_the_readme_is_short() -> None:
    assert len(README.split()) <= 700


def test_the_readme_begins_with_the_picture_and_the_two_commands() -> None:
    assert README.index("docs/images/release.svg") < README.index("$ make dataset") < README.index("$ make test")
    assert README.index("$ make test") < README.index("load_dataset(")


def test_the_picture_is_what_the_script_draws(built: Built) -> None:
    manifest = orjson.loads((built.folder / "data/processed/news/latest/manifest.json").read_bytes())
    assert pictures.PICTURE.read_text(encoding="utf-8") == pictures.draw(manifest)


def test_the_layout_on_the_page_is_the_one_that_imports_are_held_to() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    block = page.split("## Layout")[1].split("```text\n")[1].split("```")[0]
    shown = [re.split(r"\s{2,}", line)[0] for line in block.splitlines()]
    (contract,) = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    assert shown == contract["layers"]


def test_paths_on_the_pages_exist() -> None:
    roots = [ROOT, ROOT / "builder", ROOT / "tests"]
    for page in PAGES:
        for path in re.findall(r"`((?:[\w-]+/)+[\w.-]+\.(?:py|toml))`", page.read_text(encoding="utf-8")):
            if "NAME" not in path and page.name != "CHANGELOG.md":
                assert any((root / path).exists() for root in roots), f"{page.name}: {path}"


def test_the_citation_has_the_version_and_the_licence() -> None:
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert {"cff-version", "message", "title", "authors"} <= set(cited)
    assert (cited["version"], cited["license"]) == (__version__, "MIT")


def test_terms_of_the_glossary_are_in_order_and_there_once() -> None:
    page = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
    terms = re.findall(r"^(\S.*)\n: ", page, re.MULTILINE)
    assert len(terms) >= 30
    assert terms == sorted(set(terms), key=str.lower)


def test_the_site_builds_without_a_warning_and_asks_no_other_host(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-d", str(tmp_path / "trees")]
    done = subprocess.run(
        [*command, "docs", str(tmp_path / "site")], capture_output=True, text=True, check=False, cwd=ROOT
    )
    assert (done.returncode, done.stderr) == (0, "")
    built = {path.stem for path in (tmp_path / "site").glob("*.html")}
    assert {page.stem for page in (ROOT / "docs").glob("*.md")} <= built
    for path in (tmp_path / "site").glob("*.html"):
        loaded = re.findall(
            r"<(?:script|img|iframe)\b[^>]*\bsrc=\"([^\"]+)|<link\b[^>]*\bhref=\"([^\"]+)", path.read_text()
        )
        assert not [url for urls in loaded for url in urls if re.match(r"(https?:)?//", url)], path.name
