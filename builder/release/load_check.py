"""Load a release back with `datasets`, every config of it, and compare what it loads with what was written.

A config takes 15 ms whatever it holds, so where there are many, a second process takes half of them.
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

MANY = 16  # configs; a second process costs as much as these

Expected = dict[str, dict[str, int]]  # config, split, rows


def expected_of(manifest: Manifest) -> Expected:
    """Return the configs that a release must load, and their rows."""
    expected: Expected = {"all": {}}
    for language, splits in manifest.splits.items():
        expected[language] = {split: said.rows for split, said in splits.items()}
        for split, rows in expected[language].items():
            expected["all"][split] = expected["all"].get(split, 0) + rows
    return expected


def check(folder: Path, expected: Expected, only: list[str], cache: Path) -> list[str]:
    """Load these configs; give a line for each thing that is not as expected."""
    import datasets
    from datasets.load import dataset_module_factory, get_dataset_builder_class

    datasets.disable_progress_bars()
    # What load_dataset does, but the card, with an entry for each language, is read once and not for each of them.
    try:
        module = dataset_module_factory(str(folder), cache_dir=str(cache))
        loader = get_dataset_builder_class(module)
    except Exception as error:  # such as YAML of the card that is none
        return [f"it does not load ({type(error).__name__}: {one_line(error)})"]
    kept = {name: value for name, value in module.builder_kwargs.items() if name not in ("config_name", "data_files")}
    if set(loader.builder_configs) != set(expected):
        return [f"the card names the configs {sorted(loader.builder_configs)}, written were {sorted(expected)}"]
    problems = []
    for config in only:
        try:
            one = loader(config_name=config, cache_dir=str(cache), **kept)
            one.download_and_prepare()
        except Exception as error:  # whatever the reason, it does not load
            why = error.__cause__ or error
            problems.append(f"config '{config}' does not load ({type(why).__name__}: {why})")
            continue
        loaded = {split: said.num_examples for split, said in (one.info.splits or {}).items()}
        if loaded != expected[config]:
            problems.append(f"config '{config}' loads {loaded}, written were {expected[config]}")
    return problems


class Checker:
    """Checks a release; where it has many configs, its second process starts to import while files are written."""

    def __init__(self, folder: Path, configs: int, cache: Path) -> None:
        """Say where the release will stand, how many configs it will have, about, and where what is loaded goes."""
        self._folder = folder
        self._caches = [cache / f"cache-{number}" for number in range(2)]
        self._configs = configs
        self._second: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> "Checker":
        """Start the second process, if there is to be one."""
        if self._configs >= MANY:
            command = [sys.executable, "-P", "-m", "builder.release.load_check"]
            # A session of its own: Ctrl-C is for us, and it ends with its input.
            self._second = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
            )
        return self

    def problems(self, manifest: Manifest) -> list[str]:
        """Load every config; give a line for each that does not load with the rows that the manifest says."""
        expected = expected_of(manifest)
        names = sorted(expected, key=lambda name: name != "all")
        half = len(names) // 2 if self._second else 0
        if self._second and self._second.stdin:
            task = [str(self._folder), expected, names[len(names) - half :], str(self._caches[1])]
            self._second.stdin.write(orjson.dumps(task) + b"\n")
            self._second.stdin.flush()
        problems = check(self._folder, expected, names[: len(names) - half], self._caches[0])
        if self._second and self._second.stdout:
            said = self._second.stdout.read()
            if self._second.wait() != 0:
                raise ReleaseError(f"{self._folder}: loading it back failed; see above")
            problems += [problem for problem in orjson.loads(said) if problem not in problems]
        return problems

    def check(self, manifest: Manifest) -> None:
        """Raise ReleaseError unless every config loads with the rows that the manifest says."""
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
    """Check what a line of standard input says, print what is not as expected, and end where the input does."""
    import datasets  # noqa: F401  # while the release is still being written

    task = sys.stdin.buffer.readline()
    if task:
        threading.Thread(target=_end_with_input, daemon=True).start()
        folder, expected, only, cache = orjson.loads(task)
        sys.stdout.buffer.write(orjson.dumps(check(Path(folder), expected, only, Path(cache))))


def _end_with_input() -> None:
    while os.read(0, 4096):  # not by way of sys.stdin, whose lock Python wants when it ends
        pass
    os._exit(1)


if __name__ == "__main__":
    serve()
