"""Verify a release: that every byte, row and figure of it is what its manifest says, that it loads and leaks nothing.

Each check yields what is wrong, one line a thing: where, what was found, what was expected. What an altered manifest
may say, its seal remade, is told by the files: whatever can be counted again is.
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
    """Make every check of a release. Raises ReleaseError where there is none."""
    said = Verified(folder)
    wrong, manifest = check_manifest(folder)
    said.checked.append("manifest")
    if wrong:
        said.problems["manifest"] = wrong
    opened = Opened(folder, manifest)
    for name, check in CHECKS.items():
        problems: list[str] = []
        try:
            problems.extend(check(opened))
        except NotChecked as why:
            said.unchecked[name] = str(why)
            continue
        # Whatever a damaged file or manifest lets a reader stumble over is a finding, and no fault of ours to be shown.
        except Exception as error:
            problems.append(f"cannot be checked ({type(error).__name__}: {one_line(error)[:300]})")
        said.checked.append(name)
        if problems:
            said.problems[name] = problems
    return said


def check_manifest(folder: Path) -> tuple[list[str], Manifest]:
    """Read the manifest; say what is wrong with its bytes, its seal and its content."""
    path = folder / MANIFEST
    manifest = catalog.read(folder).manifest
    wrong = []
    if manifest.seal is None:
        wrong.append(f"{path}: without a seal, being made by an earlier version. Build again")
    elif manifest.seal != (seal := manifest.seal_digest()):
        wrong.append(f"{path}: what it says has the digest {seal[:16]}…, its seal is {manifest.seal[:16]}…")
    elif path.read_bytes() != manifest.as_bytes():
        wrong.append(f"{path}: not written as releases are, though it says the same")
    if manifest.content != (content := manifest.content_digest()):
        wrong.append(f"{path}: content is {content[:16]}…, it says {manifest.content[:16]}…")
    version = manifest.version if manifest.has_version else None
    if versions.is_version(folder.name) and folder.name != version:
        wrong.append(f"{path}: says version {version} in the folder {folder.name}")
    return wrong, manifest


def check_files(opened: Opened) -> Iterator[str]:
    """Compare size and sha256 of every file, and look for files that are not listed."""
    listed = opened.manifest.files
    for name, said in listed.items():
        path = opened.folder / name
        if not path.is_file():
            yield f"{path}: missing"
        elif (size := path.stat().st_size) != said.bytes:
            yield f"{path}: {size:,} bytes, expected {said.bytes:,}"
        elif (digest := files.sha256(path)) != said.sha256:
            yield f"{path}: sha256 is {digest[:16]}…, expected {said.sha256[:16]}…"
    for path in sorted(opened.folder.rglob("*")):
        inside = path.relative_to(opened.folder)
        hidden = any(part.startswith(".") for part in inside.parts)
        if path.is_file() and not hidden and inside.as_posix() not in (*listed, MANIFEST):
            yield f"{path}: not in the manifest"


def _described(opened: Opened) -> Iterator[str]:
    """Compare card, charts, croissant.json and the head of the log with those made anew of the manifest."""
    from builder.describe import render

    if not opened.ours:  # which may say the same in other words; that no byte changed is known
        raise NotChecked(f"made by builder {opened.maker}")
    for name, wanted in render.files_of(opened.manifest).items():
        path = opened.folder / name
        yield from _differing(path, path.read_bytes() if path.is_file() else b"", wanted)
    yield from _logged(opened)


def _logged(opened: Opened) -> Iterator[str]:
    """Compare what the log says of this release; behind that stands the log of the one before it."""
    changes = opened.manifest.changes
    wanted = changelog.log(opened.manifest.version, changes, opened.manifest.kept, "")
    path = opened.folder / LOG
    head, *sections = re.split(r"^(?=## )", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    newest = "".join([head, *sections[:1]]).rstrip("\n") + "\n"
    yield from _differing(path, newest.encode(), wanted.encode())
    since = changes.since if changes else None
    before = sections[1].removeprefix("## ").partition(":")[0] if sections[1:] else None
    if before not in (None, since):
        yield f"{path}: goes on with {before}; the manifest says {f'since {since}' if since else 'it is the first'}"


def _differing(path: Path, said: bytes, wanted: bytes) -> Iterator[str]:
    """Compare a text with what it should be, line by line."""
    if said == wanted:
        return
    lines, expected = (text.decode(errors="replace").splitlines() for text in (said, wanted))
    for step in difflib.SequenceMatcher(None, expected, lines, autojunk=False).get_opcodes():
        if step[0] != "equal":
            sides = (lines[step[3] : step[4]], expected[step[1] : step[2]])
            yield f"{path}:{step[3] + 1}: {'; expected '.join(short(' / '.join(side)) or 'nothing' for side in sides)}"


def _loads(opened: Opened) -> Iterator[str]:
    """Load every config with `datasets`, and compare the rows."""
    from builder.release import load_check

    configs = len(opened.manifest.splits)
    with (
        tempfile.TemporaryDirectory(prefix="builder-verify-") as cache,
        load_check.Checker(opened.folder.resolve(), configs, Path(cache)) as checker,
    ):
        yield from checker.problems(opened.manifest)


def _leaks(opened: Opened) -> Iterator[str]:
    """Look for what stands in two splits; of each article and other split the release itself says the surest kind."""
    from builder.config.recorded import Recorded
    from builder.verify import leaks

    if "text" not in pq.read_schema(opened.paths[0]).names:
        raise NotChecked("a release of ids has no texts")
    found = leaks.check(str(opened.folder), dedup=Recorded(opened.manifest).dedup)
    splits = {article.id: article.split for article in found.placed}
    said = {(leak.id, leak.mate_split): leak for leak in opened.manifest.leaks}
    for leak in found.leaks:
        one, other = found.placed[leak.row], found.placed[leak.mate]
        told = said.pop((one.id, other.split), None)  # of several mates that are alike it may have named another
        if told is not None and not opened.absent.isdisjoint((told.id, told.mate)):
            continue
        if told is None or told.kind != leak.kind:
            mates = f"'{one.id}' in {one.split} is a {leak.kind} mate of '{other.id}' in {other.split}"
            yield f"{mates}, of which the manifest says {'nothing' if told is None else told.kind}"
        elif (splits.get(told.id), splits.get(told.mate)) != (told.split, told.mate_split):
            yield _told(told)
    yield from first(_told(leak) for leak in said.values() if opened.absent.isdisjoint((leak.id, leak.mate)))


def _told(leak: LeakEntry) -> str:
    return f"{MANIFEST}: says that {leak.describe()}, which the articles do not show"


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
