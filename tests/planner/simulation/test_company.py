"""Made companies, and a company's own weeks repeated to the end."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from planner.documents import problem_to_json, read_problem
from planner.domain import Interval, PlanningProblem, Role
from planner.simulation.company import Company, Size, made_company, repeated
from planner.simulation.people import cast
from tests.factories import LONDON, a_person, a_problem, a_senior, an_interval, at
from tests.planner.simulation.companies import FORMATS, MONDAY, a_scenario, assuming

#: Clocks in London go forward on 28 March 2027.
WEEK = date(2027, 3, 22)


def a_made(seed: int = 1, **size: float) -> Company:
    return made_company(Size(**{"seniors": 3, "juniors": 9, **size}), FORMATS, MONDAY, 6, seed)  # type: ignore[arg-type]


def a_week_of(*people: object) -> PlanningProblem:
    whole = {"first_day": WEEK, "last_day": WEEK + timedelta(days=6), "sessions": ()}
    return a_problem(people=people, **whole)


def busy_share(company: Company) -> float:
    total = sum((i.end - i.start).total_seconds() for one in company.problem.people for i in one.busy)
    return total / len(company.problem.people)


def test_a_made_company_is_a_problem_like_any_other() -> None:
    problem = a_made(offices=2).window(MONDAY + timedelta(weeks=3))

    assert read_problem(problem_to_json(problem), "made") == problem


def test_seeds_make_other_calendars_and_the_same_seed_the_same() -> None:
    assert a_made(1).problem == a_made(1).problem
    assert a_made(1).problem != a_made(2).problem


def test_the_fuller_calendars_are_to_be_the_less_time_is_free() -> None:
    assert busy_share(a_made(load=0.1)) < busy_share(a_made(load=0.4)) < busy_share(a_made(load=0.7))


def test_a_window_has_what_a_calendar_says_of_it_and_nothing_beyond() -> None:
    company = a_made()
    first = MONDAY + timedelta(weeks=2)
    window = company.window(first)

    for one in window.people:
        whole = company.problem.person_by_id[one.id].busy
        touching = tuple(
            each
            for each in whole
            if each.end > at(first, "00:00") and each.start < at(first, "00:00") + timedelta(days=28)
        )
        assert set(touching) <= set(one.busy) <= set(whole)
        assert all(first <= day < first + timedelta(days=28) for day in one.in_office)


def test_weeks_are_repeated_by_the_clock_whatever_the_clocks_do() -> None:
    meeting = an_interval(WEEK, "09:00", "10:00")
    problem = repeated(a_week_of(a_person(busy=(meeting,), avoid=frozenset({WEEK}))), 1, 3)

    (one,) = problem.people
    local = [each.start.astimezone(ZoneInfo(LONDON)) for each in one.busy]
    assert [start.hour for start in local] == [9] * 7  # three weeks, and four of a plan's window
    assert [start.date() for start in local] == [WEEK + timedelta(weeks=n) for n in range(7)]
    assert one.avoid == {WEEK + timedelta(weeks=n) for n in range(7)}
    assert problem.last_day == WEEK + timedelta(weeks=7, days=-1)


def test_what_lies_outside_the_known_weeks_is_not_repeated() -> None:
    before = Interval(at(WEEK, "09:00") - timedelta(days=1), at(WEEK, "09:00"))
    problem = repeated(a_week_of(a_senior(unknown=(before,))), 1, 2)

    starts = [each.start for each in problem.people[0].unknown]
    assert starts[0] == datetime(2027, 3, 22, tzinfo=starts[0].tzinfo)  # cut off at midnight in London
    assert len(starts) == 6


@pytest.mark.parametrize("changes", [{"weeks": 0}, {"starts": date(2027, 1, 5)}])
def test_a_simulation_takes_whole_weeks(changes: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="Monday"):
        replace(a_made(), **changes)  # type: ignore[arg-type]


def test_quarters_are_of_a_quarter_and_the_same_on_every_way() -> None:
    scenario = a_scenario(juniors=18)
    company = scenario.company_in(3)
    people = cast(company, scenario.assumptions, 3)

    assert len(people.quiet_quarter) == len(people.outgoing_quarter) == 4
    assert people.quiet_quarter.isdisjoint(people.outgoing_quarter)
    assert people.quiet_quarter == cast(company, scenario.assumptions, 3).quiet_quarter
    assert people.quiet_quarter != cast(company, scenario.assumptions, 4).quiet_quarter
    assert people.quiet_quarter <= people.never_ask


def test_who_is_more_outgoing_asks_more() -> None:
    company = a_scenario().company_in(1)
    people = cast(company, assuming(quiet_share=0.5, asks_least=1, asks_most=3), 1)

    asks = [people.asks_a_month(who) for who in sorted(people.outgoing, key=lambda who: people.outgoing[who])]
    assert asks == sorted(asks)
    assert asks[: len(asks) // 2] == [0.0] * (len(asks) // 2)
    assert 1 < asks[len(asks) // 2] < asks[-1] < 3
    assert {one.person for one in company.of(Role.JUNIOR)} == people.outgoing.keys()
