"""Write sentences about a release from its manifest, for the card and croissant.json."""

from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import Any

import orjson

from builder.config.recorded import Recorded
from builder.config.sections import Card, Config
from builder.core.manifest import Manifest
from builder.core.manifest_parts import LeakEntry, SourceCopies
from builder.core.schema import REHYDRATED_TABLE
from builder.describe.markdown import code, count

SHOWN = 20  # articles that a sentence lists
MOST_REMOVED = 10  # sources in the table of those that lost the largest share of their articles


def settings(manifest: Manifest) -> list[str]:
    """List the settings that differ from the defaults, except those that the card shows elsewhere."""
    recorded, defaults = (_flat(config) for config in (manifest.config, Config().says()))
    changed = [
        key
        for key in recorded
        if recorded[key] != defaults.get(key) and not key.startswith(("card.", "name", "fields."))
    ]
    listed = ", ".join(f"{code(f'{key} = {orjson.dumps(recorded[key]).decode()}')}" for key in sorted(changed))
    return [f"Settings that differ from the defaults: {listed}."] if listed else []


def _flat(config: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in config.items():
        flat |= _flat(value, f"{prefix}{key}.") if isinstance(value, dict) and value else {f"{prefix}{key}": value}
    return flat


def preparation(manifest: Manifest) -> list[str]:
    """Describe how the texts were prepared: repairs, boilerplate, personal data (a paragraph each)."""
    recorded = Recorded(manifest)
    furniture = recorded.furniture
    return [
        "Text: the builder normalizes Unicode to NFC, repairs mojibake and HTML entities, removes control and "
        "zero-width characters, separates paragraphs by one blank line, and turns quotation marks that plainly face "
        "the wrong way. `repairs` lists the repairs of each article; `unrepaired` lists the faults that were left.",
        f"Boilerplate: lines that occur in {furniture.min_articles} or more articles, and in at least "
        f"{furniture.min_share:.0%} of the articles of one source and language, were "
        + ("removed from the texts" if furniture.remove else "left in the texts")
        + f"; `decisions.parquet` lists {'them' if manifest.publish == 'text' else 'their keys'}.",
        "Personal data: columns count e-mail addresses and telephone, IP and bank numbers. Masked in the text: "
        f"{', '.join(recorded.privacy.mask) or 'none'}.",
    ]


def judgement(manifest: Manifest) -> list[str]:
    """Describe how articles were judged: language, quality, evaluation sets (a paragraph each)."""
    recorded = Recorded(manifest)
    language = recorded.language
    heliport, langdetect = manifest.version_of("heliport"), manifest.version_of("langdetect")
    per_language = "".join(
        f"; in {tag}: {', '.join(verdicts) or 'nothing'}" for tag, verdicts in sorted(language.per_language.items())
    )
    paragraphs = [
        f"Language: heliport {heliport} classified every body and paragraph. langdetect {langdetect} gave a second "
        "opinion where heliport was unsure or contradicted the tag. "
        f"Rejected: {', '.join(language.reject) or 'nothing'}{per_language}. "
        "`language_share` is the share of the text in the tag's language; `foreign_spans` lists passages in others.",
        "Quality: columns give the signals of every article. "
        f"Rejected: {', '.join(recorded.quality.reject) or 'nothing'}.",
    ]
    decontaminate = recorded.decontaminate
    if decontaminate.sets:
        sets = ", ".join(code(PurePath(path).name) for path in decontaminate.sets)
        paragraphs.append(
            f"Evaluation sets: {count(manifest.count('rejected:contaminated'), 'article')} left out for containing a "
            f"text of {sets}, or {decontaminate.ngram} consecutive words of one."
        )
    return paragraphs


_KEPT = {
    "earliest": "the earliest, then the longest",
    "latest": "the latest, then the longest",
    "longest": "the longest, then the earliest",
    "source": "the one from the first source in a list, then the earliest",
}


def copies(manifest: Manifest) -> list[str]:
    """Describe how copies were found, how many there are, and the largest clusters (a paragraph each)."""
    dedup, figures = Recorded(manifest).dedup, manifest.copies
    kinds = ", ".join(f"{name} {number:,}" for name, number in figures.kinds.items())
    paragraphs = [
        f"Copies: candidate pairs share a MinHash band ({dedup.ngram}-grams of words, or of characters in scripts "
        f"without spaces; {dedup.bands} bands × {dedup.rows}) or one of a sample (a quarter) of these n-grams. Each "
        f"was compared with the copy that is kept: Jaccard ≥ {dedup.threshold:g} (`near`, `revision`), or "
        f"{dedup.containment:.0%} of the shorter text's n-grams in the other (`contained`). The release keeps the "
        f"article that was published before, otherwise {_KEPT[dedup.keep]}. It keeps all articles of one template, "
        "which differ in numbers, dates and names. `clusters.parquet` lists every copy with its kind and similarity.",
        f"Copies found: {kinds or 'none'}.",
    ]
    if figures.largest:
        clusters = [
            f"{code(cluster.cluster)} ({cluster.like:,} alike, {cluster.removed:,} removed)"
            for cluster in figures.largest
        ]
        paragraphs.append(f"Largest clusters: {', '.join(clusters)}.")
    return paragraphs


def most_removed(manifest: Manifest) -> list[SourceCopies]:
    """Return the sources that lost the largest share of their articles as copies."""
    return sorted(manifest.copies.sources, key=lambda row: -row.removed / row.articles)[:MOST_REMOVED]


_TOGETHER = {
    "tag-id": ", translations (by the ID of their tags)",
    "field": ", articles that a field assigns to one story",
    "none": "",
}


def splits(manifest: Manifest) -> list[str]:
    """Describe how the splits were cut, which languages lack one, conflicts, and leaks (a paragraph each)."""
    split, conflicts = Recorded(manifest).split, manifest.conflicts
    if split.by == "time":
        begins = f"validation from {split.validation_from}, " if split.validation_from else ""
        how = f"by date, {begins}test from {split.test_from}, without the {split.embargo_days} days before each"
    else:
        how = (
            f"train, validation and test at {split.train:g}, {split.validation:g} and {split.test:g} in every "
            f"language with {split.min_articles} articles or more"
        )
        how += "".join(
            f", in {language} {ratios.train:g}, {ratios.validation:g} and {ratios.test:g}"
            for language, ratios in sorted(split.languages.items())
        )
    paragraphs = [
        f"Splits: {how}. Copies{_TOGETHER[split.story_from]} and articles of one story (`story`) stay together in one "
        "split, and an article keeps its split in later releases.",
    ]
    languages_without: dict[str, list[str]] = {}
    for language, missing in manifest.lacking.items():
        languages_without.setdefault(" and ".join(missing), []).append(f"`{language}`")
    paragraphs += [f"Languages without {names}: {', '.join(of)}." for names, of in sorted(languages_without.items())]
    if conflicts:
        outcome = "were left out" if conflicts[0].left_out else "stay in the release"
        listed = _listed([f"{code(conflict.id)} ({code(conflict.mate)})" for conflict in conflicts])
        paragraphs.append(
            f"Conflicts: {len(conflicts):,} articles belong with one of a stricter split and {outcome}: {listed}."
        )
    return [*paragraphs, _leaks(manifest.leaks)]


def _leaks(leaks: Sequence[LeakEntry]) -> str:
    """Describe the result of the leak check that the build made."""
    if not leaks:
        return (
            "Leak test: every pair of articles in two splits that shares a MinHash band or a part of its sketch "
            "was compared. No exact, near or contained copy and no story crosses the splits."
        )
    listed = _listed(
        [
            f"{code(leak.id)} in {leak.split} ({leak.kind} mate of {code(leak.mate)} in {leak.mate_split})"
            for leak in leaks
        ]
    )
    return f"Leak test: {len(leaks):,} articles have a copy or story mate in another split: {listed}."


def _listed(names: Sequence[str]) -> str:
    more = len(names) - SHOWN
    return ", ".join(names[:SHOWN]) + (f" and {more:,} more (see `manifest.json`)" if more > 0 else "")


def limits(manifest: Manifest, card: Card) -> list[str]:
    """List the limits of the release, with figures where the manifest has them, and those that its maintainer adds."""
    figures, kept = manifest.figures, manifest.kept
    sentences = []
    unsupported = figures.verdicts.get("unsupported", {})
    if unsupported:
        listed = ", ".join(f"`{language}` {number:,}" for language, number in unsupported.items())
        sentences.append(f"No detector knows these languages, so the tags of their articles are unchecked: {listed}.")
    uncertain = sum(figures.verdicts.get("uncertain", {}).values())
    if uncertain:
        sentences.append(
            f"The language of {uncertain:,} of {kept:,} articles is uncertain: the detectors contradict each other, or "
            "are known to confuse it with another (`language_verdict`)."
        )
    if figures.undated:
        sentences.append(f"{figures.undated:,} of {kept:,} articles have no reliable date.")
    unlicensed = next((row.articles for row in figures.licenses if row.license is None), 0)
    if unlicensed:
        sentences.append(f"{unlicensed:,} of {kept:,} articles have no licence in their files.")
    small = [f"`{language}`" for language, of in figures.languages.items() if of.articles < 100]
    if small:
        sentences.append(
            f"These languages have fewer than 100 articles, too few for most measurements: {', '.join(small)}."
        )
    sentences += [
        "Copies with a tenth of their words or more rewritten are mostly missed, and so are translations "
        "that share neither tag ID nor URL.",
        "The search for personal data is tuned for precision: false positives are rare, but some personal data is "
        "missed.",
        "Foreign passages within a paragraph are found only where brackets, quotation marks, another script "
        "or two words that go together in that language point at them.",
        "Topics, regions and opinions are those of the sources; the builder balances nothing.",
        *card.biases,
        *card.limits,
    ]
    return sentences


def texts(manifest: Manifest) -> list[str]:
    """Return the lines of the section on texts, for a release without texts and for one that was rehydrated."""
    if manifest.of_ids:
        return [
            "## Add the texts",
            "",
            "This is a stand-off release. It has the ids, URLs, hashes, splits, copies and signals of the articles, "
            "but not their texts, headlines and authors, which may not be shared. If you hold the files that the "
            "articles come from, put the texts back; the command reports for each article whether its text matches:",
            "",
            "```console",
            "$ builder rehydrate path/to/this/folder --raw my/articles --to news",
            "```",
            "",
            "`text_sha256` and `title_sha256` hash the tidied UTF-8; `article_sha256` covers headline, text, author.",
            "",
        ]
    if manifest.rehydrated:
        counts = manifest.rehydrated.counts
        lacking = [f"{counts[state]:,} {state}" for state in ("changed", "missing") if counts[state]]
        shortfall = f" ({', '.join(lacking)})" if lacking else ""
        return [
            "## Texts",
            "",
            f"Rehydrated: {counts['matched']:,} of {sum(counts.values()):,} articles of a stand-off release have their "
            f"texts again, from local files{shortfall}. `{REHYDRATED_TABLE}` gives the "
            "location of each text. Counts of records are those of the stand-off release.",
            "",
        ]
    return []
