"""The first steps: each done once what it is for is there, from nothing to a released plan."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from html import unescape
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select, update

from tests.web.company import a_company
from tests.web.conftest import site_in
from tests.web.made_up import NOW
from tests.web.pages.gallery import ALL_DONE, HALF_WAY, NOTHING_YET, PRIYA, RUN, guide_of
from tests.web.pages.persons import Person, propose_a_day
from tests.web.post import with_post
from web import jobs
from web.config import PrivacyConfig
from web.operations import first_admin
from web.operations.first_steps import Nothing, short_name, steps, why_nothing
from web.pages import create_app
from web.records import PersonRef
from web.site import Site
from web.store import roster
from web.store import tables as t

OFFICE = {"name": "London", "timezone": "Europe/London", "days": ["mon", "fri"], "opens": "08:00"}


class Beginner(Person):
    """The admin whom the command made, and what the page tells them."""

    def __init__(self, site: Site) -> None:
        made = first_admin.make_admin(site, "ada@example.org", NOW)
        super().__init__(create_app(site), site)
        with self.browser.session_transaction() as cookie:
            cookie.update(person=made.person.id, since=NOW.isoformat())
        self.person: PersonRef = made.person

    def do(self, step: str, **fields: object) -> int:
        return self.press(f"/admin/start/{step}", "/admin/start", **fields).status_code

    def states(self) -> dict[str, str]:
        found = re.findall(r'<li class="card(?: small)? (\w+)" id="(\w+)"', self.open("/admin/start").text)
        return {key: state for state, key in found}

    @property
    def now(self) -> str | None:
        return next((key for key, state in self.states().items() if state == "now"), None)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return site_in(tmp_path)


@pytest.fixture
def ada(site: Site) -> Beginner:
    return Beginner(site)


def test_an_admin_of_nothing_is_led_to_the_guide(ada: Beginner) -> None:
    assert ada.open("/admin").location == "/admin/start"
    assert ada.open("/admin?all=1").status_code == 200
    assert ada.now == "programme"


def test_each_step_is_done_once_what_it_is_for_is_there(ada: Beginner, site: Site) -> None:
    assert ada.do("programme", name="Spring", timezone="Europe/London") == 303
    assert ada.now == "offices"
    assert ada.do("office", **OFFICE, closes="18:30") == 303
    assert ada.now == "rooms"
    assert ada.do("room", name="Park", office="london", capacity=9, uses=["lunch", "meeting"]) == 303
    assert ada.now == "mail"
    assert ada.do("mail") == 303
    jobs.run_due(site)
    assert ada.now == "people"
    sheet = "email,name,role,offices\nana@example.org,Ana,senior,london\nben@example.org,Ben,junior,london\n"
    tried = ada.press("/admin/sheets/people/try", "/admin/sheets/people", text=sheet)
    seen = re.findall(r'name="as_seen" value="(\w+)"', tried.text)[0]
    taken = ada.press(
        "/admin/sheets/people/take", "/admin/sheets/people", text=sheet, name="pasted", as_seen=seen
    )
    assert taken.location == "/admin/start"  # back to the guide while there is one
    assert ada.now == "promised"
    assert ada.do("usual") == 303
    assert ada.now == "calendars"
    assert "Nobody’s calendar is known yet" in ada.open("/admin/start").text


def test_what_a_programme_can_do_without_is_passed_over(ada: Beginner, site: Site) -> None:
    ada.do("usual")

    states = ada.states()

    assert states["promised"] == "done"
    assert ada.now == "people"
    assert {key for key, state in states.items() if state == "open"} == {
        "programme",
        "offices",
        "rooms",
        "mail",
    }


def test_at_most_one_step_is_to_be_done_now() -> None:
    some = (
        NOTHING_YET,
        HALF_WAY,
        ALL_DONE,
        replace(HALF_WAY, is_reading=True, readable=4),
        replace(NOTHING_YET, released=True),
        replace(ALL_DONE, seniors=0),
    )

    assert all(sum(step.state == "now" for step in steps(found)) <= 1 for found in some)
    assert {step.state for step in steps(ALL_DONE)} == {"done"}


def test_a_programme_is_named_and_its_admin_gets_its_clocks(ada: Beginner, site: Site) -> None:
    ada.do("programme", name="Spring", timezone="Europe/Lisbon")

    with site.store.reading() as connection:
        programme = connection.execute(select(t.programme)).one()
        person = connection.execute(select(t.person)).one()
    assert (programme.name, programme.timezone, person.timezone) == (
        "Spring",
        "Europe/Lisbon",
        "Europe/Lisbon",
    )


def test_a_zone_that_is_none_is_told_with_the_one_that_was_meant(ada: Beginner) -> None:
    page = ada.press("/admin/start/programme", "/admin/start", name="Spring", timezone="Europe/Londno")

    assert page.status_code == 422
    assert "did you mean Europe/London?<" in page.text


def test_two_programmes_do_not_have_one_name(ada: Beginner, site: Site) -> None:
    first_admin.make_admin(site, "olga@example.org", NOW, programme="Autumn")

    page = ada.press("/admin/start/programme", "/admin/start", name="Autumn", timezone="UTC")

    assert page.status_code == 409
    assert "Another programme has this name" in page.text


def test_an_office_is_open_as_it_was_typed(ada: Beginner, site: Site) -> None:
    ada.do("office", **OFFICE, closes="16:00")

    with site.store.reading() as connection:
        (office,) = roster.offices(connection).items()
    assert office[0] == "london"
    assert (office[1]["name"], office[1]["timezone"]) == ("London", "Europe/London")
    assert office[1]["hours"] == {"mon": ("08:00", "16:00"), "fri": ("08:00", "16:00")}


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"closes": "07:00"}, "It closes before it opens."),
        ({"closes": "18:00", "days": []}, "Please choose at least one day."),
        ({"closes": "18:00", "name": ""}, "Please fill this in."),
        ({"closes": "18:00", "timezone": "London"}, "not an IANA zone"),
    ],
)
def test_an_office_with_mistakes_is_not_made(
    ada: Beginner, site: Site, wrong: dict[str, object], says: str
) -> None:
    page = ada.press("/admin/start/office", "/admin/start", **{**OFFICE, **wrong})

    assert page.status_code == 422
    assert says in page.text
    with site.store.reading() as connection:
        assert roster.offices(connection) == {}


def test_one_office_is_not_added_twice_under_one_name(ada: Beginner, site: Site) -> None:
    ada.do("office", **OFFICE, closes="18:00")

    page = ada.press(
        "/admin/start/office", "/admin/start", **{**OFFICE, "name": "london  ", "closes": "18:00"}
    )

    assert page.status_code == 422
    assert "There is an office called London already." in page.text
    with site.store.reading() as connection:
        assert list(roster.offices(connection)) == ["london"]


@pytest.mark.parametrize(
    ("step", "wrong", "fields"),
    [
        ("programme", {"name": "", "timezone": "Jersey"}, {"name", "timezone"}),
        (
            "office",
            {"name": "", "timezone": "Jersey", "opens": "18:00", "closes": "09:00"},
            {"name", "timezone", "days", "closes"},
        ),
        (
            "office",
            {**OFFICE, "timezone": "Jersey", "opens": "soon", "closes": "09:00"},
            {"name", "timezone", "opens"},
        ),
        ("room", {"name": "", "capacity": "many"}, {"name", "office", "capacity", "uses"}),
    ],
)
def test_all_mistakes_of_a_step_are_told_at_once(
    ada: Beginner, step: str, wrong: dict[str, object], fields: set[str]
) -> None:
    ada.do("office", **OFFICE, closes="18:00")

    page = ada.press(f"/admin/start/{step}", "/admin/start", **wrong)

    assert page.status_code == 422
    assert set(re.findall(r'id="(\w+)-mistake"', page.text)) == fields


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"capacity": 1}, "Please give how many people fit in"),
        ({"uses": []}, "Please choose at least one."),
        ({"office": "paris"}, "Please choose one of the offices."),
    ],
)
def test_a_room_with_mistakes_is_not_made(
    ada: Beginner, site: Site, wrong: dict[str, object], says: str
) -> None:
    ada.do("office", **OFFICE, closes="18:00")
    good: dict[str, object] = {"office": "london", "name": "Park", "capacity": 8, "uses": ["lunch"]}

    page = ada.press("/admin/start/room", "/admin/start", **{**good, **wrong})

    assert page.status_code == 422
    assert says in page.text
    with site.store.reading() as connection:
        assert roster.rooms(connection) == {}


def test_names_become_ids_that_a_sheet_can_use() -> None:
    assert short_name("London, Finsbury", ()) == "london-finsbury"
    assert short_name("Zürich", ("zurich",)) == "zurich-2"
    assert short_name("東京", ("place", "place-2")) == "place-3"


def test_a_test_mail_goes_to_whoever_asks(ada: Beginner, site: Site) -> None:
    ada.do("mail")
    jobs.run_due(site)

    (mail,) = site.config.mail.outbox_folder.glob("*.eml")
    assert "To: Ada <ada@example.org>" in mail.read_text()
    assert "1 mail has been written so far" in ada.open("/admin/start?step=mail").text


@pytest.fixture
def slow(tmp_path: Path) -> Iterator[Site]:
    """An installation as shipped, with a mail server."""
    with with_post(with_notice(site_in(tmp_path)), tmp_path / "post") as site:
        yield site


def test_it_says_when_calendars_may_be_read(slow: Site) -> None:
    ada = Beginner(slow)
    ada.do("programme", name="Spring", timezone="UTC")
    people = "email,name,role,timezone,calendar\nana@example.org,Ana,senior,UTC,ics:https://127.0.0.1/a.ics\n"
    tried = ada.press("/admin/sheets/people/try", "/admin/sheets/people", text=people)
    seen = re.findall(r'name="as_seen" value="(\w+)"', tried.text)[0]
    ada.press("/admin/sheets/people/take", "/admin/sheets/people", text=people, name="pasted", as_seen=seen)

    before = unescape(ada.open("/admin/start").text)
    ada.do("calendars")
    jobs.run_due(slow)
    after = unescape(re.sub(r"<[^>]+>", "", ada.open("/admin/start?step=calendars").text))

    assert "Nobody was told yet" in before
    when = NOW + timedelta(hours=24)
    assert "1 person was told. Their calendars are read from" in after
    assert str(when.day) in after
    assert "Everybody knows already: read now" in after
    assert "Or do nothing: they are read by themselves then" in after


# --- a plan that is made before any calendar could be read ---------------------------------------


def with_notice(site: Site) -> Site:
    """As shipped: everybody is told a day before their calendar is read."""
    return replace(site, config=site.config.model_copy(update={"privacy": PrivacyConfig()}))


@pytest.fixture
def untold(tmp_path: Path) -> Iterator[Site]:
    """A company as shipped, with a mail server; nobody has been told yet."""
    site = with_notice(a_company(tmp_path))
    with site.store.writing() as connection:
        connection.execute(update(t.person).values(told_at=None))
    with with_post(site, tmp_path / "post") as site:
        yield site


def test_while_mails_reach_nobody_the_guide_says_what_to_do(untold: Site) -> None:
    mail = untold.config.mail.model_copy(update={"smtp_host": None})
    site = replace(untold, config=untold.config.model_copy(update={"mail": mail}))
    worker_looks_round(site)
    ada = Person(create_app(site), site, "ada")

    step = said_on(ada, "/admin/start?step=calendars")
    assert "Mails reach nobody yet, so nobody could be told" in step
    assert "Everybody knows already: read now" in step
    assert "Or let mails reach people: set mail.smtp_host" in step
    for address in ("/admin", "/admin/people", "/admin/start/known-already"):
        page = said_on(ada, address)
        assert "not read yet, because mails reach nobody yet, so nobody could be told what is read" in page
        assert "hours ahead." not in page.partition("What it means")[0]
    assert "On the way to the first proposals" in said_on(ada, "/admin")
    draft = ada.press("/admin/start/plan", "/admin/start?step=plan").location
    worker_looks_round(site)
    assert "the step Calendars says what to do. Then plan again." in said_on(ada, draft)


def worker_looks_round(site: Site) -> None:
    for _ in range(2):
        jobs.look_round(site)
        jobs.run_due(site)


def said_on(person: Person, address: str) -> str:
    main = re.search(r"<main.*?</main>", person.open(address).text, re.DOTALL)
    assert main is not None
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", main[0])).split())


TOMORROW = "Saturday 6 March, 10:00"


def test_a_plan_before_any_calendar_is_read_says_so_before_and_after(untold: Site) -> None:
    site = untold
    worker_looks_round(site)
    ada = Person(create_app(site), site, "ada")

    for before in ("/admin/start?step=plan", "/admin/plan"):
        assert f"They are first read on {TOMORROW} ; plan then." in said_on(ada, before), before
    draft = ada.press("/admin/start/plan", "/admin/start?step=plan").location
    worker_looks_round(site)

    after = said_on(ada, draft)
    assert "There is nothing to release" in after
    assert f"They are first read on {TOMORROW} ; plan again then." in after
    assert "Release:" not in after
    assert "no single change would place it" not in after
    assert "it has to wait until the calendar" in after


def test_what_proposes_no_day_is_no_plan_and_cannot_be_released(untold: Site) -> None:
    site = untold
    worker_looks_round(site)
    ada = Person(create_app(site), site, "ada")
    draft = ada.press("/admin/start/plan", "/admin/start?step=plan").location
    worker_looks_round(site)

    answer = ada.press(f"{draft}/release", draft)

    assert answer.status_code == 409
    assert "This plan proposes no day" in answer.text
    states = re.findall(r'<li class="card(?: small)? (\w+)" id="(\w+)"', ada.open("/admin/start").text)
    assert not {("done", "plan"), ("done", "release")} & set(states)
    overview = said_on(ada, "/admin?all=1")
    assert "Go on with the first steps" in overview
    assert f"then wait until {TOMORROW}" in overview


def test_once_calendars_are_read_an_empty_plan_says_to_plan_again(untold: Site) -> None:
    site = untold
    worker_looks_round(site)
    ada = Person(create_app(site), site, "ada")
    draft = ada.press("/admin/start/plan", "/admin/start?step=plan").location
    worker_looks_round(site)

    known = "/admin/start/known-already"
    ada.press(known, known)
    assert "are leaving; their calendars are read right after" in said_on(ada, "/admin/start") or (
        "Calendars are being read at this moment" in said_on(ada, "/admin/start")
    )
    worker_looks_round(site)

    assert "Nobody’s calendar had been read when this plan was made" in said_on(ada, draft)
    again = ada.press("/admin/start/plan", "/admin/start?step=plan").location
    worker_looks_round(site)
    assert "Release:" in said_on(ada, again)
    ada.press(f"{again}/release", again)
    assert "That was all of it" in said_on(ada, "/admin/start") or "if you like" in said_on(
        ada, "/admin/start"
    )
    assert "first steps" not in said_on(ada, "/admin")


def test_each_reason_for_an_empty_plan_is_told_apart() -> None:
    made = replace(RUN, known=0, unplaced=())
    early = replace(guide_of(HALF_WAY), read_from=NOW, may_read_now=False)

    assert why_nothing(guide_of(NOTHING_YET), made) is Nothing.NOBODY
    assert why_nothing(early, made) is Nothing.TOO_EARLY
    assert why_nothing(guide_of(replace(HALF_WAY, readable=1)), made) is Nothing.READ_SINCE
    assert why_nothing(replace(early, may_read_now=True), made) is Nothing.UNREADABLE
    assert why_nothing(guide_of(ALL_DONE), replace(made, known=3)) is Nothing.NOT_DUE
    in_training = replace(made, known=3, untrained=(PRIYA,))
    assert why_nothing(guide_of(ALL_DONE), in_training) is Nothing.IN_TRAINING
    assert why_nothing(guide_of(ALL_DONE), replace(RUN, known=3)) is Nothing.NO_PLACE


def test_once_a_plan_was_released_the_overview_leads_there_no_more(tmp_path: Path) -> None:
    site = a_company(tmp_path)
    app: Flask = create_app(site)
    ada = Person(app, site, "ada")
    assert "Go on with the first steps" in ada.open("/admin").text

    propose_a_day(site)

    assert "first steps" not in ada.open("/admin").text
    assert (
        "That was all of it" in ada.open("/admin/start").text
        or "if you like" in ada.open("/admin/start").text
    )


def test_planning_starts_from_the_guide(tmp_path: Path) -> None:
    site = a_company(tmp_path)
    ada = Person(create_app(site), site, "ada")

    answer = ada.press("/admin/start/plan", "/admin/start")

    with site.store.reading() as connection:
        run = connection.execute(select(t.planning_run)).one()
    assert answer.location == f"/admin/plan/{run.id}"
    assert run.first_day.weekday() == 0
    assert run.first_day > NOW.date()
