"""Mailed links: random, expiring, used once. The signed token carries the id and nothing else."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update

from web.store.tables import link


@dataclass(frozen=True, slots=True)
class Link:
    id: str
    purpose: str
    person_id: int
    proposal_id: int | None
    proposal_version: int | None
    expires_at: datetime
    used_at: datetime | None
    session_id: str | None = None
    question_id: int | None = None
    action_id: int | None = None


def add(
    connection: Connection,
    purpose: str,
    person_id: int,
    now: datetime,
    expires_at: datetime,
    proposal_id: int | None = None,
    proposal_version: int | None = None,
    session_id: str | None = None,
    question_id: int | None = None,
    action_id: int | None = None,
) -> str:
    link_id = secrets.token_hex(16)
    connection.execute(
        insert(link).values(
            id=link_id,
            purpose=purpose,
            person_id=person_id,
            proposal_id=proposal_id,
            proposal_version=proposal_version,
            session_id=session_id,
            question_id=question_id,
            action_id=action_id,
            created_at=now,
            expires_at=expires_at,
        )
    )
    return link_id


def one(connection: Connection, link_id: str, purpose: str) -> Link | None:
    row = connection.execute(
        select(link).where(link.c.id == link_id, link.c.purpose == purpose)
    ).one_or_none()
    return None if row is None else _of(row)


def made_with(connection: Connection, one: Link) -> list[Link]:
    """The others that somebody was made at the same moment, for the same purpose."""
    made_at = select(link.c.created_at).where(link.c.id == one.id).scalar_subquery()
    rows = connection.execute(
        select(link).where(
            link.c.person_id == one.person_id,
            link.c.purpose == one.purpose,
            link.c.created_at == made_at,
            link.c.id != one.id,
        )
    )
    return [_of(row) for row in rows]


def _of(row: Row[Any]) -> Link:
    return Link(
        row.id,
        row.purpose,
        row.person_id,
        row.proposal_id,
        row.proposal_version,
        row.expires_at,
        row.used_at,
        row.session_id,
        row.question_id,
        row.action_id,
    )


def use(connection: Connection, link_id: str, now: datetime) -> bool:
    """Use a link up. False: somebody was faster."""
    unused = update(link).where(link.c.id == link_id, link.c.used_at.is_(None))
    return connection.execute(unused.values(used_at=now)).rowcount == 1


def made_since(connection: Connection, purpose: str, person_id: int, since: datetime) -> int:
    """How many links of a kind somebody was sent lately."""
    count = select(func.count()).where(
        link.c.purpose == purpose, link.c.person_id == person_id, link.c.created_at > since
    )
    return int(connection.execute(count).scalar_one())
