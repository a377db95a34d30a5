from planner.domain import SessionKind
from planner.slots import CandidateSlots
from tests.factories import (
    MONDAY,
    a_mentoring,
    a_problem,
    a_session,
    an_agreement,
    at,
    hours,
)


def test_an_agreed_lunch_bars_a_lunch_and_not_another_session_of_the_same_hours():
    agreed = a_session("agreed", fixed=an_agreement(at(MONDAY, "12:00")))
    coworking = a_mentoring(
        "coworking",
        kind=SessionKind.COWORKING,
        juniors=("ben",),
        between=hours("11:30", "14:30"),
        room_use=None,
    )
    slots = CandidateSlots(a_problem(sessions=(agreed, a_session(), coworking)))

    days = {id_: {int(day) for day in slots.of[id_].dates} for id_ in ("lunch", "coworking")}

    assert days["lunch"] == {MONDAY.toordinal() + n for n in range(1, 5)}
    assert days["coworking"] == {MONDAY.toordinal() + n for n in range(5)}
