"""Large neighbourhood search: free a few seniors' sessions, hold the rest, plan these again.

Which seniors: one whose plan may still get better, with seniors that share juniors or rooms with
them. A neighbourhood that gave nothing grows. See Pisinger and Røpke, Large Neighborhood Search
(Handbook of Metaheuristics, 2010).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from random import Random

from planner.greedy import Arrangement
from planner.incumbent import Incumbent
from planner.pool import Work
from planner.subproblem import Answer, Floor, Neighbourhood, Stage, Target

#: Seniors in a neighbourhood, by how often one around the same senior gave nothing.
SIZES = (1, 2, 3, 4, 6, 8)
#: Seconds for one senior of a neighbourhood and stage.
SECONDS_A_SENIOR = 0.4
#: How much likelier a neighbour is who could reach a junior that costs a whole day to reach.
PRICE_WEIGHT = 20.0


class Neighbours:
    """Who is close to whom: seniors that share candidates."""

    def __init__(self, incumbent: Incumbent) -> None:
        problem = incumbent.slots.problem
        self._incumbent = incumbent
        self.sessions: dict[str, list[str]] = defaultdict(list)
        self.seniors_of: dict[str, set[str]] = defaultdict(set)  # by junior
        self._juniors: dict[str, set[str]] = defaultdict(set)
        for session in problem.sessions:
            slots = incumbent.slots.of[session.id]
            if slots.fixed and not slots.juniors:
                continue
            self.sessions[session.senior].append(session.id)
            for who in slots.juniors:
                self.seniors_of[who].add(session.senior)
                self._juniors[session.senior].add(who)
        self.seniors = list(self.sessions)
        self._bound: dict[str, set[str]] = defaultdict(set)
        self.prices: dict[str, float] = {}  #: days that reaching a junior is worth, once that is known

    def bind(self, seniors: Sequence[str]) -> None:
        """These are in each other's way: plan them together where there is a choice."""
        for senior in seniors:
            self._bound[senior].update(seniors)

    def around(self, senior: str, size: int, random: Random) -> list[str]:
        """The senior, and others at random, the likelier the more candidates they share.

        Likelier still are those who have the juniors that a session left out waits for, and those who
        could reach in this one's stead a junior that is dear to reach.
        """
        shared: dict[str, float] = defaultdict(float)
        for who in sorted(self._juniors[senior]):
            for other in sorted(self.seniors_of[who]):
                shared[other] += 1.0 + PRICE_WEIGHT * self.prices.get(who, 0.0)
        for other in sorted(self._bound[senior]):
            shared[other] += 10.0
        for other, weight in self._in_the_way(senior):
            shared[other] += weight
        shared.pop(senior, None)
        chosen = [senior]
        while len(chosen) < size and shared:
            (other,) = random.choices(list(shared), weights=list(shared.values()))
            chosen.append(other)
            del shared[other]
        rest = [each for each in self.seniors if each not in chosen]
        chosen += random.sample(rest, max(0, min(size - len(chosen), len(rest))))
        return chosen

    def _in_the_way(self, senior: str) -> Iterator[tuple[str, float]]:
        """Seniors whom the candidates of a session left out meet now."""
        for key in self.sessions[senior]:
            if key not in self._incumbent.arrangement:
                slots = self._incumbent.slots.of[key]
                for who in slots.juniors:
                    weight = 10.0 if who in slots.session.required else 1.0
                    for each in self._incumbent.diaries.of(who):
                        if each.session.senior in self.sessions:
                            yield each.session.senior, weight


class Improvement:
    """Neighbourhoods without end; what is better is adopted as it comes in."""

    def __init__(
        self,
        incumbent: Incumbent,
        neighbours: Neighbours,
        stages: tuple[Stage, ...],
        wanted: Callable[[], bool],
        hopeful: Callable[[], Sequence[str]],
        floors: Callable[[Sequence[str]], tuple[Floor, ...]],
        improved: Callable[[], None],
        seed: int = 0,
    ) -> None:
        self.incumbent = incumbent
        self.neighbours = neighbours
        self.stages = stages
        self.wanted = wanted
        self.hopeful = hopeful
        self.floors = floors
        self.improved = improved
        self.fruitless: dict[str, int] = defaultdict(int)
        self._random = Random(seed)  # noqa: S311 - a search, not a secret
        self._busy: set[str] = set()

    def works(self, most_fruitless: int) -> Iterator[Work]:
        """Work around each hopeful senior until it has given nothing so many times, round after round."""
        while self.wanted():
            waiting = [each for each in self.hopeful() if self.fruitless[each] < most_fruitless]
            waiting = [each for each in waiting if each not in self._busy]
            if not waiting:
                return
            least = min(self.fruitless[each] for each in waiting)
            due = [each for each in waiting if self.fruitless[each] == least]
            self._random.shuffle(due)
            for senior in due:
                if not self.wanted():
                    return
                if senior not in self._busy:
                    yield self._work(senior)

    def _work(self, senior: str) -> Work:
        size = SIZES[min(self.fruitless[senior], len(SIZES) - 1)]
        group = self.neighbours.around(senior, size, self._random)
        self._busy.add(senior)

        def receive(better: bool) -> None:
            self._busy.discard(senior)
            if better:
                for each in group:
                    self.fruitless[each] = 0
            else:
                self.fruitless[senior] += 1

        return self.work(group, receive)

    def widened(self, group: Sequence[str], more: int) -> list[str]:
        """The group and so many of those around its first."""
        around = self.neighbours.around(group[0], len(group) + more + 1, self._random)
        others = [each for each in around if each not in group]
        return [*group, *others[:more]]

    def work(
        self,
        group: Sequence[str],
        heard: Callable[[bool], None],
        targets: tuple[Target, ...] = (),
        hint: Arrangement | None = None,
    ) -> Work:
        """Plan these seniors again, amid the rest; `heard` learns whether that was better.

        With targets: any plan that meets them will do.
        """
        sessions = [key for each in group for key in self.neighbours.sessions[each]]
        task = Neighbourhood(
            scope=self.incumbent.scope(sessions),
            stages=() if targets else self.stages,
            hint=self.incumbent.part(sessions) if hint is None else hint,
            seconds=SECONDS_A_SENIOR * len(group) * len(self.stages),
            floors=self.floors(group),
            targets=targets,
        )

        def receive(answer: Answer) -> None:
            better = answer.arrangement is not None and self.incumbent.adopt(sessions, answer.arrangement)
            if better:
                self.improved()
            heard(better)

        return task, receive
