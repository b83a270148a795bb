"""Plan a build: which version it makes, and whether anything is new."""

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

    version: str  # asked for, or the least that new articles call for; corrections and removals alone make it less
    inputs: str
    last: Release | None
    same: bool  # the inputs are known to say what the newest release says
    asked: bool  # the version was asked for, so the release is made even if it says nothing new
    redefined: bool  # the schema, or the way the splits are cut, is not that of the newest release
    listed: forgotten.List  # the articles to forget


def make_plan(run: Run, found: list[RawFile]) -> Plan:
    """Plan the release; raise ReleaseError where the version asked for cannot be made."""
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
            f"version {version} is before {last and last.version}, the newest. Choose a higher --version"
        )
    same = last is not None and inputs in (last.manifest.inputs, same_inputs(last, run.work))
    if last and last.version == version and not same:
        raise ReleaseError(f"{last.folder}: this release exists, of other input or settings. Choose another --version")
    return Plan(version, inputs, last, same, asked is not None, redefined, listed)


def check_forgotten_list(run: Run, plan: Plan) -> None:
    """Refuse to go on without the list of what is forgotten, which a build elsewhere, or from a copy, may not see."""
    before = plan.last.manifest.forgotten if plan.last else ()
    gone = [one.id for one in before if one.id not in plan.listed]
    if gone and plan.last and not Path(run.config.forgotten).exists():
        raise ConfigError(
            f"{run.config.forgotten}: this list is missing, though {plan.last.folder} forgets {len(before)} articles "
            f"('{gone[0]}' …). Put the list back, or name the settings that stand beside it; a list with nothing but "
            "its head line lets the articles back in"
        )
    if gone:
        run.show.line(f"forget: no longer in the list, so published again if they are fit: {', '.join(sorted(gone))}")


def _redefined(config: Config, last: Release) -> bool:
    """Tell whether the rows of a release have other columns, or its splits were cut in another way."""
    try:
        cut = Recorded(last.manifest).split
    except ReleaseError:
        return True
    return cut != config.split or not catalog.has_schema(last, schema.schema_of(config.publish))


def _inputs(config: Config, found: list[RawFile], listed: forgotten.List) -> str:
    """Give a digest of all that a release follows from: files, settings, code and versions."""
    said: list[Any] = [[file.digest for file in found], config.says(), code_digest()]
    if listed:
        said.append([list(listed[id]) for id in sorted(listed)])
    if config.decontaminate.sets:
        from builder.decide import decontaminate

        said.append(decontaminate.digests(config.decontaminate.sets))
    return hashlib.sha256(orjson.dumps(said, option=orjson.OPT_SORT_KEYS)).hexdigest()


def check_folders(raw_root: Path, home: Path) -> None:
    """Refuse to read what is written, or to write among what is read."""
    if home.is_relative_to(raw_root) or raw_root.is_relative_to(home):
        raise ConfigError(f"raw is {raw_root} and out {home}, one within the other. Choose places apart")
