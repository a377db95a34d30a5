"""`officeday export`: what is kept, as CSV files."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from web import words
from web.cli.site import at_work, config_option, tell
from web.errors import Misfilled, Refused
from web.operations.exports import BYTE_ORDER_MARK, CALENDAR, README, ExportedSheet, sheet, tables
from web.sheets.columns import SHEETS, SheetKind

#: More are only counted.
MOST_NAMED = 50


@click.group()
def export() -> None:
    """Write offices, rooms, people and sessions as CSV files that can be imported again; or every table.

    Importing what was just exported changes nothing. A cell that a spreadsheet could run as a formula
    begins with an apostrophe, which importing takes away again.

    \b
    officeday export people -o people.csv
    officeday export tables FOLDER
    """


def _command(kind: SheetKind) -> click.Command:
    @click.command(kind.value, help=_help(kind))
    @click.option(
        "-o",
        "--output",
        type=click.Path(path_type=Path, dir_okay=False),
        metavar="FILE",
        help="A file, for you only to read; the terminal unless given.",
    )
    @click.option("--programme", metavar="NAME", help="Of which programme; not needed while there is one.")
    @click.option(
        "--with-calendars",
        is_flag=True,
        hidden=not _has_calendars(kind),
        help="Also the addresses of calendars: in many systems whoever knows one can read it.",
    )
    @config_option
    def run(
        output: Path | None, programme: str | None, with_calendars: bool, config_file: Path | None
    ) -> None:
        with at_work(config_file) as site:
            try:
                found = sheet(site, kind, site.now(), programme=programme, with_calendars=with_calendars)
            except Misfilled as error:
                tell(error.mistakes)
                sys.exit(2)
        if output is None:
            click.echo(found.text, nl=False)
        else:
            write_private(output, BYTE_ORDER_MARK + found.text)
        _say(found, kind, output)

    return run


def write_private(file: Path, text: str) -> None:
    """A file that only its owner reads."""
    try:
        file.touch(mode=0o600)
        file.write_text(text, encoding="utf-8", newline="")
    except OSError as error:
        raise click.ClickException(f"{file} cannot be written: {error.strerror}") from error


def _has_calendars(kind: SheetKind) -> bool:
    return any(column.name == CALENDAR for column in SHEETS[kind])


def _help(kind: SheetKind) -> str:
    said = f"Write {kind.value} as a CSV file that `officeday import {kind.value}` reads."
    if kind is SheetKind.SESSIONS:
        said += (
            " Sessions that are due or agreed; not what a programme's formats make due, which is worked out, "
            "and not what was called off."
        )
    return said


def _say(found: ExportedSheet, kind: SheetKind, output: Path | None) -> None:
    """On standard error: standard output is the file."""
    for key, why in list(found.left_out.items())[:MOST_NAMED]:
        click.echo(f"left out {key}: {why}", err=True)
    if len(found.left_out) > MOST_NAMED:
        click.echo(f"… and {len(found.left_out) - MOST_NAMED:,} more left out", err=True)
    if found.without_calendars:
        click.echo("Without the addresses of calendars; --with-calendars writes them too.", err=True)
    if output is not None:
        click.echo(f"{words.counted(found.rows, 'row')} written to {output}, for you only to read.", err=True)


@export.command(name="tables")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@config_option
def export_tables(folder: Path, config_file: Path | None) -> None:
    """Write every table of the database into FOLDER, a CSV file each, for you only to read.

    Not in them: what is private or secret, what the machinery keeps for itself, and who did or answered
    what, so that nobody can be ranked. README.csv lists every column, and of those left out the reason.
    Sessions have codes instead of ids, the same in all files of one export. Times are UTC.
    """
    with at_work(config_file) as site:
        try:
            done = tables(site, folder, site.now())
        except Refused as refused:
            raise click.ClickException(str(refused)) from refused
        except OSError as error:
            raise click.ClickException(f"{folder} cannot be written: {error.strerror}") from error
    rows = words.counted(sum(done.rows.values()), "row")
    click.echo(
        f"{rows} in {words.counted(len(done.rows), 'file')} of {folder}; "
        f"{words.counted(done.left_out, 'column')} left out, as {README} says."
    )


for _kind in SheetKind:
    export.add_command(_command(_kind))
