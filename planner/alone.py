"""What one senior's window could hold, nobody else competing: for saying what a limit of theirs comes to."""

from __future__ import annotations

from dataclasses import dataclass

from planner.domain import PlanningProblem
from planner.scope import make_window
from planner.slots import CandidateSlots
from planner.subproblem import Prices, Pricing, price


@dataclass(frozen=True, slots=True)
class BestAlone:
    """The most that can be placed of a senior's sessions, and the fewest office days for that.

    Both count what is to be placed: agreed sessions and their days are in neither, and a day on which the
    senior is in anyway is no office day more.
    """

    sessions: int
    days: int
    proved: bool  #: nothing better is possible


def best_alone(problem: PlanningProblem, senior: str, seconds: float) -> BestAlone | None:
    """Solve a senior's window as a planning run does for its bounds (`planner.campaign`).

    Args:
        seconds: of work by the solver's own account, so that a busy machine finds what a free one does.

    Returns:
        None if nothing was found in the time, or what was agreed breaks a rule.
    """
    slots = CandidateSlots(problem)
    own = [session.id for session in problem.sessions if session.senior == senior]
    scope = make_window(slots, own)
    to_place = {each.session.id for each in scope.sessions if not each.fixed}
    if not to_place:
        return BestAlone(0, 0, True)
    more_than_all_days = 1 + sum(each.in_person for each in scope.sessions)
    priced = price(Pricing(scope, (senior,), seconds, Prices(day=1, placed=more_than_all_days)))
    if priced.column is None:
        return None
    cost = priced.column.days - more_than_all_days * priced.column.placed
    return BestAlone(len(to_place & priced.arrangement.keys()), priced.column.days, priced.bound == cost)
