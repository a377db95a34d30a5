"""The phases of a search, each cut short when the time is up.

Imported when a search begins and not before: it brings CP-SAT with it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial

from planner.bounds import Alone, Bounds
from planner.diary import trip_dates
from planner.domain import Level, Role
from planner.improve import Improvement, Neighbours
from planner.incumbent import Incumbent
from planner.master import PRICING_SECONDS, Demand, Master, Window
from planner.pool import Pool, Work
from planner.scope import make_scope
from planner.slots import CandidateSlots
from planner.subproblem import GAPS, MAIN, TURNS, Answer, Column, Neighbourhood, Priced, Pricing

#: Up to so many sessions the whole problem is tried as one model too.
WHOLE_SESSIONS = 100
WHOLE_SECONDS = 20.0


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
        self.windows = self._windows()
        self._columns: dict[str, dict[Column, None]] = {senior: {} for senior in self.windows}

    def _windows(self) -> dict[str, Window]:
        people = self.slots.problem.person_by_id
        return {
            senior: Window(
                senior,
                people[senior].role is Role.SENIOR,
                make_scope(self.slots, sessions, self.slots.diaries),
            )
            for senior, sessions in self.neighbours.sessions.items()
        }

    def run(self) -> None:
        if not self._solve_each_alone():
            return
        improvement = Improvement(self.incumbent, self.neighbours, (MAIN,), self._hopeful, self.tell)
        phases: tuple[Callable[[], bool], ...] = (
            partial(self.pool.run, improvement.works(3)),
            self._prove,
            partial(self.pool.run, improvement.works(5)),
            self._whole,
            self._prove,
            self._prove_each_alone,
            self._improve_lower_levels,
        )
        for phase in phases:
            if not phase():
                return

    # Each senior alone

    def _solve_each_alone(self) -> bool:
        alone: dict[str, Alone] = {}
        done = self.pool.run(self._alone_works(alone))
        if len(alone) == len(self.windows):
            self.bounds.add_up(alone)
            self.tell()
        return done

    def _alone_works(self, alone: dict[str, Alone]) -> Iterator[Work]:
        for window in self.windows.values():
            weight = 1 + sum(slots.in_person for slots in window.scope.sessions)
            task = Pricing(window.scope, window.senior, PRICING_SECONDS, day=1, placed=weight)
            yield task, self._hear_alone(alone, window.senior, weight)

    def _hear_alone(self, alone: dict[str, Alone], senior: str, weight: int) -> Callable[[Priced], None]:
        def receive(priced: Priced) -> None:
            if priced.column is not None:
                self._columns[senior][priced.column] = None
            if priced.bound is None:
                alone[senior] = self._nothing_known(senior)
                return
            placed = -(priced.bound // weight)
            alone[senior] = Alone(placed, max(0, priced.bound + weight * placed))

        return receive

    def _nothing_known(self, senior: str) -> Alone:
        scope = self.windows[senior].scope
        return Alone(sum(slots.session.weight for slots in scope.sessions if not slots.fixed), 0)

    # The main goals

    def _open(self) -> bool:
        """Is one of the main goals not proved yet?"""
        return not all(self.bounds.closed(level, self.incumbent.score) for level in MAIN)

    def _hopeful(self) -> Sequence[str]:
        """Seniors around whom the main goals may get better."""
        if not self._open():
            return ()
        unreached = {who for who in self.bounds.need if not self.incumbent.is_reached(who)}
        near = {senior for who in unreached for senior in self.neighbours.seniors_of[who]}
        return [each for each in self.neighbours.seniors if each in near or self._falls_short(each)]

    def _falls_short(self, senior: str) -> bool:
        column, alone = self._column_of(senior), self.bounds.alone.get(senior)
        return alone is None or column.placed < alone.placed or column.days > alone.days

    def _column_of(self, senior: str) -> Column:
        """The senior's window in the plan."""
        sessions = self.neighbours.sessions[senior]
        diary = self.incumbent.diaries.of(senior)
        standing = {each.date for each in diary if each.in_person and each.held}
        own = set(sessions)
        rows = [each for each in diary if not each.held and each.session.id in own]
        dates = trip_dates(self.slots.problem.person_by_id[senior], rows) - standing
        met = {who for key in sessions for who in self._joined(key)}
        return Column(
            days=len(dates),
            placed=sum(each.session.weight for each in rows),
            reached=frozenset(met & set(self.bounds.need)),
        )

    def _joined(self, key: str) -> Sequence[str]:
        seating = self.incumbent.arrangement.get(key)
        return () if seating is None else seating.juniors

    # Proof

    def _prove(self) -> bool:
        """Tighten the bound of the first of the main goals that is open, then of the next."""
        for level in MAIN:
            if self.bounds.closed(level, self.incumbent.score):
                continue
            if not self._generate_columns(level):
                return False
        return True

    def _generate_columns(self, level: Level) -> bool:
        score, agreed = self.incumbent.score, self.bounds.agreed
        demand = Demand(score.reached - agreed.reached, score.placed - agreed.placed)
        for senior in self.windows:
            self._columns[senior][self._column_of(senior)] = None
        master = Master(
            level,
            self.windows,
            self.bounds.need,
            demand,
            {senior: each.placed for senior, each in self.bounds.alone.items()},
            [(senior, column) for senior, columns in self._columns.items() for column in columns],
        )
        above = {Level.REACHED: (), Level.PLACED: (score.reached,)}
        known = above.get(level, (score.reached, score.placed))
        more = True
        while more:
            if not self.pool.run(iter(master.questions())):
                return False
            more = master.conclude()
            if master.bound is not None:
                self.bounds.found(level, known, agreed.at(level) + master.bound)
                self.tell()
            more = more and not self.bounds.closed(level, self.incumbent.score)
        for senior, column in master.columns:
            self._columns[senior][column] = None
        return True

    def _whole(self) -> bool:
        """A small problem as one model: its optimum is the problem's."""
        sessions = [key for rows in self.neighbours.sessions.values() for key in rows]
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
            task = Pricing(
                scope=make_scope(self.slots, sessions, self.slots.diaries),
                senior=senior,
                seconds=PRICING_SECONDS,
                day=1,
                least_placed=sum(self._free_weight(key) for key in placed),
            )
            yield task, self._hear_own(senior, sum(self._weight(key) for key in placed))

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
        improvement = Improvement(
            self.incumbent,
            self.neighbours,
            (MAIN, TURNS, GAPS),
            lambda: self.neighbours.seniors,
            self.tell,
        )
        return self.pool.run(improvement.works(5))
