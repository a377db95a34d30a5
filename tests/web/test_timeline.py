"""A day as rows and as a strip."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

from planner.domain import SessionKind
from tests.web.made_up import four_sessions, session
from web.timeline import day_rows, day_strip, strip_hours

LONDON = "Europe/London"


def test_a_day_shows_its_sessions_in_order_and_the_free_time_between_them() -> None:
    rows = day_rows(reversed(four_sessions()), LONDON)

    assert [(row.start.hour, row.start.minute, row.session is not None) for row in rows] == [
        (9, 30, True),
        (10, 30, True),
        (11, 0, False),
        (12, 0, True),
        (13, 0, True),
    ]
    assert [row.minutes for row in rows] == [60, 30, 60, 60, 120]
    assert [row.size for row in rows] == ["hour", "brief", "hour", "hour", "longest"]


def test_sessions_that_overlap_have_no_gap_until_the_last_of_them_ends() -> None:
    long = session(SessionKind.COWORKING, 9, minutes=240)
    inside = session(SessionKind.COFFEE_ROULETTE, 10, minutes=30)
    later = session(SessionKind.GROUP_LUNCH, 13, 30)

    rows = day_rows([long, inside, later], LONDON)

    assert [row.session for row in rows] == [long, inside, None, later]
    assert (rows[2].start.hour, rows[2].end.hour, rows[2].end.minute) == (13, 13, 30)


def test_a_day_without_sessions_has_no_rows() -> None:
    assert day_rows([], LONDON) == ()
    assert day_strip([], LONDON) == ()


def test_a_gap_over_a_clock_change_is_as_long_as_it_lasts() -> None:
    early = replace(session(SessionKind.COWORKING, 0, day=date(2027, 3, 28)), minutes=30)
    late = session(SessionKind.COWORKING, 2, day=date(2027, 3, 28))

    gap = day_rows([early, late], LONDON)[1]

    assert gap.session is None
    assert gap.minutes == 90  # 0:30 to 3:00 on the clock, which skips an hour


def test_a_strip_places_each_session_by_the_clock_of_the_zone() -> None:
    nine_to_ten = session(SessionKind.COWORKING, 8, day=date(2027, 7, 1))  # 9:00 in summer

    segment = day_strip([nine_to_ten], LONDON)[0]

    assert (segment.offset, segment.width) == (100, 100)  # of 1000, from 8:00 to 18:00


def test_a_strip_grows_to_hold_early_and_late_sessions() -> None:
    early, late = session(SessionKind.COWORKING, 6, 30), session(SessionKind.COWORKING, 19, 0, minutes=90)

    assert strip_hours([early, late], LONDON) == (6, 21)
    segments = day_strip([early, late], LONDON)
    assert segments[0].offset == 33
    assert segments[1].offset + segments[1].width <= 1000


def test_a_session_past_midnight_ends_at_the_end_of_the_strip() -> None:
    night = replace(
        session(SessionKind.VIRTUAL_COWORKING, 23), start=datetime(2027, 3, 11, 23, tzinfo=UTC), minutes=120
    )

    assert strip_hours([night], LONDON) == (8, 24)
    segment = day_strip([night], LONDON)[0]
    assert segment.offset + segment.width == 1000
