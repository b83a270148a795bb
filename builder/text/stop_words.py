"""Stop words of a language in a script, from stopwords-iso."""

from functools import lru_cache

import numpy as np

from builder.core.data import quality_rules
from builder.languages.codes import base, macro
from builder.languages.scripts import expected_script
from builder.text import words
from builder.text.words import Numbers


@lru_cache(maxsize=4096)
def stop_word_list(language: str, script: str) -> str | None:
    """Return the name of the list of stop words (stopwords-iso) for a language in a script; None if there is none.

    >>> stop_word_list("nb", "Latn"), stop_word_list("fil", "Latn"), stop_word_list("zh-Hant", "Hant")
    ('no', 'tl', 'zh')
    >>> stop_word_list("ckb", "Arab"), stop_word_list("kmr", "Latn"), stop_word_list("yue", "Hant")
    ('ku', None, None)
    """
    import stopwordsiso

    rules = quality_rules()["stop_words"]
    code = base(language)
    if code in rules["without"]:
        return None
    for name in (code, rules["alias"].get(code), macro(code)):
        if name and stopwordsiso.has_lang(name):
            own = rules["scripts"].get(name, expected_script(name))
            return name if script == own or {script, own} <= {"Hans", "Hant", "Hani"} else None
    return None


def stop_word_hashes(language: str, script: str | None) -> Numbers:
    """Return the hashes (words.words) of a language's stop words; an empty array if it has no list in that script."""
    name = stop_word_list(language, script) if script else None
    return list_hashes(name) if name else np.empty(0, np.uint64)


@lru_cache(maxsize=128)
def list_hashes(name: str) -> Numbers:
    """Return the sorted hashes of a list of stop words."""
    import stopwordsiso

    return np.unique(words.hash_words(sorted(stopwordsiso.stopwords(name))))
