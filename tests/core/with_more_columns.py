"""Build a small corpus with the fields `subtitle` and `section`, with texts and without, and forget an article of it.

Run with a copy of the package that has these two columns; what is left in the folder is what tests look at.
"""

import random
import shutil
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import orjson
import pytest

from builder.cli.terminal import Log
from builder.config.sections import Config
from builder.forget import forget
from builder.langid.process import Detectors
from builder.pipeline import build
from builder.prepare import prepare, strip_boilerplate
from builder.prepare.corpus import LIGHT
from builder.rehydrate.rehydrate import rehydrate

SETTINGS: dict[str, Any] = {
    "fields": {"subtitle": "chapeau"},
    "language": {"reject": ()},
    "quality": {"reject": ()},
    "privacy": {"mask": ("email",)},
}


def text(seed: int) -> str:
    """Give a text that no other seed gives."""
    return " ".join(random.Random(seed).choices([f"mot{number}" for number in range(4000)], k=120))


def articles() -> list[dict[str, Any]]:
    """Give ten articles, each with a subtitle that has a word of its own, something to repair and an address."""
    return [
        {
            "tag": f"fr-{number:02}",
            "text": text(number),
            "chapeau" if number % 2 else "Standfirst": f"Unterzeile{number} &amp; jo@example.org",
            "section": f"Ressort{number}",
        }
        for number in range(10)
    ]


def build_one(folder: Path, publish: str, found: list[dict[str, Any]]) -> Config:
    """Build articles into a folder below the one of all; give the settings."""
    raw = folder / "raw"
    raw.mkdir(exist_ok=True)
    (raw / "all.jsonl").write_bytes(b"\n".join(map(orjson.dumps, found)))
    places = {"raw": str(raw), "out": str(folder / publish), "forgotten": str(folder / f"{publish}.csv")}
    config = Config.model_validate(SETTINGS | places | {"publish": publish})
    build.build(config, Log(quiet=True))
    return config


def main(folder: Path) -> None:
    """Build, rehydrate, forget, and build again with a copy of the forgotten article and with two changed ones."""
    found = articles()
    (folder / "light.json").write_bytes(orjson.dumps(LIGHT))
    configs = [build_one(folder, publish, found) for publish in ("text", "ids")]
    for publish in ("text", "ids"):
        shutil.copytree(folder / publish / "news" / "1.0.0", folder / "before" / publish)
    rehydrate(folder / "before" / "ids", folder / "raw", folder / "rehydrated")
    for config in configs:
        forget.forget(config, ["fr-02"], "court order 12")
    found[5] |= {"chapeau": "Unterzeile55"}
    found[6] |= {"text": text(66), "section": "Ressort66"}
    found.append({"tag": "fr-40", "text": text(2), "subtitle": "Unterzeile2 bis"})
    for publish in ("text", "ids"):
        build_one(folder, publish, found)


if __name__ == "__main__":
    with Detectors() as detectors, pytest.MonkeyPatch.context() as patch:  # which take a second to start
        for module in (prepare, strip_boilerplate):
            patch.setattr(module, "Detectors", lambda: nullcontext(detectors))
        main(Path(sys.argv[1]))
