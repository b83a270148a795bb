"""Make the tables of a release of ids (stand-off): ids, hashes and findings, but no words of the articles.

Only this module makes the rows and the decisions that `publish = "ids"` publishes.
"""

import re
from collections.abc import Sequence
from hashlib import sha256
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from builder.core import columns
from builder.core.column import Table
from builder.core.schema import STANDOFF, STANDOFF_DECISION, WORDS
from builder.core.terms import Decision, Reason
from builder.text.lines import line_keys

# Columns with words for which the schema has a hash column.
_HASHES = {name: f"{name}_sha256" for name in WORDS if f"{name}_sha256" in STANDOFF.names}
# From the first quotation mark or bracket to the last, because a quoted text may contain some too.
_QUOTED = re.compile(r"""['"(].*['")]""", re.DOTALL)


def sha256_of(text: str | None) -> str | None:
    """Return the SHA-256 of a text in UTF-8, in hexadecimal; null for null."""
    return None if text is None else sha256(text.encode()).hexdigest()


def article_sha256(*words: str | None) -> str:
    r"""Return one SHA-256 for all words of an article (schema.WORDS): each in UTF-8, then a NUL; null is U+0001.

    >>> article_sha256("A", "B", None) == sha256(b"A\0B\0\1\0").hexdigest()
    True
    """
    return sha256("".join("\1\0" if value is None else f"{value}\0" for value in words).encode()).hexdigest()


def articles(rows: pa.Table, lines: Sequence[Sequence[str] | None]) -> pa.Table:
    """Turn rows with texts (schema.ARTICLE) into rows without (schema.STANDOFF).

    `lines` has the boilerplate lines that were removed from each row.
    """
    words = {name: rows[name].to_pylist() for name in WORDS}
    made: dict[str, Any] = {
        **{digest: [sha256_of(value) for value in words[name]] for name, digest in _HASHES.items()},
        "article_sha256": [article_sha256(*values) for values in zip(*words.values(), strict=True)],
        "furniture": _keys(lines, rows["language"].to_pylist()),
    }
    arrays = [pa.array(made[field.name], field.type) if field.name in made else rows[field.name] for field in STANDOFF]
    return pa.table(arrays, schema=STANDOFF)


def _keys(lines: Sequence[Sequence[str] | None], languages: Sequence[str | None]) -> list[list[int] | None]:
    """Return the sorted, unique keys of the boilerplate lines of each row, by which a reader can find them again."""
    return [
        None if not removed else sorted(set(line_keys("\n".join(removed), language or "und")))
        for removed, language in zip(lines, languages, strict=True)
    ]


def decisions(table: pa.Table) -> pa.Table:
    """Remove quotes of the articles from decisions (schema.DECISION); reasons, places and ids stay."""
    reasons, details = (table[name].to_pylist() for name in ("reason", "detail"))
    made = {
        **{column.name: pa.nulls(len(table), column.type) for column in columns.of(Table.DECISION) if column.words},
        # A file may name a story by words of the article. A kept article has its story in its own row too.
        "story": pc.if_else(pc.equal(table["decision"], Decision.KEPT), table["story"], None).combine_chunks(),
        "furniture": _keys(table["furniture"].to_pylist(), table["language"].to_pylist()),
        "notes": [unquoted(note) for note in table["notes"].to_pylist()],
        "detail": [
            unquoted(detail) if _may_quote(reason) else detail for reason, detail in zip(reasons, details, strict=True)
        ],
    }
    arrays = [
        pa.array(made[field.name], field.type) if field.name in made else table[field.name]
        for field in STANDOFF_DECISION
    ]
    return pa.table(arrays, schema=STANDOFF_DECISION)


def _may_quote(reason: str | None) -> bool:
    return reason is not None and Reason(reason).quotes


def unquoted(message: str | None) -> str | None:
    """Replace everything from the first quotation mark or bracket to the last by `…`.

    >>> unquoted("a.csv:2: tag 'xq-02': 'xq' is not a language. Expected fr-02")
    'a.csv:2: tag … is not a language. Expected fr-02'
    >>> unquoted("a.csv:3: 2 columns. Expected 3, as in the header (It rained, all day (in May), long)")
    'a.csv:3: 2 columns. Expected 3, as in the header …'
    """
    return message and _QUOTED.sub("…", message)
