"""Bad input never crashes a build and is never lost: one quarantined record with place and reason, the rest goes on."""

import gzip
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import orjson
import pytest

from builder.core.errors import BuilderError
from builder.pipeline.outcome import Outcome
from builder.prepare.prepare import SEGMENT_RECORDS
from tests.conftest import build, decisions, write_raw
from tests.release.test_write import FRENCH, article, french


def test_each_bad_file_is_one_quarantined_record(make: Callable[..., Outcome], tmp_path: Path) -> None:
    outside = tmp_path / "outside.txt"
    outside.write_text("secret\n\nfr-99\n")
    raw = write_raw(tmp_path / "raw", {**french(2), "sub/fr-03.txt": article(FRENCH[2], "fr-03")})
    (raw / "dangling.txt").symlink_to(raw / "nowhere.txt")
    (raw / "leaving.txt").symlink_to(outside)
    (raw / "folder-link").symlink_to(raw / "sub")
    os.mkfifo(raw / "pipe.txt")
    built = make(
        {
            "bomb.jsonl.gz": gzip.compress(b"0" * 30_000_000),
            "nul.txt": b"Titre\n\nUn \x00 texte.\n\nfr-05\n",
            "empty.txt": b"",
            "not.parquet": b"PAR1",
            "notes.docx": b"PK",
            "long.jsonl": b'{"tag": "fr-06", "text": "' + b"a" * 100_000_000 + b'"}\n',
            "noise.txt": bytes(range(128, 256)) * 3 + b"\n\nfr-07\n",
        },
        {"read": {"max_file_bytes": 20_000_000}},
    )
    found = decisions(built)
    expected = {
        "dangling.txt": "link",
        "leaving.txt": "link",
        "folder-link": "link",
        "pipe.txt": "unreadable",
        "bomb.jsonl.gz": "too_large",
        "nul.txt": "nul",
        "empty.txt": "empty",
        "not.parquet": "parquet",
        "notes.docx": "format",
        "long.jsonl": "too_long",
    }
    assert {name: found[name]["reason"] for name in expected} == expected
    assert all(found[name]["decision"] == "quarantined" and found[name]["detail"] for name in expected)
    assert (found["noise.txt"]["decision"], found["noise.txt"]["reason"]) == ("quarantined", "encoding")
    assert [found[f"fr-0{number}.txt"]["decision"] for number in (0, 1)] == ["kept", "kept"]
    assert built.path is not None
    long = built.path / "quarantine" / "long.jsonl.1.raw"
    assert long.stat().st_size == 100_000_000 + len('{"tag": "fr-06", "text": ""}')
    assert not (built.path / "quarantine" / "leaving.txt").exists()
    assert "secret" not in "".join(path.read_text("latin-1") for path in (built.path / "quarantine").rglob("*.txt"))


def test_a_raw_file_named_like_a_quarantined_record_keeps_its_own_bytes(make: Callable[..., Outcome]) -> None:
    lines = json.dumps({"tag": "fr-90", "text": FRENCH[3]}) + "\nbad\n"
    built = make(
        {**french(1), "a.jsonl": lines, "a.jsonl.2.raw": "precious", "b.jsonl": lines, "b.jsonl.2.raw/c": "too"}
    )
    assert built.path is not None
    kept = built.path / "quarantine"
    assert (kept / "a.jsonl.2.raw").read_bytes() == (kept / "b.jsonl.2.raw").read_bytes() == b"bad"
    assert (kept / "a.jsonl.2.raw_").read_bytes() == b"precious"
    assert (kept / "b.jsonl.2.raw_" / "c").read_bytes() == b"too"


def test_a_stretch_of_bad_records_longer_than_a_segment_loses_nothing(make: Callable[..., Outcome]) -> None:
    bad = "bad\n" * (2 * SEGMENT_RECORDS + 5)
    built = make({"a.jsonl": line(0) + bad + line(1), "b.jsonl": bad, "c.jsonl": line(2)})
    assert built.counts["read"] == 2 * (2 * SEGMENT_RECORDS + 5) + 3
    assert (built.counts["kept"], built.counts["quarantined"]) == (3, built.counts["read"] - 3)
    found = decisions(built)
    assert [found[f"a.jsonl:{place}"]["id"] for place in (1, 2 * SEGMENT_RECORDS + 7)] == ["fr-00", "fr-01"]
    assert found["c.jsonl"]["decision"] == "kept"


def test_more_bad_files_than_a_segment_holds_are_each_a_quarantined_record(make: Callable[..., Outcome]) -> None:
    count = SEGMENT_RECORDS + 60
    built = make({**{f"empty-{number:04}.txt": "" for number in range(count)}, "good.jsonl": line(0)})
    assert (built.counts["quarantined"], built.counts["kept"]) == (count, 1)


def line(number: int) -> str:
    return orjson.dumps({"tag": f"fr-{number:02}", "text": FRENCH[number]}).decode() + "\n"


def test_a_link_within_the_raw_root_is_read(make: Callable[..., Outcome], tmp_path: Path) -> None:
    raw = write_raw(tmp_path / "raw", french(1))
    (raw / "again.txt").symlink_to(raw / "fr-00.txt")
    found = decisions(make({}))
    assert sorted(found[name]["decision"] for name in ("again.txt", "fr-00.txt")) == ["duplicate", "kept"]


def test_a_name_that_is_no_unicode_is_read(make: Callable[..., Outcome], tmp_path: Path) -> None:
    folder = tmp_path / "raw"
    folder.mkdir()
    with open(os.fsencode(folder) + b"/caf\xe9.txt", "wb") as out:  # noqa: PTH123
        out.write(article(FRENCH[0], "fr-01").encode())
    found = decisions(make(french(0)))
    assert found["caf\\xe9.txt"]["decision"] == "kept"


def test_two_names_that_would_be_spelled_alike_are_two_files(make: Callable[..., Outcome], tmp_path: Path) -> None:
    folder = tmp_path / "raw"
    folder.mkdir()
    for name in (b"/caf\xe9.txt", b"/caf\\xe9.txt"):
        with open(os.fsencode(folder) + name, "wb") as out:  # noqa: PTH123
            out.write(article(FRENCH[0], "fr-01").encode())
    built = make({})
    found = decisions(built)
    assert [found[name]["decision"] for name in ("caf\\\\xe9.txt", "caf\\xe9.txt")] == ["kept", "duplicate"]
    assert built.counts["read"] == 2


def test_two_texts_with_one_id_the_first_in_path_order_keeps_it(make: Callable[..., Outcome]) -> None:
    raw = {"b.txt": article(FRENCH[0], "fr-01"), "a.txt": article(FRENCH[1], "fr-01")}
    found = decisions(make({**raw, "c.txt": article(FRENCH[1].upper(), "FR_01")}))
    assert found["a.txt"]["decision"] == "kept"
    assert (found["b.txt"]["decision"], found["b.txt"]["reason"]) == ("quarantined", "id_conflict")
    assert all(name in found["b.txt"]["detail"] for name in ("a.txt:1", "b.txt:1", "fr-01"))
    assert (found["c.txt"]["decision"], found["c.txt"]["reason"], found["c.txt"]["kept_id"]) == (
        "duplicate",
        "exact",
        "fr-01",
    )


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="needs root, to become nobody")
def test_what_may_not_be_read_is_quarantined(tmp_path: Path) -> None:
    raw = write_raw(tmp_path / "raw", {**french(1), "shut/fr-01.txt": article(FRENCH[1], "fr-01"), "fr-02.txt": "x"})
    (raw / "shut").chmod(0)
    (raw / "fr-02.txt").chmod(0)
    for folder in (tmp_path, *tmp_path.parents[:3]):
        folder.chmod(0o755)
    code = (
        "import os, sys; from pathlib import Path; from builder.read import scan\n"
        "os.setuid(65534)\n"
        "print([(file.path, file.reason and str(file.reason)) for file in scan.scan(Path(sys.argv[1]), ())])"
    )
    said = subprocess.run([sys.executable, "-c", code, str(raw)], check=True, capture_output=True, text=True).stdout
    assert eval(said) == [("fr-00.txt", None), ("fr-02.txt", "unreadable"), ("shut", "unreadable")]


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        ({}, "contains no files"),
        ({".hidden": "x", "README.md": "x"}, "contains no files"),
        ({"a.txt": "no tag here"}, "none of 1 records can be released. The first: no_tag: a.txt:1"),
    ],
)
def test_an_empty_corpus_is_a_clear_error_and_leaves_nothing(tmp_path: Path, raw: dict[str, str], says: str) -> None:
    folder = write_raw(tmp_path / "raw", dict(raw))
    folder.mkdir(exist_ok=True)
    with pytest.raises(BuilderError, match=says):
        build(folder, tmp_path / "out")
    assert not [path for path in (tmp_path / "out" / "news").iterdir() if path.name != ".work"]


def test_a_missing_raw_root_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(BuilderError, match=r"not a folder\. Name the folder of raw files"):
        build(tmp_path / "nowhere", tmp_path / "out")


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    run = [sys.executable, "-m", "builder", *arguments]
    return subprocess.run(run, capture_output=True, text=True, check=False)


def test_an_output_that_cannot_be_written_is_one_line_and_exit_1(tmp_path: Path) -> None:
    raw = write_raw(tmp_path / "raw", french(1))
    (tmp_path / "out").write_text("a file")
    said = command("build", "--raw", str(raw), "--out", str(tmp_path / "out"))
    assert said.returncode == 1
    assert said.stderr.count("\n") == 1
    assert "ReleaseError" in said.stderr
    assert "--out" in said.stderr


@pytest.mark.skipif(os.name != "posix", reason="limits a file's size as POSIX does")
def test_a_full_disk_is_one_line_and_leaves_nothing_half_written(tmp_path: Path) -> None:
    texts = {f"fr-{number:03}.txt": article(os.urandom(3000).hex(), f"fr-{number:03}") for number in range(40)}
    raw = write_raw(tmp_path / "raw", {**french(2), **texts})

    limited = f"ulimit -f 60 && exec {sys.executable} -m builder build --raw {raw} --out {tmp_path / 'out'}"
    said = subprocess.run(["bash", "-c", limited], capture_output=True, text=True, check=False)
    assert said.returncode == 1
    assert said.stderr.strip().splitlines()[-1].startswith("ReleaseError: ")
    assert "Traceback" not in said.stderr
    home = tmp_path / "out" / "news"
    assert not [path for path in home.iterdir() if path.name != ".work"]
    assert not [path for path in (home / ".work").rglob("*") if path.is_file() and path.name != "lock"]
    assert command("build", "--raw", str(raw), "--out", str(tmp_path / "out")).returncode == 0
