"""Who holds the texts gets from a release of ids what a release with them has."""

import gzip
import re
import shutil
from pathlib import Path

import datasets
import orjson
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from builder.cli.main import main
from builder.config.sections import Config
from builder.core import lock
from builder.core.errors import BuilderError, ReleaseError
from builder.diff.compare import compare, read_side
from builder.pipeline.outcome import Outcome
from builder.read.formats.registry import EXPECTED
from builder.rehydrate.rehydrate import rehydrate
from builder.release import write
from builder.verify.verify import verify
from tests.conftest import SAMPLE, Files, build, write_raw
from tests.damages import sealed
from tests.prepare.test_boilerplate import articles as with_furniture
from tests.prepare.test_boilerplate import own
from tests.release.ids import SETTINGS, data, states, varied


def test_the_sample_is_rehydrated_to_the_bytes_of_its_release(ids: Path, sample: Outcome, tmp_path: Path) -> None:
    assert sample.path
    done = rehydrate(ids, SAMPLE, tmp_path / "to")
    assert done.whole
    assert data(tmp_path / "to") == data(sample.path)
    assert verify(tmp_path / "to").problems == {}
    assert "rehydrated" in (tmp_path / "to" / "README.md").read_text().lower()
    assert compare(read_side(ids), read_side(tmp_path / "to")) == []
    loaded = datasets.load_dataset(str(tmp_path / "to"), "fr")
    assert sum(part.num_rows for part in loaded.values()) == sample.languages["fr"]["kept"]


def test_furniture_masks_and_repairs_come_out_as_they_were(both: tuple[Path, Path], tmp_path: Path) -> None:
    texts, of_ids = both
    published = {row["id"]: row for path in texts.glob("data/*/*") for row in pq.read_table(path).to_pylist()}
    assert "[EMAIL]" in published["fr-50"]["text"]
    assert "mojibake" in published["fr-50"]["repairs"]
    assert published["fr-80"]["folded_headline"] == "match"
    known = [row for path in of_ids.glob("data/*/*") for row in pq.read_table(path).to_pylist() if row["furniture"]]
    assert len(known) == 8
    assert rehydrate(of_ids, write_raw(tmp_path / "raw", varied()), tmp_path / "to").whole
    assert data(tmp_path / "to") == data(texts)


def test_who_holds_a_part_gets_that_part_without_its_furniture(both: tuple[Path, Path], tmp_path: Path) -> None:
    of_ids = both[1]
    lines = with_furniture(8).split("\n")
    held = write_raw(tmp_path / "raw", {"press/furniture.jsonl": "\n".join(lines[2:4]), "notes.pdf": b"x"})
    done = rehydrate(of_ids, held, tmp_path / "to")
    assert {id for id, state in states(done).items() if state == "matched"} == {"press/fr-Post2", "press/fr-Post3"}
    assert set(states(done).values()) == {"matched", "missing"}
    assert done.unreadable == ["notes.pdf: 'notes.pdf' has an unknown extension. Expected " + EXPECTED]
    found = {
        row["id"]: row["text"] for part in datasets.load_dataset(str(tmp_path / "to"), "fr").values() for row in part
    }
    assert found == {"press/fr-Post2": own(2), "press/fr-Post3": own(3)}
    assert verify(tmp_path / "to").problems == {}
    card = (tmp_path / "to" / "README.md").read_text()
    assert "Rehydrated: 2 of 15 articles" in card


def test_every_article_is_matched_changed_or_missing_and_known_by_id_url_or_words(
    both: tuple[Path, Path], tmp_path: Path
) -> None:
    files = varied()
    files["rows.csv"] = f'tag,title,text\nfr-70,Autre,"{own(70)}"\nfr-71,,"{own(71)} Plus."\n'
    files["fr-80.txt"] = str(files["fr-80.txt"]).replace("fr-80", "fr-8000")  # another id, the same words
    files["moved/by-url.jsonl"] = orjson.dumps(
        {"tag": "fr-5100", "text": own(51), "url": "http://www.example.org/news/51", "title": "Un"}
    )
    letters = gzip.decompress(bytes(files["letters.jsonl.gz"])).split(b"\n")  # type: ignore[arg-type]
    files["letters.jsonl.gz"] = gzip.compress(letters[0].replace(b"Jo  Petit", b"Al Petit"))
    del files["table.parquet"]
    done = rehydrate(both[1], write_raw(tmp_path / "raw", files), tmp_path / "to")
    found = {row["id"]: row for row in done.table.to_pylist()}
    assert done.counts == {"matched": 10, "changed": 3, "missing": 2}
    assert {id: found[id]["differs"] for id in found if found[id]["state"] == "changed"} == {
        "fr-50": ["author"],
        "fr-70": ["title"],
        "fr-71": ["text"],
    }
    assert (found["fr-71"]["file"], found["fr-71"]["place"]) == ("rows.csv", 5)
    assert (found["fr-51"]["file"], found["fr-51"]["held_id"]) == ("moved/by-url.jsonl", "moved/fr-5100")
    assert found["fr-80"]["held_id"] == "fr-8000"
    assert {id for id in found if found[id]["state"] == "missing"} == {"fr-60", "fr-61"}
    assert verify(tmp_path / "to").problems == {}
    assert pq.read_table(tmp_path / "to" / "rehydrated.parquet").equals(done.table)
    assert "fr-70: another title in rows.csv:2" in done.render()


def test_a_part_of_the_files_is_known_by_tags_where_its_collection_is_gone(
    both: tuple[Path, Path], tmp_path: Path
) -> None:
    held = write_raw(tmp_path / "press", {"furniture.jsonl": with_furniture(8)})
    done = rehydrate(both[1], held, tmp_path / "to")
    assert {row["held_id"] for row in done.table.to_pylist() if row["state"] == "matched"} == {
        f"fr-Post{number}" for number in range(8)
    }


def test_other_versions_than_those_of_the_release_are_named_where_texts_differ(
    both: tuple[Path, Path], tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(both[1], tmp_path / both[1].name))
    manifest = orjson.loads((folder / "manifest.json").read_bytes())
    manifest["versions"]["ftfy"] = "5.0"
    sealed(folder / "manifest.json", manifest)
    held = write_raw(tmp_path / "raw", {"rows.csv": str(varied()["rows.csv"]).replace("Titre", "Autre")})
    problem = rehydrate(folder, held, tmp_path / "to").problem()
    assert re.search(
        r"1 of 15 articles .*: 1 changed, 13 missing\. The release was made with ftfy 5\.0 \([\d.]+ here\)", problem
    )
    (folder / "manifest.json").write_bytes((folder / "manifest.json").read_bytes().replace(b"5.0", b"5.1"))
    with pytest.raises(ReleaseError, match=r"manifest\.json: the content has the digest .*Download the release again"):
        rehydrate(folder, held, tmp_path / "to")


def test_an_id_that_is_held_twice_matches_by_the_text_that_is_meant(both: tuple[Path, Path], tmp_path: Path) -> None:
    before = orjson.dumps({"tag": "fr-71", "text": own(99)})
    held = write_raw(tmp_path / "raw", {"a.jsonl": before, "rows.csv": varied()["rows.csv"]})
    done = rehydrate(both[1], held, tmp_path / "to")
    assert done.counts == {"matched": 2, "changed": 0, "missing": 13}


def test_shards_that_lose_all_or_some_of_their_rows_are_numbered_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(write, "SHARD_BYTES", 900)
    monkeypatch.setattr("builder.rehydrate.find_texts.SEGMENT_RECORDS", 2)
    files: Files = {f"fr-{number:02}.txt": f"Titre\n\n{own(number)}\n\nfr-{number:02}\n" for number in range(9)}
    root = write_raw(tmp_path / "raw", files)
    texts, of_ids = (build(root, tmp_path / publish, {"publish": publish}).path for publish in ("text", "ids"))
    assert texts
    assert of_ids
    whole = data(texts)
    assert len(whole) > 4
    assert data(of_ids).keys() == whole.keys()
    assert rehydrate(of_ids, root, tmp_path / "to").whole
    assert data(tmp_path / "to") == whole
    first = pq.read_table(of_ids / next(iter(sorted(f"data/{name}" for name in whole))))["id"].to_pylist()
    for id in (*first, "fr-08"):
        (root / f"{id}.txt").unlink()
    done = rehydrate(of_ids, root, tmp_path / "to")
    assert done.counts == {"matched": 8 - len(first), "changed": 0, "missing": len(first) + 1}
    assert len(data(tmp_path / "to")) < len(whole)
    assert verify(tmp_path / "to").problems == {}


def test_furniture_that_was_left_in_stays_in(tmp_path: Path) -> None:
    root = write_raw(tmp_path / "raw", {"press/a.jsonl": with_furniture(6)})
    settings = {**SETTINGS, "furniture": {"remove": False}}
    texts, of_ids = (build(root, tmp_path / name, settings | {"publish": name}).path for name in ("text", "ids"))
    assert texts
    assert of_ids
    assert rehydrate(of_ids, root, tmp_path / "to").whole
    assert data(tmp_path / "to") == data(texts)


def test_some_languages_of_many_are_a_release_of_these(ids: Path, tmp_path: Path) -> None:
    shutil.copytree(SAMPLE / "wire", tmp_path / "raw" / "wire")
    done = rehydrate(ids, tmp_path / "raw", tmp_path / "to")
    assert done.counts["changed"] == 0
    found = {row["language"] for row in done.table.to_pylist() if row["state"] == "matched"}
    assert sorted(path.name for path in (tmp_path / "to" / "data").iterdir()) == sorted(found)
    assert 5 < len(found) < 28
    assert verify(tmp_path / "to").problems == {}


def test_what_a_killed_one_left_is_cleared_and_two_do_not_write_at_once(
    both: tuple[Path, Path], tmp_path: Path
) -> None:
    held = write_raw(tmp_path / "raw", varied())
    write_raw(tmp_path / ".new-to", {"release/data/fr/old.parquet": b"old", "texts.arrow": b"old"})
    with lock.hold(tmp_path / ".new-to"), pytest.raises(BuilderError, match="another process is writing it"):
        rehydrate(both[1], held, tmp_path / "to")
    assert rehydrate(both[1], held, tmp_path / "to").whole
    assert data(tmp_path / "to") == data(both[0])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["raw", "to"]


def test_a_page_that_says_something_else_by_now_is_changed(both: tuple[Path, Path], tmp_path: Path) -> None:
    now = orjson.dumps({"tag": "fr-9", "text": own(9), "url": "http://example.org/news/51", "title": "Un"})
    held = write_raw(tmp_path / "raw", {"now.jsonl": now, "fr-80.txt": varied()["fr-80.txt"]})
    done = rehydrate(both[1], held, tmp_path / "to")
    (changed,) = [row for row in done.table.to_pylist() if row["state"] == "changed"]
    assert (changed["id"], changed["held_id"], changed["differs"]) == ("fr-51", "fr-9", ["text"])


def test_fields_of_other_names_are_mapped(both: tuple[Path, Path], tmp_path: Path) -> None:
    held = write_raw(tmp_path / "raw", {"own.jsonl": orjson.dumps({"nr": "fr-61", "kop": "Deux", "inhoud": own(61)})})
    with pytest.raises(BuilderError, match="none of the 15 articles"):
        rehydrate(both[1], held, tmp_path / "to")
    mapped = Config(fields={"tag": "nr", "title": "kop", "text": "inhoud"})
    assert rehydrate(both[1], held, tmp_path / "to", mapped).counts["matched"] == 1


def test_the_command_exits_with_1_unless_all_match_and_writes_what_does(
    both: tuple[Path, Path], tmp_path: Path
) -> None:
    files = varied()
    held = write_raw(tmp_path / "raw", files)
    to = tmp_path / "to"
    command = ["rehydrate", str(both[1]), "--raw", str(held), "--to", str(to)]
    (held / "rows.csv").unlink()
    lacking = CliRunner().invoke(main, command)
    assert lacking.exit_code == 1
    assert lacking.stderr == f"13 of 15 articles rehydrated in {to}: 2 missing\n"
    assert re.search(r"matched +missing\nfr +13 +2\nall +13 +2\n", lacking.stdout)
    assert "skipped" not in lacking.stdout
    write_raw(held, {"rows.csv": files["rows.csv"]})
    whole = CliRunner().invoke(main, [*command, "--json"])
    assert whole.exit_code == 0
    assert orjson.loads(whole.stdout)["counts"] == {"matched": 15, "changed": 0, "missing": 0}
    assert data(to) == data(both[0]), "one of before is replaced"
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_bad_files_are_passed_over_and_named(both: tuple[Path, Path], tmp_path: Path) -> None:
    files = varied() | {
        "bad.jsonl.gz": b"\x1f\x8b\x08 broken",
        "bad.parquet": b"PAR1 no",
        "bad.csv": b"\xff\xfe\x00",
        "bad.jsonl": b"{\n[1]\n\xff\n",
        "empty.txt": b"",
    }
    held = write_raw(tmp_path / "raw", files)
    (held / "nowhere.txt").symlink_to(tmp_path / "gone")
    done = rehydrate(both[1], held, tmp_path / "to")
    assert done.whole
    assert {re.split("[: ]", said)[0] for said in done.unreadable} == {
        *("bad.jsonl.gz", "bad.parquet", "bad.csv", "bad.jsonl", "empty.txt", "nowhere.txt")
    }


def test_nothing_is_written_over_or_into_what_is_there(both: tuple[Path, Path], tmp_path: Path) -> None:
    texts, of_ids = both
    held = write_raw(tmp_path / "raw", varied())
    (tmp_path / "mine").mkdir()
    for folder, to, message in (
        (of_ids, tmp_path / "mine", "already exists, and is not a rehydrated release"),
        (of_ids, held / "to", "overlaps with the folder of the release or of your files"),
        (of_ids, of_ids, "overlaps with the folder of the release or of your files"),
        (texts, tmp_path / "to", "has its texts. Expected a release of ids"),
    ):
        with pytest.raises(BuilderError, match=re.escape(message)):
            rehydrate(folder, held, to)
    with pytest.raises(BuilderError, match=r"not a folder\. Name the folder of raw files"):
        rehydrate(of_ids, tmp_path / "none", tmp_path / "to")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine", "raw"]


def test_a_place_that_cannot_be_written_is_told(both: tuple[Path, Path], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(BuilderError, match=r"Not a directory\. Check the folder, or choose another --to"):
        rehydrate(both[1], write_raw(tmp_path / "raw", varied()), tmp_path / "file" / "to")
