"""Somebody whose calendar tells nothing hears of it where they are at home, and states hours."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import insert

from tests.web.company import a_company, member
from tests.web.made_up import NOW
from tests.web.pages.persons import Person
from web.operations import stated_hours
from web.pages import create_app
from web.site import Site
from web.store import tables as t

REASON = "The file is gone."
HOURS = {"tue_from": "10:00", "tue_to": "12:30", "until": "2027-04-02"}


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """Of Aisha's and Priya's calendars nothing is known."""
    site = a_company(tmp_path)
    with site.store.writing() as connection:
        for name in ("aisha", "priya"):
            connection.execute(
                insert(t.reading).values(
                    person_id=member(site, name).person.id,
                    read_at=NOW,
                    window_start=NOW,
                    window_end=NOW + timedelta(days=30),
                    reason=REASON,
                    warnings=[],
                )
            )
    return site


@pytest.fixture
def app(site: Site) -> Flask:
    return create_app(site)


@pytest.mark.parametrize(("name", "home"), [("aisha", "/sessions"), ("priya", "/days")])
def test_who_cannot_be_planned_hears_why_and_what_to_do(app: Flask, site: Site, name: str, home: str) -> None:
    page = Person(app, site, name).open(home).text

    assert REASON in page and "Say when I am free" in page
    assert 'href="/hours"' in page


def test_whose_calendar_is_read_hears_nothing_of_it(app: Flask, site: Site) -> None:
    assert "Say when I am free" not in Person(app, site, "ben").open("/sessions").text


def test_hours_are_stated_seen_and_withdrawn(app: Flask, site: Site) -> None:
    aisha = Person(app, site, "aisha")

    assert aisha.press("/hours", "/hours", **HOURS).status_code == 303
    page = aisha.open("/hours").text
    assert 'value="10:00"' in page and 'value="12:30"' in page
    assert "until Friday 2 April" in page
    assert "until Friday 2 April" in aisha.open("/sessions").text
    assert stated_hours.of_person(site, member(site, "aisha"), NOW).hours == {"tue": ("10:00", "12:30")}

    assert aisha.press("/hours/withdraw", "/hours").status_code == 303
    assert "until Friday 2 April" not in aisha.open("/hours").text


def test_mistakes_stand_beside_their_fields_and_what_was_typed_stays(app: Flask, site: Site) -> None:
    typed = HOURS | {"wed_from": "soon", "until": "2028-01-01", "fri_from": "09:00"}
    page = Person(app, site, "aisha").press("/hours", "/hours", **typed)

    assert page.status_code == 422
    assert 'value="10:00"' in page.text and 'value="2028-01-01"' in page.text
    assert 'id="wed_from-mistake"' in page.text
    assert stated_hours.of_person(site, member(site, "aisha"), NOW).until is None

    page = Person(app, site, "aisha").press("/hours", "/hours", **typed | {"wed_from": ""})
    assert 'id="fri_to-mistake"' in page.text and 'id="until-mistake"' in page.text
