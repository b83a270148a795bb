"""Read the settings of a release back from its manifest, one section at a time."""

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
    """The settings of a release. A section that is missing, or that this version cannot read, raises ReleaseError.

    >>> Recorded(Manifest.of(config={"dedup": {"bands": 20}})).dedup.bands
    20
    """

    manifest: Manifest

    @property
    def language(self) -> Language:
        """Return the settings that reject articles by language."""
        return self._section("language", Language)

    @property
    def quality(self) -> Quality:
        """Return the settings that reject articles by quality."""
        return self._section("quality", Quality)

    @property
    def furniture(self) -> Furniture:
        """Return the settings that remove boilerplate."""
        return self._section("furniture", Furniture)

    @property
    def privacy(self) -> Privacy:
        """Return the settings that mask personal data."""
        return self._section("privacy", Privacy)

    @property
    def dedup(self) -> Dedup:
        """Return the settings that find copies and choose the kept one."""
        return self._section("dedup", Dedup)

    @property
    def split(self) -> SplitSettings:
        """Return the settings that assign splits."""
        return self._section("split", SplitSettings)

    @property
    def decontaminate(self) -> Decontaminate:
        """Return the settings that name the evaluation sets."""
        return self._section("decontaminate", Decontaminate)

    @property
    def card(self) -> Card:
        """Return the maintainer's additions to the card."""
        return self._section("card", Card)

    def _section(self, name: str, section: type[S]) -> S:
        if name not in self.manifest.config:
            raise ReleaseError(f"{MANIFEST}: damaged: config.{name} is missing")
        try:
            return section.model_validate_json(orjson.dumps(self.manifest.config[name]))
        except ValidationError as error:
            message = f"this version cannot read config.{name} ({error.errors()[0]['msg']})"
            raise ReleaseError(f"{MANIFEST}: {message}") from None
