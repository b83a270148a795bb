"""Align two texts word by word, to show people where two copies differ."""

import itertools
import re
import unicodedata
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from builder.core.printable import BREAK
from builder.text.fold import UNSPACED

_ENDS = frozenset((BREAK, *".!?…。！？؟।"))  # a difference reads best when it begins after one of these
MOST_WORDS = 40_000  # compared from the start of each text: the table for two texts of this length takes 200 MB
_RUNS = re.compile(r"(?P<break>\s*\n\s*)|(?P<space>\s+)|\S+")
_LATIN_OR_NOT = re.compile(r"[A-Za-z0-9]+|[^A-Za-z0-9]+")


class Piece(NamedTuple):
    """A stretch of words that both texts share (`same`), or the words of each text where they differ (possibly none).

    Words include the space that follows them. In a shared stretch, `one` and `other` differ only in spaces.
    """

    same: bool
    one: tuple[str, ...]
    other: tuple[str, ...]


def words(text: str, script: str | None) -> list[str]:
    r"""Return the words of a text, each with the space after it; punctuation around a word is separate.

    In scripts without spaces, each character with its combining marks is a word.

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
            found += _split_punctuation(run[0])
    return found


def _split_punctuation(run: str) -> list[str]:
    """Separate a word from the punctuation before and after it."""
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
    """Align two texts by their longest common sequence of words; the script decides how to split words.

    Shared and different stretches alternate. A short shared stretch between longer differences is a coincidence, and
    counts as different. Only the first MOST_WORDS of each text are aligned.

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
    """Shift words that only one text has along shared words, so that they begin at the start of a sentence.

    For example, `left[-. He smiled-].` becomes `left.[-He smiled.-]`.
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
    """Return how many words later a difference (the first `size` words) can begin, after the end of a sentence."""
    bare = [word.rstrip(" ") for word in words]
    free = next((step for step in range(most) if bare[step] != bare[step + size]), most)
    return max((step + 1 for step in range(free) if bare[step] in _ENDS), default=0)


def _without_islands(pieces: list[Piece]) -> list[Piece]:
    """Join two differences if the shared stretch between them is shorter than either of them."""
    found: list[Piece] = []
    for piece in pieces:
        found.append(piece)
        while len(found) > 2 and not found[-1].same and len(found[-2].one) < min(_size(found[-3]), _size(found[-1])):
            before, island, after = found[-3:]
            found[-3:] = [Piece(False, before.one + island.one + after.one, before.other + island.other + after.other)]
    return found


def _size(piece: Piece) -> int:
    return max(len(piece.one), len(piece.other))
