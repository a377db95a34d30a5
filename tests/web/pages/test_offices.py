"""Offices on pages: whose holidays close them, days closed besides, and the way back from each."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import Update, select, update
from werkzeug.test import TestResponse

from tests.web.company import a_company, agree_coworking
from tests.web.pages.persons import Person, mailed_path, propose_a_day
from web.pages import create_app
from web.pages.offices import stretches
from web.records import ClosedDayRecord
from web.site import Site
from web.store import roster
from web.store import tables as t

LONDON = "/admin/offices/london"


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return a_company(tmp_path)


@pytest.fixture
def ada(site: Site) -> Person:
    app: Flask = create_app(site)
    return Person(app, site, "ada")


def days(site: Site) -> dict[str, tuple[str, bool, bool]]:
    c = t.office_closure.c
    with site.store.reading() as connection:
        rows = connection.execute(select(t.office_closure).order_by(c.day))
        return {row.day.isoformat(): (row.reason, row.holiday, row.open_anyway) for row in rows}


def undo(ada: Person, answer: TestResponse) -> TestResponse:
    """Press the button that the page after an answer offers."""
    page = ada.open(answer.location).text
    form = page[page.index('class="said" role="status"') :]
    form = form[form.index("<form") : form.index("</form>")]
    fields = dict(re.findall(r'name="([^"]+)" value="([^"]*)"', form))
    action = re.search(r'action="([^"]+)"', form)
    assert action is not None
    return ada.browser.post(action[1], data=fields)


def test_an_office_that_nobody_uses_can_be_removed_and_no_other(site: Site, ada: Person) -> None:
    office = {"name": "Paris", "timezone": "Europe/Paris", "days": "mon", "opens": "08:00", "closes": "18:00"}
    ada.press("/admin/start/office", "/admin/start", **office)
    paris = "/admin/offices/paris"
    ada.press(f"{paris}/holidays", paris, place="FR")
    assert "Remove this office" in ada.open(paris).text
    assert "Remove this office" not in ada.open(LONDON).text

    assert ada.press(f"{paris}/drop", paris).location == "/admin/offices"
    refused = ada.press(f"{LONDON}/drop", LONDON)

    assert (refused.status_code, "so it stays" in refused.text) == (409, True)
    assert ada.browser.get(paris).status_code == 404
    assert ada.press(f"{paris}/drop", LONDON).status_code == 404
    assert days(site) == {}
    with site.store.reading() as connection:
        assert list(roster.offices(connection)) == ["london"]
        assert "office.drop" in connection.execute(select(t.audit_entry.c.action)).scalars().all()


@pytest.mark.parametrize("what", ["room", "person", "session", "moved", "proposal"])
def test_an_office_stays_as_long_as_anything_belongs_to_it(site: Site, ada: Person, what: str) -> None:
    propose_a_day(site)
    other = {"name": "Paris", "timezone": "Europe/Paris", "days": "mon", "opens": "08:00", "closes": "18:00"}
    ada.press("/admin/start/office", "/admin/start", **other)
    its: dict[str, Update] = {
        "room": update(t.room).values(office_id="paris"),
        "person": update(t.person_office).values(office_id="paris"),
        "session": update(t.session).values(office_id="paris"),
        "moved": update(t.session).values(office_before="paris"),
        "proposal": update(t.proposal).values(office_id="paris"),
    }
    with site.store.writing() as connection:
        connection.execute(its[what])

    assert ada.press("/admin/offices/paris/drop", LONDON).status_code == 409


def test_a_place_is_chosen_from_lists_and_undone(site: Site, ada: Person) -> None:
    page = ada.open(f"{LONDON}?country=DE").text
    assert '<option value="DE-BY">Bayern</option>' in page

    answer = ada.press(f"{LONDON}/holidays", LONDON, place="DE-BY")

    assert answer.status_code == 303
    assert days(site)["2027-05-17"] == ("Pentecost Monday", True, False)
    shown = ada.open(LONDON).text
    assert "Germany, Bayern" in shown
    assert "Pentecost Monday" in shown
    answer = ada.press(f"{LONDON}/holidays", LONDON, place="GB-ENG")
    undo(ada, answer)
    assert "2027-05-17" in days(site)
    ada.press(f"{LONDON}/holidays", LONDON, place="")
    assert days(site) == {}


def test_a_country_without_regions_and_one_that_is_none_can_be_asked_for(ada: Person) -> None:
    assert "It has no regions with days of their own." in ada.open(f"{LONDON}?country=IL").text
    assert ada.open(f"{LONDON}?country=%3D1%2B1").status_code == 200


def test_a_place_that_is_none_is_told_at_its_field(site: Site, ada: Person) -> None:
    answer = ada.press(f"{LONDON}/holidays", LONDON, place="GB-EN")

    assert answer.status_code == 422
    assert "did you mean GB-ENG (England)?" in answer.text
    assert days(site) == {}


def test_an_office_is_closed_for_days_and_each_step_has_a_way_back(site: Site, ada: Person) -> None:
    fields = {"first": "2027-08-02", "last": "2027-08-04", "reason": "New floors"}

    closed = ada.press(f"{LONDON}/closures", LONDON, **fields)
    assert list(days(site)) == ["2027-08-02", "2027-08-03", "2027-08-04"]
    undo(ada, closed)
    assert days(site) == {}

    ada.press(f"{LONDON}/closures", LONDON, **fields)
    removed = ada.press(f"{LONDON}/closures/remove", LONDON, first="2027-08-02", last="2027-08-04")
    assert days(site) == {}
    undo(ada, removed)
    assert days(site)["2027-08-03"] == ("New floors", False, False)


def test_one_day_needs_no_last_day(site: Site, ada: Person) -> None:
    ada.press(f"{LONDON}/closures", LONDON, first="2027-08-02")

    assert list(days(site)) == ["2027-08-02"]


def test_mistakes_are_told_and_what_was_typed_stays(site: Site, ada: Person) -> None:
    answer = ada.press(f"{LONDON}/closures", LONDON, first="2027-03-01", last="2027-02-01", reason="a; b")

    assert answer.status_code == 422
    for says in (
        "Must be today or later",
        "Must not come before the first day",
        "no semicolon",
        'value="a; b"',
    ):
        assert says in answer.text
    again = ada.press(f"{LONDON}/closures", LONDON, first="never")
    assert again.status_code == 422
    assert days(site) == {}


def test_closed_twice_is_told_and_changes_nothing(site: Site, ada: Person) -> None:
    ada.press(f"{LONDON}/closures", LONDON, first="2027-08-02")

    answer = ada.press(f"{LONDON}/closures", LONDON, first="2027-08-02")

    assert answer.status_code == 409
    assert "closed on all of these days already" in answer.text


def test_what_is_agreed_on_the_day_is_named_before_it_is_closed(site: Site, ada: Person) -> None:
    agree_coworking(site, 5)  # on Wednesday 10 March

    asked = ada.press(f"{LONDON}/closures", LONDON, first="2027-03-10", reason="Works")

    assert asked.status_code == 409
    assert "One session is agreed then" in asked.text
    assert days(site) == {}
    confirmed = ada.press(f"{LONDON}/closures", LONDON, first="2027-03-10", reason="Works", confirmed="yes")
    assert confirmed.status_code == 303
    with site.store.reading() as connection:
        agreed = connection.execute(select(t.session.c.id).where(t.session.c.state == "agreed")).all()
    assert len(agreed) == 1
    assert "Agreed on closed days" in ada.open(LONDON).text


def test_days_that_wait_for_an_answer_are_named_before_it_is_closed_and_their_pages_say_so(
    site: Site, ada: Person
) -> None:
    proposal_id = propose_a_day(site)  # on Wednesday 10 March
    priya = Person(ada.browser.application, site, "priya")
    mailed = Person(ada.browser.application, site)
    pages = (
        (priya, f"/days/{proposal_id}"),
        (mailed, mailed_path(site, proposal_id)),
        (mailed, f"{mailed_path(site, proposal_id)}?answer=skip"),
    )
    assert all("Approve" in who.open(address).text for who, address in pages)

    asked = ada.press(f"{LONDON}/closures", LONDON, first="2027-03-10", reason="Works")
    assert asked.status_code == 409
    assert "One day is proposed then" in asked.text
    assert "One day that is proposed there waits for an answer" in asked.text
    question = asked.text[asked.text.index('id="asked"') : asked.text.index("Close it all the same")]
    assert "agreed" not in question
    ada.press(f"{LONDON}/closures", LONDON, first="2027-03-10", reason="Works", confirmed="yes")

    for who, address in pages:
        page = who.open(address).text
        assert "The office is closed that day (Works)." in page
        assert "Another day" in page
        assert "Skip" in page
        assert "Approve" not in page


def test_open_anyway_and_closed_after_all(site: Site, ada: Person) -> None:
    ada.press(f"{LONDON}/holidays", LONDON, place="GB-ENG")

    opened = ada.press(f"{LONDON}/holidays/open", LONDON, day="2027-05-03", open="yes")
    assert days(site)["2027-05-03"][2]
    undo(ada, opened)
    assert not days(site)["2027-05-03"][2]
    ada.press(f"{LONDON}/holidays/open", LONDON, day="2027-05-03", open="yes")
    assert "open anyway" in ada.open(LONDON).text
    wrong = ada.press(f"{LONDON}/holidays/open", LONDON, day="2027-05-04", open="yes")
    assert wrong.status_code == 404


def test_days_in_a_row_are_one_closure_and_each_holiday_is_its_own() -> None:
    first, second, third = date(2027, 12, 24), date(2027, 12, 25), date(2027, 12, 26)
    shut = [ClosedDayRecord(first, "Break", False), ClosedDayRecord(second, "Break", False)]

    assert [(each.first, each.last) for each in stretches(shut)] == [(first, second)]
    apart = [shut[0], ClosedDayRecord(second, "Break", True), ClosedDayRecord(third, "Break", True)]
    assert len(stretches(apart)) == 3
    assert len(stretches([shut[0], ClosedDayRecord(second, "Works", False)])) == 2
