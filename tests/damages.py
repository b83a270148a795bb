"""Damages to a release: each in one way, and what `verify` must say of it."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from builder import __version__
from builder.core import files
from builder.core.layout import CARD, CHANGED, CLUSTERS, CROISSANT, DECIDED, LOG, MANIFEST, SPLITS_KEPT
from builder.core.manifest import Manifest
from builder.core.manifest_parts import plain
from builder.describe import charts, render
from builder.diff import changelog


def listed(path: Path) -> dict[str, Any]:
    return {"bytes": path.stat().st_size, "sha256": files.sha256(path)}


def relisted(folder: Path, name: str) -> None:
    """Let the manifest say of a file what it is now, and seal that: only what is in the file can tell."""
    path = folder / MANIFEST
    manifest = orjson.loads(path.read_bytes())
    manifest["files"][name] |= listed(folder / name)
    sealed(path, manifest)


def sealed(path: Path, said: dict[str, Any]) -> None:
    manifest = Manifest(said)
    manifest = manifest.with_values(content=manifest.content_digest())
    path.write_bytes(manifest.with_values(seal=manifest.seal_digest()).as_bytes())


def shard(folder: Path, language: str = "fr", split: str = "train") -> Path:
    return folder / "data" / language / f"{split}-00000-of-00001.parquet"


def rewritten(path: Path, change: Callable[[pa.Table], pa.Table]) -> None:
    table = pq.read_table(path, partitioning=None)
    pq.write_table(change(table).replace_schema_metadata(table.schema.metadata), path)


def with_column(table: pa.Table, name: str, values: list[Any]) -> pa.Table:
    at = table.schema.get_field_index(name)
    return table.set_column(at, table.schema.field(name), pa.array(values, table.schema.field(name).type))


def a_byte(folder: Path) -> None:
    path = shard(folder)
    said = bytearray(path.read_bytes())
    said[len(said) // 3] ^= 1
    path.write_bytes(said)


def a_byte_of_the_manifest(folder: Path) -> None:
    path = folder / MANIFEST
    said = path.read_bytes()
    path.write_bytes(said.replace(b'"inputs": "', b'"inputs": "0', 1))


def a_space_in_the_manifest(folder: Path) -> None:
    path = folder / MANIFEST
    path.write_bytes(path.read_bytes().replace(b": ", b":  ", 1))


def a_file_less(folder: Path) -> None:
    (folder / "clusters.parquet").unlink()


def a_file_more(folder: Path) -> None:
    (folder / "data" / "fr" / "extra.parquet").write_bytes(b"PAR1")


def a_letter_of_a_row(folder: Path) -> None:
    path = shard(folder)
    texts = pq.read_table(path)["text"].to_pylist()
    rewritten(path, lambda table: with_column(table, "text", [texts[0].replace("e", "é", 1), *texts[1:]]))
    relisted(folder, path.relative_to(folder).as_posix())


def a_row_less(folder: Path) -> None:
    path = shard(folder)
    rewritten(path, lambda table: table.slice(1))
    relisted(folder, path.relative_to(folder).as_posix())


def rows_in_another_order(folder: Path) -> None:
    path = shard(folder)
    rewritten(path, lambda table: table.take(list(range(len(table) - 1, -1, -1))))
    relisted(folder, path.relative_to(folder).as_posix())


def another_type(folder: Path) -> None:
    path = shard(folder)
    rewritten(path, lambda table: table.set_column(0, "id", table["id"].cast(pa.large_string())))
    relisted(folder, path.relative_to(folder).as_posix())


def a_figure_of_the_card(folder: Path) -> None:
    path = folder / CARD
    said = path.read_text()
    path.write_text(re.sub(r"(\| `fr` \| français, French \| )(\d)", r"\g<1>1\2", said, count=1))
    relisted(folder, CARD)


def a_bar_of_a_chart(folder: Path) -> None:
    path = folder / charts.LANGUAGES
    path.write_text(re.sub(r"\(fr\): \d+<", "(fr): 999<", path.read_text(), count=1))
    relisted(folder, charts.LANGUAGES)


def a_digest_of_croissant(folder: Path) -> None:
    path = folder / CROISSANT
    path.write_text(re.sub(r'"sha256": "\w{4}', '"sha256": "0000', path.read_text(), count=1))
    relisted(folder, CROISSANT)


def restated(folder: Path, change: Callable[[dict[str, Any]], None]) -> None:
    """Let the manifest say something else, and everything that follows from it follow."""
    path = folder / MANIFEST
    manifest = orjson.loads(path.read_bytes())
    change(manifest)
    manifest["content"] = Manifest(manifest).content_digest()
    if manifest["versions"]["builder"] == __version__:
        render.write(Manifest(manifest), folder)
    for name in render.files_of(Manifest(manifest)):
        manifest["files"][name] |= listed(folder / name)
    sealed(path, manifest)


def unlisted(folder: Path, name: str) -> None:
    (folder / name).unlink()
    restated(folder, lambda manifest: manifest["files"].pop(name))


def a_figure_of_sources(folder: Path) -> None:
    def change(manifest: dict[str, Any]) -> None:
        manifest["figures"]["sources"][1]["articles"] += 1

    restated(folder, change)


def a_figure_of_copies(folder: Path) -> None:
    def change(manifest: dict[str, Any]) -> None:
        manifest["copies"]["kinds"]["exact"] = manifest["copies"]["kinds"].get("exact", 0) + 1

    restated(folder, change)


def a_source_of_copies(folder: Path) -> None:
    def change(manifest: dict[str, Any]) -> None:
        manifest["copies"]["sources"].append({"language": "fr", "source": "X", "articles": 12, "removed": 11})

    restated(folder, change)


def rows_of_a_file(folder: Path) -> None:
    def change(manifest: dict[str, Any]) -> None:
        manifest["files"][shard(folder).relative_to(folder).as_posix()]["rows"] += 1

    restated(folder, change)


def an_invented_leak(folder: Path) -> None:
    def change(manifest: dict[str, Any]) -> None:
        leak = {"kind": "near", "id": "fr-x", "split": "test", "mate": "fr-y", "mate_split": "train", "similarity": 0.9}
        manifest["leaks"].append(leak)

    restated(folder, change)


def a_table_that_is_not_listed(folder: Path) -> None:
    unlisted(folder, CLUSTERS)


def a_log_that_is_not_listed(folder: Path) -> None:
    unlisted(folder, LOG)


def changes_without_their_table(folder: Path) -> None:
    said = {"since": "0.9.0", "level": "patch", **plain(changelog.summary([]))}
    restated(folder, lambda manifest: manifest.update(changes=manifest.get("changes", said)))
    if (folder / CHANGED).is_file():
        unlisted(folder, CHANGED)


def a_figure_of_the_log(folder: Path) -> None:
    path = folder / LOG
    path.write_text(re.sub(r"(\d+ articles\.)", r"9\1", path.read_text(), count=1))
    relisted(folder, LOG)


def a_foreign_file_in_quarantine(folder: Path) -> None:
    path = folder / "quarantine" / "nobody.txt"
    path.parent.mkdir(exist_ok=True)
    path.write_text("nothing")
    restated(folder, lambda manifest: manifest["files"].update({"quarantine/nobody.txt": listed(path)}))


def changes_that_are_not_told(folder: Path) -> None:
    restated(folder, lambda manifest: manifest.pop("changes"))


def the_version_before(folder: Path) -> None:
    restated(folder, lambda manifest: manifest["changes"].update(since="0.0.9"))


def the_level_of_changes(folder: Path) -> None:
    other = {"minor": "patch", "patch": "minor", "major": "minor"}
    restated(folder, lambda manifest: manifest["changes"].update(level=other[manifest["changes"]["level"]]))


def a_figure_of_the_manifest(folder: Path) -> None:
    path = folder / MANIFEST
    manifest = orjson.loads(path.read_bytes())
    manifest["languages"]["fr"]["kept"] += 1
    sealed(path, manifest)


def a_decision(folder: Path) -> None:
    path = folder / DECIDED

    def changed(table: pa.Table) -> pa.Table:
        said = table["decision"].to_pylist()
        said[said.index("kept")] = "rejected"
        return with_column(table, "decision", said)

    rewritten(path, changed)
    relisted(folder, DECIDED)


def a_kept_copy(folder: Path) -> None:
    path = folder / CLUSTERS
    rewritten(path, lambda table: with_column(table, "kept_id", ["fr-nobody"] * len(table)))
    relisted(folder, CLUSTERS)


def a_remembered_split(folder: Path) -> None:
    path = folder / SPLITS_KEPT

    def changed(table: pa.Table) -> pa.Table:
        return with_column(
            table, "split", ["test" if split == "train" else "train" for split in table["split"].to_pylist()]
        )

    rewritten(path, changed)
    relisted(folder, SPLITS_KEPT)


def a_version(folder: Path) -> None:
    path = folder / MANIFEST
    manifest = orjson.loads(path.read_bytes())
    manifest["version"] = "9.9.9"
    sealed(path, manifest)


DAMAGES: list[tuple[Callable[[Path], None], str, str]] = [
    (a_byte, "files", r"data/fr/train-00000-of-00001\.parquet: sha256 is .*, expected"),
    (a_byte_of_the_manifest, "manifest", r"manifest\.json: the content has the digest .*, the seal is"),
    (a_space_in_the_manifest, "manifest", r"manifest\.json: the same values, but not the bytes that a build writes"),
    (a_file_less, "files", r"clusters\.parquet: missing"),
    (a_file_more, "files", r"data/fr/extra\.parquet: not in the manifest"),
    (a_letter_of_a_row, "rows", r"fr train: the rows have the hash .*, expected"),
    (a_row_less, "rows", r"fr train: [\d,]+ rows, expected"),
    (rows_in_another_order, "rows", r"fr train: the rows have the hash .*, expected"),
    (another_type, "rows", r"data/fr/train.* its columns differ from those of"),
    (
        a_figure_of_the_card,
        "card",
        r"README\.md:\d+: \| `fr` \| français, French \| 1\d+ .*; expected \| `fr` \| français, French \| \d+ ",
    ),
    (a_bar_of_a_chart, "card", r"languages\.svg:\d+: "),
    (a_digest_of_croissant, "card", r'croissant\.json:\d+: \s*"sha256": "0000\w+'),
    (a_figure_of_sources, "figures", r"manifest\.json: figures\.sources says .*; the rows give"),
    (a_figure_of_the_manifest, "decisions", r"languages fr: kept is \d+ in decisions\.parquet, \d+ in the manifest"),
    (a_decision, "decisions", r"data: '.*' is not kept in decisions\.parquet"),
    (a_kept_copy, "tables", r"clusters\.parquet: 'fr-nobody' is not kept"),
    (a_remembered_split, "tables", r"splits\.parquet: '.*' is in test, decided for train"),
    (a_version, "manifest", r"says version 9\.9\.9 in the folder \d+\.\d+\.\d+"),
    (a_figure_of_copies, "tables", r"manifest\.json: copies\.kinds says .*; the rows give"),
    (a_source_of_copies, "tables", r"manifest\.json: copies\.sources says .*'X'.*; the rows give nothing more"),
    (rows_of_a_file, "rows", r"data/fr/train-00000-of-00001\.parquet: \d+ rows, the manifest says \d+"),
    (
        an_invented_leak,
        "leaks",
        r"says that 'fr-x' in test is a near mate of 'fr-y' in train, but the articles do not confirm it",
    ),
    (a_table_that_is_not_listed, "tables", r"manifest\.json: lists no clusters\.parquet, which every release has"),
    (a_log_that_is_not_listed, "tables", r"manifest\.json: lists no CHANGELOG\.md, which every release has"),
    (changes_without_their_table, "tables", r"changes\.parquet: the manifest does not list it, but says something of"),
    (a_figure_of_the_log, "card", r"CHANGELOG\.md:\d+: 9\d+ articles\..*; expected \d+ articles\."),
    (a_foreign_file_in_quarantine, "quarantine", r"quarantine/nobody\.txt: not quarantined in decisions\.parquet"),
]

# Those that only a release can have that says what changed since another one.
LATER: list[tuple[Callable[[Path], None], str, str]] = [
    (changes_that_are_not_told, "tables", r"changes\.parquet: the manifest lists it, but says nothing of changes"),
    (the_version_before, "card", r"CHANGELOG\.md:\d+: .*Since \d\.\d\.\d: .*; expected .*Since 0\.0\.9: "),
    (the_level_of_changes, "tables", r"changes\.parquet: level is \w+, the manifest says \w+"),
]
