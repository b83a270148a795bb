"""Identify the language of each article with two detectors, and judge the tag.

`heliport` identifies every article. `langdetect` gives a second opinion if the first is unsure or contradicts
the tag, and only if its answer can change the verdict.
"""

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from builder.core.arrow import one_chunk
from builder.langid import spans
from builder.langid.ask import REQUEST, answer
from builder.langid.detectors import Answer
from builder.langid.verdict import judge
from builder.languages.scripts import add_script

BODY_CHARACTERS = 1000  # from the middle, where boilerplate is rare; a whole body costs twice as much


def identify(table: pa.Table) -> pa.Table:
    """Append schema.VERDICT and schema.MIXED to cleaned rows; null in unusable rows.

    Reads the columns `text`, `language` (BCP-47) and `reason` (null: usable).
    """
    scripted = add_script(table)
    return conclude(scripted, answer(request(scripted)))


def request(table: pa.Table) -> pa.RecordBatch:
    """Return the question to the detectors (ask.REQUEST) about the usable rows; the rows need `script`."""
    usable = table.filter(pc.is_null(table["reason"])).combine_chunks()
    text, script = one_chunk(usable["text"]), one_chunk(usable["script"])
    values = text.to_pylist()
    candidates = spans.candidates(text, one_chunk(usable["language"]), script)
    pieces = [
        [{"start": start, "end": end, "text": value[start:end]} for start, end in pairs]
        for value, pairs in zip(values, candidates, strict=True)
    ]
    columns = [
        pa.array([middle(value) for value in values], pa.string()),
        one_chunk(usable["language"]),
        spans.samples(text, script),
        pa.array(pieces, REQUEST.field("pieces").type),
    ]
    return pa.RecordBatch.from_arrays(columns, schema=REQUEST)


def middle(text: str) -> str:
    """Return the middle of a long text (BODY_CHARACTERS), from the beginning of a word; a short text whole.

    >>> len(middle("word " * 1000)), middle("short")
    (1000, 'short')
    """
    if len(text) <= BODY_CHARACTERS * 3 // 2:
        return text
    start = (len(text) - BODY_CHARACTERS) // 2
    word = text.find(" ", start, start + 40) + 1
    return text[word or start :][:BODY_CHARACTERS]


def conclude(table: pa.Table, answers: pa.RecordBatch) -> pa.Table:
    """Append schema.VERDICT, except the script, and schema.MIXED; `answers` are in the order of the usable rows."""
    usable = pc.is_null(table["reason"]).to_pylist()
    wanted = [index for index, use in enumerate(usable) if use]
    languages = table["language"].to_pylist()
    scripts, matches = table["script"].to_pylist(), table["script_match"].to_pylist()
    columns: dict[str, list[Any]] = {name: [None] * len(languages) for name in _COLUMNS}
    rows = zip(wanted, *(column.to_pylist() for column in answers.columns[:6]), strict=True)
    for index, first, first_score, first_sure, second, second_score, second_sure in rows:
        verdict = judge(
            languages[index],
            Answer(first, first_score, first_sure),
            Answer(second, second_score, second_sure),
            matches[index],
            scripts[index],
        )
        for name, value in zip(_COLUMNS, (verdict, first, first_score, second, second_score), strict=True):
            columns[name][index] = value
    for name, arrow_type in _COLUMNS.items():
        table = table.append_column(name, pa.array(columns[name], arrow_type))
    paragraphs = dict(zip(wanted, answers["paragraphs"].to_pylist(), strict=True))
    inner = [[list(span.values()) for span in foreign] for foreign in answers["foreign"].to_pylist()]
    return spans.conclude(table, paragraphs, dict(zip(wanted, inner, strict=True)))


_COLUMNS = {
    "language_verdict": pa.string(),
    "language_detected": pa.string(),
    "language_score": pa.float32(),
    "second_detected": pa.string(),
    "second_score": pa.float32(),
}
