"""What no plan can pass: first bounds from calendars and from each senior alone, then better ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from planner.domain import Level, Score
from planner.slots import CandidateSlots


@dataclass(frozen=True, slots=True)
class Alone:
    """A cluster of seniors, nobody else competing: the most weight placed, and then the fewest days.

    Beyond what was agreed before. Both hold whether or not they can be had.
    """

    placed: int
    days: int


class Bounds:
    """The best bound known of each level, and for which plans it holds.

    A bound of a level holds among the plans that are at least as good on every level above; so one
    that was found for lesser demands holds for greater ones.
    """

    def __init__(self, slots: CandidateSlots, agreed: Score) -> None:
        self.slots = slots
        self.agreed = agreed
        self.need = self._still_to_reach()
        self.turns_left = self._scarce_turns()
        self.alone: dict[str, Alone] = {}
        self._found: list[tuple[Level, tuple[int, ...], int]] = []
        self._of_seniors: dict[str, tuple[int, int]] = {}
        self.found(Level.REACHED, (), agreed.reached + sum(self.need.values()))

    def _still_to_reach(self) -> dict[str, int]:
        """By person whom nothing agreed reaches and some session could: what reaching them is worth."""
        people, diaries = self.slots.problem.person_by_id, self.slots.diaries
        able = dict.fromkeys(
            who
            for each in self.slots.of.values()
            for who, free in zip(each.juniors, each.free, strict=True)
            if free.any() and not diaries.turns(who)
        )
        return {who: people[who].need for who in able if people[who].need}

    def _scarce_turns(self) -> dict[str, int]:
        """By junior who may not attend all that they could: how many sessions more they may."""
        people, diaries = self.slots.problem.person_by_id, self.slots.diaries
        chances = Counter(who for each in self.slots.of.values() for who in each.juniors)
        left = {
            who: most - diaries.turns(who)
            for who in chances
            if (most := people[who].max_sessions) is not None
        }
        return {who: turns for who, turns in left.items() if turns < chances[who]}

    def found(self, level: Level, above: tuple[int, ...], bound: int) -> None:
        """A bound that holds among plans with at least `above`: (), (reached,) or (reached, placed)."""
        self._found.append((level, above, bound))

    def of(self, level: Level, score: Score) -> int | None:
        """The best bound that holds for a plan with this score; None: none is known."""
        above = (score.reached, score.placed)
        holding = [
            bound
            for each, demand, bound in self._found
            if each is level and all(low <= high for low, high in zip(demand, above, strict=False))
        ]
        if not holding:
            return None
        return min(holding) if level.more_is_better else max(holding)

    def closed(self, level: Level, score: Score) -> bool:
        return self.of(level, score) == score.at(level)

    def add_up(self, alone: Mapping[str, Alone]) -> None:
        """All clusters solved alone: sums bound what is placed, and the days where all of it must be."""
        self.alone = dict(alone)
        most = self.agreed.placed + sum(each.placed for each in alone.values())
        self.found(Level.PLACED, (), most)
        days = sum(each.days for each in alone.values())
        self.found(Level.SENIOR_DAYS, (0, most), self.agreed.senior_days + days)

    def found_of_senior(self, senior: str, weight: int, days: int) -> None:
        """No plan with so much weight of this senior's in-person sessions asks fewer days of them.

        Both count what was agreed before.
        """
        self._of_seniors[senior] = (weight, days)

    def of_senior(self, senior: str, weight: int) -> int | None:
        """A bound for a plan with this weight; one found for less weight holds for more."""
        least, days = self._of_seniors.get(senior, (weight + 1, 0))
        return days if least <= weight else None
