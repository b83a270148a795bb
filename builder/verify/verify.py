"""Verify a release: every byte, row and figure agrees with its manifest, it loads, and nothing leaks.

Each check yields one line per problem: location, actual value, expected value. The checks count every figure again
from the files, so they also find a manifest that was altered and sealed again.
"""

import difflib
import re
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow.parquet as pq

from builder.core import files, versions
from builder.core.errors import one_line
from builder.core.layout import LOG, MANIFEST
from builder.core.manifest import Manifest
from builder.core.manifest_parts import LeakEntry
from builder.diff import changelog
from builder.release import catalog
from builder.verify import recount
from builder.verify.result import NotChecked, Opened, Verified, first, short

__all__ = ["CHECKS", "Opened", "Verified", "check_files", "check_manifest", "verify"]

Check = Callable[[Opened], Iterator[str]]


def verify(folder: Path) -> Verified:
    """Run every check of a release. Raises ReleaseError if the folder has none."""
    result = Verified(folder)
    wrong, manifest = check_manifest(folder)
    result.checked.append("manifest")
    if wrong:
        result.problems["manifest"] = wrong
    opened = Opened(folder, manifest)
    for name, check in CHECKS.items():
        problems: list[str] = []
        try:
            problems.extend(check(opened))
        except NotChecked as why:
            result.unchecked[name] = str(why)
            continue
        # A damaged file or manifest may raise any error in a reader: report it as a problem, not as a crash.
        except Exception as error:
            problems.append(f"cannot be checked ({type(error).__name__}: {one_line(error)[:300]})")
        result.checked.append(name)
        if problems:
            result.problems[name] = problems
    return result


def check_manifest(folder: Path) -> tuple[list[str], Manifest]:
    """Read the manifest; return the problems of its bytes, seal and content, and the manifest."""
    path = folder / MANIFEST
    manifest = catalog.read(folder).manifest
    wrong = []
    if manifest.seal is None:
        wrong.append(f"{path}: has no seal, because an earlier version made it. Build again")
    elif manifest.seal != (seal := manifest.seal_digest()):
        wrong.append(f"{path}: the content has the digest {seal[:16]}…, the seal is {manifest.seal[:16]}…")
    elif path.read_bytes() != manifest.as_bytes():
        wrong.append(f"{path}: the same values, but not the bytes that a build writes")
    if manifest.content != (content := manifest.content_digest()):
        wrong.append(f"{path}: content is {content[:16]}…, the manifest says {manifest.content[:16]}…")
    version = manifest.version if manifest.has_version else None
    if versions.is_version(folder.name) and folder.name != version:
        wrong.append(f"{path}: says version {version} in the folder {folder.name}")
    return wrong, manifest


def check_files(opened: Opened) -> Iterator[str]:
    """Compare size and sha256 of every file, and find files that the manifest does not list."""
    listed = opened.manifest.files
    for name, entry in listed.items():
        path = opened.folder / name
        if not path.is_file():
            yield f"{path}: missing"
        elif (size := path.stat().st_size) != entry.bytes:
            yield f"{path}: {size:,} bytes, expected {entry.bytes:,}"
        elif (digest := files.sha256(path)) != entry.sha256:
            yield f"{path}: sha256 is {digest[:16]}…, expected {entry.sha256[:16]}…"
    for path in sorted(opened.folder.rglob("*")):
        inside = path.relative_to(opened.folder)
        hidden = any(part.startswith(".") for part in inside.parts)
        if path.is_file() and not hidden and inside.as_posix() not in (*listed, MANIFEST):
            yield f"{path}: not in the manifest"


def _described(opened: Opened) -> Iterator[str]:
    """Render card, charts, croissant.json and the head of the log again, and compare."""
    from builder.describe import render

    # Another version words them differently. The check of the files has compared their bytes.
    if not opened.ours:
        raise NotChecked(f"made by builder {opened.maker}")
    for name, wanted in render.files_of(opened.manifest).items():
        path = opened.folder / name
        yield from _differing(path, path.read_bytes() if path.is_file() else b"", wanted)
    yield from _logged(opened)


def _logged(opened: Opened) -> Iterator[str]:
    """Compare the log's section on this release. The log of the release before follows it."""
    changes = opened.manifest.changes
    wanted = changelog.log(opened.manifest.version, changes, opened.manifest.kept, "")
    path = opened.folder / LOG
    head, *sections = re.split(r"^(?=## )", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    newest = "".join([head, *sections[:1]]).rstrip("\n") + "\n"
    yield from _differing(path, newest.encode(), wanted.encode())
    since = changes.since if changes else None
    before = sections[1].removeprefix("## ").partition(":")[0] if sections[1:] else None
    if before not in (None, since):
        yield f"{path}: continues with {before}; the manifest says {f'since {since}' if since else 'it is the first'}"


def _differing(path: Path, actual: bytes, wanted: bytes) -> Iterator[str]:
    """Compare a text with the expected one, line by line."""
    if actual == wanted:
        return
    lines, expected = (text.decode(errors="replace").splitlines() for text in (actual, wanted))
    for step in difflib.SequenceMatcher(None, expected, lines, autojunk=False).get_opcodes():
        if step[0] != "equal":
            sides = (lines[step[3] : step[4]], expected[step[1] : step[2]])
            yield f"{path}:{step[3] + 1}: {'; expected '.join(short(' / '.join(side)) or 'nothing' for side in sides)}"


def _loads(opened: Opened) -> Iterator[str]:
    """Load every config with `datasets`, and compare the rows with the manifest."""
    from builder.release import load_check

    configs = len(opened.manifest.splits)
    with (
        tempfile.TemporaryDirectory(prefix="builder-verify-") as cache,
        load_check.Checker(opened.folder.resolve(), configs, Path(cache)) as checker,
    ):
        yield from checker.problems(opened.manifest)


def _leaks(opened: Opened) -> Iterator[str]:
    """Find leaks, and compare them with the manifest, which has the surest kind for each article and other split."""
    from builder.config.recorded import Recorded
    from builder.verify import leaks

    if "text" not in pq.read_schema(opened.paths[0]).names:
        raise NotChecked("a release of ids has no texts")
    report = leaks.check(str(opened.folder), dedup=Recorded(opened.manifest).dedup)
    splits = {article.id: article.split for article in report.placed}
    recorded = {(leak.id, leak.mate_split): leak for leak in opened.manifest.leaks}
    for leak in report.leaks:
        one, other = report.placed[leak.row], report.placed[leak.mate]
        entry = recorded.pop((one.id, other.split), None)  # it may name another mate of the same kind
        if entry is not None and not opened.absent.isdisjoint((entry.id, entry.mate)):
            continue
        if entry is None or entry.kind != leak.kind:
            mates = f"'{one.id}' in {one.split} is a {leak.kind} mate of '{other.id}' in {other.split}"
            yield f"{mates}; the manifest says {'nothing' if entry is None else entry.kind}"
        elif (splits.get(entry.id), splits.get(entry.mate)) != (entry.split, entry.mate_split):
            yield _unfounded(entry)
    yield from first(_unfounded(leak) for leak in recorded.values() if opened.absent.isdisjoint((leak.id, leak.mate)))


def _unfounded(leak: LeakEntry) -> str:
    return f"{MANIFEST}: says that {leak.describe()}, but the articles do not confirm it"


CHECKS: dict[str, Check] = {
    "files": check_files,
    "rows": recount.check_rows,
    "decisions": recount.check_decisions,
    "tables": recount.check_tables,
    "figures": recount.check_figures,
    "quarantine": recount.check_quarantine,
    "card": _described,
    "loading": _loads,
    "leaks": _leaks,
}
