"""Explain: the story of one record in a few lines, from the decisions of a release."""

import functools
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from builder import tag as tags
from builder.errors import BuilderError, TagError


def find(release: Path, wanted: str, raw: str) -> list[dict[str, Any]]:
    """Give the decisions on an id or tag, else on a raw file, as rows of schema.DECISION; raise BuilderError for none.

    A file may be named with the raw root before it or without.
    """
    path = release / "decisions.parquet"
    if not path.is_file():
        raise BuilderError(f"{release}: no release here. Build one first, or say which with --out and --name")
    table = pq.read_table(path)
    file = wanted.removeprefix(f"{raw.rstrip('/')}/")
    for sought in ({"id": wanted, "tag": _canonical(wanted)}, {"file": file}):
        asked = [pc.equal(table[name], pa.scalar(value, pa.string())) for name, value in sought.items()]
        rows = table.filter(functools.reduce(pc.or_kleene, asked))
        if len(rows):
            return list(rows.to_pylist())
    raise BuilderError(
        f"{release}: no record '{wanted}'. Expected an id (afp/fr-02), a tag (fr-02) or a file (fr-02.txt)"
    )


def _canonical(wanted: str) -> str:
    try:
        return tags.parse(wanted).text
    except TagError:
        return wanted


def tell(row: dict[str, Any]) -> str:
    """Tell one record's story, a fact a line."""
    place = f"{row['file']}, line or row {row['place']}" if row["place"] else row["file"]
    facts = [
        ("file", place),
        ("encoding", row["encoding"] if row["encoding"] not in (None, "utf-8") else None),
        ("tag", row["tag"]),
        ("title", row["title"]),
        ("folded headline", row["folded_headline"]),
        ("script", row["script"]),
        ("language", _language(row)),
        ("decision", _decision(row)),
        ("copy kept", row["kept_id"] and f"{row['kept_id']}, similarity {row['similarity']:.3f}"),
        ("split", row["split"]),
        ("first release", row["first_release"]),
        ("notes", row["notes"]),
    ]
    head = row["id"] or "(no id)"
    return "\n".join([head, *(f"  {name:<16}{value}" for name, value in facts if value)])


def _language(row: dict[str, Any]) -> str | None:
    if row["language_verdict"] is None:
        return None
    said = f"tagged {row['language']}; heliport: {row['language_detected'] or 'nothing'}"
    if row["language_score"] is not None:
        said += f" ({row['language_score']:.2f} over its threshold)"
    if row["second_detected"]:
        said += f"; langdetect: {row['second_detected']} ({row['second_score']:.2f})"
    return f"{row['language_verdict']} ({said})"


def _decision(row: dict[str, Any]) -> str:
    if row["reason"] is None:
        return str(row["decision"])
    return f"{row['decision']} ({row['reason']}): {row['detail']}"
