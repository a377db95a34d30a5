"""The door: plans that keep every rule, optima of tiny problems, bounds that hold, time that is kept."""

import json
import time
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor
from dataclasses import replace
from datetime import timedelta
from itertools import count as counting
from multiprocessing import get_context

import pytest
from hypothesis import HealthCheck, assume, given, settings

from planner.check import check_plan
from planner.documents import read_problem
from planner.domain import Level
from planner.errors import InvalidPlan
from planner.solve import Limits, Search, propose
from tests.factories import (
    MONDAY,
    TUESDAY,
    a_mentoring,
    a_person,
    a_problem,
    a_senior,
    a_session,
    an_agreement,
    an_interval,
    an_office,
    at,
    hours,
)
from tests.planner.brute_force import best_score, choices, count, rank
from tests.planner.referee import judge, needs_tools, tool
from tests.planner.strategies import problems

ENOUGH = Limits(seconds=30, workers=1, clock=time.monotonic)
MAIN = (Level.REACHED, Level.PLACED, Level.SENIOR_DAYS)


def a_clock(step):
    """A clock that goes on by `step` seconds whenever it is read."""
    ticks = counting()
    return lambda: next(ticks) * step


def made(seniors, seed, **options):
    maker = tool("make_problem")
    document = maker.problem(seniors, 9, 4, options.pop("load", 0.4), seed, MONDAY, **options)
    return read_problem(json.dumps(document), "made")


def proofs(plan):
    return {proof.level: (proof.value, proof.bound) for proof in plan.proof}


def test_two_sessions_share_one_office_day():
    plan = propose(a_problem(sessions=(a_session(), a_mentoring())), ENOUGH)

    assert plan.score.senior_days == 1
    assert {level: proofs(plan)[level] for level in MAIN} == {
        Level.REACHED: (2, 2),
        Level.PLACED: (2, 2),
        Level.SENIOR_DAYS: (1, 1),
    }


def test_a_problem_without_sessions_has_an_empty_plan():
    plan = propose(a_problem(sessions=()), ENOUGH)

    assert plan.placements == ()
    assert all(proof.closed for proof in plan.proof)


def test_reaching_one_more_goes_before_a_day():
    """Ada has a day with Ben's lunch; Cat can only meet on another."""
    cat = a_person("cat", busy=(an_interval(MONDAY, "00:00", "23:00"),))
    lunch = a_session(last_day=MONDAY)
    problem = a_problem(people=(a_senior(), a_person(), cat), sessions=(lunch, a_mentoring()))

    plan = propose(problem, ENOUGH)

    assert (plan.score.reached, plan.score.senior_days) == (2, 2)


def test_placing_one_more_goes_before_a_day():
    problem = a_problem(sessions=(a_session(), a_session("again")))

    plan = propose(problem, ENOUGH)

    assert (plan.score.placed, plan.score.senior_days) == (2, 2)


def test_an_unplaced_session_has_its_reason():
    office = an_office(closed=frozenset(MONDAY + timedelta(days=n) for n in range(5)))

    plan = propose(a_problem(offices=(office,)), ENOUGH)

    assert [each.session for each in plan.unplaced] == ["lunch"]
    assert plan.unplaced[0].reason


def test_agreements_that_contradict_each_other_stand():
    agreed = [
        a_session(f"s{n}", fixed=an_agreement(at(MONDAY, "12:00") + timedelta(minutes=15 * n)))
        for n in range(3)
    ]
    problem = a_problem(sessions=(*agreed, a_mentoring()))

    plan = propose(problem, ENOUGH)

    assert {each.session for each in plan.placements} == {"s0", "s1", "s2", "mentoring"}
    assert plan.placement_of["mentoring"].start.date() != MONDAY  # two lunches there: a date to leave alone


def test_a_junior_s_day_may_be_worth_the_trip_by_sessions_of_two_seniors():
    ben = a_person("ben", min_sessions_per_office_day=2)
    problem = a_problem(
        people=(a_senior(), a_senior("eve"), ben),
        sessions=(a_mentoring(juniors=("ben",)), a_mentoring("hers", senior="eve", juniors=("ben",))),
    )

    plan = propose(problem, ENOUGH)

    assert plan.score.placed == 2
    assert proofs(plan)[Level.PLACED] == (2, 2)


def test_a_senior_s_own_proof_counts_agreed_days():
    agreed = a_mentoring("agreed", fixed=an_agreement(at(TUESDAY, "09:00"), room="oak"))
    lunch = a_session(last_day=MONDAY)

    plan = propose(a_problem(sessions=(agreed, lunch)), ENOUGH)

    assert [(each.senior, each.days, each.bound) for each in plan.seniors] == [("ada", 2, 2)]


def test_a_senior_s_own_proof_asks_nobody_else():
    """Eve's lunch with Ben is only possible on the one day Ada has for him; Ada yields a day."""
    busy = tuple(an_interval(MONDAY.replace(day=day), "00:00", "23:00") for day in (9, 10, 11, 12))
    eve = a_senior("eve", busy=busy)
    hers = a_session("hers", senior="eve")
    his = a_mentoring(juniors=("cat",), last_day=MONDAY)
    problem = a_problem(
        people=(a_senior(), eve, a_person("ben"), a_person("cat")), sessions=(a_session(), hers, his)
    )

    plan = propose(problem, ENOUGH)

    proof = {each.senior: (each.days, each.bound) for each in plan.seniors}
    assert plan.score.placed == 3
    assert proof == {"ada": (2, 1), "eve": (1, 1)}


def test_no_time_at_all_still_gives_a_packed_plan():
    agreed = a_session(fixed=an_agreement(at(MONDAY, "12:00")))
    problem = a_problem(sessions=(agreed, a_mentoring()))

    plan = propose(problem, Limits(0, 1, time.monotonic))

    check_plan(problem, plan)
    assert [each.session for each in plan.placements] == ["lunch", "mentoring"]


def test_a_cancelled_run_hands_out_what_it_has():
    problem = a_problem(sessions=(a_session(), a_mentoring()))
    asked = counting()

    plan = propose(problem, ENOUGH, cancelled=lambda: next(asked) > 3)

    check_plan(problem, plan)


@pytest.mark.parametrize("step", [0.001, 0.01, 0.1, 1.0])
def test_wherever_the_time_ends_the_plan_is_whole(step):
    problem = a_problem(sessions=(a_session(), a_mentoring(), a_session("again")))

    check_plan(problem, propose(problem, Limits(1, 1, a_clock(step))))


def test_progress_never_falls_back():
    told = []
    problem = a_problem(sessions=(a_session(), a_mentoring(), a_session("again")))

    plan = propose(problem, ENOUGH, progress=told.append)

    last = {each.level: each.value for each in told}
    assert last == {level: plan.score.at(level) for level in last}
    reached = [each.value for each in told if each.level is Level.REACHED]
    assert reached == sorted(reached)


def test_a_plan_that_fails_the_check_is_never_handed_out(monkeypatch):
    """What the search believes in is judged once more; then only what was agreed is left."""
    problem = a_problem(sessions=(a_session(), a_session("agreed", fixed=an_agreement(at(TUESDAY, "12:00")))))
    real = Search._plan

    def wrong(search, arrangement):
        plan = real(search, arrangement)
        if "lunch" not in arrangement:
            return plan
        off = [replace(each, start=each.start + timedelta(minutes=1)) for each in plan.placements]
        return replace(plan, placements=tuple(off))

    monkeypatch.setattr(Search, "_plan", wrong)

    plan = propose(problem, ENOUGH)

    assert [each.session for each in plan.placements] == ["agreed"]
    with pytest.raises(InvalidPlan):
        check_plan(problem, replace(plan, unplaced=()))


def contended(sessions=3):
    """Everybody wants the same junior on the same two dates."""
    seniors = [a_senior(f"senior{n}") for n in range(sessions)]
    lunches = tuple(
        a_session(f"s{n}", senior=each.id, last_day=TUESDAY, between=hours("12:00", "13:00"))
        for n, each in enumerate(seniors)
    )
    return a_problem(people=(*seniors, a_person()), sessions=lunches)


def test_what_juniors_cannot_attend_is_proved_out_of_reach():
    plan = propose(contended(), ENOUGH)

    assert proofs(plan)[Level.PLACED] == (2, 2)
    assert len(plan.unplaced) == 1


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(problems())
def test_every_plan_keeps_every_rule_and_is_proved(problem):
    plan = propose(problem, ENOUGH)

    check_plan(problem, plan)
    assert all(value == bound for level, (value, bound) in proofs(plan).items() if level in MAIN)
    assert set(MAIN) <= set(proofs(plan))


@needs_tools
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(problems())
def test_the_referee_finds_nothing_wrong_with_awkward_problems(problem):
    wrong, _ = judge(problem, propose(problem, ENOUGH))

    assert wrong == []


def tiny(problem):
    """The same with few starts: on the hour, two days a session."""
    sessions = [
        replace(
            each,
            minutes=max(60, each.minutes),
            last_day=min(each.last_day, each.first_day + timedelta(days=1)),
        )
        for each in problem.sessions
    ]
    return replace(problem, grid_minutes=60, sessions=tuple(sessions))


def assert_optimal(problem, most_plans):
    options = choices(problem)
    assume(1 < count(options) <= most_plans)
    best = best_score(problem, options)

    plan = propose(problem, ENOUGH)

    assert rank(plan.score)[:3] == rank(best)[:3]
    for proof in plan.proof:
        true = best.at(proof.level)
        assert proof.bound >= true if proof.level.more_is_better else proof.bound <= true


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(problems(most_sessions=2, most_people=3).map(tiny))
def test_tiny_problems_are_solved_to_the_optimum(problem):
    assert_optimal(problem, 500)


@pytest.mark.slow
@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(problems(most_sessions=3, most_people=4).map(tiny))
def test_small_problems_are_solved_to_the_optimum(problem):
    assert_optimal(problem, 5000)


@needs_tools
@pytest.mark.parametrize("options", [{}, {"rich": True}, {"worth": 2}], ids=["plain", "rich", "worth"])
def test_the_referee_finds_nothing_wrong_with_a_made_problem(options):
    problem = made(3, 1, **options)

    wrong, _ = judge(problem, propose(problem, Limits(3, 2, time.monotonic)))

    assert wrong == []


@needs_tools
@pytest.mark.slow
@pytest.mark.parametrize(("seed", "days"), [(1, 48), (2, 46), (3, 57), (4, 55), (5, 43)])
def test_twenty_seniors_are_proved(seed, days):
    plan = propose(made(20, seed), Limits(60, 2, time.monotonic))

    assert proofs(plan)[Level.SENIOR_DAYS] == (days, days)


def test_subproblems_travel_to_another_process():
    """What an executor sends away and gets back is plain values."""
    problem = a_problem(sessions=(a_session(), a_mentoring()))

    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as executor:
        plan = propose(problem, Limits(20, 1, time.monotonic), executor=executor)

    assert proofs(plan)[Level.SENIOR_DAYS] == (1, 1)


class LosesEverything(Executor):
    """An executor whose workers have all died."""

    def submit(self, fn, /, *args, **kwargs):
        future = Future()
        future.set_exception(BrokenExecutor("all workers are gone"))
        return future


def test_a_lost_worker_costs_a_retry_and_not_the_run():
    problem = a_problem(sessions=(a_session(), a_mentoring()))

    plan = propose(problem, ENOUGH, executor=LosesEverything())

    assert proofs(plan)[Level.SENIOR_DAYS] == (1, 1)
