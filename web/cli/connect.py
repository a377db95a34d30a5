"""`officeday connect`: the consent of the organizer's mailbox, asked for, kept sealed, and tried."""

from __future__ import annotations

import base64
import hashlib
import os
import secrets
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from web.cli.site import config_option, configured

if TYPE_CHECKING:
    from collections.abc import Iterable

    from connectors import Settings
    from connectors.base import Permission
    from web.config import Config

#: How long a consent page may stay open.
SECONDS = 600

#: Where nothing listens, with --paste: the browser fails to open it, and shows it.
NOWHERE = 8322

#: How a consent page names this machine: Microsoft registers http://localhost and takes every port of it.
HOSTS = {"google": "127.0.0.1", "microsoft": "localhost"}


@click.group()
def connect() -> None:
    """Let the owner of the organizer's mailbox grant what officeday needs.

    One mailbox is enough: it reads what its free/busy sharing shows every colleague, and writes into its
    own calendar. docs/google.md and docs/microsoft.md say what has to be set up before.

    \b
    officeday connect google
    officeday connect microsoft --paste
    """


def _command(kind: str, name: str) -> click.Command:
    @click.command(kind, short_help=f"Connect a mailbox of {name}.")
    @click.option(
        "--paste", is_flag=True, help="Paste the address that the browser ends at: for servers without one."
    )
    @click.option(
        "--port",
        type=click.IntRange(1, 65535),
        help="Where the browser comes back to, if the client is registered with one port; any free one else.",
    )
    @config_option
    def run(paste: bool, port: int | None, config_file: Path | None) -> None:
        _connect(configured(config_file), kind, paste, port)

    run.help = f"""Walk through the consent for the organizer's mailbox at {name}.

    Says what is asked for and why, waits for the browser to come back to this machine, and keeps what was
    granted in connectors.{kind}.refresh_token_file, sealed with the site's secret key.

    \b
    officeday connect {kind}
    officeday connect {kind} --paste --config /etc/officeday/config.toml
    """
    return run


connect.add_command(_command("google", "Google Workspace"))
connect.add_command(_command("microsoft", "Microsoft 365"))


def _connect(config: Config, kind: str, paste: bool, port: int | None) -> None:
    from connectors.base import ConnectorError
    from connectors.permissions import required
    from web.config import connector_settings, secret_key
    from web.operations.connections import organizer_at

    organizer = organizer_at(config, kind)
    file = _token_file(config, kind)
    if organizer is None:
        _stop(f'Set connectors.organizer = "{kind}:MAILBOX" first: the mailbox that will invite people.')
    try:
        secret_key(config)  # made now if there is none yet: what is granted is sealed with it
        settings = connector_settings(config)
        _explain(kind, organizer, required(kind, settings, writes=True))
        _need_folder(file)
        token = _walk(kind, settings, organizer, paste, port)
        _keep(file, token, settings)
    except ConnectorError as why:
        _stop(f"{why} Nothing was kept.")
    except OSError as why:
        _stop(f"{why.strerror}: {why.filename or 'the port'}. Nothing was kept.")
    click.echo(f"\nGranted. What was granted is kept in {file}, sealed, readable by its owner only.\n")
    _note(config, kind)
    _try_it(config, kind)


def _note(config: Config, kind: str) -> None:
    """In the audit log, where everything is that was decided."""
    from sqlalchemy.exc import SQLAlchemyError

    from web.operations import audit
    from web.site import open_site

    try:
        site = open_site(config)
        with site.store.writing() as connection:
            audit.note(connection, site.now(), None, "calendars.connect", f"system:{kind}")
    except SQLAlchemyError as why:
        _stop(f"It could not be written into the audit log: {getattr(why, 'orig', None) or why}.")
    site.store.close()


def _token_file(config: Config, kind: str) -> Path:
    section = config.connectors.of_kind(kind)
    if section is None:
        _stop(f"[connectors.{kind}] is not there. docs/{kind}.md says what to write into it.")
    file: Path | None = getattr(section, "refresh_token_file", None)
    if file is None:
        _stop(
            f"connectors.{kind}.refresh_token_file names no file to keep the consent in. "
            "Without it the application's own permissions count, which an administrator grants."
        )
    return file


def _need_folder(file: Path) -> None:
    """Refuse before anybody has consented what would fail after it."""
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not os.access(file.parent, os.W_OK | os.X_OK):
        _stop(
            f"{file.parent} cannot be written. Let officeday write there, or name another refresh_token_file."
        )


def _explain(kind: str, organizer: str, permissions: Iterable[Permission]) -> None:
    click.echo(f"The owner of {organizer} is asked for these permissions, and no others:\n")
    for one in permissions:
        click.echo(f"  {one.name}")
        click.echo(f"      why:            {one.why}")
        click.echo(f"      it could read:  {one.could_read}\n")


def _walk(kind: str, settings: Settings, organizer: str, paste: bool, port: int | None) -> str:
    """Have a person say yes, and exchange the answer for a refresh token."""
    from connectors.permissions import consent_url, redeem
    from web.cli.redirect import listening

    state, verifier = secrets.token_urlsafe(24), secrets.token_urlsafe(48)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    if paste:
        redirect = f"http://{HOSTS[kind]}:{port or NOWHERE}"
        _show(organizer, consent_url(kind, settings, redirect, state, challenge))
        code = _pasted(state)
    else:
        with listening(state, port or 0) as browser:
            redirect = f"http://{HOSTS[kind]}:{browser.port}"
            _show(organizer, consent_url(kind, settings, redirect, state, challenge))
            click.echo(f"Waiting for the browser to come back to {redirect} (Ctrl-C stops) …")
            code = browser.code(SECONDS)
    return redeem(kind, settings, code, redirect, verifier)


def _show(organizer: str, url: str) -> None:
    click.echo(f"Open this address in a browser, signed in as {organizer}:\n\n{url}\n")


def _pasted(state: str) -> str:
    from web.cli.redirect import NotOurs, code_in

    click.echo("The browser ends at an address that it cannot open. Copy all of it from the address bar.")
    while True:
        try:
            return code_in(click.prompt("The address", prompt_suffix=": "), state)
        except NotOurs:
            click.echo(
                "That is not the address after this consent. It begins with http:// and has a code in it."
            )


def _keep(file: Path, token: str, settings: Settings) -> None:
    from connectors.grants import RefreshTokenFile, Renewal

    def renewed_later(_: str) -> Renewal:
        raise AssertionError("a token that is being kept is not renewed")

    RefreshTokenFile(file, renewed_later, seal=settings.seal).store(token)


def _try_it(config: Config, kind: str) -> None:
    """The same looks as `officeday doctor`, and what comes next."""
    from web.cli.doctor import say
    from web.operations.connections import of_kind
    from web.operations.findings import Level
    from web.site import utc_now

    findings = list(of_kind(config, kind, utc_now()))
    for finding in findings:
        say(finding)
    if any(finding.level is Level.FAIL for finding in findings):
        sys.exit(1)
    click.echo(
        f"\nNext: import people and rooms with calendars such as {kind}:ana@example.org (officeday import\n"
        "people --help), restart officeday serve, and look at the page People once it has read them."
    )


def _stop(text: str) -> NoReturn:
    raise click.ClickException(text)
