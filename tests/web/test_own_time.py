"""What our own events mark in a calendar is nobody's busy time."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from connectors.base import Reading, marked_within
from planner.domain import BusyInterval, BusyKind, Interval
from web.own_time import without_own

DAY = Interval(datetime(2027, 3, 10, tzinfo=UTC), datetime(2027, 3, 11, tzinfo=UTC))
BUSY, TENTATIVE, AWAY, ELSEWHERE = BusyKind.BUSY, BusyKind.TENTATIVE, BusyKind.AWAY, BusyKind.ELSEWHERE


def at(hours: float) -> datetime:
    return datetime.fromtimestamp(DAY.start.timestamp() + hours * 3600, UTC)


def marked(*times: tuple[float, float, BusyKind]) -> Reading:
    """What a calendar tells, merged as every reading is."""
    busy = [BusyInterval(at(start), at(end), kind) for start, end, kind in times]
    return Reading("ana", marked_within(busy, DAY), (), DAY.start)


def left(
    said: Reading, *own: tuple[float, float], before: tuple[tuple[float, float], ...] = ()
) -> list[tuple[float, float, BusyKind]]:
    """What is left without our events at some times; `before` was marked when they came."""
    known = [Interval(at(start), at(end)) for start, end in before]
    told = without_own(said, [Interval(at(start), at(end)) for start, end in own], known, DAY)
    hours = [
        ((b.start - DAY.start) / (at(1) - at(0)), (b.end - DAY.start) / (at(1) - at(0))) for b in told.busy
    ]
    return [(start, end, b.kind) for (start, end), b in zip(hours, told.busy, strict=True)]


@pytest.mark.parametrize("kind", [BUSY, TENTATIVE])
def test_time_that_our_event_marks_is_not_busy(kind):
    assert left(marked((9, 10, kind), (14, 15, BUSY)), (9, 10)) == [(14, 15, BUSY)]


def test_what_is_merged_with_our_event_stays_outside_of_it():
    assert left(marked((8, 9, BUSY), (9, 10, BUSY), (9.5, 11, BUSY)), (9, 10)) == [
        (8, 9, BUSY),
        (10, 11, BUSY),
    ]


@pytest.mark.parametrize("other", [(9, 9.5), (9.25, 9.75), (9.5, 11), (8, 9.75)])
def test_where_our_time_is_marked_in_part_only_our_event_is_not_there(other):
    said = marked((*other, BUSY))

    assert left(said, (9, 10)) == [(*other, BUSY)]


def test_a_meeting_over_a_hold_stays_where_the_calendar_tells_them_apart():
    said = marked((9, 10, TENTATIVE), (9, 10, BUSY))

    assert left(said, (9, 10)) == [(9, 10, BUSY)]


def test_two_half_meetings_of_different_kinds_are_not_our_event():
    said = marked((9, 9.5, TENTATIVE), (9.5, 10, BUSY))

    assert left(said, (9, 10)) == [(9, 9.5, TENTATIVE), (9.5, 10, BUSY)]


@pytest.mark.parametrize("kind", [AWAY, ELSEWHERE])
def test_nobody_is_away_because_of_us(kind):
    assert left(marked((0, 24, kind)), (9, 10)) == [(0, 24, kind)]


def test_our_events_beside_each_other_and_over_each_other_are_all_taken_out():
    said = marked((9, 10, BUSY), (10, 11, BUSY), (10.5, 12, BUSY))

    assert left(said, (9, 10), (10, 11), (10.5, 12)) == []


def test_an_event_over_the_edge_of_the_window_is_known_by_what_lies_inside():
    assert left(marked((23, 24, BUSY)), (23, 25)) == []
    assert left(marked((0, 1, BUSY)), (-1, 1)) == []
    assert left(marked((3, 4, BUSY)), (30, 31)) == [(3, 4, BUSY)]


def test_time_that_could_not_be_read_stays_unknown():
    said = Reading("ana", (), (Interval(at(9), at(10)),), DAY.start, "It was cut off.")

    assert without_own(said, [Interval(at(9), at(10))], [], DAY) == said


def test_what_was_marked_before_our_event_came_stays():
    assert left(marked((9, 10, BUSY)), (9, 10), before=((9, 10),)) == [(9, 10, BUSY)]
    assert left(marked((9, 10, BUSY)), (9, 10), before=((9.5, 12),)) == [(9.5, 10, BUSY)]
    assert left(marked((8, 10, BUSY)), (9, 10), before=((8, 9),)) == [(8, 9, BUSY)]
