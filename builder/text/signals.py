"""Measure the quality signals of texts, for the faults of `quality` and for the readers of a release.

The signals of an article depend on that article alone, and on no other article or order. All are null if an article
is not usable. Sources: Gopher (Rae et al. 2021, arXiv 2112.11446) and the quality signals of RedPajama v2 (Weber et
al. 2024, arXiv 2411.12372). Where we differ, the docstring of the function says so.
"""

import re
from collections.abc import Iterator
from functools import lru_cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from builder.core.arrow import one_chunk
from builder.core.data import quality_rules
from builder.core.schema import SIGNALS
from builder.text import repetition, words
from builder.text.repetition import repeated_lines, repeated_ngrams
from builder.text.stop_words import list_hashes, stop_word_list
from builder.text.words import Numbers, Texts, Words

NAMES = tuple(field.name for field in SIGNALS)
BLOCK_CHARACTERS = 1 << 18  # measured at once: so many fit into a processor's cache
_TAIL_CHARACTERS = 80  # the end of a text, which decides `cut_off`


def score(table: pa.Table) -> pa.Table:
    """Append schema.SIGNALS to rows with `text`, `language` (BCP-47), `script` (ISO 15924) and `reason` (null: usable).

    >>> table = pa.table({"text": ["Le pont est ouvert. Il a coûté 3,5 millions."], "language": ["fr"],
    ...     "script": ["Latn"], "reason": pa.array([None], pa.string())})
    >>> scored = score(table).select(["word_count", "sentences", "ends_in_stop", "cut_off"]).to_pylist(); scored
    [{'word_count': 10, 'sentences': 2, 'ends_in_stop': True, 'cut_off': False}]
    """
    usable = pc.and_(pc.is_null(table["reason"]), pc.is_valid(table["text"]))
    rows = np.flatnonzero(one_chunk(usable).to_numpy(zero_copy_only=False))
    chosen = table.select(["text", "language", "script"]).take(pa.array(rows))
    lengths = pc.utf8_length(chosen["text"]).to_numpy()
    values = {name: np.full(len(table), np.nan) for name in NAMES}
    for first, last in _blocks(lengths):
        here = rows[first:last]
        texts, languages, scripts = (column.to_pylist() for column in chosen.slice(first, last - first).columns)
        for name, numbers in _signals(texts, languages, scripts).items():
            values[name][here] = numbers
    values["cut_off"][rows] = one_chunk(cut_off(chosen["text"])).to_numpy(zero_copy_only=False)
    for field in SIGNALS:
        unknown = np.isnan(values[field.name])
        known = np.where(unknown, 0, values[field.name]).astype(field.type.to_pandas_dtype())
        table = table.append_column(field, pa.array(known, field.type, mask=unknown))
    return table


def _blocks(lengths: Numbers) -> Iterator[tuple[int, int]]:
    """Yield begin and end of runs of rows with at most BLOCK_CHARACTERS, or of one row that has more."""
    first, size = 0, 0
    for row, length in enumerate(lengths.tolist()):
        if row > first and (size + length > BLOCK_CHARACTERS or row - first >= repetition.ARTICLES):
            yield first, row
            first, size = row, 0
        size += length
    if len(lengths):
        yield first, len(lengths)


def _signals(strings: list[str], languages: list[str | None], scripts: list[str | None]) -> dict[str, Numbers]:
    """Return all signals of some articles except `cut_off`, as float64; NaN means unknown."""
    texts = words.lay_out(strings, scripts)
    tokens = words.words(texts, strings, scripts, languages)
    count = np.bincount(tokens.article, minlength=len(strings))
    with np.errstate(invalid="ignore", divide="ignore"):
        return {
            "word_count": count,
            "mean_word_length": np.bincount(tokens.article, tokens.ends - tokens.starts, len(strings)) / count,
            **_shares_of_characters(texts, scripts),
            **_marks(texts, tokens, scripts),
            **dict(zip(repetition.LINES, np.array([repeated_lines(text) for text in strings]).T, strict=True)),
            **repeated_ngrams(tokens, len(strings)),
            "stop_word_share": _stop_words(tokens, languages, scripts) / count,
        }


def _shares_of_characters(texts: Texts, scripts: list[str | None]) -> dict[str, Numbers]:
    """Return the shares of kinds of visible characters: all except white space, joiners and format characters.

    Marks that separate words as spaces do (Tibetan tsheg) count as white space.
    """
    articles = len(texts.starts)
    rows = np.repeat(np.arange(articles) * words.KINDS, np.diff(texts.starts, append=len(texts.points)))
    kinds = np.bincount(rows + texts.kinds, minlength=articles * words.KINDS).reshape(articles, words.KINDS)
    visible = kinds.sum(1) - kinds[:, [words.SPACE, words.FORMAT, words.JOINER]].sum(1)
    letters = kinds[:, [words.LETTER, words.LOWER, words.UPPER]].sum(1)
    cased = kinds[:, [words.LOWER, words.UPPER]].sum(1)
    with_case = np.array([script is None or script in quality_rules()["marks"]["cased"] for script in scripts])
    return {
        "letter_share": (letters + kinds[:, words.MARK]) / visible,
        "digit_share": kinds[:, words.DIGIT] / visible,
        "punctuation_share": kinds[:, words.PUNCTUATION : words.DOT + 1].sum(1) / visible,
        "upper_share": np.where(with_case & (2 * cased > letters), kinds[:, words.UPPER] / cased, np.nan),
    }


def _marks(texts: Texts, tokens: Words, scripts: list[str | None]) -> dict[str, Numbers]:
    """Count sentences, paragraphs, bullets and ellipses, and tell whether a stop ends the text."""
    articles, points = len(scripts), texts.points
    breaks = points == words.BREAK
    edges = np.diff(breaks, prepend=True)  # begin, end, begin, end: lines never touch
    starts, ends = np.flatnonzero(edges).reshape(-1, 2).T
    line_article = texts.article_of(starts)
    lines = np.bincount(line_article, minlength=articles)
    fresh = (starts < 2) | breaks[starts - 2]  # a blank line is above it
    paragraph_starts = starts[fresh]
    paragraphs = np.bincount(line_article[fresh], minlength=articles)
    solid = np.flatnonzero(_SOLID[texts.kinds])
    last = np.searchsorted(solid, texts.ends) - 1
    has_solid = last >= np.searchsorted(solid, texts.starts)  # a text may have brackets only
    stop_behind = np.zeros(articles)
    stop_behind[has_solid] = _STOPS[texts.kinds[solid[last[has_solid]]]]
    unmarked = np.array([script in quality_rules()["marks"]["none"] for script in scripts])
    worded = np.diff(np.searchsorted(tokens.starts, paragraph_starts), append=len(tokens.starts)) > 0
    sentences = np.bincount(line_article[fresh][worded], minlength=articles)
    sentences += np.bincount(texts.article_of(_inner_stops(texts, solid, paragraph_starts)), minlength=articles)
    return {
        "sentences": np.where(unmarked, np.nan, sentences),
        "paragraphs": paragraphs,
        "bullet_share": np.bincount(line_article, _bullets(points, starts), articles) / lines,
        "ellipsis_share": np.bincount(line_article, _ellipses(texts, ends), articles) / lines,
        "ends_in_stop": np.where(unmarked, np.nan, stop_behind),
    }


_SOLID = ~np.isin(np.arange(words.KINDS), (words.SPACE, words.FORMAT, words.JOINER, words.BRACKET))
_STOPS = np.isin(np.arange(words.KINDS), (words.STOP, words.FREE_STOP, words.DOT))


def _inner_stops(texts: Texts, solid: Numbers, paragraph_starts: Numbers) -> Numbers:
    """Return the positions where a sentence ends and another one begins in the same paragraph.

    `solid` has the positions of all characters except spaces, brackets and quotation marks. A stop does not end a
    sentence before another stop, before a small letter ("« Non ! » dit-il"), or without the space that it needs
    behind it ("3.5"). Nor does a full stop behind a single letter ("J. Smith", "z. B.").
    """
    kinds = texts.kinds
    stops = np.flatnonzero(_STOPS[kinds[solid[:-1]]])
    here, behind = solid[stops], solid[stops + 1] if len(stops) else stops
    kind = kinds[here]
    spaces = np.cumsum(kinds == words.SPACE, dtype=np.int32)
    separated = (spaces[behind] > spaces[here]) & (kinds[behind] != words.LOWER)
    ending = ((kind == words.FREE_STOP) | separated) & ~_STOPS[kinds[behind]]
    before, further = kinds[here - 1], kinds[here - 2]
    cased = (before == words.UPPER) | (before == words.LOWER)
    ending &= ~((kind == words.DOT) & cased & ((here < 2) | (further < words.JOINER) | (further > words.DIGIT)))
    same = np.searchsorted(paragraph_starts, here, "right") == np.searchsorted(paragraph_starts, behind, "right")
    return np.asarray(here[ending & same])


def _bullets(points: Numbers, starts: Numbers) -> Numbers:
    marks = quality_rules()["marks"]
    alone, spaced = (np.array([*map(ord, marks[name])], np.uint32) for name in ("bullets", "bullets_before_space"))
    begins = points[starts]
    listed = np.isin(begins, alone) | (np.isin(begins, spaced) & (points[starts + 1] == ord(" ")))
    return np.asarray(listed)


def _ellipses(texts: Texts, ends: Numbers) -> Numbers:
    """Tell which lines end in an ellipsis, or in one within a bracket or quote."""
    last = ends - 1
    last = last - (texts.kinds[last] == words.BRACKET)
    points = texts.points
    dots = points[last] == ord(".")
    for step in (1, 2):
        dots &= points[last - step] == ord(".")
    return np.asarray((points[last] == ord("…")) | (dots & (last >= 2)))


def _stop_words(tokens: Words, languages: list[str | None], scripts: list[str | None]) -> Numbers:
    """Count the words of each article that are on its language's list; NaN if the language has none."""
    names = [
        stop_word_list(language, script) if language and script else None
        for language, script in zip(languages, scripts, strict=True)
    ]
    numbers = {name: number for number, name in enumerate(sorted({name for name in names if name}), 1)}
    own = words.mixed(np.array([numbers.get(name or "", 0) for name in names], np.uint64))
    listed = [list_hashes(name) ^ words.mixed(np.array([number], np.uint64)) for name, number in numbers.items()]
    keys = pa.array(tokens.hashes ^ own[tokens.article], pa.uint64())
    wanted = pa.array(np.concatenate([*listed, np.empty(0, np.uint64)]), pa.uint64())
    stops = pc.is_in(keys, value_set=wanted).to_numpy(zero_copy_only=False)
    counts = np.bincount(tokens.article[stops], minlength=len(names))
    return np.where([name is None for name in names], np.nan, counts)


def cut_off(column: pa.ChunkedArray) -> pa.ChunkedArray:
    r"""Tell which texts end in a sign that they continue elsewhere: an ellipsis, a count of characters, or a link.

    >>> cut_off(pa.chunked_array([["Le pont est…", "Il a dit. [+1234 chars]", "Oui.\n\nLire la suite"]])).to_pylist()
    [True, True, True]
    >>> cut_off(pa.chunked_array([["« Et puis… »", "Vor allem sollen Kinder mehr lesen"]])).to_pylist()
    [False, False]
    """
    return pc.match_substring_regex(pc.utf8_slice_codeunits(column, -_TAIL_CHARACTERS), _cut_off_pattern())


@lru_cache(maxsize=1)
def _cut_off_pattern() -> str:
    rules = quality_rules()["cut_off"]
    links = "|".join(re.escape(link).replace("\\ ", " ") for link in rules["links"])
    return rf"(?:{'|'.join(rules['ends'])})\s*$|{rules['before']}(?:{links}){rules['behind']}\s*$"
