"""Who somebody is, and what they are in which programme."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, datetime

from sqlalchemy import Connection, exists, func, select, update

from web.records import Member, PersonRef
from web.store.tables import AnyRow, membership, participation, person, programme


def ref(row: AnyRow) -> PersonRef:
    return PersonRef(row.id, row.name, row.email, row.timezone)


_COLUMNS = (person.c.id, person.c.name, person.c.email, person.c.timezone)


def refs(connection: Connection, ids: Collection[int]) -> Mapping[int, PersonRef]:
    rows = connection.execute(select(*_COLUMNS).where(person.c.id.in_(set(ids))))
    return {row.id: ref(row) for row in rows}


def by_email(connection: Connection, email: str) -> PersonRef | None:
    row = connection.execute(select(*_COLUMNS).where(person.c.email == email)).one_or_none()
    return ref(row) if row else None


def members(
    connection: Connection,
    *,
    programme_id: int | None = None,
    person_id: int | None = None,
    role: str | None = None,
    present_on: date | None = None,
) -> list[Member]:
    """One `Member` a person and programme, with all their roles there; by programme, then name.

    Args:
        present_on: leave out those who have left by then.
    """
    query = (
        select(
            *_COLUMNS,
            membership.c.role,
            programme.c.id.label("programme_id"),
            programme.c.name.label("called"),
        )
        .join(membership, membership.c.person_id == person.c.id)
        .join(programme, programme.c.id == membership.c.programme_id)
        .order_by(programme.c.id, person.c.name, person.c.id)
    )
    if programme_id is not None:
        query = query.where(programme.c.id == programme_id)
    if person_id is not None:
        query = query.where(person.c.id == person_id)
    if present_on is not None:
        gone = (participation.c.person_id == person.c.id) & (participation.c.programme_id == programme.c.id)
        query = query.where(~exists().where(gone & (participation.c.left <= present_on)))
    found: dict[tuple[int, int], Member] = {}
    for row in connection.execute(query):
        key = (row.programme_id, row.id)
        roles = (found[key].roles if key in found else frozenset()) | {row.role}
        found[key] = Member(ref(row), row.programme_id, row.called, roles)
    return [m for m in found.values() if role is None or role in m.roles]


def has_role(connection: Connection, role: str) -> bool:
    """Has anybody a role, in any programme?"""
    return bool(connection.execute(select(exists().where(membership.c.role == role))).scalar())


def signed_out_at(connection: Connection, person_id: int) -> datetime | None:
    return connection.execute(select(person.c.signed_out_at).where(person.c.id == person_id)).scalar()


def leavers_signed_in(connection: Connection, today: date) -> list[int]:
    """Who has left all their programmes by then, and was not signed out since the last of these days."""
    m, part = membership.c, participation.c
    still_there = ~exists().where(
        (part.person_id == m.person_id) & (part.programme_id == m.programme_id) & (part.left <= today)
    )
    rows = connection.execute(
        select(person.c.id, person.c.signed_out_at, func.max(part.left).label("left"))
        .join(participation, part.person_id == person.c.id)
        .where(
            part.left <= today,
            person.c.erased_at.is_(None),
            person.c.id.not_in(select(m.person_id).where(still_there)),
        )
        .group_by(person.c.id, person.c.signed_out_at)
    )
    return [row.id for row in rows if row.signed_out_at is None or row.signed_out_at.date() < row.left]


def sign_out_everywhere(connection: Connection, person_id: int, now: datetime) -> None:
    connection.execute(update(person).where(person.c.id == person_id).values(signed_out_at=now))
