"""A packer that fills one office day after the other: quick, keeps every rule, proves nothing.

For each senior it takes the date on which most of the sessions that are left fit, and repeats. It
gives the search its first plan and is itself the published baseline "greedy packer".
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from planner.diary import Engagement, is_waived, office_dates
from planner.domain import Placement, PlanningProblem
from planner.slots import CandidateSlots, SessionSlots


@dataclass(frozen=True, slots=True)
class Seating:
    """Where one session stands in a plan being made."""

    start: int  #: minute on the axis
    room: str | None
    juniors: tuple[str, ...]  #: everybody who attends, those agreed before included


#: A plan being made: what is placed, by session id; sessions agreed before are always in it.
Arrangement = dict[str, Seating]


def greedy_packer(problem: PlanningProblem) -> tuple[Placement, ...]:
    """The baseline's plan: every rule kept, no session moved once it stands."""
    slots = CandidateSlots(problem)
    return placements(slots, Packer(slots).pack())


def placements(slots: CandidateSlots, arrangement: Arrangement) -> tuple[Placement, ...]:
    """An arrangement in the words of the plan, in the order of the problem."""
    return tuple(
        Placement(
            session.id,
            slots.axis.instant(seating.start) if session.fixed is None else session.fixed.start,
            seating.room,
            seating.juniors,
        )
        for session in slots.problem.sessions
        if (seating := arrangement.get(session.id)) is not None
    )


def agreed_arrangement(slots: CandidateSlots) -> Arrangement:
    """The plan that adds nothing to what was agreed before: a plan of every problem."""
    return {
        session.id: Seating(slots.axis.floor(session.fixed.start), session.fixed.room, session.fixed.juniors)
        for session in slots.problem.sessions
        if session.fixed is not None
    }


def engagements_of(slots: CandidateSlots, session_id: str, seating: Seating) -> list[Engagement]:
    """What a placed session puts into the diaries, besides what was agreed before."""
    session = slots.problem.session_by_id[session_id]
    if session.fixed is None:
        end = seating.start + session.minutes
        return slots.engagements(session, seating.start, end, seating.room, seating.juniors)
    agreed = {session.senior, *session.fixed.juniors}
    end = slots.axis.ceil(session.fixed.start + timedelta(minutes=session.minutes))
    joined = slots.engagements(session, seating.start, end, seating.room, seating.juniors)
    return [each for each in joined if each.person not in agreed]


class Packer:
    """Fills an arrangement, one senior after the other."""

    def __init__(self, slots: CandidateSlots) -> None:
        self.slots = slots
        self.diaries = slots.diaries.copy()
        self.arrangement = agreed_arrangement(slots)
        self._chances = self._count_chances()

    def pack(self) -> Arrangement:
        for group in self._seniors_by_freedom():
            self._pack_in_person([each for each in group if each.in_person])
            for each in sorted((each for each in group if not each.in_person), key=lambda s: len(s.starts)):
                self._place_somewhere(each)
        for each in self.slots.of.values():
            if each.fixed:
                self._fill_up(each)
        return self.arrangement

    def _count_chances(self) -> dict[str, int]:
        """How many sessions each person could attend as a junior; the rarer, the earlier a seat."""
        chances: dict[str, int] = {}
        for each in self.slots.of.values():
            for who in each.juniors:
                chances[who] = chances.get(who, 0) + 1
        return chances

    def _seniors_by_freedom(self) -> list[list[SessionSlots]]:
        """The sessions still to place of each senior, the senior with the fewest starts first."""
        groups: dict[str, list[SessionSlots]] = {}
        for each in self.slots.of.values():
            if each.session.id not in self.arrangement and len(each.starts):
                groups.setdefault(each.session.senior, []).append(each)
        return sorted(groups.values(), key=lambda group: sum(len(each.starts) for each in group))

    def _pack_in_person(self, left: list[SessionSlots]) -> None:
        """Take the date that holds most of what is left, until none holds any."""
        promise = self._promises(left)
        while left and promise:
            best: list[tuple[SessionSlots, Seating]] = []
            best_day, best_value = 0, -1.0
            for day in sorted(promise, key=lambda day: -promise[day]):
                if promise[day] <= best_value:
                    break
                packed = self._try_day(left, day)
                promise[day] = self._worth_of(packed, day)
                if promise[day] > best_value:
                    best, best_day, best_value = packed, day, promise[day]
            if not best:
                return
            for slots, seating in best:
                self._enter(slots, seating)
            done = {slots.session.id for slots, _ in best}
            left = [each for each in left if each.session.id not in done]
            del promise[best_day]

    def _promises(self, left: list[SessionSlots]) -> dict[int, float]:
        """The most that each date could hold. Fewer sessions left never make a date better."""
        days: dict[int, float] = {}
        for each in left:
            for day in np.unique(each.dates).tolist():
                days[day] = days.get(day, 0.0) + self._bonus(each)
        return {day: value + self._free_of_cost(left[0].session.senior, day) for day, value in days.items()}

    def _bonus(self, each: SessionSlots) -> float:
        return float(each.session.weight)

    def _free_of_cost(self, senior: str, day: int) -> float:
        """A date that costs no office day is taken before all others that hold as much."""
        taken = day in office_dates(self.diaries.of(senior))
        return 0.5 if taken or is_waived(self.slots.problem.person_by_id[senior], day) else 0.0

    def _worth_of(self, packed: Sequence[tuple[SessionSlots, Seating]], day: int) -> float:
        if not packed:
            return -1.0
        senior = packed[0][0].session.senior
        return sum(self._bonus(each) for each, _ in packed) + self._free_of_cost(senior, day)

    def _try_day(self, left: Iterable[SessionSlots], day: int) -> list[tuple[SessionSlots, Seating]]:
        """What fits on one date, entered to see that it does and taken back."""
        packed: list[tuple[SessionSlots, Seating]] = []
        here = [(int((each.dates == day).sum()), each) for each in left]
        for _, each in sorted((row for row in here if row[0]), key=lambda row: row[0]):
            seating = self._seating_on(each, day)
            if seating is not None:
                self._enter(each, seating)
                packed.append((each, seating))
        worth = not packed or self.diaries.worth_the_trip(packed[0][0].session.senior, day)
        for each, seating in reversed(packed):
            self._strike(each, seating)
        return packed if worth else []

    def _seating_on(self, slots: SessionSlots, day: int) -> Seating | None:
        """The first start of a date that works, those next to the senior's other sessions first."""
        rows = np.flatnonzero(slots.dates == day)
        beside = [
            each for each in self.diaries.of(slots.session.senior) if each.in_person and each.date == day
        ]
        if beside:
            starts = slots.starts[rows]
            ends = starts + slots.minutes
            gap = np.min([np.maximum(starts - each.end, each.start - ends) for each in beside], axis=0)
            rows = rows[gap >= 0][np.argsort(gap[gap >= 0], kind="stable")]
        return next((found for row in rows if (found := self._seating_at(slots, int(row)))), None)

    def _place_somewhere(self, slots: SessionSlots) -> None:
        for row in range(len(slots.starts)):
            seating = self._seating_at(slots, row)
            if seating is not None:
                self._enter(slots, seating)
                return

    def _seating_at(self, slots: SessionSlots, row: int) -> Seating | None:
        """Room and juniors for one start, or None."""
        start, session = int(slots.starts[row]), slots.session
        senior = self._part(slots, start, session.senior)
        if not self.diaries.fits(senior):
            return None
        ready = [who for who, free in zip(slots.juniors, slots.free[:, row], strict=True) if free]
        ready = [who for who in ready if self._can_attend(slots, start, who)]
        if not session.required <= set(ready) or len(ready) < slots.fewest:
            return None
        ready.sort(key=lambda who: (who not in session.required, self._urgency(who)))
        ready = ready[: slots.most]
        if not slots.rooms:
            return Seating(start, None, tuple(ready)) if session.room_use is None else None
        return self._with_room(slots, row, start, ready)

    def _with_room(self, slots: SessionSlots, row: int, start: int, ready: list[str]) -> Seating | None:
        """The room that takes most of those who are ready."""
        people = self.slots.problem.person_by_id
        best: Seating | None = None
        for room, open_then in zip(slots.rooms, slots.room_free[:, row], strict=True):
            if not open_then:
                continue
            place = self.slots.problem.room_by_id[room]
            crowd = [who for who in ready if people[who].room_needs <= place.features]
            crowd = crowd[: self._seats(slots, start, room)]
            fits = len(crowd) >= slots.fewest and slots.session.required <= set(crowd)
            if fits and (best is None or len(crowd) > len(best.juniors)):
                best = Seating(start, room, tuple(crowd))
        return best

    def _seats(self, slots: SessionSlots, start: int, room: str) -> int:
        """Juniors that fit into a room beside the senior, the open seats and who is there already."""
        seats = self.diaries.seats_beside(room, start, start + slots.minutes)
        return max(0, seats - 1 - slots.session.open_seats)

    def _can_attend(self, slots: SessionSlots, start: int, who: str) -> bool:
        part = self._part(slots, start, who)
        if not self.diaries.fits(part):
            return False
        return not part.in_person or self.diaries.worth_the_trip(who, part.date, more=1)

    def _urgency(self, who: str) -> tuple[int, float, int]:
        """Least served first, then greatest need, then fewest other chances."""
        need = self.slots.problem.person_by_id[who].need
        return (self.diaries.turns(who), -need, self._chances.get(who, 0))

    def _part(self, slots: SessionSlots, start: int, who: str) -> Engagement:
        return self.slots.engagement(slots.session, who, start, start + slots.minutes, None)

    def _enter(self, slots: SessionSlots, seating: Seating) -> None:
        self.diaries.enter(engagements_of(self.slots, slots.session.id, seating))
        self.arrangement[slots.session.id] = seating

    def _strike(self, slots: SessionSlots, seating: Seating) -> None:
        key = slots.session.id
        ends = {(each.person, each.start) for each in engagements_of(self.slots, key, seating)}
        parts = [
            each
            for who, _ in ends
            for each in self.diaries.of(who)
            if each.session.id == key and not each.held
        ]
        self.diaries.strike(parts)
        del self.arrangement[key]

    def _fill_up(self, slots: SessionSlots) -> None:
        """Let juniors join a session that was agreed before."""
        agreed = self.arrangement[slots.session.id]
        for who in sorted(slots.juniors, key=self._urgency):
            seating = self.arrangement[slots.session.id]
            if len(seating.juniors) - len(slots.agreed) >= slots.most:
                return
            seats = self.diaries.room_seats(self._standing(slots)) if slots.rooms else 1
            if seats > 0 and self._can_attend(slots, agreed.start, who):
                part = self.slots.engagement(
                    slots.session, who, agreed.start, agreed.start + slots.minutes, agreed.room
                )
                self.diaries.enter([part])
                self.arrangement[slots.session.id] = Seating(
                    agreed.start, agreed.room, (*seating.juniors, who)
                )

    def _standing(self, slots: SessionSlots) -> Engagement:
        return next(
            each for each in self.diaries.of(slots.session.senior) if each.session.id == slots.session.id
        )
