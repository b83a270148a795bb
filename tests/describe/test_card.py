"""Test card, charts and croissant.json; each figure is counted again from the rows."""

import logging
import re
import subprocess
import sys
import warnings
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import orjson
import pytest

from builder.config.load import load
from builder.config.quality import Fault
from builder.config.sections import Card, Verdict
from builder.core.errors import ConfigError
from builder.core.layout import CROISSANT
from builder.core.manifest import Manifest
from builder.core.manifest_parts import Figures, SplitEntry
from builder.core.schema import ARTICLE, STANDOFF
from builder.core.terms import Reason
from builder.describe import charts, data_dictionary, identity
from builder.languages import names
from builder.pipeline.outcome import Outcome
from builder.release import catalog
from tests.conftest import rows

FRENCH = (
    "Le conseil municipal a voté hier soir le budget de la ville, après trois heures de débat, à une voix près.",
    "La bibliothèque du port ouvre samedi ses portes aux enfants, avec des lectures, des jeux et un goûter.",
)


def card_of(outcome: Outcome) -> str:
    assert outcome.path is not None
    return (outcome.path / "README.md").read_text(encoding="utf-8")


def manifest_of(outcome: Outcome) -> Manifest:
    assert outcome.path is not None
    return catalog.read(outcome.path).manifest


def table(card: str, heading: str, first: str) -> list[list[str]]:
    """Return the cells of the table below a heading whose first column has this name."""
    below = card[card.index(f"\n## {heading}\n") :]
    lines = below[below.index(f"\n| {first} |") + 1 :].split("\n\n")[0].splitlines()
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines[2:]]


def number(cell: str) -> int:
    return int(cell.replace(",", ""))


def test_the_card_loads_and_names_every_config(sample: Outcome) -> None:
    from huggingface_hub import DatasetCard

    assert sample.path is not None
    metadata = DatasetCard.load(str(sample.path / "README.md")).data.to_dict()
    assert metadata["configs"][0]["config_name"] == "all"
    assert metadata["configs"][0]["default"] is True
    assert {config["version"] for config in metadata["configs"]} == {"1.0.0"}
    sizes = {
        info["config_name"]: sum(split["num_examples"] for split in info["splits"]) for info in metadata["dataset_info"]
    }
    assert sizes["all"] == sample.counts["kept"]


def test_figures_of_languages_match_the_rows(sample: Outcome) -> None:
    found = rows(sample)
    counts = Counter((row["language"], row["split"]) for row in found)
    words = Counter[str]()
    for row in found:
        words[row["language"]] += row["word_count"]
    said = table(card_of(sample), "Languages", "language")
    assert [row[0].strip("`") for row in said] == sorted({row["language"] for row in found})
    for language, _, *figures, _size in ([row[0].strip("`"), *row[1:]] for row in said):
        of_splits = [counts[language, split] for split in ("train", "validation", "test")]
        assert [number(figure) for figure in figures] == [*of_splits, sum(of_splits), words[language]]
    text = card_of(sample)
    assert (
        f"{len(found)} articles with {sum(words.values()):,} words, selected from {sample.counts['read']} records"
        in text
    )


def test_languages_have_their_names_in_their_own_script(sample: Outcome) -> None:
    named = {row[0].strip("`"): row[1] for row in table(card_of(sample), "Languages", "language")}
    assert named["am"] == "አማርኛ, Amharic"
    assert named["zh-Hant"] == "繁體中文, Traditional Chinese"
    assert named["sr-Cyrl"] == "српски (ћирилица), Serbian (Cyrillic)"
    assert named["ar"] == "العربية, Arabic"
    assert names.own_name("zh-TW") == "中文 (台湾)"


def test_sources_dates_and_licences_match_the_rows(sample: Outcome) -> None:
    found, text, figures = rows(sample), card_of(sample), manifest_of(sample).figures
    for heading, column, listed in (("source", "source", "sources"), ("licence", "license", "licenses")):
        counts = Counter(row[column] for row in found)
        assert {getattr(row, column): row.articles for row in getattr(figures, listed)} == dict(counts)
        shown = table(text, "Sources, dates and licences", heading)
        assert sum(number(row[1]) for row in shown) == len(found)
        top = max(counts.values())
        assert number(shown[0][1]) == top
    dates = [row["date"] for row in found if row["date"] is not None]
    assert (
        f"The articles date from {min(dates):%Y-%m-%d} to {max(dates):%Y-%m-%d}; {len(found) - len(dates)} have no date"
        in text
    )
    assert figures.months == dict(sorted(Counter(f"{date:%Y-%m}" for date in dates).items()))


def test_removed_records_are_listed_by_stage_and_reason(sample: Outcome) -> None:
    said = table(card_of(sample), "Removed records", "stage")
    assert sum(number(row[3]) for row in said) == sample.counts["read"]
    assert ["language", "rejected", "language_disagree", "1"] in [row[:4] for row in said]
    assert all(row[4] for row in said[:-1]), "every reason has words"


def test_every_column_and_every_reason_has_a_meaning() -> None:
    assert [field.name for field in (*ARTICLE, *STANDOFF) if not data_dictionary.of_column(field.name)] == []
    assert [reason for reason in Reason if not reason.words] == []
    for name in (*get_args(Fault), *(f"language_{verdict}" for verdict in get_args(Verdict))):
        assert data_dictionary.of_reason(f"rejected:{name}") == (Reason(name).stage, Reason(name).words)


def test_the_signature_depends_on_the_settings(make: Callable[..., Outcome], sample: Outcome, tmp_path: Path) -> None:
    one = identity.signature(manifest_of(sample))
    assert re.fullmatch(
        r"news:1\.0\.0\|builder:[\d.]+\|publish:text\|lid:heliport-[\d.]+\+langdetect-[\d.]+\|.*\|content:\w{16}", one
    )
    assert one in card_of(sample)
    built = make({"fr-01.txt": f"Titre\n\n{FRENCH[0]}\n\nfr-01\n"}, {"dedup": {"threshold": 0.8}})
    assert "-j0.8-" in identity.signature(manifest_of(built))


def test_card_settings_appear_in_card_and_croissant(make: Callable[..., Outcome]) -> None:
    said = {
        "pretty_name": "Journaux",
        "repository": "org/journaux",
        "authors": ("Ada Martin", "Bo Li"),
        "contact": "news@press.example",
        "license": "cc-by-4.0",
        "collection": "Taken from two papers that agreed.",
        "uses": ("To measure language identification.",),
        "biases": ("Only papers of the coast.",),
        "limits": ("No sports.",),
    }
    source = "A | paper <b>bold</b>"
    raw = {"all.jsonl": orjson.dumps({"tag": "fr-01", "text": FRENCH[0], "source": source}).decode()}
    built = make(raw, {"card": said})
    text = card_of(built)
    for words in (
        'load_dataset("org/journaux", "fr", revision="v1.0.0")',
        'snapshot_download("org/journaux", repo_type="dataset", revision="v1.0.0")',
        "author = {Ada Martin and Bo Li}",
        "url = {https://huggingface.co/datasets/org/journaux}",
        "- Only papers of the coast.",
        "- No sports.",
        "- To measure language identification.",
        "Contact: news@press.example",
        "Taken from two papers that agreed.",
        r"| A \| paper &lt;b&gt;bold&lt;/b&gt; | 1 |",
        "No article has a date.",
    ):
        assert words in text, words
    assert built.path is not None
    assert not (built.path / charts.MONTHS).exists()
    machine = orjson.loads((built.path / CROISSANT).read_bytes())
    assert machine["license"] == "cc-by-4.0"
    assert [creator["name"] for creator in machine["creator"]] == ["Ada Martin", "Bo Li"]
    assert machine["rai:dataBiases"] == ["Only papers of the coast."]
    cited = identity.citation(manifest_of(built), Card(citation="Martin 2026, Journaux"))
    assert cited == "Martin 2026, Journaux"


def test_the_card_lists_the_changes(make: Callable[..., Outcome]) -> None:
    make({"fr-01.txt": f"Titre\n\n{FRENCH[0]}\n\nfr-01\n"})
    assert "This is the first version." in card_of(make({}))
    text = card_of(make({"fr-02.txt": f"Livres\n\n{FRENCH[1]}\n\nfr-02\n"}))
    assert "Since 1.0.0: added 1." in text
    assert table(text, "Changes", "language") == [["`fr`", "1"]]


def test_charts_show_the_figures(sample: Outcome) -> None:
    assert sample.path is not None
    found = rows(sample)
    drawn = {name: ET.fromstring((sample.path / name).read_text()) for name in charts.draw(manifest_of(sample))}
    assert sorted(drawn) == ["charts/decisions.svg", "charts/languages.svg", "charts/months.svg"]
    for chart in drawn.values():
        assert not [node for node in chart.iter() if node.tag.endswith("script")]
    texts = {
        name: [node.text or "" for node in chart.iter() if node.tag.endswith("text")] for name, chart in drawn.items()
    }
    counts = Counter(row["language"] for row in found)
    labels = [
        re.sub("[\N{FIRST STRONG ISOLATE}\N{POP DIRECTIONAL ISOLATE}]", "", text) for text in texts[charts.LANGUAGES]
    ]
    assert {f"français (fr): {counts['fr']}", f"አማርኛ (am): {counts['am']}"} <= set(labels)
    bars = [
        node for node in drawn[charts.LANGUAGES].iter() if node.tag.endswith("rect") and node.get("fill") != "#ffffff"
    ]
    widths = sorted((float(str(bar.get("width"))) for bar in bars), reverse=True)
    most = sorted(counts.values(), reverse=True)
    assert widths == pytest.approx([count / most[0] * widths[0] for count in most], rel=1e-3)
    assert f"{sum(counts.values())}" in texts[charts.LANGUAGES][0]
    assert "Records removed, by stage (97 of 115 kept)" in texts[charts.STAGES]


def test_many_languages_and_many_years_are_shown_in_part() -> None:
    train = {"train": SplitEntry(rows=3, bytes=3, content_sha256="0f")}
    manifest = Manifest.of(
        counts={"read": 150, "kept": 150},
        splits={f"q{letter}{other}": train for letter in "aefgi" for other in "abcdefghij"},
        figures=Figures(months={"1999-12": 1, "2026-01": 149}),
    )
    drawn = charts.draw(manifest)
    assert b"Articles of the 40 largest languages (10 more have 30)" in drawn[charts.LANGUAGES]
    assert drawn[charts.MONTHS].count(b"<text") < 30
    assert b"none removed; kept: 150" in drawn[charts.STAGES]


@pytest.mark.parametrize(
    ("months", "title", "columns"),
    [
        ({"2024-01": 3, "2024-04": 1}, "Articles of each month (4, 2 without a date)", 4),
        ({"0202-06": 1, "2024-01": 3}, "Articles of each year (4, 2 without a date)", 2),
        ({"0001-01": 1, "2024-05": 2, "9999-12": 1}, "Articles of each year (4, 2 without a date)", 3),
        ({"1950-01": 1, "2024-05": 2}, "Articles of each year (3, 2 without a date)", 75),
        (
            {f"{year:04}-01": 1 + year % 2 for year in range(1000, 3000, 2)},
            "Articles of each year (1,000, 2 without a date, 520 not shown)",
            480,
        ),
    ],
)
def test_a_wrong_date_does_not_stretch_the_chart_over_centuries(
    months: dict[str, int], title: str, columns: int
) -> None:
    manifest = Manifest.of(
        counts={"read": 9, "kept": 9},
        splits={"fr": {"train": SplitEntry(rows=9, bytes=9, content_sha256="0f")}},
        figures=Figures(months=months, undated=2),
    )
    drawn = ET.fromstring(charts.draw(manifest)[charts.MONTHS].decode())
    assert title in [node.text for node in drawn.iter() if node.tag.endswith("text")]
    bars = [node for node in drawn.iter() if node.tag.endswith("rect") and node.get("fill") != "#ffffff"]
    assert len(bars) == columns


def test_the_card_lists_settings_that_differ_from_the_defaults(make: Callable[..., Outcome]) -> None:
    raw = {"fr-01.txt": f"Titre\n\n{FRENCH[0]}\n\nfr-01\n"}
    one = make(raw)
    assert "Settings that differ from the defaults" not in card_of(one)
    other = make(raw, {"language": {"min_share": 0.2}, "quality": {"thresholds": {"too_short": 3}}}, version="1.1.0")
    said = "Settings that differ from the defaults: `language.min_share = 0.2`, `quality.thresholds.too_short = 3"
    assert said in card_of(other)
    digests = [re.search(r"settings:(\w{16})", identity.signature(manifest_of(built))) for built in (one, other)]
    assert digests[0]
    assert digests[1]
    assert digests[0][1] != digests[1][1]


def test_card_settings_are_checked(tmp_path: Path) -> None:
    for said, message in (
        ('license = "https://example.org/licence"', "card.license"),
        ('license = "cc-by-4.0"\nlicense_name = "Ours"', 'license_name and license_link need license = "other"'),
        ('pretty_name = "a\\nb"', "card.pretty_name"),
    ):
        path = tmp_path / "builder.toml"
        path.write_text(f"[card]\n{said}\n")
        with pytest.raises(ConfigError, match=message):
            load(str(path))
    manifest = Manifest.of(name="news", version="1.0.0", content="0" * 64, splits={})
    cited = identity.citation(manifest, Card(pretty_name="A {b} & c", authors=("Smith and Sons", "Bo Li")))
    assert r"title = {{A \{b\} \& c}}" in cited
    assert "author = {{Smith and Sons} and Bo Li}" in cited


def test_croissant_is_valid_and_reads_record_by_record(sample: Outcome) -> None:
    assert sample.path is not None
    command = [str(Path(sys.executable).parent / "mlcroissant"), "validate", "--jsonld", CROISSANT]
    done = subprocess.run(command, cwd=sample.path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "Done." in done.stderr
    assert "error" not in done.stderr.lower()
    said = orjson.loads((sample.path / CROISSANT).read_bytes())
    assert "http://mlcommons.org/croissant/1.1" in said["conformsTo"]
    listed = {one["@id"]: one.get("sha256") for one in said["distribution"] if one["@type"] == "cr:FileObject"}
    files = manifest_of(sample).files
    assert listed == {name: files[name].sha256 for name in files if name.startswith("data/")}
    assert {key for key in said if key.startswith("rai:")} >= {
        "rai:dataCollection",
        "rai:dataPreprocessingProtocol",
        "rai:personalSensitiveInformation",
        "rai:dataLimitations",
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        read = records(sample.path)
        tested = records(sample.path, {"articles/split": "test"})
    expected = {row["id"]: row for row in rows(sample)}
    assert {record["articles/id"].decode() for record in read} == set(expected)
    for record in read:
        row = expected[record["articles/id"].decode()]
        for name, value in row.items():
            assert same(record[f"articles/{name}"], value), (row["id"], name)
    assert {record["articles/id"].decode() for record in tested} == {
        id for id, row in expected.items() if row["split"] == "test"
    }


def records(folder: Path, filters: dict[str, str] | None = None) -> list[dict[str, Any]]:
    import mlcroissant

    logging.getLogger("absl").setLevel(logging.ERROR)
    return list(mlcroissant.Dataset(jsonld=str(folder / CROISSANT)).records("articles", filters=filters))


def same(read: Any, value: Any) -> bool:
    """Compare what mlcroissant reads with the value of a row: strings are bytes, parts of structs have long names."""
    if isinstance(value, str):
        return bool(read == value.encode())
    if isinstance(value, list):
        return len(read) == len(value) and all(same(one, other) for one, other in zip(read, value, strict=True))
    if isinstance(value, dict):
        return all(same(read[f"articles/foreign_spans/{name}"], part) for name, part in value.items())
    return bool(read == value)
