"""What one person's window could hold, nobody else competing: for saying what a limit of theirs comes to.

A senior's sessions are asked of a whole window. A junior's are asked in two ways: by their own calendar alone
(`own_side`), which tells nothing of anybody else, or at the starts only that suit the others, too
(`common_starts`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from planner.domain import MINUTES_A_DAY, DayHours, Person, Placement, PlanningProblem, Session, WeekHours
from planner.greedy import placements
from planner.scope import make_window
from planner.slots import CandidateSlots, Minutes, SessionSlots
from planner.subproblem import Prices, Pricing, price

ALWAYS = WeekHours((DayHours(0, MINUTES_A_DAY),) * 7)

#: By session: starts, as minutes since 1970 (UTC).
Starts = Mapping[str, Minutes]


@dataclass(frozen=True, slots=True)
class BestAlone:
    """The most that can be placed of somebody's sessions, and the fewest office days of theirs for that.

    Both count what is to be placed: agreed sessions and their days are in neither, and a day on which they
    are in anyway is no office day more.
    """

    sessions: int
    days: int
    proved: bool  #: nothing better is possible
    placements: tuple[Placement, ...] = field(default=(), compare=False)  #: one way to have that


def best_alone(problem: PlanningProblem, senior: str, seconds: float) -> BestAlone | None:
    """Solve a senior's window as a planning run does for its bounds (`planner.campaign`).

    Args:
        seconds: of work by the solver's own account, so that a busy machine finds what a free one does.

    Returns:
        None if nothing was found in the time, or what was agreed breaks a rule.
    """
    slots = CandidateSlots(problem)
    own = [session.id for session in problem.sessions if session.senior == senior]
    return _best(slots, own, senior, seconds)


# --- juniors -------------------------------------------------------------------------------------


def best_as_junior(
    problem: PlanningProblem, junior: str, seconds: float, common: Starts | None = None
) -> BestAlone | None:
    """The same of the sessions that a junior may be invited to: as if every one of them were for them.

    Args:
        problem: what `own_side` made, whoever the junior is in it now.
        common: stand at these starts only; None: at any that suits the junior.
    """
    slots = CandidateSlots(problem)
    slots.of = {key: _without_room(each) for key, each in slots.of.items()}
    if common is not None:
        epoch = _epoch(slots)
        slots.of = {
            key: each if each.fixed else each.only(np.isin(each.starts + epoch, common[key]))
            for key, each in slots.of.items()
        }
    own = [session.id for session in problem.sessions if session.fixed is None]
    return _best(slots, own, junior, seconds)


def own_side(problem: PlanningProblem, junior: str) -> PlanningProblem:
    """What a junior may be invited to, everybody else being free for it at any time, and no room taken.

    What is agreed of their own stands. Rooms must have what the junior needs and keep their closures.
    """
    own = [each for each in problem.sessions if _is_of(each, junior)]
    met = {who for each in own for who in _crowd(each)} - {junior}
    return replace(
        problem,
        people=tuple(
            _side(each) if each.id == junior else _wide_open(problem, each)
            for each in problem.people
            if each.id == junior or each.id in met
        ),
        sessions=tuple(replace(each, juniors=()) if each.fixed else _for_one(each, junior) for each in own),
    )


def common_starts(problem: PlanningProblem, junior: str) -> Starts:
    """When each session that a junior may be invited to suits its senior, enough others and a room.

    The room has what the junior needs, too; of the junior nothing else is asked.
    """
    free = {each.id: _wide_open(problem, each) for each in problem.people if each.id == junior}
    needs = problem.person_by_id[junior].room_needs
    asked = replace(
        problem,
        people=tuple(
            replace(free[each.id], room_needs=needs) if each.id in free else each for each in problem.people
        ),
        sessions=tuple(
            each if each.fixed else replace(each, required=each.required | {junior})
            for each in problem.sessions
            if each.fixed or junior in each.juniors
        ),
    )
    slots = CandidateSlots(asked)
    return {key: each.starts + _epoch(slots) for key, each in slots.of.items() if not each.fixed}


def _is_of(session: Session, junior: str) -> bool:
    """May they be invited to it, or have they agreed to it?"""
    return junior in (session.juniors if session.fixed is None else _crowd(session))


def _crowd(session: Session) -> tuple[str, ...]:
    juniors = session.juniors if session.fixed is None else session.fixed.juniors
    return (session.senior, *juniors)


def _for_one(session: Session, junior: str) -> Session:
    seats = (1, 1 + session.open_seats)
    return replace(session, juniors=(junior,), required=frozenset({junior}), seats=seats, weight=1)


def _side(person: Person) -> Person:
    """Other sessions may make a date worth their trip: of those of a junior nothing of the kind is asked."""
    return replace(person, min_sessions_per_office_day=1)


def _wide_open(problem: PlanningProblem, person: Person) -> Person:
    """The same person, free at any time, in any office."""
    return Person(person.id, person.role, frozenset(problem.office_by_id), person.timezone, ALWAYS)


def _without_room(slots: SessionSlots) -> SessionSlots:
    """Its starts have one already, and whoever is in one session at a time is in one room at a time."""
    if slots.fixed:
        return slots
    session = replace(slots.session, room_use=None)
    return replace(slots, session=session, rooms=(), room_free=slots.room_free[:0])


def _epoch(slots: CandidateSlots) -> int:
    """The minutes since 1970 at which the axis of these slots begins."""
    return int(slots.axis.origin.timestamp()) // 60


# --- solving -------------------------------------------------------------------------------------


def _best(slots: CandidateSlots, own: list[str], who: str, seconds: float) -> BestAlone | None:
    scope = make_window(slots, own)
    to_place = {each.session.id for each in scope.sessions if not each.fixed}
    if not to_place or who not in scope.people:  # who can come to nothing is in no scope
        return BestAlone(0, 0, True)
    more_than_all_days = 1 + sum(each.in_person for each in scope.sessions)
    prices = Prices(day=1, placed=more_than_all_days)
    relaxed = scope.people[who].min_sessions_per_office_day <= 1
    priced = price(Pricing(scope, (who,), seconds, prices, relaxed=relaxed))
    if priced.column is None:
        return None
    cost = priced.column.days - more_than_all_days * priced.column.placed
    chosen = {key: each for key, each in priced.arrangement.items() if key in to_place}
    proved = priced.bound == cost
    return BestAlone(len(chosen), priced.column.days, proved, placements(slots, chosen))
