"""What each way comes to, and what each assumption does to it."""

from __future__ import annotations

from concurrent.futures import BrokenExecutor, ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import Any

import pytest

from planner import subproblem
from planner.check import violations
from planner.domain import Plan, PlanningProblem
from planner.programme import Format
from planner.simulation.assumptions import EXPLAINED, Assumptions
from planner.simulation.figures import Figures, figures, spreads
from planner.simulation.history import HeldSession, History, Way
from planner.simulation.people import cast
from planner.simulation.play import Made, Part, Scenario, play, play_all
from planner.simulation.weekly_cycle import plan_in_steps, play_weekly_cycle
from tests.planner.simulation.companies import EQUAL, FORMATS, a_scenario, assuming

pytestmark = pytest.mark.slow

SEEDS = (1, 2, 3)


def medians(scenario: Scenario, way: Way, figure: str, seeds: tuple[int, ...] = SEEDS) -> float:
    found = spreads([play(scenario, way, seed).figures for seed in seeds])[figure]
    assert found is not None
    return found.median


@pytest.mark.parametrize("way", Way)
def test_the_same_seed_gives_the_same_figures(way: Way) -> None:
    scenario = a_scenario(weeks=5, steps=4)

    assert play(scenario, way, 1) == play(scenario, way, 1)
    assert play(scenario, way, 1) != play(scenario, way, 2)


def test_who_never_asks_is_reached_by_officeday_and_not_by_booking_links() -> None:
    scenario = a_scenario(weeks=12)

    assert medians(scenario, Way.OFFICEDAY, "reach_quiet_ever") == 1
    assert medians(scenario, Way.BOOKING_LINKS, "reach_quiet_ever") == 0
    assert medians(scenario, Way.BOOKING_LINKS, "to_never_asked") == 0
    assert medians(scenario, Way.OFFICEDAY, "to_never_asked") > 0.15


def test_where_everybody_asks_booking_links_do_fine() -> None:
    keen = assuming(quiet_share=0, asks_least=3, asks_most=3)

    assert medians(a_scenario(keen, weeks=12), Way.BOOKING_LINKS, "reach_quiet") == 1


@pytest.mark.parametrize("way", Way)
def test_where_all_are_alike_the_quarters_do_not_differ(way: Way) -> None:
    """With a handful of people a quarter's reach is coarse, so many seeds are added up."""
    scenario = a_scenario(EQUAL, weeks=4)
    parts = [play(scenario, way, seed).figures for seed in range(12)]

    quiet = sum(one.reach_quiet or 0 for one in parts)
    outgoing = sum(one.reach_outgoing or 0 for one in parts)

    assert abs(quiet - outgoing) <= 2.5  # of 12


def test_the_more_do_not_show_up_the_fewer_are_reached() -> None:
    def reach(shows_up: float) -> float:
        return medians(
            a_scenario(assuming(shows_up_quiet=shows_up, shows_up_outgoing=shows_up), weeks=6),
            Way.OFFICEDAY,
            "reach",
        )

    assert reach(0.0) == 0 < reach(0.2) < reach(1.0) == 1


def test_nobody_is_mentored_where_nobody_approves() -> None:
    never = assuming(approves_least=0, approves_most=0, another_day=0, skips=1)

    assert play(a_scenario(never), Way.OFFICEDAY, 1).figures.sessions_held == 0


def test_silent_seniors_cost_sessions_and_another_day_brings_them_back() -> None:
    def held(approve: float, another: float) -> float:
        chances = assuming(approves_least=approve, approves_most=approve, another_day=another, skips=0)
        return medians(a_scenario(chances, weeks=6), Way.OFFICEDAY, "sessions_held")

    assert held(0.1, 0.0) < held(0.1, 1.0)
    assert held(0.1, 0.0) < held(1.0, 0.0)


def test_declining_and_calling_off_cost_sessions() -> None:
    def held(way: Way, **values: float) -> float:
        return medians(a_scenario(assuming(**values), weeks=6), way, "sessions_held")

    assert held(Way.OFFICEDAY, declines=0.9) < held(Way.OFFICEDAY, declines=0.0)
    for way in Way:
        assert held(way, senior_cancels=1.0) == 0 < held(way, senior_cancels=0.0)


def test_who_asks_more_gets_more_by_booking_links_up_to_the_limit() -> None:
    def held(asks: float, most: int) -> float:
        keen = assuming(asks_most=asks, asks_least=asks, links_open=most)
        return medians(a_scenario(keen, weeks=8), Way.BOOKING_LINKS, "sessions_held")

    assert held(1, 20) < held(8, 20)
    assert held(8, 1) < held(8, 20)


def test_bookings_online_ask_nobody_in() -> None:
    online = play(a_scenario(assuming(links_in_person=0)), Way.BOOKING_LINKS, 1).figures

    assert online.sessions_held > online.in_person_held == online.office_days == 0
    assert online.in_person_a_day is None


def test_a_mandate_asks_for_its_days_whether_or_not_anything_comes_of_them() -> None:
    nothing = assuming(osmosis_quiet=0, osmosis_outgoing=0)
    three = play(a_scenario(nothing, in_anyway=0.0), Way.MANDATE, 1).figures
    one = play(a_scenario(assuming(mandate_days=1), in_anyway=0.0), Way.MANDATE, 1).figures

    assert three.sessions_held == 0
    assert 8 * 4 * 2 < three.office_days <= 8 * 4 * 3  # a few days are holidays
    assert one.office_days < three.office_days / 2


def test_a_roulette_that_is_drawn_more_often_for_more_pairs_reaches_more() -> None:
    def held(**values: float) -> float:
        return medians(a_scenario(assuming(**values), weeks=8), Way.ROULETTE, "sessions_held")

    assert held(roulette_pairs=1) < held(roulette_pairs=4)
    assert held(roulette_weeks=8) < held(roulette_weeks=1)


def test_days_in_anyway_are_asked_of_nobody() -> None:
    in_every_day = a_scenario(weeks=4)
    company = in_every_day.company_in(1)
    days = frozenset(company.starts + timedelta(days=n) for n in range(28))
    people = tuple(replace(one, in_office=days) for one in company.problem.people)
    always = replace(company, problem=replace(company.problem, people=people))

    for way in (Way.OFFICEDAY, Way.BOOKING_LINKS, Way.MANDATE):
        assert play(replace(in_every_day, company=always), way, 1).figures.office_days == 0
        assert play(in_every_day, way, 1).figures.office_days > 0


def test_the_same_sessions_booked_one_by_one_share_fewer_days() -> None:
    found = play(a_scenario(weeks=8), Way.OFFICEDAY, 1).figures

    assert found.planned_a_day is not None and found.one_by_one_a_day is not None
    assert found.planned_a_day > found.one_by_one_a_day
    assert play(a_scenario(weeks=8), Way.BOOKING_LINKS, 1).figures.one_by_one_a_day is None


def test_days_with_a_lunch_are_counted_of_the_office_days() -> None:
    lunches = tuple(each for each in FORMATS if each.kind.is_lunch)
    others = tuple(each for each in FORMATS if not each.kind.is_lunch)

    def days(formats: tuple[Format, ...]) -> tuple[float, float | None]:
        scenario = a_scenario(weeks=8, in_anyway=0.0, worth_the_trip=1)
        assert isinstance(scenario.company, Made)
        found = play(replace(scenario, company=replace(scenario.company, formats=formats)), Way.OFFICEDAY, 1)
        return found.figures.office_days, found.figures.lunch_days

    only, none, both = days(lunches), days(others), days(FORMATS)
    assert only[0] == only[1] != 0
    assert none[0] != 0 == none[1]
    assert both[1] is not None and 0 < both[1] <= both[0]
    assert play(a_scenario(), Way.BOOKING_LINKS, 1).figures.lunch_days is None  # nobody planned anything


def test_of_groups_of_fewer_than_may_be_told_there_is_no_figure() -> None:
    """A quarter of sixteen is four; those who never ask are the same four."""
    scenario = a_scenario(weeks=2)

    def told(least: int) -> Figures:
        company = replace(scenario.company_in(1), least_group=least)
        return play(replace(scenario, company=company), Way.OFFICEDAY, 1).figures

    groups = ("reach_quiet", "reach_outgoing", "reach_quiet_ever", "reach_outgoing_ever", "to_never_asked")
    whole = told(4)
    assert all(getattr(whole, each) is not None for each in groups)
    assert told(5) == replace(whole, **dict.fromkeys(groups))


def test_every_weekly_plan_keeps_every_rule_of_everybody() -> None:
    """The plans are judged once more here, with what was agreed in the weeks before."""
    judged: list[int] = []

    def planner(problem: PlanningProblem) -> Plan:
        plan = plan_in_steps(3, problem)
        assert violations(problem, plan) == []
        judged.append(sum(session.fixed is not None for session in problem.sessions))
        return plan

    scenario = a_scenario(weeks=6)
    company = scenario.company_in(1)
    play_weekly_cycle(company, cast(company, scenario.assumptions, 1), Random(1), planner)

    assert len(judged) == 6
    assert judged[0] == 0 and min(judged[1:]) > 0  # what was agreed stays


def test_more_steps_never_ask_for_more_days_in_the_first_plan() -> None:
    first = {}
    for steps in (0, 30):

        def planner(problem: PlanningProblem, steps: int = steps) -> Plan:
            return first.setdefault(steps, plan_in_steps(steps, problem))

        scenario = a_scenario(weeks=1)
        company = scenario.company_in(1)
        play_weekly_cycle(company, cast(company, scenario.assumptions, 1), Random(1), planner)

    assert first[30].score.senior_days <= first[0].score.senior_days
    assert first[30].score.placed >= first[0].score.placed


def test_on_a_busy_machine_the_same_plans_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """So busy that the clock would end each search as soon as it begins."""
    scenario = a_scenario(weeks=2, steps=6, seniors=2, juniors=8)
    calm = play(scenario, Way.OFFICEDAY, 1)
    monkeypatch.setattr(subproblem, "PATIENCE", 1e-6)

    assert play(scenario, Way.OFFICEDAY, 1) == calm


def test_parts_are_the_same_wherever_they_are_played() -> None:
    scenario = a_scenario(weeks=2)
    heard: list[Part] = []

    here = play_all(scenario, SEEDS, None)
    with ThreadPoolExecutor(2) as executor:
        there = play_all(scenario, SEEDS, executor, heard.append)

    assert here == there
    assert len(here) == len(heard) == len(Way) * len(SEEDS)
    assert {(part.way, part.seed) for part in heard} == {(way, seed) for way in Way for seed in SEEDS}


def test_what_a_lost_worker_leaves_is_played_here() -> None:
    class Lost(ThreadPoolExecutor):
        """Gone after three parts."""

        submitted = 0

        def submit(self, *args: Any, **rest: Any) -> Any:
            self.submitted += 1
            return super().submit(breaks) if self.submitted > 3 else super().submit(*args, **rest)

    def breaks() -> None:
        raise BrokenExecutor("the process is gone")

    scenario, heard = a_scenario(weeks=2), list[Part]()
    with Lost(1) as executor:
        parts = play_all(scenario, SEEDS, executor, heard.append)

    assert parts == play_all(scenario, SEEDS, None)
    assert sorted(heard, key=parts.index) == list(parts)  # each is heard of once


def test_what_is_done_is_kept_when_it_is_stopped_and_not_played_again() -> None:
    scenario, heard = a_scenario(weeks=2), list[Part]()

    some = play_all(scenario, SEEDS, None, heard.append, cancelled=lambda: len(heard) >= 3)
    rest = play_all(scenario, SEEDS, None, heard.append, done=some)

    assert len(some) == 3
    assert len(heard) == len(rest) == len(Way) * len(SEEDS)
    assert rest == play_all(scenario, SEEDS, None)


def test_waits_count_from_the_first_week_to_the_last() -> None:
    scenario = a_scenario(weeks=10, seniors=1, juniors=4)
    company = scenario.company_in(1)
    people = cast(company, Assumptions(), 1)
    in_week_3 = [HeldSession(3, "s0000", (who,), True) for who in people.outgoing]

    def longest(*held: HeldSession) -> float:
        return figures(company, people, History(list(held))).longest_wait

    assert longest() == 10
    assert longest(*in_week_3) == 6  # weeks 4 to 9
    assert longest(*in_week_3, *(HeldSession(9, "s0000", (who,), True) for who in people.outgoing)) == 5


def test_a_spread_is_median_least_and_most_and_leaves_out_what_nobody_has() -> None:
    scenario = a_scenario(weeks=2)
    found = [play(scenario, Way.ROULETTE, seed).figures for seed in (1, 2, 3)]
    told = spreads(found)

    reach = sorted(one.reach for one in found)
    assert told["reach"] is not None
    assert (told["reach"].lowest, told["reach"].median, told["reach"].highest) == tuple(reach)
    assert told["in_person_a_day"] is None  # nobody was asked in


def test_every_assumption_has_a_reason_and_a_default_in_its_range() -> None:
    assert EXPLAINED.keys() == Assumptions().values().keys()
    for each in EXPLAINED.values():
        assert each.lowest <= each.default <= each.highest
        assert each.says and each.why


def test_all_that_is_assumed_out_of_range_is_told_at_once() -> None:
    with pytest.raises(ValueError, match="quiet_share: must be 0 to 1, not 2") as told:
        Assumptions(quiet_share=2, another_day=0.8, skips=0.8, roulette_pairs=1.5)

    assert "roulette_pairs: must be a whole number" in str(told.value)
    assert "another_day and skips" in str(told.value)


def test_the_figures_of_a_company_without_juniors_divide_by_nothing() -> None:
    found: Figures = play(a_scenario(weeks=1, juniors=0), Way.OFFICEDAY, 1).figures

    assert found.reach_quiet is None and found.sessions_held == 0
