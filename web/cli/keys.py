"""`officeday rotate-keys`: another secret key."""

from __future__ import annotations

from pathlib import Path

import click

from connectors.sealed import WrongKey
from web.cli.site import at_work, config_option
from web.operations import keys


@click.command(name="rotate-keys")
@click.option(
    "--forget-old",
    is_flag=True,
    help="Then forget older keys: mailed links and sign-ins end once officeday is restarted.",
)
@config_option
def rotate_keys(forget_old: bool, config_file: Path | None) -> None:
    """Change the secret key, and seal with it what older ones sealed.

    The key that officeday made is replaced by a new one. Where you configured one, put the new one in its
    place and the old one into the file that site.old_secret_keys_file names, then run this. Killed anywhere,
    run it again: nothing is lost, and it goes on. Restart officeday after it.

    \b
    officeday rotate-keys
    """
    with at_work(config_file) as site:
        if forget_old and site.config.site.secret_key is not None:
            raise click.UsageError("older keys that you configured are yours to take out of their file")
        try:
            done = keys.rotate(site)
            if forget_old:
                keys.forget_older(site)
        except (WrongKey, OSError) as why:
            raise click.ClickException(str(why)) from why
    click.echo("A new key was made." if done.made else "No key was made.")
    click.echo(f"Sealed anew: {done.sealed}.")
    if done.older and not forget_old:
        click.echo(f"Older keys that are still known: {done.older}. --forget-old ends what they signed.")
