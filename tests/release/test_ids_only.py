"""A release of ids has no word of its articles, and all else that a release with texts has."""

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import datasets
import orjson
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from builder.cli.main import main
from builder.config.sections import Config, Read
from builder.core.errors import ReleaseError
from builder.core.schema import ARTICLE, STANDOFF
from builder.forget.forget import forget
from builder.pipeline.outcome import Outcome
from builder.prepare import prepare
from builder.read import fields, records
from builder.read.scan import scan
from builder.rehydrate.rehydrate import rehydrate
from builder.release import catalog
from builder.remote import publish as remote_publish
from builder.remote.locate import folder_of
from builder.verify.verify import verify
from tests.conftest import SAMPLE, Files, build, decisions, rows, write_raw
from tests.damages import relisted, rewritten, shard, with_column
from tests.hub import Hub
from tests.prepare.test_boilerplate import articles as with_furniture
from tests.prepare.test_boilerplate import own
from tests.release.ids import IDS, SETTINGS, data, lines, states, varied
from tests.release.test_write import FRENCH


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
    assert found["tags.jsonl:1"]["detail"].startswith("tags.jsonl:1: tag … is not a tag. Expected LANGUAGE")
    assert found["nohead.csv:2"]["detail"] == "nohead.csv:2: the row has 2 columns. Expected 3, as in the header …"
    assert sentence in dict(built.quarantined)["tag"], "whoever builds it is told"


def test_it_has_all_else_that_the_release_with_texts_has(ids: Path, sample: Outcome) -> None:
    assert sample.path
    for path in sorted(sample.path.glob("data/*/*.parquet")):
        one, other = pq.read_table(path), pq.read_table(ids / path.relative_to(sample.path))
        assert other.schema.remove_metadata() == STANDOFF
        shared = [name for name in ARTICLE.names if name in STANDOFF.names]
        assert one.select(shared).equals(other.select(shared))
    splits = catalog.read(ids).manifest.splits
    for language, of_language in catalog.read(sample.path).manifest.splits.items():
        for split, said in of_language.items():
            assert splits[language][split].content_sha256_with_texts == said.content_sha256


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
    assert re.search(r"fr train: the rows have the hash .*, expected", verify(folder).problems["rows"][0])
    path.write_bytes(b"x")
    with pytest.raises(ReleaseError, match=r"train-00000-of-00001\.parquet: .*Download the release again"):
        rehydrate(folder, SAMPLE, tmp_path / "to")


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
    assert "removed:\n  fr-1: no raw file contains it any more" in said


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
