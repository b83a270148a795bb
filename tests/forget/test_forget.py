"""Forgotten articles: the id and the reason stay, and the text is nowhere below the output."""

import json
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import orjson
import pyarrow.parquet as pq
import pytest

from builder.config.sections import Config
from builder.core.errors import BuilderError, ConfigError
from builder.forget import forget as forget_forget
from builder.forget.forget import Listed
from builder.pipeline import finish
from builder.pipeline.outcome import Outcome
from builder.prepare import forgotten
from builder.prepare.forgotten import Forgotten
from builder.release import catalog
from tests.conftest import build, write_raw

SECRET = "Quetzalcoatlus"  # stands in the text that is to be forgotten, and in no other
TITLE = "Zwielichtzone"
SETTINGS: dict[str, Any] = {"language": {"reject": ()}, "quality": {"reject": ()}, "furniture": {"remove": False}}
WORDS = [f"mot{number}" for number in range(4000)]


def text(seed: int, words: int = 120, secret: bool = False) -> str:
    chosen = random.Random(seed).choices(WORDS, k=words)
    if secret:
        chosen[60] = SECRET
    return " ".join(chosen)


def corpus() -> list[dict[str, Any]]:
    """Return an article to be forgotten, a copy of it, an article that contains it, and others."""
    articles: list[dict[str, Any]] = [
        {"tag": f"fr-{number:02}", "title": f"Titre {number}", "text": text(number)} for number in range(12)
    ]
    articles[2] |= {"title": TITLE, "text": text(2, secret=True), "url": "https://example.org/a"}
    articles.append({"tag": "fr-20", "title": f"{TITLE} bis", "text": text(2, secret=True) + " fin"})
    return articles


class Home:
    """A dataset, its raw files and its list."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.config = Config.model_validate(
            {"raw": str(folder / "raw"), "out": str(folder / "out"), "forgotten": str(folder / "list.csv"), **SETTINGS}
        )

    def build(self, articles: list[dict[str, Any]], **options: Any) -> Outcome:
        raw = write_raw(self.folder / "raw", {"all.jsonl": b"\n".join(map(orjson.dumps, articles))})
        return build(raw, self.folder / "out", SETTINGS | {"forgotten": self.config.forgotten}, **options)

    def forget(self, *asked: str, reason: str = "court order 12", alone: bool = False) -> Listed:
        return forget_forget.forget(self.config, asked, reason, alone)

    def holding(self, *words: str) -> list[str]:
        """List the files below the output that have one of these words, also inside Parquet."""
        found = []
        for path in sorted((self.folder / "out").rglob("*")):
            if path.is_file():
                content = path.read_bytes().lower()
                if path.suffix == ".parquet":
                    content += repr(pq.read_table(path).to_pylist()).lower().encode()
                if any(word.lower().encode() in content for word in words):
                    found.append(path.relative_to(self.folder).as_posix())
        return found


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def decided(outcome: Outcome) -> dict[str, dict[str, Any]]:
    assert outcome.path is not None
    return {row["id"]: row for row in pq.read_table(outcome.path / "decisions.parquet").to_pylist()}


def test_nothing_of_a_forgotten_article_or_its_copies_is_left_below_the_output(home: Home) -> None:
    home.build(corpus())
    assert len(home.holding(SECRET)) > 1, "the release and what was prepared have it before"
    listed = home.forget("fr-02")
    assert [(one.id, one.copy_of) for one in listed.new] == [("fr-02", None), ("fr-20", "fr-02")]
    outcome = home.build(corpus())
    assert home.holding(SECRET, TITLE, "example.org/a") == []
    rows = decided(outcome)
    assert (rows["fr-02"]["decision"], rows["fr-02"]["reason"]) == ("rejected", "forgotten")
    assert rows["fr-02"]["detail"] == "to be forgotten: court order 12"
    assert rows["fr-20"]["detail"] == "a copy of 'fr-02', which is to be forgotten: court order 12"
    assert rows["fr-02"]["title"] is None
    assert outcome.version == "1.0.1"
    assert sum(row["decision"] == "kept" for row in rows.values()) == 11


def test_the_releases_with_a_forgotten_article_are_removed_and_named_after_the_new_one_is_written(home: Home) -> None:
    home.build(corpus()[3:12])
    home.build(corpus())
    home.build([*corpus(), {"tag": "fr-30", "title": "Un de plus", "text": text(30)}])
    listed = home.forget("fr-02")
    assert listed.holding == ["1.1.0", "1.2.0"]
    assert len(catalog.all_of(home.folder / "out" / "news")) == 3, "the list alone removes nothing"
    home.build(corpus())
    left = [folder.name for folder in catalog.all_of(home.folder / "out" / "news")]
    assert left == ["1.0.0", "1.2.1"], "the first never had it"
    withdrawn = orjson.loads((home.folder / "out" / "news" / "withdrawn.json").read_bytes())
    assert withdrawn == {"1.1.0": ["fr-02", "fr-20"], "1.2.0": ["fr-02", "fr-20"]}
    assert home.holding(SECRET, TITLE) == []


def test_the_next_build_removes_old_releases_if_a_build_stopped_before_it_did(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.build(corpus())
    home.forget("fr-02")
    with monkeypatch.context() as patch:
        patch.setattr(finish, "withdraw", lambda home, listed: [])
        home.build(corpus())
    assert home.holding(SECRET) != []
    outcome = home.build(corpus())
    assert not outcome.changed
    assert home.holding(SECRET, TITLE) == []


def test_a_copy_that_comes_later_is_found_by_its_hashes_and_not_kept_either(home: Home) -> None:
    home.build(corpus())
    home.forget("fr-02")
    home.build(corpus())
    words = text(2, secret=True).split()
    words[5] = "autre"
    later = [
        {"tag": "fr-40", "title": "Repris", "text": text(2, secret=True).upper()},
        {"tag": "fr-41", "title": TITLE, "text": " ".join(words)},
    ]
    for _ in range(2):  # what was found once is known from then on
        rows = decided(home.build([*corpus(), *later, {"tag": "fr-42", "title": "Autre", "text": text(42)}]))
        assert rows["fr-40"]["detail"] == rows["fr-41"]["detail"] == rows["fr-20"]["detail"]
        assert rows["fr-42"]["decision"] == "kept"
        assert home.holding(SECRET, TITLE) == []


def test_an_exact_copy_is_known_though_the_raw_file_of_the_article_is_gone(home: Home) -> None:
    home.build(corpus())
    home.forget("fr-02")
    home.build(corpus())
    left = [article for article in corpus() if article["tag"] not in ("fr-02", "fr-20")]
    home.build(left)
    outcome = home.build([*left, {"tag": "fr-50", "title": "Repris", "text": text(2, secret=True)}])
    assert decided(outcome)["fr-50"]["reason"] == "forgotten"
    assert home.holding(SECRET, TITLE) == []


def test_another_article_with_a_forgotten_id_is_not_kept_and_a_dissimilar_one_is(home: Home) -> None:
    home.build(corpus())
    home.forget("fr-02")
    again = [article if article["tag"] != "fr-02" else article | {"text": text(77)} for article in corpus()]
    rows = decided(home.build(again))
    assert rows["fr-02"]["reason"] == "forgotten"
    assert [id for id, row in rows.items() if row["reason"] == "forgotten"] == ["fr-02", "fr-20"]


def test_an_article_removed_from_the_list_is_prepared_and_published_again(home: Home) -> None:
    home.build(corpus())
    home.forget("fr-02")
    home.build(corpus())
    Path(home.config.forgotten).write_text("id,reason\n")
    outcome = home.build(corpus())
    assert [decided(outcome)[id]["decision"] for id in ("fr-02", "fr-20")] == ["duplicate", "kept"]
    assert home.holding(SECRET) != []


def test_copies_stay_with_alone_and_articles_of_the_same_template_always(home: Home) -> None:
    home.build(corpus())
    assert [one.id for one in home.forget("fr-02", alone=True).new] == ["fr-02"]


def test_an_article_is_found_by_its_url_and_its_copies_the_other_way_round(home: Home) -> None:
    home.build(corpus())
    assert [one.id for one in home.forget("https://EXAMPLE.org/a", reason="a").new] == ["fr-02", "fr-20"]
    Path(home.config.forgotten).unlink()
    assert [(one.id, one.copy_of) for one in home.forget("fr-20").new] == [("fr-20", None), ("fr-02", "fr-20")]
    assert home.forget("fr-02").new == []


def test_an_unknown_article_is_an_error_and_nothing_is_listed(home: Home) -> None:
    home.build(corpus())
    with pytest.raises(BuilderError, match="no article 'fr-99' in this or an older release; nothing was"):
        home.forget("fr-02", "fr-99")
    assert not Path(home.config.forgotten).exists()


def test_a_quarantined_record_of_that_id_leaves_no_bytes(home: Home) -> None:
    articles = corpus()[:12]
    articles[2] = {"tag": "fr-02", "title": SECRET, "text": ""}
    home.build(articles)
    assert home.holding(SECRET) != []
    home.forget("fr-02")
    home.build(articles)
    assert home.holding(SECRET) == []


def test_a_text_that_had_another_id_before_is_forgotten_under_every_id(home: Home) -> None:
    """Its tag was corrected between two releases; then it was forgotten and its raw file removed."""
    others = corpus()[3:12]
    article = {"tag": "fr-90", "title": TITLE, "text": text(2, secret=True)}
    home.build([*others, article])
    assert home.build([*others, article | {"tag": "fr-91"}]).version == "1.1.0"
    listed = home.forget("fr-91")
    assert [(one.id, one.copy_of) for one in listed.new] == [("fr-91", None), ("fr-90", "fr-91")]
    assert listed.holding == ["1.0.0", "1.1.0"]
    outcome = home.build(others)
    assert [folder.name for folder in catalog.all_of(home.folder / "out" / "news")] == [outcome.version]
    assert home.holding(SECRET, TITLE) == []


def test_an_article_that_only_an_older_release_has_can_be_forgotten(home: Home) -> None:
    home.build(corpus())
    home.build(corpus()[3:12])
    assert home.holding(SECRET) != []
    assert [one.id for one in home.forget("fr-02").new] == ["fr-02", "fr-20"]
    home.build(corpus()[3:12], version="2.0.0")
    assert home.holding(SECRET, TITLE) == []


@pytest.mark.parametrize("spelled", [True, False])
def test_a_quarantined_record_with_the_words_of_an_article_is_forgotten_too(home: Home, spelled: bool) -> None:
    """A copy has an invalid tag, in the same file or in an older release; JSON may escape its letters."""
    others = corpus()[3:12]
    article = {"tag": "fr-90", "title": TITLE, "text": "é " + text(2, secret=True)}
    bad = json.dumps(article | {"tag": "xq-90"}, ensure_ascii=spelled).encode()
    lines = [*map(orjson.dumps, others), bad]
    raw = write_raw(home.folder / "raw", {"all.jsonl": b"\n".join(lines)})
    settings = SETTINGS | {"forgotten": home.config.forgotten}
    build(raw, home.folder / "out", settings)
    write_raw(home.folder / "raw", {"all.jsonl": b"\n".join([*lines, orjson.dumps(article)])})
    build(raw, home.folder / "out", settings)
    assert len([path for path in home.holding(SECRET) if "quarantine" in path]) == 2
    listed = home.forget("fr-90")
    assert [(one.id, one.copy_of) for one in listed.new] == [("fr-90", None), ("all.jsonl:10", "fr-90")]
    assert listed.holding == ["1.0.0", "1.1.0"]
    outcome = build(raw, home.folder / "out", settings)
    assert home.holding(SECRET, TITLE) == []
    assert outcome.path is not None
    reasons = [row["reason"] for row in pq.read_table(outcome.path / "decisions.parquet").to_pylist()]
    assert reasons.count("forgotten") == 2


def test_a_build_that_does_not_see_the_list_stops_and_an_empty_list_lets_articles_back_in(home: Home) -> None:
    home.build(corpus())
    home.forget("fr-02")
    home.build(corpus())
    kept = Path(home.config.forgotten).read_text()
    Path(home.config.forgotten).unlink()
    with pytest.raises(
        ConfigError, match=r"list\.csv: this list is missing, .*1\.0\.1 forgets 2 articles \('fr-02' …\)"
    ):
        home.build(corpus())
    assert home.holding(SECRET) == []
    Path(home.config.forgotten).write_text(kept)
    assert not home.build(corpus()).changed


def test_a_build_with_nothing_left_to_publish_names_what_to_remove(home: Home) -> None:
    home.build(corpus()[2:3])
    home.forget("fr-02")
    with pytest.raises(BuilderError, match=r"can be released.*news still has articles to forget: remove that folder"):
        home.build(corpus()[2:3])


def test_the_name_of_a_story_is_forgotten_too(home: Home) -> None:
    articles = corpus()[:12]
    articles[2] |= {"story": SECRET}
    settings = SETTINGS | {"forgotten": home.config.forgotten, "split": {"story_from": "field"}}
    raw = write_raw(home.folder / "raw", {"all.jsonl": b"\n".join(map(orjson.dumps, articles))})
    build(raw, home.folder / "out", settings)
    home.forget("fr-02")
    build(raw, home.folder / "out", settings)
    assert home.holding(SECRET, TITLE) == []


def test_the_list_grows_line_by_line_and_its_faults_are_reported(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    assert forgotten.read(path) == {}
    forgotten.write(path, [Forgotten("fr-02", "order, no. 12"), Forgotten("fr-03", 'a "copy"', "fr-02")])
    assert path.read_text() == 'id,reason,copy_of\nfr-02,"order, no. 12",\nfr-03,"a ""copy""",fr-02\n'
    assert list(forgotten.read(path).values())[1] == Forgotten("fr-03", 'a "copy"', "fr-02")
    for wrong, message in (
        ("fr-02\n", r"list\.csv:1: has the columns \['fr-02'\]\. Expected id,reason,copy_of"),
        ("id,reason\nfr-02,\n", r"list\.csv:2: without a reason"),
        ("id,reason\n,why\n", r"list\.csv:2: without an id"),
    ):
        path.write_text(wrong)
        with pytest.raises(ConfigError, match=message):
            forgotten.read(path)


def test_the_command_writes_the_list_beside_the_config(home: Home) -> None:
    home.build(corpus())
    folder = home.folder / "conf"
    folder.mkdir()
    (folder / "builder.toml").write_text(f'out = "{home.folder / "out"}"\n')
    (folder / "ids.txt").write_text("fr-03\n\nhttps://example.org/a\n")
    command = [sys.executable, "-m", "builder", "forget", "fr-04", "--from", str(folder / "ids.txt")]
    command += ["--reason", "asked by the author", "--config", str(folder / "builder.toml")]
    shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "It also removes the releases that contain them: 1.0.0." in shown
    assert "The raw files still contain them. You decide whether to delete them: all.jsonl:3, all.jsonl:4" in shown
    listed = (folder / "forgotten.csv").read_text().splitlines()
    assert listed[1:] == [
        "fr-04,asked by the author,",
        "fr-03,asked by the author,",
        "fr-02,asked by the author,",
        "fr-20,asked by the author,fr-02",
    ]
    again = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert again.strip() == f"{folder / 'forgotten.csv'}: all of these articles are already in the list"
