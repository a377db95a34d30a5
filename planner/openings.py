"""What stands in the way of one session: start by start, person by person, room by room.

`Standing` knows everybody's calendar and the sessions of a plan. It tells the reasons apart that
`planner.slots` adds up, for whoever explains a plan or changes one day of it. Minutes on the axis
and date ordinals as in `planner.slots`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import IntFlag

import numpy as np
from numpy.typing import NDArray

from planner.diary import Engagement, closed_dates, full_weeks_dates, minutes_left
from planner.domain import Person, Placement, PlanningProblem, Session
from planner.slots import CandidateSlots, Minutes, hits

DAYS_A_WEEK = 7

Bars = NDArray[np.int64]  #: one `Bar` a start


class Bar(IntFlag):
    """What keeps a person from a session at a start."""

    HOURS = 1
    BUSY = 2
    UNKNOWN = 4
    ELSEWHERE = 8
    AVOIDED = 16
    OFFICE = 32  #: does not work there
    SESSION = 64  #: another session of theirs, or the break around it
    LUNCH = 128
    MINUTES = 256
    OTHER_OFFICE = 512
    WEEK = 1024  #: has all the office days of that week
    TURNS = 2048  #: has all the sessions they may attend as a junior
    AGREED = 4096  #: what was agreed on that date breaks a rule already, so nothing may be added


#: What a person's own calendar and wishes say, whatever the plan; the rest comes from other sessions.
CALENDAR = Bar.HOURS | Bar.BUSY | Bar.UNKNOWN | Bar.ELSEWHERE | Bar.AVOIDED | Bar.OFFICE


class RoomBar(IntFlag):
    """What keeps a session out of a room at a start."""

    BUSY = 1
    TAKEN = 2  #: by other sessions, as far as seats go where it is shared


@dataclass(frozen=True, eq=False)
class Frame:
    """The starts that a session's own days and hours, and its office's, leave."""

    session: Session
    key: object  #: names the starts for the caches of `planner.slots`
    starts: Minutes
    dates: Minutes

    @property
    def ends(self) -> Minutes:
        return np.asarray(self.starts + self.session.minutes)


class Standing:
    """Everybody's calendar, and the sessions that stand: those agreed before, and those entered."""

    def __init__(self, problem: PlanningProblem, placements: Iterable[Placement] = ()) -> None:
        self.problem = problem
        agreed = tuple(session for session in problem.sessions if session.fixed is not None)
        self._slots = CandidateSlots(replace(problem, sessions=agreed))
        self.axis = self._slots.axis
        self.calendars = self._slots.calendars
        self.diaries = self._slots.diaries
        for placement in placements:
            self.enter(placement)

    def parts(self, placement: Placement) -> list[Engagement]:
        """What a placement adds to the diaries, besides what was agreed before."""
        session = self.problem.session_by_id[placement.session]
        agreed = {session.senior, *session.fixed.juniors} if session.fixed else set()
        start = self.axis.floor(placement.start)
        end = self.axis.ceil(placement.interval(session.minutes).end)
        return [
            self._slots.engagement(session, who, start, end, placement.room)
            for who in (session.senior, *placement.juniors)
            if who not in agreed
        ]

    def enter(self, placement: Placement) -> None:
        self.diaries.enter(self.parts(placement))

    def strike(self, placement: Placement) -> None:
        """Take back a placement that was entered."""
        session = placement.session
        for who in (self.problem.session_by_id[session].senior, *placement.juniors):
            mine = [each for each in self.diaries.of(who) if each.session.id == session and not each.held]
            self.diaries.strike(mine)

    def part(self, session: Session, who: str, start: int) -> Engagement:
        """One person's part in a session that is thought of at a start; its room is left open."""
        return self._slots.engagement(session, who, start, start + session.minutes, None)

    def frame(self, session: Session) -> Frame:
        key, starts, dates = self.calendars.frame(session)
        return Frame(session, key, starts, dates)

    # ---- people

    def bars(self, who: str, frame: Frame) -> Bars:
        """What bars a person at each start; worth-the-trip and travel are for `can_attend`."""
        return self.calendar_bars(who, frame) | self.plan_bars(who, frame)

    def calendar_bars(self, who: str, frame: Frame) -> Bars:
        person, session = self.problem.person_by_id[who], frame.session
        starts, ends = frame.starts, frame.ends
        bars = np.zeros(len(starts), dtype=np.int64)
        within = self.calendars.within_hours(frame.key, person, starts, session.minutes)
        bars[~within] |= Bar.HOURS
        barred = hits(self.calendars.barred(person), starts, ends)
        if person.unknown:
            unknown = hits(self.axis.bars(person.unknown), starts, ends)
            bars[unknown] |= Bar.UNKNOWN
            barred &= hits(self.axis.bars(person.busy), starts, ends)
        bars[barred] |= Bar.BUSY
        if session.office is not None:
            self._add_office_bars(bars, person, frame, session.office)
        return bars

    def _add_office_bars(self, bars: Bars, person: Person, frame: Frame, office: str) -> None:
        if office not in person.offices:
            bars |= Bar.OFFICE
        if person.elsewhere:
            bars[hits(self.calendars.away(person), frame.starts, frame.ends)] |= Bar.ELSEWHERE
        if person.avoid:
            bars[np.isin(frame.dates, [day.toordinal() for day in person.avoid])] |= Bar.AVOIDED

    def plan_bars(self, who: str, frame: Frame) -> Bars:
        person, session = self.problem.person_by_id[who], frame.session
        bars = np.zeros(len(frame.starts), dtype=np.int64)
        if who != session.senior and person.max_sessions is not None:
            bars[:] = Bar.TURNS if self.diaries.turns(who) >= person.max_sessions else 0
        if session.minutes > person.max_minutes_per_day:
            bars |= Bar.MINUTES
        if session.office is not None and person.max_office_days_per_week < DAYS_A_WEEK:
            full = full_weeks_dates(person, self.diaries.of(who), frame.dates)
            bars[np.isin(frame.dates, list(full))] |= Bar.WEEK
        if self.diaries.of(who):
            self._add_diary_bars(bars, person, frame)
        return bars

    def _add_diary_bars(self, bars: Bars, person: Person, frame: Frame) -> None:
        session, starts, dates = frame.session, frame.starts, frame.dates
        diary = self.diaries.of(person.id)
        own_dates = self.axis.dates(self.axis.local(person.timezone, starts))
        pause = person.break_minutes
        for each in diary:
            bars[(starts < each.end + pause) & (each.start < frame.ends + pause)] |= Bar.SESSION
            if session.kind.is_lunch and each.session.kind.is_lunch:
                bars[dates == each.date] |= Bar.LUNCH
            if session.office is not None and each.in_person and each.session.office != session.office:
                bars[dates == each.date] |= Bar.OTHER_OFFICE
        bars[minutes_left(person, diary, own_dates) < session.minutes] |= Bar.MINUTES
        closed = list(closed_dates(person, diary))
        if closed:
            bars[np.isin(dates, closed) | np.isin(own_dates, closed)] |= Bar.AGREED

    def fits(self, who: str, session: Session, start: int) -> bool:
        """Every rule between this person's sessions, travel included, worth-the-trip not."""
        return self.diaries.fits(self.part(session, who, start))

    def worth_the_trip(self, who: str, session: Session, start: int, beside: int = 0) -> bool:
        """Would its date be worth the trip with this session and `beside` more of theirs?"""
        part = self.part(session, who, start)
        return not part.in_person or self.diaries.worth_the_trip(who, part.date, more=1 + beside)

    # ---- rooms

    def rooms_for(self, session: Session) -> tuple[str, ...]:
        """Rooms of its office and use, whatever their size and features."""
        return tuple(
            room.id
            for room in self.problem.rooms
            if session.room_use is not None
            and room.office == session.office
            and session.room_use in room.uses
        )

    def room_bars(self, room: str, frame: Frame, heads: int) -> Bars:
        """What bars so many people (open seats included) from a room that is large enough."""
        bars = np.zeros(len(frame.starts), dtype=np.int64)
        bars[hits(self.calendars.room_barred(room), frame.starts, frame.ends)] |= RoomBar.BUSY
        bars[~self.diaries.room_open(room, frame.starts, frame.ends, heads)] |= RoomBar.TAKEN
        return bars

    def seats_in(self, room: str, session: Session, start: int) -> int:
        """Juniors who find a seat in a room at a start, beside the senior and the seats kept open."""
        place, end = self.problem.room_by_id[room], start + session.minutes
        if hits(self.calendars.room_barred(room), np.array([start]), np.array([end]))[0]:
            return 0
        inside = self.diaries.occupancies(room)
        beside = [each for each in inside if each.start < end and start < each.end]
        if beside and not place.shared:
            return 0
        moments = [start, *(each.start for each in beside if each.start > start)]
        fullest = max(sum(each.heads for each in beside if each.start <= at < each.end) for at in moments)
        left = place.capacity - 1 - session.open_seats - fullest
        return max(0, min(left, session.most_juniors))


def lowest_heads(session: Session) -> int:
    """People in the room when as few as possible attend; seats kept open count."""
    return 1 + max(session.seats[0], len(session.required)) + session.open_seats
