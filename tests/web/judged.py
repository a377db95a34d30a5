"""The planner's referee over what a site has agreed and asked for."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import date

from planner.domain import Placement, PlanningProblem, Session
from planner.still_fits import broken_beside
from web.site import Site
from web.store.planning import Wanted, load_problem


def rules_broken(
    site: Site, programme_id: int, first: date, last: date, before: Collection[str] = ()
) -> list[str]:
    """Every rule that what is agreed or asked for in these days breaks, as if one plan had just chosen it.

    Sessions `before` count as agreed long ago: they stand whatever they break, and against the rest.
    """
    with site.store.reading() as connection:
        problem = load_problem(connection, Wanted(programme_id, first, last))
    chosen = {s.id for s in problem.sessions if _starts_in(problem, s, first, last)} - set(before)
    placements = [
        Placement(s.id, s.fixed.start, s.fixed.room, s.fixed.juniors)
        for s in problem.sessions
        if s.fixed and s.id in chosen
    ]
    free = tuple(
        replace(s, fixed=None, first_day=first, last_day=last) if s.id in chosen else s
        for s in problem.sessions
        if s.fixed
    )
    return [each.text for each in broken_beside(replace(problem, sessions=free), placements)]


def _starts_in(problem: PlanningProblem, session: Session, first: date, last: date) -> bool:
    return session.fixed is not None and first <= session.fixed.start.date() <= last
