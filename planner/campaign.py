"""The phases of a search, each cut short when the time is up.

Imported when a search begins and not before: it brings CP-SAT with it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Generic, TypeVar

from planner.bounds import Alone, Bounds
from planner.diary import trip_dates
from planner.domain import Level, Role
from planner.greedy import Arrangement, engagements_of
from planner.improve import Improvement, Neighbours
from planner.incumbent import Incumbent
from planner.master import PRICING_SECONDS, Demand, Master, Window
from planner.pool import Pool, Work
from planner.scope import make_scope, make_window
from planner.slots import CandidateSlots
from planner.subproblem import (
    GAPS,
    MAIN,
    TURNS,
    Answer,
    Choice,
    Chosen,
    Column,
    Floor,
    Neighbourhood,
    Priced,
    Prices,
    Pricing,
    Target,
    turns_taken,
)
from planner.turns import most_share

Held = TypeVar("Held")

#: Up to so many sessions the whole problem is tried as one model too.
WHOLE_SESSIONS = 100
WHOLE_SECONDS = 20.0
#: Days by which a cluster's window must be dearer than its cheapest to be worth another search.
REGRET = 0.05
#: Choices of columns that are tried at a time, and seconds to find each.
CHOICES = 30
CHOICE_SECONDS = 10.0
#: Rivals for its juniors that are planned again with a choice, and others around it, try after try.
RIVALS = 4
FOLLOWERS = (0, 2, 4)
#: Seniors that are solved together at most to prove that they are in each other's way.
CLUSTER_SENIORS = 5
#: Clusters that fall short because others are in their way; where more do, the search has just begun.
FEW = 5
#: Other clusters that one is tried with before it is left as it is.
CLUSTER_TRIALS = {Level.PLACED: 12, Level.SENIOR_DAYS: 4}


class Campaign:
    """Settles the levels of one search in order; `tell` hears of everything that got better."""

    def __init__(
        self,
        slots: CandidateSlots,
        incumbent: Incumbent,
        bounds: Bounds,
        pool: Pool,
        tell: Callable[[], None],
    ) -> None:
        self.slots = slots
        self.incumbent = incumbent
        self.bounds = bounds
        self.pool = pool
        self.tell = tell
        self.neighbours = Neighbours(incumbent)
        self.windows: dict[str, Window] = {}
        self._columns: dict[str, dict[Column, Arrangement]] = {}
        self._masters: dict[Level, Master] = {}
        self._answered: set[object] = set()
        self._floors: dict[str, dict[Level | None, Floor]] = {}  # by cluster and level; None: alone
        self._improvement = self._search_for(self._open, self._hopeful)
        self._placing = self._search_for(lambda: not self._all_placed(), self._hopeful_to_place)

    def _search_for(self, wanted: Callable[[], bool], hopeful: Callable[[], Sequence[str]]) -> Improvement:
        return Improvement(
            self.incumbent, self.neighbours, (MAIN,), wanted, hopeful, self._floors_of, self.tell
        )

    def _window(self, seniors: tuple[str, ...]) -> Window:
        people = self.slots.problem.person_by_id
        return Window(
            key=seniors[0],
            seniors=seniors,
            counted=tuple(who for who in seniors if people[who].role is Role.SENIOR),
            scope=make_window(self.slots, self._sessions(seniors)),
        )

    def _sessions(self, seniors: Iterable[str]) -> list[str]:
        return [key for senior in seniors for key in self.neighbours.sessions[senior]]

    def run(self) -> None:
        if not self._solve_each_alone():
            return
        search = self._improvement.works
        phases: tuple[Callable[[], bool], ...] = (
            partial(self.pool.run, search(2)),
            self._place_more,
            self._prove_quickly,
            partial(self.pool.run, search(4)),
            self._prove_quickly,
            self._prove_each_alone,
            partial(self.pool.run, search(6)),
            self._whole,
            self._prove_thoroughly,
            partial(self.pool.run, search(9)),
            self._prove_each_alone,
            self._improve_lower_levels,
        )
        for phase in phases:
            if not phase():
                return

    # Each cluster alone; at first each senior is one

    def _solve_each_alone(self) -> bool:
        alone: dict[str, Alone] = {}
        if not self.pool.run(self._alone_works(alone)):
            return False
        self.bounds.add_up(alone)
        self.tell()
        return True

    def _alone_works(self, alone: dict[str, Alone]) -> Iterator[Work]:
        for senior in self.neighbours.seniors:
            window = self.windows[senior] = self._window((senior,))
            self._columns[senior] = {}
            yield self._alone_task(window), self._hear_alone(alone, window)

    def _alone_task(self, window: Window) -> Pricing:
        """As much placed as can be, and then the fewest days."""
        return Pricing(
            scope=window.scope,
            seniors=window.counted,
            seconds=PRICING_SECONDS,
            prices=Prices(day=1, placed=_outweigh(window)),
            scarce=self._scarce(window),
        )

    def _scarce(self, window: Window) -> frozenset[str]:
        juniors = {who for slots in window.scope.sessions for who in slots.juniors}
        return frozenset(juniors & self.bounds.turns_left.keys())

    def _hear_alone(self, alone: dict[str, Alone], window: Window) -> Callable[[Priced], None]:
        def receive(priced: Priced) -> None:
            if priced.column is not None:
                self._columns[window.key][priced.column] = priced.arrangement
            alone[window.key] = _alone(window, priced)
            self._hear_floor(window, priced)

        return receive

    def _hear_floor(self, window: Window, priced: Priced) -> None:
        """What a cluster costs alone, it costs amid any plan."""
        if priced.bound is not None:
            prices = Prices(day=1, placed=_outweigh(window))
            floor = Floor(window.seniors, window.counted, prices, priced.bound)
            self._floors[window.key] = {None: floor}

    def _floors_of(self, group: Sequence[str]) -> tuple[Floor, ...]:
        """Floors of the clusters in a group.

        None of those who attend others' sessions too: these may bring days that cost nothing more. And
        while more may be reached, none that asks for as much to be placed as now.
        """
        asking = set() if self.bounds.closed(Level.REACHED, self.incumbent.score) else {Level.SENIOR_DAYS}
        return tuple(
            floor
            for key, floors in self._floors.items()
            if key in group
            and set(self.windows[key].seniors) <= set(group)
            and not any(self.incumbent.diaries.turns(who) for who in self.windows[key].seniors)
            for found, floor in floors.items()
            if found not in asking
        )

    # The main goals

    def _open(self) -> bool:
        """Is one of the main goals not proved yet?"""
        return not all(self.bounds.closed(level, self.incumbent.score) for level in MAIN)

    def _place_more(self) -> bool:
        """While more might be reached or placed, a search is worth more than bounds of the days.

        Where few seniors fall short, others in their way tell quickly most of what cannot be placed.
        """
        if self._all_placed():
            return True
        short = sum(self._short_of(Level.PLACED, window) for window in self.windows.values())
        if short <= FEW and not self._cluster(Level.PLACED, quickly=True):
            return False
        return self._all_placed() or self.pool.run(self._placing.works(4))

    def _all_placed(self) -> bool:
        score = self.incumbent.score
        return all(self.bounds.closed(level, score) for level in (Level.REACHED, Level.PLACED))

    def _hopeful(self) -> Sequence[str]:
        """Seniors around whom the main goals may get better."""
        near = self._near_unreached()
        short = {
            who for window in self.windows.values() if self._falls_short(window) for who in window.seniors
        }
        return [each for each in self.neighbours.seniors if each in near or each in short]

    def _hopeful_to_place(self) -> Sequence[str]:
        """Seniors around whom more may be reached or placed."""
        near = self._near_unreached()
        short = {
            who
            for window in self.windows.values()
            if self._short_of(Level.PLACED, window)
            for who in window.seniors
        }
        return [each for each in self.neighbours.seniors if each in near or each in short]

    def _near_unreached(self) -> set[str]:
        unreached = {who for who in self.bounds.need if not self.incumbent.is_reached(who)}
        return {senior for who in unreached for senior in self.neighbours.seniors_of[who]}

    def _falls_short(self, window: Window) -> bool:
        """Could this cluster's part of the plan be better? Its prices tell, once there are some."""
        if self._short_of(Level.PLACED, window):
            return True
        master = self._masters.get(Level.SENIOR_DAYS)
        if master is None or window.key not in master.windows:
            return self._short_of(Level.SENIOR_DAYS, window)
        return master.regret(window.key, self._column_of(window)) > REGRET

    def _column_of(self, window: Window) -> Column:
        """A cluster's window in the plan."""
        turns = turns_taken(window.scope, self.incumbent.arrangement)
        placed = sum(
            slots.session.weight
            for slots in window.scope.sessions
            if not slots.fixed and slots.session.id in self.incumbent.arrangement
        )
        return Column(
            days=sum(self._days_of(senior) for senior in window.counted),
            placed=placed,
            reached=frozenset(turns.keys() & self.bounds.need.keys()),
            turns=frozenset((who, n) for who, n in turns.items() if who in self.bounds.turns_left),
        )

    def _days_of(self, senior: str) -> int:
        """Office days for sessions of their own, beyond those agreed before."""
        diary = self.incumbent.diaries.of(senior)
        standing = {each.date for each in diary if each.in_person and each.held}
        own = [each for each in diary if not each.as_junior]
        return len(trip_dates(self.slots.problem.person_by_id[senior], own) - standing)

    # Proof

    def _prove_quickly(self) -> bool:
        """Tighten the bounds of the main goals that are open, where little work tells much.

        Seniors in each other's way tell most of what cannot be placed, quicker than prices.
        """
        return (
            self._generate_columns(Level.REACHED)
            and self._cluster(Level.PLACED)
            and self._generate_columns(Level.SENIOR_DAYS)
            and self._follow_columns(Level.SENIOR_DAYS)
        )

    def _prove_thoroughly(self) -> bool:
        return (
            self._generate_columns(Level.PLACED)
            and self._follow_columns(Level.PLACED)
            and self._generate_columns(Level.SENIOR_DAYS)
            and self._follow_columns(Level.SENIOR_DAYS)
            and self._cluster(Level.SENIOR_DAYS)
            and self._generate_columns(Level.SENIOR_DAYS)
            and self._follow_columns(Level.SENIOR_DAYS)
        )

    def _follow_columns(self, level: Level) -> bool:
        """Where columns add up to a better plan than is known, give the few clusters that differ these."""
        barred: list[tuple[tuple[int, int], ...]] = []
        keys = list(self.windows)
        for _ in range(CHOICES):
            if self.bounds.closed(level, self.incumbent.score):
                return True
            chosen = Box[Chosen]()
            task = self._choice(level, keys, barred)
            if not self.pool.run(iter([(task, chosen.put)])):
                return False
            numbers = chosen.value.columns
            if numbers is None or not _betters(task, numbers):
                return True
            columns = {key: row[n] for key, row, n in zip(keys, task.columns, numbers, strict=True)}
            changes = self._changes(
                {key: row[0] for key, row in zip(keys, task.columns, strict=True)}, columns
            )
            failed = self._realise(changes, columns)
            if failed is None:
                return False
            if len(failed) < len(changes):
                barred.clear()  # their columns are numbered anew with the plan that they differ from
            else:
                place = {key: n for n, key in enumerate(keys)}
                barred += [tuple((place[key], numbers[place[key]]) for key in group) for group in failed]
        return True

    def _changes(self, old: Mapping[str, Column], new: Mapping[str, Column]) -> list[list[str]]:
        """Clusters whose column changes, those together that hand each other a junior or a turn.

        Only juniors whom nobody reaches if all who may drop them do, and turns of those with none left.
        """
        changed = [key for key in new if old[key] != new[key]]
        reached = Counter(who for column in old.values() for who in column.reached)
        reached.subtract(who for key in changed for who in old[key].reached - new[key].reached)
        groups: list[tuple[list[str], set[str]]] = []
        for key in changed:
            turns = {who for who, _ in old[key].turns ^ new[key].turns if not self._turns_left(who)}
            juniors = turns | {who for who in old[key].reached ^ new[key].reached if reached[who] <= 0}
            keys = [key]
            for group in [group for group in groups if group[1] & juniors]:
                groups.remove(group)
                keys, juniors = [*group[0], *keys], group[1] | juniors
            groups.append((keys, juniors))
        return [keys for keys, _ in groups]

    def _turns_left(self, who: str) -> int:
        taken = self.incumbent.diaries.turns(who) - self.slots.diaries.turns(who)
        return self.bounds.turns_left[who] - taken

    def _realise(self, changes: Sequence[list[str]], columns: Mapping[str, Column]) -> list[list[str]] | None:
        """Give groups of clusters their columns; those that could not have them. None: stopped.

        Others around may make room: they keep their days and whom they reach.
        """
        left = list(changes)
        for more in FOLLOWERS:
            heard = [Box[bool]() for _ in left]
            works = [
                self._realisation(group, more, columns, box.put)
                for group, box in zip(left, heard, strict=True)
            ]
            if not self.pool.run(iter(works)):
                return None
            left = [group for group, box in zip(left, heard, strict=True) if not box.value]
        return left

    def _realisation(
        self, changed: Sequence[str], more: int, columns: Mapping[str, Column], heard: Callable[[bool], None]
    ) -> Work:
        """Plan clusters so that each has its column, and so many others their own."""
        arranged = {
            id_: seating
            for key in changed
            for id_, seating in self._columns[key].get(columns[key], {}).items()
        }
        seniors = [who for key in changed for who in self.windows[key].seniors]
        around = set(self._improvement.widened([*seniors, *self._rivals(arranged, seniors)], more))
        others = [
            key
            for key, window in self.windows.items()
            if key not in changed and around.intersection(window.seniors)
        ]
        columns = {
            **{key: columns[key] for key in changed},
            **{key: self._column_of(self.windows[key]) for key in others},
        }
        group = [who for key in columns for who in self.windows[key].seniors]
        hint = {**self.incumbent.part(self._sessions(group)), **arranged}
        return self._improvement.work(group, heard, self._targets(columns), hint)

    def _rivals(self, arranged: Arrangement, seniors: Container[str]) -> list[str]:
        """Other seniors whose sessions have the juniors of these at the same time, or for lunch that day."""
        rivals: Counter[str] = Counter()
        for id_, seating in arranged.items():
            for mine in engagements_of(self.slots, id_, seating):
                for each in self.incumbent.diaries.of(mine.person):
                    lunches = mine.session.kind.is_lunch and each.session.kind.is_lunch
                    apart = each.end <= mine.start or mine.end <= each.start
                    if each.date == mine.date and (lunches or not apart):
                        rivals[each.session.senior] += 1
        return [who for who, _ in rivals.most_common() if who not in seniors][:RIVALS]

    def _targets(self, columns: Mapping[str, Column]) -> tuple[Target, ...]:
        """Each cluster's days and weight, and the juniors that nobody else reaches, each asked of one."""
        inside = {who for key in columns for who in self.windows[key].seniors}
        asked: set[str] = set()
        targets = []
        for key, column in columns.items():
            lacking = {who for who in column.reached - asked if not self._reached_outside(who, inside)}
            asked |= lacking
            window = self.windows[key]
            targets.append(
                Target(window.seniors, window.counted, column.days, column.placed, frozenset(lacking))
            )
        return tuple(targets)

    def _reached_outside(self, who: str, inside: Container[str]) -> bool:
        """Does a session of somebody else's, or an agreed one, reach this junior?"""
        return any(
            each.as_junior and (each.held or each.session.senior not in inside)
            for each in self.incumbent.diaries.of(who)
        )

    def _choice(
        self, level: Level, keys: Sequence[str], barred: Sequence[tuple[tuple[int, int], ...]]
    ) -> Choice:
        score, agreed = self.incumbent.score, self.bounds.agreed
        current = {key: self._column_of(self.windows[key]) for key in keys}
        return Choice(
            level=level,
            columns=tuple(
                (current[key], *(each for each in self._columns[key] if each != current[key])) for key in keys
            ),
            need=self.bounds.need,
            least_reached=score.reached - agreed.reached,
            least_placed=score.placed - agreed.placed,
            turns_left=self.bounds.turns_left,
            barred=tuple(barred),
            seconds=CHOICE_SECONDS,
        )

    def _generate_columns(self, level: Level) -> bool:
        score, agreed = self.incumbent.score, self.bounds.agreed
        demand = Demand(score.reached - agreed.reached, score.placed - agreed.placed)
        question = (level, demand, tuple(self.windows))
        if self.bounds.closed(level, score) or question in self._answered:
            return True
        for key, window in self.windows.items():
            part = self.incumbent.part(slots.session.id for slots in window.scope.sessions)
            self._columns[key][self._column_of(window)] = part
        master = Master(
            level,
            self.windows,
            self.bounds.need,
            self.bounds.turns_left,
            demand,
            {key: each.placed for key, each in self.bounds.alone.items()},
            self._columns,
            self._found_column,
        )
        above = {Level.REACHED: (), Level.PLACED: (score.reached,)}
        known = above.get(level, (score.reached, score.placed))
        while self.pool.run(iter(master.questions())):
            more = master.conclude()
            if master.bound is not None:
                self.bounds.found(level, known, agreed.at(level) + master.bound)
                self.tell()
            if not more or self.bounds.closed(level, self.incumbent.score):
                break
            if not self.pool.attend(master.solve):
                return False
        else:
            return False
        self._masters[level] = master
        self._answered.add(question)
        self.neighbours.prices = master.prices()
        for key, floor in master.floors().items():
            self._floors.setdefault(key, {})[level] = floor
        return True

    def _found_column(self, key: str, column: Column, arrangement: Arrangement) -> None:
        self._columns[key][column] = arrangement

    # Clusters

    def _cluster(self, level: Level, *, quickly: bool = False) -> bool:
        """Join clusters that cannot both have what each could have alone; their sum bounds better then.

        Quickly: two seniors at most, and each that falls short tried once.
        """
        tried: set[tuple[str, ...]] = set()
        while not self.bounds.closed(level, self.incumbent.score):
            trials = self._trials(level, tried, 2 if quickly else CLUSTER_SENIORS)
            if not trials:
                return True
            tried.update(trial.seniors for trial in trials)
            heard: dict[tuple[str, ...], tuple[Alone, Priced]] = {}
            if not self.pool.run(self._trial(trial, heard) for trial in trials):
                return False
            if self._join(level, trials, heard):
                self.bounds.add_up(self.bounds.alone)
                self.tell()
            if quickly:
                return True
        return True

    def _trials(self, level: Level, tried: set[tuple[str, ...]], most_seniors: int) -> list[Window]:
        """Each cluster that falls short, with the next of those around it."""
        trials: dict[tuple[str, ...], Window] = {}
        for window in self.windows.values():
            if not self._short_of(level, window):
                continue
            near = [
                seniors
                for other in self._around(level, window)
                if len(seniors := tuple(sorted({*window.seniors, *other.seniors}))) <= most_seniors
            ]
            fresh = [seniors for seniors in near[: CLUSTER_TRIALS[level]] if seniors not in tried]
            trials.update((seniors, self._window(seniors)) for seniors in fresh[:2])
        return list(trials.values())

    def _short_of(self, level: Level, window: Window) -> bool:
        column, alone = self._column_of(window), self.bounds.alone[window.key]
        return column.placed < alone.placed if level is Level.PLACED else column.days > alone.days

    def _around(self, level: Level, window: Window) -> list[Window]:
        """Other clusters, those first that want the juniors this one lacks, or most of its juniors."""
        lacking = [
            slots
            for slots in window.scope.sessions
            if level is not Level.PLACED or slots.session.id not in self.incumbent.arrangement
        ]
        wanted: dict[str, float] = {}
        for slots in lacking:
            for who in slots.juniors:
                wanted[who] = wanted.get(who, 0.0) + (5.0 if who in slots.session.required else 1.0)
        weights: dict[str, float] = {}
        for other in self.windows.values():
            if other.key != window.key:
                juniors = [who for slots in other.scope.sessions for who in slots.juniors]
                weight = sum(wanted.get(who, 0.0) for who in juniors)
                if weight:
                    weights[other.key] = weight
        return [self.windows[key] for key in sorted(weights, key=lambda key: -weights[key])]

    def _trial(self, trial: Window, heard: dict[tuple[str, ...], tuple[Alone, Priced]]) -> Work:
        def receive(priced: Priced) -> None:
            heard[trial.seniors] = _alone(trial, priced), priced

        return self._alone_task(trial), receive

    def _join(
        self, level: Level, trials: Iterable[Window], heard: dict[tuple[str, ...], tuple[Alone, Priced]]
    ) -> bool:
        """Join where together is less than the sum; each cluster once a round."""
        joined = False
        for trial in trials:
            parts = {
                key: window for key, window in self.windows.items() if {*window.seniors} & {*trial.seniors}
            }
            if {who for window in parts.values() for who in window.seniors} != {*trial.seniors}:
                continue  # one of them has been joined with another just now
            alone = [self.bounds.alone[key] for key in parts]
            placed, days = sum(each.placed for each in alone), sum(each.days for each in alone)
            together, priced = heard[trial.seniors]
            less = together.placed < placed or (together.placed == placed and together.days > days)
            if not less or (level is Level.PLACED and together.placed == placed):
                continue
            for key in parts:
                del self.windows[key], self.bounds.alone[key], self._columns[key]
                self._floors.pop(key, None)
            self.windows[trial.key], self._columns[trial.key] = trial, {}
            self._hear_floor(trial, priced)
            self.bounds.alone[trial.key] = together
            self.neighbours.bind(trial.seniors)
            joined = True
        return joined

    def _whole(self) -> bool:
        """A small problem as one model: its optimum is the problem's."""
        sessions = self._sessions(self.neighbours.seniors)
        if not sessions or len(sessions) > WHOLE_SESSIONS or not self._open():
            return True
        task = Neighbourhood(
            scope=make_scope(self.slots, sessions, self.slots.diaries),
            stages=(MAIN,),
            hint=self.incumbent.part(sessions),
            seconds=WHOLE_SECONDS,
            workers=self.pool.workers,
        )

        def receive(answer: Answer) -> None:
            if answer.arrangement is not None and self.incumbent.adopt(sessions, answer.arrangement):
                self.tell()
            if answer.proved:
                self._all_proved()

        return self.pool.run(iter([(task, receive)]))

    def _all_proved(self) -> None:
        score = self.incumbent.score
        self.bounds.found(Level.REACHED, (), score.reached)
        self.bounds.found(Level.PLACED, (score.reached,), score.placed)
        self.bounds.found(Level.SENIOR_DAYS, (score.reached, score.placed), score.senior_days)
        self.tell()

    # A senior's own proof

    def _prove_each_alone(self) -> bool:
        """For each senior with in-person sessions: the fewest days for as much of these, nobody competing."""
        return self.pool.run(self._own_works())

    def _own_works(self) -> Iterator[Work]:
        for senior, sessions in self._in_person_sessions().items():
            placed = [key for key in sessions if key in self.incumbent.arrangement]
            weight = sum(self._weight(key) for key in placed)
            if self.bounds.of_senior(senior, weight) is not None:
                continue
            task = Pricing(
                scope=make_window(self.slots, sessions),
                seniors=(senior,),
                seconds=PRICING_SECONDS,
                prices=Prices(day=1),
                least_placed=sum(self._free_weight(key) for key in placed),
            )
            yield task, self._hear_own(senior, weight)

    def _in_person_sessions(self) -> dict[str, list[str]]:
        own: dict[str, list[str]] = {}
        for session in self.slots.problem.sessions:
            if session.office is not None:
                own.setdefault(session.senior, []).append(session.id)
        return own

    def _weight(self, key: str) -> int:
        return self.slots.problem.session_by_id[key].weight

    def _free_weight(self, key: str) -> int:
        return 0 if self.slots.of[key].fixed else self._weight(key)

    def _hear_own(self, senior: str, weight: int) -> Callable[[Priced], None]:
        agreed = self._agreed_days(senior)

        def receive(priced: Priced) -> None:
            if priced.bound is not None:
                self.bounds.found_of_senior(senior, weight, agreed + max(0, priced.bound))

        return receive

    def _agreed_days(self, senior: str) -> int:
        person = self.slots.problem.person_by_id[senior]
        return len(trip_dates(person, self.slots.diaries.of(senior)))

    # The levels below

    def _improve_lower_levels(self) -> bool:
        self.bounds.found(Level.SHARE, (), self.bounds.agreed.share + most_share(self.slots))
        self.tell()
        improvement = Improvement(
            self.incumbent,
            self.neighbours,
            (MAIN, TURNS, GAPS),
            lambda: True,
            lambda: self.neighbours.seniors,
            self._floors_of,
            self.tell,
        )
        return self.pool.run(improvement.works(5))


class Box(Generic[Held]):
    """Holds the one result of a task until it is asked for."""

    value: Held

    def put(self, value: Held) -> None:
        self.value = value


def _betters(task: Choice, numbers: Sequence[int]) -> bool:
    rows = zip(task.columns, numbers, strict=True)
    return sum(row[n].cost(task.level) - row[0].cost(task.level) for row, n in rows) < 0


def _outweigh(window: Window) -> int:
    """More than all office days that the cluster could have."""
    return 1 + sum(slots.in_person for slots in window.scope.sessions) * len(window.seniors)


def _alone(window: Window, priced: Priced) -> Alone:
    """Read placed and days back from a bound of `days − weight × placed`."""
    if priced.bound is None:
        return Alone(sum(each.session.weight for each in window.scope.sessions if not each.fixed), 0)
    weight = _outweigh(window)
    placed = -(priced.bound // weight)
    return Alone(placed, max(0, priced.bound + weight * placed))
