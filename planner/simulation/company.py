"""The company that is played through: who is there, what is promised, everybody's calendar to the end.

Either it is made by seed, or it is a company's own roster with the weeks of its calendars that are
known repeated to the end. Weeks begin on Mondays.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property, partial
from random import Random
from zoneinfo import ZoneInfo

from planner.domain import (
    DayHours,
    Interval,
    Office,
    Person,
    PlanningProblem,
    Role,
    Room,
    RoomUse,
    SessionKind,
    WeekHours,
)
from planner.intervals import clip, merge
from planner.programme import Format, Participant, Programme, Turn, why_not_together

A_WEEK = timedelta(weeks=1)
WINDOW_WEEKS = 4  #: of one plan, so calendars reach that far beyond the last week
WINDOW = timedelta(weeks=WINDOW_WEEKS)
A_DAY = timedelta(days=1)
WORKDAYS = range(5)

#: What ways that plan nothing bring about, wherever it matters who may meet whom.
OF_TWO = Format(
    SessionKind.COFFEE_ROULETTE, Turn.EACH_JUNIOR, 1, 30, (1, 1), DayHours(9 * 60, 18 * 60), in_person=False
)


@dataclass(frozen=True)
class Company:
    """Everything that does not depend on what people do.

    `problem` has offices, rooms and people with their calendars to the end, and no sessions.
    """

    problem: PlanningProblem
    participants: tuple[Participant, ...]
    formats: tuple[Format, ...]
    starts: date  #: a Monday
    weeks: int
    never: frozenset[frozenset[str]] = frozenset()
    unreadable: frozenset[str] = frozenset()
    least_group: int = 1  #: figures of fewer juniors than this are not told

    def __post_init__(self) -> None:
        if self.starts.weekday() or self.weeks < 1:
            raise ValueError("a simulation begins on a Monday and takes a week or more")

    def of(self, role: Role) -> tuple[Participant, ...]:
        return tuple(one for one in self.participants if one.role is role)

    @cached_property
    def programme(self) -> Programme:
        """As it stands on the first day."""
        return Programme(
            id="made",
            starts=self.starts,
            formats=self.formats,
            people=self.participants,
            never=self.never,
            unreadable=self.unreadable,
        )

    def mentors(self, junior: Participant, in_person: bool) -> tuple[Participant, ...]:
        """Seniors who may meet a junior in a session of two, on days on which both take part."""
        rule = replace(OF_TWO, in_person=in_person)
        return tuple(
            one
            for one in self.programme.seniors
            if why_not_together(self.programme, rule, one, junior, self.starts) is None
        )

    def monday(self, week: int) -> date:
        return self.starts + week * A_WEEK

    def window(self, first: date) -> PlanningProblem:
        """The four weeks from a day on: rooms and people with what their calendars say of these."""
        last = first + WINDOW - A_DAY
        inside = {first + n * A_DAY for n in range(WINDOW.days)}
        midnight = datetime.combine(first, time(), UTC)
        cut = partial(_within, midnight - A_DAY, midnight + WINDOW + A_DAY)
        return replace(
            self.problem,
            first_day=first,
            last_day=last,
            rooms=tuple(replace(one, busy=cut(one.busy)) for one in self.problem.rooms),
            people=tuple(
                replace(
                    one,
                    busy=cut(one.busy),
                    unknown=cut(one.unknown),
                    elsewhere=cut(one.elsewhere),
                    in_office=one.in_office & inside,
                    avoid=one.avoid & inside,
                )
                for one in self.problem.people
            ),
        )


def _within(start: datetime, end: datetime, calendar: tuple[Interval, ...]) -> tuple[Interval, ...]:
    """Of a sorted calendar what touches a stretch of time."""
    begin = bisect_right(calendar, start, key=lambda one: one.end)
    return calendar[begin : bisect_left(calendar, end, key=lambda one: one.start)]


# --- a made company ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Size:
    """What a made company is like."""

    seniors: int = 20
    juniors: int = 120
    offices: int = 1
    rooms: int = 4  #: of each office; every second one is for co-working, shared
    room_capacity: int = 10
    cohort: int = 12  #: juniors in one
    load: float = 0.4  #: how full calendars are: 0.2 leaves much time free, 0.6 hardly any
    in_anyway: float = 0.2  #: share of seniors who come in one day a week anyway
    worth_the_trip: int = 2  #: fewest sessions for which a senior is asked in
    max_office_days: int = 3  #: of a senior, a week


#: A senior's calendar is fuller than a junior's.
SENIOR_LOAD, JUNIOR_LOAD = 1.3, 0.8
#: A workday, in minutes after midnight, and the hours meetings begin in.
OPENS, CLOSES = 9 * 60, 17 * 60 + 30
MEETING_STARTS = range(9 * 60, 17 * 60, 30)
ZONE = "Europe/London"


def made_company(size: Size, formats: tuple[Format, ...], starts: date, weeks: int, seed: int) -> Company:
    """A company of people who work nine to half past five, their calendars drawn by seed."""
    random = Random(f"company {seed}")  # noqa: S311 - people who do not exist
    days = [starts + timedelta(days=n) for n in range(7 * (weeks + WINDOW_WEEKS))]
    offices = [f"office {n + 1}" for n in range(size.offices)]
    seniors = [
        _senior(size, random, f"s{n:04d}", offices[n % len(offices)], days) for n in range(size.seniors)
    ]
    juniors = [
        _person(random, f"j{n:04d}", Role.JUNIOR, offices[n % len(offices)], days, size.load * JUNIOR_LOAD)
        for n in range(size.juniors)
    ]
    people = (*seniors, *juniors)
    problem = PlanningProblem(
        days[0],
        days[-1],
        tuple(Office(each, ZONE, _week(8 * 60, 18 * 60 + 30)) for each in offices),
        tuple(_room(size, office, n) for office in offices for n in range(size.rooms)),
        people,
        (),
    )
    participants = tuple(
        Participant(
            one.id,
            one.role,
            tuple(one.offices),
            starts,
            cohort=f"cohort {n // size.cohort + 1}" if one.role is Role.JUNIOR else "",
        )
        for group in (seniors, juniors)
        for n, one in enumerate(group)
    )
    return Company(problem, participants, formats, starts, weeks)


def _week(opens: int, closes: int) -> WeekHours:
    return WeekHours((*[DayHours(opens, closes)] * len(WORKDAYS), None, None))


def _room(size: Size, office: str, n: int) -> Room:
    coworking = n % 2 == 1 or size.rooms == 1
    uses = {RoomUse.COWORKING} if coworking else {RoomUse.MEETING, RoomUse.LUNCH}
    if size.rooms == 1:
        uses = set(RoomUse)
    return Room(f"{office}, room {n + 1}", office, size.room_capacity, frozenset(uses), shared=n % 2 == 1)


def _senior(size: Size, random: Random, id_: str, office: str, days: Sequence[date]) -> Person:
    one = _person(random, id_, Role.SENIOR, office, days, size.load * SENIOR_LOAD)
    anchor = random.choice(WORKDAYS)
    anyway = random.random() < size.in_anyway
    return replace(
        one,
        in_office=frozenset(day for day in days if anyway and day.weekday() == anchor),
        max_office_days_per_week=size.max_office_days,
        max_minutes_per_day=360,
        min_sessions_per_office_day=size.worth_the_trip,
    )


def _person(random: Random, id_: str, role: Role, office: str, days: Sequence[date], load: float) -> Person:
    return Person(
        id=id_,
        role=role,
        offices=frozenset({office}),
        timezone=ZONE,
        hours=_week(OPENS, CLOSES),
        busy=merge(_calendar(random, days, load)),
    )


def _calendar(random: Random, days: Sequence[date], load: float) -> Iterator[Interval]:
    """Weekly meetings that mostly recur, single ones, days out, and a week away in sixteen."""
    weekly = [(weekday, *_meeting(random)) for weekday in WORKDAYS for _ in range(_about(random, load * 5))]
    away = False
    for day in days:
        if day.weekday() == 0:
            away = random.random() < 1 / 16
        if day.weekday() not in WORKDAYS:
            continue
        if away or random.random() < 0.03:
            yield _stretch(day, 0, 24 * 60)
            continue
        single = [_meeting(random) for _ in range(_about(random, load * 3))]
        standing = [row[1:] for row in weekly if row[0] == day.weekday() and random.random() < 0.85]
        yield from (_stretch(day, start, minutes) for start, minutes in (*standing, *single))


def _meeting(random: Random) -> tuple[int, int]:
    return random.choice(MEETING_STARTS), random.choice((30, 30, 60, 60, 90))


def _about(random: Random, mean: float) -> int:
    return int(mean) + (random.random() < mean % 1)


def _stretch(day: date, start: int, minutes: int) -> Interval:
    begins = datetime.combine(day, time(), ZoneInfo(ZONE)) + timedelta(minutes=start)
    return Interval(begins.astimezone(UTC), (begins + timedelta(minutes=minutes)).astimezone(UTC))


# --- a company's own people ----------------------------------------------------------------------


def repeated(problem: PlanningProblem, known_weeks: int, weeks: int) -> PlanningProblem:
    """A problem whose window is `known_weeks` whole weeks, with these repeated over so many weeks.

    Clock times repeat, whatever the clocks do meanwhile. Closures of offices repeat as well.
    """
    copies = range(0, weeks + WINDOW_WEEKS, known_weeks)
    shifts = [n * A_WEEK for n in copies]
    return replace(
        problem,
        last_day=problem.first_day + (weeks + WINDOW_WEEKS) * A_WEEK - timedelta(days=1),
        offices=tuple(replace(one, closed=_dates(one.closed, shifts)) for one in problem.offices),
        rooms=tuple(
            replace(one, busy=_again(problem, one.busy, shifts, problem.office_by_id[one.office].timezone))
            for one in problem.rooms
        ),
        people=tuple(
            replace(
                one,
                busy=_again(problem, one.busy, shifts, one.timezone),
                unknown=_again(problem, one.unknown, shifts, one.timezone),
                elsewhere=_again(problem, one.elsewhere, shifts, one.timezone),
                in_office=_dates(one.in_office, shifts),
                avoid=_dates(one.avoid, shifts),
            )
            for one in problem.people
        ),
    )


def _dates(some: Iterable[date], shifts: Iterable[timedelta]) -> frozenset[date]:
    return frozenset(day + shift for shift in shifts for day in some)


def _again(
    problem: PlanningProblem, some: Iterable[Interval], shifts: Iterable[timedelta], zone: str
) -> tuple[Interval, ...]:
    local = ZoneInfo(zone)
    first = datetime.combine(problem.first_day, time(), local).astimezone(UTC)
    last = datetime.combine(problem.last_day + timedelta(days=1), time(), local).astimezone(UTC)
    inside = clip(some, Interval(first, last))
    return merge(
        Interval(start, end)
        for shift in shifts
        for one in inside
        if (start := _later(one.start, shift, local)) < (end := _later(one.end, shift, local))
    )


def _later(instant: datetime, shift: timedelta, zone: ZoneInfo) -> datetime:
    """So much later on the clocks of a zone."""
    return (instant.astimezone(zone) + shift).astimezone(UTC)
