"""Looking back on the pages: one tap says what was, one takes it back."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from pathlib import Path

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from tests.web.company import a_company, agree_coworking, at, member
from tests.web.made_up import NOW
from tests.web.pages.persons import Person, token_on
from web.operations import attendance, seats
from web.pages import create_app
from web.site import Site

START = NOW + timedelta(days=5)
AFTER = START + timedelta(hours=3)
DAYS, SESSIONS = "/days/past", "/sessions/past"


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """Three hours after co-working with Gita and Hal began, and an hour after another with Ben."""
    site = a_company(tmp_path)
    session = agree_coworking(site, 2, START)
    for name in ("gita", "hal"):
        seats.book(site, session, member(site, name), NOW)
    seats.book(site, agree_coworking(site, 1, START + timedelta(hours=2)), member(site, "ben"), NOW)
    return at(site, AFTER)


@pytest.fixture
def app(site: Site) -> Flask:
    return create_app(site)


def tap(person: Person, seen_on: str, label: str) -> TestResponse:
    """Press the one button of that label on a page, as a browser does, and see where it leads."""
    page = person.open(seen_on)
    forms = re.findall(r'<form method="post" action="([^"]+)">(.*?)</form>', page.text, re.S)
    (form,) = [(action, inner) for action, inner in forms if re.search(f">{label}<", inner)]
    fields: dict[str, list[str]] = {}
    for tag in re.findall(r"<input[^>]*>", form[1]):
        name, value = re.search(r'name="([^"]*)"', tag), re.search(r'value="([^"]*)"', tag)
        assert name is not None and value is not None
        fields.setdefault(name[1], []).append(unescape(value[1]))
    answer = person.browser.post(unescape(form[0]), data=fields)
    assert answer.status_code == 303, answer.text
    return person.open(answer.location)


def outcome(site: Site) -> str | None:
    """What is said of the one with Gita and Hal."""
    _, past = attendance.past_days(site, member(site, "priya"), AFTER)
    return past.outcome.what if past.outcome else None


def test_one_tap_says_that_all_of_a_day_happened_and_one_takes_it_back(app: Flask, site: Site) -> None:
    priya = Person(app, site, "priya")

    said = tap(priya, DAYS, "All of it happened")
    assert outcome(site) == "held"
    assert said.text.count("said by you") == 2
    assert "All of it happened" not in said.text

    # What was flashed is shown once: press its button on the page that shows it.
    fields = {
        "csrf_token": token_on(said),
        "session": re.findall(r'name="session" value="([^"]+)"', said.text),
    }
    priya.browser.post(f"{DAYS}/all/undo", data=fields)
    assert "said by you" not in priya.open(DAYS).text


def test_a_senior_says_who_came_and_takes_it_back(app: Flask, site: Site) -> None:
    priya, gita = Person(app, site, "priya"), str(member(site, "gita").person.id)
    address = f"{DAYS}/open-2"

    priya.press(f"{address}/attendance", DAYS, person=gita, said="came")
    assert outcome(site) == "held"
    seen = priya.open(DAYS).text
    assert "Came" in seen and 'name="attendance" value="unsaid"' in seen
    priya.press(f"{address}/undo", DAYS, person=gita, attendance="unsaid", outcome="unsaid")
    assert outcome(site) is None


def test_a_junior_says_in_one_tap_what_was(app: Flask, site: Site) -> None:
    gita = Person(app, site, "gita")

    assert "You were there" in tap(gita, SESSIONS, "I was there").text
    assert outcome(site) == "held"
    assert "You were not there" in tap(gita, SESSIONS, "I was not").text
    assert "Did not happen" in tap(gita, SESSIONS, "It did not happen").text
    assert outcome(site) == "fell_through"


def test_an_undo_of_it_did_not_happen_brings_back_what_was_known(app: Flask, site: Site) -> None:
    gita = Person(app, site, "gita")
    attendance.say_outcome(site, "open-2", True, member(site, "priya"), AFTER)

    tap(gita, SESSIONS, "It did not happen")
    gita.press(f"{SESSIONS}/open-2/undo", SESSIONS, outcome="held", attendance="unsaid", person="7")

    assert outcome(site) == "fell_through"  # person 7 is not Gita
    mine = str(member(site, "gita").person.id)
    gita.press(f"{SESSIONS}/open-2/undo", SESSIONS, outcome="held", attendance="unsaid", person=mine)
    assert outcome(site) == "held"


def test_a_junior_sees_nothing_of_the_others_attendance(app: Flask, site: Site) -> None:
    hal = member(site, "hal")
    attendance.say_attendance(site, "open-2", hal.person.id, False, hal, AFTER)

    assert "You were not there" in Person(app, site, "hal").open(SESSIONS).text
    seen = Person(app, site, "gita").open(SESSIONS).text
    assert "not there" not in seen and "Hal" not in seen


def test_what_makes_no_sense_changes_nothing(app: Flask, site: Site) -> None:
    priya, gita = Person(app, site, "priya"), Person(app, site, "gita")

    assert priya.press(f"{DAYS}/open-2/outcome", DAYS, said="perhaps").status_code == 422
    assert priya.press(f"{DAYS}/open-2/attendance", DAYS, said="came", person="x").status_code == 422
    assert gita.press(f"{SESSIONS}/open-2/say", SESSIONS, said="held").status_code == 422
    assert gita.press(f"{SESSIONS}/none/say", SESSIONS, said="came").status_code == 409
    assert priya.press(f"{DAYS}/all", DAYS, session="none").status_code == 404
    assert priya.press(f"{DAYS}/open-2/undo", DAYS, outcome="held", person="").status_code == 422
    assert outcome(site) is None


def test_a_page_looks_back_as_far_as_one_likes(app: Flask, site: Site) -> None:
    later = at(site, AFTER + timedelta(weeks=20))
    priya = Person(create_app(later), later, "priya")
    with priya.browser.session_transaction() as cookie:
        cookie["since"] = later.now().isoformat()

    page = priya.open(DAYS)
    assert page.text.count("Co-working") == 0
    earlier = re.search(r'href="(/days/past\?before=[^"]+)"', page.text)
    assert earlier is not None
    assert "Co-working" in priya.open(earlier[1]).text
    assert priya.open(f"{DAYS}?before=soon").status_code == 200
    assert "Co-working" not in Person(app, site, "priya").open(f"{DAYS}?before=2020-01-01").text
