"""How rooms' calendars were read, on an admin's pages."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import update

from tests.web.company import a_company, write_calendar
from tests.web.made_up import NOW
from tests.web.pages.persons import Person
from web.operations import calendars
from web.pages import create_app
from web.site import Site
from web.store import tables as t


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """The park has a calendar that can be read, the hall one that is not there, the yard none."""
    site = a_company(tmp_path)
    write_calendar(tmp_path, "of-park", [])
    with site.store.writing() as connection:
        for room in ("park", "hall"):
            calendar = f"ics:{tmp_path}/calendars/of-{room}.ics"
            connection.execute(update(t.room).where(t.room.c.id == room).values(calendar=calendar))
    calendars.sync(site, None, NOW)
    return site


def page(site: Site, address: str) -> str:
    return Person(create_app(site), site, "ada").open(address).text


def test_the_overview_counts_them_and_leads_to_them(site: Site) -> None:
    told = page(site, "/admin")

    assert "One calendar needs a look" in told
    assert "See which rooms" in told


def test_the_list_and_a_rooms_own_page_say_what_is_wrong_and_how_old_it_is(
    site: Site, tmp_path: Path
) -> None:
    listed, hall, park, yard = (page(site, f"/admin/rooms{room}") for room in ("", "/hall", "/park", "/yard"))

    for told in (listed, hall):
        assert "file does not exist" in told
    assert "Read <time" in park and "just now" in park
    assert "None is known, so it counts as free" in yard
    assert str(tmp_path) not in listed + hall + park
