r"""Repairs of text, as pure functions of one string: each makes one repair, and its examples run.

`repaired` applies them all until nothing changes, so that cleaning twice is cleaning once. No repair uses NFKC or
changes quotation marks or letters: a reader sees the same text.
"""

import html
import re
import sys
import unicodedata
from collections.abc import Callable
from functools import cache

import ftfy
from ftfy.fixes import fix_c1_controls

_ROUNDS = 20  # a text that still changes after them stays as the last round left it

# Text whose UTF-8 bytes were read as another encoding: the letter that a lead byte becomes, then the characters that
# continuation bytes become. A superset of ftfy's repairs, so that ftfy (1 ms an article) sees few texts. Both RE2 and
# `re` read it.
_CONTINUATION = "\x80-\xbf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ"
_CONTINUATION_NOT_SPACE = _CONTINUATION.replace("\x80-\xbf", "\x80-\x9f\xa1-\xbf")
_CYRILLIC_CONTINUATION = "ЂЃѓЉЊЌЋЏђљњќћџЎўЈҐЁЄЇІіґёєјЅѕї°±…†‡‰‹‘’“”•–—™›¤¦§©«¬®µ¶·№»€\xa0"
MOJIBAKE = "|".join(
    (
        f"[Â-Þ][{_CONTINUATION_NOT_SPACE}]",
        "[ÂÃ]\xa0",
        f"[à-ô][{_CONTINUATION_NOT_SPACE}][{_CONTINUATION}]",
        f"[ĂĹ][{_CONTINUATION_NOT_SPACE}]",
        f"(?:[РС][{_CYRILLIC_CONTINUATION}]){{2}}",
        "(?:[ΞΟΠ][\x80-\xbf€‚ƒ„…†‡‰‹‘’“”•–—™›΄΅ΆΈΉΊΌΎΏΐ]){2}",
        "√[©®†°¢£§•¶ß´¨≠ÆØ]",
        "‚Ä[ôúùìî¶]",
        "[├┬╬][^ ─-╿]",
        "Γ[Çâ]",
    )
)
ENTITY = r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,31});"
# Controls except tab and line feed, soft hyphen, zero-width characters, joiners, bidi controls, line separators.
INVISIBLE = "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]"
# White space that is not one plain space between two words or one blank line between two paragraphs.
SPACING = (
    "\t|  |\n\n\n|[\x20\xa0\u2000-\u200a\u202f\u205f\u3000]\n|\n[\x20\xa0\u2000-\u200a\u202f\u205f\u3000]"
    "|^[\\s\xa0\u2000-\u200a\u202f\u205f\u3000]|[\\s\xa0\u2000-\u200a\u202f\u205f\u3000]$"
)

MOST_MARKS = 30
MARKS = rf"\p{{M}}{{{MOST_MARKS + 1}}}"  # only for RE2

_NO_LETTERS = re.compile(rf"[^\w\s\x00-\u02ff]{{{MOST_MARKS + 1}}}")  # a cheap first look: marks are not letters
_MOJIBAKE = re.compile(MOJIBAKE)
_MOJIBAKE_LEAD = re.compile("[Â-ôĂĹРСΞΟΠ√‚├┬╬Γ]")  # the first character of each alternative
_INVISIBLE = re.compile(INVISIBLE)
_ENTITY = re.compile(ENTITY)
_AMPERSANDS = re.compile("&(?:amp;|#0*38;|#[xX]0*26;){2,}", re.IGNORECASE)
_C1 = re.compile("[\x80-\x84\x86-\x9f]")
_LINE_BREAKS = re.compile("\r\n|[\r\x0b\x0c\x1c-\x1e\x85\u2028]")
_REMOVED = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\xad\u180e\u2060-\u2065\u206a-\u206f\ufeff\ufff9-\ufffb]")
_BIDI = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff]")
# Scripts whose spelling needs the joiners: Arabic to Thaana, Indic to Sinhala, Thai to Tibetan and Burmese, Khmer,
# Mongolian. Also emoji, which zero-width joiners join into one picture.
_JOINED = re.compile(
    "[\u0600-\u08ff\u0900-\u0dff\u0e00-\u109f\u1780-\u18af\u1a20-\u1aaf\u1b00-\u1cff\ua800-\uabff"
    "\ufb50-\ufdff\ufe70-\ufefc\U00010a00-\U00011fff\u2190-\u2bff\ufe0f\U0001f000-\U0001faff]"
)
# Thai, Lao, Tibetan, Burmese, Khmer, Tai Tham.
_UNSPACED = re.compile("[\u0e00-\u109f\u1780-\u17ff\u1950-\u19ff\u1a20-\u1aaf\ua9e0-\ua9ff\uaa60-\uaadf]")
_ZERO_WIDTH_SPACE = re.compile("\u200b+")
_VIRAMAS = set("\u094d\u09cd\u0a4d\u0acd\u0b4d\u0bcd\u0c4d\u0ccd\u0d4d\u0dca")
_JOINER = re.compile("[\u200c\u200d]+")
_BLANKS = re.compile("[\t ]+")
_EDGE = " \t\n\xa0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
_BLANK_LINES = re.compile(r"\n\s*\n")
ASCII_WORD = re.compile(r"[a-z0-9]+")
WIDEST = 120  # characters; longer lines are not broken at a width
SENTENCE_END = re.compile(r"[.!?…。！？।॥؟۔።။][\"'»”’)\]]*$")


def mend_mojibake(text: str) -> str:
    """Undo a wrong decoding, line by line, where ftfy is sure of one.

    >>> mend_mojibake("Le prÃ©sident a dÃ©clarÃ© Ã  l\u00e2\u20ac\u2122aube")
    'Le président a déclaré à l’aube'
    >>> mend_mojibake("SÃO PAULO – «Ação» à «Noël»")
    'SÃO PAULO – «Ação» à «Noël»'
    """
    if not (_MOJIBAKE_LEAD.search(text) and _MOJIBAKE.search(text)):
        return text
    return "\n".join(ftfy.fix_encoding(line) if _MOJIBAKE.search(line) else line for line in text.split("\n"))


def unescape_entities(text: str) -> str:
    """Turn HTML entities into their characters if they exist and end in a semicolon.

    >>> unescape_entities("caf&eacute; &amp; th&#233; AT&T &nosuch; &copy 2024")
    'café & thé AT&T &nosuch; &copy 2024'
    """
    if "&" not in text:
        return text
    for _ in range(_ROUNDS):  # entities of entities; a long run of `amp;` would take hours without one step for all
        unescaped = _ENTITY.sub(lambda entity: html.unescape(entity[0]), _AMPERSANDS.sub("&amp;", text))
        if unescaped == text:
            break
        text = unescaped
    return text


def limit_marks(text: str) -> str:
    """Keep at most thirty combining marks on a letter; no script needs more (Stream-Safe Text Format, UAX 15).

    Sorting a longer run takes time in the square of its length.

    >>> len(limit_marks("a" + "\N{COMBINING ACUTE ACCENT}" * 50_000)), len(limit_marks("e\N{COMBINING ACUTE ACCENT}"))
    (31, 2)
    """
    if text.isascii() or not _NO_LETTERS.search(text):
        return text
    return _many_marks().sub(lambda run: run[0][:MOST_MARKS], text)


@cache
def _many_marks() -> re.Pattern[str]:
    marks = [code for code in range(0x300, sys.maxunicode + 1) if unicodedata.category(chr(code)).startswith("M")]
    ranges: list[list[int]] = []
    for code in marks:
        if ranges and code == ranges[-1][1] + 1:
            ranges[-1][1] = code
        else:
            ranges.append([code, code])
    letters = "".join(f"{chr(first)}-{chr(last)}" for first, last in ranges)
    return re.compile(f"[{letters}]{{{MOST_MARKS + 1},}}")


def _keep_word_break(spaces: re.Match[str]) -> str:
    """Keep one zero-width space between words of a script that separates words in no other way."""
    text = spaces.string
    before, after = text[max(0, spaces.start() - 1) : spaces.start()], text[spaces.end() : spaces.end() + 1]
    return "\u200b" if _UNSPACED.match(before) and _UNSPACED.match(after) else ""


def unify_line_ends(text: str) -> str:
    r"""Make every line end a line feed: those of Windows, old Macs and Unicode.

    U+0085 ends a line unless the text has other C1 controls. Then all of them are Windows-1252.

    >>> unify_line_ends("a\r\nb\rc\u2028d\u2029e\x85f")
    'a\nb\nc\nd\n\ne\nf'
    >>> unify_line_ends("it\x92s\x85")
    'it’s…'
    """
    if _C1.search(text):
        text = fix_c1_controls(text)
    return _LINE_BREAKS.sub("\n", text).replace("\u2029", "\n\n")


def drop_invisible(text: str) -> str:
    """Remove control and zero-width characters, except the joiners and bidi marks that the text needs.

    >>> drop_invisible("wo\N{ZERO WIDTH SPACE}rd\x07 co\N{SOFT HYPHEN}op \N{ZERO WIDTH NO-BREAK SPACE}x")
    'word coop x'
    >>> drop_invisible("می\N{ZERO WIDTH NON-JOINER}شود") == "می\N{ZERO WIDTH NON-JOINER}شود"
    True
    >>> drop_invisible("ភ្នំ\N{ZERO WIDTH SPACE}ពេញ") == "ភ្នំ\N{ZERO WIDTH SPACE}ពេញ"  # a word ends here
    True
    >>> drop_invisible("fr\N{ZERO WIDTH JOINER}ançais \N{RIGHT-TO-LEFT MARK}ici")
    'français ici'
    """
    text = _REMOVED.sub("", text)
    if "\u200b" in text:
        text = _ZERO_WIDTH_SPACE.sub(_keep_word_break, text)
    text = _JOINER.sub(_keep_joiner, text)
    if not _RIGHT_TO_LEFT.search(text):
        text = _BIDI.sub("", text)
    return text


def _keep_joiner(joiner: re.Match[str]) -> str:
    """Keep one joiner of a run between a letter of a joining script and another character.

    Behind a virama the joiner is part of the letter (Malayalam's chillus), even at the end of a word.
    """
    text = joiner.string
    before, after = text[max(0, joiner.start() - 1) : joiner.start()], text[joiner.end() : joiner.end() + 1]
    chillu = joiner[0][0] == "\u200d" and before in _VIRAMAS
    wanted = _JOINED.match(before) and after and (chillu or not after.isspace())
    return joiner[0][0] if wanted else ""


def tidy_spacing(text: str) -> str:
    r"""Separate paragraphs by one blank line and words by one space; keep no-break spaces inside a line.

    In a text without a blank line, each line is a paragraph unless the lines are broken at a width.

    >>> tidy_spacing("  One\t two \r\n\r\n\r\n\u3000Three\nfour  ")
    'One two\n\nThree\nfour'
    >>> tidy_spacing("One.\rTwo.\u2028Three.")
    'One.\n\nTwo.\n\nThree.'
    """
    text = unify_line_ends(text).strip(_EDGE)
    parts = _BLANK_LINES.split(text)
    if len(parts) == 1 and not is_wrapped(lines := text.split("\n")):
        parts = lines
    paragraphs = ("\n".join(_tidy_blanks(line) for line in part.split("\n")).strip() for part in parts)
    return "\n\n".join(paragraph for paragraph in paragraphs if paragraph)


def _tidy_blanks(line: str) -> str:
    return _BLANKS.sub(" ", line).strip(_EDGE)


def normalize(text: str) -> str:
    r"""Compose characters (Unicode NFC).

    >>> normalize("Re\N{COMBINING ACUTE ACCENT}publique ﬁn ①") == "République ﬁn ①"
    True
    """
    return unicodedata.normalize("NFC", text)


# The repairs that one round applies in order, by their names in the column `repairs`.
_REPAIRS: tuple[tuple[str, Callable[[str], str]], ...] = (
    ("marks", limit_marks),
    ("entities", unescape_entities),
    ("mojibake", mend_mojibake),
    ("controls", lambda text: drop_invisible(text) if _INVISIBLE.search(text) else text),
    ("nfc", normalize),
)


def repaired(text: str, one_line: bool = False) -> tuple[str, list[str]]:
    r"""Clean a body (or, with `one_line`, a headline or a name); return it and the sorted names of the repairs made.

    The names are `marks`, `entities`, `mojibake`, `controls`, `nfc` and `spacing` (which includes line ends).

    >>> repaired("CafÃ©\r\n\r\n&quot;Th\N{ZERO WIDTH SPACE}é&quot;  vert ")
    ('Café\n\n"Thé" vert', ['controls', 'entities', 'mojibake', 'spacing'])
    """
    made: set[str] = set()
    for _ in range(_ROUNDS):
        before = text
        if _INVISIBLE.search(text):
            text = unify_line_ends(text)
        if one_line:
            text = text.replace("\n", " ")
        for name, repair in _REPAIRS:
            mended = repair(text)
            if mended != text:
                made.add(name)
                text = mended
        spaced = tidy_spacing(text)
        if spaced != text.strip(_EDGE):
            made.add("spacing")
        text = spaced
        if text == before:
            break
    return text, sorted(made)


def is_wrapped(lines: list[str]) -> bool:
    """Tell whether lines are one text broken at a width: three or more of similar length, most ending in mid-sentence.

    >>> is_wrapped(["The council met on Tuesday to decide", "whether the bridge should be built at", "last."])
    True
    >>> is_wrapped(["It rained all night.", "The river rose.", "Nobody was hurt."])
    False
    """
    inner = lines[:-1]
    if len(inner) < 2 or not 20 <= max(map(len, inner)) <= WIDEST:
        return False
    ended = sum(bool(SENTENCE_END.search(line)) for line in inner)
    alike = sum(len(line) >= 0.6 * max(map(len, inner)) for line in inner)
    return 3 * ended <= len(inner) and 5 * alike >= 4 * len(inner) and len(lines[-1]) <= 1.1 * max(map(len, inner))
