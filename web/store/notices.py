"""Who has been told what is read of their calendar, and who would rather not have it read."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Select, delete, func, or_, select, true, update

from connectors import KINDS
from web.records import PersonRef, SaidKnownRecord
from web.store import people
from web.store import tables as t
from web.store.tables import AnyRow

_p = t.person.c

#: People whose calendar is known and who have nothing against it being read.
WILLING = _p.calendar.is_not(None) & _p.refused_at.is_(None) & _p.erased_at.is_(None)

#: People whose calendar was never read, or is another one since.
_UNREAD = _p.id.not_in(select(t.reading.c.person_id))


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many calendars are not read because their owners are yet to be told, or would rather not."""

    untold: int  #: not told at all, or their notice has not left
    told_lately: int  #: told, and it is too early to read
    refused: int


def told(by: datetime, *, sent: bool) -> ColumnElement[bool]:
    """Whose calendar may be read.

    Args:
        by: they were told then, or before; or since, and by an admin's word they knew already.
        sent: and no notice to them still waits, or could not be delivered.
    """
    o = t.outbox.c
    held_up = select(o.person_id).where(o.kind == "notice", o.state != "sent")
    in_time = or_(_p.told_at <= by, _p.told_at.is_not(None) & _p.told_otherwise_at.is_not(None))
    return WILLING & in_time & (_p.id.not_in(held_up) if sent else true())


@dataclass(frozen=True, slots=True)
class Untold:
    """Somebody who is owed a notice."""

    person: PersonRef
    calendar: str  #: its address
    said: SaidKnownRecord | None  #: by an admin's word they knew already


def untold(connection: Connection, most: int, *, only_known: bool) -> list[Untold]:
    """People who are owed a notice."""
    whom = WILLING & _p.told_at.is_(None) & (_p.told_otherwise_at.is_not(None) if only_known else true())
    rows = connection.execute(select(t.person).where(whom).order_by(_p.id).limit(most)).all()
    refs = people.refs(connection, {row.told_otherwise_by for row in rows} - {None})
    return [Untold(people.ref(row), row.calendar, _said_in_row(row, refs)) for row in rows]


def _said_in_row(row: AnyRow, refs: Mapping[int, PersonRef]) -> SaidKnownRecord | None:
    if row.told_otherwise_at is None:
        return None
    return SaidKnownRecord(row.told_otherwise_at, refs.get(row.told_otherwise_by))


def told_of(connection: Connection, kind: str) -> list[PersonRef]:
    """People who were told of a calendar system."""
    of_kind = _p.calendar.startswith(f"{kind}:", autoescape=True)
    query = select(t.person).where(WILLING, _p.told_at.is_not(None), of_kind).order_by(_p.id)
    return [people.ref(row) for row in connection.execute(query)]


def note_told(connection: Connection, person_ids: Collection[int], now: datetime) -> None:
    connection.execute(update(t.person).where(_p.id.in_(list(person_ids))).values(told_at=now))


def forget_told(connection: Connection, person_ids: Collection[int]) -> None:
    """What they were told is no longer true of their calendar."""
    _tell_anew(connection, _p.id.in_(list(person_ids)), None, None)


def _tell_anew(
    connection: Connection, whom: ColumnElement[bool], said_by: int | None, said_at: datetime | None
) -> int:
    """Have some people told (again), with or without somebody's word that they knew; how many."""
    values = {"told_at": None, "told_otherwise_by": said_by, "told_otherwise_at": said_at}
    return connection.execute(update(t.person).where(whom).values(values)).rowcount


# --- told some other way -------------------------------------------------------------------------


def tell_otherwise(
    connection: Connection, programme_id: int, by: datetime, said_by: int, now: datetime
) -> int:
    """Note that whoever of a programme was not told by that moment knew already; how many.

    A notice to them that has not left is dropped: it says when reading begins, which is no longer true.
    """
    return _replace_notices(connection, _waiting_for_hours(programme_id, by), said_by, now)


def waiting_for_hours(connection: Connection, programme_id: int, by: datetime) -> int:
    """Of how many in a programme `tell_otherwise` would make a difference."""
    return _count(connection, _waiting_for_hours(programme_id, by))


def take_back(connection: Connection, programme_id: int) -> int:
    """Have those of a programme whose calendar was not read yet told as everybody else; how many."""
    return _replace_notices(connection, _said_and_unread(programme_id), None, None)


def said_and_unread(connection: Connection, programme_id: int) -> int:
    """Of how many in a programme `take_back` would make a difference."""
    return _count(connection, _said_and_unread(programme_id))


def leaving(connection: Connection, programme_id: int) -> int:
    """How many calendars of a programme are read as soon as the mail to their owner has left."""
    o = t.outbox.c
    failed = select(o.person_id).where(o.kind == "notice", o.state == "failed")
    return _count(connection, WILLING & _said_and_unread(programme_id) & _p.id.not_in(failed))


def due_at_once(connection: Connection, readable: ColumnElement[bool]) -> bool:
    """Is there anybody `readable` who knew already, and whose calendar was never read?"""
    query = select(_p.id).where(readable, _p.told_otherwise_at.is_not(None), _UNREAD).limit(1)
    return connection.execute(query).first() is not None


def said_of(connection: Connection, person_id: int) -> SaidKnownRecord | None:
    """Who said of somebody that they knew already."""
    return next(iter(_said(connection, _p.id == person_id)), None)


def said_in(connection: Connection, programme_id: int) -> list[SaidKnownRecord]:
    """Who said it of people in a programme, the newest first."""
    return _said(connection, _p.id.in_(_members_of(programme_id)))


def _said(connection: Connection, whose: ColumnElement[bool]) -> list[SaidKnownRecord]:
    query = (
        select(_p.told_otherwise_at, _p.told_otherwise_by)
        .where(whose, _p.told_otherwise_at.is_not(None))
        .distinct()
        .order_by(_p.told_otherwise_at.desc())
    )
    rows = connection.execute(query).all()
    refs = people.refs(connection, {row.told_otherwise_by for row in rows} - {None})
    return [said for row in rows if (said := _said_in_row(row, refs))]


def _replace_notices(
    connection: Connection, whom: ColumnElement[bool], said_by: int | None, said_at: datetime | None
) -> int:
    o = t.outbox.c
    theirs = o.person_id.in_(select(_p.id).where(whom))
    connection.execute(delete(t.outbox).where(o.kind == "notice", o.state != "sent", theirs))
    return _tell_anew(connection, whom, said_by, said_at)


def _waiting_for_hours(programme_id: int, by: datetime) -> ColumnElement[bool]:
    too_late = or_(_p.told_at.is_(None), _p.told_at > by)
    return WILLING & too_late & _p.told_otherwise_at.is_(None) & _p.id.in_(_members_of(programme_id))


def _said_and_unread(programme_id: int) -> ColumnElement[bool]:
    return _p.told_otherwise_at.is_not(None) & _UNREAD & _p.id.in_(_members_of(programme_id))


def _members_of(programme_id: int) -> Select[tuple[int]]:
    return select(t.membership.c.person_id).where(t.membership.c.programme_id == programme_id)


def _count(connection: Connection, where: ColumnElement[bool]) -> int:
    return int(connection.execute(select(func.count(_p.id)).where(where)).scalar_one())


# --- saying no -----------------------------------------------------------------------------------


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
    o = t.outbox.c
    held_up = select(o.person_id).where(o.kind == "notice", o.state != "sent")
    unaware = WILLING & (or_(_p.told_at.is_(None), _p.id.in_(held_up)) if sent else _p.told_at.is_(None))
    readable = _count(connection, told(by, sent=sent))
    untold_now = _count(connection, unaware)
    refused = _count(
        connection, _p.calendar.is_not(None) & _p.refused_at.is_not(None) & _p.erased_at.is_(None)
    )
    return Waiting(untold_now, _count(connection, WILLING) - untold_now - readable, refused)


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
