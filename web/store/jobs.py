"""The ledger of background work.

A job is written in the transaction that makes it due. Whoever runs it claims it for a while (a lease)
with a conditional update, and holds a fence number that rises with every claim: a holder whose lease
ran out finds that its number is no longer the newest, and must not write.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, and_, func, insert, or_, select, update

from web.store.tables import job

#: A job whose holder died this often is given up.
MOST_ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class Claim:
    id: int
    kind: str
    args: Mapping[str, Any]
    fence: int
    attempts: int


def add(
    connection: Connection, kind: str, args: Mapping[str, Any], now: datetime, dedup: str | None = None
) -> int:
    """Owe a piece of work. With a `dedup` key that is open already, that job is answered instead."""
    if dedup is not None:
        there = connection.execute(select(job.c.id).where(job.c.dedup == dedup)).scalar()
        if there is not None:
            return int(there)
    row = connection.execute(
        insert(job).values(kind=kind, args=dict(args), dedup=dedup, created_at=now).returning(job.c.id)
    )
    return int(row.scalar_one())


def claim(connection: Connection, job_id: int, now: datetime, lease: timedelta) -> Claim | None:
    """Take a job that waits, or whose holder's lease ran out. None: somebody else has it, or it is over."""
    free = or_(job.c.state == "waiting", and_(job.c.state == "running", job.c.lease_until < now))
    row = connection.execute(
        update(job)
        .where(job.c.id == job_id, free)
        .values(
            state="running",
            attempts=job.c.attempts + 1,
            fence=job.c.fence + 1,
            lease_until=now + lease,
        )
        .returning(job.c.kind, job.c.args, job.c.fence, job.c.attempts)
    ).one_or_none()
    if row is None:
        return None
    held = Claim(job_id, row.kind, row.args, row.fence, row.attempts)
    if held.attempts > MOST_ATTEMPTS:
        fail(connection, held, "its worker died every time", now)
        return None
    return held


def renew(connection: Connection, held: Claim, until: datetime) -> bool:
    """Hold on to a job; False: it was lost to somebody else."""
    return _set(connection, held, lease_until=until)


def finish(connection: Connection, held: Claim, now: datetime) -> bool:
    return _set(connection, held, state="done", dedup=None, lease_until=None, finished_at=now, error=None)


def fail(connection: Connection, held: Claim, error: str, now: datetime) -> bool:
    return _set(connection, held, state="failed", dedup=None, lease_until=None, finished_at=now, error=error)


def put_back(connection: Connection, held: Claim, error: str) -> bool:
    """Let somebody try again; the attempt counts."""
    return _set(connection, held, state="waiting", lease_until=None, error=error)


def due(connection: Connection, now: datetime) -> list[int]:
    """Jobs that wait or were dropped, oldest first: what a worker that starts, or looks round, runs."""
    dropped = and_(job.c.state == "running", job.c.lease_until < now)
    rows = connection.execute(
        select(job.c.id).where(or_(job.c.state == "waiting", dropped)).order_by(job.c.id)
    )
    return [int(row.id) for row in rows]


def _set(connection: Connection, held: Claim, **values: Any) -> bool:
    mine = and_(job.c.id == held.id, job.c.fence == held.fence, job.c.state == "running")
    return connection.execute(update(job).where(mine).values(**values)).rowcount == 1


def last_ended(connection: Connection, kind: str, *states: str) -> datetime | None:
    """When a job of a kind last ended in one of these states: "done", "failed"."""
    ended = select(func.max(job.c.finished_at)).where(job.c.kind == kind, job.c.state.in_(states))
    last: datetime | None = connection.execute(ended).scalar_one()
    return last
