"""Settings: with none the defaults work; what is unknown or wrong is refused with its path and a suggestion."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from builder.config.load import load
from builder.config.sections import Config
from builder.core.errors import ConfigError

REFUSED = [
    ("[dedup]\nband = 3", "unknown key `dedup.band`; did you mean `dedup.bands`?"),
    ("[dedupe]\nbands = 3", "unknown key `dedupe`; did you mean `dedup`?"),
    ("threshold = 0.5", "unknown key `threshold`; did you mean `dedup.threshold`?"),
    ("[split]\nxyz = 1", "unknown key `split.xyz`; expected one of train, validation, test, by, languages"),
    ("[fields]\ntitel = 'kop'", "unknown key `fields.titel`; did you mean `fields.title`?"),
    ("[dedup]\nbands = '25'", "`dedup.bands` is '25': input should be a valid integer"),
    ("[dedup]\nthreshold = 1.5", "`dedup.threshold` is 1.5: input should be less than or equal to 1"),
    ("[split]\ntrain = 0.5", "`split` is {'train': 0.5}: train, validation and test sum to 0.6, expected 1"),
    ("[split]\nstory_from = 'guess'", "`split.story_from` is 'guess': input should be 'tag-id', 'field' or 'none'"),
    ("[language]\nreject = ['wrong']", "is 'wrong': input should be 'agree', 'disagree', 'uncertain' or 'unsupported'"),
    ("name = 'a/b'", "`name` is 'a/b'"),
    ("[dedup\nbands = 3", "Expected TOML"),
    ("raw = ''", "`raw` is '': expected a folder"),
    ("out = ''", "`out` is '': expected a folder"),
    ("[fields]\ntext = []", "`fields.text` is []: expected a name or a list of names, for example"),
    ("[fields]\ntext = ['a', '']", "`fields.text` is ['a', '']: expected a name or a list of names"),
    ("[fields]\ntext = 5", "`fields.text` is 5: expected a name or a list of names"),
    ("[read]\nignore = '.*'", "`read.ignore` is '.*': input should be a list"),
    ("[dedup]\nbands = [1, 2]", "`dedup.bands` is [1, 2]: input should be a valid integer"),
    ("read = 5", "`read` is 5: input should be a table"),
]


@pytest.mark.parametrize(("toml", "says"), REFUSED)
def test_a_wrong_setting_is_refused_with_its_path(tmp_path: Path, toml: str, says: str) -> None:
    path = tmp_path / "builder.toml"
    path.write_text(toml)
    with pytest.raises(ConfigError) as caught:
        load(str(path))
    assert str(caught.value).startswith(f"{path}: ")
    assert says in str(caught.value)


def test_the_defaults_are_those_of_the_documentation() -> None:
    config = Config()
    dedup = config.dedup
    assert (dedup.ngram, dedup.bands, dedup.rows, dedup.threshold, dedup.min_words) == (3, 25, 5, 0.6, 5)
    assert (config.split.train, config.split.validation, config.split.test) == (0.9, 0.05, 0.05)
    assert config.language.reject == ("disagree",)


def test_the_file_is_optional_and_options_go_before_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert load() == Config()
    (tmp_path / "builder.toml").write_text("name = 'paper'\nraw = 'in'\n[language]\nreject = []\n")
    assert (load().name, load().raw, load().language.reject) == ("paper", "in", ())
    assert load(name="other", raw=None).name == "other"
    with pytest.raises(ConfigError, match=r"nowhere\.toml: cannot be read"):
        load("nowhere.toml")


def test_a_byte_order_mark_is_no_part_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "builder.toml"
    path.write_text("name = 'paper'", encoding="utf-8-sig")
    assert load(str(path)).name == "paper"


def test_an_option_that_is_wrong_is_not_put_on_the_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"^the command line: `raw` is '': expected a folder"):
        load(raw="")


def test_settings_are_frozen() -> None:
    with pytest.raises(ValidationError):
        Config().name = "other"


def test_what_a_release_says_of_its_settings_names_no_place() -> None:
    assert not {"raw", "out"} & set(Config(raw="/secret", out="/place").says())
