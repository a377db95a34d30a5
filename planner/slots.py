"""Turn calendars into candidate slots: every start at which a session could stand.

All of it is array work on one axis of whole minutes. Intervals are half-open; an instant that is
not on a whole minute is rounded outwards when it bars something, which changes nothing for
sessions, as these start and end on whole minutes.

What is settled here is all that one calendar, one room or one session says alone, with what was
agreed before (`planner.diary`) counted. What two chosen sessions do to each other is for the
model (`planner.model`) and the greedy packer (`planner.greedy`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from planner.diary import Diaries, Engagement, open_to
from planner.domain import (
    MINUTES_A_DAY,
    DayHours,
    Interval,
    Person,
    PlanningProblem,
    Session,
    WeekHours,
)

Minutes = NDArray[np.int64]  #: minutes since the axis' origin, or date ordinals
Mask = NDArray[np.bool_]

_MARGIN_DAYS = 2  #: a date anywhere on Earth begins at most 14 hours from UTC's


class MinuteAxis:
    """Whole minutes since a UTC midnight before the window, and each zone's local clock over it."""

    def __init__(self, problem: PlanningProblem) -> None:
        instants = [s.fixed.start for s in problem.sessions if s.fixed is not None]
        first = min([problem.first_day, *(at.date() for at in instants)])
        last = max([problem.last_day, *(at.date() for at in instants)])
        self._first = max(first, date(1, 1, 4)) - timedelta(days=_MARGIN_DAYS)
        self._days = (last - self._first).days + 2 * _MARGIN_DAYS
        self.origin = datetime(self._first.year, self._first.month, self._first.day, tzinfo=UTC)
        self._shifts: dict[str, tuple[Minutes, Minutes]] = {}

    def floor(self, instant: datetime) -> int:
        """The minute an instant lies in."""
        return (instant - self.origin) // timedelta(minutes=1)

    def ceil(self, instant: datetime) -> int:
        return -((self.origin - instant) // timedelta(minutes=1))

    def instant(self, minute: int) -> datetime:
        return self.origin + timedelta(minutes=int(minute))

    def bars(self, intervals: Iterable[Interval]) -> tuple[Minutes, Minutes]:
        """Starts and ends of the merged intervals, sorted, rounded outwards."""
        rows = sorted((self.floor(each.start), self.ceil(each.end)) for each in intervals)
        merged: list[list[int]] = []
        for start, end in rows:
            if merged and start <= merged[-1][1]:
                merged[-1][1] = max(merged[-1][1], end)
            else:
                merged.append([start, end])
        table = np.array(merged, dtype=np.int64).reshape(-1, 2)
        return table[:, 0].copy(), table[:, 1].copy()

    def local(self, zone: str, minutes: Minutes) -> Minutes:
        """Local clock of `minutes`, in minutes since the origin's date began on that clock.

        Instants are turned into clock times, never back: so a clock time that does not exist never
        comes up, and one that exists twice comes up as two instants.
        """
        since, offset = self._shifts_of(zone)
        return np.asarray(minutes + offset[np.searchsorted(since, minutes, side="right") - 1])

    def dates(self, local: Minutes) -> Minutes:
        """Ordinals (`date.toordinal`) of the dates that local minutes lie in."""
        return np.asarray(local // MINUTES_A_DAY + self._first.toordinal())

    def date_in(self, zone: str, minute: int) -> int:
        return int(self.dates(self.local(zone, np.array([minute])))[0])

    def minutes_of_dates(self, first: int, last: int) -> Minutes:
        """Every minute that may lie in these dates (ordinals, both included) in some zone."""
        low = (first - self._first.toordinal() - 1) * MINUTES_A_DAY
        return np.arange(max(0, low), (last - self._first.toordinal() + 2) * MINUTES_A_DAY)

    def _shifts_of(self, zone: str) -> tuple[Minutes, Minutes]:
        """When a zone's offset changes (minutes), and the offsets from then on (minutes)."""
        if zone not in self._shifts:
            rows = [(-(10**9), self._offset(zone, 0))]
            for day in range(self._days):
                low, high = day * MINUTES_A_DAY, (day + 1) * MINUTES_A_DAY
                if self._offset(zone, high) != rows[-1][1]:
                    rows.append((self._change(zone, low, high), self._offset(zone, high)))
            table = np.array(rows, dtype=np.int64)
            self._shifts[zone] = (table[:, 0], table[:, 1])
        return self._shifts[zone]

    def _change(self, zone: str, low: int, high: int) -> int:
        """The first minute in (low, high] with the offset of `high`."""
        new = self._offset(zone, high)
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if self._offset(zone, middle) == new else (middle, high)
        return high

    def _offset(self, zone: str, minute: int) -> int:
        offset = self.instant(minute).astimezone(ZoneInfo(zone)).utcoffset()
        return (offset or timedelta()) // timedelta(minutes=1)


@dataclass(frozen=True, eq=False)
class SessionSlots:
    """Where one session may stand: n starts, J candidates who may still join, R rooms.

    A session agreed before has its one start, whatever it breaks now, and its own room; its
    candidates are those who may join it.
    """

    session: Session
    minutes: int
    starts: Minutes  #: [n] minutes on the axis, ascending
    dates: Minutes  #: [n] ordinals of the session's date, the same for everybody
    juniors: tuple[str, ...]  #: [J] required ones first
    free: Mask  #: [J, n]
    rooms: tuple[str, ...]  #: [R]
    room_free: Mask  #: [R, n]
    agreed: tuple[str, ...] = ()  #: juniors who were agreed with the session
    before: int | None = None  #: its start in the plan before, where it could stand again
    stays: bool = False  #: it has to be placed: it stands where it stood in the plan before

    @property
    def fixed(self) -> bool:
        return self.session.fixed is not None

    @property
    def in_person(self) -> bool:
        return self.session.office is not None

    @cached_property
    def fewest(self) -> int:
        """Fewest candidates to add to those agreed."""
        return 0 if self.fixed else self.session.seats[0]

    @cached_property
    def most(self) -> int:
        """Most candidates to add to those agreed."""
        return max(0, self.session.most_juniors - len(self.agreed))

    def only(self, keep: Mask) -> SessionSlots:
        """The same with a choice of its starts."""
        return replace(
            self,
            starts=self.starts[keep],
            dates=self.dates[keep],
            free=self.free[:, keep],
            room_free=self.room_free[:, keep],
        )


class Calendars:
    """Who and what is free when: the arrays behind candidate slots, each made once."""

    def __init__(self, problem: PlanningProblem, axis: MinuteAxis) -> None:
        self.problem = problem
        self.axis = axis
        self._barred: dict[str, tuple[Minutes, Minutes]] = {}
        self._away: dict[str, tuple[Minutes, Minutes]] = {}
        self._room_barred: dict[str, tuple[Minutes, Minutes]] = {}
        self._frames: dict[object, tuple[Minutes, Minutes]] = {}
        self._within: dict[object, Mask] = {}

    def barred(self, person: Person) -> tuple[Minutes, Minutes]:
        """Merged busy and unknown time."""
        if person.id not in self._barred:
            self._barred[person.id] = self.axis.bars([*person.busy, *person.unknown])
        return self._barred[person.id]

    def away(self, person: Person) -> tuple[Minutes, Minutes]:
        if person.id not in self._away:
            self._away[person.id] = self.axis.bars(person.elsewhere)
        return self._away[person.id]

    def room_barred(self, room: str) -> tuple[Minutes, Minutes]:
        if room not in self._room_barred:
            self._room_barred[room] = self.axis.bars(self.problem.room_by_id[room].busy)
        return self._room_barred[room]

    def frame(self, session: Session) -> tuple[object, Minutes, Minutes]:
        """Key, starts and dates that rule 3 and the office's hours allow (rule 6)."""
        zone = self.problem.zone_of(session)
        first = max(self.problem.first_day, session.first_day)
        last = min(self.problem.last_day, session.last_day)
        key = (zone, first, last, session.between, session.minutes, session.office)
        if key not in self._frames:
            self._frames[key] = self._make_frame(session, zone, first.toordinal(), last.toordinal())
        return key, *self._frames[key]

    def _make_frame(self, session: Session, zone: str, first: int, last: int) -> tuple[Minutes, Minutes]:
        minutes = self.axis.minutes_of_dates(first, last)
        local = self.axis.local(zone, minutes)
        dates = self.axis.dates(local)
        keep = (local % 60 % self.problem.grid_minutes == 0) & (dates >= first) & (dates <= last)
        minutes, dates = minutes[keep], dates[keep]
        keep = self._inside(zone, minutes, session.minutes, WeekHours((session.between,) * 7))
        if session.office is not None:
            office = self.problem.office_by_id[session.office]
            keep &= self._inside(zone, minutes, session.minutes, office.open)
            keep &= ~np.isin(dates, _ordinals(office.closed))
        return minutes[keep], dates[keep]

    def _inside(self, zone: str, starts: Minutes, length: int, hours: WeekHours) -> Mask:
        """Do both ends lie inside that local date's hours?"""
        begin = self.axis.local(zone, starts)
        end = self.axis.local(zone, starts + length)
        weekday = (self.axis.dates(begin) + 6) % 7  # ordinal 1 was a Monday
        opens, closes = (np.array(each)[weekday] for each in zip(*map(_bounds, hours.days), strict=True))
        midnight = begin - begin % MINUTES_A_DAY
        return np.asarray((begin - midnight >= opens) & (end - midnight <= closes) & (end >= midnight))

    def within_hours(self, key: object, person: Person, starts: Minutes, length: int) -> Mask:
        signature = (key, person.timezone, person.hours)
        if signature not in self._within:
            self._within[signature] = self._inside(person.timezone, starts, length, person.hours)
        return self._within[signature]

    def person_free(
        self, person: Person, session: Session, key: object, starts: Minutes, dates: Minutes
    ) -> Mask:
        """Rules 4 and 6 for one person, nothing else being planned. `key` names `starts` for the cache."""
        free = self.within_hours(key, person, starts, session.minutes).copy()
        free &= ~hits(self.barred(person), starts, starts + session.minutes)
        if session.office is not None:
            if session.office not in person.offices:
                return np.zeros(len(starts), dtype=np.bool_)
            if person.elsewhere:
                free &= ~hits(self.away(person), starts, starts + session.minutes)
            if person.avoid:
                free &= ~np.isin(dates, _ordinals(person.avoid))
        return free


def hits(bars: tuple[Minutes, Minutes], starts: Minutes, ends: Minutes) -> Mask:
    """Which of [start, end) overlap one of the sorted, disjoint bars?"""
    low, high = bars
    if not len(low):
        return np.zeros(len(starts), dtype=np.bool_)
    before = np.searchsorted(low, ends, side="left")
    return np.asarray((before > 0) & (high[np.maximum(before, 1) - 1] > starts))


def _bounds(hours: DayHours | None) -> tuple[int, int]:
    return (MINUTES_A_DAY + 1, -1) if hours is None else (hours.opens, hours.closes)


def _ordinals(days: Iterable[date]) -> Minutes:
    return np.array(sorted(day.toordinal() for day in days), dtype=np.int64)


class CandidateSlots:
    """Slots of every session of a problem, and the diaries of what was agreed before."""

    def __init__(self, problem: PlanningProblem) -> None:
        self.problem = problem
        self.axis = MinuteAxis(problem)
        self.calendars = Calendars(problem, self.axis)
        self.diaries = Diaries(problem, self.calendars.barred)
        self._dates: dict[tuple[str, int], int] = {}
        for session in problem.sessions:
            if session.fixed is not None:
                self.diaries.enter(self.agreed(session))
        self.of = {session.id: self._slots(session) for session in problem.sessions}

    def may_come_in_for(self, who: str) -> Set[str]:
        """Sessions in an office that a plan may choose for this person."""
        return self._in_person_of.get(who, frozenset())

    @cached_property
    def _in_person_of(self) -> Mapping[str, Set[str]]:
        chosen: dict[str, set[str]] = {}
        for key, slots in self.of.items():
            crowd = slots.juniors if slots.fixed else (slots.session.senior, *slots.juniors)
            for who in crowd if slots.in_person else ():
                chosen.setdefault(who, set()).add(key)
        return chosen

    def agreed(self, session: Session) -> list[Engagement]:
        """What a fixed session puts into the diaries of its people and its room."""
        if session.fixed is None:
            raise ValueError(f"{session.id} was not agreed")
        start, room = self.axis.floor(session.fixed.start), session.fixed.room
        end = self.axis.ceil(session.fixed.start + timedelta(minutes=session.minutes))
        return self.engagements(session, start, end, room, session.fixed.juniors, held=True)

    def engagements(
        self,
        session: Session,
        start: int,
        end: int,
        room: str | None,
        juniors: Iterable[str],
        *,
        held: bool = False,
    ) -> list[Engagement]:
        """One entry for the senior and each junior of a session that starts at minute `start`."""
        crowd = dict.fromkeys([session.senior, *juniors])
        return [self.engagement(session, who, start, end, room, held=held) for who in crowd]

    def engagement(
        self, session: Session, who: str, start: int, end: int, room: str | None, *, held: bool = False
    ) -> Engagement:
        """One person's part in a session that starts at minute `start`."""
        zone = self.problem.zone_of(session)
        return Engagement(
            session, who, start, end, self._date(zone, start), self.own_date(who, start), room, held
        )

    def _date(self, zone: str, minute: int) -> int:
        key = (zone, minute)
        if key not in self._dates:
            self._dates[key] = self.axis.date_in(zone, minute)
        return self._dates[key]

    def own_date(self, who: str, start: int) -> int:
        return self._date(self.problem.person_by_id[who].timezone, start)

    def own_dates(self, who: str, slots: SessionSlots) -> Minutes:
        """The dates of a session's starts on this person's own clock."""
        zone = self.problem.person_by_id[who].timezone
        if zone == self.problem.zone_of(slots.session):
            return slots.dates
        return self.axis.dates(self.axis.local(zone, slots.starts))

    def _slots(self, session: Session) -> SessionSlots:
        return self._fixed_slots(session) if session.fixed is not None else self._free_slots(session)

    def _free_slots(self, session: Session) -> SessionSlots:
        key, starts, dates = self.calendars.frame(session)
        people = self.problem.person_by_id
        free = self._person_free(people[session.senior], session, key, starts, dates)
        starts, dates, key = starts[free], dates[free], (key, session.senior, session.kind.is_lunch)
        required = [who for who in session.juniors if who in session.required]
        juniors = tuple(
            who
            for who in dict.fromkeys([*required, *session.juniors])
            if who != session.senior and self._has_turns_left(who)
        )
        if not set(session.required) <= set(juniors):
            starts, dates, key = starts[:0], dates[:0], (key, "none")
        ready = self._stack(
            [self._person_free(people[who], session, key, starts, dates) for who in juniors], len(starts)
        )
        rooms = self._rooms(session)
        room_free = self._stack([self._room_free(room, session, starts) for room in rooms], len(starts))
        slots = SessionSlots(session, session.minutes, starts, dates, juniors, ready, rooms, room_free)
        return slots.only(self._possible(slots, len(required)))

    def _person_free(
        self, person: Person, session: Session, key: object, starts: Minutes, dates: Minutes
    ) -> Mask:
        """Free for it with everything counted that was agreed before."""
        free = self.calendars.person_free(person, session, key, starts, dates)
        diary = self.diaries.of(person.id)
        tight = person.max_minutes_per_day < session.minutes or not person.max_office_days_per_week
        if (diary or tight) and free.any():
            own = self.axis.dates(self.axis.local(person.timezone, starts))
            free &= open_to(person, session, diary, starts, dates, own)
        return free

    def _has_turns_left(self, who: str) -> bool:
        most = self.problem.person_by_id[who].max_sessions
        return most is None or self.diaries.turns(who) < most

    def _possible(self, slots: SessionSlots, required: int) -> Mask:
        """Starts at which the required and enough others are free, and a room."""
        session = slots.session
        possible = slots.free[:required].all(axis=0) & (slots.free.sum(axis=0) >= session.seats[0])
        possible &= max(required, session.seats[0]) <= session.most_juniors
        if session.room_use is not None:
            possible &= slots.room_free.any(axis=0)
        return np.asarray(possible)

    def _rooms(self, session: Session) -> tuple[str, ...]:
        """Rooms that could hold the smallest group this session may have."""
        if session.room_use is None:
            return ()
        people = self.problem.person_by_id
        sure = [session.senior, *session.required]
        needs = frozenset[str]().union(*(people[who].room_needs for who in sure))
        smallest = 1 + max(session.seats[0], len(session.required)) + session.open_seats
        return tuple(
            room.id
            for room in self.problem.rooms
            if room.office == session.office
            and session.room_use in room.uses
            and room.capacity >= smallest
            and needs <= room.features
        )

    def _room_free(self, room: str, session: Session, starts: Minutes) -> Mask:
        ends = starts + session.minutes
        smallest = 1 + max(session.seats[0], len(session.required)) + session.open_seats
        free = ~hits(self.calendars.room_barred(room), starts, ends)
        return np.asarray(free & self.diaries.room_open(room, starts, ends, smallest))

    def _fixed_slots(self, session: Session) -> SessionSlots:
        """One start, and the candidates who may join without breaking a rule."""
        entry = self.agreed(session)[0]
        starts, dates = np.array([entry.start]), np.array([entry.date])
        whole = replace(session, minutes=entry.end - entry.start)
        key = ("fixed", session.id)
        agreed = {each.person for each in self.agreed(session)}
        juniors = tuple(
            who
            for who in dict.fromkeys(session.juniors)
            if who not in agreed
            and self._has_turns_left(who)
            and self._room_admits(who, session)
            and self._person_free(self.problem.person_by_id[who], whole, key, starts, dates)[0]
        )
        if not self._room_takes_joiners(session, entry):
            juniors = ()
        rooms = () if entry.room is None or session.room_use is None else (entry.room,)
        return SessionSlots(
            session,
            entry.end - entry.start,
            starts,
            dates,
            juniors,
            np.ones((len(juniors), 1), dtype=np.bool_),
            rooms,
            np.ones((len(rooms), 1), dtype=np.bool_),
            tuple(who for who in agreed if who != session.senior),
        )

    def _room_admits(self, who: str, session: Session) -> bool:
        """Has the agreed room what a joiner needs?"""
        if session.room_use is None or session.fixed is None or session.fixed.room is None:
            return True
        needs = self.problem.person_by_id[who].room_needs
        return needs <= self.problem.room_by_id[session.fixed.room].features

    def _room_takes_joiners(self, session: Session, entry: Engagement) -> bool:
        """May one more come in? Not where agreed sessions are in each other's way already."""
        if session.room_use is None or entry.room is None:
            return True
        return self.diaries.room_admits_one_more(entry)

    def _stack(self, rows: list[Mask], width: int) -> Mask:
        return np.array(rows, dtype=np.bool_).reshape(len(rows), width)
