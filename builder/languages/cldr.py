"""Names of months, weekdays and cities in a language, from Unicode's CLDR as Babel ships it."""

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
    """Return the name of a tag's CLDR locale, or else of its language's locale; None if CLDR has neither.

    `tag` is BCP-47; the result is Babel's name.

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
    """Return the names of each month in a language; an empty list if CLDR has none.

    The first name is the one that stands beside a day's number.

    >>> months("cs")[2], months("he")[2], months("ty")
    (('března', 'březen'), ('במרץ', 'מרץ'), [])
    """
    return _names(tag, "months", range(1, 13))


def weekdays(tag: str) -> list[tuple[str, ...]]:
    """Return the names of each weekday in a language, Monday first; an empty list if CLDR has none.

    >>> weekdays("fi")[0]
    ('maanantaina', 'maanantai')
    """
    return _names(tag, "days", range(7))


def _names(tag: str, section: str, numbers: Sequence[int]) -> list[tuple[str, ...]]:
    name = locale(tag)
    if name is None or _forms(name, section)[0] == _forms("root", section)[0]:
        return []
    forms = _forms(name, section)
    if section == "months":
        prefix = re.search(r"([^\W\d_]?)MMMM", str(load(name)["datetime_skeletons"].get("MMMMd", "")))
        if prefix and prefix[1]:  # Hebrew writes "in March" as one word
            forms = [{number: prefix[1] + month for number, month in forms[0].items()}, *forms]
    return [tuple(dict.fromkeys(form[number] for form in forms)) for number in numbers]


def _forms(name: str, section: str) -> list[dict[int, str]]:
    # Copy first: Babel writes a resolved alias back into data that other locales share.
    own: Any = LocaleDataDict(deepcopy({section: load(name)[section]}))
    return [dict(own[section][form]["wide"]) for form in ("format", "stand-alone")]


@lru_cache(maxsize=64)
def cities(tag: str) -> tuple[str, ...]:
    """Return the sorted names of cities in a language; CLDR names the cities after which time zones are named.

    >>> "Le Caire" in cities("fr"), cities("ty")
    (True, ())
    """
    name = locale(tag)
    zones = load(name)["time_zones"] if name else {}
    return tuple(sorted({zone["city"] for zone in zones.values() if "city" in zone}))
