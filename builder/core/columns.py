"""All columns, each in one place: schemas, the names of fields, privacy rules and documentation are derived from here.

To add a column that files give, add one line to COLUMNS, as in

    Column("subtitle", STRING, "The standfirst.", names=("subtitle", "standfirst"), tables=(RECORD, ARTICLE)),

It is then read, tidied, stored and published; and unless the line says otherwise, it is withheld from releases of ids,
masked like the text, and hidden once the article is forgotten. Only texts, times and flags can be given by files.
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
    _place("file", STRING, "The path of its raw file below the raw root.", never_null=True, few_values=True),
    _place("record", LONG, "Its number in the file, from 0.", never_null=True, counts_up=True),
    _place("place", LONG, "Its line in a text file or row in a table, from 1; null: the whole file.", counts_up=True),
    _reading("format", STRING, "The format of the file: text, jsonl, csv or parquet."),
    _reading("encoding", STRING, "The encoding of the file.", tables=(RECORD, DECISION), few_values=True, sought=False),
    _reading(
        "notes",
        STRING,
        "What was guessed, dropped or not understood while it was read, in words.",
        tables=(RECORD, DECISION),
        secret=True,
        sought=False,
    ),
    _reading(
        "reason",
        STRING,
        "Why the record was quarantined, rejected or removed; null where it is kept.",
        tables=(RECORD, DECISION),
        few_values=True,
    ),
    _reading(
        "detail",
        STRING,
        "The reason in words: where, what was found, what was expected, what to do.",
        tables=(RECORD, DECISION),
        sought=False,
    ),
    _reading("raw", BYTES, "Its bytes, if it is quarantined and they are not the whole file.", secret=True, heavy=True),
    _reading(
        "span_offset", LONG, "Where these bytes begin in the unpacked file, if they are too many to hold.", secret=True
    ),
    _reading("span_length", LONG, "How many they are.", secret=True),
    _tag(
        "tag",
        STRING,
        "The tag of the article: LANGUAGE[-Script][-REGION]-ID.",
        names=("tag",),
        tables=(RECORD, ARTICLE, DECISION),
    ),
    _tag(
        "language",
        STRING,
        "The language that the tag names (BCP-47).",
        names=("lang", "language"),
        tables=(RECORD, ARTICLE, DECISION),
        few_values=True,
    ),
    _tag("tag_id", STRING, "The last part of the tag.", names=("id",), field="id", tables=(RECORD,)),
    Column("collection", STRING, "The first folder that its file was in.", tables=(RECORD, ARTICLE), few_values=True),
    Column("title", STRING, "The headline.", names=("title", "headline"), tables=(RECORD, ARTICLE, DECISION)),
    Column(
        "title_sha256", STRING, "The sha256 of the headline in UTF-8, of a release without texts.", tables=(STANDOFF,)
    ),
    Column(
        "text",
        STRING,
        "The article; paragraphs are parted by a blank line.",
        names=("text", "body", "content"),
        tables=(RECORD, ARTICLE),
        needed=True,
        heavy=True,
    ),
    Column(
        "text_sha256",
        STRING,
        "The sha256 of the text in UTF-8, of a release without texts.",
        tables=(STANDOFF,),
        follows_text=True,
    ),
    Column(
        "date",
        TIME,
        "When it was published, in UTC; null where that could not be told for certain.",
        names=("date", "published"),
        tables=(RECORD, ARTICLE),
    ),
    Column(
        "url",
        STRING,
        "Its address, as its file gives it.",
        names=("url",),
        tables=(RECORD, ARTICLE, DECISION),
        words=False,
        tidied=False,
    ),
    Column(
        "canonical",
        STRING,
        "The address that its page calls its own.",
        names=("canonical", "canonical_url"),
        tables=(RECORD,),
        tidied=False,
    ),
    Column(
        "source",
        STRING,
        "Who published it, as its file says.",
        names=("source", "publisher"),
        tables=(RECORD, ARTICLE),
        words=False,
        secret=False,
        few_values=True,
    ),
    Column(
        "author",
        STRING,
        "Its byline, as its file gives it.",
        names=("author", "byline"),
        tables=(RECORD, ARTICLE),
        masked=False,
        few_values=True,
    ),
    Column(
        "article_sha256",
        STRING,
        "The sha256 of headline, text and author, each with a NUL behind it (null is U+0001).",
        tables=(STANDOFF,),
        follows_text=True,
    ),
    Column(
        "story_field",
        STRING,
        "The story that its file says it is of.",
        names=("story",),
        field="story",
        tables=(RECORD,),
        tidied=False,
    ),
    _right("license", STRING, "Its licence, as its file says.", names=("license", "licence"), few_values=True),
    _right("rights", STRING, "What its file says of rights.", names=("rights", "copyright"), few_values=True),
    _right(
        "opt_out",
        BOOL,
        "Whether its publisher says that it must not be used.",
        names=("opt_out", "opt-out", "optout", "noai", "tdm-reservation", "tdm_reservation"),
        tables=(RECORD, DECISION),
    ),
    _outcome(
        "id",
        STRING,
        "The tag, with the collection before it where there is one: never given to another article.",
        tables=(ARTICLE, DECISION),
    ),
    _outcome("decision", STRING, "kept, duplicate, rejected or quarantined.", tables=(DECISION,), few_values=True),
    _outcome(
        "split", STRING, "The split that it is in: train, validation or test.", tables=(DECISION,), few_values=True
    ),
    _outcome("copies", INT, "How many copies of it were removed.", tables=(ARTICLE,)),
    _outcome("copy_sources", STRINGS, "The sources of these copies.", tables=(ARTICLE,)),
    _outcome(
        "first_release",
        STRING,
        "The version since which it is in the dataset.",
        tables=(ARTICLE, DECISION),
        few_values=True,
    ),
    _outcome(
        "story",
        STRING,
        "The story that it is of: articles of one event, or translations of one another.",
        tables=(ARTICLE, DECISION),
    ),
    _outcome("kept_id", STRING, "The copy that was kept in its stead.", tables=(DECISION,)),
    _outcome(
        "similarity",
        DOUBLE,
        "How similar it is to that copy: Jaccard of the two sets of shingles; of a contained text, its share.",
        tables=(DECISION,),
    ),
    *MEASURED,
)

# The order of each table: some columns by name, and in the place of each group all others that it has.
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
# A table has the columns of another one too, except those that it lists itself under the same name.
_MADE_OF = {Table.PREPARED: RECORD, Table.STANDOFF: ARTICLE, Table.STANDOFF_DECISION: DECISION}


def of(table: Table) -> tuple[Column, ...]:
    """Give the columns of a table, in its order.

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
    """Give the columns of a table in the order of COLUMNS. Articles of a release of ids have none with words."""
    own = {column.name for column in COLUMNS if table in column.tables}
    tables = {table, _MADE_OF.get(table, table)}
    found = [column for column in COLUMNS if tables & {*column.tables}]
    found = [column for column in found if table in column.tables or column.name not in own]
    return [column for column in found if not (table is Table.STANDOFF and column.words)]


def given() -> tuple[Column, ...]:
    """Give the columns that files give, in the order in which the fields of a record are read."""
    return tuple(column for column in of(Table.RECORD) if column.names)


def everywhere() -> tuple[Column, ...]:
    """Give all columns of all tables; some names are there more than once."""
    return (*COLUMNS, *(column for columns in SIDE_TABLES.values() for column in columns))


class Documented(NamedTuple):
    """What the documentation says of a column."""

    name: str
    type: str
    meaning: str
    tables: tuple[str, ...]


def rows_for_docs() -> list[Documented]:
    """Give every column with the tables that have it; one that means different things in two tables is there twice.

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
