"""What the calendars of people and rooms said, and when: times and kinds, never titles."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, Connection, Table, delete, func, insert, select, true

from connectors.base import Reading, Response
from planner.domain import BusyKind, Interval
from planner.lifecycle import SEATED
from web.records import RosterRecord
from web.store import events, people
from web.store import tables as t


@dataclass(frozen=True, slots=True)
class Owners:
    """Where the readings of some kind of owner are kept."""

    reading: Table
    busy: Table
    key: str  #: the column that names the owner, in both


#: Somebody, or a room: a person's id, or a room's.
Whose = tuple[Owners, int | str]

PEOPLE = Owners(t.reading, t.busy_interval, "person_id")
ROOMS = Owners(t.room_reading, t.room_busy_interval, "room_id")


@dataclass(frozen=True, slots=True)
class CalendarOf:
    """Where the calendar of somebody, or of a room, is; and what its connector wanted to be told again."""

    owners: Owners
    owner: int | str  #: a person's id, or a room's
    address: str  #: with its kind: "ics:PATH_OR_URL"
    timezone: str
    state: str | None

    @property
    def whose(self) -> Whose:
        return self.owners, self.owner


def of_people(
    connection: Connection, person_ids: Collection[int] | None, willing: ColumnElement[bool]
) -> list[CalendarOf]:
    """The calendars to read of those who are `willing` (a condition on `person`); None: of everybody."""
    query = (
        select(t.person.c.id, t.person.c.calendar, t.person.c.timezone, t.reading.c.state)
        .outerjoin(t.reading, t.reading.c.person_id == t.person.c.id)
        .where(t.person.c.calendar.is_not(None), willing)
        .order_by(t.person.c.id)
    )
    if person_ids is not None:
        query = query.where(t.person.c.id.in_(set(person_ids)))
    rows = connection.execute(query)
    return [CalendarOf(PEOPLE, row.id, row.calendar, row.timezone, row.state) for row in rows]


def of_rooms(connection: Connection, room_ids: Collection[str] | None) -> list[CalendarOf]:
    """The same of rooms that have one."""
    r = t.room
    query = (
        select(r.c.id, r.c.calendar, t.office.c.timezone, t.room_reading.c.state)
        .join(t.office, t.office.c.id == r.c.office_id)
        .outerjoin(t.room_reading, t.room_reading.c.room_id == r.c.id)
        .where(r.c.calendar.is_not(None))
        .order_by(r.c.id)
    )
    if room_ids is not None:
        query = query.where(r.c.id.in_(set(room_ids)))
    rows = connection.execute(query)
    return [CalendarOf(ROOMS, row.id, row.calendar, row.timezone, row.state) for row in rows]


@dataclass(frozen=True, slots=True)
class OwnerOf:
    """Somebody with their mail address, or a room, and the calendar that is kept as theirs."""

    owners: Owners
    owner: int | str  #: a person's id, or a room's
    email: str | None
    calendar: str | None  #: with its kind


def owners(connection: Connection) -> list[OwnerOf]:
    """Everybody and every room, with a calendar or without."""
    p, r = t.person.c, t.room.c
    people = connection.execute(select(p.id, p.email, p.calendar).order_by(p.id))
    rooms = connection.execute(select(r.id, r.email, r.calendar).order_by(r.id))
    return [
        *(OwnerOf(PEOPLE, row.id, row.email, row.calendar) for row in people),
        *(OwnerOf(ROOMS, row.id, row.email, row.calendar) for row in rooms),
    ]


def overdue(connection: Connection, since: datetime, willing: ColumnElement[bool]) -> bool:
    """Was any calendar of a room, or of people who are `willing`, last read before that moment, or never?"""
    for owner, owners, readable in ((t.person, PEOPLE, willing), (t.room, ROOMS, true())):
        r = owners.reading.c
        fresh = select(r[owners.key]).where(r.read_at > since)
        unread = select(owner.c.id).where(owner.c.calendar.is_not(None), owner.c.id.not_in(fresh), readable)
        late = unread.limit(1)
        if connection.execute(late).first() is not None:
            return True
    return False


def replace_readings(
    connection: Connection, readings: Sequence[tuple[CalendarOf, Reading]], window: Interval
) -> None:
    """Put new readings in the place of the old ones."""
    for owners in (PEOPLE, ROOMS):
        of = {calendar.owner: said for calendar, said in readings if calendar.owners is owners}
        forget(connection, owners, of)
        if of:
            rows = [_reading_row(owners, owner, said, window) for owner, said in of.items()]
            connection.execute(insert(owners.reading), rows)
        busy = [row for owner, said in of.items() for row in _busy_rows(owners, owner, said)]
        if busy:
            connection.execute(insert(owners.busy), busy)


def marked(
    connection: Connection, calendars: Iterable[CalendarOf], kinds: Collection[BusyKind]
) -> Mapping[Whose, list[Interval]]:
    """What some calendars mark, by the last reading."""
    ids: dict[Owners, list[int | str]] = defaultdict(list)
    for calendar in calendars:
        ids[calendar.owners].append(calendar.owner)
    found: dict[Whose, list[Interval]] = defaultdict(list)
    for owners, some in ids.items():
        b = owners.busy.c
        query = select(b[owners.key], b.start, b.end).where(b[owners.key].in_(some), b.kind.in_(kinds))
        for owner, start, end in connection.execute(query):
            found[owners, owner].append(Interval(start, end))
    return found


def forget(connection: Connection, owners: Owners, ids: Collection[int | str]) -> None:
    """Drop what calendars said; all of these owners' time is unknown until they are read again."""
    for table in (owners.busy, owners.reading):
        connection.execute(delete(table).where(table.c[owners.key].in_(list(ids))))


def own_times(connection: Connection, window: Interval) -> Mapping[Whose, list[Interval]]:
    """By owner, the times at which events of ours stand in their calendar.

    Where an event is and who has not declined it is what the organizer's calendar said. A session without
    one (mails invite to it, or it is not written yet) stands where it was agreed.
    """
    times: dict[Whose, list[Interval]] = defaultdict(list)
    seen = events.seen_within(connection, window)
    for event in seen:
        if event.seen is None:
            continue
        when = Interval(*event.seen.when)
        for person, answer in event.seen.people.items():
            if answer is not Response.DECLINED:
                times[PEOPLE, person].append(when)
        if event.seen.room_id is not None and event.seen.room is not Response.DECLINED:
            times[ROOMS, event.seen.room_id].append(when)
    for owner, when in _agreed(connection, window, besides={event.session_id for event in seen}):
        times[owner].append(when)
    return times


def _agreed(
    connection: Connection, window: Interval, besides: Collection[str]
) -> Iterable[tuple[Whose, Interval]]:
    """Agreed sessions without some, as times of their senior, juniors and room."""
    s, seat = t.session, t.seat
    near = (s.c.start >= window.start - timedelta(days=1)) & (s.c.start < window.end)
    when: dict[str, Interval] = {}
    for row in connection.execute(select(s).where(s.c.state == "agreed", near, s.c.id.not_in(besides))):
        when[row.id] = Interval(row.start, row.start + timedelta(minutes=row.minutes))
        yield (PEOPLE, row.senior_id), when[row.id]
        if row.room_id is not None:
            yield (ROOMS, row.room_id), when[row.id]
    seated = select(seat).where(seat.c.session_id.in_(list(when)), seat.c.state.in_(SEATED))
    for row in connection.execute(seated):
        yield (PEOPLE, row.person_id), when[row.session_id]


def _reading_row(owners: Owners, owner: int | str, said: Reading, window: Interval) -> dict[str, object]:
    in_office = {"in_office": [day.isoformat() for day in said.in_office]} if owners is PEOPLE else {}
    return {
        owners.key: owner,
        "read_at": said.read_at,
        "window_start": window.start,
        "window_end": window.end,
        "reason": said.reason,
        "warnings": list(said.warnings),
        "state": said.state,
        **in_office,
    }


def _busy_rows(owners: Owners, owner: int | str, said: Reading) -> Iterable[dict[str, object]]:
    for busy in said.busy:
        yield {owners.key: owner, "start": busy.start, "end": busy.end, "kind": busy.kind.value}
    for unknown in said.unknown:
        yield {owners.key: owner, "start": unknown.start, "end": unknown.end, "kind": "unknown"}


def roster(connection: Connection, programme_id: int) -> list[RosterRecord]:
    """Everybody in a programme, with the age and the errors of their calendar's last reading."""
    p, r = t.person, t.reading
    members = people.members(connection, programme_id=programme_id)
    rows = connection.execute(
        select(p.c.id, p.c.calendar, r.c.read_at, r.c.reason, r.c.warnings)
        .outerjoin(r, r.c.person_id == p.c.id)
        .where(p.c.id.in_([m.person.id for m in members]))
    )
    read = {row.id: row for row in rows}
    offices = _office_names(connection, read.keys())
    return [
        RosterRecord(
            person=m.person,
            roles=tuple(sorted(m.roles)),
            offices=tuple(offices.get(m.person.id, ())),
            calendar=(read[m.person.id].calendar or "").partition(":")[0] or None,
            read_at=read[m.person.id].read_at,
            reason=read[m.person.id].reason,
            warnings=len(read[m.person.id].warnings or ()),
        )
        for m in members
    ]


def _office_names(connection: Connection, ids: Collection[int]) -> Mapping[int, list[str]]:
    o, link = t.office, t.person_office
    rows = connection.execute(
        select(link.c.person_id, o.c.name)
        .join(o, o.c.id == link.c.office_id)
        .where(link.c.person_id.in_(ids))
        .order_by(o.c.name)
    )
    found: dict[int, list[str]] = {}
    for row in rows:
        found.setdefault(row.person_id, []).append(row.name)
    return found


@dataclass(frozen=True, slots=True)
class ReadingOf:
    """What is kept of one person's calendar."""

    kind: str | None  #: None: no calendar is known
    address: str | None  #: without the kind
    read_at: datetime | None
    reason: str | None
    until: datetime | None
    times: int
    days_in_office: tuple[date, ...]


def reading_of(connection: Connection, person_id: int) -> ReadingOf:
    p, r, b = t.person.c, t.reading.c, t.busy_interval.c
    row = connection.execute(
        select(p.calendar, r.read_at, r.reason, r.window_end, r.in_office)
        .outerjoin(t.reading, r.person_id == p.id)
        .where(p.id == person_id)
    ).one()
    times = connection.execute(
        select(func.count()).where(b.person_id == person_id, b.kind != "unknown")
    ).scalar_one()
    kind, _, address = (row.calendar or "").partition(":")
    return ReadingOf(
        kind or None,
        address or None,
        row.read_at,
        row.reason,
        row.window_end,
        times,
        tuple(date.fromisoformat(day) for day in row.in_office or ()),
    )


def unread(connection: Connection) -> dict[str, str]:
    """Names of the people and rooms whose calendar could not be read, in full or in part, and why."""
    found: dict[str, str] = {}
    for owner, owners in ((t.person, PEOPLE), (t.room, ROOMS)):
        query = (
            select(owner.c.name, owners.reading.c.reason)
            .join(owners.reading, owners.reading.c[owners.key] == owner.c.id)
            .where(owners.reading.c.reason.is_not(None), owner.c.calendar.is_not(None))
            .order_by(owner.c.name)
        )
        found |= {row.name: row.reason for row in connection.execute(query)}
    return found
