"""Load the settings: read builder.toml, and explain its faults."""

import difflib
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from builder.config.sections import Config
from builder.core import columns
from builder.core.errors import ConfigError


def load(path: str | None = None, **options: str | None) -> Config:
    """Read the settings from `path`; without it, from `builder.toml` if that exists, else use the defaults.

    `options` (raw, out, name) come from the command line and override the file. Raises ConfigError.
    """
    place = Path(path or "builder.toml")
    values: dict[str, Any] = {}
    if path is not None or place.exists():
        try:
            values = tomllib.loads(place.read_text(encoding="utf-8-sig"))
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"{place}: cannot be read ({error}). Expected a TOML file") from None
        except tomllib.TOMLDecodeError as error:
            raise ConfigError(f"{place}: {error}. Expected TOML, see docs/settings.md") from None
    given = {key: value for key, value in options.items() if value is not None}
    try:
        config = Config.model_validate(_tuples(values | given))
        beside = {name: str(place.parent / getattr(config, name)) for name in ("forgotten", "work")}
        return config.model_copy(update=beside)
    except ValidationError as error:
        raise ConfigError("\n".join(_explain(str(place), given, problem) for problem in error.errors())) from None


def _tuples(value: Any) -> Any:
    """Turn TOML's arrays into the tuples that frozen models keep."""
    if isinstance(value, dict):
        return {key: _tuples(inner) for key, inner in value.items()}
    return tuple(_tuples(inner) for inner in value) if isinstance(value, list) else value


def _explain(place: str, given: Mapping[str, str], problem: Any) -> str:
    path = [str(step) for step in problem["loc"]]
    if problem["type"] == "extra_forbidden" or (path[0] == "fields" and path[-1] == "[key]"):
        path = [step for step in path if step != "[key]"]
        known = _known_keys(path[:-1])
        parent = ".".join(path[:-1])
        near = difflib.get_close_matches(path[-1], known, n=1, cutoff=0.5)
        elsewhere = [key for key in _all_keys() if key.rsplit(".", 1)[-1] == path[-1]]
        if elsewhere:
            hint = f"did you mean `{elsewhere[0]}`?"
        elif near:
            hint = f"did you mean `{parent}.{near[0]}`?" if parent else f"did you mean `{near[0]}`?"
        else:
            hint = f"expected one of {', '.join(known)}"
        return f"{place}: unknown key `{'.'.join(path)}`; {hint}"
    key = ".".join(step for step in path if not step.startswith(("tuple", "str")))
    message = problem["msg"].removeprefix("Value error, ").replace("valid tuple", "list")
    message = re.sub(r"valid dictionary( or instance of \w+)?", "table", message)
    where = "the command line" if key in given else place
    return f"{where}: `{key}` is {_lists(problem['input'])!r}: {message[0].lower() + message[1:]}"


def _lists(value: Any) -> Any:
    """Turn tuples back into what TOML calls them."""
    if isinstance(value, dict):
        return {key: _lists(inner) for key, inner in value.items()}
    return [_lists(inner) for inner in value] if isinstance(value, tuple) else value


def _known_keys(path: list[str]) -> list[str]:
    if path == ["fields"]:
        return [column.field for column in columns.given()]
    model: Any = Config
    for step in path:
        model = model.model_fields[step].annotation
    return list(model.model_fields)


def _all_keys() -> list[str]:
    keys: list[str] = []
    for name, field in Config.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            keys += [f"{name}.{key}" for key in inner.model_fields]
        else:
            keys.append(name)
    return keys
