"""Make the manifest of a release in the making, and write it (core.manifest says what it holds)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from builder.core.errors import ReleaseError
from builder.core.layout import MANIFEST
from builder.core.manifest import Files, Findings, Languages, Manifest
from builder.core.manifest_parts import FileEntry, SplitEntry
from builder.core.terms import Decision
from builder.decide.outcomes import total
from builder.engine.versions import versions


@dataclass(slots=True)
class Written:
    """What was written: sizes and hashes per file and split."""

    files: dict[str, FileEntry] = field(default_factory=dict)
    splits: dict[str, dict[str, SplitEntry]] = field(default_factory=dict)


def manifest_of(
    name: str,
    inputs: str,
    says: Mapping[str, Any],
    counts: Languages,
    written: Written,
    found: Findings,
    folder: Path,
) -> Manifest:
    """Make the manifest without its version: counts, findings, file and content hashes, versions, config.

    `content` is one digest of all that the release says, whatever its version is.
    """
    manifest = Manifest.of(
        name=name,
        inputs=inputs,
        counts=total(counts),
        languages=counts,
        splits=written.splits,
        copies=found.copies,
        lacking=found.lacking,
        conflicts=found.conflicts,
        leaks=found.leaks,
        figures=found.figures,
        forgotten=found.forgotten,
        files=with_others(written.files, folder),
        versions=versions(),
        config=says,
    )
    return manifest.with_values(content=manifest.content_digest())


def with_others(listed: Files, folder: Path) -> dict[str, FileEntry]:
    """Return the listed files with all others that stand in a folder, by name."""
    inside = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    others = {name: FileEntry.of(path) for name, path in inside.items() if name not in listed}
    return dict(sorted({**listed, **others}.items()))


def check_arithmetic(manifest: Manifest, records: int) -> None:
    """Raise ReleaseError unless every record that was read was decided on, and every kept one written."""
    decided = sum(map(manifest.count, Decision))
    rows = sum(split.rows for language in manifest.splits.values() for split in language.values())
    if not (decided == manifest.read_records == records and rows == manifest.kept):
        raise ReleaseError(
            f"the release does not add up: {records} records read, {decided} decided on, "
            f"{manifest.kept} kept, {rows} written. This is our fault; please report it"
        )


def finish(manifest: Manifest, folder: Path) -> Manifest:
    """Write manifest.json, the last file of a release; give it, with all files that stand there now, and its seal."""
    whole = manifest.sealed(with_others(manifest.files, folder))
    (folder / MANIFEST).write_bytes(whole.as_bytes())
    return whole
