"""Every format's golden files: a raw file and what must be read from it, the bad records too."""

import io
import json
from pathlib import Path
from typing import Any

import pytest

from builder import intake, raw

GOLDEN = Path(__file__).parent / "golden"
FILES = raw.scan(GOLDEN, ("*.expected.json",))


def as_json(row: dict[str, Any]) -> dict[str, Any]:
    """Give a row as the golden file has it."""
    plain = {key: value for key, value in row.items() if value is not None and key not in ("file", "format")}
    for key, value in plain.items():
        if isinstance(value, bytes):
            plain[key] = value.decode("utf-8", "backslashreplace")
        elif hasattr(value, "isoformat"):
            plain[key] = value.isoformat()
    return plain


@pytest.mark.parametrize("file", FILES, ids=[file.path for file in FILES])
def test_a_raw_file_gives_the_records_of_its_golden_file(file: raw.RawFile) -> None:
    expected = json.loads((GOLDEN / f"{file.path}.expected.json").read_text(encoding="utf-8"))
    found = list(intake.read(file, intake.field_names({}), 1 << 20, 1 << 20))
    assert [as_json(row) for row in found] == expected


def test_every_golden_file_has_its_raw_file() -> None:
    expected = {path.name.removesuffix(".expected.json") for path in GOLDEN.glob("*.expected.json")}
    assert expected == {file.path for file in FILES}


def read(tmp_path: Path, name: str, content: bytes, **settings: Any) -> list[dict[str, Any]]:
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    (file,) = raw.scan(tmp_path, ())
    names = intake.field_names(settings.pop("fields", {}))
    return list(intake.read(file, names, settings.pop("max_file", 1 << 30), settings.pop("max_record", 1 << 24)))


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
def test_a_name_that_is_no_tag_is_not_taken_for_one(tmp_path: Path, path: str) -> None:
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


def test_a_file_that_unpacks_to_more_than_the_limit_is_refused(tmp_path: Path) -> None:
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
        "import re, sys; from pathlib import Path; from builder import intake, raw\n"
        "(file,) = raw.scan(Path(sys.argv[1]), ())\n"
        "count = sum(1 for row in intake.read(file, intake.field_names({}), 1 << 40, 1 << 24))\n"
        "print(count, re.search(r'VmHWM:\\s+(\\d+)', Path('/proc/self/status').read_text())[1])"
    )
    said = subprocess.run([sys.executable, "-c", code, str(path.parent)], check=True, capture_output=True, text=True)
    count, kilobytes = map(int, said.stdout.split())
    assert count == 40_000
    assert kilobytes < 200_000


def test_dates_are_read_or_not_known() -> None:
    notes: list[str] = []
    assert str(intake.read_date("2024-06-19T10:00:00+02:00", notes)) == "2024-06-19 08:00:00+00:00"
    assert str(intake.read_date(1718755200000, notes)) == "2024-06-19 00:00:00+00:00"
    assert notes == []
    assert str(intake.read_date(20240619, notes)) == "2024-06-19 00:00:00+00:00"
    assert str(intake.read_date("20240619123456", notes)) == "2024-06-19 12:34:56+00:00"
    assert str(intake.read_date("1718755200.5", notes)) == "2024-06-19 00:00:00.500000+00:00"
    assert notes == []
    odd = ("19 juin 2024", "06/07/2024", True, "yesterday", 12, float("nan"), [2024], 2024061912, "202406191200", 1e300)
    for value in odd:
        assert intake.read_date(value, notes) is None
    assert len(notes) == len(odd)


def test_what_is_left_out_is_noted_and_what_is_needed_is_a_fault(tmp_path: Path) -> None:
    lines = [
        {"tag": "fr-01", "text": "Texte.", "source": {"name": "BBC"}, "author": ["A", None]},
        {"lang": "fr", "id": 2.0, "text": ["Un.", None, "Deux."]},
        {"lang": "fr", "id": None, "text": "Texte."},
        {"tag": {"a": 1}, "text": "Texte."},
    ]
    rows = read(tmp_path, "a.jsonl", "\n".join(map(json.dumps, lines)).encode())
    assert (rows[0]["source"], rows[0]["author"], rows[0]["reason"]) == (None, "A", None)
    assert rows[0]["notes"] == "source is a dict and was left out"
    assert (rows[1]["tag"], rows[1]["text"]) == ("fr-2", "Un.\n\nDeux.")
    assert [row["reason"] for row in rows[2:]] == ["no_tag", "field"]


def test_not_a_number_is_no_id(tmp_path: Path) -> None:
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
    from builder.loaders import delimited
    from builder.loaders.found import Source

    stream = io.BytesIO("tag,text\nfr-01,été\n".encode())
    (found,) = delimited.read(Source(stream, ".csv", 1000, frozenset()))
    assert found.fields == {"tag": "fr-01", "text": "été"}
    assert not stream.closed
