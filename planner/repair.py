"""Plan again from a plan that people know already, moving or dropping as few of its sessions as can be.

A session is *moved* when it starts at another instant than before, *dropped* when it has no place any
more. Another room or other juniors alone do not move it: whoever stays in it still comes when they
said they would.

1. A session whose old start the calendars of its people, its rooms or its own limits rule out, whatever
   else is planned, has to move (`Repair.forced`).
2. The others are put back (`Restorer`) with their rooms and juniors, or with others where these cannot
   come; those that start before `frozen_until` first, and these are held there whatever moves for them.
3. If all of them stand again, no plan moves fewer, and every plan that moves as few keeps each of them
   where it was: so they are held there, and the search settles the other goals as ever.
4. Otherwise `settle` plans groups of seniors in each other's way with CP-SAT: amid all else, for fewer
   moved, and as if nobody else competed, for a bound. Which of a group move is left open to the search.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from planner.diary import Engagement, week_of
from planner.domain import Level, Move, Person, Placement, Plan
from planner.explain import why_not_at
from planner.greedy import Arrangement, Packer, Seating
from planner.incumbent import Incumbent
from planner.openings import Standing
from planner.scope import make_window
from planner.slots import CandidateSlots, SessionSlots

if TYPE_CHECKING:
    from planner.pool import Pool
    from planner.subproblem import Answer

#: Seconds for one group of seniors, amid the rest and again alone.
SETTLE_SECONDS = 8.0
#: Sessions that one group may have; what more are in each other's way is not proved.
MOST_SESSIONS = 150
#: A group grows from the seniors of one date to those of its week, and then to all.
EVERYBODY = 2


class Repair:
    """What becomes of a plan before. `slots.of` is told what is wanted back, and what is held there."""

    def __init__(self, slots: CandidateSlots, previous: Plan, frozen_until: datetime | None = None) -> None:
        self.slots = slots
        known = slots.problem.session_by_id
        self.before = {each.session: each for each in previous.placements if each.session in known}
        self.forced = frozenset(key for key, each in self.before.items() if not self._could_stand(each))
        self._free = [key for key in self.before if key not in self.forced and known[key].fixed is None]
        self._frozen = {key for key in self._free if frozen_until and self.before[key].start < frozen_until}
        self._beside_forced = 0  # moved in every plan, besides those forced
        self.settled = False

    @property
    def bound(self) -> int:
        """No plan moves or drops fewer."""
        return len(self.forced) + self._beside_forced

    def _could_stand(self, before: Placement) -> bool:
        """Is its old start one of those left? Of a session that is agreed now: is it that one?"""
        session, axis = self.slots.problem.session_by_id[before.session], self.slots.axis
        if session.fixed is not None:
            return session.fixed.start == before.start
        minute = axis.floor(before.start)
        return minute in self.slots.of[session.id].starts.tolist() and axis.instant(minute) == before.start

    # ---- putting back

    def restored(self) -> Packer:
        """A packer that has put back what can stand again, and leaves the rest to be packed."""
        restorer = Restorer(self.slots, self.before, self._frozen)
        restorer.rejoin(key for key in self.before if self.slots.of[key].fixed)
        restorer.put_back(
            sorted(self._free, key=lambda key: (key not in self._frozen, self.before[key].start))
        )
        for key in self._free:
            minute = self.slots.axis.floor(self.before[key].start)
            self.slots.of[key] = replace(self.slots.of[key], before=minute)
        back = [key for key in self._free if key in restorer.arrangement]
        self.settled = len(back) == len(self._free)
        self._hold((key for key in back if self.settled or key in self._frozen), restorer.arrangement)
        return restorer

    def _hold(self, keys: Iterable[str], arrangement: Arrangement) -> None:
        """Let these start nowhere else; those frozen keep their room and juniors, too."""
        for key in keys:
            slots = self.slots.of[key]
            held = replace(slots.only(slots.starts == slots.before), stays=True)
            self.slots.of[key] = self._pinned(held, arrangement[key]) if key in self._frozen else held

    def _pinned(self, slots: SessionSlots, seating: Seating) -> SessionSlots:
        """With the room and the juniors of the plan before, as far as they could be had again."""
        before = self.before[slots.session.id]
        required = slots.session.required | {who for who in seating.juniors if who in before.juniors}
        order = sorted(range(len(slots.juniors)), key=lambda row: slots.juniors[row] not in required)
        rooms = [row for row, room in enumerate(slots.rooms) if room == before.room == seating.room]
        rooms = rooms or list(range(len(slots.rooms)))
        return replace(
            slots,
            session=replace(slots.session, required=required),
            juniors=tuple(slots.juniors[row] for row in order),
            free=slots.free[order],
            rooms=tuple(slots.rooms[row] for row in rooms),
            room_free=slots.room_free[rooms],
        )

    # ---- settling what is in each other's way

    def settle(self, incumbent: Incumbent, pool: Pool) -> None:
        """Move fewer where that can be, and prove how few: of each group of seniors in each other's way."""
        groups: list[_Group] = []
        for key in self._free:
            if incumbent.moved([key]):
                groups = _merged(groups, _Group(self._around(incumbent, key, 0)))
        while open_groups := [group for group in groups if not group.done]:
            group = open_groups[0]
            heard = self._settle_group(incumbent, pool, group)
            if heard is None:
                return
            groups = _merged([each for each in groups if each is not group], heard)
        self._beside_forced = sum(group.fewest for group in groups)
        if all(group.proved for group in groups):
            self._hold(self._uncontested(incumbent, groups), incumbent.arrangement)
        self.settled = True

    def _uncontested(self, incumbent: Incumbent, groups: Iterable[_Group]) -> list[str]:
        """What every plan that moves as few keeps where it was."""
        contested = {who for group in groups if group.fewest for who in group.seniors}
        return [
            key
            for key in self._free
            if self.slots.problem.session_by_id[key].senior not in contested and not self.slots.of[key].stays
        ]

    def _settle_group(self, incumbent: Incumbent, pool: Pool, group: _Group) -> _Group | None:
        """The group with what is known of it now, or a wider one that has to be settled; None: stopped."""
        sessions = self._sessions_of(group.seniors)
        if len(sessions) > MOST_SESSIONS:
            return replace(group, done=True)
        fewest = self._plan_group(incumbent, pool, sessions)
        if fewest is None:
            return None
        moved = [key for key in sessions if incumbent.moved([key])]
        if len(moved) <= fewest:
            return replace(group, done=True, proved=True, fewest=len(moved))
        near = (self._around(incumbent, key, group.width + 1) for key in moved)
        wider = group.seniors.union(*near)
        if wider == group.seniors and group.width >= EVERYBODY:
            return replace(group, done=True, fewest=fewest)
        return _Group(wider, group.width + 1)

    def _plan_group(self, incumbent: Incumbent, pool: Pool, sessions: Sequence[str]) -> int | None:
        """Adopt a plan of these that moves fewer, and say how few of them every plan moves. None: stopped."""
        from planner.subproblem import MAIN, Neighbourhood

        answers: dict[str, Answer] = {}
        alone = make_window(self.slots, sessions)
        tasks = {
            "amid": Neighbourhood(
                incumbent.scope(sessions), ((Level.MOVED,), MAIN), incumbent.part(sessions), SETTLE_SECONDS
            ),
            "alone": Neighbourhood(alone, ((Level.MOVED,),), incumbent.part(sessions), SETTLE_SECONDS),
        }
        works = ((task, _hearer(answers, name)) for name, task in tasks.items())
        if not pool.run(works):
            return None
        if answers["amid"].arrangement is not None:
            incumbent.adopt(sessions, answers["amid"].arrangement)
        found = answers["alone"].arrangement
        if found is None or not answers["alone"].proved:
            return 0
        starts = {key: self.slots.of[key].before for key in sessions}
        return sum(
            before is not None and (key not in found or found[key].start != before)
            for key, before in starts.items()
        )

    def _sessions_of(self, seniors: Iterable[str]) -> list[str]:
        theirs = frozenset(seniors)
        return [
            key
            for key, slots in self.slots.of.items()
            if slots.session.senior in theirs and (slots.juniors or not slots.fixed)
        ]

    def _around(self, incumbent: Incumbent, key: str, width: int) -> frozenset[str]:
        """The senior of a session, and those whose sessions keep it from its old start, or may do so."""
        slots = self.slots.of[key]
        if width >= EVERYBODY or slots.before is None:
            return frozenset(each.session.senior for each in self.slots.of.values())
        day = int(self.slots.of[key].dates[slots.starts == slots.before][0])
        people = (slots.session.senior, *slots.juniors)
        near = {
            each.session.senior
            for who in people
            for each in incumbent.diaries.of(who)
            if (each.date == day if width == 0 else week_of(each.date) == week_of(day))
        }
        end = slots.before + slots.minutes
        sharing = {
            self.slots.of[other].session.senior
            for other, seating in incumbent.arrangement.items()
            if seating.room in slots.rooms
            and seating.start < end
            and slots.before < seating.start + self.slots.of[other].minutes
        }
        return frozenset({slots.session.senior, *near, *sharing})

    # ---- the account

    def count(self, incumbent: Incumbent) -> int:
        """Sessions of the plan before that are moved or dropped now."""
        return len(self.forced) + incumbent.moved(self._free)

    def moves(self, placements: Sequence[Placement]) -> tuple[Move, ...]:
        """Every session of the plan before that starts elsewhere now, or nowhere, and why."""
        problem = self.slots.problem
        now = {each.session: each.start for each in placements}
        moved = [each for each in self.before.values() if now.get(each.session) != each.start]
        standing = Standing(problem, placements) if moved else None
        return tuple(
            Move(each.session, each.start, now.get(each.session), why_not_at(standing, placements, each))
            for each in moved
            if standing is not None
        )


@dataclass(frozen=True)
class _Group:
    """Seniors in each other's way, and how few of their sessions every plan moves besides those forced."""

    seniors: frozenset[str]
    width: int = 0
    done: bool = False
    proved: bool = False  #: the plan moves no more than `fewest` of them
    fewest: int = 0


def _merged(groups: Sequence[_Group], new: _Group) -> list[_Group]:
    """The groups with one more; those that have a senior in common with it become one, to be settled anew."""
    shared = [each for each in groups if each.seniors & new.seniors]
    if not shared:
        return [*groups, new]
    everybody = new.seniors.union(*(each.seniors for each in shared))
    whole = _Group(everybody, max(each.width for each in (new, *shared)))
    return [*(each for each in groups if each not in shared), whole]


def _hearer(answers: dict[str, Answer], name: str) -> Callable[[Answer], None]:
    def hear(answer: Answer) -> None:
        answers[name] = answer

    return hear


class Restorer(Packer):
    """Puts the sessions of a plan before back where they stood, and then packs the others around them."""

    def __init__(
        self, slots: CandidateSlots, before: Mapping[str, Placement], frozen: Container[str]
    ) -> None:
        super().__init__(slots)
        self._before = before
        self._frozen = frozen

    def put_back(self, keys: Iterable[str]) -> None:
        """In this order: first all that fit as they were, then the others with fewer or other people."""
        changed = [key for key in keys if not self._enter_if(key, self._as_it_was(key))]
        for key in changed:
            self._enter_if(key, self._with_others(key))
        self._mend_dates()

    def rejoin(self, keys: Iterable[str]) -> None:
        """Let those who had joined a session agreed before join it again."""
        for key in keys:
            slots, agreed = self.slots.of[key], self.arrangement[key]
            seats = self.diaries.room_seats(self._standing(slots)) if slots.rooms else slots.most
            ready = self._ready(slots, agreed.start, 0, self._before[key].juniors)
            joined = ready[: max(0, min(seats, slots.most))]
            self._enter(slots, replace(agreed, juniors=(*agreed.juniors, *joined)))

    def _enter_if(self, key: str, seating: Seating | None) -> bool:
        if seating is not None:
            self._enter(self.slots.of[key], seating)
        return seating is not None

    def _as_it_was(self, key: str) -> Seating | None:
        """Its old room and juniors, if that keeps every rule but those of whole dates."""
        slots, before = self.slots.of[key], self._before[key]
        start, row = self._row(slots, before)
        ready = self._ready(slots, start, row, before.juniors)
        whole = len(ready) == len(before.juniors) and slots.fewest <= len(ready) <= slots.most
        if not whole or not slots.session.required <= set(ready):
            return None
        return self._seated(slots, start, row, ready) if self._senior_can(slots, start) else None

    def _with_others(self, key: str) -> Seating | None:
        """At its old start, with whom of its juniors can come, and others where these are too few."""
        slots, before = self.slots.of[key], self._before[key]
        start, row = self._row(slots, before)
        if not self._senior_can(slots, start):
            return None
        same = self._ready(slots, start, row, before.juniors)
        more = self._ready(slots, start, row, [who for who in slots.juniors if who not in before.juniors])
        needed = slots.session.required
        crowd = sorted([*same, *sorted(more, key=self._urgency)], key=lambda who: who not in needed)
        crowd = crowd[: min(slots.most, max(slots.fewest, len(same), len(needed)))]
        spared = self._spared(slots, start, row, crowd)
        crowd = [*spared, *crowd]
        enough = len(crowd) >= slots.fewest and needed <= set(crowd)
        seating = self._seated(slots, start, row, crowd) if enough else None
        seating = seating or (self._with_room(slots, row, start, crowd) if enough else None)
        if seating is None:
            self._put_in([part for parts in spared.values() for part in parts])
        return seating

    def _spared(
        self, slots: SessionSlots, start: int, row: int, crowd: Sequence[str]
    ) -> dict[str, list[Engagement]]:
        """Juniors that a session lacks, taken out of others at that time that can be held without them."""
        spared: dict[str, list[Engagement]] = {}
        for who, free in zip(slots.juniors, slots.free[:, row], strict=True):
            lacking = len(crowd) + len(spared) < slots.fewest or who in slots.session.required
            part, pause = self._part(slots, start, who), self.slots.problem.person_by_id[who].break_minutes
            then = [
                each
                for each in self.diaries.of(who)
                if part.start < each.end + pause and each.start < part.end + pause
            ]
            if not (free and lacking and then) or who in crowd or not all(map(self._can_miss, then)):
                continue
            for each in then:
                self._take_out(each)
            if self.diaries.fits(part, travel=False):
                spared[who] = then
            else:
                self._put_in(then)
        return spared

    def _take_out(self, part: Engagement) -> None:
        """One junior less in a session."""
        seating = self.arrangement[part.session.id]
        crowd = tuple(who for who in seating.juniors if who != part.person)
        self.diaries.strike([part])
        self.arrangement[part.session.id] = replace(seating, juniors=crowd)

    def _put_in(self, parts: Iterable[Engagement]) -> None:
        for part in parts:
            seating = self.arrangement[part.session.id]
            self.diaries.enter([part])
            self.arrangement[part.session.id] = replace(seating, juniors=(*seating.juniors, part.person))

    def _row(self, slots: SessionSlots, before: Placement) -> tuple[int, int]:
        start = self.slots.axis.floor(before.start)
        return start, slots.starts.tolist().index(start)

    def _senior_can(self, slots: SessionSlots, start: int) -> bool:
        return self.diaries.fits(self._part(slots, start, slots.session.senior), travel=False)

    def _ready(self, slots: SessionSlots, start: int, row: int, juniors: Iterable[str]) -> list[str]:
        """Those who are candidates still, and free beside what has been put back."""
        rows = {who: n for n, who in enumerate(slots.juniors)}
        return [
            who
            for who in dict.fromkeys(juniors)
            if who in rows
            and slots.free[rows[who], row]
            and self.diaries.fits(self._part(slots, start, who), travel=False)
        ]

    def _seated(self, slots: SessionSlots, start: int, row: int, crowd: Sequence[str]) -> Seating | None:
        """In the old room; None: that is not to be had for all of them."""
        room = self._before[slots.session.id].room
        if slots.session.room_use is None:
            return Seating(start, None, tuple(crowd)) if room is None else None
        if room not in slots.rooms or not slots.room_free[slots.rooms.index(room), row]:
            return None
        people, features = self.slots.problem.person_by_id, self.slots.problem.room_by_id[room].features
        served = all(people[who].room_needs <= features for who in crowd)
        return (
            Seating(start, room, tuple(crowd))
            if served and len(crowd) <= self._seats(slots, start, room)
            else None
        )

    # ---- rules of whole dates

    def _mend_dates(self) -> None:
        """Fill, or else thin out, the dates that what could not be put back leaves without worth or way."""
        people = self.slots.problem.people
        tied = [each for each in people if each.travel_minutes or each.min_sessions_per_office_day > 1]
        while (broken := next(self._broken_dates(tied), None)) is not None:
            if not self._fill(*broken):
                self._thin_out(*broken)

    def _broken_dates(self, people: Iterable[Person]) -> Iterator[tuple[Person, int]]:
        for person in people:
            days = sorted({each.date for each in self.diaries.of(person.id) if each.in_person})
            yield from ((person, day) for day in days if not self._holds(person, day))

    def _holds(self, person: Person, day: int) -> bool:
        diary = self.diaries.of(person.id)
        return self.diaries.worth_the_trip(person.id, day) and self.diaries.travel_is_free(person, diary, day)

    def _fill(self, person: Person, day: int) -> bool:
        """Place what else this senior could hold on the date until it is worth the trip, if that can be."""
        added: list[tuple[SessionSlots, Seating]] = []
        for slots in self.slots.of.values():
            theirs = slots.session.senior == person.id and slots.in_person
            if theirs and slots.session.id not in self.arrangement:
                seating = self._seating_on(slots, day)
                if seating is not None:
                    self._enter(slots, seating)
                    added.append((slots, seating))
                    if self._holds(person, day):
                        return True
        for slots, seating in added:
            self._strike(slots, seating)
        return False

    def _thin_out(self, person: Person, day: int) -> None:
        """Take a junior out of one session of the date; where that cannot be, the session."""
        diary = self.diaries.of(person.id)
        chosen = [each for each in diary if each.in_person and each.date == day and not each.held]

        def loss(part: Engagement) -> tuple[bool, bool, bool]:
            rest = [each for each in diary if each is not part]
            mends = self.diaries.travel_is_free(person, rest, day)
            return (not mends, part.session.id in self._frozen, not self._can_miss(part))

        part = min(chosen, key=loss)
        slots, seating = self.slots.of[part.session.id], self.arrangement[part.session.id]
        if self._can_miss(part):
            self._take_out(part)
        else:
            self._strike(slots, seating)

    def _can_miss(self, part: Engagement) -> bool:
        """Can its session be held without this person?"""
        slots, seating = self.slots.of[part.session.id], self.arrangement[part.session.id]
        spare = len(seating.juniors) - len(slots.agreed) > slots.fewest
        return part.as_junior and not part.held and spare and part.person not in slots.session.required
