"""Engines: equal results on Daft's native runner and on Ray; clusters that answer, do not answer, and fail."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, suppress
from importlib.util import find_spec
from multiprocessing import get_context
from pathlib import Path
from typing import Any, cast

import numpy as np
import pyarrow as pa
import pytest

from benchmarks import corpus
from builder.dedup import candidates
from builder.engine import runner
from builder.text import fold
from tests.conftest import ROOT, SAMPLE, write_raw
from tests.dedup.test_choose import edited, linked, text
from tests.pipeline.test_build import NAMESPACE, alive, has_namespaces, released
from tests.release.test_write import french

pytestmark = pytest.mark.xdist_group("ray")  # one worker, so that one cluster serves all

MANY = 300_001  # Daft splits them into more than two pieces
Run = subprocess.CompletedProcess[str]
On = Callable[..., Any]  # runs a function on an engine

needs_ray = pytest.mark.skipif(find_spec("ray") is None, reason="Ray is not installed")
_engaged = ExitStack()  # of the process that computes on Ray


def _engage() -> None:
    _engaged.enter_context(runner.running("ray", 2, lambda line: None))


def _leave() -> None:
    _engaged.close()


@pytest.fixture(scope="session")
def on_ray() -> Iterator[On]:
    """Give a runner of functions on Ray, in a process of its own, because Daft has one engine a process."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn"), initializer=_engage) as pool:
        yield lambda function, *given, **named: pool.submit(function, *given, **named).result()
        pool.submit(_leave).result()


@pytest.fixture(scope="session", params=["native", pytest.param("ray", marks=[pytest.mark.slow, needs_ray])])
def on(request: pytest.FixtureRequest) -> On:
    """Give a runner of functions on an engine."""
    if request.param == "ray":
        return cast(On, request.getfixturevalue("on_ray"))
    return lambda function, *given, **named: function(*given, **named)


def command(raw: Path, out: Path, *options: str) -> list[str]:
    return [sys.executable, "-m", "builder", "build", "--raw", str(raw), "--out", str(out), *options]


def run(raw: Path, out: Path, *options: str, **env: str) -> Run:
    env = {**os.environ, **env}
    return subprocess.run(command(raw, out, *options), capture_output=True, text=True, check=False, cwd=ROOT, env=env)


def test_rows_keep_their_order_however_many_there_are(on: On) -> None:
    texts = pa.array([f"Le mot, {number}" for number in range(MANY)])
    folded = on(fold.fold_words, texts, pa.array(["Latn"]).take(pa.array(np.zeros(MANY, np.int64))))
    assert folded.to_pylist() == [f"le mot {number}" for number in range(MANY)]


def test_equal_keys_are_grouped_however_many_there_are(on: On) -> None:
    keys = np.random.default_rng(1).integers(0, MANY, MANY).astype(np.uint64)
    members, sizes = on(candidates.equal, np.arange(MANY), keys)
    order = np.argsort(keys, kind="stable")
    starts = np.flatnonzero(np.diff(keys[order], prepend=np.uint64(MANY)))
    every = np.diff(np.append(starts, MANY))
    assert sizes.tolist() == every[every > 1].tolist()
    assert members.tolist() == order[np.repeat(every > 1, every)].tolist()


def test_copies_and_story_mates_are_the_same_on_every_engine(on: On) -> None:
    originals = [text(seed) for seed in range(60)]
    copies = [edited(originals[number], 40, number) for number in range(0, 60, 3)]
    cut = [" ".join(originals[number].split()[:120]) for number in range(1, 60, 6)]
    texts = [*originals, *copies, *cut, *originals[:5]]
    dates: list[int | None] = list(range(len(texts)))
    matches, stories = on(linked, texts, dates=dates)
    assert (matches, stories) == linked(texts, dates=dates)
    assert {(copy.row, copy.kept) for copy in matches} == {
        *((60 + number, number * 3) for number in range(20)),
        *((80 + number, number * 6 + 1) for number in range(10)),
        *((90 + number, number) for number in range(5)),
    }


@pytest.fixture(scope="module")
def native(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Run]:
    """Give raw files, the folder of a native build of them, and the finished command."""
    raw, out = tmp_path_factory.mktemp("raw"), tmp_path_factory.mktemp("native")
    shutil.copytree(SAMPLE, raw, dirs_exist_ok=True)
    corpus.write(raw / "corpus.jsonl", 3000)
    done = run(raw, out)
    assert done.returncode == 0, done.stderr
    return raw, out, done


@pytest.fixture
def ray_folder() -> Iterator[Path]:
    """Give a folder for Ray; its name is short, because Ray keeps sockets in it."""
    with tempfile.TemporaryDirectory(prefix="ray-", dir="/tmp") as folder:
        yield Path(folder)


@pytest.mark.slow
@needs_ray
def test_a_build_on_ray_has_the_same_bytes_prints_one_more_line_and_leaves_nothing(
    native: tuple[Path, Path, Run], tmp_path: Path, ray_folder: Path
) -> None:
    raw, out, expected = native
    done = run(raw, tmp_path / "out", "--engine", "ray", HOME=str(tmp_path), RAY_TMPDIR=str(ray_folder))
    assert done.returncode == 0, done.stderr
    assert released(tmp_path / "out") == released(out)
    lines = done.stderr.replace(str(tmp_path / "out"), str(out)).splitlines()
    (engaged,) = [line for line in lines if line.startswith("engine:")]
    assert re.fullmatch(r"engine: ray [\d.]+, local, nodes 1, cores \d+", engaged)
    assert [line for line in lines if line != engaged] == expected.stderr.splitlines()
    assert done.stdout == expected.stdout
    assert list(ray_folder.iterdir()) == []
    assert not (tmp_path / ".ray").exists()


TWICE = """
from pathlib import Path
from tests.conftest import build
from builder.core.errors import BuilderError
for name in ("one", "two"):
    build(Path("raw"), Path(name), engine="ray")
try:
    build(Path("raw"), Path("three"))
except BuilderError as error:
    print(error)
"""


@pytest.mark.slow
@needs_ray
def test_two_builds_in_one_process_start_a_cluster_each(tmp_path: Path) -> None:
    write_raw(tmp_path / "raw", french(4))
    done = subprocess.run(
        [sys.executable, "-c", TWICE],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert done.returncode == 0, done.stderr
    assert released(tmp_path / "one") == released(tmp_path / "two")
    assert done.stdout == "--engine native: this process already uses another engine, cluster or number of threads\n"


def _environment() -> dict[str, str]:
    import ray

    settings = {name: value for name, value in os.environ.items() if name.startswith("RAY_")}
    return {**settings, "RAY_ADDRESS": ray.get_runtime_context().gcs_address}


@pytest.mark.slow
@needs_ray
def test_a_cluster_at_an_address_is_used_and_left_alone(
    native: tuple[Path, Path, Run], tmp_path: Path, on_ray: On
) -> None:
    raw, out, _ = native
    cluster = on_ray(_environment)
    done = run(raw, tmp_path, "--engine", "ray", **cluster)
    assert done.returncode == 0, done.stderr
    assert f"{cluster['RAY_ADDRESS']}, nodes 1, cores 2\n" in done.stderr
    assert released(tmp_path) == released(out)
    assert on_ray(_environment) == cluster


@needs_ray
@pytest.mark.parametrize("address", ["127.0.0.1:{}", "ray://127.0.0.1:{}", "nonsense"])
def test_a_cluster_that_does_not_answer_is_one_line(tmp_path: Path, address: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, but not listening
        address = address.format(taken.getsockname()[1])
        raw = write_raw(tmp_path / "raw", french(1))
        done = run(raw, tmp_path / "out", "--engine", "ray", RAY_ADDRESS=address)
    assert done.returncode == 1
    (line,) = [line for line in done.stderr.splitlines() if not line.startswith("scan:")]
    assert line.startswith(f"BuilderError: RAY_ADDRESS={address}: no Ray cluster answers there (")


def test_without_ray_the_error_names_the_command_that_installs_it(tmp_path: Path) -> None:
    (tmp_path / "ray.py").write_text("raise ImportError('no module named ray')")
    raw = write_raw(tmp_path / "raw", french(1))
    done = run(raw, tmp_path / "out", "--engine", "ray", PYTHONPATH=str(tmp_path))
    assert done.returncode == 1
    assert done.stderr.splitlines()[1:] == [
        "BuilderError: --engine ray: Ray is not installed. Run: pip install 'multilingual-news-dataset-builder[ray]'"
    ]


def family(pid: int) -> list[int]:
    """List the descendants of a process."""
    own: list[int] = []
    with suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            with suppress(OSError):  # a thread that has ended hides no others
                own += map(int, (task / "children").read_text().split())
    return [*own, *(child for one in own for child in family(one))]


def until(holds: Callable[[], Any], seconds: float = 60) -> Any:
    deadline = time.monotonic() + seconds
    while not (value := holds()) and time.monotonic() < deadline:
        time.sleep(0.02)
    return value


def has_title(pid: int, title: str) -> bool:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().startswith(title.encode())
    except OSError:
        return False


@pytest.mark.slow
@needs_ray
@pytest.mark.parametrize("amid", ["starting", "computing"])
def test_ctrl_c_ends_the_cluster_too(
    native: tuple[Path, Path, Run], tmp_path: Path, ray_folder: Path, amid: str
) -> None:
    env = {**os.environ, "RAY_TMPDIR": str(ray_folder)}
    for attempt in range(3):  # on a loaded machine Ray's start swallows a Ctrl-C now and then, and the build goes on
        out = tmp_path / str(attempt)
        build = subprocess.Popen(
            command(native[0], out, "--engine", "ray"),
            stderr=subprocess.PIPE,
            text=True,
            env=env,
            cwd=ROOT,
            start_new_session=True,
        )
        seen = (lambda: list(ray_folder.rglob("gcs_server*"))) if amid == "starting" else None
        work = out / "news" / ".work" / "segments"
        assert until(seen or (lambda work=work: list(work.rglob("*.parquet"))))
        started = family(build.pid)
        assert started
        os.killpg(build.pid, signal.SIGINT)
        _, log = build.communicate()
        if build.returncode != 0 or amid != "starting":
            break
    assert build.returncode == 130, log
    assert log.splitlines()[-1].startswith("stopped; prepared records are kept")
    assert "Traceback" not in log
    assert until(lambda: not any(map(alive, started)), 20)
    assert list(ray_folder.iterdir()) == []


@pytest.mark.slow
@needs_ray
@pytest.mark.parametrize("title", ["ray::RaySwordfishActor", "ray::RemoteFlotillaRunner"])
def test_a_worker_that_dies_is_replaced_and_a_dead_plan_runner_is_one_line(
    native: tuple[Path, Path, Run], tmp_path: Path, title: str
) -> None:
    raw, out, _ = native
    build = subprocess.Popen(
        command(raw, tmp_path, "--engine", "ray", "--json"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    work = tmp_path / "news" / ".work" / "segments"
    assert until(lambda: list(work.rglob("*.parquet")))
    (victim,) = until(lambda: [pid for pid in family(build.pid) if has_title(pid, title)])
    os.kill(victim, signal.SIGKILL)
    result, log = build.communicate()
    if title == "ray::RaySwordfishActor":
        assert (build.returncode, log, result[0]) == (0, "", "{")
        assert released(tmp_path) == released(out)
    else:
        assert (build.returncode, result) == (1, "")
        assert re.fullmatch(r"BuilderError: --engine ray: the cluster failed \(.+\)\. Build again\n", log)


LOOPBACK = "import fcntl, socket, struct; fcntl.ioctl(socket.socket(), 0x8914, struct.pack('16sh14x', b'lo', 0x41))"


@pytest.mark.slow
@needs_ray
@pytest.mark.skipif(not has_namespaces(), reason="needs network namespaces")
def test_a_local_cluster_sends_nothing_beyond_this_machine(tmp_path: Path) -> None:
    """Only the loopback device exists, and the kernel counts packets without a route."""
    raw = write_raw(tmp_path / "raw", french(4))
    build = " ".join(command(raw, tmp_path / "out", "--engine", "ray"))
    counts = "grep Ip6OutNoRoutes /proc/net/snmp6; grep ^Ip: /proc/net/snmp"
    script = f'{sys.executable} -c "{LOOPBACK}" && {build}; status=$?; sleep 1; {counts}; exit $status'
    silent = ("DO_NOT_TRACK", "DAFT_ANALYTICS_ENABLED", "RAY_USAGE_STATS_ENABLED")
    env = {name: value for name, value in os.environ.items() if name not in silent}
    done = subprocess.run([*NAMESPACE, script], capture_output=True, text=True, check=False, env=env, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    version_6, names, values = done.stdout.splitlines()[-3:]
    counters = dict(zip(names.split()[1:], map(int, values.split()[1:]), strict=True))
    assert (counters["OutNoRoutes"], int(version_6.split()[1])) == (0, 0)
    assert counters["OutRequests"] > 100  # the cluster did use the loopback


@pytest.mark.parametrize("engine", ["native", pytest.param("ray", marks=[pytest.mark.slow, needs_ray])])
def test_a_terminal_shows_only_our_own_lines(tmp_path: Path, engine: str) -> None:
    raw = write_raw(tmp_path / "raw", french(4))
    shown, terminal = os.openpty()
    build = subprocess.Popen(
        command(raw, tmp_path / "out", "--engine", engine), stdout=subprocess.DEVNULL, stderr=terminal, cwd=ROOT
    )
    os.close(terminal)
    written = b""
    try:
        while some := os.read(shown, 1 << 16):
            written += some
    except OSError:  # the end of a terminal
        pass
    os.close(shown)
    assert build.wait() == 0
    lines = [line for line in re.split(r"[\r\n]+", written.decode()) if line.strip()]
    assert {line.split(":")[0] for line in lines} == {
        *(("scan", "prepare", "language", "copies", "leaks", "decide", "release")),
        *(["engine"] if engine == "ray" else []),
    }, lines
