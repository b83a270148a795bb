"""Identify a release: its title, signature, dates, address and citation, from manifest and `[card]` settings."""

from hashlib import sha256
from typing import Any

import orjson

from builder.config.recorded import Recorded
from builder.config.sections import Card
from builder.core.manifest import Manifest
from builder.describe.markdown import count


def title(manifest: Manifest, card: Card) -> str:
    """Return the dataset's readable name."""
    return card.pretty_name or manifest.name


def description(manifest: Manifest, card: Card) -> str:
    """Describe the dataset in one sentence."""
    return card.description or (
        f"News articles in {count(len(manifest.splits), 'language')}, each checked against the language of its tag."
    )


def signature(manifest: Manifest) -> str:
    """Return one line that identifies how a release was made: main settings, and digests of all settings and content.

    Two builds of the same files whose lines agree up to the content digest have the same content.
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


def _digest(value: Any) -> str:
    return sha256(orjson.dumps(value, option=orjson.OPT_SORT_KEYS)).hexdigest()[:16]


def days(manifest: Manifest) -> tuple[str, str] | None:
    """Return the dates of the first and the last article; None if no article has a date."""
    dates = [day for figures in manifest.figures.languages.values() for day in (figures.first, figures.last) if day]
    return (min(dates), max(dates)) if dates else None


def url(card: Card) -> str | None:
    """Return the dataset's address: the homepage, otherwise the page on the Hub; None if the card names neither."""
    return card.homepage or (f"https://huggingface.co/datasets/{card.repository}" if card.repository else None)


def citation(manifest: Manifest, card: Card) -> str:
    """Return the maintainer's citation, otherwise a BibTeX entry with the version and the content digest."""
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


def _bibtex(text: str) -> str:
    r"""Escape text for BibTeX.

    >>> _bibtex("Smith & {Sons}")
    'Smith \\& \\{Sons\\}'
    """
    return text.translate(_BIBTEX)
