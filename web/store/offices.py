"""Offices, and the days on which they are closed: by rule (public holidays), or because an admin said so.

Whether an office is closed on a day is decided here (`CLOSED_DAY`), for planning and for pages alike.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, exists, func, insert, or_, select, update

from planner.lifecycle import ProposalState
from web.records import ClosedDayRecord, OfficeRecord
from web.store import tables as t
from web.store.tables import AnyRow

_CLOSURE = t.office_closure

#: The days on which an office is closed; a holiday on which it is open anyway is none of them.
CLOSED_DAY = select(_CLOSURE).where(~_CLOSURE.c.open_anyway).subquery("closed_day")


def closed_days(connection: Connection, first: date, last: date) -> Mapping[str, frozenset[date]]:
    """By office."""
    c = CLOSED_DAY.c
    found: dict[str, set[date]] = defaultdict(set)
    for row in connection.execute(select(c.office_id, c.day).where(c.day.between(first, last))):
        found[row.office_id].add(row.day)
    return {office_id: frozenset(days) for office_id, days in found.items()}


def closed_on(connection: Connection, days: Collection[date]) -> Mapping[tuple[str, date], str]:
    """Why each office that is closed on one of these days is, by office and day."""
    c = CLOSED_DAY.c
    rows = connection.execute(select(c.office_id, c.day, c.reason).where(c.day.in_(days)))
    return {(row.office_id, row.day): row.reason for row in rows}


def days_agreed(connection: Connection, now: datetime) -> set[tuple[int, date]]:
    """The days, by senior and date, of which something agreed and still to come is in an office that is
    closed then."""
    s, p, c = t.session.c, t.proposal.c, CLOSED_DAY.c
    rows = connection.execute(
        select(p.senior_id, p.day)
        .distinct()
        .join(t.session, s.proposal_id == p.id)
        .join(CLOSED_DAY, (c.office_id == s.office_id) & (c.day == p.day))
        .where(s.state == "agreed", s.start > now)
    )
    return {(row.senior_id, row.day) for row in rows}


def waiting_on(connection: Connection, office_id: str, days: Collection[date]) -> int:
    """How many days are proposed there, in any programme, and wait for their senior's answer."""
    p = t.proposal.c
    there = p.office_id == office_id, p.day.in_(days), p.state == ProposalState.PROPOSED
    return int(connection.execute(select(func.count(p.id)).where(*there)).scalar_one())


def records(
    connection: Connection, first: date, last: date, office_id: str | None = None
) -> list[OfficeRecord]:
    """By name, each with its closures and holidays from `first` to `last`."""
    o, r = t.office, t.room
    rooms = select(func.count()).where(r.c.office_id == o.c.id).correlate(o).scalar_subquery()
    query = select(o, rooms.label("rooms")).order_by(o.c.name, o.c.id)
    marked = select(_CLOSURE).where(_CLOSURE.c.day.between(first, last)).order_by(_CLOSURE.c.day)
    if office_id is not None:
        query, marked = query.where(o.c.id == office_id), marked.where(_CLOSURE.c.office_id == office_id)
    days: dict[str, list[ClosedDayRecord]] = defaultdict(list)
    for row in connection.execute(marked):
        days[row.office_id].append(ClosedDayRecord(row.day, row.reason, row.holiday, row.open_anyway))
    return [_record(row, days[row.id]) for row in connection.execute(query)]


def _record(row: AnyRow, days: list[ClosedDayRecord]) -> OfficeRecord:
    return OfficeRecord(
        id=row.id,
        name=row.name,
        timezone=row.timezone,
        hours={day: (both[0], both[1]) for day, both in row.hours.items()},
        holidays=row.holidays,
        rooms=row.rooms,
        days=tuple(days),
    )


def row_of(connection: Connection, office_id: str) -> AnyRow | None:
    return connection.execute(select(t.office).where(t.office.c.id == office_id)).one_or_none()


def is_used(connection: Connection, office_id: str) -> bool:
    """Does somebody work there, is there a room, or was anything ever planned there?"""
    s = t.session.c
    columns = t.room.c.office_id, t.person_office.c.office_id, s.office_id, s.office_before
    used = [exists().where(each == office_id) for each in (*columns, t.proposal.c.office_id)]
    return bool(connection.execute(select(or_(*used))).scalar())


def drop(connection: Connection, office_id: str) -> None:
    """One that is not used, with the days on which it is closed."""
    connection.execute(delete(_CLOSURE).where(_CLOSURE.c.office_id == office_id))
    connection.execute(delete(t.office).where(t.office.c.id == office_id))


def set_place(connection: Connection, office_id: str, code: str | None) -> None:
    """Whose public holidays close it."""
    connection.execute(update(t.office).where(t.office.c.id == office_id).values(holidays=code))


def close(connection: Connection, office_id: str, days: Collection[date], reason: str) -> None:
    """Days that have no row yet."""
    rows = [{"office_id": office_id, "day": day, "reason": reason} for day in sorted(days)]
    connection.execute(insert(_CLOSURE), rows)


def remove(connection: Connection, office_id: str, days: Collection[date]) -> int:
    """Take away what an admin closed; how many days these were."""
    c = _CLOSURE.c
    gone = connection.execute(delete(_CLOSURE).where(c.office_id == office_id, c.day.in_(days), ~c.holiday))
    return gone.rowcount


def say_open(connection: Connection, office_id: str, day: date, open_anyway: bool) -> bool:
    """Of a holiday. False: there is none that day."""
    c = _CLOSURE.c
    changed = connection.execute(
        update(_CLOSURE)
        .where(c.office_id == office_id, c.day == day, c.holiday)
        .values(open_anyway=open_anyway)
    )
    return changed.rowcount == 1


# --- holidays ------------------------------------------------------------------------------------


def places(connection: Connection) -> list[AnyRow]:
    """Every office: `id`, `timezone`, `holidays`."""
    o = t.office.c
    return list(connection.execute(select(o.id, o.timezone, o.holidays).order_by(o.id)))


def replace_holidays(
    connection: Connection, first: Mapping[str, date], wanted: Mapping[str, Mapping[date, str]]
) -> int:
    """Make the holidays of some offices what they should be from their first day on.

    Days that an admin closed stay as they are, and so does what they said of a holiday that remains one.

    Args:
        first: by office.
        wanted: by office the name of each holiday.

    Returns:
        How many days changed; none where it was done before.
    """
    c = _CLOSURE.c
    there = {
        (row.office_id, row.day): row
        for row in connection.execute(select(_CLOSURE).where(c.office_id.in_(list(first))))
        if row.day >= first[row.office_id]
    }
    names = {(office_id, day): name for office_id, days in wanted.items() for day, name in days.items()}
    gone = [key for key, row in there.items() if row.holiday and key not in names]
    renamed = [
        key
        for key, name in names.items()
        if key in there and there[key].holiday and there[key].reason != name
    ]
    new = [key for key in names if key not in there]
    its_key = (c.office_id == bindparam("of"), c.day == bindparam("on"))
    _many(connection, delete(_CLOSURE).where(*its_key), [_key(key) for key in gone])
    naming = update(_CLOSURE).where(*its_key).values(reason=bindparam("named"))
    _many(connection, naming, [{**_key(key), "named": names[key]} for key in renamed])
    added = [
        {"office_id": office_id, "day": day, "reason": names[office_id, day], "holiday": True}
        for office_id, day in new
    ]
    _many(connection, insert(_CLOSURE), added)
    return len(gone) + len(renamed) + len(new)


def _key(key: tuple[str, date]) -> dict[str, Any]:
    return {"of": key[0], "on": key[1]}


def _many(connection: Connection, statement: Any, rows: list[dict[str, Any]]) -> None:
    if rows:
        connection.execute(statement, rows)
