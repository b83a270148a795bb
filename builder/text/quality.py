"""Faults: quality signals beyond their thresholds, which builder/data/quality.toml gives with their sources."""

from collections.abc import Mapping
from typing import Any

from builder.config.quality import FAULTS, Fault, Quality
from builder.core.data import quality_rules
from builder.core.terms import Reason


def signals_needed(policy: Quality) -> list[str]:
    """Return the names of the columns that `faults` reads.

    >>> signals_needed(Quality(reject=("cut_off", "too_short")))
    ['word_count', 'cut_off']
    """
    return [quality_rules()["faults"][name]["signal"] for name in FAULTS if name in policy.reject]


def threshold(fault: Fault, language: str | None, policy: Quality) -> float:
    """Return a fault's threshold in a language: the settings' if they have one, or else the default.

    Both may have one for the language, which comes first. A threshold for `zh` counts for `zh-Hant` unless that has
    its own.

    >>> policy = Quality(thresholds={"too_short": 20}, languages={"zh": {"too_short": 12}})
    >>> [threshold("too_short", language, policy) for language in ("fr", "zh-Hant-TW", None)]
    [20.0, 12.0, 20.0]
    """
    subtags = (language or "").split("-")
    names = ["-".join(subtags[:count]) for count in range(len(subtags), 0, -1)]
    for by_language, general in ((policy.languages, policy.thresholds), (quality_rules()["languages"], {})):
        for thresholds in [*(by_language.get(name, {}) for name in names), general]:
            if fault in thresholds:
                return float(thresholds[fault])
    rule = quality_rules()["faults"][fault]
    return float(rule["below"] if "below" in rule else rule["above"])


def faults(
    columns: Mapping[str, list[Any]], languages: list[str | None], policy: Quality
) -> list[tuple[Reason, str] | None]:
    """Return the first fault of each row as (reason, detail), or None; `columns` has the signals by name.

    An unknown (null) signal is not a fault. The order of FAULTS decides which comes first, whatever the settings.

    >>> columns = {"word_count": [3, 80, None], "letter_share": [0.9, 0.25, None]}
    >>> faults(columns, ["fr", "fr", "fr"], Quality(reject=("few_letters", "too_short")))
    ... # doctest: +NORMALIZE_WHITESPACE
    [(<Reason.TOO_SHORT: 'too_short'>, '3 words. Expected 5 or more'),
     (<Reason.FEW_LETTERS: 'few_letters'>, '25 % of its characters are letters. Expected 50 % or more'), None]
    """
    first: list[tuple[Reason, str] | None] = [None] * len(languages)
    for name in FAULTS:
        if name not in policy.reject:
            continue
        rule = quality_rules()["faults"][name]
        limits = {language: threshold(name, language, policy) for language in set(languages)}
        for row, (value, language) in enumerate(zip(columns[rule["signal"]], languages, strict=True)):
            if value is None or first[row] is not None:
                continue
            limit = limits[language]
            if value < limit if "below" in rule else value > limit:
                figures = {"found": _figure(rule["signal"], value), "threshold": _figure(rule["signal"], limit)}
                first[row] = Reason(name), rule["says"].format(**figures)
    return first


def _figure(signal: str, value: float) -> str:
    """Spell a share in percent and a count as it is."""
    return f"{value * 100:.4g} %" if signal.endswith("_share") else f"{value:g}"
