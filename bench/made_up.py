"""A company to plan, made up from a seed, where no other maker of problems is at hand.

Two offices in two zones; calendars with weekly meetings, single ones and days away, seniors' fuller than
juniors'. In four weeks a senior has two lunches for two, a lunch table, group mentoring, two stretches of
co-working with seats kept open, two coffees and one co-working on video.
"""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from planner.documents import problem_to_json
from planner.domain import (
    DayHours,
    Interval,
    Office,
    Person,
    PlanningProblem,
    Role,
    Room,
    RoomUse,
    Session,
    SessionKind,
    WeekHours,
)
from planner.intervals import merge

ZONES = {"lisbon": "Europe/Lisbon", "toronto": "America/Toronto"}
WORKWEEK = WeekHours((DayHours(540, 1050),) * 5 + (None, None))
OPEN = WeekHours((DayHours(480, 1110),) * 5 + (None, None))
LUNCH, DAY = DayHours(690, 870), DayHours(540, 1080)

#: kind, fewest and most seats, kept open, minutes, times of day, room use, candidates, how many in four weeks
_FORMATS = (
    (SessionKind.INDIVIDUAL_LUNCH, (1, 1), 0, 60, LUNCH, None, 1, 2),
    (SessionKind.GROUP_LUNCH, (2, 4), 0, 60, LUNCH, RoomUse.LUNCH, 7, 1),
    (SessionKind.GROUP_MENTORING, (3, 6), 0, 60, DAY, RoomUse.MEETING, 8, 1),
    (SessionKind.COWORKING, (2, 6), 2, 120, DAY, RoomUse.COWORKING, 9, 2),
    (SessionKind.COFFEE_ROULETTE, (1, 1), 0, 30, DAY, None, 1, 2),
    (SessionKind.VIRTUAL_COWORKING, (2, 5), 0, 90, DAY, None, 6, 1),
)
_ONLINE = (SessionKind.COFFEE_ROULETTE, SessionKind.VIRTUAL_COWORKING)


def problem(
    seniors: int, juniors_a_senior: int, weeks: int, load: float, seed: int, first: date
) -> dict[str, Any]:
    """An `officeday-problem/1` document; the same arguments give the same one."""
    random = Random(f"{seniors} {juniors_a_senior} {weeks} {load} {seed}")  # noqa: S311 - made up, not secret
    last = first + timedelta(weeks=weeks, days=-3)
    mentors = [_person(random, f"senior-{n}", Role.SENIOR, load * 1.3, first, last) for n in range(seniors)]
    mentees = [
        _person(random, f"junior-{n}", Role.JUNIOR, load * 0.8, first, last)
        for n in range(seniors * juniors_a_senior)
    ]
    sessions = [each for one in mentors for each in _sessions(random, one, mentees, weeks, first, last)]
    offices = tuple(Office(key, zone, OPEN) for key, zone in ZONES.items())
    document: dict[str, Any] = json.loads(
        problem_to_json(
            PlanningProblem(first, last, offices, _rooms(seniors), (*mentors, *mentees), tuple(sessions))
        )
    )
    return document


def _person(random: Random, key: str, role: Role, load: float, first: date, last: date) -> Person:
    office = "toronto" if random.random() < 0.15 else "lisbon"
    busy = _busy(random, ZoneInfo(ZONES[office]), load, first, last)
    return Person(
        key,
        role,
        frozenset({office}),
        ZONES[office],
        WORKWEEK,
        busy=merge(busy),
        max_office_days_per_week=random.choice((3, 5)) if role is Role.SENIOR else 5,
        need=1 if role is Role.SENIOR else random.choice((1, 1, 2, 3)),
    )


def _busy(random: Random, zone: ZoneInfo, load: float, first: date, last: date) -> list[Interval]:
    """Of a nine-hour day `load` is taken: half by what recurs every week, half by single meetings."""
    weekly = {weekday: _meetings(random, load / 2) for weekday in range(5)}
    found = []
    for n in range((last - first).days + 1):
        day = first + timedelta(days=n)
        if day.weekday() > 4:
            continue
        away = random.random() < 0.04
        taken = [(0, 1440)] if away else [*weekly[day.weekday()], *_meetings(random, load / 2)]
        for begin, end in taken:
            midnight = datetime.combine(day, time(), zone)
            start, stop = (
                (midnight + timedelta(minutes=minutes)).astimezone(UTC) for minutes in (begin, end)
            )
            found.append(Interval(start, stop))
    return found


def _meetings(random: Random, load: float) -> list[tuple[int, int]]:
    """Minutes of a day, half an hour to an hour and a half each."""
    found, left = [], load * 540
    while left > 0:
        length = random.choice((30, 30, 60, 90))
        start = random.randrange(18, 34) * 30
        found.append((start, min(start + length, 1080)))
        left -= length
    return found


def _rooms(seniors: int) -> tuple[Room, ...]:
    """For every four seniors a small room in the larger office; one for co-working for every eight."""
    small = {"lisbon": 2 + seniors // 4, "toronto": 1 + seniors // 16}
    large = {"lisbon": 1 + seniors // 8, "toronto": 1}
    both = frozenset({RoomUse.LUNCH, RoomUse.MEETING})
    rooms = [Room(f"{o}-{n}", o, 4 + 2 * (n % 3), both) for o, many in small.items() for n in range(many)]
    desks = frozenset({RoomUse.COWORKING})
    rooms += [
        Room(f"{o}-desks-{n}", o, 14, desks, shared=True) for o, many in large.items() for n in range(many)
    ]
    return tuple(rooms)


def _sessions(
    random: Random, senior: Person, juniors: list[Person], weeks: int, first: date, last: date
) -> list[Session]:
    (office,) = senior.offices
    near = [one.id for one in juniors if office in one.offices]
    found = []
    for kind, seats, open_seats, minutes, between, room_use, candidates, times in _FORMATS:
        online = kind in _ONLINE
        for n in range(max(1, times * weeks // 4)):
            pool = [one.id for one in juniors] if online else near
            crowd = random.sample(pool, min(candidates, len(pool)))
            if len(crowd) < seats[0]:
                continue
            found.append(
                Session(
                    id=f"{senior.id}-{kind.value}-{n}",
                    kind=kind,
                    senior=senior.id,
                    juniors=tuple(crowd),
                    seats=seats,
                    minutes=minutes,
                    between=between,
                    first_day=first,
                    last_day=last,
                    required=frozenset(crowd) if candidates == 1 else frozenset(),
                    open_seats=open_seats,
                    office=None if online else office,
                    room_use=room_use,
                )
            )
    return found
