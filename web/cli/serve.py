"""`officeday serve` and `officeday worker`: the pages, and the work behind them."""

from __future__ import annotations

import logging
import signal
import sys
import threading
from pathlib import Path
from urllib.parse import urlsplit

import click

from web.cli.site import at_work, config_option, refuse_wrong_secrets, tell
from web.site import Site


@click.command()
@config_option
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=click.IntRange(1, 65535), help="Port; that of site.url unless given.")
@click.option("--no-worker", is_flag=True, help="Pages only; run `officeday worker` beside it.")
def serve(config_file: Path | None, host: str, port: int | None, no_worker: bool) -> None:
    """Serve the pages, with background work in the same process.

    \b
    officeday serve
    officeday serve --config /etc/officeday/config.toml --port 8080
    """
    from web.config import is_loopback

    refuse_wrong_secrets(config_file)
    with at_work(config_file) as site:
        if site.config.site.demo and not is_loopback(host):
            tell(
                {"--host": f"demo mode lets anybody sign in, so it listens on 127.0.0.1 only, not on {host}"}
            )
            sys.exit(2)
        _say_how_to_begin(site)
        _say_where_mail_goes(site, port)
        serve_site(site, host, port or port_of(site), with_worker=not no_worker)


@click.command()
@config_option
@click.option("--threads", type=click.IntRange(1, 32), default=2, show_default=True)
def worker(config_file: Path | None, threads: int) -> None:
    """Do background work only: reading calendars, planning, mail.

    Run as many as you like beside `officeday serve --no-worker`; a worker that is killed loses nothing.

    \b
    officeday worker --threads 4
    """
    from web.jobs import Worker

    refuse_wrong_secrets(config_file)
    with at_work(config_file) as site:
        working = Worker(site, threads)
        working.start()
        click.echo("Working. Ctrl-C stops; whatever is under way is taken up again later.")
        _until_stopped()
        working.stop()


def serve_site(site: Site, host: str, port: int, *, with_worker: bool = True) -> None:
    """Serve until Ctrl-C or SIGTERM."""
    from waitress.server import create_server

    from web.jobs import Worker
    from web.pages import create_app

    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    try:
        # poll: select, its own choice, fails for good once 1,024 files are open
        server = create_server(
            create_app(site),
            host=host,
            port=port,
            threads=8,
            ident="officeday",
            asyncore_use_poll=True,
            clear_untrusted_proxy_headers=site.config.site.proxies == 0,  # else `create_app` reads them
        )
    except OSError as why:
        raise click.ClickException(
            f"cannot listen on {host}:{port} ({why.strerror}). Choose another with --port."
        ) from why
    working = Worker(site) if with_worker else None
    if working is not None:
        working.start()
    click.echo(f"Serving on {site.config.site.url} (listening on {host}:{port}). Ctrl-C stops.")
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        server.run()
    finally:
        if working is not None:
            working.stop()


def _say_how_to_begin(site: Site) -> None:
    """An empty installation lets nobody in: only a command makes the first admin."""
    from web.operations import first_admin

    if first_admin.is_missing(site):
        click.echo(
            "Nobody runs this yet. In another terminal, with the same configuration, type\n"
            "    officeday new-admin you@example.org\n"
            "for a link that signs you in and leads through the first steps."
        )


def _say_where_mail_goes(site: Site, port: int | None) -> None:
    """What somebody who tries this for the first time would look for in vain."""
    if site.config.mail.smtp_host is None:
        folder = site.config.mail.outbox_folder
        click.echo(f"No mail server is set: mails, sign-in links too, are written to {folder}.")
    if port is not None and port != port_of(site):
        click.echo(f"Links in mails lead to {site.config.site.url}; set site.url to where people reach this.")


def port_of(site: Site) -> int:
    """The port of the site's own address; 8321 where that names none."""
    return urlsplit(site.config.site.url).port or 8321


def _interrupt(_signal: int, _frame: object) -> None:
    raise KeyboardInterrupt


def _until_stopped() -> None:
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    stopped.wait()
