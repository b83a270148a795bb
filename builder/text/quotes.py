"""Mend quotation marks that point the wrong way, but only where their neighbours leave no doubt.

Translation software turns some marks round or separates them from their words (`d' »absurdes »`). The neighbours of a
mark tell which way it should point: behind a space and before a letter it opens, behind a letter and before a space
it closes. This applies only to languages that quote with marks turned outward; in others, « » or “ ” may be reversed.
"""

import re
from functools import cache

from builder.core.data import read_toml
from builder.languages.codes import base

# Python looks only at texts in which RE2 finds this: a closing mark in an opening position, or the reverse.
_BLANK = r"\s\x{a0}\x{202f}"
SUSPECT = rf"(?:^|[{_BLANK}(\['’])[»”][\p{{L}}\p{{N}}]|[\p{{L}}\p{{N}}.,!?…][«“](?:[{_BLANK}.,;:!?)\]]|$)"
_ELIDED = re.compile(r"\b((?:[cdjlmnst]|qu|lorsqu|puisqu|jusqu)['’])[ \xa0\u202f](?=[«“])", re.IGNORECASE)
_ELIDING = frozenset({"fr", "oc", "ca"})


@cache
def _pairs() -> tuple[tuple[str, str, frozenset[str]], ...]:
    table = read_toml("quotes.toml")
    return tuple((pair["opening"], pair["closing"], frozenset(pair["languages"])) for pair in table["pair"])


def mend_quotes(text: str, language: str) -> str:
    """Turn quotation marks that point the wrong way, in paragraphs where the neighbours of each such mark prove it.

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
    """Tell whether a text has a quotation mark that points the wrong way for its position.

    >>> has_wrong_quotes("Il a dit »non et «oui ».", "fr"), has_wrong_quotes("« Non », dit-il.", "fr")
    (True, False)
    """
    for opening, closing, languages in _pairs():
        if base(language) in languages:
            for mark in re.finditer(f"[{opening}{closing}]", text):
                role = _role(text, mark.start())
                if (role, mark[0]) in (("opens", closing), ("closes", opening)):
                    return True
    return False


def _turned(paragraph: str, opening: str, closing: str, language: str) -> str:
    """Make the marks of a paragraph alternate; return it unchanged if a mark to be turned has an unclear role."""
    marks = list(re.finditer(f"[{opening}{closing}]", paragraph))
    if len(marks) % 2 or not marks:
        return paragraph
    letters, changed = list(paragraph), False
    for number, mark in enumerate(marks):
        wanted = closing if number % 2 else opening
        if mark[0] != wanted:
            if _role(paragraph, mark.start()) != ("closes" if number % 2 else "opens"):
                return paragraph
            letters[mark.start()], changed = wanted, True
    if not changed:
        return paragraph
    turned = "".join(letters)
    return _ELIDED.sub(r"\1", turned) if language in _ELIDING else turned


def _role(text: str, at: int) -> str:
    """Tell what a mark at a position does by its neighbours: `opens`, `closes`, or `either`."""
    before, after = text[at - 1 : at], text[at + 1 : at + 2]
    behind_space = not before or before.isspace() or before in "([{'’"
    before_space = not after or after.isspace() or after in ".,;:!?)]}…"
    if behind_space and after.isalnum():
        return "opens"
    if before_space and not behind_space:
        return "closes"
    return "either"
