"""Rooms: what they hold, and what is agreed in them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update

from planner.domain import RoomUse
from planner.lifecycle import SEATED, TAKEN
from web.records import ClosureRecord, RoomRecord
from web.store import tables as t
from web.store.tables import AnyRow


@dataclass(frozen=True, slots=True)
class Occupation:
    """One agreed session in a room, with everybody inside: the senior, and who is offered a seat."""

    session_id: str
    start: datetime
    end: datetime
    people: int
    use: str | None

    def overlaps(self, start: datetime, end: datetime) -> bool:
        return self.start < end and start < self.end


def row_of(connection: Connection, room_id: str) -> AnyRow | None:
    return connection.execute(select(t.room).where(t.room.c.id == room_id)).one_or_none()


def occupations(connection: Connection, room_id: str, now: datetime) -> list[Occupation]:
    """What is agreed in a room and not over yet, in order of time."""
    return by_room(connection, [room_id], now).get(room_id, [])


def fullest(occupied: Sequence[Occupation]) -> int:
    """Most people inside at once. The count can only rise where a session starts."""
    return max((inside(occupied, each.start) for each in occupied), default=0)


def inside(occupied: Sequence[Occupation], at: datetime) -> int:
    return sum(each.people for each in occupied if each.start <= at < each.end)


def over(occupied: Sequence[Occupation], capacity: int) -> list[str]:
    """Sessions that are on while more people are inside than the capacity."""
    crowded = [each.start for each in occupied if inside(occupied, each.start) > capacity]
    return [each.session_id for each in occupied if any(each.start <= at < each.end for at in crowded)]


def records(connection: Connection, now: datetime, room_id: str | None = None) -> list[RoomRecord]:
    r = t.room
    query = (
        select(
            r,
            t.office.c.name.label("office"),
            t.office.c.timezone,
            t.room_reading.c.read_at,
            t.room_reading.c.reason,
        )
        .join(t.office, t.office.c.id == r.c.office_id)
        .outerjoin(t.room_reading, t.room_reading.c.room_id == r.c.id)
        .order_by(t.office.c.name, r.c.name, r.c.id)
    )
    if room_id is not None:
        query = query.where(r.c.id == room_id)
    rows = connection.execute(query).all()
    ids = [row.id for row in rows]
    occupied = by_room(connection, ids, now)
    closures = _closures(connection, ids, now)
    return [_record(row, occupied.get(row.id, []), closures.get(row.id, ())) for row in rows]


def _record(row: AnyRow, occupied: list[Occupation], closures: Sequence[ClosureRecord]) -> RoomRecord:
    return RoomRecord(
        id=row.id,
        name=row.name,
        office_id=row.office_id,
        office=row.office,
        timezone=row.timezone,
        capacity=row.capacity,
        uses=frozenset(RoomUse(use) for use in row.uses),
        shared=row.shared,
        features=frozenset(row.features),
        fullest=fullest(occupied),
        hours_agreed=sum((each.end - each.start).total_seconds() for each in occupied) / 3600,
        closures=tuple(closures),
        calendar=(row.calendar or "").partition(":")[0] or None,
        read_at=row.read_at,
        reason=row.reason,
    )


def change(connection: Connection, room_id: str, **values: Any) -> None:
    connection.execute(update(t.room).where(t.room.c.id == room_id).values(**values))


def closed_during(
    connection: Connection, room_ids: Collection[str], start: datetime, end: datetime
) -> set[str]:
    """Which rooms have a closure that touches the time, or a calendar that does not say they are free."""
    found: set[str] = set()
    for table in (t.room_closure, t.room_busy_interval):
        c = table.c
        rows = connection.execute(
            select(c.room_id).where(c.room_id.in_(room_ids), c.start < end, c.end > start)
        )
        found |= set(rows.scalars())
    r, read = t.room, t.room_reading
    told = select(read.c.room_id).where(read.c.window_start <= start, read.c.window_end >= end)
    untold = select(r.c.id).where(r.c.id.in_(room_ids), r.c.calendar.is_not(None), r.c.id.not_in(told))
    return found | set(connection.execute(untold).scalars())


def features_needed(connection: Connection, session_ids: Collection[str]) -> Mapping[str, frozenset[str]]:
    """Per session, the features that somebody in it needs, the senior included."""
    seat, s, p = t.seat, t.session, t.person
    juniors = (
        select(seat.c.session_id, p.c.room_needs)
        .join(p, p.c.id == seat.c.person_id)
        .where(seat.c.session_id.in_(session_ids), seat.c.state.in_(SEATED))
    )
    seniors = select(s.c.id, p.c.room_needs).join(p, p.c.id == s.c.senior_id).where(s.c.id.in_(session_ids))
    found: dict[str, frozenset[str]] = {}
    for session_id, needs in [*connection.execute(juniors), *connection.execute(seniors)]:
        found[session_id] = found.get(session_id, frozenset()) | frozenset(needs)
    return found


def by_room(
    connection: Connection, room_ids: Collection[str], now: datetime
) -> Mapping[str, list[Occupation]]:
    """What is agreed in each of some rooms and not over yet, in order of time."""
    s, seat = t.session, t.seat
    seated = (
        select(func.count())
        .where(seat.c.session_id == s.c.id, seat.c.state.in_(TAKEN))
        .correlate(s)
        .scalar_subquery()
    )
    rows = connection.execute(
        select(s.c.id, s.c.room_id, s.c.start, s.c.minutes, s.c.room_use, seated.label("seated"))
        .where(s.c.state == "agreed", s.c.room_id.in_(room_ids), s.c.start > now - timedelta(days=1))
        .order_by(s.c.start, s.c.id)
    )
    found: dict[str, list[Occupation]] = {}
    for row in rows:
        end = row.start + timedelta(minutes=row.minutes)
        if end > now:
            each = Occupation(row.id, row.start, end, 1 + row.seated, row.room_use)
            found.setdefault(row.room_id, []).append(each)
    return found


def _closures(
    connection: Connection, room_ids: Collection[str], now: datetime
) -> Mapping[str, list[ClosureRecord]]:
    c = t.room_closure
    rows = connection.execute(
        select(c).where(c.c.room_id.in_(room_ids), c.c.end > now).order_by(c.c.start, c.c.id)
    )
    found: dict[str, list[ClosureRecord]] = {}
    for row in rows:
        found.setdefault(row.room_id, []).append(ClosureRecord(row.id, row.start, row.end, row.reason))
    return found


def names(connection: Connection) -> dict[str, str]:
    return {row.id: row.name for row in connection.execute(select(t.room.c.id, t.room.c.name))}


def office_names(connection: Connection) -> dict[str, str]:
    return {row.id: row.name for row in connection.execute(select(t.office.c.id, t.office.c.name))}


def add_closure(connection: Connection, room_id: str, start: datetime, end: datetime, reason: str) -> None:
    closure = insert(t.room_closure).values(room_id=room_id, start=start, end=end, reason=reason)
    connection.execute(closure)


def remove_closure(connection: Connection, room_id: str, closure_id: int) -> bool:
    """False: the room has none of that number."""
    c = t.room_closure.c
    gone = connection.execute(delete(t.room_closure).where(c.id == closure_id, c.room_id == room_id))
    return gone.rowcount == 1


def wanted_by(connection: Connection, session_id: str) -> AnyRow:
    """What an agreed session asks of a room: `room_id` now, `room_use`, `seats_held`, `office_id`."""
    s = t.session
    query = select(s.c.room_id, s.c.room_use, s.c.seats_held, s.c.office_id).where(s.c.id == session_id)
    return connection.execute(query).one()
