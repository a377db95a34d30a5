"""`officeday export-person` and `erase-person`: what is kept of somebody, to hand over or to erase."""

from __future__ import annotations

from pathlib import Path

import click

from web.cli.site import at_work, config_option
from web.errors import NotFound, Refused
from web.operations import erasure, own_data
from web.sheets.cells import mailbox


@click.command(name="export-person")
@click.argument("address", metavar="EMAIL")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="A file; the terminal unless given.",
)
@config_option
def export_person(address: str, output: Path | None, config_file: Path | None) -> None:
    """Hand over everything that is kept of somebody, as JSON.

    They can do so themselves, on the page "How your data is treated".

    \b
    officeday export-person priya@example.org -o priya.json
    """
    with at_work(config_file) as site:
        try:
            said = own_data.export_by_address(site, _known(address), site.now())
        except NotFound as why:
            raise click.ClickException(str(why)) from why
    if output is None:
        click.echo(said, nl=False)
        return
    output.touch(mode=0o600)
    output.write_text(said, encoding="utf-8")
    click.echo(f"Written to {output}, for you only to read.", err=True)


@click.command(name="erase-person")
@click.argument("address", metavar="EMAIL")
@click.option("--yes", is_flag=True, help="Do not ask again.")
@config_option
def erase_person(address: str, yes: bool, config_file: Path | None) -> None:
    """Erase everything that is kept of somebody, for good.

    What lies ahead of them is called off. Their number, and that sessions were held, stays. A backup that is
    brought back forgets them again when the site is opened.

    \b
    officeday erase-person priya@example.org
    """
    known = _known(address)
    if not yes:
        click.confirm(f"Erase {known}, for good?", abort=True)
    with at_work(config_file) as site:
        try:
            number = erasure.erase_by_address(site, known, site.now())
        except (NotFound, Refused) as why:
            raise click.ClickException(str(why)) from why
    click.echo(
        f"Erased. Person {number} is nobody's any more. Files they were imported from are yours to clean."
    )


def _known(address: str) -> str:
    try:
        return mailbox(address)
    except ValueError as why:
        raise click.BadParameter(str(why)) from why
