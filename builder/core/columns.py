"""Declare every column once; schemas, names of fields, privacy rules and documentation are derived from here.

To add a column that files give, add one line to COLUMNS, for example

    Column("subtitle", STRING, "The standfirst.", names=("subtitle", "standfirst"), tables=(RECORD, ARTICLE)),

The builder then reads, tidies, stores and publishes it. Unless the line says otherwise, the builder also withholds it
from releases of ids, masks it like the text, and hides it once the article is forgotten. Files can give only texts,
times and flags.
"""

from functools import partial
from typing import NamedTuple

from builder.core.column import BOOL, BYTES, DOUBLE, INT, LONG, STRING, STRINGS, TIME, Column, Group, Table
from builder.core.measured_columns import MEASURED
from builder.core.side_tables import SIDE_TABLES

RECORD, ARTICLE, STANDOFF, DECISION = Table.RECORD, Table.ARTICLE, Table.STANDOFF, Table.DECISION

_place = partial(Column, group=Group.PLACE, tables=(RECORD, DECISION))
_reading = partial(Column, group=Group.READING, tables=(RECORD,))
_tag = partial(Column, needed=True, words=False, secret=False, tidied=False)
_right = partial(Column, group=Group.RIGHTS, tables=(RECORD, ARTICLE, DECISION), words=False, tidied=False)
_outcome = partial(Column, group=Group.OUTCOME)

COLUMNS: tuple[Column, ...] = (
    _place("file", STRING, "Path of the raw file, below the raw folder.", never_null=True, few_values=True),
    _place("record", LONG, "Number of the record in its file, from 0.", never_null=True, counts_up=True),
    _place(
        "place",
        LONG,
        "Line of the record in a text file, or row in a table, from 1; null if the record is the whole file.",
        counts_up=True,
    ),
    _reading("format", STRING, "Format of the file: text, jsonl, csv or parquet."),
    _reading("encoding", STRING, "Encoding of the file.", tables=(RECORD, DECISION), few_values=True, sought=False),
    _reading(
        "notes",
        STRING,
        "Notes on values that the reader guessed, dropped or did not understand.",
        tables=(RECORD, DECISION),
        secret=True,
        sought=False,
    ),
    _reading(
        "reason",
        STRING,
        "Why the record was quarantined, rejected or removed; null if it is kept.",
        tables=(RECORD, DECISION),
        few_values=True,
    ),
    _reading(
        "detail",
        STRING,
        "Explanation of the reason: the location, the value found, the value expected, and advice.",
        tables=(RECORD, DECISION),
        sought=False,
    ),
    _reading("raw", BYTES, "Bytes of a quarantined record that is not a whole file.", secret=True, heavy=True),
    _reading(
        "span_offset",
        LONG,
        "Offset of these bytes in the unpacked file, if they are too many to keep here.",
        secret=True,
    ),
    _reading("span_length", LONG, "Number of bytes from that offset.", secret=True),
    _tag(
        "tag",
        STRING,
        "Tag of the article: LANGUAGE[-Script][-REGION]-ID.",
        names=("tag",),
        tables=(RECORD, ARTICLE, DECISION),
    ),
    _tag(
        "language",
        STRING,
        "Language that the tag names (BCP-47).",
        names=("lang", "language"),
        tables=(RECORD, ARTICLE, DECISION),
        few_values=True,
    ),
    _tag("tag_id", STRING, "Last part of the tag.", names=("id",), field="id", tables=(RECORD,)),
    Column("collection", STRING, "First folder in the path of the file.", tables=(RECORD, ARTICLE), few_values=True),
    Column(
        "title",
        STRING,
        "Headline of the article.",
        names=("title", "headline"),
        tables=(RECORD, ARTICLE, DECISION),
    ),
    Column("title_sha256", STRING, "SHA-256 of the headline in UTF-8, in a release without texts.", tables=(STANDOFF,)),
    Column(
        "text",
        STRING,
        "Text of the article. A blank line separates paragraphs.",
        names=("text", "body", "content"),
        tables=(RECORD, ARTICLE),
        needed=True,
        heavy=True,
    ),
    Column(
        "text_sha256",
        STRING,
        "SHA-256 of the text in UTF-8, in a release without texts.",
        tables=(STANDOFF,),
        follows_text=True,
    ),
    Column(
        "date",
        TIME,
        "Time of publication, in UTC; null if it is not certain.",
        names=("date", "published"),
        tables=(RECORD, ARTICLE),
    ),
    Column(
        "url",
        STRING,
        "Address (URL) of the article, as the file gives it.",
        names=("url",),
        tables=(RECORD, ARTICLE, DECISION),
        words=False,
        tidied=False,
    ),
    Column(
        "canonical",
        STRING,
        "Canonical URL that the page of the article declares.",
        names=("canonical", "canonical_url"),
        tables=(RECORD,),
        tidied=False,
    ),
    Column(
        "source",
        STRING,
        "Publisher of the article, as the file gives it.",
        names=("source", "publisher"),
        tables=(RECORD, ARTICLE),
        words=False,
        secret=False,
        few_values=True,
    ),
    Column(
        "author",
        STRING,
        "Byline of the article, as the file gives it.",
        names=("author", "byline"),
        tables=(RECORD, ARTICLE),
        masked=False,
        few_values=True,
    ),
    Column(
        "article_sha256",
        STRING,
        "SHA-256 of headline, text and author, each followed by a NUL (null is U+0001).",
        tables=(STANDOFF,),
        follows_text=True,
    ),
    Column(
        "story_field",
        STRING,
        "Story that the file assigns the article to.",
        names=("story",),
        field="story",
        tables=(RECORD,),
        tidied=False,
    ),
    _right(
        "license",
        STRING,
        "Licence of the article, as the file gives it.",
        names=("license", "licence"),
        few_values=True,
    ),
    _right(
        "rights", STRING, "Statement of rights, as the file gives it.", names=("rights", "copyright"), few_values=True
    ),
    _right(
        "opt_out",
        BOOL,
        "Whether the publisher declares that the article must not be used.",
        names=("opt_out", "opt-out", "optout", "noai", "tdm-reservation", "tdm_reservation"),
        tables=(RECORD, DECISION),
    ),
    _outcome(
        "id",
        STRING,
        "Id of the article: the collection, if there is one, and the tag. No other article ever gets it.",
        tables=(ARTICLE, DECISION),
    ),
    _outcome(
        "decision",
        STRING,
        "Decision on the record: kept, duplicate, rejected or quarantined.",
        tables=(DECISION,),
        few_values=True,
    ),
    _outcome("split", STRING, "Split of the article: train, validation or test.", tables=(DECISION,), few_values=True),
    _outcome("copies", INT, "Number of copies of the article that were removed.", tables=(ARTICLE,)),
    _outcome("copy_sources", STRINGS, "Sources of these copies.", tables=(ARTICLE,)),
    _outcome(
        "first_release",
        STRING,
        "Version of the first release that has the article.",
        tables=(ARTICLE, DECISION),
        few_values=True,
    ),
    _outcome(
        "story",
        STRING,
        "Story of the article. Articles on one event, or translations of one another, share a story.",
        tables=(ARTICLE, DECISION),
    ),
    _outcome("kept_id", STRING, "Id of the copy that was kept instead.", tables=(DECISION,)),
    _outcome(
        "similarity",
        DOUBLE,
        "Similarity to that copy: the Jaccard index of the shingles; for a contained text, its share.",
        tables=(DECISION,),
    ),
    *MEASURED,
)

# The order of each table: names of columns, and groups. A group stands for its columns that are not named.
_SIGNALS = (Group.TIDY, Group.VERDICT, Group.MIXED, Group.HEADLINE, Group.PRIVACY, Group.SIGNALS)
_RECORD = (Group.PLACE, Group.READING, Group.GIVEN, Group.RIGHTS)
_COMPUTED = (Group.TIDY, Group.PRIVACY, Group.PAGES, Group.VERDICT, Group.MIXED, Group.HEADLINE, Group.SIGNALS)
_SIGNED = (Group.LINES, Group.SIGNATURE, Group.FURNITURE)
_ARTICLE = ("id", "tag", "language", "script", Group.GIVEN, "collection", "story", *_SIGNALS, Group.RIGHTS)
_DECIDED = ("decision", "reason", "detail", Group.OUTCOME)
_ORDER: dict[Table, tuple[str | Group, ...]] = {
    Table.RECORD: _RECORD,
    Table.PREPARED: (*_RECORD, *_COMPUTED, *_SIGNED),
    Table.ARTICLE: (*_ARTICLE, Group.OUTCOME),
    Table.STANDOFF: (*_ARTICLE, Group.OUTCOME, Group.FURNITURE),
    Table.DECISION: (
        *(Group.PLACE, "id", "tag", "language", Group.GIVEN),
        *(*_DECIDED, *_SIGNALS, Group.FURNITURE, Group.RIGHTS, Group.READING),
    ),
}
_ORDER[Table.STANDOFF_DECISION] = _ORDER[Table.DECISION]
# A table also has the columns of another one, except those that it declares itself under the same name.
_MADE_OF = {Table.PREPARED: RECORD, Table.STANDOFF: ARTICLE, Table.STANDOFF_DECISION: DECISION}


def of(table: Table) -> tuple[Column, ...]:
    """Return the columns of a table, in its order.

    >>> [column.name for column in of(Table.RECORD)][:3]
    ['file', 'record', 'place']
    """
    if table in SIDE_TABLES:
        return SIDE_TABLES[table]
    order = _ORDER[table]
    return tuple(
        sorted(_members(table), key=lambda column: order.index(column.name if column.name in order else column.group))
    )


def _members(table: Table) -> list[Column]:
    """Return the columns of a table in the order of COLUMNS. Articles of a release of ids have no column with words."""
    own = {column.name for column in COLUMNS if table in column.tables}
    tables = {table, _MADE_OF.get(table, table)}
    members = [column for column in COLUMNS if tables & {*column.tables}]
    members = [column for column in members if table in column.tables or column.name not in own]
    return [column for column in members if not (table is Table.STANDOFF and column.words)]


def given() -> tuple[Column, ...]:
    """Return the columns that files give, in the order in which the fields of a record are read."""
    return tuple(column for column in of(Table.RECORD) if column.names)


def everywhere() -> tuple[Column, ...]:
    """Return all columns of all tables; some names occur more than once."""
    return (*COLUMNS, *(column for columns in SIDE_TABLES.values() for column in columns))


class Documented(NamedTuple):
    """A column as the documentation lists it."""

    name: str
    type: str
    meaning: str
    tables: tuple[str, ...]


def rows_for_docs() -> list[Documented]:
    """Return every column with its tables; a column with different meanings in two tables occurs twice.

    >>> rows_for_docs()[0].tables
    ('records', 'prepared records', 'decisions', 'decisions of a release of ids')
    """
    tables = {table: of(table) for table in Table}
    return [
        Documented(
            column.name,
            str(column.type),
            column.meaning,
            tuple(table.value for table, columns in tables.items() if any(one is column for one in columns)),
        )
        for column in everywhere()
    ]
