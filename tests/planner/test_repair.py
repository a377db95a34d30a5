"""Planning again from a plan that people know: as little moved as can be, with reasons and a proof."""

import time
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from planner.check import check_plan, moved_of, score_of, violations
from planner.documents import plan_to_json, read_plan
from planner.domain import Interval, Level, Plan
from planner.solve import Limits, propose
from tests.factories import (
    MONDAY,
    TUESDAY,
    WEDNESDAY,
    a_mentoring,
    a_person,
    a_placement,
    a_problem,
    a_senior,
    a_session,
    an_agreement,
    an_interval,
    an_office,
    at,
    hours,
)
from tests.planner.brute_force import choices, count, kept_plans, rank
from tests.planner.referee import judge, needs_tools
from tests.planner.strategies import problems
from tests.planner.test_solve import tiny

ENOUGH = Limits(seconds=20, workers=1, clock=time.monotonic)
AWKWARD = {"deadline": None, "suppress_health_check": list(HealthCheck)}


def again(problem, previous, **options):
    plan = propose(problem, ENOUGH, previous=previous, **options)
    check_plan(problem, plan, previous)
    return plan


def proof_of_moved(plan):
    return next((proof.value, proof.bound) for proof in plan.proof if proof.level is Level.MOVED)


def busy(problem, who, *intervals):
    people = (
        replace(person, busy=(*person.busy, *intervals)) if person.id == who else person
        for person in problem.people
    )
    return replace(problem, people=tuple(people))


def a_plan_of(*placements):
    return Plan(tuple(placements))


LUNCH = a_placement("lunch", at(TUESDAY, "12:30"))


def test_a_session_that_still_fits_is_not_moved_for_a_better_day():
    """Monday's mentoring could share one day with Tuesday's lunch; nobody is asked to."""
    problem = a_problem(sessions=(a_session(), a_mentoring()))
    previous = a_plan_of(LUNCH, a_placement("mentoring", at(MONDAY, "10:00"), ["cat"], "oak"))

    plan = again(problem, previous)

    assert plan.moved == ()
    assert proof_of_moved(plan) == (0, 0)
    assert plan.score.senior_days == 2


def test_a_session_moves_when_its_senior_is_busy_and_says_so():
    problem = busy(a_problem(), "ada", an_interval(TUESDAY, "12:00", "13:00"))

    plan = again(problem, a_plan_of(LUNCH))

    (move,) = plan.moved
    assert (move.session, move.before, move.now) == ("lunch", LUNCH.start, plan.placement_of["lunch"].start)
    assert move.reason == "ada is busy at 12:30 on 9 March"
    assert proof_of_moved(plan) == (1, 1)


def test_another_room_or_other_juniors_alone_move_nothing():
    problem = busy(a_problem(sessions=(a_mentoring(),)), "ben", an_interval(MONDAY, "09:00", "12:00"))
    previous = a_plan_of(a_placement("mentoring", at(MONDAY, "10:00"), ["ben"], "gone"))

    plan = again(problem, previous)

    assert plan.moved == ()
    assert plan.placement_of["mentoring"].room == "oak"
    assert plan.placement_of["mentoring"].juniors == ("cat",)


def test_a_dropped_session_has_no_new_start():
    closed = an_office(
        closed=frozenset({MONDAY, TUESDAY, WEDNESDAY, *(MONDAY.replace(day=d) for d in (11, 12))})
    )

    plan = again(a_problem(offices=(closed,)), a_plan_of(LUNCH))

    assert [(move.session, move.now) for move in plan.moved] == [("lunch", None)]
    assert plan.moved[0].reason == "london is closed on 9 March"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"between": hours("13:00", "15:00")}, "it is to be between 13:00 and 15:00"),
        ({"last_day": MONDAY}, "its days are 8 March"),
        ({"seats": (3, 4)}, "3 juniors are needed, and 1 can be invited"),
    ],
)
def test_a_session_s_own_limits_are_told(change, reason):
    plan = again(a_problem(sessions=(a_session(**change),)), a_plan_of(LUNCH))

    assert plan.moved[0].reason == reason


def test_a_start_off_the_grid_is_told():
    previous = a_plan_of(a_placement("lunch", at(TUESDAY, "12:10")))

    plan = again(a_problem(), previous)

    assert plan.moved[0].reason == "sessions start at every full 15 minutes, and 12:10:00 is none"


def test_a_session_that_is_agreed_for_another_time_now_has_moved():
    agreed = a_session(fixed=an_agreement(at(WEDNESDAY, "12:00")))

    plan = again(a_problem(sessions=(agreed,)), a_plan_of(LUNCH))

    assert plan.moved[0].reason == "it was agreed for 12:00 on 10 March"
    assert proof_of_moved(plan) == (1, 1)


def test_sessions_that_the_problem_does_not_have_are_ignored():
    plan = again(a_problem(), a_plan_of(LUNCH, a_placement("gone", at(MONDAY, "12:00"))))

    assert plan.moved == ()


def test_a_day_that_is_no_longer_worth_the_trip_takes_its_other_session_along():
    ada = a_senior(min_sessions_per_office_day=2, busy=(an_interval(TUESDAY, "09:00", "11:30"),))
    lunch = a_session(last_day=TUESDAY, first_day=TUESDAY)
    coffee = a_mentoring(first_day=TUESDAY, last_day=TUESDAY, between=hours("10:00", "11:00"), minutes=60)
    problem = a_problem(people=(ada, a_person("ben"), a_person("cat")), sessions=(lunch, coffee))
    previous = a_plan_of(LUNCH, a_placement("mentoring", at(TUESDAY, "10:00"), ["cat"], "oak"))

    plan = again(problem, previous)

    assert {move.session: move.now for move in plan.moved} == {"lunch": None, "mentoring": None}
    reasons = {move.session: move.reason for move in plan.moved}
    assert reasons["mentoring"] == "ada is busy at 10:00 on 9 March"
    assert "trip" in reasons["lunch"]
    assert proof_of_moved(plan) == (2, 2)


def test_of_two_that_no_longer_fit_together_one_moves():
    """Ben may have one session only; either can stay."""
    eve, ben = a_senior("eve"), a_person("ben", max_minutes_per_day=60)
    problem = a_problem(
        people=(a_senior(), eve, ben),
        sessions=(
            a_session(),
            a_mentoring("hers", senior="eve", juniors=("ben",), between=hours("09:00", "11:00")),
        ),
    )
    previous = a_plan_of(LUNCH, a_placement("hers", at(TUESDAY, "09:30"), ["ben"], "oak"))

    plan = again(problem, previous)

    assert len(plan.moved) == 1
    assert proof_of_moved(plan) == (1, 1)
    assert plan.score.placed == 2
    assert "ben is out of minutes for that day" in plan.moved[0].reason


def test_a_junior_goes_where_a_session_cannot_do_without():
    """Cat is busy now, so Ada's mentoring needs Ben, whom Eve's can spare."""
    eve, dan = a_senior("eve"), a_person("dan")
    problem = a_problem(
        people=(a_senior(), eve, a_person("ben"), a_person("cat"), dan),
        sessions=(
            a_mentoring(room_use=None),
            a_mentoring("hers", senior="eve", juniors=("ben", "dan"), room_use=None),
        ),
    )
    previous = a_plan_of(
        a_placement("hers", at(TUESDAY, "10:00"), ["ben", "dan"]),
        a_placement("mentoring", at(TUESDAY, "10:00"), ["cat"]),
    )

    plan = again(busy(problem, "cat", an_interval(TUESDAY, "09:00", "12:00")), previous)

    assert plan.moved == ()
    assert plan.placement_of["mentoring"].juniors == ("ben",)


def test_what_is_frozen_keeps_room_and_juniors():
    """Without the freeze Cat would be reached, too."""
    problem = a_problem(sessions=(a_mentoring(seats=(1, 1), required=frozenset()),))
    previous = a_plan_of(a_placement("mentoring", at(MONDAY, "10:00"), ["cat"], "oak"))
    needed = replace(
        problem, people=tuple(replace(p, need=5 if p.id == "ben" else 1) for p in problem.people)
    )

    free = again(needed, previous)
    frozen = again(needed, previous, frozen_until=at(TUESDAY, "00:00"))

    assert free.placement_of["mentoring"].juniors == ("ben",)
    assert frozen.placement_of["mentoring"].juniors == ("cat",)


def test_what_is_frozen_stays_at_the_cost_of_what_is_not():
    ben = a_person("ben", max_sessions=1)
    eve = a_senior("eve")
    hers = a_session("hers", senior="eve")
    problem = a_problem(people=(a_senior(), eve, ben), sessions=(a_session(), hers))
    previous = a_plan_of(
        a_placement("hers", at(TUESDAY, "12:00")), a_placement("lunch", at(WEDNESDAY, "12:00"))
    )

    plan = again(problem, previous, frozen_until=at(WEDNESDAY, "00:00"))

    assert plan.placement_of["hers"].start == at(TUESDAY, "12:00")
    assert [move.session for move in plan.moved] == ["lunch"]


def test_what_is_frozen_and_impossible_moves_and_says_why():
    problem = busy(a_problem(), "ben", an_interval(TUESDAY, "12:00", "13:00"))

    plan = again(problem, a_plan_of(LUNCH), frozen_until=at(WEDNESDAY, "00:00"))

    assert plan.moved[0].reason == "ben is busy at 12:30 on 9 March"


def test_moves_survive_the_document():
    problem = busy(a_problem(), "ada", an_interval(TUESDAY, "12:00", "13:00"))
    plan = again(problem, a_plan_of(LUNCH))

    assert read_plan(plan_to_json(plan), "plan").moved == plan.moved


@pytest.mark.parametrize(
    "wrong",
    [
        lambda plan: replace(plan, moved=()),
        lambda plan: replace(plan, moved=(replace(plan.moved[0], reason=""),)),
        lambda plan: replace(plan, moved=(replace(plan.moved[0], now=at(MONDAY, "09:00")),)),
        lambda plan: replace(plan, proof=tuple(replace(p, value=p.value + 1) for p in plan.proof[:1])),
        lambda plan: replace(plan, proof=tuple(replace(p, bound=p.bound + 1) for p in plan.proof[:1])),
    ],
)
def test_the_checker_sees_a_false_account_of_moves(wrong):
    problem, previous = busy(a_problem(), "ada", an_interval(TUESDAY, "12:00", "13:00")), a_plan_of(LUNCH)

    assert violations(problem, wrong(again(problem, previous)), previous)


# ---- awkward problems


@st.composite
def changed(draw, problem):
    """One person's calendar is fuller, and something else may have changed, too."""
    who = draw(st.sampled_from(problem.people))
    day = draw(st.integers(0, (problem.last_day - problem.first_day).days))
    start = datetime(problem.first_day.year, problem.first_day.month, problem.first_day.day + day, tzinfo=UTC)
    hour = draw(st.integers(0, 23))
    new = Interval(start.replace(hour=hour), start.replace(hour=hour, minute=59))
    limits = draw(
        st.sampled_from(
            (
                {},
                {"min_sessions_per_office_day": 2},
                {"max_minutes_per_day": 60},
                {"travel_minutes": 60},
                {"break_minutes": 60},
                {"max_sessions": 1},
                {"max_office_days_per_week": 1},
            )
        )
    )
    people = (replace(p, busy=(*p.busy, new), **limits) if p is who else p for p in problem.people)
    return replace(problem, people=tuple(people))


@settings(max_examples=30, **AWKWARD)
@given(problems())
def test_nothing_moves_where_nothing_changed_and_nothing_is_worse(problem):
    previous = propose(problem, Limits(0, 1, time.monotonic))

    plan = again(problem, previous)

    assert plan.moved == ()
    assert rank(plan.score) >= rank(previous.score)


@settings(max_examples=30, **AWKWARD)
@given(st.data())
def test_every_repaired_plan_keeps_every_rule(data):
    problem = data.draw(problems())
    previous = propose(problem, Limits(0, 1, time.monotonic))
    starts = [each.start for each in previous.placements]
    frozen_until = data.draw(st.none() | st.sampled_from(starts)) if starts else None

    plan = again(data.draw(changed(problem)), previous, frozen_until=frozen_until)

    value, bound = proof_of_moved(plan)
    assert bound <= value == len(plan.moved)


@needs_tools
@settings(max_examples=15, **AWKWARD)
@given(st.data())
def test_the_referee_finds_nothing_wrong_with_repaired_plans(data):
    problem = data.draw(problems())
    previous = propose(problem, Limits(0, 1, time.monotonic))
    now = data.draw(changed(problem))

    wrong, _ = judge(now, again(now, previous))

    assert wrong == []


def assert_fewest_moved(data, most_sessions, most_people, most_plans):
    problem = data.draw(problems(most_sessions, most_people).map(tiny))
    previous = propose(problem, Limits(0, 1, time.monotonic))
    now = data.draw(changed(problem))
    options = choices(now)
    assume(1 < count(options) <= most_plans and previous.placements)
    ranks = [
        (-len(moved_of(now, plan, previous)), *rank(score_of(now, plan))) for plan in kept_plans(now, options)
    ]
    moved, *best = max(ranks)

    plan = again(now, previous)

    assert proof_of_moved(plan) == (-moved, -moved)
    assert rank(plan.score)[:3] == tuple(best[:3])
    for proof in plan.proof:
        true = dict(zip(Level, [moved, *best], strict=True))[proof.level]
        assert proof.bound >= true if proof.level.more_is_better else -proof.bound >= true


@settings(max_examples=4, **AWKWARD)
@given(st.data())
def test_tiny_problems_move_the_fewest(data):
    assert_fewest_moved(data, 2, 3, 200)


@pytest.mark.slow
@settings(max_examples=150, **AWKWARD)
@given(st.data())
def test_small_problems_move_the_fewest(data):
    assert_fewest_moved(data, 3, 4, 4000)
