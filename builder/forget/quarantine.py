"""Quarantined: look in the quarantines of releases for the words of an article, which may stand there without an id."""

import codecs
from collections.abc import Mapping, Sequence, Set
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from builder.core.locations import location_of
from builder.dedup.shingles import Shingles, shingles
from builder.query import reread
from builder.release import catalog
from builder.release.catalog import Release
from builder.release.quarantine import name_of
from builder.text import fold

NGRAM = 5  # words in a row
SHARE = 0.3  # of the article's runs of words: what has that many has more of it than a quotation
_BOMS = ((codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


def find_matches(all_: Sequence[Release], articles: Mapping[str, Set[str]]) -> dict[str, list[str]]:
    """Give of each article where records stand (locations.location_of) whose quarantined bytes have its words.

    `articles` has the ids of each, by which its texts are found in any of the releases. Nothing is found in files that
    are packed.
    """
    texts = _texts(all_, set().union(*articles.values()))
    wanted = {name: [said for id in sorted(ids) for said in texts.get(id, ())] for name, ids in articles.items()}
    scripts = sorted({script for of_article in wanted.values() for script, _ in of_article}, key=str)
    found: dict[str, dict[str, None]] = {name: {} for name in articles}
    for release in all_ if scripts else ():
        table = catalog.decisions(release.folder, ["decision", "file", "place"])
        for row in table.filter(pc.equal(table["decision"], "quarantined")).to_pylist():
            path = release.folder / "quarantine" / name_of(row["file"], row["place"])
            if not path.is_file():
                continue
            text = _text(path)
            here = dict(zip(scripts, _keys([text] * len(scripts), scripts), strict=True))
            for name, of_article in wanted.items():
                if any(len(np.intersect1d(keys, here[script])) >= SHARE * len(keys) for script, keys in of_article):
                    found[name][location_of(row["file"], row["place"])] = None
    return {name: list(places) for name, places in found.items()}


def _texts(all_: Sequence[Release], ids: Set[str]) -> dict[str, list[tuple[str | None, Shingles]]]:
    """Give script and runs of words of each text that these articles have in releases."""
    texts: dict[tuple[str, str | None, str], None] = {}
    for release in all_:
        if release.manifest.of_ids:
            continue
        table = catalog.decisions(release.folder, ["id", "decision", "language", "script"])
        rows = table.filter(pc.is_in(table["id"], pa.array(sorted(ids), pa.string()))).to_pylist()
        kept = {row["id"]: row for row in rows if row["decision"] == "kept"}
        for id, article in reread.published(release.folder, kept.values()).items():
            texts[id, kept[id]["script"], article.text or ""] = None
    found: dict[str, list[tuple[str | None, Shingles]]] = {}
    keys = _keys([text for _, _, text in texts], [script for _, script, _ in texts]) if texts else []
    for (id, script, _), of_text in zip(texts, keys, strict=True):
        if len(of_text):
            found.setdefault(id, []).append((script, of_text))
    return found


def _keys(texts: Sequence[str], scripts: Sequence[str | None]) -> list[Shingles]:
    in_script = pa.chunked_array([pa.array(scripts, pa.string())])
    words = fold.fold_words(pa.array(texts, pa.string()), in_script)
    return shingles(words, in_script, NGRAM)


def _text(path: Path) -> str:
    """Read bytes of which nobody knows what they are as text, whatever of it can be read."""
    said = path.read_bytes()
    encoding = next((name for mark, name in _BOMS if said.startswith(mark)), "utf-8")
    text = said.decode(encoding, "replace")
    if encoding == "utf-8" and "\\u" in text:  # JSON may spell its letters
        text = codecs.decode(text.encode("latin-1", "backslashreplace"), "unicode_escape")
    return text
