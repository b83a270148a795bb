"""Define a column: its name, type and meaning, its tables, and how the builder treats it."""

from dataclasses import KW_ONLY, dataclass
from enum import Enum, StrEnum, auto

import pyarrow as pa

STRING = pa.string()
STRINGS = pa.list_(STRING)
TIME = pa.timestamp("us", tz="UTC")
BOOL = pa.bool_()
INT = pa.int32()
LONG = pa.int64()
FLOAT = pa.float32()
DOUBLE = pa.float64()
BYTES = pa.binary()
KEYS = pa.list_(pa.uint64())  # hashes
_READ = (STRING, TIME, BOOL)  # the types that read/records.py can make of the field of a file


class Table(StrEnum):
    """The tables; their values are their names in the documentation."""

    RECORD = "records"
    PREPARED = "prepared records"
    ARTICLE = "articles"
    STANDOFF = "articles of a release of ids"
    DECISION = "decisions"
    STANDOFF_DECISION = "decisions of a release of ids"
    CLUSTER = "clusters"
    SPLIT = "splits"
    CHANGE = "changes"
    REHYDRATED = "rehydrated articles"


class Group(Enum):
    """Columns that stand together in every table that has several of them."""

    PLACE = auto()
    READING = auto()
    GIVEN = auto()
    RIGHTS = auto()
    OUTCOME = auto()
    TIDY = auto()
    VERDICT = auto()
    MIXED = auto()
    HEADLINE = auto()
    PRIVACY = auto()
    SIGNALS = auto()
    PAGES = auto()
    LINES = auto()
    SIGNATURE = auto()
    FURNITURE = auto()


@dataclass(frozen=True, slots=True)
class Column:
    """A column of one or more tables. Raises ValueError if no step can read, hide or withhold it.

    `words`, `secret`, `tidied` and `masked` fail closed: by default the builder treats a text that files give like the
    article's own text. It repairs and masks it, withholds it from releases of ids, and removes it once the article is
    forgotten.

    >>> subtitle = Column("subtitle", STRING, "The standfirst.", names=("subtitle",), tables=(Table.RECORD,))
    >>> subtitle.words, subtitle.secret, subtitle.tidied, subtitle.masked, subtitle.sought
    (True, True, True, True, False)
    """

    name: str
    type: pa.DataType
    meaning: str
    _: KW_ONLY
    names: tuple[str, ...] = ()  # its names in files, in lower case, in the order in which the reader tries them
    field: str = ""  # its name in the section [fields] of the settings, if that differs
    tables: tuple[Table, ...] = ()
    group: Group = Group.GIVEN
    needed: bool = False  # every article needs it: an unreadable value quarantines the record
    never_null: bool = False  # in the records
    words: bool | None = None  # it contains words of the article, so no release of ids may have it
    secret: bool | None = None  # the builder removes it when the article is forgotten
    tidied: bool | None = None  # the builder repairs its text
    masked: bool | None = None  # the builder masks personal data in it if the settings ask for that
    follows_text: bool = False  # it is expected to change with the text
    heavy: bool = False  # it stays in the segments until a step needs it
    few_values: bool = False  # dictionary encoding makes it smaller
    counts_up: bool = False  # it grows from row to row, so delta encoding makes it smaller
    sought: bool | None = None  # people look up rows by it, so the file records its minimum and maximum

    def __post_init__(self) -> None:
        """Replace every None by the safe value."""
        given = bool(self.names) and self.type == STRING
        self._default("words", given)
        self._default("secret", given)
        self._default("tidied", given)
        self._default("masked", bool(self.words and self.tidied))
        self._default("sought", not self.words)
        if not self.field:
            object.__setattr__(self, "field", self.name)
        if problem := self._problem():
            raise ValueError(f"column '{self.name}': {problem}")

    def _default(self, name: str, value: bool) -> None:
        if getattr(self, name) is None:
            object.__setattr__(self, name, value)

    def _problem(self) -> str | None:
        if self.names and self.type not in _READ:
            return f"files cannot give the type {self.type}. Expected one of {', '.join(map(str, _READ))}"
        if self.names and Table.RECORD not in self.tables:
            return "files give it, so its tables must include RECORD"
        if (self.words or self.tidied or self.masked) and self.type != STRING:
            return f"only a string can be withheld, tidied or masked, not {self.type}"
        if self.words and {Table.STANDOFF, Table.STANDOFF_DECISION} & {*self.tables}:
            return "it contains words of the article, so a release of ids cannot have it"
        if self.heavy and Table.DECISION in self.tables:
            return "decisions are made in memory, so it cannot be heavy"
        return None
