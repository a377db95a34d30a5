"""Small problems for tests: each builder makes a plain, valid noun; keywords say what the test is about.

The week is Monday 8 to Friday 12 March 2027, in London, where UTC is the local time.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Any

from planner.domain import (
    Agreement,
    DayHours,
    Interval,
    Office,
    Person,
    Placement,
    PlanningProblem,
    Role,
    Room,
    RoomUse,
    Session,
    SessionKind,
    WeekHours,
)

MONDAY = date(2027, 3, 8)
TUESDAY = date(2027, 3, 9)
WEDNESDAY = date(2027, 3, 10)
THURSDAY = date(2027, 3, 11)
FRIDAY = date(2027, 3, 12)
LONDON = "Europe/London"
NEW_YORK = "America/New_York"


def at(day: date, clock: str) -> datetime:
    """An instant by its UTC date and clock: `at(MONDAY, "12:30")`."""
    hours, minutes = clock.split(":")
    return datetime(day.year, day.month, day.day, int(hours), int(minutes), tzinfo=UTC)


def an_interval(day: date, start: str, end: str) -> Interval:
    return Interval(at(day, start), at(day, end))


def hours(opens: str, closes: str) -> DayHours:
    def minutes(clock: str) -> int:
        return int(clock[:2]) * 60 + int(clock[3:])

    return DayHours(minutes(opens), minutes(closes))


def a_week(opens: str = "09:00", closes: str = "17:00", days: Iterable[int] = range(5)) -> WeekHours:
    """The same hours on some weekdays (0 is Monday), the others off."""
    return WeekHours(tuple(hours(opens, closes) if day in days else None for day in range(7)))


def an_office(id: str = "london", **changes: Any) -> Office:  # noqa: A002
    return Office(**{"id": id, "timezone": LONDON, "open": a_week("08:00", "18:30"), **changes})


def a_room(id: str = "oak", **changes: Any) -> Room:  # noqa: A002
    return Room(**{"id": id, "office": "london", "capacity": 8, "uses": frozenset(RoomUse), **changes})


def a_person(id: str = "ben", role: Role = Role.JUNIOR, **changes: Any) -> Person:  # noqa: A002
    plain = {"offices": frozenset({"london"}), "timezone": LONDON, "hours": a_week()}
    return Person(**{"id": id, "role": role, **plain, **changes})


def a_senior(id: str = "ada", **changes: Any) -> Person:  # noqa: A002
    return a_person(id, Role.SENIOR, **changes)


def a_session(id: str = "lunch", **changes: Any) -> Session:  # noqa: A002
    """An individual lunch of Ada and Ben, any day of the week, unless told otherwise."""
    plain: dict[str, Any] = {
        "kind": SessionKind.INDIVIDUAL_LUNCH,
        "senior": "ada",
        "juniors": ("ben",),
        "seats": (1, 1),
        "minutes": 60,
        "between": hours("11:30", "14:30"),
        "first_day": MONDAY,
        "last_day": FRIDAY,
        "office": "london",
    }
    return Session(**{"id": id, **plain, **changes})


def a_coffee(id: str = "coffee", **changes: Any) -> Session:  # noqa: A002
    plain = {
        "kind": SessionKind.COFFEE_ROULETTE,
        "minutes": 30,
        "between": hours("08:00", "18:00"),
        "office": None,
    }
    return a_session(id, **{**plain, **changes})


def a_mentoring(id: str = "mentoring", **changes: Any) -> Session:  # noqa: A002
    """A group mentoring in a meeting room, Ben and Cat invited, one of them is enough."""
    plain = {
        "kind": SessionKind.GROUP_MENTORING,
        "juniors": ("ben", "cat"),
        "seats": (1, 4),
        "between": hours("09:00", "17:00"),
        "room_use": RoomUse.MEETING,
    }
    return a_session(id, **{**plain, **changes})


def an_agreement(start: datetime, juniors: Iterable[str] = ("ben",), room: str | None = None) -> Agreement:
    return Agreement(start, room, tuple(juniors))


def a_placement(
    session: str, start: datetime, juniors: Iterable[str] = ("ben",), room: str | None = None
) -> Placement:
    return Placement(session, start, room, tuple(juniors))


def a_problem(**changes: Any) -> PlanningProblem:
    """One office, one room, Ada with Ben and Cat, one lunch to place."""
    plain: dict[str, Any] = {
        "first_day": MONDAY,
        "last_day": FRIDAY,
        "offices": (an_office(),),
        "rooms": (a_room(),),
        "people": (a_senior(), a_person("ben"), a_person("cat")),
        "sessions": (a_session(),),
    }
    return PlanningProblem(**{**plain, **changes})
