"""Changing one session of a day, proposed or agreed, while the rest of the day stands."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from planner import lifecycle
from planner.alternatives import OtherDay
from planner.alternatives import other_days as alternatives
from planner.check import Rule, Violation
from planner.domain import Placement
from planner.lifecycle import ProposalState, ProposalStep
from web import words
from web.errors import Refused
from web.operations import agreements, another_day, events, outbox, proposals
from web.site import Site
from web.store import proposals as kept
from web.store import sessions
from web.store import tables as t
from web.store.planning import Wanted, load_problem
from web.store.proposals import Facts, NewProposal, Standing


def hold_another_room(
    connection: Connection,
    site: Site,
    proposal_id: int,
    session_id: str,
    refused: Collection[str],
    now: datetime,
) -> bool:
    """Hold the smallest other room that takes a proposed session at its time. False: none is left."""
    standing = kept.standing(connection, proposal_id)
    if standing is None or standing.state is not ProposalState.PROPOSED:
        return False
    problem = load_problem(connection, another_day.only(standing, standing.day, standing.day))
    for room in sorted(problem.rooms, key=lambda room: (room.capacity, room.id)):
        if room.id not in refused:
            placements = _with(standing, session_id, room=room.id)
            if not proposals.broken_by(problem, placements, str(standing.senior_id)):
                _hold_otherwise(connection, site, standing, placements, now)
                return True
    return False


def hold_at(
    connection: Connection, site: Site, proposal_id: int, session_id: str, start: datetime, now: datetime
) -> None:
    """Propose a session at another time of the same day.

    Raises:
        Refused: the time breaks a rule.
    """
    standing = kept.standing(connection, proposal_id)
    if standing is None or standing.state is not ProposalState.PROPOSED:
        raise Refused("This day has changed since you opened the page. Here is how it stands now.")
    placements = _with(standing, session_id, start=start)
    problem = load_problem(connection, another_day.only(standing, standing.day, standing.day))
    broken = proposals.broken_by(problem, placements, str(standing.senior_id))
    if broken:
        raise Refused(_no_such_time(broken, standing.senior_id))
    _hold_otherwise(connection, site, standing, placements, now)


def _with(standing: Standing, session_id: str, **values: Any) -> tuple[Placement, ...]:
    return tuple(replace(p, **values) if p.session == session_id else p for p in standing.placements)


def _hold_otherwise(
    connection: Connection, site: Site, standing: Standing, placements: tuple[Placement, ...], now: datetime
) -> None:
    kept.replace_placements(connection, standing.id, placements)
    events.want(connection, site, proposals.sessions_in(standing), now)


def move_agreed(connection: Connection, site: Site, session_id: str, start: datetime, now: datetime) -> None:
    """Hold an agreed session at another time, with everybody in it; they hear of it.

    Raises:
        Refused: the time breaks a rule, or lies on another day than the rest of its day.
    """
    standing = _through_which(connection, session_id)
    before = standing.day
    zone = ZoneInfo(kept.zone_of(connection, standing.id))
    day = start.astimezone(zone).date()
    if day != before and len(proposals.sessions_in(standing) - set(standing.left_out)) > 1:
        raise Refused(
            f"That would take {words.long_day(day)} beside {words.long_day(before)}: two days "
            "instead of one. Put it back, or call it off and it comes back in the next plan."
        )
    first, last = min(day, before), max(day, before)
    problem = load_problem(connection, Wanted(standing.programme_id, first, last, frozenset({session_id})))
    session = problem.session_by_id[session_id]
    if session.fixed is None or start <= now:
        raise Refused("This session has begun, or is not agreed any more.")
    moved = Placement(session_id, start, session.fixed.room, session.fixed.juniors)
    free = tuple(replace(each, fixed=None) if each is session else each for each in problem.sessions)
    broken = [
        each
        for each in proposals.broken_by(replace(problem, sessions=free), (moved,), str(standing.senior_id))
        if each.rule is not Rule.ATTENDANCE  # they have been invited, or have booked, as it is
    ]
    if broken:
        raise Refused(_no_such_time(broken, standing.senior_id))
    sessions.change(connection, session_id, start=start)
    kept.change(connection, standing.id, day=day)
    outbox.invite_again(connection, site, session_id, now)
    events.want(connection, site, [session_id], now)


def _no_such_time(broken: list[Violation], senior_id: int) -> str:
    return f"The new time does not work: {proposals.reasons(broken, senior_id)}. You can put it back."


def call_off_one(connection: Connection, site: Site, session_id: str, now: datetime) -> None:
    """Call one agreed session off; the rest of its day stands."""
    standing = _through_which(connection, session_id)
    agreements.call_off_sessions(connection, site, [session_id], now)
    agreements.leave_out(connection, standing.id, [session_id])


def best_other_day(connection: Connection, session_id: str, now: datetime) -> OtherDay | None:
    """The best other day for one agreed session, with the rest of the plan as it is."""
    standing = _through_which(connection, session_id)
    problem, placements = another_day.with_one_free(connection, standing, session_id, now)
    return next(iter(alternatives(problem, placements, str(standing.senior_id), standing.day, most=1)), None)


def propose_instead(
    connection: Connection, site: Site, session_id: str, best: OtherDay, now: datetime
) -> None:
    """Call an agreed session off and propose another day for it; the senior answers that as any other."""
    standing = _through_which(connection, session_id)
    call_off_one(connection, site, session_id, now)
    facts = Facts(why=("everybody in it is free", "nothing agreed has to move"), already_in=best.in_office)
    office = sessions.office_of(connection, session_id)
    draft = NewProposal(standing.senior_id, best.day, office, best.placements, facts)
    instead = proposals.instead_of(best, standing.day)
    added = kept.add_drafts(connection, standing.programme_id, standing.run_id, [draft], now)
    for proposal_id in added:
        kept.change(
            connection,
            proposal_id,
            state=lifecycle.next_proposal_state(ProposalState.DRAFT, ProposalStep.RELEASE),
            refusal=f"It was called off on {words.long_day(standing.day)}. {instead}",
            expires_at=proposals.answer_by(site, best.day, standing.timezone, now),
        )
    outbox.propose(connection, site, kept.records(connection, t.proposal.c.id.in_(added)), now)
    events.want(connection, site, [session_id], now)


def _through_which(connection: Connection, session_id: str) -> Standing:
    """The approved proposal through which a session was agreed."""
    proposal_id = kept.of_session(connection, session_id)
    standing = kept.standing(connection, proposal_id) if proposal_id is not None else None
    if standing is None or standing.state is not ProposalState.APPROVED:
        raise Refused("This session is not agreed any more.")
    return standing
