"""`officeday demo`: the main job done before one's eyes, on a company made for it."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import click
from rich.console import Console

from web.cli.proposal_table import print_plan
from web.cli.runs import plan_with_progress
from web.cli.site import at_work
from web.config import PREFIX
from web.demo import stage
from web.demo.company import Company, calendar_files, make_company
from web.demo.history import live_through
from web.operations import runs, signin
from web.records import RunRecord
from web.site import Site

#: Real-world calendars that some people of the company have, where they lie beside the project.
OPEN_CALENDARS = Path(__file__).parents[3] / "shared" / "data" / "ics" / "open"

#: Every so many-th of them: enough to see different makers' files side by side.
EVERY_NTH_OPEN = 3


@click.command()
@click.option("--no-serve", is_flag=True, help="Stop after the table of proposals.")
@click.option(
    "--calendars",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="DIR",
    help="Use the .ics files of this folder, the seniors' first; they are only read.",
)
@click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("var/demo"),
    show_default=True,
    help="Where everything is made.",
)
@click.option("--port", type=click.IntRange(1, 65535), default=8321, show_default=True)
@click.option(
    "--seconds", type=click.FloatRange(1, 3600), default=15.0, show_default=True, help="To search for a plan."
)
@click.option("--fresh", is_flag=True, help="Begin anew, whatever was answered in the demo before.")
def demo(
    no_serve: bool, calendars: Path | None, folder: Path, port: int, seconds: float, fresh: bool
) -> None:
    """Make a company with three months behind it, plan its next four weeks, and serve the pages here.

    12 seniors, 108 juniors, two offices in two time zones, 8 rooms, and a calendar file for everybody.
    A second run goes on with what is there, while its weeks still lie ahead; --fresh begins anew.

    \b
    officeday demo
    officeday demo --no-serve
    officeday demo --calendars ~/my-calendars --seconds 30
    """
    _refuse_other_settings()
    if not no_serve:
        _refuse_taken(port)
    try:
        stage.prepare(folder, anew=fresh or calendars is not None)
    except stage.NotADemo as why:
        raise click.ClickException(str(why)) from why
    config_file = stage.write_config(folder, port, seconds)
    _clear_half_done(folder, config_file)
    with at_work(config_file) as site:
        run = stage.last_released(site)
        if run is not None:
            click.echo(f"Going on with the company of {run.created_at:%d %B}; --fresh begins anew.\n")
            print_plan(run, runs.drafted(site, run.id))
        else:
            run = _perform(site, folder, calendars)
        _say_where(site, folder, config_file)
        if not no_serve:
            from web.cli.serve import serve_site

            serve_site(site, "127.0.0.1", port)


def _clear_half_done(folder: Path, config_file: Path) -> None:
    """A demo that was interrupted, or whose weeks have passed, begins anew."""
    with at_work(config_file) as site:
        whole = stage.last_released(site) is not None
    if not whole:
        stage.prepare(folder, anew=True)


def _refuse_other_settings() -> None:
    """Variables meant for another installation would make the demo write there."""
    others = sorted(name for name in os.environ if name.startswith(PREFIX) and "__" in name)
    if others:
        raise click.ClickException(
            f"the demo takes its settings from its options only; unset {', '.join(others)} first"
        )


def _refuse_taken(port: int) -> None:
    """Better said now than after the work."""
    with socket.socket() as asked:
        asked.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            asked.bind(("127.0.0.1", port))
        except OSError as why:
            raise click.ClickException(
                f"port {port} cannot be had ({why.strerror}); choose another with --port, or take --no-serve"
            ) from why


def _perform(site: Site, folder: Path, calendars: Path | None) -> RunRecord:
    own = calendar_files(calendars) if calendars else []
    if calendars and not own:
        raise click.ClickException(f"there is no .ics file in {calendars}")
    with _step("Making a company") as done:
        company = make_company(
            folder, site.now().date(), for_everybody=own, for_some_juniors=[] if own else _open_calendars()
        )
        done(_told(company))
    with _step("Importing it") as done:
        done(", ".join(f"{report.new} {report.kind}" for report in stage.bring_in(site, company)))
    with _step("Living through three months") as done:
        done(f"{live_through(site, company)} sessions held since {company.programme_began:%d %B}")
    with _step("Reading calendars and planning four weeks") as done:
        run = plan_with_progress(site, runs.programme_named(site, None), company.first_day, company.last_day)
        drafted = runs.drafted(site, run.id)
        done(f"{run.first_day:%d %B} to {run.last_day:%d %B}")
    for name, reason in stage.unread(site).items():
        click.echo(f"  unknown, so never taken for free: {name}. {reason}", err=True)
    click.echo()
    print_plan(run, drafted)
    _release(site, run)
    return run


def _release(site: Site, run: RunRecord) -> None:
    drafted = runs.drafted(site, run.id)
    click.echo()
    with _step("Releasing the proposals, so that there is something to see") as done:
        mails = stage.release(site, run)
        approved = stage.approve_one(site, drafted)
        done(f"{mails} mails to {site.config.mail.outbox_folder}")
    if approved is not None:
        click.echo(f"  {approved.senior.name} said yes to {approved.day:%A %d %B}: seats to book.", err=True)


def _open_calendars() -> Sequence[Path]:
    return calendar_files(OPEN_CALENDARS)[::EVERY_NTH_OPEN] if OPEN_CALENDARS.is_dir() else []


def _told(company: Company) -> str:
    given = f", {company.own_calendars} with a calendar from elsewhere" if company.own_calendars else ""
    return f"{len(company.members)} people{given}, in {company.folder}"


class _Done:
    """What a step came to, said by the step itself."""

    def __init__(self) -> None:
        self.text = ""

    def __call__(self, text: str) -> None:
        self.text = text


@contextmanager
def _step(name: str) -> Iterator[_Done]:
    """One line a step on standard error, with what came of it and how long it took."""
    begun = time.monotonic()
    done = _Done()
    yield done
    click.echo(f"{name}: {done.text} ({time.monotonic() - begun:.1f} s)", err=True)


def _say_where(site: Site, folder: Path, config_file: Path) -> None:
    console = Console(soft_wrap=True, highlight=False)
    address = site.config.site.url
    console.print(f"\nSign in at {address}/sign-in with one click as")
    for member in signin.demo_people(site):
        console.print(
            f"  {' and '.join(sorted(member.roles)):<7} {member.person.name} ({member.person.email})"
        )
    console.print(
        f"Mails are written to {site.config.mail.outbox_folder}; the .eml files open in any mail program."
    )
    console.print(f"Any other command works on it too: officeday doctor --config {config_file}")
