"""The door: a planning problem in, the best plan that the time allows out, with bounds that hold.

1. Pack greedily (`planner.greedy`), whatever the time: a plan exists from then on, and each step only
   makes it better. To stop halfway would save nothing: a reason for a session that is left out takes
   longer than to place it.
2. Solve each senior alone, nobody competing: how much of theirs can be placed, on how few days.
3. Search large neighbourhoods (`planner.improve`) for the goals down to the seniors' days, and prove
   these: seniors in each other's way are joined, and columns priced (`planner.master`).
4. Search on for the goals below the days.

`planner.campaign` holds the order of 2 to 4.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from planner.bounds import Bounds
from planner.check import check_plan, conflicts_of, office_days, score_of
from planner.domain import Level, Placement, Plan, PlanningProblem, Proof, SeniorProof
from planner.errors import InvalidPlan
from planner.explain import reasons_for_unplaced
from planner.greedy import Arrangement, Packer, agreed_arrangement, placements
from planner.incumbent import Incumbent
from planner.repair import Repair
from planner.slots import CandidateSlots

if TYPE_CHECKING:
    from planner.pool import Pool

log = logging.getLogger(__name__)

#: Kept back from the time to account for a plan: a constant, and so many times what the packed plan took.
FINISH_SECONDS = 0.05
FINISH_MARGIN = 1.5
#: What a search takes before it finds anything; most of it loads CP-SAT. With less time none begins.
START_SECONDS = 1.1

#: The levels whose bounds are worked on.
PROVED = (Level.REACHED, Level.PLACED, Level.SENIOR_DAYS, Level.SHARE)


@dataclass(frozen=True)
class Limits:
    """What a run may use."""

    seconds: float  #: from the call of `propose` to its answer
    workers: int
    clock: Callable[[], float]  #: monotonic, in seconds; the planner owns none


@dataclass(frozen=True)
class Progress:
    """How good the plan is at one level now, and how good one could be at most."""

    level: Level
    value: int
    bound: int | None
    seconds: float


def propose(
    problem: PlanningProblem,
    limits: Limits,
    *,
    progress: Callable[[Progress], None] = lambda _: None,
    cancelled: Callable[[], bool] = lambda: False,
    executor: Executor | None = None,
    previous: Plan | None = None,
    frozen_until: datetime | None = None,
) -> Plan:
    """Plan a window.

    Args:
        progress: hears of every better plan and bound.
        cancelled: asked often once a plan is packed; if true, the best so far is answered with its bounds.
        executor: runs subproblems (`planner.subproblem.solve`); left out, threads of this process do.
        previous: a plan that people know; to move or drop as few of its sessions as can be goes before
            all other goals (`planner.repair`). Sessions that the problem does not have are ignored.
        frozen_until: an aware instant; what starts before it in `previous` stays as it is where it can.

    Returns:
        A plan that has passed `planner.check`. Every well-formed problem has one; it is packed even where
        the time does not suffice for that.
    """
    return Search(problem, limits, progress, cancelled, executor, previous, frozen_until).run()


class Search:
    """One run: its plan so far, its bounds, and its time."""

    def __init__(
        self,
        problem: PlanningProblem,
        limits: Limits,
        progress: Callable[[Progress], None],
        cancelled: Callable[[], bool],
        executor: Executor | None,
        previous: Plan | None = None,
        frozen_until: datetime | None = None,
    ) -> None:
        self.problem = problem
        self._limits = limits
        self._started = limits.clock()
        self._progress = progress
        self._cancelled = cancelled
        self._executor = executor
        self._until = self._started + limits.seconds
        self.slots = CandidateSlots(problem)
        self._previous = previous
        self._repair = None if previous is None else Repair(self.slots, previous, frozen_until)
        self._packer = Packer(self.slots) if self._repair is None else self._repair.restored()
        self.incumbent = Incumbent(self.slots, agreed_arrangement(self.slots))
        self._agreed = self.incumbent.score
        self.bounds = Bounds(self.slots, self._agreed)
        self._seconds_to_finish = 0.0  # known once the packed plan is accounted for
        self._told: dict[Level, tuple[int, int | None]] = {}

    def seconds(self) -> float:
        return self._limits.clock() - self._started

    def stopped(self) -> bool:
        return self._cancelled() or self._seconds_left() <= 0

    def _seconds_left(self) -> float:
        """For the search: what is kept back for reasons, score and check is not counted."""
        return self._until - self._limits.clock() - self._seconds_to_finish

    def run(self) -> Plan:
        self.incumbent = Incumbent(self.slots, self._packer.pack())
        self._tell()
        first = self._account_for_first()
        if self._cancelled() or self._seconds_left() < START_SECONDS:
            return first
        self._search()
        return self._account(self.incumbent.arrangement) or replace(first, seconds=self.seconds())

    def _account_for_first(self) -> Plan:
        """The packed plan, or what was agreed; how long that takes tells how long the last plan will."""
        began = self.seconds()
        packed = self._account(self.incumbent.arrangement)
        self._seconds_to_finish = FINISH_SECONDS + FINISH_MARGIN * (self.seconds() - began)
        if packed is not None:
            return packed
        self.incumbent = Incumbent(self.slots, agreed_arrangement(self.slots))
        plan = self._plan(self.incumbent.arrangement)
        check_plan(self.problem, plan, self._previous)
        return replace(plan, seconds=self.seconds())

    def _search(self) -> None:
        """Phase after phase; each may be cut short by the time."""
        from planner.campaign import Campaign
        from planner.pool import Pool

        with Pool(self._limits.workers, self.stopped, self._executor) as pool:
            if self._repair is not None and not self._repair.settled:
                self._settle(self._repair, pool)
            Campaign(self.slots, self.incumbent, self.bounds, pool, self._tell).run()

    def _settle(self, repair: Repair, pool: Pool) -> None:
        """What is held from now on allows tighter bounds."""
        repair.settle(self.incumbent, pool)
        self.bounds = Bounds(self.slots, self._agreed)
        self._tell()

    def _tell(self) -> None:
        """Report each level that changed."""
        for level in Level:
            known = self._known(level)
            if known is not None and self._told.get(level) != known:
                self._told[level] = known
                self._progress(Progress(level, *known, self.seconds()))

    def _known(self, level: Level) -> tuple[int, int | None] | None:
        """Value and bound of a level; None: it is no goal of this run."""
        if level is not Level.MOVED:
            return self.incumbent.score.at(level), self.bounds.of(level, self.incumbent.score)
        if self._repair is None:
            return None
        return self._repair.count(self.incumbent), self._repair.bound

    def _account(self, arrangement: Arrangement) -> Plan | None:
        """The plan with its account, checked. What fails the check is never handed out."""
        plan = self._plan(arrangement)
        try:
            check_plan(self.problem, plan, self._previous)
        except InvalidPlan:
            log.exception("a plan of %d sessions failed its check: an earlier one stands", len(arrangement))
            return None
        return replace(plan, seconds=self.seconds())

    def _plan(self, arrangement: Arrangement) -> Plan:
        placed = placements(self.slots, arrangement)
        score = score_of(self.problem, placed)
        bounds = [(level, self.bounds.of(level, score)) for level in PROVED]
        proof = tuple(Proof(level, score.at(level), bound) for level, bound in bounds if bound is not None)
        moved = None
        if self._repair is not None:
            moved = self._repair.moves(placed)
            proof = (Proof(Level.MOVED, len(moved), self._repair.bound), *proof)
        return Plan(
            placements=placed,
            unplaced=reasons_for_unplaced(self.problem, placed),
            conflicts=conflicts_of(self.problem, placed),
            moved=moved,
            score=score,
            proof=proof,
            seniors=self._senior_proofs(placed),
        )

    def _senior_proofs(self, placed: tuple[Placement, ...]) -> tuple[SeniorProof, ...]:
        """For each senior with in-person sessions whose own bound is known."""
        days, weight = office_days(self.problem, placed), self._in_person_weights(placed)
        bounds = {senior: self.bounds.of_senior(senior, weight[senior]) for senior in weight}
        return tuple(
            SeniorProof(senior, days.get(senior, 0), bound)
            for senior, bound in bounds.items()
            if bound is not None
        )

    def _in_person_weights(self, placed: tuple[Placement, ...]) -> dict[str, int]:
        """By senior: the weight of what is placed of their in-person sessions, if they have any."""
        weights = {each.senior: 0 for each in self.problem.sessions if each.office is not None}
        for placement in placed:
            session = self.problem.session_by_id[placement.session]
            if session.office is not None:
                weights[session.senior] += session.weight
        return weights
