"""`make bench-datatrove`: find the same copies with datatrove and with this package, and print the ratio of the times.

Both get the same JSON Lines, the same n-grams, bands and rows, two workers or threads, and one environment; the time is
that of a whole process, from its start until the last article that is kept is written. This package also verifies every
pair, looks for contained copies and stories, and tells articles of one template apart; datatrove removes whatever
shares a band.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from benchmarks import press

LANGUAGE = "en"  # datatrove cuts English into words by itself; other languages need models
THREADS = 2
Rows = list[dict[str, Any]]


def main() -> None:
    """Measure both and print the figures; or, asked for by itself, run this package's part."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--articles", type=int, default=50_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--ngram", type=int, default=3)
    parser.add_argument("--bands", type=int, default=25)
    parser.add_argument("--rows", type=int, default=5)
    parser.add_argument("--run", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    parameters = [options.ngram, options.bands, options.rows]
    if options.run:
        print(json.dumps(run(options.run, *parameters)))
        return
    with tempfile.TemporaryDirectory(prefix="builder-bench-") as place:
        folder = Path(place)
        planted = write(folder / "press", options.articles, options.seed)
        print(f"{options.articles:,} articles, n-gram, bands and rows {parameters}, seed {options.seed}")
        removed, seconds = {}, {}
        for name, module in (("builder", ["benchmarks.against", "--run"]), ("datatrove", ["benchmarks.trove"])):
            start = time.perf_counter()
            command = [sys.executable, "-m", *module, str(folder)]
            command += _named(parameters) if name == "builder" else [str(value) for value in parameters]
            said = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True)
            seconds[name] = time.perf_counter() - start
            result = json.loads(said.stdout.splitlines()[-1])
            removed[name] = set(result["removed"])
            stages = ", ".join(f"{stage} {spent:.1f}" for stage, spent in result["seconds"].items())
            print(f"{name}: {seconds[name]:.1f} s, {options.articles / seconds[name]:,.0f} articles/s ({stages})")
        print(f"ratio: {seconds['datatrove'] / seconds['builder']:.1f}")
        print(compared(planted, removed["builder"], removed["datatrove"]))


def _named(parameters: list[int]) -> list[str]:
    return [f"--{name}={value}" for name, value in zip(("ngram", "bands", "rows"), parameters, strict=True)]


def write(folder: Path, articles: int, seed: int) -> Rows:
    """Write a press in one language as JSON Lines; give what is planted in it."""
    folder.mkdir()
    planted: Rows = []
    for number, table in enumerate(press.shards(articles, seed, (LANGUAGE,))):
        planted += table.select(["id", "kind", "of"]).to_pylist()
        with (folder / f"{number:05}.jsonl").open("w", encoding="utf-8") as out:
            for row in table.select(["id", "text"]).to_pylist():
                out.write(json.dumps(row, ensure_ascii=False) + "\n")
    return planted


def run(folder: Path, ngram: int, bands: int, rows: int) -> dict[str, Any]:
    """Find the copies among the articles of a folder and write the others; give seconds a stage and the removed ids."""
    import pyarrow as pa

    from builder import copies, engine
    from builder.alike import alike
    from builder.clock import Clock
    from builder.columns import pieces_of
    from builder.config import Dedup
    from builder.copies import Facts

    dedup, clock = Dedup(ngram=ngram, bands=bands, rows=rows), Clock()
    engine.use_threads(THREADS)
    with engine.running("native", THREADS, lambda said: None):
        with clock("sign"), ThreadPoolExecutor(THREADS) as pool:
            paths = sorted((folder / "press").iterdir())
            table = pa.concat_tables(pool.map(lambda path: _signed(path, dedup), paths)).combine_chunks()
        with clock("link"):
            facts = [
                Facts(id, exact, words, "Latn", None, None, (), None, False)
                for id, exact, words in zip(
                    *(table[name].to_pylist() for name in ("id", "exact_hash", "words")), strict=True
                )
            ]
            order = copies.ranked(facts, dedup.keep, (), [0] * len(facts))
            found, _ = alike(pieces_of(table), order, [facts[row] for row in order], dedup, 0.3)
        removed = {copy.row for copy in found if copy.removed}
        with clock("filter"), (folder / "ours.jsonl").open("w", encoding="utf-8") as out:
            for row, article in enumerate(table.select(["id", "text"]).to_pylist()):
                if row not in removed:
                    out.write(json.dumps(article, ensure_ascii=False) + "\n")
    return {"seconds": clock.seconds, "removed": sorted(facts[row].id for row in removed)}


def _signed(path: Path, dedup: Any) -> Any:
    import pyarrow as pa
    import pyarrow.json

    from builder import near
    from builder.shingles import shingle_words

    table = pyarrow.json.read_json(path)
    for name, value in (("language", LANGUAGE), ("script", "Latn"), ("reason", None)):
        table = table.append_column(name, pa.array([value] * len(table), pa.string()))
    return near.sign(table, shingle_words(table), dedup.ngram, dedup.bands, dedup.rows, dedup.min_words)


def compared(planted: Rows, ours: set[str], theirs: set[str]) -> str:
    """Say how much of what is planted each found; an original and its copies are a cluster, so are reprints of one."""
    clusters: dict[str, set[str]] = defaultdict(set)
    of_template: dict[str, set[str]] = defaultdict(set)
    for row in planted:
        (of_template if row["kind"] == "template" else clusters)[row["of"] or row["id"]].add(row["id"])
    tally = {"both": 0, "builder alone": 0, "datatrove alone": 0, "neither": 0}
    single = {id for members in clusters.values() if len(members) == 1 for id in members}
    for members in clusters.values():
        if len(members) > 1:
            whole = [len(members - removed) == 1 for removed in (ours, theirs)]
            tally[["neither", "datatrove alone", "builder alone", "both"][2 * whole[0] + whole[1]]] += 1
    reports = set().union(*of_template.values())
    said = ", ".join(f"{name} {count:,}" for name, count in tally.items())
    return (
        f"planted clusters of which one article was left: {said}\n"
        f"removed by both {len(ours & theirs):,}, by builder alone {len(ours - theirs):,}, by datatrove alone "
        f"{len(theirs - ours):,}\n"
        f"of {len(reports):,} articles of one template removed: builder {len(reports & ours):,}, "
        f"datatrove {len(reports & theirs):,}; articles without a copy: builder {len(single & ours):,}, "
        f"datatrove {len(single & theirs):,}"
    )


if __name__ == "__main__":
    main()
