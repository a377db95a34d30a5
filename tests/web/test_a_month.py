"""A month of each persona in a real browser, with a clock that the test moves.

Weeks plan themselves, an admin releases, a senior answers, meets juniors and looks back, a junior asks for
a seat, cannot come one day, and is not lost by it. What happens in the background is done whenever the
clock moves, by the jobs of any day.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from planner.domain import SessionKind
from tests.web.company import a_company, member
from tests.web.conftest import serving
from tests.web.pages.persons import Person
from web import jobs
from web.pages import create_app
from web.site import Site
from web.store import tables as t

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PATIENCE = 30_000  # milliseconds for a page
JUNIORS = ("aisha", "ben", "chidi", "dana", "emil", "farid", "gita", "hal")
FRIDAY = datetime(2027, 3, 5, 9, tzinfo=UTC)


class Month:
    """The company, its clock, and whoever looks at its pages."""

    def __init__(self, folder: Path, browser: Browser) -> None:
        self.now = FRIDAY
        made = a_company(folder)
        self.site: Site = replace(made, clock=lambda: self.now)
        self.app: Flask = create_app(self.site)
        self._browser = browser
        self.address = ""
        self.said: list[str] = []

    def move_to(self, moment: datetime) -> None:
        """Let time pass, an hour before and then all of it, and everything happen that is due by then."""
        assert moment > self.now
        self.now = moment
        jobs.look_round(self.site)
        jobs.run_due(self.site)
        jobs.look_round(self.site)
        jobs.run_due(self.site)

    def page_of(self, name: str, *, phone: bool = False) -> Page:
        """Somebody's browser, signed in at this moment."""
        person = Person(self.app, self.site, name)
        with person.browser.session_transaction() as cookie:
            cookie.update(
                person=member(self.site, name).person.id,
                since=self.now.isoformat(),
                seen=self.now.isoformat(),
            )
        value = person.browser.get_cookie("officeday")
        assert value is not None
        size = {"width": 390, "height": 844} if phone else {"width": 1100, "height": 800}
        context = self._browser.new_context(viewport=size, base_url=self.address)  # type: ignore[arg-type]
        context.add_cookies([{"name": "officeday", "value": value.value, "url": self.address}])
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        page.on("pageerror", lambda error: self.said.append(f"{page.url}: {error}"))
        page.on(
            "console",
            lambda line: self.said.append(f"{page.url}: {line.text}") if line.type == "error" else None,
        )
        return page

    def agreed(self, kind: SessionKind, senior: str) -> list[tuple[str, datetime]]:
        """Agreed sessions of a kind that lie ahead, soonest first."""
        s = t.session.c
        query = select(s.id, s.start).where(
            s.kind == kind,
            s.senior_id == member(self.site, senior).person.id,
            s.state == "agreed",
            s.start > self.now,
        )
        with self.site.store.reading() as connection:
            return [(row.id, row.start) for row in connection.execute(query.order_by(s.start))]

    def next_seat(self) -> tuple[str, datetime]:
        """The junior of the soonest agreed session from three hours on, and when that is.

        Asked of all of them: a plan need not seat one certain junior again in its last weeks.
        """
        seats = t.seat.join(t.session, t.session.c.id == t.seat.c.session_id)
        juniors = {member(self.site, name).person.id: name for name in JUNIORS}
        query = (
            select(t.seat.c.person_id, t.session.c.start)
            .select_from(seats)
            .where(
                t.seat.c.person_id.in_(juniors),
                t.seat.c.state.in_(("invited", "booked")),
                t.session.c.state == "agreed",
                t.session.c.start > self.now + timedelta(hours=3),
            )
            .order_by(t.session.c.start)
        )
        with self.site.store.reading() as connection:
            row = connection.execute(query).first()
        assert row is not None, "no junior has a session ahead"
        return juniors[row.person_id], row.start


@pytest.fixture
def month(tmp_path: Path, browser: Browser) -> Iterator[Month]:
    made = Month(tmp_path, browser)
    with serving(made.app) as address:
        made.address = address
        yield made


def test_a_month_of_an_admin_a_senior_and_a_junior(month: Month) -> None:
    _promise_and_let_weeks_plan_themselves(month)
    _release_what_was_planned(month)
    _answer_every_day(month)
    session_id, start = month.agreed(SessionKind.COWORKING, "priya")[0]
    _ask_for_a_seat(month, start)
    _look_in_on_juniors(month, session_id, start)
    _say_what_was(month)
    _not_come_one_day(month)
    _plan_again_without_asking_twice(month)
    _read_who_was_reached(month)
    assert month.said == []


def _promise_and_let_weeks_plan_themselves(month: Month) -> None:
    page = month.page_of("ada")
    page.goto("/admin/programme")
    page.get_by_role("button", name="Start with the usual").click()
    page.get_by_label("Every week on").select_option("Friday")
    page.get_by_label("At", exact=True).fill("12:00")
    page.get_by_label("On the clocks of").fill("Europe/London")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("The next plan is made on").first).to_be_visible()

    month.move_to(FRIDAY.replace(hour=13))

    page.goto("/admin")
    expect(page.get_by_text(re.compile("wait.* to be released")).first).to_be_visible()


def _release_what_was_planned(month: Month) -> None:
    page = month.page_of("ada")
    page.goto("/admin/plan")
    page.get_by_role("link", name=re.compile("March")).first.click()
    expect(page.get_by_text("Nobody has heard of it yet")).to_be_visible()
    page.get_by_role("button", name=re.compile("^Release")).click()
    expect(page.get_by_role("status")).to_contain_text("Released")
    month.move_to(month.now + timedelta(minutes=5))


def _answer_every_day(month: Month) -> None:
    """Priya on her phone says yes to all but the last, and changes her mind about a skip."""
    page = month.page_of("priya", phone=True)
    page.goto("/days")
    approve = page.get_by_role("button", name=re.compile("^Approve"))
    page.get_by_role("button", name=re.compile("^Skip")).first.click()
    expect(page.get_by_role("status")).to_contain_text("That costs nothing")
    page.get_by_role("status").get_by_role("button", name="Undo").click()
    page.goto("/days")
    while approve.count():
        approve.first.click()
        month.move_to(month.now + timedelta(minutes=1))
        expect(page.get_by_text("The day is agreed")).to_be_visible()
        page.goto("/days")
    assert month.agreed(SessionKind.COWORKING, "priya")


def _ask_for_a_seat(month: Month, start: datetime) -> None:
    """A junior who is not in it asks for a seat; a day later it is theirs."""
    for name in JUNIORS:
        page = month.page_of(name)
        page.goto("/sessions")
        wish = page.get_by_role("button", name=re.compile("^(I would like a seat|Book a seat).*Co-working"))
        if wish.count():
            wish.first.click()
            break
    else:
        pytest.fail("no seat was open to anybody")
    expect(page.get_by_role("status")).to_be_visible()
    month.move_to(min(month.now + timedelta(hours=25), start - timedelta(hours=3)))
    page.goto("/sessions")
    expect(
        page.get_by_role("button", name=re.compile("^(Give my seat back|Not this time)")).first
    ).to_be_visible()


def _look_in_on_juniors(month: Month, session_id: str, start: datetime) -> None:
    month.move_to(start + timedelta(minutes=2))
    page = month.page_of("priya", phone=True)
    page.goto("/days")
    page.get_by_role("link", name=re.compile("look in", re.IGNORECASE)).first.click()
    tap = page.get_by_role("button", name=re.compile("^Looked in on"))
    expect(tap.first).to_be_visible()
    juniors = tap.count()
    assert juniors >= 2
    for left in range(juniors - 1, -1, -1):
        tap.first.click()
        expect(tap).to_have_count(left)
    expect(page.get_by_role("heading", name="You have looked in on everybody")).to_be_visible()
    month.move_to(start + timedelta(minutes=33))
    page.goto(f"/coworking/{session_id}")
    expect(page.get_by_role("heading", name="Time to look in on everybody")).to_be_visible()


def _say_what_was(month: Month) -> None:
    month.move_to(month.now + timedelta(hours=26))
    page = month.page_of("priya")
    page.goto("/days/past")
    held = page.get_by_role("button", name=re.compile("^(All of it happened|It was held)"))
    if held.count():
        held.first.click()
        expect(page.get_by_role("status")).to_be_visible()
    expect(page.get_by_text("Held").first).to_be_visible()


def _not_come_one_day(month: Month) -> None:
    """On the morning of the next session a junior of it cannot come, and says so in one tap."""
    name, start = month.next_seat()
    month.move_to(start - timedelta(hours=2))
    page = month.page_of(name, phone=True)
    page.goto("/sessions")
    page.get_by_role("button", name="I can’t come today").click()
    expect(page.get_by_role("status")).to_contain_text("You are not expected")


def _plan_again_without_asking_twice(month: Month) -> None:
    """The next weeks: whatever Priya has agreed stays, and she is asked about new days only."""
    before = month.agreed(SessionKind.COWORKING, "priya")
    to_friday = timedelta(days=(4 - month.now.weekday()) % 7 or 7)
    month.move_to((month.now + to_friday).replace(hour=13, minute=0))
    assert [each for each in month.agreed(SessionKind.COWORKING, "priya") if each in before] == [
        each for each in before if each[1] > month.now
    ]
    page = month.page_of("ada")
    page.goto("/admin/plan")
    runs = page.get_by_role("table", name="Planning runs").get_by_role("link")
    expect(runs.nth(1)).to_be_visible()  # the cycle has planned anew by itself


def _read_who_was_reached(month: Month) -> None:
    page = month.page_of("ada")
    page.goto("/admin/fairness")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    page.goto("/admin/fairness/names")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    page.goto("/admin/audit")
    expect(page.get_by_role("table").first).to_be_visible()
