"""Render the files that describe a release, all made from its manifest."""

from pathlib import Path

from builder.config.recorded import Recorded
from builder.core.layout import CARD, CROISSANT
from builder.core.manifest import Manifest
from builder.describe import charts, croissant
from builder.describe.card import render


def files_of(manifest: Manifest) -> dict[str, bytes]:
    """Return card, charts and croissant.json by their paths in the release."""
    card = Recorded(manifest).card
    return {
        CARD: render(manifest, card).encode(),
        CROISSANT: croissant.render(manifest, card),
        **charts.draw(manifest),
    }


def write(manifest: Manifest, folder: Path) -> None:
    """Write card, charts and croissant.json into a folder."""
    for name, content in files_of(manifest).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
