"""One person's window with nobody competing: the most sessions, then the fewest days, known by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from planner.alone import BestAlone, Starts, best_alone, best_as_junior, common_starts, own_side
from planner.domain import Interval, Person, PlanningProblem
from tests.factories import (
    FRIDAY,
    MONDAY,
    TUESDAY,
    WEDNESDAY,
    a_coffee,
    a_mentoring,
    a_person,
    a_problem,
    a_senior,
    a_session,
    an_agreement,
    at,
)
from tests.planner.strategies import problems


def window(**of_ada: Any) -> PlanningProblem:
    """Ada is to lunch with Ben on Monday or Tuesday, and to mentor Cat on Tuesday or Wednesday."""
    return a_problem(
        people=(a_senior(**of_ada), a_person("ben"), a_person("cat")),
        sessions=(
            a_session("ben", juniors=("ben",), first_day=MONDAY, last_day=TUESDAY),
            a_mentoring("cat", juniors=("cat",), first_day=TUESDAY, last_day=WEDNESDAY),
        ),
    )


@pytest.mark.parametrize(
    ("limits", "sessions", "days"),
    [
        ({}, 2, 1),  # both on Tuesday
        ({"min_sessions_per_office_day": 2}, 2, 1),
        ({"min_sessions_per_office_day": 3}, 0, 0),
        ({"avoid": frozenset({TUESDAY})}, 2, 2),  # Monday and Wednesday
        ({"avoid": frozenset({TUESDAY}), "min_sessions_per_office_day": 2}, 0, 0),
        ({"avoid": frozenset({TUESDAY}), "max_office_days_per_week": 1}, 1, 1),
        ({"max_minutes_per_day": 60}, 2, 2),
        ({"in_office": frozenset({TUESDAY})}, 2, 0),  # Tuesday costs no trip
        ({"offices": frozenset()}, 0, 0),
        ({"room_needs": frozenset({"hoist"})}, 1, 1),  # a lunch needs no room
    ],
)
def test_limits_come_to_what_is_known_by_hand(limits: dict[str, Any], sessions: int, days: int) -> None:
    assert best_alone(window(**limits), "ada", 5.0) == BestAlone(sessions, days, True)


def test_what_others_do_is_not_competed_with() -> None:
    problem = window()
    others = tuple(
        replace(session, id=f"of-eve-{session.id}", senior="eve", first_day=TUESDAY, last_day=TUESDAY)
        for session in problem.sessions
    )
    problem = replace(
        problem, people=(*problem.people, a_senior("eve")), sessions=(*problem.sessions, *others)
    )

    assert best_alone(problem, "ada", 5.0) == BestAlone(2, 1, True)


def test_what_is_agreed_stays_and_counts_no_more() -> None:
    problem = window()
    on_monday = an_agreement(at(MONDAY, "10:00"), ("cat",), "oak")
    agreed = a_mentoring("agreed", juniors=("cat",), fixed=on_monday)
    problem = replace(problem, sessions=(*problem.sessions, agreed))

    # Monday is asked of her anyhow, so that Ben's lunch costs nothing more there.
    assert best_alone(problem, "ada", 5.0) == BestAlone(2, 1, True)
    alone = replace(problem, sessions=(problem.sessions[0], agreed))
    assert best_alone(alone, "ada", 5.0) == BestAlone(1, 0, True)


def test_sessions_online_need_no_day() -> None:
    problem = a_problem(sessions=(a_coffee("coffee", first_day=MONDAY, last_day=FRIDAY),))

    assert best_alone(problem, "ada", 5.0) == BestAlone(1, 0, True)


def test_nothing_to_place_comes_to_nothing() -> None:
    assert best_alone(a_problem(sessions=()), "ada", 5.0) == BestAlone(0, 0, True)


# --- juniors -------------------------------------------------------------------------------------


def invitations(**of_ben: Any) -> PlanningProblem:
    """Ben may lunch with Ada on Monday or Tuesday, and join Eve's mentoring on Tuesday or Wednesday."""
    return a_problem(
        people=(a_senior(), a_senior("eve"), a_person("ben", **of_ben), a_person("cat")),
        sessions=(
            a_session("lunch", juniors=("ben",), first_day=MONDAY, last_day=TUESDAY),
            a_mentoring("group", senior="eve", juniors=("cat", "ben"), first_day=TUESDAY, last_day=WEDNESDAY),
        ),
    )


def alone(problem: PlanningProblem) -> BestAlone | None:
    return best_as_junior(own_side(problem, "ben"), "ben", 5.0)


def together(problem: PlanningProblem) -> BestAlone | None:
    return best_as_junior(own_side(problem, "ben"), "ben", 5.0, common_starts(problem, "ben"))


@pytest.mark.parametrize("best", [alone, together])
@pytest.mark.parametrize(
    ("limits", "sessions", "days"),
    [
        ({}, 2, 1),  # both on Tuesday
        ({"avoid": frozenset({TUESDAY})}, 2, 2),  # Monday and Wednesday
        ({"avoid": frozenset({TUESDAY}), "max_office_days_per_week": 1}, 1, 1),
        ({"max_sessions": 1}, 1, 1),
        ({"in_office": frozenset({TUESDAY})}, 2, 0),  # Tuesday costs no trip
        ({"offices": frozenset()}, 0, 0),
        ({"room_needs": frozenset({"hoist"})}, 1, 1),  # a lunch needs no room
        ({"min_sessions_per_office_day": 3}, 2, 1),  # is asked of a senior's days only
    ],
)
def test_limits_of_a_junior_come_to_what_is_known_by_hand(
    best: Callable[[PlanningProblem], BestAlone | None], limits: dict[str, Any], sessions: int, days: int
) -> None:
    assert best(invitations(**limits)) == BestAlone(sessions, days, True)


def test_by_their_own_side_no_other_calendar_is_asked() -> None:
    problem = invitations()
    always = Interval(at(MONDAY, "00:00"), at(FRIDAY, "23:00"))
    people = tuple(
        replace(each, busy=(always,), offices=frozenset(), max_sessions=0) if each.id != "ben" else each
        for each in problem.people
    )

    assert alone(replace(problem, people=people)) == BestAlone(2, 1, True)
    assert together(replace(problem, people=people)) == BestAlone(0, 0, True)


def test_together_only_what_suits_the_senior_enough_others_and_a_room_is_left() -> None:
    problem = invitations()
    tuesday = Interval(at(TUESDAY, "00:00"), at(TUESDAY, "23:00"))

    def with_busy(who: str) -> PlanningProblem:
        people = tuple(replace(p, busy=(tuesday,)) if p.id == who else p for p in problem.people)
        return replace(problem, people=people)

    assert together(with_busy("ada")) == BestAlone(2, 2, True)
    assert together(with_busy("cat")) == BestAlone(2, 1, True)  # one is enough
    both = tuple(replace(s, seats=(2, 4)) if s.id == "group" else s for s in with_busy("cat").sessions)
    assert together(replace(with_busy("cat"), sessions=both)) == BestAlone(2, 2, True)
    taken = tuple(replace(room, busy=(tuesday,)) for room in problem.rooms)
    assert together(replace(problem, rooms=taken)) == BestAlone(2, 2, True)


def test_what_a_junior_has_agreed_counts_against_their_limits() -> None:
    on_friday = an_agreement(at(FRIDAY, "10:00"), ("ben",), "oak")
    agreed = a_mentoring("agreed", juniors=("ben",), fixed=on_friday)

    def beside(**limits: Any) -> PlanningProblem:
        problem = invitations(**limits)
        return replace(problem, sessions=(*problem.sessions, agreed))

    for best in (alone, together):
        assert best(beside(max_sessions=2)) == BestAlone(1, 1, True)
        assert best(beside(max_office_days_per_week=1)) == BestAlone(0, 0, True)
        assert best(beside(max_office_days_per_week=2)) == BestAlone(2, 1, True)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(problems(), st.data())
def test_wider_limits_never_leave_less_and_the_widest_are_none(
    problem: PlanningProblem, data: st.DataObject
) -> None:
    junior = data.draw(st.sampled_from([each.id for each in problem.people]))
    own = own_side(problem, junior)
    assume(any(each.id == junior for each in own.people))
    person = own.person_by_id[junior]
    freer = replace(
        person, max_sessions=None, max_office_days_per_week=7, travel_minutes=0, avoid=frozenset()
    )
    wide = replace(freer, max_sessions=len(own.sessions), max_office_days_per_week=6)
    starts = common_starts(problem, junior)

    def best(person: Person, common: Starts | None = None) -> int:
        people = tuple(person if each.id == junior else each for each in own.people)
        found = best_as_junior(replace(own, people=people), junior, 5.0, common)
        assert found is not None and found.proved
        return found.sessions

    assert best(person) <= best(freer)
    assert best(wide) == best(replace(wide, max_sessions=None))
    assert best(person, starts) <= best(person)
