"""Candidate slots: one test a rule that a single calendar, room or session decides."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from planner.domain import RoomUse, WeekHours
from planner.slots import CandidateSlots
from tests.factories import (
    FRIDAY,
    LONDON,
    MONDAY,
    NEW_YORK,
    TUESDAY,
    a_coffee,
    a_mentoring,
    a_person,
    a_problem,
    a_room,
    a_senior,
    a_session,
    a_week,
    an_agreement,
    an_interval,
    an_office,
    at,
    hours,
)


def starts(problem, session="lunch"):
    """The candidate starts of a session."""
    slots = CandidateSlots(problem)
    return [slots.axis.instant(minute) for minute in slots.of[session].starts]


def clocks(problem, session="lunch", zone=LONDON):
    return [f"{start.astimezone(ZoneInfo(zone)):%a %H:%M}" for start in starts(problem, session)]


def a_monday_lunch(**changes):
    return a_session(**{"last_day": MONDAY, **changes})


def test_starts_lie_on_the_grid_inside_between():
    problem = a_problem(sessions=(a_monday_lunch(),), grid_minutes=30)

    assert clocks(problem) == ["Mon 11:30", "Mon 12:00", "Mon 12:30", "Mon 13:00", "Mon 13:30"]


def test_the_grid_is_that_of_the_local_minute():
    kathmandu = "Asia/Kathmandu"  # UTC+5:45
    office = an_office(timezone=kathmandu, open=a_week("11:00", "13:00"))
    people = tuple(p(timezone=kathmandu, hours=a_week("11:00", "13:00")) for p in (a_senior, a_person))
    problem = a_problem(offices=(office,), people=people, sessions=(a_monday_lunch(),), grid_minutes=60)

    assert clocks(problem, zone=kathmandu) == ["Mon 12:00"]


def test_the_session_s_days_and_the_problem_s_both_bound_it():
    session = a_session(first_day=MONDAY - timedelta(days=7), between=hours("12:00", "13:00"))
    problem = a_problem(first_day=TUESDAY, sessions=(session,))

    assert clocks(problem) == ["Tue 12:00", "Wed 12:00", "Thu 12:00", "Fri 12:00"]


def test_nobody_meets_outside_the_hours_of_anyone_required():
    ben = a_person(hours=a_week("12:30", "17:00"))
    problem = a_problem(
        people=(a_senior(hours=a_week("09:00", "14:00")), ben),
        sessions=(a_monday_lunch(required=frozenset({"ben"})),),
    )

    assert clocks(problem) == ["Mon 12:30", "Mon 12:45", "Mon 13:00"]


@pytest.mark.parametrize("field", ["busy", "unknown"])
def test_busy_and_unknown_time_bars_a_start(field):
    senior = a_senior(**{field: (an_interval(MONDAY, "11:00", "12:30"),)})
    problem = a_problem(people=(senior, a_person()), sessions=(a_monday_lunch(),), grid_minutes=30)

    assert clocks(problem) == ["Mon 12:30", "Mon 13:00", "Mon 13:30"]


def test_a_busy_interval_that_ends_inside_a_minute_bars_that_minute():
    late = an_interval(MONDAY, "11:00", "12:30")
    late = type(late)(late.start, late.end + timedelta(seconds=1))
    problem = a_problem(people=(a_senior(busy=(late,)), a_person()), sessions=(a_monday_lunch(),))

    assert clocks(problem)[0] == "Mon 12:45"


def test_elsewhere_bars_the_office_and_not_a_call():
    away = (an_interval(MONDAY, "00:00", "23:00"),)
    problem = a_problem(
        people=(a_senior(elsewhere=away), a_person()),
        sessions=(a_monday_lunch(), a_coffee(last_day=MONDAY)),
    )

    assert starts(problem, "lunch") == []
    assert starts(problem, "coffee") != []


def test_nobody_comes_in_on_a_date_they_avoid():
    problem = a_problem(people=(a_senior(avoid=frozenset({MONDAY})), a_person()))

    assert {clock[:3] for clock in clocks(problem)} == {"Tue", "Wed", "Thu", "Fri"}


def test_a_closed_office_and_a_weekday_off_have_no_starts():
    office = an_office(open=a_week("08:00", "18:00", days=(0, 1, 2)), closed=frozenset({MONDAY}))

    assert {clock[:3] for clock in clocks(a_problem(offices=(office,)))} == {"Tue", "Wed"}


def test_a_person_of_another_office_cannot_attend():
    people = (a_senior(), a_person("ben", offices=frozenset({"leeds"})), a_person("cat"))
    slots = CandidateSlots(a_problem(people=people, sessions=(a_mentoring(),))).of["mentoring"]

    free = dict(zip(slots.juniors, slots.free.any(axis=1), strict=True))
    assert free == {"ben": False, "cat": True}


def test_a_clock_time_that_does_not_exist_is_no_start():
    spring = date(2027, 3, 28)  # London: 01:00 becomes 02:00
    problem = at_night(spring)

    assert [start.isoformat() for start in starts(problem, "coffee")] == [
        "2027-03-28T00:00:00+00:00",
        "2027-03-28T01:00:00+00:00",
    ]
    assert clocks(problem, "coffee") == ["Sun 00:00", "Sun 02:00"]


def test_a_clock_time_that_exists_twice_is_two_starts():
    autumn = date(2027, 10, 31)  # London: 02:00 becomes 01:00
    problem = at_night(autumn)

    assert clocks(problem, "coffee") == ["Sun 00:00", "Sun 01:00", "Sun 01:00", "Sun 02:00"]
    assert starts(problem, "coffee")[2] - starts(problem, "coffee")[1] == timedelta(hours=1)


def at_night(day):
    """A coffee between 00:00 and 03:00 of one date, on the hour, half an hour long."""
    always = a_week("00:00", "24:00", days=range(7))
    coffee = a_coffee(first_day=day, last_day=day, between=hours("00:00", "03:00"))
    people = (a_senior(hours=always), a_person(hours=always))
    return a_problem(first_day=day, last_day=day, people=people, sessions=(coffee,), grid_minutes=60)


def test_a_session_may_end_at_midnight_and_not_after_it():
    always = a_week("00:00", "24:00", days=range(7))
    coffee = a_coffee(last_day=MONDAY, between=hours("23:00", "24:00"))
    problem = a_problem(people=(a_senior(hours=always), a_person(hours=always)), sessions=(coffee,))

    assert clocks(problem, "coffee") == ["Mon 23:00", "Mon 23:15", "Mon 23:30"]


def test_hours_are_asked_on_each_person_s_own_clock():
    ben = a_person(timezone=NEW_YORK, hours=a_week("09:00", "17:00"))
    coffee = a_coffee(last_day=MONDAY, between=hours("09:00", "15:00"))
    problem = a_problem(people=(a_senior(), ben), sessions=(coffee,), grid_minutes=30)

    # New York put its clocks forward on Sunday 14 March; on the 8th it is five hours behind.
    assert clocks(problem, "coffee") == ["Mon 14:00", "Mon 14:30"]


def test_rooms_are_those_of_the_office_that_serve_the_use_and_hold_the_group():
    rooms = (
        a_room("oak"),
        a_room("far", office="leeds"),
        a_room("desk", uses=frozenset({RoomUse.COWORKING})),
        a_room("cupboard", capacity=1),
    )
    offices = (an_office(), an_office("leeds"))
    slots = CandidateSlots(a_problem(offices=offices, rooms=rooms, sessions=(a_mentoring(),)))

    assert slots.of["mentoring"].rooms == ("oak",)


def test_a_start_needs_a_room_that_is_free():
    room = a_room(busy=(an_interval(MONDAY, "09:00", "16:00"),))
    session = a_mentoring(last_day=MONDAY)
    problem = a_problem(rooms=(room,), sessions=(session,), grid_minutes=60)

    assert clocks(problem, "mentoring") == ["Mon 16:00"]


def test_a_room_without_what_the_senior_needs_is_none():
    people = (a_senior(room_needs=frozenset({"step-free"})), a_person("ben"), a_person("cat"))

    assert starts(a_problem(people=people, sessions=(a_mentoring(),)), "mentoring") == []


def test_what_was_agreed_bars_the_same_time_with_its_break():
    agreed = a_coffee(fixed=an_agreement(at(MONDAY, "12:00")))
    senior = a_senior(break_minutes=15)
    problem = a_problem(people=(senior, a_person()), sessions=(a_monday_lunch(), agreed))

    assert clocks(problem) == ["Mon 12:45", "Mon 13:00", "Mon 13:15", "Mon 13:30"]


def test_an_agreed_lunch_leaves_no_other_that_date():
    agreed = a_session("agreed", fixed=an_agreement(at(TUESDAY, "09:00")))
    problem = a_problem(sessions=(a_session(), agreed))

    assert {clock[:3] for clock in clocks(problem)} == {"Mon", "Wed", "Thu", "Fri"}


def test_a_full_week_of_agreed_days_leaves_only_those_days():
    agreed = a_mentoring("agreed", fixed=an_agreement(at(TUESDAY, "09:00"), room="oak"))
    people = (a_senior(max_office_days_per_week=1), a_person("ben"), a_person("cat"))
    problem = a_problem(people=people, sessions=(a_session(), agreed))

    assert {clock[:3] for clock in clocks(problem)} == {"Tue"}


def test_a_junior_without_turns_left_is_no_candidate():
    agreed = a_coffee(fixed=an_agreement(at(MONDAY, "09:00")))
    people = (a_senior(), a_person("ben", max_sessions=1), a_person("cat"))
    problem = a_problem(people=people, sessions=(a_mentoring(), agreed))

    assert CandidateSlots(problem).of["mentoring"].juniors == ("cat",)


def test_an_agreed_session_has_its_one_start_whatever_it_breaks():
    agreed = a_session(fixed=an_agreement(datetime(2027, 3, 6, 3, 7, tzinfo=UTC)))
    senior = a_senior(busy=(an_interval(date(2027, 3, 6), "00:00", "23:00"),))

    assert starts(a_problem(people=(senior, a_person()), sessions=(agreed,))) == [agreed.fixed.start]


def test_whoever_is_busy_cannot_join_an_agreed_session():
    agreed = a_mentoring(
        juniors=("ben", "cat", "dan"), fixed=an_agreement(at(MONDAY, "10:00"), ("ben",), "oak")
    )
    busy = a_person("cat", busy=(an_interval(MONDAY, "10:00", "10:15"),))
    people = (a_senior(), a_person("ben"), busy, a_person("dan"))

    assert CandidateSlots(a_problem(people=people, sessions=(agreed,))).of["mentoring"].juniors == ("dan",)


def test_nobody_joins_where_two_agreed_sessions_share_what_cannot_be_shared():
    first = a_mentoring("first", fixed=an_agreement(at(MONDAY, "10:00"), ("ben",), "oak"))
    second = a_mentoring("second", senior="eve", fixed=an_agreement(at(MONDAY, "10:30"), (), "oak"))
    people = (a_senior(), a_senior("eve"), a_person("ben"), a_person("cat"))

    assert CandidateSlots(a_problem(people=people, sessions=(first, second))).of["first"].juniors == ()


def test_an_office_that_never_opens_leaves_nothing():
    office = an_office(open=WeekHours((None,) * 7))

    assert starts(a_problem(offices=(office,), last_day=FRIDAY)) == []
