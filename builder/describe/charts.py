"""Draw the charts of a release as SVG: articles of each language and month, and records removed at each stage.

All data comes from the manifest, so `verify` can draw the charts again. Labels stay text, in the reader's fonts.
"""

import io
from collections.abc import Mapping, Sequence
from typing import Any

from builder.core.layout import CHARTS
from builder.core.manifest import Manifest
from builder.describe import data_dictionary
from builder.languages.names import own_name

LANGUAGES, MONTHS, STAGES = (f"{CHARTS}/{name}.svg" for name in ("languages", "months", "decisions"))
SHOWN = 40  # languages: those with most articles
_BAR = 24  # pixels of a bar with its label
_WIDTH = 900
_LABELS = 12  # labels of columns, at most
MOST_COLUMNS = 480  # the months of forty years
_COLOUR = "#1f6f8b"
_ISOLATE, _END = "\N{FIRST STRONG ISOLATE}", "\N{POP DIRECTIONAL ISOLATE}"  # a name may run from right to left


Rows = list[tuple[str, int]]


def draw(manifest: Manifest) -> dict[str, bytes]:
    """Return the charts by their paths in the release, without the chart of months if no article has a date."""
    drawn = {LANGUAGES: _languages(manifest), STAGES: _stages(manifest)}
    figures = manifest.figures
    if figures.months:
        drawn[MONTHS] = _over_time(figures.months, figures.undated)
    return drawn


def _languages(manifest: Manifest) -> bytes:
    counts = {language: sum(split.rows for split in splits.values()) for language, splits in manifest.splits.items()}
    ranked = sorted(counts, key=lambda language: (-counts[language], language))
    rows = [(counts[language], f"{_name(language)}: {counts[language]:,}") for language in ranked[:SHOWN]]
    if rest := ranked[SHOWN:]:
        articles = sum(counts[language] for language in rest)
        title = f"Articles of the {SHOWN} largest languages ({len(rest)} more have {articles:,})"
    else:
        title = f"Articles of each language ({sum(counts.values()):,})"
    return _bars(title, rows)


def _name(language: str) -> str:
    own = own_name(language)
    return f"{_ISOLATE}{own}{_END} ({language})" if own else language


def _stages(manifest: Manifest) -> bytes:
    rows = [
        (count, f"{stage}, {key.replace('_', ' ').replace(':', ': ')}: {count:,}")
        for stage, key, count in data_dictionary.taken_out(manifest.counts)
    ]
    title = f"Records removed, by stage ({manifest.kept:,} of {manifest.read_records:,} kept)"
    return _bars(title, rows or [(manifest.kept, f"none removed; kept: {manifest.kept:,}")])


def _over_time(months: Mapping[str, int], undated: int) -> bytes:
    """Draw one column per month, or per year if there are too many months.

    If there are too many years as well, draw only those with most articles: one date that is wrong by centuries must
    not stretch the chart over centuries.
    """
    unit, counts = "month", dict(months)
    if len(_every(counts)) > MOST_COLUMNS:
        unit, counts = "year", {}
        for month, count in months.items():
            counts[month[:4]] = counts.get(month[:4], 0) + count
    rows = _every(counts)
    if len(rows) > MOST_COLUMNS:
        most = sorted(counts, key=lambda name: (-counts[name], name))[:MOST_COLUMNS]
        rows = [(name, counts[name]) for name in sorted(most)]
    hidden = sum(months.values()) - sum(count for _, count in rows)
    omitted = [f"{count:,} {label}" for count, label in ((undated, "without a date"), (hidden, "not shown")) if count]
    return _columns(f"Articles of each {unit} ({', '.join([f'{sum(months.values()):,}', *omitted])})", rows)


def _every(counts: Mapping[str, int]) -> Rows:
    """Return each month or year from the first to the last, including those without articles."""
    first, last = (_number(name) for name in (min(counts), max(counts)))
    if len(min(counts)) == 4:
        names = [f"{number:04}" for number in range(first, last + 1)]
    else:
        names = [f"{number // 12:04}-{number % 12 + 1:02}" for number in range(first, last + 1)]
    return [(name, counts.get(name, 0)) for name in names]


def _number(name: str) -> int:
    """Return the ordinal of a month (`2024-06`) or year."""
    year, _, month = name.partition("-")
    return int(year) * 12 + int(month) - 1 if month else int(year)


def _bars(title: str, rows: Sequence[tuple[int, str]]) -> bytes:
    """Draw horizontal bars, from top to bottom."""
    chart = _chart(title)
    chart.add_x_scale(0, max(count for count, _ in rows))
    chart.add_x_axis(tick_formatter=_figure)
    chart.add_bars(list(rows), fill_color=_COLOUR)
    return _svg(chart, 120 + _BAR * len(rows))


def _columns(title: str, rows: Sequence[tuple[str, int]]) -> bytes:
    """Draw vertical bars from left to right, with at most _LABELS labels."""
    chart = _chart(title)
    chart.add_x_axis(ticks=[name for name, _ in rows[:: -(-len(rows) // _LABELS)]])
    chart.add_y_scale(0, max(count for _, count in rows))
    chart.add_y_axis(tick_formatter=_figure)
    chart.add_columns(list(rows), fill_color=_COLOUR)
    return _svg(chart, 360)


def _figure(value: Any, place: int, count: int) -> str:
    """Label a tick of an axis of articles, but not a fractional one."""
    return f"{int(value):,}" if value == int(value) else ""


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
