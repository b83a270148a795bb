"""Measure: compute all signals that depend on the text as it will be published.

Prepare measures each article. Articles that lose boilerplate are measured again.
"""

import pyarrow as pa

from builder.core.schema import FURNITURE, HEADLINE, LINES, PREPARED, SIGNALS, SIGNATURE
from builder.dedup import minhash
from builder.text import headline, lines, signals
from builder.text.fold import shingle_words

MEASURED = [*HEADLINE, *SIGNALS, *LINES, *SIGNATURE, *FURNITURE]


def measure(table: pa.Table, ngram: int, bands: int, rows: int, min_words: int) -> pa.Table:
    """Append the signals of their texts to identified rows (schema.PREPARED); `furniture` is null."""
    words = shingle_words(table)
    table = signals.score(headline.compare(table, words))
    table = minhash.sign(lines.add_lines(table), words, ngram, bands, rows, min_words)
    table = table.append_column("furniture", pa.nulls(len(table), FURNITURE[0].type))
    return table.select(PREPARED.names)
