"""What came of one's own sessions, on the pages that look back."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask

from tests.web.company import a_company, member
from tests.web.history import History
from tests.web.made_up import NOW
from tests.web.pages.persons import Person
from web.operations import assistants, attendance
from web.pages import create_app
from web.site import Site

WEEK = timedelta(weeks=1)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return a_company(tmp_path)


@pytest.fixture
def app(site: Site) -> Flask:
    return create_app(site)


def test_both_sides_read_how_much_of_what_was_agreed_was_held(app: Flask, site: Site) -> None:
    was = History(site)
    priya, gita = member(site, "priya"), member(site, "gita")
    first, second = (
        was.session(NOW - WEEK, ["gita"], None),
        was.session(NOW - 2 * WEEK, ["gita", "hal"], None),
    )
    was.session(NOW - 3 * WEEK, ["gita"], None)
    long_ago = was.session(NOW - 20 * WEEK, ["gita"], None)
    for key in (first, second, long_ago):
        attendance.say_outcome(site, key, True, priya, NOW)
    attendance.say_attendance(site, second, gita.person.id, False, gita, NOW)

    senior = Person(app, site, "priya").open("/days/past").text
    junior = Person(app, site, "gita").open("/sessions/past").text

    assert "In the last 12 weeks, for you alone: 3 agreed, 2 held, 1 of which nobody has said." in senior
    assert "3 agreed, 1 held, 1 without you, 1 of which nobody has said." in junior
    before = (NOW - 15 * WEEK).date()
    earlier = Person(app, site, "gita").open(f"/sessions/past?before={before}").text
    assert "for you alone: 1 agreed, 1 held." in earlier


def test_what_came_of_it_is_for_the_senior_and_for_nobody_who_acts_for_them(app: Flask, site: Site) -> None:
    priya = member(site, "priya")
    assert "What came of your time" not in Person(app, site, "priya").open("/days/past").text
    History(site).session(NOW - WEEK, ["gita", "hal"])
    assistants.name(site, priya.person.id, "marek@example.org", False, priya, NOW)
    marek = Person(app, site, "marek")
    choice = {"programme": priya.programme_id, "for": priya.person.id}
    assert marek.press("/switch", "/days", **choice).status_code == 303

    assert "2</dd>" in Person(app, site, "priya").open("/days/past").text
    acting = marek.open("/days/past").text
    assert "Acting for <bdi>Priya</bdi>" in acting
    assert "What came of your time" not in acting
