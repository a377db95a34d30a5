"""What one senior's sessions came to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, and_, select

from web.store import tables as t
from web.store.attendance import was_held
from web.store.pictures import local_day


@dataclass(frozen=True, slots=True)
class Met:
    """One junior in one session that was held for them."""

    session_id: str
    person_id: int
    compared: bool  #: it was in an office, and its first free slot is known
    trip: date | None  #: the office day it took, on the clock of its office; None: online, or in anyway
    first_free: date | None  #: the one that the first free slot would have taken, if any


def met(
    connection: Connection, programme_id: int, senior_id: int, start: datetime, end: datetime
) -> list[Met]:
    s, seat, d = t.session.c, t.seat.c, t.simpler_day.c
    rows = connection.execute(
        select(s.id, seat.person_id, s.start, t.office.c.timezone, t.proposal.c.in_anyway, d.placed, d.day)
        .join(t.seat, seat.session_id == s.id)
        .outerjoin(t.office, t.office.c.id == s.office_id)
        .outerjoin(t.proposal, t.proposal.c.id == s.proposal_id)
        .outerjoin(t.simpler_day, and_(d.session_id == s.id, d.way == "first_free"))
        .where(
            s.programme_id == programme_id,
            s.senior_id == senior_id,
            s.start >= start,
            s.start < end,
            was_held(),
        )
    )
    return [
        Met(
            row.id,
            row.person_id,
            compared=bool(row.timezone and row.placed),
            trip=local_day(row.start, row.timezone) if row.timezone and not row.in_anyway else None,
            first_free=row.day,
        )
        for row in rows
    ]
