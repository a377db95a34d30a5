"""What a settled yes brings about: agreed sessions, seats, invitations. And how that is undone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, case, delete, insert, select, update

from planner.domain import Placement
from planner.lifecycle import SeatState
from web.operations import outbox
from web.site import Site
from web.store import sessions
from web.store import tables as t


def agree(
    connection: Connection,
    site: Site,
    proposal_id: int,
    placements: Sequence[Placement],
    now: datetime,
) -> None:
    """Make placements binding: times, rooms and seats are kept, and everybody is invited."""
    ids = [p.session for p in placements]
    s = t.session
    given = case({p.session: len(p.juniors) for p in placements}, value=s.c.id)
    connection.execute(
        update(s)
        .where(s.c.id.in_(ids))
        .values(
            state="agreed",
            proposal_id=proposal_id,
            start=case({p.session: p.start for p in placements}, value=s.c.id),
            room_id=case({p.session: p.room for p in placements}, value=s.c.id),
            seats_held=given + s.c.open_seats,
        )
    )
    connection.execute(delete(t.seat).where(t.seat.c.session_id.in_(ids)))
    connection.execute(
        insert(t.seat),
        [
            {"session_id": p.session, "person_id": int(who), "state": SeatState.INVITED, "since": now}
            for p in placements
            for who in p.juniors
        ],
    )
    outbox.invite(connection, site, ids, now)


def call_off(connection: Connection, site: Site, proposal_id: int, now: datetime) -> None:
    """Undo an agreed day: cancel what went out, and let the sessions be due again."""
    s = t.session
    ids = list(
        connection.execute(
            select(s.c.id).where(s.c.proposal_id == proposal_id, s.c.state == "agreed", s.c.start > now)
        ).scalars()
    )
    outbox.cancel(connection, site, ids, now)
    connection.execute(delete(t.seat).where(t.seat.c.session_id.in_(ids)))
    sessions.next_sequence(connection, ids)  # the next invitation must count as newer than the cancellation
    connection.execute(
        update(s)
        .where(s.c.id.in_(ids))
        .values(state="due", start=None, room_id=None, proposal_id=None, seats_held=None)
    )
