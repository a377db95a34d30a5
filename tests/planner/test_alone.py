"""One senior's window with nobody competing: the most sessions, then the fewest days, known by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from planner.alone import BestAlone, best_alone
from planner.domain import PlanningProblem
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
