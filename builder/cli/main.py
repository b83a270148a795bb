"""Define the commands.

Exit statuses: 0; 1 for a BuilderError, printed in one line, or a failed check; 2 for wrong usage; 130 for Ctrl-C.
"""

from builder.cli import interrupt  # first, so that Ctrl-C during the other imports ends in one line

# isort: split
import dataclasses
import sys
from pathlib import Path

import click

from builder.cli import check
from builder.cli.options import config_option, fail, main, out_option, place_options, plain_errors
from builder.engine.runner import ENGINES

__all__ = ["check", "interrupt", "main"]


@main.command(epilog="Example: builder build --raw data/raw --name news")
@click.option("--raw", metavar="FOLDER", help="The folder of raw files (default: data/raw).")
@place_options
@click.option("--version", metavar="X.Y.Z", help="The release's version (default: derived from the changes).")
@click.option("--threads", type=click.IntRange(min=1), help="The number of threads (default: all cores).")
@click.option(
    "--engine",
    type=click.Choice(ENGINES),
    default="native",
    help="This process, or a Ray cluster: the one at RAY_ADDRESS, else a local one.",
)
@click.option("--dry-run", is_flag=True, help="Report what a build would do, and write no release.")
@click.option("--strict", is_flag=True, help="Exit with 1 if anything was quarantined.")
@click.option("--json", "json_", is_flag=True, help="Print the result as JSON.")
@plain_errors
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
    """Build a release from raw files.

    If nothing has changed since the newest release, no release is written.
    """
    from builder.cli import terminal
    from builder.config.load import load
    from builder.pipeline.build import build as build_release
    from builder.pipeline.run import Options

    settings = load(config, raw=raw, name=name, out=out)
    log = terminal.Log(quiet=json_)
    outcome = build_release(settings, log, Options(version, threads, dry_run, engine))
    if json_:
        print(terminal.as_json(terminal.outcome_json(outcome)))
    elif outcome.changed:
        for line in (*terminal.quarantine(outcome), *(f"warning: {warning}" for warning in outcome.warnings)):
            log.line(line)
        print(terminal.table(outcome))
    if strict and outcome.counts.get("quarantined"):
        raise SystemExit(fail(f"strict: {outcome.counts['quarantined']} records were quarantined"))


@main.command(epilog="Example: builder explain fr-02")
@click.argument("record")
@place_options
@click.option("--release", metavar="X.Y.Z", default="latest", help="The release's version (default: latest).")
@click.option("--json", "json_", is_flag=True, help="Print the record's decisions as JSON.")
@plain_errors
def explain(record: str, name: str | None, out: str | None, config: str | None, release: str, json_: bool) -> None:
    """Explain what happened to a record.

    RECORD is its id, its tag, its file, or FILE:LINE.
    """
    from builder.cli import terminal
    from builder.cli.explain import stories
    from builder.config.load import load
    from builder.query.find import find
    from builder.remote import local_copy

    settings = load(config, name=name, out=out)
    folder = local_copy.folder_of(settings, release)
    rows = find(folder, record, settings.raw)
    if json_:
        print(terminal.as_json(rows))
    else:
        print("\n\n".join(stories(folder, rows, settings.raw, terminal.width(), terminal.has_colours())))


@main.command(epilog="Example: builder copies fr-02")
@click.argument("record")
@place_options
@click.option("--release", metavar="X.Y.Z", default="latest", help="The release's version (default: latest).")
@click.option("--all", "all_", is_flag=True, help="Show the texts of all copies, not only of the first three.")
@click.option("--json", "json_", is_flag=True, help="Print the copies and the differences as JSON.")
@plain_errors
def copies(
    record: str, name: str | None, out: str | None, config: str | None, release: str, all_: bool, json_: bool
) -> None:
    """Show the copies of an article side by side.

    Also shows the articles of the same template. Each stands beside the article that was kept.
    """
    from builder.cli import terminal
    from builder.cli.copies import SHOWN, as_json, render_all
    from builder.config.load import load
    from builder.query import clusters
    from builder.query.find import find
    from builder.remote import local_copy

    settings = load(config, name=name, out=out)
    folder = local_copy.folder_of(settings, release)
    rows = find(folder, record, settings.raw)
    pairs = clusters.copies_of(folder, {row["id"] for row in rows if row["id"]})
    shown = pairs if all_ else pairs[:SHOWN]
    texts = clusters.texts(folder, settings.raw, shown)
    if json_:
        print(terminal.as_json(as_json(pairs, texts)))
    elif pairs:
        print("\n".join(render_all(pairs, texts, terminal.width(), terminal.has_colours())))
    else:
        print(f"{record}: no copies found. To see what happened to it, run builder explain {record}")


@main.command(epilog="Example: builder publish news org/news --private")
@click.argument("name")
@click.argument("repository", metavar="ORG/NAME")
@click.option("--private", is_flag=True, help="Show the dataset only to members of ORG.")
@click.option("--gated", is_flag=True, help="Ask people to share their contact details before they download.")
@click.option("--release", metavar="X.Y.Z", default="latest", help="The release's version (default: latest).")
@click.option("--yes", is_flag=True, help="Do not ask before a dataset becomes public.")
@config_option
@out_option
@click.option("--json", "json_", is_flag=True, help="Print the result as JSON.")
@plain_errors
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
    """Publish a release on the Hugging Face Hub.

    The release becomes one commit with a tag. It is loaded back from the hub to check it.
    """
    from builder.cli import terminal
    from builder.config.load import load
    from builder.remote import local_copy
    from builder.remote import publish as remote_publish

    settings = load(config, name=name, out=out)
    log = terminal.Log(quiet=json_)

    def confirm(question: str) -> bool:
        return yes or (sys.stdin.isatty() and click.confirm(question, err=True))

    folder = local_copy.folder_of(settings, release)
    done = remote_publish.publish(folder, repository, private, gated, confirm, log.line)
    if json_:
        print(terminal.as_json(dataclasses.asdict(done)))
    else:
        print(f"{done.repo} {done.tag}: {'published' if done.changed else 'already published'}, {done.url}")


@main.command(epilog="Example: builder verify data/processed/news/latest")
@click.argument("release")
@click.option("--json", "json_", is_flag=True, help="Print the result as JSON.")
@plain_errors
def verify(release: str, json_: bool) -> None:
    """Verify every byte and figure of a release.

    RELEASE is a folder, a URL, or hub:org/name@v1.0.0. The exit status is 1 if a check fails.
    """
    from builder.cli import terminal
    from builder.remote import locate
    from builder.verify import verify as verify_verify

    with locate.open_release(release) as folder:
        found = verify_verify.verify(folder)
    print(locate.named(terminal.as_json(found.as_json()) if json_ else found.render(), release, folder))
    if not found.right:
        raise SystemExit(1)


@main.command(epilog="Example: builder rehydrate hub:org/news@v1.0.0 --raw my/articles --to data/news")
@click.argument("release")
@click.option("--raw", metavar="FOLDER", required=True, help="Your files with the texts.")
@click.option("--to", metavar="FOLDER", required=True, help="The folder for the release with its texts.")
@click.option("--config", metavar="FILE", help="Settings with [read] and [fields] for your files.")
@click.option("--json", "json_", is_flag=True, help="Print the state of every article as JSON.")
@plain_errors
def rehydrate(release: str, raw: str, to: str, config: str | None, json_: bool) -> None:
    """Put your texts back into a release of ids.

    RELEASE is a folder, a URL, or hub:org/name@v1.0.0. The exit status is 1 if a text is missing or has changed.
    """
    from builder.cli import terminal
    from builder.config.load import load
    from builder.rehydrate import rehydrate as rehydrate_rehydrate
    from builder.remote import locate

    own = load(config) if config else None
    with locate.open_release(release) as folder:
        done = rehydrate_rehydrate.rehydrate(folder, Path(raw), Path(to), own)
    print(locate.named(terminal.as_json(done.as_json()) if json_ else done.render(), release, folder))
    if not done.whole:
        raise SystemExit(fail(done.problem()))


@main.command(epilog='Example: builder forget fr-02 --reason "court order 12"')
@click.argument("articles", nargs=-1, metavar="ID|URL…")
@click.option("--from", "source", metavar="FILE", help="A file of ids or URLs, one per line.")
@click.option("--reason", required=True, help="The reason, which the list and the decisions record.")
@click.option("--alone", is_flag=True, help="Do not list the copies that releases know of.")
@place_options
@click.option("--json", "json_", is_flag=True, help="Print the listed articles as JSON.")
@plain_errors
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
    """Mark articles and their copies for removal.

    The command adds them to a list. The next build leaves them out, and removes them from the output of earlier builds.
    """
    from builder.cli import terminal
    from builder.config.load import load
    from builder.forget import forget as forget_forget
    from builder.forget.forget import lines

    settings = load(config, name=name, out=out)
    asked = [*articles, *(lines(Path(source)) if source else [])]
    listed = forget_forget.forget(settings, asked, reason, alone)
    print(terminal.as_json(listed.as_json()) if json_ else listed.render())


@main.command(epilog="Example: builder diff data/processed/news/1.0.0 hub:org/news@v1.1.0")
@click.argument("old")
@click.argument("new")
@click.option("--id-column", metavar="NAME", help="The column of the ids (default: id, tag, …).")
@click.option("--json", "json_", is_flag=True, help="Print all changes as JSON.")
@plain_errors
def diff(old: str, new: str, id_column: str | None, json_: bool) -> None:
    """Compare two releases or datasets.

    OLD and NEW are folders, URLs, or hub:org/name@v1.0.0. Any dataset of Parquet files with ids can be compared.
    """
    from builder.cli import terminal
    from builder.core.manifest_parts import plain
    from builder.diff import changelog
    from builder.diff.compare import compare, read_side
    from builder.remote import locate

    with locate.open_release(old) as before, locate.open_release(new) as after:
        found = compare(*(read_side(folder, id_column) for folder in (before, after)))
    changes = changelog.summary(found)
    if json_:
        print(terminal.as_json({**plain(changes), "changes": [change._asdict() for change in found]}))
    else:
        print(changelog.render(changes, found))
