"""Read the data files of this package, in `builder/data/`."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any


@cache
def read_toml(name: str) -> Mapping[str, Any]:
    """Read a data file once.

    >>> sorted(read_toml("quality.toml"))[:2]
    ['cut_off', 'faults']
    """
    source = resources.files("builder").joinpath("data", name).read_text(encoding="utf-8")
    return MappingProxyType(tomllib.loads(source))


def quality_rules() -> Mapping[str, Any]:
    """Give the faults, thresholds, marks and stop-word rules of quality.toml."""
    return read_toml("quality.toml")
