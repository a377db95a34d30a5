"""officeday's way: each week what is due is worked out, planned, asked for, answered and held.

On the Friday before each week the real `planner.demand` and planner make a plan of the four weeks from
Monday on, beside everything agreed so far. Seniors answer each day; who reads mail may decline; what came
to nothing gives its need back. No plan is used that has not passed `planner.check`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Executor, Future
from dataclasses import dataclass, replace
from datetime import date, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from planner.alternatives import other_days
from planner.demand import Demand, demand
from planner.domain import Agreement, Person, Placement, Plan, PlanningProblem, Session
from planner.programme import Ahead, Held, Lost, Programme
from planner.simulation.company import A_DAY, WINDOW, Company
from planner.simulation.history import HeldSession, History
from planner.simulation.people import Answer, Cast
from planner.solve import Limits, propose

#: A junior's most sessions are counted over so many days.
LIMIT = timedelta(days=28)

#: Makes a plan of a problem.
Planner = Callable[[PlanningProblem], Plan]


class CountedSteps(Executor):
    """Runs subproblems (`planner.subproblem.solve`) at once, one after the other, and counts them.

    As the planner's clock it makes a limit of steps out of a limit of seconds, and each subproblem ends by
    its solver's own account of its work alone: every machine, however busy, finds the same plan.
    """

    def __init__(self) -> None:
        self.done = 0

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        self.done += 1
        future: Future[Any] = Future()
        future.set_result(fn(*args, _without_clock, **kwargs))
        return future

    def clock(self) -> float:
        return float(self.done)


def _without_clock(solver: Any) -> None:
    solver.parameters.max_time_in_seconds = math.inf


def plan_in_steps(steps: int, problem: PlanningProblem) -> Plan:
    """The best plan after so many subproblems; with none, the packed one."""
    counted = CountedSteps()
    return propose(problem, Limits(steps, 1, counted.clock), executor=counted)


@dataclass(frozen=True)
class _Agreed:
    """A session that its senior agreed to, with who has a seat."""

    session: Session
    placement: Placement
    day: date

    def with_juniors(self, juniors: tuple[str, ...]) -> _Agreed:
        return replace(self, placement=replace(self.placement, juniors=juniors))

    def as_if_due(self) -> Session:
        """The same session for the same people, on any of its days."""
        juniors = self.placement.juniors
        return replace(
            self.session,
            juniors=juniors,
            required=frozenset(juniors),
            seats=(len(juniors), len(juniors)),
            open_seats=0,
        )

    def as_fixed(self) -> Session:
        juniors = self.placement.juniors
        most = max(self.session.seats[1], len(juniors))
        return replace(
            self.session,
            juniors=juniors,
            required=frozenset(),
            seats=(1, most),
            open_seats=min(self.session.open_seats, most - len(juniors)),
            fixed=Agreement(self.placement.start, self.placement.room, juniors),
        )


def play_weekly_cycle(company: Company, cast: Cast, random: Random, planner: Planner) -> History:
    """All weeks of a company under officeday."""
    cycle = _Cycle(company, cast, random, planner)
    for week in range(company.weeks):
        cycle.plan(week)
        cycle.hold(week)
    return cycle.history


class _Cycle:
    def __init__(self, company: Company, cast: Cast, random: Random, planner: Planner) -> None:
        self.company, self.cast, self.random, self.planner = company, cast, random, planner
        self.history = History()
        self._held: list[Held] = []
        self._lost: list[Lost] = []
        self._unplaced: list[Lost] = []  # of the last plan only: others may have time
        self._ahead: dict[str, _Agreed] = {}
        self._spent: set[str] = set()
        self._drawn: dict[str, str] = {}

    # --- planning

    def plan(self, week: int) -> None:
        first = self.company.monday(week)
        owed = demand(
            self._programme(), first, first + WINDOW - A_DAY, self.random.randrange(2**31), self._drawn
        )
        problem = self._problem(first, owed)
        plan = self.planner(problem)
        standing = {each.session: each for each in plan.placements}
        self._unplaced = [
            Lost(one.kind, one.senior, who, first)
            for each in plan.unplaced
            for one in (problem.session_by_id[each.session],)
            for who in one.juniors
        ]
        for senior, day in sorted(_days_asked_for(problem, plan)):
            self._answer(problem, standing, senior, day)
        self._drawn = {one.id: one.senior for one in owed.due if one.id not in self._spent}

    def _programme(self) -> Programme:
        ahead = [
            Ahead(key, one.session.kind, one.session.senior, one.placement.juniors, one.day)
            for key, one in self._ahead.items()
        ]
        return replace(
            self.company.programme,
            held=tuple(self._held),
            ahead=tuple(ahead),
            lost=(*self._lost, *self._unplaced),
            spent=frozenset(self._spent),
        )

    def _problem(self, first: date, owed: Demand) -> PlanningProblem:
        fixed = [one.as_fixed() for one in self._ahead.values()]
        sessions = sorted([*fixed, *owed.due], key=lambda one: one.id)
        window = self.company.window(first)
        people = tuple(self._as_they_stand(one, first, owed.needs) for one in window.people)
        return replace(window, people=people, sessions=tuple(sessions))

    def _as_they_stand(self, one: Person, first: date, needs: Mapping[str, int]) -> Person:
        left = one.max_sessions
        if left is not None:
            left -= sum(one.id in each.juniors for each in self._held if each.day > first - LIMIT)
            left = max(0, left)
        return replace(one, need=needs.get(one.id, 1), max_sessions=left)

    # --- answers

    def _answer(
        self, problem: PlanningProblem, standing: dict[str, Placement], senior: str, day: date
    ) -> None:
        """What a senior says to a day, and what its juniors do then."""
        asked = [
            each
            for each in standing.values()
            if _is_new(problem, each) and _whose_day(problem, each) == (senior, day)
        ]
        said = self.cast.answer(senior, self.random)
        agreed = list(asked) if said is Answer.APPROVE else []
        if said is Answer.ANOTHER_DAY:
            others = other_days(problem, standing.values(), senior, day, most=1)
            agreed = list(others[0].placements) if others else []
        for each in asked:
            del standing[each.session]
        standing.update({each.session: each for each in agreed})
        for each in agreed:
            self._agree(problem, each)
        taken = {each.session for each in agreed}
        for each in asked:
            if each.session not in taken:
                self._lose(problem.session_by_id[each.session], each.juniors, day)

    def _agree(self, problem: PlanningProblem, placement: Placement) -> None:
        session = problem.session_by_id[placement.session]
        day = _whose_day(problem, placement)[1]
        declined = tuple(who for who in placement.juniors if self.cast.declines(who, self.random))
        left = tuple(who for who in placement.juniors if who not in declined)
        self._spent.add(session.id)
        self._lose(session, declined, day)
        if left:
            self._ahead[session.id] = _Agreed(session, placement, day).with_juniors(left)

    def _lose(self, session: Session, juniors: Iterable[str], day: date) -> None:
        self._lost += [Lost(session.kind, session.senior, who, day) for who in juniors]

    # --- the sessions

    def hold(self, week: int) -> None:
        """The sessions of one week: who comes, and which seniors came in for it."""
        until = self.company.monday(week + 1)
        over = {key: one for key, one in self._ahead.items() if one.day < until}
        for key, one in sorted(over.items()):
            del self._ahead[key]
            self._hold_one(week, one)

    def _hold_one(self, week: int, one: _Agreed) -> None:
        session, seated = one.session, one.placement.juniors
        if session.office is not None:
            self.history.agreed.append((one.as_if_due(), one.day))
        off = self.cast.calls_off(self.random)
        came = () if off else tuple(who for who in seated if self.cast.shows_up(who, self.random))
        self._lose(session, (who for who in seated if who not in came), one.day)
        senior = self.company.problem.person_by_id[session.senior]
        if session.office is not None and not off and one.day not in senior.in_office:
            self.history.office_days.add((session.senior, one.day))
        if came:
            self._held.append(Held(session.kind, session.senior, came, one.day))
            self.history.held.append(HeldSession(week, session.senior, came, session.office is not None))


def _is_new(problem: PlanningProblem, placement: Placement) -> bool:
    return problem.session_by_id[placement.session].fixed is None


def _whose_day(problem: PlanningProblem, placement: Placement) -> tuple[str, date]:
    session = problem.session_by_id[placement.session]
    return session.senior, placement.start.astimezone(ZoneInfo(problem.zone_of(session))).date()


def _days_asked_for(problem: PlanningProblem, plan: Plan) -> set[tuple[str, date]]:
    return {_whose_day(problem, each) for each in plan.placements if _is_new(problem, each)}
