"""Statistics: count the rows of a release for its manifest; `verify` counts them again from the files."""

from collections.abc import Mapping, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from builder.core.manifest_parts import Figures, LanguageFigures, LicenseFigures, SourceFigures

COLUMNS = ("language", "date", "source", "license", "language_verdict", "word_count")


def compute(rows: pa.Table) -> Figures:
    """Count published rows (schema.ARTICLE, only COLUMNS) for `figures` of a manifest.

    `languages` has articles, words, and the days of the first and last dated article. `sources` and `licenses` have the
    articles of each, the largest first; null means unknown. `months` has the articles of each month, `undated` those
    without a date. `verdicts` has each verdict except `agree`, with the articles of each language.

    >>> day = pa.scalar(1717200000000000, pa.timestamp("us", "UTC"))
    >>> counted = compute(pa.table({"language": ["fr", "fr"], "date": [day.as_py(), None], "source": ["AFP", "AFP"],
    ...     "license": pa.nulls(2, pa.string()), "language_verdict": ["agree", "uncertain"], "word_count": [9, 3]}))
    >>> counted.languages["fr"], counted.months, counted.undated
    (LanguageFigures(articles=2, words=12, first='2024-06-01', last='2024-06-01'), {'2024-06': 1}, 1)
    >>> counted.sources, counted.licenses, counted.verdicts  # doctest: +NORMALIZE_WHITESPACE
    ([SourceFigures(source='AFP', articles=2)], [LicenseFigures(license=None, articles=2)],
     {'uncertain': {'fr': 1}})
    """
    day = pc.strftime(rows["date"].cast(pa.timestamp("us")), "%Y-%m-%d")
    table = pa.table({"day": day, **{name: rows[name] for name in COLUMNS if name != "date"}})
    by_language = table.group_by("language").aggregate(
        [([], "count_all"), ("word_count", "sum"), ("day", "min"), ("day", "max")]
    )
    languages = {
        row["language"]: LanguageFigures(
            articles=row["count_all"], words=row["word_count_sum"] or 0, first=row["day_min"], last=row["day_max"]
        )
        for row in by_language.sort_by("language").to_pylist()
    }
    months = _counts(pa.table({"month": pc.utf8_slice_codeunits(day, 0, 7)}), "month")
    apart = table.filter(pc.not_equal(table["language_verdict"], "agree"))
    verdicts: dict[str, dict[str, int]] = {}
    for row in apart.group_by(["language_verdict", "language"]).aggregate([([], "count_all")]).to_pylist():
        verdicts.setdefault(row["language_verdict"], {})[row["language"]] = row["count_all"]
    return Figures(
        languages=languages,
        sources=[SourceFigures(source=source, articles=count) for source, count in _most_first(table, "source")],
        licenses=[LicenseFigures(license=name, articles=count) for name, count in _most_first(table, "license")],
        months={month: count for month, count in sorted(months.items(), key=str) if month is not None},
        undated=months.get(None, 0),
        verdicts={verdict: dict(sorted(verdicts[verdict].items())) for verdict in sorted(verdicts)},
    )


def _counts(table: pa.Table, name: str) -> Mapping[str | None, int]:
    rows = table.group_by(name).aggregate([([], "count_all")]).to_pylist()
    return {row[name]: row["count_all"] for row in rows}


def _most_first(table: pa.Table, name: str) -> Sequence[tuple[str | None, int]]:
    return sorted(_counts(table, name).items(), key=lambda pair: (-pair[1], pair[0] is None, pair[0] or ""))
