"""A small company brought in through the same import as any other, with calendars on disk.

Two seniors and eight juniors in London, one co-working room and one meeting room. Monday 8 March 2027
begins the window; `NOW` (tests/web/made_up.py) is the Friday before.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

from sqlalchemy import func, insert, select, update

from tests.web.conftest import site_in
from tests.web.databases import DATABASES
from tests.web.made_up import NOW
from web.operations.roster import import_sheet
from web.records import Member
from web.sheets.columns import SheetKind
from web.site import Site
from web.store import people
from web.store import tables as t

FIRST_DAY, LAST_DAY = date(2027, 3, 8), date(2027, 3, 19)

OFFICES = "id,name,timezone,hours\nlondon,London,Europe/London,mon-fri 08:00-18:30\n"
ROOMS = (
    "id,office,name,capacity,uses,shared\n"
    "hall,london,Hall,8,coworking,yes\n"
    "park,london,Park,8,meeting lunch,no\n"
    "yard,london,Yard,8,coworking,no\n"
)
SENIORS = ("priya", "marek")
JUNIORS = ("aisha", "ben", "chidi", "dana", "emil", "farid", "gita", "hal")
SESSIONS = (Path(__file__).parent / "company_sessions.csv").read_text(encoding="utf-8")


#: Where the calendars of a company lie that was remembered: a database says so of each.
_FOLDERS: dict[object, Path] = {}


def a_company(folder: Path, demo: bool = False, extra_juniors: int = 0) -> Site:
    """A site with the company in it; everybody's calendar is empty but for one birthday."""
    known = ("company", demo, extra_juniors)
    names = [*SENIORS, *JUNIORS, *(f"extra{n}" for n in range(extra_juniors)), "ada"]
    (folder / "calendars").mkdir(parents=True)
    for name in names:
        write_calendar(folder, name, [])
    _write_sheets(folder, names)
    if not DATABASES.is_remembered(known):
        first = site_in(folder, demo=demo)
        _import(first, folder)
        DATABASES.remember(first.store, known)
        _FOLDERS[known] = folder
        return first
    site = site_in(folder, demo=demo, begins_as=known)
    its = func.replace(t.person.c.calendar, str(_FOLDERS[known].resolve()), str(folder.resolve()))
    with site.store.writing() as connection:
        connection.execute(update(t.person).values(calendar=its))
    return site


def _write_sheets(folder: Path, names: Sequence[str]) -> None:
    rows = ["email,name,role,offices,timezone,calendar,min_sessions_per_office_day"]
    for name in names:
        role = "admin" if name == "ada" else "senior" if name in SENIORS else "junior"
        rows.append(
            f"{name}@example.org,{name.title()},{role},london,Europe/London,ics:calendars/{name}.ics,1"
        )
    sheets = {
        SheetKind.OFFICES: OFFICES,
        SheetKind.ROOMS: ROOMS,
        SheetKind.PEOPLE: "\n".join(rows) + "\n",
        SheetKind.SESSIONS: SESSIONS,
    }
    for kind, text in sheets.items():
        (folder / f"{kind}.csv").write_text(text, encoding="utf-8")


def _import(site: Site, folder: Path) -> None:
    for kind in (SheetKind.OFFICES, SheetKind.ROOMS, SheetKind.PEOPLE, SheetKind.SESSIONS):
        import_sheet(site, kind, folder / f"{kind}.csv", NOW, programme="Mentoring")
    with site.store.writing() as connection:  # what is read of their calendars is no news to them
        connection.execute(update(t.person).values(told_at=NOW - timedelta(days=365)))


def write_calendar(folder: Path, name: str, busy: Iterable[tuple[datetime, datetime]]) -> None:
    """Somebody's calendar on disk: one event for each busy interval, and a birthday that bars nothing."""
    events = [
        f"BEGIN:VEVENT\r\nUID:{n}@example.org\r\nDTSTAMP:20270101T000000Z\r\nSUMMARY:Dentist\r\n"
        f"DTSTART:{start:%Y%m%dT%H%M%SZ}\r\nDTEND:{end:%Y%m%dT%H%M%SZ}\r\nEND:VEVENT\r\n"
        for n, (start, end) in enumerate(busy)
    ]
    birthday = (
        "BEGIN:VEVENT\r\nUID:birthday@example.org\r\nDTSTAMP:20270101T000000Z\r\nSUMMARY:Birthday\r\n"
        "DTSTART;VALUE=DATE:20270310\r\nTRANSP:TRANSPARENT\r\nEND:VEVENT\r\n"
    )
    head = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//EN\r\n"
    text = f"{head}{birthday}{''.join(events)}END:VCALENDAR\r\n"
    (folder / "calendars" / f"{name}.ics").write_text(text, encoding="utf-8", newline="")


def member(site: Site, name: str) -> Member:
    with site.store.reading() as connection:
        person = people.by_email(connection, f"{name}@example.org")
        assert person is not None
        return people.members(connection, person_id=person.id)[0]


def at(site: Site, moment: datetime) -> Site:
    """The same site at another moment."""
    return replace(site, clock=lambda: moment)


def agree_coworking(site: Site, seats: int, start: datetime = NOW + timedelta(days=5)) -> str:
    """An agreed co-working session with so many seats, all of them open for booking; its id."""
    with site.store.writing() as connection:
        senior = connection.execute(
            select(t.person.c.id).where(t.person.c.email == "priya@example.org")
        ).scalar_one()
        programme = connection.execute(select(t.programme.c.id)).scalar_one()
        connection.execute(
            insert(t.session).values(
                id=f"open-{seats}",
                programme_id=programme,
                kind="coworking",
                title="",
                senior_id=senior,
                seats_min=1,
                seats_max=seats,
                open_seats=seats,
                minutes=120,
                between_from="09:00",
                between_to="18:00",
                office_id="london",
                room_use="coworking",
                first_day=FIRST_DAY,
                last_day=LAST_DAY,
                state="agreed",
                start=start,
                room_id="yard",
                seats_held=seats,
            )
        )
        connection.execute(update(t.room).where(t.room.c.id == "yard").values(capacity=seats + 1))
    return f"open-{seats}"
