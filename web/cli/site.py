"""What every command that works on an installation shares: `--config`, and errors as sentences.

The database's libraries are loaded by the functions that need them: not every command has one.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from web.config import Config
    from web.site import Site

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
    from web.config import InvalidConfig, load_config

    try:
        return load_config(config_file)
    except InvalidConfig as error:
        tell(error.mistakes)
        sys.exit(2)


def refuse_wrong_secrets(config_file: Path | None) -> None:
    """Exit 2 where a calendar system's secret cannot be used: nothing would be read, and nobody would see."""
    from web.config import InvalidConfig, check_secret_files

    try:
        check_secret_files(configured(config_file))
    except InvalidConfig as error:
        tell(error.mistakes)
        sys.exit(2)


@contextmanager
def at_work(config_file: Path | None) -> Iterator[Site]:
    """The installation, opened, and closed at the end."""
    from sqlalchemy.exc import SQLAlchemyError

    from connectors.sealed import WrongKey
    from web.config import InvalidConfig
    from web.site import open_site

    config = configured(config_file)
    try:
        site = open_site(config)
    except InvalidConfig as error:
        tell(error.mistakes)
        sys.exit(2)
    except WrongKey as why:
        raise click.ClickException(
            f"{why} Put the old key into the file that site.old_secret_keys_file names."
        ) from why
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
