"""A Ray cluster for the time of a build: the one that RAY_ADDRESS names, or one of this machine alone.

The local one speaks to nobody: it listens on the loopback address only and wants a token that no file holds. Ray asks
for the name of the cloud it is in (DNS, and an address of the cloud's) even where its reports are off, unless a file in
the home folder says; so its home, for the moment in which it starts, is a folder of its own.
"""

import os
import secrets
import signal
import socket
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import FrameType
from typing import Any

from builder import NO_REPORTS
from builder.core.errors import BuilderError

ADDRESS = "RAY_ADDRESS"
OBJECT_STORE_BYTES = 512 << 20  # what is more goes to disk
PATIENCE = 10  # seconds that a cluster may take to answer; Ray itself would try for five minutes
_QUIET = {
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",  # or a warning
    "RAY_DEDUP_LOGS_SKIP_REGEX": ".*",  # of what it prints on standard output, of workers that died and were replaced
}
_ON_LOOPBACK = {"RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0"}  # by the name, of other systems; it works on all
_BOOTSTRAP = "ray_bootstrap_config.yaml"


def address() -> str | None:
    """Give the address of the cluster to compute on; None for a local one."""
    found = os.environ.get(ADDRESS, "")
    return None if found in ("", "local") else found


@contextmanager
def connected(threads: int) -> Iterator[str]:
    """Connect to the cluster, or start a local one with so many cores and end it behind; give it in words."""
    where = address()
    closed = {} if "RAY_AUTH_MODE" in os.environ else _token()
    with _environment(_QUIET if where else _QUIET | _ON_LOOPBACK | closed):
        try:
            import ray
        except ImportError:
            raise BuilderError(
                "--engine ray: Ray is not installed. Run: pip install 'multilingual-news-dataset-builder[ray]'"
            ) from None
        root = os.environ.get("RAY_TMPDIR", "/tmp")  # names of sockets are short: in the usual place they may not fit
        with tempfile.TemporaryDirectory(prefix="builder-ray-", dir=root, ignore_cleanup_errors=True) as folder:
            try:
                if where:
                    _join(ray, where)
                else:
                    _start(ray, Path(folder), threads)
                yield _in_words(ray, where or "local")
            except ray.exceptions.RayError as error:
                raise BuilderError(f"--engine ray: the cluster failed ({_first_line(error)}). Build again") from error
            finally:
                ray.shutdown()


def _in_words(ray: Any, where: str) -> str:
    nodes = sum(node["Alive"] for node in ray.nodes())
    return f"ray {ray.__version__}, {where}, nodes {nodes}, cores {int(ray.cluster_resources().get('CPU', 0))}"


def _join(ray: Any, where: str) -> None:
    """Connect to a cluster; its workers report to nobody either."""
    try:
        _knock(where)
        _quietly(ray.init, address=where, runtime_env={"env_vars": NO_REPORTS})
    except Exception as error:  # of many kinds
        raise BuilderError(
            f"{ADDRESS}={where}: no Ray cluster answers there ({_first_line(error)}). "
            f"Start one with `ray start --head`, or unset {ADDRESS} to compute on this machine"
        ) from error


def _start(ray: Any, folder: Path, threads: int) -> None:
    """Start a cluster of this machine alone; all that it writes goes to this folder."""
    (folder / _BOOTSTRAP).write_text("{}\n")
    try:
        with uninterrupted(), _environment({"HOME": str(folder)}):
            _quietly(
                ray.init,
                address="local",
                num_cpus=threads,
                object_store_memory=OBJECT_STORE_BYTES,
                include_dashboard=False,
                _temp_dir=str(folder),
            )
    except Exception as error:  # of many kinds
        raise BuilderError(f"--engine ray: Ray does not start here ({_first_line(error)})") from error


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Put off Ctrl-C, or what Ray has begun to start would outlive it; a second one is heard at once.

    Ray's own handler of SIGTERM is taken away again: it prints where it was.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    stop, end = (signal.getsignal(number) or signal.SIG_DFL for number in (signal.SIGINT, signal.SIGTERM))
    heard: list[int] = []

    def later(number: int, frame: FrameType | None) -> None:
        signal.signal(signal.SIGINT, stop)
        heard.append(number)

    signal.signal(signal.SIGINT, later)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, stop)
        signal.signal(signal.SIGTERM, end)
    if heard:
        signal.raise_signal(signal.SIGINT)


def _quietly(init: Callable[..., Any], **options: Any) -> None:
    import logging

    init(log_to_driver=False, logging_level=logging.ERROR, **options)


def _knock(where: str) -> None:
    """Raise OSError unless something listens at HOST:PORT or ray://HOST:PORT; `auto` is for Ray to find."""
    host, colon, port = where.removeprefix("ray://").rpartition(":")
    if colon and port.isdigit():
        socket.create_connection((host.strip("[]"), int(port)), PATIENCE).close()


@cache
def _token() -> dict[str, str]:
    """Give what closes a local cluster to other users of the machine; Ray itself would leave a token in the home.

    It is one a process, for Ray reads it once.
    """
    return {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secrets.token_hex(32)}


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]


@contextmanager
def _environment(values: dict[str, str]) -> Iterator[None]:
    """Set environment variables for a while."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
