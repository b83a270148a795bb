"""`make bench-dedup`: find the copies and stories of a generated press, and print what each stage costs, and growth.

The press is made first (benchmarks/press.py). Then a process of its own signs and stores the articles, as prepare does,
and links them, as a build does; its memory is watched. It is done at a tenth of the size too: the growth is the time an
article takes at the full size over that at a tenth.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from benchmarks import press
from benchmarks.bench import CHECKOUT, Watch

GIGABYTE = 1e9


def main() -> None:
    """Measure at a tenth and at the full size, and print both; or, asked for by itself, run one measurement."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--articles", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--engine", choices=("native", "ray"), default="native")
    parser.add_argument("--alone", action="store_true", help="leave out the measurement at a tenth of the size")
    parser.add_argument("--run", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.run:
        print(json.dumps(run(options.run, options.threads, options.engine)))
        return
    sizes = [options.articles] if options.alone else [options.articles // 10, options.articles]
    an_article = [measure(size, options) for size in sizes]
    if len(an_article) == 2:
        print(f"growth of the time an article takes, {sizes[0]:,} to {sizes[1]:,}: {an_article[1] / an_article[0]:.2f}")


def measure(articles: int, options: argparse.Namespace) -> float:
    """Make a press and find its copies; print the figures, give the seconds that an article took."""
    with tempfile.TemporaryDirectory(prefix="builder-bench-") as place:
        folder = Path(place)
        start = time.perf_counter()
        size = write(folder / "press", articles, options.seed)
        made = time.perf_counter() - start
        print(f"{articles:,} articles, {size / GIGABYTE:.2f} GB of text, seed {options.seed}, made in {made:.0f} s")
        command = [sys.executable, "-m", "benchmarks.dedup", "--run", str(folder)]
        command += ["--threads", str(options.threads), "--engine", options.engine]
        child = subprocess.Popen(command, stdout=subprocess.PIPE, cwd=CHECKOUT)
        watch = Watch(child.pid)
        watch.start()
        said, _ = child.communicate()
        watch.stop()
        if child.returncode:
            raise SystemExit(f"deduplication ended with status {child.returncode}")
    found = json.loads(said)
    print(f"{'stage':<12}{'seconds':>9}{'articles/s':>12}")
    for stage, seconds in found["seconds"].items():
        print(f"{stage:<12}{seconds:>9.1f}{articles / seconds:>12,.0f}")
    total = sum(found["seconds"].values())
    print(f"{'all':<12}{total:>9.1f}{articles / total:>12,.0f}")
    print(f"peak memory: largest process {watch.largest / GIGABYTE:.2f} GB, all {watch.together / GIGABYTE:.2f} GB")
    print(f"candidate pairs {found['pairs']:,}, kinds {found['kinds']}")
    print(f"planted and found: {found['found']}\n", flush=True)
    return float(total / articles)


def write(folder: Path, articles: int, seed: int) -> int:
    """Write a press, a Parquet file a shard; give the bytes of all texts."""
    folder.mkdir()
    size = 0
    for number, table in enumerate(press.shards(articles, seed)):
        pq.write_table(table, folder / f"{number:06}.parquet", compression="zstd", compression_level=1)
        size += pc.sum(pc.binary_length(table["text"])).as_py()
    return size


def run(folder: Path, threads: int, on: str) -> dict[str, Any]:
    """Sign, store and link the articles of a folder; give seconds a stage, and what of the planted was found."""
    from builder import engine
    from builder.clock import Clock
    from builder.config import Dedup, Stories
    from builder.corpus import Corpus
    from builder.link import link
    from builder.memory import Memory
    from builder.segments import Segments

    dedup, clock = Dedup(), Clock()
    paths = sorted((folder / "press").iterdir())
    segments = Segments(folder / "segments")
    engine.use_threads(threads)
    with engine.running(on, threads, lambda said: None):
        with clock("sign"), ThreadPoolExecutor(threads) as pool:
            list(pool.map(lambda path: sign(path, segments, dedup), paths))
        with clock("read"):
            corpus = Corpus(segments, [path.name for path in paths])
        counts = _timed(clock)
        start = time.perf_counter()
        ids = corpus.column("tag")
        none: list[str | None] = [None] * len(corpus)
        linked = link(corpus, range(len(corpus)), ids, none, Memory(), dedup, Stories())
        inner = sum(seconds for stage, seconds in clock.seconds.items() if stage not in ("sign", "read"))
        clock.seconds["rest"] = time.perf_counter() - start - inner
    removed = {ids[copy.row] for copy in linked.copies if copy.removed}
    return {
        "seconds": clock.seconds,
        "pairs": counts["pairs"],
        "kinds": dict(sorted(Counter(copy.kind for copy in linked.copies).items())),
        "found": judged(paths, removed),
    }


def sign(path: Path, segments: Any, dedup: Any) -> None:
    """Sign a shard and store it, as prepare does; columns that linking does not read are null."""
    from builder import near
    from builder.schema import PREPARED
    from builder.segments import Part
    from builder.shingles import shingle_words

    table = pq.read_table(path)
    table = table.append_column("reason", pa.nulls(len(table), pa.string()))
    signed = near.sign(table, shingle_words(table), dedup.ngram, dedup.bands, dedup.rows, dedup.min_words)
    signed = signed.append_column("file", pa.array([path.name] * len(table)))
    signed = signed.append_column("record", pa.array(range(len(table)), pa.int64()))
    signed = signed.append_column("tag", table["id"])
    columns = [signed[of.name] if of.name in signed.column_names else pa.nulls(len(table), of.type) for of in PREPARED]
    stored = pa.table([column.cast(of.type) for column, of in zip(columns, PREPARED, strict=True)], PREPARED)
    segments.add(stored, [Part(path.name, 0, len(table), True)])


def _timed(clock: Any) -> dict[str, int]:
    """Time the parts of linking, which the code itself does not; give what they counted."""
    from builder import alike, copies, pairs

    counts = {"pairs": 0}

    def time_it(module: ModuleType, name: str, stage: str) -> None:
        does: Callable[..., Any] = getattr(module, name)

        def timed(*given: Any, **named: Any) -> Any:
            with clock(stage):
                found = does(*given, **named)
            if name == "candidates":
                counts["pairs"] = len(found.one)
            return found

        setattr(module, name, timed)

    time_it(copies, "ranked", "rank")
    time_it(pairs, "candidates", "pair")
    time_it(alike, "shingles_of", "fetch")
    time_it(copies, "verify", "verify")
    time_it(copies, "choose", "choose")
    return counts


def judged(paths: list[Path], removed: set[str | None]) -> dict[str, Any]:
    """Tell of each planted kind how many there are and how many were found, and what was removed wrongly.

    A planted copy is found if it or its original is removed; of reprints of one text all but one are to be.
    """
    table = pa.concat_tables([pq.read_table(path, columns=["id", "kind", "of"]) for path in paths])
    rows = list(zip(*(table[name].to_pylist() for name in ("id", "kind", "of")), strict=True))
    found: dict[str, Any] = {}
    for kind in ("exact", "edited", "cut"):
        planted = [(id, of) for id, of_kind, of in rows if of_kind == kind]
        found[kind] = [sum(id in removed or of in removed for id, of in planted), len(planted)]
    reprints = [(id, of) for id, kind, of in rows if kind == "reprint"]
    found["reprint"] = [sum(id in removed for id, _ in reprints), len(reprints) - len({of for _, of in reprints})]
    copied = {of for _, _, of in rows if of}
    found["wrong"] = sum(id in removed for id, kind, _ in rows if kind == "original" and id not in copied)
    found["template removed"] = [sum(id in removed for id, kind, _ in rows if kind == "template")]
    found["template removed"].append(sum(kind == "template" for _, kind, _ in rows))
    return found


if __name__ == "__main__":
    main()
