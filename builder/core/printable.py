"""Make text safe to print: remove control characters and marks that turn the direction of text."""

import unicodedata

BREAK = "\n"  # stands between paragraphs, as a word of its own
_TURNING = frozenset(map(chr, (*range(0x202A, 0x202F), *range(0x2066, 0x206A))))  # embeddings, overrides, isolates


def visible(text: str) -> str:
    r"""Remove what could steer a terminal: control characters, and marks that turn the direction of text.

    >>> visible("a\x1b[2Jb \u202ec")
    'a[2Jb c'
    """
    return "".join(
        letter
        for letter in text
        if letter == BREAK or (unicodedata.category(letter) != "Cc" and letter not in _TURNING)
    )
