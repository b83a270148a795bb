"""Pairs of languages that detectors confuse, and languages that heliport hardly recognises."""

from functools import lru_cache

from builder.core.data import read_toml
from builder.languages.codes import base, macro, same_language


def related(tag: str, detected: str | None) -> bool:
    """Tell whether an answer agrees with a tag: it is the same language, or one that detectors confuse with it."""
    return same_language(tag, detected) or confused(tag, detected)


@lru_cache(maxsize=65536)
def confused(tag: str, detected: str | None) -> bool:
    """Tell whether detectors confuse two languages, so that the answer is not evidence against the tag.

    Members of one macrolanguage count as confused. builder/data/confusions.toml has the other pairs, as measured by
    `builder check language FILE --confusions`.

    >>> confused("nb", "nn"), confused("nn-NO", "nb"), confused("fr", "es"), confused("fr", None)
    (True, True, False, False)
    """
    if detected is None:
        return False
    if macro(base(tag)) == macro(base(detected)):
        return True
    names = {base(tag), macro(base(tag))}, {base(detected), macro(base(detected))}
    return any(
        (one in names[0] and other in names[1]) or (one in names[1] and other in names[0])
        for one, other in _confusions()[0]
    )


def is_weak(tag: str, script: str | None) -> bool:
    """Tell whether heliport lists a language but hardly ever recognises it in this script (measured)."""
    return (base(tag), script) in _confusions()[1]


@lru_cache(maxsize=1)
def _confusions() -> tuple[frozenset[tuple[str, str]], frozenset[tuple[str, str | None]]]:
    table = read_toml("confusions.toml")
    pairs = {(pair["tag"], pair["detected"]) for pair in table.get("pair", ())}
    pairs |= {(macro(one), macro(other)) for one, other in pairs}  # so that a pair also covers the answer `sh`
    return frozenset(pairs), frozenset((base(entry["language"]), entry["script"]) for entry in table.get("weak", ()))
