"""A build: the same bytes whatever happens, each file read once, no network, one at a time."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from benchmarks import corpus
from builder.config.sections import Config
from builder.core.errors import BuilderError, ConfigError, LockedError, ReleaseError
from builder.core.schema import PREPARED
from builder.pipeline.outcome import Outcome
from builder.prepare import prepare
from builder.prepare.corpus import Corpus
from builder.prepare.segments import Part, Segments
from builder.prepare.segments import read as read_segment
from builder.read.scan import scan
from tests.conftest import ROOT, SAMPLE, build, decisions, digest, rows, write_raw
from tests.release.test_write import FRENCH, article, french

SEED = Path(os.environ.get("BUILDER_SHARED", ROOT.parent / "shared")) / "seed"
KILLS = 20


def released(out: Path) -> dict[str, str]:
    """Give the digests of all releases, without the work folder."""
    home = out / "news"
    return {path: sha256 for path, sha256 in digest(home).items() if not path.startswith(".work")}


def copied(raw: Path, to: Path, backwards: bool) -> Path:
    for path in sorted((path for path in raw.rglob("*") if path.is_file()), reverse=backwards):
        place = to / path.relative_to(raw)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(path.read_bytes())
    return to


def run(raw: Path, out: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "builder", "build", "--raw", str(raw), "--out", str(out), *options]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.slow
def test_the_order_of_files_and_the_threads_decide_nothing(tmp_path: Path, sample: Outcome) -> None:
    assert sample.path is not None
    expected = released(sample.path.parent.parent)
    for threads, backwards in ((1, True), (2, False)):
        raw = copied(SAMPLE, tmp_path / f"raw-{threads}", backwards)
        out = tmp_path / f"out-{threads}"
        said = run(raw, out, "--threads", str(threads))
        assert said.returncode == 0, said.stderr
        assert released(out) == expected


def test_a_second_build_reads_only_what_is_new(make: Callable[..., Outcome], tmp_path: Path) -> None:
    make(french(3))
    work = tmp_path / "out" / "news" / ".work" / "segments"
    before = set(work.rglob("*.parquet"))
    built = make(french(4))
    after = set(work.rglob("*.parquet"))
    assert before < after
    (new,) = after - before
    assert pq.read_table(new)["file"].to_pylist() == ["fr-03.txt"]
    assert built.counts["kept"] == 4


def test_an_incremental_build_gives_the_bytes_of_a_fresh_one(tmp_path: Path) -> None:
    raw = write_raw(tmp_path / "raw", {**french(4), "old.txt": article("Un texte qui va partir bientôt.", "fr-90")})
    build(raw, tmp_path / "one", dry_run=True)
    (raw / "old.txt").unlink()
    write_raw(
        raw, {"fr-00.txt": article(FRENCH[0] + " Et voilà.", "fr-00"), "new.txt": article(FRENCH[1][::-1], "fr-91")}
    )
    build(raw, tmp_path / "one")
    build(raw, tmp_path / "two")
    assert released(tmp_path / "one") == released(tmp_path / "two")


def test_what_is_gone_leaves_the_work_folder(make: Callable[..., Outcome], tmp_path: Path) -> None:
    make(french(4))
    for name in ("fr-00.txt", "fr-01.txt", "fr-02.txt"):
        (tmp_path / "raw" / name).unlink()
    assert make({}).counts["kept"] == 1
    (left,) = (tmp_path / "out" / "news" / ".work" / "segments").rglob("*.parquet")
    assert pq.read_table(left)["file"].to_pylist() == ["fr-03.txt"]


def test_other_settings_prepare_anew_and_leave_nothing_behind(make: Callable[..., Outcome], tmp_path: Path) -> None:
    make(french(2))
    work = tmp_path / "out" / "news" / ".work" / "segments"
    before = {path.name for path in work.iterdir()}
    assert make({}, {"dedup": {"threshold": 0.9}}).changed is True
    assert {path.name for path in work.iterdir()} == before
    assert make({}, {"dedup": {"ngram": 2}}).changed is True
    assert {path.name for path in work.iterdir()}.isdisjoint(before)


def test_a_dry_run_writes_no_release(make: Callable[..., Outcome], tmp_path: Path) -> None:
    dry = make(french(2), dry_run=True)
    assert (dry.counts["kept"], dry.path) == (2, None)
    assert [path.name for path in (tmp_path / "out" / "news").iterdir()] == [".work"]
    built = make({})
    assert (built.counts, built.version) == (dry.counts, dry.version)


def test_a_dry_run_says_what_a_build_would_say_and_leaves_latest_alone(
    make: Callable[..., Outcome], tmp_path: Path
) -> None:
    make({**french(2), "bad.txt": "no tag"})
    latest = tmp_path / "out" / "news" / "latest"
    latest.unlink()
    for raw in ({}, {"fr-00.txt": article(FRENCH[0], "fr-00").replace("\n", "\r\n")}):
        dry = make(raw, dry_run=True)
        assert (dry.changed, dry.version) == (False, "1.0.0")
        assert not os.path.lexists(latest)
    built = make({})
    assert dry == built
    assert [reason for reason, _ in built.quarantined] == ["no_tag"]
    assert latest.is_symlink()
    dry = make(french(3), dry_run=True)
    assert (dry.changed, dry.version) == (True, "1.1.0")
    assert sorted(path.name for path in latest.parent.iterdir()) == [".work", "1.0.0", "latest"]


def test_a_second_build_is_told_who_holds_the_work_folder(tmp_path: Path) -> None:
    from builder.core import lock

    raw = write_raw(tmp_path / "raw", french(1))
    with lock.hold(tmp_path / "out" / "news" / ".work"):
        with pytest.raises(LockedError, match=f"process {os.getpid()} of .* builds here"):
            build(raw, tmp_path / "out")
        said = run(raw, tmp_path / "out")
        assert said.returncode == 1
        assert f"process {os.getpid()}" in said.stderr
    assert build(raw, tmp_path / "out").changed


@pytest.mark.slow
def test_a_large_file_goes_on_behind_the_last_record_that_was_stored(tmp_path: Path) -> None:
    from builder.prepare.prepare import SEGMENT_RECORDS, key

    folder = tmp_path / "raw"
    folder.mkdir()
    corpus.write(folder / "corpus.jsonl", SEGMENT_RECORDS + 300)  # two segments
    build(folder, tmp_path / "whole", dry_run=True)
    build(folder, tmp_path / "broken", dry_run=True)
    segments = tmp_path / "broken" / "news" / ".work" / "segments" / key(Config())
    sizes = {path: path.stat().st_size for path in segments.iterdir()}
    assert len(sizes) == 2
    small = min(sizes, key=sizes.__getitem__)
    small.unlink()
    changed = {path: path.stat().st_mtime_ns for path in segments.iterdir()}
    build(folder, tmp_path / "broken")
    build(folder, tmp_path / "whole")
    assert changed.items() <= {path: path.stat().st_mtime_ns for path in segments.iterdir()}.items()
    assert released(tmp_path / "broken") == released(tmp_path / "whole")


@pytest.mark.slow
def test_a_file_that_ends_with_its_segment_is_not_read_again(tmp_path: Path) -> None:
    from builder.prepare.prepare import SEGMENT_RECORDS

    folder = tmp_path / "raw"
    folder.mkdir()
    corpus.write(folder / "corpus.jsonl", SEGMENT_RECORDS)
    build(folder, tmp_path / "out")
    write_raw(folder, french(1))
    said = run(folder, tmp_path / "out")
    assert "new 1 in 1 of 2 files" in said.stderr


def test_what_was_read_and_is_not_stored_stops_the_build(tmp_path: Path) -> None:
    found = scan(write_raw(tmp_path / "raw", french(2)), ())
    build(tmp_path / "raw", tmp_path / "out", dry_run=True)
    segments = Segments(tmp_path / "out" / "news" / ".work" / "segments" / prepare.key(Config()))
    prepare.check_whole(found, segments, 2)
    with pytest.raises(BuilderError, match="3 records were read, but 2 are stored"):
        prepare.check_whole(found, segments, 3)
    with pytest.raises(BuilderError, match=r"fr-00\.txt: not stored to its end; 2 of 2 files are not"):
        prepare.check_whole(found, Segments(tmp_path / "none"), 2)


def test_line_ends_that_change_are_looked_at_once(make: Callable[..., Outcome], tmp_path: Path) -> None:
    make(french(2))
    assert make({"fr-00.txt": article(FRENCH[0], "fr-00").replace("\n", "\r\n")}).changed is False
    said = run(tmp_path / "raw", tmp_path / "out")
    assert "nothing changed" in said.stderr
    assert "prepare" not in said.stderr


def test_a_damaged_segment_is_prepared_again(make: Callable[..., Outcome], tmp_path: Path) -> None:
    make(french(2))
    (segment,) = (tmp_path / "out" / "news" / ".work" / "segments").rglob("*.parquet")
    segment.write_bytes(b"")
    assert make(french(3)).counts["kept"] == 3


def segment_of(out: Path) -> Path:
    (found,) = (out / "news" / ".work" / "segments").rglob("*.parquet")
    return found


def flip(path: Path, at: int) -> None:
    held = bytearray(path.read_bytes())
    held[at] ^= 0x10
    path.write_bytes(held)


def last_of(path: Path, column: str) -> int:
    """Give the place of the last byte of a column's values."""
    found = pq.ParquetFile(path).metadata.row_group(0).column(PREPARED.get_field_index(column))
    start = found.dictionary_page_offset or found.data_page_offset
    return int(start + found.total_compressed_size - 1)


@pytest.mark.parametrize("column", ["text", "title", "bands", "exact_hash", "raw"])
def test_what_rots_in_a_segment_is_prepared_again_in_the_same_build(tmp_path: Path, column: str) -> None:
    raw = write_raw(tmp_path / "raw", {**french(3), "bad.jsonl": "bad\n"})
    build(raw, tmp_path / "rotten", dry_run=True)
    flip(path := segment_of(tmp_path / "rotten"), last_of(path, column))
    lines: list[str] = []
    made = build(raw, tmp_path / "rotten", show=lines.append)
    assert made.counts["kept"] == 3
    assert "prepare: damaged segments 1, their files are prepared again" in lines
    build(raw, tmp_path / "fresh")
    assert released(tmp_path / "rotten") == released(tmp_path / "fresh")


def test_a_bit_that_flips_anywhere_in_a_segment_is_noticed_or_changes_nothing(tmp_path: Path) -> None:
    build(write_raw(tmp_path / "raw", french(3)), tmp_path / "out", dry_run=True)
    path = segment_of(tmp_path / "out")
    whole, table = path.read_bytes(), read_segment(path)
    noticed = 0
    for at in range(4, len(whole), 41):
        flip(path, at)
        segments = Segments(path.parent)
        segments.drop_damaged()
        noticed += segments.dropped
        assert segments.dropped or read_segment(path).equals(table), f"byte {at}"
        path.write_bytes(whole)
    assert noticed > len(whole) // 41 // 2


def test_records_that_are_lost_or_twice_in_a_segment_stop_the_build(tmp_path: Path) -> None:
    build(write_raw(tmp_path / "raw", french(3)), tmp_path / "out", dry_run=True)
    table = read_segment(segment_of(tmp_path / "out"))
    for number, records in enumerate(([1, 2], [0, 0], [0, 2])):
        segments = Segments(tmp_path / f"made-{number}")
        file = table.slice(0, 2).set_column(0, "file", pa.array(["a.jsonl"] * 2))
        segments.add(file.set_column(1, "record", pa.array(records)), [Part("a", 0, 2, True)])
        with pytest.raises(BuilderError, match=r"a\.jsonl, record \d: does not follow"):
            Corpus(segments, ["a"])
    with pytest.raises(BuilderError, match="3 records read, 2 prepared"):
        segments.add(table.slice(0, 2), [Part("a", 0, 3, True)])


def test_a_release_that_was_made_anew_is_not_taken_for_the_one_before(make: Callable[..., Outcome]) -> None:
    first = make(french(2))
    other_line_ends = {"fr-00.txt": article(FRENCH[0], "fr-00").replace("\n", "\r\n")}
    assert make(other_line_ends).changed is False
    assert first.path is not None
    shutil.rmtree(first.path)
    assert make({"fr-00.txt": article(FRENCH[2], "fr-00")}).version == "1.0.0"
    again = make(other_line_ends)
    assert (again.changed, again.version) == (True, "1.0.1")
    assert FRENCH[0] in [row["text"] for row in rows(again)]


def test_a_damaged_release_is_told(make: Callable[..., Outcome]) -> None:
    built = make(french(2))
    assert built.path is not None
    (built.path / "splits.parquet").write_bytes(b"")
    with pytest.raises(ReleaseError, match=r"splits\.parquet: missing or damaged. Remove the folder"):
        make({})
    with pytest.raises(ReleaseError, match=r"splits\.parquet: missing or damaged"):
        make(french(3))
    (built.path / "manifest.json").write_text("{")
    with pytest.raises(ReleaseError, match=r"manifest\.json: damaged"):
        make({})


def test_places_within_one_another_are_refused(tmp_path: Path) -> None:
    raw = write_raw(tmp_path / "raw", french(1))
    for out in (raw / "processed", tmp_path / "raw"):
        with pytest.raises(ConfigError, match="Choose separate folders"):
            build(raw, out)


def test_a_file_that_changes_while_it_is_read_stops_the_build(tmp_path: Path) -> None:
    from builder.core.errors import BuilderError
    from builder.read import decode
    from builder.read.scan import scan

    folder = write_raw(tmp_path / "raw", french(1))
    (file,) = scan(folder, ())
    write_raw(folder, {"fr-00.txt": "other text"})
    with pytest.raises(BuilderError, match="changed while it was being read"), decode.opened(file, 1 << 30):
        pass


def test_files_of_the_current_folder_are_not_imported(tmp_path: Path) -> None:
    raw = write_raw(tmp_path / "raw", french(1))
    (tmp_path / "random.py").write_text("raise SystemExit('wrong module')")
    (tmp_path / "builder.py").write_text("raise SystemExit('wrong module')")
    command = [str(Path(sys.executable).parent / "builder"), "build", "--raw", str(raw), "--out", str(tmp_path / "out")]
    said = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert said.returncode == 0, said.stderr


NAMESPACE = ["unshare", "--map-root-user", "--net", "sh", "-c"]


def attempts(command: str) -> tuple[int, str]:
    """Run a command where there is no network at all, and count what it tried to send (by the kernel's own count)."""
    counts = "grep -E '^Ip6Out(Requests|NoRoutes)' /proc/net/snmp6; grep '^Ip:' /proc/net/snmp"
    script = f"{command}; status=$?; {counts}; exit $status"
    silent = ("DO_NOT_TRACK", "DAFT_ANALYTICS_ENABLED", "HF_HUB_DISABLE_TELEMETRY", "HF_HUB_OFFLINE")
    env = {name: value for name, value in os.environ.items() if name not in silent}
    said = subprocess.run([*NAMESPACE, script], capture_output=True, text=True, check=False, env=env, cwd=ROOT)
    assert said.returncode == 0, said.stderr
    names, values = (line.split() for line in said.stdout.splitlines()[-2:])
    counters = dict(zip(names[1:], map(int, values[1:]), strict=True))
    of_version_6 = [int(line.split()[1]) for line in said.stdout.splitlines() if line.startswith("Ip6Out")]
    assert len(of_version_6) == 2
    return counters["OutRequests"] + counters["OutNoRoutes"] + sum(of_version_6), said.stderr


def has_namespaces() -> bool:
    try:
        return subprocess.run([*NAMESPACE, "true"], capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False


@pytest.mark.skipif(not has_namespaces(), reason="needs network namespaces")
def test_a_build_tries_no_connection(tmp_path: Path) -> None:
    build_sample = f"{sys.executable} -m builder build --raw {SAMPLE} --out {tmp_path / 'out'}"
    count, errors = attempts(build_sample)
    assert count == 0
    assert "arning" not in errors
    assert attempts(f"{build_sample} --json")[0] == 0
    assert attempts(f"{sys.executable} -m builder explain fr-17 --out {tmp_path / 'out'}")[0] == 0


@pytest.mark.skipif(not has_namespaces(), reason="needs network namespaces")
def test_the_count_of_connections_counts(tmp_path: Path) -> None:
    code = "import socket; socket.socket().connect_ex(('192.0.2.1', 80))"
    assert attempts(f'{sys.executable} -c "{code}"')[0] > 0


@pytest.mark.skipif(not SEED.is_dir(), reason="the user's file is not here")
def test_the_users_own_file_builds(tmp_path: Path) -> None:
    built = build(SEED, tmp_path / "out")
    (row,) = rows(built)
    assert (row["id"], row["folded_headline"], row["language_verdict"]) == ("fr-02", "prefix", "agree")
    assert row["title"].startswith("Poutine prépare un voyage en Corée du Nord")
    assert row["text"].startswith("Les États-Unis et la Corée du Sud")
    assert row["text"].count("\n\n") == 7
    spans = [row["text"][span["start"] : span["end"]] for span in row["foreign_spans"]]
    assert spans == ["[visita de Putin]", "Il potentiel"]
    assert row["language_share"] == 1.0
    assert (row["repairs"], row["unrepaired"]) == (["quotes"], [])
    assert row["text"].endswith("les informations des Nations Unies d'«absurdes\N{NO-BREAK SPACE}».")
    assert decisions(built)["fr-02.txt"]["decision"] == "kept"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_a_build_that_is_stopped_leaves_no_process_behind(tmp_path: Path, number: signal.Signals) -> None:
    raw = tmp_path / "raw"
    raw.mkdir()
    corpus.write(raw / "corpus.jsonl", 6000)
    command = [sys.executable, "-m", "builder", "build", "--raw", str(raw), "--out", str(tmp_path / "out")]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, start_new_session=True)
    work = tmp_path / "out" / "news" / ".work" / "segments"
    waited = time.monotonic() + 60
    while not list(work.rglob("*.parquet")) and time.monotonic() < waited:
        time.sleep(0.05)
    children = [int(child) for child in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()]
    assert children
    os.killpg(process.pid, number)
    _, said = process.communicate()
    assert "Traceback" not in said
    if number == signal.SIGINT:
        assert process.returncode == 130
        assert said.splitlines()[-1].startswith("stopped; prepared records are kept")
    waited = time.monotonic() + 20
    while any(map(alive, children)) and time.monotonic() < waited:
        time.sleep(0.05)
    assert not any(map(alive, children))


def test_detectors_that_are_asked_nothing_say_nothing() -> None:
    command = [sys.executable, "-m", "builder.langid.process"]
    said = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    assert (said.returncode, said.stdout, said.stderr) == (0, b"", b"")


def alive(pid: int) -> bool:
    """Tell whether a process runs; one that ended and that nobody has asked after does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.slow
def test_a_build_killed_at_any_moment_goes_on_to_the_same_bytes(tmp_path: Path) -> None:
    """Kill a build at KILLS random moments of its life, each time build to the end, and compare."""
    raw = copied(SAMPLE, tmp_path / "raw", backwards=False)
    corpus.write(raw / "corpus.jsonl", 2500)
    start = time.perf_counter()
    assert run(raw, tmp_path / "whole").returncode == 0
    lasts = time.perf_counter() - start
    expected = released(tmp_path / "whole")
    chance = random.Random(20)
    killed = 0
    for number in range(KILLS):
        out = tmp_path / f"out-{number}"
        command = [sys.executable, "-m", "builder", "build", "--raw", str(raw), "--out", str(out)]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        moment = lasts * chance.uniform(0.02, 1.0)
        try:
            process.wait(moment)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
            killed += 1
        half = released(out) if (out / "news").is_dir() else {}
        versions = {path.split("/")[0] for path in half} - {"latest"}
        assert versions <= {"1.0.0"}
        assert all(half[path] == expected[path] for path in half), f"killed after {moment:.2f} s"
        if versions:
            assert {path for path in half if path.startswith("1.0.0/")} == {
                path for path in expected if path.startswith("1.0.0/")
            }
        again = run(raw, out)
        assert again.returncode == 0, again.stderr
        assert released(out) == expected, f"killed after {moment:.2f} s"
    assert killed >= KILLS // 2


def test_the_result_is_json_where_asked(tmp_path: Path) -> None:
    raw = write_raw(tmp_path / "raw", {**french(2), "bad.txt": "no tag"})
    said = run(raw, tmp_path / "out", "--json")
    result = json.loads(said.stdout)
    assert said.stderr == ""
    assert (result["version"], result["changed"], result["counts"]["quarantined"]) == ("1.0.0", True, 1)
    assert result["quarantined"][0]["reason"] == "no_tag"
    assert run(raw, tmp_path / "out", "--strict").returncode == 1
