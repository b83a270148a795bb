"""What the tests of releases of ids share: articles in all formats, and what is asked of a release of them."""

import gzip
import io
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from tests.conftest import Files, digest
from tests.prepare.test_boilerplate import articles as with_furniture
from tests.prepare.test_boilerplate import own

IDS = {"publish": "ids"}


def data(folder: Path) -> dict[str, str]:
    """Give the digests of a release's articles."""
    return digest(folder / "data")


def varied() -> Files:
    """Give articles in all formats, with furniture, personal data, and what is repaired."""
    table = pa.table({"tag": ["fr-60", "fr-61"], "text": [own(60), own(61)], "title": [None, "Deux"]})
    parquet = io.BytesIO()
    pq.write_table(table, parquet)
    broken = f"Le café est fermé, écrivez à jo@example.org.\n\n{own(50)}".encode().decode("latin-1")
    letters = [{"tag": "fr-50", "title": "Café &amp; thé jo@example.org", "text": broken, "author": " Jo  Petit "}]
    letters += [{"tag": "fr-51", "text": own(51), "url": "https://example.org/news/51?utm_source=x", "title": "Un"}]
    return {
        "press/furniture.jsonl": with_furniture(8),
        "letters.jsonl.gz": gzip.compress(b"\n".join(map(orjson.dumps, letters))),
        "table.parquet": parquet.getvalue(),
        "rows.csv": f'tag,title,text\nfr-70,Titre,"{own(70)}"\nfr-71,,"{own(71)}"\n',
        "fr-80.txt": f"Les élèves ont gagné\n\nLes eleves ont gagne\n\n{own(80)}\n\nfr-80\n",
    }


SETTINGS: dict[str, Any] = {"privacy": {"mask": ("email",)}, "quality": {"reject": ()}, "language": {"reject": ()}}


def states(done: Any) -> dict[str, str]:
    return {row["id"]: row["state"] for row in done.table.to_pylist()}


def lines(texts: dict[str, str], title: str = "Un titre") -> Files:
    said = [{"tag": tag, "text": text, "title": title} for tag, text in texts.items()]
    return {"all.jsonl": b"\n".join(map(orjson.dumps, said))}
