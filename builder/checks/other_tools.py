"""Find copies with other installed tools (the extra `rivals`), each used in its usual way, for comparison.

All get the words and n-grams of a build, with the name of the language in front, and its threshold if they have one.
They accept as copies any articles whose hashes collide (datasketch, text-dedup, datatrove) or whose estimated
similarity is high enough (rensa); none compares the texts.
"""

from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from builder.config.sections import Dedup
from builder.core.union_find import units
from builder.dedup import shingles
from builder.text import fold

PERMUTATIONS = 128  # rensa's and datasketch's default
MORE_PERMUTATIONS = 250  # text-dedup's
BUCKETS, HASHES = 14, 8  # datatrove's: a threshold of about 0.72


Pairs = list[tuple[int, int]]  # a removed row, and the kept row of which it is a copy
Finder = Callable[[pa.Table], Pairs]


class Document(NamedTuple):
    """The folded words of an article, separated by single spaces, and the number of words in an n-gram."""

    words: str
    ngram: int

    def ngrams(self) -> set[str]:
        """Return its n-grams; an article with fewer words is one n-gram."""
        words = self.words.split(" ")
        starts = range(max(1, len(words) - self.ngram + 1))
        return {" ".join(words[start : start + self.ngram]) for start in starts}


def installed(dedup: Dedup) -> dict[str, Finder]:
    """Return a finder for each installed tool, by the tool's name and version."""
    finders: dict[str, Finder] = {}
    for name, find in FINDERS.items():
        with suppress(PackageNotFoundError):
            finders[f"{name} {version(name)}"] = partial(_find, find, dedup)
    return finders


def _find(find: Callable[[list[Document], float], Pairs], dedup: Dedup, table: pa.Table) -> Pairs:
    return find(_documents(table, dedup.ngram), dedup.threshold)


def _documents(table: pa.Table, ngram: int) -> list[Document]:
    words = fold.shingle_words(table).to_pylist()
    names = ["".join(filter(str.isalpha, tag)).lower() for tag in table["language"].to_pylist()]
    sizes = shingles.lengths(table["script"], ngram)
    return [
        Document(" ".join(f"{name}{word}" for word in article.split(" ")), size)
        for article, name, size in zip(words, names, sizes, strict=True)
    ]


def rensa(documents: list[Document], threshold: float) -> Pairs:
    """Find copies as its deduplicator does: LSH, then the similarity estimated from two signatures."""
    from rensa import RMinHash, RMinHashDeduplicator

    seen = RMinHashDeduplicator(threshold, PERMUTATIONS, True)
    found = []
    for row, document in enumerate(documents):
        signature = RMinHash(PERMUTATIONS, 42)
        signature.update(sorted(document.ngrams()))
        copies = seen.get_duplicates(signature)
        if copies:
            found.append((row, min(map(int, copies))))
        else:
            seen.add(str(row), signature)
    return found


def datasketch(documents: list[Document], threshold: float) -> Pairs:
    """Find copies as its documentation does: an article is a copy if the index returns any other."""
    from datasketch import MinHash, MinHashLSH

    seen = MinHashLSH(threshold=threshold, num_perm=PERMUTATIONS)
    found = []
    for row, document in enumerate(documents):
        signature = MinHash(num_perm=PERMUTATIONS)
        signature.update_batch([ngram.encode() for ngram in document.ngrams()])
        copies = seen.query(signature)
        if copies:
            found.append((row, min(copies)))
        else:
            seen.insert(row, signature)
    return found


def text_dedup(documents: list[Document], threshold: float) -> Pairs:
    """Find copies as its `minhash` command does: articles that share a band form a cluster; the first is kept."""
    from text_dedup import minhash

    bands, rows = minhash.optimal_param(threshold, MORE_PERMUTATIONS, 0.5, 0.5)
    prime, most = np.uint64((1 << 61) - 1), np.uint32((1 << 32) - 1)
    chance = np.random.RandomState(minhash.SEED)
    permutations = tuple(chance.randint(least, prime, size=MORE_PERMUTATIONS, dtype=np.uint64) for least in (1, 0))
    tables: list[dict[bytes, list[int]]] = [{} for _ in range(bands)]
    for row, document in enumerate(documents):
        signature = minhash.embed_func(
            document.words,
            row,
            num_perm=MORE_PERMUTATIONS,
            ngram_size=document.ngram,
            min_length=5,
            hashranges=[(band * rows, (band + 1) * rows) for band in range(bands)],
            permutations=permutations,
            hash_func=lambda ngram: minhash.sha1_hash(ngram, d=32),
            dtype=np.uint64,
            max_hash=most,
            modulo_prime=prime,
        )[minhash.SIGNATURE_COLUMN]
        for table, key in zip(tables, signature, strict=True):
            table.setdefault(key, []).append(row)
    groups = (members for table in tables for members in table.values())
    return _first_of_each(len(documents), groups)


def datatrove(documents: list[Document], threshold: float) -> Pairs:
    """Find copies as its MinHash stages do, with its default buckets; the first of a cluster counts as kept."""
    groups: dict[int, list[int]] = {}
    for row, document in enumerate(documents):
        groups.setdefault(document.ngram, []).append(row)
    return [pair for ngram, rows in groups.items() for pair in _datatrove(documents, rows, ngram)]


def _datatrove(documents: list[Document], rows: list[int], ngram: int) -> Pairs:
    from datatrove.data import Document as Theirs
    from datatrove.pipeline.dedup.minhash import (
        MinhashConfig,
        MinhashDedupBuckets,
        MinhashDedupCluster,
        MinhashDedupSignature,
    )
    from datatrove.utils.word_tokenizers import WordTokenizer

    class AtSpaces(WordTokenizer):  # type: ignore[misc]
        def word_tokenize(self, text: str) -> list[str]:
            return text.split()

        def sent_tokenize(self, text: str) -> list[str]:
            return [text]

        def span_tokenize(self, text: str) -> Pairs:
            return [(0, len(text))]

    config = MinhashConfig(n_grams=ngram, num_buckets=BUCKETS, hashes_per_bucket=HASHES)
    theirs = (Theirs(text=documents[row].words, id=str(row)) for row in rows)
    with TemporaryDirectory() as folder:
        folders = [str(Path(folder) / name) for name in ("signatures", "buckets", "clusters")]
        MinhashDedupSignature(folders[0], config, AtSpaces()).run(theirs)
        for bucket in range(BUCKETS):
            MinhashDedupBuckets(*folders[:2], config=config).run(rank=bucket, world_size=BUCKETS)
        MinhashDedupCluster(*folders[1:], config=config, save_cluster_id=True).run(world_size=1)
        clustered = next(iter(sorted(Path(folders[2]).glob("*.clusters"))), None)
        pairs = np.fromfile(clustered, "<u4").reshape(-1, 2).tolist() if clustered else []
    clusters: dict[int, list[int]] = {}
    for document, cluster in pairs:
        clusters.setdefault(cluster, []).append(rows[document])
    return _first_of_each(len(documents), clusters.values())


def _first_of_each(count: int, groups: Iterable[list[int]]) -> Pairs:
    """Join groups that share a row, and pair each row with the first row of its joined group."""
    first = units(count, ((group[0], other) for group in groups for other in group[1:]), [])
    return [(row, kept) for row, kept in enumerate(first) if row != kept]


FINDERS: dict[str, Callable[[list[Document], float], Pairs]] = {
    "rensa": rensa,
    "datasketch": datasketch,
    "text-dedup": text_dedup,
    "datatrove": datatrove,
}
