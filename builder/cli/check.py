"""Define the commands that measure a user's own file or dataset."""

from pathlib import Path

import click

from builder.cli.options import config_option, main, plain_errors


@main.group(epilog="Example: builder check language data/raw/wire.jsonl")
def check() -> None:
    """Measure a file or dataset of your own.

    No release is written.
    """


@check.command(epilog="Example: builder check language news.jsonl.gz > docs/language.md")
@click.argument("file")
@click.option("--confusions", is_flag=True, help="Print a data file of confused languages instead.")
@click.option("--json", "json_", is_flag=True, help="Print the figures as JSON.")
@plain_errors
def language(file: str, confusions: bool, json_: bool) -> None:
    """Measure how good the language verdicts are.

    The verdicts are measured on the file's tags, and on wrong tags that the check gives to its articles.
    """
    from builder.checks import language as checks_language
    from builder.checks.language import markdown, toml
    from builder.cli import terminal

    result = checks_language.check(file)
    if confusions:
        print(toml(result, Path(file).name), end="")
    else:
        print(terminal.as_json(checks_language.summary(result)) if json_ else markdown(result, Path(file).name))


@check.command(epilog="Example: builder check quality news.jsonl.gz > docs/quality.md")
@click.argument("file")
@click.option("--json", "json_", is_flag=True, help="Print the figures as JSON.")
@plain_errors
def quality(file: str, json_: bool) -> None:
    """Measure the quality of a file's articles.

    Prints the signals of the articles by language, and how many articles each fault rejects.
    """
    from builder.checks import quality as checks_quality
    from builder.cli import terminal

    result = checks_quality.check(file)
    print(terminal.as_json(result) if json_ else checks_quality.markdown(result, Path(file).name))


@check.command(epilog="Example: builder check leaks data/processed/news/latest --out pairs.csv")
@click.argument("path")
@click.option("--text-column", metavar="NAME", help="The column of the texts (default: text, content, body, …).")
@click.option("--id-column", metavar="NAME", help="The column of the ids (default: id, tag, …; else the row's number).")
@click.option("--out", metavar="FILE", help="Write all pairs to FILE (.parquet, .csv or .jsonl).")
@click.option("--all", "all_", is_flag=True, help="Print all pairs instead of the first ten.")
@click.option("--json", "json_", is_flag=True, help="Print the figures as JSON.")
@plain_errors
def leaks(path: str, text_column: str | None, id_column: str | None, out: str | None, all_: bool, json_: bool) -> None:
    """Find copies and stories across splits.

    PATH is any dataset: a folder or file of Parquet or JSON Lines, or one of `save_to_disk`. Exits with 1 if there are
    any.
    """
    from builder.cli import terminal
    from builder.core import table_files
    from builder.verify import leaks as verify_leaks
    from builder.verify.leaks import SHOWN, pairs, render, summary

    if out is not None:
        table_files.check_extension(out, "--out")
    found = verify_leaks.check(path, text_column, id_column)
    shown = summary(found, None if all_ else SHOWN)
    print(terminal.as_json(shown) if json_ else render(shown))
    if out is not None:
        table_files.write_table(pairs(found), out)
        terminal.Log().line(f"{out}: {len(found.leaks):,} pairs")
    if found.leaks:
        raise SystemExit(1)


@check.command(epilog="Example: builder check dedup news.jsonl.gz > docs/dedup.md")
@click.argument("file")
@config_option
@click.option("--sweep", is_flag=True, help="Compare sizes of n-grams, bands and thresholds instead.")
@click.option("--json", "json_", is_flag=True, help="Print the figures as JSON.")
@plain_errors
def dedup(file: str, config: str | None, sweep: bool, json_: bool) -> None:
    """Measure how well copies are found.

    Plants copies and templates in the file's articles, and counts how many this package and other installed tools find.
    """
    from builder.checks import dedup as checks_dedup
    from builder.checks import dedup_report
    from builder.cli import terminal
    from builder.config.load import load

    settings = load(config).dedup
    if sweep:
        print(dedup_report.swept(checks_dedup.sweep(file, settings), Path(file).name), end="")
        return
    result = checks_dedup.check(file, settings)
    print(
        terminal.as_json(dedup_report.summary(result))
        if json_
        else dedup_report.markdown(result, settings, Path(file).name),
        end="",
    )
