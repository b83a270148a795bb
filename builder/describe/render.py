"""Described: the files of a release that say for people and machines what its manifest says."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson

from builder.config.sections import Card
from builder.core.layout import CARD, CROISSANT
from builder.describe import charts, croissant
from builder.describe.card import render


def files_of(manifest: Mapping[str, Any]) -> dict[str, bytes]:
    """Give card, charts and croissant.json by their paths in the release."""
    card = Card.model_validate_json(orjson.dumps(manifest["config"]["card"]))
    return {
        CARD: render(manifest, card).encode(),
        CROISSANT: croissant.render(manifest, card),
        **charts.draw(manifest),
    }


def write(manifest: Mapping[str, Any], folder: Path) -> None:
    """Write them below a folder."""
    for name, said in files_of(manifest).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(said)
