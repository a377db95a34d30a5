"""Simulations: what was asked for, how far it is, what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, String, cast, delete, insert, select, update

from web.records import SimulationRecord
from web.store import tables as t
from web.store.tables import AnyRow

OPEN = ("queued", "running")
JOB = "simulate"


def add(
    connection: Connection, programme_id: int, settings: Mapping[str, Any], by_id: int, now: datetime
) -> int:
    row = connection.execute(
        insert(t.simulation)
        .values(
            programme_id=programme_id,
            state="queued",
            settings=settings,
            progress={},
            created_by=by_id,
            created_at=now,
        )
        .returning(t.simulation.c.id)
    )
    return int(row.scalar_one())


def is_open(connection: Connection, programme_id: int) -> bool:
    s = t.simulation.c
    query = select(s.id).where(s.programme_id == programme_id, s.state.in_(OPEN)).limit(1)
    return connection.execute(query).first() is not None


def state_of(connection: Connection, simulation_id: int) -> str | None:
    """None: it was deleted."""
    s = t.simulation.c
    return connection.execute(select(s.state).where(s.id == simulation_id)).scalar_one_or_none()


def programme_of(connection: Connection, simulation_id: int) -> int:
    s = t.simulation.c
    return int(connection.execute(select(s.programme_id).where(s.id == simulation_id)).scalar_one())


def change(connection: Connection, simulation_id: int, states: tuple[str, ...], **values: Any) -> bool:
    """Change a simulation that is in one of these states; False: it is in none of them."""
    s = t.simulation
    mine = s.c.id == simulation_id, s.c.state.in_(states)
    return connection.execute(update(s).where(*mine).values(**values)).rowcount == 1


def remove(connection: Connection, simulation_id: int) -> None:
    connection.execute(delete(t.simulation).where(t.simulation.c.id == simulation_id))


def lost(connection: Connection) -> list[int]:
    """Simulations under way that no open job carries: their worker died too often."""
    s, j = t.simulation, t.job
    carried = select(j.c.id).where(j.c.kind == JOB, j.c.dedup == f"{JOB}:" + cast(s.c.id, String))
    query = select(s.c.id).where(s.c.state.in_(OPEN), ~carried.exists())
    return list(connection.execute(query).scalars())


def records(connection: Connection, where: ColumnElement[bool], most: int = 20) -> list[SimulationRecord]:
    """Simulations, newest first."""
    s = t.simulation
    rows = connection.execute(select(s).where(where).order_by(s.c.id.desc()).limit(most))
    return [_record(row) for row in rows]


def _record(row: AnyRow) -> SimulationRecord:
    settings = dict(row.settings)
    return SimulationRecord(
        id=row.id,
        programme_id=row.programme_id,
        state=row.state,
        created_at=row.created_at,
        finished_at=row.finished_at,
        own=settings.pop("own"),
        tables=settings,
        done=row.progress.get("done", 0),
        of=row.progress.get("of", 0),
        parts=tuple((row.result or row.progress).get("parts", ())),
        error=row.error,
    )
