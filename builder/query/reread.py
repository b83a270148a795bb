"""Read texts of articles again: of kept ones from a release's data files, of removed copies from their raw files.

A release does not have the texts that it removed, and a release of ids has none. A raw file is read as the build read
it: tidied, masked, without the removed boilerplate. If the file is gone or has changed since, a note says so.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pydantic import ValidationError

from builder.config.sections import Config
from builder.core.errors import BuilderError, ReleaseError, one_line
from builder.core.layout import MANIFEST, SPLITS_KEPT
from builder.core.locations import location_of
from builder.dedup import minhash
from builder.prepare.prepare import tidy_rows
from builder.read import fields, records
from builder.read.scan import RawFile, below
from builder.release import catalog
from builder.release.known import raw_root
from builder.text import fold
from builder.text.lines import line_keys, strip_lines

Decision = Mapping[str, Any]  # a row of schema.DECISION
SETTINGS = ("publish", "read", "fields", "privacy", "furniture")  # sections that decide how a raw file is read


class Article(NamedTuple):
    """The headline and text of an article. A note explains a missing text, or one that the release does not have."""

    title: str | None
    text: str | None
    note: str | None = None


def published(release: Path, kept: Iterable[Decision]) -> dict[str, Article]:
    """Return the articles of these decisions on kept rows, by id. Raises ReleaseError if a data file cannot be read."""
    wanted: dict[str, list[str]] = {}
    for row in kept:
        wanted.setdefault(row["language"], []).append(row["id"])
    articles = {}
    for language, ids in sorted(wanted.items()):
        folder = release / "data" / language
        try:
            table = pq.read_table(
                sorted(folder.glob("*.parquet")), columns=["id", "title", "text"], filters=[("id", "in", ids)]
            )
        except (OSError, ValueError, pa.ArrowException) as error:
            why = one_line(error)
            raise ReleaseError(f"{folder}: damaged ({why}). Remove the folder {release} and build again") from None
        articles.update({row["id"]: Article(row["title"], row["text"]) for row in table.to_pylist()})
    return articles


def again(release: Path, raw: str, removed: Sequence[Decision]) -> list[Article]:
    """Return the articles of these decisions, in their order, as their raw files have them now.

    Raw files are looked for where the newest release was built from, then below `raw`.
    """
    config = settings_of(release)
    roots = [Path(root) for root in (raw_root(release.parent), raw) if root is not None]
    texts = _texts(release, {row["id"] for row in removed})
    found: dict[int, Article] = {}
    for path in sorted({row["file"] for row in removed}):
        numbers = [number for number, row in enumerate(removed) if row["file"] == path]
        files = [file for root in roots if (file := below(root, path))]
        if files:
            articles = _read(files[0], [removed[number] for number in numbers], config, texts)
        else:
            which = "any texts" if config.publish == "ids" else "the texts of removed copies"
            note = f"{path} is not below {roots[0]} any more, and the release does not hold {which}"
            articles = [Article(None, None, note)] * len(numbers)
        found.update(zip(numbers, articles, strict=True))
    return [found[number] for number in range(len(removed))]


def settings_of(release: Path) -> Config:
    """Return the settings with which the raw files of a release were read, from its manifest."""
    config = catalog.read(release).manifest.config
    sections = {name: config[name] for name in SETTINGS if name in config}
    try:
        return Config.model_validate_json(orjson.dumps(sections))
    except ValidationError as error:
        why = f"this version does not know its settings ({error.errors()[0]['msg']})"
        raise ReleaseError(f"{release / MANIFEST}: {why}. Build again") from None


def _texts(release: Path, ids: set[str]) -> dict[str, set[str]]:
    """Return the hashes of all texts that each article has had; empty for a release that does not record them."""
    if not (release / SPLITS_KEPT).is_file():
        return {}
    table = catalog.read_table(release, SPLITS_KEPT, ["id", "exact_hash"])
    hashes: dict[str, set[str]] = {}
    for row in table.filter(pc.is_in(table["id"], pa.array(sorted(ids), pa.string()))).to_pylist():
        hashes.setdefault(row["id"], set()).add(row["exact_hash"])
    return hashes


def _read(file: RawFile, removed: Sequence[Decision], config: Config, texts: Mapping[str, set[str]]) -> list[Article]:
    """Read records of one file; a record that is gone, cannot be read or has another tag gets a note."""
    rows, last = _records(file, {row["record"] for row in removed}, config)
    notes: list[str | None] = []
    usable = []
    for row in removed:
        location = location_of(row["file"], row["place"])
        now = rows.get(row["record"], last)
        if now["reason"] is not None:
            notes.append(f"cannot be read any more: {now['detail']}")
        elif row["record"] not in rows:
            notes.append(f"{location} is not there any more; the file was changed since the release was built")
        elif now["tag"] != row["tag"]:
            notes.append(f"{location} is {now['tag']} now; the file was changed since the release was built")
        else:
            notes.append(None)
            usable.append(row)
    articles = iter(_as_published([rows[row["record"]] for row in usable], usable, config, texts))
    return [next(articles) if note is None else Article(None, None, note) for note in notes]


def _records(file: RawFile, wanted: set[int], config: Config) -> tuple[dict[int, records.Row], records.Row]:
    """Read records of a file by their numbers; return them and the last record that was read."""
    rows: dict[int, records.Row] = {}
    row: records.Row = {}
    names, read = fields.field_names(config.fields), config.read
    try:
        for row in records.read(file, names, read.max_file_bytes, read.max_record_bytes):
            if row["record"] in wanted:
                rows[row["record"]] = row
            if len(rows) == len(wanted):
                break
    except (BuilderError, OSError) as error:
        row = {"reason": "unreadable", "detail": str(error)}
    return rows, row


def _as_published(
    rows: list[records.Row], decisions: Sequence[Decision], config: Config, texts: Mapping[str, set[str]]
) -> list[Article]:
    """Make articles of records as the release would publish them; a text that it does not have gets a note."""
    if not rows:
        return []
    table = tidy_rows(rows, config.privacy.mask)
    bodies = table["text"].to_pylist()
    if config.furniture.remove:
        bodies = [
            without(text, row["furniture"], row["language"]) if text and row["furniture"] else text
            for text, row in zip(bodies, decisions, strict=True)
        ]
    words = fold.fold_words(pa.array(bodies, pa.string()), pa.array([row["script"] for row in decisions]))
    hashes = minhash.exact_hashes(words, bodies, [row["language"].split("-")[0] for row in decisions])
    articles = []
    columns = table["title"].to_pylist(), bodies, table["detail"].to_pylist(), hashes, decisions
    for title, text, detail, exact, row in zip(*columns, strict=True):
        known = texts.get(row["id"])
        if detail is not None:
            articles.append(Article(None, None, f"cannot be read any more: {detail}"))
        elif known and exact not in known:
            note = f"{row['file']} was changed since the release was built; this is its text now"
            articles.append(Article(title, text, note))
        else:
            articles.append(Article(title, text))
    return articles


def without(text: str, lines: Sequence[str] | Sequence[int], language: str) -> str:
    r"""Remove lines of boilerplate from a text; `lines` are their texts or their keys (lines.line_keys).

    >>> without("It rained.\n\nShare this", ["Share this"], "en")
    'It rained.'
    """
    keys = [line for line in lines if isinstance(line, int)]
    keys = keys or line_keys("\n".join(map(str, lines)), language)
    return strip_lines(text, language, np.array(keys, np.uint64)).text
