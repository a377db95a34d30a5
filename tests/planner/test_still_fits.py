"""What still fits of a draft beside what was agreed since."""

from dataclasses import replace

from hypothesis import given, settings

from planner.domain import Agreement
from planner.first_free import first_free
from planner.greedy import greedy_packer
from planner.still_fits import agreed, broken_beside, still_fitting
from tests.factories import (
    MONDAY,
    TUESDAY,
    a_coffee,
    a_placement,
    a_problem,
    a_senior,
    a_session,
    an_agreement,
    an_interval,
    at,
)
from tests.planner.strategies import problems

LUNCH = a_placement("lunch", at(MONDAY, "12:00"))


def test_a_draft_that_nothing_touched_stays_as_it_is():
    problem = a_problem(sessions=(a_session(), a_coffee()))
    placed = greedy_packer(problem)

    assert still_fitting(problem, placed) == placed


def test_what_overlaps_an_agreement_gives_way_and_the_rest_stays():
    since = a_session("since", fixed=an_agreement(at(MONDAY, "12:30")))
    coffee = a_placement("coffee", at(TUESDAY, "10:00"))
    problem = a_problem(sessions=(a_session(), a_coffee(), since))

    assert still_fitting(problem, (LUNCH, coffee)) == (coffee,)


def test_a_day_that_is_no_longer_worth_its_trip_gives_way_as_a_whole():
    since = a_coffee("since", fixed=an_agreement(at(MONDAY, "14:00")))
    ada = a_senior(min_sessions_per_office_day=2)
    second = a_session("second", between=a_coffee().between)
    problem = a_problem(sessions=(a_session(), second, since))
    people = tuple(ada if one.id == ada.id else one for one in problem.people)
    placed = (a_placement("second", at(MONDAY, "14:00")), LUNCH)

    assert still_fitting(replace(problem, people=people), placed) == ()


def test_calendars_that_are_full_since_and_sessions_that_are_due_no_more_leave_nothing():
    busy = an_interval(MONDAY, "12:00", "13:00")
    people = tuple(replace(one, busy=(busy,)) for one in a_problem().people)

    assert still_fitting(a_problem(people=people, sessions=(a_session(),)), (LUNCH,)) == ()
    assert still_fitting(a_problem(sessions=(a_coffee(),)), (LUNCH,)) == ()


@settings(max_examples=60, deadline=None)
@given(problem=problems())
def test_two_plans_of_the_same_free_time_released_one_after_the_other_break_no_rule(problem):
    """Every other session is one programme's: each plans as if the other were not there."""
    free = [session for session in problem.sessions if session.fixed is None]
    stands = tuple(session for session in problem.sessions if session.fixed is not None)
    first, second = free[::2], free[1::2]
    released = [
        p for p in greedy_packer(replace(problem, sessions=(*stands, *first))) if p not in agreed(problem)
    ]
    drafted = [
        p for p in first_free(replace(problem, sessions=(*stands, *second))) if p not in agreed(problem)
    ]
    at_once = {p.session: Agreement(p.start, p.room, p.juniors) for p in released}
    now = tuple(replace(s, fixed=at_once[s.id], seats=(1, s.seats[1])) for s in first if s.id in at_once)
    both = replace(problem, sessions=(*stands, *now, *second))
    left = still_fitting(both, drafted)

    assert [each for each in broken_beside(both, left) if {*each.sessions} & {p.session for p in left}] == []
