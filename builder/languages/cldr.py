"""CLDR: what months, weekdays, countries and cities are called in a language, by Unicode's registry (in Babel)."""

import re
from collections.abc import Sequence
from copy import deepcopy
from functools import lru_cache
from typing import Any

from babel import Locale, UnknownLocaleError
from babel.localedata import LocaleDataDict, load

from builder.languages.codes import base, macro


@lru_cache(maxsize=1024)
def locale(tag: str) -> str | None:
    """Give the name of the locale of a tag (BCP-47), else of its language alone; None: CLDR has none.

    >>> locale("pt-BR"), locale("gsw-ZH"), locale("zh-TW"), locale("ty")
    ('pt_BR', 'gsw', 'zh_Hant_TW', None)
    """
    for name in (tag, base(tag), macro(base(tag))):
        try:
            return str(Locale.parse(name, sep="-"))
        except (UnknownLocaleError, ValueError):
            continue
    return None


def months(tag: str) -> list[tuple[str, ...]]:
    """Give for each month its names in a language, the one beside a day's number first; none where CLDR has none.

    >>> months("cs")[2], months("he")[2], months("ty")
    (('března', 'březen'), ('במרץ', 'מרץ'), [])
    """
    return _names(tag, "months", range(1, 13))


def weekdays(tag: str) -> list[tuple[str, ...]]:
    """Give for each weekday, Monday first, its names in a language; none where CLDR has none.

    >>> weekdays("fi")[0]
    ('maanantaina', 'maanantai')
    """
    return _names(tag, "days", range(7))


def _names(tag: str, what: str, numbers: Sequence[int]) -> list[tuple[str, ...]]:
    name = locale(tag)
    if name is None or _forms(name, what)[0] == _forms("root", what)[0]:
        return []
    forms = _forms(name, what)
    if what == "months":
        prefix = re.search(r"([^\W\d_]?)MMMM", str(load(name)["datetime_skeletons"].get("MMMMd", "")))
        if prefix and prefix[1]:  # Hebrew writes "in March" as one word
            forms = [{number: prefix[1] + month for number, month in forms[0].items()}, *forms]
    return [tuple(dict.fromkeys(form[number] for form in forms)) for number in numbers]


def _forms(name: str, what: str) -> list[dict[int, str]]:
    # A copy: Babel keeps what an alias stands for where other locales read it as theirs.
    own: Any = LocaleDataDict(deepcopy({what: load(name)[what]}))
    return [dict(own[what][form]["wide"]) for form in ("format", "stand-alone")]


@lru_cache(maxsize=64)
def cities(tag: str) -> tuple[str, ...]:
    """Give the names of cities in a language, sorted: those that time zones are named after.

    >>> "Le Caire" in cities("fr"), cities("ty")
    (True, ())
    """
    name = locale(tag)
    zones = load(name)["time_zones"] if name else {}
    return tuple(sorted({zone["city"] for zone in zones.values() if "city" in zone}))
