"""The command line: one verb a command; exit 0, 1 for an error of ours in one line, 2 for usage, 130 for Ctrl-C."""

from builder import interrupt  # before all others, so that Ctrl-C amid their imports is a line too

# isort: split
import dataclasses
import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import click

from builder import __version__
from builder.engine import ENGINES
from builder.errors import BuilderError


def _fail(message: str) -> int:
    print(message, file=sys.stderr)
    return 1


def _plain_errors(command: Callable[..., None]) -> Callable[..., None]:
    @wraps(command)
    def run(**options: Any) -> None:
        try:
            command(**options)
        except BuilderError as error:
            name = type(error).__name__
            raise SystemExit(_fail("\n".join(f"{name}: {line}" for line in str(error).splitlines()))) from None
        except KeyboardInterrupt:
            interrupt.end()

    return run


_CONFIG = click.option("--config", metavar="FILE", help="Settings (default: builder.toml, if it is there).")
_OUT = click.option("--out", metavar="FOLDER|URL", help="Where datasets are written (default: data/processed).")
_NAME = click.option("--name", help="The dataset's name (default: news).")


def _places(command: Callable[..., None]) -> Callable[..., None]:
    return _NAME(_OUT(_CONFIG(command)))


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="builder")
def main() -> None:
    """Turn tagged news files in many languages into a verified, deduplicated, versioned dataset."""


@main.command(epilog="Example: builder build --raw data/raw --name news")
@click.option("--raw", metavar="FOLDER", help="Where the raw files are (default: data/raw).")
@_places
@click.option("--version", metavar="X.Y.Z", help="The release's version (default: what the changes call for).")
@click.option("--threads", type=click.IntRange(min=1), help="How many threads to use (default: all cores).")
@click.option(
    "--engine", type=click.Choice(ENGINES), default="native", help="Here, or on Ray: at RAY_ADDRESS, else local."
)
@click.option("--dry-run", is_flag=True, help="Say what a build would do, and write no release.")
@click.option("--strict", is_flag=True, help="Exit with 1 if anything was quarantined.")
@click.option("--json", "json_", is_flag=True, help="Print the result as JSON.")
@_plain_errors
def build(
    raw: str | None,
    name: str | None,
    out: str | None,
    config: str | None,
    version: str | None,
    threads: int | None,
    engine: str,
    dry_run: bool,
    strict: bool,
    json_: bool,
) -> None:
    """Build a release from raw files, unless nothing has changed."""
    from builder import pipeline, report
    from builder.config import load

    settings = load(config, raw=raw, name=name, out=out)
    log = report.Log(quiet=json_)
    outcome = pipeline.build(settings, log, version=version, threads=threads, dry_run=dry_run, run_on=engine)
    if json_:
        print(report.as_json(report.outcome_json(outcome)))
    elif outcome.changed:
        for line in (*report.quarantine(outcome), *(f"warning: {warning}" for warning in outcome.warnings)):
            log.line(line)
        print(report.table(outcome))
    if strict and outcome.counts.get("quarantined"):
        raise SystemExit(_fail(f"strict: {outcome.counts['quarantined']} records were quarantined"))


@main.command(epilog="Example: builder explain fr-02")
@click.argument("record")
@_places
@click.option("--release", metavar="X.Y.Z", default="latest", help="Which release (default: latest).")
@click.option("--json", "json_", is_flag=True, help="Print the record's decisions as JSON.")
@_plain_errors
def explain(record: str, name: str | None, out: str | None, config: str | None, release: str, json_: bool) -> None:
    """Tell what became of a record, by its id, its tag, its file or `FILE:LINE`."""
    from builder import explain as explaining
    from builder import report, workshop
    from builder.config import load

    settings = load(config, name=name, out=out)
    folder = workshop.folder_of(settings, release)
    rows = explaining.find(folder, record, settings.raw)
    if json_:
        print(report.as_json(rows))
    else:
        print("\n\n".join(explaining.stories(folder, rows, settings.raw, report.width(), report.has_colours())))


@main.command(epilog="Example: builder copies fr-02")
@click.argument("record")
@_places
@click.option("--release", metavar="X.Y.Z", default="latest", help="Which release (default: latest).")
@click.option("--all", "all_", is_flag=True, help="Show the texts of all copies, not of the first three only.")
@click.option("--json", "json_", is_flag=True, help="Print the copies and the differences as JSON.")
@_plain_errors
def copies(
    record: str, name: str | None, out: str | None, config: str | None, release: str, all_: bool, json_: bool
) -> None:
    """Show what is like an article, its copies and those of its template, side by side with the one that is kept."""
    from builder import explain as explaining
    from builder import members, report, workshop
    from builder.config import load

    settings = load(config, name=name, out=out)
    folder = workshop.folder_of(settings, release)
    rows = explaining.find(folder, record, settings.raw)
    pairs = members.like(folder, {row["id"] for row in rows if row["id"]})
    shown = pairs if all_ else pairs[: members.SHOWN]
    texts = members.texts(folder, settings.raw, shown)
    if json_:
        print(report.as_json(members.as_json(pairs, texts)))
    elif pairs:
        print("\n".join(members.tell_all(pairs, texts, report.width(), report.has_colours())))
    else:
        print(f"{record}: nothing is like it. What became of it: builder explain {record}")


@main.command(epilog="Example: builder publish news org/news --private")
@click.argument("name")
@click.argument("repository", metavar="ORG/NAME")
@click.option("--private", is_flag=True, help="For the members of ORG alone.")
@click.option("--gated", is_flag=True, help="People must agree to share their address with you first.")
@click.option("--release", metavar="X.Y.Z", default="latest", help="Which release (default: latest).")
@click.option("--yes", is_flag=True, help="Do not ask before something becomes public.")
@_CONFIG
@_OUT
@click.option("--json", "json_", is_flag=True, help="Print the result as JSON.")
@_plain_errors
def publish(
    name: str,
    repository: str,
    private: bool,
    gated: bool,
    release: str,
    yes: bool,
    config: str | None,
    out: str | None,
    json_: bool,
) -> None:
    """Publish a release on the hub, as one commit with a tag, and load it back from there."""
    from builder import hub, report, workshop
    from builder.config import load

    settings = load(config, name=name, out=out)
    log = report.Log(quiet=json_)

    def confirm(question: str) -> bool:
        return yes or (sys.stdin.isatty() and click.confirm(question, err=True))

    place = workshop.folder_of(settings, release)
    done = hub.publish(place, repository, private, gated, confirm, log.line)
    if json_:
        print(report.as_json(dataclasses.asdict(done)))
    else:
        print(f"{done.repo} {done.tag}: {'published' if done.changed else 'there already'}, {done.url}")


@main.command(epilog="Example: builder verify data/processed/news/latest")
@click.argument("release")
@click.option("--json", "json_", is_flag=True, help="Print the result as JSON.")
@_plain_errors
def verify(release: str, json_: bool) -> None:
    """Check every byte, row and figure of a release: here, by URL, or hub:org/name@v1.0.0; 1 if one is wrong."""
    from builder import references, report
    from builder import verify as verifying

    with references.opened(release) as folder:
        found = verifying.verify(folder)
    print(references.named(report.as_json(found.as_json()) if json_ else found.told(), release, folder))
    if not found.right:
        raise SystemExit(1)


@main.command(epilog="Example: builder rehydrate hub:org/news@v1.0.0 --raw my/articles --to data/news")
@click.argument("release")
@click.option("--raw", metavar="FOLDER", required=True, help="The files that you hold.")
@click.option("--to", metavar="FOLDER", required=True, help="Where the release with its texts is written.")
@click.option("--config", metavar="FILE", help="Settings whose [read] and [fields] are of your files.")
@click.option("--json", "json_", is_flag=True, help="Print what became of every article as JSON.")
@_plain_errors
def rehydrate(release: str, raw: str, to: str, config: str | None, json_: bool) -> None:
    """Put texts that you hold into a release of ids, here or on a hub; 1 if one is missing or changed."""
    from builder import references, report
    from builder import rehydrate as rehydrating
    from builder.config import load

    own = load(config) if config else None
    with references.opened(release) as folder:
        done = rehydrating.rehydrate(folder, Path(raw), Path(to), own)
    print(references.named(report.as_json(done.as_json()) if json_ else done.told(), release, folder))
    if not done.whole:
        raise SystemExit(_fail(done.problem()))


@main.command(epilog='Example: builder forget fr-02 --reason "court order 12"')
@click.argument("articles", nargs=-1, metavar="ID|URL…")
@click.option("--from", "source", metavar="FILE", help="A file of ids or URLs, one a line.")
@click.option("--reason", required=True, help="Why; it stays in the list and in the decisions.")
@click.option("--alone", is_flag=True, help="Without the copies that the newest release knows.")
@_places
@click.option("--json", "json_", is_flag=True, help="Print what was listed as JSON.")
@_plain_errors
def forget(
    articles: tuple[str, ...],
    source: str | None,
    reason: str,
    alone: bool,
    name: str | None,
    out: str | None,
    config: str | None,
    json_: bool,
) -> None:
    """List articles, and their copies, that the next build must leave out and remove from all that it wrote."""
    from builder import forgetting, report
    from builder.config import load

    settings = load(config, name=name, out=out)
    asked = [*articles, *(forgetting.lines(Path(source)) if source else [])]
    said = forgetting.forget(settings, asked, reason, alone)
    print(report.as_json(said.as_json()) if json_ else said.told())


@main.command(epilog="Example: builder diff data/processed/news/1.0.0 hub:org/news@v1.1.0")
@click.argument("old")
@click.argument("new")
@click.option("--id-column", metavar="NAME", help="The column of the ids (default: id, tag, …).")
@click.option("--json", "json_", is_flag=True, help="Print all changes as JSON.")
@_plain_errors
def diff(old: str, new: str, id_column: str | None, json_: bool) -> None:
    """Tell what differs between two releases, or any two datasets of Parquet files with ids: here, by URL, on a hub."""
    from builder import changelog, changes, references, report

    with references.opened(old) as before, references.opened(new) as after:
        found = changes.find(*(changes.read(folder, id_column) for folder in (before, after)))
    said = changelog.summary(found)
    if json_:
        print(report.as_json({**said, "changes": [change._asdict() for change in found]}))
    else:
        print(changelog.told(said, found))


@main.group(epilog="Example: builder check language data/raw/wire.jsonl")
def check() -> None:
    """Measure a file or dataset of your own; nothing is built."""


@check.command(epilog="Example: builder check language news.jsonl.gz > docs/language.md")
@click.argument("file")
@click.option("--confusions", is_flag=True, help="Print the languages that are confused as a data file instead.")
@click.option("--json", "json_", is_flag=True, help="Print the figures as JSON.")
@_plain_errors
def language(file: str, confusions: bool, json_: bool) -> None:
    """Tell how good the verdicts on tags are: on the file's tags, and on wrong ones given to its articles."""
    from builder import report
    from builder.checks import language as checking

    found = checking.check(file)
    if confusions:
        print(checking.toml(found, Path(file).name), end="")
    else:
        print(report.as_json(checking.summary(found)) if json_ else checking.markdown(found, Path(file).name))


@check.command(epilog="Example: builder check quality news.jsonl.gz > docs/quality.md")
@click.argument("file")
@click.option("--json", "json_", is_flag=True, help="Print the figures as JSON.")
@_plain_errors
def quality(file: str, json_: bool) -> None:
    """Tell the quality signals of a file's articles, and how many each fault rejects."""
    from builder import report
    from builder.checks import quality as checking

    found = checking.check(file)
    print(report.as_json(found) if json_ else checking.markdown(found, Path(file).name))


@check.command(epilog="Example: builder check leaks data/processed/news/latest")
@click.argument("path")
@click.option("--text-column", metavar="NAME", help="The column of the texts (default: text, content, body, …).")
@click.option("--id-column", metavar="NAME", help="The column of the ids (default: id, tag, …; else the row's number).")
@click.option("--json", "json_", is_flag=True, help="Print the figures as JSON.")
@_plain_errors
def leaks(path: str, text_column: str | None, id_column: str | None, json_: bool) -> None:
    """Look for copies and stories across the splits of any dataset; exit with 1 if there are any."""
    from builder import report
    from builder.checks import leaks as checking

    found = checking.check(path, text_column, id_column)
    said = checking.summary(found)
    print(report.as_json(said) if json_ else checking.told(said))
    if found.leaks:
        raise SystemExit(1)


@check.command(epilog="Example: builder check dedup news.jsonl.gz > docs/dedup.md")
@click.argument("file")
@_CONFIG
@click.option("--sweep", is_flag=True, help="Try sizes of n-grams, bands and thresholds instead.")
@click.option("--json", "json_", is_flag=True, help="Print the figures as JSON.")
@_plain_errors
def dedup(file: str, config: str | None, sweep: bool, json_: bool) -> None:
    """Plant copies and templates in a file's articles, and tell how many are found, beside other tools."""
    from builder import report
    from builder.checks import dedup as checking
    from builder.checks import dedup_pages as pages
    from builder.config import load

    settings = load(config).dedup
    if sweep:
        print(pages.swept(checking.sweep(file, settings), Path(file).name), end="")
        return
    found = checking.check(file, settings)
    print(report.as_json(pages.summary(found)) if json_ else pages.markdown(found, settings, Path(file).name), end="")
