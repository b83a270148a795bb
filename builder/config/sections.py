"""The settings: `builder.toml` into frozen models; unknown keys and wrong values are refused with their path."""

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
    FieldName = Literal[tuple(column.field for column in columns.given())]  # what a record may say of an article


def _named(value: Any) -> Any:
    names = value if isinstance(value, tuple | list) else (value,)
    if not names or not all(isinstance(name, str) and name for name in names):
        raise ValueError('expected a name or a list of names, as in "kop" or ["inhoud", "tekst"]')
    return value


def _a_place(value: Any) -> Any:
    if value == "":
        raise ValueError('expected a folder, as in "data/raw"')
    return value


def _a_day(value: Any) -> Any:
    if isinstance(value, str):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    if not isinstance(value, date) or isinstance(value, datetime):
        raise ValueError("expected a day, as in 2024-06-01")
    return value


Day = Annotated[date, BeforeValidator(_a_day)]
Line = Annotated[str, Field(pattern=r"^[^\r\n]+$")]
Names = Annotated[str | tuple[str, ...], BeforeValidator(_named)]
Place = Annotated[str, BeforeValidator(_a_place)]


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Read(_Section):
    """How raw files are read."""

    ignore: tuple[str, ...] = (".*", "README", "README.md")
    """File and folder names (shell patterns) that are no part of the corpus."""
    max_file_bytes: Annotated[int, Field(gt=0, le=2**60)] = 4 * 2**30
    """A compressed file that unpacks to more is quarantined."""
    max_record_bytes: Annotated[int, Field(gt=0, le=2**30)] = 16 * 2**20
    """A line, article or row of more bytes is quarantined."""


class Language(_Section):
    """What the verdict on the tag's language decides."""

    reject: tuple[Verdict, ...] = ("disagree",)
    per_language: Mapping[str, tuple[Verdict, ...]] = Field(default_factory=dict)
    """What is rejected in one language instead: a tag's language (`uz`, `sr-Latn`) and verdicts."""
    reject_script: bool = False
    """Whether an article in another script than its tag names or implies is rejected."""
    min_share: Annotated[float, Field(ge=0, le=1)] = 0.0
    """An article of which a smaller share is in the tag's language is rejected."""


class Furniture(_Section):
    """Lines that recur over the articles of one source and language."""

    remove: bool = True
    min_articles: Annotated[int, Field(ge=2)] = 5
    min_share: Annotated[float, Field(ge=0, le=1)] = 0.05
    """Of the articles of the source in the language; a line must be in that many, and in `min_articles`."""


class Privacy(_Section):
    """What personal data is masked in texts and headlines; it is counted in any case."""

    mask: tuple[Personal, ...] = ()


class Dedup(_Section):
    """How copies are found and which is kept; the defaults and why: docs/dedup.md."""

    ngram: Annotated[int, Field(ge=1, le=20)] = 3
    bands: Annotated[int, Field(ge=1, le=200)] = 25
    rows: Annotated[int, Field(ge=1, le=50)] = 5
    threshold: Annotated[float, Field(gt=0, le=1)] = 0.6
    min_words: Annotated[int, Field(ge=1)] = 5
    containment: Annotated[float, Field(gt=0, le=1)] = 0.9
    """A text of which that share stands in a longer one is a copy: cut off, or quoted whole."""
    keep: Keep = "earliest"
    sources: tuple[str, ...] = ()
    """With `keep = "source"`: whose copy is kept, the best first."""
    warn_share: Annotated[float, Field(ge=0, le=1)] = 0.3
    """A warning says if more of the articles of a source in a language are removed as copies."""


class Stories(_Section):
    """What articles are of one story, which is kept in one split."""

    threshold: Annotated[float, Field(gt=0, le=1)] = 0.3
    """Of the rare shingles of the shorter article that the other one has, in one language."""
    urls: bool = True
    """Whether articles of one URL, or of one canonical URL, are of one story."""


class Ratios(_Section):
    """What share of the articles each split gets; they sum to one."""

    train: Annotated[float, Field(ge=0, le=1)] = 0.9
    validation: Annotated[float, Field(ge=0, le=1)] = 0.05
    test: Annotated[float, Field(ge=0, le=1)] = 0.05

    @model_validator(mode="after")
    def _ratios_sum_to_one(self) -> "Ratios":
        total = self.train + self.validation + self.test
        if abs(total - 1) > 1e-9:
            raise ValueError(f"train, validation and test sum to {total:g}, expected 1")
        return self


class SplitSettings(Ratios):
    """How articles are dealt out: by story, or by time."""

    by: Literal["story", "time"] = "story"
    languages: Mapping[str, Ratios] = Field(default_factory=dict)
    """Ratios of one language instead (`uz`, `sr-Latn`)."""
    min_articles: Annotated[int, Field(ge=1)] = 10
    """A language of fewer articles has train only."""
    conflicts: Literal["remove", "report"] = "remove"
    """What becomes of a published train article of which a copy or story mate is in test."""
    salt: str = "news"
    story_from: StoryFrom = "tag-id"
    validation_from: Day | None = None
    test_from: Day | None = None
    embargo_days: Annotated[int, Field(ge=0)] = 0
    """By time: articles of so many days before each of these dates are left out."""
    undated: Literal["train", "validation", "test", "leave_out"] = "leave_out"

    @model_validator(mode="after")
    def _cuts_are_in_order(self) -> "SplitSettings":
        if self.by == "time" and self.test_from is None:
            raise ValueError('by = "time" needs the day on which test begins, as in test_from = 2024-06-01')
        if self.validation_from and self.test_from and self.validation_from >= self.test_from:
            raise ValueError(f"validation_from {self.validation_from} is not before test_from {self.test_from}")
        return self


class Decontaminate(_Section):
    """Evaluation sets, of which no text may be in the dataset."""

    sets: tuple[Place, ...] = ()
    """Files of JSON Lines, CSV or Parquet; every text in them counts."""
    ngram: Annotated[int, Field(ge=5, le=100)] = 13
    """So many words of one text in a row are too many."""


class Card(_Section):
    """What only the maintainer can say of the dataset."""

    pretty_name: Line | None = None
    license: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.+-]*$")] | None = None
    """An identifier that hubs know (`cc-by-4.0`), or `other` with a name and a link."""
    license_name: Line | None = None
    license_link: Line | None = None
    description: str | None = None
    repository: Annotated[str, Field(pattern=r"^[\w.-]+/[\w.-]+$")] | None = None
    """Where it is published (`org/name`), for the examples of how to load it."""
    homepage: Line | None = None
    contact: Line | None = None
    authors: tuple[Line, ...] = ()
    citation: str | None = None
    """How to cite it; BibTeX is made of the above by default."""
    collection: str | None = None
    """How the articles were collected."""
    uses: tuple[Line, ...] = ()
    """What it is meant for, a sentence each."""
    biases: tuple[Line, ...] = ()
    """What its articles over- or underrepresent, a sentence each."""
    limits: tuple[Line, ...] = ()
    """What else it does not hold or tell, a sentence each."""

    @model_validator(mode="after")
    def _other_licences_have_names(self) -> "Card":
        if (self.license_name or self.license_link) and self.license != "other":
            raise ValueError('license_name and license_link go with license = "other"')
        return self


class Config(_Section):
    """All settings, with their defaults."""

    raw: Place = "data/raw"
    out: Place = "data/processed"
    """A folder, or the URL of a store, as in s3://bucket/datasets."""
    work: Place = ".builder"
    """Where releases are made that go to a store by URL; a path beside this file, if it is a relative one."""
    forgotten: Place = "forgotten.csv"
    """The list of articles that must not be kept; a path beside this file, if it is a relative one."""
    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,95}$")] = "news"
    publish: Publish = "text"
    """What a release has of its articles: their texts, or ids, hashes and all else but no words of theirs."""
    read: Read = Read()
    fields: Mapping[FieldName, Names] = Field(default_factory=dict)
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
        """Give the settings that shape a release, without the places it is read from and written to."""
        return self.model_dump(mode="json", exclude={"raw", "out", "work", "forgotten"})
