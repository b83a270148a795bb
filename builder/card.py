"""The dataset card: what the release is, in figures that are computed, and the YAML by which `datasets` loads it."""

from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import Any

import yaml

from builder import standoff
from builder.codes import base
from builder.config import Card
from builder.splits import SPLITS

SHOWN = 20  # articles that belong to two splits, by id
MOST_REMOVED = 10  # sources that a card lists, those of which the largest share was removed
_SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"), (10**7, "1M<n<10M"))


def render(manifest: Mapping[str, Any], card: Card) -> str:
    """Give the text of README.md: the YAML, then what a reader needs."""
    head = yaml.dump(_metadata(manifest, card), Dumper=_dumper(), sort_keys=False, allow_unicode=True, width=1000)
    return f"---\n{head}---\n\n{_body(manifest, card)}"


def _dumper() -> Any:
    """Give libyaml's dumper where PyYAML has it: ten times as fast, and it too quotes Norwegian's `no`."""
    return getattr(yaml, "CSafeDumper", yaml.SafeDumper)


def _metadata(manifest: Mapping[str, Any], card: Card) -> dict[str, Any]:
    languages = list(manifest["splits"])
    rows = manifest["counts"]["kept"]
    metadata: dict[str, Any] = {
        "pretty_name": card.pretty_name or manifest["name"],
        "language": sorted({base(language) for language in languages}),
        "language_details": ", ".join(languages),
        "size_categories": [next((name for limit, name in _SIZES if rows < limit), "n>10M")],
        "task_categories": ["text-classification", "text-generation", "fill-mask"],
        "source_datasets": ["original"],
        "annotations_creators": ["machine-generated"],
        "language_creators": ["found"],
        "tags": ["news"],
    }
    said = {"license": card.license, "license_name": card.license_name, "license_link": card.license_link}
    metadata |= {name: value for name, value in said.items() if value}
    present = [split for split in SPLITS if any(split in of_language for of_language in manifest["splits"].values())]
    total = {
        split: {
            "rows": sum(of_language.get(split, {}).get("rows", 0) for of_language in manifest["splits"].values()),
            "bytes": sum(of_language.get(split, {}).get("bytes", 0) for of_language in manifest["splits"].values()),
        }
        for split in present
    }
    described = {"all": ("data/*", total), **{lang: (f"data/{lang}", of) for lang, of in manifest["splits"].items()}}
    # `datasets` keys its cache by these entries, not by the files: version and content make it load what is new.
    metadata["configs"] = [
        {
            "config_name": name,
            **({"default": True} if name == "all" else {}),
            "version": manifest["version"],
            "description": f"content {manifest['content']}",
            "data_files": [{"split": split, "path": f"{folder}/{split}-*.parquet"} for split in splits],
        }
        for name, (folder, splits) in described.items()
    ]
    metadata["dataset_info"] = [
        {
            "config_name": name,
            "splits": [
                {"name": split, "num_bytes": said["bytes"], "num_examples": said["rows"]}
                for split, said in splits.items()
            ],
            "dataset_size": sum(said["bytes"] for said in splits.values()),
        }
        for name, (_, splits) in described.items()
    ]
    return metadata


def _body(manifest: Mapping[str, Any], card: Card) -> str:
    counts, config, versions = manifest["counts"], manifest["config"], manifest["versions"]
    furniture = config["furniture"]
    example = "fr" if "fr" in manifest["splits"] else next(iter(manifest["splits"]))
    reasons = [(what, count) for what, count in counts.items() if ":" in what]
    lines = [
        f"# {card.pretty_name or manifest['name']}",
        "",
        card.description
        or f"News articles in {len(manifest['splits'])} languages, with the language that each claims checked.",
        "",
        f"Version {manifest['version']}: {counts['kept']:,} articles, kept of {counts['read']:,} records "
        "that were read.",
        "",
        "## Load it",
        "",
        "```python",
        "from datasets import load_dataset",
        "",
        f'articles = load_dataset("path/to/this/folder", "{example}", split="train")  # one language',
        'everything = load_dataset("path/to/this/folder", "all")                  # all of them',
        "```",
        "",
        "On a hub, pin a version with `revision=`. Offline (`HF_HUB_OFFLINE=1`) `load_dataset` ignores it and takes "
        "the newest version in its cache: give it the folder that `snapshot_download(…, revision=…)` returns instead.",
        "",
        *standoff.told(manifest),
        "## Articles",
        "",
        "| language | " + " | ".join(SPLITS) + " | all |",
        "|---" * (len(SPLITS) + 2) + "|",
    ]
    for language, of_language in manifest["splits"].items():
        figures = [of_language.get(name, {}).get("rows", 0) for name in SPLITS]
        lines.append(f"| `{language}` | " + " | ".join(f"{figure:,}" for figure in (*figures, sum(figures))) + " |")
    lines += [
        "",
        "## What became of every record",
        "",
        "`decisions.parquet` has a row for each: file, place, tag, decision, reason and evidence.",
        "",
        "| decision | reason | records |",
        "|---|---|---|",
        f"| kept | | {counts['kept']:,} |",
    ]
    lines += [f"| {what.split(':')[0]} | {what.split(':')[1]} | {count:,} |" for what, count in reasons]
    lines += [
        "",
        "## How it was made",
        "",
        "Text: Unicode NFC, mojibake and HTML entities mended, control and zero-width characters taken out, "
        "paragraphs parted by one blank line; quotation marks turned where they plainly looked the wrong way. "
        "`repairs` names what was done to each article, `unrepaired` what was seen and left.",
        "",
        f"Language: heliport {versions['heliport']} on every body and paragraph, langdetect {versions['langdetect']} "
        "where it was unsure or contradicted the tag; "
        f"rejected: {', '.join(config['language']['reject']) or 'nothing'}"
        + "".join(
            f", in {tag} {', '.join(verdicts) or 'nothing'}"
            for tag, verdicts in sorted(config["language"]["per_language"].items())
        )
        + ". `language_share` is what is in the tag's language, `foreign_spans` what is not.",
        "",
        f"Furniture of the page: lines in {furniture['min_articles']} or more articles and "
        f"{furniture['min_share']:.0%} of those of one source and language were "
        + ("taken out of the texts" if furniture["remove"] else "left in the texts")
        + "; `decisions.parquet` names them.",
        "",
        "Quality: signals of every article are columns; rejected: "
        f"{', '.join(config['quality']['reject']) or 'nothing'}.",
        "",
        "Personal data: e-mail addresses, telephone, IP and bank numbers are counted in columns; masked: "
        f"{', '.join(config['privacy']['mask']) or 'none'}.",
        "",
        *_copies(manifest),
        "",
        *_splits(manifest),
        *_decontaminated(manifest),
        "",
        "builder "
        + ", ".join(f"{name} {version}" for name, version in versions.items()).removeprefix("builder ")
        + ".",
        "",
    ]
    return "\n".join(lines)


_KEPT = {
    "earliest": "the earliest, then the longest",
    "latest": "the latest, then the longest",
    "longest": "the longest, then the earliest",
    "source": "that of the first source in a list, then the earliest",
}


def _copies(manifest: Mapping[str, Any]) -> list[str]:
    """Tell how copies were found, how many there are, and of which sources most were removed."""
    dedup, copies = manifest["config"]["dedup"], manifest["copies"]
    kinds = ", ".join(f"{name} {count:,}" for name, count in copies["kinds"].items())
    lines = [
        f"Copies: MinHash on {dedup['ngram']}-grams of words (characters in scripts without spaces), "
        f"{dedup['bands']} bands × {dedup['rows']}, and one in four of these n-grams looked up as it is; each pair "
        f"verified with the copy that is kept: Jaccard ≥ {dedup['threshold']:g} (`near`, `revision`), or "
        f"{dedup['containment']:.0%} of the shorter one's n-grams in the other (`contained`). Kept is what was "
        f"published before, else {_KEPT[dedup['keep']]}. Articles of one template, which differ in "
        "numbers, dates and names, are kept. `clusters.parquet` has every copy with its kind and similarity.",
        "",
        f"Found: {kinds or 'none'}.",
    ]
    if copies["largest"]:
        named = [
            f"`{cluster['cluster']}` ({cluster['like']:,} alike, {cluster['removed']:,} removed)"
            for cluster in copies["largest"]
        ]
        lines += ["", f"Largest clusters: {', '.join(named)}."]
    most = sorted(copies["sources"], key=lambda row: -row["removed"] / row["articles"])[:MOST_REMOVED]
    if most:
        lines += ["", "| language | source | articles | removed as copies |", "|---|---|---|---|"]
        lines += [
            f"| `{row['language']}` | {row['source'] or '(none)'} | {row['articles']:,} | "
            f"{row['removed']:,} ({row['removed'] / row['articles']:.0%}) |"
            for row in most
        ]
    return lines


def _decontaminated(manifest: Mapping[str, Any]) -> list[str]:
    settings = manifest["config"]["decontaminate"]
    if not settings["sets"]:
        return []
    named = ", ".join(f"`{PurePath(path).name}`" for path in settings["sets"])
    return [
        "",
        f"Evaluation sets: articles that contain a text of {named}, or {settings['ngram']} words of one in a row, were "
        f"left out: {manifest['counts'].get('rejected:contaminated', 0):,}.",
    ]


def _leaks(leaks: Sequence[Mapping[str, Any]]) -> str:
    """Tell what the leak check of the release found."""
    if not leaks:
        return (
            "Leak test: every pair of articles in two splits that shares a MinHash band or a part of its sketch "
            "was compared; no exact, near or contained copy and no story stands in two splits."
        )
    named = ", ".join(
        f"`{leak['id']}` in {leak['split']} ({leak['kind']} mate of `{leak['mate']}` in {leak['mate_split']})"
        for leak in leaks[:SHOWN]
    )
    more = f" and {len(leaks) - SHOWN:,} more, all in `manifest.json`" if len(leaks) > SHOWN else ""
    return f"Leak test: {len(leaks):,} articles have a mate in another split: {named}{more}."


def _splits(manifest: Mapping[str, Any]) -> list[str]:
    """Tell how the splits were cut, what languages lack, and what belongs to two of them."""
    split, lacking, conflicts = manifest["config"]["split"], manifest["lacking"], manifest["conflicts"]
    if split["by"] == "time":
        begins = f"validation from {split['validation_from']}, " if split["validation_from"] else ""
        how = f"by date: {begins}test from {split['test_from']}, {split['embargo_days']} days before each left out"
    else:
        how = (
            f"train, validation, test at {split['train']:g}, {split['validation']:g}, {split['test']:g} in every "
            f"language of {split['min_articles']} articles or more"
        )
        how += "".join(
            f", in {language} {ratios['train']:g}, {ratios['validation']:g}, {ratios['test']:g}"
            for language, ratios in sorted(split["languages"].items())
        )
    lines = [
        f"Splits: {how}. Copies, translations and articles of one story (`story`) stand in one split, and an article "
        "keeps its split in later releases.",
    ]
    if lacking:
        without: dict[str, list[str]] = {}
        for language, splits in lacking.items():
            without.setdefault(" and ".join(splits), []).append(f"`{language}`")
        lines += ["", *(f"Without {splits}: {', '.join(named)}." for splits, named in sorted(without.items()))]
    if conflicts:
        done = "were left out" if conflicts[0]["left_out"] else "are in the release all the same"
        named = ", ".join(f"`{conflict['id']}` (`{conflict['mate']}`)" for conflict in conflicts[:SHOWN])
        more = f" and {len(conflicts) - SHOWN:,} more, all in `manifest.json`" if len(conflicts) > SHOWN else ""
        lines += ["", f"{len(conflicts):,} articles belong with one in a stricter split and {done}: {named}{more}."]
    return [*lines, "", _leaks(manifest["leaks"])]
