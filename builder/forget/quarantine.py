"""Search the quarantines of releases for the words of an article, because a quarantined record may have no id."""

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
SHARE = 0.3  # of the article's runs of words; a record with that many has more of it than a quotation
_BOMS = ((codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


def find_matches(all_: Sequence[Release], articles: Mapping[str, Set[str]]) -> dict[str, list[str]]:
    """Find the quarantined records that have the words of an article: for each, their locations (location_of).

    `articles` has the ids under which any release may have a text of the article. Compressed files in a quarantine are
    not searched.
    """
    texts = _texts(all_, set().union(*articles.values()))
    wanted = {name: [text for id in sorted(ids) for text in texts.get(id, ())] for name, ids in articles.items()}
    scripts = sorted({script for own_texts in wanted.values() for script, _ in own_texts}, key=str)
    locations: dict[str, dict[str, None]] = {name: {} for name in articles}
    for release in all_ if scripts else ():
        table = catalog.decisions(release.folder, ["decision", "file", "place"])
        for row in table.filter(pc.equal(table["decision"], "quarantined")).to_pylist():
            path = release.folder / "quarantine" / name_of(row["file"], row["place"])
            if not path.is_file():
                continue
            text = _text(path)
            keys_of = dict(zip(scripts, _keys([text] * len(scripts), scripts), strict=True))
            for name, own_texts in wanted.items():
                if any(len(np.intersect1d(keys, keys_of[script])) >= SHARE * len(keys) for script, keys in own_texts):
                    locations[name][location_of(row["file"], row["place"])] = None
    return {name: list(each) for name, each in locations.items()}


def _texts(all_: Sequence[Release], ids: Set[str]) -> dict[str, list[tuple[str | None, Shingles]]]:
    """Return, by id, the script and the runs of words of each text that these articles have in releases."""
    texts: dict[tuple[str, str | None, str], None] = {}
    for release in all_:
        if release.manifest.of_ids:
            continue
        table = catalog.decisions(release.folder, ["id", "decision", "language", "script"])
        rows = table.filter(pc.is_in(table["id"], pa.array(sorted(ids), pa.string()))).to_pylist()
        kept = {row["id"]: row for row in rows if row["decision"] == "kept"}
        for id, article in reread.published(release.folder, kept.values()).items():
            texts[id, kept[id]["script"], article.text or ""] = None
    by_id: dict[str, list[tuple[str | None, Shingles]]] = {}
    keys = _keys([text for _, _, text in texts], [script for _, script, _ in texts]) if texts else []
    for (id, script, _), text_keys in zip(texts, keys, strict=True):
        if len(text_keys):
            by_id.setdefault(id, []).append((script, text_keys))
    return by_id


def _keys(texts: Sequence[str], scripts: Sequence[str | None]) -> list[Shingles]:
    in_script = pa.chunked_array([pa.array(scripts, pa.string())])
    words = fold.fold_words(pa.array(texts, pa.string()), in_script)
    return shingles(words, in_script, NGRAM)


def _text(path: Path) -> str:
    """Read bytes in an unknown format as text, as far as they can be decoded."""
    content = path.read_bytes()
    encoding = next((name for mark, name in _BOMS if content.startswith(mark)), "utf-8")
    text = content.decode(encoding, "replace")
    if encoding == "utf-8" and "\\u" in text:  # JSON may escape letters
        text = codecs.decode(text.encode("latin-1", "backslashreplace"), "unicode_escape")
    return text
