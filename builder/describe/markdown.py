"""Format numbers and foreign text for Markdown."""

import re

from builder.core.printable import visible

MOST_SHOWN = 200  # characters of a table cell


def count(number: int, noun: str) -> str:
    """Return a number with its noun, in the plural where needed.

    >>> count(1, "article"), count(1234, "word")
    ('1 article', '1,234 words')
    """
    return f"{number:,} {noun}{'s' * (number != 1)}"


def size(byte_count: int) -> str:
    """Return a readable number of bytes.

    >>> size(890), size(12_345), size(3_456_789_000)
    ('1 kB', '12 kB', '3.5 GB')
    """
    for unit, factor in (("GB", 1e9), ("MB", 1e6)):
        if byte_count >= factor:
            return f"{byte_count / factor:.1f} {unit}"
    return f"{byte_count / 1e3:.0f} kB"


def code(text: str) -> str:
    """Return untrusted text as a Markdown code span.

    >>> code("fr-02"), code("we`ird/fr-1")
    ('`fr-02`', '`` we`ird/fr-1 ``')
    """
    shown = " ".join(visible(text).split())
    return f"`` {shown} ``" if "`" in shown else f"`{shown}`"


def cell(text: str) -> str:
    r"""Return untrusted text for a cell of a Markdown table, with all markup escaped.

    >>> cell("a|b\n<i>c</i>  d"), cell("![x](http://evil/t.png)")
    ('a\\|b &lt;i&gt;c&lt;/i&gt; d', '\\!\\[x\\](http://evil/t.png)')
    """
    shown = " ".join(visible(text).replace("\n", " ").split())
    shown = shown if len(shown) <= MOST_SHOWN else f"{shown[: MOST_SHOWN - 1]}…"
    shown = re.sub(r"([\\`*_\[\]|!~])", r"\\\1", shown)
    return shown.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
