"""The best plan of a tiny problem by trying all of them; `planner.check` is the judge."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import chain, combinations, product
from math import prod

from planner.check import Rule, conflicts_of, score_of, violations
from planner.domain import Level, Placement, Plan, PlanningProblem, Reasoned, Score, Session

#: Broken rules that another session may mend; every other one stays broken whatever is added.
MENDED_BY_OTHERS = {Rule.WORTH_THE_TRIP, Rule.TRAVEL, Rule.ACCOUNT}


def rank(score: Score) -> tuple[int, ...]:
    """Greater is better, level by level."""
    levels = [level for level in Level if level is not Level.MOVED]
    return tuple(score.at(level) if level.more_is_better else -score.at(level) for level in levels)


def choices(problem: PlanningProblem) -> list[list[Placement | None]]:
    """By session: every placement that breaks no rule on its own, and None."""
    agreed = [
        Placement(s.id, s.fixed.start, s.fixed.room, s.fixed.juniors) for s in problem.sessions if s.fixed
    ]
    return [_choices(problem, session, agreed) for session in problem.sessions]


def count(options: list[list[Placement | None]]) -> int:
    return prod(len(each) for each in options)


def best_score(problem: PlanningProblem, options: list[list[Placement | None]]) -> Score:
    return max(scores(problem, options), key=rank)


def scores(problem: PlanningProblem, options: list[list[Placement | None]]) -> Iterator[Score]:
    """Of every plan that keeps every rule."""
    return (score_of(problem, placements) for placements in kept_plans(problem, options))


def kept_plans(problem: PlanningProblem, options: list[list[Placement | None]]) -> Iterator[list[Placement]]:
    """Every choice of the options that keeps every rule."""
    plans = ([each for each in chosen if each] for chosen in product(*options))
    return (placements for placements in plans if not _broken(problem, placements))


def _broken(problem: PlanningProblem, placements: list[Placement]) -> set[Rule]:
    placed = {each.session for each in placements}
    left = tuple(Reasoned(s.id, "left out") for s in problem.sessions if s.id not in placed)
    conflicts, score = conflicts_of(problem, placements), score_of(problem, placements)
    plan = Plan(tuple(placements), left, conflicts, score=score)
    return {violation.rule for violation in violations(problem, plan)}


def _choices(problem: PlanningProblem, session: Session, agreed: list[Placement]) -> list[Placement | None]:
    others = [each for each in agreed if each.session != session.id]
    able = [
        each
        for each in _placements(problem, session)
        if not _broken(problem, [*others, each]) - MENDED_BY_OTHERS
    ]
    return able if session.fixed else [None, *able]


def _placements(problem: PlanningProblem, session: Session) -> Iterator[Placement]:
    if session.fixed:
        joiners = [
            who for who in session.juniors if who not in session.fixed.juniors and who != session.senior
        ]
        for crowd in _subsets(joiners):
            yield Placement(
                session.id, session.fixed.start, session.fixed.room, (*session.fixed.juniors, *crowd)
            )
        return
    rooms = [room.id for room in problem.rooms] if session.room_use else [None]
    crowds = [crowd for crowd in _subsets(session.juniors) if session.required <= set(crowd)]
    for start, room, crowd in product(_starts(problem), rooms, crowds):
        yield Placement(session.id, start, room, crowd)


def _subsets(people: tuple[str, ...] | list[str]) -> Iterator[tuple[str, ...]]:
    return chain.from_iterable(combinations(people, size) for size in range(len(people) + 1))


def _starts(problem: PlanningProblem) -> Iterator[datetime]:
    """Every start that may be on the grid and in the window somewhere on Earth."""
    first = datetime(problem.first_day.year, problem.first_day.month, problem.first_day.day, tzinfo=UTC)
    step = 30 if problem.grid_minutes % 30 == 0 else 15
    for n in range(((problem.last_day - problem.first_day).days + 3) * 1440 // step):
        yield first - timedelta(days=1) + timedelta(minutes=step * n)
