"""What a new release uploads: what a hub that stores files in content-defined chunks has not got yet."""

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pyarrow.compute as pc
import pytest

from benchmarks import press
from tests.conftest import build, write_raw

ARTICLES = 30_000
# As Xet cuts files: where a rolling hash of the last 64 bytes says so, in chunks of 64 KiB on average, 8 to 128.
WINDOW, LEAST, MOST = 64, 8 << 10, 128 << 10
BASE = 0x9E3779B97F4A7C15  # odd, so that it can be divided by
_GEAR = np.random.default_rng(0).integers(0, 1 << 63, 256, np.uint64) * np.uint64(2) + np.uint64(1)
Chunks = dict[bytes, int]  # bytes by digest


def chunks(folder: Path) -> Chunks:
    """Cut all files of a release into chunks."""
    found: Chunks = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            said = path.read_bytes()
            for piece in cut(said):
                found[hashlib.sha256(piece).digest()] = len(piece)
    return found


def cut(said: bytes) -> list[bytes]:
    """Cut bytes where a rolling hash of the last WINDOW of them says so: Σ gear[byte] · BASE^age, modulo 2^64."""
    count = len(said)
    back = np.multiply.accumulate(np.full(count, pow(BASE, -1, 1 << 64), np.uint64))
    sums = np.cumsum(_GEAR[np.frombuffer(said, np.uint8)] * back)
    sums[WINDOW:] -= sums[:-WINDOW].copy()
    rolling = sums * np.multiply.accumulate(np.full(count, BASE, np.uint64))
    ends = np.flatnonzero(rolling >> np.uint64(64 - 16) == 0) + 1
    pieces, start = [], 0
    while start < len(said):
        at = np.searchsorted(ends, start + LEAST)
        end = min(int(ends[at]) if at < len(ends) else len(said), start + MOST, len(said))
        pieces.append(said[start:end])
        start = end
    return pieces


def test_a_chunk_is_found_again_wherever_it_stands() -> None:
    chance = np.random.default_rng(1)
    said = chance.bytes(3_000_000)
    one, other = cut(said), cut(said[:1000] + b"more" + said[1000:])
    assert b"".join(one) == said
    assert 30_000 < np.mean([len(piece) for piece in one[:-1]]) < 100_000
    assert len(set(other) - set(one)) <= 2


def lines(articles: int) -> list[bytes]:
    """Give articles of a generated press, but for its copies, as JSON Lines: over and over the same."""
    found: list[bytes] = []
    for table in press.shards(articles, 3, ("en",)):
        table = table.filter(pc.equal(table["kind"], "original"))
        # A language that no detector knows: made-up words of another one would be looked at for long.
        tags = pc.replace_substring(table["id"], "en-", "bem-")
        found += map(orjson.dumps, table.select(["text", "date", "source"]).append_column("tag", tags).to_pylist())
    return found


@pytest.mark.slow
def test_a_release_uploads_little_more_than_what_is_new_in_it(tmp_path: Path) -> None:
    """2 % of articles more upload at most 6 % of the bytes, one article less at most 5 %."""
    settings: dict[str, Any] = {"language": {"reject": ()}, "quality": {"reject": ()}, "furniture": {"remove": False}}
    all_lines = lines(ARTICLES)
    new = all_lines[::50]
    old = [line for number, line in enumerate(all_lines) if number % 50]

    def uploaded(before: Chunks, raw: dict[str, list[bytes]]) -> tuple[Chunks, float]:
        files = {name: b"\n".join(some) for name, some in raw.items()}
        made = build(write_raw(tmp_path / "raw", dict(files)), tmp_path / "out", settings).path
        assert made is not None
        found = chunks(made)
        size = sum(path.stat().st_size for path in made.rglob("*") if path.is_file())
        return found, sum(size for digest, size in found.items() if digest not in before) / size

    first, everything = uploaded({}, {"old.jsonl": old})
    assert everything > 0.9, "next to nothing of a release repeats within it"
    grown, share = uploaded(first, {"old.jsonl": old, "new.jsonl": new})
    print(f"2 % added: {share:.2%} of the bytes")
    assert share <= 0.06
    _, share = uploaded(grown, {"old.jsonl": old[: len(old) // 3] + old[len(old) // 3 + 1 :], "new.jsonl": new})
    print(f"one removed: {share:.2%} of the bytes")
    assert share <= 0.05
