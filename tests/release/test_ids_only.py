"""A release of ids has no word of its articles, and who holds the texts gets from it what a release with them has."""

import gzip
import io
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import datasets
import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from builder.cli.options import main
from builder.config.sections import Config, Read
from builder.core import lock
from builder.core.errors import BuilderError, ReleaseError
from builder.core.schema import ARTICLE, STANDOFF
from builder.diff.compare import compare, read_side
from builder.forget.forget import forget
from builder.pipeline.outcome import Outcome
from builder.prepare import prepare
from builder.read import fields, records
from builder.read.formats.registry import EXPECTED
from builder.read.scan import scan
from builder.rehydrate.rehydrate import rehydrate
from builder.release import catalog, write
from builder.remote import publish as remote_publish
from builder.remote.locate import folder_of
from builder.verify.verify import verify
from tests.conftest import SAMPLE, Files, build, decisions, digest, rows, write_raw
from tests.damages import relisted, rewritten, sealed, shard, with_column
from tests.hub import Hub
from tests.prepare.test_boilerplate import articles as with_furniture
from tests.prepare.test_boilerplate import own
from tests.release.test_write import FRENCH

IDS = {"publish": "ids"}


@pytest.fixture(scope="session")
def ids(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the sample corpus without its texts, once."""
    built = build(SAMPLE, tmp_path_factory.mktemp("ids"), IDS).path
    assert built
    return built


def data(folder: Path) -> dict[str, str]:
    """Give the digests of a release's articles."""
    return digest(folder / "data")


def strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, bytes):
        yield value.decode("utf-8", "replace")
    elif isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from strings(inner)


def said_by(release: Path) -> str:
    """Give all that the files of a release say, each value on a line of its own."""
    said = list[str]()
    for path in sorted(path for path in release.rglob("*") if path.is_file()):
        if path.suffix == ".parquet":
            said += strings(pq.read_table(path, partitioning=None).to_pylist())
            said += [str(value) for value in (pq.read_schema(path).metadata or {}).values()]
        else:
            said.append(path.read_bytes().decode("utf-8", "replace"))
    return "\n".join(" ".join(value.split()) for value in said)


def pieces(root: Path) -> set[str]:
    """Give what must not be published of raw files: pieces of texts, headlines and authors, of bad records too."""
    found: set[str] = set()
    for file in scan(root, Read().ignore):
        read = list(records.read(file, fields.field_names({}), 1 << 30, 1 << 30))
        for row in [*read, *prepare.tidy_rows(read, ()).to_pylist()]:
            found |= {name for name in (row.get("title"), row.get("author")) if name}
            for said in (row.get("text"), (row.get("raw") or b"").decode("utf-8", "replace")):
                words = (said or "").split()
                found |= {" ".join(words[at : at + 5]) for at in range(0, len(words) - 4, 2)}
                found |= {word[at : at + 12] for word in words for at in range(0, len(word) - 11, 6) if len(word) > 40}
    return {" ".join(piece.split()) for piece in found} - {""}


def test_no_file_of_it_has_a_piece_of_a_text_a_headline_or_an_author(ids: Path, sample: Outcome) -> None:
    assert sample.path
    forbidden = pieces(SAMPLE)
    assert len(forbidden) > 3000
    with_texts, without = said_by(sample.path), said_by(ids)
    assert sum(piece in with_texts for piece in forbidden) > 3000
    assert [piece for piece in forbidden if piece in without] == []
    assert not (ids / "quarantine").exists()


def test_what_is_said_of_bad_records_quotes_none_of_them(tmp_path: Path) -> None:
    sentence = "Une phrase que personne ne doit lire, jamais (même ici)"
    files: Files = {
        "tags.jsonl": orjson.dumps({"tag": sentence, "text": sentence}),
        "nohead.csv": f'tag,text,"{sentence}"\nfr-1,Encore\nfr-2,"{FRENCH[1]}",x\n'.encode(),
        "mismatch.txt": f"Le maire a gagné à Orléans\n\nUne phrase secrete a Orleans\n\n{FRENCH[2]} Orléans.\n\nfr-3\n",
        "date.jsonl": orjson.dumps({"tag": "fr-4", "text": FRENCH[3], "date": sentence}),
        "evaluated.jsonl": orjson.dumps({"tag": "fr-5", "text": f"{own(1)} {own(2)}"}),
    }
    held_out = write_raw(tmp_path / "eval", {"set.jsonl": orjson.dumps({"text": own(2)})}) / "set.jsonl"
    settings = {**IDS, "decontaminate": {"sets": (str(held_out),)}}
    built = build(write_raw(tmp_path / "raw", files), tmp_path / "out", settings)
    assert built.path
    reasons = {row["reason"] for row in pq.read_table(built.path / "decisions.parquet").to_pylist()}
    assert reasons >= {"tag", "csv", "contaminated"}
    said = said_by(built.path)
    for secret in ("Une phrase", "phrase que personne", "phrase secrete", *pieces(tmp_path / "raw")):
        assert secret not in said
    found = decisions(built)
    assert found["tags.jsonl:1"]["detail"].startswith("tags.jsonl:1: tag … is no tag. Expected LANGUAGE")
    assert found["nohead.csv:2"]["detail"] == "nohead.csv:2: the row has 2 columns. Expected 3, as in the header …"
    assert sentence in dict(built.quarantined)["tag"], "whoever builds it is told"


def test_it_has_all_else_that_the_release_with_texts_has(ids: Path, sample: Outcome) -> None:
    assert sample.path
    for path in sorted(sample.path.glob("data/*/*.parquet")):
        one, other = pq.read_table(path), pq.read_table(ids / path.relative_to(sample.path))
        assert other.schema.remove_metadata() == STANDOFF
        shared = [name for name in ARTICLE.names if name in STANDOFF.names]
        assert one.select(shared).equals(other.select(shared))
    splits = catalog.read(ids).manifest["splits"]
    for language, of_language in catalog.read(sample.path).manifest["splits"].items():
        for split, said in of_language.items():
            assert splits[language][split]["content_sha256_with_texts"] == said["content_sha256"]


def test_it_is_verified_and_loads(ids: Path) -> None:
    assert verify(ids).problems == {}
    loaded = datasets.load_dataset(str(ids), "fr", split="train")
    assert set(loaded.column_names) == set(STANDOFF.names)
    assert all(len(row["text_sha256"]) == 64 for row in loaded)


def test_a_hash_or_row_that_was_changed_is_found(ids: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(ids, tmp_path / ids.name))
    path = shard(folder)
    hashes = pq.read_table(path, partitioning=None)["text_sha256"].to_pylist()
    rewritten(path, lambda table: with_column(table, "text_sha256", [hashes[1], *hashes[1:]]))
    relisted(folder, path.relative_to(folder).as_posix())
    assert re.search(r"fr train: the rows say .*, expected", verify(folder).problems["rows"][0])
    path.write_bytes(b"x")
    with pytest.raises(ReleaseError, match=r"train-00000-of-00001\.parquet: .*Download the release again"):
        rehydrate(folder, SAMPLE, tmp_path / "to")


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


def varied() -> Files:
    """Give articles in all formats, with furniture, personal data, and what is repaired."""
    table = pa.table({"tag": ["fr-60", "fr-61"], "text": [own(60), own(61)], "title": [None, "Deux"]})
    parquet = io.BytesIO()
    pq.write_table(table, parquet)
    broken = f"Le café est fermé, écrivez à jo@example.org.\n\n{own(50)}".encode().decode("latin-1")
    letters = [{"tag": "fr-50", "title": "Café &amp; thé jo@example.org", "text": broken, "author": " Jo  Petit "}]
    letters += [{"tag": "fr-51", "text": own(51), "url": "https://example.org/news/51?utm_source=x", "title": "Un"}]
    return {
        "press/furniture.jsonl": with_furniture(8),
        "letters.jsonl.gz": gzip.compress(b"\n".join(map(orjson.dumps, letters))),
        "table.parquet": parquet.getvalue(),
        "rows.csv": f'tag,title,text\nfr-70,Titre,"{own(70)}"\nfr-71,,"{own(71)}"\n',
        "fr-80.txt": f"Les élèves ont gagné\n\nLes eleves ont gagne\n\n{own(80)}\n\nfr-80\n",
    }


SETTINGS: dict[str, Any] = {"privacy": {"mask": ("email",)}, "quality": {"reject": ()}, "language": {"reject": ()}}


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Give a release of varied articles with texts, and one without."""
    folder = tmp_path_factory.mktemp("both")
    root = write_raw(folder / "raw", varied())
    found = [build(root, folder / publish, SETTINGS | {"publish": publish}).path for publish in ("text", "ids")]
    assert found[0]
    assert found[1]
    return found[0], found[1]


def states(done: Any) -> dict[str, str]:
    return {row["id"]: row["state"] for row in done.table.to_pylist()}


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
    with pytest.raises(ReleaseError, match=r"manifest\.json: what it says has the digest .*Download the release again"):
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


def lines(texts: dict[str, str], title: str = "Un titre") -> Files:
    said = [{"tag": tag, "text": text, "title": title} for tag, text in texts.items()]
    return {"all.jsonl": b"\n".join(map(orjson.dumps, said))}


def test_a_dataset_of_ids_grows_changes_and_forgets(make: Callable[..., Outcome], tmp_path: Path) -> None:
    settings = {**IDS, "forgotten": str(tmp_path / "forgotten.csv")}
    texts = {f"fr-{number}": own(number) for number in range(4)}
    first = make(lines(texts), settings)
    assert make({}, settings).changed is False
    texts |= {"fr-1": own(1).replace("numéro", "numero"), "fr-9": own(9)}
    second = make(lines(texts), settings)
    assert (first.version, second.version) == ("1.0.0", "1.1.0")
    assert second.path
    (added, changed) = sorted(pq.read_table(second.path / "changes.parquet").to_pylist(), key=lambda row: row["change"])
    assert (added["id"], added["change"]) == ("fr-9", "added")
    assert (changed["id"], changed["change"], changed["removed_words"]) == ("fr-1", "changed", None)
    retitled = make(lines(texts, "Un autre titre"), settings)
    assert retitled.path
    change = pq.read_table(retitled.path / "changes.parquet").to_pylist()[0]
    assert (retitled.version, change["columns"]) == ("1.1.1", ["title_sha256", "article_sha256"])
    forget(Config.model_validate({"out": str(tmp_path / "out"), **settings}), ["fr-2"], "court order 12")
    last = make({}, settings)
    assert last.version == "1.1.2"
    assert {row["id"] for row in rows(last)} == {"fr-0", "fr-1", "fr-3", "fr-9"}
    assert [path.name for path in catalog.all_of(tmp_path / "out" / "news")] == ["1.1.2"]
    assert last.path
    assert verify(last.path).problems == {}
    done = rehydrate(last.path, tmp_path / "raw", tmp_path / "to")
    assert done.whole
    assert "fr-2" not in states(done)


def test_from_texts_to_ids_and_back_is_a_major_version_without_a_changed_article(
    make: Callable[..., Outcome],
) -> None:
    texts = {f"fr-{number}": own(number) for number in range(3)}
    make(lines(texts))
    second = make(lines(texts | {"fr-1": own(1) + " Encore."}), IDS)
    third = make({})
    assert (second.version, third.version) == ("2.0.0", "3.0.0")
    assert second.path
    assert third.path
    (change,) = pq.read_table(second.path / "changes.parquet").to_pylist()
    assert (change["id"], change["change"], change["added_words"]) == ("fr-1", "changed", None)
    assert pq.read_table(third.path / "changes.parquet").num_rows == 0
    assert own(1) not in said_by(second.path)


def test_two_releases_of_ids_are_compared(make: Callable[..., Outcome]) -> None:
    one = make(lines({"fr-0": own(0), "fr-1": own(1)}), IDS).path
    other = make(lines({"fr-0": own(0) + " Plus."}), IDS).path
    assert one
    assert other
    said = CliRunner().invoke(main, ["diff", str(one), str(other)]).stdout
    assert "text changed:\n  fr-0" in said
    assert "removed:\n  fr-1: no raw file has it any more" in said


def test_explain_and_copies_read_the_texts_again_where_they_are(tmp_path: Path) -> None:
    texts = {"fr-0": own(0), "fr-1": own(0).replace("numéro", "numero"), "fr-2": own(2)}
    root = write_raw(tmp_path / "raw", {**lines(texts), "press/a.jsonl": with_furniture(6)})
    build(root, tmp_path / "out", {**IDS, **SETTINGS})
    where = ["--out", str(tmp_path / "out")]
    shown = CliRunner().invoke(main, ["copies", "fr-0", *where]).stdout
    assert "Un titre" in shown
    assert "numero" in shown
    explained = CliRunner().invoke(main, ["explain", "press/fr-Post3", *where]).stdout
    assert "2 lines, which a release of ids does not show" in explained
    as_json = orjson.loads(CliRunner().invoke(main, ["copies", "fr-0", "--json", *where]).stdout)
    assert [as_json[0][name] for name in ("kept_title", "title", "note")] == ["Un titre", "Un titre", None]
    assert "copy kept" in CliRunner().invoke(main, ["explain", "fr-1", *where]).stdout
    (root / "all.jsonl").unlink()
    gone = CliRunner().invoke(main, ["copies", "fr-0", *where]).stdout
    assert "all.jsonl is not below" in gone
    assert "does not hold any texts" in gone


@pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")
def test_it_is_published_and_rehydrated_from_the_hub(hub: Hub, both: tuple[Path, Path], tmp_path: Path) -> None:
    published = remote_publish.publish(both[1], "org/ids", True, False, lambda question: True, lambda line: None)
    assert published.tag == "v1.0.0"
    held = write_raw(tmp_path / "raw", varied())
    done = rehydrate(folder_of("hub:org/ids@v1.0.0"), held, tmp_path / "to")
    assert done.whole
    assert data(tmp_path / "to") == data(both[0])
