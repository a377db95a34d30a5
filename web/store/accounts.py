"""Accounts of the company's identity provider, and the roles that its groups give."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Connection, delete, exists, insert, select

from web.store import people
from web.store import tables as t

#: A programme and one role in it.
RoleIn = tuple[int, str]


def person_of(connection: Connection, issuer: str, subject: str) -> int | None:
    query = select(t.identity.c.person_id).where(
        t.identity.c.issuer == issuer, t.identity.c.subject == subject
    )
    return connection.execute(query).scalar_one_or_none()


def issuers_of(connection: Connection, person_id: int) -> list[str]:
    """Whose accounts a person has."""
    mine = t.identity.c.person_id == person_id
    return list(connection.execute(select(t.identity.c.issuer).where(mine)).scalars())


def link(connection: Connection, issuer: str, subject: str, person_id: int, now: datetime) -> None:
    connection.execute(
        insert(t.identity).values(issuer=issuer, subject=subject, person_id=person_id, linked_at=now)
    )


def unlink(connection: Connection, person_id: int) -> int:
    """Forget all accounts of a person; how many."""
    return connection.execute(delete(t.identity).where(t.identity.c.person_id == person_id)).rowcount


def roles_of(connection: Connection, person_id: int) -> set[RoleIn]:
    m = t.membership.c
    rows = connection.execute(select(m.programme_id, m.role).where(m.person_id == person_id))
    return {(row.programme_id, row.role) for row in rows}


def give_role(connection: Connection, person_id: int, role: RoleIn, today: date) -> None:
    programme_id, called = role
    connection.execute(
        insert(t.membership).values(programme_id=programme_id, person_id=person_id, role=called)
    )
    p = t.participation.c
    if not connection.execute(
        select(exists().where((p.programme_id == programme_id) & (p.person_id == person_id)))
    ).scalar():
        connection.execute(
            insert(t.participation).values(programme_id=programme_id, person_id=person_id, joined=today)
        )


def take_role(connection: Connection, person_id: int, role: RoleIn) -> None:
    m = t.membership.c
    connection.execute(
        delete(t.membership).where(m.programme_id == role[0], m.person_id == person_id, m.role == role[1])
    )


def admins(connection: Connection, programme_id: int, today: date) -> int:
    """How many are there."""
    return len(people.members(connection, programme_id=programme_id, role="admin", present_on=today))
