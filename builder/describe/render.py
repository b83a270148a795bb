"""Described: the files of a release that say for people and machines what its manifest says."""

from pathlib import Path

from builder.config.recorded import Recorded
from builder.core.layout import CARD, CROISSANT
from builder.core.manifest import Manifest
from builder.describe import charts, croissant
from builder.describe.card import render


def files_of(manifest: Manifest) -> dict[str, bytes]:
    """Give card, charts and croissant.json by their paths in the release."""
    card = Recorded(manifest).card
    return {
        CARD: render(manifest, card).encode(),
        CROISSANT: croissant.render(manifest, card),
        **charts.draw(manifest),
    }


def write(manifest: Manifest, folder: Path) -> None:
    """Write them below a folder."""
    for name, said in files_of(manifest).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(said)
