"""The engine of a build: which of Daft's runners computes its steps, and on how many threads.

The steps do not know the engine, and a release does not record it, because both engines produce the same bytes.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from builder.core.errors import BuilderError

ENGINES = ("native", "ray")


def use_threads(threads: int | None) -> None:
    """Let pyarrow and heliport use this many threads, or one per core; call it before anything uses them."""
    import pyarrow as pa

    os.environ["RAYON_NUM_THREADS"] = str(_count(threads))
    pa.set_cpu_count(_count(threads))


@contextmanager
def running(engine: str, threads: int | None, report: Callable[[str], None]) -> Iterator[None]:
    """Let Daft compute on an engine (one of ENGINES) with `threads` threads.

    `report` gets one line about a cluster. A process can choose its engine only once. A local Ray cluster lives as
    long as the `with` block. Raises BuilderError if this process already computes otherwise.
    """
    if engine == "native":
        _choose(engine, threads, None)
        yield
        return
    from builder.engine import ray_cluster

    with ray_cluster.connected(_count(threads)) as cluster:
        with ray_cluster.uninterrupted():
            _choose(engine, None, ray_cluster.address())
        report(f"engine: {cluster}")
        yield


_chosen: list[tuple[str, int | None, str | None]] = []  # at most one: the engine of this process


def _choose(engine: str, threads: int | None, address: str | None) -> None:
    import daft

    if not _chosen:
        try:
            daft.set_runner_ray() if engine == "ray" else daft.set_runner_native(num_threads=threads)
        except Exception as error:  # Daft's own type: other code in this process has used Daft before
            if engine == "ray" or threads or daft.runners.get_or_infer_runner_type() != "native":
                raise BuilderError(f"--engine {engine}: this process has already computed with Daft") from error
        _chosen.append((engine, threads, address))
    if _chosen[0] != (engine, threads, address):
        raise BuilderError(f"--engine {engine}: this process already uses another engine, cluster or number of threads")
    if engine == "ray":
        runner: Any = daft.runners.get_or_create_runner()
        runner.flotilla_plan_runner = None  # it would address the cluster of the previous build


def _count(threads: int | None) -> int:
    available = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else range(os.cpu_count() or 1)
    return threads or len(available)
