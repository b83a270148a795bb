"""Described: the files of a release that say for people and machines what its manifest says."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson

from builder import card as cards
from builder import charts, croissant
from builder.config import Card
from builder.releases import CARD, CHANGED, LOG


def is_one(name: str) -> bool:
    """Tell whether a file is made of the manifest, or of a comparison with another release: it adds no content."""
    return name in (CARD, LOG, CHANGED, croissant.NAME) or name.startswith(f"{charts.FOLDER}/")


def files_of(manifest: Mapping[str, Any]) -> dict[str, bytes]:
    """Give card, charts and croissant.json by their paths in the release."""
    card = Card.model_validate_json(orjson.dumps(manifest["config"]["card"]))
    return {
        CARD: cards.render(manifest, card).encode(),
        croissant.NAME: croissant.render(manifest, card),
        **charts.draw(manifest),
    }


def write(manifest: Mapping[str, Any], folder: Path) -> None:
    """Write them below a folder."""
    for name, said in files_of(manifest).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(said)
