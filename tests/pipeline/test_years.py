"""A dataset through five releases, as its maintainer and its readers see it: built, published, loaded and compared."""

import itertools
import re
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import datasets
import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from builder.config.sections import Config
from builder.core.manifest_parts import plain
from builder.diff import changelog
from builder.diff.compare import compare, read_side
from builder.forget.forget import forget
from builder.release import catalog
from builder.remote import hub_client, locate
from builder.remote.publish import publish
from builder.verify.verify import verify
from tests.conftest import HUB, SAMPLE, Lines
from tests.damages import DAMAGES, LATER

pytestmark = [
    pytest.mark.slow,
    pytest.mark.xdist_group("years"),
    # Of huggingface_hub, when it uploads a file by git-LFS.
    pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning"),
]

REPO = "org/years"
FORGOTTEN = "fr-17"
FIRST = (
    "harbour.jsonl",
    "gazette",
    "parallel",
    "valley",
    "fr-17.txt",
    "fr-27.txt",
    "fr-33.txt",
    "es-24.txt",
    "de-03.txt",
)
# What happens, the version that it makes, and how many changes of each kind it is.
YEARS: tuple[tuple[str, str, dict[str, int]], ...] = (
    ("first", "1.0.0", {}),
    ("growth", "1.1.0", {"added": 2}),
    ("correction", "1.1.1", {"changed": 1}),
    ("forgetting", "1.1.2", {"removed": 1}),
    ("new language", "1.2.0", {"added": 1}),
)
VERSIONS = [version for _, version, _ in YEARS]


class Year(NamedTuple):
    """A release as it was when it was published."""

    ids: set[str]
    manifest: dict[str, Any]
    files: dict[str, bytes]
    texts: dict[str, str]


@pytest.fixture(scope="module")
def years(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Year]]:
    """Build and publish all five, each as soon as it is there: a later one may take an earlier one away."""
    from builder.pipeline.build import build

    folder = tmp_path_factory.mktemp("years")
    raw = folder / "raw"
    config = Config.model_validate(
        {
            "raw": str(raw),
            "out": str(folder / "out"),
            "name": "years",
            "forgotten": str(folder / "forgotten.csv"),
            "card": {"repository": REPO, "license": "cc-by-4.0"},
        }
    )
    HUB.repos.pop(REPO, None)
    found: dict[str, Year] = {}
    for what, version, _ in YEARS:
        happen(what, raw, config)
        made = build(config, Lines(None))
        assert (made.version, made.path is not None, made.changed) == (version, True, True), what
        assert made.path is not None
        done = publish(made.path, REPO, True, False, lambda question: False, lambda line: None)
        assert (done.tag, done.changed) == (f"v{version}", True)
        files = {
            path.relative_to(made.path).as_posix(): path.read_bytes() for path in made.path.rglob("*") if path.is_file()
        }
        texts: dict[str, str] = {}
        for path in made.path.glob("data/*/*.parquet"):
            rows = pq.read_table(path, columns=["id", "text"], partitioning=None)
            texts |= dict(zip(rows["id"].to_pylist(), rows["text"].to_pylist(), strict=True))
        found[version] = Year(set(texts), orjson.loads(files["manifest.json"]), files, texts)
    assert [path.name for path in catalog.all_of(folder / "out" / "years")] == ["1.1.2", "1.2.0"]
    yield found
    HUB.repos.pop(REPO, None)


def happen(what: str, raw: Path, config: Config) -> None:
    """Let a year bring what it brings."""
    if what == "first":
        raw.mkdir()
        for name in FIRST:
            (shutil.copytree if (SAMPLE / name).is_dir() else shutil.copy)(SAMPLE / name, raw / name)
    elif what == "growth":
        for name in ("en-05.txt", "en-0063.txt"):
            shutil.copy(SAMPLE / name, raw / name)
    elif what == "correction":
        path = raw / "fr-27.txt"
        said = path.read_text(encoding="utf-8")
        word = re.findall(r"\b[a-z]{6,}\b", said)[-1]
        path.write_text(re.sub(rf"\b{word}\b", "corrigée", said, count=1), encoding="utf-8")
    elif what == "forgetting":
        forget(config, [FORGOTTEN], "court order 12")
    else:
        (raw / "hi").mkdir()
        shutil.copy(SAMPLE / "hi" / "36.txt", raw / "hi" / "36.txt")


@pytest.fixture(scope="module")
def fetched(years: dict[str, Year]) -> dict[str, Path]:
    return {version: hub_client.fetch(f"hub:{REPO}@v{version}") for version in years}


@pytest.mark.parametrize("version", VERSIONS)
def test_every_release_is_there_by_its_tag_for_good(
    years: dict[str, Year], fetched: dict[str, Path], version: str, tmp_path: Path
) -> None:
    year = years[version]
    assert {
        path.relative_to(fetched[version]).as_posix(): path.read_bytes()
        for path in fetched[version].rglob("*")
        if path.is_file() and path.name != ".gitattributes"
    } == year.files
    everything = datasets.load_dataset(REPO, "all", revision=f"v{version}", cache_dir=str(tmp_path))
    assert {id for part in everything.values() for id in part["id"]} == year.ids
    for language, of_language in year.manifest["splits"].items():
        loaded = datasets.load_dataset(REPO, language, revision=f"v{version}", cache_dir=str(tmp_path))
        assert {split: len(part) for split, part in loaded.items()} == {
            split: said["rows"] for split, said in of_language.items()
        }
        assert all(part.info.version == version for part in loaded.values())


@pytest.mark.parametrize("version", VERSIONS)
def test_every_release_is_right(fetched: dict[str, Path], version: str) -> None:
    found = verify(locate.folder_of(f"hub:{REPO}@v{version}"))
    assert found.right, found.render()
    assert found.unchecked == {}


@pytest.mark.parametrize(("before", "after"), list(itertools.pairwise(VERSIONS)))
def test_neighbours_differ_by_what_happened(years: dict[str, Year], before: str, after: str) -> None:
    sides = [read_side(locate.folder_of(f"hub:{REPO}@v{version}")) for version in (before, after)]
    found = compare(*sides)
    expected = next(kinds for _, version, kinds in YEARS if version == after)
    said = plain(changelog.summary(found))
    assert {kind: count for kind, count in said["all"].items() if count and kind != "metadata"} == expected
    assert {change.id for change in found if change.kind == "added"} == years[after].ids - years[before].ids
    assert {change.id for change in found if change.kind == "removed"} == years[before].ids - years[after].ids
    for name in ("all", "table", "removed"):
        assert years[after].manifest["changes"][name] == said[name], "the release says the same of itself"
    if after == "1.1.1":
        assert next(change.added_words for change in found if change.kind == "changed") == ["corrigée"]
    if after == "1.1.2":
        assert [(change.id, change.reason) for change in found if change.kind == "removed"] == [
            (FORGOTTEN, "rejected:forgotten")
        ]
    splits = [dict(zip(side.ids, side.splits, strict=True)) for side in sides]
    assert all(splits[1][id] == split for id, split in splits[0].items() if id in splits[1])


def test_what_is_forgotten_is_in_no_release_from_then_on(years: dict[str, Year]) -> None:
    text = years["1.1.1"].texts[FORGOTTEN]
    pieces = [piece for piece in re.split(r"[.\n]", text) if len(piece.split()) >= 5]
    assert len(pieces) >= 3
    for version in ("1.1.2", "1.2.0"):
        assert FORGOTTEN not in years[version].ids
        for name, said in years[version].files.items():
            shown = (
                str(pq.read_table(pa.BufferReader(said)).to_pylist())
                if name.endswith(".parquet")
                else said.decode("latin-1")
            )
            assert not [piece for piece in pieces if piece in shown], name


def test_the_log_of_the_newest_release_tells_of_all(years: dict[str, Year]) -> None:
    said = years["1.2.0"].files["CHANGELOG.md"].decode()
    assert re.findall(r"^## (\S+):", said, re.MULTILINE) == VERSIONS[::-1]
    for version in VERSIONS[:-1]:
        assert years[version].files["CHANGELOG.md"].decode().split("## ", 1)[1] in said


# Ten and more with each release, each with two of them; some only with those that follow another one.
DAMAGED = [
    (version, *damage)
    for number, version in enumerate(VERSIONS)
    for place, damage in enumerate((*DAMAGES, *LATER * (number > 0)))
    if (place - number) % len(VERSIONS) < 2
]
assert min(Counter(case[0] for case in DAMAGED).values()) >= 10
assert {case[1] for case in DAMAGED} == {damage for damage, _, _ in (*DAMAGES, *LATER)}


@pytest.mark.parametrize(
    ("version", "damage", "check", "message"), DAMAGED, ids=[f"{case[0]}-{case[1].__name__}" for case in DAMAGED]
)
def test_every_damage_to_any_release_is_named(
    fetched: dict[str, Path], version: str, damage: Callable[[Path], None], check: str, message: str, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(fetched[version], tmp_path / version))
    damage(folder)
    found = verify(folder)
    assert any(re.search(message, problem) for problem in found.problems.get(check, [])), found.render()
