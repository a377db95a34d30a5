"""What may become of a seat: every state with every step, and the times that decide."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner import lifecycle
from planner.errors import IllegalMove
from planner.lifecycle import SEATED, TAKEN, SeatState, Wanting

NOW = datetime(2027, 3, 5, 10, tzinfo=UTC)
SOON = NOW + timedelta(hours=1)
STATES: list[SeatState | None] = [None, *SeatState]

Step = Callable[[SeatState | None], SeatState]
STEPS: dict[str, Step] = {
    "book": lambda state: lifecycle.book(state, 1),
    "book the last": lambda state: lifecycle.book(state, 0),
    "book by need": lambda state: lifecycle.book(state, 1, by_need=True),
    "wait": lambda state: lifecycle.wait(state, 0),
    "wait by need": lambda state: lifecycle.wait(state, 1, by_need=True),
    "wait beside a free seat": lambda state: lifecycle.wait(state, 1),
    "offer": lifecycle.offer,
    "claim": lambda state: lifecycle.claim(state, SOON, NOW),
    "claim late": lambda state: lifecycle.claim(state, NOW, NOW),
    "expire": lifecycle.expire,
    "give up": lifecycle.give_up,
    "take back": lambda state: lifecycle.take_back(state, 1),
    "take back the last": lambda state: lifecycle.take_back(state, 0),
    "take back by need": lambda state: lifecycle.take_back(state, 1, by_need=True),
}

NOTHING: list[SeatState | None] = [None, SeatState.DECLINED, SeatState.CANCELLED]
LEGAL: dict[str, dict[SeatState | None, str]] = {
    "book": dict.fromkeys([*NOTHING, SeatState.WAITING, SeatState.OFFERED], "booked"),
    "book the last": {SeatState.OFFERED: "booked"},
    "book by need": {SeatState.OFFERED: "booked"},
    "wait": dict.fromkeys(NOTHING, "waiting"),
    "wait by need": dict.fromkeys(NOTHING, "waiting"),
    "wait beside a free seat": {},
    "offer": {SeatState.WAITING: "offered"},
    "claim": {SeatState.OFFERED: "booked"},
    "claim late": {},
    "expire": {SeatState.OFFERED: "cancelled"},
    "give up": {
        SeatState.INVITED: "declined",
        SeatState.BOOKED: "cancelled",
        SeatState.WAITING: "cancelled",
        SeatState.OFFERED: "cancelled",
    },
    "take back": dict.fromkeys([None, SeatState.CANCELLED, SeatState.WAITING, SeatState.OFFERED], "booked")
    | {SeatState.DECLINED: "invited"},
    "take back the last": {SeatState.OFFERED: "booked"},
    "take back by need": {SeatState.DECLINED: "invited", SeatState.OFFERED: "booked"},
}


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("state", STATES)
def test_each_step_leads_from_each_state_where_it_may_and_says_why_where_it_may_not(
    step: str, state: SeatState | None
) -> None:
    after = LEGAL[step].get(state)
    if after is not None:
        assert STEPS[step](state) == after
    else:
        with pytest.raises(IllegalMove, match=r"\.$"):
            STEPS[step](state)


@given(steps=st.lists(st.sampled_from([*STEPS]), max_size=30), seats=st.integers(1, 2))
def test_no_order_of_steps_gives_away_more_seats_than_there_are(steps: list[str], seats: int) -> None:
    """Two people in turn, each with the free seats as they are then."""
    states: list[SeatState | None] = [None, None]
    for number, step in enumerate(steps):
        free = seats - sum(state in TAKEN for state in states)
        who = number % 2
        if step == "offer" and free <= 0:
            continue
        moves: dict[str, Step] = STEPS | {
            "book": lambda state, free=free: lifecycle.book(state, free),  # type: ignore[misc]
            "book by need": lambda state, free=free: lifecycle.book(state, free, by_need=True),  # type: ignore[misc]
            "take back": lambda state, free=free: lifecycle.take_back(state, free),  # type: ignore[misc]
            "take back by need": lambda state, free=free: lifecycle.take_back(  # type: ignore[misc]
                state, free, by_need=True
            ),
        }
        try:
            states[who] = moves[step](states[who])
        except IllegalMove:
            continue
        assert sum(state in TAKEN for state in states) <= seats


def test_an_offered_seat_counts_as_taken_but_seats_nobody_yet() -> None:
    assert SeatState.OFFERED in TAKEN
    assert SeatState.OFFERED not in SEATED


@pytest.mark.parametrize(
    ("hours_before", "expected"),
    [(100, 24), (49, 24), (48, 24), (30, 6), (24.5, 0.5), (24, None), (3, None)],
)
def test_seats_go_by_need_for_a_day_and_never_in_the_last_one(
    hours_before: float, expected: float | None
) -> None:
    until = lifecycle.by_need_until(NOW, NOW + timedelta(hours=hours_before))

    assert until == (None if expected is None else NOW + timedelta(hours=expected))


@pytest.mark.parametrize(
    ("hours_before", "expected"), [(100, 24), (26, 24), (25, 23), (2.5, 0.5), (2, None), (1, None)]
)
def test_a_free_seat_is_kept_for_a_day_and_never_in_the_last_two_hours(
    hours_before: float, expected: float | None
) -> None:
    until = lifecycle.offered_until(NOW, NOW + timedelta(hours=hours_before))

    assert until == (None if expected is None else NOW + timedelta(hours=expected))


def test_greatest_need_comes_first_then_who_has_been_without_longest() -> None:
    a, b, c = (
        Wanting("a", 3, date(2027, 1, 1)),
        Wanting("b", 5, date(2027, 2, 1)),
        Wanting("c", 3, date(2026, 12, 1)),
    )

    assert lifecycle.in_order_of_need([a, b, c], "s") == [b, c, a]


def test_a_draw_among_equals_is_the_same_each_time_and_another_for_another_session() -> None:
    equals = [Wanting(str(number), 3, date(2027, 1, 1)) for number in range(40)]

    drawn = lifecycle.in_order_of_need(equals, "session-1")

    assert drawn == lifecycle.in_order_of_need(reversed(equals), "session-1")
    assert drawn != lifecycle.in_order_of_need(equals, "session-2")
    assert drawn != equals


@pytest.mark.parametrize(
    ("minutes", "rounds"),
    [
        (120, [30, 30, 30, 30]),
        (90, [30, 30, 30]),
        (100, [30, 30, 30, 10]),
        (30, [30]),
        (20, [20]),
        (31, [30, 1]),
    ],
)
def test_somebody_looks_in_every_half_hour_and_the_last_round_may_be_shorter(
    minutes: int, rounds: list[int]
) -> None:
    found = lifecycle.check_in_rounds(NOW, NOW + timedelta(minutes=minutes))

    assert [(end - begin) // timedelta(minutes=1) for begin, end in found] == rounds
    assert found[0][0] == NOW
    assert all(before[1] == after[0] for before, after in pairwise(found))
