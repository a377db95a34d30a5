"""What people eat who come to lunch in an office."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select, union_all

from planner.domain import SessionKind
from planner.lifecycle import SEATED
from web.store import tables as t

#: Sessions over a meal.
LUNCHES = (SessionKind.INDIVIDUAL_LUNCH, SessionKind.GROUP_LUNCH)


@dataclass(frozen=True, slots=True)
class Guest:
    """Somebody at an agreed lunch."""

    start: datetime
    office: str
    timezone: str
    person_id: int
    eats: str  #: "vegetarian, no nuts"; empty: they said nothing


def guests(connection: Connection, programme_id: int, since: datetime, until: datetime) -> Iterator[Guest]:
    """Everybody at the agreed lunches of a programme that begin in a span, seniors too, by time."""
    s, seat, p, o = t.session.c, t.seat.c, t.person.c, t.office.c
    seated = select(seat.session_id, seat.person_id).where(seat.state.in_(SEATED))
    leading = select(s.id.label("session_id"), s.senior_id.label("person_id"))
    there = union_all(seated, leading).subquery()
    rows = connection.execute(
        select(s.start, o.name, o.timezone, p.id, p.eats)
        .join(there, there.c.session_id == s.id)
        .join(t.person, p.id == there.c.person_id)
        .join(t.office, o.id == s.office_id)
        .where(
            s.programme_id == programme_id,
            s.kind.in_(LUNCHES),
            s.state == "agreed",
            s.start >= since,
            s.start < until,
        )
        .order_by(s.start, s.id, p.id)
    )
    for row in rows:
        yield Guest(row.start, row.name, row.timezone, row.id, row.eats)
