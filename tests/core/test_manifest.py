"""The manifest: written as it was read, tolerant of other versions, and clear about damage."""

from typing import Any

import orjson
import pytest
from pydantic import ValidationError

from builder.config.recorded import Recorded
from builder.config.sections import Dedup
from builder.core.errors import ReleaseError
from builder.core.manifest import Manifest
from builder.core.manifest_parts import (
    Changes,
    Copies,
    Figures,
    FileEntry,
    KindCounts,
    LanguageChanges,
    LanguageFigures,
    SourceFigures,
    SplitEntry,
    plain,
)
from builder.pipeline.outcome import Outcome
from builder.release import catalog

LEAST = {"inputs": "00", "content": "00", "counts": {}, "languages": {}, "files": {}}
CHANGES = Changes(
    since="1.0.0",
    level="minor",
    all=KindCounts(added=2),
    removed={},
    table=[LanguageChanges(language="fr", added=2)],
)


def read(**said: Any) -> Manifest:
    return Manifest.read(orjson.dumps({**LEAST, **said}))


def test_what_is_read_is_written_again_byte_for_byte(sample: Outcome) -> None:
    assert sample.path is not None
    said = (sample.path / "manifest.json").read_bytes()
    manifest = Manifest.read(said)
    assert manifest.as_bytes() == said
    assert manifest.seal == manifest.seal_digest()
    assert manifest.content == manifest.content_digest()


def test_every_part_of_the_sample_is_written_as_it_was_read(sample: Outcome) -> None:
    """Read each part into its type and write it back: nothing is lost, added or moved."""
    assert sample.path is not None
    manifest = catalog.read(sample.path).manifest
    parts = {key: plain(getattr(manifest, key)) for key in manifest.document}
    assert orjson.dumps(parts) == orjson.dumps(manifest.document)


def test_unknown_keys_survive_wherever_they_stand() -> None:
    manifest = read(
        later={"a": [1, None]},
        splits={"fr": {"train": {"rows": 3, "bytes": 9, "content_sha256": "0f", "shuffled": True}}},
        figures={"undated": 1, "authors": 7},
    )
    changed = manifest.with_values(splits=manifest.splits, figures=manifest.figures, copies=Copies())
    assert changed.document == {**manifest.document, "copies": {}}
    assert list(changed.document)[-1] == "copies"


def test_a_version_comes_first_and_changes_and_seal_come_last() -> None:
    manifest = read().released("1.1.0", CHANGES).sealed({"data/a": FileEntry(bytes=1, sha256="0f", rows=1)})
    assert list(manifest.document) == ["version", *LEAST, "changes", "seal"]
    assert manifest.version == "1.1.0"
    assert manifest.changes == CHANGES
    assert manifest.seal == manifest.seal_digest()
    assert list(read().released("1.0.0", None).document) == ["version", *LEAST]


def test_keys_that_were_not_given_are_not_written() -> None:
    manifest = read().with_values(
        files={"README.md": FileEntry(bytes=1, sha256="0f"), "data/a": FileEntry(bytes=2, sha256="1f", rows=0)},
        splits={"fr": {"train": SplitEntry(rows=1, bytes=2, content_sha256="0f")}},
        figures=Figures(sources=[SourceFigures(source=None, articles=2)]),
    )
    assert manifest.document["files"] == {
        "README.md": {"bytes": 1, "sha256": "0f"},
        "data/a": {"bytes": 2, "sha256": "1f", "rows": 0},
    }
    assert manifest.document["splits"] == {"fr": {"train": {"rows": 1, "bytes": 2, "content_sha256": "0f"}}}
    assert manifest.document["figures"] == {"sources": [{"source": None, "articles": 2}]}, "unknown is null, not absent"


def test_nothing_of_it_can_be_changed() -> None:
    manifest = read(files={"a": {"bytes": 1, "sha256": "0f"}})
    with pytest.raises(AttributeError):
        manifest.document = {}  # type: ignore[misc]
    with pytest.raises(ValidationError, match="frozen"):
        manifest.files["a"].bytes = 2


def test_parts_that_older_versions_did_not_write_may_be_absent() -> None:
    manifest = read()
    assert (manifest.seal, manifest.changes, manifest.rehydrated) == (None, None, None)
    assert (manifest.has_version, manifest.has_figures) == (False, False)
    assert (manifest.forgotten, manifest.config) == ((), {})
    assert (manifest.publish, manifest.of_ids) == ("text", False)
    assert (manifest.count("kept"), manifest.kept) == (0, 0)
    assert read(config={"publish": "ids"}).of_ids
    for absent in ("name", "version", "splits", "copies", "lacking", "conflicts", "leaks", "figures", "versions"):
        with pytest.raises(ReleaseError, match=f"^manifest.json: damaged: {absent} is missing$"):
            getattr(manifest, absent)


@pytest.mark.parametrize("absent", list(LEAST))
def test_what_every_reader_needs_must_be_there(absent: str) -> None:
    with pytest.raises(ReleaseError, match=f"^{absent} is missing$"):
        Manifest.read(orjson.dumps({key: value for key, value in LEAST.items() if key != absent}))


@pytest.mark.parametrize(
    ("said", "message"),
    [
        (b"{", r"it is not JSON \(.*\)"),
        (b"[1]", r"it is \[1\], expected an object"),
        (orjson.dumps({**LEAST, "counts": []}), r"counts is \[\], expected an object"),
        (orjson.dumps({**LEAST, "version": None}), "version is null, expected text"),
        (orjson.dumps({**LEAST, "config": "x" * 90}), r"config is \"x{58}…, expected an object"),
        (
            orjson.dumps({**LEAST, "files": {"a": {"bytes": 3}}}),
            r"the entry of the file a is \{\"bytes\":3\}, expected .*",
        ),
    ],
)
def test_a_fault_that_no_reader_can_pass_is_told_at_once(said: bytes, message: str) -> None:
    with pytest.raises(ReleaseError, match=f"^{message}$"):
        Manifest.read(said)


@pytest.mark.parametrize(
    ("part", "said", "message"),
    [
        ("splits", {"fr": 3}, "splits.fr is 3, expected an object"),
        ("splits", {"fr": {"train": {"rows": 3}}}, "splits.fr.train.bytes is missing"),
        ("figures", 3, "figures is 3, expected an object"),
        ("figures", {"undated": "1"}, 'figures.undated is "1", expected a whole number'),
        ("leaks", {}, r"leaks is {}, expected a list"),
        ("leaks", "x", 'leaks is "x", expected a list'),
        ("conflicts", [None], "conflicts.0 is null, expected an object"),
        ("copies", {"largest": [{"cluster": 1}]}, "copies.largest.0.cluster is 1, expected text"),
        ("changes", {"since": "1.0.0"}, "changes.level is missing"),
        ("versions", {"builder": 4}, "versions.builder is 4, expected text"),
    ],
)
def test_a_damaged_part_is_named_by_its_path_and_hinders_no_other(part: str, said: Any, message: str) -> None:
    manifest = read(**{"name": "news", part: said})
    assert manifest.name == "news"
    with pytest.raises(ReleaseError) as told:
        getattr(manifest, part)
    assert str(told.value) == f"manifest.json: damaged: {message}"


def test_content_and_seal_are_digests_of_what_they_say_they_are() -> None:
    one = read(name="news", files={"data/a": {"bytes": 1, "sha256": "0f"}, "README.md": {"bytes": 1, "sha256": "0f"}})
    card = one.with_values(files={**one.files, "README.md": FileEntry(bytes=2, sha256="1f")})
    article = one.with_values(files={**one.files, "data/a": FileEntry(bytes=2, sha256="1f")})
    assert card.content_digest() == one.content_digest() == one.released("1.0.0", CHANGES).content_digest()
    assert article.content_digest() != one.content_digest() != one.with_values(name="other").content_digest()
    assert len({each.seal_digest() for each in (one, card, article, one.released("1.0.0", None))}) == 4
    assert one.with_values(seal="00").seal_digest() == one.seal_digest()


def test_settings_are_read_section_by_section() -> None:
    recorded = Recorded(read(config={"dedup": Dedup(bands=20).model_dump(mode="json"), "split": {"twist": 1}}))
    assert recorded.dedup == Dedup(bands=20)
    with pytest.raises(ReleaseError, match=r"this version cannot read config\.split"):
        assert recorded.split
    with pytest.raises(ReleaseError, match=r"damaged: config\.card is missing"):
        assert recorded.card


def test_figures_of_a_language_may_lack_dates() -> None:
    said = {"languages": {"fr": {"articles": 1, "words": 2, "first": None, "last": None}}}
    assert read(figures=said).figures.languages == {"fr": LanguageFigures(articles=1, words=2, first=None, last=None)}
