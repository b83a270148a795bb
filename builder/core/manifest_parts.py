"""Define the parts of a manifest: entries of files, splits, leaks and so on."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from builder.core import files


class Part(BaseModel):
    """A part of a manifest. It is immutable, and keeps keys that this version does not know."""

    model_config = ConfigDict(frozen=True, extra="allow", strict=True)


def plain(value: Any) -> Any:
    """Turn parts into plain JSON values, also within lists and objects; keys without a given value are left out.

    >>> plain({"a": FileEntry(bytes=3, sha256="0f"), "b": [FileEntry(bytes=3, sha256="0f", rows=1)]})
    {'a': {'bytes': 3, 'sha256': '0f'}, 'b': [{'bytes': 3, 'sha256': '0f', 'rows': 1}]}
    """
    if isinstance(value, Part):
        return value.model_dump(mode="json", exclude_unset=True)
    if isinstance(value, Mapping):
        return {key: plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain(inner) for inner in value]
    return value


class FileEntry(Part):
    """A file of the release; files of articles have rows."""

    bytes: int
    sha256: str
    rows: int | None = None

    @classmethod
    def of(cls, path: Path, rows: int | None = None) -> "FileEntry":
        """Return the manifest's entry of a file; for a file of articles, with their number."""
        size, digest = path.stat().st_size, files.sha256(path)
        return cls(bytes=size, sha256=digest) if rows is None else cls(bytes=size, sha256=digest, rows=rows)


class SplitEntry(Part):
    """A split of a language: its rows, their size in memory, and their hash (content_hash)."""

    rows: int
    bytes: int
    content_sha256: str
    content_sha256_with_texts: str | None = None  # in a release of ids: the hash of the rows with their texts

    @property
    def with_texts(self) -> str:
        """Return the content hash of the rows with their texts."""
        return self.content_sha256_with_texts or self.content_sha256


class LargestCluster(Part):
    """A large cluster of copies: its name, its number of articles, and how many of them were removed."""

    cluster: str
    like: int
    removed: int


class SourceCopies(Part):
    """The number of articles of a source in a language, and how many of them were removed as copies."""

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
    split: str | None  # the split that it was published in; null: never published
    mate: str
    left_out: bool


class LeakEntry(Part):
    """An article and its copy or story mate in a less strict split."""

    kind: str
    id: str
    split: str
    mate: str
    mate_split: str
    similarity: float | None  # null if only the name of the story connects them

    def describe(self) -> str:
        """Describe the leak in a sentence."""
        return f"'{self.id}' in {self.split} is a {self.kind} mate of '{self.mate}' in {self.mate_split}"


class LanguageFigures(Part):
    """The articles of a language, their words, and the days of the first and the last dated one."""

    articles: int
    words: int
    first: str | None
    last: str | None


class SourceFigures(Part):
    """The articles of a source; null is an unknown source."""

    source: str | None
    articles: int


class LicenseFigures(Part):
    """The articles under a licence; null is an unknown licence."""

    license: str | None
    articles: int


class Figures(Part):
    """Counts of the rows; `verdicts` has the languages of every verdict except `agree`."""

    languages: Mapping[str, LanguageFigures] = {}
    sources: Sequence[SourceFigures] = ()  # most articles first
    licenses: Sequence[LicenseFigures] = ()
    months: Mapping[str, int] = {}
    undated: int = 0
    verdicts: Mapping[str, Mapping[str, int]] = {}


class ForgottenEntry(Part):
    """A forgotten article and the reason; if it is a copy of a forgotten one, also the id of that."""

    id: str
    reason: str
    copy_of: str | None = None


class _ByKind(Part):
    def of(self, kind: str) -> int:
        """Return the number of changes of a kind (compare.KINDS)."""
        return int(getattr(self, kind))


class KindCounts(_ByKind):
    """The number of changes of each kind."""

    added: int = 0
    removed: int = 0
    changed: int = 0
    relabelled: int = 0
    moved: int = 0
    metadata: int = 0


class LanguageChanges(_ByKind):
    """The number of changes of each kind in a language."""

    language: str
    added: int = 0
    removed: int = 0
    changed: int = 0
    relabelled: int = 0
    moved: int = 0
    metadata: int = 0


class ChangeSummary(Part):
    """Counts of changes: by kind, by reason of removal, and by kind in every language."""

    all: KindCounts
    removed: Mapping[str, int]
    table: Sequence[LanguageChanges]


class Changes(Part):
    """The changes since a release, and the level of version that they require (versions.LEVELS)."""

    since: str
    level: str
    all: KindCounts
    removed: Mapping[str, int]
    table: Sequence[LanguageChanges]


class RehydratedEntry(Part):
    """The content digest of the rehydrated release of ids, the program that did it, and its articles by state."""

    of: str
    by: str
    counts: Mapping[str, int]
