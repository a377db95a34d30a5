"""Changing one session of a day, proposed or agreed, while the rest of the day stands."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from planner import lifecycle
from planner.alternatives import OtherDay, refit
from planner.alternatives import other_days as alternatives
from planner.check import Rule, Violation
from planner.domain import Placement, PlanningProblem
from planner.lifecycle import ProposalState, ProposalStep
from web import words
from web.errors import Refused
from web.operations import agreements, another_day, events, outbox, proposals
from web.site import Site
from web.store import day_questions, sessions
from web.store import proposals as kept
from web.store import tables as t
from web.store.planning import Wanted, load_problem
from web.store.proposals import Facts, NewProposal, Standing

DAY = timedelta(days=1)


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
    agreed = [each.placement for each in day_questions.standing(connection, [session_id], now)]
    problem, placements = another_day.with_agreed_free(connection, standing, agreed, now.date() + DAY)
    return next(iter(alternatives(problem, placements, str(standing.senior_id), standing.day, most=1)), None)


def least_change(connection: Connection, session_id: str, now: datetime) -> Placement | None:
    """Where else an agreed session could be with everybody in it, the rest of the plan as it is.

    The same day at another time comes first, then another day; nothing that begins inside the freeze.
    """
    standing = _through_which(connection, session_id)
    agreed = day_questions.standing(connection, [session_id], now)
    if not agreed:
        return None
    from_then = now + timedelta(hours=agreed[0].freeze_hours)
    first = max(from_then.date(), now.date() + DAY)
    problem, placements = another_day.with_agreed_free(connection, standing, [agreed[0].placement], first)
    problem = _everybody_stays(problem, session_id)
    senior = str(standing.senior_id)
    same_day = refit(problem, placements, senior, standing.day)
    others = alternatives(problem, placements, senior, standing.day, most=another_day.MOST)
    found = [p for each in (same_day, *others) if each is not None for p in each.placements]
    return next((p for p in found if p.start >= from_then and p.start != agreed[0].start), None)


def _everybody_stays(problem: PlanningProblem, session_id: str) -> PlanningProblem:
    """The problem with everybody in one session needed there."""
    sessions = tuple(
        replace(each, required=frozenset(each.juniors), seats=(max(1, len(each.juniors)), each.seats[1]))
        if each.id == session_id
        else each
        for each in problem.sessions
    )
    return replace(problem, sessions=sessions)


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
