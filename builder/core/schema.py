"""Derive the Arrow schema of each table from the list of columns (columns.COLUMNS).

Null means *not known*. Times are in UTC, with microseconds. Languages are BCP-47 codes, scripts ISO 15924 codes.
"""

import pyarrow as pa

from builder.core import columns
from builder.core.column import Column, Group, Table


def _field(column: Column, never_null: bool = False) -> pa.Field:
    return pa.field(column.name, column.type, nullable=not never_null)


def _schema(table: Table) -> pa.Schema:
    records = table in (Table.RECORD, Table.PREPARED)
    return pa.schema([_field(column, records and column.never_null) for column in columns.of(table)])


def _group(group: Group) -> list[pa.Field]:
    """Return the fields that a step of prepare adds."""
    return [_field(column) for column in columns.of(Table.PREPARED) if column.group is group]


RECORD = _schema(Table.RECORD)  # as a file gives it; `reason` is set if the record cannot be used
TIDY = _group(Group.TIDY)
VERDICT = _group(Group.VERDICT)
MIXED = _group(Group.MIXED)
HEADLINE = _group(Group.HEADLINE)
PRIVACY = _group(Group.PRIVACY)
SIGNALS = _group(Group.SIGNALS)
(PAGES,) = _group(Group.PAGES)
LINES = _group(Group.LINES)
SIGNATURE = _group(Group.SIGNATURE)
FURNITURE = _group(Group.FURNITURE)
PREPARED = _schema(Table.PREPARED)
ARTICLE = _schema(Table.ARTICLE)  # the same for every language and split
STANDOFF = _schema(Table.STANDOFF)  # for a release of ids (`publish = "ids"`)
DECISION = _schema(Table.DECISION)  # one row for every record that was read
STANDOFF_DECISION = _schema(Table.STANDOFF_DECISION)
CLUSTER = _schema(Table.CLUSTER)
SPLIT = _schema(Table.SPLIT)
CHANGE = _schema(Table.CHANGE)
REHYDRATED = _schema(Table.REHYDRATED)
# The columns with an article's own words. A release of ids has none of them.
WORDS = tuple(column.name for column in columns.of(Table.ARTICLE) if column.words)

REHYDRATED_TABLE = "rehydrated.parquet"  # in a rehydrated release: the state of each article


def schema_of(publish: str) -> pa.Schema:
    """Return the schema of the rows of a release with this `publish` setting (sections.Publish)."""
    return STANDOFF if publish == "ids" else ARTICLE
