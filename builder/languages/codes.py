"""Codes of languages, and whether two of them name one language, by the registries in `langcodes`."""

from functools import lru_cache

import langcodes
from langcodes.data_dicts import MACROLANGUAGES


@lru_cache(maxsize=65536)
def same_language(one: str | None, other: str | None) -> bool:
    """Tell whether two codes name one language, or one names the macrolanguage of the other.

    >>> same_language("zh-TW", "cmn"), same_language("fil", "tgl"), same_language("hr", "hbs")
    (True, True, True)
    >>> same_language("hr", "srp"), same_language("yue", "cmn"), same_language("fr", None)
    (False, False, False)
    """
    if one is None or other is None:
        return False
    one, other = base(one), base(other)
    return one == other or macro(one) == other or macro(other) == one


@lru_cache(maxsize=65536)
def base(code: str) -> str:
    """Return the canonical language subtag of any ISO 639 or BCP-47 code, without script and region.

    >>> base("zh-Hant-TW"), base("fra"), base("hbs"), base("tgl")
    ('zh', 'fr', 'sh', 'fil')
    """
    code = code.replace("_", "-").split("-")[0].lower()
    if code in ("hbs", "sh"):  # the registry maps it to `sr`, but a detector means any member by it
        return "sh"
    try:
        return langcodes.Language.get(code).language or code
    except (LookupError, ValueError):
        return code


def macro(code: str) -> str:
    """Return the macrolanguage of a language subtag, or else the subtag itself.

    >>> macro("cmn"), macro("hr"), macro("fr")
    ('zh', 'sh', 'fr')
    """
    return str(MACROLANGUAGES.get(code, code))
