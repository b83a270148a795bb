"""Forgotten: articles that must not be kept, by a list that stands beside the config and under version control.

Of a forgotten article its id and the reason stay, for people to know, and hashes, so that a copy of it is known too.
Its text, headline, author and address are taken out of what was prepared, and no release from then on has them.
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
# What says something of what the article says, or where it can still be read.
SECRET = tuple(column.name for column in columns.of(Table.PREPARED) if column.secret)


class Forgotten(NamedTuple):
    """An article that is to be forgotten, why, and of which other one it is a copy, if that is why.

    What could not be read has no id: it goes by where it stands (locations.location_of).
    """

    id: str
    reason: str
    copy_of: str | None = None

    def told(self) -> str:
        """Say why, for its decision.

        >>> Forgotten("fr-02", "court order 12").told(), Forgotten("fr-03", "court order 12", "fr-02").told()
        ('to be forgotten: court order 12', "a copy of 'fr-02', which is to be forgotten: court order 12")
        """
        of = f"a copy of '{self.copy_of}', which is " if self.copy_of else ""
        return f"{of}to be forgotten: {self.reason}"


List = Mapping[str, Forgotten]  # by id


def read(path: Path) -> dict[str, Forgotten]:
    """Read the list; an empty one where there is no file. Raises ConfigError for one that cannot be understood."""
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
    found: dict[str, Forgotten] = {}
    for row in rows:
        id, reason = (row["id"] or "").strip(), (row["reason"] or "").strip()
        if not id or not reason:
            raise ConfigError(f"{path}:{rows.line_num}: without {'a reason' if id else 'an id'}. Expected both")
        found.setdefault(id, Forgotten(id, reason, (row.get("copy_of") or "").strip() or None))
    return found


def write(path: Path, listed: Iterable[Forgotten]) -> None:
    """Write the list, in the order in which it was made: an article more is a line more."""
    said = io.StringIO(newline="")
    rows = csv.writer(said, lineterminator="\n")
    rows.writerow(COLUMNS)
    rows.writerows((one.id, one.reason, one.copy_of or "") for one in listed)
    with files.replacing(path) as beside:
        beside.write_text(said.getvalue(), encoding="utf-8")


def names_of(records: pa.Table) -> list[str]:
    """Give the name by which each record can be listed: its id, else where it stands, as in `all.jsonl:7`."""
    places = zip(ids_of(records), records["file"].to_pylist(), records["place"].to_pylist(), strict=True)
    return [id or location_of(file, place) for id, file, place in places]


def redact(table: pa.Table, secret: Mapping[str, str]) -> pa.Table:
    """Take out of prepared rows (schema.PREPARED) what those of the names in `secret` say; their hashes stay.

    The values of `secret` are the names in the list that this is for: their own, or that of what they are copies of.
    """
    names = names_of(table)
    hidden = pa.array([name in secret for name in names], pa.bool_())
    if not secret or not pc.any(hidden).as_py():
        return table
    said = {name: pa.scalar(None, table.schema.field(name).type) for name in SECRET}
    said["reason"] = pa.scalar(Reason.FORGOTTEN.value)
    said["detail"] = pa.array([secret.get(name) for name in names], pa.string())
    for column, values in said.items():
        place = table.schema.get_field_index(column)
        table = table.set_column(
            place, table.schema.field(column), pc.if_else(hidden, values, one_chunk(table[column]))
        )
    return table


def redact_stored(segments: Segments, listed: List, copies: Mapping[str, str]) -> int:
    """Take what is to be forgotten out of what is stored; give how many records that were.

    `copies` are the ids of copies that are not in the list, with what they are copies of. A segment with a record that
    was forgotten and no longer is to be is dropped, to be prepared again.
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
