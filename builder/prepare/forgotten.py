"""Forgotten: redact articles that must not be kept. Their list is beside the config and under version control.

The id and the reason of a forgotten article stay, so that people can look them up. Its hashes stay, so that copies of
it are recognised. Its text, headline, author and address are removed from the segments, and no later release has them.
"""

import csv
import io
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from builder.core import columns, files
from builder.core.arrow import one_chunk
from builder.core.column import Table
from builder.core.errors import ConfigError
from builder.core.locations import location_of
from builder.core.schema import PREPARED
from builder.core.terms import Reason
from builder.prepare.corpus import ids_of
from builder.prepare.segments import Segments
from builder.prepare.segments import read as read_segment

COLUMNS = ("id", "reason", "copy_of")
# Columns that reveal an article's words or where it can still be read.
SECRET = tuple(column.name for column in columns.of(Table.PREPARED) if column.secret)


class Forgotten(NamedTuple):
    """An article to forget, the reason, and the forgotten article that it is a copy of, if it is one.

    A record that could not be read has no id; its location (locations.location_of) takes the id's place.
    """

    id: str
    reason: str
    copy_of: str | None = None

    def describe(self) -> str:
        """Return the detail for its decision.

        >>> Forgotten("fr-02", "court order 12").describe()
        'to be forgotten: court order 12'
        >>> Forgotten("fr-03", "court order 12", "fr-02").describe()
        "a copy of 'fr-02', which is to be forgotten: court order 12"
        """
        original = f"a copy of '{self.copy_of}', which is " if self.copy_of else ""
        return f"{original}to be forgotten: {self.reason}"


List = Mapping[str, Forgotten]  # by id


def read(path: Path) -> dict[str, Forgotten]:
    """Read the list; it is empty if the file does not exist. Raises ConfigError for a file that cannot be read."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"{path}: cannot be read ({error}). Expected CSV with the columns id,reason,copy_of"
        ) from None
    rows = csv.DictReader(io.StringIO(text, newline=""))
    if not {"id", "reason"} <= set(rows.fieldnames or ()):
        raise ConfigError(f"{path}:1: has the columns {rows.fieldnames}. Expected id,reason,copy_of")
    listed: dict[str, Forgotten] = {}
    for row in rows:
        id, reason = (row["id"] or "").strip(), (row["reason"] or "").strip()
        if not id or not reason:
            raise ConfigError(f"{path}:{rows.line_num}: without {'a reason' if id else 'an id'}. Expected both")
        listed.setdefault(id, Forgotten(id, reason, (row.get("copy_of") or "").strip() or None))
    return listed


def write(path: Path, listed: Iterable[Forgotten]) -> None:
    """Write the list in its order, one line an article, so that a new article adds one line."""
    written = io.StringIO(newline="")
    rows = csv.writer(written, lineterminator="\n")
    rows.writerow(COLUMNS)
    rows.writerows((entry.id, entry.reason, entry.copy_of or "") for entry in listed)
    with files.replacing(path) as beside:
        beside.write_text(written.getvalue(), encoding="utf-8")


def names_of(records: pa.Table) -> list[str]:
    """Return the name by which each record can be listed: its id, else its location, for example `all.jsonl:7`."""
    locations = zip(ids_of(records), records["file"].to_pylist(), records["place"].to_pylist(), strict=True)
    return [id or location_of(file, place) for id, file, place in locations]


def redact(table: pa.Table, secret: Mapping[str, str]) -> pa.Table:
    """Remove the words of the records named in `secret` from prepared rows (schema.PREPARED); their hashes stay.

    The values of `secret` are the responsible entries of the list: the record itself, or the article it is a copy of.
    """
    names = names_of(table)
    hidden = pa.array([name in secret for name in names], pa.bool_())
    if not secret or not pc.any(hidden).as_py():
        return table
    replacements = {name: pa.scalar(None, table.schema.field(name).type) for name in SECRET}
    replacements["reason"] = pa.scalar(Reason.FORGOTTEN.value)
    replacements["detail"] = pa.array([secret.get(name) for name in names], pa.string())
    for name, values in replacements.items():
        column = pc.if_else(hidden, values, one_chunk(table[name]))
        table = table.set_column(table.schema.get_field_index(name), table.schema.field(name), column)
    return table


def redact_stored(segments: Segments, listed: List, copies: Mapping[str, str]) -> int:
    """Redact the articles to forget in the segments; return how many records were redacted.

    `copies` maps the ids of unlisted copies to the articles they are copies of. If a segment has a redacted record
    that no longer needs to be forgotten, it is dropped and prepared again.
    """
    secret = {id: id for id in listed} | dict(copies)
    redacted = 0
    for path in segments.paths():
        head = read_segment(path, ["file", "place", "tag", "collection", "reason", "detail"])
        rows = list(zip(names_of(head), head["reason"].to_pylist(), head["detail"].to_pylist(), strict=True))
        done = [(name, detail) for name, reason, detail in rows if reason == Reason.FORGOTTEN]
        new = sum(name in secret and reason != Reason.FORGOTTEN for name, reason, _ in rows)
        if any(name not in secret and detail not in listed for name, detail in done):
            segments.drop(path)
        elif new:
            segments.replace(path, redact(read_segment(path), secret).select(PREPARED.names))
            redacted += new
    return redacted
