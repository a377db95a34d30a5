import time
from dataclasses import replace
from datetime import timedelta

from planner.domain import SessionKind
from planner.slots import CandidateSlots
from planner.solve import Limits, propose
from tests.factories import (
    MONDAY,
    a_mentoring,
    a_person,
    a_problem,
    a_senior,
    a_session,
    an_agreement,
    at,
    hours,
)


def test_an_agreed_lunch_bars_a_lunch_and_not_another_session_of_the_same_hours():
    agreed = a_session("agreed", fixed=an_agreement(at(MONDAY, "12:00")))
    coworking = a_mentoring(
        "coworking",
        kind=SessionKind.COWORKING,
        juniors=("ben",),
        between=hours("11:30", "14:30"),
        room_use=None,
    )
    slots = CandidateSlots(a_problem(sessions=(agreed, a_session(), coworking)))

    days = {id_: {int(day) for day in slots.of[id_].dates} for id_ in ("lunch", "coworking")}

    assert days["lunch"] == {MONDAY.toordinal() + n for n in range(1, 5)}
    assert days["coworking"] == {MONDAY.toordinal() + n for n in range(5)}


def test_office_days_agreed_earlier_in_the_week_of_a_window_count():
    agreed = a_session("agreed", fixed=an_agreement(at(MONDAY, "12:00")))
    ada = a_senior(max_office_days_per_week=1)
    whole = a_problem(people=(ada, a_person("ben")), sessions=(agreed, a_session()))
    late = replace(whole, first_day=MONDAY + timedelta(days=2), last_day=MONDAY + timedelta(days=8))
    session = replace(a_session(), first_day=late.first_day, last_day=late.last_day)
    plan = propose(replace(late, sessions=(agreed, session)), Limits(10, 1, time.monotonic))

    assert plan.placement_of["lunch"].start.date() >= MONDAY + timedelta(days=7)
