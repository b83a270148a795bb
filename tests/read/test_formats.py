"""Every format's golden files: a raw file and the records that it must yield, including bad ones."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builder.read import dates, fields, records
from builder.read.formats import delimited, delimited_rows, plaintext
from builder.read.formats.base import Source
from builder.read.formats.lines import lines
from builder.read.formats.registry import EXPECTED
from builder.read.scan import RawFile, scan
from builder.release import quarantine
from tests.conftest import TESTS

GOLDEN = TESTS / "golden"
FILES = scan(GOLDEN, ("*.expected.json",))


def as_json(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row in the form of the golden files."""
    plain = {key: value for key, value in row.items() if value is not None and key not in ("file", "format")}
    for key, value in plain.items():
        if isinstance(value, bytes):
            plain[key] = value.decode("utf-8", "backslashreplace")
        elif hasattr(value, "isoformat"):
            plain[key] = value.isoformat()
    return plain


@pytest.mark.parametrize("file", FILES, ids=[file.path for file in FILES])
def test_a_raw_file_gives_the_records_of_its_golden_file(file: RawFile) -> None:
    golden = (GOLDEN / f"{file.path}.expected.json").read_text(encoding="utf-8")
    expected = json.loads(golden.replace("{formats}", EXPECTED))  # a new format changes no other golden file
    found = list(records.read(file, fields.field_names({}), 1 << 20, 1 << 20))
    assert [as_json(row) for row in found] == expected


def test_every_golden_file_has_its_raw_file() -> None:
    expected = {path.name.removesuffix(".expected.json") for path in GOLDEN.glob("*.expected.json")}
    assert expected == {file.path for file in FILES}


def read(tmp_path: Path, name: str, content: bytes, **settings: Any) -> list[dict[str, Any]]:
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    (file,) = scan(tmp_path, ())
    names = fields.field_names(settings.pop("fields", {}))
    return list(records.read(file, names, settings.pop("max_file", 1 << 30), settings.pop("max_record", 1 << 24)))


def test_fields_are_found_by_the_names_that_the_config_maps(tmp_path: Path) -> None:
    content = b'{"Kop": "Titel", "Inhoud": "Tekst.", "code": "nl-01", "title": "not this"}'
    (row,) = read(tmp_path, "a.jsonl", content, fields={"title": "kop", "text": "inhoud", "tag": ("label", "code")})
    assert (row["title"], row["text"], row["tag"], row["reason"]) == ("Titel", "Tekst.", "nl-01", None)


@pytest.mark.parametrize(
    ("path", "tag", "collection"),
    [
        ("fr-02.txt", "fr-02", None),
        ("afp/fr-02.txt", "fr-02", "afp"),
        ("fr/02.txt", "fr-02", None),
        ("afp/fr/02.txt", "fr-02", "afp"),
        ("zh/Hant/12.txt", "zh-Hant-12", None),
        ("pt-BR/0007.text", "pt-BR-0007", None),
        ("sr_latn_rs-3.txt", "sr-Latn-RS-3", None),
    ],
)
def test_a_tag_is_found_in_the_name_or_the_folders(tmp_path: Path, path: str, tag: str, collection: str | None) -> None:
    (row,) = read(tmp_path, path, b"A title\n\nA text.\n")
    assert (row["tag"], row["collection"], row["reason"]) == (tag, collection, None)


@pytest.mark.parametrize("path", ["afp/17.txt", "co-op.txt", "wire/week-12.txt", "notes/final.txt"])
def test_a_name_without_the_shape_of_a_tag_is_not_a_tag(tmp_path: Path, path: str) -> None:
    (row,) = read(tmp_path, path, b"A title\n\nA text.\n")
    assert row["reason"] == "no_tag"


def test_a_line_over_the_limit_is_one_record_and_the_next_line_is_read(tmp_path: Path) -> None:
    long = b'{"tag": "fr-01", "text": "' + b"x" * 300_000 + b'"}\n'
    first, second = read(tmp_path, "a.jsonl", long + b'{"tag": "fr-02", "text": "court"}\n', max_record=100_000)
    assert (first["reason"], first["place"], first["span_offset"], first["span_length"]) == (
        "too_long",
        1,
        0,
        len(long) - 1,
    )
    assert (second["tag"], second["place"], second["reason"]) == ("fr-02", 2, None)


def test_an_article_over_the_limit_is_one_record_and_the_next_is_read(tmp_path: Path) -> None:
    text = b"Titre\n\n" + b"mot " * 1000 + b"\n\nfr-01\n\nTitre\n\nCourt.\n\nfr-02\n"
    first, second = read(tmp_path, "a.txt", text, max_record=500)
    assert (first["reason"], first["tag"]) == ("too_long", "fr-01")
    assert (second["reason"], second["tag"], second["text"]) == (None, "fr-02", "Court.")


def test_a_file_that_decompresses_to_more_than_the_limit_is_refused(tmp_path: Path) -> None:
    import gzip

    (row,) = read(tmp_path, "bomb.jsonl.gz", gzip.compress(b"0" * 50_000_000), max_file=10_000_000)
    assert row["reason"] == "too_large"
    assert "read.max_file_bytes" in row["detail"]


ENCODED = [
    ("fr", "cp1252", "L’été fut très chaud à Besançon, où les élèves révisaient près du château brûlé. " * 4),
    ("ru", "cp1251", "Вчера в городе открыли новый мост, по которому пойдут трамваи и автобусы. " * 4),
    ("ru", "koi8-r", "Вчера в городе открыли новый мост, по которому пойдут трамваи и автобусы. " * 4),
    ("pl", "cp1250", "Wczoraj w mieście otwarto nowy most, którym pojadą tramwaje i autobusy. Żółw ślęczał. " * 4),
    ("el", "cp1253", "Χθες άνοιξε στην πόλη μια νέα γέφυρα για τραμ και λεωφορεία. " * 4),
    ("he", "cp1255", "אתמול נפתח בעיר גשר חדש לחשמליות ולאוטובוסים של התחבורה הציבורית. " * 4),
    ("ar", "cp1256", "افتتح أمس في المدينة جسر جديد ستمر عليه عربات الترام والحافلات. " * 4),
    ("ja", "shift_jis", "昨日、市内に新しい橋が開通した。路面電車とバスが通る予定だ。" * 4),
    ("zh", "gb18030", "昨天，市里开通了一座新桥，有轨电车和公共汽车将从桥上通过。" * 4),
    ("ko", "euc_kr", "어제 시내에 새 다리가 개통되었다. 전차와 버스가 지나갈 예정이다. " * 4),
]


@pytest.mark.parametrize(("language", "encoding", "text"), ENCODED, ids=[f"{each[0]}-{each[1]}" for each in ENCODED])
def test_an_old_encoding_is_guessed_and_the_guess_is_recorded(
    tmp_path: Path, language: str, encoding: str, text: str
) -> None:
    (row,) = read(tmp_path, f"{language}-01.txt", text.encode(encoding))
    assert row["text"] == text.strip()
    assert row["encoding"].endswith("(guessed)")
    assert "guessed" in row["notes"]


def test_a_stream_of_json_lines_is_never_held_whole(tmp_path: Path) -> None:
    import subprocess
    import sys

    path = tmp_path / "raw" / "big.jsonl"
    path.parent.mkdir()
    line = json.dumps({"tag": "fr-01", "text": "mot " * 2000}).encode() + b"\n"
    with path.open("wb") as out:
        for _ in range(40_000):
            out.write(line)
    assert path.stat().st_size > 300_000_000
    code = (
        "import re, sys; from pathlib import Path; from builder.read import fields, records, scan\n"
        "(file,) = scan.scan(Path(sys.argv[1]), ())\n"
        "count = sum(1 for row in records.read(file, fields.field_names({}), 1 << 40, 1 << 24))\n"
        "print(count, re.search(r'VmHWM:\\s+(\\d+)', Path('/proc/self/status').read_text())[1])"
    )
    done = subprocess.run([sys.executable, "-c", code, str(path.parent)], check=True, capture_output=True, text=True)
    count, kilobytes = map(int, done.stdout.split())
    assert count == 40_000
    assert kilobytes < 200_000


def test_dates_are_read_or_unknown() -> None:
    notes: list[str] = []
    assert str(dates.read_date("2024-06-19T10:00:00+02:00", notes)) == "2024-06-19 08:00:00+00:00"
    assert str(dates.read_date(1718755200000, notes)) == "2024-06-19 00:00:00+00:00"
    assert notes == []
    assert str(dates.read_date(20240619, notes)) == "2024-06-19 00:00:00+00:00"
    assert str(dates.read_date("20240619123456", notes)) == "2024-06-19 12:34:56+00:00"
    assert str(dates.read_date("1718755200.5", notes)) == "2024-06-19 00:00:00.500000+00:00"
    assert notes == []
    odd = ("19 juin 2024", "06/07/2024", True, "yesterday", 12, float("nan"), [2024], 2024061912, "202406191200", 1e300)
    for value in odd:
        assert dates.read_date(value, notes) is None
    assert len(notes) == len(odd)


def test_an_ignored_field_is_noted_and_a_bad_required_field_is_a_fault(tmp_path: Path) -> None:
    lines = [
        {"tag": "fr-01", "text": "Texte.", "source": {"name": "BBC"}, "author": ["A", None]},
        {"lang": "fr", "id": 2.0, "text": ["Un.", None, "Deux."]},
        {"lang": "fr", "id": None, "text": "Texte."},
        {"tag": {"a": 1}, "text": "Texte."},
    ]
    rows = read(tmp_path, "a.jsonl", "\n".join(map(json.dumps, lines)).encode())
    assert (rows[0]["source"], rows[0]["author"], rows[0]["reason"]) == (None, "A", None)
    assert rows[0]["notes"] == "source has the type dict and was ignored"
    assert (rows[1]["tag"], rows[1]["text"]) == ("fr-2", "Un.\n\nDeux.")
    assert [row["reason"] for row in rows[2:]] == ["no_tag", "field"]


def test_nan_does_not_count_as_an_id(tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    out = io.BytesIO()
    pq.write_table(pa.table({"lang": ["fr"], "id": [float("nan")], "text": ["Texte."]}), out)
    (row,) = read(tmp_path, "a.parquet", out.getvalue())
    assert row["reason"] == "no_tag"


def test_a_malformed_row_keeps_its_own_bytes_and_no_more(tmp_path: Path) -> None:
    lines = ["tag,text", 'fr-01,"un" deux', "fr-02,trois", 'fr-03,"quatre" cinq']
    rows = read(tmp_path, "a.csv", "\n".join(lines).encode())
    assert [(row["place"], row["reason"], row.get("raw")) for row in rows] == [
        (2, "csv", b'fr-01,"un" deux\n'),
        (3, None, None),
        (4, "csv", b'fr-03,"quatre" cinq'),
    ]


def test_a_long_row_of_parquet_or_csv_is_refused(tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    out = io.BytesIO()
    pq.write_table(pa.table({"tag": ["fr-01", "fr-02"], "text": ["mot " * 1000, "court"]}), out)
    rows = read(tmp_path / "p", "a.parquet", out.getvalue(), max_record=1000)
    assert [row["reason"] for row in rows] == ["too_long", None]
    rows = read(tmp_path / "c", "a.csv", b'tag,text\nfr-01,"' + b"mot " * 1000 + b'"\nfr-02,court\n', max_record=1000)
    assert rows[0]["reason"] in ("too_long", "csv")
    assert (rows[-1]["tag"], rows[-1]["reason"]) == ("fr-02", None)


def test_an_open_stream_is_left_at_its_end() -> None:
    stream = io.BytesIO("tag,text\nfr-01,été\n".encode())
    (found,) = delimited.read(Source(stream, ".csv", 1000, frozenset({"tag"})))
    assert found.fields == {"tag": "fr-01", "text": "été"}
    assert not stream.closed


class Short(io.BytesIO):
    """A stream that yields a few bytes at a time, so that every line meets the end of a block."""

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(size if size is None or size < 0 else min(size, 3))


@given(
    st.lists(st.sampled_from([b"a", b"bcd", b"\n", b"\r", b"\r\n", b"\f"]), max_size=12).map(b"".join),
    st.integers(1, 9),
)
def test_lines_are_those_of_python_wherever_a_block_ends(content: bytes, limit: int) -> None:
    expected = content.replace(b"\f", b"\n").splitlines()
    found = list(lines(Short(content), limit, form_feeds=True))
    assert [number for number, *_ in found] == list(range(1, len(expected) + 1))
    assert [length for _, _, length, _ in found] == [len(line) for line in expected]
    assert [content[offset : offset + length] for _, offset, length, _ in found] == expected
    assert [line for *_, line in found] == expected


CELLS = st.lists(st.text('ab ,;|\t"\n\ré', min_size=1, max_size=6), min_size=3, max_size=3)


@given(st.lists(CELLS, max_size=5), st.sampled_from([",", ";", "|"]), st.sampled_from(["\n", "\r\n", "\r"]))
def test_what_python_writes_as_csv_is_read_as_it_was(cells: list[list[str]], delimiter: str, end: str) -> None:
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=delimiter, lineterminator="\r\n")  # it quotes only what is in its line end
    if end != "\r\n":
        writer = csv.writer(out, delimiter=delimiter, lineterminator=end, quoting=csv.QUOTE_ALL)
    writer.writerows([["tag", "title", "text"], *cells])
    source = Source(Short(out.getvalue().encode()), ".csv", 1000, frozenset({"tag"}))
    found = [tuple(record.fields.values()) for record in delimited.read(source)]
    assert found == [tuple(row) for row in cells if any(cell.strip() for cell in row)]


def articles(numbers: range) -> list[str]:
    return [f"Titre {number}\n\n{'mot ' * 20}{number}.\n\nfr-{number:03}\n\n" for number in numbers]


@pytest.mark.parametrize("end", ["\r", "\f", "\r\n"])
def test_a_file_longer_than_the_limit_of_a_record_is_read_with_any_line_end(tmp_path: Path, end: str) -> None:
    content = "".join(articles(range(1, 100))).replace("\n", end).encode()
    found = read(tmp_path, "a.txt", content, max_record=500)
    assert [row["tag"] for row in found] == [f"fr-{number:03}" for number in range(1, 100)]
    assert [row["place"] for row in found] == [1 + 6 * number for number in range(99)]
    assert {row["reason"] for row in found} == {None}


def test_a_cell_over_the_limit_is_one_record_with_its_bytes_and_the_next_row_is_read(tmp_path: Path) -> None:
    cells = ["\n".join(f"ligne {number}, un" for number in range(40)), "a" * 200_000, "a" * 200_000 + "\nb"]
    good = b"fr-09,x,court\n"
    for number, cell in enumerate(cells):
        head, long = b"tag,title,text\n", f'fr-01,x,"{cell}"\n'.encode()
        found = read(tmp_path / str(number), "a.csv", head + good + long + good, max_record=300)
        assert [(row["place"], row["reason"], row.get("tag")) for row in found] == [
            (2, None, "fr-09"),
            (3, "too_long", None),
            (4 + cell.count("\n"), None, "fr-09"),
        ]
        assert (found[1]["span_offset"], found[1]["span_length"]) == (len(head + good), len(long))


def test_an_open_quote_loses_no_other_row_however_long_the_rest_is(tmp_path: Path) -> None:
    bad, good = b'fr-01,"ouvert\n', b"".join(b"fr-%d,texte\n" % number for number in range(100, 400))
    found = read(tmp_path, "a.csv", b"tag,text\n" + bad + good, max_record=1000)
    assert (found[0]["reason"], found[0]["raw"]) == ("csv", bad)
    assert [row["tag"] for row in found[1:]] == [f"fr-{number}" for number in range(100, 400)]


def test_quotes_that_never_close_are_reread_only_up_to_a_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delimited_rows, "READ_TWICE", 1000)
    found = read(tmp_path, "a.csv", b"tag,text\n" + b'k","z\n' * 5000 + b"fr-01,texte\n")
    assert [row["reason"] for row in found] == ["csv"] * 5000 + [None]


def test_the_first_row_is_a_header_only_if_a_column_is_known(tmp_path: Path) -> None:
    content = b"code,inhoud\nnl-01,Tekst.\n"
    (refused,) = read(tmp_path, "a.csv", content)
    assert (refused["reason"], refused["place"], refused.get("raw")) == ("csv", None, None)
    assert "the first row (code, inhoud) names no known column" in refused["detail"]
    (row,) = read(tmp_path, "a.csv", content, fields={"tag": "code", "text": "Inhoud"})
    assert (row["tag"], row["text"]) == ("nl-01", "Tekst.")


HEADINGS = [
    ("Titre\n\nUn.\n\nMH-370\n\nDeux.\n\nfr-01\n", ["fr-01"]),  # all tags are French, and in lower case
    ("fr-01\n\nTitre\n\nUn.\n\nAK-47\n\nDeux.\n", ["fr-01"]),
    ("Titre\n\nUn.\n\nFR-01\n\nTitre\n\nDeux.\n\nfr-02\n", ["fr-01", "fr-02"]),
    ("Titre\n\nUn.\n\nFR-01\n\nTitel\n\nZwei.\n\nDE-02\n", ["fr-01", "de-02"]),  # all in capitals
    ("Titre\n\nUn.\n\nfr-01\n\nTitel\n\nZwei.\n\nde-02\n\nT\n\nX.\n\nES-03\n", ["fr-01", "de-02", "es-03"]),
]


@pytest.mark.parametrize(("content", "expected"), HEADINGS)
def test_a_heading_in_capitals_splits_no_article_and_a_tag_in_capitals_does(
    tmp_path: Path, content: str, expected: list[str]
) -> None:
    found = read(tmp_path, "a.txt", content.encode())
    assert [(row["tag"], row["reason"]) for row in found] == [(tag, None) for tag in expected]


@given(st.lists(st.booleans(), min_size=1, max_size=5), st.sampled_from(["before", "behind", "both"]))
def test_no_article_gets_the_tag_of_another(full: list[bool], side: str) -> None:
    """Some articles are empty: then a tag is missing or in doubt, but never another's."""
    parts = []
    for number, is_full in enumerate(full):
        body = f"Titre\n\nTexte {number}.\n\n" if is_full else ""
        tag = f"fr-{number}\n\n"
        parts.append((tag if side != "behind" else "") + body + (tag if side != "before" else ""))
    content = io.BytesIO("".join(parts).encode())
    found = [record for record in plaintext.read(Source(content, ".txt", 1000, frozenset())) if record.fields["text"]]
    usable = [(record.fields["tag"], record.fields["text"]) for record in found if record.reason is None]
    assert all(tag == f"fr-{str(text)[6:-1]}" for tag, text in usable)
    assert [record.fields["text"] for record in found] == [
        f"Texte {number}." for number in range(len(full)) if full[number]
    ]
    if all(full):
        assert len(usable) == len(full)


@given(st.lists(st.tuples(st.text("a./_", min_size=1), st.none() | st.integers(1, 20)), unique=True, max_size=8))
def test_no_two_records_share_a_name_in_the_quarantine(kept: list[tuple[str, int | None]]) -> None:
    kept += [(f"{path}.{place}.raw", None) for path, place in kept if place]
    kept += [(f"{path}_", place) for path, place in kept]
    names = {quarantine.name_of(path, place) for path, place in set(kept)}
    assert len(names) == len(set(kept))
