"""Mixed languages: the language of each paragraph, the share of the tag's language, and foreign pieces.

Machine translation leaves pieces of its source behind: `[visita de Putin]` in a French article. The looks of a piece
make it a candidate: brackets, quotation marks, another script, or two words that only one language puts together.
The detector then judges it: a piece is foreign if another language explains it much better than the tag's.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from builder.core.arrow import one_chunk
from builder.core.schema import MIXED
from builder.languages.codes import base, same_language
from builder.text.fold import UNSPACED

PARAGRAPH_CHARACTERS = 60  # fewer do not identify a language; a third of that suffices in scripts without spaces
SAMPLE_CHARACTERS = 120  # of a paragraph; a whole one makes 13 more in 10,000 right, at a third more cost
MOST_SPANS = 20  # candidates in one article
# How much more the tag's language must cost than the best one (heliport's cost, about nats a character). At 0.8,
# 1 in 110 three-word pieces of the right language counted as foreign, and 37 in 38 of another language were found
# (24 languages, 3,000 pieces). For six words, these were 1 in 1,000 and 78 in 79.
MARGIN = 0.8

_LATIN = "A-Za-z\u00c0-\u024f\u1e00-\u1eff"
# Two words that often follow one another in one language and hardly ever in another.
TOGETHER = {
    "en": "of the|in the|to the|on the|for the|that the|and the|with the|from the|has been|have been|will be|to be",
    "es": "de los|de las|en el|que el|por el|con el|que los|lo que|en los|para el|en las",
    "fr": "dans le|dans les|que les|avec les|est un|sur le|pour les|il est|et les|par les",
    "de": "in der|in den|mit der|von der|für die|und die|auf dem|nach dem|dass die|aus der",
    "pt": "do que|para os|com os|não é|que os|para as|com a|que as",
    "it": "che la|che il|per il|con il|nella sua|della sua|che i|con la",
    "nl": "van het|in het|voor het|dat de|van een|in een|met een",
    "ru": "о том|в том|и не|что в|при этом|в связи",
}
# Brackets, and quotation marks turned outward: two patterns, because a quotation may contain a bracket.
_ENCLOSED = (r"\[[^\[\]\n]{8,300}\]", r"[«“„\"][^«»“”„\"\n]{20,300}[»”“\"]")
_LATIN_RUN = rf"[{_LATIN}]+(?:[ ,'’.-]+[{_LATIN}0-9]+){{2,40}}"
_OTHER_RUN = "[^\x00-\u02ff\u1e00-\u1eff\u2000-\u20cf\u2100-\u2bff\ufe0f\U0001f000-\U0001faff]{8,300}"
_WORD = re.compile(r"[^\W\d_]+")


# Words that translation left behind, recognised by the word after them: (source, pattern) by the article's language.
# French `il` stands before verbs and their pronouns, never before such nouns: there it is the Italian article.
RESIDUE = {
    "fr": (
        ("it", re.compile(r"\b[Ii]l (?:\w{3,}(?:tion|tiel|isme)|gouvernement|président|monde|peuple)\b")),
        ("es", re.compile(r"\b(?:[Ee]l|[Ll]os|[Ll]as) [a-zà-ÿ]{3,}(?:tion|tiel|isme|ment|eur)s?\b")),
    ),
    "es": (("it", re.compile(r"\b[Ii]l \w{3,}(?:ción|miento|dad|ismo)\b")),),
}


def samples(text: pa.Array, script: pa.Array) -> pa.ListArray:
    """Return the beginning of each paragraph (list<string>); null if it is too short to identify a language."""
    paragraphs = pc.split_pattern(pc.fill_null(text, ""), "\n\n")
    flat = paragraphs.flatten()
    least = pc.if_else(
        pc.fill_null(pc.is_in(script, pa.array(UNSPACED)), False), PARAGRAPH_CHARACTERS // 3, PARAGRAPH_CHARACTERS
    )
    least = least.take(pc.list_parent_indices(paragraphs))
    start = pc.utf8_slice_codeunits(flat, 0, SAMPLE_CHARACTERS)
    start = pc.if_else(pc.greater_equal(pc.utf8_length(flat), least), start, pa.scalar(None, pa.string()))
    return pa.ListArray.from_arrays(paragraphs.offsets, one_chunk(start))


def candidates(text: pa.Array, language: pa.Array, script: pa.Array) -> list[list[tuple[int, int]]]:
    """Return the pieces (start, end) of each text that may be in another language than the rest; MOST_SPANS at most."""
    latin = pc.fill_null(pc.equal(script, "Latn"), True)
    runs = pc.if_else(latin, pc.match_substring_regex(text, _OTHER_RUN), pc.match_substring_regex(text, _LATIN_RUN))
    pieces: list[list[tuple[int, int]]] = [[] for _ in range(len(text))]
    values, bases = text.to_pylist(), [base(tag or "und") for tag in language.to_pylist()]
    for enclosed in _ENCLOSED:
        for row in _rows(pc.match_substring_regex(text, enclosed)):
            pieces[row] += _texts_only(values[row], (match.span() for match in re.finditer(enclosed, values[row])))
    for source, words in TOGETHER.items():
        pattern = re.compile(rf" (?:{words}) ")
        for row in _rows(pc.match_substring_regex(text, pattern.pattern)):
            if bases[row] != source:
                windows = (_window(values[row], *match.span()) for match in pattern.finditer(values[row]))
                pieces[row] += _texts_only(values[row], windows)
    for row in _rows(runs):
        if latin[row].as_py():
            pieces[row] += [match.span() for match in re.finditer(_OTHER_RUN, values[row])]
        else:
            pieces[row] += _texts_only(values[row], (match.span() for match in re.finditer(_LATIN_RUN, values[row])))
    return [sorted(set(spans))[:MOST_SPANS] for spans in pieces]


def _rows(mask: pa.Array) -> list[int]:
    return list(pc.indices_nonzero(pc.fill_null(mask, False)).to_pylist())


def _texts_only(text: str, spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    return [(start, end) for start, end in spans if _is_text(text[start:end])]


def _apart(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Sort spans and drop those that begin within another one."""
    apart: list[tuple[int, int]] = []
    for start, end in sorted(spans, key=lambda span: (span[0], -span[1])):
        if not apart or start >= apart[-1][1]:
            apart.append((start, end))
    return apart


def _window(text: str, start: int, end: int) -> tuple[int, int]:
    """Widen a span by up to three words to both sides, within its sentence."""
    before = re.search(r"(?:[^\s.!?\n\[\]«»“”]+ ){0,3}$", text[max(0, start - 80) : start])
    after = re.match(r"(?: [^\s.!?\n\[\]«»“”]+){0,3}", text[end : end + 80])
    return start - (len(before[0]) if before else 0), end + (len(after[0]) if after else 0)


def _is_text(piece: str) -> bool:
    """Tell whether a piece is text and not a name: it has two words or more, one of them not capitalised.

    >>> _is_text("[visita de Putin]"), _is_text("[Angela Merkel]"), _is_text("「非常に重要な問題です」")
    (True, False, True)
    """
    words = _WORD.findall(piece)
    caseless = any(not word.islower() and word.lower() == word.upper() for word in words)
    few = len(words) < 2 and not caseless
    return not few and sum(map(len, words)) >= 8 and (caseless or any(len(w) >= 4 and w.islower() for w in words))


def conclude(
    table: pa.Table, paragraphs: Mapping[int, list[str | None]], inner: Mapping[int, list[list[Any]]]
) -> pa.Table:
    """Append schema.MIXED to rows.

    By row, `paragraphs` has the language of each paragraph, and `inner` the foreign (start, end, language).
    """
    texts, tags = table["text"], table["language"].to_pylist()
    shares: list[Any] = [None] * len(table)
    foreign: list[Any] = [None] * len(table)
    for row, languages in paragraphs.items():
        tag = tags[row]
        own = [language is None or same_language(tag, language) for language in languages]
        if all(own) and not inner[row] and base(tag) not in RESIDUE:
            shares[row], foreign[row] = 1.0 if any(languages) else None, []
            continue
        text = texts[row].as_py()
        shares[row] = share(text, languages, tag)
        foreign[row] = _merged(_whole(text, own, languages), [*inner[row], *_residue(text, tag)])
    every: list[Any] = [paragraphs.get(row) for row in range(len(table))]
    for field, values in zip(MIXED, (every, shares, foreign), strict=True):
        table = table.append_column(field, pa.array(values, field.type))
    return table


def share(text: str, languages: list[str | None], tag: str) -> float | None:
    """Return the share of the tag's language among the characters of the paragraphs with a language; None without any.

    >>> share("abcd\\n\\nef\\n\\ngh", ["fr", None, "es"], "fr")
    0.6666666666666666
    """
    own = other = 0
    for paragraph, language in zip(text.split("\n\n"), languages, strict=True):
        if language is not None:
            if same_language(tag, language):
                own += len(paragraph)
            else:
                other += len(paragraph)
    return own / (own + other) if own + other else None


def _whole(text: str, own: list[bool], languages: list[str | None]) -> list[dict[str, Any]]:
    spans, start = [], 0
    for paragraph, is_own, language in zip(text.split("\n\n"), own, languages, strict=True):
        if not is_own:
            spans.append({"start": start, "end": start + len(paragraph), "language": language})
        start += len(paragraph) + 2
    return spans


def _residue(text: str, tag: str) -> list[list[Any]]:
    return [
        [match.start(), match.end(), source]
        for source, pattern in RESIDUE.get(base(tag), ())
        for match in pattern.finditer(text)
    ]


def _merged(whole: list[dict[str, Any]], inner: list[list[Any]]) -> list[dict[str, Any]]:
    """Merge foreign paragraphs and pieces in order; drop pieces within a paragraph or another piece."""
    languages = {(start, end): language for start, end, language in inner}
    languages |= {(span["start"], span["end"]): span["language"] for span in whole}
    return [{"start": start, "end": end, "language": languages[start, end]} for start, end in _apart(list(languages))]
