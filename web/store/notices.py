"""Who has been told what is read of their calendar, and who would rather not have it read."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, func, or_, select, true, update

from connectors import KINDS
from web.records import PersonRef
from web.store import people
from web.store import tables as t

_p = t.person.c

#: People whose calendar is known and who have nothing against it being read.
WILLING = _p.calendar.is_not(None) & _p.refused_at.is_(None) & _p.erased_at.is_(None)


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many calendars are not read because their owners are yet to be told, or would rather not."""

    untold: int  #: not told at all, or their notice has not left
    told_lately: int  #: told, and it is too early to read
    refused: int


def told(by: datetime, *, sent: bool) -> ColumnElement[bool]:
    """Whose calendar may be read.

    Args:
        by: they were told then, or before.
        sent: and no notice to them still waits, or could not be delivered.
    """
    o = t.outbox.c
    held_up = select(o.person_id).where(o.kind == "notice", o.state != "sent")
    return WILLING & (_p.told_at <= by) & (_p.id.not_in(held_up) if sent else true())


def untold(connection: Connection, most: int) -> list[tuple[PersonRef, str]]:
    """People who are owed a notice, with the address of their calendar."""
    query = select(t.person).where(WILLING, _p.told_at.is_(None)).order_by(_p.id).limit(most)
    return [(people.ref(row), row.calendar) for row in connection.execute(query)]


def told_of(connection: Connection, kind: str) -> list[PersonRef]:
    """People who were told of a calendar system."""
    of_kind = _p.calendar.startswith(f"{kind}:", autoescape=True)
    query = select(t.person).where(WILLING, _p.told_at.is_not(None), of_kind).order_by(_p.id)
    return [people.ref(row) for row in connection.execute(query)]


def note_told(connection: Connection, person_ids: Collection[int], now: datetime) -> None:
    connection.execute(update(t.person).where(_p.id.in_(list(person_ids))).values(told_at=now))


def forget_told(connection: Connection, person_ids: Collection[int]) -> None:
    """What they were told is no longer true of their calendar."""
    connection.execute(update(t.person).where(_p.id.in_(list(person_ids))).values(told_at=None))


def refuse(connection: Connection, person_id: int, now: datetime) -> bool:
    """False: they had refused before."""
    unless = (_p.id == person_id) & _p.refused_at.is_(None)
    return connection.execute(update(t.person).where(unless).values(refused_at=now)).rowcount == 1


def allow(connection: Connection, person_id: int) -> bool:
    """False: they had not refused."""
    refused = (_p.id == person_id) & _p.refused_at.is_not(None)
    return connection.execute(update(t.person).where(refused).values(refused_at=None)).rowcount == 1


def kinds_in_use(connection: Connection) -> list[str]:
    """The calendar systems in which people, or rooms, have their calendars."""

    def is_used(kind: str) -> bool:
        of_kind = [
            select(table.c.id).where(table.c.calendar.startswith(f"{kind}:", autoescape=True)).limit(1)
            for table in (t.person, t.room)
        ]
        return any(connection.execute(query).first() is not None for query in of_kind)

    return [kind for kind in KINDS if is_used(kind)]


def of_person(connection: Connection, person_id: int) -> tuple[datetime | None, datetime | None]:
    """When somebody was told, and since when they have refused."""
    row = connection.execute(select(_p.told_at, _p.refused_at).where(_p.id == person_id)).one()
    return row.told_at, row.refused_at


def waiting(connection: Connection, by: datetime, *, sent: bool) -> Waiting:
    """Args as of `told`."""

    def count(where: ColumnElement[bool]) -> int:
        return int(connection.execute(select(func.count()).where(where)).scalar_one())

    o = t.outbox.c
    held_up = select(o.person_id).where(o.kind == "notice", o.state != "sent")
    unaware = WILLING & (or_(_p.told_at.is_(None), _p.id.in_(held_up)) if sent else _p.told_at.is_(None))
    readable = count(told(by, sent=sent))
    untold_now = count(unaware)
    refused = count(_p.calendar.is_not(None) & _p.refused_at.is_not(None) & _p.erased_at.is_(None))
    return Waiting(untold_now, count(WILLING) - untold_now - readable, refused)


def admins_of(connection: Connection, person_ids: Collection[int]) -> Mapping[int, tuple[PersonRef, ...]]:
    """Whom each of some people can ask: the admins of their programmes."""
    m = t.membership.c
    of_programme: dict[int, list[PersonRef]] = defaultdict(list)
    for member in people.members(connection, role="admin"):
        of_programme[member.programme_id].append(member.person)
    found: dict[int, dict[int, PersonRef]] = defaultdict(dict)
    query = select(m.person_id, m.programme_id).where(m.person_id.in_(list(person_ids))).distinct()
    for person_id, programme_id in connection.execute(query):
        found[person_id] |= {admin.id: admin for admin in of_programme[programme_id]}
    return {person_id: tuple(admins.values()) for person_id, admins in found.items()}
