"""Names: what a language is called, in its own script and in English, by CLDR (babel)."""

from functools import lru_cache

import langcodes
from babel import Locale, UnknownLocaleError


@lru_cache(maxsize=4096)
def own_name(tag: str) -> str | None:
    """Give what speakers call a tag's language, with script and region where the tag names them.

    Null where CLDR has no locale of it.

    >>> own_name("fr"), own_name("zh-Hant"), own_name("sr-Latn"), own_name("arb"), own_name("gsw-ZH")
    ('français', '繁體中文', 'srpski (latinica)', 'العربية', 'Schwiizertüütsch (ZH)')
    >>> own_name("mn-Mong"), own_name("mey")
    ('монгол (монгол бичиг)', None)
    """
    code = langcodes.Language.get(tag)
    found = [_locale(code.language, script) for script in dict.fromkeys((code.script, None))]
    named = (_named(locale, code, str(locale.language)) for locale in found if locale)
    return next((name for name in named if name), None)


@lru_cache(maxsize=4096)
def english_name(tag: str) -> str | None:
    """Give the English name of a tag's language; null where CLDR has none.

    >>> english_name("am"), english_name("zh-Hant"), english_name("pt-BR"), english_name("kmr"), english_name("mey")
    ('Amharic', 'Traditional Chinese', 'Brazilian Portuguese', 'Kurdish', None)
    """
    code = langcodes.Language.get(tag)
    locale = _locale(code.language, None)
    return _named(Locale("en"), code, str(locale.language) if locale else str(code.language))


def _locale(language: str | None, script: str | None) -> Locale | None:
    try:
        return Locale.parse("_".join(filter(None, (language, script))))
    except (UnknownLocaleError, ValueError):
        return None


def _named(locale: Locale, code: langcodes.Language, language: str) -> str | None:
    """Name a language in that of a locale: as one name where there is one, else with script and region behind it."""
    script, region = code.script, code.territory
    for known, beside in (
        ((script, region), ()),
        ((script,), (region,)),
        ((region,), (script,)),
        ((), (script, region)),
    ):
        name = locale.languages.get("_".join(filter(None, (language, *known))))
        if name and all(known):
            more = [_part(locale, part) for part in beside if part]
            return f"{name} ({', '.join(more)})" if more else str(name)
    return None


def _part(locale: Locale, part: str) -> str:
    """Name a script (four letters) or a region."""
    named = locale.scripts if len(part) == 4 else locale.territories
    return str(named.get(part) or part)
