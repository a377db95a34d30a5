"""What juniors ask of their programme's admins in private."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, func, insert, select, update

from planner.lifecycle import SEATED
from web.records import RequestRecord
from web.store import people
from web.store import tables as t

r = t.private_request.c

#: Neither answered nor withdrawn.
OPEN = and_(r.answered_at.is_(None), r.withdrawn_at.is_(None))


@dataclass(frozen=True, slots=True)
class Request:
    """Without its text."""

    id: int
    programme_id: int
    person_id: int
    about: str
    senior_id: int | None
    is_open: bool


def add(
    connection: Connection,
    programme_id: int,
    person_id: int,
    about: str,
    senior_id: int | None,
    text: str,
    now: datetime,
) -> int:
    asked = (
        insert(t.private_request)
        .returning(r.id)
        .values(
            programme_id=programme_id,
            person_id=person_id,
            about=about,
            senior_id=senior_id,
            text=text,
            created_at=now,
        )
    )
    return int(connection.execute(asked).scalar_one())


def one(connection: Connection, request_id: int) -> Request | None:
    row = connection.execute(
        select(r.id, r.programme_id, r.person_id, r.about, r.senior_id, OPEN.label("open")).where(
            r.id == request_id
        )
    ).one_or_none()
    if row is None:
        return None
    return Request(row.id, row.programme_id, row.person_id, row.about, row.senior_id, bool(row.open))


def open_of(connection: Connection, programme_id: int, person_id: int) -> int:
    """How many of somebody's requests wait."""
    mine = (r.programme_id == programme_id) & (r.person_id == person_id)
    return int(connection.execute(select(func.count()).where(mine, OPEN)).scalar_one())


def records(connection: Connection, where: ColumnElement[bool]) -> list[RequestRecord]:
    """The oldest first; none that was withdrawn."""
    rows = connection.execute(
        select(t.private_request).where(where, r.withdrawn_at.is_(None)).order_by(r.created_at, r.id)
    ).all()
    refs = people.refs(connection, {row.person_id for row in rows} | {row.senior_id for row in rows} - {None})
    return [
        RequestRecord(
            id=row.id,
            about=row.about,
            person=refs[row.person_id],
            senior=refs[row.senior_id] if row.senior_id is not None else None,
            text=row.text,
            created_at=row.created_at,
            answer=row.answer,
            answered_at=row.answered_at,
        )
        for row in rows
    ]


def withdraw(connection: Connection, request_id: int, now: datetime) -> None:
    """Of a request that nobody needs to read any more nothing is kept but that there was one."""
    gone = {"withdrawn_at": now, "text": "", "senior_id": None}
    connection.execute(update(t.private_request).where(r.id == request_id).values(gone))


def answer(connection: Connection, request_id: int, text: str, by_id: int, now: datetime) -> None:
    connection.execute(
        update(t.private_request)
        .where(r.id == request_id)
        .values(answer=text, answered_at=now, answered_by=by_id)
    )


# --- what it is about ----------------------------------------------------------------------------


def seniors(connection: Connection, programme_id: int, person_id: int) -> tuple[list[int], list[int]]:
    """Ids of a programme's seniors but for somebody: those they have a seat with, or had, and the others."""
    m = t.membership.c
    everybody = set(
        connection.execute(
            select(m.person_id).where(
                m.programme_id == programme_id, m.role == "senior", m.person_id != person_id
            )
        ).scalars()
    )
    met = everybody & set(
        connection.execute(
            select(t.session.c.senior_id)
            .join(t.seat, t.seat.c.session_id == t.session.c.id)
            .where(t.seat.c.person_id == person_id, t.seat.c.state.in_(SEATED))
        ).scalars()
    )
    return sorted(met), sorted(everybody - met)


def topics(connection: Connection, programme_id: int) -> list[str]:
    """What the seniors of a programme can help with."""
    m = t.membership.c
    rows = connection.execute(
        select(t.person.c.topics)
        .join(t.membership, m.person_id == t.person.c.id)
        .where(m.programme_id == programme_id, m.role == "senior")
    )
    return sorted({topic for row in rows for topic in row.topics})
