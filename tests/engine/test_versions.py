"""The digests of code: which changes prepare rows again, and which only make a build check its inputs again."""

import tomllib
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from builder.config.sections import Config
from builder.engine import versions
from builder.prepare.prepare import key
from tests.conftest import ROOT

PACKAGE = Path(str(resources.files("builder")))
FOLDERS = sorted(
    {path.parent.relative_to(PACKAGE).parts[0] for path in PACKAGE.rglob("*.py") if path.parent != PACKAGE}
)
PREPARES_AGAIN = {"config", "core", "data", "dedup", "engine", "langid", "languages", "prepare", "read", "text"}


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Give a copy of the package's files, and compute the digests from it."""
    for path in (path for kind in ("*.py", "*.toml", "*.jinja") for path in PACKAGE.rglob(kind)):
        copy = tmp_path / path.relative_to(PACKAGE)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(path.read_bytes())
    monkeypatch.setattr(versions, "_ROOT", tmp_path)
    forget()
    yield tmp_path
    monkeypatch.undo()
    forget()


def forget() -> None:
    versions.code_digest.cache_clear()
    versions.prepare_digest.cache_clear()


def test_the_folders_that_prepare_are_those_at_and_below_prepare_in_the_import_order() -> None:
    contract = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"][0]
    layers = contract["layers"]
    below = {name for layer in layers[layers.index("prepare") :] for name in layer.split(" | ")}
    assert below | {"data"} == versions.PREPARE_FOLDERS == PREPARES_AGAIN


@pytest.mark.parametrize("folder", [*FOLDERS, "data"])
def test_a_changed_file_prepares_again_only_in_the_folders_that_prepare(package: Path, folder: str) -> None:
    config = Config()
    segments, code = key(config), versions.code_digest()
    changed = next(path for kind in ("*.py", "*.toml") for path in sorted((package / folder).rglob(kind)))
    changed.write_text(changed.read_text(encoding="utf-8") + "\n# a word\n", encoding="utf-8")
    forget()
    assert versions.code_digest() != code, "every file makes a build check its inputs again"
    assert (key(config) != segments) == (folder in PREPARES_AGAIN)


@pytest.mark.parametrize("path", ["describe/card.md.jinja", "__init__.py", "release/write.py", "cli/main.py"])
def test_the_card_template_the_version_and_the_writer_prepare_nothing_again(package: Path, path: str) -> None:
    segments = key(Config())
    (package / path).write_text((package / path).read_text(encoding="utf-8") + "\n", encoding="utf-8")
    forget()
    assert key(Config()) == segments


def test_only_the_settings_of_preparing_are_in_the_key() -> None:
    def keyed(settings: Any) -> str:
        return key(Config.model_validate(settings))

    usual = keyed({})
    for other in (
        {"name": "paper"},
        {"dedup": {"threshold": 0.9}},
        {"dedup": {"keep": "latest"}},
        {"split": {"by": "time", "test_from": "2024-01-01"}},
    ):
        assert keyed(other) == usual, other
    for again in ({"dedup": {"ngram": 4}}, {"privacy": {"mask": ("email",)}}, {"fields": {"title": "kop"}}):
        assert keyed(again) != usual, again
