"""What pages say of calendar events, and the buttons that answer questions about them."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert, update

from connectors.base import Refused, Response, Unreachable
from connectors.memory import MemoryOrganizer
from tests.web.company import a_company, member
from tests.web.made_up import NOW
from tests.web.organizers import a_company_with_an_organizer, differences, look, settle, there, wanted
from tests.web.pages.persons import Person, propose_a_day, state_of, version_of
from web.operations import proposals
from web.pages import create_app
from web.site import Site
from web.store import tables as t

SOON = NOW + timedelta(minutes=1)


@pytest.fixture
def company(tmp_path: Path) -> tuple[Site, MemoryOrganizer]:
    return a_company_with_an_organizer(tmp_path)


def agreed(site: Site) -> int:
    day = propose_a_day(site)
    settle(site)
    proposals.approve(site, day, version_of(site, day), member(site, "priya"), (), NOW)
    settle(site)
    return day


def at_desk(site: Site, name: str) -> Person:
    return Person(create_app(site), site, name)


def test_a_senior_reads_that_a_day_is_held_and_then_in_the_calendar(
    company: tuple[Site, MemoryOrganizer],
) -> None:
    site, organizer = company
    priya = at_desk(site, "priya")
    day = propose_a_day(site)
    assert "being written" in priya.open(f"/days/{day}").text

    settle(site)
    page = priya.open(f"/days/{day}").text
    assert page.count("held</span>") == 3
    assert "nobody else is asked yet" in page

    proposals.approve(site, day, version_of(site, day), member(site, "priya"), (), NOW)
    settle(site)
    for session in ("gita", "hal"):
        organizer.answer(wanted(site)["desk"].key, f"{session}@example.org", Response.ACCEPTED)
    page = at_desk(look(site, SOON), "priya").open(f"/days/{day}").text
    assert page.count("in your calendar</span>") == 2
    assert "in your calendar · 2 accepted" in page


def test_a_senior_reads_why_an_event_cannot_be_written(company: tuple[Site, MemoryOrganizer]) -> None:
    site, organizer = company
    organizer.fail(Refused("Ask the administrator to grant Calendars.ReadWrite."), times=9)
    day = propose_a_day(site)
    settle(site)

    page = at_desk(site, "priya").open(f"/days/{day}").text

    assert "cannot be written yet: Ask the administrator to grant Calendars.ReadWrite." in page


def test_a_question_is_answered_with_a_button(company: tuple[Site, MemoryOrganizer]) -> None:
    site, organizer = company
    day = agreed(site)
    organizer.remove(wanted(site)["lunch"].key)
    site = look(site, SOON)
    priya = at_desk(site, "priya")
    assert "One question about your calendar" in priya.open("/days").text
    page = priya.open(f"/days/{day}").text
    assert "Its event was removed from the calendar." in page
    assert "Put it back" in page
    address = f"/days/events/{wanted(site)['lunch'].id}/answer"
    assert f'action="{address}"' in page

    answer = priya.press(address, f"/days/{day}", choice="put_back")

    assert (answer.status_code, answer.location) == (303, f"/days/{day}")
    settle(site)
    page = priya.open(f"/days/{day}").text
    assert "It goes back into everybody&#39;s calendar." in page
    assert "Its event was removed" not in page
    assert differences(site, organizer) == []


def test_calling_a_session_off_shows_the_day_without_it(company: tuple[Site, MemoryOrganizer]) -> None:
    site, organizer = company
    day = agreed(site)
    organizer.remove(wanted(site)["lunch"].key)
    site = look(site, SOON)
    priya = at_desk(site, "priya")
    address = f"/days/events/{wanted(site)['lunch'].id}/answer"

    priya.press(address, f"/days/{day}", choice="call_off")

    assert "left out" in priya.open(f"/days/{day}").text
    assert state_of(site, day) == "approved"


def test_an_answer_that_cannot_be_is_refused_kindly(company: tuple[Site, MemoryOrganizer]) -> None:
    site, organizer = company
    day = agreed(site)
    one = there(organizer)[wanted(site)["desk"].key]
    organizer.move(one.key, one.start + timedelta(days=1), one.end + timedelta(days=1))
    site = look(site, SOON)
    priya = at_desk(site, "priya")
    address = f"/days/events/{wanted(site)['desk'].id}/answer"
    assert "The new time is" in priya.open(f"/days/{day}").text

    refused = priya.press(address, f"/days/{day}", choice="keep_time")
    nonsense = priya.press(address, f"/days/{day}", choice="explode")

    assert (refused.status_code, nonsense.status_code) == (409, 422)
    assert "two days instead of one" in refused.text


def test_an_admin_reads_what_is_stuck_and_has_it_tried_again(
    company: tuple[Site, MemoryOrganizer],
) -> None:
    site, organizer = company
    organizer.fail(Unreachable("The calendar does not answer."), times=4)
    propose_a_day(site)
    settle(site)
    ada = at_desk(site, "ada")
    page = ada.open("/admin").text
    assert "Three events could not be written yet" in page
    assert page.count("The calendar does not answer.") >= 3

    answer = ada.press("/admin/events/try-again", "/admin")

    assert answer.status_code == 303
    settle(site)
    assert differences(site, organizer) == []
    assert "could not be written" not in ada.open("/admin").text


def test_who_comes_to_an_online_session_finds_the_link(company: tuple[Site, MemoryOrganizer]) -> None:
    site, _ = company
    gita = member(site, "gita")
    with site.store.writing() as connection:
        online = update(t.session).where(t.session.c.id == "desk")
        start = NOW + timedelta(days=5)
        values = {"state": "agreed", "start": start, "office_id": None, "room_use": None, "seats_held": 3}
        connection.execute(online.values(**values))
        seat = {"session_id": "desk", "person_id": gita.person.id, "state": "invited", "since": NOW}
        connection.execute(insert(t.seat).values(**seat))
    settle(look(site, NOW))

    page = at_desk(site, "gita").open("/sessions").text

    assert f'href="https://meet.example/{wanted(site)["desk"].key}"' in page
    assert "It is in your calendar and your mail" in page


def test_without_an_organizer_pages_say_nothing_of_events(tmp_path: Path) -> None:
    site = a_company(tmp_path)
    day = propose_a_day(site)

    assert "In your calendar" not in at_desk(site, "priya").open(f"/days/{day}").text
    assert "organizer" not in at_desk(site, "ada").open("/admin").text
    assert at_desk(site, "ada").open("/days").status_code == 404
