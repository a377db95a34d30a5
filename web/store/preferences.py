"""What a person set, or an import said for them: limits and wishes that hold in all their programmes.

Values are in the form of the sheet of people (`web.sheets.columns`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, bindparam, select, update

from web.store.programmes import pause
from web.store.tables import office, participation, person, person_office, room

#: Kept as lists, in no order.
_SETS = ("room_needs", "languages", "topics", "formats_not")
#: Kept as lists, in the order of the week.
_DAYS = ("days_never", "days_in_anyway")
COLUMNS = (
    "max_office_days_per_week",
    "min_sessions_per_office_day",
    "max_minutes_per_day",
    "max_sessions",
    "break_minutes",
    "travel_minutes",
    "online_only",
    "eats",
    *_DAYS,
    *_SETS,
)

#: Of `own_choices`: somebody paused by themself.
PAUSE = ("paused_from", "paused_until")


@dataclass(frozen=True, slots=True)
class Kept:
    values: Mapping[str, Any]
    own: frozenset[str]  #: columns they set themselves


def of_person(connection: Connection, person_id: int) -> Kept:
    row = connection.execute(select(person).where(person.c.id == person_id)).one()
    values = {name: getattr(row, name) for name in COLUMNS}
    values |= {name: frozenset(values[name]) for name in _SETS} | {
        name: tuple(values[name]) for name in _DAYS
    }
    return Kept(values, frozenset(row.own_choices))


def write(connection: Connection, person_id: int, values: Mapping[str, Any], own: Collection[str]) -> None:
    lists = {name: sorted(one) if isinstance(one, frozenset) else one for name, one in values.items()}
    statement = update(person).where(person.c.id == person_id)
    connection.execute(statement.values(**lists, own_choices=sorted(own)))


def room_features(connection: Connection, person_id: int) -> frozenset[str]:
    """What the rooms have in the offices a person works in."""
    rows = connection.execute(
        select(room.c.features)
        .join(office, office.c.id == room.c.office_id)
        .join(person_office, person_office.c.office_id == office.c.id)
        .where(person_office.c.person_id == person_id)
    )
    return frozenset(feature for row in rows for feature in row.features)


def pauses(connection: Connection, person_id: int) -> Mapping[int, tuple[date, date] | None]:
    """First and last day of the pause in each programme somebody takes part in; None: they do not pause."""
    p = participation.c
    rows = connection.execute(
        select(p.programme_id, p.paused_from, p.paused_until).where(p.person_id == person_id)
    )
    return {row.programme_id: pause(row) for row in rows}


def end_pauses(connection: Connection, person_id: int, programme_ids: Collection[int]) -> None:
    p = participation
    mine = (p.c.person_id == person_id) & (p.c.programme_id == bindparam("where"))
    if programme_ids:
        ended = update(p).where(mine).values(paused_from=None, paused_until=None)
        connection.execute(ended, [{"where": each} for each in programme_ids])
