"""Stand-off: what a release has of articles that may not be shared: ids, hashes and findings, none of their words.

What is published by `publish = "ids"` is made here, and only here: the rows, the decisions, and what the card says.
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

# Columns with words that have a hash of their own.
_HASHES = {name: f"{name}_sha256" for name in WORDS if f"{name}_sha256" in STANDOFF.names}
# From the first mark or bracket to the last: what is quoted may have some too.
_QUOTED = re.compile(r"""['"(].*['")]""", re.DOTALL)


def sha256_of(said: str | None) -> str | None:
    """Return the sha256 of a text in UTF-8; null for none."""
    return None if said is None else sha256(said.encode()).hexdigest()


def article_sha256(*words: str | None) -> str:
    r"""Return one SHA-256 for all words of an article (schema.WORDS): each in UTF-8, followed by a NUL; null is U+0001.

    >>> article_sha256("A", "B", None) == sha256(b"A\0B\0\1\0").hexdigest()
    True
    """
    return sha256("".join("\1\0" if said is None else f"{said}\0" for said in words).encode()).hexdigest()


def articles(rows: pa.Table, lines: Sequence[Sequence[str] | None]) -> pa.Table:
    """Make rows with texts (schema.ARTICLE) rows without (schema.STANDOFF); `lines` is what was taken out of each."""
    words = {name: rows[name].to_pylist() for name in WORDS}
    made: dict[str, Any] = {
        **{digest: [sha256_of(said) for said in words[name]] for name, digest in _HASHES.items()},
        "article_sha256": [article_sha256(*said) for said in zip(*words.values(), strict=True)],
        "furniture": _keys(lines, rows["language"].to_pylist()),
    }
    found = [pa.array(made[field.name], field.type) if field.name in made else rows[field.name] for field in STANDOFF]
    return pa.table(found, schema=STANDOFF)


def _keys(lines: Sequence[Sequence[str] | None], languages: Sequence[str | None]) -> list[list[int] | None]:
    """Return the keys by which lines of furniture are found again, each once."""
    return [
        None if not said else sorted(set(line_keys("\n".join(said), language or "und")))
        for said, language in zip(lines, languages, strict=True)
    ]


def decisions(table: pa.Table) -> pa.Table:
    """Take out of decisions (schema.DECISION) what quotes the articles; reasons, places and ids stay."""
    said = (table[name].to_pylist() for name in ("reason", "detail"))
    made = {
        **{column.name: pa.nulls(len(table), column.type) for column in columns.of(Table.DECISION) if column.words},
        # What a file calls a story may be words of it; an article that is published has its story in its row too.
        "story": pc.if_else(pc.equal(table["decision"], Decision.KEPT), table["story"], None).combine_chunks(),
        "furniture": _keys(table["furniture"].to_pylist(), table["language"].to_pylist()),
        "notes": [unquoted(note) for note in table["notes"].to_pylist()],
        "detail": [unquoted(detail) if _may_quote(reason) else detail for reason, detail in zip(*said, strict=True)],
    }
    found = [
        pa.array(made[field.name], field.type) if field.name in made else table[field.name]
        for field in STANDOFF_DECISION
    ]
    return pa.table(found, schema=STANDOFF_DECISION)


def _may_quote(reason: str | None) -> bool:
    return reason is not None and Reason(reason).quotes


def unquoted(said: str | None) -> str | None:
    """Take what is quoted or in brackets, and what stands between two such pieces, out of a sentence.

    >>> unquoted("a.csv:2: tag 'xq-02': 'xq' is no language. Expected fr-02")
    'a.csv:2: tag … is no language. Expected fr-02'
    >>> unquoted("a.csv:3: 2 columns. Expected 3, as in the header (It rained, all day (in May), long)")
    'a.csv:3: 2 columns. Expected 3, as in the header …'
    """
    return said and _QUOTED.sub("…", said)
