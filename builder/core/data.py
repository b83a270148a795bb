"""Read the data files of this package."""

import tomllib
from collections.abc import Mapping
from functools import lru_cache
from importlib import resources
from types import MappingProxyType
from typing import Any


@lru_cache(maxsize=1)
def looked_for() -> Mapping[str, Any]:
    """Return the rules in builder/data/quality.toml."""
    source = resources.files("builder").joinpath("data", "quality.toml").read_text(encoding="utf-8")
    return MappingProxyType(tomllib.loads(source))
