"""Strip boilerplate: remove its lines from the articles that have them, and measure these articles again."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from builder.config.sections import Dedup
from builder.core import files
from builder.core.schema import MIXED, PREPARED, VERDICT
from builder.langid import identify
from builder.langid.process import Detectors
from builder.langid.spans import share
from builder.prepare import boilerplate
from builder.prepare.corpus import Corpus
from builder.prepare.measure import MEASURED, measure
from builder.text.lines import Keys, Stripped, move_spans, strip_lines

DOUBTED = ("disagree", "uncertain")  # identified again: boilerplate in another language may have caused these verdicts


def strip_boilerplate(corpus: Corpus, keys: dict[int, Keys], path: Path, remove: bool, dedup: Dedup) -> int:
    """Strip the lines with these keys (boilerplate.find) from rows of the corpus; return how many lines these are.

    The stripped records are stored in `path`. If `remove` is false, the column `furniture` only lists the lines.
    """
    if not keys:
        return 0
    lines = 0
    rows = sorted(keys)
    with files.replacing(path) as beside, pq.ParquetWriter(beside, PREPARED, write_page_checksum=True) as writer:
        for some, table in corpus.batches(rows, PREPARED.names, boilerplate.BATCH):
            parts = _parts(table, [keys[row] for row in some])
            lines += sum(len(part.removed) for part in parts)
            if remove:
                table = _measured(_without(table, parts), dedup)
            removed = pa.array([part.removed for part in parts], PREPARED.field("furniture").type)
            writer.write_table(_with(table, "furniture", removed).cast(PREPARED))
    corpus.replace(rows, path)
    return lines


def _parts(table: pa.Table, keys: list[Keys]) -> list[Stripped]:
    columns = (table["text"].to_pylist(), table["language"].to_pylist(), keys)
    return [strip_lines(text, tag, wanted) for text, tag, wanted in zip(*columns, strict=True)]


def _without(table: pa.Table, parts: list[Stripped]) -> pa.Table:
    """Replace the texts of rows by the remaining parts, and adapt the languages of paragraphs and the spans."""
    languages: list[Any] = []
    shares: list[Any] = []
    spans: list[Any] = []
    for part, row in zip(
        parts, table.select(["text", "language", *(field.name for field in MIXED)]).to_pylist(), strict=True
    ):
        known = row["paragraph_languages"]
        left = [known[number] for number in part.paragraphs] if known is not None else None
        languages.append(left)
        shares.append(share(part.text, left, row["language"]) if left else None)
        spans.append(move_spans(row["foreign_spans"] or [], row["text"], part) if known is not None else None)
    table = _with(table, "text", pa.array([part.text for part in parts], pa.string()))
    for field, values in zip(MIXED, (languages, shares, spans), strict=True):
        table = _with(table, field.name, pa.array(values, field.type))
    return table


def _measured(table: pa.Table, dedup: Dedup) -> pa.Table:
    doubted = pc.and_(pc.is_in(table["language_verdict"], pa.array(DOUBTED)), pc.not_equal(table["text"], ""))
    if pc.any(doubted).as_py():
        again = _identified(table.filter(doubted))
        order = pc.sort_indices(pa.concat_arrays([_indexes(pc.invert(doubted)), _indexes(doubted)]))
        table = pa.concat_tables([table.filter(pc.invert(doubted)), again]).take(order)
    return measure(
        table.drop_columns([field.name for field in MEASURED]), dedup.ngram, dedup.bands, dedup.rows, dedup.min_words
    )


def _indexes(mask: pa.ChunkedArray) -> pa.Array:
    return pc.indices_nonzero(mask)


def _identified(table: pa.Table) -> pa.Table:
    names = table.column_names
    dropped = [field.name for field in (*VERDICT[2:], *MIXED)]
    with Detectors() as detectors:
        bare = table.drop_columns(dropped).combine_chunks()
        detectors.ask(identify.request(bare))
        return identify.conclude(bare, detectors.answers()).select(names)


def _with(table: pa.Table, name: str, values: pa.Array) -> pa.Table:
    return table.set_column(table.schema.get_field_index(name), table.schema.field(name), values)
