"""Another day for a proposal: which there are, what each costs, and why not one that was asked for.

For the operations that know who asks; the rest of the plan is held as it is.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import Connection

from planner.alternatives import OtherDay
from planner.alternatives import other_days as alternatives
from planner.domain import Placement, PlanningProblem
from planner.explain import why_not_moved
from planner.lifecycle import ProposalState
from web import words
from web.errors import NotFound
from web.records import OtherDayRecord, PersonRef, ProposalRecord, WhyNotRecord
from web.store import people, runs
from web.store import proposals as kept
from web.store import rooms as kept_rooms
from web.store.planning import Wanted, load_problem
from web.store.proposals import Standing

#: How many other days are offered.
MOST = 5


def choices(connection: Connection, proposal_id: int, now: datetime) -> tuple[OtherDayRecord, ...]:
    standing = kept.standing(connection, proposal_id)
    record = kept.one(connection, proposal_id)
    if standing is None or record is None:
        raise NotFound
    problem, placements = with_the_rest_fixed(connection, standing, now)
    found = alternatives(problem, placements, str(standing.senior_id), standing.day, MOST)
    return shown(connection, record, found, now)


def shown(
    connection: Connection, record: ProposalRecord, found: Collection[OtherDay], now: datetime
) -> tuple[OtherDayRecord, ...]:
    """Other days with the names of what is on them, for the page of a day."""
    rooms = {room.id: room.name for room in kept_rooms.records(connection, now)}
    refs = people.refs(connection, {int(who) for o in found for p in o.placements for who in p.juniors})
    return tuple(_other_day(record, each, rooms, refs) for each in found)


def with_the_rest_fixed(
    connection: Connection, standing: Standing, now: datetime
) -> tuple[PlanningProblem, list[Placement]]:
    """The window of a proposal's plan from tomorrow on, with this proposal's sessions free to move.

    Beside a draft stand the other drafts of its run.
    """
    first, last = _window(connection, standing, now)
    chosen = [p for p in standing.placements if p.session not in standing.left_out]
    chosen += _other_drafts(connection, standing)
    wanted = replace(only(standing, first, last), sessions=frozenset(p.session for p in chosen))
    problem = load_problem(connection, wanted)
    agreed = _fixed(problem)
    movable = {session.id for session in problem.sessions if session.fixed is None}
    return problem, [*agreed, *(p for p in chosen if p.session in movable)]


def with_agreed_free(
    connection: Connection, standing: Standing, agreed: Collection[Placement], first: date
) -> tuple[PlanningProblem, list[Placement]]:
    """The window from `first` on with everything fixed but some agreed sessions, which keep their people."""
    last = max(_window(connection, standing, datetime.combine(first, time(), UTC))[1], standing.day)
    ids = frozenset(placement.session for placement in agreed)
    problem = load_problem(connection, Wanted(standing.programme_id, first, last, ids, again=ids))
    there = [p for p in agreed if p.session in problem.session_by_id]  # not where its people are away
    return problem, [*_fixed(problem), *there]


def _fixed(problem: PlanningProblem) -> list[Placement]:
    return [
        Placement(s.id, s.fixed.start, s.fixed.room, s.fixed.juniors) for s in problem.sessions if s.fixed
    ]


def _window(connection: Connection, standing: Standing, now: datetime) -> tuple[date, date]:
    first, last = runs.window_of(connection, standing.run_id) if standing.run_id else (standing.day,) * 2
    tomorrow = (now + timedelta(days=1)).date()
    return max(first, tomorrow), max(last, tomorrow)


def _other_drafts(connection: Connection, standing: Standing) -> list[Placement]:
    if standing.state is not ProposalState.DRAFT:
        return []
    others = kept.drafts_of(connection, standing.run_id) if standing.run_id is not None else []
    ids = [each for each in others if each != standing.id]
    return [placement for each in ids for placement in kept.placements(connection, each)]


def only(standing: Standing, first: date, last: date) -> Wanted:
    sessions = frozenset(p.session for p in standing.placements if p.session not in standing.left_out)
    return Wanted(standing.programme_id, first, last, sessions, frozenset({standing.id}))


def _other_day(
    record: ProposalRecord, other: OtherDay, rooms: Mapping[str, str], refs: Mapping[int, PersonRef]
) -> OtherDayRecord:
    before = {session.id: session for session in record.sessions}
    shown = [
        replace(
            before[p.session],
            start=p.start,
            room=rooms.get(p.room or ""),
            juniors=tuple(refs[int(who)] for who in p.juniors),
        )
        for p in other.placements
    ]
    return OtherDayRecord(
        day=other.day,
        sessions=tuple(sorted(shown, key=lambda session: session.start)),
        left_out=tuple(words.session_name(before[one]) for one in other.left_out),
        extra_trips=other.extra_trips,
        timezone=record.timezone,
    )


# --- why not that day ----------------------------------------------------------------------------


def why_not(
    connection: Connection, proposal_id: int, day: date | None, now: datetime, in_full: bool
) -> WhyNotRecord:
    standing = kept.standing(connection, proposal_id)
    if standing is None:
        raise NotFound
    first, last = _window(connection, standing, now)
    if day is None:
        return WhyNotRecord(first, last)
    if not first <= day <= last:
        return WhyNotRecord(first, last, day, (_outside(first, last),))
    problem, placements = with_the_rest_fixed(connection, standing, now)
    senior = str(standing.senior_id)
    refs = people.refs(connection, {int(person.id) for person in problem.people})
    names = {str(who): ref.name for who, ref in refs.items()} if in_full else {}
    offices = kept_rooms.office_names(connection)
    says = why_not_moved(
        problem,
        placements,
        senior,
        standing.day,
        day,
        names | offices,
        sessions=_names_of_sessions(problem, placements, senior, refs, in_full),
        viewer=None if in_full else senior,
        discreet=True,
    )
    return WhyNotRecord(first, last, day, says)


def _outside(first: date, last: date) -> str:
    if first == last:
        return f"this plan looks at {words.long_day(first)} only"
    return (
        f"this plan looks at the days from {words.long_day(first)} to {words.long_day(last)}; "
        "please ask about one of them"
    )


def _names_of_sessions(
    problem: PlanningProblem,
    placements: Iterable[Placement],
    senior: str,
    refs: Mapping[int, PersonRef],
    in_full: bool,
) -> dict[str, str]:
    """ "Lunch for two at 12:00": a senior's own, which name nobody; an admin's all, with whose they are."""
    found = {}
    for placement in placements:
        session = problem.session_by_id[placement.session]
        name = f"{words.KINDS[session.kind]} at {words.clock(placement.start, problem.zone_of(session))}"
        if session.senior == senior:
            found[session.id] = name
        elif in_full or senior in placement.juniors:
            found[session.id] = f"{name} of {refs[int(session.senior)].name}"
    return found
