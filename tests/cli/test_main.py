"""The command line, its help and its messages."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from builder import __version__
from builder.cli.main import main
from builder.pipeline.outcome import Outcome
from tests.conftest import ROOT, read_terminal, write_raw
from tests.release.test_write import FRENCH, french

STAGES = {"scan", "prepare", "language", "copies", "leaks", "decide"}  # that log a line before a release is written


def builder(*arguments: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "builder", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=cwd)


def places(sample: Outcome) -> tuple[str, str]:
    assert sample.path is not None
    return "--out", str(sample.path.parent.parent)


def test_explain_describes_an_article(sample: Outcome) -> None:
    shown = builder("explain", "fr-318", *places(sample)).stdout
    assert shown.startswith("wire/fr-318\n")
    assert re.search(r"file +wire/archive\.jsonl\.gz, line or row \d+", shown)
    assert re.search(r"language +agree \(tagged fr; heliport: fr \(", shown)
    assert re.search(r"decision +duplicate \(near\): 0\.8\d\d similar to 'wire/fr-211', which is kept", shown)
    assert re.search(r"copy kept +wire/fr-211, similarity 0\.8\d\d", shown)


@pytest.mark.parametrize(
    ("record", "says"),
    [
        ("wire/es-203", r"decision +kept"),
        ("FR_17", r"headline +its folded copy matches but is cut short"),
        ("it-44", r"rejected \(language_disagree\): tagged it, but heliport detects de and langdetect de"),
        ("broken/truncated.jsonl.gz", r"quarantined \(decompress\)"),
        ("es-90", r"id_conflict"),
        ("data/raw/el/11.txt", r"el-11"),
        ("es-24.txt", r"encoding +\S+ \(guessed\)"),
        ("./data/raw/el/11.txt", r"el-11"),
        (str(ROOT / "data" / "raw" / "el" / "11.txt"), r"el-11"),
        ("wire/archive.jsonl.gz:4", r"^wire/fr-318\n.*wire/archive\.jsonl\.gz, line or row 4\n"),
        ("data/raw/wire/archive.jsonl.gz:4", r"^wire/fr-318\n"),
    ],
)
def test_explain_finds_ids_tags_and_files(sample: Outcome, record: str, says: str) -> None:
    done = builder("explain", record, *places(sample))
    assert done.returncode == 0
    assert re.search(says, done.stdout, re.DOTALL)


def test_explain_finds_a_typed_path_wherever_the_raw_root_was(tmp_path: Path) -> None:
    write_raw(tmp_path / "elsewhere" / "in", {**french(2), "sub/a\\b.jsonl": french_line()})
    assert builder("build", "--raw", "elsewhere/in", "--out", "out", cwd=tmp_path).returncode == 0
    for cwd, typed, finds in (
        (tmp_path, "elsewhere/in/fr-01.txt", "fr-01"),
        (tmp_path / "elsewhere", "in/fr-01.txt", "fr-01"),
        (tmp_path / "elsewhere" / "in" / "sub", "../fr-00.txt:1", "fr-00"),
        (tmp_path, "elsewhere/in/sub/a\\b.jsonl", "sub/fr-77"),
        (tmp_path, "elsewhere/in/sub/a\\b.jsonl:1", "sub/fr-77"),
    ):
        done = builder("explain", typed, "--out", str(tmp_path / "out"), cwd=cwd)
        assert done.stdout.splitlines()[:1] == [finds], done.stderr
    done = builder("explain", "other/fr-01.txt", "--out", "out", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")


def french_line() -> str:
    return json.dumps({"tag": "fr-77", "text": FRENCH[2]}) + "\n"


def test_explain_of_damaged_decisions_is_an_error_in_one_line(tmp_path: Path) -> None:
    raw = write_raw(tmp_path / "raw", french(1))
    assert builder("build", "--raw", str(raw), "--out", str(tmp_path / "out")).returncode == 0
    decisions = tmp_path / "out" / "news" / "1.0.0" / "decisions.parquet"
    decisions.write_bytes(decisions.read_bytes()[: decisions.stat().st_size // 2])
    done = builder("explain", "fr-00", "--out", str(tmp_path / "out"))
    assert done.returncode == 1
    assert re.fullmatch(r"ReleaseError: \S+decisions\.parquet: damaged \(.*\)\. Remove the folder .*\n", done.stderr)


@pytest.mark.parametrize(
    "module", ["click", "builder.core.errors", "pyarrow", "numpy", "builder.cli.terminal", "daft", "datasets"]
)
def test_ctrl_c_amid_an_import_is_a_line_and_status_130(tmp_path: Path, module: str) -> None:
    write_raw(tmp_path / "raw", french(1))
    code = (
        "import signal, sys\n"
        "pressed = []\n"
        "def press(event, given):\n"
        f"    if event == 'import' and given[0] == {module!r} and not pressed:\n"
        "        pressed.append(True)\n"
        "        signal.raise_signal(signal.SIGINT)\n"
        "sys.addaudithook(press)\n"
        "from builder.cli.main import main\n"
        f"main(['build', '--raw', {str(tmp_path / 'raw')!r}, '--out', {str(tmp_path / 'out')!r}])\n"
    )
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT, timeout=60)
    assert done.stderr.splitlines()[-1].startswith("stopped; ")
    assert {line.split(":")[0] for line in done.stderr.splitlines()[:-1]} <= STAGES
    assert done.returncode == 130


def test_explain_prints_json(sample: Outcome) -> None:
    (row,) = json.loads(builder("explain", "it-44", "--json", *places(sample)).stdout)
    assert (row["decision"], row["language_detected"]) == ("rejected", "de")


@pytest.mark.parametrize(
    ("arguments", "status", "says"),
    [
        (("explain", "fr-999"), 1, "BuilderError: .*no record 'fr-999'. Expected an id"),
        (("explain", "fr-17", "--release", "9.9.9"), 1, "no release here"),
        (
            ("explain", "wire/archive.jsonl.gz:999"),
            1,
            r"no record begins at wire/archive\.jsonl\.gz:999\. The nearest records begin at",
        ),
        (("build", "--version", ""), 1, "ReleaseError: version '' is not valid"),
        (("build", "--raw", ""), 1, "ConfigError: the command line: `raw` is ''"),
        (("build", "--config", "nowhere.toml"), 1, "ConfigError: nowhere.toml: cannot be read"),
        (("build", "--raw", "nowhere"), 1, "BuilderError: nowhere: not a folder. Name the folder of raw files"),
        (("build", "--threads", "0"), 2, "Invalid value for '--threads'"),
        (("bild",), 2, "No such command"),
    ],
)
def test_an_error_is_a_line_and_a_status(
    sample: Outcome, tmp_path: Path, arguments: tuple[str, ...], status: int, says: str
) -> None:
    out = places(sample) if arguments[0] == "explain" else ("--out", str(tmp_path)) if arguments[0] == "build" else ()
    done = builder(*arguments, *out)
    assert done.returncode == status
    assert re.search(says, done.stderr)
    assert "Traceback" not in done.stderr


def test_a_build_reports_its_stages_and_results(tmp_path: Path) -> None:
    raw = write_raw(tmp_path / "raw", {**french(3), "bad.txt": "no tag"})
    done = builder("build", "--raw", str(raw), "--out", str(tmp_path / "out"))
    assert done.returncode == 0
    lines = done.stderr.splitlines()
    assert [line.split(":")[0] for line in lines] == [
        "scan",
        "prepare",
        "language",
        "copies",
        "leaks",
        "decide",
        "release",
        "quarantined (no_tag)",
    ]
    assert "decide: kept 3, quarantined 1" in lines
    table = [line.split() for line in done.stdout.splitlines()]
    assert table[0] == ["read", "kept", "duplicate", "quarantined"]
    assert ["fr", "3", "3", "0", "0"] in table
    assert table[-1] == ["all", "4", "3", "0", "1"]
    again = builder("build", "--raw", str(raw), "--out", str(tmp_path / "out"))
    assert "nothing changed since" in again.stderr
    assert again.stdout == ""
    result = json.loads(builder("build", "--raw", str(raw), "--out", str(tmp_path / "out"), "--json").stdout)
    assert (result["changed"], [bad["reason"] for bad in result["quarantined"]]) == (False, ["no_tag"])


def commands(command: click.Command = main, name: str = "builder") -> Iterator[tuple[str, click.Command]]:
    yield name, command
    if isinstance(command, click.Group):
        for below, each in command.commands.items():
            yield from commands(each, f"{name} {below}")


COMMANDS = dict(commands())
SUMMARIES = [name for name in COMMANDS if name != "builder"]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_help_text_ends_with_an_example(name: str) -> None:
    shown = CliRunner().invoke(main, [*name.split()[1:], "--help"], terminal_width=80).output
    example = " ".join(shown[shown.rindex("Example:") :].split())
    assert example.startswith(f"Example: {name} ")


@pytest.mark.parametrize("name", SUMMARIES)
def test_every_summary_is_an_imperative_that_fits_the_list_of_commands(name: str) -> None:
    summary = (COMMANDS[name].help or "").split("\n\n")[0]
    assert len(summary) <= 45, summary
    assert re.fullmatch(r"[A-Z][a-z]+ [^.]+\.", summary), summary
    above, _, own = name.rpartition(" ")
    listed = CliRunner().invoke(main, [*above.split()[1:], "--help"], terminal_width=80).output
    assert re.search(rf"^  {own} +{re.escape(summary)}$", listed, re.MULTILINE)


def test_help_and_version_import_nothing_heavy() -> None:
    heavy = ("pyarrow", "pandas", "datasets", "daft")
    code = f"import sys; from builder.cli.main import main; print([name for name in {heavy} if name in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
    assert builder("--version").stdout.strip() == f"builder, version {__version__}"


@pytest.mark.slow
def test_a_bar_is_shown_to_a_person(tmp_path: Path) -> None:
    import pty

    from benchmarks import corpus

    (tmp_path / "raw").mkdir()
    corpus.write(tmp_path / "raw" / "corpus.jsonl", 3000)
    command = [sys.executable, "-m", "builder", "build", "--raw", str(tmp_path / "raw"), "--out", str(tmp_path / "out")]
    seen, screen = pty.openpty()
    process = subprocess.Popen([*command, "--dry-run"], stdout=subprocess.DEVNULL, stderr=screen, cwd=ROOT)
    os.close(screen)
    shown = read_terminal(seen)
    assert process.wait() == 0
    assert re.search(rb"prepare:\s+\d+%.*B/s.*records", shown)


def test_make_passes_on_the_given_options_and_no_others() -> None:
    def made(*given: str) -> str:
        command = ["make", "--no-print-directory", "--dry-run", "--assume-old=.venv/.runtime", "dataset", *given]
        env = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
        return subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT, env=env).stdout

    assert not {"--raw", "--name", "--out", "--config"} & set(made().split())
    given = made("RAW=a", "NAME=b", "OUT=c", "CONFIG=d").split("builder build")[1]
    assert [word.strip('"\\') for word in given.split() if word != "\\"] == [
        "--raw", "a", "--name", "b", "--out", "c", "--config", "d"
    ]  # fmt: skip


def test_check_language_measures_the_verdicts(tmp_path: Path) -> None:
    path = write_raw(tmp_path / "raw", french(3)) / "more.jsonl"
    german = "Der Gemeinderat hat gestern Abend beschlossen, das seit drei Jahren geschlossene Schwimmbad zu öffnen."
    path.write_text("\n".join(json.dumps({"tag": f"de-{n}", "text": f"{german} {n}"}) for n in range(4)))
    done = builder("check", "language", str(path.parent))
    assert done.returncode == 0
    assert (
        "7 articles, whose tags are assumed to be right; 7 of them in languages that a detector knows." in done.stdout
    )
    assert "- Wrong tags with the verdict `disagree`: 7 of 7 (100.00%)." in done.stdout
    assert re.search(r"^\| de \| 4 \| 4 \|  \|  \|  \| 4/4 \| 1\.000 \|", done.stdout, re.MULTILINE)
    figures = json.loads(builder("check", "language", str(path), "--json").stdout)
    assert (figures["all"]["agree"], figures["languages"]["de"]["articles"]) == (4, 4)
    made = builder("check", "language", str(path), "--confusions").stdout
    import tomllib

    assert tomllib.loads(made) == {}


def test_check_quality_counts_signals_and_faults(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps({"tag": "fr-1", "text": "Trois mots seulement."}))
    done = builder("check", "quality", str(path))
    assert "| too_short | 1 | rejects |" in done.stdout
    assert json.loads(builder("check", "quality", str(path), "--json").stdout)["articles"] == 1


@pytest.mark.parametrize("what", ["language", "quality"])
def test_check_names_a_missing_file(tmp_path: Path, what: str) -> None:
    done = builder("check", what, str(tmp_path / "nowhere.jsonl"))
    assert done.returncode == 1
    assert re.fullmatch(r"BuilderError: \S+nowhere\.jsonl: no such file\. .*\n", done.stderr)


def test_the_data_of_confused_languages_is_what_the_check_would_write() -> None:
    import tomllib

    table = tomllib.loads((ROOT / "builder" / "data" / "confusions.toml").read_text(encoding="utf-8"))
    assert all(0 < pair["paragraphs"] <= pair["of"] for pair in table["pair"])
    assert {entry["language"] for entry in table["weak"]} == {"uz"}
