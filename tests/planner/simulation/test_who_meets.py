"""Who takes part, who may meet whom and when an office is open hold for every way alike."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from random import Random
from typing import Any

import pytest

from planner.domain import DayHours, Role, SessionKind, WeekHours
from planner.programme import Participant
from planner.simulation.assumptions import Assumptions
from planner.simulation.booking_links import play_booking_links
from planner.simulation.company import Company
from planner.simulation.figures import Figures, figures
from planner.simulation.history import HeldSession, History, Way
from planner.simulation.mandate import play_mandate
from planner.simulation.people import cast
from planner.simulation.roulette import play_roulette
from planner.simulation.weekly_cycle import plan_in_steps, play_weekly_cycle
from tests.planner.simulation.companies import a_scenario, assuming

WEEKS = 6
PLAYERS: dict[Way, Callable[..., History]] = {
    Way.OFFICEDAY: partial(play_weekly_cycle, planner=partial(plan_in_steps, 0)),
    Way.BOOKING_LINKS: play_booking_links,
    Way.MANDATE: play_mandate,
    Way.ROULETTE: play_roulette,
}
#: So much that every way brings many together in a few weeks, and nobody stays away by chance.
KEEN = assuming(
    quiet_share=0,
    asks_least=4,
    asks_most=8,
    links_open=8,
    osmosis_quiet=0.5,
    osmosis_outgoing=0.5,
    roulette_weeks=1,
    roulette_pairs=4,
    approves_least=1,
    approves_most=1,
    declines=0,
    shows_up_quiet=1,
    shows_up_outgoing=1,
    shows_up_asked=1,
    senior_cancels=0,
)
every_way = pytest.mark.parametrize("way", Way)
IN_OFFICES = pytest.mark.parametrize("way", [Way.OFFICEDAY, Way.BOOKING_LINKS, Way.MANDATE])


def a_company() -> Company:
    return a_scenario(KEEN, weeks=WEEKS, in_anyway=0.0, worth_the_trip=1, load=0.2).company_in(1)


def with_people(
    company: Company, changed: Callable[[Participant], dict[str, Any]], role: Role | None = None
) -> Company:
    """The same with participants changed: all of them, or those of a role."""
    return replace(
        company,
        participants=tuple(
            replace(one, **changed(one)) if role in (None, one.role) else one for one in company.participants
        ),
    )


def came_of(way: Way, company: Company, assumptions: Assumptions = KEEN) -> History:
    return PLAYERS[way](company, cast(company, assumptions, 1), Random(f"{way}"))


def figures_of(company: Company, history: History) -> Figures:
    return figures(company, cast(company, KEEN, 1), history)


def pairs(history: History) -> set[tuple[str, str]]:
    return {(one.senior, who) for one in history.held for who in one.juniors}


def weeks_with_sessions(history: History) -> set[int]:
    return {one.week for one in history.held}


@every_way
def test_as_they_are_people_meet_from_the_first_week_to_the_last(way: Way) -> None:
    came = came_of(way, a_company())

    assert {0, WEEKS - 1} <= weeks_with_sessions(came)
    assert len(pairs(came)) > 20


@every_way
@pytest.mark.parametrize("role", Role)
def test_who_is_paused_meets_nobody_and_is_asked_in_for_nothing(way: Way, role: Role) -> None:
    company = a_company()
    company = with_people(company, lambda one: {"paused": (company.starts, date(2030, 1, 1))}, role)

    came = came_of(way, company)

    assert came.held == []
    assert role is Role.JUNIOR or came.office_days == set()


@every_way
@pytest.mark.parametrize("role", Role)
def test_who_has_left_or_not_yet_joined_meets_nobody(way: Way, role: Role) -> None:
    company = a_company()
    begin, end = company.monday(2), company.monday(4)
    there = with_people(company, lambda one: {"joined": begin, "left": end}, role)

    came = came_of(way, there)

    assert weeks_with_sessions(came) == {2, 3}
    assert role is Role.JUNIOR or all(begin <= day < end for _, day in came.office_days)


@every_way
def test_after_a_pause_people_meet_again(way: Way) -> None:
    company = a_company()
    pause = (company.starts, company.monday(3) - timedelta(days=1))

    came = came_of(way, with_people(company, lambda one: {"paused": pause}))

    assert weeks_with_sessions(came) == set(range(3, WEEKS))


@every_way
def test_pairs_kept_apart_never_meet(way: Way) -> None:
    company = a_company()
    kept = frozenset(
        frozenset((senior.person, junior.person))
        for senior in company.of(Role.SENIOR)[1:]
        for junior in company.of(Role.JUNIOR)
    )

    assert {senior for senior, _ in pairs(came_of(way, replace(company, never=kept)))} == {"s0000"}


@every_way
def test_managers_mentor_none_of_their_reports(way: Way) -> None:
    managed = with_people(a_company(), lambda one: {"manager": "s0001"}, Role.JUNIOR)

    met = {senior for senior, _ in pairs(came_of(way, managed))}

    assert met == {"s0000", "s0002", "s0003"}


@every_way
def test_who_shares_no_language_does_not_meet(way: Way) -> None:
    spoken = {"s0000": {"de"}, "s0001": {"fr"}, "j0000": {"de"}, "j0001": {"fr"}}
    company = with_people(a_company(), lambda one: {"languages": frozenset(spoken.get(one.person, ()))})

    met = pairs(came_of(way, company))

    assert met.isdisjoint({("s0000", "j0001"), ("s0001", "j0000")})
    assert met & {("s0000", "j0000"), ("s0001", "j0001")}


@every_way
@pytest.mark.parametrize("role", Role)
def test_who_is_online_only_meets_nobody_in_an_office_and_is_not_asked_in(way: Way, role: Role) -> None:
    came = came_of(way, with_people(a_company(), lambda one: {"online_only": True}, role))

    assert not any(one.in_person for one in came.held)
    assert came.held or way is Way.MANDATE
    assert way is Way.MANDATE or came.office_days == set()


@every_way
def test_who_would_rather_not_have_coffee_roulettes_has_none_and_a_mandate_asks_nobody(way: Way) -> None:
    company = with_people(
        a_company(), lambda one: {"declines": frozenset({SessionKind.COFFEE_ROULETTE})}, Role.JUNIOR
    )

    came = came_of(way, company)

    assert bool(came.held) == (way in (Way.OFFICEDAY, Way.MANDATE))
    assert all(one.in_person for one in came.held)


@IN_OFFICES
def test_an_office_that_is_closed_holds_nobody(way: Way) -> None:
    company = a_company()
    days = frozenset(company.starts + timedelta(days=n) for n in range(14))
    offices = tuple(replace(one, closed=days) for one in company.problem.offices)

    came = came_of(way, replace(company, problem=replace(company.problem, offices=offices)))

    assert {one.week for one in came.held if one.in_person} == set(range(2, WEEKS))
    assert {day for _, day in came.office_days}.isdisjoint(days)


@IN_OFFICES
def test_an_office_is_open_on_its_own_days_and_at_its_own_hours(way: Way) -> None:
    """Wednesdays it opens when everybody has gone home."""
    company = a_company()
    usual, late = DayHours(9 * 60, 18 * 60), DayHours(18 * 60, 22 * 60)
    week = WeekHours((None, usual, late, None, usual, None, None))
    offices = tuple(replace(one, open=week) for one in company.problem.offices)

    came = came_of(
        way,
        replace(company, problem=replace(company.problem, offices=offices)),
        replace(KEEN, mandate_days=5),
    )

    assert {day.weekday() for _, day in came.office_days} == {1, 4}


@every_way
def test_where_seniors_call_everything_off_nothing_is_held_and_nobody_comes_in(way: Way) -> None:
    came = came_of(way, a_company(), replace(KEEN, senior_cancels=1))

    assert came.held == []
    assert came.office_days == set()


@every_way
def test_the_more_seniors_call_off_the_less_is_held(way: Way) -> None:
    held = [
        len(came_of(way, a_company(), replace(KEEN, senior_cancels=chance)).held) for chance in (0, 0.8, 1)
    ]

    assert held[0] > held[1] > held[2] == 0


@every_way
def test_the_longest_wait_is_of_those_whose_calendar_could_be_read(way: Way) -> None:
    company = a_company()
    came = came_of(way, company)
    who = {one.person for one in company.of(Role.JUNIOR)}
    without = History([one for one in came.held if "j0003" not in one.juniors])

    assert figures_of(company, without).longest_wait == WEEKS
    unreadable = figures_of(replace(company, unreadable=frozenset({"j0003", "s0001"})), without)
    assert unreadable.longest_wait is not None and unreadable.longest_wait < WEEKS
    assert unreadable.unreadable == 1
    assert unreadable.reach < 1  # of everybody
    assert figures_of(replace(company, unreadable=frozenset(who)), came).longest_wait is None


def test_a_wait_is_of_the_weeks_in_which_somebody_takes_part() -> None:
    company = a_company()
    joined, pause = company.monday(1), (company.monday(3), company.monday(4) - timedelta(days=1))
    there = with_people(company, lambda one: {"joined": joined, "paused": pause}, Role.JUNIOR)
    everybody = tuple(one.person for one in company.of(Role.JUNIOR))

    def longest(*weeks: int) -> float | None:
        held = [HeldSession(week, "s0000", everybody, True) for week in weeks]
        return figures_of(there, History(held)).longest_wait

    assert longest() == 4  # weeks 1, 2, 4 and 5
    assert longest(1) == 3
    assert longest(2) == longest(4) == 2
