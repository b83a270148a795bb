"""Which script a body is in: the one that its tag implies, or else the one of most letters."""

from functools import lru_cache

import langcodes
import pyarrow as pa
import pyarrow.compute as pc

from builder.columns import one_chunk

# ISO 15924 codes and the RE2 classes of their letters, the most frequent first.
_LETTERS: dict[str, str] = {
    "Latn": r"\p{Latin}",
    "Cyrl": r"\p{Cyrillic}",
    "Arab": r"\p{Arabic}",
    "Hani": r"\p{Han}",
    "Jpan": r"[\p{Hiragana}\p{Katakana}\p{Han}]",
    "Kore": r"[\p{Hangul}]",
    "Deva": r"\p{Devanagari}",
    "Beng": r"\p{Bengali}",
    "Grek": r"\p{Greek}",
    "Hebr": r"\p{Hebrew}",
    "Thai": r"\p{Thai}",
    "Ethi": r"\p{Ethiopic}",
    "Armn": r"\p{Armenian}",
    "Geor": r"\p{Georgian}",
    "Gujr": r"\p{Gujarati}",
    "Guru": r"\p{Gurmukhi}",
    "Khmr": r"\p{Khmer}",
    "Knda": r"\p{Kannada}",
    "Laoo": r"\p{Lao}",
    "Mlym": r"\p{Malayalam}",
    "Mymr": r"\p{Myanmar}",
    "Orya": r"\p{Oriya}",
    "Sinh": r"\p{Sinhala}",
    "Taml": r"\p{Tamil}",
    "Telu": r"\p{Telugu}",
    "Thaa": r"\p{Thaana}",
    "Tibt": r"\p{Tibetan}",
    "Mong": r"\p{Mongolian}",
    "Tfng": r"\p{Tifinagh}",
    "Cans": r"\p{Canadian_Aboriginal}",
    "Cher": r"\p{Cherokee}",
    "Nkoo": r"\p{Nko}",
    "Olck": r"\p{Ol_Chiki}",
    "Syrc": r"\p{Syriac}",
    "Yiii": r"\p{Yi}",
}
_SAME_LETTERS = {"Hans": "Hani", "Hant": "Hani", "Hrkt": "Jpan"}
SCRIPT_CHARACTERS = 200  # of the body that the script is told by


@lru_cache(maxsize=65536)
def expected_script(language: str) -> str:
    """Give the script that a tag names or implies, as ISO 15924.

    >>> expected_script("zh-TW"), expected_script("sr-Latn"), expected_script("ja"), expected_script("fr")
    ('Hant', 'Latn', 'Jpan', 'Latn')
    """
    return langcodes.Language.get(language).maximize().script or "Zyyy"


def script_of(table: pa.Table, usable: list[bool]) -> pa.Array:
    """Tell each body's script: the tag's where more than half of the letters are of it, else that of most letters."""
    start = one_chunk(pc.utf8_slice_codeunits(table["text"], 0, SCRIPT_CHARACTERS))
    languages = table["language"].to_pylist()
    expected = [expected_script(tag) if use and tag else None for tag, use in zip(languages, usable, strict=True)]
    scripts: list[str | None] = [None] * len(expected)
    for script in sorted({script for script in expected if script is not None}):
        letters = _LETTERS.get(_SAME_LETTERS.get(script, script))
        if letters is not None:
            for index in _with_most(start, [row for row, tagged in enumerate(expected) if tagged == script], letters):
                scripts[index] = script
    left = [row for row, tagged in enumerate(expected) if tagged is not None and scripts[row] is None]
    for script, letters in _LETTERS.items():
        for index in _with_most(start, left, letters):
            scripts[index] = script
        left = [row for row in left if scripts[row] is None]
    return pa.array(scripts, pa.string())


def _with_most(start: pa.Array, rows: list[int], letters: str) -> list[int]:
    """Give those of the rows in which more than half of the letters are of one script."""
    if not rows:
        return []
    chosen = pa.array(rows, pa.int64())
    texts = start.take(chosen)
    inside = letters.strip("[]")
    # Most texts have letters of one script only, which a match tells in a tenth of the time of counting.
    pure = pc.match_substring_regex(texts, rf"^[\P{{L}}{inside}]*$")
    some = pc.match_substring_regex(texts, rf"[{inside}]")
    mixed = pc.and_(some, pc.invert(pure))
    found = chosen.filter(pc.and_(some, pure)).to_pylist()
    if pc.any(mixed).as_py():
        texts, chosen = texts.filter(mixed), chosen.filter(mixed)
        half = pc.divide(pc.count_substring_regex(texts, r"\p{L}"), 2)
        found += chosen.filter(pc.greater(pc.count_substring_regex(texts, f"[{inside}]"), half)).to_pylist()
    return list(found)
