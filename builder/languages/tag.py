r"""The tag `LANGUAGE[-Script][-REGION]-ID`: recognise it and read it.

>>> parse("FR_02")
Tag(language='fr', id='02')
>>> parse("pt-br-0007").text
'pt-BR-0007'
>>> parse("es-419"), parse("es-419-07")
(Tag(language='es', id='419'), Tag(language='es-419', id='07'))
"""

import re
from functools import lru_cache
from importlib import resources
from typing import NamedTuple

import langcodes
from langcodes.data_dicts import ALL_SCRIPTS, VALIDITY

from builder.core.errors import TagError

EXPECTED = "Expected LANGUAGE[-Script][-REGION]-ID, for example fr-02"

_LANGUAGE = r"[A-Za-z]{2,3}(?:[-_][A-Za-z]{4})?(?:[-_](?:[A-Za-z]{2}|[0-9]{3}))?"
_TAG = re.compile(rf"({_LANGUAGE})[-_]([A-Za-z0-9]+)")
# In running text the ID needs a digit: `co-op` and `to-do` would be Corsican and Tongan otherwise.
_LINE = re.compile(rf"{_LANGUAGE}[-_](?=[A-Za-z]*[0-9])[A-Za-z0-9]+")
# An ID in a field of its own may have more characters, but must fit into one line, a path and a table.
_FIELD_ID = re.compile(r"[^\s/\\\x00-\x1f\x7f]{1,128}")
# Invisible characters around a tag: white space, byte-order marks, zero-width characters, marks of direction.
_AROUND = "".join(chr(code) for code in range(0x3001) if chr(code).isspace()) + (
    "\N{ZERO WIDTH NO-BREAK SPACE}\N{ZERO WIDTH SPACE}\N{ZERO WIDTH NON-JOINER}\N{ZERO WIDTH JOINER}\N{WORD JOINER}"
    "\N{MONGOLIAN VOWEL SEPARATOR}\N{SOFT HYPHEN}\N{LEFT-TO-RIGHT MARK}\N{RIGHT-TO-LEFT MARK}\N{ARABIC LETTER MARK}"
    "\N{LEFT-TO-RIGHT EMBEDDING}\N{RIGHT-TO-LEFT EMBEDDING}\N{POP DIRECTIONAL FORMATTING}"
    "\N{LEFT-TO-RIGHT OVERRIDE}\N{RIGHT-TO-LEFT OVERRIDE}\N{LEFT-TO-RIGHT ISOLATE}\N{RIGHT-TO-LEFT ISOLATE}"
    "\N{FIRST STRONG ISOLATE}\N{POP DIRECTIONAL ISOLATE}"
)


class Tag(NamedTuple):
    """A language in canonical BCP-47 form and the ID that follows it."""

    language: str
    id: str

    @property
    def text(self) -> str:
        """The tag in canonical form, for example `pt-BR-0007`."""
        return f"{self.language}-{self.id}"


def trimmed(text: str) -> str:
    r"""Remove spaces and invisible marks from both ends.

    >>> trimmed("\N{LEFT-TO-RIGHT MARK}fr-02\N{IDEOGRAPHIC SPACE}")
    'fr-02'
    """
    return text.strip(_AROUND)


def parse(tag: str) -> Tag:
    """Read a tag; its last subtag is always the ID.

    Raises TagError if the shape is wrong, or if the BCP-47 registry lacks the language or script.
    """
    match = _TAG.fullmatch(trimmed(tag))
    if not match:
        raise TagError(f"tag {_quoted(tag)} is not a tag. {EXPECTED}")
    try:
        return Tag(canonical_language(match[1]), match[2])
    except TagError as error:
        raise TagError(f"tag {_quoted(tag)}: {error}. {EXPECTED}") from None


def join(language: str, id: str) -> Tag:
    """Make a tag from a language field and an ID field; an ID that begins with the language is a whole tag.

    Raises TagError if either is malformed.

    >>> join("pt_br", "7").text, join("fr", "fr-02").text, join("fr", "2024.01-7").text
    ('pt-BR-7', 'fr-02', 'fr-2024.01-7')
    """
    canonical = canonical_language(trimmed(language))
    id = trimmed(id)
    whole = _TAG.fullmatch(id)
    if whole:
        try:
            if canonical_language(whole[1]) == canonical:
                return Tag(canonical, whole[2])
        except TagError:
            pass
    if not _FIELD_ID.fullmatch(id):
        raise TagError(f"id {_quoted(id)} is not an ID. Expected up to 128 characters without spaces or slashes")
    return Tag(canonical, id)


def id_of(tag: str | None, collection: str | None) -> str | None:
    """Return the id of an article: its tag, prefixed by its collection if it has one.

    >>> id_of("fr-02", "afp"), id_of("fr-02", None), id_of(None, "afp")
    ('afp/fr-02', 'fr-02', None)
    """
    return f"{collection}/{tag}" if tag and collection else tag


def is_tag_line(line: str) -> bool:
    """Tell whether a line of text has the shape of a tag; its language may still be unknown.

    >>> [is_tag_line(line) for line in ("fr-02", "zh_Hant_12", "xq-02", "co-op", "covid-19", "see fr-02")]
    [True, True, True, False, False, False]
    """
    return len(line) <= 64 and _LINE.fullmatch(line) is not None


def is_language_folder(name: str) -> bool:
    """Tell whether to read a folder's name as a language.

    Two letters are enough. Three letters count only if a detector knows the language, because agencies and
    papers often share a name with a language that few people write (`afp` is Tapei).

    >>> [is_language_folder(name) for name in ("fr", "pt-BR", "ckb", "afp", "wire", "xq")]
    [True, True, True, False, False, False]
    """
    try:
        canonical_language(name)
    except TagError:
        return False
    first = name.replace("_", "-").split("-")[0].lower()
    return len(first) == 2 or first in heliport_labels() or first in ("fil", "yue")


@lru_cache(maxsize=1)
def heliport_labels() -> frozenset[str]:
    """Read the ISO 639-3 labels that heliport can answer, from the table in its wheel; its models stay unloaded."""
    table = resources.files("heliport").joinpath("confidenceThresholds").read_text(encoding="utf-8")
    return frozenset(line.split()[0] for line in table.splitlines() if line.strip())


@lru_cache(maxsize=65536)
def canonical_language(language: str) -> str:
    """Return the canonical BCP-47 form of a language; raise TagError if it is not a language.

    A region must be well-formed but need not be registered: real corpora carry `gsw-ZH` (a canton), and the
    verdict on the language ignores the region.

    >>> canonical_language("IW"), canonical_language("zh_hant_tw"), canonical_language("gsw-ZH")
    ('he', 'zh-Hant-TW', 'gsw-ZH')
    """
    if not re.fullmatch(_LANGUAGE, language):
        raise TagError(f"{_quoted(language)} is not a language")
    subtags = language.replace("_", "-").split("-")
    code = subtags[0].lower()
    if code == "all":
        raise TagError("'all' is the name of the config with all languages, so it cannot be the code of Allar")
    if not VALIDITY.match(code):
        raise TagError(f"'{code}' is not a language")
    for script in subtags[1:]:
        if len(script) == 4 and script.title() not in ALL_SCRIPTS:
            raise TagError(f"'{script}' is not a script")
    try:
        return str(langcodes.standardize_tag("-".join(subtags)))
    except (LookupError, ValueError):
        raise TagError(f"{_quoted(language)} is not a language") from None


def _quoted(text: str) -> str:
    return repr(text if len(text) <= 60 else text[:57] + "...")
