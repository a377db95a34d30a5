"""Tables of pages as files: what the page shows, for whom the page is, noted as the page is."""

from __future__ import annotations

import csv
import io
from datetime import date, timedelta
from pathlib import Path

import pytest
from flask import Flask, url_for
from sqlalchemy import insert, select, update

from planner.domain import SessionKind
from tests.web.company import JUNIORS, a_company, member
from tests.web.history import History, participation
from tests.web.made_up import NOW
from tests.web.pages.persons import Person, propose_a_day
from web.operations import actions, goals, training
from web.operations.exports import sheet
from web.operations.goals import GoalForm
from web.pages import create_app
from web.pages.exports import EXPORTS
from web.sheets.columns import SheetKind
from web.site import Site
from web.store import tables as t

#: Whose table is a file too.
ADMINS_PAGES = (
    "/admin/people",
    "/admin/rooms",
    "/admin/plan",
    "/admin/programme",
    "/admin/offices",
    "/admin/programme/objectives",
    "/admin/programme/training",
    "/admin/lunches",
    "/admin/actions",
)


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
        for path in ADMINS_PAGES:
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


def test_objectives_say_what_they_are_for_and_nothing_that_a_spreadsheet_runs(
    tmp_path: Path,
) -> None:
    site = a_company(tmp_path)
    by, kinds = member(site, "ada"), frozenset({SessionKind.COWORKING, SessionKind.GROUP_LUNCH})
    goals.add_objective(site, GoalForm("=1+1", "+49 30", date(2027, 6, 1)), kinds, by, NOW)
    reached = goals.add_objective(site, GoalForm("Know three people", "", None), frozenset(), by, NOW)
    goals.reach_objective(site, reached, by, NOW)
    goals.add(site, GoalForm("lead", "", None), member(site, "ben"), NOW)

    first, second = rows(Person(create_app(site), site, "ada"), "/admin/programme/objectives?as=csv")

    assert first == {
        "objective": "'=1+1",
        "why": "'+49 30",
        "kinds": "Group lunch; Co-working",
        "by when": "2027-06-01",
        "reached at": "",
    }
    assert (second["objective"], second["reached at"]) == ("Know three people", "2027-03-05T10:00:00Z")


def test_training_is_told_by_reading_and_never_by_reader_nor_of_fewer_than_five(tmp_path: Path) -> None:
    site = a_company(tmp_path)
    ada, priya = member(site, "ada"), member(site, "priya")
    training.start_with_usual(site, ada, NOW)
    first, *_, last = training.programme(site, ada, NOW).items
    training.complete(site, first.id, priya, NOW)
    training.retire(site, last.id, ada, NOW)
    person = Person(create_app(site), site, "ada")

    answer = person.browser.get("/admin/programme/training?as=csv").text
    of_two = rows(person, "/admin/programme/training?as=csv")
    with site.store.writing() as connection:
        connection.execute(update(t.membership).where(t.membership.c.role == "junior").values(role="senior"))
    of_ten = rows(person, "/admin/programme/training?as=csv")
    assert "Read by 1 of 10" in person.open("/admin/programme/training").text

    assert not any(name in answer for name in ("Priya", "priya", "Marek"))
    assert {(row["seniors"], row["read by"]) for row in of_two} == {("2", "")}
    assert [row["read by"] for row in of_ten] == ["1", *["0"] * (len(of_ten) - 1)]
    assert (of_ten[0]["reading"], of_ten[0]["on the path"]) == (first.title, "yes")
    assert (of_ten[-1]["reading"], of_ten[-1]["on the path"]) == (last.title, "no")


def test_what_follows_is_told_as_numbers_of_five_who_are_here_and_in_no_word(tmp_path: Path) -> None:
    site = a_company(tmp_path)
    session = History(site).session(NOW - timedelta(days=3), JUNIORS[:5])
    priya, person = member(site, "priya"), Person(create_app(site), site, "ada")

    def agree(name: str) -> int:
        who = member(site, name).person.id
        return actions.agree(site, session, who, "Read the handbook", None, priya, NOW)

    agreed = [agree(name) for name in JUNIORS[:4]]
    assert rows(person, "/admin/actions?as=csv") == []
    actions.say(site, agreed[0], "done", priya, NOW)
    agree(JUNIORS[4])
    told = {row["what became of it"]: row["actions"] for row in rows(person, "/admin/actions?as=csv")}
    page = person.open("/admin/actions").text

    assert told == {
        "Done": "1",
        "Let go": "0",
        "Open, with its day to come or none": "4",
        "Open, and its day is over": "0",
    }
    assert "/admin/actions?as=csv" in page and "handbook" not in page
    participation(site, JUNIORS[4], left=NOW.date())
    assert rows(person, "/admin/actions?as=csv") == []
    assert "/admin/actions?as=csv" not in person.open("/admin/actions").text
