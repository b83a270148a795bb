"""Decontaminate: find the articles that contain a text of an evaluation set, or are a near copy of one.

By convention (Brown et al. 2020, GPT-3, appendix C), an article is contaminated if it shares thirteen words in a row
with an evaluation text. A near copy of a text of 100 words or more always does; shorter texts are compared whole.
"""

import hashlib
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from builder.config.sections import Decontaminate, Dedup
from builder.core.errors import BuilderError, ConfigError, RawError
from builder.dedup.match import Fetch
from builder.dedup.shingles import hashes, jaccard, shingles
from builder.languages.scripts import add_script
from builder.read.decode import opened
from builder.read.formats.base import Source
from builder.read.formats.registry import EXPECTED, type_of
from builder.read.scan import RawFile
from builder.text.fold import characters_a_word, fold_words

LIMIT = 1 << 30  # the most bytes of a record, and of an unpacked set
COMPARED = 100  # words: near copies of longer evaluation texts share a whole n-gram with them
SHOWN = 60  # characters of an evaluation text in a detail


class Text(NamedTuple):
    """An evaluation text: its location (`eval.jsonl:17`), folded words and script."""

    location: str
    words: str
    script: str | None
    length: int  # in words, or characters by characters_a_word


class Grams(NamedTuple):
    """Hashes of n-grams, sorted, with the number of each one's text and its position in it."""

    keys: Any
    texts: Any
    positions: Any


class Sets(NamedTuple):
    """Evaluation sets: the texts that are long enough, their n-grams, and shorter n-grams of the short texts."""

    texts: list[Text]
    whole: Grams
    short: Grams
    ignored: int  # texts that are too short to judge


def digests(paths: Sequence[str]) -> list[str]:
    """Return the sha256 of each set's file. Raises ConfigError for a file that cannot be read."""
    try:
        return [hashlib.sha256(Path(path).read_bytes()).hexdigest() for path in paths]
    except OSError as error:
        raise ConfigError(f"decontaminate.sets: {error.filename} cannot be read ({error.strerror})") from None


def load(settings: Decontaminate, dedup: Dedup) -> Sets:
    """Read the evaluation sets. Raises ConfigError for a set that cannot be read."""
    strings = [(f"{Path(path).name}:{place}", text) for path in settings.sets for place, text in _strings(path)]
    columns = {
        "text": pa.array([text for _, text in strings], pa.string()),
        "language": pa.array(["und"] * len(strings), pa.string()),
        "reason": pa.nulls(len(strings), pa.string()),
    }
    table = add_script(pa.table(columns))
    scripts = table["script"].to_pylist()
    words = fold_words(table["text"], table["script"]).to_pylist()
    texts = []
    for (location, _), folded, script in zip(strings, words, scripts, strict=True):
        count = len(folded.split(" ")) // characters_a_word(script) if folded else 0
        texts.append(Text(location, folded or "", script, count))
    enough = [text for text in texts if text.length >= dedup.min_words]
    long = [number for number, text in enumerate(enough) if text.length >= settings.ngram]
    short = [number for number, text in enumerate(enough) if text.length < COMPARED]
    return Sets(
        enough, _grams(enough, long, settings.ngram), _grams(enough, short, dedup.min_words), len(texts) - len(enough)
    )


def _strings(path: str) -> Iterator[tuple[int | None, str]]:
    """Yield every string of every row of a set, with the row's line or number."""
    kind = type_of(path)
    if kind is None or not kind.format.has_fields:
        raise ConfigError(f"decontaminate.sets: {path} is not a table. Expected, except for text files, {EXPECTED}")
    try:
        stat = Path(path).stat()
        file = RawFile(path, path, "", stat.st_size, stat.st_mtime_ns)
        with opened(file, LIMIT) as content:
            names = _names(content.stream, kind.format.name)
            for found in kind.format.read(Source(content.stream, kind.extension, LIMIT, names)):
                if found.reason is not None:
                    raise ConfigError(f"decontaminate.sets: {path}:{found.place or ''} {found.reason}: {found.detail}")
                for text in _within(list(found.fields.values())):
                    yield found.place, text
    except RawError as error:
        raise ConfigError(f"decontaminate.sets: {error.reason}: {error}") from None
    except (OSError, BuilderError) as error:
        raise ConfigError(f"{'' if 'decontaminate' in str(error) else 'decontaminate.sets: '}{error}") from None


def _names(stream: Any, kind: str) -> frozenset[str]:
    """Return the names of a table's columns, whatever the delimiter; readers need them."""
    start = stream.tell()
    if kind == "parquet":
        names = pq.read_schema(stream).names
    else:
        names = re.split("[,;|\t]", stream.readline().decode("utf-8", "replace"))
    stream.seek(start)
    return frozenset(name.strip().strip('"').lower() for name in names)


def _within(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _within(inner)
    elif isinstance(value, dict):
        yield from _within(list(value.values()))


def _grams(texts: Sequence[Text], chosen: Sequence[int], ngram: int) -> Grams:
    lengths = [ngram * characters_a_word(texts[number].script) for number in chosen]
    hashed = hashes(pa.array([texts[number].words for number in chosen], pa.string()), lengths)
    keys = np.concatenate([np.empty(0, np.uint64), *hashed])
    numbers = np.repeat(np.array(chosen, np.int64), [len(each) for each in hashed])
    positions = np.concatenate([np.empty(0, np.int64), *(np.arange(len(each)) for each in hashed)])
    order = np.argsort(keys, kind="stable")
    return Grams(keys[order], numbers[order], positions[order])


def find(fetch: Fetch, rows: Sequence[int], sets: Sets, settings: Decontaminate, dedup: Dedup) -> dict[int, str]:
    """Find the rows that contain an evaluation text; map each to a detail that names and quotes the text."""
    contaminated: dict[int, str] = {}
    for indexes, table in fetch(rows, ["text", "script"]):
        words = fold_words(table["text"], table["script"])
        scripts = table["script"].to_pylist()
        folded = words.to_pylist()
        for ngram, grams, search in (
            (settings.ngram, sets.whole, _has_ngram),
            (dedup.min_words, sets.short, _has_short),
        ):
            lengths = [ngram * characters_a_word(script) for script in scripts]
            for index, keys in enumerate(hashes(words, lengths)):
                row = int(rows[indexes[index]])
                if row not in contaminated and len(grams.keys):
                    hits = _hits(keys, grams)
                    detail = (
                        search(folded[index], scripts[index], hits, sets, lengths[index], dedup) if len(hits) else None
                    )
                    if detail:
                        contaminated[row] = detail
    return contaminated


def _hits(keys: Any, grams: Grams) -> Any:
    """Return the texts and positions of the n-grams that have one of these keys; sorted by text and position."""
    wanted = np.unique(keys)
    first = np.searchsorted(grams.keys, wanted)
    last = np.searchsorted(grams.keys, wanted, side="right")
    some = np.flatnonzero(last > first)
    ranges = [np.arange(first[index], last[index]) for index in some.tolist()]
    chosen = np.concatenate([np.empty(0, np.int64), *ranges])
    return np.unique(np.stack([grams.texts[chosen], grams.positions[chosen]], axis=1), axis=0)


def _has_ngram(words: str, script: str | None, hits: Any, sets: Sets, length: int, dedup: Dedup) -> str | None:
    for number, position in hits.tolist():
        gram = " ".join(sets.texts[number].words.split(" ")[position : position + length])
        if f" {gram} " in f" {words} ":
            unit = "words" if characters_a_word(script) == 1 else "characters"
            return f"it contains {length} {unit} of {sets.texts[number].location}: '{_shown(gram, script)}'"
    return None


def _has_short(words: str, script: str | None, hits: Any, sets: Sets, length: int, dedup: Dedup) -> str | None:
    own = None
    size = words.count(" ") + 1
    for number in np.unique(hits[:, 0]).tolist():
        text = sets.texts[number]
        if f" {text.words} " in f" {words} ":
            return f"it contains the whole of {text.location}: '{_shown(text.words, script)}'"
        other = text.words.count(" ") + 1
        if min(size, other) >= dedup.threshold * max(size, other):
            own = _shingles(words, script, dedup) if own is None else own
            similarity = jaccard(own, _shingles(text.words, text.script, dedup))
            if similarity >= dedup.threshold:
                return f"{similarity:.3f} similar to {text.location}: '{_shown(text.words, script)}'"
    return None


def _shingles(words: str, script: str | None, dedup: Dedup) -> Any:
    return shingles(pa.array([words]), pa.array([script], pa.string()), dedup.ngram)[0]


def _shown(words: str, script: str | None) -> str:
    text = words if characters_a_word(script) == 1 else words.replace(" ", "")
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"


def describe(sets: Sets) -> str:
    """Describe the sets in numbers, for a progress line."""
    return f"evaluation texts {len(sets.texts)}, too short to tell {sets.ignored}"
