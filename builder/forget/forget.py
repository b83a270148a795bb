"""Add articles to the list of what must be forgotten, with the copies that the newest release knows of."""

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
    """What was put into the list, and where it still stands."""

    path: Path
    new: list[Forgotten]
    raw: list[str]  # the raw files (and lines) that hold it
    holding: list[str]  # the releases that the next build removes

    def as_json(self) -> dict[str, Any]:
        """Give it for JSON."""
        return {
            "list": str(self.path),
            "new": [one._asdict() for one in self.new],
            "raw": self.raw,
            "releases": self.holding,
        }

    def told(self) -> str:
        """Tell a person what was listed and what is left to do."""
        if not self.new:
            return f"all of it is in {self.path} already"
        lines = [f"{one.id}{f' (a copy of {one.copy_of})' if one.copy_of else ''}: in {self.path}" for one in self.new]
        lines += ["", "The next build leaves it out, and takes it out of all that was prepared."]
        if self.holding:
            lines.append(f"It removes the releases that hold it: {', '.join(self.holding)}.")
        if self.raw:
            lines.append(f"The raw files still have it; that is for you to decide: {', '.join(self.raw)}.")
        lines.append("What was published on a hub stays there until you remove it there.")
        return "\n".join(lines)


def lines(path: Path) -> list[str]:
    """Read a file of ids or URLs. Raises BuilderError for one that cannot be read."""
    try:
        return [line.strip() for line in path.read_text(encoding="utf-8-sig").splitlines() if line.strip()]
    except (OSError, UnicodeDecodeError) as error:
        raise BuilderError(f"{path}: cannot be read ({error}). Expected a text file, an id or URL a line") from None


def forget(config: Config, asked: Sequence[str], reason: str, alone: bool = False) -> Listed:
    """Write articles, by their ids or URLs, and their copies into the list.

    So are other ids under which one of their texts was published, and what stands in a quarantine and has their words.
    With `alone` none of these is. Raises BuilderError, and writes nothing, if one is not known to any release.
    """
    if not asked or not reason.strip():
        raise BuilderError("nothing to forget, or no reason. Expected ids or URLs, and --reason")
    newest = local_copy.newest(config)
    if newest is None:
        place = object_store.masked(config.out) if object_store.is_url(config.out) else config.out
        raise BuilderError(
            f"{place}/{config.name}: no release here. Build one first, or say which with --out and --name"
        )
    path = Path(config.forgotten)
    known = forgotten.read(path)
    home = local_copy.home_of(config)
    older = [catalog.read(folder) for folder in reversed(catalog.all_of(home)) if folder != newest.folder]
    all_, published = [newest, *older], remembered(newest)
    ids = [_id_of(all_, published, one) for one in asked]
    wanted = {id: Forgotten(id, reason.strip()) for id in ids}
    if not alone:
        asked_for = list(wanted)
        bad = quarantine.find_matches(all_, {id: _ids_of_text(published, {id}) for id in asked_for})
        for id in asked_for:
            for copy in [*_copies(all_, published, id), *bad[id]]:
                wanted.setdefault(copy, Forgotten(copy, reason.strip(), id))
    new = [one for id, one in wanted.items() if id not in known]
    if new:
        forgotten.write(path, [*known.values(), *new])
    names = [one.id for one in new]
    holding = [*upload.holding(config, names), newest.version] if new else []
    return Listed(path, new, _raw(newest, names), holding)


def _id_of(all_: Sequence[Release], published: pa.Table, asked: str) -> str:
    """Give the id of an article, by that or a URL, of any release, the newest first; or where a record stands.

    `published` has all texts that ever were (schema.SPLIT).
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
        f"{all_[0].folder}: no article '{asked}' here or in an older release, so nothing was listed. Expected the id "
        "of a record, as in fr-02 or afp/fr-02, the URL of one, or where it stands, as in all.jsonl:7"
    )


def _copies(all_: Sequence[Release], published: pa.Table, id: str) -> list[str]:
    """Give the ids of all that is a copy of an article, of what it is a copy of, and so on; but no templates.

    An id that had the same text is one too, in any release.
    """
    found, new = {id}, {id}
    while new:
        more = _ids_of_text(published, new)
        for release in all_:
            if (release.folder / CLUSTERS).is_file():
                pairs = [pair.row for pair in clusters.copies_of(release.folder, new) if pair.row["kind"] != "template"]
                more |= {row[name] for row in pairs for name in ("kept_id", "member_id")}
        new = more - found
        found |= new
    return sorted(found - {id})


def _ids_of_text(published: pa.Table, ids: set[str]) -> set[str]:
    """Give these ids, and all others that ever had a text of theirs (`published`: schema.SPLIT)."""
    texts = published["exact_hash"].filter(pc.is_in(published["id"], pa.array(sorted(ids), pa.string()))).drop_null()
    same = published["id"].filter(pc.is_in(published["exact_hash"], texts.combine_chunks()))
    return ids | set(same.to_pylist())


def _raw(release: Release, names: Iterable[str]) -> list[str]:
    rows = catalog.decisions(release.folder, ["id", "file", "place"]).to_pylist()
    listed = set(names)
    return [place for row in rows if listed & {row["id"], place := location_of(row["file"], row["place"])}]
