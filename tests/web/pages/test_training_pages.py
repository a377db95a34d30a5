"""The pages of guides, of a senior's path and of a programme's training, over HTTP."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path

import pytest
from flask import Flask

from planner.domain import SessionKind
from tests.web.company import a_company, agree_coworking, member
from tests.web.made_up import NOW
from tests.web.pages.persons import Person, propose_a_day
from tests.web.plans import planned
from web.guides import guide, readings
from web.operations import programmes, training
from web.operations.training import ItemForm
from web.pages import create_app
from web.site import Site
from web.store import tables as t

GUIDES, TAB = "/guides", "/admin/programme/training"
OWN = {"title": "Our <b>own</b>", "text": "Bring a mug.\r\n\r\nSay hello.", "minutes": 5, "due_days": 10}


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return a_company(tmp_path)


@pytest.fixture
def app(site: Site) -> Flask:
    return create_app(site)


def text_of(person: Person, address: str) -> str:
    """What a reader sees of a page, on one line."""
    return " ".join(re.sub(r"<[^>]+>", " ", unescape(person.open(address).text)).split())


def required(site: Site) -> int:
    return training.add(site, ItemForm("Needed", "Read me.", 3, 7, True), member(site, "ada"), NOW)


# --- guides --------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", SessionKind)
def test_a_senior_reads_all_of_a_guide_and_a_junior_what_to_expect(
    app: Flask, site: Site, kind: SessionKind
) -> None:
    one = guide(kind)
    senior = text_of(Person(app, site, "priya"), f"{GUIDES}/kinds/{kind.value}")
    junior = text_of(Person(app, site, "aisha"), f"{GUIDES}/kinds/{kind.value}")

    parts = (one.before, one.during, one.after, one.silence, one.online, one.senior_prompts)
    for line in (line for part in parts for line in part):
        assert line in senior
        assert line not in junior
    for line in (*one.expect, *one.junior_prompts, *(step.what for step in one.agenda)):
        assert line in senior
        assert line in junior


def test_there_is_no_guide_to_a_seventh_kind(app: Flask, site: Site) -> None:
    assert Person(app, site, "priya").open(f"{GUIDES}/kinds/karaoke").status_code == 404


def test_guides_are_a_senior_s_to_find_and_open_without_any_path(app: Flask, site: Site) -> None:
    priya = Person(app, site, "priya")

    assert 'href="/guides"' in priya.open("/days").text
    page = text_of(priya, GUIDES)
    assert "Nothing you have to read" in page
    for kind in SessionKind:
        assert guide(kind).purpose in page
    assert 'href="/guides"' not in Person(app, site, "aisha").open("/sessions").text


def test_an_admin_finds_every_guide_from_training_and_each_from_what_is_promised(
    app: Flask, site: Site
) -> None:
    ada = Person(app, site, "ada")

    page = ada.open(TAB).text
    assert f'href="{TAB}#guides"' in ada.open("/admin/programme/objectives").text
    for kind in SessionKind:
        address = f"{GUIDES}/kinds/{kind.value}"
        assert f'href="{address}"' in page
        assert f'href="{address}"' in ada.open(f"/admin/programme/{kind.value}").text
        assert guide(kind).during[0] in text_of(ada, address)


# --- a senior's path -----------------------------------------------------------------------------


def test_a_senior_reads_says_so_in_one_tap_and_can_undo_it(app: Flask, site: Site) -> None:
    Person(app, site, "ada").press(f"{TAB}/usual", TAB)
    priya = Person(app, site, "priya")
    first = training.programme(site, member(site, "ada"), NOW).items[0]
    reading = f"{GUIDES}/path/{first.id}"

    page = text_of(priya, reading)
    for section in readings()["what_this_is_for"].sections:
        assert section.heading in page
        assert all(paragraph in page for paragraph in section.paragraphs)

    priya.press(f"{reading}/read", reading)
    page = priya.open(GUIDES).text
    assert "is read. Thank you." in page
    assert f'action="{reading}/unread"' in page
    assert "5 of 6 still to read" in page

    priya.press(f"{reading}/unread", reading)
    assert "6 of 6 still to read" in priya.open(GUIDES).text


def test_what_is_late_is_said_kindly(app: Flask, site: Site) -> None:
    training.add(site, ItemForm("Late", "x", 3, 1, False), member(site, "ada"), NOW.replace(month=2, day=1))
    with site.store.writing() as connection:
        connection.exec_driver_sql("UPDATE participation SET joined = '2027-01-04'")

    page = text_of(Person(app, site, "priya"), GUIDES)

    assert "It was meant for Tuesday 2 February. Any quiet moment will do." in page


def test_a_senior_who_is_not_ready_is_told_what_is_left_and_why(app: Flask, site: Site) -> None:
    item_id = required(site)
    priya = Person(app, site, "priya")

    for address in ("/days", GUIDES):
        page = text_of(priya, address)
        assert "asks you to read one short text before your first session: Needed" in page
        assert "the next plan then has you in it" in page

    assert "nothing you need to do" not in text_of(priya, "/days")

    priya.press(f"{GUIDES}/path/{item_id}/read", GUIDES)
    page = text_of(priya, "/days")
    assert "before your first session" not in page
    assert "Until then there is nothing you need to do." in page


def test_days_that_were_proposed_stay_with_a_senior_who_is_not_ready(app: Flask, site: Site) -> None:
    proposal_id = propose_a_day(site)
    required(site)

    page = Person(app, site, "priya").open("/days").text

    assert f"/days/{proposal_id}/approve" in page


# --- the programme's -----------------------------------------------------------------------------


def test_an_admin_begins_with_the_usual_path_in_one_click(app: Flask, site: Site) -> None:
    ada = Person(app, site, "ada")
    assert "No path yet" in ada.open(TAB).text

    ada.press(f"{TAB}/usual", TAB)

    page = text_of(ada, TAB)
    assert all(reading.title in page for reading in readings().values())
    assert "Read by" not in page
    assert "With five seniors or more you see how many have read what" in page
    assert "Two seniors wait for a first session" in page
    assert page.index("Marek") < page.index("Priya")
    assert 'aria-current="page">Training<' in ada.open(TAB).text


def test_where_plans_are_made_it_says_how_many_are_not_in_them_yet(app: Flask, site: Site) -> None:
    ada = Person(app, site, "ada")
    assert "to read before a first session" not in text_of(ada, "/admin/plan")

    required(site)

    for address in ("/admin", "/admin/plan"):
        assert "Two seniors have something to read before a first session" in text_of(ada, address)


def test_a_plan_is_empty_because_every_senior_has_something_to_read_and_says_so(
    app: Flask, site: Site
) -> None:
    ada = Person(app, site, "ada")
    with site.store.writing() as connection:
        connection.execute(t.candidate.delete())
        connection.execute(t.session.delete())
    programmes.start_with_usual(site, member(site, "ada"), NOW)
    item_id = required(site)
    every = "Every senior has something to read before a first session, so nothing"
    assert f"{every} that is promised is planned with them yet." in text_of(ada, "/admin/start?step=plan")

    run = planned(site)

    page = text_of(ada, f"/admin/plan/{run.id}")
    assert f"{every} is planned with them. Once somebody has read it, plan again." in page
    assert "See who has to read what" in page
    assert "Nothing new is due" not in page
    for name in ("priya", "marek"):
        training.complete(site, item_id, member(site, name), NOW)
    page = text_of(ada, f"/admin/plan/{run.id}")
    assert "Two seniors had something to read before a first session when this plan was made." in page
    assert "See who has to read what" not in page


def test_an_admin_adds_changes_orders_and_takes_off(app: Flask, site: Site) -> None:
    ada = Person(app, site, "ada")
    ada.press(TAB, TAB, **OWN)
    ada.press(TAB, TAB, **OWN | {"title": "Second", "required": "yes"})
    first, second = training.programme(site, member(site, "ada"), NOW).items
    assert (first.text, first.required, second.required) == ("Bring a mug.\n\nSay hello.", False, True)
    assert "Our &lt;b&gt;own&lt;/b&gt;" in ada.open(TAB).text

    ada.press(f"{TAB}/{second.id}/sooner", TAB)
    ada.press(f"{TAB}/{first.id}", f"{TAB}/{first.id}", **OWN | {"title": "Changed", "minutes": 9})
    page = ada.open(TAB).text
    assert page.index("Second") < page.index("Changed")
    assert "9 min" in page

    ada.press(f"{TAB}/{second.id}/retire", TAB)
    page = ada.open(TAB).text
    assert "It is off the path." in page
    assert f'action="{TAB}/{second.id}/back"' in page
    ada.press(f"{TAB}/{second.id}/back", TAB)
    assert len(training.programme(site, member(site, "ada"), NOW).items) == 2


def test_all_mistakes_are_told_at_once_beside_what_was_typed(app: Flask, site: Site) -> None:
    ada = Person(app, site, "ada")

    answer = ada.press(TAB, TAB, title="", text="kept", minutes="soon", due_days=999)

    assert answer.status_code == 422
    for field in ("title", "minutes", "due_days"):
        assert f'id="{field}-mistake"' in answer.text
    assert ">kept</textarea>" in answer.text
    assert ada.press(TAB, TAB, **OWN | {"text": "x" * 8001}).status_code == 422
    assert training.programme(site, member(site, "ada"), NOW).items == ()

    item_id = required(site)
    own = f"{TAB}/{item_id}"
    assert ada.press(own, own, **OWN | {"minutes": 0}).status_code == 422
    assert training.one(site, item_id, member(site, "ada")).minutes == 3


# --- whom to ask ---------------------------------------------------------------------------------


def test_whom_to_ask_stands_on_seniors_pages_once_somebody_is_named(app: Flask, site: Site) -> None:
    ada, priya = Person(app, site, "ada"), Person(app, site, "priya")
    pages = ("/days", GUIDES, f"{GUIDES}/kinds/coworking", f"{GUIDES}/path/{required(site)}")
    assert not any("Something unclear?" in priya.open(page).text for page in pages)

    wrong = ada.press(f"{TAB}/support", TAB, email="who@example.org", note="")
    assert wrong.status_code == 422
    assert {"email-mistake", "note-mistake"} <= set(re.findall(r'id="([a-z]+-mistake)"', wrong.text))
    ada.press(f"{TAB}/support", TAB, email="hal@example.org", note="weekdays <9–17>")

    for page in pages:
        text = priya.open(page).text
        assert 'href="mailto:hal@example.org"' in text
        assert "weekdays &lt;9–17&gt;" in text

    ada.press(f"{TAB}/support/nobody", TAB)
    assert not any("Something unclear?" in priya.open(page).text for page in pages)


def test_nobody_is_told_to_ask_themselves(app: Flask, site: Site) -> None:
    ada, priya, marek = (Person(app, site, name) for name in ("ada", "priya", "marek"))
    session_id = agree_coworking(site, 5)  # of Priya's
    ada.press(f"{TAB}/support", TAB, email="priya@example.org", note="any time")
    pages = ("/days", GUIDES, f"{GUIDES}/kinds/coworking")

    assert not any("Something unclear?" in priya.open(page).text for page in pages)
    briefing = priya.open(f"/sessions/{session_id}/briefing")
    assert briefing.status_code == 200
    assert "Something unclear?" not in briefing.text
    assert all('href="mailto:priya@example.org"' in marek.open(page).text for page in pages)


def test_an_admin_is_told_that_the_contact_has_left(app: Flask, site: Site) -> None:
    ada = Person(app, site, "ada")
    ada.press(f"{TAB}/support", TAB, email="hal@example.org", note="any time")
    with site.store.writing() as connection:
        connection.exec_driver_sql(
            "UPDATE participation SET \"left\" = '2027-03-01' "
            "WHERE person_id = (SELECT id FROM person WHERE email = 'hal@example.org')"
        )
    training.look_after(site, NOW)

    assert "Whoever was named has left." in ada.open(TAB).text
    assert "Something unclear?" not in Person(app, site, "priya").open("/days").text
