"""Rows that pictures are drawn of, each kind by one statement over a stretch of time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Connection, and_, false, func, select, union

from planner.domain import Interval
from planner.intervals import subtract
from planner.lifecycle import SEATED
from web.store import tables as t
from web.store.attendance import Outcome
from web.store.hours import WEEKDAYS, times_on
from web.store.programmes import pause

_DAY = timedelta(days=1)


@lru_cache(maxsize=65536)
def local_day(start: datetime, zone: str) -> date:
    """The date on a clock. Sessions begin at few different moments, so most of them are looked up."""
    return start.astimezone(ZoneInfo(zone)).date()


def _stands() -> ColumnElement[bool]:
    """Agreed, and nobody has said that it did not happen."""
    s = t.session.c
    return and_(s.state == "agreed", func.coalesce(s.outcome, "") != Outcome.FELL_THROUGH)


def _around(start: datetime, end: datetime) -> list[ColumnElement[bool]]:
    s = t.session.c
    return [_stands(), s.start >= start, s.start < end]


def began(connection: Connection, programme_id: int) -> date | None:
    """The day of a programme's first agreed session, in UTC; None: it has had none."""
    s = t.session.c
    first: datetime | None = connection.execute(
        select(func.min(s.start)).where(s.programme_id == programme_id, s.state == "agreed")
    ).scalar_one()
    return first.date() if first else None


# --- office days ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AtOffice:
    """A session in person, and what simpler ways would have made of it."""

    senior_id: int
    day: date
    trip: date | None  #: that day; None: its senior was in anyway
    compared: bool  #: both simpler ways found a place for it
    unplaced: bool  #: the first free slot found none
    first_free: date | None  #: the trip that would have taken, if any
    greedy: date | None


def at_office(connection: Connection, programme_id: int, start: datetime, end: datetime) -> list[AtOffice]:
    s, o = t.session.c, t.office.c
    first_free, greedy = t.simpler_day.alias(), t.simpler_day.alias()
    rows = connection.execute(
        select(
            s.senior_id,
            s.start,
            o.timezone,
            func.coalesce(t.proposal.c.in_anyway, false()).label("in_anyway"),
            first_free.c.placed.label("first_free_placed"),
            first_free.c.day.label("first_free"),
            greedy.c.placed.label("greedy_placed"),
            greedy.c.day.label("greedy"),
        )
        .join(t.office, o.id == s.office_id)
        .outerjoin(t.proposal, t.proposal.c.id == s.proposal_id)
        .outerjoin(first_free, and_(first_free.c.session_id == s.id, first_free.c.way == "first_free"))
        .outerjoin(greedy, and_(greedy.c.session_id == s.id, greedy.c.way == "greedy"))
        .where(s.programme_id == programme_id, *_around(start, end))
    )
    return [
        AtOffice(
            row.senior_id,
            day := local_day(row.start, row.timezone),
            trip=None if row.in_anyway else day,
            compared=bool(row.first_free_placed and row.greedy_placed),
            unplaced=row.first_free_placed is False,
            first_free=row.first_free,
            greedy=row.greedy,
        )
        for row in rows
    ]


@dataclass(frozen=True, slots=True)
class TakingPart:
    """When a senior takes part, and where they work."""

    joined: date
    left: date | None  #: the first day they are no longer there
    paused: tuple[date, date] | None  #: both days included
    office_id: str | None
    in_anyway: frozenset[int]  #: weekdays on which they say today that they are in anyway; Monday: 0


def seniors(connection: Connection, programme_id: int) -> list[TakingPart]:
    """Seniors of a programme, and who has been one of its seniors and left."""
    p, m, s, at = t.participation.c, t.membership.c, t.session.c, t.person_office.c
    were = select(s.senior_id).where(s.programme_id == programme_id, s.state == "agreed")
    are = select(m.person_id).where(m.programme_id == programme_id, m.role == "senior")
    office = select(func.min(at.office_id)).where(at.person_id == p.person_id).scalar_subquery()
    rows = connection.execute(
        select(
            p.joined,
            p.left,
            p.paused_from,
            p.paused_until,
            office.label("office_id"),
            t.person.c.days_in_anyway,
        )
        .join(t.person, t.person.c.id == p.person_id)
        .where(p.programme_id == programme_id, p.person_id.in_(union(were, are)))
    )
    return [
        TakingPart(
            row.joined,
            row.left,
            pause(row),
            row.office_id,
            frozenset(map(WEEKDAYS.index, row.days_in_anyway)),
        )
        for row in rows
    ]


def closed_days(connection: Connection, first: date, last: date) -> Mapping[str, set[date]]:
    """By office the days on which it is closed."""
    c = t.office_closure.c
    found: dict[str, set[date]] = defaultdict(set)
    rows = connection.execute(
        select(c.office_id, c.day).where(c.day.between(first, last), c.open_anyway.is_(False))
    )
    for row in rows:
        found[row.office_id].add(row.day)
    return found


# --- rooms ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Office:
    id: str
    name: str
    timezone: str
    hours: Mapping[str, list[str]]


def offices(connection: Connection) -> list[Office]:
    """Offices that have rooms, by name."""
    o = t.office.c
    rooms = select(t.room.c.id).where(t.room.c.office_id == o.id)
    rows = connection.execute(
        select(o.id, o.name, o.timezone, o.hours).where(rooms.exists()).order_by(o.name, o.id)
    )
    return [Office(row.id, row.name, row.timezone, row.hours) for row in rows]


@dataclass(frozen=True, slots=True)
class RoomTime:
    """When a room could be used in a stretch of time, and when sessions are in it."""

    name: str
    open: tuple[Interval, ...]
    taken: tuple[Interval, ...]


def room_times(connection: Connection, office: Office, first: date, last: date) -> list[RoomTime]:
    """The rooms of an office from one day to another, both included, by name; of all programmes."""
    shut = closed_days(connection, first, last).get(office.id, set())
    hours = [
        each
        for each in times_on(office.hours, office.timezone, first, last)
        if local_day(each.start, office.timezone) not in shut
    ]
    rooms = connection.execute(
        select(t.room.c.id, t.room.c.name)
        .where(t.room.c.office_id == office.id)
        .order_by(t.room.c.name, t.room.c.id)
    ).all()
    if not hours:
        return [RoomTime(room.name, (), ()) for room in rooms]
    closures = _closures(connection, office.id, hours[0].start, hours[-1].end)
    taken = _taken(connection, office.id, hours[0].start, hours[-1].end)
    return [RoomTime(room.name, subtract(hours, closures[room.id]), tuple(taken[room.id])) for room in rooms]


def _closures(
    connection: Connection, office_id: str, start: datetime, end: datetime
) -> Mapping[str, list[Interval]]:
    c, r = t.room_closure.c, t.room.c
    found: dict[str, list[Interval]] = defaultdict(list)
    rows = connection.execute(
        select(c.room_id, c.start, c.end)
        .join(t.room, r.id == c.room_id)
        .where(r.office_id == office_id, c.start < end, c.end > start)
    )
    for row in rows:
        found[row.room_id].append(Interval(row.start, row.end))
    return found


def _taken(
    connection: Connection, office_id: str, start: datetime, end: datetime
) -> Mapping[str, list[Interval]]:
    s, r = t.session.c, t.room.c
    found: dict[str, list[Interval]] = defaultdict(list)
    rows = connection.execute(
        select(s.room_id, s.start, s.minutes)
        .join(t.room, r.id == s.room_id)
        .where(r.office_id == office_id, *_around(start - _DAY, end))
    )
    for row in rows:
        found[row.room_id].append(Interval(row.start, row.start + timedelta(minutes=row.minutes)))
    return found


# --- people at the office ------------------------------------------------------------------------


def headcount(
    connection: Connection, programme_id: int, start: datetime, end: datetime
) -> Mapping[tuple[str, date], int]:
    """By name of the office and day, how many people agreed sessions bring there; everybody counts once."""
    s, o, seat = t.session.c, t.office.c, t.seat.c
    where = [s.programme_id == programme_id, *_around(start, end)]
    senior = select(o.name, o.timezone, s.start, s.senior_id.label("who")).join(t.office, o.id == s.office_id)
    junior = (
        select(o.name, o.timezone, s.start, seat.person_id.label("who"))
        .join(t.office, o.id == s.office_id)
        .join(t.seat, seat.session_id == s.id)
        .where(seat.state.in_(SEATED))
    )
    found: dict[tuple[str, date], set[int]] = defaultdict(set)
    for row in connection.execute(union(senior.where(*where), junior.where(*where))):
        found[row.name, local_day(row.start, row.timezone)].add(row.who)
    return {key: len(who) for key, who in found.items()}
