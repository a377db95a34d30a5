"""A room whose own calendar gives it to somebody else, under a session that is agreed there."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from tests.web.company import a_company, at, write_calendar
from tests.web.operations.test_day_questions import agreed, mails_after, on, session
from tests.web.organizers import settle
from tests.web.pages.persons import WEDNESDAY
from web.operations import calendars
from web.site import Site
from web.store import tables as t

DESK = "desk"  # the co-working session of Priya's Wednesday, 13:00 to 15:00
OVER_IT = on(WEDNESDAY, 12), on(WEDNESDAY, 18)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """The room of the session has a calendar, which has been read and has nothing."""
    site = a_company(tmp_path)
    calendars.sync(site, None, site.now())
    agreed(site, fewest=1)
    write_calendar(tmp_path, "room", [])
    with site.store.writing() as connection:
        room = select(t.session.c.room_id).where(t.session.c.id == DESK).scalar_subquery()
        address = f"ics:{tmp_path / 'calendars' / 'room.ics'}"
        connection.execute(update(t.room).where(t.room.c.id == room).values(calendar=address))
    return read(site, 5)


def read(site: Site, minutes: int) -> Site:
    later = at(site, site.now() + timedelta(minutes=minutes))
    calendars.sync(later, None, later.now())
    settle(later)
    return later


def room_of_it(site: Site) -> str | None:
    record = session(site, DESK)
    assert record is not None
    return record.room


def another_room(site: Site) -> None:
    """One for co-working that is as large as the first."""
    with site.store.writing() as connection:
        room = select(t.session.c.room_id).where(t.session.c.id == DESK).scalar_subquery()
        row = connection.execute(select(t.room).where(t.room.c.id == room)).one()._asdict()
        connection.execute(t.room.insert().values(row | {"id": "attic", "name": "Attic", "calendar": None}))


def test_a_session_moves_to_another_room_that_fits_and_everybody_is_told(site: Site, tmp_path: Path) -> None:
    before = room_of_it(site)
    another_room(site)
    write_calendar(tmp_path, "room", [OVER_IT])

    mails = mails_after(site, lambda: read(site, 10))

    assert (before, room_of_it(site)) != (before, before)
    assert room_of_it(site) == "Attic"
    assert ("Priya", "invitation") in mails


def test_where_no_room_is_left_the_admins_are_told_once_and_nothing_changes(
    site: Site, tmp_path: Path
) -> None:
    before = room_of_it(site)
    with site.store.writing() as connection:
        connection.execute(update(t.room).where(t.room.c.name != before).values(uses=["lunch"]))
    write_calendar(tmp_path, "room", [OVER_IT])

    mails = mails_after(site, lambda: read(site, 10))
    write_calendar(tmp_path, "room", [])
    read(site, 20)
    write_calendar(tmp_path, "room", [OVER_IT])
    again = mails_after(site, lambda: read(site, 30))

    assert room_of_it(site) == before
    assert [mail for mail in mails if mail[1] == "note"] == [("Ada", "note")]
    assert again == []


def test_a_room_that_is_busy_at_another_time_keeps_its_session(site: Site, tmp_path: Path) -> None:
    before = room_of_it(site)
    write_calendar(tmp_path, "room", [(on(WEDNESDAY, 8), on(WEDNESDAY, 9))])

    assert mails_after(site, lambda: read(site, 10)) == []
    assert room_of_it(site) == before
