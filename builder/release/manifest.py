"""The manifest of a release: figures, digests and the seal."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

import orjson

from builder.core import layout
from builder.core.errors import ReleaseError
from builder.core.files import listing
from builder.core.layout import MANIFEST
from builder.core.terms import Decision
from builder.decide.outcomes import total
from builder.engine.versions import versions


@dataclass(slots=True)
class Written:
    """What was written: sizes and hashes per file and split."""

    files: dict[str, dict[str, Any]] = field(default_factory=dict)
    splits: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)


def manifest_of(
    name: str,
    inputs: str,
    says: dict[str, Any],
    counts: dict[str, dict[str, int]],
    written: Written,
    found: dict[str, Any],
    folder: Path,
) -> dict[str, Any]:
    """Make the manifest, but for the version and the card: counts, file and content hashes, versions, config.

    `found` is what was found out over the whole corpus: `copies` (summary.copies), `lacking` (assign.lacking) and
    `conflicts` (outcomes.Conflict).
    `content` is one digest of all that the release says, whatever its version is.
    """
    manifest = {
        "name": name,
        "inputs": inputs,
        "counts": total(counts),
        "languages": counts,
        "splits": written.splits,
        **found,
        "files": with_others(written.files, folder),
        "versions": versions(),
        "config": says,
    }
    return {**manifest, "content": content_of(manifest)}


def with_others(listed: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """Give what is listed of files, with all others that stand in a folder, by name."""
    inside = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    others = {name: listing(path) for name, path in inside.items() if name not in listed}
    return dict(sorted({**listed, **others}.items()))


def content_of(manifest: Mapping[str, Any]) -> str:
    """Give the digest of what a release says, whatever its version, its inputs, and the release before it."""
    said = {key: value for key, value in manifest.items() if key not in _NOT_CONTENT}
    listed = {name: value for name, value in manifest["files"].items() if not layout.is_description(name)}
    return _digest({**said, "files": listed})


_NOT_CONTENT = ("version", "inputs", "content", "changes", "seal")


def check_arithmetic(manifest: Mapping[str, Any], records: int) -> None:
    """Raise ReleaseError unless every record that was read was decided on, and every kept one written."""
    counts = manifest["counts"]
    decided = sum(counts.get(decision, 0) for decision in Decision)
    rows = sum(split["rows"] for language in manifest["splits"].values() for split in language.values())
    if not (decided == counts.get("read", 0) == records and rows == counts.get("kept", 0)):
        raise ReleaseError(
            f"the release does not add up: {records} records read, {decided} decided on, "
            f"{counts.get('kept', 0)} kept, {rows} written. This is our fault; please report it"
        )


def finish(manifest: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """Write manifest.json, the last file of a release; give it, with all files that stand there now, and its seal."""
    whole = {**manifest, "files": with_others(manifest["files"], folder)}
    whole["seal"] = seal(whole)
    (folder / MANIFEST).write_bytes(as_bytes(whole))
    return whole


def as_bytes(manifest: Mapping[str, Any]) -> bytes:
    """Give a manifest as it is written."""
    return orjson.dumps(manifest, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def seal(manifest: Mapping[str, Any]) -> str:
    """Give the digest of all that a manifest says, the files' digests with it: by it one byte of a release is known."""
    return _digest({key: value for key, value in manifest.items() if key != "seal"})


def _digest(said: Mapping[str, Any]) -> str:
    return sha256(orjson.dumps(said, option=orjson.OPT_SORT_KEYS)).hexdigest()
