"""Render croissant.json: the files with their sha256, the columns and the notes on responsible use, for machines.

Croissant 1.1 with the RAI vocabulary 1.0 (https://docs.mlcommons.org/croissant/docs/croissant-spec-1.1.html,
https://docs.mlcommons.org/croissant/docs/croissant-rai-spec.html). All of it comes from the manifest. It has no
`datePublished`, so that the same input gives the same bytes on any day.
"""

from typing import Any

import orjson
import pyarrow as pa

from builder.config.sections import Card
from builder.core.manifest import Manifest
from builder.core.schema import schema_of
from builder.describe import card_text, data_dictionary, identity
from builder.splits.assign import SPLITS

ARTICLES = "articles"  # the name of the record set of all articles; its fields are named articles/FIELD
FILES = "parquet"  # the name of the set of their files
_PARQUET = "application/x-parquet"
_CONTEXT = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "arrayShape": "cr:arrayShape",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "containedIn": "cr:containedIn",
    "cr": "http://mlcommons.org/croissant/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "description": {"@container": "@language"},
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileObject": "cr:fileObject",
    "fileProperty": "cr:fileProperty",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isArray": "cr:isArray",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "name": {"@container": "@language"},
    "parentField": "cr:parentField",
    "path": "cr:path",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}


def render(manifest: Manifest, card: Card) -> bytes:
    """Return croissant.json of a release."""
    dataset = {key: value for key, value in _dataset(manifest, card).items() if value}
    return orjson.dumps(dataset, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def _dataset(manifest: Manifest, card: Card) -> dict[str, Any]:
    return {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "name": identity.title(manifest, card),
        "description": identity.description(manifest, card),
        "conformsTo": ["http://mlcommons.org/croissant/1.1", "http://mlcommons.org/croissant/RAI/1.0"],
        "version": manifest.version,
        "url": identity.url(card),
        "license": card.license_link or card.license or card.license_name,
        "creator": [{"@type": "sc:Person", "name": name} for name in card.authors],
        "citeAs": identity.citation(manifest, card),
        "inLanguage": list(manifest.splits),
        "keywords": ["news", "multilingual"],
        **_responsibly(manifest, card),
        "distribution": _distribution(manifest),
        "recordSet": [_splits(), _articles(schema_of(manifest.publish))],
    }


def _responsibly(manifest: Manifest, card: Card) -> dict[str, Any]:
    """Return the fields of the RAI vocabulary (responsible AI)."""
    missing = [
        f"{key}: {count:,}{f' ({meaning})' if (meaning := data_dictionary.of_reason(key)[1]) else ''}"
        for _, key, count in data_dictionary.taken_out(manifest.counts)
    ]
    text, boilerplate, personal_data = card_text.preparation(manifest)
    removed = f"Removed from {manifest.read_records:,} records: {'; '.join(missing) or 'none'}."
    return {
        "rai:dataCollection": card.collection or "The articles come from files whose tags give a language and an ID.",
        "rai:dataCollectionTimeframe": list(identity.days(manifest) or ()),
        "rai:dataCollectionMissingData": removed,
        "rai:dataPreprocessingProtocol": [
            text,
            boilerplate,
            *card_text.copies(manifest),
            *card_text.splits(manifest),
            *card_text.settings(manifest),
        ],
        "rai:dataAnnotationProtocol": card_text.judgement(manifest),
        "rai:machineAnnotationTools": [f"{name} {manifest.version_of(name)}" for name in ("heliport", "langdetect")],
        "rai:personalSensitiveInformation": [personal_data],
        "rai:dataUseCases": list(card.uses),
        "rai:dataBiases": list(card.biases),
        "rai:dataLimitations": card_text.limits(manifest, card),
        "rai:dataReleaseMaintenancePlan": (
            "Versions: major if the schema or the cut of the splits changes, minor for new articles, patch for "
            "corrections and removals. CHANGELOG.md lists the changes. Articles are removed on request"
            + (f" to {card.contact}." if card.contact else ".")
        ),
    }


def _distribution(manifest: Manifest) -> list[dict[str, Any]]:
    """Return every file of articles with its sha256, and the set of these files."""
    files = [
        {
            "@type": "cr:FileObject",
            "@id": name,
            "name": name,
            "contentUrl": name,
            "contentSize": f"{entry.bytes} B",
            "encodingFormat": _PARQUET,
            "sha256": entry.sha256,
        }
        for name, entry in manifest.files.items()
        if name.startswith("data/")
    ]
    file_set = {
        "@type": "cr:FileSet",
        "@id": FILES,
        "name": FILES,
        "description": "The files of all articles.",
        "encodingFormat": _PARQUET,
        "includes": "data/*/*.parquet",
    }
    return [*files, file_set]


def _splits() -> dict[str, Any]:
    return {
        "@type": "cr:RecordSet",
        "@id": "splits",
        "name": "splits",
        "description": "The splits of the dataset.",
        "dataType": "cr:Split",
        "key": {"@id": "splits/name"},
        "field": [{"@type": "cr:Field", "@id": "splits/name", "name": "name", "dataType": "sc:Text"}],
        "data": [{"splits/name": name} for name in SPLITS],
    }


def _articles(schema: pa.Schema) -> dict[str, Any]:
    split = {
        "@type": "cr:Field",
        "@id": f"{ARTICLES}/split",
        "name": "split",
        "description": "The split of the article.",
        "dataType": "sc:Text",
        "source": {
            "fileSet": {"@id": FILES},
            "extract": {"fileProperty": "fullpath"},
            # mlcroissant can map a regex of this form to the files of one split.
            "transform": {"regex": f"data/.+/({'|'.join(SPLITS)})-.+parquet$"},
        },
    }
    return {
        "@type": "cr:RecordSet",
        "@id": ARTICLES,
        "name": ARTICLES,
        "description": "The articles of all languages and splits.",
        "key": {"@id": f"{ARTICLES}/id"},
        "field": [split, *(_field(field) for field in schema)],
    }


def _field(field: pa.Field) -> dict[str, Any]:
    is_list = pa.types.is_list(field.type)
    inner = field.type.value_type if is_list else field.type
    described = {
        "@type": "cr:Field",
        "@id": f"{ARTICLES}/{field.name}",
        "name": field.name,
        "description": data_dictionary.of_column(field.name),
        **({"isArray": True, "arrayShape": "-1"} if is_list else {}),
    }
    if pa.types.is_struct(inner):
        parts = [
            {
                "@type": "cr:Field",
                "@id": f"{ARTICLES}/{field.name}/{part.name}",
                "name": part.name,
                "dataType": _type(part.type),
                "source": _source(field.name, part.name),
            }
            for part in inner
        ]
        return {**described, "subField": parts}
    return {**described, "dataType": _type(inner), "source": _source(field.name)}


def _source(column: str, part: str | None = None) -> dict[str, Any]:
    transform = {"transform": {"jsonPath": part}} if part else {}
    return {"fileSet": {"@id": FILES}, "extract": {"column": column}, **transform}


def _type(type_: pa.DataType) -> str:
    """Return the schema.org name of a type.

    >>> _type(pa.int32()), _type(pa.string()), _type(pa.timestamp("us", "UTC"))
    ('sc:Integer', 'sc:Text', 'sc:DateTime')
    """
    if pa.types.is_boolean(type_):
        return "sc:Boolean"
    if pa.types.is_integer(type_):
        return "sc:Integer"
    if pa.types.is_floating(type_):
        return "sc:Float"
    return "sc:DateTime" if pa.types.is_timestamp(type_) else "sc:Text"
