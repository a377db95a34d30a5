"""One table of placements and the rules they break, per rule of the format."""

from dataclasses import replace
from datetime import date

import pytest

from planner.check import Rule, check_plan, conflicts_of, score_of, violations
from planner.domain import Level, Plan, Proof, Reasoned, RoomUse, Score, SeniorProof, SessionKind
from planner.errors import InvalidPlan
from tests.factories import (
    FRIDAY,
    MONDAY,
    NEW_YORK,
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


def a_plan(problem, *placements, **changes):
    """A plan of these placements that says truly what it scores and leaves out."""
    placed = {placement.session for placement in placements}
    true = {
        "placements": placements,
        "unplaced": tuple(Reasoned(s.id, "left out") for s in problem.sessions if s.id not in placed),
        "conflicts": conflicts_of(problem, placements),
        "score": score_of(problem, placements),
    }
    return Plan(**{**true, **changes})


def broken_by(problem, *placements, **changes):
    return {violation.rule for violation in violations(problem, a_plan(problem, *placements, **changes))}


def with_people(*, ada=None, ben=None, cat=None, **changes):
    people = (a_senior(**(ada or {})), a_person("ben", **(ben or {})), a_person("cat", **(cat or {})))
    return a_problem(people=people, **changes)


LUNCH = a_placement("lunch", at(MONDAY, "12:00"))


def test_a_plan_that_keeps_the_rules_passes():
    problem = a_problem()

    check_plan(problem, a_plan(problem, LUNCH))


def test_an_invalid_plan_names_every_broken_rule():
    problem = with_people(
        ben={"avoid": frozenset({MONDAY}), "busy": (an_interval(MONDAY, "12:30", "13:00"),)}
    )

    with pytest.raises(InvalidPlan) as raised:
        check_plan(problem, a_plan(problem, LUNCH))

    assert raised.value.broken == ("lunch: ben is busy", f"lunch: ben does not come in on {MONDAY}")


def test_a_violation_says_whose_limit_it_is():
    problem = with_people(ben={"busy": (an_interval(MONDAY, "12:30", "13:00"),)})

    (violation,) = violations(problem, a_plan(problem, LUNCH))

    assert (violation.rule, violation.person, violation.sessions) == (Rule.BUSY, "ben", ("lunch",))


# ---- 1: what was agreed stands


AGREED = a_session(fixed=an_agreement(at(MONDAY, "12:00")))


def test_an_agreed_session_stands_whatever_it_breaks():
    problem = with_people(
        ada={"hours": a_week("15:00", "16:00"), "max_office_days_per_week": 0, "travel_minutes": 60},
        ben={"busy": (an_interval(MONDAY, "11:00", "14:00"),), "min_sessions_per_office_day": 3},
        sessions=(replace(AGREED, first_day=FRIDAY, between=hours("08:00", "09:00"), seats=(2, 2)),),
        offices=(an_office(closed=frozenset({MONDAY})),),
    )

    assert broken_by(problem, LUNCH) == set()


def test_agreed_sessions_may_contradict_each_other():
    twin = replace(AGREED, id="twin")
    problem = a_problem(sessions=(AGREED, twin))

    assert broken_by(problem, LUNCH, replace(LUNCH, session="twin")) == set()


@pytest.mark.parametrize(
    "placements",
    [
        (),
        (LUNCH, LUNCH),
        (replace(LUNCH, start=at(MONDAY, "12:15")),),
        (replace(LUNCH, room="oak"),),
        (replace(LUNCH, juniors=("cat",)),),
    ],
)
def test_an_agreed_session_is_neither_dropped_nor_moved_nor_doubled(placements):
    assert Rule.AGREED in broken_by(a_problem(sessions=(AGREED,)), *placements)


def test_a_session_that_does_not_exist_is_not_placed():
    assert broken_by(a_problem(), a_placement("dinner", at(MONDAY, "12:00"))) == {Rule.AGREED}


def test_an_agreed_session_of_busy_people_is_a_conflict_that_the_plan_lists():
    problem = with_people(ben={"busy": (an_interval(MONDAY, "12:30", "13:00"),)}, sessions=(AGREED,))

    assert conflicts_of(problem, (LUNCH,)) == (Reasoned("lunch", "ben is busy then now"),)
    assert broken_by(problem, LUNCH) == set()
    assert broken_by(problem, LUNCH, conflicts=()) == {Rule.AGREED}


def test_an_unknown_calendar_and_a_second_agreement_are_conflicts_too():
    sessions = (AGREED, replace(AGREED, id="twin"))
    problem = with_people(ada={"unknown": (an_interval(MONDAY, "12:30", "13:00"),)}, sessions=sessions)

    first, second = conflicts_of(problem, (LUNCH, replace(LUNCH, session="twin")))

    assert first.reason.split("; ") == [
        "the calendar of ada could not be read for that time",
        "ada has twin agreed at the same time",
        "ben has twin agreed at the same time",
    ]
    assert second.session == "twin"


def test_who_joins_an_agreed_session_keeps_every_rule():
    joinable = replace(AGREED, juniors=("ben", "cat"), seats=(1, 2))
    joined = replace(LUNCH, juniors=("ben", "cat"))

    assert broken_by(a_problem(sessions=(joinable,)), joined) == set()
    busy = with_people(cat={"busy": (an_interval(MONDAY, "12:30", "13:00"),)}, sessions=(joinable,))
    assert broken_by(busy, joined) == {Rule.BUSY}
    assert broken_by(a_problem(sessions=(replace(joinable, seats=(1, 1)),)), joined) == {Rule.ATTENDANCE}


def test_who_joins_an_agreed_session_gets_the_room_they_need():
    joinable = replace(a_mentoring("lunch"), fixed=an_agreement(at(MONDAY, "12:00"), room="oak"))
    joined = a_placement("lunch", at(MONDAY, "12:00"), ("ben", "cat"), "oak")

    assert broken_by(with_people(ben={"room_needs": {"ramp"}}, sessions=(joinable,)), joined) == set()
    assert broken_by(with_people(cat={"room_needs": {"ramp"}}, sessions=(joinable,)), joined) == {Rule.ROOM}


# ---- 2 and 3: attendance and start


@pytest.mark.parametrize(
    ("juniors", "broken"),
    [
        (("ben",), set()),
        (("ben", "cat"), set()),
        (("cat",), {Rule.ATTENDANCE}),  # Ben is required
        ((), {Rule.ATTENDANCE}),
        (("ben", "dan"), {Rule.ATTENDANCE}),  # no candidate
        (("ben", "nobody"), {Rule.ATTENDANCE}),
        (("ben", "cat", "eve"), {Rule.ATTENDANCE}),  # one seat is kept open
    ],
)
def test_its_juniors_are_candidates_in_seats(juniors, broken):
    session = a_session(
        juniors=("ben", "cat", "eve"), required=frozenset({"ben"}), seats=(1, 3), open_seats=1
    )
    people = (a_senior(), *(a_person(id_) for id_ in ("ben", "cat", "dan", "eve")))

    assert broken_by(a_problem(people=people, sessions=(session,)), replace(LUNCH, juniors=juniors)) == broken


def test_nobody_sits_twice_in_one_session():
    problem = a_problem(sessions=(a_session(seats=(1, 2)),))

    assert Rule.ATTENDANCE in broken_by(problem, replace(LUNCH, juniors=("ben", "ben")))


@pytest.mark.parametrize(
    ("start", "broken"),
    [
        (at(MONDAY, "11:30"), set()),
        (at(MONDAY, "13:30"), set()),
        (at(MONDAY, "13:45"), {Rule.START}),  # ends after 14:30
        (at(MONDAY, "12:10"), {Rule.START}),  # off the grid
        (at(WEDNESDAY, "12:00"), {Rule.START}),  # after its last day
        (at(date(2027, 3, 5), "12:00"), {Rule.START}),  # before the window
    ],
)
def test_it_starts_on_the_grid_inside_its_hours_and_days(start, broken):
    problem = a_problem(sessions=(a_session(first_day=date(2027, 3, 1), last_day=TUESDAY),))

    assert broken_by(problem, replace(LUNCH, start=start)) == broken


def test_the_clock_of_its_office_rules_a_session_and_the_seniors_rules_one_online():
    far = {"timezone": NEW_YORK, "hours": a_week("00:00", "24:00")}
    problem = with_people(ada=far, ben=far, sessions=(a_session(), a_coffee(between=hours("12:00", "13:00"))))

    lunch, coffee = at(MONDAY, "12:00"), at(TUESDAY, "17:00")
    assert broken_by(problem, a_placement("lunch", lunch), a_placement("coffee", coffee)) == set()
    assert broken_by(problem, a_placement("coffee", at(TUESDAY, "12:00"))) == {Rule.START}


def test_the_local_clock_counts_on_both_sides_of_a_clock_change():
    sunday = date(2027, 3, 28)  # London goes from 01:00 GMT to 02:00 BST
    every_day = a_week("00:00", "24:00", range(7))
    session = a_session(first_day=sunday, last_day=sunday, between=hours("03:00", "04:00"), office=None)
    problem = with_people(
        ada={"hours": every_day},
        ben={"hours": every_day},
        sessions=(session,),
        first_day=sunday,
        last_day=sunday,
    )

    assert broken_by(problem, replace(LUNCH, start=at(sunday, "02:00"))) == set()
    assert broken_by(problem, replace(LUNCH, start=at(sunday, "03:00"))) == {Rule.START}


def test_a_session_may_end_at_midnight_and_not_after():
    late = a_coffee(between=hours("22:00", "24:00"))
    people = {"hours": a_week("20:00", "24:00")}
    problem = with_people(ada=people, ben=people, sessions=(late,))

    assert broken_by(problem, a_placement("coffee", at(MONDAY, "23:30"))) == set()
    assert broken_by(problem, a_placement("coffee", at(MONDAY, "23:45"))) == {Rule.START, Rule.HOURS}


# ---- 4 to 6: people and offices


@pytest.mark.parametrize(
    ("ben", "broken"),
    [
        ({"busy": (an_interval(MONDAY, "11:00", "12:00"), an_interval(MONDAY, "13:00", "14:00"))}, set()),
        ({"busy": (an_interval(MONDAY, "12:59", "13:00"),)}, {Rule.BUSY}),
        ({"unknown": (an_interval(MONDAY, "11:00", "12:01"),)}, {Rule.BUSY}),
        ({"hours": a_week("12:00", "13:00")}, set()),
        ({"hours": a_week("12:15", "17:00")}, {Rule.HOURS}),
        ({"hours": a_week(days=(1, 2, 3, 4))}, {Rule.HOURS}),
        ({"timezone": NEW_YORK}, {Rule.HOURS}),
        ({"elsewhere": (an_interval(MONDAY, "12:30", "12:45"),)}, {Rule.OFFICE}),
        ({"avoid": frozenset({MONDAY})}, {Rule.OFFICE}),
        ({"offices": frozenset({"york"})}, {Rule.OFFICE}),
        ({"max_minutes_per_day": 60}, set()),
        ({"max_minutes_per_day": 59}, {Rule.MINUTES}),
        ({"max_sessions": 1}, set()),
        ({"max_sessions": 0}, {Rule.TURNS}),
        ({"max_office_days_per_week": 0}, {Rule.WEEK}),
        ({"max_office_days_per_week": 0, "in_office": frozenset({MONDAY})}, {Rule.WEEK}),
        ({"min_sessions_per_office_day": 2}, {Rule.WORTH_THE_TRIP}),
        ({"min_sessions_per_office_day": 2, "in_office": frozenset({MONDAY})}, set()),
        ({"travel_minutes": 45, "busy": (an_interval(MONDAY, "10:00", "11:15"),)}, set()),
        ({"travel_minutes": 45, "busy": (an_interval(MONDAY, "10:00", "11:16"),)}, {Rule.TRAVEL}),
        ({"travel_minutes": 45, "unknown": (an_interval(MONDAY, "13:44", "14:00"),)}, {Rule.TRAVEL}),
        (
            {
                "travel_minutes": 45,
                "busy": (an_interval(MONDAY, "13:00", "14:00"),),
                "in_office": frozenset({MONDAY}),
            },
            set(),
        ),
    ],
)
def test_everybody_who_attends_keeps_their_own_limits(ben, broken):
    problem = with_people(ben=ben, offices=(an_office(), an_office("york")))

    assert broken_by(problem, LUNCH) == broken


def test_an_online_session_asks_nothing_about_offices():
    nowhere = {
        "offices": frozenset(),
        "elsewhere": (an_interval(MONDAY, "08:00", "18:00"),),
        "avoid": frozenset({MONDAY}),
        "max_office_days_per_week": 0,
        "travel_minutes": 600,
    }
    problem = with_people(ada=nowhere, ben=nowhere, sessions=(a_coffee(),))

    assert broken_by(problem, a_placement("coffee", at(MONDAY, "12:00"))) == set()


@pytest.mark.parametrize(
    ("office", "broken"),
    [
        ({"open": a_week("12:00", "13:00")}, set()),
        ({"open": a_week("12:15", "18:00")}, {Rule.OFFICE}),
        ({"open": a_week(days=())}, {Rule.OFFICE}),
        ({"closed": frozenset({MONDAY})}, {Rule.OFFICE}),
    ],
)
def test_the_office_is_open(office, broken):
    assert broken_by(a_problem(offices=(an_office(**office),)), LUNCH) == broken


def test_between_two_sessions_lies_a_break():
    problem = with_people(ben={"break_minutes": 15}, sessions=(a_session(), a_coffee()))

    assert broken_by(problem, LUNCH, a_placement("coffee", at(MONDAY, "13:15"))) == set()
    assert broken_by(problem, LUNCH, a_placement("coffee", at(MONDAY, "13:00"))) == {Rule.BREAK}
    assert broken_by(problem, LUNCH, a_placement("coffee", at(MONDAY, "11:30"))) == {Rule.BREAK}


def test_a_break_is_kept_across_a_session_in_between():
    """A long session, a short one inside it, and one that starts before the long one has ended."""
    sessions = (a_coffee("long", minutes=240), a_coffee("short"), a_coffee("late"))
    starts = {"long": "09:00", "short": "09:30", "late": "12:30"}
    problem = a_problem(sessions=sessions)

    plan = a_plan(problem, *(a_placement(id_, at(MONDAY, clock)) for id_, clock in starts.items()))

    overlaps = {violation.sessions for violation in violations(problem, plan)}
    assert overlaps == {("long", "short"), ("long", "late")}


def test_minutes_count_on_the_persons_own_date():
    """Monday evening and Tuesday morning in London are both Monday in New York."""
    every_hour = {"hours": a_week("00:00", "24:00")}
    sessions = (
        a_coffee("evening", between=hours("00:00", "24:00")),
        a_coffee("night", between=hours("00:00", "24:00")),
    )
    placements = (a_placement("evening", at(MONDAY, "22:00")), a_placement("night", at(TUESDAY, "02:00")))

    here = with_people(ada=every_hour, ben={**every_hour, "max_minutes_per_day": 30}, sessions=sessions)
    there = with_people(
        ada=every_hour, ben={**every_hour, "max_minutes_per_day": 30, "timezone": NEW_YORK}, sessions=sessions
    )

    assert broken_by(here, *placements) == set()
    assert broken_by(there, *placements) == {Rule.MINUTES}


def test_nobody_is_in_two_offices_on_one_date():
    both = {"offices": frozenset({"london", "york"})}
    sessions = (a_session(), a_mentoring(office="york", room_use=None, kind=SessionKind.COWORKING))
    problem = with_people(ada=both, ben=both, sessions=sessions, offices=(an_office(), an_office("york")))

    assert broken_by(problem, LUNCH, a_placement("mentoring", at(TUESDAY, "09:00"))) == set()
    assert broken_by(problem, LUNCH, a_placement("mentoring", at(MONDAY, "09:00"))) == {Rule.OFFICE}


def test_one_lunch_a_person_a_day_whatever_its_kind():
    group = a_session("group", kind=SessionKind.GROUP_LUNCH, senior="cat", between=hours("09:00", "17:00"))
    problem = a_problem(sessions=(a_session(), group))

    assert broken_by(problem, LUNCH, a_placement("group", at(TUESDAY, "14:00"))) == set()
    assert broken_by(problem, LUNCH, a_placement("group", at(MONDAY, "14:00"))) == {Rule.LUNCH}


# ---- 7: rooms


MENTORING = a_placement("mentoring", at(MONDAY, "10:00"), ("ben", "cat"), "oak")


@pytest.mark.parametrize(
    ("room", "broken"),
    [
        ({}, set()),
        ({"capacity": 4}, set()),  # Ada, Ben, Cat and an open seat
        ({"capacity": 3}, {Rule.ROOM}),
        ({"uses": frozenset({RoomUse.LUNCH})}, {Rule.ROOM}),
        ({"office": "york"}, {Rule.ROOM}),
        ({"busy": (an_interval(MONDAY, "10:59", "12:00"),)}, {Rule.ROOM}),
        ({"busy": (an_interval(MONDAY, "11:00", "12:00"),)}, set()),
        ({"features": frozenset({"ramp"})}, set()),
    ],
)
def test_a_session_gets_a_room_that_serves_it(room, broken):
    problem = a_problem(
        rooms=(a_room(**room),),
        offices=(an_office(), an_office("york")),
        sessions=(a_mentoring(open_seats=1),),
    )

    assert broken_by(problem, MENTORING) == broken


def test_a_room_has_what_its_people_need():
    problem = with_people(cat={"room_needs": frozenset({"ramp"})}, sessions=(a_mentoring(),))

    assert broken_by(problem, MENTORING) == {Rule.ROOM}
    assert broken_by(problem, replace(MENTORING, juniors=("ben",))) == set()


@pytest.mark.parametrize(("room", "broken"), [(None, {Rule.ROOM}), ("elm", {Rule.ROOM}), ("oak", set())])
def test_a_session_that_needs_a_room_has_one(room, broken):
    assert broken_by(a_problem(sessions=(a_mentoring(),)), replace(MENTORING, room=room)) == broken


def test_a_session_that_needs_no_room_has_none():
    assert broken_by(a_problem(), replace(LUNCH, room="oak")) == {Rule.ROOM}


@pytest.mark.parametrize(
    ("room", "broken"),
    [
        ({"shared": False}, {Rule.ROOM}),
        ({"shared": True}, set()),
        ({"shared": True, "capacity": 4}, {Rule.ROOM}),
    ],
)
def test_a_room_holds_one_session_and_a_shared_one_as_many_as_fit(room, broken):
    people = (a_senior(), a_senior("eve"), *(a_person(id_) for id_ in ("ben", "cat", "dan")))
    sessions = (a_mentoring(), a_mentoring("other", senior="eve", juniors=("dan",)))
    problem = a_problem(people=people, sessions=sessions, rooms=(a_room(**room),))

    assert broken_by(problem, MENTORING, a_placement("other", at(MONDAY, "10:30"), ("dan",), "oak")) == broken
    assert broken_by(problem, MENTORING, a_placement("other", at(MONDAY, "11:00"), ("dan",), "oak")) == set()


# ---- 9 and 10: office days


def test_office_days_of_one_iso_week_are_counted():
    sessions = tuple(a_session(f"lunch{n}") for n in range(2))
    problem = with_people(ben={"max_office_days_per_week": 1}, sessions=sessions, last_day=date(2027, 3, 19))
    next_week = tuple(replace(session, last_day=date(2027, 3, 19)) for session in sessions)
    monday, tuesday = a_placement("lunch0", at(MONDAY, "12:00")), a_placement("lunch1", at(TUESDAY, "12:00"))

    assert broken_by(problem, monday, tuesday) == {Rule.WEEK}
    later = a_placement("lunch1", at(date(2027, 3, 15), "12:00"))
    assert broken_by(replace(problem, sessions=next_week), monday, later) == set()


def test_a_day_with_an_agreed_session_is_worth_the_trip():
    agreed = a_mentoring("agreed", fixed=an_agreement(at(MONDAY, "10:00"), room="oak"))
    problem = with_people(ben={"min_sessions_per_office_day": 3}, sessions=(a_session(), agreed))

    assert broken_by(problem, LUNCH, a_placement("agreed", at(MONDAY, "10:00"), ("ben",), "oak")) == set()


def test_travel_is_free_of_ones_other_sessions_and_an_agreed_end_is_left_alone():
    sessions = (a_session(), a_coffee())
    travelling = {"travel_minutes": 45}
    early = a_placement("coffee", at(MONDAY, "11:00"))

    assert broken_by(with_people(ben=travelling, sessions=sessions), LUNCH, early) == {Rule.TRAVEL}
    agreed = (replace(a_session(), fixed=an_agreement(at(MONDAY, "12:00"))), a_coffee())
    assert broken_by(with_people(ben=travelling, sessions=agreed), LUNCH, early) == set()


# ---- the plan's own account, and the score


@pytest.mark.parametrize(
    "changes",
    [
        {"score": Score()},
        {"unplaced": ()},
        {"unplaced": (Reasoned("coffee", ""),)},
        {"unplaced": (Reasoned("coffee", "left out"), Reasoned("lunch", "left out"))},
        {"proof": (Proof(Level.REACHED, 1, 0),)},
        {"proof": (Proof(Level.REACHED, 2, 2),)},
        {"proof": (Proof(Level.SENIOR_DAYS, 1, 2),)},
        {"seniors": (SeniorProof("ada", 1, 2),)},
        {"seniors": (SeniorProof("ada", 2, 1),)},
    ],
)
def test_a_plan_says_truly_what_it_leaves_out_scores_and_proves(changes):
    assert broken_by(a_problem(sessions=(a_session(), a_coffee())), LUNCH, **changes) == {Rule.ACCOUNT}


def test_true_proofs_pass():
    proof = (Proof(Level.REACHED, 1, 2), Proof(Level.SENIOR_DAYS, 1, 0))

    assert broken_by(a_problem(), LUNCH, proof=proof, seniors=(SeniorProof("ada", 1, 1),)) == set()


def test_the_score_counts_every_level():
    people = (
        a_senior(in_office=frozenset({THURSDAY})),
        a_person("ben", need=3),
        a_person("cat", need=2),
        a_person("dan", need=5),
    )
    sessions = (a_session(weight=2), a_mentoring(weight=4), a_coffee(), a_session("thursday"))
    problem = a_problem(people=people, sessions=sessions)
    placements = (
        LUNCH,
        a_placement("mentoring", at(MONDAY, "09:30"), ("ben", "cat"), "oak"),
        a_placement("coffee", at(MONDAY, "16:00")),
        a_placement("thursday", at(THURSDAY, "12:00")),
    )

    assert score_of(problem, placements) == Score(
        reached=3 + 2,
        placed=2 + 4 + 1 + 1,
        senior_days=1,  # Monday; on Thursday Ada is in anyway
        share=3 * (60 + 30 + 20 + 15) + 2 * 60,
        junior_days=3,  # Ben on Monday and Thursday, Cat on Monday
        idle=90,  # from 10:30 to 12:00; the coffee is online
    )
