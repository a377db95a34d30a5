"""Why one session has no place: the first thing, in a fixed order, that leaves no start for it.

Calendars come before rooms and both before what other sessions take, so that a reason names the
plan only where no calendar is to blame. `planner.explain` puts it into words.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum, auto
from functools import cached_property
from typing import Any

import numpy as np

from planner.domain import Placement, Session
from planner.openings import CALENDAR, Bar, Bars, Frame, RoomBar, Standing, lowest_heads
from planner.slots import Mask

#: Starts of one date that are tried with everything counted before the date is given up.
MOST_TRIED_A_DAY = 4

NO_BAR = Bar(0)


class Cause(Enum):
    """What leaves no start, in the order of asking."""

    NO_DAY = auto()  #: its days and those of the window have none in common
    CLOSED = auto()  #: its hours, or its office's, are too short
    SEATS = auto()  #: fewer candidates or seats than are needed
    NO_ROOM = auto()  #: no room is large enough, or has what its people need
    SENIOR_CALENDAR = auto()
    PEOPLE_CALENDAR = auto()
    ROOM_BUSY = auto()
    SENIOR_TAKEN = auto()  #: by the senior's other sessions and limits
    PEOPLE_TAKEN = auto()
    ROOM_TAKEN = auto()
    TRIP = auto()  #: too few sessions for the trip, or no time to travel
    NOTHING = auto()  #: it would fit


@dataclass(frozen=True)
class Help:
    """The smallest change that would place it: one person's bar gone, or (person None) one more room."""

    person: str | None
    bar: Bar
    days: tuple[date, ...]
    example: Placement
    sessions: tuple[str, ...] = ()  #: that person's sessions that are in the way


@dataclass(frozen=True)
class Blockage:
    """What stands in the way of a session, and what would help."""

    session: Session
    cause: Cause
    people: tuple[str, ...] = ()  #: whose bars they are, where it can be told
    bar: Bar = NO_BAR  #: all that bars them where the rest would fit
    days_barred: Mapping[Bar, int] | None = None  #: for a senior's calendar: days by what bars them
    most_free: int = 0  #: most candidates that are free together when all before them is
    sessions: tuple[str, ...] = ()  #: those that take the time or the room
    fits: Placement | None = None  #: where it would fit
    help: Help | None = None
    unread: tuple[str, ...] = ()  #: for a calendar cause: of whose time nothing is known at any of its starts


def must_attend(session: Session) -> tuple[str, ...]:
    """The juniors that a session cannot do without: all, where as many are needed as are invited."""
    everybody = session.seats[0] >= len(session.juniors)
    return tuple(junior for junior in session.juniors if everybody or junior in session.required)


def blockage_of(
    standing: Standing,
    placements: Iterable[Placement],
    session: Session,
    day: date | None = None,
    *,
    start: datetime | None = None,
) -> Blockage:
    """Find what keeps a session that does not stand out of a plan, on any day, on one or at one start.

    Args:
        standing: calendars and the plan's sessions, without this one.
        placements: the same sessions, for telling which of them take a room.
        day: the only date that is asked about; whether it alone is worth the senior's trip is not asked
            then, because others may come beside it.
        start: the only start that is asked about; the trip counts then.
    """
    return _Search(standing, tuple(placements), session, day, start).blockage()


class _Search:
    """The starts of one session under one layer of rules after the other."""

    def __init__(
        self,
        standing: Standing,
        placements: Sequence[Placement],
        session: Session,
        day: date | None,
        start: datetime | None,
    ) -> None:
        self.standing = standing
        self.placements = placements
        self.session = session
        self.frame: Frame = standing.frame(session)
        self.day = day
        self.wanted = np.ones(len(self.frame.starts), dtype=np.bool_)
        if day is not None:
            self.wanted = self.frame.dates == day.toordinal()
        if start is not None:
            minute = standing.axis.floor(start)
            self.wanted = (self.frame.starts == minute) & (standing.axis.instant(minute) == start)
        self.required = must_attend(session)
        optional = [junior for junior in session.juniors if junior not in self.required]
        self.candidates = [*self.required, *optional]

    def blockage(self) -> Blockage:
        return self._of_the_session() or self._of_calendars() or self._of_the_plan() or self._of_the_trip()

    # ---- what bars whom

    @cached_property
    def senior(self) -> Bars:
        return self.standing.bars(self.session.senior, self.frame)

    @cached_property
    def juniors(self) -> Bars:
        """[candidate, start]"""
        rows = [self.standing.bars(junior, self.frame) for junior in self.candidates]
        return np.array(rows, dtype=np.int64).reshape(len(rows), len(self.frame.starts))

    @cached_property
    def rooms(self) -> tuple[str, ...]:
        """Rooms that hold the smallest group and have what the senior and the required need."""
        people = self.standing.problem.person_by_id
        sure = (self.session.senior, *self.required)
        needs = frozenset[str]().union(*(people[who].room_needs for who in sure))
        rooms = [self.standing.problem.room_by_id[id_] for id_ in self.standing.rooms_for(self.session)]
        heads = lowest_heads(self.session)
        return tuple(room.id for room in rooms if room.capacity >= heads and needs <= room.features)

    @cached_property
    def room_bars(self) -> Bars:
        """[room, start]; one room that is always free where none is needed."""
        if self.session.room_use is None:
            return np.zeros((1, len(self.frame.starts)), dtype=np.int64)
        heads = lowest_heads(self.session)
        rows = [self.standing.room_bars(room, self.frame, heads) for room in self.rooms]
        return np.array(rows, dtype=np.int64).reshape(len(rows), len(self.frame.starts))

    def _enough(self, free: Mask) -> Mask:
        needed = free[: len(self.required)].all(axis=0) & (free.sum(axis=0) >= self.session.seats[0])
        return np.asarray(needed)

    # ---- layers

    def _of_the_session(self) -> Blockage | None:
        session, problem = self.session, self.standing.problem
        first, last = max(problem.first_day, session.first_day), min(problem.last_day, session.last_day)
        if first > last or (self.day is not None and not first <= self.day <= last):
            return Blockage(session, Cause.NO_DAY)
        if not self.wanted.any():
            return Blockage(session, Cause.CLOSED)
        needed = max(session.seats[0], len(self.required))
        if needed > min(len(self.candidates), session.most_juniors):
            return Blockage(session, Cause.SEATS)
        if session.room_use is not None and not self.rooms:
            return Blockage(session, Cause.NO_ROOM)
        return None

    def _of_calendars(self) -> Blockage | None:
        senior = self.wanted & (self.senior & CALENDAR == 0)
        if not senior.any():
            return self._blocked(
                Cause.SENIOR_CALENDAR,
                people=(self.session.senior,),
                bar=_union(self.senior[self.wanted] & CALENDAR),
                days_barred=self._days_barred(),
            )
        free = self.juniors & CALENDAR == 0
        people = senior & self._enough(free)
        if not people.any():
            return self._people_blocked(Cause.PEOPLE_CALENDAR, senior, free)
        if not (people & (self.room_bars & RoomBar.BUSY == 0).any(axis=0)).any():
            return self._blocked(Cause.ROOM_BUSY)
        return None

    def _of_the_plan(self) -> Blockage | None:
        calendars = self.wanted & (self.senior & CALENDAR == 0) & self._enough(self.juniors & CALENDAR == 0)
        calendars &= (self.room_bars & RoomBar.BUSY == 0).any(axis=0)
        senior = calendars & (self.senior == 0)
        if not senior.any():
            who = (self.session.senior,)
            bar, sessions = _telling(self.senior[calendars]), self._sessions_of(who, calendars)
            return self._blocked(Cause.SENIOR_TAKEN, people=who, bar=bar, sessions=sessions)
        people = senior & self._enough(self.juniors == 0)
        if not people.any():
            return self._people_blocked(Cause.PEOPLE_TAKEN, senior, self.juniors == 0)
        if not (people & (self.room_bars == 0).any(axis=0)).any():
            return self._blocked(Cause.ROOM_TAKEN, sessions=self._sessions_in_rooms(people))
        return None

    def _of_the_trip(self) -> Blockage:
        """Travel and worth-the-trip depend on everything else, so they are tried start by start."""
        left = self.wanted & (self.senior == 0) & self._enough(self.juniors == 0)
        left &= (self.room_bars == 0).any(axis=0)
        blamed: Counter[str] = Counter()
        for index in np.flatnonzero(left):
            placement = self._attempt(int(index), self.juniors[:, index] == 0)
            if placement is not None:
                return Blockage(self.session, Cause.NOTHING, fits=placement)
            ready = [
                who for who, bars in zip(self.candidates, self.juniors[:, index], strict=True) if not bars
            ]
            people = (self.session.senior, *ready)
            blamed.update(who for who in people if not self._can_come(who, int(index)))
        if not blamed:  # everybody could come, and no room that is free has what they need
            return self._blocked(Cause.NO_ROOM)
        at_fault = (self.session.senior,) if self.session.senior in blamed else tuple(blamed)
        return Blockage(self.session, Cause.TRIP, people=at_fault)

    # ---- who and what it is

    def _blocked(self, cause: Cause, **found: Any) -> Blockage:
        unread = self._unread() if cause in (Cause.SENIOR_CALENDAR, Cause.PEOPLE_CALENDAR) else ()
        return Blockage(self.session, cause, help=self._help(), unread=unread, **found)

    def _unread(self) -> tuple[str, ...]:
        people = (self.session.senior, *self.candidates)
        unknown = np.vstack([self.senior, self.juniors])[:, self.wanted] & Bar.UNKNOWN != 0
        return tuple(who for who, always in zip(people, unknown.all(axis=1), strict=True) if always)

    def _people_blocked(self, cause: Cause, before: Mask, free: Mask) -> Blockage:
        """Name the required ones who are never there; else count how many are free together."""
        count = len(self.required)
        absent = [who for who, row in zip(self.required, free[:count], strict=True) if not row[before].any()]
        if not absent and not (before & free[:count].all(axis=0)).any():
            absent = list(self.required)  # each is there at times, and never all of them
        rows = [self.candidates.index(who) for who in absent] or range(len(self.candidates))
        bar = _telling(
            self.juniors[list(rows)][:, before] & (CALENDAR if cause is Cause.PEOPLE_CALENDAR else ~CALENDAR)
        )
        people = tuple(absent)
        return self._blocked(
            cause,
            people=people,
            bar=bar,
            most_free=int(free[:, before].sum(axis=0).max(initial=0)),
            sessions=self._sessions_of(people, before) if cause is Cause.PEOPLE_TAKEN else (),
        )

    def _days_barred(self) -> Mapping[Bar, int]:
        """Dates by what bars the senior's calendar: what holds for every start of a date, else busy."""
        days: Counter[Bar] = Counter()
        for day in np.unique(self.frame.dates[self.wanted]):
            rows = self.senior[self.wanted & (self.frame.dates == day)] & CALENDAR
            always, ever = Bar(int(np.bitwise_and.reduce(rows))), _union(rows)
            order = (Bar.OFFICE, Bar.AVOIDED, Bar.ELSEWHERE, Bar.HOURS, Bar.BUSY, Bar.UNKNOWN)
            certain = [bar for bar in order if bar in always]
            mixed = [bar for bar in (Bar.BUSY, Bar.UNKNOWN, Bar.ELSEWHERE, Bar.HOURS) if bar in ever]
            days[(certain or mixed)[0]] += 1
        return days

    def _sessions_of(self, people: Iterable[str], starts: Mask) -> tuple[str, ...]:
        """Sessions of these people that overlap some of the starts, the most frequent first."""
        begin, end = self.frame.starts[starts], self.frame.ends[starts]
        taken: Counter[str] = Counter()
        for who in people:
            pause = self.standing.problem.person_by_id[who].break_minutes
            for each in self.standing.diaries.of(who):
                count = int(((begin < each.end + pause) & (each.start < end + pause)).sum())
                if count:
                    taken[each.session.id] += count
        return tuple(session for session, _ in taken.most_common())

    def _sessions_in_rooms(self, starts: Mask) -> tuple[str, ...]:
        begin, end = self.frame.starts[starts], self.frame.ends[starts]
        taken: Counter[str] = Counter()
        for placement in self.placements:
            if placement.room in self.rooms:
                low = self.standing.axis.floor(placement.start)
                high = low + self.standing.problem.session_by_id[placement.session].minutes
                taken[placement.session] += int(((begin < high) & (low < end)).sum())
        return tuple(session for session, count in taken.most_common() if count)

    # ---- what would help

    def _help(self) -> Help | None:
        """One bar less that would place it; the way that does so at most starts."""
        free = self.juniors == 0
        missing = np.maximum(
            self.session.seats[0] - free.sum(axis=0), (~free[: len(self.required)]).sum(axis=0)
        ).clip(min=0)
        no_room = ~(self.room_bars == 0).any(axis=0)
        lacking = (self.senior != 0).astype(np.int64) + missing + no_room
        near = self.wanted & (lacking == 1)
        ways: dict[tuple[str | None, Bar], list[int]] = {}
        for index in np.flatnonzero(near):
            for who, bar in self._ways_at(int(index), bool(no_room[index])):
                ways.setdefault((who, bar), []).append(int(index))
        ranked = sorted(ways.items(), key=lambda way: (way[0][1] not in CALENDAR, -len(way[1])))
        helps = (self._holding(who, bar, starts) for (who, bar), starts in ranked)
        return next((found for found in helps if found is not None), None)

    def _ways_at(self, index: int, no_room: bool) -> list[tuple[str | None, Bar]]:
        """Whose single bar is the only one at a start."""
        if no_room:
            return [(None, NO_BAR)]
        if self.senior[index]:
            ways = [(self.session.senior, int(self.senior[index]))]
        else:
            barred = [
                (who, int(bars))
                for who, bars in zip(self.candidates, self.juniors[:, index], strict=True)
                if bars
            ]
            ways = [way for way in barred if way[0] in self.required] or barred
        return [(who, Bar(bars)) for who, bars in ways if bars.bit_count() == 1]

    def _holding(self, who: str | None, bar: Bar, starts: Sequence[int]) -> Help | None:
        """The days on which the change holds with travel and worth-the-trip counted, too."""
        days: dict[date, Placement] = {}
        tried: Counter[date] = Counter()
        for index in starts:
            day = date.fromordinal(int(self.frame.dates[index]))
            tried[day] += 1
            if day in days or tried[day] > MOST_TRIED_A_DAY:
                continue
            free = self.juniors[:, index] == 0
            if who is not None and who != self.session.senior:
                free[self.candidates.index(who)] = True
            excused = None if bar in CALENDAR else who  # with an hour free, their sessions still count
            placement = self._attempt(index, free, excused=excused, any_room=who is None)
            if placement is not None:
                days[day] = placement
        if not days:
            return None
        at = np.zeros(len(self.frame.starts), dtype=np.bool_)
        at[list(starts)] = True
        sessions = self._sessions_of([who], at) if who is not None and bar is Bar.SESSION else ()
        return Help(who, bar, tuple(days), next(iter(days.values())), sessions)

    def _attempt(
        self, index: int, free: Mask, *, excused: str | None = None, any_room: bool = False
    ) -> Placement | None:
        """Place it at a start with every rule counted; `excused`: this person's sessions are not asked."""
        if self.session.senior != excused and not self._can_come(self.session.senior, index):
            return None
        ready = [
            who
            for who, can in zip(self.candidates, free, strict=True)
            if can and (who == excused or self._can_come(who, index))
        ]
        start = int(self.frame.starts[index])
        return self._seated(start, index, ready, any_room=any_room)

    def _seated(self, start: int, index: int, ready: Sequence[str], *, any_room: bool) -> Placement | None:
        people, fewest = self.standing.problem.person_by_id, self.session.seats[0]
        rooms: tuple[str | None, ...] = self.rooms if self.session.room_use is not None else (None,)
        for row, room in enumerate(rooms):
            crowd = list(ready)
            if room is not None and not any_room:
                features = self.standing.problem.room_by_id[room].features
                seats = 0 if self.room_bars[row, index] else self.standing.seats_in(room, self.session, start)
                crowd = [who for who in ready if people[who].room_needs <= features][:seats]
            crowd = crowd[: self.session.most_juniors]
            if len(crowd) >= fewest and self.session.required <= set(crowd):
                return Placement(self.session.id, self.standing.axis.instant(start), room, tuple(crowd))
        return None

    def _can_come(self, who: str, index: int) -> bool:
        start = int(self.frame.starts[index])
        return self.standing.fits(who, self.session, start) and self._worth(who, index)

    def _worth(self, who: str, index: int) -> bool:
        if self.day is not None and who == self.session.senior:
            return True
        return self.standing.worth_the_trip(who, self.session, int(self.frame.starts[index]))


def _union(bars: Bars) -> Bar:
    return Bar(int(np.bitwise_or.reduce(bars, axis=None)))


def _telling(bars: Bars) -> Bar:
    """What bars every start if anything does, else all that bars some."""
    return Bar(int(np.bitwise_and.reduce(bars, axis=None))) or _union(bars)
