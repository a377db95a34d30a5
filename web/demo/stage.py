"""Put the made-up company on stage: imported, planned, released, one day approved.

It goes through the operations that commands and pages call, and stays in one folder, which is emptied
only if a demo made it.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, time
from pathlib import Path

from planner.domain import SessionKind
from web import jobs
from web.config import InvalidConfig, load_config
from web.demo.company import LONDON, WEEKS, ZONES, Company
from web.operations import cycle, programmes, proposals, runs, signin
from web.operations.cycle import CycleForm
from web.operations.roster import ImportReport, import_sheet
from web.records import Member, ProposalRecord, RunRecord
from web.sheets.columns import SheetKind
from web.site import Site
from web.store import calendars, people
from web.store import runs as kept_runs
from web.store import tables as t

CONFIG = "config.toml"

#: Nothing new is planned that begins sooner than this.
FREEZE_HOURS = 48

#: What an installation writes into its folder; removed when the demo begins anew.
MADE = ("officeday.db", "officeday.db-wal", "officeday.db-shm", "queue.db", "queue.db-wal", "queue.db-shm")
MADE_FOLDERS = ("outbox", "calendars")


class NotADemo(Exception):
    """The folder holds something else; nothing in it was touched."""


def prepare(folder: Path, *, anew: bool) -> None:
    """Make the folder; `anew` empties it of what a demo left there.

    Raises:
        NotADemo: the folder is in use for something else.
    """
    if folder.exists() and any(folder.iterdir()) and not _is_demo(folder):
        raise NotADemo(f"{folder} is not empty and no demo made it; name another with --folder")
    folder.mkdir(parents=True, exist_ok=True)
    if anew:
        for name in MADE:
            (folder / name).unlink(missing_ok=True)
        for name in MADE_FOLDERS:
            shutil.rmtree(folder / name, ignore_errors=True)


def _is_demo(folder: Path) -> bool:
    try:
        return (folder / CONFIG).exists() and load_config(folder / CONFIG).site.demo
    except InvalidConfig:
        return False


def write_config(folder: Path, port: int, seconds: float) -> Path:
    """The configuration of the demo: all of it inside the folder, and on this machine only."""
    file = folder / CONFIG
    file.write_text(
        "# Written by `officeday demo`; config.example.toml explains every key.\n"
        f'[site]\nname = "officeday demo"\nurl = "http://127.0.0.1:{port}"\ndemo = true\n\n'
        '[database]\nurl = "sqlite:///officeday.db"\nqueue = "queue.db"\n\n'
        f"[planner]\nseconds = {seconds:g}\n\n"
        "[privacy]\nnotice_hours = 0\n\n"
        '[mail]\noutbox_folder = "outbox"\n',
        encoding="utf-8",
    )
    return file


def bring_in(site: Site, company: Company) -> Iterator[ImportReport]:
    """Import the files, as `officeday import` does, and promise the usual from when the programme began.

    From then on it would plan itself every Thursday morning.
    """
    for kind in (SheetKind.OFFICES, SheetKind.ROOMS, SheetKind.PEOPLE):
        yield import_sheet(site, kind, company.sheet(kind), site.now())
    began = datetime.combine(company.programme_began, time(), UTC)
    programmes.start_with_usual(site, admin(site), began)
    cycle.change(site, CycleForm("thu", "06:00", ZONES[LONDON], WEEKS, FREEZE_HOURS), admin(site), site.now())


def last_released(site: Site) -> RunRecord | None:
    """The newest released run whose window still lies ahead."""
    r = t.planning_run.c
    with site.store.reading() as connection:
        found = kept_runs.records(connection, (r.state == "released") & (r.first_day > site.now().date()))
    return max(found, key=lambda run: run.id, default=None)


def release(site: Site, run: RunRecord) -> int:
    """As the admin would; how many mails are on their way."""
    return runs.release(site, run.id, admin(site), site.now())


def admin(site: Site) -> Member:
    with site.store.reading() as connection:
        return people.members(connection, role="admin")[0]


def approve_one(site: Site, proposed: tuple[ProposalRecord, ...]) -> ProposalRecord | None:
    """Let a senior say yes to a day with co-working, so that juniors find seats to book."""
    best = max(proposed, key=_worth_showing, default=None)
    if best is None:
        return None
    senior = _member(site, best)
    released = proposals.one(site, best.id, senior)
    proposals.approve(site, released.id, released.version, senior, (), site.now())
    jobs.run_due(site)
    return proposals.one(site, best.id, senior)


def _worth_showing(proposal: ProposalRecord) -> tuple[bool, int]:
    kinds = [session.kind for session in proposal.sessions]
    return SessionKind.COWORKING in kinds, len(kinds)


def _member(site: Site, proposal: ProposalRecord) -> Member:
    return next(member for member in signin.members(site, proposal.senior.id) if "senior" in member.roles)


def unread(site: Site) -> dict[str, str]:
    """Whose calendar could not be read, and why."""
    with site.store.reading() as connection:
        return calendars.unread(connection)
