"""`officeday sync` and `officeday plan`: what the pages do in the background, from a terminal."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path

import click
from rich.console import Console
from rich.progress import Progress

from web.cli.proposal_table import print_plan
from web.cli.site import at_work, config_option
from web.errors import Misfilled, Refused
from web.operations import calendars, notice, reconcile, runs
from web.records import RunRecord
from web.site import Site


@click.command()
@config_option
def sync(config_file: Path | None) -> None:
    """Read the calendar of everybody and of every room once, and look at the organizer's.

    \b
    officeday sync
    """
    with at_work(config_file) as site:
        read, unknown = sync_with_progress(site)
        notice.note_access(site, site.now())
        problem = reconcile.reconcile(site)
        with site.store.reading() as connection:
            left_alone = [says for says, _ in notice.not_read(connection, site.config, site.now())]
    click.echo(f"{read} calendars read, {unknown} of them unknown in full or in part.")
    for says in left_alone:
        click.echo(f"{says}.")
    if unknown:
        click.echo("Times that could not be read are never taken for free. Reasons: the page People.")
    if problem is not None:
        click.echo(f"The organizer's calendar could not be looked at: {problem}")


@click.command()
@config_option
@click.option("--programme", "name", help="Its name; needed only where there are several.")
@click.option("--first-day", type=click.DateTime(["%Y-%m-%d"]), help="Next Monday unless given.")
@click.option(
    "--last-day", type=click.DateTime(["%Y-%m-%d"]), help="Some weeks later (planner.window_weeks)."
)
@click.option("--dry-run", is_flag=True, help="Print the plan and keep nothing of it.")
def plan(
    config_file: Path | None,
    name: str | None,
    first_day: datetime | None,
    last_day: datetime | None,
    dry_run: bool,
) -> None:
    """Read calendars, plan the coming weeks, and leave a draft for an admin to preview and release.

    \b
    officeday plan
    officeday plan --first-day 2027-03-08 --last-day 2027-04-02 --dry-run
    """
    with at_work(config_file) as site:
        first, last = window(site, first_day and first_day.date(), last_day and last_day.date())
        try:
            run = plan_with_progress(site, runs.programme_named(site, name), first, last)
            print_plan(run, runs.drafted(site, run.id))
            if dry_run:
                runs.forget(site, run.id)
                click.echo("Dry run: nothing was kept.")
            else:
                click.echo(f"Draft {run.id} waits for an admin: {site.config.site.url}/admin/plan/{run.id}")
        except Misfilled as why:
            raise click.UsageError(str(why)) from why
        except Refused as why:
            raise click.ClickException(str(why)) from why


def window(site: Site, first: date | None, last: date | None) -> tuple[date, date]:
    """The window asked for; unless given, from next Monday for as many weeks as configured."""
    today = site.now().date()
    first = first or today + timedelta(days=7 - today.weekday())
    return first, last or first + timedelta(weeks=site.config.planner.window_weeks, days=-1)


def sync_with_progress(site: Site) -> tuple[int, int]:
    """Read all calendars with a bar on a terminal."""
    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("Reading calendars", total=None)
        return calendars.sync(
            site, None, site.now(), lambda done, of: bar.update(task, completed=done, total=of)
        )


def plan_with_progress(site: Site, programme_id: int, first: date, last: date) -> RunRecord:
    """Plan with what it is at on one line of a terminal; the finished run."""
    console = Console(stderr=True)
    with console.status("Planning") as status:
        return runs.plan_now(site, programme_id, first, last, site.now(), said=status.update)
