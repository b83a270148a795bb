"""Other tools that find copies, in their usual way, for comparison: those that are installed (the extra `rivals`).

All are given the same words and n-grams as a build's, with the name of the language in front, and the same threshold
where they have one. They take copies for granted where hashes collide (datasketch, text-dedup, datatrove) or where an
estimate of the similarity says so (rensa); none compares the texts.
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


Pairs = list[tuple[int, int]]  # a row that is removed, and the one that it is removed for
Finder = Callable[[pa.Table], Pairs]


class Document(NamedTuple):
    """The folded words of an article, parted by one space, and how many of them an n-gram has."""

    words: str
    ngram: int

    def ngrams(self) -> set[str]:
        """Give its n-grams; of an article of fewer words, all of them as one."""
        parted = self.words.split(" ")
        starts = range(max(1, len(parted) - self.ngram + 1))
        return {" ".join(parted[start : start + self.ngram]) for start in starts}


def installed(dedup: Dedup) -> dict[str, Finder]:
    """Give a finder for each tool that is installed, by its name and version."""
    found: dict[str, Finder] = {}
    for name, find in FINDERS.items():
        with suppress(PackageNotFoundError):
            found[f"{name} {version(name)}"] = partial(_found, find, dedup)
    return found


def _found(find: Callable[[list[Document], float], Pairs], dedup: Dedup, table: pa.Table) -> Pairs:
    return find(_documents(table, dedup.ngram), dedup.threshold)


def _documents(table: pa.Table, ngram: int) -> list[Document]:
    words = fold.shingle_words(table).to_pylist()
    names = ["".join(filter(str.isalpha, tag)).lower() for tag in table["language"].to_pylist()]
    sizes = shingles.lengths(table["script"], ngram)
    return [
        Document(" ".join(f"{name}{word}" for word in said.split(" ")), size)
        for said, name, size in zip(words, names, sizes, strict=True)
    ]


def rensa(documents: list[Document], threshold: float) -> Pairs:
    """Find copies as its deduplicator does: LSH, then the similarity that two signatures estimate."""
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
    """Find copies as its documentation does: an article for which the index has any other is one."""
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
    """Find copies as its `minhash` command does: what shares a band is one cluster, of which the first is kept."""
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
    """Find copies as its stages for MinHash do, with its default buckets; the first of a cluster is taken for kept."""
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
        places = [str(Path(folder) / name) for name in ("signatures", "buckets", "clusters")]
        MinhashDedupSignature(places[0], config, AtSpaces()).run(theirs)
        for bucket in range(BUCKETS):
            MinhashDedupBuckets(*places[:2], config=config).run(rank=bucket, world_size=BUCKETS)
        MinhashDedupCluster(*places[1:], config=config, save_cluster_id=True).run(world_size=1)
        clustered = next(iter(sorted(Path(places[2]).glob("*.clusters"))), None)
        pairs = np.fromfile(clustered, "<u4").reshape(-1, 2).tolist() if clustered else []
    clusters: dict[int, list[int]] = {}
    for document, cluster in pairs:
        clusters.setdefault(cluster, []).append(rows[document])
    return _first_of_each(len(documents), clusters.values())


def _first_of_each(count: int, groups: Iterable[list[int]]) -> Pairs:
    """Join groups that share a row, and pair each row with the first of those that it is joined to."""
    first = units(count, ((group[0], other) for group in groups for other in group[1:]), [])
    return [(row, kept) for row, kept in enumerate(first) if row != kept]


FINDERS: dict[str, Callable[[list[Document], float], Pairs]] = {
    "rensa": rensa,
    "datasketch": datasketch,
    "text-dedup": text_dedup,
    "datatrove": datatrove,
}
