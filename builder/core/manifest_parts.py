"""The parts of a manifest: what manifest.json says of a file, a split, a leak and so on."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from builder.core import files


class Part(BaseModel):
    """A part of a manifest: it cannot be changed, and keeps keys that this version does not know."""

    model_config = ConfigDict(frozen=True, extra="allow", strict=True)


def plain(said: Any) -> Any:
    """Give parts, within lists and objects too, as JSON says them: without the keys that were not given.

    >>> plain({"a": FileEntry(bytes=3, sha256="0f"), "b": [FileEntry(bytes=3, sha256="0f", rows=1)]})
    {'a': {'bytes': 3, 'sha256': '0f'}, 'b': [{'bytes': 3, 'sha256': '0f', 'rows': 1}]}
    """
    if isinstance(said, Part):
        return said.model_dump(mode="json", exclude_unset=True)
    if isinstance(said, Mapping):
        return {key: plain(value) for key, value in said.items()}
    if isinstance(said, list | tuple):
        return [plain(value) for value in said]
    return said


class FileEntry(Part):
    """A file of the release; those of articles have rows."""

    bytes: int
    sha256: str
    rows: int | None = None

    @classmethod
    def of(cls, path: Path, rows: int | None = None) -> "FileEntry":
        """Give what the manifest lists of a file; of one with articles, their number too."""
        size, digest = path.stat().st_size, files.sha256(path)
        return cls(bytes=size, sha256=digest) if rows is None else cls(bytes=size, sha256=digest, rows=rows)


class SplitEntry(Part):
    """A split of a language: its rows, their size in memory, and a hash that no writer changes (content_hash)."""

    rows: int
    bytes: int
    content_sha256: str
    content_sha256_with_texts: str | None = None  # in a release of ids: of the rows with their texts

    @property
    def with_texts(self) -> str:
        """Give the content hash that the rows have once they have their texts."""
        return self.content_sha256_with_texts or self.content_sha256


class LargestCluster(Part):
    """A large cluster of copies: its name, how many articles are alike, and how many of them were removed."""

    cluster: str
    like: int
    removed: int


class SourceCopies(Part):
    """How many articles of a source in a language there were, and how many of them were removed as copies."""

    language: str
    source: str | None
    articles: int
    removed: int


class Copies(Part):
    """The copies of each kind, the largest clusters, and the sources that copies were removed from."""

    kinds: Mapping[str, int] = {}
    largest: Sequence[LargestCluster] = ()
    sources: Sequence[SourceCopies] = ()


class ConflictEntry(Part):
    """An article that belongs with one in a stricter split (outcomes.Conflict)."""

    id: str
    split: str | None  # in which it was published; null: never
    mate: str
    left_out: bool


class LeakEntry(Part):
    """An article and its copy or story mate in a less strict split."""

    kind: str
    id: str
    split: str
    mate: str
    mate_split: str
    similarity: float | None  # null: known by the name of the story

    def describe(self) -> str:
        """Say it in a sentence."""
        return f"'{self.id}' in {self.split} is a {self.kind} mate of '{self.mate}' in {self.mate_split}"


class LanguageFigures(Part):
    """The articles of a language, their words, and the days of the first and the last dated one."""

    articles: int
    words: int
    first: str | None
    last: str | None


class SourceFigures(Part):
    """The articles of a source; null: not known."""

    source: str | None
    articles: int


class LicenseFigures(Part):
    """The articles under a licence; null: not known."""

    license: str | None
    articles: int


class Figures(Part):
    """Counts of the rows; `verdicts` has the languages of every verdict but `agree`."""

    languages: Mapping[str, LanguageFigures] = {}
    sources: Sequence[SourceFigures] = ()  # most articles first
    licenses: Sequence[LicenseFigures] = ()
    months: Mapping[str, int] = {}
    undated: int = 0
    verdicts: Mapping[str, Mapping[str, int]] = {}


class ForgottenEntry(Part):
    """An article that was to be forgotten, and why; of which other one it is a copy, if that is why."""

    id: str
    reason: str
    copy_of: str | None = None


class _ByKind(Part):
    def of(self, kind: str) -> int:
        """Give how many changes of a kind (compare.KINDS) there are."""
        return int(getattr(self, kind))


class KindCounts(_ByKind):
    """How many changes of each kind there are."""

    added: int = 0
    removed: int = 0
    changed: int = 0
    relabelled: int = 0
    moved: int = 0
    metadata: int = 0


class LanguageChanges(_ByKind):
    """How many changes of each kind a language has."""

    language: str
    added: int = 0
    removed: int = 0
    changed: int = 0
    relabelled: int = 0
    moved: int = 0
    metadata: int = 0


class ChangeSummary(Part):
    """Changes in figures: of each kind, why articles were removed, and of each kind in every language."""

    all: KindCounts
    removed: Mapping[str, int]
    table: Sequence[LanguageChanges]


class Changes(Part):
    """What changed since a release, and the level of version that this calls for (versions.LEVELS)."""

    since: str
    level: str
    all: KindCounts
    removed: Mapping[str, int]
    table: Sequence[LanguageChanges]


class RehydratedEntry(Part):
    """The content of the release of ids that texts were put into, who did that, and the articles by state."""

    of: str
    by: str
    counts: Mapping[str, int]
