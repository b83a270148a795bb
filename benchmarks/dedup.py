"""`make bench-dedup`: find the copies and stories of a generated press, and print the cost of each stage, and growth.

The press is generated first (benchmarks/press.py). Then a separate process, whose memory is watched, signs and stores
the articles, as prepare does, and links them, as a build does. The same is done at a tenth of the size. The growth is
the time per article at the full size divided by that at a tenth, both by the clock and by processor time (which other
processes do not affect).
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
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
    """Measure at a tenth and at the full size, and print both; with --run, do the work of one measurement."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--articles", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--engine", choices=("native", "ray"), default="native")
    parser.add_argument("--alone", action="store_true", help="skip the measurement at a tenth of the size")
    parser.add_argument("--run", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.run:
        print(json.dumps(run(options.run, options.threads, options.engine)))
        return
    sizes = [options.articles] if options.alone else [options.articles // 10, options.articles]
    spent = [measure(size, options) for size in sizes]
    if len(spent) == 2:
        clock, processor = (spent[1][of] / sizes[1] / (spent[0][of] / sizes[0]) for of in (0, 1))
        print(f"growth of the time per article, {sizes[0]:,} to {sizes[1]:,}: {clock:.2f}, processor {processor:.2f}")


def measure(articles: int, options: argparse.Namespace) -> tuple[float, float]:
    """Generate a press and find its copies; print the figures, and return the seconds of the clock and processor."""
    with tempfile.TemporaryDirectory(prefix="builder-bench-") as temporary:
        folder = Path(temporary)
        start = time.perf_counter()
        size = write(folder / "press", articles, options.seed)
        made = time.perf_counter() - start
        print(f"{articles:,} articles, {size / GIGABYTE:.2f} GB of text, seed {options.seed}, made in {made:.0f} s")
        command = [sys.executable, "-m", "benchmarks.dedup", "--run", str(folder)]
        command += ["--threads", str(options.threads), "--engine", options.engine]
        child = subprocess.Popen(command, stdout=subprocess.PIPE, cwd=CHECKOUT)
        watch = Watch(child.pid)
        watch.start()
        output, _ = child.communicate()
        watch.stop()
        if child.returncode:
            raise SystemExit(f"deduplication ended with status {child.returncode}")
    result = json.loads(output)
    print(f"{'stage':<9}{'seconds':>9}{'articles/s':>12}{'processor':>11}{'peak GB':>9}")
    stages = result["stages"]
    seconds, processor = (sum(cost[kind] for cost in stages.values()) for kind in ("seconds", "processor"))
    for stage, cost in {**stages, "all": {"seconds": seconds, "processor": processor, "peak": 0}}.items():
        line = f"{stage:<9}{cost['seconds']:>9.1f}{articles / cost['seconds']:>12,.0f}{cost['processor']:>11.1f}"
        print(line + (f"{cost['peak'] / GIGABYTE:>9.2f}" if cost["peak"] else ""))
    print(f"peak memory: largest process {watch.largest / GIGABYTE:.2f} GB, all {watch.together / GIGABYTE:.2f} GB")
    print(f"kinds: {result['kinds']}\nplanted and found: {result['found']}\n", flush=True)
    return seconds, processor


def write(folder: Path, articles: int, seed: int) -> int:
    """Write a press, one Parquet file per shard; return the bytes of all texts."""
    folder.mkdir()
    size = 0
    for number, table in enumerate(press.shards(articles, seed)):
        pq.write_table(table, folder / f"{number:06}.parquet", compression="zstd", compression_level=1)
        size += pc.sum(pc.binary_length(table["text"])).as_py()
    return size


class Stages:
    """The cost of each stage: seconds of the clock and the processor, and the peak memory up to its end."""

    def __init__(self) -> None:
        """Start the stage `rest`, which runs whenever no other does."""
        self.costs: dict[str, dict[str, float]] = {}
        self._last = self._now()
        self._stack = ["rest"]

    def _now(self) -> tuple[float, float]:
        return time.perf_counter(), time.process_time()

    def _add(self) -> None:
        now = self._now()
        stage = self.costs.setdefault(self._stack[-1], {"seconds": 0.0, "processor": 0.0, "peak": 0.0})
        stage["seconds"] += now[0] - self._last[0]
        stage["processor"] += now[1] - self._last[1]
        stage["peak"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        self._last = now

    @contextmanager
    def __call__(self, stage: str) -> Iterator[None]:
        """Count the time of a `with` block for a stage, and not for the enclosing stage."""
        self._add()
        self._stack.append(stage)
        yield
        self._add()
        self._stack.pop()

    def watch(self, module: ModuleType, name: str, stage: str) -> None:
        """Count the time of a module's function for a stage."""
        function: Callable[..., Any] = getattr(module, name)

        def timed(*given: Any, **named: Any) -> Any:
            with self(stage):
                return function(*given, **named)

        setattr(module, name, timed)


def run(folder: Path, threads: int, on: str) -> dict[str, Any]:
    """Sign, store and link the articles of a folder; return the cost of each stage, and how many plants were found."""
    from builder.config.sections import Dedup, Stories
    from builder.core.terms import Decision
    from builder.decide.link import link
    from builder.decide.outcomes import Decided, RecordDecision
    from builder.dedup import candidates, choose, match
    from builder.engine import runner
    from builder.prepare.corpus import Corpus
    from builder.prepare.segments import Segments
    from builder.splits.history import History

    stages, dedup = Stages(), Dedup()
    paths = sorted((folder / "press").iterdir())
    segments = Segments(folder / "segments")
    runner.use_threads(threads)
    with runner.running(on, threads, lambda line: None):
        with stages("sign"), ThreadPoolExecutor(threads) as pool:
            list(pool.map(lambda path: sign(path, segments, dedup), paths))
        with stages("read"):
            corpus = Corpus(segments, [path.name for path in paths])
        stages.watch(choose, "ranked", "rank")
        stages.watch(candidates, "candidates", "pair")
        stages.watch(match, "shingles_of", "fetch")
        stages.watch(choose, "verify_pairs", "verify")
        stages.watch(choose, "choose", "choose")
        ids = corpus.column("tag")
        kept = [RecordDecision(Decision.KEPT) for _ in range(len(corpus))]
        decided = Decided(ids, [None] * len(corpus), kept)
        with stages("rest"):
            linked = link(corpus, decided, History(), dedup, Stories())
    removed = {ids[copy.row] for copy in linked.copies if copy.removed}
    kinds = Counter(copy.kind for copy in linked.copies)
    return {"stages": stages.costs, "kinds": dict(sorted(kinds.items())), "found": judged(paths, removed)}


def sign(path: Path, segments: Any, dedup: Any) -> None:
    """Sign a shard and store it, as prepare does; columns that linking does not read are null."""
    from builder.core.schema import PREPARED
    from builder.dedup import minhash
    from builder.prepare.segments import Part
    from builder.text.fold import shingle_words

    table = pq.read_table(path)
    table = table.append_column("reason", pa.nulls(len(table), pa.string()))
    signed = minhash.sign(table, shingle_words(table), dedup.ngram, dedup.bands, dedup.rows, dedup.min_words)
    signed = signed.append_column("file", pa.array([path.name] * len(table)))
    signed = signed.append_column("record", pa.array(range(len(table)), pa.int64()))
    signed = signed.append_column("tag", table["id"])
    names = signed.column_names
    columns = [signed[field.name] if field.name in names else pa.nulls(len(table), field.type) for field in PREPARED]
    stored = pa.table([column.cast(field.type) for column, field in zip(columns, PREPARED, strict=True)], PREPARED)
    segments.add(stored, [Part(path.name, 0, len(table), True)])


def judged(paths: list[Path], removed: set[str | None]) -> dict[str, Any]:
    """Count the found and all planted articles of each kind, and the articles that were removed wrongly.

    A planted copy is found if it or its original is removed. Of the reprints of one text, all except one must be
    removed.
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
