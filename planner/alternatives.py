"""Another day for the sessions of one senior's day, with the rest of the plan held as it is.

1. Keep of the problem only what the day can touch: its people, their sessions, its rooms.
2. Ask for each session where it could stand on each date (`planner.openings`).
3. Pack each date: as much of the day as fits, from each possible first start on without waiting.
4. Take the best of all that, and let `planner.check` judge it; whoever cannot come for a reason
   that only the whole day shows is left out, or the arrangement is dropped.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from zoneinfo import ZoneInfo

import numpy as np

from planner.blockage import must_attend
from planner.check import Rule, Violation, violations
from planner.domain import Interval, Person, Placement, Plan, PlanningProblem, Session
from planner.openings import Bars, Frame, Standing, lowest_heads
from planner.slots import Mask

#: Arrangements of one date, and of all dates, that are judged before the search gives up.
MOST_TRIED_A_DAY = 5
MOST_TRIED = 60
#: Steps of packing one date, over all its first starts; more sessions a day, fewer first starts.
STEPS_A_DAY = 8000
#: Sets of as many sessions that are packed further: all, up to nine sessions a day.
MOST_SETS = 126
#: People dropped one after the other to make one arrangement keep the rules.
MOST_DROPPED = 4


@dataclass(frozen=True, slots=True)
class OtherDay:
    """A date on which the sessions of a senior's day could be held, and what it costs."""

    day: date
    placements: tuple[Placement, ...]  #: by start; every rule kept, the rest of the plan as it was
    left_out: tuple[str, ...]  #: sessions that would have to wait
    extra_trips: int  #: the senior's office days against now: −1, 0 or 1
    in_office: bool  #: the senior comes in anyway, or has other sessions there that date
    idle_minutes: int  #: between the senior's in-person sessions of that date
    missed: tuple[str, ...]  #: people who attend now and would lose a turn


def other_days(
    problem: PlanningProblem, placements: Iterable[Placement], senior: str, day: date, most: int = 5
) -> tuple[OtherDay, ...]:
    """The best other dates for what a senior holds on a date, best first.

    Moves every session of theirs that stands on that date and was not agreed before, online ones
    too. Best is what leaves out least, then needs fewest trips, then keeps most of the people, then
    waits least, then lies nearest.

    Raises:
        KeyError: there is no such person.
    """
    change = _DayChange(problem, tuple(placements), problem.person_by_id[senior], day)
    return tuple(change.best(change.other_dates, most))


def refit(
    problem: PlanningProblem, placements: Iterable[Placement], senior: str, day: date
) -> OtherDay | None:
    """The same date rearranged, for when a calendar has changed; None where nothing of it can stand."""
    return held_on(problem, placements, senior, day, day)


def held_on(
    problem: PlanningProblem, placements: Iterable[Placement], senior: str, day: date, to: date
) -> OtherDay | None:
    """What a senior holds on `day`, as much of it as fits on the date `to`; None where nothing does.

    Raises:
        KeyError: there is no such person.
    """
    change = _DayChange(problem, tuple(placements), problem.person_by_id[senior], day)
    return next(iter(change.best((to.toordinal(),), 1)), None)


@dataclass(frozen=True, eq=False)
class _Movable:
    """One session of the day, and what bars whom at each of its starts."""

    session: Session
    now: Placement
    frame: Frame
    senior: Bars
    candidates: tuple[str, ...]  #: those who must attend, those who attend now, the others
    juniors: Bars  #: [candidate, start]
    roomy: Mask  #: [start] some room takes the smallest group, or none is needed

    def starts_on(self, day: int) -> list[int]:
        """Starts at which the senior, those who must attend, enough others and a room are free."""
        free = self.juniors == 0
        can = (self.senior == 0) & self.roomy & (self.frame.dates == day)
        can &= free[: len(must_attend(self.session))].all(axis=0)
        can &= free.sum(axis=0) >= self.session.seats[0]
        return [int(start) for start in self.frame.starts[can]]

    def ready(self, start: int) -> list[str]:
        index = int(np.searchsorted(self.frame.starts, start))
        return [who for who, bars in zip(self.candidates, self.juniors[:, index], strict=True) if not bars]


#: Starts by session id.
Starts = Mapping[str, int]

#: When the senior is free again, and the starts chosen so far.
_Packed = tuple[int, dict[str, int]]


@dataclass(frozen=True)
class _Arrangement:
    """The day on another date, not judged yet."""

    day: int
    placements: tuple[Placement, ...]
    cost: tuple[int, ...]


class _DayChange:
    """Everything that one senior's day can touch, and the ways to hold it on another date."""

    def __init__(
        self, problem: PlanningProblem, placements: Sequence[Placement], senior: Person, day: date
    ) -> None:
        self.senior, self.day = senior, day
        self.moving = [p for p in placements if _is_of_day(problem, p, senior, day)]
        moved = {placement.session for placement in self.moving}
        self.rest = [p for p in _with_agreed(problem, placements) if p.session not in moved]
        self.people = {senior.id}
        for placement in self.moving:
            self.people |= {*placement.juniors, *problem.session_by_id[placement.session].juniors}
        self.problem = self._narrowed(problem)
        self.rest = [p for p in self.rest if p.session in self.problem.session_by_id]
        self.standing = Standing(self.problem, self.rest)
        self.movables = [self._movable(placement) for placement in self.moving]
        self.movable = {each.session.id: each for each in self.movables}

    # ---- 1: what the day can touch

    def _narrowed(self, problem: PlanningProblem) -> PlanningProblem:
        """The problem with the sessions of these people and of the rooms they may use only."""
        sessions = [problem.session_by_id[placement.session] for placement in self.moving]
        uses = {(session.office, session.room_use) for session in sessions}
        rooms = {room.id for room in problem.rooms for use in room.uses if (room.office, use) in uses}
        for placement in self.rest:
            session = problem.session_by_id[placement.session]
            if placement.room in rooms or not self.people.isdisjoint(_crowd(problem, placement)):
                # Nobody else is asked to join a session that stands.
                sessions.append(replace(session, juniors=placement.juniors) if session.fixed else session)
        return replace(problem, sessions=tuple(sessions))

    # ---- 2: where each session could stand

    def _movable(self, now: Placement) -> _Movable:
        session = self.problem.session_by_id[now.session]
        frame = self.standing.frame(session)
        must = must_attend(session)
        candidates = tuple(dict.fromkeys((*must, *now.juniors, *session.juniors)))
        rows = [self.standing.bars(who, frame) for who in candidates]
        juniors = np.array(rows, dtype=np.int64).reshape(len(rows), len(frame.starts))
        senior = self.standing.bars(self.senior.id, frame)
        return _Movable(session, now, frame, senior, candidates, juniors, self._roomy(frame))

    def _roomy(self, frame: Frame) -> Mask:
        session, heads = frame.session, lowest_heads(frame.session)
        rooms = [
            room
            for room in self.standing.rooms_for(session)
            if self.problem.room_by_id[room].capacity >= heads
        ]
        roomy = np.full(len(frame.starts), session.room_use is None)
        for room in rooms:
            roomy |= self.standing.room_bars(room, frame, heads) == 0
        return roomy

    @property
    def other_dates(self) -> tuple[int, ...]:
        dates = {int(day) for each in self.movables for day in np.unique(each.frame.dates)}
        return tuple(sorted(dates - {self.day.toordinal()}))

    # ---- 3: packing a date

    def _arrangements(self, day: int) -> Iterator[_Arrangement]:
        starts = {each.session.id: each.starts_on(day) for each in self.movables}
        begins = sorted({start for row in starts.values() for start in row})
        count = len(self.movables)
        stride = max(1, len(begins) * 2**count * count // STEPS_A_DAY)
        for begin in begins[::stride]:
            placements = self._staffed(self._packed(starts, begin))
            if placements:
                yield _Arrangement(day, placements, self._cost(day, placements))

    def _packed(self, starts: Mapping[str, Sequence[int]], begin: int) -> Starts:
        """As much as fits from a first start on, ending as early as it can.

        For each set of sessions the earliest end is kept, which is all that the next one depends on.
        """
        layer: dict[frozenset[str], _Packed] = {frozenset(): (begin, {})}
        packed = dict(layer)
        while layer:
            following: dict[frozenset[str], _Packed] = {}
            for done, (free_from, chosen) in layer.items():
                for each in self.movables:
                    start = self._next_start(each, starts[each.session.id], free_from, chosen, begin)
                    if start is not None:
                        free_again = start + each.session.minutes + self.senior.break_minutes
                        key = done | {each.session.id}
                        if key not in following or free_again < following[key][0]:
                            following[key] = (free_again, {**chosen, each.session.id: start})
            layer = dict(sorted(following.items(), key=lambda row: row[1][0])[:MOST_SETS])
            packed |= layer
        return max(packed.values(), key=lambda row: (self._weight(row[1]), -row[0]))[1]

    def _next_start(
        self, each: _Movable, starts: Sequence[int], free_from: int, chosen: Starts, begin: int
    ) -> int | None:
        """The first start of a session after those chosen; the first of all starts when it is said to."""
        minutes = sum(self.movable[id_].session.minutes for id_ in (*chosen, each.session.id))
        if each.session.id in chosen or minutes > self.senior.max_minutes_per_day:
            return None
        at = bisect_left(starts, free_from)
        if at == len(starts) or (not chosen and starts[at] != begin):
            return None
        return starts[at]

    def _weight(self, sessions: Iterable[str]) -> int:
        return sum(self.movable[id_].session.weight for id_ in sessions)

    def _staffed(self, starts: Starts) -> tuple[Placement, ...]:
        """Rooms and people for starts: who attends now comes first; nobody more than now attend."""
        placements = (self._placed(self.movable[id_], start) for id_, start in starts.items())
        found = [placement for placement in placements if placement is not None]
        return tuple(sorted(found, key=lambda placement: placement.start))

    def _placed(self, each: _Movable, start: int) -> Placement | None:
        session, ready = each.session, each.ready(start)
        wanted = min(session.most_juniors, max(session.seats[0], len(each.now.juniors)))
        for room in self._rooms_for(each):
            crowd = ready
            if room is not None:
                place = self.problem.room_by_id[room]
                seats = self.standing.seats_in(room, session, start)
                needs = self.senior.room_needs - place.features
                crowd = [who for who in ready if self._needs(who) <= place.features][: 0 if needs else seats]
            crowd = crowd[:wanted]
            if len(crowd) >= session.seats[0] and set(must_attend(session)) <= set(crowd):
                return Placement(session.id, self.standing.axis.instant(start), room, tuple(crowd))
        return None

    def _rooms_for(self, each: _Movable) -> Sequence[str | None]:
        """The room it has now first."""
        if each.session.room_use is None:
            return (None,)
        return sorted(self.standing.rooms_for(each.session), key=lambda room: room != each.now.room)

    def _needs(self, who: str) -> frozenset[str]:
        return self.problem.person_by_id[who].room_needs

    # ---- 4: the best that keeps the rules

    def best(self, days: Iterable[int], most: int) -> list[OtherDay]:
        if not self.moving:
            return []
        ranked = sorted((a for day in days for a in self._arrangements(day)), key=lambda a: a.cost)
        found: dict[int, _Arrangement] = {}
        tried: Counter[int] = Counter()
        for arrangement in ranked:
            if len(found) >= most or tried.total() >= MOST_TRIED:
                break
            if arrangement.day not in found and tried[arrangement.day] < MOST_TRIED_A_DAY:
                tried[arrangement.day] += 1
                judged = self._judged(arrangement)
                if judged is not None:
                    found[arrangement.day] = judged
        return [self._other_day(each) for each in sorted(found.values(), key=lambda each: each.cost)]

    def _judged(self, arrangement: _Arrangement) -> _Arrangement | None:
        """The arrangement, without those who cannot come after all, if it keeps every rule."""
        placements = arrangement.placements
        for _ in range(MOST_DROPPED + 1):
            broken = self._broken(placements)
            if not broken:
                return replace(
                    arrangement, placements=placements, cost=self._cost(arrangement.day, placements)
                )
            fewer = self._without(placements, broken[0])
            if fewer is None:
                return None
            placements = fewer
        return None

    @cached_property
    def _broken_before(self) -> frozenset[str]:
        """What the plan broke before, its other sessions included: not for this change to mend."""
        return frozenset(violation.text for violation in self._violations(self.moving))

    def _broken(self, placements: Sequence[Placement]) -> list[Violation]:
        return [each for each in self._violations(placements) if each.text not in self._broken_before]

    def _violations(self, placements: Sequence[Placement]) -> list[Violation]:
        """Broken rules of these people and rooms; of others not all sessions are known here."""
        plan = Plan((*self._beside(placements), *placements))
        return [
            broken
            for broken in violations(self.problem, plan)
            if broken.rule not in (Rule.ACCOUNT, Rule.AGREED)
            and (broken.person is None or broken.person in self.people)
        ]

    def _beside(self, placements: Iterable[Placement]) -> list[Placement]:
        """What stands that these placements can break a rule with: the rooms of other dates cannot."""
        dates = {_date_of(self.problem, placement) for placement in placements}
        return [p for p, is_theirs, day in self._standing_rows if is_theirs or day in dates]

    @cached_property
    def _standing_rows(self) -> list[tuple[Placement, bool, date]]:
        """What stands: is one of these people in it, and on which date?"""
        return [
            (p, not self.people.isdisjoint(_crowd(self.problem, p)), _date_of(self.problem, p))
            for p in self.rest
        ]

    def _without(self, placements: Sequence[Placement], broken: Violation) -> tuple[Placement, ...] | None:
        """The same without the one whose rule is broken; None where it cannot do without."""
        for index, placement in reversed(list(enumerate(placements))):
            session = self.movable[placement.session].session
            if placement.session in broken.sessions and broken.person in placement.juniors:
                left = tuple(who for who in placement.juniors if who != broken.person)
                if broken.person in must_attend(session) or len(left) < session.seats[0]:
                    return None
                return (
                    *placements[:index],
                    replace(placement, juniors=left),
                    *placements[index + 1 :],
                )
        return None

    def _cost(self, day: int, placements: Sequence[Placement]) -> tuple[int, ...]:
        """What is worse compares higher, in the order of `other_days`."""
        left_out = self._weight(self.movable) - self._weight(placement.session for placement in placements)
        at = date.fromordinal(day)
        return (
            left_out,
            self._extra_trips(at, placements),
            len(self._missed(placements)),
            self._idle(at, placements),
            abs(day - self.day.toordinal()),
        )

    def _other_day(self, arrangement: _Arrangement) -> OtherDay:
        at, placements = date.fromordinal(arrangement.day), arrangement.placements
        held = {placement.session for placement in placements}
        return OtherDay(
            day=at,
            placements=placements,
            left_out=tuple(id_ for id_ in self.movable if id_ not in held),
            extra_trips=self._extra_trips(at, placements),
            in_office=at in self.senior.in_office or at in self._on_site,
            idle_minutes=self._idle(at, placements),
            missed=self._missed(placements),
        )

    # ---- what it costs

    @cached_property
    def _on_site(self) -> Mapping[date, list[Interval]]:
        """The senior's in-person sessions that stand, by date."""
        rows: defaultdict[date, list[Interval]] = defaultdict(list)
        for placement, is_theirs, day in self._standing_rows:
            if is_theirs and self.senior.id in _crowd(self.problem, placement):
                session = self.problem.session_by_id[placement.session]
                if session.office is not None:
                    rows[day].append(placement.interval(session.minutes))
        return rows

    def _extra_trips(self, day: date, placements: Iterable[Placement]) -> int:
        return self._trip(day, placements) - self._trip(self.day, self.moving)

    def _trip(self, day: date, placements: Iterable[Placement]) -> int:
        """Do these add an office day to what stands?"""
        comes = any(_is_in_person(self.problem, placement) for placement in placements)
        return int(comes and day not in self.senior.in_office and day not in self._on_site)

    def _idle(self, day: date, placements: Iterable[Placement]) -> int:
        sessions = self.problem.session_by_id
        held = [p.interval(sessions[p.session].minutes) for p in placements if _is_in_person(self.problem, p)]
        if not held:
            return 0
        held += self._on_site.get(day, [])
        whole = Interval(min(each.start for each in held), max(each.end for each in held))
        return whole.minutes - sum(each.minutes for each in held)

    def _missed(self, placements: Iterable[Placement]) -> tuple[str, ...]:
        """Who loses a turn, once for each."""
        now = Counter(who for placement in self.moving for who in placement.juniors)
        then = Counter(who for placement in placements for who in placement.juniors)
        return tuple((now - then).elements())


def _with_agreed(problem: PlanningProblem, placements: Iterable[Placement]) -> Iterator[Placement]:
    """The placements, and what was agreed where they do not have it."""
    named = set()
    for placement in placements:
        named.add(placement.session)
        yield placement
    for session in problem.sessions:
        if session.fixed is not None and session.id not in named:
            yield Placement(session.id, session.fixed.start, session.fixed.room, session.fixed.juniors)


def _is_of_day(problem: PlanningProblem, placement: Placement, senior: Person, day: date) -> bool:
    session = problem.session_by_id[placement.session]
    return session.senior == senior.id and session.fixed is None and _date_of(problem, placement) == day


def _crowd(problem: PlanningProblem, placement: Placement) -> tuple[str, ...]:
    return (problem.session_by_id[placement.session].senior, *placement.juniors)


def _is_in_person(problem: PlanningProblem, placement: Placement) -> bool:
    return problem.session_by_id[placement.session].office is not None


def _date_of(problem: PlanningProblem, placement: Placement) -> date:
    session = problem.session_by_id[placement.session]
    return placement.start.astimezone(ZoneInfo(problem.zone_of(session))).date()
