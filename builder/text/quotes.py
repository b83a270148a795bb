"""Quotation marks the wrong way round: recognised by what stands around them, mended only where nothing is in doubt.

Translation software turns some round or parts them from their words (`d' »absurdes »`). A mark tells by its place
which way it should look: behind a space and before a letter it opens, behind a letter and before a space it closes.
Only languages that quote with the marks turned outward are looked at: in others « » or “ ” the other way are right.
"""

import re
import tomllib
from functools import cache
from importlib import resources

from builder.languages.codes import base

# What RE2 must see before anything else is looked at: a closing mark in an opening place, or the reverse.
_BLANK = r"\s\x{a0}\x{202f}"
SUSPECT = rf"(?:^|[{_BLANK}(\['’])[»”][\p{{L}}\p{{N}}]|[\p{{L}}\p{{N}}.,!?…][«“](?:[{_BLANK}.,;:!?)\]]|$)"
_ELIDED = re.compile(r"\b((?:[cdjlmnst]|qu|lorsqu|puisqu|jusqu)['’])[ \xa0\u202f](?=[«“])", re.IGNORECASE)
_ELIDING = frozenset({"fr", "oc", "ca"})


@cache
def _pairs() -> tuple[tuple[str, str, frozenset[str]], ...]:
    said = tomllib.loads(resources.files("builder").joinpath("data/quotes.toml").read_text(encoding="utf-8"))
    return tuple((pair["opening"], pair["closing"], frozenset(pair["languages"])) for pair in said["pair"])


def mend_quotes(text: str, language: str) -> str:
    """Turn quotation marks round that look the wrong way, in paragraphs where each one's place says so.

    >>> mend_quotes("Il les a qualifiées d' »absurdes ».", "fr")
    "Il les a qualifiées d'«absurdes »."
    >>> mend_quotes("Han sade »nej« och gick.", "sv"), mend_quotes("Elle a dit : » non ».", "fr")
    ('Han sade »nej« och gick.', 'Elle a dit : » non ».')
    """
    for opening, closing, languages in _pairs():
        if base(language) in languages:
            text = "\n\n".join(_turned(part, opening, closing, base(language)) for part in text.split("\n\n"))
    return text


def has_wrong_quotes(text: str, language: str) -> bool:
    """Tell whether a paragraph has a quotation mark that looks the wrong way for its place.

    >>> has_wrong_quotes("Il a dit »non et «oui ».", "fr"), has_wrong_quotes("« Non », dit-il.", "fr")
    (True, False)
    """
    for opening, closing, languages in _pairs():
        if base(language) in languages:
            for mark in re.finditer(f"[{opening}{closing}]", text):
                place = _place(text, mark.start())
                if (place, mark[0]) in (("opens", closing), ("closes", opening)):
                    return True
    return False


def _turned(paragraph: str, opening: str, closing: str, language: str) -> str:
    """Give the paragraph with its marks alternating, if only marks change whose place is plain; else as it was."""
    marks = list(re.finditer(f"[{opening}{closing}]", paragraph))
    if len(marks) % 2 or not marks:
        return paragraph
    letters, changed = list(paragraph), False
    for number, mark in enumerate(marks):
        wanted = closing if number % 2 else opening
        if mark[0] != wanted:
            if _place(paragraph, mark.start()) != ("closes" if number % 2 else "opens"):
                return paragraph
            letters[mark.start()], changed = wanted, True
    if not changed:
        return paragraph
    turned = "".join(letters)
    return _ELIDED.sub(r"\1", turned) if language in _ELIDING else turned


def _place(text: str, at: int) -> str:
    """Tell what a mark at this place does: `opens`, `closes`, or `either`."""
    before, after = text[at - 1 : at], text[at + 1 : at + 2]
    behind_space = not before or before.isspace() or before in "([{'’"
    before_space = not after or after.isspace() or after in ".,;:!?)]}…"
    if behind_space and after.isalnum():
        return "opens"
    if before_space and not behind_space:
        return "closes"
    return "either"
