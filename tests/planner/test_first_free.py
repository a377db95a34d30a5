import json
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings

from planner.check import Rule, score_of, violations
from planner.documents import read_problem
from planner.domain import Plan, RoomUse
from planner.first_free import first_free
from tests.factories import (
    MONDAY,
    TUESDAY,
    a_coffee,
    a_mentoring,
    a_person,
    a_placement,
    a_problem,
    a_room,
    a_senior,
    a_session,
    an_agreement,
    an_interval,
    at,
)
from tests.planner.referee import needs_tools, tool
from tests.planner.strategies import problems


def test_each_session_gets_its_first_free_slot_in_the_order_of_the_problem():
    sessions = (a_session("first"), a_session("second"), a_coffee())

    assert first_free(a_problem(sessions=sessions)) == (
        a_placement("first", at(MONDAY, "11:30")),
        a_placement("second", at(TUESDAY, "11:30")),  # one lunch a day
        a_placement("coffee", at(MONDAY, "09:00")),
    )


def test_the_first_room_with_seats_enough_is_taken_and_the_first_candidates():
    rooms = (a_room("tiny", capacity=1), a_room("lunch only", uses=frozenset({RoomUse.LUNCH})), a_room("oak"))
    people = (a_senior(), *(a_person(id_) for id_ in ("ben", "cat", "dan")))
    session = a_mentoring(juniors=("ben", "cat", "dan"), required=frozenset({"dan"}), seats=(1, 2))

    assert first_free(a_problem(rooms=rooms, people=people, sessions=(session,))) == (
        a_placement("mentoring", at(MONDAY, "09:00"), ("dan", "ben"), "oak"),
    )


def test_what_was_agreed_stands_first():
    agreed = a_session("agreed", fixed=an_agreement(at(MONDAY, "12:00")))

    booked = first_free(a_problem(sessions=(a_session(), agreed)))

    assert [placement.session for placement in booked] == ["agreed", "lunch"]
    assert booked[1].start == at(TUESDAY, "11:30")


def test_a_session_without_a_free_slot_stays_out():
    busy = a_person("ben", busy=(an_interval(MONDAY, "00:00", "23:45"),))
    session = a_session(last_day=MONDAY)

    assert first_free(a_problem(people=(a_senior(), busy), sessions=(session,))) == ()


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(problems())
def test_only_the_trip_and_the_way_are_forgotten(problem):
    unforgotten = replace(
        problem,
        people=tuple(replace(p, min_sessions_per_office_day=1, travel_minutes=0) for p in problem.people),
    )
    placements = first_free(problem)

    assert placements == first_free(unforgotten)
    broken = violations(unforgotten, Plan(placements, score=score_of(unforgotten, placements)))
    assert {violation.rule for violation in broken} <= {Rule.ACCOUNT, Rule.AGREED}  # reasons are not its task
    assert not any("left out" in violation.text for violation in broken if violation.rule is Rule.AGREED)


@needs_tools
@pytest.mark.parametrize(("seed", "days"), [(1, 87), (2, 84), (3, 91), (4, 89), (5, 86)])
def test_it_needs_the_days_that_the_ruler_needs(seed, days):
    made = tool("make_problem").problem(20, 9, 4, 0.4, seed, date(2027, 3, 8))
    problem = read_problem(json.dumps(made), "made")

    assert score_of(problem, first_free(problem)).senior_days == days
