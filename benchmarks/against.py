"""`make bench-datatrove`: find the same copies with datatrove and with this package, and print the ratio of the times.

Both get the same JSON Lines, n-grams, bands and rows, two workers or threads, and one environment. The time is that of
a whole process, from its start until the last kept article is written. datatrove removes all articles that share a
band. This package runs twice: `bands` finds the same candidates, and verifies each; `all` does what a build does: it
also looks for contained copies and stories, by sketches, and keeps the articles of one template.
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

LANGUAGE = "en"  # datatrove splits English into words by itself; other languages need models
THREADS = 2
Rows = list[dict[str, Any]]


def main() -> None:
    """Measure both and print the figures; with --run, do only this package's part."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--articles", type=int, default=50_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--ngram", type=int, default=3)
    parser.add_argument("--bands", type=int, default=25)
    parser.add_argument("--rows", type=int, default=5)
    parser.add_argument("--run", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--bands-alone", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    parameters = [options.ngram, options.bands, options.rows]
    if options.run:
        print(json.dumps(run(options.run, options.bands_alone, *parameters)))
        return
    with tempfile.TemporaryDirectory(prefix="builder-bench-") as temporary:
        folder = Path(temporary)
        planted = write(folder / "press", options.articles, options.seed)
        print(f"{options.articles:,} articles, n-gram, bands and rows {parameters}, seed {options.seed}")
        given = [f"--{name}={value}" for name, value in zip(("ngram", "bands", "rows"), parameters, strict=True)]
        ours = ["benchmarks.against", "--run", str(folder), *given]
        theirs = ["benchmarks.trove", str(folder), *map(str, parameters)]
        results = {
            name: timed(name, command, options.articles)
            for name, command in (("all", ours), ("bands", [*ours, "--bands-alone"]), ("datatrove", theirs))
        }
        for name in ("bands", "all"):
            print(f"\nratio of datatrove to {name}: {results['datatrove'][1] / results[name][1]:.1f}")
            print(compared(planted, results[name][0], results["datatrove"][0]))


def timed(name: str, command: list[str], articles: int) -> tuple[set[str], float]:
    """Run a module as a process; return the ids that it removed, and the seconds that it took."""
    start = time.perf_counter()
    process = subprocess.run([sys.executable, "-m", *command], capture_output=True, check=False)
    seconds = time.perf_counter() - start
    if process.returncode:
        raise SystemExit(process.stderr.decode())
    result = json.loads(process.stdout.splitlines()[-1])
    stages = ", ".join(f"{stage} {spent:.1f}" for stage, spent in result["seconds"].items())
    print(f"{name}: {seconds:.1f} s, {articles / seconds:,.0f} articles/s ({stages})", flush=True)
    return set(result["removed"]), seconds


def write(folder: Path, articles: int, seed: int) -> Rows:
    """Write a press in one language as JSON Lines; return id, kind and original of each article."""
    folder.mkdir()
    planted: Rows = []
    for number, table in enumerate(press.shards(articles, seed, (LANGUAGE,))):
        planted += table.select(["id", "kind", "of"]).to_pylist()
        with (folder / f"{number:05}.jsonl").open("w", encoding="utf-8") as out:
            for row in table.select(["id", "text"]).to_pylist():
                out.write(json.dumps(row, ensure_ascii=False) + "\n")
    return planted


def run(folder: Path, bands_alone: bool, ngram: int, bands: int, rows: int) -> dict[str, Any]:
    """Find the copies among the articles of a folder and write the others; return seconds by stage and removed ids."""
    import orjson
    import pyarrow as pa

    from builder.config.sections import Dedup
    from builder.core.timing import Clock
    from builder.dedup import choose
    from builder.dedup.choose import Facts
    from builder.engine import runner

    dedup, clock = Dedup(ngram=ngram, bands=bands, rows=rows), Clock()
    runner.use_threads(THREADS)
    with runner.running("native", THREADS, lambda line: None):
        with clock("sign"), ThreadPoolExecutor(THREADS) as pool:
            paths = sorted((folder / "press").iterdir())
            table = pa.concat_tables(pool.map(lambda path: _signed(path, dedup, bands_alone), paths)).combine_chunks()
        with clock("link"):
            columns = zip(*(table[name].to_pylist() for name in ("id", "exact_hash", "words")), strict=True)
            facts = [Facts(id, exact, words, "Latn", None, None, (), None, None) for id, exact, words in columns]
            order = choose.ranked(facts, dedup.keep, (), [0] * len(facts))
            removed = _removed(table, order, [facts[row] for row in order], dedup, bands_alone)
        with clock("filter"), (folder / "ours.jsonl").open("wb") as out:
            for row, article in enumerate(table.select(["id", "text"]).to_pylist()):
                if row not in removed:
                    out.write(orjson.dumps(article, option=orjson.OPT_APPEND_NEWLINE))
    return {"seconds": clock.seconds, "removed": sorted(facts[row].id for row in removed)}


def _signed(path: Path, dedup: Any, bands_alone: bool) -> Any:
    import pyarrow as pa
    import pyarrow.json

    from builder.dedup import minhash, shingles
    from builder.text import fold

    table = pyarrow.json.read_json(path)
    for name, value in (("language", LANGUAGE), ("script", "Latn"), ("reason", None)):
        table = table.append_column(name, pa.array([value] * len(table), pa.string()))
    words = fold.shingle_words(table)
    if not bands_alone:
        return minhash.sign(table, words, dedup.ngram, dedup.bands, dedup.rows, dedup.min_words)
    keys, texts = shingles.flat(words, shingles.lengths(table["script"], dedup.ngram))
    hashes = minhash.band_hashes(keys, texts, len(words), dedup.bands, dedup.rows)
    exact = minhash.exact_hashes(words, [None] * len(table), [LANGUAGE] * len(table))
    return (
        table.append_column("words", fold.word_counts(words))
        .append_column("exact_hash", pa.array(exact))
        .append_column("bands", pa.array(list(hashes), pa.list_(pa.uint64())))
        .append_column("sketch", pa.nulls(len(table), pa.list_(pa.uint64())))
    )


def _removed(table: Any, order: list[int], facts: list[Any], dedup: Any, bands_alone: bool) -> set[int]:
    """Return the rows of a signed table that are copies; `facts` are in the order of their ranks, which is `order`."""
    from builder.core.arrow import pieces_of
    from builder.dedup import choose, match
    from builder.dedup.candidates import candidates

    fetch = pieces_of(table)
    if not bands_alone:
        return {copy.row for copy in match.match_articles(fetch, order, facts, dedup, 0.3)[0] if copy.removed}
    lists = (match.lists_of(fetch, order, name) for name in ("bands", "sketch"))
    pairs = candidates(len(order), *lists)
    known = match.shingles_of(fetch, order, pairs, dedup.ngram)
    verified = choose.verify_pairs(pairs, known, dedup.threshold)
    rule = choose.Rule(dedup.threshold, 2.0)  # nothing is contained
    chosen = choose.choose(facts, verified, known, rule, lambda row, other, mates: False)
    return {order[copy.row] for copy in chosen if copy.removed}


def compared(planted: Rows, ours: set[str], theirs: set[str]) -> str:
    """Compare how many planted clusters each found; an original and its copies form a cluster, as do its reprints."""
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
    counts = ", ".join(f"{name} {count:,}" for name, count in tally.items())
    return (
        f"planted clusters reduced to one article: {counts}\n"
        f"removed by both {len(ours & theirs):,}, by builder alone {len(ours - theirs):,}, by datatrove alone "
        f"{len(theirs - ours):,}\n"
        f"of {len(reports):,} articles of one template removed: builder {len(reports & ours):,}, "
        f"datatrove {len(reports & theirs):,}; articles without a copy: builder {len(single & ours):,}, "
        f"datatrove {len(single & theirs):,}"
    )


if __name__ == "__main__":
    main()
