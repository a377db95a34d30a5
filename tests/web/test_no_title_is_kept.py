"""Promise P6: the titles, places and texts of calendars never come near us.

Everybody's calendar, and the organizer's own, is full of one sentence. After a life of reading, planning,
writing, asking and failing it stands in no file of ours: database, WAL, backup, queue, logs with their
tracebacks, mails, pages, and what people are handed of their own data.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, time, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, text, update

from planner.domain import Interval
from tests.connectors.faults import Fault
from tests.web.company import JUNIORS, SENIORS, a_company, member
from tests.web.kills import a_site
from tests.web.made_up import NOW
from tests.web.organizers import look, settle
from tests.web.pages.persons import Person, propose_a_day, state_of, version_of
from tests.web.pages.test_policy import addresses
from tests.web.test_events_survive_kills import KINDS, organizer_toml
from tests.web.vendors import Vendor, vendor
from web.config import load_config
from web.operations import calendars, own_data, proposals
from web.pages import create_app
from web.site import Site
from web.store import events as kept
from web.store import tables as t

CANARY = "Biopsy results with Dr Osei"
EVERYBODY = (*SENIORS, *JUNIORS, "ada")

#: In everybody's calendar: ten thousand in all, less at the server that keeps a file for each.
EVENTS = {"google": 910, "microsoft": 910, "caldav": 30}


def evenings(many: int) -> list[Interval]:
    """Ten minutes each, after hours, on one evening after the other."""
    ten = timedelta(minutes=10)
    first = datetime.combine(NOW.date(), time(19), NOW.tzinfo)
    starts = [first + timedelta(days=n // 24) + n % 24 * ten for n in range(many)]
    return [Interval(start, start + ten) for start in starts]


@contextmanager
def logged_to(file: Path) -> Iterator[None]:
    """Everything that anything logs, tracebacks too."""
    handler = logging.FileHandler(file, encoding="utf-8")
    root, before = logging.getLogger(), logging.getLogger().level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        yield
    finally:
        root.setLevel(before)
        root.removeHandler(handler)
        handler.close()


def a_company_at(of: Vendor, folder: Path) -> Site:
    site = a_company(folder)
    site.store.close()
    times = evenings(EVENTS[of.kind])
    address = of.calendar(0)
    with site.store.writing() as connection:
        for name in EVERYBODY:
            calendar = of.person(f"{name}@example.org", times, CANARY)
            whose = update(t.person).where(t.person.c.email == f"{name}@example.org")
            connection.execute(whose.values(calendar=f"{of.kind}:{calendar}"))
    if of.kind != "caldav":
        of.person(address, times, CANARY)
    (folder / "config.toml").write_text(organizer_toml(of, address), encoding="utf-8")
    return a_site(load_config(folder / "config.toml"), NOW)


def live(site: Site, of: Vendor) -> None:
    """Read, propose, approve, write, be changed by a person, ask; and fail at reading."""
    calendars.sync(site, None, NOW)
    assert unread(site) == []
    day = propose_a_day(site)
    settle(site)
    proposals.approve(site, day, version_of(site, day), member(site, "priya"), (), NOW)
    settle(site)
    assert state_of(site, day) == "approved"
    address = (site.config.connectors.organizer or "").partition(":")[2]
    with site.store.reading() as connection:
        keys = {e.session_id: e.key for e in kept.of_organizer(connection, f"{of.kind}:{address}")}
    of.rename(address, keys["cohort"], CANARY)
    of.remove(address, keys["lunch"])
    of.decline(address, keys["desk"], "gita@example.org")
    look(site, NOW + timedelta(minutes=1))
    if of.loopback is not None:
        of.loopback.fault = Fault.TRUNCATED
        calendars.sync(site, None, NOW)
        look(site, NOW + timedelta(minutes=9))
        assert len(unread(site)) == len(EVERYBODY)


def unread(site: Site) -> list[str]:
    with site.store.reading() as connection:
        query = select(t.reading.c.reason).where(t.reading.c.reason.is_not(None))
        return list(connection.execute(query).scalars())


def told(site: Site) -> Iterator[str]:
    """What every route says to each kind of person, and what is handed over of everybody."""
    app = create_app(site)
    for name in ("priya", "gita", "ada"):
        person = Person(app, site, name)
        for _, address in addresses(app, "GET"):
            yield person.open(address).data.decode("utf-8", "replace")
    for name in EVERYBODY:
        yield own_data.export_by_address(site, f"{name}@example.org", NOW)


@pytest.mark.parametrize("kind", KINDS)
def test_no_title_of_a_calendar_is_in_any_file_of_ours(kind: str, tmp_path: Path) -> None:
    folder = tmp_path / "company"
    folder.mkdir()
    with vendor(kind, tmp_path / "vendor", EVERYBODY) as of, logged_to(folder / "log.txt"):
        site = a_company_at(of, folder)
        live(site, of)
        for number, said in enumerate(told(site)):
            (folder / f"said-{number}.txt").write_text(said, encoding="utf-8")
        with site.store.engine.connect() as connection:
            connection.execute(text("VACUUM INTO :backup"), {"backup": str(folder / "backup.db")})
        searched = {file: file.read_bytes() for file in folder.rglob("*") if file.is_file()}

    of_ours = {file: found for file, found in searched.items() if file.parent.name != "calendars"}
    assert {file.name for file, found in of_ours.items() if b"Biopsy" in found or b"Osei" in found} == set()
    by_name = {file.name for file, found in of_ours.items() if b"Gita" in found}
    assert {"officeday.db", "backup.db", "officeday.db-wal"} <= by_name | {"officeday.db-wal"}
    assert any(file.suffix == ".eml" for file in of_ours)
    assert (folder / "log.txt").stat().st_size > 0
