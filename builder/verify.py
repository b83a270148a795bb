"""Verify a release: that every byte, row and figure of it is what its manifest says, that it loads and leaks nothing.

Each check yields what is wrong, one line a thing: where, what was found, what was expected. A check that cannot be made
for what another one found wrong is left out.
"""

import difflib
import re
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from builder import __version__, changelog, files, release, releases, standoff, verdicts
from builder.contents import ContentHash
from builder.errors import BuilderError, one_line
from builder.releases import CHANGED, CLUSTERS, DECIDED, MANIFEST, SPLITS_KEPT

SHOWN = 5  # things of a kind that are named one by one
_SHARD = re.compile(r"data/([^/]+)/([^/]+)-(\d{5})-of-(\d{5})\.parquet")


@dataclass(slots=True)
class Verified:
    """What was checked, and what is wrong by the names of the checks."""

    folder: Path
    checked: list[str] = field(default_factory=list)
    problems: dict[str, list[str]] = field(default_factory=dict)

    @property
    def right(self) -> bool:
        """Tell whether nothing is wrong."""
        return not self.problems

    def told(self) -> str:
        """Tell it a check a line, and what is wrong below it."""
        lines = [f"{self.folder}"]
        for name in self.checked:
            wrong = self.problems.get(name, [])
            lines.append(f"  {name}: {'ok' if not wrong else f'{len(wrong)} wrong'}")
            lines += [f"    {problem}" for problem in wrong]
        return "\n".join(lines)

    def as_json(self) -> dict[str, Any]:
        """Give it for JSON."""
        return {"folder": str(self.folder), "right": self.right, "checked": self.checked, "problems": self.problems}


class Opened:
    """A release that is being verified: its manifest, and its tables when they are asked for."""

    def __init__(self, folder: Path, manifest: Mapping[str, Any]) -> None:
        self.folder, self.manifest = folder, manifest

    @property
    def ours(self) -> bool:
        """Tell whether this version made it: another one may have other columns, and other words in the card."""
        return bool(self.manifest["versions"]["builder"] == __version__)

    @cached_property
    def decisions(self) -> pa.Table:
        """Read the decisions."""
        return releases.decisions(self.folder)

    def table(self, name: str) -> pa.Table | None:
        """Read a table that stands beside the articles; null for one that the release has not got."""
        return releases.read_table(self.folder, name) if name in self.manifest["files"] else None

    @cached_property
    def absent(self) -> set[str]:
        """Give the ids of kept articles for which no text was found when the release was rehydrated."""
        table = self.table(standoff.REHYDRATED_TABLE)
        if table is None:
            return set()
        return set(table.filter(pc.not_equal(table["state"], "matched"))["id"].to_pylist())

    @cached_property
    def shards(self) -> dict[tuple[str, str], list[Path]]:
        """Give the files of each language and split, in their order."""
        found: dict[tuple[str, str], list[Path]] = {}
        for name in sorted(self.manifest["files"]):
            if shard := _SHARD.fullmatch(name):
                found.setdefault((shard[1], shard[2]), []).append(self.folder / name)
        return found

    @cached_property
    def articles(self) -> pa.Table:
        """Give what the checks need of all articles, with the language and split of the file that each is in."""
        tables = []
        for (language, split), paths in self.shards.items():
            for path in paths:
                table = pq.read_table(path, columns=["id", "language", "copies"], partitioning=None)
                table = table.append_column("folder", pa.array([language] * len(table), pa.string()))
                tables.append(table.append_column("split", pa.array([split] * len(table), pa.string())))
        return pa.concat_tables(tables)


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
        said.checked.append(name)
        problems: list[str] = []
        try:
            problems.extend(check(opened))
        except (BuilderError, OSError, ValueError, KeyError, TypeError, pa.ArrowException) as error:
            problems.append(f"cannot be checked ({type(error).__name__}: {one_line(error)[:300]})")
        if problems:
            said.problems[name] = problems
    return said


def check_manifest(folder: Path) -> tuple[list[str], Mapping[str, Any]]:
    """Read the manifest; say what is wrong with its bytes, its seal and its content."""
    path = folder / MANIFEST
    manifest = dict(releases.read(folder).manifest)
    wrong = []
    if "seal" not in manifest:
        wrong.append(f"{path}: without a seal, being made by an earlier version. Build again")
    elif manifest["seal"] != (seal := release.seal(manifest)):
        wrong.append(f"{path}: what it says has the digest {seal[:16]}…, its seal is {manifest['seal'][:16]}…")
    elif path.read_bytes() != release.as_bytes(manifest):
        wrong.append(f"{path}: not written as releases are, though it says the same")
    if manifest["content"] != (content := release.content_of(manifest)):
        wrong.append(f"{path}: content is {content[:16]}…, it says {manifest['content'][:16]}…")
    if releases.is_version(folder.name) and folder.name != manifest.get("version"):
        wrong.append(f"{path}: says version {manifest.get('version')} in the folder {folder.name}")
    return wrong, manifest


def check_files(opened: Opened) -> Iterator[str]:
    """Compare size and sha256 of every file, and look for files that are not listed."""
    listed = opened.manifest["files"]
    for name, said in listed.items():
        path = opened.folder / name
        if not path.is_file():
            yield f"{path}: missing"
        elif (size := path.stat().st_size) != said["bytes"]:
            yield f"{path}: {size:,} bytes, expected {said['bytes']:,}"
        elif (digest := files.sha256(path)) != said["sha256"]:
            yield f"{path}: sha256 is {digest[:16]}…, expected {said['sha256'][:16]}…"
    for path in sorted(opened.folder.rglob("*")):
        inside = path.relative_to(opened.folder)
        hidden = any(part.startswith(".") for part in inside.parts)
        if path.is_file() and not hidden and inside.as_posix() not in (*listed, MANIFEST):
            yield f"{path}: not in the manifest"


def _rows(opened: Opened) -> Iterator[str]:
    """Compare columns, rows and content of every split, whoever wrote the files."""
    splits = opened.manifest["splits"]
    said = {(language, split) for language, of_language in splits.items() for split in of_language}
    for language, split in sorted(said ^ set(opened.shards)):
        where = "manifest" if (language, split) in said else "files"
        yield f"{opened.folder}: {language} {split} is in the {where} only"
    schema: pa.Schema | None = None
    for (language, split), paths in opened.shards.items():
        content: ContentHash | None = None
        rows = 0
        for path in paths:
            with pq.ParquetFile(path) as file:
                found = file.schema_arrow.remove_metadata()
                schema = schema or found
                if found != schema:
                    yield f"{path}: has other columns than {next(iter(opened.shards.values()))[0]}"
                content = content or ContentHash(found)
                for group in range(file.num_row_groups):
                    table = file.read_row_group(group)
                    content.update(table)
                    rows += len(table)
        expected = splits.get(language, {}).get(split)
        if expected and rows != expected["rows"]:
            yield f"{language} {split}: {rows:,} rows, expected {expected['rows']:,}"
        digest = content.hexdigest() if content else ""
        if expected and digest != expected["content_sha256"]:
            yield f"{language} {split}: the rows say {digest[:16]}…, expected {expected['content_sha256'][:16]}…"
    wanted = standoff.schema_of(opened.manifest["config"].get("publish", "text"))
    if schema not in (None, wanted) and opened.ours:
        yield f"{opened.folder}: the columns are not those of this version: {', '.join(_apart(schema, wanted))}"


def _apart(one: pa.Schema, other: pa.Schema) -> list[str]:
    fields = {f"{field.name} {field.type}" for field in one} ^ {f"{field.name} {field.type}" for field in other}
    return sorted(fields) or ["their order"]


def _decided(opened: Opened) -> Iterator[str]:
    """Count the decisions, and look for what they say of articles and copies."""
    table = opened.decisions
    counts = verdicts.counts(table)
    yield from _differences("languages", counts, opened.manifest["languages"])
    total = verdicts.total(counts)
    yield from _differences("counts", {"all": total}, {"all": opened.manifest["counts"]})
    if (decided := sum(total.get(name, 0) for name in verdicts.DECISIONS)) != total.get("read", 0):
        yield f"{DECIDED}: {decided:,} decisions on {total.get('read', 0):,} records"
    places = Counter(zip(table["file"].to_pylist(), table["record"].to_pylist(), strict=True))
    often = [(place, times) for place, times in places.items() if times > 1]
    yield from _first(f"{DECIDED}: {place[0]}, record {place[1]} is there {times} times" for place, times in often)
    rows = table.select(["id", "decision", "split", "kept_id", "language"]).to_pylist()
    kept = {
        row["id"]: (row["language"], row["split"])
        for row in rows
        if row["decision"] == "kept" and row["id"] not in opened.absent
    }
    names = opened.articles.select(["id", "language", "split", "folder", "copies"]).to_pylist()
    found = {row["id"]: (row["language"], row["split"]) for row in names}
    twice = [id for id, times in Counter(row["id"] for row in names).items() if times > 1]
    yield from _first(f"data: '{id}' is there more than once" for id in twice)
    strange = [row for row in names if row["language"] != row["folder"]]
    yield from _first(f"data: '{row['id']}' is {row['language']} in {row['folder']}" for row in strange)
    yield from _first(f"data: '{id}' is not kept by {DECIDED}" for id in sorted(set(found) - set(kept)))
    yield from _first(f"data: '{id}' is missing, kept by {DECIDED}" for id in sorted(set(kept) - set(found)))
    apart = sorted(id for id in set(found) & set(kept) if found[id] != kept[id])
    yield from _first(f"data: '{id}' is in {' '.join(found[id])}, decided was {' '.join(kept[id])}" for id in apart)
    copies = Counter(row["kept_id"] for row in rows if row["decision"] == "duplicate")
    gone = sorted(set(copies) - set(kept) - opened.absent)
    yield from _first(f"{DECIDED}: '{id}' is kept for a copy, but is not there" for id in gone)
    yield from _first(
        f"data: '{row['id']}' has {row['copies']} copies, decided were {copies[row['id']]}"
        for row in names
        if row["copies"] != copies[row["id"]]
    )


def _beside(opened: Opened) -> Iterator[str]:
    """Compare the tables beside the articles with the decisions: clusters, remembered splits, changes."""
    rows = opened.decisions.select(["id", "decision", "split"]).to_pylist()
    kept = {row["id"]: row["split"] for row in rows if row["decision"] == "kept"}
    clusters = opened.table(CLUSTERS)
    if clusters is not None:
        for row in clusters.select(["kept_id", "member_id", "kind", "decision"]).to_pylist():
            if row["kept_id"] not in kept:
                yield f"{CLUSTERS}: '{row['kept_id']}' is not kept"
            if (row["decision"] == "kept") != (row["member_id"] in kept) and row["member_id"] != row["kept_id"]:
                yield f"{CLUSTERS}: '{row['member_id']}' is {row['decision']}, not so in {DECIDED}"
    remembered = opened.table(SPLITS_KEPT)
    if remembered is not None:
        said = {row["id"]: row["split"] for row in remembered.to_pylist() if row["decision"] == "kept"}
        apart = sorted(id for id in set(said) | set(kept) if said.get(id) != kept.get(id))
        yield from _first(f"{SPLITS_KEPT}: '{id}' is in {said.get(id)}, decided was {kept.get(id)}" for id in apart)
    changed, manifest = opened.table(CHANGED), opened.manifest.get("changes")
    if changed is not None and manifest is not None:
        from builder.changes import Change

        columns = [changed[name].to_pylist() for name in changed.column_names]
        found = changelog.summary([Change(*row) for row in zip(*columns, strict=True)])
        for name in ("all", "removed", "table"):
            if found[name] != manifest[name]:
                yield f"{CHANGED}: {name} is {found[name]}, the manifest says {manifest[name]}"


def _differences(name: str, found: Mapping[str, Any], expected: Mapping[str, Any]) -> Iterator[str]:
    for key in sorted(set(found) | set(expected)):
        one, other = found.get(key, {}), expected.get(key, {})
        for figure in sorted(set(one) | set(other)):
            if one.get(figure) != other.get(figure):
                where = f"{name} {key or '(none)'}".strip()
                yield f"{where}: {figure} is {one.get(figure)} in {DECIDED}, {other.get(figure)} in the manifest"


def _first(problems: Iterator[str]) -> Iterator[str]:
    """Name the first of a kind, and count the others."""
    more = 0
    for number, problem in enumerate(problems):
        if number < SHOWN:
            yield problem
        else:
            more += 1
    if more:
        yield f"and {more:,} more like it"


def _described(opened: Opened) -> Iterator[str]:
    """Compare the figures with the rows, and card, charts and croissant.json with those made anew of the manifest."""
    from builder import described, figures

    if not opened.ours:
        return  # another version may say the same in other words; that no byte changed is known
    tables = [
        pq.read_table(path, columns=list(figures.COLUMNS), partitioning=None)
        for paths in opened.shards.values()
        for path in paths
    ]
    found, said = figures.of(pa.concat_tables(tables)), opened.manifest["figures"]
    for name in sorted(set(found) | set(said)):
        if found.get(name) != said.get(name):
            yield f"{MANIFEST}: figures.{name} is {_short(said.get(name))}; the rows give {_short(found.get(name))}"
    for name, wanted in described.files_of(opened.manifest).items():
        path = opened.folder / name
        yield from _differing(path, path.read_bytes() if path.is_file() else b"", wanted)


def _differing(path: Path, said: bytes, wanted: bytes) -> Iterator[str]:
    """Compare a text with what it should be, line by line."""
    if said == wanted:
        return
    lines, expected = (text.decode(errors="replace").splitlines() for text in (said, wanted))
    for step in difflib.SequenceMatcher(None, expected, lines, autojunk=False).get_opcodes():
        if step[0] != "equal":
            sides = (lines[step[3] : step[4]], expected[step[1] : step[2]])
            yield f"{path}:{step[3] + 1}: {'; expected '.join(_short(' / '.join(side)) or 'nothing' for side in sides)}"


def _short(said: Any) -> str:
    shown = str(said)
    return shown if len(shown) <= 200 else f"{shown[:199]}…"


def _loads(opened: Opened) -> Iterator[str]:
    """Load every config with `datasets`, and compare the rows."""
    from builder import loads

    configs = len(opened.manifest["splits"])
    with (
        tempfile.TemporaryDirectory(prefix="builder-verify-") as cache,
        loads.Checker(opened.folder.resolve(), configs, Path(cache)) as checker,
    ):
        yield from checker.problems(opened.manifest)


def _leaks(opened: Opened) -> Iterator[str]:
    """Look for what stands in two splits, but for what the release itself says."""
    from builder.checks import leaks
    from builder.config import Dedup

    if "text" not in pq.read_schema(next(iter(opened.shards.values()))[0]).names:
        return  # a release of ids: nothing to compare
    settings = orjson.dumps(opened.manifest["config"]["dedup"])
    found = leaks.check(str(opened.folder), dedup=Dedup.model_validate_json(settings))
    told = {(leak["id"], leak["mate"]) for leak in opened.manifest["leaks"]}
    for leak in found.leaks:
        one, other = found.placed[leak.row], found.placed[leak.mate]
        if (one.id, other.id) not in told:
            mates = f"'{one.id}' in {one.split} is a {leak.kind} mate of '{other.id}' in {other.split}"
            yield f"{mates}, of which the manifest says nothing"


CHECKS: dict[str, Check] = {
    "files": check_files,
    "rows": _rows,
    "decisions": _decided,
    "tables": _beside,
    "card": _described,
    "loading": _loads,
    "leaks": _leaks,
}
