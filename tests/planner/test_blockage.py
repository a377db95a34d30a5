from dataclasses import replace
from datetime import timedelta
from itertools import chain, combinations

import pytest
from hypothesis import HealthCheck, given, settings

from planner.blockage import Cause, blockage_of
from planner.domain import DayHours, Placement, RoomUse, WeekHours
from planner.first_free import first_free
from planner.intervals import subtract
from planner.openings import CALENDAR, Bar, Standing
from tests.factories import (
    FRIDAY,
    MONDAY,
    THURSDAY,
    TUESDAY,
    WEDNESDAY,
    a_coffee,
    a_mentoring,
    a_person,
    a_placement,
    a_problem,
    a_room,
    a_senior,
    a_session,
    a_week,
    an_interval,
    an_office,
    at,
    hours,
)
from tests.planner.strategies import instants_of, kept, problems, rules_broken


def blocked(problem, *placements, session="lunch", day=None):
    found = blockage_of(Standing(problem, placements), placements, problem.session_by_id[session], day)
    return found.cause


def of_people(*, ada=None, ben=None, **changes):
    return a_problem(
        people=(a_senior(**(ada or {})), a_person("ben", **(ben or {})), a_person("cat")), **changes
    )


BUSY_AT_NOON = {"busy": tuple(an_interval(MONDAY + timedelta(days=n), "12:00", "14:00") for n in range(5))}
BUSY_ON_MONDAY = {"busy": (an_interval(MONDAY, "09:00", "17:00"),)}
ON_MONDAY = (a_session(last_day=MONDAY),)
MEETING_ON_MONDAY = (a_mentoring("lunch", last_day=MONDAY, required=frozenset({"ben"})),)


@pytest.mark.parametrize(
    ("problem", "cause"),
    [
        (a_problem(), Cause.NOTHING),
        (a_problem(first_day=TUESDAY, sessions=ON_MONDAY), Cause.NO_DAY),
        (
            a_problem(
                offices=(an_office(open=a_week("13:00", "18:00")),),
                sessions=(a_session(between=hours("11:30", "13:30")),),
            ),
            Cause.CLOSED,
        ),
        (a_problem(offices=(an_office(closed=frozenset({MONDAY})),), sessions=ON_MONDAY), Cause.CLOSED),
        (a_problem(sessions=(a_session(seats=(2, 2)),)), Cause.SEATS),
        (a_problem(sessions=(a_session(open_seats=1),)), Cause.SEATS),
        (a_problem(sessions=MEETING_ON_MONDAY, rooms=(a_room(capacity=1),)), Cause.NO_ROOM),
        (
            a_problem(sessions=MEETING_ON_MONDAY, rooms=(a_room(uses=frozenset({RoomUse.LUNCH})),)),
            Cause.NO_ROOM,
        ),
        (of_people(ben={"room_needs": {"ramp"}}, sessions=MEETING_ON_MONDAY), Cause.NO_ROOM),
        (of_people(ada=BUSY_AT_NOON), Cause.SENIOR_CALENDAR),
        (of_people(ben=BUSY_AT_NOON), Cause.PEOPLE_CALENDAR),
        (a_problem(sessions=MEETING_ON_MONDAY, rooms=(a_room(**BUSY_ON_MONDAY),)), Cause.ROOM_BUSY),
        (of_people(ada={"max_office_days_per_week": 0}), Cause.SENIOR_TAKEN),
        (of_people(ben={"max_sessions": 0}), Cause.PEOPLE_TAKEN),
        (of_people(ada={"min_sessions_per_office_day": 2}), Cause.TRIP),
        (
            of_people(
                ben={
                    "travel_minutes": 60,
                    "busy": tuple(
                        an_interval(MONDAY + timedelta(days=n), "09:00", "11:00") for n in range(5)
                    ),
                },
                sessions=(a_session(between=hours("11:30", "12:45")),),
            ),
            Cause.TRIP,
        ),
    ],
)
def test_the_first_thing_that_leaves_no_start_is_the_cause(problem, cause):
    assert blocked(problem) is cause


def test_other_sessions_may_take_the_senior_the_people_or_the_room():
    meeting = a_mentoring(
        "meeting", last_day=MONDAY, between=hours("09:00", "10:00"), juniors=("cat",), senior="dan"
    )
    lunch = replace(meeting, id="lunch", senior="ada", juniors=("ben",))
    people = (a_senior(), a_senior("dan"), a_person("ben"), a_person("cat"))
    placement = a_placement("meeting", at(MONDAY, "09:00"), ("cat",), "oak")

    def cause(**changes):
        problem = a_problem(people=people, sessions=(replace(lunch, **changes), meeting))
        return blocked(problem, placement)

    assert cause(senior="dan") is Cause.SENIOR_TAKEN
    assert cause(juniors=("cat",)) is Cause.PEOPLE_TAKEN
    assert cause() is Cause.ROOM_TAKEN


def test_the_sessions_that_take_a_room_are_named():
    meeting = a_mentoring(
        "meeting", last_day=MONDAY, between=hours("09:00", "10:00"), juniors=("cat",), senior="dan"
    )
    people = (a_senior(), a_senior("dan"), a_person("ben"), a_person("cat"))
    problem = a_problem(
        people=people, sessions=(replace(meeting, id="lunch", senior="ada", juniors=("ben",)), meeting)
    )
    placements = (a_placement("meeting", at(MONDAY, "09:00"), ("cat",), "oak"),)

    blockage = blockage_of(Standing(problem, placements), placements, problem.session_by_id["lunch"])

    assert blockage.sessions == ("meeting",)
    assert (blockage.help.person, blockage.help.days) == (None, (MONDAY,))


def test_the_smallest_change_is_the_one_hour_of_the_one_person():
    """Ada has time on Tuesday and Wednesday, when Ben has not; to Ada's other days two things are needed."""
    ada = {"busy": tuple(an_interval(day, "09:00", "17:00") for day in (THURSDAY, FRIDAY))}
    ada["avoid"] = frozenset({THURSDAY, FRIDAY})
    ben = {"busy": tuple(an_interval(day, "12:00", "14:00") for day in (TUESDAY, WEDNESDAY))}
    problem = of_people(ada=ada, ben=ben, sessions=(a_session(first_day=TUESDAY),))

    blockage = blockage_of(Standing(problem), (), problem.session_by_id["lunch"])

    assert blockage.cause is Cause.PEOPLE_CALENDAR
    assert (blockage.help.person, blockage.help.bar) == ("ben", Bar.BUSY)
    assert blockage.help.days == (TUESDAY, WEDNESDAY)


def test_where_two_things_are_in_the_way_no_single_change_is_named():
    problem = of_people(ada=BUSY_AT_NOON, ben=BUSY_AT_NOON)

    assert blockage_of(Standing(problem), (), problem.session_by_id["lunch"]).help is None


def test_a_day_is_asked_about_alone():
    problem = of_people(ben=BUSY_ON_MONDAY, sessions=(a_session(last_day=TUESDAY), a_coffee()))

    assert blocked(problem, day=MONDAY) is Cause.PEOPLE_CALENDAR
    assert blocked(problem, day=TUESDAY) is Cause.NOTHING
    assert blocked(problem, day=WEDNESDAY) is Cause.NO_DAY


# ---- against every placement there is


def every_placement(problem, session):
    zone, first = problem.zone_of(session), max(problem.first_day, session.first_day)
    rooms = [room.id for room in problem.rooms] if session.room_use else [None]
    sizes = range(session.seats[0], max(session.seats[0], session.most_juniors) + 1)
    groups = list(chain.from_iterable(combinations(session.juniors, size) for size in sizes))
    for n in range((min(problem.last_day, session.last_day) - first).days + 1):
        for minute in range(session.between.opens, session.between.closes, problem.grid_minutes):
            start = instants_of(first + timedelta(days=n), minute, zone)
            yield from (Placement(session.id, start, room, group) for room in rooms for group in groups)


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(problems(most_sessions=3))
def test_a_session_that_is_blocked_fits_nowhere_and_one_that_is_not_fits(problem):
    problem = replace(problem, grid_minutes=60)
    placements = kept(problem, first_free(problem))
    placed = {placement.session for placement in placements}
    for session in problem.sessions:
        if session.id in placed:
            continue
        blockage = blockage_of(Standing(problem, placements), placements, session)
        if blockage.cause is Cause.NOTHING:
            assert rules_broken(problem, [*placements, blockage.fits]) == []
        else:
            assert all(
                rules_broken(problem, [*placements, other]) for other in every_placement(problem, session)
            )


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(problems())
def test_the_change_that_is_named_would_place_it(problem):
    placements = kept(problem, first_free(problem))
    placed = {placement.session for placement in placements}
    for session in problem.sessions:
        if session.id in placed:
            continue
        change = blockage_of(Standing(problem, placements), placements, session).help
        if change is not None and (change.person is None or change.bar in CALENDAR):
            changed, placement = with_change(problem, change)
            assert rules_broken(changed, [*placements, placement]) == []


def with_change(problem, change):
    """The problem with the one bar gone, or with one more room, and where the session stands then."""
    session = problem.session_by_id[change.example.session]
    if change.person is None:
        needs = frozenset[str]().union(*(person.room_needs for person in problem.people))
        more = a_room("more", office=session.office, capacity=99, features=needs)
        return replace(problem, rooms=(*problem.rooms, more)), replace(change.example, room="more")
    when, person = change.example.interval(session.minutes), problem.person_by_id[change.person]
    freed = replace(
        person,
        busy=subtract(person.busy, [when]),
        unknown=subtract(person.unknown, [when]),
        elsewhere=subtract(person.elsewhere, [when]),
        avoid=person.avoid - set(change.days),
        offices=person.offices | ({session.office} if session.office else set()),
        hours=WeekHours((DayHours(0, 1440),) * 7) if change.bar is Bar.HOURS else person.hours,
    )
    people = tuple(freed if each is person else each for each in problem.people)
    return replace(problem, people=people), change.example
