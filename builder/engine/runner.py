"""Where the steps run: on which of Daft's runners, on how many threads; and what says which results are the same.

The steps know no engine, and a release does not say on which one it was made: both give the same bytes.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from builder.core.errors import BuilderError

ENGINES = ("native", "ray")


def use_threads(threads: int | None) -> None:
    """Let pyarrow and heliport use this many threads (all cores by default); call it before they are used."""
    import pyarrow as pa

    os.environ["RAYON_NUM_THREADS"] = str(_count(threads))
    pa.set_cpu_count(_count(threads))


@contextmanager
def running(engine: str, threads: int | None, tell: Callable[[str], None]) -> Iterator[None]:
    """Let Daft compute on an engine (ENGINES) with so many threads; `tell` is told of one that is not this process.

    Daft can be told once a process. A local Ray cluster lives as long as the `with` block.
    """
    if engine == "native":
        _choose(engine, threads, None)
        yield
        return
    from builder.engine import ray_cluster

    with ray_cluster.connected(_count(threads)) as said:
        with ray_cluster.uninterrupted():
            _choose(engine, None, ray_cluster.address())
        tell(f"engine: {said}")
        yield


_chosen: list[tuple[str, int | None, str | None]] = []  # at most one: what this process computes on


def _choose(engine: str, threads: int | None, address: str | None) -> None:
    import daft

    if not _chosen:
        try:
            daft.set_runner_ray() if engine == "ray" else daft.set_runner_native(num_threads=threads)
        except Exception as error:  # Daft's own kind: something else in this process has computed before
            if engine == "ray" or threads or daft.runners.get_or_infer_runner_type() != "native":
                raise BuilderError(f"--engine {engine}: this process has computed with Daft already") from error
        _chosen.append((engine, threads, address))
    if _chosen[0] != (engine, threads, address):
        raise BuilderError(f"--engine {engine}: this process computes elsewhere, or with other threads, already")
    if engine == "ray":
        runner: Any = daft.runners.get_or_create_runner()
        runner.flotilla_plan_runner = None  # it would speak to the cluster of the build before


def _count(threads: int | None) -> int:
    available = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else range(os.cpu_count() or 1)
    return threads or len(available)
