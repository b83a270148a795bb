"""Check any dataset for leaks: rows of one split whose text or story also occurs in another."""

import re
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from builder.config.sections import Dedup
from builder.core.arrow import pieces_of
from builder.core.errors import BuilderError, TagError
from builder.dedup import minhash
from builder.dedup.urls import normalize_url
from builder.languages import scripts
from builder.languages.tag import parse
from builder.read.datasets import IDS, LANGUAGES, TEXTS, Part, named, parts_of, strings
from builder.splits.leaks import Leak, Placed, find
from builder.text import fold

BATCH = 4000  # rows signed at once
SHOWN = 10  # examples
FIRST = 60  # characters of an example
# A leak: the row of the stricter split, the row that it repeats (`mate`), and their first words.
PAIR = pa.schema(
    [
        ("kind", pa.string()),
        ("similarity", pa.float64()),
        ("id", pa.string()),
        ("split", pa.string()),
        ("text", pa.string()),
        ("mate", pa.string()),
        ("mate_split", pa.string()),
        ("mate_text", pa.string()),
    ]
)


class LeakReport(NamedTuple):
    """The result of a check: the number of rows in each split, the leaks, and the split of every row."""

    rows: dict[str, int]
    leaks: list[Leak]
    placed: list[Placed]
    first_words: dict[int, str]  # of the rows in leaks


def check(path: str, text: str | None = None, id: str | None = None, dedup: Dedup | None = None) -> LeakReport:
    """Find leaks in a dataset: a folder or file of Parquet or JSON Lines, or a folder that `save_to_disk` wrote.

    `text` and `id` name the columns if they cannot be guessed; `dedup` defines a copy. Raises BuilderError if the
    dataset has no rows.
    """
    dedup = dedup or Dedup()
    placed: list[Placed] = []
    with tempfile.TemporaryDirectory(prefix="builder-leaks-") as folder:
        store = Path(folder) / "signed.arrow"
        with pa.OSFile(str(store), "wb") as sink, pa.ipc.new_file(sink, _SIGNED) as writer:
            for columns in _batches(path, text, id):
                signed = _signed(columns, dedup)
                writer.write_table(signed.select(_SIGNED.names).cast(_SIGNED))
                placed += _placed(signed)
        if not placed:
            raise BuilderError(f"{path}: has no rows. Expected Parquet or JSON Lines files with a column of texts")
        with pa.memory_map(str(store)) as source:
            whole = pa.ipc.open_file(source).read_all()
            leaks = find(pieces_of(whole), range(len(placed)), placed, dedup)
            first_words = _first_words(whole["text"], leaks)
    rows = dict(sorted(Counter(article.split for article in placed).items()))
    return LeakReport(rows, leaks, placed, first_words)


def _first_words(texts: pa.ChunkedArray, leaks: Sequence[Leak]) -> dict[int, str]:
    """Return the first words of every row in a leak. Holds at most BATCH texts in memory."""
    rows = sorted({row for leak in leaks for row in (leak.row, leak.mate)})
    first_words: dict[int, str] = {}
    for start in range(0, len(rows), BATCH):
        batch = rows[start : start + BATCH]
        beginnings = pc.utf8_slice_codeunits(texts.take(pa.array(batch, pa.int64())), 0, 2 * FIRST).to_pylist()
        first_words |= {
            row: " ".join((text or "").split())[:FIRST] for row, text in zip(batch, beginnings, strict=True)
        }
    return first_words


_SIGNED = pa.schema(
    [
        ("text", pa.string()),
        ("language", pa.string()),
        ("script", pa.string()),
        ("reason", pa.string()),
        ("bands", pa.list_(pa.uint64())),
        ("sketch", pa.list_(pa.uint64())),
    ]
)


def _batches(path: str, text: str | None, id: str | None) -> Iterator[pa.Table]:
    """Yield the compared columns of all rows, about BATCH rows at a time, across files."""
    tables: list[pa.Table] = []
    before = pending = 0
    for part in parts_of(path):
        for table in part.batches(BATCH):
            tables.append(_columns(table, part, text, id, before))
            before, pending = before + len(table), pending + len(table)
            if pending >= BATCH:
                yield pa.concat_tables(tables).combine_chunks()
                tables, pending = [], 0
    if pending:
        yield pa.concat_tables(tables).combine_chunks()


def _columns(table: pa.Table, part: Part, text: str | None, id: str | None, before: int) -> pa.Table:
    """Return the compared columns under our names: id, split, text, language, stories, reason."""
    names = {name.lower(): name for name in reversed(table.column_names)}
    text_column = _column(part, table, (text,) if text else TEXTS, "--text-column")
    id_column = named(table.column_names, IDS)
    id_column = _column(part, table, (id,), "--id-column") if id else id_column
    language = named(table.column_names, LANGUAGES)
    count = len(table)
    splits = strings(table, "split") if part.split is None else [part.split] * count
    numbered = [f"{split}:{before + number}" for number, split in enumerate(splits)]
    ids = [own or default for own, default in zip(strings(table, id_column), numbered, strict=True)]
    texts = strings(table, text_column)
    return pa.table(
        {
            "id": pa.array(ids, pa.string()),
            "split": pa.array([split or "(none)" for split in splits], pa.string()),
            "text": pa.array(texts, pa.string()),
            "language": pa.array([code or "und" for code in strings(table, language)], pa.string()),
            "stories": pa.array(_stories(table, names, ids), pa.list_(pa.string())),
            "reason": pa.array([None if content else "no_text" for content in texts], pa.string()),
        }
    )


def _column(part: Part, table: pa.Table, wanted: Sequence[str], option: str) -> str:
    name = named(table.column_names, wanted)
    if name is None:
        raise BuilderError(
            f"{part.name}: no column {' or '.join(wanted)}; it has {', '.join(table.column_names)}. Name it by {option}"
        )
    return name


def _stories(table: pa.Table, names: Mapping[str, str], ids: Sequence[str]) -> list[list[str]]:
    """Return the keys that tie each row to a story: its field `story`, otherwise the ID of its tag; and its pages."""
    own = strings(table, names.get("story"))
    given = strings(table, names.get("tag")) if "tag" in names else ids
    urls = [strings(table, names.get(name)) for name in ("url", "canonical", "canonical_url")]
    keys = []
    for story, tag, row_urls in zip(own, given, zip(*urls, strict=True), strict=True):
        name = story if story is not None else None if "story" in names else _tag_id(tag)
        pages = {page for url in row_urls if (page := normalize_url(url)) is not None}
        keys.append([*([f"story:{name}"] if name else []), *(f"page:{page}" for page in sorted(pages))])
    return keys


def _tag_id(tag: str | None) -> str | None:
    """Return the ID of a tag (fr-02), which translations share; None for anything else.

    >>> _tag_id("afp/fr-02"), _tag_id("row-x"), _tag_id(None)
    ('02', None, None)
    """
    try:
        return parse((tag or "").rpartition("/")[2]).id if re.search("[0-9]", tag or "") else None
    except TagError:
        return None


def _signed(table: pa.Table, dedup: Dedup) -> pa.Table:
    table = scripts.add_script(table)
    return minhash.sign(table, fold.shingle_words(table), dedup.ngram, dedup.bands, dedup.rows, dedup.min_words)


def _placed(table: pa.Table) -> Iterator[Placed]:
    names = ("id", "split", "language", "exact_hash", "words", "script", "stories")
    for id, split, language, exact, words, script, stories in zip(
        *(table[name].to_pylist() for name in names), strict=True
    ):
        yield Placed(id, split, language, exact, words or 0, script, tuple(stories))


def pairs(report: LeakReport, most: int | None = None) -> pa.Table:
    """Return a row (PAIR) for every leak, or for the first `most`: an article and its mate in another split."""
    leaks = report.leaks[:most]
    sides = {"": [leak.row for leak in leaks], "mate_": [leak.mate for leak in leaks]}
    columns: dict[str, list[Any]] = {
        "kind": [leak.kind for leak in leaks],
        "similarity": [leak.similarity and round(leak.similarity, 3) for leak in leaks],
    }
    for side, rows in sides.items():
        columns[side.rstrip("_") or "id"] = [report.placed[row].id for row in rows]
        columns[f"{side}split"] = [report.placed[row].split for row in rows]
        columns[f"{side}text"] = [report.first_words[row] for row in rows]
    return pa.table({name: columns[name] for name in PAIR.names}, schema=PAIR)


def summary(report: LeakReport, most: int | None = SHOWN) -> dict[str, Any]:
    """Return the figures for JSON: `rows` by split, `leaks` by splits and kind, `shares`, `languages` and `examples`.

    `most` limits the examples; None gives all pairs.
    """
    counts = Counter(
        (report.placed[leak.row].split, report.placed[leak.mate].split, leak.kind) for leak in report.leaks
    )
    shares = Counter((report.placed[leak.row].split, report.placed[leak.mate].split) for leak in report.leaks)
    languages = Counter(report.placed[leak.row].language for leak in report.leaks)
    return {
        "rows": report.rows,
        "leaks": [
            {"split": split, "in": other, "kind": kind, "rows": count}
            for (split, other, kind), count in sorted(counts.items())
        ],
        "shares": [
            {"split": split, "in": other, "rows": count, "share": round(count / report.rows[split], 4)}
            for (split, other), count in sorted(shares.items())
        ],
        "languages": dict(sorted(languages.items())),
        "examples": pairs(report, most).to_pylist(),
    }


def render(figures: Mapping[str, Any]) -> str:
    """Return a summary as readable text."""
    lines = [f"rows: {', '.join(f'{split} {count:,}' for split, count in figures['rows'].items())}"]
    if len(figures["rows"]) < 2:
        lines.append("one split only, so nothing can leak")
    for share in figures["shares"]:
        kinds = ", ".join(
            f"{row['kind']} {row['rows']:,}"
            for row in figures["leaks"]
            if (row["split"], row["in"]) == (share["split"], share["in"])
        )
        lines.append(f"{share['split']} in {share['in']}: {share['rows']:,} rows, {share['share']:.1%} of it ({kinds})")
    if set(figures["languages"]) - {"und"}:
        lines.append(f"languages: {', '.join(f'{name} {count:,}' for name, count in figures['languages'].items())}")
    for row in figures["examples"]:
        alike = "" if row["similarity"] is None else f" {row['similarity']:.3f}"
        lines.append(f"  {row['kind']}{alike}: {row['id']} ({row['split']}), {row['mate']} ({row['mate_split']})")
        lines += [f"    {row['text']}", f"    {row['mate_text']}"]
    lines.append(f"leaks: {sum(share['rows'] for share in figures['shares']):,}")
    return "\n".join(lines)
