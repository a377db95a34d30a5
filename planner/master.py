"""Bounds that hold for every plan, by Dantzig–Wolfe decomposition.

Seniors are gathered in clusters, most of them of one. A column is one cluster's whole window: its
office days, the weight it places, the juniors it reaches, the turns it takes of juniors who may not attend
all they could. The master chooses a window for each cluster; its rows say how many must be reached and how
much must be placed for a plan to be as good as the one known on the levels above, and how many turns each
scarce junior has left. What else couples clusters (a junior's time between two of them, rooms) is left out,
so the master is a relaxation: its bounds hold, and are as tight as this coupling is loose.

Prices of the rows go to the pricing problems (`planner.subproblem.price`). Whatever they are, they give a
bound, so a run may end at any time. Let a plan be as good as the one known on the levels above, P its
weight placed, r_kj = 1 where cluster k reaches junior j, y_j = 1 where anybody does, t_kj the turns of j in
k, and let d_k be the days of k. With prices p, π_j, σ_j ≥ 0,

    Σ d_k ≥ Σ d_k − p (P − floor) − Σ π_j (Σ_k r_kj − y_j) + Σ σ_j (Σ_k t_kj − left_j)

as no bracket subtracted is below 0 and the one added is not above 0. The right side falls apart: a pricing
problem for each cluster, whose solver's bound is below its part; the cheapest y that reaches enough, a
fractional knapsack; constants. For the levels above the days the same holds with −P or −Σ need_j y_j in
place of Σ d_k. See Desaulniers, Desrosiers, Solomon (eds.), Column Generation (2005), chapter 1, and
Geoffrion, Lagrangean relaxation for integer programming (1974).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from math import ceil, floor
from typing import Any

from ortools.linear_solver import pywraplp

from planner.domain import Level
from planner.greedy import Arrangement
from planner.pool import Work
from planner.scope import Scope
from planner.subproblem import PRICE_SCALE, Column, Floor, Priced, Prices, Pricing

#: Seconds for one pricing problem; its bound holds whether or not it is solved to the end.
PRICING_SECONDS = 5.0


@dataclass(frozen=True, eq=False)
class Window:
    """One cluster's subproblem: all sessions of its seniors, nothing standing but what was agreed."""

    key: str
    seniors: tuple[str, ...]
    counted: tuple[str, ...]  #: the seniors of role senior; the others' days are nobody's goal here
    scope: Scope


@dataclass(frozen=True, slots=True)
class Demand:
    """What a plan must reach and place, beyond what was agreed, to be as good as the one known."""

    reached: int
    placed: int


class Master:
    """Columns, prices and the best bound of one level.

    `need` is by junior whom no agreed session reaches and some session could; `turns_left` by scarce junior,
    those who may not attend all they could. `bound` counts what
    is not agreed, in the level's own sense: at most for `reached` and `placed`, at least for days.
    `found` hears of every new column and how it is arranged.
    """

    def __init__(
        self,
        level: Level,
        windows: Mapping[str, Window],
        need: Mapping[str, int],
        turns_left: Mapping[str, int],
        demand: Demand,
        most_placed: Mapping[str, int],
        columns: Mapping[str, Iterable[Column]],
        found: Callable[[str, Column, Arrangement], None],
    ) -> None:
        self.level = level
        self.windows = windows
        self.need = need
        self.turns_left = turns_left
        self.demand = demand
        self.bound: int | None = None
        self._found = found
        self._solver = pywraplp.Solver.CreateSolver("GLOP")
        self._columns: set[tuple[str, Column]] = set()
        self._priced: dict[str, tuple[Pricing, Priced]] = {}
        self._price_reached: dict[str, int] = {}
        self._price_turn: dict[str, int] = {}
        # Before the program has spoken, a day for what one more session places: any price gives a bound.
        self._price_placed = PRICE_SCALE if level is Level.SENIOR_DAYS else 0
        self._priced_by_program = False
        self._value = 0.0  # of the program, once it has been solved
        self._asked: dict[str, Pricing] = {}
        self._fresh = False
        self._must_reach = self._nobody_else_reaches()
        spare = sum(most_placed.values()) - self._floor_placed()
        self._least_placed = {key: max(0, most - spare) for key, most in most_placed.items()}
        self._build()
        for key, known in columns.items():
            for column in known:
                self._add(key, column)

    def _nobody_else_reaches(self) -> dict[str, frozenset[str]]:
        """By cluster: the juniors that only it can reach, and that no plan as good can miss."""
        spare = sum(self.need.values()) - self._floor_reached()
        chances: dict[str, list[str]] = {}
        for key, window in self.windows.items():
            for who in {who for slots in window.scope.sessions for who in slots.juniors}:
                chances.setdefault(who, []).append(key)
        alone: dict[str, set[str]] = {}
        for who, keys in chances.items():
            if len(keys) == 1 and self.need.get(who, 0) > spare:
                alone.setdefault(keys[0], set()).add(who)
        return {key: frozenset(juniors) for key, juniors in alone.items()}

    def _build(self) -> None:
        lp, infinity = self._solver, self._solver.infinity()
        self._one = {key: lp.Constraint(1, 1) for key in self.windows}
        self._meets = {who: lp.Constraint(0, infinity) for who in self.need}
        self._turns = {who: lp.Constraint(-left, infinity) for who, left in self.turns_left.items()}
        self._places = lp.Constraint(self._floor_placed(), infinity)
        self._reaches = lp.Constraint(self._floor_reached(), infinity)
        for who, need in self.need.items():
            reached = lp.NumVar(0, 1, "")
            self._meets[who].SetCoefficient(reached, -1)
            self._reaches.SetCoefficient(reached, need)
            if self.level is Level.REACHED:
                lp.Objective().SetCoefficient(reached, -need)
        for row in (*self._one.values(), self._places, self._reaches):
            missing = lp.NumVar(0, infinity, "")  # so that too few columns are dear, not infeasible
            row.SetCoefficient(missing, 1)
            lp.Objective().SetCoefficient(missing, 1000)
        lp.Objective().SetMinimization()

    def _floor_placed(self) -> int:
        return self.demand.placed if self.level is Level.SENIOR_DAYS else 0

    def _floor_reached(self) -> int:
        return 0 if self.level is Level.REACHED else self.demand.reached

    def _add(self, key: str, column: Column) -> bool:
        if (key, column) in self._columns:
            return False
        self._columns.add((key, column))
        chosen = self._solver.NumVar(0, self._solver.infinity(), "")
        self._one[key].SetCoefficient(chosen, 1)
        self._places.SetCoefficient(chosen, column.placed)
        for who in column.reached:
            if who in self._meets:
                self._meets[who].SetCoefficient(chosen, 1)
        for who, count in column.turns:
            self._turns[who].SetCoefficient(chosen, -count)
        self._solver.Objective().SetCoefficient(chosen, column.cost(self.level))
        return True

    def solve(self) -> None:
        """Solve the linear program over the columns so far; its prices are those of the next questions."""
        self._solver.Solve()
        self._value = self._solver.Objective().Value()
        self._price_reached = {who: _price(row) for who, row in self._meets.items()}
        self._price_turn = {who: _price(row) for who, row in self._turns.items()}
        self._price_placed = _price(self._places)
        self._priced_by_program = True

    def questions(self) -> list[Work]:
        """Ask the pricing problems whose prices changed with the last solution.

        Before the first, reaching has no price: what each cluster must do anyway makes a good bound.
        """
        self._asked = self._tasks()
        self._fresh = False
        return [
            (task, self._receiver(key, task))
            for key, task in self._asked.items()
            if self._known(key, task) is None
        ]

    def _receiver(self, key: str, task: Pricing) -> Callable[[Priced], None]:
        def receive(priced: Priced) -> None:
            self._priced[key] = (task, priced)
            if priced.column is not None and self._add(key, priced.column):
                self._found(key, priced.column, priced.arrangement)
                self._fresh = True

        return receive

    def conclude(self) -> bool:
        """Once all questions are answered: better the bound. May another round help?

        Not where the program, whose bound falls with each column, has come down to the bound proved.
        """
        self._improve_bound(self._asked)
        if not self._priced_by_program:
            return True
        return self._fresh and self._rounded(self._value) != self.bound

    def _known(self, key: str, task: Pricing) -> Priced | None:
        """The answer to the same question, if it was asked last time."""
        if key not in self._priced:
            return None
        before, priced = self._priced[key]
        return priced if before.prices == task.prices and priced.bound is not None else None

    def _tasks(self) -> dict[str, Pricing]:
        """One question a cluster, at the prices of now, in whole numbers."""
        return {key: self._task(window) for key, window in self.windows.items()}

    def _task(self, window: Window) -> Pricing:
        juniors = dict.fromkeys(who for slots in window.scope.sessions for who in slots.juniors)
        return Pricing(
            scope=window.scope,
            seniors=window.counted,
            seconds=PRICING_SECONDS,
            prices=Prices(
                day=PRICE_SCALE if self.level is Level.SENIOR_DAYS else 0,
                placed=self._price_placed + (PRICE_SCALE if self.level is Level.PLACED else 0),
                reached={who: price for who in juniors if (price := self._price_reached.get(who, 0))},
                turns={who: price for who in juniors if (price := self._price_turn.get(who, 0))},
            ),
            scarce=frozenset(self.turns_left.keys() & juniors.keys()),
            least_placed=self._least_placed.get(window.key, 0),
            must_reach=self._must_reach.get(window.key, frozenset()),
        )

    def prices(self) -> dict[str, float]:
        """What reaching each junior was worth last, in the level's units."""
        return {who: price / PRICE_SCALE for who, price in self._price_reached.items() if price}

    def floors(self) -> dict[str, Floor]:
        """By cluster: what no window of it that a plan can have costs less than, at the last prices."""
        return {
            key: Floor(window.seniors, window.counted, task.prices, priced.bound)
            for key, window in self.windows.items()
            if (task := self._asked.get(key)) is not None
            and (priced := self._known(key, task)) is not None
            and priced.bound is not None
        }

    def regret(self, key: str, column: Column) -> float:
        """By how much a window costs more than the cheapest at the last prices, in the level's units.

        A plan whose windows have none is the best there is; where there is some, there is hope.
        """
        task = self._asked.get(key)
        priced = None if task is None else self._known(key, task)
        if task is None or priced is None or priced.bound is None:
            return 0.0
        prices = task.prices
        gains = sum(prize for who, prize in prices.reached.items() if who in column.reached)
        fees = sum(prices.turns.get(who, 0) * count for who, count in column.turns)
        cost = prices.day * column.days - prices.placed * column.placed - gains + fees
        return (cost - priced.bound) / PRICE_SCALE

    def _improve_bound(self, tasks: Mapping[str, Pricing]) -> None:
        """Add up the pricing problems' bounds; nothing is learnt if one of them has none."""
        total = 0.0
        for key, task in tasks.items():
            priced = self._known(key, task)
            if priced is None or priced.bound is None:
                return
            total += priced.bound
        total += self._price_placed * self._floor_placed()
        total -= sum(price * self.turns_left[who] for who, price in self._price_turn.items())
        total += self._cheapest_reach()
        self._keep(total / PRICE_SCALE)

    def _cheapest_reach(self) -> float:
        """The least that reaching enough costs at these prices: a fractional knapsack."""
        gain = PRICE_SCALE if self.level is Level.REACHED else 0
        costs = {who: self._price_reached.get(who, 0) - gain * need for who, need in self.need.items()}
        total = float(sum(cost for cost in costs.values() if cost < 0))
        short = self._floor_reached() - sum(need for who, need in self.need.items() if costs[who] < 0)
        rest = [who for who, cost in costs.items() if cost >= 0 and self.need[who]]
        for who in sorted(rest, key=lambda who: costs[who] / self.need[who]):
            if short <= 0:
                break
            part = min(1.0, short / self.need[who])
            total += part * costs[who]
            short -= self.need[who]
        return total

    def _keep(self, least: float) -> None:
        """Keep the best: each of them holds."""
        bound = self._rounded(least)
        better = max if self.level is Level.SENIOR_DAYS else min
        self.bound = bound if self.bound is None else better(self.bound, bound)

    def _rounded(self, least: float) -> int:
        """What whole numbers make of a bound of the program, in the level's own sense."""
        slack = 1e-6
        return ceil(least - slack) if self.level is Level.SENIOR_DAYS else floor(-least + slack)


def _price(row: Any) -> int:
    """A row's price in whole units; rows here are at-least rows, so a price below 0 is rounding."""
    return max(0, round(float(row.dual_value()) * PRICE_SCALE))
