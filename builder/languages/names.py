"""Names of languages, in the language itself and in English, from CLDR (through Babel)."""

from functools import lru_cache

import langcodes
from babel import Locale, UnknownLocaleError


@lru_cache(maxsize=4096)
def own_name(tag: str) -> str | None:
    """Return a language's name in that language, with script and region if the tag names them.

    None if CLDR has no locale for the language.

    >>> own_name("fr"), own_name("zh-Hant"), own_name("sr-Latn"), own_name("arb"), own_name("gsw-ZH")
    ('français', '繁體中文', 'srpski (latinica)', 'العربية', 'Schwiizertüütsch (ZH)')
    >>> own_name("mn-Mong"), own_name("mey")
    ('монгол (монгол бичиг)', None)
    """
    code = langcodes.Language.get(tag)
    locales = [_locale(code.language, script) for script in dict.fromkeys((code.script, None))]
    names = (_name_in(locale, code, str(locale.language)) for locale in locales if locale)
    return next((name for name in names if name), None)


@lru_cache(maxsize=4096)
def english_name(tag: str) -> str | None:
    """Return the English name of a tag's language; None if CLDR has none.

    >>> english_name("am"), english_name("zh-Hant"), english_name("pt-BR"), english_name("kmr"), english_name("mey")
    ('Amharic', 'Traditional Chinese', 'Brazilian Portuguese', 'Kurdish', None)
    """
    code = langcodes.Language.get(tag)
    locale = _locale(code.language, None)
    return _name_in(Locale("en"), code, str(locale.language) if locale else str(code.language))


def _locale(language: str | None, script: str | None) -> Locale | None:
    try:
        return Locale.parse("_".join(filter(None, (language, script))))
    except (UnknownLocaleError, ValueError):
        return None


def _name_in(locale: Locale, code: langcodes.Language, language: str) -> str | None:
    """Name a language in a locale's language: script and region stand in brackets if no CLDR name covers them."""
    script, region = code.script, code.territory
    for known, bracketed in (
        ((script, region), ()),
        ((script,), (region,)),
        ((region,), (script,)),
        ((), (script, region)),
    ):
        name = locale.languages.get("_".join(filter(None, (language, *known))))
        if name and all(known):
            parts = [_part(locale, part) for part in bracketed if part]
            return f"{name} ({', '.join(parts)})" if parts else str(name)
    return None


def _part(locale: Locale, part: str) -> str:
    """Name a script (four letters) or a region."""
    names = locale.scripts if len(part) == 4 else locale.territories
    return str(names.get(part) or part)
