"""Make and write the manifest of a new release (core.manifest declares its contents)."""

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
    """The sizes and hashes of the written files and splits."""

    files: dict[str, FileEntry] = field(default_factory=dict)
    splits: dict[str, dict[str, SplitEntry]] = field(default_factory=dict)


def manifest_of(
    name: str,
    inputs: str,
    settings: Mapping[str, Any],
    counts: Languages,
    written: Written,
    findings: Findings,
    folder: Path,
) -> Manifest:
    """Make the manifest without its version: counts, findings, file and content hashes, versions, config.

    `content` is one digest of the whole content of the release. It does not depend on the version.
    """
    manifest = Manifest.of(
        name=name,
        inputs=inputs,
        counts=total(counts),
        languages=counts,
        splits=written.splits,
        copies=findings.copies,
        lacking=findings.lacking,
        conflicts=findings.conflicts,
        leaks=findings.leaks,
        figures=findings.figures,
        forgotten=findings.forgotten,
        files=with_others(written.files, folder),
        versions=versions(),
        config=settings,
    )
    return manifest.with_values(content=manifest.content_digest())


def with_others(listed: Files, folder: Path) -> dict[str, FileEntry]:
    """Return the listed files and all other files in a folder, sorted by name."""
    inside = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    others = {name: FileEntry.of(path) for name, path in inside.items() if name not in listed}
    return dict(sorted({**listed, **others}.items()))


def check_arithmetic(manifest: Manifest, records: int) -> None:
    """Raise ReleaseError unless every record that was read has a decision, and every kept record was written."""
    decided = sum(map(manifest.count, Decision))
    rows = sum(split.rows for language in manifest.splits.values() for split in language.values())
    if not (decided == manifest.read_records == records and rows == manifest.kept):
        raise ReleaseError(
            f"the counts of the release do not add up: {records} records read, {decided} decided, "
            f"{manifest.kept} kept, {rows} written. This is our fault; please report it"
        )


def finish(manifest: Manifest, folder: Path) -> Manifest:
    """Write manifest.json, the last file of a release, and return it with its seal and all files in the folder."""
    sealed = manifest.sealed(with_others(manifest.files, folder))
    (folder / MANIFEST).write_bytes(sealed.as_bytes())
    return sealed
