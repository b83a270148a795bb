"""The settings that a release was made with, read back from its manifest, one section at a time."""

from dataclasses import dataclass
from typing import TypeVar

import orjson
from pydantic import ValidationError

from builder.config.quality import Quality
from builder.config.sections import Card, Decontaminate, Dedup, Furniture, Language, Privacy, SplitSettings
from builder.core.errors import ReleaseError
from builder.core.layout import MANIFEST
from builder.core.manifest import Manifest

S = TypeVar("S", Card, Decontaminate, Dedup, Furniture, Language, Privacy, Quality, SplitSettings)


@dataclass(frozen=True, slots=True)
class Recorded:
    """The settings of a release. A section that is absent, or that this version cannot read, raises ReleaseError.

    >>> Recorded(Manifest.of(config={"dedup": {"bands": 20}})).dedup.bands
    20
    """

    manifest: Manifest

    @property
    def language(self) -> Language:
        """Give what the verdict on the tag's language decided."""
        return self._section("language", Language)

    @property
    def quality(self) -> Quality:
        """Give which faults rejected an article."""
        return self._section("quality", Quality)

    @property
    def furniture(self) -> Furniture:
        """Give which recurring lines were taken out."""
        return self._section("furniture", Furniture)

    @property
    def privacy(self) -> Privacy:
        """Give which personal data was masked."""
        return self._section("privacy", Privacy)

    @property
    def dedup(self) -> Dedup:
        """Give how copies were found, and which one was kept."""
        return self._section("dedup", Dedup)

    @property
    def split(self) -> SplitSettings:
        """Give how the splits were cut."""
        return self._section("split", SplitSettings)

    @property
    def decontaminate(self) -> Decontaminate:
        """Give the evaluation sets whose texts were left out."""
        return self._section("decontaminate", Decontaminate)

    @property
    def card(self) -> Card:
        """Give what the maintainer says of the dataset."""
        return self._section("card", Card)

    def _section(self, name: str, section: type[S]) -> S:
        if name not in self.manifest.config:
            raise ReleaseError(f"{MANIFEST}: damaged: without config.{name}")
        try:
            return section.model_validate_json(orjson.dumps(self.manifest.config[name]))
        except ValidationError as error:
            why = f"config.{name} is not known to this version ({error.errors()[0]['msg']})"
            raise ReleaseError(f"{MANIFEST}: {why}") from None
