"""Add articles to the list of those to forget, with the copies that releases know of."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from builder.config.sections import Config
from builder.core.errors import BuilderError
from builder.core.layout import CLUSTERS
from builder.core.locations import location_of
from builder.dedup import urls
from builder.forget import quarantine
from builder.prepare import forgotten
from builder.prepare.forgotten import Forgotten
from builder.query import clusters
from builder.release import catalog
from builder.release.catalog import Release
from builder.release.known import remembered
from builder.remote import local_copy, object_store, upload


class Listed(NamedTuple):
    """The articles that were added to the list, and the raw files and releases that still have them."""

    path: Path  # of the list
    new: list[Forgotten]
    raw: list[str]  # the raw files (and lines) that have the articles
    holding: list[str]  # the releases that the next build removes

    def as_json(self) -> dict[str, Any]:
        """Return the report for JSON."""
        return {
            "list": str(self.path),
            "new": [one._asdict() for one in self.new],
            "raw": self.raw,
            "releases": self.holding,
        }

    def render(self) -> str:
        """Write the report: the articles, what the next build does, and what is left to the user."""
        if not self.new:
            return f"{self.path}: all of these articles are already in the list"
        lines = [f"{one.id}{f' (a copy of {one.copy_of})' if one.copy_of else ''}: in {self.path}" for one in self.new]
        lines += ["", "The next build leaves these articles out, and removes them from all prepared records."]
        if self.holding:
            lines.append(f"It also removes the releases that contain them: {', '.join(self.holding)}.")
        if self.raw:
            lines.append(f"The raw files still contain them. You decide whether to delete them: {', '.join(self.raw)}.")
        lines.append("A release that was published on a hub stays there until you remove it from the hub.")
        return "\n".join(lines)


def lines(path: Path) -> list[str]:
    """Read a file of ids or URLs, one per line. Raises BuilderError if it cannot be read."""
    try:
        return [line.strip() for line in path.read_text(encoding="utf-8-sig").splitlines() if line.strip()]
    except (OSError, UnicodeDecodeError) as error:
        raise BuilderError(
            f"{path}: cannot be read ({error}). Expected a text file with one id or URL per line"
        ) from None


def forget(config: Config, asked: Sequence[str], reason: str, alone: bool = False) -> Listed:
    """Add articles, by their ids or URLs, to the list, with their copies.

    Copies include other ids under which one of their texts was published, and records in a quarantine that have their
    words. With `alone`, no copies are added. Raises BuilderError, and writes nothing, if no release knows an article.
    """
    if not asked or not reason.strip():
        raise BuilderError("no article or no reason given. Expected ids or URLs, and --reason")
    newest = local_copy.newest(config)
    if newest is None:
        store = object_store.masked(config.out) if object_store.is_url(config.out) else config.out
        raise BuilderError(
            f"{store}/{config.name}: no release here. Build one first, or name one with --out and --name"
        )
    path = Path(config.forgotten)
    known = forgotten.read(path)
    home = local_copy.home_of(config)
    older = [catalog.read(folder) for folder in reversed(catalog.all_of(home)) if folder != newest.folder]
    all_, published = [newest, *older], remembered(newest)
    ids = [_id_of(all_, published, one) for one in asked]
    wanted = {id: Forgotten(id, reason.strip()) for id in ids}
    if not alone:
        given = list(wanted)
        quarantined = quarantine.find_matches(all_, {id: _ids_of_text(published, {id}) for id in given})
        for id in given:
            for copy in [*_copies(all_, published, id), *quarantined[id]]:
                wanted.setdefault(copy, Forgotten(copy, reason.strip(), id))
    new = [one for id, one in wanted.items() if id not in known]
    if new:
        forgotten.write(path, [*known.values(), *new])
    names = [one.id for one in new]
    holding = [*upload.holding(config, names), newest.version] if new else []
    return Listed(path, new, _raw(newest, names), holding)


def _id_of(all_: Sequence[Release], published: pa.Table, asked: str) -> str:
    """Find the id of an article, or the location of a record without an id, in any release, the newest first.

    `asked` is an id, a URL or a location; `published` has all texts ever published (schema.SPLIT).
    """
    if pc.any(pc.equal(published["id"], asked)).as_py():
        return asked
    page = urls.normalize_url(asked) if "://" in asked else None
    for release in all_:
        table = catalog.decisions(release.folder, ["id", "url", "file", "place"])
        for row in table.to_pylist():
            name = row["id"] or location_of(row["file"], row["place"])
            if name == asked or (
                page is not None and row["url"] is not None and urls.normalize_url(row["url"]) == page
            ):
                return str(name)
    raise BuilderError(
        f"{all_[0].folder}: no article '{asked}' in this or an older release; nothing was listed. Expected the id of a "
        "record, for example fr-02 or afp/fr-02, its URL, or its location, for example all.jsonl:7"
    )


def _copies(all_: Sequence[Release], published: pa.Table, id: str) -> list[str]:
    """Find the ids of an article's copies in all releases, of their copies, and so on; templates do not count.

    Another id with the same text, in any release, is a copy too.
    """
    copies, new = {id}, {id}
    while new:
        more = _ids_of_text(published, new)
        for release in all_:
            if (release.folder / CLUSTERS).is_file():
                pairs = [pair.row for pair in clusters.copies_of(release.folder, new) if pair.row["kind"] != "template"]
                more |= {row[name] for row in pairs for name in ("kept_id", "member_id")}
        new = more - copies
        copies |= new
    return sorted(copies - {id})


def _ids_of_text(published: pa.Table, ids: set[str]) -> set[str]:
    """Return these ids, and all others that ever had the same text as one of them (`published`: schema.SPLIT)."""
    texts = published["exact_hash"].filter(pc.is_in(published["id"], pa.array(sorted(ids), pa.string()))).drop_null()
    same = published["id"].filter(pc.is_in(published["exact_hash"], texts.combine_chunks()))
    return ids | set(same.to_pylist())


def _raw(release: Release, names: Iterable[str]) -> list[str]:
    rows = catalog.decisions(release.folder, ["id", "file", "place"]).to_pylist()
    listed = set(names)
    return [location for row in rows if listed & {row["id"], location := location_of(row["file"], row["place"])}]
