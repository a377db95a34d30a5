"""Effects of limits follow from few searches, and are those that solving every limit by itself would tell."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from planner.alone import BestAlone, best_alone, best_as_junior, common_starts, own_side
from planner.domain import Person, PlanningProblem
from tests.factories import (
    FRIDAY,
    MONDAY,
    TUESDAY,
    a_mentoring,
    a_person,
    a_problem,
    a_senior,
    a_session,
)
from tests.planner.strategies import problems
from web.operations import limit_effects
from web.operations.limit_effects import LIMITS, Asked, Facts, limits_set, work_out
from web.store.effects import Window


def asked_of(problem: PlanningProblem, who: str, role: str) -> Asked:
    """With every limit of theirs that is set, nothing being marked in their calendar."""
    person = problem.person_by_id[who]
    values: dict[str, Any] = {name: getattr(person, name, None) for name in LIMITS}
    values |= {"days_never": person.avoid, "days_in_anyway": person.in_office}
    values |= {"online_only": not person.offices}
    facts = Facts(frozenset(problem.office_by_id), person.in_office, person.avoid, frozenset())
    window = Window(1, problem.first_day, problem.last_day, frozenset(), frozenset())
    return Asked(who, role, limits_set(values, role), window, problem, facts)


def one_by_one(asked: Asked) -> dict[str, dict[str, int]]:
    """The same figures, each limit solved by itself."""
    who = asked.person
    own = asked.problem if asked.role == "senior" else own_side(asked.problem, who)
    few = len({each.senior for each in own.sessions if each.fixed is None}) < limit_effects.LEAST

    def best(person: Person) -> BestAlone | None:
        people = tuple(person if each.id == who else each for each in own.people)
        if asked.role == "senior":
            return best_alone(replace(own, people=people), who, 5.0)
        whole = tuple(person if each.id == who else each for each in asked.problem.people)
        starts = None if few else common_starts(replace(asked.problem, people=whole), who)
        return best_as_junior(replace(own, people=people), who, 5.0, starts)

    person = own.person_by_id[who]
    as_asked = best(person)
    assert as_asked is not None
    found = {}
    for name in asked.limits:
        freer = best(LIMITS[name][1](person, asked.facts))
        assert freer is not None
        found[name] = {"days": freer.days - as_asked.days, "sessions": freer.sessions - as_asked.sessions}
    return found


@pytest.mark.parametrize("role", ["senior", "junior"])
@pytest.mark.parametrize("least", [1, 9])  # by everybody's calendar, and by a junior's alone
@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(problems(), st.data())
def test_what_few_searches_tell_is_what_all_would(
    role: str, least: int, problem: PlanningProblem, data: st.DataObject
) -> None:
    people = tuple(replace(each, in_office=each.in_office - each.avoid) for each in problem.people)
    sessions = tuple(replace(each, weight=1) for each in problem.sessions)
    problem = replace(problem, people=people, sessions=sessions)
    who = data.draw(st.sampled_from([each.id for each in people]))
    asked = asked_of(problem, who, role)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(limit_effects, "LEAST", least)
        found = work_out(asked)
        assume(found["of"] and not found["unread"])

        assert found["limits"] == one_by_one(asked)


def test_limits_that_change_nothing_are_not_solved_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    wide = {
        "max_office_days_per_week": 5,
        "max_minutes_per_day": 480,
        "travel_minutes": 15,
        "break_minutes": 15,
        "avoid": frozenset({FRIDAY}),
    }
    problem = a_problem(
        people=(a_senior(**wide), a_person("ben"), a_person("cat")),
        sessions=(
            a_session("lunch", first_day=MONDAY, last_day=TUESDAY),
            a_mentoring("cat", juniors=("cat",), first_day=TUESDAY, last_day=TUESDAY),
        ),
    )
    searches = []

    def counted(*args: Any) -> BestAlone | None:
        searches.append(args)
        return best_alone(*args)

    monkeypatch.setattr(limit_effects, "best_alone", counted)
    found = work_out(asked_of(problem, "ada", "senior"))

    assert not any(effect["days"] or effect["sessions"] for effect in found["limits"].values())
    assert len(found["limits"]) == 5
    assert len(searches) <= 2
