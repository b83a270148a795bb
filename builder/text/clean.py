"""Tidy: clean text with a receipt for every repair, and the headline's folded copy recognised and taken out."""

import unicodedata
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from builder.core import columns
from builder.core.arrow import one_chunk
from builder.core.column import Table
from builder.text import folded_headline, quotes, repairs

TIDIED = tuple(column.name for column in columns.of(Table.RECORD) if column.tidied)
# What RE2 (5 µs an article) must see before Python (100 µs) looks at a text at all.
_SUSPECT = "|".join((repairs.INVISIBLE, repairs.ENTITY, repairs.MOJIBAKE, repairs.SPACING))


def clean(table: pa.Table) -> pa.Table:
    """Tidy the texts of records and add schema.TIDY; rows without text get the reason `no_text`.

    A folded headline that matches leaves the text; so does one of another article (`mismatch`) if it has a word of
    the text in folded letters. A quotation mark that looks the wrong way is turned, or named in `unrepaired`.
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
    told: list[Any] = [
        sorted(names) if usable else None for names, usable in zip(receipts, _usable(table), strict=True)
    ]
    table = table.append_column("repairs", pa.array(told, pa.list_(pa.string())))
    table = table.append_column("unrepaired", pa.array(unrepaired, pa.list_(pa.string())))
    return _without_text(table, raw)


def _with(table: pa.Table, name: str, values: pa.Array) -> pa.Table:
    index = table.schema.get_field_index(name)
    return table.set_column(index, table.schema.field(name), values)


def _usable(table: pa.Table) -> list[bool]:
    return list(pc.is_null(table["reason"]).to_pylist())


def _repaired(column: pa.Array, one_line: bool) -> tuple[pa.Array, dict[int, list[str]]]:
    """Repair what the filter points at; tell of each row that was looked at which repairs it needed."""
    crowded = pc.fill_null(pc.match_substring_regex(column, repairs.MARKS), False)
    suspect = pc.or_(pc.fill_null(pc.match_substring_regex(column, _SUSPECT), False), crowded)
    broken = pc.fill_null(pc.match_substring(column, "\n"), False)
    if not one_line:  # line breaks without any blank line: each line is a paragraph
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
    """Tell which texts are in NFC; Arrow has no test, and its normalising costs three times Python's test."""
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
    verdicts: list[str | None] = []
    bodies: list[str | None] = []
    notes: list[str | None] = []
    for title, body, format_name, note in zip(*columns, strict=True):
        verdict = None
        if body is not None:
            verdict, line = ("absent", "") if not title else _folded(title, body, format_name == "text")
            if verdict in ("match", "prefix"):
                body = body[len(line) :].lstrip("\n")
            elif verdict == "mismatch" and folded_headline.looks_folded(line, body[len(line) :]):
                body = body[len(line) :].lstrip("\n")
                note = "; ".join(filter(None, (note, f"taken out as the folded headline of another: {line!r}")))
        verdicts.append(verdict)
        bodies.append(body)
        notes.append(note)
    for name, values in (("text", bodies), ("notes", notes)):
        table = _with(table, name, pa.array(values, pa.string()))
    return table.append_column("folded_headline", pa.array(verdicts, pa.string()))


def _folded(title: str, body: str, usual_place: bool) -> tuple[str, str]:
    """Give the verdict on the body's first line (or first paragraph of one line) and that line."""
    line, broken, rest = body.partition("\n")
    if line == title or len(line) > 3 * len(title) + 20:
        return "absent", ""
    verdict = folded_headline.check_folded(title, line, usual_place)
    if verdict == "mismatch" and not (broken and rest.startswith("\n") and not rest[1:2].islower()):
        return "absent", ""  # a line that goes on in the next one is text
    return verdict, line


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
    """Quarantine what had only spaces, invisible characters or its headline for a text; its bytes are kept."""
    empty = pc.and_(pc.is_null(table["reason"]), pc.equal(pc.fill_null(pc.utf8_length(table["text"]), 0), 0))
    if not pc.any(empty).as_py():
        return table
    place = pc.if_else(
        pc.is_null(table["place"]),
        table["file"],
        pc.binary_join_element_wise(table["file"], pc.cast(table["place"], pa.string()), ":"),
    )
    why = "only white space, invisible characters or its headline once more. Expected a text"
    detail = pc.binary_join_element_wise(place, why, ": ")
    bytes_ = pc.cast(pc.coalesce(raw, pa.scalar("")), pa.binary())
    for name, value in (("reason", pa.scalar("no_text")), ("detail", detail), ("raw", bytes_)):
        table = _with(table, name, pc.if_else(empty, value, table[name]))
    for name in ("folded_headline", "repairs", "unrepaired"):
        table = _with(table, name, pc.if_else(empty, pa.scalar(None, table.schema.field(name).type), table[name]))
    return table
