"""An office that closes on a day that was agreed: its senior is asked once, and nothing happens by itself."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert, select, update

from tests.web.company import a_company, member
from tests.web.made_up import NOW
from tests.web.organizers import settle
from tests.web.pages.persons import WEDNESDAY, propose_a_day, state_of, version_of
from web import words
from web.operations import calendars, day_questions, holidays, offices, proposals
from web.records import DayQuestionRecord
from web.site import Site
from web.store import tables as t


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """Wednesday of Priya's is agreed: mentoring 9:30, lunch 12:00, co-working 13:00, in London."""
    site = a_company(tmp_path)
    calendars.sync(site, None, NOW)
    day = propose_a_day(site)
    proposals.approve(site, day, version_of(site, day), member(site, "priya"), (), NOW)
    settle(site)
    assert state_of(site, day) == "approved"
    return site


def close(site: Site, day: date = WEDNESDAY, reason: str = "Works") -> None:
    offices.close(site, "london", day, day, reason, member(site, "ada"), NOW)


def asked(site: Site) -> tuple[DayQuestionRecord, ...]:
    return day_questions.open_to(site, member(site, "priya"), NOW)


def answer(site: Site, choice: str, day: date | None = None) -> str:
    (question,) = asked(site)
    return day_questions.answer(site, question.id, choice, day, member(site, "priya"), NOW)


def agreed(site: Site) -> dict[str, tuple[date, str | None]]:
    """The day and office of what is agreed."""
    s = t.session.c
    with site.store.reading() as connection:
        rows = connection.execute(select(s.id, s.start, s.office_id).where(s.state == "agreed"))
        return {row.id: (row.start.date(), row.office_id) for row in rows}


def test_the_senior_is_asked_about_the_day_and_nothing_else_happens(site: Site) -> None:
    before = agreed(site)

    close(site)

    (question,) = asked(site)
    assert words.day_question(question) == "Wednesday 10 March: the office is closed then"
    assert words.day_question_says(question) == (
        "The office is closed that day (Works), and three sessions are agreed there. What becomes of the day?"
    )
    assert [words.day_choice(choice, question) for choice in question.choices] == [
        "hold them there all the same",
        "move to another day",
        "hold them online instead",
        "call them off",
    ]
    assert agreed(site) == before
    with site.store.reading() as connection:
        mails = connection.execute(select(t.outbox.c.kind).where(t.outbox.c.kind == "day_question")).all()
    assert len(mails) == 1


def test_it_is_asked_once_however_often_a_worker_looks(site: Site) -> None:
    close(site)
    answer(site, "come")

    for _ in range(2):
        holidays.holidays_job(site)
    close(site, WEDNESDAY + timedelta(days=1))

    assert asked(site) == ()


def test_a_day_on_which_nothing_is_agreed_asks_nobody(site: Site) -> None:
    close(site, WEDNESDAY + timedelta(days=1))

    assert asked(site) == ()


def test_a_question_is_over_when_the_office_opens_again(site: Site) -> None:
    close(site)

    offices.reopen(site, "london", [WEDNESDAY], member(site, "ada"), NOW)

    assert asked(site) == ()
    day_questions.settle(site, NOW)
    close(site)
    assert len(asked(site)) == 1


def test_the_day_moves_to_one_on_which_the_office_is_open(site: Site) -> None:
    close(site)
    close(site, WEDNESDAY + timedelta(days=1))
    (question,) = asked(site)
    days = [each.day for each in day_questions.other_days(site, question, NOW)]

    answer(site, "move", days[0])

    assert days
    assert not {WEDNESDAY, WEDNESDAY + timedelta(days=1)} & set(days)
    assert {day for day, _ in agreed(site).values()} == {days[0]}


def test_the_day_goes_online(site: Site) -> None:
    close(site)

    answer(site, "online")

    assert set(agreed(site).values()) == {(WEDNESDAY, None)}
    assert asked(site) == ()


def test_the_day_is_called_off(site: Site) -> None:
    close(site)

    answer(site, "call_off")

    assert agreed(site) == {}


def test_a_holiday_asks_too_and_open_anyway_does_not(site: Site) -> None:
    with site.store.writing() as connection:
        connection.execute(
            insert(t.office_closure).values(office_id="london", day=WEDNESDAY, reason="Feast", holiday=True)
        )
        connection.execute(update(t.office).values(holidays="ZZ"))  # so that the rule leaves it there
    ada = member(site, "ada")

    offices.say_open(site, "london", WEDNESDAY, True, ada, NOW)
    assert asked(site) == ()
    offices.say_open(site, "london", WEDNESDAY, False, ada, NOW)

    (question,) = asked(site)
    assert question.closed == "Feast"


@pytest.mark.parametrize("why", ["Immaculate Conception", ""])
def test_a_yes_to_a_day_that_was_closed_since_hears_so_and_nothing_else(tmp_path: Path, why: str) -> None:
    site = a_company(tmp_path)
    calendars.sync(site, None, NOW)
    day = propose_a_day(site)
    priya = member(site, "priya")
    assert proposals.one(site, day, priya).closed is None

    close(site, reason=why)
    assert proposals.one(site, day, priya).closed == why
    proposals.approve(site, day, version_of(site, day), priya, (), NOW)
    settle(site)

    refusal = proposals.one(site, day, priya).refusal
    named = " (Immaculate Conception)" if why else ""
    assert refusal is not None
    assert refusal.startswith(f"Wednesday 10 March no longer fits: the office is closed that day{named}. ")


def test_a_yes_to_a_time_at_which_the_office_is_closed_by_now_hears_so(tmp_path: Path) -> None:
    site = a_company(tmp_path)
    calendars.sync(site, None, NOW)
    day = propose_a_day(site)
    with site.store.writing() as connection:
        hours = {name: ["08:00", "11:00"] for name in ("mon", "tue", "wed", "thu", "fri")}
        connection.execute(update(t.office).values(hours=hours))

    proposals.approve(site, day, version_of(site, day), member(site, "priya"), (), NOW)
    settle(site)

    refusal = proposals.one(site, day, member(site, "priya")).refusal
    assert refusal is not None
    assert refusal.startswith("Wednesday 10 March no longer fits: the office is closed then. ")
