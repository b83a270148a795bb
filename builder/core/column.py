"""What a column is: its name, type and meaning, the tables that have it, and how it is treated."""

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
    """The tables, by the names that the documentation uses."""

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
    """A column of one table or several. Raises ValueError for one that no step can read, hide or withhold.

    `words`, `secret`, `tidied` and `masked` fail closed: where a line says nothing, a text that files give is treated
    like the article's own text. It is withheld from releases of ids, taken out once the article is forgotten, repaired,
    and masked.

    >>> subtitle = Column("subtitle", STRING, "The standfirst.", names=("subtitle",), tables=(Table.RECORD,))
    >>> subtitle.words, subtitle.secret, subtitle.tidied, subtitle.masked, subtitle.sought
    (True, True, True, True, False)
    """

    name: str
    type: pa.DataType
    meaning: str
    _: KW_ONLY
    names: tuple[str, ...] = ()  # in files, in lower case and in the order in which they are tried
    field: str = ""  # what the settings call it below [fields]; its name, unless they differ
    tables: tuple[Table, ...] = ()
    group: Group = Group.GIVEN
    needed: bool = False  # an article cannot do without it: a value that cannot be read quarantines the record
    never_null: bool = False  # in the records
    words: bool | None = None  # it has words of the article, which no release of ids may contain
    secret: bool | None = None  # it is taken out when the article is forgotten
    tidied: bool | None = None  # its text is repaired
    masked: bool | None = None  # personal data in it is masked where the settings ask for that
    follows_text: bool = False  # it is expected to change where the text does
    heavy: bool = False  # it stays in the segments until it is needed
    few_values: bool = False  # a dictionary makes it smaller
    counts_up: bool = False  # from row to row: differences are smaller
    sought: bool | None = None  # people look for rows by it, so the file says its least and greatest value

    def __post_init__(self) -> None:
        """Put the safe value in the place of every None."""
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
            return "it has words of the article, so it cannot be listed for a release of ids"
        if self.heavy and Table.DECISION in self.tables:
            return "decisions are made of columns that are held in memory, so it cannot be heavy"
        return None
