"""Define the group of commands, the options that several share, and errors in one line."""

import sys
from collections.abc import Callable
from functools import wraps
from typing import Any

import click

from builder import __version__
from builder.cli import interrupt
from builder.core.errors import BuilderError


def fail(message: str) -> int:
    """Print a message to standard error, and return the exit status 1."""
    print(message, file=sys.stderr)
    return 1


def plain_errors(command: Callable[..., None]) -> Callable[..., None]:
    """Make a command print each BuilderError in one line and exit with 1."""

    @wraps(command)
    def run(**options: Any) -> None:
        try:
            command(**options)
        except BuilderError as error:
            name = type(error).__name__
            raise SystemExit(fail("\n".join(f"{name}: {line}" for line in str(error).splitlines()))) from None
        except KeyboardInterrupt:
            interrupt.end()

    return run


config_option = click.option("--config", metavar="FILE", help="The settings (default: builder.toml, if it exists).")
out_option = click.option("--out", metavar="FOLDER|URL", help="The folder of all datasets (default: data/processed).")
name_option = click.option("--name", help="The dataset's name (default: news).")


def place_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options that locate the dataset to a command."""
    return name_option(out_option(config_option(command)))


@click.group(
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    epilog="Example: builder build --raw data/raw --name news",
)
@click.version_option(__version__, prog_name="builder")
def main() -> None:
    """Turn tagged news files in many languages into a verified, deduplicated, versioned dataset."""
