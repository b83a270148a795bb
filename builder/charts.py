"""Charts of a release, as SVG: articles of each language and month, and what was taken out at each stage.

All of them are drawn of the manifest, so `verify` can draw them again. Text stays text: a reader's own fonts show it.
"""

import io
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from builder import meanings, names

FOLDER = "charts"
LANGUAGES, MONTHS, STAGES = (f"{FOLDER}/{name}.svg" for name in ("languages", "months", "decisions"))
SHOWN = 40  # languages, those with most articles
_BAR = 24  # pixels for a bar with its label
_WIDTH = 900
_LABELS = 12  # months that are named, at most
_COLOUR = "#1f6f8b"
_ISOLATE, _END = "\N{FIRST STRONG ISOLATE}", "\N{POP DIRECTIONAL ISOLATE}"  # a name may run from right to left


def draw(manifest: Mapping[str, Any]) -> dict[str, bytes]:
    """Give the charts by their paths in the release; no chart of months where no article has a date."""
    kept = manifest["counts"]["kept"]
    drawn = {LANGUAGES: _languages(manifest), STAGES: _stages(manifest["counts"])}
    months, undated = manifest["figures"]["months"], manifest["figures"]["undated"]
    if months:
        without = f", {undated:,} without a date" if undated else ""
        drawn[MONTHS] = _columns(f"Articles of each month ({kept - undated:,}{without})", _every(months))
    return drawn


def _languages(manifest: Mapping[str, Any]) -> bytes:
    counts = {
        language: sum(said["rows"] for said in splits.values()) for language, splits in manifest["splits"].items()
    }
    most = sorted(counts, key=lambda language: (-counts[language], language))
    rows = [(counts[language], f"{_name(language)}: {counts[language]:,}") for language in most[:SHOWN]]
    if left := most[SHOWN:]:
        title = (
            f"Articles of the {SHOWN} largest languages ({len(left)} more have {sum(counts[one] for one in left):,})"
        )
    else:
        title = f"Articles of each language ({sum(counts.values()):,})"
    return _bars(title, rows)


def _name(language: str) -> str:
    own = names.own_name(language)
    return f"{_ISOLATE}{own}{_END} ({language})" if own else language


def _stages(counts: Mapping[str, int]) -> bytes:
    rows = [
        (count, f"{stage}, {what.replace('_', ' ').replace(':', ': ')}: {count:,}")
        for stage, what, count in meanings.taken_out(counts)
    ]
    title = f"What was taken out of {counts['read']:,} records, by stage ({counts['kept']:,} kept)"
    return _bars(title, rows or [(counts["kept"], f"nothing; kept: {counts['kept']:,}")])


def _every(months: Mapping[str, int]) -> list[tuple[str, int]]:
    """Give each month from the first to the last, those without an article too."""
    first, last = (date.fromisoformat(f"{month}-01") for month in (min(months), max(months)))
    numbers = range(first.year * 12 + first.month - 1, last.year * 12 + last.month)
    spelled = [f"{number // 12:04}-{number % 12 + 1:02}" for number in numbers]
    return [(month, months.get(month, 0)) for month in spelled]


def _bars(title: str, rows: Sequence[tuple[int, str]]) -> bytes:
    """Draw horizontal bars, the first on top."""
    chart = _chart(title)
    chart.add_x_scale(0, max(count for count, _ in rows))
    chart.add_x_axis(tick_formatter=_figure)
    chart.add_bars(list(rows), fill_color=_COLOUR)
    return _svg(chart, 120 + _BAR * len(rows))


def _columns(title: str, rows: Sequence[tuple[str, int]]) -> bytes:
    """Draw vertical bars, the first on the left; where they are many, some are named."""
    chart = _chart(title)
    chart.add_x_axis(ticks=[name for name, _ in rows[:: -(-len(rows) // _LABELS)]])
    chart.add_y_scale(0, max(count for _, count in rows))
    chart.add_y_axis(tick_formatter=_figure)
    chart.add_columns(list(rows), fill_color=_COLOUR)
    return _svg(chart, 360)


def _figure(value: Any, place: int, count: int) -> str:
    return f"{value:,}"


def _chart(title: str) -> Any:
    import leather
    from leather import theme

    theme.background_color = "#ffffff"
    theme.label_color = theme.title_color = "#333333"
    theme.title_font_family = theme.tick_font_family = "sans-serif"
    theme.tick_font_size = theme.tick_font_char_height = 13
    theme.tick_font_char_width = 8
    return leather.Chart(title)


def _svg(chart: Any, height: int) -> bytes:
    out = io.StringIO()
    chart.to_svg(out, width=_WIDTH, height=height)
    return out.getvalue().encode()
