"""What calendars said, and when: times and kinds, never titles."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert, select

from connectors.base import Reading
from planner.domain import BusyKind, Interval
from planner.intervals import subtract
from web.records import RosterRecord
from web.store import events, people
from web.store import tables as t

#: As what an event of ours appears in somebody's free/busy.
_MAY_BE_OURS = frozenset({BusyKind.BUSY, BusyKind.TENTATIVE})


@dataclass(frozen=True, slots=True)
class CalendarOf:
    """Where somebody's calendar is, and what its connector wanted to be told again."""

    person_id: int
    address: str  #: with its kind: "ics:PATH_OR_URL"
    timezone: str
    state: str | None


def calendars_of(connection: Connection, person_ids: Collection[int] | None) -> list[CalendarOf]:
    """The calendars to read; None: everybody's."""
    query = (
        select(t.person.c.id, t.person.c.calendar, t.person.c.timezone, t.reading.c.state)
        .outerjoin(t.reading, t.reading.c.person_id == t.person.c.id)
        .where(t.person.c.calendar.is_not(None))
        .order_by(t.person.c.id)
    )
    if person_ids is not None:
        query = query.where(t.person.c.id.in_(set(person_ids)))
    return [CalendarOf(row.id, row.calendar, row.timezone, row.state) for row in connection.execute(query)]


def replace_readings(
    connection: Connection, readings: Sequence[tuple[int, Reading]], window: Interval
) -> None:
    """Put new readings in the place of the old ones, without the time that events of ours take."""
    ids = [person_id for person_id, _ in readings]
    ours = _ours(connection, ids, window)
    connection.execute(delete(t.busy_interval).where(t.busy_interval.c.person_id.in_(ids)))
    connection.execute(delete(t.reading).where(t.reading.c.person_id.in_(ids)))
    if readings:
        connection.execute(insert(t.reading), [_reading_row(who, said, window) for who, said in readings])
    rows = [row for who, said in readings for row in _busy_rows(who, said, ours.get(who, ()))]
    if rows:
        connection.execute(insert(t.busy_interval), rows)


def _reading_row(person_id: int, said: Reading, window: Interval) -> dict[str, object]:
    return {
        "person_id": person_id,
        "read_at": said.read_at,
        "window_start": window.start,
        "window_end": window.end,
        "reason": said.reason,
        "warnings": list(said.warnings),
        "state": said.state,
    }


def _ours(
    connection: Connection, person_ids: Collection[int], window: Interval
) -> Mapping[int, Sequence[Interval]]:
    """By person, the times at which it is an event of ours, and nothing known before, that makes them busy.

    Free/busy does not say whose event it is. What was theirs when ours came stays theirs.
    """
    b = t.busy_interval
    before: dict[int, list[Interval]] = defaultdict(list)
    for row in connection.execute(select(b).where(b.c.person_id.in_(person_ids), b.c.kind.in_(_MAY_BE_OURS))):
        before[row.person_id].append(Interval(row.start, row.end))
    times = events.own_times(connection, window)
    return {who: subtract(times[who], before[who]) for who in times.keys() & set(person_ids)}


def _busy_rows(person_id: int, said: Reading, ours: Sequence[Interval]) -> Iterable[dict[str, object]]:
    for busy in said.busy:
        for left in subtract([busy.interval], ours if busy.kind in _MAY_BE_OURS else ()):
            yield {"person_id": person_id, "start": left.start, "end": left.end, "kind": busy.kind.value}
    for unknown in said.unknown:
        yield {"person_id": person_id, "start": unknown.start, "end": unknown.end, "kind": "unknown"}


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


def unread(connection: Connection) -> dict[str, str]:
    """Names of those whose calendar could not be read, in full or in part, and why."""
    query = (
        select(t.person.c.name, t.reading.c.reason)
        .join(t.reading, t.reading.c.person_id == t.person.c.id)
        .where(t.reading.c.reason.is_not(None))
        .order_by(t.person.c.name)
    )
    return {row.name: row.reason for row in connection.execute(query)}
