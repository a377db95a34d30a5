"""Hours that people state to be planned on, for when their calendar cannot be read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, select, update

from web.store import tables as t


@dataclass(frozen=True, slots=True)
class Stated:
    """What is known of somebody's free time."""

    timezone: str
    has_calendar: bool
    refused: bool  #: they would rather not have it read
    read_at: datetime | None
    reason: str | None  #: why it could not be read, in full or in part
    hours: Mapping[str, list[str]]
    until: date | None


def of_person(connection: Connection, person_id: int) -> Stated | None:
    p, r = t.person, t.reading
    row = connection.execute(
        select(p.c.timezone, p.c.calendar, p.c.refused_at, p.c.stated_hours, p.c.stated_until)
        .add_columns(r.c.read_at, r.c.reason)
        .outerjoin(r, r.c.person_id == p.c.id)
        .where(p.c.id == person_id)
    ).one_or_none()
    if row is None:
        return None
    return Stated(
        row.timezone,
        row.calendar is not None,
        row.refused_at is not None,
        row.read_at,
        row.reason,
        row.stated_hours or {},
        row.stated_until,
    )


def write(
    connection: Connection, person_id: int, hours: Mapping[str, list[str]] | None, until: date | None
) -> None:
    """None: no hours are stated any more."""
    values = {"stated_hours": hours, "stated_until": until}
    connection.execute(update(t.person).where(t.person.c.id == person_id).values(values))
