"""Recognise the folded headline: the line under a headline that repeats it in ASCII."""

from difflib import SequenceMatcher

from anyascii import anyascii

from builder.text.repairs import ASCII_WORD


def fold(text: str) -> str:
    """Fold a text as an ASCII headline is folded: to lower-case words of transliterated letters and digits.

    >>> fold("Łódź : « Straße » en Corée"), fold("Київ")
    ('lodz strasse en coree', 'kiiv')
    """
    return " ".join(ASCII_WORD.findall(anyascii(text).lower()))


LONGEST_COMPARED = 400  # letters; longer headlines are not compared letter by letter


def check_folded(title: str, line: str, usual_position: bool) -> str:
    """Tell whether a line is the headline folded to ASCII: `match`, `prefix`, `mismatch` or `absent`.

    `match`: the folded headline. `prefix`: at least three words or ten letters of its beginning. Transliterations
    differ, so four letters in five must agree. `mismatch`: probably the folded headline of another article. Such a
    line stands in the usual position (alone, between headline and body). It is plain ASCII without a final mark, has
    five words or more and is about as long as the headline, which is not ASCII. A byline or dateline is shorter. A
    headline in plain ASCII has a folded copy only in the usual position.

    >>> title = "Poutine prépare un voyage en Corée du Nord"
    >>> check_folded(title, "Poutine prepare un voyage en Coree du Nord", True)
    'match'
    >>> check_folded(title, "Poutine prepare un voyage en Coree", True)
    'prefix'
    >>> check_folded(title, "La mairie ferme ses portes en hiver", True)
    'mismatch'
    >>> check_folded(title, "Il pleut sur la ville.", True), check_folded("Rain", "Wind and fog ahead", True)
    ('absent', 'absent')
    """
    if not line.isascii() or "\n" in line or len(line) > 3 * len(title) + 20:
        return "absent"
    foreign = not title.isascii() and any(letter.isalpha() and not letter.isascii() for letter in title)
    if not (foreign or usual_position) or (line.endswith(".") and not title.endswith(".")):
        return "absent"
    words = ASCII_WORD.findall(line.lower())
    wanted, given = fold(title).replace(" ", ""), "".join(words)
    if wanted and given == wanted:
        return "match"
    enough = len(words) >= 3 or len(given) >= 10
    if wanted and enough and wanted.startswith(given):
        return "prefix"
    if wanted and enough and foreign and _begins(wanted, given):  # another transliteration
        return "match" if len(given) >= 0.9 * len(wanted) and _begins(wanted, given, whole=True) else "prefix"
    share = len(given) / max(1, len(wanted))
    plain = len(words) >= 5 and 0.4 <= share <= 1.2 and line[-1] not in "!?:;,\"'"
    return "mismatch" if usual_position and foreign and plain else "absent"


def _begins(wanted: str, given: str, whole: bool = False) -> bool:
    """Tell whether one transliteration begins another (or is the `whole` of it); libraries and papers differ."""
    if len(given) < 10 or len(given) > len(wanted) * 1.25 or len(given) > LONGEST_COMPARED:
        return False
    matcher = SequenceMatcher(None, wanted if whole else wanted[: len(given)], given, autojunk=False)
    return matcher.real_quick_ratio() >= 0.8 and matcher.ratio() >= 0.8


def looks_folded(line: str, text: str) -> bool:
    """Tell whether an ASCII line has a word that the text only writes with letters beyond ASCII.

    >>> looks_folded("Le president parle", "Le président a parlé."), looks_folded("Le maire", "Le président.")
    (True, False)
    """
    words = {word for word in text.casefold().split() if not word.isascii()}
    plain = set(ASCII_WORD.findall(text.casefold()))
    folded = {fold(word) for word in words} - plain
    return any(word in folded for word in ASCII_WORD.findall(line.casefold()) if len(word) >= 4)
