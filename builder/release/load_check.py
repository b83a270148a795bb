"""Load every config of a release with `datasets`, and compare the loaded rows with the manifest.

A config takes 15 ms whatever its size, so a second process takes half of them if there are many.
"""

import os
import subprocess
import sys
import threading
from pathlib import Path
from types import TracebackType

import orjson

from builder.core.errors import ReleaseError, one_line
from builder.core.manifest import Manifest

MANY = 16  # configs; starting a second process takes as long as loading these

Expected = dict[str, dict[str, int]]  # config, split, rows


def expected_of(manifest: Manifest) -> Expected:
    """Return the configs that a release must have, and the rows of their splits."""
    expected: Expected = {"all": {}}
    for language, splits in manifest.splits.items():
        expected[language] = {split: entry.rows for split, entry in splits.items()}
        for split, rows in expected[language].items():
            expected["all"][split] = expected["all"].get(split, 0) + rows
    return expected


def check(folder: Path, expected: Expected, only: list[str], cache: Path) -> list[str]:
    """Load the configs in `only`, and return a line for each difference from `expected`."""
    import datasets
    from datasets.load import dataset_module_factory, get_dataset_builder_class

    datasets.disable_progress_bars()
    # As load_dataset does, except that we read the card, which has an entry for each language, only once.
    try:
        module = dataset_module_factory(str(folder), cache_dir=str(cache))
        loader = get_dataset_builder_class(module)
    except Exception as error:  # for example, the card has invalid YAML
        return [f"it does not load ({type(error).__name__}: {one_line(error)})"]
    kept = {name: value for name, value in module.builder_kwargs.items() if name not in ("config_name", "data_files")}
    if set(loader.builder_configs) != set(expected):
        return [f"the card has the configs {sorted(loader.builder_configs)}, but the manifest has {sorted(expected)}"]
    problems = []
    for config in only:
        try:
            config_builder = loader(config_name=config, cache_dir=str(cache), **kept)
            config_builder.download_and_prepare()
        except Exception as error:  # any error means that the config does not load
            why = error.__cause__ or error
            problems.append(f"config '{config}' does not load ({type(why).__name__}: {why})")
            continue
        loaded = {split: info.num_examples for split, info in (config_builder.info.splits or {}).items()}
        if loaded != expected[config]:
            problems.append(f"config '{config}' loads {loaded}, but the manifest has {expected[config]}")
    return problems


class Checker:
    """Check a release. If it has many configs, a second process imports `datasets` while the build writes files."""

    def __init__(self, folder: Path, configs: int, cache: Path) -> None:
        """Take the folder of the release, the approximate number of its configs, and a folder for caches."""
        self._folder = folder
        self._caches = [cache / f"cache-{number}" for number in range(2)]
        self._configs = configs
        self._second: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> "Checker":
        """Start the second process if there are many configs."""
        if self._configs >= MANY:
            command = [sys.executable, "-P", "-m", "builder.release.load_check"]
            # In a session of its own, so that Ctrl-C reaches only this process. It ends when its input ends.
            self._second = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
            )
        return self

    def problems(self, manifest: Manifest) -> list[str]:
        """Load every config, and return a line for each that does not have the rows in the manifest."""
        expected = expected_of(manifest)
        names = sorted(expected, key=lambda name: name != "all")
        half = len(names) // 2 if self._second else 0
        if self._second and self._second.stdin:
            task = [str(self._folder), expected, names[len(names) - half :], str(self._caches[1])]
            self._second.stdin.write(orjson.dumps(task) + b"\n")
            self._second.stdin.flush()
        problems = check(self._folder, expected, names[: len(names) - half], self._caches[0])
        if self._second and self._second.stdout:
            answer = self._second.stdout.read()
            if self._second.wait() != 0:
                raise ReleaseError(
                    f"{self._folder}: the second process that loads the release failed. See its error above"
                )
            problems += [problem for problem in orjson.loads(answer) if problem not in problems]
        return problems

    def check(self, manifest: Manifest) -> None:
        """Raise ReleaseError unless every config loads with the rows in the manifest."""
        if problems := self.problems(manifest):
            raise ReleaseError("\n".join(f"{self._folder}: {problem}" for problem in problems))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the second process."""
        if self._second:
            self._second.kill()
            self._second.wait()
            for pipe in (self._second.stdin, self._second.stdout):
                if pipe and not pipe.closed:
                    pipe.close()


def serve() -> None:
    """Read a task from a line of standard input, print the problems as JSON, and end when the input ends."""
    import datasets  # noqa: F401  # slow, so done while the build still writes the release

    task = sys.stdin.buffer.readline()
    if task:
        threading.Thread(target=_end_with_input, daemon=True).start()
        folder, expected, only, cache = orjson.loads(task)
        sys.stdout.buffer.write(orjson.dumps(check(Path(folder), expected, only, Path(cache))))


def _end_with_input() -> None:
    while os.read(0, 4096):  # not sys.stdin: Python needs its lock to exit
        pass
    os._exit(1)


if __name__ == "__main__":
    serve()
