"""Similar articles and their texts, read from a release and the raw files that it was made of."""

import dataclasses
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from builder.cli import copies as cli_copies
from builder.cli import explain
from builder.cli.copies import render_all
from builder.core.errors import ReleaseError
from builder.pipeline.outcome import Outcome
from builder.query import clusters
from builder.query.clusters import Pair, Texts
from builder.query.find import find
from builder.query.reread import Article
from tests.conftest import ROOT, Files, build, read_terminal, write_raw
from tests.release.test_write import FRENCH

LONG = " ".join(FRENCH)
REPRINT = LONG.replace("trois ans", "dix ans")


def builder(*arguments: str, cwd: Path = ROOT, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "builder", *arguments]
    environment = {"PATH": os.environ["PATH"], "COLUMNS": "80", "PYTHONPATH": str(ROOT), **environment}
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=cwd, env=environment)


def out(outcome: Outcome) -> tuple[str, str]:
    assert outcome.path is not None
    return "--out", str(outcome.path.parent.parent)


def lines(*articles: dict[str, Any]) -> str:
    return "".join(json.dumps(article, ensure_ascii=False) + "\n" for article in articles)


ORIGINAL = {"tag": "fr-1", "title": "Le bassin", "text": LONG, "date": "2024-01-01", "source": "Le Port"}
COPY = {"tag": "fr-2", "title": "La piscine", "text": REPRINT, "date": "2024-01-02T10:30", "source": "La Ville"}


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """Return a release of an article and its copy, each in its own file."""
    folder = tmp_path_factory.mktemp("two")
    return build(write_raw(folder / "raw", {"a.jsonl": lines(ORIGINAL), "b.jsonl": lines(COPY)}), folder / "out")


@pytest.fixture
def made(two: Outcome, tmp_path: Path) -> Outcome:
    """Return a copy of `two` that a test may change."""
    assert two.path is not None
    shutil.copytree(two.path.parent.parent.parent, tmp_path, symlinks=True, dirs_exist_ok=True)
    known = tmp_path / "out" / "news" / ".work" / "newest.json"
    known.write_bytes(known.read_bytes().replace(str(raw_of(two)).encode(), str(tmp_path / "raw").encode()))
    return dataclasses.replace(two, path=tmp_path / "out" / "news" / two.version)


def raw_of(outcome: Outcome) -> Path:
    assert outcome.path is not None
    return outcome.path.parent.parent.parent / "raw"


def rendered(outcome: Outcome, id: str) -> list[str]:
    """Return the lines that `builder copies` prints."""
    pairs = pairs_of(outcome, id)
    return render_all(pairs, texts_of(outcome, pairs), 80, False)


def pairs_of(outcome: Outcome, id: str) -> list[Pair]:
    assert outcome.path is not None
    return clusters.copies_of(outcome.path, [id])


def texts_of(outcome: Outcome, pairs: list[Pair]) -> list[Texts]:
    assert outcome.path is not None
    return clusters.texts(outcome.path, "nowhere", pairs)


SHOWN = """\
id    kind  similarity  decision   source    date              place
fr-1                    kept       Le Port   2024-01-01        a.jsonl:1
fr-2  near  0.919       duplicate  La Ville  2024-01-02 10:30  b.jsonl:1

fr-1 (kept)                            │ fr-2 (near, 0.919)
Le bassin                              │ La piscine
Le Port, 2024-01-01                    │ La Ville, 2024-01-02 10:30
───────────────────────────────────────┼───────────────────────────────────────
Le conseil municipal a voté hier soir  │ Le conseil municipal a voté hier soir
la réouverture de la vieille piscine,  │ la réouverture de la vieille piscine,
fermée depuis [-trois-] ans. Une       │ fermée depuis {+dix+} ans. Une équipe
équipe de chercheurs a découvert       │ de chercheurs a découvert
… (40 words the same) …
finale après une prolongation que      │ finale après une prolongation que
personne n'attendait.                  │ personne n'attendait.
"""


@pytest.mark.parametrize("asked", ["fr-1", "fr-2", "b.jsonl", "b.jsonl:1"])
def test_copies_shows_the_kept_text_beside_the_removed_one(two: Outcome, asked: str) -> None:
    done = builder("copies", asked, *out(two))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == SHOWN


def test_explain_of_a_copy_ends_with_the_two_texts(two: Outcome) -> None:
    story, _, shown = builder("explain", "fr-2", *out(two)).stdout.partition("\n\n")
    assert re.search(r"copy kept +fr-1, similarity 0\.919$", story, re.MULTILINE)
    assert shown == SHOWN.partition("\n\n")[2]


def test_explain_counts_the_copies_of_a_kept_article_with_their_sources(two: Outcome) -> None:
    shown = builder("explain", "fr-1", *out(two)).stdout
    assert re.search(r"^  copies +1 removed, from La Ville$", shown, re.MULTILINE)
    assert "│" not in shown


def test_only_the_first_pairs_are_shown_unless_all_are_asked_for(make: Callable[..., Outcome]) -> None:
    copies = [{**COPY, "tag": f"fr-{number}", "source": f"Journal {number}"} for number in range(2, 8)]
    made = make({"a.jsonl": lines(ORIGINAL), "b.jsonl": lines(*copies)})
    shown = builder("copies", "fr-1", *out(made)).stdout
    assert shown.count("fr-1 (kept)") == cli_copies.SHOWN
    assert shown.endswith("\n… and 3 more; --all shows them all\n")
    assert [line.split()[0] for line in shown.splitlines()[1:8]] == [f"fr-{number}" for number in range(1, 8)]
    assert builder("copies", "fr-1", "--all", *out(made)).stdout.count("fr-1 (kept)") == 6
    summary = cli_copies.summary(pairs_of(made, "fr-1"), "fr-1")
    assert summary == "6 removed, from Journal 2, Journal 3, Journal 4, Journal 5, Journal 6, Journal 7"
    shown = builder("explain", "b.jsonl", *out(made)).stdout
    assert (shown.count("copy kept"), shown.count("│")) == (6, 0)


def test_an_article_without_copies_gets_a_line(two: Outcome, sample: Outcome) -> None:
    done = builder("copies", "it-44", *out(sample))
    assert done.stdout == "it-44: no copies found. To see what happened to it, run builder explain it-44\n"
    assert builder("copies", "fr-9", *out(two)).stderr.startswith("BuilderError: ")


def test_copies_as_json_have_both_texts_piece_by_piece(two: Outcome) -> None:
    (row,) = json.loads(builder("copies", "fr-1", "--json", *out(two)).stdout)
    assert {name: row[name] for name in ("kept_id", "member_id", "kind", "place", "note")} == {
        "kept_id": "fr-1", "member_id": "fr-2", "kind": "near", "place": "b.jsonl:1", "note": None,
    }  # fmt: skip
    assert (row["kept_title"], row["title"]) == ("Le bassin", "La piscine")
    assert "".join(piece["kept"] for piece in row["pieces"]) == LONG
    assert "".join(piece["copy"] for piece in row["pieces"]) == REPRINT
    assert [piece["same"] for piece in row["pieces"]] == [True, False, True]


@pytest.mark.parametrize(
    ("change", "note"),
    [
        (Path.unlink, r"b\.jsonl is not below .*raw any more, and the release does not hold the texts of removed"),
        (lambda path: path.write_text(""), r"cannot be read any more: .*the file contains no records"),
        (lambda path: path.write_text(lines(ORIGINAL)), r"b\.jsonl:1 is fr-1 now; the file was changed since"),
        (lambda path: path.write_text("{"), r"cannot be read any more: b\.jsonl:1: the line is not valid JSON"),
        (lambda path: path.write_text(lines({**COPY, "text": " \u200b "})), r"cannot be read any more: b\.jsonl:1: on"),
    ],
    ids=["gone", "empty", "another", "broken", "without text"],
)  # fmt: skip
def test_a_missing_or_changed_raw_file_gets_a_line(made: Outcome, change: Callable[[Path], object], note: str) -> None:
    change(raw_of(made) / "b.jsonl")
    lines = rendered(made, "fr-2")
    assert lines[:8] == SHOWN.splitlines()[:8]
    assert len(lines) == 9
    assert re.match(note, lines[-1])


def test_a_record_that_is_gone_gets_a_line(make: Callable[..., Outcome]) -> None:
    made = make({"a.jsonl": lines(ORIGINAL, COPY)})
    write_raw(raw_of(made), {"a.jsonl": lines(ORIGINAL)})
    (texts,) = texts_of(made, pairs_of(made, "fr-2"))
    assert texts.member.note == "a.jsonl:2 is not there any more; the file was changed since the release was built"
    assert (texts.kept.text, texts.pieces) == (LONG, None)


def test_a_changed_text_is_shown_with_a_note(made: Outcome) -> None:
    write_raw(raw_of(made), {"b.jsonl": lines({**COPY, "text": REPRINT.replace("dix", "cent")})})
    shown = rendered(made, "fr-2")
    assert "b.jsonl was changed since the release was built; this is its text now" in shown
    assert "{+cent+}" in "".join(shown)


def test_a_raw_root_elsewhere_is_found_again(made: Outcome, tmp_path: Path) -> None:
    raw_of(made).rename(tmp_path / "moved")
    (texts,) = texts_of(made, pairs_of(made, "fr-2"))
    assert texts.pieces is None
    assert made.path is not None
    (texts,) = clusters.texts(made.path, str(tmp_path / "moved"), pairs_of(made, "fr-2"))
    assert texts.member.text == REPRINT


def test_a_file_outside_of_the_raw_root_is_not_read(made: Outcome, tmp_path: Path) -> None:
    (pair,) = pairs_of(made, "fr-2")
    (raw_of(made) / "b.jsonl").rename(tmp_path / "b.jsonl")
    for path in ("../b.jsonl", str(tmp_path / "b.jsonl")):
        (texts,) = texts_of(made, [pair._replace(member={**pair.member, "file": path})])
        assert texts.member.text is None
        assert texts.member.note is not None


def test_names_of_any_bytes_are_found_again(make: Callable[..., Outcome], tmp_path: Path) -> None:
    names = ["a\\b.jsonl", "new\nline.jsonl", "\\x41.jsonl"]
    copies: Files = {name: lines({**COPY, "tag": f"fr-{number}"}) for number, name in enumerate(names, 2)}
    (tmp_path / "raw").mkdir()
    (tmp_path / "raw" / os.fsdecode(b"caf\xe9.jsonl")).write_text(lines({**COPY, "tag": "fr-9"}))
    made = make({"a.jsonl": lines(ORIGINAL), **copies})
    pairs = pairs_of(made, "fr-1")
    assert [pair.row["member_id"] for pair in pairs] == ["fr-2", "fr-3", "fr-4", "fr-9"]
    assert [texts.member.text for texts in texts_of(made, pairs)] == [REPRINT] * 4


def test_masked_personal_data_stays_masked_in_copies(make: Callable[..., Outcome]) -> None:
    mail = " Écrivez à marie@exemple.fr pour en savoir plus."
    original, copy = {**ORIGINAL, "text": LONG + mail}, {**COPY, "text": REPRINT + mail}
    made = make({"a.jsonl": lines(original, copy)}, {"privacy": {"mask": ("email",)}})
    (texts,) = texts_of(made, pairs_of(made, "fr-2"))
    assert texts.member == Article(COPY["title"], REPRINT + " Écrivez à [EMAIL] pour en savoir plus.")


def test_boilerplate_is_removed_from_copies_as_in_the_build(make: Callable[..., Outcome]) -> None:
    footer = "\n\nTous droits réservés, Le Port."
    others = [
        {"tag": f"fr-{number}", "text": text + footer, "source": "Le Port"} for number, text in enumerate(FRENCH, 10)
    ]
    copy = {**COPY, "text": REPRINT + footer, "source": "Le Port"}
    made = make({"a.jsonl": lines({**ORIGINAL, "text": LONG + footer}, copy, *others)})
    (pair,) = (pair for pair in pairs_of(made, "fr-1") if pair.row["member_id"] == "fr-2")
    assert pair.member["furniture"] == ["Tous droits réservés, Le Port."]
    (texts,) = texts_of(made, [pair])
    assert (texts.member.text, texts.member.note) == (REPRINT, None)


def test_a_release_without_a_clusters_file_is_an_error_for_copies_only(made: Outcome) -> None:
    assert made.path is not None
    (made.path / "clusters.parquet").unlink()
    with pytest.raises(ReleaseError, match=r"has no clusters\.parquet, because an earlier version made it"):
        pairs_of(made, "fr-1")
    assert "decision        kept" in builder("explain", "fr-1", *out(made)).stdout


def test_damaged_articles_are_an_error_in_one_line(made: Outcome) -> None:
    assert made.path is not None
    (path,) = (made.path / "data" / "fr").glob("*.parquet")
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(ReleaseError, match=r"data/fr: damaged \(.*\)\. Remove the folder "):
        rendered(made, "fr-1")


def on_a_terminal(*arguments: str, **environment: str) -> str:
    import pty

    seen, screen = pty.openpty()
    command = [sys.executable, "-m", "builder", *arguments]
    given = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "TERM", "COLUMNS")}
    process = subprocess.Popen(command, stdout=screen, cwd=ROOT, env={**given, "COLUMNS": "80", **environment})
    os.close(screen)
    shown = read_terminal(seen)
    assert process.wait() == 0
    return shown.decode()


@pytest.mark.parametrize(
    ("environment", "coloured"),
    [({"TERM": "xterm"}, True), ({"TERM": "xterm", "NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)],
)
def test_a_terminal_gets_colours_unless_it_has_none_or_they_are_switched_off(
    two: Outcome, environment: dict[str, str], coloured: bool
) -> None:
    shown = on_a_terminal("copies", "fr-1", *out(two), **environment)
    assert ("\x1b[32;4mdix\x1b[0m" in shown) == coloured
    assert ("{+dix+}" in shown) != coloured


def test_columns_are_as_wide_as_the_terminal(two: Outcome) -> None:
    for width in (80, 121):
        shown = builder("copies", "fr-1", *out(two), COLUMNS=str(width)).stdout
        assert max(map(len, shown.splitlines())) == width - (width % 2 == 0)


def test_records_without_an_id_are_explained(sample: Outcome) -> None:
    assert sample.path is not None
    rows = find(sample.path, "broken/empty.txt", "data/raw")
    assert explain.stories(sample.path, rows, "data/raw", 80, False)[0].startswith("(no id)\n")
