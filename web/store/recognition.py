"""What one senior's sessions came to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, and_, select

from web.store import tables as t
from web.store.attendance import was_held


@dataclass(frozen=True, slots=True)
class Met:
    """One junior in one session that was held for them."""

    session_id: str
    person_id: int
    day: date | None  #: on the clock of its office; None: it was online
    first_free: date | None  #: in which the first free slot would have put it; None: nobody knows


def met(
    connection: Connection, programme_id: int, senior_id: int, start: datetime, end: datetime
) -> list[Met]:
    s, seat, d = t.session.c, t.seat.c, t.simpler_day.c
    rows = connection.execute(
        select(s.id, seat.person_id, s.start, t.office.c.timezone, d.day)
        .join(t.seat, seat.session_id == s.id)
        .outerjoin(t.office, t.office.c.id == s.office_id)
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
            row.start.astimezone(ZoneInfo(row.timezone)).date() if row.timezone else None,
            row.day,
        )
        for row in rows
    ]
