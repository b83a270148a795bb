"""Set two aligned texts side by side for a terminal: differences are marked, long equal stretches are folded.

Widths are in cells of a terminal: wide letters take two, combining marks none.
"""

import itertools
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from builder.core.printable import BREAK, visible
from builder.diff.align import Piece
from builder.text.fold import UNSPACED

LEAST_COLUMN = 20  # cells; a narrower terminal breaks the lines itself
SHOWN_AROUND = {False: 8, True: 16}  # words on either side of a fold; characters in UNSPACED scripts (True)
LEAST_FOLDED = {False: 8, True: 16}
SAME, REMOVED, ADDED = range(3)
COLOURS = {REMOVED: "\x1b[31;9m", ADDED: "\x1b[32;4m"}  # red and struck through, green and underlined
PLAIN = "\x1b[0m"
MARKS = {REMOVED: ("[-", "-]"), ADDED: ("{+", "+}")}
BORDER = " │ "
# A terminal that reorders right-to-left letters would join those of two columns into one run. This mark, which is
# invisible, separates them.
_LEFT_TO_RIGHT = "\N{LEFT-TO-RIGHT MARK}"


class Styled(NamedTuple):
    """A word with the space after it, and whether it is in both texts (SAME), REMOVED or ADDED."""

    style: int
    word: str


class Line(NamedTuple):
    """A line with its colours, and its width in cells."""

    text: str
    cells: int


def cells(text: str) -> int:
    """Return the width of a text in cells, without a line break at its end.

    >>> cells("été"), cells("第3届"), cells("ที่"), cells("e\N{COMBINING ACUTE ACCENT}")
    (3, 5, 1, 1)
    """
    from wcwidth import width

    return len(text.rstrip(BREAK)) if text.isascii() else int(width(text.rstrip(BREAK), control_codes="ignore"))


def beside(pieces: Sequence[Piece], script: str | None, width: int, colour: bool) -> list[str]:
    """Lay out the pieces as lines of two columns, `one` on the left and `other` on the right.

    With `colour`, differences are coloured; without it, they stand in marks: `[-removed-]` and `{+added+}`.
    """
    unspaced, lines = script in UNSPACED, list[str]()
    for stretch in _stretches(pieces, unspaced):
        if isinstance(stretch, int):
            lines.append(f"… ({stretch} {'characters' if unspaced else 'words'} the same) …")
            continue
        left = [Styled(SAME if piece.same else REMOVED, word) for piece in stretch for word in piece.one]
        right = [Styled(SAME if piece.same else ADDED, word) for piece in stretch for word in piece.other]
        lines += _columns(left, right, width, unspaced, colour)
    return lines


def heads(left: Sequence[str], right: Sequence[str], width: int) -> list[str]:
    """Lay out the headings of the two columns, with a rule below."""
    lines = []
    for texts in itertools.zip_longest(left, right, fillvalue=""):
        one, other = ([Styled(SAME, f"{word} ") for word in visible(text).split()] for text in texts)
        lines += _columns(one, other, width, False, False)
    return [*lines, "─" * _column(width) + "─┼─" + "─" * _column(width)]


def listed(rows: Sequence[Sequence[str]], width: int) -> list[str]:
    """Lay out rows of cells as lines of a table, each column as wide as its widest cell.

    If the table would be wider than `width`, the last column moves to lines of its own.

    >>> listed([["id", "kind", "place"], ["fr-02", "near", "fr-02.txt"]], 80)
    ['id     kind  place', 'fr-02  near  fr-02.txt']
    >>> listed([["id", "kind", "place"], ["fr-02", "near", "fr-02.txt"]], 20)
    ['id     kind', '  place', 'fr-02  near', '  fr-02.txt']
    """
    shown = [[Line(visible(cell), cells(visible(cell))) for cell in row] for row in rows]
    widths = [max(cell.cells for cell in column) for column in zip(*shown, strict=True)]
    if sum(widths) + 2 * (len(widths) - 1) <= width:
        return [_joined(row, widths, "  ") for row in shown]
    return [line for row in shown for line in (_joined(row[:-1], widths, "  "), f"  {row[-1].text}")]


def _stretches(pieces: Sequence[Piece], unspaced: bool) -> Iterator[list[Piece] | int]:
    """Yield the stretches to show, and between them the number of folded words (without marks of punctuation).

    A stretch ends where both texts end a paragraph, and around a long difference, so that the next one starts level in
    both columns.
    """
    around, shown = SHOWN_AROUND[unspaced], list[Piece]()
    for piece in pieces:
        size = max(len(piece.one), len(piece.other))
        if piece.same and size >= 2 * around + LEAST_FOLDED[unspaced]:
            yield from _levelled([*shown, Piece(True, piece.one[:around], piece.other[:around])])
            yield sum(any(map(str.isalnum, word)) for word in piece.one[around:-around])
            shown = [Piece(True, piece.one[-around:], piece.other[-around:])]
        elif piece.same or size <= 2 * around:
            shown.append(piece)
        else:
            yield from _levelled(shown)
            yield [piece]
            shown = []
    yield from _levelled(shown)


def _levelled(pieces: list[Piece]) -> Iterator[list[Piece]]:
    """Split a stretch after each paragraph that ends in both texts."""
    shown: list[Piece] = []
    for piece in pieces:
        rest = piece
        while rest.same and BREAK in rest.one:
            end = rest.one.index(BREAK) + 1
            yield [*shown, Piece(True, rest.one[:end], rest.other[:end])]
            shown, rest = [], Piece(True, rest.one[end:], rest.other[end:])
        shown += [rest] * bool(rest.one or rest.other)
    if shown:
        yield shown


def _columns(left: list[Styled], right: list[Styled], width: int, unspaced: bool, colour: bool) -> list[str]:
    column = _column(width)
    sides = (_lines(words, column, unspaced, colour) for words in (left, right))
    return [_joined(both, (column, column), BORDER) for both in itertools.zip_longest(*sides, fillvalue=Line("", 0))]


def _column(width: int) -> int:
    return max(LEAST_COLUMN, (width - len(BORDER)) // 2)


def _joined(row: Sequence[Line], widths: Sequence[int], border: str) -> str:
    """Join the cells of a row so that a terminal moves no right-to-left letters into the next cell."""
    filled = [cell.text + " " * (width - cell.cells) for cell, width in zip(row, widths, strict=False)]
    if any(unicodedata.bidirectional(letter) in ("R", "AL") for cell in row for letter in cell.text):
        border = f"{_LEFT_TO_RIGHT}{border}{_LEFT_TO_RIGHT}"
        filled[0] = _LEFT_TO_RIGHT + filled[0]
    return border.join(filled).rstrip()


def _lines(words: Iterable[Styled], width: int, unspaced: bool, colour: bool) -> Iterator[Line]:
    """Break words into lines of at most `width` cells, between words and at the ends of paragraphs."""
    spelled = (Styled(style, f"¶{BREAK}" if style and word == BREAK else word) for style, word in words)
    line: list[Styled] = []
    used = 0
    for chunk in _chunks(spelled if colour else _marked(spelled), unspaced):
        units = [chunk] if _size(chunk) <= width else [[letter] for part in chunk for letter in _letters(part)]
        for unit in units:
            if line and used + _size(unit) > width:
                yield _painted(line)
                line, used = [], 0
            line += unit
            used += sum(cells(part.word) for part in unit)
        if line[-1].word.endswith(BREAK):
            if line != [Styled(SAME, BREAK)]:
                yield _painted(line)
            line, used = [], 0
    if line:
        yield _painted(line)


def _marked(words: Iterable[Styled]) -> Iterator[Styled]:
    """Put marks around removed and added words instead of colours."""
    for style, run in itertools.groupby(words, lambda part: part.style):
        marked = [part.word for part in run]
        if style != SAME:
            first, last = MARKS[style]
            marked[0] = first + marked[0]
            bare = marked[-1].rstrip()
            marked[-1] = bare + last + marked[-1][len(bare) :]
        yield from (Styled(SAME, word) for word in marked)


def _chunks(words: Iterable[Styled], unspaced: bool) -> Iterator[list[Styled]]:
    """Yield the words between which no line may end."""
    chunk: list[Styled] = []
    for part in words:
        if chunk and _may_break(chunk[-1].word, part.word, unspaced):
            yield chunk
            chunk = []
        chunk.append(part)
    if chunk:
        yield chunk


def _may_break(before: str, after: str, unspaced: bool) -> bool:
    """Tell whether a line may end between two words: only at a space, or, in UNSPACED scripts, except at brackets.

    There it may not end before a closing mark or after an opening one.
    """
    if before.endswith((" ", BREAK)) or not unspaced or after == BREAK:
        return before.endswith((" ", BREAK))
    return unicodedata.category(after[0]) not in ("Pe", "Pf", "Po") and unicodedata.category(before[-1]) not in (
        "Ps",
        "Pi",
    )


def _letters(part: Styled) -> list[Styled]:
    from wcwidth import iter_graphemes

    return [Styled(part.style, letter) for letter in iter_graphemes(part.word)]


def _size(parts: Sequence[Styled]) -> int:
    """Return the width of parts at the end of a line, in cells."""
    return sum(cells(part.word) for part in parts) - parts[-1].word.endswith(" ")


def _painted(parts: Sequence[Styled]) -> Line:
    """Return a line with its colours, without the space at its end."""
    painted = ""
    for style, run in itertools.groupby(parts, lambda part: part.style):
        text = "".join(part.word for part in run)
        bare = text.rstrip()
        painted += f"{COLOURS[style]}{bare}{PLAIN}{text[len(bare) :]}" if style and bare else text
    return Line(painted.rstrip(), cells("".join(part.word for part in parts).rstrip()))
