"""Plant pieces of foreign text in articles, and count how many are found."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import NamedTuple

import pyarrow as pa
import xxhash

from builder.langid import ask, confusions, detectors, identify
from builder.languages.codes import macro, same_language
from builder.languages.scripts import expected_script
from builder.text.fold import UNSPACED

WORDS = (3, 4, 6, 9)  # of a planted piece
EACH = 5  # articles of each language that get a piece of each size


class Planted(NamedTuple):
    """The number of pieces of one size that were planted, found, and found with the right language."""

    words: int
    planted: int
    found: int
    named: int


def sources_of(texts: Mapping[str, str]) -> dict[str, str]:
    """Choose for each tag another tag of the same script, from whose text it gets pieces; not of a confused language.

    `texts` has a text for each tag's language. Only languages that heliport knows, and that use spaces, are chosen.
    """
    known = [tag for tag in sorted(texts) if detectors.knows_first(tag) and expected_script(tag) not in UNSPACED]
    sources = {}
    for tag in known:
        others = [
            other
            for other in known
            if expected_script(other) == expected_script(tag)
            and macro(other.split("-")[0]) != macro(tag.split("-")[0])
            and not confusions.related(tag, other)
        ]
        if others:
            sources[tag] = others[xxhash.xxh3_64_intdigest(tag.encode()) % len(others)]
    return sources


def plant(tables: Iterable[pa.Table], texts: Mapping[str, str]) -> list[Planted]:
    """Plant pieces in brackets within the first paragraph of correctly tagged articles, and look for them."""
    sources = sources_of(texts)
    tried: Counter[str] = Counter()
    tally = {size: [0, 0, 0] for size in WORDS}
    for table in tables:
        rows, changed, planted = [], [], []
        for row, (tag, text) in enumerate(zip(table["language"].to_pylist(), table["text"].to_pylist(), strict=True)):
            if tag not in sources or tried[tag] == EACH * len(WORDS):
                continue
            size = WORDS[tried[tag] % len(WORDS)]
            piece = _piece(texts[sources[tag]], size, tried[tag])
            start = text.find(" ", 40) + 1
            if piece and start:
                tried[tag] += 1
                rows.append(row)
                changed.append(f"{text[:start]}[{piece}] {text[start:]}")
                planted.append((size, start, start + len(piece) + 2, sources[tag]))
        if not rows:
            continue
        chosen = table.take(pa.array(rows))
        index = chosen.schema.get_field_index("text")
        chosen = chosen.set_column(index, chosen.schema.field(index), pa.array(changed, pa.string())).combine_chunks()
        answers = ask.answer(identify.request(chosen))
        for spans, (size, start, end, source) in zip(answers["foreign"].to_pylist(), planted, strict=True):
            hits = [span["language"] for span in spans if span["start"] < end and start < span["end"]]
            tally[size][0] += 1
            tally[size][1] += bool(hits)
            tally[size][2] += any(same_language(source, hit) for hit in hits)
    return [Planted(size, *counts) for size, counts in tally.items()]


def _piece(text: str, size: int, number: int) -> str | None:
    """Take consecutive words of a text, one of which is not a name, from about word `number * 3` on."""
    words = re.sub(r"[\[\]\n]", " ", text).split()
    for start in range(number * 3, len(words) - size):
        piece = " ".join(words[start : start + size]).strip(' .,;:!?"“”«»')
        if re.search(r"(?<!\w)[^\W\d_A-Z]{4}", piece) and not re.search(r"[.!?;]", piece):
            return piece
    return None
