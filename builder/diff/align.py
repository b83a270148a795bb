"""Align two texts word by word: what both say, and what only one of them does. For people who compare two copies."""

import itertools
import re
import unicodedata
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from builder.core.printable import BREAK
from builder.text.fold import UNSPACED

_ENDS = frozenset((BREAK, *".!?…。！？؟।"))  # behind these a difference begins well
MOST_WORDS = 40_000  # of a text, from its beginning, that are compared: the table of two such texts takes 200 MB
_RUNS = re.compile(r"(?P<break>\s*\n\s*)|(?P<space>\s+)|\S+")
_LATIN_OR_NOT = re.compile(r"[A-Za-z0-9]+|[^A-Za-z0-9]+")


class Piece(NamedTuple):
    """A stretch that both texts say (`same`), or what each of them says in its place, which may be nothing.

    Words have the space that follows them; those of `one` and `other` in a stretch that is the same differ in it alone.
    """

    same: bool
    one: tuple[str, ...]
    other: tuple[str, ...]


def words(text: str, script: str | None) -> list[str]:
    r"""Give the words of a text, each mark of punctuation around one by itself, with the space behind it.

    In scripts without spaces they are characters with their combining marks.

    >>> words("“I can't,”  he said.\n\nSo?", "Latn")
    ['“', 'I ', "can't", ',', '” ', 'he ', 'said', '.', '\n', 'So', '?']
    >>> words("第3届FIBA杯", "Hans"), words("ที่นี่ดี", "Thai")
    (['第', '3', '届', 'FIBA', '杯'], ['ที่', 'นี่', 'ดี'])
    """
    found: list[str] = []
    for run in _RUNS.finditer(text.strip()):
        if run["break"]:
            found.append(BREAK)
        elif run["space"]:
            found[-1] += " "
        elif script in UNSPACED:
            found += _characters(run[0])
        else:
            found += _parted(run[0])
    return found


def _parted(run: str) -> list[str]:
    """Part a word from the punctuation before and behind it."""
    start, end = 0, len(run)
    while start < end and _is_mark(run[start]):
        start += 1
    while end > start and _is_mark(run[end - 1]):
        end -= 1
    return [*run[:start], *filter(None, (run[start:end],)), *run[end:]]


def _is_mark(letter: str) -> bool:
    return unicodedata.category(letter)[0] in "PS"


def _characters(run: str) -> Iterator[str]:
    from wcwidth import iter_graphemes

    for part in _LATIN_OR_NOT.findall(run):
        yield from (part,) if part[0].isascii() and part.isalnum() else iter_graphemes(part)


def align(one: str, other: str, script: str | None) -> list[Piece]:
    """Align two texts by their longest common sequence of words; the script says what a word is.

    Stretches that are the same and others take turns. What is said in both by chance, amid longer stretches that are
    not, counts as different. The first MOST_WORDS of each text are aligned.

    >>> align("The mayor left at noon.", "The mayor went home at noon.", "Latn")  # doctest: +NORMALIZE_WHITESPACE
    [Piece(same=True, one=('The ', 'mayor '), other=('The ', 'mayor ')),
     Piece(same=False, one=('left ',), other=('went ', 'home ')),
     Piece(same=True, one=('at ', 'noon', '.'), other=('at ', 'noon', '.'))]
    """
    from rapidfuzz.distance import Indel

    left, right = words(one, script)[:MOST_WORDS], words(other, script)[:MOST_WORDS]
    codes = Indel.opcodes([word.rstrip(" ") for word in left], [word.rstrip(" ") for word in right])
    pieces = []
    for same, group in itertools.groupby(codes, lambda code: code.tag == "equal"):
        spans = list(group)
        pieces.append(
            Piece(
                same,
                tuple(left[spans[0].src_start : spans[-1].src_end]),
                tuple(right[spans[0].dest_start : spans[-1].dest_end]),
            )
        )
    return _without_islands(_slid(pieces))


def _slid(pieces: list[Piece]) -> list[Piece]:
    """Move what only one text says along words that both say, so that it begins where a sentence does.

    So `left[-. He smiled-].` becomes `left.[-He smiled.-]`.
    """
    slid = list(pieces)
    for at in range(1, len(slid) - 1):
        before, piece, after = slid[at - 1 : at + 2]
        if piece.same or (piece.one and piece.other):
            continue
        own = (piece.one or piece.other) + (after.one if piece.one else after.other)
        size = len(own) - len(after.one)
        best = _begins(own, size, len(after.one) - (at + 2 < len(slid)))
        one, other = (own, after.other) if piece.one else (after.one, own)
        slid[at - 1] = Piece(True, before.one + one[:best], before.other + other[:best])
        moved = own[best : best + size]
        slid[at] = Piece(False, moved, ()) if piece.one else Piece(False, (), moved)
        slid[at + 1] = Piece(True, after.one[best:], after.other[best:])
    return [piece for piece in slid if piece.one or piece.other]


def _begins(words: Sequence[str], size: int, most: int) -> int:
    """Give by how many words a difference, the first `size` of these, can begin later: behind the end of a sentence."""
    bare = [word.rstrip(" ") for word in words]
    free = next((step for step in range(most) if bare[step] != bare[step + size]), most)
    return max((step + 1 for step in range(free) if bare[step] in _ENDS), default=0)


def _without_islands(pieces: list[Piece]) -> list[Piece]:
    """Join differences that have less between them that is the same than either of them has words."""
    found: list[Piece] = []
    for piece in pieces:
        found.append(piece)
        while len(found) > 2 and not found[-1].same and len(found[-2].one) < min(_size(found[-3]), _size(found[-1])):
            before, island, after = found[-3:]
            found[-3:] = [Piece(False, before.one + island.one + after.one, before.other + island.other + after.other)]
    return found


def _size(piece: Piece) -> int:
    return max(len(piece.one), len(piece.other))
