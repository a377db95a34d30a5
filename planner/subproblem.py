"""One scope to plan, and the answer: plain values that can be sent to another process.

A subproblem states its objective as stages. The levels of one stage are settled together,
lexicographically, by weights that no sum of lower levels can outweigh; each stage is held before
the next begins.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ortools.sat.python import cp_model

from planner.domain import Level
from planner.greedy import Arrangement
from planner.model import Expression, PlanModel
from planner.scope import Scope

Stage = tuple[Level, ...]

#: What LNS settles together first: the goals that decide how many days are asked of seniors.
MAIN: Stage = (Level.REACHED, Level.PLACED, Level.SENIOR_DAYS)
TURNS: Stage = (Level.SHARE, Level.JUNIOR_DAYS)
GAPS: Stage = (Level.IDLE,)

#: Prices are whole numbers: this many to one office day of a senior.
PRICE_SCALE = 1000


@dataclass(frozen=True, eq=False)
class Neighbourhood:
    """Plan a scope as well as possible from a plan that is known."""

    scope: Scope
    stages: tuple[Stage, ...]
    hint: Arrangement
    seconds: float
    workers: int = 1  #: more than one: the solver's whole portfolio, for few and hard subproblems


@dataclass(frozen=True, slots=True)
class Answer:
    """The scope as planned, or None if nothing was found in the time; `proved`: no stage can be better."""

    arrangement: Arrangement | None
    proved: bool = False


@dataclass(frozen=True, eq=False)
class Pricing:
    """The cheapest window of a cluster of seniors, nobody else competing: days less what it earns.

    Minimise `day` × office days of `seniors` − `placed` × weight placed − the sum of `reached` over the
    juniors in it, all in units of `PRICE_SCALE` to a day. Floors bar windows that could be in no plan.
    """

    scope: Scope
    seniors: tuple[str, ...]  #: those whose days count
    seconds: float
    day: int = PRICE_SCALE
    placed: int = 0
    reached: Mapping[str, int] = field(default_factory=dict)
    least_placed: int = 0  #: weight placed, sessions agreed before left out
    must_reach: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Column:
    """One cluster's whole window, by what it gives and costs."""

    days: int
    placed: int
    reached: frozenset[str]


@dataclass(frozen=True, slots=True)
class Priced:
    """`bound`: no window of the cluster costs less; None if nothing is known, or no window exists."""

    column: Column | None
    bound: int | None
    infeasible: bool = False


@dataclass(frozen=True, eq=False)
class Choice:
    """Choose a window for each cluster among columns that are known: the fewest days, then fewest changes.

    The first column of each cluster is the one in the plan. What couples clusters otherwise is left
    out, so a choice may not be one that a plan can have; `barred` names choices that were tried.
    """

    columns: tuple[tuple[Column, ...], ...]  #: by cluster
    need: Mapping[str, int]
    least_reached: int
    least_placed: int
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
    best: Arrangement | None = None
    hint, proved = task.hint, True
    share = task.seconds / len(task.stages)
    for stage in task.stages:
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
    gains = sum(prize * reached[who] for who, prize in task.reached.items() if prize and who in reached)
    plan.model.minimize(task.day * days - task.placed * placed - gains)
    solver = _solver(task.seconds)
    status = _run(solver, plan, watch)
    if status == cp_model.INFEASIBLE:
        return Priced(None, None, infeasible=True)
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return Priced(None, None)
    arrangement = plan.arrangement(solver.boolean_value)
    met = frozenset(who for seating in arrangement.values() for who in seating.juniors)
    column = Column(
        days=int(solver.value(days)),
        placed=int(solver.value(placed)),
        reached=frozenset(who for who in reached if who in met),
    )
    return Priced(column, _floor(solver.best_objective_bound))


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
    for pairs in task.barred:
        model.add_bool_or([~chosen[cluster][column] for cluster, column in pairs])
    days = sum(column.days * literal for literal, column in every)
    changes = sum(~row[0] for row in chosen)
    model.minimize((len(chosen) + 1) * days + changes)
    for row in chosen:
        for n, literal in enumerate(row):
            model.add_hint(literal, n == 0)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.max_time_in_seconds = task.seconds
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
    solver.parameters.max_time_in_seconds = max(0.001, seconds)
    solver.parameters.cp_model_probing_level = 0
    solver.parameters.symmetry_level = 0
    solver.parameters.max_presolve_iterations = 1
    solver.parameters.linearization_level = 0
    return solver


def _portfolio(seconds: float, workers: int) -> Any:
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = max(workers, 4)
    solver.parameters.max_time_in_seconds = max(0.001, seconds)
    return solver


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
