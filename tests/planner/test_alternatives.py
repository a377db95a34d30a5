from dataclasses import replace
from datetime import timedelta

from hypothesis import HealthCheck, given, settings

from planner.alternatives import OtherDay, other_days, refit
from planner.domain import SessionKind
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
    an_agreement,
    an_interval,
    at,
    hours,
)
from tests.planner.strategies import kept, problems, rules_broken

WORKDAYS = tuple(MONDAY + timedelta(days=n) for n in range(5))
TWO = (a_session(), a_mentoring(between=hours("09:00", "12:00")))
ON_MONDAY = (
    a_placement("mentoring", at(MONDAY, "11:00"), ("ben", "cat"), "oak"),
    a_placement("lunch", at(MONDAY, "12:00")),
)


def of_people(*, ada=None, ben=None, cat=None, **changes):
    people = (a_senior(**(ada or {})), a_person("ben", **(ben or {})), a_person("cat", **(cat or {})))
    return a_problem(**{"people": people, "sessions": TWO, **changes})


def away(*days):
    return {"busy": tuple(an_interval(day, "00:00", "23:45") for day in days)}


def test_the_whole_day_moves_to_the_nearest_date_without_waiting():
    best, *others = other_days(of_people(), ON_MONDAY, "ada", MONDAY)

    assert best == OtherDay(
        day=TUESDAY,
        placements=(
            a_placement("mentoring", best.placements[0].start, ("ben", "cat"), "oak"),
            a_placement("lunch", best.placements[1].start),
        ),
        left_out=(),
        extra_trips=0,
        in_office=False,
        idle_minutes=0,
        missed=(),
    )
    assert best.placements[0].interval(60).end == best.placements[1].start
    assert [other.day for other in others] == [WEDNESDAY, THURSDAY, FRIDAY]


def test_no_more_days_than_asked_for():
    assert len(other_days(of_people(), ON_MONDAY, "ada", MONDAY, most=2)) == 2


def test_a_date_that_holds_less_comes_after_one_that_holds_all_and_says_what_would_wait():
    problem = of_people(ben={"busy": (an_interval(TUESDAY, "11:30", "14:30"),)})

    found = other_days(problem, ON_MONDAY, "ada", MONDAY)

    assert [other.day for other in found] == [WEDNESDAY, THURSDAY, FRIDAY, TUESDAY]
    assert found[-1].left_out == ("lunch",)
    assert found[-1].missed == ("ben",)


def test_a_date_she_comes_in_anyway_saves_a_trip_and_comes_first():
    found = other_days(of_people(ada={"in_office": frozenset({FRIDAY})}), ON_MONDAY, "ada", MONDAY)

    assert (found[0].day, found[0].extra_trips, found[0].in_office) == (FRIDAY, -1, True)
    assert (found[1].day, found[1].extra_trips, found[1].in_office) == (TUESDAY, 0, False)


def test_leaving_a_date_she_comes_in_anyway_costs_a_trip():
    found = other_days(of_people(ada={"in_office": frozenset({MONDAY})}), ON_MONDAY, "ada", MONDAY)

    assert {other.extra_trips for other in found} == {1}


def test_the_sessions_may_join_a_day_she_has_already():
    """Her Thursday stands, and the new sessions lie so that she does not wait for it."""
    coworking = a_mentoring("other", kind=SessionKind.COWORKING, juniors=("cat",), room_use=None)
    problem = of_people(sessions=(a_session(), a_mentoring(), coworking))
    placements = (*ON_MONDAY, a_placement("other", at(THURSDAY, "14:00"), ("cat",)))

    best = other_days(problem, placements, "ada", MONDAY)[0]

    assert (best.day, best.extra_trips, best.in_office) == (THURSDAY, -1, True)
    assert best.idle_minutes == 0
    assert [placement.start for placement in best.placements] == [
        at(THURSDAY, "12:00"),
        at(THURSDAY, "13:00"),
    ]


def test_the_rest_of_the_plan_stands():
    """Another senior's lunch with Ben on Tuesday leaves him no second one."""
    lunch = a_session("taken", senior="dan")
    people = (a_senior(), a_senior("dan"), a_person("ben"), a_person("cat"))
    problem = a_problem(people=people, sessions=(*TWO, lunch))
    placements = (*ON_MONDAY, a_placement("taken", at(TUESDAY, "12:00")))

    found = {other.day: other for other in other_days(problem, placements, "ada", MONDAY)}

    assert found[TUESDAY].left_out == ("lunch",)
    assert found[WEDNESDAY].left_out == ()


def test_a_room_that_others_have_taken_is_not_given_twice():
    people = (a_senior(), a_senior("dan"), a_person("ben"), a_person("cat"), a_person("eve"))
    taken = a_mentoring("taken", senior="dan", juniors=("eve",), minutes=180, between=hours("09:00", "12:00"))
    rooms = (a_room("oak"), a_room("elm", busy=(an_interval(WEDNESDAY, "08:00", "18:00"),)))
    problem = a_problem(people=people, sessions=(TWO[1], taken), rooms=rooms)
    placements = (ON_MONDAY[0], a_placement("taken", at(TUESDAY, "09:00"), ("eve",), "oak"))

    found = {other.day: other for other in other_days(problem, placements, "ada", MONDAY)}

    assert found[TUESDAY].placements[0].room == "elm"
    assert found[WEDNESDAY].placements[0].room == "oak"


def test_who_cannot_come_is_missed_and_the_session_stands_without_them():
    found = {o.day: o for o in other_days(of_people(cat=away(TUESDAY)), ON_MONDAY, "ada", MONDAY)}

    assert found[TUESDAY].missed == ("cat",)
    assert found[TUESDAY].placements[0].juniors == ("ben",)
    assert found[WEDNESDAY].missed == ()


def test_who_would_have_no_time_to_travel_is_left_at_home():
    """Only the whole day shows it: Cat is free for the session itself, and busy on the way to it."""
    cat = {"travel_minutes": 60, "busy": tuple(an_interval(day, "12:00", "17:00") for day in WORKDAYS[1:])}
    problem = of_people(cat=cat, sessions=(a_session(), a_mentoring(between=hours("11:00", "12:00"))))

    best = other_days(problem, ON_MONDAY, "ada", MONDAY)[0]

    assert best.missed == ("cat",)
    assert best.placements[0].juniors == ("ben",)


def test_a_date_that_a_required_person_cannot_travel_to_is_not_offered():
    ben = {"travel_minutes": 60, "busy": (an_interval(TUESDAY, "09:00", "11:30"),) + away(WEDNESDAY)["busy"]}
    problem = of_people(ben=ben, sessions=(a_session(between=hours("11:30", "12:30")),), last_day=WEDNESDAY)

    assert other_days(problem, ON_MONDAY[1:], "ada", MONDAY) == ()


def test_a_shorter_day_leaves_out_what_is_too_much():
    shorter = of_people(ada={"max_minutes_per_day": 60})

    again = refit(shorter, ON_MONDAY, "ada", MONDAY)

    assert (len(again.placements), len(again.left_out)) == (1, 1)


def test_somebody_else_invited_takes_a_seat_that_becomes_free():
    people = (a_senior(), a_person("ben"), a_person("cat", **away(*WORKDAYS[1:])), a_person("dan"))
    problem = a_problem(people=people, sessions=(a_mentoring(juniors=("ben", "cat", "dan"), seats=(2, 3)),))

    best = other_days(problem, ON_MONDAY[:1], "ada", MONDAY)[0]

    assert best.placements[0].juniors == ("ben", "dan")
    assert best.missed == ("cat",)


def test_a_day_that_would_not_be_worth_the_trip_is_not_offered():
    problem = of_people(
        ada={"min_sessions_per_office_day": 2}, ben={"busy": (an_interval(TUESDAY, "11:30", "14:30"),)}
    )

    assert TUESDAY not in {other.day for other in other_days(problem, ON_MONDAY, "ada", MONDAY)}


def test_a_junior_whose_other_trip_would_not_be_worth_it_keeps_the_day_where_it_is():
    """Ben comes in on Monday for two sessions; without Ada's he would have one only."""
    people = (a_senior(), a_senior("dan"), a_person("ben", min_sessions_per_office_day=2), a_person("cat"))
    coworking = a_mentoring("other", senior="dan", juniors=("ben",), room_use=None)
    problem = a_problem(people=people, sessions=(a_session(), coworking))
    placements = (ON_MONDAY[1], a_placement("other", at(MONDAY, "14:00")))

    assert other_days(problem, placements, "ada", MONDAY) == ()


def test_online_sessions_of_the_day_move_with_it_and_agreed_ones_stay():
    agreed = a_coffee("agreed", fixed=an_agreement(at(MONDAY, "16:00")))
    problem = of_people(sessions=(*TWO, a_coffee(), agreed))
    placements = (
        *ON_MONDAY,
        a_placement("coffee", at(MONDAY, "15:00")),
        a_placement("agreed", at(MONDAY, "16:00")),
    )

    best = other_days(problem, placements, "ada", MONDAY)[0]

    assert {placement.session for placement in best.placements} == {"lunch", "mentoring", "coffee"}
    assert best.left_out == ()


def test_agreed_sessions_count_whether_or_not_they_are_handed_in():
    agreed = a_session("agreed", fixed=an_agreement(at(TUESDAY, "12:00")))
    problem = of_people(sessions=(a_session(), agreed))

    found = other_days(problem, ON_MONDAY[1:], "ada", MONDAY)

    assert TUESDAY not in {other.day for other in found}  # one lunch a day


def test_a_day_with_nothing_to_move_has_no_others():
    assert other_days(of_people(), ON_MONDAY, "ada", TUESDAY) == ()


def test_the_same_date_is_rearranged_when_a_calendar_has_changed():
    changed = of_people(ben={"busy": (an_interval(MONDAY, "11:00", "12:45"),)})

    again = refit(changed, ON_MONDAY, "ada", MONDAY)

    assert (again.day, again.left_out, again.extra_trips) == (MONDAY, (), 0)
    assert again.placements[1].start >= at(MONDAY, "12:45")
    assert rules_broken(changed, again.placements) == []


def test_a_date_on_which_nothing_can_stand_any_more_is_not_rearranged():
    assert refit(of_people(ada=away(MONDAY)), ON_MONDAY, "ada", MONDAY) is None


def test_what_was_broken_elsewhere_before_does_not_stand_in_the_way():
    """Cat fell ill on Friday, where another session of hers stands; Ada's Monday can move all the same."""
    people = (a_senior(), a_senior("dan"), a_person("ben"), a_person("cat", **away(FRIDAY)))
    other = a_mentoring("other", senior="dan", juniors=("cat",), room_use=None)
    problem = a_problem(people=people, sessions=(*TWO, other))
    placements = (*ON_MONDAY, a_placement("other", at(FRIDAY, "10:00"), ("cat",)))

    assert other_days(problem, placements, "ada", MONDAY)[0].day == TUESDAY


@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
@given(problems(most_sessions=5))
def test_every_other_day_keeps_every_rule_of_the_whole_plan(problem):
    placements = kept(problem, first_free(problem))
    for person in problem.people:
        for n in range((problem.last_day - problem.first_day).days + 1):
            day = problem.first_day + timedelta(days=n)
            again = refit(problem, placements, person.id, day)
            for other in (*other_days(problem, placements, person.id, day), *([again] if again else [])):
                moved = {placement.session for placement in other.placements} | set(other.left_out)
                rest = [placement for placement in placements if placement.session not in moved]
                assert rules_broken(problem, [*rest, *other.placements]) == []


def test_a_break_and_a_lunch_a_day_are_kept_between_the_sessions_that_move():
    problem = of_people(ada={"break_minutes": 30})
    placements = (replace(ON_MONDAY[0], start=at(MONDAY, "10:30")), ON_MONDAY[1])

    for other in other_days(problem, placements, "ada", MONDAY):
        first, second = other.placements
        assert second.start - first.interval(60).end >= timedelta(minutes=30)
        assert other.idle_minutes == 30


def test_a_session_waits_for_its_room_rather_than_being_left_out():
    """On every other day the room is taken until eleven; Ada, Ben and Cat are free from nine."""
    taken = tuple(an_interval(day, "08:00", "11:00") for day in WORKDAYS[1:])
    problem = of_people(rooms=(a_room(busy=taken),))

    found = other_days(problem, ON_MONDAY, "ada", MONDAY)

    assert [other.left_out for other in found] == [()] * 4
    assert {other.placements[0].start.hour for other in found} == {11}


def test_a_day_of_a_dozen_sessions_moves_whole():
    juniors = [f"j{n}" for n in range(12)]
    people = (a_senior(), *(a_person(id_) for id_ in juniors))
    sessions = tuple(a_coffee(f"coffee{id_}", juniors=(id_,), office="london") for id_ in juniors)
    starts = [at(MONDAY, f"{9 + n // 2:02}:{30 * (n % 2):02}") for n in range(12)]
    placements = tuple(
        a_placement(session.id, start, session.juniors)
        for session, start in zip(sessions, starts, strict=True)
    )

    best = other_days(a_problem(people=people, sessions=sessions), placements, "ada", MONDAY)[0]

    assert (best.day, best.left_out, best.idle_minutes) == (TUESDAY, (), 0)
