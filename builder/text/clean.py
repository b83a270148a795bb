"""Clean texts: list every repair, and recognise and remove the folded copy of the headline."""

import unicodedata
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from builder.core import columns
from builder.core.arrow import one_chunk
from builder.core.column import Table
from builder.text import folded_headline, quotes, repairs

TIDIED = tuple(column.name for column in columns.of(Table.RECORD) if column.tidied)
# Python (100 µs an article) looks only at texts in which RE2 (5 µs) finds one of these.
_SUSPECT = "|".join((repairs.INVISIBLE, repairs.ENTITY, repairs.MOJIBAKE, repairs.SPACING))


def clean(table: pa.Table) -> pa.Table:
    """Clean the TIDIED columns of records and append schema.TIDY; rows without text get the reason `no_text`.

    Removes a folded headline that matches the headline from the text, and one of another article (`mismatch`) if it
    has a word of the text in folded letters. Turns a quotation mark that points the wrong way, or lists it in
    `unrepaired`.
    """
    raw = table["text"]
    receipts: list[set[str]] = [set() for _ in range(len(table))]
    for name in TIDIED:
        column, made = _repaired(one_chunk(table[name]), one_line=name != "text")
        table = _with(table, name, column)
        if name in ("title", "text"):
            for row, names in made.items():
                receipts[row].update(names)
    table = _unfold(table)
    table, unrepaired = _mend_quotes(table, receipts)
    repaired: list[Any] = [
        sorted(names) if usable else None for names, usable in zip(receipts, _usable(table), strict=True)
    ]
    table = table.append_column("repairs", pa.array(repaired, pa.list_(pa.string())))
    table = table.append_column("unrepaired", pa.array(unrepaired, pa.list_(pa.string())))
    return _without_text(table, raw)


def _with(table: pa.Table, name: str, values: pa.Array) -> pa.Table:
    index = table.schema.get_field_index(name)
    return table.set_column(index, table.schema.field(name), values)


def _usable(table: pa.Table) -> list[bool]:
    return list(pc.is_null(table["reason"]).to_pylist())


def _repaired(column: pa.Array, one_line: bool) -> tuple[pa.Array, dict[int, list[str]]]:
    """Repair the values that the filter selects; return the column and, by row, the names of the repairs made."""
    crowded = pc.fill_null(pc.match_substring_regex(column, repairs.MARKS), False)
    suspect = pc.or_(pc.fill_null(pc.match_substring_regex(column, _SUSPECT), False), crowded)
    broken = pc.fill_null(pc.match_substring(column, "\n"), False)
    if not one_line:  # without a blank line, each line is a paragraph
        broken = pc.and_(broken, pc.invert(pc.fill_null(pc.match_substring(column, "\n\n"), False)))
    suspect = pc.or_(suspect, broken)
    suspect = pc.or_(suspect, pc.invert(_is_composed(column, suspect)))
    if not pc.any(suspect).as_py():
        return column, {}
    rows = pc.indices_nonzero(suspect).to_pylist()
    repaired = [repairs.repaired(value, one_line) for value in column.filter(suspect).to_pylist()]
    values = pa.array([value for value, _ in repaired], pa.string())
    return pc.replace_with_mask(column, suspect, values), {
        row: made for row, (_, made) in zip(rows, repaired, strict=True)
    }


def _is_composed(column: pa.Array, suspect: pa.Array) -> pa.Array:
    """Tell which texts are in NFC; Arrow has no test for it, and normalising costs three times Python's test."""
    known = suspect.to_pylist()
    return pa.array(
        [
            skip or value is None or value.isascii() or unicodedata.is_normalized("NFC", value)
            for value, skip in zip(column.to_pylist(), known, strict=True)
        ],
        pa.bool_(),
    )


def _unfold(table: pa.Table) -> pa.Table:
    columns = (table[name].to_pylist() for name in ("title", "text", "format", "notes"))
    results: list[str | None] = []
    bodies: list[str | None] = []
    notes: list[str | None] = []
    for title, body, format_name, note in zip(*columns, strict=True):
        result = None
        if body is not None:
            result, line = ("absent", "") if not title else _folded(title, body, format_name == "text")
            if result in ("match", "prefix"):
                body = body[len(line) :].lstrip("\n")
            elif result == "mismatch" and folded_headline.looks_folded(line, body[len(line) :]):
                body = body[len(line) :].lstrip("\n")
                note = "; ".join(filter(None, (note, f"removed as the folded headline of another article: {line!r}")))
        results.append(result)
        bodies.append(body)
        notes.append(note)
    for name, values in (("text", bodies), ("notes", notes)):
        table = _with(table, name, pa.array(values, pa.string()))
    return table.append_column("folded_headline", pa.array(results, pa.string()))


def _folded(title: str, body: str, usual_position: bool) -> tuple[str, str]:
    """Compare the headline with the body's first line; return the result (check_folded) and that line."""
    line, broken, rest = body.partition("\n")
    if line == title or len(line) > 3 * len(title) + 20:
        return "absent", ""
    result = folded_headline.check_folded(title, line, usual_position)
    if result == "mismatch" and not (broken and rest.startswith("\n") and not rest[1:2].islower()):
        return "absent", ""  # a line that continues in the next one is text
    return result, line


def _mend_quotes(table: pa.Table, receipts: list[set[str]]) -> tuple[pa.Table, list[list[str] | None]]:
    text = one_chunk(table["text"])
    suspect = pc.fill_null(pc.match_substring_regex(text, quotes.SUSPECT), False)
    unrepaired: list[list[str] | None] = [[] if usable else None for usable in _usable(table)]
    if pc.any(suspect).as_py():
        values: list[Any] = text.to_pylist()
        languages = table["language"].to_pylist()
        for row in pc.indices_nonzero(suspect).to_pylist():
            language = languages[row] or "und"
            mended = quotes.mend_quotes(values[row], language)
            if mended != values[row]:
                values[row] = mended
                receipts[row].add("quotes")
            left = unrepaired[row]
            if left is not None and quotes.has_wrong_quotes(mended, language):
                left.append("quotes")
        table = _with(table, "text", pa.array(values, pa.string()))
    return table, unrepaired


def _without_text(table: pa.Table, raw: pa.ChunkedArray) -> pa.Table:
    """Quarantine rows whose text had only spaces, invisible characters or the headline; keep their raw bytes."""
    empty = pc.and_(pc.is_null(table["reason"]), pc.equal(pc.fill_null(pc.utf8_length(table["text"]), 0), 0))
    if not pc.any(empty).as_py():
        return table
    location = pc.if_else(
        pc.is_null(table["place"]),
        table["file"],
        pc.binary_join_element_wise(table["file"], pc.cast(table["place"], pa.string()), ":"),
    )
    fact = "only white space, invisible characters or its headline again. Expected a text"
    detail = pc.binary_join_element_wise(location, fact, ": ")
    raw_bytes = pc.cast(pc.coalesce(raw, pa.scalar("")), pa.binary())
    for name, value in (("reason", pa.scalar("no_text")), ("detail", detail), ("raw", raw_bytes)):
        table = _with(table, name, pc.if_else(empty, value, table[name]))
    for name in ("folded_headline", "repairs", "unrepaired"):
        table = _with(table, name, pc.if_else(empty, pa.scalar(None, table.schema.field(name).type), table[name]))
    return table
