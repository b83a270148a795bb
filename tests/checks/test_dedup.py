"""The benchmark of copies: plants are of their kind, and good finders score better than bad ones."""

import difflib
import os
import re
from functools import partial
from pathlib import Path

import pyarrow as pa
import pytest
from click.testing import CliRunner

from builder.checks import dedup, dedup_report, other_tools, planted_copies, planted_templates
from builder.checks.dedup import Tally
from builder.checks.planted_copies import Article, Stock
from builder.cli.main import main
from builder.config.sections import Dedup
from tests.conftest import SAMPLE

WIRE = str(SAMPLE / "wire")
NTREX = Path(os.environ.get("SHARED", "/work/shared")) / "corpora" / "ntrex-dev.jsonl.gz"


@pytest.fixture(scope="module")
def sample() -> dict[str, tuple[Article, Stock]]:
    """Return an article of each language of the sample's wire, with the stock of its language."""
    languages = [articles for some in dedup._together(WIRE, 1) for articles in some]
    return {articles[0].language: (articles[0], planted_copies.stock_of(articles)) for articles in languages}


def planted(article: Article, of: Stock) -> dict[str, str]:
    return {each.kind: each.text for each in planted_copies.copies(article, of)}


def words(text: str) -> list[str]:
    return re.findall(r"\w+", text)


def replaced(one: str, other: str) -> int:
    """Count the words of one text that are not in the other, in their order."""
    matches = difflib.SequenceMatcher(None, words(one), words(other), autojunk=False).get_matching_blocks()
    return len(words(one)) - sum(match.size for match in matches)


@pytest.mark.parametrize("language", ["en", "fr", "es", "pt-BR"])
def test_copies_are_what_their_kind_says(sample: dict[str, tuple[Article, Stock]], language: str) -> None:
    article, of = sample[language]
    made = planted(article, of)
    count = len(article.spans)
    assert made["original"] == made["exact"] == article.text
    for kind in ("re-spaced", "re-punctuated"):
        assert made[kind] != article.text
        assert words(made[kind]) == words(article.text)
    for percent in planted_copies.EDITED:
        wanted = max(1, round(percent * count / 100))
        assert 0.8 * wanted <= replaced(article.text, made[f"edited {percent} %"]) <= wanted
    assert article.text.startswith(made["cut off"])
    assert 0.39 * count <= len(words(made["cut off"])) <= 0.91 * count
    assert article.text in made["reprinted"]
    assert made["shuffled"] != article.text
    assert sorted(made["shuffled"].split("\n\n")) == sorted(article.text.split("\n\n"))
    if "corrected" in made:
        assert 1 <= replaced(article.text, made["corrected"]) <= 2
        assert re.sub(r"\d", "", made["corrected"]) == re.sub(r"\d", "", article.text)


@pytest.mark.parametrize("language", ["zh-Hans", "ja", "th", "hi", "ko", "ar"])
def test_every_kind_is_planted_in_every_script(sample: dict[str, tuple[Article, Stock]], language: str) -> None:
    made = planted(*sample[language])
    assert set(made) >= set(planted_copies.KINDS) - {"corrected", "shuffled", "cut off"}
    assert len(set(made.values())) >= len(made) - 2  # Thai has no marks that could be others


def test_the_same_article_gives_the_same_plants(sample: dict[str, tuple[Article, Stock]]) -> None:
    article, of = sample["en"]
    assert planted(article, of) == planted(article, of)
    again = [[each.text for each in planted_templates.instances(article, of, "template 5 %")] for _ in range(2)]
    assert again[0] == again[1]


@pytest.mark.parametrize("language", ["en", "de", "ar", "hi", "zh-Hans", "th"])
@pytest.mark.parametrize("kind", ["template 3 %", "template 20 %"])
def test_articles_of_a_template_differ_in_so_many_words(
    sample: dict[str, tuple[Article, Stock]], language: str, kind: str
) -> None:
    article, of = sample[language]
    made = list(planted_templates.instances(article, of, kind))
    slots = max(planted_templates.FEWEST, round(int(kind.split()[1]) * len(article.spans) / 100))
    assert len(made) == len({each.family for each in made}) == planted_templates.INSTANCES
    frame = [part for part in re.split(r"\s+", article.text) if part]
    for each in made:
        kept = difflib.SequenceMatcher(None, article.text, each.text, autojunk=False).ratio()
        assert each.text != article.text
        assert kept > 0.5
    if language in ("en", "de"):
        one, other = (re.split(r"\s+", each.text) for each in made[:2])
        assert replaced(" ".join(frame), made[0].text) <= slots
        assert len(set(one) - set(other)) >= 0.6 * slots


def test_a_template_of_names_alone_has_no_figures_in_its_slots(sample: dict[str, tuple[Article, Stock]]) -> None:
    article, of = sample["en"]
    for each in planted_templates.instances(article, of, f"names {planted_templates.NAMED} %"):
        assert set(re.findall(r"\d+", each.text)) <= set(re.findall(r"\d+", article.text))


def test_all_copies_of_the_sample_are_found_and_hardly_any_template_is_merged() -> None:
    found = dedup.check(str(SAMPLE / "desk"), Dedup())[dedup.OURS]
    whole = sum(found.values(), Tally())
    assert whole.precision() == whole.recall(dedup.AIMED) == 1.0
    assert whole.count(dedup.COPIES) > 200
    wrong, of = whole.merged(planted_templates.kinds()[:-1])
    assert wrong < of / 20


def everything(table: pa.Table) -> list[tuple[int, int]]:
    return [(row, 0) for row in range(1, len(table))]


def nothing(table: pa.Table) -> list[tuple[int, int]]:
    return []


def test_bad_finders_score_lower_than_good_ones() -> None:
    found = dedup.compare(WIRE, {"everything": everything, "nothing": nothing}, 1)
    one, other = (sum(languages.values(), Tally()) for languages in found.values())
    assert (one.precision() or 1) < 0.1
    wrong, of = one.merged(planted_templates.kinds())
    assert wrong > of
    assert (other.precision(), other.recall(dedup.AIMED), other.merged(planted_templates.kinds())[0]) == (None, 0.0, 0)


def test_one_story_in_two_varieties_of_a_language_is_not_a_copy(tmp_path: Path) -> None:
    text = " ".join(f"word{number}" for number in range(80))
    rows = [f'{{"tag": "{tag}", "title": "T", "text": "{text}"}}' for tag in ("en-GB-1", "en-US-1")]
    (tmp_path / "one.jsonl").write_text("\n".join(rows), encoding="utf-8")
    found = dedup.check(str(tmp_path / "one.jsonl"), Dedup())[dedup.OURS]
    assert {tag: tally.precision() for tag, tally in found.items()} == {"en-GB": 1.0, "en-US": 1.0}
    assert all(tally.found["original"] == 0 for tally in found.values())


@pytest.mark.parametrize("tool", sorted(other_tools.FINDERS))
def test_other_tools_find_exact_copies(tool: str) -> None:
    pytest.importorskip(tool.replace("-", "_"))
    texts = ["one two three four five six seven", "one two three four five six seven", "no word of it is the same here"]
    documents = [other_tools.Document(" ".join(f"en{word}" for word in text.split()), 3) for text in texts]
    assert other_tools.FINDERS[tool](documents, 0.7) == [(1, 0)]


def test_the_command_prints_a_page_or_json(monkeypatch: pytest.MonkeyPatch) -> None:
    file = str(SAMPLE / "wire" / "asia.jsonl.zst")
    page = CliRunner().invoke(main, ["check", "dedup", file])
    assert page.exit_code == 0
    assert page.output.startswith("# Accuracy of copy detection\n")
    assert "| zh-Hans | 3 |" in page.output
    figures = CliRunner().invoke(main, ["check", "dedup", file, "--json"])
    assert '"zh-Hans"' in figures.output
    monkeypatch.setattr(dedup, "NGRAMS", (3,))
    monkeypatch.setattr(dedup, "BANDS", ((20, 5),))
    swept = CliRunner().invoke(main, ["check", "dedup", file, "--sweep"])
    assert len(re.findall(r"^\| [35]", swept.output, re.MULTILINE)) == 5


def test_a_file_without_articles_is_an_error_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "none.jsonl").write_text("{}", encoding="utf-8")
    found = CliRunner().invoke(main, ["check", "dedup", str(tmp_path / "none.jsonl")])
    assert found.exit_code == 1


@pytest.mark.slow
@pytest.mark.aims
@pytest.mark.skipif(not NTREX.exists(), reason="needs the shared corpus")
def test_the_aims_hold_on_real_articles_of_every_language() -> None:
    found = dedup.compare(str(NTREX), {dedup.OURS: partial(dedup.find, Dedup())}, 1)[dedup.OURS]
    for tag, tally in found.items():
        assert (tally.precision() or 0) >= 0.999, tag
        assert (tally.recall(dedup.AIMED) or 0) >= 0.98, tag
    wrong, of = sum(found.values(), Tally()).merged(planted_templates.kinds())
    assert wrong <= of / 100
    assert dedup_report.markdown({dedup.OURS: found}, Dedup(), NTREX.name).count("\n| ") > 128
