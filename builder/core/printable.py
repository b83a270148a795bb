"""Show text safely: letters that have no shape or turn the line are spelled out."""

import unicodedata

BREAK = "\n"  # stands between paragraphs, as a word of its own
_TURNING = frozenset(map(chr, (*range(0x202A, 0x202F), *range(0x2066, 0x206A))))  # embeddings, overrides, isolates


def visible(text: str) -> str:
    r"""Take out what steers a terminal: control characters, and marks that turn the direction of what follows them.

    >>> visible("a\x1b[2Jb \u202ec")
    'a[2Jb c'
    """
    return "".join(
        letter
        for letter in text
        if letter == BREAK or (unicodedata.category(letter) != "Cc" and letter not in _TURNING)
    )
