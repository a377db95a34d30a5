"""An offered seat over HTTP: from the mail without signing in, and from one's own page."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import Connection, select, update

from tests.web.company import a_company, agree_coworking, at, member
from tests.web.made_up import NOW
from tests.web.pages.persons import Person
from web import jobs
from web.errors import Refused
from web.operations import seats
from web.pages import create_app
from web.site import Site
from web.store import links
from web.store import seats as kept
from web.store import tables as t


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """Hal was first in line for Gita's seat, and Ben after him; she has given it up."""
    site = a_company(tmp_path)
    session = agree_coworking(site, 1)
    seats.book(site, session, member(site, "gita"), NOW)
    for minutes, name in enumerate(("hal", "ben")):
        seats.wait(site, session, member(site, name), NOW + timedelta(minutes=minutes))
    seats.give_up(site, session, member(site, "gita"), NOW + timedelta(minutes=5))
    return site


@pytest.fixture
def app(site: Site) -> Flask:
    return create_app(site)


def mailed(site: Site) -> dict[str, str]:
    """The paths behind the two buttons of the mail to Hal."""
    jobs.run_due(at(site, NOW + timedelta(minutes=5)))
    folder = site.config.mail.outbox_folder
    assert folder is not None
    mails = [message_from_bytes(file.read_bytes(), policy=default) for file in folder.iterdir()]
    (mail,) = (each for each in mails if "A seat came free" in each["Subject"])
    text = mail.get_body(("plain",)).get_content()
    return dict(re.findall(r"(Take the seat|Pass):\s+http://[^/]+(/seat/\S+)", text))


def state_of(site: Site, name: str) -> str:
    with site.store.reading() as connection:
        mine = select(t.seat.c.state).where(t.seat.c.person_id == member(site, name).person.id)
        return connection.execute(mine).scalar_one()


def test_opening_the_link_changes_nothing_and_its_button_takes_the_seat_once(app: Flask, site: Site) -> None:
    path, stranger = mailed(site)["Take the seat"], Person(app, site)

    assert "a seat is yours until tomorrow" in stranger.open(path).text
    assert stranger.browser.head(path).status_code == 200
    assert state_of(site, "hal") == "offered"

    taken = stranger.press(path.partition("?")[0], path, answer="take")
    assert taken.status_code == 303
    assert state_of(site, "hal") == "booked"
    assert "You have this seat" in stranger.open(path).text


def test_passing_from_the_mail_offers_the_seat_to_the_next(app: Flask, site: Site) -> None:
    path, stranger = mailed(site)["Pass"], Person(app, site)
    buttons = re.findall(r'<button class="button (\w*)">([^<]+)', stranger.open(path).text)
    assert buttons[0] == ("first", "Pass")

    stranger.press(path.partition("?")[0], path, answer="pass")

    assert (state_of(site, "hal"), state_of(site, "ben")) == ("cancelled", "offered")
    assert "You passed on this seat" in stranger.open(path).text


def test_a_link_that_came_too_late_says_so_and_takes_nothing(app: Flask, site: Site) -> None:
    path = mailed(site)["Take the seat"]
    later = create_app(at(site, NOW + timedelta(hours=25)))
    stranger = Person(later, site)

    page = stranger.open(path)

    assert "no longer kept for you" in page.text
    assert "<button" not in page.text


def test_the_offer_stands_on_one_s_own_page_with_one_tap_each(app: Flask, site: Site) -> None:
    hal = Person(app, site, "hal")
    page = hal.open("/sessions").text
    assert "A seat is yours until" in page
    assert "Take it" in page

    assert hal.press("/sessions/open-1/claim", "/sessions").status_code == 303
    assert state_of(site, "hal") == "booked"


def test_passing_on_one_s_own_page_can_be_followed_by_joining_again(app: Flask, site: Site) -> None:
    hal = Person(app, site, "hal")

    hal.press("/sessions/open-1/give-up", "/sessions")

    assert "Join the line again" in hal.open("/sessions").text
    hal.press("/sessions/open-1/wait", "/sessions")
    assert state_of(site, "hal") == "waiting"


def test_while_seats_go_by_need_one_s_name_goes_on_a_list_and_the_page_says_until_when(
    app: Flask, site: Site
) -> None:
    with site.store.writing() as connection:
        kept.begin_by_need(connection, ["open-1"], NOW)
    dana = Person(app, site, "dana")
    assert "seats go to those who have had least" in dana.open("/sessions").text

    dana.press("/sessions/open-1/wait", "/sessions")

    page = dana.open("/sessions").text
    assert "Until tomorrow 10:00 seats go to those who have had least." in page
    assert "You are on the list; you’ll hear then." in page
    assert "ahead of you" not in page


def test_of_two_who_answer_a_link_at_one_moment_one_is_refused(
    app: Flask, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a server, the other's may be written between our reading of the link and our using it up."""
    path = mailed(site)["Take the seat"]
    stranger = Person(app, site)
    stranger.open(path)
    read = links.one

    def read_just_before_the_other(connection: Connection, link_id: str, purpose: str) -> links.Link | None:
        found = read(connection, link_id, purpose)
        assert links.use(connection, link_id, NOW)
        return found

    token = path.partition("?")[0].rpartition("/")[2]
    monkeypatch.setattr(links, "one", read_just_before_the_other)
    with pytest.raises(Refused, match="used already"):
        seats.decide_by_link(site, token, take=True, now=NOW)
    assert state_of(site, "hal") == "offered"


def test_a_link_to_a_seat_of_a_session_that_is_due_again_leads_nowhere(app: Flask, site: Site) -> None:
    path, stranger = mailed(site)["Take the seat"], Person(app, site)
    with site.store.writing() as connection:
        again_due = update(t.session).where(t.session.c.id == "open-1")
        connection.execute(again_due.values(state="due", start=None, room_id=None))
    assert stranger.open(path).status_code == 404


def test_a_session_called_off_while_seats_are_given_out_is_left_alone(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between looking for sessions with news and settling one of them, somebody else may call it off."""
    with site.store.writing() as connection:
        kept.begin_by_need(connection, ["open-1"], NOW)
    look = kept.offers_run_out

    def look_and_call_off(connection: Connection, session_id: str, now: datetime) -> list[int]:
        found = look(connection, session_id, now)
        with site.store.writing() as other:
            other.execute(update(t.session).where(t.session.c.id == session_id).values(state="cancelled"))
        return found

    monkeypatch.setattr(kept, "offers_run_out", look_and_call_off)
    seats.settle_due(site, NOW + timedelta(hours=25))

    assert (state_of(site, "hal"), state_of(site, "ben")) == ("offered", "waiting")
