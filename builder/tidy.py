"""Tidy: clean text, and the headline's folded copy recognised as the checksum it is and taken out."""

import unicodedata
from collections.abc import Callable

import pyarrow as pa
import pyarrow.compute as pc

from builder import text as texts

TIDIED: dict[str, Callable[[str], str]] = {
    "title": texts.tidy_line,
    "text": texts.tidy_text,
    "source": texts.tidy_line,
    "author": texts.tidy_line,
}
# What RE2 (5 µs an article) must see before Python (100 µs) looks at a text at all.
_SUSPECT = "|".join((texts.INVISIBLE, texts.ENTITY, texts.MOJIBAKE, texts.SPACING))


def tidy(table: pa.Table) -> pa.Table:
    """Tidy the texts of prepared rows and add `folded_headline`; rows without text get the reason `no_text`.

    A folded headline that matches, or that stands where one should and does not (`mismatch`), leaves the text.
    """
    for name, repair in TIDIED.items():
        column = _repaired(table[name].combine_chunks(), repair, one_line=name != "text")
        table = table.set_column(table.schema.get_field_index(name), table.schema.field(name), column)
    return _without_text(_unfold(table))


def _repaired(column: pa.Array, repair: Callable[[str], str], one_line: bool) -> pa.Array:
    suspect = pc.fill_null(pc.match_substring_regex(column, _SUSPECT), False)
    broken = pc.fill_null(pc.match_substring(column, "\n"), False)
    if not one_line:  # line breaks without any blank line: each line is a paragraph
        broken = pc.and_(broken, pc.invert(pc.fill_null(pc.match_substring(column, "\n\n"), False)))
    suspect = pc.or_(pc.or_(suspect, broken), pc.invert(_is_composed(column)))
    if not pc.any(suspect).as_py():
        return column
    repaired = [repair(value) for value in column.filter(suspect).to_pylist()]
    return pc.replace_with_mask(column, suspect, pa.array(repaired, pa.string()))


def _is_composed(column: pa.Array) -> pa.Array:
    """Tell which texts are in NFC; Arrow has no test, and its normalising costs three times Python's test."""
    return pa.array(
        [value is None or value.isascii() or unicodedata.is_normalized("NFC", value) for value in column.to_pylist()],
        pa.bool_(),
    )


def _unfold(table: pa.Table) -> pa.Table:
    columns = (table[name].to_pylist() for name in ("title", "text", "format", "notes"))
    verdicts: list[str | None] = []
    bodies: list[str | None] = []
    notes: list[str | None] = []
    for title, body, format, note in zip(*columns, strict=True):
        verdict = None
        if body is not None:
            verdict = "absent"
            end = body.find("\n\n")
            if title and 0 < end <= 3 * len(title) + 20:
                line = body[:end]
                verdict = texts.check_folded(title, line, usual_place=format == "text")
                if verdict == "mismatch":
                    note = "; ".join(filter(None, (note, f"taken out as the folded headline of another: {line!r}")))
                if verdict != "absent":
                    body = body[end + 2 :]
        verdicts.append(verdict)
        bodies.append(body)
        notes.append(note)
    for name, values in (("text", bodies), ("notes", notes)):
        index = table.schema.get_field_index(name)
        table = table.set_column(index, table.schema.field(name), pa.array(values, pa.string()))
    return table.append_column("folded_headline", pa.array(verdicts, pa.string()))


def _without_text(table: pa.Table) -> pa.Table:
    """Quarantine what had only spaces and invisible characters for a text."""
    empty = pc.and_(pc.is_null(table["reason"]), pc.equal(pc.fill_null(pc.utf8_length(table["text"]), 0), 0))
    if not pc.any(empty).as_py():
        return table
    detail = "only white space and invisible characters. Expected a text"
    for name, value in (("reason", "no_text"), ("detail", detail)):
        index = table.schema.get_field_index(name)
        column = pc.if_else(empty, pa.scalar(value), table[name])
        table = table.set_column(index, table.schema.field(name), column)
    return table
