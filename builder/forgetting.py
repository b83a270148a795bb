"""Add articles to the list of what must be forgotten, with the copies that the newest release knows of."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from builder import delivery, forgotten, members, pages, releases, store, workshop
from builder.config import Config
from builder.errors import BuilderError
from builder.forgotten import Forgotten
from builder.releases import Release


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

    With `alone` the copies are not. Raises BuilderError, and writes nothing, if one is not known to the newest release.
    """
    if not asked or not reason.strip():
        raise BuilderError("nothing to forget, or no reason. Expected ids or URLs, and --reason")
    newest = workshop.newest(config)
    if newest is None:
        place = store.masked(config.out) if store.is_url(config.out) else config.out
        raise BuilderError(
            f"{place}/{config.name}: no release here. Build one first, or say which with --out and --name"
        )
    path = Path(config.forgotten)
    known = forgotten.read(path)
    ids = [_id_of(newest, one) for one in asked]
    wanted = {id: Forgotten(id, reason.strip()) for id in ids}
    if not alone:
        for id in list(wanted):
            for copy in _copies(newest, id):
                wanted.setdefault(copy, Forgotten(copy, reason.strip(), id))
    new = [one for id, one in wanted.items() if id not in known]
    if new:
        forgotten.write(path, [*known.values(), *new])
    names = [one.id for one in new]
    holding = [*delivery.holding(config, names), newest.version] if new else []
    return Listed(path, new, _raw(newest, names), holding)


def _id_of(release: Release, asked: str) -> str:
    table = releases.decisions(release.folder, ["id", "url"])
    if pc.any(pc.equal(table["id"], asked)).as_py():
        return asked
    page = pages.page(asked) if "://" in asked else None
    for id, url in zip(table["id"].to_pylist(), table["url"].to_pylist(), strict=True):
        if page is not None and id is not None and url is not None and pages.page(url) == page:
            return str(id)
    raise BuilderError(
        f"{release.folder}: no article '{asked}', so nothing was listed. Expected the id of a record of this release, "
        "as in fr-02 or afp/fr-02, or the URL of one"
    )


def _copies(release: Release, id: str) -> list[str]:
    """Give the ids of all that is a copy of an article, of what it is a copy of, and so on; but no templates."""
    found, new = {id}, {id}
    while new:
        pairs = [pair.row for pair in members.like(release.folder, new) if pair.row["kind"] != "template"]
        new = {row[name] for row in pairs for name in ("kept_id", "member_id")} - found
        found |= new
    return sorted(found - {id})


def _raw(release: Release, ids: Iterable[str]) -> list[str]:
    table = releases.decisions(release.folder, ["id", "file", "place"])
    rows = table.filter(pc.is_in(table["id"], pa.array(list(ids), pa.string()))).to_pylist()
    return [f"{row['file']}:{row['place']}" if row["place"] else row["file"] for row in rows]
