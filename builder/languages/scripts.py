"""The script of a body: the one that its tag implies, or else the script of most letters."""

import unicodedata
from collections import Counter
from functools import lru_cache

import langcodes
import pyarrow as pa
import pyarrow.compute as pc

from builder.core.arrow import one_chunk

# ISO 15924 codes and the RE2 classes of their letters, the most frequent script first.
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
SCRIPT_CHARACTERS = 200  # characters of the body that decide its script


@lru_cache(maxsize=65536)
def expected_script(language: str) -> str:
    """Return the script that a tag names or implies, as ISO 15924.

    >>> expected_script("zh-TW"), expected_script("sr-Latn"), expected_script("ja"), expected_script("fr")
    ('Hant', 'Latn', 'Jpan', 'Latn')
    """
    return langcodes.Language.get(language).maximize().script or "Zyyy"


def add_script(table: pa.Table) -> pa.Table:
    """Append `script`, and `script_match`: whether the tag names or implies that script; null means unknown."""
    usable = pc.is_null(table["reason"]).to_pylist()
    scripts = script_of(table, usable)
    matches = [
        None if script is None or script == "Hani" else script == expected_script(language)
        for script, language in zip(scripts.to_pylist(), table["language"].to_pylist(), strict=True)
    ]
    return table.append_column("script", scripts).append_column("script_match", pa.array(matches, pa.bool_()))


def script_of(table: pa.Table, usable: list[bool]) -> pa.Array:
    """Return the script of each usable body: the tag's script, or another, that has more than half of its letters.

    Reads the columns `text` and `language`. Chinese is Hans or Hant if its characters decide it, or else Hani.
    """
    start = one_chunk(pc.utf8_slice_codeunits(table["text"], 0, SCRIPT_CHARACTERS))
    languages = table["language"].to_pylist()
    expected = [expected_script(tag) if use and tag else None for tag, use in zip(languages, usable, strict=True)]
    scripts: list[str | None] = [None] * len(expected)
    for script in sorted({script for script in expected if script is not None}):
        letters = _LETTERS.get(_SAME_LETTERS.get(script, script))
        if letters is not None:
            for index in _with_most(start, [row for row, tagged in enumerate(expected) if tagged == script], letters):
                scripts[index] = script
    open_rows = [row for row, tagged in enumerate(expected) if tagged is not None and scripts[row] is None]
    for script, letters in _LETTERS.items():
        for index in _with_most(start, open_rows, letters):
            scripts[index] = script
        open_rows = [row for row in open_rows if scripts[row] is None]
    for index, decided in enumerate(scripts):
        if decided in ("Hani", "Hans", "Hant"):
            scripts[index] = chinese(start[index].as_py()) or decided
    return pa.array(scripts, pa.string())


def chinese(text: str) -> str | None:
    """Tell simplified (Hans) from traditional (Hant) Chinese by the characters that only one of them has.

    None if they do not decide it. Source: the headwords of CC-CEDICT, as `zhon` ships them.

    >>> chinese("这个国家的经济发展"), chinese("這個國家的經濟發展"), chinese("人口")
    ('Hans', 'Hant', None)
    """
    simplified, traditional = _only_simplified(), _only_traditional()
    counts = sum(letter in simplified for letter in text), sum(letter in traditional for letter in text)
    if max(counts) < 2 * min(counts) + 1:
        return None
    return "Hans" if counts[0] > counts[1] else "Hant"


@lru_cache(maxsize=1)
def _only_simplified() -> frozenset[str]:
    from zhon import cedict

    return frozenset(cedict.simp) - frozenset(cedict.trad)


@lru_cache(maxsize=1)
def _only_traditional() -> frozenset[str]:
    from zhon import cedict

    return frozenset(cedict.trad) - frozenset(cedict.simp)


# The first word of the Unicode names of a script's letters, for scripts that `may_be_in` can judge.
_NAMES = {
    "Latn": "LATIN", "Cyrl": "CYRILLIC", "Arab": "ARABIC", "Hani": "CJK", "Hans": "CJK", "Hant": "CJK",
    "Kore": "HANGUL",
    "Deva": "DEVANAGARI", "Beng": "BENGALI", "Grek": "GREEK", "Hebr": "HEBREW", "Thai": "THAI", "Ethi": "ETHIOPIC",
    "Armn": "ARMENIAN", "Geor": "GEORGIAN", "Gujr": "GUJARATI", "Guru": "GURMUKHI", "Khmr": "KHMER", "Laoo": "LAO",
    "Mymr": "MYANMAR", "Knda": "KANNADA", "Mlym": "MALAYALAM", "Taml": "TAMIL", "Telu": "TELUGU", "Orya": "ORIYA",
    "Sinh": "SINHALA", "Tibt": "TIBETAN", "Mong": "MONGOLIAN", "Tfng": "TIFINAGH", "Olck": "OL", "Thaa": "THAANA",
}  # fmt: skip
_KANA = frozenset({"HIRAGANA", "KATAKANA"})


def may_be_in(text: str, language: str) -> bool:
    """Tell whether most letters of a short text belong to a script in which a language is written.

    A text without letters, or a script without a line in `_NAMES`, always passes.

    >>> may_be_in("ในเมือง Pasco", "en"), may_be_in("in Pasco", "en"), may_be_in("確保球隊勝利", "ja")
    (False, True, False)
    """
    names = Counter(unicodedata.name(letter, "?").split()[0] for letter in text if letter.isalpha())
    script = expected_script(language)
    if script == "Jpan":
        return any(name in _KANA for name in names)
    return script not in _NAMES or not names or names.most_common(1)[0][0] == _NAMES[script]


def _with_most(start: pa.Array, rows: list[int], letters: str) -> list[int]:
    """Return the rows of `rows` in which more than half of the letters match a script's letters."""
    if not rows:
        return []
    chosen = pa.array(rows, pa.int64())
    texts = start.take(chosen)
    inside = letters.strip("[]")
    # Most texts have letters of one script only. A match detects that in a tenth of the time of counting.
    pure = pc.match_substring_regex(texts, rf"^[\P{{L}}{inside}]*$")
    some = pc.match_substring_regex(texts, rf"[{inside}]")
    mixed = pc.and_(some, pc.invert(pure))
    matches = chosen.filter(pc.and_(some, pure)).to_pylist()
    if pc.any(mixed).as_py():
        texts, chosen = texts.filter(mixed), chosen.filter(mixed)
        half = pc.divide(pc.count_substring_regex(texts, r"\p{L}"), 2)
        matches += chosen.filter(pc.greater(pc.count_substring_regex(texts, f"[{inside}]"), half)).to_pylist()
    return list(matches)
