"""What still fits of a plan that was made some time ago, with all that was agreed since counted.

Pure: for the moment between a draft and its release, when other plans may have taken a person's
day, a room, or the last of somebody's sessions.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from planner.check import Rule, Violation, conflicts_of, score_of, violations
from planner.domain import Placement, Plan, PlanningProblem


def agreed(problem: PlanningProblem) -> tuple[Placement, ...]:
    """What stands whatever is planned."""
    return tuple(
        Placement(s.id, s.fixed.start, s.fixed.room, s.fixed.juniors) for s in problem.sessions if s.fixed
    )


def broken_beside(problem: PlanningProblem, placements: Iterable[Placement]) -> list[Violation]:
    """The rules that placements would break beside everything agreed; that others are not placed is none."""
    everything = (*agreed(problem), *placements)
    plan = Plan(everything, conflicts=conflicts_of(problem, everything), score=score_of(problem, everything))
    return [broken for broken in violations(problem, plan) if broken.rule is not Rule.ACCOUNT]


def still_fitting(problem: PlanningProblem, placements: Sequence[Placement]) -> tuple[Placement, ...]:
    """Those of the placements that may be asked for together.

    Where a rule is broken its latest session gives way; a day that is not worth its trip by then goes
    as a whole, and so does what is agreed or no longer due.
    """
    free = {session.id for session in problem.sessions if session.fixed is None}
    left = {each.session: each for each in placements if each.session in free}
    while gone := set(_giving_way(broken_beside(problem, left.values()), left)):
        left = {key: each for key, each in left.items() if key not in gone}
    return tuple(left.values())


def _giving_way(broken: Iterable[Violation], left: Mapping[str, Placement]) -> Iterator[str]:
    for each in broken:
        chosen = [key for key in each.sessions if key in left]
        if chosen:
            yield max(chosen, key=lambda key: (left[key].start, key))
