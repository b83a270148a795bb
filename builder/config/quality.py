"""Define the settings of quality: faults, thresholds and their overrides."""

from collections.abc import Mapping
from typing import Annotated, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, model_validator

from builder.core.data import quality_rules
from builder.core.errors import TagError
from builder.languages.tag import canonical_language

Fault = Literal[
    "too_short",
    "few_letters",
    "repeated_lines",
    "repeated_words",
    "doubled",
    "bullets",
    "ellipses",
    "capitals",
    "cut_off",
]
FAULTS: tuple[Fault, ...] = get_args(Fault)
Thresholds = Mapping[Fault, Annotated[float, Field(ge=0)]]


def _default_faults() -> tuple[Fault, ...]:
    return tuple(name for name in FAULTS if quality_rules()["faults"][name]["reject"])


class Quality(BaseModel):
    """Say which faults of a text reject an article. builder/data/quality.toml defines the faults and thresholds.

    >>> Quality().reject
    ('too_short', 'few_letters', 'repeated_lines', 'repeated_words')
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    reject: tuple[Fault, ...] = Field(default_factory=_default_faults)
    """An article with one of these faults is rejected."""
    thresholds: Thresholds = Field(default_factory=dict)
    """Other thresholds, by the name of the fault."""
    languages: Mapping[str, Thresholds] = Field(default_factory=dict)
    """Other thresholds for one language, with script or region if need be. The longest match counts."""

    @model_validator(mode="after")
    def _languages_are_languages(self) -> "Quality":
        for language in self.languages:
            try:
                if canonical_language(language) != language:
                    raise ValueError(f"write {canonical_language(language)} for {language}")
            except TagError as error:
                raise ValueError(str(error)) from None
        return self
