"""What a settled yes brings about: agreed sessions, seats, invitations. And how that is undone."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import Connection

from planner import lifecycle
from planner.domain import Placement
from planner.lifecycle import ProposalStep
from web.operations import events, outbox
from web.site import Site
from web.store import day_questions, proposals, seats, sessions


def agree(
    connection: Connection,
    site: Site,
    proposal_id: int,
    placements: Sequence[Placement],
    now: datetime,
) -> None:
    """Make placements binding: times, rooms and seats are kept, and everybody is invited."""
    sessions.make_agreed(connection, proposal_id, placements)
    seats.begin_by_need(connection, [p.session for p in placements], now)
    seats.seat_invited(connection, placements, now)
    outbox.invite(connection, site, [p.session for p in placements], now)


def call_off(connection: Connection, site: Site, proposal_id: int, now: datetime) -> None:
    """Undo an agreed day: cancel what went out, and let the sessions be due again."""
    call_off_sessions(connection, site, sessions.to_come_of(connection, proposal_id, now), now)


def call_off_sessions(connection: Connection, site: Site, ids: Collection[str], now: datetime) -> None:
    """The same of some agreed sessions that have not begun."""
    outbox.cancel(connection, site, ids, now)
    let_go(connection, site, ids, now)


def leave_out(connection: Connection, proposal_id: int, ids: Collection[str]) -> None:
    """An approved day goes on without some of its sessions; without all of them it is called off."""
    standing = proposals.standing(connection, proposal_id)
    if standing is None:
        return
    left_out = {*standing.left_out, *ids}
    if {placement.session for placement in standing.placements} <= left_out:
        state = lifecycle.next_proposal_state(standing.state, ProposalStep.CALL_OFF)
        proposals.change(connection, proposal_id, state=state, version=standing.version + 1)
    else:
        changed = {"left_out": sorted(left_out), "version": standing.version + 1}
        proposals.change(connection, proposal_id, **changed)


def let_go(connection: Connection, site: Site, ids: Collection[str], now: datetime) -> None:
    """Let agreed sessions be due again, once everybody with a seat in them has been written to."""
    outbox.tell_lines_called_off(connection, site, ids, now)
    seats.unseat(connection, ids)
    sessions.next_sequence(connection, ids)  # the next invitation must count as newer than the cancellation
    sessions.make_due(connection, ids)
    day_questions.close_about(connection, ids, now)
    events.want(connection, site, ids, now)
