"""Prose: what a manifest says, in sentences; for the card, and for croissant.json."""

from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import PurePath
from typing import Any

import orjson

from builder.config.recorded import Recorded
from builder.config.sections import Card, Config
from builder.core.manifest import Manifest
from builder.core.manifest_parts import LeakEntry, SourceCopies
from builder.core.printable import visible
from builder.core.schema import REHYDRATED_TABLE

SHOWN = 20  # articles or languages that are named
MOST_REMOVED = 10  # sources that a card lists, those of which the largest share was removed


def title(manifest: Manifest, card: Card) -> str:
    """Give the dataset's name for people."""
    return card.pretty_name or manifest.name


def description(manifest: Manifest, card: Card) -> str:
    """Say in a sentence what the dataset is."""
    return card.description or (
        f"News articles in {count(len(manifest.splits), 'language')}, with the language that each claims checked."
    )


def signature(manifest: Manifest) -> str:
    """Give the line that says how a release was made: what decides most, and digests of all settings and all content.

    Another build of the same files, with the same line but for the digest of its content, gives the same content.
    """
    recorded = Recorded(manifest)
    dedup, split = recorded.dedup, recorded.split
    ratios = f"{split.train:g}/{split.validation:g}/{split.test:g}"
    cut = f"time:{split.test_from}" if split.by == "time" else f"{split.by}:{ratios}"
    settings = {key: value for key, value in manifest.config.items() if key != "card"}
    parts = [
        f"{manifest.name}:{manifest.version}",
        f"builder:{manifest.maker}",
        f"publish:{manifest.publish}",
        f"lid:heliport-{manifest.version_of('heliport')}+langdetect-{manifest.version_of('langdetect')}",
        f"reject:{'+'.join([*recorded.language.reject, *recorded.quality.reject]) or 'nothing'}",
        f"mask:{'+'.join(recorded.privacy.mask) or 'nothing'}",
        f"dedup:minhash-{dedup.ngram}gram-{dedup.bands}x{dedup.rows}-j{dedup.threshold:g}"
        f"-c{dedup.containment:g}-{dedup.keep}",
        f"split:{cut}-min{split.min_articles}",
        f"settings:{_digest([manifest.versions, settings])}",
        f"content:{manifest.content[:16]}",
    ]
    return "|".join(parts)


def _digest(said: Any) -> str:
    return sha256(orjson.dumps(said, option=orjson.OPT_SORT_KEYS)).hexdigest()[:16]


def count(number: int, what: str) -> str:
    """Count things.

    >>> count(1, "article"), count(1234, "word")
    ('1 article', '1,234 words')
    """
    return f"{number:,} {what}{'s' * (number != 1)}"


def days(manifest: Manifest) -> tuple[str, str] | None:
    """Give the days of the first and the last article; null where none is dated."""
    found = [day for of in manifest.figures.languages.values() for day in (of.first, of.last) if day]
    return (min(found), max(found)) if found else None


def url(card: Card) -> str | None:
    """Give the address of the dataset, as far as its maintainer says one."""
    return card.homepage or (f"https://huggingface.co/datasets/{card.repository}" if card.repository else None)


def citation(manifest: Manifest, card: Card) -> str:
    """Give how to cite the release: the maintainer's own words, else BibTeX with version and content digest."""
    if card.citation:
        return card.citation.strip()
    authors = [f"{{{_bibtex(name)}}}" if " and " in name else _bibtex(name) for name in card.authors]
    fields = {
        "title": f"{{{_bibtex(title(manifest, card))}}}",
        "author": " and ".join(authors),
        "version": manifest.version,
        "url": (url(card) or "").translate({ord("{"): "%7B", ord("}"): "%7D"}),
        "note": f"content {manifest.content[:16]}",
    }
    lines = [f"  {name} = {{{value}}}," for name, value in fields.items() if value]
    key = "".join(letter for letter in manifest.name if letter.isalnum())
    return "\n".join([f"@misc{{{key}-{manifest.version},", *lines, "}"])


_BIBTEX = str.maketrans(
    {**{letter: f"\\{letter}" for letter in "{}%&#_$"}, "\\": r"\textbackslash{}", "~": r"\~{}", "^": r"\^{}"}
)


def _bibtex(said: str) -> str:
    r"""Write text as BibTeX takes it.

    >>> _bibtex("Smith & {Sons}")
    'Smith \\& \\{Sons\\}'
    """
    return said.translate(_BIBTEX)


def settings(manifest: Manifest) -> list[str]:
    """Say which settings are not the defaults, but for what the card says anyhow."""
    said, usual = (_flat(config) for config in (manifest.config, Config().says()))
    other = [key for key in said if said[key] != usual.get(key) and not key.startswith(("card.", "name", "fields."))]
    named = ", ".join(f"{code(f'{key} = {orjson.dumps(said[key]).decode()}')}" for key in sorted(other))
    return [f"Settings that are not the defaults: {named}."] if named else []


def _flat(config: Mapping[str, Any], before: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in config.items():
        found |= _flat(value, f"{before}{key}.") if isinstance(value, dict) and value else {f"{before}{key}": value}
    return found


def code(said: str) -> str:
    """Write what anybody may have named as code in Markdown.

    >>> code("fr-02"), code("we`ird/fr-1")
    ('`fr-02`', '`` we`ird/fr-1 ``')
    """
    shown = " ".join(visible(said).split())
    return f"`` {shown} ``" if "`" in shown else f"`{shown}`"


def preparation(manifest: Manifest) -> list[str]:
    """Say what was done to the texts: repairs, furniture, personal data."""
    recorded = Recorded(manifest)
    furniture = recorded.furniture
    return [
        "Text: Unicode NFC, mojibake and HTML entities mended, control and zero-width characters taken out, "
        "paragraphs parted by one blank line; quotation marks turned where they plainly looked the wrong way. "
        "`repairs` names what was done to each article, `unrepaired` what was seen and left.",
        f"Furniture of the page: lines in {furniture.min_articles} or more articles and "
        f"{furniture.min_share:.0%} of those of one source and language were "
        + ("taken out of the texts" if furniture.remove else "left in the texts")
        + f"; `decisions.parquet` {'names them' if manifest.publish == 'text' else 'has their keys'}.",
        "Personal data: e-mail addresses, telephone, IP and bank numbers are counted in columns; masked: "
        f"{', '.join(recorded.privacy.mask) or 'none'}.",
    ]


def judgement(manifest: Manifest) -> list[str]:
    """Say how articles were judged: language, quality, evaluation sets."""
    recorded = Recorded(manifest)
    language = recorded.language
    heliport, langdetect = manifest.version_of("heliport"), manifest.version_of("langdetect")
    said = [
        f"Language: heliport {heliport} on every body and paragraph, langdetect {langdetect} "
        "where it was unsure or contradicted the tag; "
        f"rejected: {', '.join(language.reject) or 'nothing'}"
        + "".join(
            f", in {tag} {', '.join(verdicts) or 'nothing'}" for tag, verdicts in sorted(language.per_language.items())
        )
        + ". `language_share` is what is in the tag's language, `foreign_spans` what is not.",
        f"Quality: signals of every article are columns; rejected: {', '.join(recorded.quality.reject) or 'nothing'}.",
    ]
    decontaminate = recorded.decontaminate
    if decontaminate.sets:
        named = ", ".join(code(PurePath(path).name) for path in decontaminate.sets)
        said.append(
            f"Evaluation sets: articles that contain a text of {named}, or {decontaminate.ngram} words of one in a "
            f"row, were left out: {manifest.count('rejected:contaminated'):,}."
        )
    return said


_KEPT = {
    "earliest": "the earliest, then the longest",
    "latest": "the latest, then the longest",
    "longest": "the longest, then the earliest",
    "source": "that of the first source in a list, then the earliest",
}


def copies(manifest: Manifest) -> list[str]:
    """Say how copies were found, how many there are, and which clusters are the largest."""
    dedup, found = Recorded(manifest).dedup, manifest.copies
    kinds = ", ".join(f"{name} {count:,}" for name, count in found.kinds.items())
    said = [
        f"Copies: MinHash on {dedup.ngram}-grams of words (characters in scripts without spaces), "
        f"{dedup.bands} bands × {dedup.rows}, and one in four of these n-grams looked up as it is; each pair "
        f"verified with the copy that is kept: Jaccard ≥ {dedup.threshold:g} (`near`, `revision`), or "
        f"{dedup.containment:.0%} of the shorter one's n-grams in the other (`contained`). Kept is what was "
        f"published before, else {_KEPT[dedup.keep]}. Articles of one template, which differ in "
        "numbers, dates and names, are kept. `clusters.parquet` has every copy with its kind and similarity.",
        f"Found: {kinds or 'none'}.",
    ]
    if found.largest:
        named = [
            f"{code(cluster.cluster)} ({cluster.like:,} alike, {cluster.removed:,} removed)"
            for cluster in found.largest
        ]
        said.append(f"Largest clusters: {', '.join(named)}.")
    return said


def most_removed(manifest: Manifest) -> list[SourceCopies]:
    """Give the sources of which the largest share was removed as copies."""
    return sorted(manifest.copies.sources, key=lambda row: -row.removed / row.articles)[:MOST_REMOVED]


_TOGETHER = {"tag-id": ", translations (by the ID of their tags)", "field": ", what a field names as one", "none": ""}


def splits(manifest: Manifest) -> list[str]:
    """Say how the splits were cut, what languages lack, what belongs to two of them, and whether anything leaks."""
    split, conflicts = Recorded(manifest).split, manifest.conflicts
    if split.by == "time":
        begins = f"validation from {split.validation_from}, " if split.validation_from else ""
        how = f"by date: {begins}test from {split.test_from}, {split.embargo_days} days before each left out"
    else:
        how = (
            f"train, validation, test at {split.train:g}, {split.validation:g}, {split.test:g} in every "
            f"language of {split.min_articles} articles or more"
        )
        how += "".join(
            f", in {language} {ratios.train:g}, {ratios.validation:g}, {ratios.test:g}"
            for language, ratios in sorted(split.languages.items())
        )
    said = [
        f"Splits: {how}. Copies{_TOGETHER[split.story_from]} and articles of one story (`story`) stand in one "
        "split, and an article keeps its split in later releases.",
    ]
    without: dict[str, list[str]] = {}
    for language, of_language in manifest.lacking.items():
        without.setdefault(" and ".join(of_language), []).append(f"`{language}`")
    said += [f"Without {names}: {', '.join(named)}." for names, named in sorted(without.items())]
    if conflicts:
        done = "were left out" if conflicts[0].left_out else "are in the release all the same"
        named = _named([f"{code(conflict.id)} ({code(conflict.mate)})" for conflict in conflicts])
        said.append(f"{len(conflicts):,} articles belong with one in a stricter split and {done}: {named}.")
    return [*said, _leaks(manifest.leaks)]


def _leaks(leaks: Sequence[LeakEntry]) -> str:
    """Say what the leak check of the release found."""
    if not leaks:
        return (
            "Leak test: every pair of articles in two splits that shares a MinHash band or a part of its sketch "
            "was compared; no exact, near or contained copy and no story stands in two splits."
        )
    named = _named(
        [
            f"{code(leak.id)} in {leak.split} ({leak.kind} mate of {code(leak.mate)} in {leak.mate_split})"
            for leak in leaks
        ]
    )
    return f"Leak test: {len(leaks):,} articles have a mate in another split: {named}."


def _named(all_: Sequence[str]) -> str:
    more = len(all_) - SHOWN
    return ", ".join(all_[:SHOWN]) + (f" and {more:,} more, all in `manifest.json`" if more > 0 else "")


def limits(manifest: Manifest, card: Card) -> list[str]:
    """Say what the release does not hold or tell, in figures where there are; and what its maintainer adds."""
    figures, kept = manifest.figures, manifest.kept
    said = []
    unsupported = figures.verdicts.get("unsupported", {})
    if unsupported:
        named = ", ".join(f"`{language}` {count:,}" for language, count in unsupported.items())
        said.append(f"No detector knows the language of these articles, so their tags are believed: {named}.")
    uncertain = sum(figures.verdicts.get("uncertain", {}).values())
    if uncertain:
        said.append(
            f"The language of {uncertain:,} of {kept:,} articles is uncertain: the detectors contradict each other, or "
            "are known to confuse it with another one (`language_verdict`)."
        )
    if figures.undated:
        said.append(f"{figures.undated:,} of {kept:,} articles have no date that could be told for certain.")
    unlicensed = next((row.articles for row in figures.licenses if row.license is None), 0)
    if unlicensed:
        said.append(f"For {unlicensed:,} of {kept:,} articles the files name no licence.")
    small = [f"`{language}`" for language, of in figures.languages.items() if of.articles < 100]
    if small:
        said.append(f"Languages of fewer than 100 articles, too few to measure much by: {', '.join(small)}.")
    said += [
        "Copies that were rewritten by a tenth of their words or more are mostly not found, nor are translations "
        "that share neither tag ID nor URL.",
        "Personal data is searched for so that little is found that is none; not all of it is found.",
        "Pieces in another language within a paragraph are found only where brackets, quotation marks, another script "
        "or two words that go together in it point at them.",
        "Topics, regions and opinions are those of the sources; nothing was balanced.",
        *card.biases,
        *card.limits,
    ]
    return said


def ids_only(manifest: Manifest) -> list[str]:
    """Tell, for the card, that a release has no texts and how to put them back; or that they were, and how many."""
    if manifest.of_ids:
        return [
            "## Texts",
            "",
            "This is a stand-off release: ids, URLs, hashes, splits, copies and signals of the articles, but not their "
            "texts, headlines and authors, which may not be shared. Whoever holds the files that the articles are from "
            "puts them back in their places; it is told of each article whether its text is the one that is meant:",
            "",
            "```console",
            "$ builder rehydrate path/to/this/folder --raw my/articles --to news",
            "```",
            "",
            "`text_sha256` and `title_sha256` are of the tidied UTF-8, `article_sha256` of headline, text and author.",
            "",
        ]
    if manifest.rehydrated:
        counts = manifest.rehydrated.counts
        lacking = [f"{counts[state]:,} {state}" for state in ("changed", "missing") if counts[state]]
        return [
            "## Texts",
            "",
            f"Rehydrated: {counts['matched']:,} of {sum(counts.values()):,} articles of a stand-off release, with the "
            f"texts of files that were held{': ' * bool(lacking)}{', '.join(lacking)}. `{REHYDRATED_TABLE}` tells of "
            "each article where its text stood. Counts of records are those of the stand-off release.",
            "",
        ]
    return []
