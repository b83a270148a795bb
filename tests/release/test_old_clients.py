"""A release loads in older clients too: `datasets` 2.21 and 3.6, each in an environment of its own."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import orjson
import pytest

from builder.core.schema import ARTICLE
from builder.pipeline.outcome import Outcome
from tests.conftest import rows

# Each client with the packages that it needs in versions of its time.
CLIENTS = {
    "2.21.0": ("pyarrow<21", "numpy<2", "pandas<3", "huggingface_hub<1"),
    "3.6.0": ("pyarrow<21", "numpy<3", "pandas<3", "huggingface_hub<1"),
}
CONFIGS = ("all", "fr", "en", "zh-Hant")
SCRIPT = """
import json, sys
import datasets
folder, *configs = sys.argv[1:]
said = {"version": datasets.__version__}
for config in configs:
    loaded = datasets.load_dataset(folder, config)
    said[config] = {split: part.to_list() for split, part in loaded.items()}
    assert all(set(part.features) == set(part.column_names) for part in loaded.values())
print(json.dumps(said, default=str))
"""


@pytest.fixture(scope="module", params=CLIENTS)
def client(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """Give a version of `datasets` and the Python of an environment that has it."""
    version: str = request.param
    folder = tmp_path_factory.mktemp(f"datasets-{version}")
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    wheel = f"datasets=={version}"
    asked = subprocess.run(
        [*pip, "download", "--no-deps", "--dest", str(folder), wheel], check=False, capture_output=True, text=True
    )
    if asked.returncode:
        pytest.skip(f"{wheel} cannot be fetched: {asked.stderr.strip().splitlines()[-1]}")
    subprocess.run([sys.executable, "-m", "venv", str(folder / "venv")], check=True)
    python = folder / "venv" / "bin" / "python"
    subprocess.run([str(python), *pip[1:], "install", wheel, *CLIENTS[version]], check=True)
    return version, python


def load(python: Path, release: Path, cache: Path) -> dict[str, Any]:
    """Load configs of a release with another Python; give the rows of their splits."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith(("HF_", "PYTHON"))}
    environment = ours | {"HF_HOME": str(cache), "HF_HUB_OFFLINE": "1"}
    command = [str(python), "-c", SCRIPT, str(release), *CONFIGS]
    done = subprocess.run(command, env=environment, cwd=cache.parent, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    said: dict[str, Any] = orjson.loads(done.stdout.splitlines()[-1])
    return said


@pytest.mark.slow
def test_an_older_client_loads_the_same_rows(client: tuple[str, Path], sample: Outcome, tmp_path: Path) -> None:
    version, python = client
    assert sample.path
    said = load(python, sample.path, tmp_path / "cache")
    assert said.pop("version") == version
    written = orjson.loads(orjson.dumps([{**row, "date": row["date"] and str(row["date"])} for row in rows(sample)]))
    for config, splits in said.items():
        of_config = [row for row in written if config in ("all", row["language"])]
        assert len(of_config) > 0
        loaded = [{**row, "split": split} for split, part in splits.items() for row in part]
        assert all([*row] == [*ARTICLE.names, "split"] for row in loaded)
        assert sorted(loaded, key=lambda row: str(row["id"])) == sorted(of_config, key=lambda row: str(row["id"]))
