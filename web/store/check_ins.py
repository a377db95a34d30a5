"""Check-ins during co-working: on whom the senior looked in, in which round."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from web.store.tables import check_in, seat


@dataclass(frozen=True, slots=True)
class CheckIn:
    person_id: int
    round: int
    at: datetime
    by_id: int


def of_session(connection: Connection, session_id: str) -> Mapping[tuple[int, int], CheckIn]:
    """By person and round."""
    rows = connection.execute(select(check_in).where(check_in.c.session_id == session_id))
    return {(row.person_id, row.round): CheckIn(row.person_id, row.round, row.at, row.by_id) for row in rows}


def missed(connection: Connection, session_id: str) -> set[int]:
    """Who is said not to be there."""
    away = select(seat.c.person_id).where(seat.c.session_id == session_id, seat.c.attendance == "missed")
    return set(connection.execute(away).scalars())


def add(connection: Connection, session_id: str, one: CheckIn) -> None:
    connection.execute(
        insert(check_in).values(
            session_id=session_id, person_id=one.person_id, round=one.round, at=one.at, by_id=one.by_id
        )
    )


def remove(connection: Connection, session_id: str, person_id: int, number: int) -> None:
    c = check_in.c
    connection.execute(
        delete(check_in).where(c.session_id == session_id, c.person_id == person_id, c.round == number)
    )
