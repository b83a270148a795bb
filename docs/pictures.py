"""Draw the picture of a release as SVG: a funnel of its records, its languages and its splits.

`python -m docs.pictures RELEASE` draws docs/images/release.svg from the manifest of a release of the sample corpus.
"""

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from builder.core.layout import MANIFEST
from builder.languages.names import english_name, own_name

PICTURE = Path(__file__).parent / "images" / "release.svg"
WIDTH, HEIGHT = 960, 400
SHOWN = 10  # languages, those with most articles
SPLITS = ("train", "validation", "test")
_BLUES = ("#9db8c4", "#5f93a8", "#36778f", "#0f5870")
_INK, _SOFT = "#1c2b33", "#5b6b73"
_TOP = 92  # where the panels begin below their headings

Manifest = Mapping[str, Any]


def draw(manifest: Manifest) -> str:
    """Give the picture of a release by its manifest."""
    counts, languages = manifest["counts"], _articles(manifest)
    title = f"From {counts['read']} records to {counts['kept']} articles in {len(languages)} languages"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        'font-family="system-ui, sans-serif" font-size="14">',
        f"<title>{escape(title)}</title>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" rx="10" fill="#ffffff"/>',
        _text(30, 42, title, size=20, weight=600),
        *_funnel(counts),
        *_languages(languages),
        *_splits(manifest),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _articles(manifest: Manifest) -> dict[str, int]:
    """Count the articles of each language, those with most articles first."""
    counts = {
        language: sum(split["rows"] for split in splits.values()) for language, splits in manifest["splits"].items()
    }
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def _funnel(counts: Mapping[str, int]) -> Iterator[str]:
    """Draw a bar for the records left after each stage, centred, the widest on top."""
    left, width, height, gap = 30, 290, 46, 22
    records = counts["read"]
    stages = [("records read", records, "")]
    for count, label, lost in (
        ("quarantined", "usable", "quarantined"),
        ("rejected", "accepted", "rejected"),
        ("duplicate", "articles in the release", "copies removed"),
    ):
        records -= counts.get(count, 0)
        stages.append((label, records, f"− {counts.get(count, 0)} {lost}"))
    yield _text(left, _TOP - 18, "Records", weight=600)
    for number, (label, left_over, lost) in enumerate(stages):
        size = width * left_over / counts["read"]
        top = _TOP + number * (height + gap)
        middle = left + width / 2
        yield _bar(middle - size / 2, top, size, height, _BLUES[number])
        ink = _INK if number == 0 else "#ffffff"
        yield _text(middle, top + 29, f"{left_over} {label}", anchor="middle", fill=ink, weight=600)
        if lost:
            yield _text(middle, top - 6, lost, anchor="middle", fill=_SOFT, size=12)


def _languages(counts: Mapping[str, int]) -> Iterator[str]:
    """Draw a bar for each of the largest languages, and count the articles of the others."""
    left, names, width, step = 370, 130, 130, 25
    most = list(counts.items())[:SHOWN]
    yield _text(left, _TOP - 18, f"Languages ({len(counts)})", weight=600)
    for number, (language, count) in enumerate(most):
        top = _TOP + number * step
        yield _text(left + names - 8, top + 14, _name(language), anchor="end", size=13)
        yield _bar(left + names, top + 2, width * count / most[0][1], 15, _BLUES[2])
        yield _text(left + names + width * count / most[0][1] + 6, top + 14, str(count), fill=_SOFT, size=12)
    if others := list(counts.values())[SHOWN:]:
        said = f"{len(others)} more languages with {sum(others)} articles"
        yield _text(left + names + width, _TOP + SHOWN * step + 16, said, anchor="end", fill=_SOFT, size=12)


def _name(language: str) -> str:
    return own_name(language) or english_name(language) or language


def _splits(manifest: Manifest) -> Iterator[str]:
    """Draw a column for each split, as high as its share of the articles."""
    left, width, step, height = 710, 52, 78, 240
    rows = dict.fromkeys(SPLITS, 0)
    for splits in manifest["splits"].values():
        for split, found in splits.items():
            rows[split] += found["rows"]
    yield _text(left, _TOP - 18, "Splits", weight=600)
    for number, (split, count) in enumerate(rows.items()):
        size = max(2.0, height * count / max(rows.values()))
        middle = left + number * step + width / 2
        yield _bar(middle - width / 2, _TOP + 20 + height - size, width, size, _BLUES[3])
        yield _text(middle, _TOP + 14 + height - size, str(count), anchor="middle", fill=_SOFT, size=12)
        yield _text(middle, _TOP + 38 + height, split, anchor="middle", size=13)


def _bar(x: float, y: float, width: float, height: float, fill: str) -> str:
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" rx="3" fill="{fill}"/>'


def _text(
    x: float, y: float, text: str, *, anchor: str = "start", fill: str = _INK, size: int = 14, weight: int = 400
) -> str:
    style = f'text-anchor="{anchor}" fill="{fill}" font-size="{size}" font-weight="{weight}"'
    return f'<text x="{x:.1f}" y="{y:.1f}" {style}>{escape(text)}</text>'


def main(arguments: list[str]) -> int:
    """Draw the picture from the release that is named."""
    manifest = json.loads((Path(arguments[0]) / MANIFEST).read_text(encoding="utf-8"))
    PICTURE.parent.mkdir(exist_ok=True)
    PICTURE.write_text(draw(manifest), encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
