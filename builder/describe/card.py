"""The dataset card: what the release is, in figures that are computed, and the YAML by which `datasets` loads it.

The text is a template (`card.md.jinja`); everything in it comes from the manifest, so `verify` can make it again.
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
from builder.core.printable import visible
from builder.describe import card_text, data_dictionary
from builder.diff import changelog
from builder.diff.compare import KINDS
from builder.languages import names
from builder.languages.codes import base
from builder.splits.assign import SPLITS

MOST = 20  # sources and licences that are listed
MOST_SHOWN = 200  # characters of what a file says
_SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"), (10**7, "1M<n<10M"))


class _Size(NamedTuple):
    """How large a split is."""

    rows: int
    bytes: int


def render(manifest: Manifest, card: Card) -> str:
    """Give the text of README.md: the YAML, then what a reader needs."""
    head = yaml.dump(_metadata(manifest, card), Dumper=_dumper(), sort_keys=False, allow_unicode=True, width=1000)
    return f"---\n{head}---\n\n{_template().render(_figures(manifest, card))}"


def _dumper() -> Any:
    """Give libyaml's dumper where PyYAML has it: ten times as fast, and it too quotes Norwegian's `no`."""
    return getattr(yaml, "CSafeDumper", yaml.SafeDumper)


@lru_cache(maxsize=1)
def _template() -> Any:
    from jinja2 import Environment, StrictUndefined

    said = resources.files("builder.describe").joinpath("card.md.jinja").read_text(encoding="utf-8")
    given = Environment(trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True, undefined=StrictUndefined)
    return given.from_string(said)


def _metadata(manifest: Manifest, card: Card) -> dict[str, Any]:
    languages = list(manifest.splits)
    metadata: dict[str, Any] = {
        "pretty_name": card_text.title(manifest, card),
        "language": sorted({base(language) for language in languages}),
        "language_details": ", ".join(languages),
        "size_categories": [next((name for limit, name in _SIZES if manifest.kept < limit), "n>10M")],
        "task_categories": ["text-classification", "text-generation", "fill-mask"],
        "source_datasets": ["original"],
        "annotations_creators": ["machine-generated"],
        "language_creators": ["found"],
        "tags": ["news"],
    }
    said = {"license": card.license, "license_name": card.license_name, "license_link": card.license_link}
    metadata |= {name: value for name, value in said.items() if value}
    sizes = {
        language: {name: _Size(split.rows, split.bytes) for name, split in of_language.items()}
        for language, of_language in manifest.splits.items()
    }
    total = {
        name: _Size(*map(sum, zip(*found, strict=True)))
        for name in map(str, SPLITS)
        if (found := [of_language[name] for of_language in sizes.values() if name in of_language])
    }
    described = {"all": ("data/*", total), **{lang: (f"data/{lang}", of) for lang, of in sizes.items()}}
    # `datasets` keys its cache by these entries, not by the files: version and content make it load what is new.
    metadata["configs"] = [
        {
            "config_name": name,
            **({"default": True} if name == "all" else {}),
            "version": manifest.version,
            "description": f"content {manifest.content}",
            "data_files": [{"split": split, "path": f"{folder}/{split}-*.parquet"} for split in splits],
        }
        for name, (folder, splits) in described.items()
    ]
    metadata["dataset_info"] = [
        {
            "config_name": name,
            "splits": [
                {"name": split, "num_bytes": size.bytes, "num_examples": size.rows} for split, size in splits.items()
            ],
            "dataset_size": sum(size.bytes for size in splits.values()),
        }
        for name, (_, splits) in described.items()
    ]
    return metadata


def _figures(manifest: Manifest, card: Card) -> dict[str, Any]:
    """Give what the template names."""
    figures, changes = manifest.figures, manifest.changes
    citation, days = card_text.citation(manifest, card), card_text.days(manifest)
    example = "fr" if "fr" in manifest.splits else next(iter(manifest.splits))
    kinds = {kind: changelog.TOLD[kind] for kind in KINDS if changes and changes.all.of(kind)}
    return {
        "manifest": manifest,
        "card": card,
        "figures": figures,
        "title": card_text.title(manifest, card),
        "description": card_text.description(manifest, card),
        "words": sum(of.words for of in figures.languages.values()),
        "place": card.repository or "org/name",
        "example": example,
        "variable": "french" if example == "fr" else "articles",
        "split": next(iter(manifest.splits[example])),
        "splits": SPLITS,
        "shown": "title" if manifest.publish == "text" else "id",
        "texts": card_text.ids_only(manifest),
        "languages": [_language(manifest, language) for language in manifest.splits],
        "dated": days,
        "most": MOST,
        "taken_out": [_taken_out(*row) for row in data_dictionary.taken_out(manifest.counts)],
        "signature": card_text.signature(manifest),
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
        "count": card_text.count,
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


def size(count: int) -> str:
    """Give a number of bytes for people.

    >>> size(890), size(12_345), size(3_456_789_000)
    ('1 kB', '12 kB', '3.5 GB')
    """
    for unit, bytes_ in (("GB", 1e9), ("MB", 1e6)):
        if count >= bytes_:
            return f"{count / bytes_:.1f} {unit}"
    return f"{count / 1e3:.0f} kB"


def cell(text: str) -> str:
    r"""Give text that anybody may have written as it can stand in a cell of a Markdown table: it is no markup there.

    >>> cell("a|b\n<i>c</i>  d"), cell("![x](http://evil/t.png)")
    ('a\\|b &lt;i&gt;c&lt;/i&gt; d', '\\!\\[x\\](http://evil/t.png)')
    """
    shown = " ".join(visible(text).replace("\n", " ").split())
    shown = shown if len(shown) <= MOST_SHOWN else f"{shown[: MOST_SHOWN - 1]}…"
    shown = re.sub(r"([\\`*_\[\]|!~])", r"\\\1", shown)
    return shown.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


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
