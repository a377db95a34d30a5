"""What every command that works on an installation shares: `--config`, and errors as sentences."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import click
from sqlalchemy.exc import SQLAlchemyError

from web.config import Config, InvalidConfig, load_config
from web.site import Site, open_site

#: Mistakes are all told, up to a length that a terminal can still show.
MOST_SHOWN = 200

config_option = click.option(
    "--config",
    "config_file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The configuration ($OFFICEDAY_CONFIG, else ./config.toml, else the defaults).",
)


def configured(config_file: Path | None) -> Config:
    """The configuration, or every mistake in it and exit 2."""
    try:
        return load_config(config_file)
    except InvalidConfig as error:
        tell(error.mistakes)
        sys.exit(2)


@contextmanager
def at_work(config_file: Path | None) -> Iterator[Site]:
    """The installation, opened, and closed at the end."""
    config = configured(config_file)
    try:
        site = open_site(config)
    except (SQLAlchemyError, OSError) as why:
        reason = getattr(why, "orig", None) or why
        raise click.ClickException(
            f"the database cannot be opened: {reason}. Try `officeday doctor`."
        ) from why
    try:
        yield site
    finally:
        site.store.close()


def tell(mistakes: Mapping[str, str]) -> None:
    """One mistake a line, on standard error."""
    for place, text in list(mistakes.items())[:MOST_SHOWN]:
        click.echo(f"{place}: {text}", err=True)
    if len(mistakes) > MOST_SHOWN:
        click.echo(f"… and {len(mistakes) - MOST_SHOWN:,} more", err=True)
