"""`make bench`: build a corpus once, and print the speed of each stage, the peak memory and the yardstick.

The yardstick is pyarrow alone, in its own process like the build: it reads the same articles and writes them to the
same Parquet files with the settings of a release. The ratio of the build to it shows what all other work costs on this
machine now.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

from benchmarks import corpus

YARDSTICK_RUNS = 5
CHECKOUT = Path(__file__).parent.parent


def main() -> None:
    """Read the options, and measure in a temporary folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--articles", type=int, default=20_000, help="number of articles to generate")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--corpus", type=Path, help="a JSON Lines file (.jsonl, .jsonl.gz) to measure on instead")
    parser.add_argument("--one-file-each", action="store_true", help="also measure with one text file an article")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="builder-bench-") as folder:
        measure(Path(folder), options)


def measure(folder: Path, options: argparse.Namespace) -> None:
    """Generate or copy the corpus, build it twice, and print a table of the times."""
    raw = folder / "raw"
    raw.mkdir()
    if options.corpus:
        shutil.copy(options.corpus, raw)
        print(f"corpus: {options.corpus.name}")
    else:
        corpus.write(raw / "corpus.jsonl", options.articles, options.seed)
        print(f"corpus: {options.articles:,} generated articles, seed {options.seed}")
    (path,) = raw.iterdir()
    cold, seconds, peak = build(raw, folder / "out")
    records = cold["counts"]["read"]
    size = text_bytes(folder / "out" / "news" / cold["version"])
    print(f"{records:,} records, {size / 1e6:,.1f} MB of text kept, decisions: {cold['counts']}\n")
    print(f"{'stage':<20}{'seconds':>10}{'articles/s':>12}{'MB/s':>9}")
    for stage, spent in cold["seconds"].items():
        show(stage, spent, records, size)
    show("whole build", seconds, records, size)
    again, unchanged, _ = build(raw, folder / "out")
    assert again["changed"] is False
    show("nothing changed", unchanged, records, size)
    release = folder / "out" / "news" / cold["version"]
    many, one = (yardstick(path, release, folder / f"yardstick-{only}", only) for only in (False, True))
    show("yardstick", many, records, size)
    show("yardstick, one file", one, records, size)
    print(f"\npeak memory: largest process {peak[0] / 1e6:,.0f} MB, all processes {peak[1] / 1e6:,.0f} MB")
    print(f"ratio to the yardstick: {seconds / many:.1f} ({seconds / one:.1f} to one file)")
    print(f"ratio of nothing changed to cold: {unchanged / seconds:.3f}")
    if options.one_file_each:
        split_up(path, folder / "each")
        _, apart, _ = build(folder / "each", folder / "out-each")
        show("one file each", apart, records, size)
        print(f"ratio of one file an article to one file: {apart / seconds:.2f}")


def show(stage: str, seconds: float, records: int, size: int) -> None:
    """Print a line of the table; a stage without measurable time has no rate."""
    rates = f"{records / seconds:>12,.0f}{size / 1e6 / seconds:>9.1f}" if seconds else f"{'-':>12}{'-':>9}"
    print(f"{stage:<20}{seconds:>10.2f}{rates}", flush=True)


def build(raw: Path, out: Path) -> tuple[dict[str, Any], float, tuple[int, int]]:
    """Build in a separate process; return its result, seconds, and peak bytes (largest process, all together)."""
    command = [sys.executable, "-m", "builder", "build", "--raw", str(raw), "--out", str(out), "--json"]
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, cwd=CHECKOUT)
    watch = Watch(process.pid)
    watch.start()
    output, _ = process.communicate()
    seconds = time.perf_counter() - start
    watch.stop()
    if process.returncode:
        raise SystemExit(f"the build ended with status {process.returncode}")
    return json.loads(output), seconds, (watch.largest, watch.together)


class Watch(threading.Thread):
    """Samples the resident memory of a process and its children twenty times a second (Linux)."""

    def __init__(self, pid: int) -> None:
        """Watch the process `pid` and its children."""
        super().__init__(daemon=True)
        self._pid = pid
        self._done = threading.Event()
        self.largest = self.together = 0

    def run(self) -> None:
        """Sample until stopped."""
        while not self._done.wait(0.05):
            sizes = [resident(pid) for pid in (self._pid, *children(self._pid))]
            self.largest = max(self.largest, *sizes)
            self.together = max(self.together, sum(sizes))

    def stop(self) -> None:
        """Stop sampling."""
        self._done.set()
        self.join()


def resident(pid: int) -> int:
    """Return the resident memory of a process, in bytes; 0 if the process has ended."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, IndexError):
        return 0


def children(pid: int) -> list[int]:
    """Return the ids of the processes that a process started."""
    try:
        return [
            int(child)
            for task in Path(f"/proc/{pid}/task").iterdir()
            for child in (task / "children").read_text().split()
        ]
    except OSError:
        return []


def text_bytes(release: Path) -> int:
    """Return the size of all published texts, in bytes."""
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    return sum(
        pc.sum(pc.binary_length(pq.read_table(path, columns=["text"])["text"])).as_py() or 0
        for path in release.glob("data/*/*.parquet")
    )


def yardstick(path: Path, release: Path, out: Path, one_file: bool) -> float:
    """Time a process that reads the corpus with pyarrow and writes it, to the files of the release or to one file.

    Short times are noisy, so the median of YARDSTICK_RUNS counts.
    """
    import pyarrow.parquet as pq

    from builder.release.parquet import GROUP_ROWS, WRITER

    decided = pq.read_table(release / "decisions.parquet", columns=["record", "language", "split", "decision"])
    parts: dict[str, list[int]] = {}
    for row in decided.to_pylist():
        if row["decision"] == "kept":
            parts.setdefault("one" if one_file else f"{row['language']}/{row['split']}", []).append(row["record"])
    command = [sys.executable, "-m", "benchmarks.yardstick", str(path), str(out)]
    task = json.dumps({"parquet": {**WRITER, "row_group_size": GROUP_ROWS}, "parts": parts}).encode()
    runs = []
    for _ in range(YARDSTICK_RUNS):
        start = time.perf_counter()
        subprocess.run(command, input=task, check=True)
        runs.append(time.perf_counter() - start)
    return statistics.median(runs)


def split_up(path: Path, folder: Path) -> None:
    """Write each article of a JSON Lines file to its own text file."""
    import gzip

    folder.mkdir()
    with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as stream:
        for line in stream:
            row = json.loads(line)
            (folder / f"{row['tag']}.txt").write_text(
                f"{row['title']}\n\n{row['text']}\n\n{row['tag']}\n", encoding="utf-8"
            )


if __name__ == "__main__":
    main()
