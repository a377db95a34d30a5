"""What stands in the made-up people's calendars: standing meetings, appointments, days away.

How full they are follows `load`: 0.2 leaves much time free, 0.6 hardly any. A senior's calendar is
fuller than a junior's. Times are local, whole half hours between nine and five.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from random import Random

#: Working days in four weeks: one person in four has a holiday in them.
MONTH = 20

#: How long standing meetings have been going on before the window.
WEEKS_BEFORE = 9

WEEKLY_TITLES = (
    "Team stand-up",
    "1:1",
    "Pipeline review",
    "Design critique",
    "Sprint planning",
    "Client call",
    "Budget check-in",
    "Incident review",
    "Hiring sync",
    "Research reading group",
    "Release go/no-go",
    "Account review",
)
ONE_OFF_TITLES = (
    "Interview: analyst",
    "Supplier demo",
    "Dentist",
    "Board pre-read",
    "Contract review",
    "Workshop: pricing",
    "Visit from the Leeds team",
    "Performance review",
    "Legal: data terms",
    "Kick-off",
)
AWAY_TITLES = ("Annual leave", "Conference", "Family holiday", "Training course")
BIRTHDAY_TITLES = ("Mum's birthday", "Team birthday: cake at 3", "Payday")


class Shows(StrEnum):
    """What an all-day entry does to the day."""

    AWAY = "away"
    FREE = "free"
    ELSEWHERE = "elsewhere"


@dataclass(frozen=True)
class WeeklyMeeting:
    """Every week from `first` on, but for its exceptions."""

    title: str
    first: datetime  #: local, without a zone
    minutes: int
    skipped: tuple[date, ...] = ()  #: left out without a trace (EXDATE)
    called_off: tuple[date, ...] = ()  #: still there, cancelled
    moved: tuple[tuple[date, datetime], ...] = ()  #: (its date, where it is now)


@dataclass(frozen=True)
class Appointment:
    title: str
    start: datetime
    minutes: int
    tentative: bool = False


@dataclass(frozen=True)
class AllDay:
    title: str
    first: date
    last: date  #: included
    shows: Shows


@dataclass
class Diary:
    weekly: list[WeeklyMeeting] = field(default_factory=list)
    appointments: list[Appointment] = field(default_factory=list)
    all_day: list[AllDay] = field(default_factory=list)


def make_diary(rng: Random, days: Sequence[date], load: float) -> Diary:
    """One person's entries over the working days of a window."""
    diary = Diary()
    away = {
        day for month in range(0, len(days), MONTH) for day in _away(rng, days[month : month + MONTH], diary)
    }
    for weekday in range(5):
        own = [day for day in days if day.weekday() == weekday]
        for _ in range(_about(rng, load * 5)):
            diary.weekly.append(_weekly(rng, own, away))
    for day in days:
        if day not in away:
            diary.appointments += [_appointment(rng, day) for _ in range(_about(rng, load * 3))]
    if rng.random() < 0.4:
        birthday = rng.choice(days)
        diary.all_day.append(AllDay(rng.choice(BIRTHDAY_TITLES), birthday, birthday, Shows.FREE))
    if rng.random() < 0.15:
        _works_from_home(rng, days, diary)
    return diary


def _about(rng: Random, mean: float) -> int:
    return int(mean) + (rng.random() < mean % 1)


def _at(day: date, half_hours: int) -> datetime:
    return datetime.combine(day, time(half_hours // 2, half_hours % 2 * 30))


def _some_start(rng: Random) -> int:
    return rng.randrange(18, 34)


def _away(rng: Random, days: Sequence[date], diary: Diary) -> set[date]:
    """A holiday for one in four, and single days out."""
    away = {day for day in days if rng.random() < 0.03}
    for day in sorted(away):
        diary.all_day.append(AllDay("Out of office", day, day, Shows.AWAY))
    if rng.random() < 0.25:
        begin = rng.randrange(len(days))
        holiday = days[begin : begin + rng.randint(2, 5)]
        diary.all_day.append(AllDay(rng.choice(AWAY_TITLES), holiday[0], holiday[-1], Shows.AWAY))
        away |= set(holiday)
    return away


def _weekly(rng: Random, own: Sequence[date], away: set[date]) -> WeeklyMeeting:
    """A standing meeting on the weekday of `own`; three in twenty of its dates are exceptions."""
    start = _some_start(rng)
    exceptions: dict[str, list[date]] = {"skipped": [], "called_off": [], "moved": []}
    for day in own:
        if day not in away and rng.random() < 0.15:
            exceptions[rng.choice(list(exceptions))].append(day)
    return WeeklyMeeting(
        rng.choice(WEEKLY_TITLES),
        _at(own[0] - timedelta(weeks=WEEKS_BEFORE), start),
        rng.choice((30, 30, 60, 60, 90)),
        tuple(exceptions["skipped"]),
        tuple(exceptions["called_off"]),
        tuple((day, _at(day, _some_start(rng))) for day in exceptions["moved"]),
    )


def _appointment(rng: Random, day: date) -> Appointment:
    return Appointment(
        rng.choice(ONE_OFF_TITLES),
        _at(day, _some_start(rng)),
        rng.choice((15, 30, 30, 60, 90, 120)),
        tentative=rng.random() < 0.2,
    )


def _works_from_home(rng: Random, days: Sequence[date], diary: Diary) -> None:
    weekday = rng.randrange(5)
    for day in days:
        if day.weekday() == weekday:
            diary.all_day.append(AllDay("Working from home", day, day, Shows.ELSEWHERE))
