"""`officeday new-admin`: who runs a programme, and their way in while no mail arrives."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from web import words
from web.cli.site import at_work, config_option, tell
from web.errors import Misfilled


@click.command(name="new-admin")
@click.argument("email", metavar="EMAIL")
@click.option("--name", default="", help="Of somebody who is not known yet; guessed from the address.")
@click.option("--programme", default="", metavar="NAME", help="Made where there is none of that name.")
@click.option("--timezone", "zone", default="", help="IANA zone, such as Europe/London; UTC unless given.")
@config_option
def new_admin(email: str, name: str, programme: str, zone: str, config_file: Path | None) -> None:
    """Make somebody admin of a programme, and print a link that signs them in once.

    This is how an empty installation begins, and the way back in where mail does not arrive. Typed again it
    changes nothing and prints another link.

    \b
    officeday new-admin ada@example.org --name "Ada Lovelace" --timezone Europe/London
    """
    from web.operations.first_admin import make_admin

    with at_work(config_file) as site:
        try:
            made = make_admin(site, email, site.now(), name=name, programme=programme, zone=zone)
        except Misfilled as error:
            tell(error.mistakes)
            sys.exit(2)
        address = site.config.site.url
        minutes = (made.lasts_until - site.now()).seconds // 60 + 1
    if made.made_programme:
        click.echo(f"Made the programme {made.programme}.")
    role = "is admin of" if made.is_new else "was admin of"
    already = "" if made.is_new else " already"
    click.echo(f"{made.person.name} <{made.person.email}> {role} {made.programme}{already}.")
    if made.url is None:
        click.echo(f"Next: start `officeday serve`, and sign in at {address} with your account from work.")
        return
    within = words.counted(minutes, "minute")
    click.echo(f"Next: start `officeday serve` unless it is running, and open within {within}")
    click.echo(f"\n    {made.url}\n")
    click.echo("It signs in whoever opens it, once. The page it leads to takes you through the first steps.")
