"""Render the dataset card (README.md): the YAML that `datasets` loads it by, then the text for readers.

The text is a template (`card.md.jinja`). All of it comes from the manifest, so `verify` can render it again.
"""

import re
from functools import lru_cache
from importlib import resources
from typing import Any, NamedTuple

import pyarrow as pa
import yaml

from builder.config.sections import Card
from builder.core import schema
from builder.core.manifest import Manifest
from builder.describe import card_text, data_dictionary, identity
from builder.describe.markdown import cell, count, size
from builder.diff import changelog
from builder.diff.compare import KINDS
from builder.languages import names
from builder.languages.codes import base
from builder.splits.assign import SPLITS

MOST = 20  # sources, and licences, that the card lists
_SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"), (10**7, "1M<n<10M"))


class _Size(NamedTuple):
    """The size of a split."""

    rows: int
    bytes: int


def render(manifest: Manifest, card: Card) -> str:
    """Return the text of README.md."""
    head = yaml.dump(_metadata(manifest, card), Dumper=_dumper(), sort_keys=False, allow_unicode=True, width=1000)
    return f"---\n{head}---\n\n{_template().render(_figures(manifest, card))}"


def _dumper() -> Any:
    """Return libyaml's dumper if PyYAML has it: it is ten times as fast, and also quotes Norwegian's `no`."""
    return getattr(yaml, "CSafeDumper", yaml.SafeDumper)


@lru_cache(maxsize=1)
def _template() -> Any:
    from jinja2 import Environment, StrictUndefined

    text = resources.files("builder.describe").joinpath("card.md.jinja").read_text(encoding="utf-8")
    environment = Environment(
        trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True, undefined=StrictUndefined
    )
    return environment.from_string(text)


def _metadata(manifest: Manifest, card: Card) -> dict[str, Any]:
    languages = list(manifest.splits)
    metadata: dict[str, Any] = {
        "pretty_name": identity.title(manifest, card),
        "language": sorted({base(language) for language in languages}),
        "language_details": ", ".join(languages),
        "size_categories": [next((name for limit, name in _SIZES if manifest.kept < limit), "n>10M")],
        "task_categories": ["text-classification", "text-generation", "fill-mask"],
        "source_datasets": ["original"],
        "annotations_creators": ["machine-generated"],
        "language_creators": ["found"],
        "tags": ["news"],
    }
    licence = {"license": card.license, "license_name": card.license_name, "license_link": card.license_link}
    metadata |= {name: value for name, value in licence.items() if value}
    sizes = {
        language: {name: _Size(split.rows, split.bytes) for name, split in entries.items()}
        for language, entries in manifest.splits.items()
    }
    total = {
        name: _Size(*map(sum, zip(*of_split, strict=True)))
        for name in map(str, SPLITS)
        if (of_split := [entries[name] for entries in sizes.values() if name in entries])
    }
    configs = {"all": ("data/*", total), **{language: (f"data/{language}", of) for language, of in sizes.items()}}
    # `datasets` keys its cache by these entries, not by the files. The version and the content digest renew the key.
    metadata["configs"] = [
        {
            "config_name": name,
            **({"default": True} if name == "all" else {}),
            "version": manifest.version,
            "description": f"content {manifest.content}",
            "data_files": [{"split": split, "path": f"{folder}/{split}-*.parquet"} for split in splits],
        }
        for name, (folder, splits) in configs.items()
    ]
    metadata["dataset_info"] = [
        {
            "config_name": name,
            "splits": [
                {"name": split, "num_bytes": size.bytes, "num_examples": size.rows} for split, size in splits.items()
            ],
            "dataset_size": sum(size.bytes for size in splits.values()),
        }
        for name, (_, splits) in configs.items()
    ]
    return metadata


def _figures(manifest: Manifest, card: Card) -> dict[str, Any]:
    """Return the values that the template uses."""
    figures, changes = manifest.figures, manifest.changes
    citation, dated = identity.citation(manifest, card), identity.days(manifest)
    example = "fr" if "fr" in manifest.splits else next(iter(manifest.splits))
    kinds = {kind: changelog.LABELS[kind] for kind in KINDS if changes and changes.all.of(kind)}
    return {
        "manifest": manifest,
        "card": card,
        "figures": figures,
        "title": identity.title(manifest, card),
        "description": identity.description(manifest, card),
        "words": sum(of.words for of in figures.languages.values()),
        "repository": card.repository or "org/name",
        "example": example,
        "variable": "french" if example == "fr" else "articles",
        "split": next(iter(manifest.splits[example])),
        "splits": SPLITS,
        "shown": "title" if manifest.publish == "text" else "id",
        "texts": card_text.texts(manifest),
        "languages": [_language(manifest, language) for language in manifest.splits],
        "dated": dated,
        "most": MOST,
        "taken_out": [_taken_out(*row) for row in data_dictionary.taken_out(manifest.counts)],
        "signature": identity.signature(manifest),
        "made": [*card_text.preparation(manifest), *card_text.judgement(manifest), *card_text.copies(manifest)],
        "most_removed": card_text.most_removed(manifest),
        "cut": [*card_text.splits(manifest), *card_text.settings(manifest)],
        "versions": ", ".join(f"{name} {version}" for name, version in manifest.versions.items()),
        "limits": card_text.limits(manifest, card),
        "changes": changes,
        "changed": changes and changelog.counted(changes),
        "kinds": kinds,
        "citation": citation,
        "columns": [
            {"name": field.name, "type": _type(field.type), "meaning": data_dictionary.of_column(field.name)}
            for field in schema.schema_of(manifest.publish)
        ],
        "fence": "`" * max(3, 1 + max(map(len, re.findall("`+", citation)), default=0)),
        "figure": lambda number: f"{number:,}",
        "count": count,
        "size": size,
        "cell": cell,
    }


def _language(manifest: Manifest, language: str) -> dict[str, Any]:
    of_splits = manifest.splits[language]
    rows = {name: of_splits[name].rows if name in of_splits else 0 for name in SPLITS}
    named = [name for name in (names.own_name(language), names.english_name(language)) if name]
    return {
        "language": language,
        "name": ", ".join(dict.fromkeys(named)),
        "rows": rows,
        "all": sum(rows.values()),
        "words": manifest.figures.languages[language].words,
        "bytes": sum(split.bytes for split in of_splits.values()),
    }


def _taken_out(stage: str, what: str, count: int) -> tuple[str, str, str, int, str]:
    decision, _, reason = what.partition(":")
    return stage, decision, reason, count, data_dictionary.of_reason(what)[1]


def _type(type_: pa.DataType) -> str:
    """Name a type for people.

    >>> _type(pa.list_(pa.string())), _type(pa.timestamp("us", "UTC"))
    ('list of string', 'timestamp')
    """
    if pa.types.is_list(type_):
        return f"list of {_type(type_.value_type)}"
    if pa.types.is_struct(type_):
        return f"({', '.join(field.name for field in type_)})"
    return "timestamp" if pa.types.is_timestamp(type_) else str(type_)
