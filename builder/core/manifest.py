"""Read and make the manifest of a release (manifest.json), with a type for each part.

No other module knows the keys. A part is parsed when a caller asks for it, so a release with one damaged part, or from
another version, can still be opened. Keys that this version does not know stay unchanged.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import Any, TypedDict, TypeVar, Unpack

import orjson
from pydantic import TypeAdapter, ValidationError

from builder.core import layout
from builder.core.errors import ReleaseError, one_line
from builder.core.layout import MANIFEST
from builder.core.manifest_faults import explain, fault_of
from builder.core.manifest_parts import (
    Changes,
    ConflictEntry,
    Copies,
    Figures,
    FileEntry,
    ForgottenEntry,
    LeakEntry,
    RehydratedEntry,
    SplitEntry,
    plain,
)

T = TypeVar("T")
Counts = Mapping[str, int]  # numbers of records, by `read`, decision, and `decision:reason`
Languages = Mapping[str, Counts]
Splits = Mapping[str, Mapping[str, SplitEntry]]  # by language and name of the split
Files = Mapping[str, FileEntry]  # by path in the release


_TEXT = TypeAdapter(str)
_COUNTS: TypeAdapter[Counts] = TypeAdapter(Counts)
_LANGUAGES: TypeAdapter[Languages] = TypeAdapter(Languages)
_SPLITS: TypeAdapter[Splits] = TypeAdapter(Splits)
_COPIES = TypeAdapter(Copies)
_LACKING: TypeAdapter[Mapping[str, Sequence[str]]] = TypeAdapter(Mapping[str, Sequence[str]])
_CONFLICTS: TypeAdapter[Sequence[ConflictEntry]] = TypeAdapter(Sequence[ConflictEntry])
_LEAKS: TypeAdapter[Sequence[LeakEntry]] = TypeAdapter(Sequence[LeakEntry])
_FIGURES = TypeAdapter(Figures)
_FORGOTTEN: TypeAdapter[Sequence[ForgottenEntry]] = TypeAdapter(Sequence[ForgottenEntry])
_FILES: TypeAdapter[Files] = TypeAdapter(Files)
_VERSIONS: TypeAdapter[Mapping[str, str]] = TypeAdapter(Mapping[str, str])
_CONFIG: TypeAdapter[Mapping[str, Any]] = TypeAdapter(Mapping[str, Any])
_CHANGES = TypeAdapter(Changes)
_REHYDRATED = TypeAdapter(RehydratedEntry)


@dataclass(frozen=True, slots=True)
class Findings:
    """Facts about the whole corpus that a build finds and the manifest keeps."""

    copies: Copies
    lacking: Mapping[str, Sequence[str]]
    conflicts: Sequence[ConflictEntry]
    leaks: Sequence[LeakEntry]
    figures: Figures
    forgotten: Sequence[ForgottenEntry]


class Values(TypedDict, total=False):
    """The keys that a build writes to manifest.json, each with its type."""

    version: str
    name: str
    inputs: str
    counts: Counts
    languages: Languages
    splits: Splits
    copies: Copies
    lacking: Mapping[str, Sequence[str]]
    conflicts: Sequence[ConflictEntry]
    leaks: Sequence[LeakEntry]
    figures: Figures
    forgotten: Sequence[ForgottenEntry]
    files: Files
    versions: Mapping[str, str]
    config: Mapping[str, Any]
    content: str
    changes: Changes
    seal: str
    rehydrated: RehydratedEntry


@dataclass(frozen=True, repr=False)
class Manifest:
    """The content of manifest.json. Reading a part that is damaged or absent raises ReleaseError.

    >>> manifest = Manifest.of(name="news", files={"data/a": FileEntry(bytes=3, sha256="0f")})
    >>> manifest.files["data/a"].bytes, manifest.forgotten
    (3, ())
    >>> manifest.with_values(files={}).as_bytes()
    b'{\\n  "name": "news",\\n  "files": {}\\n}\\n'
    """

    document: Mapping[str, Any]  # the JSON, in the order of its keys

    @classmethod
    def of(cls, **values: Unpack[Values]) -> "Manifest":
        """Make a manifest with these values, in this order."""
        return cls({}).with_values(**values)

    @classmethod
    def read(cls, content: bytes) -> "Manifest":
        """Read manifest.json. Raises ReleaseError if it lacks a value that every reader needs."""
        try:
            parsed: Any = orjson.loads(content)
        except ValueError as error:
            raise ReleaseError(f"it is not JSON ({one_line(error)})") from None
        if fault := fault_of(parsed):
            raise ReleaseError(fault)
        return cls(parsed)

    def with_values(self, **values: Unpack[Values]) -> "Manifest":
        """Return the same manifest with other values for some keys; a new key comes last."""
        return Manifest({**self.document, **{key: plain(value) for key, value in values.items()}})

    def released(self, version: str, changes: Changes | None) -> "Manifest":
        """Return the manifest with its version, which comes first, and the changes since the release before."""
        versioned = Manifest({"version": version, **self.document})
        return versioned.with_values(changes=changes) if changes else versioned

    def sealed(self, files: Files) -> "Manifest":
        """Return the final manifest: with all files of the release, and its seal."""
        whole = self.with_values(files=files)
        return whole.with_values(seal=whole.seal_digest())

    def as_bytes(self) -> bytes:
        """Return the bytes of manifest.json."""
        return orjson.dumps(self.document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)

    def content_digest(self) -> str:
        """Return the digest of a release's content, whatever its version, its inputs, and the release before it."""
        content = {key: value for key, value in self.document.items() if key not in _NOT_CONTENT}
        listed = {name: value for name, value in content["files"].items() if not layout.is_description(name)}
        return _digest({**content, "files": listed})

    def seal_digest(self) -> str:
        """Return the digest of the whole manifest. It covers every file's digest, so one changed byte changes it."""
        return _digest({key: value for key, value in self.document.items() if key != "seal"})

    def _part(self, key: str, kind: TypeAdapter[T]) -> T:
        """Read the value of a key. Raises ReleaseError if it is damaged or absent."""
        if key not in self.document:
            raise ReleaseError(f"{MANIFEST}: damaged: {key} is missing")
        try:
            return kind.validate_python(self.document[key])
        except ValidationError as error:
            raise ReleaseError(f"{MANIFEST}: damaged: {explain(key, error)}") from None

    @property
    def name(self) -> str:
        """Return the name of the dataset."""
        return self._part("name", _TEXT)

    @property
    def has_version(self) -> bool:
        """Tell whether it has a version; the manifest of a release in the making has none yet."""
        return "version" in self.document

    @property
    def version(self) -> str:
        """Return the version of the release."""
        return self._part("version", _TEXT)

    @property
    def inputs(self) -> str:
        """Return the digest of everything that the release is made from: files, settings, code."""
        return self._part("inputs", _TEXT)

    @property
    def content(self) -> str:
        """Return the recorded digest of the release's content (`content_digest`)."""
        return self._part("content", _TEXT)

    @property
    def seal(self) -> str | None:
        """Return the recorded digest of the manifest (`seal_digest`); null in manifests before 0.4.0."""
        return self._part("seal", _TEXT) if "seal" in self.document else None

    @cached_property
    def counts(self) -> Counts:
        """Return how many records were read, how many got each decision, and for which reasons."""
        return self._part("counts", _COUNTS)

    def count(self, what: str) -> int:
        """Return how many records have a decision, or a decision and a reason, for example `rejected:contaminated`."""
        return self.counts.get(what, 0)

    @property
    def read_records(self) -> int:
        """Return how many records were read."""
        return self.count("read")

    @property
    def kept(self) -> int:
        """Return how many articles were kept."""
        return self.count("kept")

    @cached_property
    def languages(self) -> Languages:
        """Return the counts of each language."""
        return self._part("languages", _LANGUAGES)

    @cached_property
    def splits(self) -> Splits:
        """Return rows, bytes and content hash of each split of each language."""
        return self._part("splits", _SPLITS)

    @cached_property
    def copies(self) -> Copies:
        """Return the number of copies, the largest clusters, and the sources that copies were removed from."""
        return self._part("copies", _COPIES)

    @cached_property
    def lacking(self) -> Mapping[str, Sequence[str]]:
        """Return the languages that lack a split, with the names of these splits."""
        return self._part("lacking", _LACKING)

    @cached_property
    def conflicts(self) -> Sequence[ConflictEntry]:
        """Return the articles that belong with one in a stricter split."""
        return self._part("conflicts", _CONFLICTS)

    @cached_property
    def leaks(self) -> Sequence[LeakEntry]:
        """Return the articles that have a copy or story mate in another split."""
        return self._part("leaks", _LEAKS)

    @property
    def has_figures(self) -> bool:
        """Tell whether it has figures; manifests before 0.4.0 have none."""
        return "figures" in self.document

    @cached_property
    def figures(self) -> Figures:
        """Return the counts of the rows by language, source, licence, month and verdict."""
        return self._part("figures", _FIGURES)

    @cached_property
    def forgotten(self) -> Sequence[ForgottenEntry]:
        """Return the articles that were forgotten when the release was made."""
        return self._part("forgotten", _FORGOTTEN) if "forgotten" in self.document else ()

    @cached_property
    def files(self) -> Files:
        """Return bytes and SHA-256 of each file of the release, except the manifest."""
        return self._part("files", _FILES)

    @cached_property
    def versions(self) -> Mapping[str, str]:
        """Return the versions of the builder, of Python and of the libraries that made the release."""
        return self._part("versions", _VERSIONS)

    def version_of(self, library: str) -> str:
        """Return the version of a library that made the release."""
        if library not in self.versions:
            raise ReleaseError(f"{MANIFEST}: damaged: versions.{library} is missing")
        return self.versions[library]

    @property
    def maker(self) -> str:
        """Return the version of this program that made the release."""
        return self.version_of("builder")

    @cached_property
    def config(self) -> Mapping[str, Any]:
        """Return the recorded settings; `config.recorded` reads their sections."""
        return self._part("config", _CONFIG) if "config" in self.document else {}

    @property
    def publish(self) -> str:
        """Tell whether the release has the texts of its articles or only their ids (sections.Publish)."""
        return str(self.config.get("publish", "text"))

    @property
    def of_ids(self) -> bool:
        """Tell whether the release has ids and no texts."""
        return self.publish == "ids"

    @cached_property
    def changes(self) -> Changes | None:
        """Return the changes since the release before; null in the first one."""
        return self._part("changes", _CHANGES) if self.document.get("changes") is not None else None

    @cached_property
    def rehydrated(self) -> RehydratedEntry | None:
        """Return the release of ids that was rehydrated to make this one; null for a release that a build made."""
        return self._part("rehydrated", _REHYDRATED) if "rehydrated" in self.document else None


_NOT_CONTENT = ("version", "inputs", "content", "changes", "seal")


def _digest(document: Mapping[str, Any]) -> str:
    return sha256(orjson.dumps(document, option=orjson.OPT_SORT_KEYS)).hexdigest()
