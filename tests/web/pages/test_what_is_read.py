"""The page that tells everybody what is read of their calendar, over HTTP."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from connectors.base import Permission
from connectors.settings import GoogleSettings
from tests.web.company import a_company, member, write_calendar
from tests.web.made_up import NOW
from tests.web.pages.persons import Person
from web.operations import calendars
from web.pages import create_app
from web.site import Site
from web.store import access
from web.store import tables as t

HOUR = timedelta(hours=1)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return a_company(tmp_path)


def page(site: Site, name: str | None = "aisha") -> str:
    return Person(create_app(site), site, name).open("/what-is-read").text


def with_google(site: Site, name: str) -> Site:
    """The person's calendar is a mailbox at Google, which invites from a mailbox of its own."""
    settings = GoogleSettings(client_id="1234", refresh_token_file=Path("/none"))
    told = site.config.connectors.model_copy(
        update={"google": settings, "organizer": "google:mentoring@example.org"}
    )
    with site.store.writing() as connection:
        who = t.person.c.email == f"{name}@example.org"
        connection.execute(update(t.person).where(who).values(calendar=f"google:{name}@example.org"))
    return replace(site, config=site.config.model_copy(update={"connectors": told}))


@pytest.mark.parametrize("name", ["aisha", "priya", "ada"])
def test_everybody_finds_it_at_the_foot_of_every_page(site: Site, name: str) -> None:
    assert 'href="/what-is-read"' in Person(create_app(site), site, name).open("/what-is-read").text


def test_strangers_sign_in_first(site: Site) -> None:
    answer = Person(create_app(site), site).open("/what-is-read")

    assert answer.status_code == 303
    assert answer.location.startswith("/sign-in")


def test_it_says_what_is_kept_and_how_old_that_is(site: Site, tmp_path: Path) -> None:
    write_calendar(tmp_path, "aisha", [(NOW + HOUR, NOW + 2 * HOUR), (NOW + 3 * HOUR, NOW + 4 * HOUR)])
    calendars.sync(site, None, NOW - 3 * HOUR)

    told = page(site)

    assert "2 times, each with its beginning, its end and its kind" in told
    assert "Last read" in told and "3 hours ago" in told
    assert "Dentist" not in told
    assert "aisha.ics" not in told  # whoever knows a feed's address can read it
    assert "anybody who knows the address" in told
    assert "Ada" in told and "ada@example.org" in told


def test_of_time_that_could_not_be_read_it_says_so(site: Site, tmp_path: Path) -> None:
    (tmp_path / "calendars" / "aisha.ics").unlink()
    calendars.sync(site, None, NOW)

    assert "could not be read: The calendar" in page(site).replace("’", "'")


def test_it_tells_what_was_granted_and_not_only_what_is_used(site: Site) -> None:
    site = with_google(site, "aisha")
    wide = Permission("calendar", "not needed", "everything, with titles", True)
    refused = Permission("calendar.other", "a reason", "something that was refused", False)
    with site.store.writing() as connection:
        access.note(connection, "google", [wide, refused], None, NOW - HOUR)

    told = page(site)

    assert "It could read everything, with titles." in told
    assert "something that was refused" not in told
    assert "aisha@example.org" in told
    assert "mentoring@example.org" in told


def test_until_a_system_has_told_it_says_what_is_asked_for(site: Site) -> None:
    told = page(with_google(site, "aisha"))

    assert "This is what we ask for" in told
    assert "https://www.googleapis.com/auth/calendar.freebusy" in told
    assert "It has not been read yet" in told


def test_what_a_system_told_stays_known_while_it_tells_nothing(site: Site) -> None:
    site = with_google(site, "aisha")
    with site.store.writing() as connection:
        access.note(connection, "google", [Permission("calendar", "why", "everything", True)], None, NOW)
        access.note(connection, "google", None, "The consent has ended.", NOW + HOUR)
        told = access.of(connection, "google")

    assert told is not None
    assert [one.name for one in told.permissions] == ["calendar"]
    assert told.problem == "The consent has ended."


def test_who_has_no_calendar_here_reads_that_nothing_is_read(site: Site) -> None:
    with site.store.writing() as connection:
        who = t.person.c.id == member(site, "aisha").person.id
        connection.execute(update(t.person).where(who).values(calendar=None))

    assert "No calendar of yours is known here" in page(site)


def test_reading_all_calendars_in_the_background_asks_what_is_granted(site: Site) -> None:
    site = with_google(site, "aisha")

    calendars.sync_job(site)

    with site.store.reading() as connection:
        told = access.of(connection, "google")
    assert told is not None
    assert "/none" in str(told.problem)
    assert told.permissions == ()
