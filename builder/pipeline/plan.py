"""Plan a build: choose its version, and find out whether anything is new."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from builder.config.recorded import Recorded
from builder.config.sections import Config
from builder.core import schema, versions
from builder.core.errors import ConfigError, ReleaseError
from builder.engine.versions import code_digest
from builder.pipeline.run import Run
from builder.prepare import forgotten
from builder.read.scan import RawFile
from builder.release import catalog
from builder.release.catalog import Release
from builder.release.known import same_inputs


@dataclass(frozen=True, slots=True)
class Plan:
    """The version of a release, its inputs, and the newest release before it."""

    version: str  # the user's choice, or the least that new articles require; corrections and removals require less
    inputs: str
    last: Release | None
    same: bool  # the inputs are known to give the content of the newest release
    asked: bool  # the user chose the version, so the build makes the release even if nothing is new
    redefined: bool  # the schema or the split settings differ from those of the newest release
    listed: forgotten.List  # the articles to forget


def make_plan(run: Run, found: list[RawFile]) -> Plan:
    """Plan the release. Raises ReleaseError if the version that the user chose cannot be made."""
    config, home, asked = run.config, run.home, run.options.version
    catalog.check_latest(home)
    listed = forgotten.read(Path(config.forgotten))
    last, inputs = catalog.newest(home), _inputs(config, found, listed)
    redefined = last is not None and _redefined(config, last)
    level = "major" if redefined else "minor"
    version = asked
    if version is None:
        version = versions.bumped(last.version, level) if last else "1.0.0"
    if versions.version_key(version) < (versions.version_key(last.version) if last else (0, 0, 0)):
        raise ReleaseError(
            f"version {version} is lower than the newest, {last and last.version}. Choose a higher --version"
        )
    same = last is not None and inputs in (last.manifest.inputs, same_inputs(last, run.work))
    if last and last.version == version and not same:
        raise ReleaseError(
            f"{last.folder}: this release exists, with other input or settings. Choose another --version"
        )
    return Plan(version, inputs, last, same, asked is not None, redefined, listed)


def check_forgotten_list(run: Run, plan: Plan) -> None:
    """Refuse to build without the list of articles to forget; a build in another folder may not find it."""
    before = plan.last.manifest.forgotten if plan.last else ()
    gone = [one.id for one in before if one.id not in plan.listed]
    if gone and plan.last and not Path(run.config.forgotten).exists():
        raise ConfigError(
            f"{run.config.forgotten}: this list is missing, but {plan.last.folder} forgets {len(before)} articles "
            f"('{gone[0]}' …). Restore the list, or use the settings file beside it. To publish the articles again, "
            "write a list with only its header"
        )
    if gone:
        run.show.line(f"forget: no longer in the list, so the build may keep them again: {', '.join(sorted(gone))}")


def _redefined(config: Config, last: Release) -> bool:
    """Tell whether the rows of a release have other columns, or its splits had other settings."""
    try:
        split = Recorded(last.manifest).split
    except ReleaseError:
        return True
    return split != config.split or not catalog.has_schema(last, schema.schema_of(config.publish))


def _inputs(config: Config, found: list[RawFile], listed: forgotten.List) -> str:
    """Return a digest of everything that determines a release: files, settings, code and versions."""
    inputs: list[Any] = [[file.digest for file in found], config.says(), code_digest()]
    if listed:
        inputs.append([list(listed[id]) for id in sorted(listed)])
    if config.decontaminate.sets:
        from builder.decide import decontaminate

        inputs.append(decontaminate.digests(config.decontaminate.sets))
    return hashlib.sha256(orjson.dumps(inputs, option=orjson.OPT_SORT_KEYS)).hexdigest()


def check_folders(raw_root: Path, home: Path) -> None:
    """Raise ConfigError if the raw folder contains the output folder, or the other way round."""
    if home.is_relative_to(raw_root) or raw_root.is_relative_to(home):
        raise ConfigError(f"raw is {raw_root} and out is {home}: one contains the other. Choose separate folders")
