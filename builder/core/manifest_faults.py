"""Explain in a line the fault of a manifest, or of a part of one."""

from typing import Any

import orjson
from pydantic import ValidationError

# Every reader relies on these; those that older versions did not write may be absent.
_ALWAYS = {"inputs": str, "content": str, "counts": dict, "languages": dict, "files": dict}
_TYPES = {**_ALWAYS, "version": str, "seal": str, "splits": dict, "versions": dict, "config": dict}
_KINDS = {dict: "an object", str: "text"}


def fault_of(manifest: Any) -> str | None:
    """Name the first value of a manifest that is missing or has the wrong type; null if every reader can use it."""
    if not isinstance(manifest, dict):
        return f"it is {_shown(manifest)}, expected an object"
    for name, kind in _TYPES.items():
        if name in manifest and not isinstance(manifest[name], kind):
            return f"{name} is {_shown(manifest[name])}, expected {_KINDS[kind]}"
        if name in _ALWAYS and name not in manifest:
            return f"{name} is missing"
    for name, entry in manifest["files"].items():
        whole = isinstance(entry, dict) and isinstance(entry.get("bytes"), int) and isinstance(entry.get("sha256"), str)
        if not whole:
            return f"the entry of the file {name} is {_shown(entry)}, expected bytes and sha256"
    return None


_EXPECTED = {
    "int_type": "a whole number",
    "string_type": "text",
    "model_type": "an object",
    "mapping_type": "an object",
    "dict_type": "an object",
    "is_instance_of": "a list",
    "sequence_str": "a list",
}


def explain(key: str, error: ValidationError) -> str:
    """Explain in a line the fault in the value of a key."""
    first = error.errors(include_url=False)[0]
    path = ".".join(map(str, (key, *first["loc"])))
    if first["type"] == "missing":
        return f"{path} is missing"
    expected = _EXPECTED.get(first["type"])
    return f"{path} is {_shown(first['input'])}" + (f", expected {expected}" if expected else f" ({first['msg']})")


def _shown(value: Any) -> str:
    shown = orjson.dumps(value).decode()
    return shown if len(shown) <= 60 else f"{shown[:59]}…"
