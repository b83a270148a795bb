"""What the tests share: a raw folder made of a dict, a build of it, and a small stock of texts."""

import atexit
import hashlib
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tests.hub import TOKEN, Hub

# Read by huggingface_hub and datasets at their import, so the hub has to be there before.
HUB = Hub()
_HOME = tempfile.TemporaryDirectory(prefix="builder-tests-")
atexit.register(_HOME.cleanup)
os.environ |= {"HF_ENDPOINT": HUB.url, "HF_TOKEN": TOKEN, "HF_HOME": _HOME.name, "HF_HUB_DISABLE_XET": "1"}

import pyarrow as pa  # noqa: E402
import pyarrow.parquet as pq  # noqa: E402
import pytest  # noqa: E402
from hypothesis import settings  # noqa: E402

from builder.cli.terminal import Log  # noqa: E402
from builder.config.sections import Config  # noqa: E402
from builder.dedup.shingles import Shingles, common  # noqa: E402
from builder.langid.process import Detectors  # noqa: E402
from builder.pipeline.build import build as build_release  # noqa: E402
from builder.pipeline.outcome import Outcome  # noqa: E402
from builder.pipeline.run import Options  # noqa: E402
from builder.prepare import prepare, strip_boilerplate  # noqa: E402

# An example may take as long as it takes: on a machine under load, no time says anything about the code.
settings.register_profile("no-deadline", deadline=None)
settings.load_profile("no-deadline")

TESTS = Path(__file__).parent
ROOT = TESTS.parent
SAMPLE = ROOT / "data" / "raw"

Files = dict[str, str | bytes]


def write_raw(folder: Path, raw: Files) -> Path:
    for name, content in raw.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


class Lines(Log):
    """Gives each line to a function, if there is one."""

    def __init__(self, show: Callable[[str], None] | None) -> None:
        super().__init__(quiet=True)
        self._show = show

    def line(self, text: str) -> None:
        if self._show:
            self._show(text)


def build(
    raw: Path,
    out: Path,
    settings: dict[str, Any] | None = None,
    show: Callable[[str], None] | None = None,
    **options: Any,
) -> Outcome:
    config = Config.model_validate({"raw": str(raw), "out": str(out), **(settings or {})})
    return build_release(config, Lines(show), Options(**options))


def decisions(outcome: Outcome) -> dict[str, dict[str, Any]]:
    """Give the decisions of a release by file, and `file:place` where a file has several."""
    assert outcome.path is not None
    rows = pq.read_table(outcome.path / "decisions.parquet").to_pylist()
    by_place = {f"{row['file']}:{row['place']}": row for row in rows}
    return by_place | {row["file"]: row for row in rows}


def rows(outcome: Outcome) -> list[dict[str, Any]]:
    """Give all published rows, with their split."""
    assert outcome.path is not None
    found = []
    for path in sorted(outcome.path.glob("data/*/*.parquet")):
        found += [{**row, "split": path.name.split("-")[0]} for row in pq.read_table(path).to_pylist()]
    return found


def digest(folder: Path) -> dict[str, str]:
    """Give the sha256 of every file below a folder."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


class Standing:
    """The detectors' process of one build, kept for the next ones: it takes more than a second to load its models."""

    detectors: Detectors | None = None

    def __enter__(self) -> Detectors:
        if Standing.detectors is None:
            Standing.detectors = Detectors().__enter__()
        return Standing.detectors

    def __exit__(self, kind: type[BaseException] | None, *error: Any) -> None:
        if kind is not None:  # an answer may be on its way still
            Standing.end()

    @staticmethod
    def end() -> None:
        if Standing.detectors is not None:
            Standing.detectors.__exit__(None, None, None)
            Standing.detectors = None


@pytest.fixture(scope="session", autouse=True)
def standing_detectors() -> Iterator[None]:
    """Let all builds within the tests' own process ask one process; those of commands start their own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(prepare, "Detectors", Standing)
        patch.setattr(strip_boilerplate, "Detectors", Standing)
        yield
    Standing.end()


def read_terminal(descriptor: int) -> bytes:
    """Return the output on a pseudo-terminal until its other end is closed, and close it."""
    shown = b""
    with os.fdopen(descriptor, "rb", buffering=0) as terminal:
        while True:
            try:
                piece = terminal.read(65536)
            except OSError:  # the other end is closed
                return shown
            if not piece:
                return shown
            shown += piece


def containment(one: Shingles, other: Shingles) -> float:
    """Give the share of the shingles of the shorter text that the longer one has too."""
    return common(one, other) / min(len(one), len(other))


@pytest.fixture
def hub() -> Iterator[Hub]:
    """Give the hub, empty."""
    HUB.repos.clear()
    HUB.blobs.clear()
    HUB.faults.clear()
    HUB.requests.clear()
    yield HUB
    HUB.faults.clear()


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """Build the sample corpus once."""
    return build(SAMPLE, tmp_path_factory.mktemp("sample"))


@pytest.fixture(scope="session")
def ids(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the sample corpus without its texts, once."""
    from tests.release.ids import IDS

    built = build(SAMPLE, tmp_path_factory.mktemp("ids"), IDS).path
    assert built
    return built


@pytest.fixture(scope="session")
def both(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Give a release of varied articles with texts, and one without."""
    from tests.release.ids import SETTINGS, varied

    folder = tmp_path_factory.mktemp("both")
    root = write_raw(folder / "raw", varied())
    found = [build(root, folder / publish, SETTINGS | {"publish": publish}).path for publish in ("text", "ids")]
    assert found[0]
    assert found[1]
    return found[0], found[1]


@pytest.fixture
def make(tmp_path: Path) -> Callable[..., Outcome]:
    """Give a function that adds raw files to a folder of the test's own and builds it."""

    def run(raw: Files, settings: dict[str, Any] | None = None, **options: Any) -> Outcome:
        return build(write_raw(tmp_path / "raw", raw), tmp_path / "out", settings, **options)

    return run


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep what `datasets` caches within the test; the first test that imports it caches below HF_HOME."""
    if "datasets" in sys.modules:
        monkeypatch.setattr("datasets.config.HF_DATASETS_CACHE", tmp_path / "hf-cache")


__all__ = ["ROOT", "SAMPLE", "TESTS", "Files", "build", "decisions", "digest", "pa", "rows", "write_raw"]
