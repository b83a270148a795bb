"""Leaks: all that stands in two splits is found, in any dataset, and nothing else."""

import csv
import gzip
import random
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from builder.cli.main import main
from builder.core.errors import BuilderError
from builder.pipeline.outcome import Outcome
from builder.verify import leaks

ALPHABETS = {
    "fr": "abcdefghijklmnopqrstuvwxyz",
    "ru": "абвгдежзийклмнопрстуфхцчшщыьэюя",
    "ar": "ابتثجحخدذرزسشصضطظعغفقكلمنهوي",
    "zh": "的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年动同工也能下过",
    "th": "กขคงจฉชซญดตถทธนบปผฝพฟภมยรลวศษสหอฮ",
}
UNSPACED = ("zh", "th")


def text(language: str, seed: int, words: int = 90) -> str:
    chance = random.Random(f"{language}{seed}")
    letters = ALPHABETS[language]
    made = ["".join(chance.choices(letters, k=chance.randint(2, 7))) for _ in range(words)]
    return ("" if language in UNSPACED else " ").join(made)


def near(language: str, original: str, seed: int) -> str:
    """Change about one word in forty."""
    chance = random.Random(seed)
    if language in UNSPACED:
        parts = list(original)
        for at in range(20, len(parts), 160):
            parts[at] = chance.choice(ALPHABETS[language])
        return "".join(parts)
    words = original.split()
    for at in range(7, len(words), 40):
        words[at] = "".join(chance.choices(ALPHABETS[language], k=9))
    return " ".join(words)


def planted() -> tuple[list[dict[str, Any]], dict[str, tuple[str, str]]]:
    """Give rows with splits, and for each leaking row of test or validation its kind and mate."""
    rows: list[dict[str, Any]] = []
    truth: dict[str, tuple[str, str]] = {}
    for language in ALPHABETS:
        for number in range(40):
            rows.append({"id": f"{language}-{number}", "language": language, "text": text(language, number)})
            rows[-1] |= {"split": "train" if number < 30 else "validation" if number < 35 else "test"}
        made = {
            "exact": text(language, 1),
            "marked": "… ".join(text(language, 2).upper().rsplit("\N{NO-BREAK SPACE}" if language == "zh" else " ", 3)),
            "near": near(language, text(language, 3), 1),
            "cut": text(language, 4)[: len(text(language, 4)) // 2],
            "quoting": f"{text(language, 900)} {text(language, 5)} {text(language, 901)}",
        }
        kinds = {"exact": "exact", "marked": "exact", "near": "near", "cut": "contained", "quoting": "contained"}
        for number, (name, said) in enumerate(made.items()):
            split = "test" if number % 2 else "validation"
            rows.append({"id": f"{language}-{name}", "language": language, "text": said, "split": split})
            truth[f"{language}-{name}"] = kinds[name], f"{language}-{number + 1}"
    return rows, truth


def found(path: Path, **columns: Any) -> dict[str, tuple[str, str]]:
    checked = leaks.check(str(path), **columns)
    return {
        checked.placed[leak.row].id: (leak.kind, checked.placed[leak.mate].id)
        for leak in checked.leaks
        if checked.placed[leak.mate].split == "train"
    }


def without(row: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in names}


def of_split(rows: list[dict[str, Any]], split: str) -> list[dict[str, Any]]:
    return [without(row, "split") for row in rows if row["split"] == split]


def as_lines(rows: list[dict[str, Any]]) -> bytes:
    return b"".join(orjson.dumps(row) + b"\n" for row in rows)


def test_every_planted_leak_is_found_in_a_folder_of_json_lines_and_none_is_invented(tmp_path: Path) -> None:
    rows, truth = planted()
    for split in ("train", "validation", "test"):
        (tmp_path / f"{split}.jsonl").write_bytes(as_lines(of_split(rows, split)))
    assert found(tmp_path) == truth


def test_parquet_compressed_lines_and_a_column_of_splits_give_the_same(tmp_path: Path) -> None:
    rows, truth = planted()
    for split in ("train", "validation", "test"):
        folder = tmp_path / "parquet" / ("dev" if split == "validation" else split)
        folder.mkdir(parents=True)
        pq.write_table(pa.Table.from_pylist(of_split(rows, split)), folder / "part-0.parquet")
        (tmp_path / "zipped").mkdir(exist_ok=True)
        (tmp_path / "zipped" / f"{split}.jsonl.gz").write_bytes(gzip.compress(as_lines(of_split(rows, split))))
    (tmp_path / "one.jsonl").write_bytes(as_lines(rows))
    for path in (tmp_path / "parquet", tmp_path / "zipped", tmp_path / "one.jsonl"):
        assert found(path) == truth


def test_what_datasets_has_saved_is_read(tmp_path: Path) -> None:
    from datasets import Dataset, DatasetDict

    rows, truth = planted()
    parts = {split: Dataset.from_list(of_split(rows, split)) for split in ("train", "validation", "test")}
    DatasetDict(parts).save_to_disk(tmp_path / "saved")
    assert found(tmp_path / "saved") == truth


def test_columns_may_be_named_and_languages_unknown(tmp_path: Path) -> None:
    rows, truth = planted()
    named = [{"inhoud": row["text"], "nummer": row["id"], "split": row["split"]} for row in rows]
    (tmp_path / "one.jsonl").write_bytes(as_lines(named))
    assert found(tmp_path / "one.jsonl", text="inhoud", id="nummer") == truth
    with pytest.raises(BuilderError, match=r"no column text .*it has inhoud, nummer, split\. Name it by --text"):
        leaks.check(str(tmp_path / "one.jsonl"))


def test_stories_across_languages_leak_by_field_by_tag_and_by_url(tmp_path: Path) -> None:
    def rows(**more: list[Any]) -> list[dict[str, Any]]:
        texts = [text("fr", 1), text("ru", 2), text("ar", 3)]
        made = [{"text": said, "split": split} for said, split in zip(texts, ("train", "test", "train"), strict=True)]
        return [{**row, **{name: column[at] for name, column in more.items()}} for at, row in enumerate(made)]

    for more in (
        {"story": ["s1", "s1", "s2"]},
        {"tag": ["fr-07", "ru-07", "ar-08"]},
        {"url": ["https://www.x.org/a?utm_source=b", "http://x.org/a", "http://x.org/b"]},
    ):
        (tmp_path / "one.jsonl").write_bytes(as_lines(rows(**more)))
        checked = leaks.check(str(tmp_path / "one.jsonl"))
        assert [(leak.kind, leak.row, leak.mate) for leak in checked.leaks] == [("story", 1, 0)]


def test_a_release_of_ours_has_no_leaks_and_one_that_is_broken_up_has(sample: Outcome, tmp_path: Path) -> None:
    assert sample.path is not None
    checked = leaks.check(str(sample.path))
    assert checked.leaks == []
    assert sum(checked.rows.values()) == sample.counts["kept"]
    manifest = orjson.loads((sample.path / "manifest.json").read_bytes())
    assert manifest["leaks"] == []
    assert "Leak test: every pair" in (sample.path / "README.md").read_text()
    for number, path in enumerate(sorted(sample.path.glob("data/*/*.parquet"))):
        split = ("train", "test")[number % 2]
        (tmp_path / split).mkdir(exist_ok=True)
        pq.write_table(pq.read_table(path), tmp_path / split / f"{number}.parquet")
    kinds = {leak.kind for leak in leaks.check(str(tmp_path)).leaks}
    assert "story" in kinds


def test_conflicts_that_are_only_reported_are_leaks_of_the_release(make: Callable[..., Outcome]) -> None:
    settings = {
        "language": {"reject": ()},
        "split": {"train": 0.5, "validation": 0.0, "test": 0.5, "min_articles": 2, "conflicts": "report"},
        "stories": {"threshold": 1.0},
    }

    def raw(joined: bool) -> bytes:
        rows = [
            {"tag": f"fr-{n:02}", "title": "t", "text": text("fr", n), "url": f"http://x.org/{n}"} for n in range(8)
        ]
        if joined:
            rows = [{**row, "canonical": "http://x.org/all"} for row in rows]
        return as_lines(rows)

    first = make({"a.jsonl": raw(False)}, settings)
    assert orjson.loads((first.path / "manifest.json").read_bytes())["leaks"] == []  # type: ignore[operator]
    outcome = make({"a.jsonl": raw(True)}, settings)
    assert outcome.path is not None
    said = orjson.loads((outcome.path / "manifest.json").read_bytes())["leaks"]
    assert said
    assert {leak["kind"] for leak in said} == {"story"}
    assert any("mate of" in warning for warning in outcome.warnings)


def test_the_command_ends_with_one_where_something_leaks(tmp_path: Path) -> None:
    rows, truth = planted()
    (tmp_path / "bad.jsonl").write_bytes(as_lines(rows))
    said = CliRunner().invoke(main, ["check", "leaks", str(tmp_path / "bad.jsonl")])
    assert said.exit_code == 1
    assert said.stdout.splitlines()[0] == "rows: test 35, train 150, validation 40"
    assert "test in train: 10 rows, 28.6% of it (contained 5, exact 5)" in said.stdout
    assert said.stdout.splitlines()[-1] == f"leaks: {len(truth)}"
    clean = [row for row in rows if row["id"] not in truth]
    (tmp_path / "good.jsonl").write_bytes(as_lines(clean))
    said = CliRunner().invoke(main, ["check", "leaks", str(tmp_path / "good.jsonl"), "--json"])
    assert (said.exit_code, orjson.loads(said.stdout)["leaks"]) == (0, [])
    (tmp_path / "alone.jsonl").write_bytes(as_lines(of_split(rows, "train")))
    (tmp_path / "train").mkdir()
    (tmp_path / "alone.jsonl").rename(tmp_path / "train" / "alone.jsonl")
    said = CliRunner().invoke(main, ["check", "leaks", str(tmp_path / "train")])
    assert said.exit_code == 1
    (tmp_path / "train" / "alone.jsonl").rename(tmp_path / "train" / "train.jsonl")
    said = CliRunner().invoke(main, ["check", "leaks", str(tmp_path / "train")])
    assert (said.exit_code, said.stdout.splitlines()[1]) == (0, "one split only, so nothing can leak")


def written_pairs(path: Path) -> list[dict[str, Any]]:
    if path.suffix == ".parquet":
        return pq.read_table(path).to_pylist()  # type: ignore[no-any-return]
    if path.suffix == ".JSONL":
        return [orjson.loads(line) for line in path.read_bytes().splitlines()]
    with path.open(newline="", encoding="utf-8") as stream:
        read = list(csv.DictReader(stream))
    return [{**row, "similarity": float(row["similarity"]) if row["similarity"] else None} for row in read]


@pytest.mark.parametrize("name", ["pairs.parquet", "pairs.csv", "new/pairs.JSONL"])
def test_all_pairs_are_written_to_a_file(tmp_path: Path, name: str) -> None:
    rows, truth = planted()
    (tmp_path / "bad.jsonl").write_bytes(as_lines(rows))
    out = tmp_path / name
    said = CliRunner().invoke(main, ["check", "leaks", str(tmp_path / "bad.jsonl"), "--out", str(out)])
    assert said.exit_code == 1
    assert f"{out}: {len(truth)} pairs" in said.stderr
    assert len(re.findall(r"^  \w", said.stdout, re.MULTILINE)) == leaks.SHOWN
    written = written_pairs(out)
    assert {row["id"]: (row["kind"], row["mate"]) for row in written} == truth
    texts = {row["id"]: row["text"] for row in rows}
    for row in written:
        assert texts[row["id"]].startswith(row["text"])
        assert texts[row["mate"]].startswith(row["mate_text"])
        assert (row["split"] in ("test", "validation"), row["mate_split"]) == (True, "train")
        assert row["kind"] != "near" or row["similarity"] > 0.5


def test_all_pairs_are_printed_where_that_is_asked_for(tmp_path: Path) -> None:
    rows, truth = planted()
    (tmp_path / "bad.jsonl").write_bytes(as_lines(rows))
    command = ["check", "leaks", str(tmp_path / "bad.jsonl"), "--json"]
    few, every = (orjson.loads(CliRunner().invoke(main, [*command, *more]).stdout) for more in ([], ["--all"]))
    assert len(few["examples"]) == leaks.SHOWN < len(truth)
    assert every["examples"][: leaks.SHOWN] == few["examples"]
    assert {row["id"]: (row["kind"], row["mate"]) for row in every["examples"]} == truth
    printed = CliRunner().invoke(main, [*command[:-1], "--all"]).stdout
    assert all(f": {id} (" in printed for id in truth)


def test_a_place_where_pairs_cannot_be_written_is_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "train.jsonl").write_bytes(as_lines([{"id": "fr-1", "text": text("fr", 1)}]))
    command = ["check", "leaks", str(tmp_path), "--out"]
    said = CliRunner().invoke(main, [*command, "pairs.xlsx"])
    expected = "the format is unknown. Expected a name that ends in .parquet, .csv or .jsonl"
    assert (said.exit_code, said.stderr) == (1, f"BuilderError: --out pairs.xlsx: {expected}\n")
    place = tmp_path / "train.jsonl" / "pairs.csv"
    said = CliRunner().invoke(main, [*command, str(place)])
    assert said.exit_code == 1
    assert said.stderr.startswith(f"BuilderError: {place}: cannot be written (")


@pytest.mark.parametrize(
    ("files", "says"),
    [
        ({}, "the folder has no Parquet or JSON Lines file"),
        ({"a.jsonl": b'{"text": "x"}\n'}, "the file has no split. Expected train"),
        ({"train.jsonl": b"{"}, "cannot be read"),
        ({"train.parquet": b"PAR1"}, "cannot be read"),
    ],
)
def test_what_cannot_be_checked_is_told_in_one_line(tmp_path: Path, files: dict[str, bytes], says: str) -> None:
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    with pytest.raises(BuilderError, match=says):
        leaks.check(str(tmp_path))
