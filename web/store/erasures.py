"""Who asks to be erased, and what has to be known before they are."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection, func, select, update

from web.records import PersonRef
from web.store import people
from web.store import tables as t

_p, _m = t.person.c, t.membership.c


def ask(connection: Connection, person_id: int, now: datetime) -> bool:
    """False: they have asked already."""
    once = (_p.id == person_id) & _p.asked_erasure_at.is_(None)
    return connection.execute(update(t.person).where(once).values(asked_erasure_at=now)).rowcount == 1


def withdraw(connection: Connection, person_id: int) -> bool:
    """False: they had not asked."""
    asking_now = (_p.id == person_id) & _p.asked_erasure_at.is_not(None)
    return connection.execute(update(t.person).where(asking_now).values(asked_erasure_at=None)).rowcount == 1


def asked_at(connection: Connection, person_id: int) -> datetime | None:
    query = select(_p.asked_erasure_at).where(_p.id == person_id)
    asked: datetime | None = connection.execute(query).scalar_one()
    return asked


def asking(connection: Connection, programme_id: int) -> list[tuple[PersonRef, datetime]]:
    """Who in a programme asks to be erased, first come first."""
    part = t.participation.c
    members = select(_m.person_id).where(_m.programme_id == programme_id)
    takes_part = select(part.person_id).where(part.programme_id == programme_id)
    query = select(t.person).where(_p.asked_erasure_at.is_not(None), _p.id.in_(members.union(takes_part)))
    return [
        (people.ref(row), row.asked_erasure_at)
        for row in connection.execute(query.order_by(_p.asked_erasure_at, _p.id))
    ]


def programmes_of(connection: Connection, person_id: int) -> list[int]:
    """Where somebody takes part, or has a role."""
    part = t.participation.c
    roles = select(_m.programme_id).where(_m.person_id == person_id)
    parts = select(part.programme_id).where(part.person_id == person_id)
    return sorted(connection.execute(roles.union(parts)).scalars())


def is_last_admin(connection: Connection, person_id: int) -> bool:
    """Would a programme be left without anybody who can run it?"""
    runs = select(_m.programme_id).where(_m.person_id == person_id, _m.role == "admin")
    admins = (
        select(_m.programme_id)
        .where(_m.role == "admin", _m.programme_id.in_(runs))
        .group_by(_m.programme_id)
        .having(func.count() == 1)
    )
    return connection.execute(admins.limit(1)).first() is not None


def addresses(connection: Connection) -> Iterable[tuple[int, str]]:
    """Everybody who is not erased, by number and address."""
    rows = connection.execute(select(_p.id, _p.email).where(_p.erased_at.is_(None)))
    return [(row.id, row.email) for row in rows]
