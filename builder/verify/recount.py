"""Count the files of a release again, and compare the figures with its manifest."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from builder.core.content_hash import ContentHash
from builder.core.layout import CARD, CHANGED, CLUSTERS, CROISSANT, DECIDED, LOG, MANIFEST, SPLITS_KEPT
from builder.core.manifest_parts import plain
from builder.core.schema import schema_of
from builder.core.terms import Decision
from builder.core.versions import is_version, version_key
from builder.decide import outcomes, summary
from builder.diff import changelog
from builder.verify.result import NotChecked, Opened, first, short

# Files that every release has, and the builder version that introduced each.
_ALWAYS = {
    CARD: "0.1.0",
    DECIDED: "0.1.0",
    CLUSTERS: "0.3.0",
    SPLITS_KEPT: "0.3.0",
    LOG: "0.4.0",
    CROISSANT: "0.4.0",
}


def check_rows(opened: Opened) -> Iterator[str]:
    """Compare columns, rows and content of every split, independently of the Parquet writer."""
    splits = opened.manifest.splits
    listed_splits = {(language, split) for language, of_language in splits.items() for split in of_language}
    for language, split in sorted(listed_splits ^ set(opened.shards)):
        where = "manifest" if (language, split) in listed_splits else "files"
        yield f"{opened.folder}: {language} {split} is in the {where} only"
    schema: pa.Schema | None = None
    for (language, split), paths in opened.shards.items():
        content: ContentHash | None = None
        rows = 0
        for path in paths:
            before = rows
            with pq.ParquetFile(path) as file:
                found = file.schema_arrow.remove_metadata()
                schema = schema or found
                if found != schema:
                    yield f"{path}: its columns differ from those of {next(iter(opened.shards.values()))[0]}"
                content = content or ContentHash(found)
                for group in range(file.num_row_groups):
                    table = file.read_row_group(group)
                    content.update(table)
                    rows += len(table)
            listed = opened.manifest.files[path.relative_to(opened.folder).as_posix()]
            if rows - before != listed.rows:
                yield f"{path}: {rows - before:,} rows, the manifest says {listed.rows or 0:,}"
        expected = splits.get(language, {}).get(split)
        if expected and rows != expected.rows:
            yield f"{language} {split}: {rows:,} rows, expected {expected.rows:,}"
        digest = content.hexdigest() if content else ""
        if expected and digest != expected.content_sha256:
            yield f"{language} {split}: the rows have the hash {digest[:16]}…, expected {expected.content_sha256[:16]}…"
    wanted = schema_of(opened.manifest.publish)
    if schema not in (None, wanted) and opened.ours:
        yield f"{opened.folder}: the columns differ from those of this version: {', '.join(_apart(schema, wanted))}"


def _apart(one: pa.Schema, other: pa.Schema) -> list[str]:
    fields = {f"{field.name} {field.type}" for field in one} ^ {f"{field.name} {field.type}" for field in other}
    return sorted(fields) or ["their order"]


def check_decisions(opened: Opened) -> Iterator[str]:
    """Count the decisions, and compare them with the articles and copies."""
    table = opened.decisions
    counts = outcomes.counts(table)
    yield from _differences("languages", counts, opened.manifest.languages)
    total = outcomes.total(counts)
    yield from _differences("counts", {"all": total}, {"all": opened.manifest.counts})
    if (decided := sum(total.get(name, 0) for name in Decision)) != total.get("read", 0):
        yield f"{DECIDED}: {decided:,} decisions on {total.get('read', 0):,} records"
    places = Counter(zip(table["file"].to_pylist(), table["record"].to_pylist(), strict=True))
    often = [(place, times) for place, times in places.items() if times > 1]
    yield from first(f"{DECIDED}: {place[0]}, record {place[1]} occurs {times} times" for place, times in often)
    rows = table.select(["id", "decision", "split", "kept_id", "language"]).to_pylist()
    kept = {
        row["id"]: (row["language"], row["split"])
        for row in rows
        if row["decision"] == "kept" and row["id"] not in opened.absent
    }
    names = opened.articles.select(["id", "language", "split", "folder", "copies"]).to_pylist()
    found = {row["id"]: (row["language"], row["split"]) for row in names}
    twice = [id for id, times in Counter(row["id"] for row in names).items() if times > 1]
    yield from first(f"data: '{id}' occurs more than once" for id in twice)
    strange = [row for row in names if row["language"] != row["folder"]]
    yield from first(
        f"data: '{row['id']}' has the language {row['language']}, in the folder {row['folder']}" for row in strange
    )
    yield from first(f"data: '{id}' is not kept in {DECIDED}" for id in sorted(set(found) - set(kept)))
    yield from first(f"data: '{id}' is missing, but kept in {DECIDED}" for id in sorted(set(kept) - set(found)))
    apart = sorted(id for id in set(found) & set(kept) if found[id] != kept[id])
    yield from first(f"data: '{id}' is in {' '.join(found[id])}, decided for {' '.join(kept[id])}" for id in apart)
    copies = Counter(row["kept_id"] for row in rows if row["decision"] == "duplicate")
    gone = sorted(set(copies) - set(kept) - opened.absent)
    yield from first(f"{DECIDED}: '{id}' is kept for a copy, but is missing" for id in gone)
    yield from first(
        f"data: '{row['id']}' has {row['copies']} copies, but {DECIDED} has {copies[row['id']]}"
        for row in names
        if row["copies"] != copies[row["id"]]
    )


def check_tables(opened: Opened) -> Iterator[str]:
    """Compare the other tables with the decisions: clusters, split history, changes."""
    listed = opened.manifest.files
    for name, since in _ALWAYS.items():
        earlier = is_version(opened.maker) and version_key(opened.maker) < version_key(since)
        if name not in listed and not earlier:
            yield f"{opened.folder / MANIFEST}: lists no {name}, which every release has"
    rows = opened.decisions.select(["id", "decision", "split"]).to_pylist()
    kept = {row["id"]: row["split"] for row in rows if row["decision"] == "kept"}
    clusters = opened.table(CLUSTERS)
    if clusters is not None:
        for row in clusters.select(["kept_id", "member_id", "kind", "decision"]).to_pylist():
            if row["kept_id"] not in kept:
                yield f"{CLUSTERS}: '{row['kept_id']}' is not kept"
            if (row["decision"] == "kept") != (row["member_id"] in kept) and row["member_id"] != row["kept_id"]:
                yield f"{CLUSTERS}: '{row['member_id']}' is {row['decision']}, but not in {DECIDED}"
        yield from _copies(opened, clusters)
    history = opened.table(SPLITS_KEPT)
    if history is not None:
        splits = {row["id"]: row["split"] for row in history.to_pylist() if row["decision"] == "kept"}
        apart = sorted(id for id in set(splits) | set(kept) if splits.get(id) != kept.get(id))
        yield from first(f"{SPLITS_KEPT}: '{id}' is in {splits.get(id)}, decided for {kept.get(id)}" for id in apart)
    yield from _changes(opened)


def _copies(opened: Opened, clusters: pa.Table) -> Iterator[str]:
    """Sum up the copies again. Compare the figures of sources only if every kept article is present."""
    of_copy = {
        (row["file"], row["record"]): row["source"]
        for row in clusters.select(["file", "record", "source", "decision"]).to_pylist()
        if row["decision"] == "duplicate"
    }
    articles = opened.articles
    of_kept = dict(zip(articles["id"].to_pylist(), articles["source"].to_pylist(), strict=True))
    rows = opened.decisions.select(["id", "file", "record", "decision"]).to_pylist()
    places = {(row["file"], row["record"]): row["id"] for row in rows if row["decision"] == "duplicate"}
    lost = [place for place in places if place not in of_copy]
    yield from first(f"{CLUSTERS}: '{places[place]}' is missing, but a copy in {DECIDED}" for place in lost)
    sources = [
        of_kept.get(row["id"]) if row["decision"] == "kept" else of_copy.get((row["file"], row["record"]))
        for row in rows
    ]
    found, listed = plain(summary.copies(clusters, opened.decisions, sources)), plain(opened.manifest.copies)
    names = ("kinds", "largest") if opened.absent else ("kinds", "largest", "sources")
    yield from _apart_in("copies", {name: found[name] for name in names}, {name: listed.get(name) for name in names})


def _apart_in(name: str, found: Mapping[str, Any], listed: Mapping[str, Any]) -> Iterator[str]:
    for key in sorted(set(found) | set(listed)):
        sides = listed.get(key), found.get(key)
        if sides[0] != sides[1]:
            one, other = short(_without(*sides)), short(_without(*reversed(sides)))
            yield f"{MANIFEST}: {name}.{key} says {one}; the rows give {other}"


def _without(one: Any, other: Any) -> Any:
    """Return the part of a list or object that another one lacks; "nothing more" if there is none."""
    if isinstance(one, dict) and isinstance(other, dict):
        return {key: value for key, value in one.items() if key not in other or other[key] != value} or "nothing more"
    if isinstance(one, list) and isinstance(other, list):
        known = set(map(repr, other))
        return [value for value in one if repr(value) not in known] or "nothing more"
    return one


def _changes(opened: Opened) -> Iterator[str]:
    """Sum up the changes again."""
    changed, changes = opened.table(CHANGED), opened.manifest.changes
    if (changed is None) != (changes is None):
        where = "lists it, but says" if changes is None else "does not list it, but says"
        yield f"{CHANGED}: the manifest {where} {'nothing' if changes is None else 'something'} of changes"
    elif changed is not None and changes is not None:
        from builder.diff.compare import Change

        columns = [changed[name].to_pylist() for name in changed.column_names]
        counted = changelog.summary([Change(*row) for row in zip(*columns, strict=True)])
        found, listed = plain(counted), plain(changes)
        if changes.level != "major":  # the settings make a version major, not the articles
            found |= {"level": changelog.level(counted, redefined=False)}
        for name in found:
            if found[name] != listed[name]:
                yield f"{CHANGED}: {name} is {found[name]}, the manifest says {listed[name]}"


def check_figures(opened: Opened) -> Iterator[str]:
    """Compute `figures` of the manifest again from the rows."""
    from builder.decide import statistics

    if not opened.manifest.has_figures and not opened.ours:
        raise NotChecked(f"made by builder {opened.maker}, without figures")
    found = statistics.compute(opened.columns(statistics.COLUMNS))
    yield from _apart_in("figures", plain(found), plain(opened.manifest.figures))


def check_quarantine(opened: Opened) -> Iterator[str]:
    """Compare the files in quarantine with the decisions. A release of ids has none, nor has a rehydrated one."""
    from builder.release import quarantine

    found = {name for name in opened.manifest.files if name.startswith("quarantine/")}
    rows = opened.decisions.select(["file", "place", "decision", "reason"]).to_pylist()
    if opened.manifest.of_ids or opened.manifest.rehydrated:
        rows = []
    reasons = {
        f"quarantine/{quarantine.name_of(row['file'], row['place'])}": row["reason"]
        for row in rows
        if row["decision"] == "quarantined" and row["reason"] not in quarantine.NOT_THE_TEXT
    }
    lost = sorted(set(reasons) - found)
    yield from first(
        f"{name}: missing, but quarantined in {DECIDED} ({reasons[name]})"
        for name in lost
        if reasons[name] not in quarantine.NO_BYTES
    )
    yield from first(f"{name}: not quarantined in {DECIDED}" for name in sorted(found - set(reasons)))


def _differences(name: str, found: Mapping[str, Any], expected: Mapping[str, Any]) -> Iterator[str]:
    for key in sorted(set(found) | set(expected)):
        one, other = found.get(key, {}), expected.get(key, {})
        for figure in sorted(set(one) | set(other)):
            if one.get(figure) != other.get(figure):
                where = f"{name} {key or '(none)'}".strip()
                yield f"{where}: {figure} is {one.get(figure)} in {DECIDED}, {other.get(figure)} in the manifest"
