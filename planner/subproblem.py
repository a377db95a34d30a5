"""One scope to plan, and the answer: plain values that can be sent to another process.

A subproblem states its objective as stages. The levels of one stage are settled together,
lexicographically, by weights that no sum of lower levels can outweigh; each stage is held before
the next begins.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ortools.sat.python import cp_model

from planner.domain import Level
from planner.greedy import Arrangement
from planner.model import Expression, PlanModel
from planner.scope import Scope
from planner.slots import SessionSlots

Stage = tuple[Level, ...]

#: What LNS settles together first: the goals that decide how many days are asked of seniors.
MAIN: Stage = (Level.REACHED, Level.PLACED, Level.SENIOR_DAYS)
TURNS: Stage = (Level.SHARE, Level.JUNIOR_DAYS)
GAPS: Stage = (Level.IDLE,)

#: A solver's own account of its work ends it, so that a busy machine finds what a free one does; the clock
#: ends it after so many times as long.
PATIENCE = 5.0

#: Prices are whole numbers: this many to one office day of a senior.
PRICE_SCALE = 1000


@dataclass(frozen=True)
class Prices:
    """What a window is charged and what it earns, in units of `PRICE_SCALE` to an office day.

    It is charged `day` for each office day of its seniors and `turns` for each session that a junior attends
    in it; it earns `placed` for each weight placed and `reached` for each junior in it.
    """

    day: int
    placed: int = 0
    reached: Mapping[str, int] = field(default_factory=dict)
    turns: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Floor:
    """No window of these seniors costs less than `bound` at these prices, whatever stands beside it."""

    seniors: tuple[str, ...]
    counted: tuple[str, ...]  #: those whose days count
    prices: Prices
    bound: int


@dataclass(frozen=True, eq=False)
class Target:
    """A window that these seniors are to have: no more days, no less placed, these juniors met."""

    seniors: tuple[str, ...]
    counted: tuple[str, ...]  #: those whose days count
    days: int
    placed: int
    reached: frozenset[str]


@dataclass(frozen=True, eq=False)
class Neighbourhood:
    """Plan a scope as well as possible from a plan that is known; without stages, in any way at all.

    Floors and targets are of seniors all of whose sessions are in the scope.
    """

    scope: Scope
    stages: tuple[Stage, ...]
    hint: Arrangement
    seconds: float
    workers: int = 1  #: more than one: the solver's whole portfolio, for few and hard subproblems
    floors: tuple[Floor, ...] = ()
    targets: tuple[Target, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """The scope as planned, or None if nothing was found in the time; `proved`: no stage can be better."""

    arrangement: Arrangement | None
    proved: bool = False


@dataclass(frozen=True, eq=False)
class Pricing:
    """The cheapest window of a cluster of seniors, nobody else competing.

    `least_placed` and `must_reach` bar windows that could be in no plan.
    """

    scope: Scope
    seniors: tuple[str, ...]  #: those whose days count
    seconds: float
    prices: Prices
    scarce: frozenset[str] = frozenset()  #: juniors whose turns the column is to count
    least_placed: int = 0  #: weight placed, sessions agreed before left out
    must_reach: frozenset[str] = frozenset()
    relaxed: bool = False  #: prove by the linear relaxation, which is strong where any trip is worth it


@dataclass(frozen=True, slots=True)
class Column:
    """One cluster's whole window, by what it gives and costs."""

    days: int
    placed: int
    reached: frozenset[str]
    turns: frozenset[tuple[str, int]] = frozenset()  #: (junior, sessions attended), of scarce juniors

    def cost(self, level: Level) -> int:
        """What it adds to a level, the less the better; whom it reaches is for the master to count."""
        if level is Level.SENIOR_DAYS:
            return self.days
        return -self.placed if level is Level.PLACED else 0


@dataclass(frozen=True, slots=True)
class Priced:
    """`bound`: no window of the cluster costs less; None if nothing is known, or no window exists."""

    column: Column | None
    bound: int | None
    infeasible: bool = False
    arrangement: Arrangement = field(default_factory=dict)  #: of the column


@dataclass(frozen=True, eq=False)
class Choice:
    """Choose a window for each cluster among columns that are known, for one level; then fewest changes.

    The first column of each cluster is the one in the plan. What couples clusters otherwise is left
    out, so a choice may not be one that a plan can have; `barred` names choices that were tried.
    """

    level: Level  #: `placed` or `senior_days`
    columns: tuple[tuple[Column, ...], ...]  #: by cluster
    need: Mapping[str, int]
    least_reached: int
    least_placed: int
    turns_left: Mapping[str, int]  #: of scarce juniors
    barred: tuple[tuple[tuple[int, int], ...], ...]  #: each: (cluster, column) pairs not all at once
    seconds: float


@dataclass(frozen=True, slots=True)
class Chosen:
    """By cluster: which column; None if nothing was found."""

    columns: tuple[int, ...] | None


Watch = Callable[[Any], None]


def solve_neighbourhood(task: Neighbourhood, watch: Watch | None = None) -> Answer:
    """Settle stage after stage; what a stage found is the start of the next."""
    plan = PlanModel(task.scope)
    for floor in task.floors:
        _hold(plan, floor)
    for target in task.targets:
        _aim(plan, target)
    best: Arrangement | None = None
    hint, proved = task.hint, True
    stages = task.stages or ((),)
    share = task.seconds / len(stages)
    for stage in stages:
        objective, terms = _staged(plan, stage, hint)
        plan.model.maximize(objective)
        plan.hint(hint)
        solver = _solver(share) if task.workers == 1 else _portfolio(share, task.workers)
        status = _run(solver, plan, watch)
        if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
            return Answer(best)
        proved = proved and status == cp_model.OPTIMAL
        best = hint = plan.arrangement(solver.boolean_value)
        for level, term in terms:
            value = solver.value(term)
            plan.model.add(term >= value if level.more_is_better else term <= value)
    return Answer(best, proved)


def _staged(plan: PlanModel, stage: Stage, hint: Arrangement) -> tuple[Expression, list[tuple[Level, Any]]]:
    """The levels of a stage, sessions moved before them, as one expression to maximise, and one by one."""
    if stage == GAPS:
        idle = plan.idle(hint)
        return -idle, [(Level.IDLE, idle)]
    terms = [(level, plan.goal(level)) for level in dict.fromkeys((Level.MOVED, *stage))]
    objective: Expression = 0
    weight = 1
    for level, term in reversed(terms):
        objective += weight * term if level.more_is_better else -weight * term
        weight *= plan.most(level) + 1
    return objective, terms


def price(task: Pricing, watch: Watch | None = None) -> Priced:
    """Solve one pricing problem. The bound is the solver's own, so it holds at any time."""
    plan = PlanModel(task.scope)
    reached = plan.reached()
    for who in task.must_reach:
        if who not in reached:
            return Priced(None, None, infeasible=True)
        plan.model.add_bool_and([reached[who]])
    placed = plan.goal(Level.PLACED)
    days = sum(plan.office_days_of(senior) for senior in task.seniors)
    if task.least_placed:
        plan.model.add(placed >= task.least_placed)
    gains = sum(prize * reached[who] for who, prize in task.prices.reached.items() if who in reached)
    fees = _fees(plan, task.scope.sessions, task.prices)
    plan.model.minimize(task.prices.day * days - task.prices.placed * placed - gains + fees)
    solver = _solver(task.seconds)
    solver.parameters.linearization_level = 2 if task.relaxed else 0
    status = _run(solver, plan, watch)
    if status == cp_model.INFEASIBLE:
        return Priced(None, None, infeasible=True)
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return Priced(None, None)
    arrangement = plan.arrangement(solver.boolean_value)
    turns = turns_taken(task.scope, arrangement)
    column = Column(
        days=int(solver.value(days)),
        placed=int(solver.value(placed)),
        reached=frozenset(who for who in reached if turns[who]),
        turns=frozenset((who, count) for who, count in turns.items() if who in task.scarce),
    )
    return Priced(column, _floor(solver.best_objective_bound), arrangement=arrangement)


def _fees(plan: PlanModel, sessions: Iterable[SessionSlots], prices: Prices) -> Expression:
    """What the turns in these sessions are charged."""
    return sum(
        prices.turns[who] * plan.attends[slots.session.id, who]
        for slots in sessions
        for who in slots.juniors
        if prices.turns.get(who, 0)
    )


def _hold(plan: PlanModel, floor: Floor) -> None:
    """Tell the solver what it would be long in finding out: each of these seniors costs so much."""
    sessions = [slots for slots in plan.scope.sessions if slots.session.senior in floor.seniors]
    prices = floor.prices
    gains: Expression = 0
    for who in dict.fromkeys(who for slots in sessions for who in slots.juniors):
        if prices.reached.get(who, 0):
            met = plan.model.new_bool_var("")
            for slots in sessions:
                if who in slots.juniors:
                    plan.model.add_implication(plan.attends[slots.session.id, who], met)
            gains += prices.reached[who] * met
    days = sum(plan.office_days_of(senior) for senior in floor.counted)
    placed = plan.weight_of(sessions)
    fees = _fees(plan, sessions, prices)
    plan.model.add(prices.day * days - prices.placed * placed - gains + fees >= floor.bound)


def _aim(plan: PlanModel, target: Target) -> None:
    sessions = [slots for slots in plan.scope.sessions if slots.session.senior in target.seniors]
    plan.model.add(sum(plan.office_days_of(senior) for senior in target.counted) <= target.days)
    plan.model.add(plan.weight_of(sessions) >= target.placed)
    for who in target.reached:
        plan.model.add_bool_or(
            [plan.attends[slots.session.id, who] for slots in sessions if who in slots.juniors]
        )


def turns_taken(scope: Scope, arrangement: Arrangement) -> Counter[str]:
    """How many sessions of a scope each junior attends, beyond what was agreed before."""
    return Counter(
        who
        for slots in scope.sessions
        if (seating := arrangement.get(slots.session.id)) is not None
        for who in seating.juniors
        if who not in slots.agreed
    )


def choose(task: Choice, watch: Watch | None = None) -> Chosen:
    """The restricted master in whole numbers."""
    model = cp_model.CpModel()
    chosen = [[model.new_bool_var("") for _ in columns] for columns in task.columns]
    for row in chosen:
        model.add_exactly_one(row)
    every = [
        (literal, column)
        for row, columns in zip(chosen, task.columns, strict=True)
        for literal, column in zip(row, columns, strict=True)
    ]
    met: dict[str, list[Any]] = {who: [] for who in task.need}
    for literal, column in every:
        for who in column.reached & task.need.keys():
            met[who].append(literal)
    reached = {who: model.new_bool_var("") for who in met}
    for who, literals in met.items():
        model.add_bool_or([*literals, ~reached[who]])
    model.add(sum(task.need[who] * literal for who, literal in reached.items()) >= task.least_reached)
    model.add(sum(column.placed * literal for literal, column in every) >= task.least_placed)
    taken: dict[str, list[Any]] = {who: [] for who in task.turns_left}
    for literal, column in every:
        for who, count in column.turns:
            taken[who].append(count * literal)
    for who, terms in taken.items():
        model.add(sum(terms) <= task.turns_left[who])
    for pairs in task.barred:
        model.add_bool_or([~chosen[cluster][column] for cluster, column in pairs])
    cost = sum(column.cost(task.level) * literal for literal, column in every)
    changes = sum(~row[0] for row in chosen)
    model.minimize((len(chosen) + 1) * cost + changes)
    for row in chosen:
        for n, literal in enumerate(row):
            model.add_hint(literal, n == 0)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    _limit(solver, task.seconds)
    if watch is not None:
        watch(solver)
    if solver.solve(model) not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return Chosen(None)
    return Chosen(
        tuple(next(n for n, each in enumerate(row) if solver.boolean_value(each)) for row in chosen)
    )


def _floor(bound: float) -> int:
    """The whole number that a minimisation's bound proves: objectives here are whole numbers."""
    return int(-(-(bound - 1e-6) // 1))


def _solver(seconds: float) -> Any:
    """Small models, many of them: little presolve, one thread, no linear relaxation."""
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    _limit(solver, seconds)
    solver.parameters.cp_model_probing_level = 0
    solver.parameters.symmetry_level = 0
    solver.parameters.max_presolve_iterations = 1
    solver.parameters.linearization_level = 0
    return solver


def _portfolio(seconds: float, workers: int) -> Any:
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = max(workers, 4)
    _limit(solver, seconds)
    return solver


def _limit(solver: Any, seconds: float) -> None:
    solver.parameters.max_deterministic_time = seconds
    solver.parameters.max_time_in_seconds = PATIENCE * seconds


def _run(solver: Any, plan: PlanModel, watch: Watch | None) -> Any:
    # Or each search would leave the process deaf to its own handler: Ctrl-C would end it without a plan.
    solver.parameters.catch_sigint_signal = False
    if watch is not None:
        watch(solver)
    return solver.solve(plan.model)


Task = Neighbourhood | Pricing | Choice
Result = Answer | Priced | Chosen


def solve(task: Task, watch: Watch | None = None) -> Result:
    """What an executor runs."""
    if isinstance(task, Pricing):
        return price(task, watch)
    return choose(task, watch) if isinstance(task, Choice) else solve_neighbourhood(task, watch)
