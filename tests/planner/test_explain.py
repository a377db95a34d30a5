"""What each reader is told. Long lines are sentences."""

# ruff: noqa: E501
from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings

from planner.domain import Plan, Reasoned
from planner.explain import (
    reasons_for_unplaced,
    why_conflicting,
    why_not_day,
    why_not_moved,
    why_unplaced,
)
from planner.first_free import first_free
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
    an_agreement,
    an_interval,
    an_office,
    at,
    hours,
)
from tests.planner.strategies import kept, problems

NAMES = {
    "ada": "Ada",
    "ben": "Ben",
    "cat": "Cat",
    "dan": "Dan",
    "london": "the London office",
    "lunch": "lunch with Ben",
}
WORKDAYS = tuple(MONDAY + timedelta(days=n) for n in range(5))


def at_noon(days=WORKDAYS):
    return tuple(an_interval(day, "11:00", "14:30") for day in days)


def of_people(*, ada=None, **changes):
    juniors = [a_person(id_, **changes.pop(id_, {})) for id_ in ("ben", "cat", "dan")]
    return a_problem(people=(a_senior(**(ada or {})), *juniors), **changes)


REQUIRED = (a_session(required=frozenset({"ben"})),)


@pytest.mark.parametrize(
    ("problem", "admin", "senior", "junior"),
    [
        (
            of_people(
                ada={"busy": at_noon(WORKDAYS[:2]), "avoid": frozenset(WORKDAYS[2:])}, sessions=REQUIRED
            ),
            "Ada has no free hour between 11:30 and 14:30 on 8–12 March (not coming in on 3 days, busy on 2 days); "
            "Ada coming in there on 10, 11 or 12 March would place it",
            "you have no free hour between 11:30 and 14:30 on 8–12 March (not coming in on 3 days, busy on 2 days); "
            "you coming in there on 10, 11 or 12 March would place it",
            "the people needed for it are never free together between 11:30 and 14:30 on 8–12 March; "
            "a change in the days of one other person in it would place it",
        ),
        (
            of_people(ben={"busy": at_noon()}, sessions=REQUIRED),
            "Ben is never free when Ada is, between 11:30 and 14:30 on 8–12 March; "
            "one more free hour of Ben on 8 March, 9 March or 3 more would place it",
            "you and the person who should be there are never free together between 11:30 and 14:30 on 8–12 March; "
            "a change in the days of one other person in it would place it",
            "the people needed for it are never free together between 11:30 and 14:30 on 8–12 March; "
            "one more free hour of yours on 8 March, 9 March or 3 more would place it",
        ),
        (
            of_people(
                ben={"busy": at_noon()},
                dan={"busy": at_noon()},
                sessions=(a_session(juniors=("ben", "cat", "dan"), seats=(2, 2)),),
            ),
            "of the 3 people invited 2 are needed, and at most 1 is free when Ada is, "
            "between 11:30 and 14:30 on 8–12 March; one more free hour of Ben on 8 March, 9 March or 3 more would place it",
            "of the 3 people invited 2 are needed, and at most 1 is free when you are, "
            "between 11:30 and 14:30 on 8–12 March; a change in the days of one other person in it would place it",
            None,
        ),
        (
            of_people(ben={"max_sessions": 0}, sessions=REQUIRED),
            "whenever all else would fit, Ben is in as many sessions as they may be; one more session for Ben would place it",
            "the people needed for it have no time together beside other sessions between 11:30 and 14:30 on 8–12 March; "
            "a change in the days of one other person in it would place it",
            None,
        ),
        (
            of_people(ada={"min_sessions_per_office_day": 2, "travel_minutes": 30}),
            "no free day suits the trip of Ada (comes in for 2 sessions or more and travels 30 minutes before and after)",
            "no free day suits the trip of you (comes in for 2 sessions or more and travels 30 minutes before and after)",
            "on no free day the trip is worth it, or leaves the time to travel, for everybody needed",
        ),
        (
            a_problem(offices=(an_office(open=a_week("15:00", "18:00")),)),
            "the London office is not open for an hour between 11:30 and 14:30 on 8–12 March",
            "the London office is not open for an hour between 11:30 and 14:30 on 8–12 March",
            "the London office is not open for an hour between 11:30 and 14:30 on 8–12 March",
        ),
        (
            a_problem(sessions=(a_session(seats=(2, 3)),)),
            "2 juniors are needed, and 1 can be invited",
            None,
            None,
        ),
        (
            a_problem(sessions=(a_session(open_seats=1),)),
            "1 seat is needed, and there are 0 beside the 1 kept open for booking",
            None,
            None,
        ),
        (
            of_people(
                ben={"room_needs": frozenset({"ramp"})},
                sessions=(a_mentoring("lunch", required=frozenset({"ben"})),),
            ),
            "none of the rooms for meeting in the London office holds 2 people and has what they need",
            "none of the rooms for meeting in the London office holds 2 people",
            None,
        ),
        (
            a_problem(),
            "it would fit on 8 March at 11:30; the search ended before it was placed",
            "it would fit on 8 March at 11:30; the search ended before it was placed",
            "it would fit on 8 March at 11:30; the search ended before it was placed",
        ),
    ],
)
def test_everybody_is_told_what_they_may_know(problem, admin, senior, junior):
    def told(viewer):
        return why_unplaced(problem, (), "lunch", NAMES, viewer=viewer)

    assert told(None) == admin
    assert senior is None or told("ada") == senior
    assert junior is None or told("ben") == junior


WHOLE_WEEK = {"unknown": tuple(an_interval(day, "00:00", "23:45") for day in WORKDAYS)}


@pytest.mark.parametrize(
    ("unread", "admin", "senior", "junior"),
    [
        (("ada", "ben"), "the calendars of Ada and Ben", "your calendar", "your calendar"),
        (("ben",), "the calendar of Ben", None, "your calendar"),
        (("ada", "ben", "cat", "dan"), "the calendars of 4 people", "your calendar", "your calendar"),
    ],
)
def test_a_session_waits_for_calendars_that_nobody_has_read(unread, admin, senior, junior):
    juniors = tuple(who for who in unread if who != "ada")
    problem = of_people(
        **dict.fromkeys(unread, WHOLE_WEEK),
        sessions=(a_session(juniors=juniors, seats=(len(juniors), len(juniors))),),
    )

    for viewer, whose in ((None, admin), ("ada", senior), ("ben", junior)):
        said = why_unplaced(problem, (), "lunch", NAMES, viewer=viewer)
        if whose is None:  # it is not theirs to know whose calendar it is
            assert said.endswith("a change in the days of one other person in it would place it")
        else:
            assert said.endswith(f"; it has to wait until {whose} can be read")


def test_a_calendar_of_which_only_some_days_are_unknown_is_not_waited_for():
    two_days = {"unknown": tuple(an_interval(day, "00:00", "23:45") for day in WORKDAYS[:2])}
    problem = of_people(ben={**two_days, "busy": at_noon(WORKDAYS[2:])}, sessions=REQUIRED)

    assert "can be read" not in why_unplaced(problem, (), "lunch", NAMES)


def test_a_session_in_the_way_is_named_to_whose_it_is():
    sessions = (a_session(last_day=MONDAY), a_coffee("coffee", last_day=MONDAY, minutes=240))
    problem = a_problem(sessions=sessions)
    placements = (a_placement("coffee", at(MONDAY, "11:00")),)

    assert why_unplaced(problem, placements, "lunch", NAMES) == (
        "whenever all else would fit, Ada is in another session (coffee); no single change would place it"
    )
    assert "you are in another session (coffee)" in why_unplaced(
        problem, placements, "lunch", NAMES, viewer="ada"
    )


def test_every_session_that_is_left_out_has_a_reason():
    sessions = (a_session(), a_session("second", seats=(2, 2)), a_coffee())
    problem = a_problem(sessions=sessions)
    placements = (a_placement("coffee", at(MONDAY, "15:00")),)

    assert reasons_for_unplaced(problem, placements) == (
        Reasoned("lunch", "it would fit on 8 March at 11:30; the search ended before it was placed"),
        Reasoned("second", "2 juniors are needed, and 1 can be invited"),
    )


MONDAY_ONLY = {"first_day": MONDAY, "last_day": MONDAY}


@pytest.mark.parametrize(
    ("problem", "words"),
    [
        (
            a_problem(first_day=TUESDAY, sessions=(a_session(**MONDAY_ONLY),)),
            "its days, 8 March, lie outside the planning window, 9–12 March",
        ),
        (
            a_problem(sessions=(a_coffee("lunch", between=hours("08:00", "08:15")),)),
            "there is no start for 30 minutes between 08:00 and 08:15 on 8–12 March",
        ),
        (
            a_problem(
                rooms=(a_room(busy=(an_interval(MONDAY, "08:00", "18:00"),)),),
                sessions=(a_mentoring("lunch", **MONDAY_ONLY),),
            ),
            "all rooms for meeting in the London office are busy when its people are free between 09:00 and 17:00 "
            "on 8 March; one more room on 8 March would place it",
        ),
        (
            of_people(
                ben={"max_sessions": 0},
                cat={"max_sessions": 0},
                sessions=(a_mentoring("lunch", juniors=("ben", "cat", "dan"), seats=(2, 3)),),
            ),
            "of the 3 people invited 2 are needed, and at most 1 is left beside other sessions between 09:00 and 17:00 "
            "on 8–12 March; one more session for Ben would place it",
        ),
    ],
)
def test_each_cause_has_its_words(problem, words):
    assert why_unplaced(problem, (), "lunch", NAMES) == words


@pytest.mark.parametrize(
    ("ben", "session", "other", "start", "words"),
    [
        ({}, {}, a_session("other"), "11:30", "one lunch less of Ben on 8 March"),
        (
            {"max_minutes_per_day": 60},
            {},
            a_coffee("other"),
            "09:00",
            "60 more minutes for sessions of Ben on 8 March",
        ),
        (
            {},
            {},
            a_coffee("other", minutes=240),
            "11:00",
            "one more free hour of Ben beside other sessions on 8 March",
        ),
        (
            {"max_office_days_per_week": 1},
            {"first_day": TUESDAY, "last_day": TUESDAY},
            a_mentoring("other", room_use=None),
            "09:00",
            "one more office day of Ben (9 March)",
        ),
    ],
)
def test_the_change_that_would_help_is_named_by_what_stands_in_the_way(ben, session, other, start, words):
    sessions = (a_session(**{**MONDAY_ONLY, **session}), replace(other, senior="dan", juniors=("ben",)))
    problem = of_people(ben=ben, sessions=sessions)

    told = why_unplaced(problem, (a_placement("other", at(MONDAY, start)),), "lunch", NAMES)

    assert told.endswith(f"; {words} would place it")


def test_what_was_agreed_and_breaks_a_rule_bars_the_rest_of_the_date():
    agreed = [
        a_session(id_, senior="dan", fixed=an_agreement(at(MONDAY, "12:00"))) for id_ in ("first", "second")
    ]
    problem = of_people(sessions=(a_coffee("lunch", **MONDAY_ONLY), *agreed))

    assert why_unplaced(problem, (), "lunch", NAMES) == (
        "whenever all else would fit, Ben is bound by what was agreed that day; "
        "a change of what Ben agreed to on 8 March would place it"
    )


def test_the_sessions_that_take_the_rooms_are_named_to_an_admin():
    other = a_mentoring("other", senior="dan", juniors=("cat",), minutes=480)
    problem = of_people(sessions=(a_mentoring("lunch", juniors=("ben",), **MONDAY_ONLY), other))
    placements = (a_placement("other", at(MONDAY, "09:00"), ("cat",), "oak"),)

    def told(viewer):
        return why_unplaced(problem, placements, "lunch", NAMES, viewer=viewer)

    taken = (
        "all rooms for meeting in the London office are taken by other sessions{} when its people are free"
    )
    assert told(None).startswith(taken.format(" (other)"))
    assert told("ada").startswith(taken.format(""))


# ---- conflicts


def test_a_conflict_names_who_cannot_be_there_to_an_admin_and_counts_them_to_others():
    agreed = a_session(juniors=("ben", "cat"), fixed=an_agreement(at(MONDAY, "12:00"), ("ben", "cat")))
    busy = {"busy": (an_interval(MONDAY, "12:30", "13:00"),)}
    problem = of_people(ada=busy, ben=busy, cat={"unknown": busy["busy"]}, sessions=(agreed,))

    def told(viewer=None):
        return why_conflicting(problem, "lunch", NAMES, viewer=viewer)

    assert (
        told()
        == "Ada and Ben are busy at 12:00 on 8 March now; Cat is not known to be free at 12:00 on 8 March"
    )
    assert told("ada") == (
        "you and 1 of the others are busy at 12:00 on 8 March now; "
        "1 of the others is not known to be free at 12:00 on 8 March"
    )
    assert told("cat").endswith("you are not known to be free at 12:00 on 8 March")


def test_two_agreements_at_one_time_are_a_conflict():
    first = a_session(fixed=an_agreement(at(MONDAY, "12:00")))
    problem = a_problem(sessions=(first, replace(first, id="second")))

    assert why_conflicting(problem, "second", NAMES) == "Ada and Ben are agreed twice at 12:00 on 8 March"


def test_an_agreed_session_without_a_conflict_says_so():
    problem = a_problem(sessions=(a_session(fixed=an_agreement(at(MONDAY, "12:00"))),))

    assert why_conflicting(problem, "lunch") == "everybody in it can still be there at 12:00 on 8 March"


# ---- why not that day


TWO = (a_session(), a_mentoring())
ON_THURSDAY = Plan(
    (
        a_placement("lunch", at(THURSDAY, "12:00")),
        a_placement("mentoring", at(THURSDAY, "10:00"), ("ben", "cat"), "oak"),
    )
)


def why_not(day, problem, viewer=None):
    return why_not_day(problem, ON_THURSDAY, "ada", day, NAMES, viewer=viewer)


def test_each_session_says_what_keeps_it_from_a_day():
    problem = of_people(ben={"busy": at_noon((TUESDAY,))}, sessions=TWO)

    assert why_not(TUESDAY, problem) == (
        "1 of 2 sessions could be held on 9 March (mentoring); "
        "lunch with Ben: Ben is never free when Ada is, "
        "between 11:30 and 14:30 that day"
    )
    assert "Ben:" not in why_not(TUESDAY, problem, viewer="ada").replace("lunch with Ben:", "")


def test_a_calendar_that_is_full_that_day_is_named():
    problem = of_people(ada={"busy": at_noon((TUESDAY,))}, sessions=TWO)

    assert "Ada has no free hour between 11:30 and 14:30 that day (busy)" in why_not(TUESDAY, problem)


def test_a_senior_whose_sessions_were_all_agreed_has_none_to_move():
    problem = a_problem(sessions=(a_session(fixed=an_agreement(at(MONDAY, "12:00"))),))

    assert why_not_day(problem, Plan(()), "ada", TUESDAY) == "none of the sessions is open to another day"


def test_a_day_on_which_everything_fits_says_so():
    assert why_not(TUESDAY, a_problem(sessions=TWO)) == (
        "2 of 2 sessions could be held on 9 March (lunch with Ben and mentoring)"
    )


def test_a_day_with_too_few_sessions_is_not_worth_the_trip():
    problem = of_people(
        ada={"min_sessions_per_office_day": 2}, ben={"busy": at_noon((TUESDAY,))}, sessions=TWO
    )

    assert "a day is worth the trip for Ada from 2 sessions on" in why_not(TUESDAY, problem)
    assert "a day is worth the trip for you from 2 sessions on" in why_not(TUESDAY, problem, viewer="ada")
    assert "worth the trip" not in why_not(TUESDAY, problem, viewer="cat")


def test_a_day_off_a_proposed_day_and_a_day_outside_say_so():
    problem = of_people(ada={"avoid": frozenset({WEDNESDAY})}, sessions=(a_session(last_day=FRIDAY), TWO[1]))

    assert why_not(WEDNESDAY, problem) == "Ada is not coming in on 10 March"
    assert why_not(WEDNESDAY, problem, viewer="ada") == "you are not coming in on 10 March"
    assert why_not(THURSDAY, problem) == "lunch with Ben and mentoring are proposed for 11 March already"
    assert "its days are 8–12 March" in why_not(MONDAY - timedelta(days=7), problem)


def test_the_lunch_of_the_day_counts_when_another_is_asked_about():
    """The plan's own session is taken out before its other dates are asked about."""
    problem = a_problem(sessions=(a_session(), a_session("other")))
    plan = Plan((a_placement("lunch", at(MONDAY, "12:00")), a_placement("other", at(TUESDAY, "12:00"))))

    assert why_not_day(problem, plan, "ada", WEDNESDAY) == (
        "2 of 2 sessions could be held on 10 March (lunch and other)"
    )


# ---- nobody learns another's constraints


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(problems())
def test_nobody_but_an_admin_reads_another_persons_name(problem):
    placements = kept(problem, first_free(problem))
    placed = {placement.session for placement in placements}
    names = {person.id: f"<{person.id}>" for person in problem.people}
    for session in problem.sessions:
        for viewer in problem.people:
            told = []
            if session.id not in placed:
                told.append(why_unplaced(problem, placements, session.id, names, viewer=viewer.id))
            if session.fixed:
                told.append(why_conflicting(problem, session.id, names, viewer=viewer.id))
            if session.senior != viewer.id:
                day = problem.first_day
                told.append(
                    why_not_day(problem, Plan(placements), session.senior, day, names, viewer=viewer.id)
                )
            if session.id in placed and not session.fixed:
                told += moved_a_day_on(problem, placements, session.id, names, viewer.id)
            assert all("<" not in words for words in told), told


def moved_a_day_on(problem, placements, session_id, names, viewer):
    session = problem.session_by_id[session_id]
    start = next(each.start for each in placements if each.session == session_id)
    day = start.astimezone(ZoneInfo(problem.zone_of(session))).date()
    to = min(day + timedelta(days=1), problem.last_day)
    return why_not_moved(problem, placements, session.senior, day, to, names, viewer=viewer)


# ---- a whole day moved to another


def why_not_moved_to(day, problem, viewer=None, plan=ON_THURSDAY):
    return why_not_moved(problem, plan.placements, "ada", THURSDAY, day, NAMES, viewer=viewer)


def test_a_day_that_could_move_says_what_it_costs():
    alone = a_problem(sessions=TWO)
    assert why_not_moved_to(TUESDAY, alone) == (
        "2 of 2 sessions could be held on 9 March (mentoring and lunch with Ben)",
        "it would take no more trips, and nobody would lose a turn",
    )
    assert why_not_moved_to(THURSDAY, alone) == (
        "lunch with Ben and mentoring are proposed for 11 March already",
    )
    in_anyway = of_people(
        ada={"in_office": frozenset({THURSDAY})},
        cat={"busy": (an_interval(TUESDAY, "08:00", "18:00"),)},
        sessions=TWO,
    )
    assert why_not_moved_to(TUESDAY, in_anyway)[1:] == (
        "it would take one more trip",
        "Cat would lose a turn",
    )
    assert why_not_moved_to(TUESDAY, in_anyway, "ada")[2:] == ("1 person would lose a turn",)
    assert len(why_not_moved_to(TUESDAY, in_anyway, "cat")) == 1


def test_the_days_of_the_week_are_counted_without_the_day_that_moves():
    """Each session alone would be an office day too many, because the others keep theirs."""
    problem = of_people(ada={"max_office_days_per_week": 1}, sessions=TWO)

    assert why_not_moved_to(TUESDAY, problem)[0].startswith("2 of 2 sessions could be held")


def test_what_keeps_a_session_is_asked_beside_those_that_could_move():
    """Of the free hour and three quarters either takes so much that the other has no room."""
    free = (an_interval(TUESDAY, "08:00", "11:30"), an_interval(TUESDAY, "13:15", "18:30"))
    problem = of_people(ada={"busy": free}, sessions=TWO)

    could, other = why_not_moved_to(TUESDAY, problem, "ada")

    assert could.startswith("1 of 2 sessions could be held on 9 March")
    assert "whenever all else would fit, you are in another session" in other


def test_a_day_off_moves_online_sessions_only():
    avoid = {"avoid": frozenset({WEDNESDAY})}
    online = a_session("lunch", office=None, room_use=None)

    assert why_not_moved_to(WEDNESDAY, of_people(ada=avoid, sessions=TWO), "ada") == (
        "you are not coming in on 10 March",
    )
    could, mentoring = why_not_moved_to(WEDNESDAY, of_people(ada=avoid, sessions=(online, TWO[1])), "ada")
    assert could == "1 of 2 sessions could be held on 10 March (lunch with Ben)"
    assert "not coming in" in mentoring


def test_a_day_on_which_nothing_fits_says_that_of_each_session_and_nothing_of_the_trip():
    problem = of_people(
        ada={"min_sessions_per_office_day": 2},
        **{id_: {"busy": (an_interval(TUESDAY, "08:00", "19:00"),)} for id_ in ("ben", "cat", "dan")},
        sessions=TWO,
    )

    said = why_not_moved_to(TUESDAY, problem, "ada")

    assert said[0] == "none of the sessions could be held on 9 March"
    assert len(said) == 3
    assert "of the 2 people invited 1 is needed, and none is free when you are" in said[2]


def test_a_day_that_is_not_worth_the_trip_alone_says_so():
    problem = of_people(
        ada={"min_sessions_per_office_day": 2}, ben={"busy": at_noon((TUESDAY,))}, sessions=TWO
    )

    said = why_not_moved_to(TUESDAY, problem, "ada")

    assert said[1] == "a day is worth the trip for you from 2 sessions on"
    assert said[2].startswith("lunch with Ben: you and the person who should be there are never free")


def test_a_session_has_its_own_name_where_a_person_has_the_same_id():
    problem = a_problem(sessions=(a_session("ben"),))
    plan = Plan((a_placement("ben", at(THURSDAY, "12:00")),))

    said = why_not_moved(
        problem, plan.placements, "ada", THURSDAY, TUESDAY, NAMES, sessions={"ben": "the lunch"}
    )

    assert said[0] == "1 of 1 session could be held on 9 March (the lunch)"


def test_a_session_on_the_day_counts_beside_those_that_might_join_it():
    problem = of_people(ada={"min_sessions_per_office_day": 2}, sessions=TWO)
    plan = Plan((a_placement("lunch", at(TUESDAY, "12:00")), ON_THURSDAY.placements[1]))

    assert why_not_day(problem, plan, "ada", TUESDAY, NAMES) == (
        "lunch with Ben is proposed for 9 March already; 1 of 1 session could be held on 9 March (mentoring)"
    )


# ---- discreetly


def test_an_admin_is_told_no_name_with_whose_time_bars_a_session():
    busy = {"busy": (an_interval(MONDAY, "00:00", "23:45"),)}
    problem = of_people(ben=busy, sessions=(a_session(juniors=("ben",), **MONDAY_ONLY),))

    (reason,) = reasons_for_unplaced(problem, (), NAMES, discreet=True)

    assert reason.reason.startswith("the people needed for it are never free together")
    assert reason.reason.endswith("; a change in the days of one person in it would place it")


def test_an_admin_is_told_whose_calendar_nobody_has_read():
    problem = of_people(ben=WHOLE_WEEK, sessions=(a_session(juniors=("ben",)),))

    (reason,) = reasons_for_unplaced(problem, (), NAMES, discreet=True)

    assert reason.reason.endswith("it has to wait until the calendar of Ben can be read")


def test_an_admin_is_told_who_was_agreed_twice_and_not_who_is_busy():
    agreed = a_session(juniors=("ben", "cat"), fixed=an_agreement(at(MONDAY, "12:00"), ("ben", "cat")))
    busy = {"busy": (an_interval(MONDAY, "12:30", "13:00"),)}
    problem = of_people(ada=busy, ben=busy, cat={"unknown": busy["busy"]}, sessions=(agreed,))

    assert why_conflicting(problem, "lunch", NAMES, discreet=True) == (
        "2 of the people in it are busy at 12:00 on 8 March now; Cat is not known to be free at 12:00 on 8 March"
    )


def test_an_admin_is_told_who_works_elsewhere_and_not_who_meets_online_only():
    for offices, is_named in ((("elsewhere",), True), ((), False)):
        problem = of_people(ben={"offices": offices}, sessions=(a_session(juniors=("ben",)),))

        (reason,) = reasons_for_unplaced(problem, (), NAMES, discreet=True)

        assert ("Ben" in reason.reason) is is_named, reason.reason


def test_an_admin_is_not_told_what_a_senior_finds_worth_a_trip():
    avoid = {"avoid": (WEDNESDAY,), "min_sessions_per_office_day": 3}
    problem = of_people(ada=avoid, sessions=TWO)

    for day in (TUESDAY, WEDNESDAY):
        said = why_not_moved(problem, ON_THURSDAY.placements, "ada", THURSDAY, day, NAMES, discreet=True)
        assert not any("worth the trip" in each or "coming in" in each for each in said), said


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(problems())
def test_whom_time_or_limits_bar_is_never_named_discreetly(problem):
    """Without unread calendars, other offices and other sessions nothing is left that names anybody."""
    people = tuple(
        replace(person, unknown=(), offices=tuple(office.id for office in problem.offices))
        for person in problem.people
    )
    names = {person.id: f"<{person.id}>" for person in people}
    for session in problem.sessions:
        if session.fixed is None:
            alone = replace(problem, people=people, sessions=(session,))
            told = reasons_for_unplaced(alone, (), names, discreet=True)
            assert all("<" not in reason.reason for reason in told), told
