"""What is worth a look: how calendars were read, what mail waits, who may sign in as an admin."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, func, or_, select

from web.store import tables as t
from web.store.tables import AnyRow


@dataclass
class CalendarsOfKind:
    """The calendars of one system, as they were last read."""

    count: int = 0
    never_read: int = 0
    oldest: datetime | None = None
    newest: datetime | None = None
    reasons: Counter[str] = field(default_factory=Counter)  #: why something is unknown -> how many


def calendars_of_people(connection: Connection, willing: ColumnElement[bool]) -> dict[str, CalendarsOfKind]:
    """By kind, of those who may be read; under "" the people who have no calendar, admins apart."""
    p, r, m = t.person.c, t.reading.c, t.membership.c
    planned = select(m.person_id).where(m.role != "admin")
    return _by_kind(
        connection.execute(
            select(p.calendar, r.read_at, r.reason)
            .outerjoin(t.reading, r.person_id == p.id)
            .where(p.id.in_(planned), or_(p.calendar.is_(None), willing))
        )
    )


def calendars_of_rooms(connection: Connection) -> dict[str, CalendarsOfKind]:
    """By kind, of the rooms that have one."""
    o, r = t.room.c, t.room_reading.c
    return _by_kind(
        connection.execute(
            select(o.calendar, r.read_at, r.reason)
            .outerjoin(t.room_reading, r.room_id == o.id)
            .where(o.calendar.is_not(None))
        )
    )


def _by_kind(rows: Iterable[AnyRow]) -> dict[str, CalendarsOfKind]:
    found: dict[str, CalendarsOfKind] = {}
    for row in rows:
        kind = found.setdefault((row.calendar or "").partition(":")[0], CalendarsOfKind())
        kind.count += 1
        kind.never_read += row.read_at is None
        if row.read_at is not None:
            kind.oldest = min(kind.oldest or row.read_at, row.read_at)
            kind.newest = max(kind.newest or row.read_at, row.read_at)
        if row.reason:
            kind.reasons[row.reason] += 1
    return found


def mails(connection: Connection) -> dict[str, int]:
    """How many mails are in which state."""
    o = t.outbox.c
    return {
        row.state: row.many
        for row in connection.execute(select(o.state, func.count().label("many")).group_by(o.state))
    }


def events(connection: Connection) -> tuple[int, Counter[str]]:
    """How many events of the organizer's calendar wait without a problem, and the problems of the others."""
    e = t.calendar_event.c
    unwritten = select(e.problem).where(e.written_version < e.wanted_version)
    problems = Counter(connection.execute(unwritten).scalars())
    return problems.pop(None, 0), problems


def roles(connection: Connection) -> dict[str, int]:
    m = t.membership.c
    return {
        row.role: row.many
        for row in connection.execute(select(m.role, func.count().label("many")).group_by(m.role))
    }
