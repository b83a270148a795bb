"""Quarantined: look in the quarantines of releases for the words of an article, which may stand there without an id."""

import codecs
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from builder import releases, shingles
from builder.quarantine import name_of
from builder.raw import place_of
from builder.releases import Release

NGRAM = 5  # words in a row
SHARE = 0.3  # of the article's runs of words: what has that many has more of it than a quotation
_BOMS = ((codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


def like(all_: Sequence[Release], ids: Iterable[str]) -> list[str]:
    """Give where records stand (raw.place_of) whose quarantined bytes have the words of one of these articles.

    The articles' texts are those of any of the releases. Nothing is found in files that are packed.
    """
    texts = _texts(all_, set(ids))
    if not texts:
        return []
    wanted = [keys for keys in _keys(texts) if len(keys)]
    found: dict[str, None] = {}
    for release in all_:
        table = releases.decisions(release.folder, ["decision", "file", "place"])
        for row in table.filter(pc.equal(table["decision"], "quarantined")).to_pylist():
            path = release.folder / "quarantine" / name_of(row["file"], row["place"])
            if path.is_file() and _has(path, wanted):
                found[place_of(row["file"], row["place"])] = None
    return list(found)


def _texts(all_: Sequence[Release], ids: set[str]) -> list[tuple[str, str | None]]:
    """Give the texts that these articles have in releases, each once, with their scripts."""
    texts: dict[tuple[str, str | None], None] = {}
    for release in all_:
        table = releases.decisions(release.folder, ["id", "language", "split"])
        rows = table.filter(pc.is_in(table["id"], pa.array(sorted(ids), pa.string()))).to_pylist()
        for language, split in sorted({(row["language"], row["split"]) for row in rows if row["split"]}):
            for path in sorted((release.folder / "data" / language).glob(f"{split}-*.parquet")):
                if "text" not in pq.read_schema(path).names:
                    continue
                columns = ["id", "text", "script"]
                for row in pq.read_table(path, columns=columns, filters=[("id", "in", ids)]).to_pylist():
                    texts[(row["text"], row["script"])] = None
    return list(texts)


def _keys(texts: Sequence[tuple[str, str | None]]) -> list[shingles.Shingles]:
    scripts = pa.chunked_array([pa.array([script for _, script in texts], pa.string())])
    words = shingles.fold_words(pa.array([text for text, _ in texts], pa.string()), scripts)
    return shingles.shingles(words, scripts, NGRAM)


def _has(path: Path, wanted: Sequence[shingles.Shingles]) -> bool:
    said = path.read_bytes()
    encoding = next((name for mark, name in _BOMS if said.startswith(mark)), "utf-8")
    text = said.decode(encoding, "replace")
    if encoding == "utf-8" and "\\u" in text:  # JSON may spell its letters
        text = codecs.decode(text.encode("latin-1", "backslashreplace"), "unicode_escape")
    here = [keys for script in ("Latn", "Hani", "Thai") for keys in _keys([(text, script)])]
    return any(len(np.intersect1d(keys, one)) >= SHARE * len(keys) for keys in wanted for one in here)
