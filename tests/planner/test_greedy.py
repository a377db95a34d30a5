"""The greedy packer: quick, and never a broken rule."""

import json

import pytest
from hypothesis import HealthCheck, given, settings

from planner.check import check_plan, conflicts_of, score_of, violations
from planner.documents import read_problem
from planner.domain import Plan, Reasoned
from planner.greedy import greedy_packer
from tests.factories import (
    MONDAY,
    a_coffee,
    a_mentoring,
    a_person,
    a_problem,
    a_senior,
    a_session,
    an_agreement,
    an_interval,
    at,
    hours,
)
from tests.planner.referee import judge, needs_tools, tool
from tests.planner.strategies import problems


def packed(problem):
    """The packer's plan with its account."""
    placements = greedy_packer(problem)
    placed = {placement.session for placement in placements}
    left = tuple(Reasoned(each.id, "left out") for each in problem.sessions if each.id not in placed)
    return Plan(placements, left, conflicts_of(problem, placements), score=score_of(problem, placements))


def test_two_sessions_share_one_office_day():
    problem = a_problem(sessions=(a_session(), a_mentoring()))

    plan = packed(problem)

    assert plan.score.placed == 2
    assert plan.score.senior_days == 1
    check_plan(problem, plan)


def test_a_date_they_come_in_anyway_is_taken_first():
    wednesday = MONDAY.replace(day=10)
    problem = a_problem(people=(a_senior(in_office=frozenset({wednesday})), a_person()))

    assert greedy_packer(problem)[0].start.date() == wednesday


def test_a_day_that_is_not_worth_the_trip_is_not_packed():
    problem = a_problem(people=(a_senior(min_sessions_per_office_day=2), a_person()))

    assert greedy_packer(problem) == ()


def test_the_least_served_take_the_seats():
    people = (a_senior(), a_person("ben"), a_person("cat"))
    coffee = a_coffee(juniors=("ben",))
    problem = a_problem(people=people, sessions=(coffee, a_mentoring(seats=(1, 1))))

    assert score_of(problem, greedy_packer(problem)).reached == 2


def test_juniors_join_what_was_agreed():
    agreed = a_mentoring(fixed=an_agreement(at(MONDAY, "10:00"), ("ben",), "oak"))
    problem = a_problem(sessions=(agreed,))

    assert greedy_packer(problem)[0].juniors == ("ben", "cat")


def test_travel_is_kept_clear():
    senior = a_senior(travel_minutes=60, busy=(an_interval(MONDAY, "09:00", "12:00"),))
    lunch = a_session(last_day=MONDAY, between=hours("11:30", "14:00"))
    problem = a_problem(people=(senior, a_person()), sessions=(lunch,))

    assert [each.start for each in greedy_packer(problem)] == [at(MONDAY, "13:00")]


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(problems())
def test_every_plan_it_packs_keeps_every_rule(problem):
    assert violations(problem, packed(problem)) == []


@needs_tools
@pytest.mark.parametrize("options", [{}, {"rich": True}, {"worth": 2}], ids=["plain", "rich", "worth"])
@pytest.mark.parametrize("seed", [1, 2])
def test_the_referee_finds_nothing_wrong(options, seed):
    maker = tool("make_problem")
    document = maker.problem(8, 9, 4, 0.4, seed, MONDAY, **options)
    problem = read_problem(json.dumps(document), "made")

    wrong, _ = judge(problem, packed(problem))

    assert wrong == []
