"""Tables of pages as files: what the page shows, for whom the page is, noted as the page is."""

from __future__ import annotations

import csv
import io

import pytest
from flask import Flask, url_for
from sqlalchemy import insert, select, update

from tests.web.company import a_company
from tests.web.made_up import NOW
from tests.web.pages.persons import Person, propose_a_day
from web.operations.exports import sheet
from web.pages import create_app
from web.pages.exports import EXPORTS
from web.sheets.columns import SheetKind
from web.site import Site
from web.store import tables as t


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    made = a_company(tmp_path_factory.mktemp("company"))
    propose_a_day(made)
    return made


@pytest.fixture(scope="module")
def app(site: Site) -> Flask:
    return create_app(site)


@pytest.fixture
def ada(app: Flask, site: Site) -> Person:
    return Person(app, site, "ada")


def rows(person: Person, path: str) -> list[dict[str, str]]:
    answer = person.browser.get(path)
    assert answer.status_code == 200
    assert answer.mimetype == "text/csv"
    assert answer.headers["Content-Disposition"].startswith("attachment; filename=")
    return list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"), newline="")))


def test_everything_on_the_page_of_exports_is_a_file(app: Flask, ada: Person) -> None:
    page = ada.browser.get("/admin/exports").text

    for export in EXPORTS:
        with app.test_request_context():
            address = url_for(export.endpoint, **export.arguments)
        assert address.replace("&", "&amp;") in page
        rows(ada, address)


def test_a_file_is_for_whom_its_page_is(app: Flask, site: Site) -> None:
    for who in ("priya", "aisha"):
        for path in ("/admin/people", "/admin/rooms", "/admin/plan", "/admin/programme", "/admin/offices"):
            answer = Person(app, site, who).browser.get(f"{path}?as=csv")
            assert (answer.status_code, answer.mimetype) == (404, "text/html")


def test_people_are_those_that_the_page_lists_on_all_its_pages(site: Site, ada: Person) -> None:
    before = looks(site)

    everybody, seniors = rows(ada, "/admin/people?as=csv"), rows(ada, "/admin/people?as=csv&show=senior")
    named = rows(ada, "/admin/people?as=csv&name=AIS")

    assert len(everybody) == 11
    assert {row["name"] for row in seniors} == {"Priya", "Marek"}
    assert [row["address"] for row in named] == ["aisha@example.org"]
    assert named[0]["calendar"] == "ics"
    assert looks(site) == before + 3


def looks(site: Site) -> int:
    entry = t.audit_entry.c
    with site.store.reading() as connection:
        noted = connection.execute(select(entry.id).where(entry.action == "read.roster_export"))
        return len(noted.all())


def test_names_that_a_spreadsheet_could_run_are_text(site: Site, ada: Person) -> None:
    with site.store.writing() as connection:
        ben = t.person.c.email == "ben@example.org"
        connection.execute(update(t.person).where(ben).values(name='=HYPERLINK("x")'))

    (row,) = rows(ada, "/admin/people?as=csv&name=ben@")

    assert row["name"] == '\'=HYPERLINK("x")'


def test_rooms_say_when_they_are_closed_in_utc(site: Site, ada: Person) -> None:
    with site.store.writing() as connection:
        connection.execute(
            insert(t.room_closure).values(room_id="park", start=NOW, end=NOW.replace(hour=18), reason="Works")
        )

    park = next(row for row in rows(ada, "/admin/rooms?as=csv") if row["room"] == "Park")

    assert park["closed"] == "2027-03-05T10:00:00Z/2027-03-05T18:00:00Z Works"
    assert (park["people"], park["used for"]) == ("8", "lunch meeting")


def test_plans_and_rules_say_what_their_pages_say(ada: Person) -> None:
    (plan,) = rows(ada, "/admin/plan?as=csv")
    assert plan["state"] == "released"
    assert plan["result"]

    assert {row["whose turn"] for row in rows(ada, "/admin/programme?as=csv")} == {"not promised"}
    ada.press("/admin/programme/usual", "/admin/programme")
    lunch = rows(ada, "/admin/programme?as=csv")[0]
    assert (lunch["whose turn"], lunch["every weeks"], lunch["from"]) == ("each junior", "12", "11:30")


def test_features_typed_on_a_page_can_be_exported_and_imported(site: Site, ada: Person) -> None:
    fields = {"name": "Park", "capacity": 8, "uses": "meeting"}

    wrong = ada.press("/admin/rooms/park", "/admin/rooms/park", features="größer!", **fields)
    saved = ada.press("/admin/rooms/park", "/admin/rooms/park", features="Screen, standing  desk,", **fields)

    assert (wrong.status_code, saved.status_code) == (422, 303)
    assert "letters a–z" in wrong.text
    found = sheet(site, SheetKind.ROOMS, NOW)
    assert found.left_out == {}
    assert "screen standing-desk" in found.text


def test_offices_have_a_line_for_each_day_they_are_closed(ada: Person) -> None:
    assert [row["closed from"] for row in rows(ada, "/admin/offices?as=csv")] == [""]
    ada.press("/admin/offices/london/holidays", "/admin/offices/london", place="GB-ENG")

    lines = rows(ada, "/admin/offices?as=csv")

    assert lines[0]["why"] == "Good Friday"
    assert {line["public holidays"] for line in lines} == {"United Kingdom, England"}


def test_no_file_names_who_was_not_reached(ada: Person) -> None:
    assert ada.browser.get("/admin/fairness/names?as=csv").mimetype == "text/html"


def test_the_overview_leads_to_the_exports(ada: Person) -> None:
    assert 'href="/admin/exports"' in ada.browser.get("/admin").text
