"""What the masters and the seniors alone prove holds for the best plan there is, and floors cost none."""

import time

import pytest
from hypothesis import HealthCheck, assume, given, settings

from planner.bounds import Bounds
from planner.campaign import Campaign
from planner.domain import Level, Score
from planner.greedy import Packer, agreed_arrangement
from planner.incumbent import Incumbent
from planner.pool import Pool
from planner.scope import make_scope
from planner.slots import CandidateSlots
from planner.solve import Limits, propose
from planner.subproblem import MAIN, Neighbourhood, Target, solve_neighbourhood
from planner.turns import most_share
from tests.factories import TUESDAY, a_person, a_problem, a_senior, a_session, hours
from tests.planner.brute_force import choices, count, rank, scores
from tests.planner.strategies import problems
from tests.planner.test_solve import tiny

SLOW = settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))


def with_campaign(problem, work):
    """What `work` answers of a campaign from the packed plan."""
    slots = CandidateSlots(problem)
    incumbent = Incumbent(slots, Packer(slots).pack())
    bounds = Bounds(slots, Incumbent(slots, agreed_arrangement(slots)).score)
    with Pool(1, lambda: False, None) as pool:
        return work(Campaign(slots, incumbent, bounds, pool, lambda: None))


def priced(campaign):
    campaign._solve_each_alone()
    for level in MAIN:
        campaign._generate_columns(level)
    return campaign.bounds


def wanted_by(seniors, *, max_sessions=None):
    """Each of so many seniors has a lunch for the same junior, on any of two dates and hours."""
    mentors = [a_senior(f"senior{n}") for n in range(seniors)]
    lunches = tuple(
        a_session(f"s{n}", senior=each.id, last_day=TUESDAY, between=hours("09:00", "18:00"))
        for n, each in enumerate(mentors)
    )
    return a_problem(people=(*mentors, a_person(max_sessions=max_sessions)), sessions=lunches)


def test_turns_that_a_junior_does_not_have_bound_what_is_placed():
    bounds = with_campaign(wanted_by(3, max_sessions=1), priced)

    assert bounds.turns_left == {"ben": 1}
    assert bounds.of(Level.PLACED, Score(reached=1, placed=1)) == 1


def test_only_juniors_who_could_attend_more_are_scarce():
    assert with_campaign(wanted_by(2, max_sessions=2), priced).turns_left == {}


def assert_bounds_hold(problem, most_plans):
    """Of the best plan, those of the main levels; and no plan at all spreads turns better than the flow."""
    options = choices(problem)
    assume(1 < count(options) <= most_plans)
    every = list(scores(problem, options))
    best = max(every, key=rank)

    bounds = with_campaign(problem, priced)

    for level in MAIN:
        bound = bounds.of(level, best)
        assert bound is None or (bound >= best.at(level) if level.more_is_better else bound <= best.at(level))
    assert bounds.agreed.share + most_share(bounds.slots) >= max(score.share for score in every)


@settings(SLOW, max_examples=4)
@given(problems(most_sessions=3, most_people=4).map(tiny))
def test_priced_bounds_hold_for_the_best_plan(problem):
    assert_bounds_hold(problem, 300)


@pytest.mark.slow
@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(problems(most_sessions=3, most_people=4).map(tiny))
def test_priced_bounds_hold_for_the_best_plan_of_many(problem):
    assert_bounds_hold(problem, 5000)


def planned(campaign, floors, targets=()):
    sessions = campaign._sessions(campaign.neighbours.seniors)
    task = Neighbourhood(
        scope=make_scope(campaign.slots, sessions, campaign.slots.diaries),
        stages=() if targets else (MAIN,),
        hint={},
        seconds=20,
        floors=floors,
        targets=targets,
    )
    return solve_neighbourhood(task)


@SLOW
@given(problems(most_sessions=4))
def test_floors_cost_no_plan(problem):
    def both(campaign):
        priced(campaign)
        every = campaign._floors_of(campaign.neighbours.seniors)
        return [
            Incumbent(campaign.slots, planned(campaign, floors).arrangement).score for floors in ((), every)
        ]

    without, held = with_campaign(problem, both)

    assert [held.at(level) for level in MAIN] == [without.at(level) for level in MAIN]


def test_a_target_is_met_or_nothing_is_planned():
    def twice(campaign):
        campaign._solve_each_alone()
        return [
            planned(campaign, (), (Target(("senior0",), ("senior0",), days, 1, frozenset({"ben"})),))
            for days in (1, 0)
        ]

    possible, impossible = with_campaign(wanted_by(2), twice)

    assert possible.arrangement["s0"].juniors == ("ben",)
    assert impossible.arrangement is None


def test_a_plan_of_many_seniors_for_scarce_juniors_is_proved():
    plan = propose(wanted_by(4, max_sessions=2), Limits(30, 1, time.monotonic))

    assert [(proof.value, proof.bound) for proof in plan.proof][:3] == [(1, 1), (2, 2), (2, 2)]


def test_turns_are_spread_as_far_as_seats_go():
    """Two seats for Ben and Cat, whose first turns are worth more than anybody's second."""
    people = (a_senior(), a_person("ben", need=3), a_person("cat", need=2))
    sessions = tuple(a_session(f"s{n}", juniors=("ben", "cat")) for n in range(2))

    assert most_share(CandidateSlots(a_problem(people=people, sessions=sessions))) == 60 * (3 + 2)
