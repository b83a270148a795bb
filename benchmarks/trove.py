"""Find copies with datatrove as its own example does: signatures, buckets, clusters, filter; two workers.

Run in the environment that `make bench-datatrove` makes: `python -m benchmarks.trove FOLDER NGRAM BANDS ROWS`. FOLDER
has `press/*.jsonl`; kept articles go to `kept`. Prints the seconds of each stage, and the removed ids, as JSON.
"""

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

WORKERS = 2


def main() -> None:
    """Run the four stages one after another."""
    folder, (ngram, bands, rows) = Path(sys.argv[1]), map(int, sys.argv[2:5])
    # datatrove logs to standard error. Without a network it cannot look for tokenizers on the hub.
    os.environ.update({"HF_HUB_OFFLINE": "1", "DATATROVE_COLORIZE_LOGS": "0"})
    from datatrove.executor.local import LocalPipelineExecutor
    from datatrove.pipeline.dedup import MinhashDedupSignature
    from datatrove.pipeline.dedup.minhash import (
        MinhashConfig,
        MinhashDedupBuckets,
        MinhashDedupCluster,
        MinhashDedupFilter,
    )
    from datatrove.pipeline.readers import JsonlReader
    from datatrove.pipeline.writers.jsonl import JsonlWriter
    from datatrove.utils.hashing import HashConfig
    from datatrove.utils.typeshelper import Languages

    config = MinhashConfig(
        n_grams=ngram, num_buckets=bands, hashes_per_bucket=rows, hash_config=HashConfig(precision=64)
    )
    signatures, buckets, clusters, kept = (str(folder / name) for name in ("signatures", "buckets", "clusters", "kept"))

    def read() -> Any:
        return JsonlReader(str(folder / "press"))

    stages: list[tuple[str, int, list[Any]]] = [
        ("signature", WORKERS, [read(), MinhashDedupSignature(signatures, config=config, language=Languages.english)]),
        ("buckets", bands, [MinhashDedupBuckets(signatures, buckets, config=config)]),
        ("cluster", 1, [MinhashDedupCluster(buckets, clusters, config=config)]),
        ("filter", WORKERS, [read(), MinhashDedupFilter(clusters), JsonlWriter(kept, compression=None)]),
    ]
    seconds = {}
    for name, tasks, pipeline in stages:
        start = time.perf_counter()
        LocalPipelineExecutor(pipeline, tasks=tasks, workers=WORKERS, logging_dir=str(folder / "logs" / name)).run()
        seconds[name] = time.perf_counter() - start
    left = {json.loads(line)["id"] for path in Path(kept).glob("*.jsonl") for line in path.open(encoding="utf-8")}
    all_ = {json.loads(line)["id"] for path in (folder / "press").iterdir() for line in path.open(encoding="utf-8")}
    print(json.dumps({"seconds": seconds, "removed": sorted(all_ - left)}))


if __name__ == "__main__":
    main()
