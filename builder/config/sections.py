"""Define the settings of `builder.toml` as frozen models; they refuse unknown keys and wrong values with their path."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from builder.config.quality import Quality
from builder.core import columns

Verdict = Literal["agree", "disagree", "uncertain", "unsupported"]
Personal = Literal["email", "phone", "ip", "bank"]
Keep = Literal["earliest", "latest", "longest", "source"]
StoryFrom = Literal["tag-id", "field", "none"]
Publish = Literal["text", "ids"]
if TYPE_CHECKING:
    FieldName = str
else:
    FieldName = Literal[tuple(column.field for column in columns.given())]  # the fields of an article in a record


def _named(value: Any) -> Any:
    names = value if isinstance(value, tuple | list) else (value,)
    if not names or not all(isinstance(name, str) and name for name in names):
        raise ValueError('expected a name or a list of names, for example "kop" or ["inhoud", "tekst"]')
    return value


def _a_folder(value: Any) -> Any:
    if value == "":
        raise ValueError('expected a folder, for example "data/raw"')
    return value


def _a_day(value: Any) -> Any:
    if isinstance(value, str):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    if not isinstance(value, date) or isinstance(value, datetime):
        raise ValueError("expected a day, for example 2024-06-01")
    return value


Day = Annotated[date, BeforeValidator(_a_day)]
Line = Annotated[str, Field(pattern=r"^[^\r\n]+$")]
Names = Annotated[str | tuple[str, ...], BeforeValidator(_named)]
Folder = Annotated[str, BeforeValidator(_a_folder)]


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Read(_Section):
    """Say how raw files are read."""

    ignore: tuple[str, ...] = (".*", "README", "README.md")
    """Names of files and folders that do not belong to the corpus, as shell patterns."""
    max_file_bytes: Annotated[int, Field(gt=0, le=2**60)] = 4 * 2**30
    """A compressed file that unpacks to more bytes is quarantined."""
    max_record_bytes: Annotated[int, Field(gt=0, le=2**30)] = 16 * 2**20
    """A line, article or row with more bytes is quarantined."""


class Language(_Section):
    """Say which articles are rejected because of their language."""

    reject: tuple[Verdict, ...] = ("disagree",)
    """Articles with one of these verdicts are rejected."""
    per_language: Mapping[str, tuple[Verdict, ...]] = Field(default_factory=dict)
    """Other verdicts to reject in one language, by the language of the tag (`uz`, `sr-Latn`)."""
    reject_script: bool = False
    """Reject an article if its script is not the one that its tag names or implies."""
    min_share: Annotated[float, Field(ge=0, le=1)] = 0.0
    """Reject an article if a smaller share of its text is in the language of its tag."""


class Furniture(_Section):
    """Say which boilerplate is removed: lines that recur in the articles of one source and language."""

    remove: bool = True
    """Remove boilerplate from the texts."""
    min_articles: Annotated[int, Field(ge=2)] = 5
    """A line is boilerplate only if at least this many articles have it …"""
    min_share: Annotated[float, Field(ge=0, le=1)] = 0.05
    """… and at least this share of the articles of that source and language."""


class Privacy(_Section):
    """Say which personal data is masked in texts and headlines. It is always counted."""

    mask: tuple[Personal, ...] = ()
    """Replace these kinds by `[EMAIL]`, `[PHONE]`, `[IP]` or `[BANK]`."""


class Dedup(_Section):
    """Say how copies are found and which one is kept. docs/dedup.md measures the defaults."""

    ngram: Annotated[int, Field(ge=1, le=20)] = 3
    """Compare texts by runs of this many words."""
    bands: Annotated[int, Field(ge=1, le=200)] = 25
    """The number of MinHash bands."""
    rows: Annotated[int, Field(ge=1, le=50)] = 5
    """The number of rows in each band."""
    threshold: Annotated[float, Field(gt=0, le=1)] = 0.6
    """Two articles are near copies from this Jaccard similarity on."""
    min_words: Annotated[int, Field(ge=1)] = 5
    """Shorter articles are compared for exact copies only."""
    containment: Annotated[float, Field(gt=0, le=1)] = 0.9
    """A text is a contained copy if a longer text has this share of its n-grams."""
    keep: Keep = "earliest"
    """Which copy is kept. A published one always stays."""
    sources: tuple[str, ...] = ()
    """For `keep = "source"`: the sources, best first."""
    warn_share: Annotated[float, Field(ge=0, le=1)] = 0.3
    """Warn if more than this share of a source's articles in one language are removed as copies."""


class Stories(_Section):
    """Say which articles belong to one story and therefore to one split."""

    threshold: Annotated[float, Field(gt=0, le=1)] = 0.3
    """The share of the shorter article's rare n-grams that the other one must have."""
    urls: bool = True
    """Articles with the same URL or canonical URL belong to one story."""


class Ratios(_Section):
    """Explain what share of the articles each split gets. The three shares sum to one."""

    train: Annotated[float, Field(ge=0, le=1)] = 0.9
    """The share of the articles that go to `train`."""
    validation: Annotated[float, Field(ge=0, le=1)] = 0.05
    """The share of the articles that go to `validation`."""
    test: Annotated[float, Field(ge=0, le=1)] = 0.05
    """The share of the articles that go to `test`."""

    @model_validator(mode="after")
    def _ratios_sum_to_one(self) -> "Ratios":
        total = self.train + self.validation + self.test
        if abs(total - 1) > 1e-9:
            raise ValueError(f"train, validation and test sum to {total:g}, expected 1")
        return self


class SplitSettings(Ratios):
    """Say how articles are assigned to splits: by story or by time."""

    by: Literal["story", "time"] = "story"
    """Assign splits by story, or by date."""
    languages: Mapping[str, Ratios] = Field(default_factory=dict)
    """Other ratios for one language (`uz`, `sr-Latn`)."""
    min_articles: Annotated[int, Field(ge=1)] = 10
    """A language with fewer articles has `train` only."""
    conflicts: Literal["remove", "report"] = "remove"
    """Remove or only report a published `train` article whose copy or story belongs to `test`."""
    salt: str = "news"
    """Another salt assigns new stories differently."""
    story_from: StoryFrom = "tag-id"
    """Take a story's name from the tag's ID or from a field, or name none."""
    validation_from: Day | None = None
    """By time: the first day of `validation`."""
    test_from: Day | None = None
    """By time: the first day of `test`."""
    embargo_days: Annotated[int, Field(ge=0)] = 0
    """By time: leave out the articles of this many days before each of these dates."""
    undated: Literal["train", "validation", "test", "leave_out"] = "leave_out"
    """By time: the split of articles without a date."""

    @model_validator(mode="after")
    def _cuts_are_in_order(self) -> "SplitSettings":
        if self.by == "time" and self.test_from is None:
            raise ValueError('by = "time" needs the first day of test, for example test_from = 2024-06-01')
        if self.validation_from and self.test_from and self.validation_from >= self.test_from:
            raise ValueError(f"validation_from {self.validation_from} is not before test_from {self.test_from}")
        return self


class Decontaminate(_Section):
    """Name the evaluation sets whose texts must not be in the dataset."""

    sets: tuple[Folder, ...] = ()
    """JSON Lines, CSV or Parquet files. Every text in them counts."""
    ngram: Annotated[int, Field(ge=5, le=100)] = 13
    """An article with this many consecutive words of one of these texts is rejected."""


class Card(_Section):
    """Add to the dataset card what only its maintainer knows. The builder computes everything else."""

    pretty_name: Line | None = None
    """The title of the card."""
    license: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.+-]*$")] | None = None
    """An identifier that hubs know, such as `cc-by-4.0`, or `other`."""
    license_name: Line | None = None
    """For `license = "other"`: the name of the licence."""
    license_link: Line | None = None
    """For `license = "other"`: where the licence can be read."""
    description: str | None = None
    """One paragraph about the dataset."""
    repository: Annotated[str, Field(pattern=r"^[\w.-]+/[\w.-]+$")] | None = None
    """Where the dataset is published (`org/name`). The loading examples use it."""
    homepage: Line | None = None
    """The URL of the dataset's home page."""
    contact: Line | None = None
    """An address for questions and requests."""
    authors: tuple[Line, ...] = ()
    """The authors of the dataset."""
    citation: str | None = None
    """How to cite the dataset. By default: BibTeX from the keys above, with version and content digest."""
    collection: str | None = None
    """How the articles were collected."""
    uses: tuple[Line, ...] = ()
    """Intended uses, one sentence each."""
    biases: tuple[Line, ...] = ()
    """What the articles over- or under-represent, one sentence each."""
    limits: tuple[Line, ...] = ()
    """Other limits of the dataset, one sentence each."""

    @model_validator(mode="after")
    def _other_licences_have_names(self) -> "Card":
        if (self.license_name or self.license_link) and self.license != "other":
            raise ValueError('license_name and license_link need license = "other"')
        return self


class Config(_Section):
    """Name the folders, the dataset and what it publishes."""

    raw: Folder = "data/raw"
    """The folder of the raw files."""
    out: Folder = "data/processed"
    """The folder of the datasets, or the URL of a store such as `s3://bucket/datasets`."""
    work: Folder = ".builder"
    """Where releases for a store are made. A relative path starts at the folder of `builder.toml`."""
    forgotten: Folder = "forgotten.csv"
    """The list of articles to forget. A relative path starts at the folder of `builder.toml`."""
    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,95}$")] = "news"
    """The name of the dataset and of its folder."""
    publish: Publish = "text"
    """Publish the texts, or only ids, hashes and signals."""
    read: Read = Read()
    fields: Mapping[FieldName, Names] = Field(default_factory=dict)
    """The names of your fields, which are tried before the usual ones."""
    language: Language = Language()
    furniture: Furniture = Furniture()
    quality: Quality = Quality()
    privacy: Privacy = Privacy()
    dedup: Dedup = Dedup()
    stories: Stories = Stories()
    split: SplitSettings = SplitSettings()
    decontaminate: Decontaminate = Decontaminate()
    card: Card = Card()

    def says(self) -> dict[str, Any]:
        """Return the settings that shape a release: all except the folders and the list of articles to forget."""
        return self.model_dump(mode="json", exclude={"raw", "out", "work", "forgotten"})
