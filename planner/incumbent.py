"""The best plan so far: what it is worth, and changes that keep every rule."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence

from planner.diary import Engagement, is_waived, trip_dates
from planner.domain import SHARE_OF_TURN, Level, Role, Score
from planner.greedy import Arrangement, Seating, agreed_arrangement, engagements_of
from planner.scope import Scope, make_scope
from planner.slots import CandidateSlots

#: The levels of a score, in their order; `moved`, which needs a plan before, is asked apart.
LEVELS = (
    Level.REACHED,
    Level.PLACED,
    Level.SENIOR_DAYS,
    Level.SHARE,
    Level.JUNIOR_DAYS,
    Level.IDLE,
)

#: A score as it is compared: the greater, the better, level by level.
Standing = tuple[int, ...]


def standing(score: Score) -> Standing:
    return tuple(score.at(level) if level.more_is_better else -score.at(level) for level in LEVELS)


class Incumbent:
    """An arrangement with the diaries it fills; changes are made whole or not at all."""

    def __init__(self, slots: CandidateSlots, arrangement: Arrangement) -> None:
        self.slots = slots
        self.diaries = slots.diaries.copy()
        self.arrangement = agreed_arrangement(slots)
        self._entries: dict[str, list[Engagement]] = {}
        for key, seating in arrangement.items():
            self._enter(key, seating)
        everybody = [person.id for person in slots.problem.people]
        self.score = self._score(everybody, [session.id for session in slots.problem.sessions])

    def days_of(self, who: str) -> int:
        """Office days of one person."""
        return len(trip_dates(self.slots.problem.person_by_id[who], self.diaries.of(who)))

    def is_reached(self, who: str) -> bool:
        return self.diaries.turns(who) > 0

    def scope(self, sessions: Sequence[str]) -> Scope:
        """These sessions free, all others standing."""
        entries = {key: self._entries.get(key, []) for key in sessions}
        for rows in entries.values():
            self.diaries.strike(rows)
        scope = make_scope(self.slots, sessions, self.diaries)
        for rows in entries.values():
            self.diaries.enter(rows)
        return scope

    def part(self, sessions: Iterable[str]) -> Arrangement:
        return {key: self.arrangement[key] for key in sessions if key in self.arrangement}

    def adopt(
        self,
        sessions: Sequence[str],
        change: Arrangement,
        better: Callable[[Standing, Standing], bool] = lambda new, old: new > old,
    ) -> bool:
        """Stand these sessions as `change` has them, if that keeps every rule and is better.

        A change found while others were made may no longer fit; then nothing happens.
        """
        before = self.part(sessions)
        if all(change.get(key) == before.get(key) for key in sessions):
            return False
        old = self._people_of(before)
        old_dates = self._dates_of(old)
        everybody = list(dict.fromkeys([*old, *self._people_of(change)]))
        value, old_moved = self._score(everybody, sessions), self.moved(sessions)
        self._clear(sessions)
        if self._try(change, old_dates):
            new = self._score(everybody, sessions)
            if better((-self.moved(sessions), *standing(new)), (-old_moved, *standing(value))):
                self.score = Score(
                    **{
                        level.value: self.score.at(level) - value.at(level) + new.at(level)
                        for level in LEVELS
                    }
                )
                return True
        self._clear(sessions)
        for key, seating in before.items():
            self._enter(key, seating)
        return False

    def moved(self, sessions: Iterable[str]) -> int:
        """How many of these could stand where they stood in the plan before, and do not."""
        places = ((self.slots.of[key].before, self.arrangement.get(key)) for key in sessions)
        return sum(before is not None and (now is None or now.start != before) for before, now in places)

    def _people_of(self, part: Arrangement) -> list[str]:
        people = self.slots.problem.session_by_id
        return [who for key, seating in part.items() for who in (people[key].senior, *seating.juniors)]

    def _dates_of(self, people: Iterable[str]) -> dict[str, set[int]]:
        return {who: {each.date for each in self.diaries.of(who)} for who in people}

    def _clear(self, sessions: Iterable[str]) -> None:
        for key in sessions:
            self.diaries.strike(self._entries.pop(key, []))
            session = self.slots.problem.session_by_id[key]
            if session.fixed is None:
                self.arrangement.pop(key, None)
            else:
                agreed = session.fixed
                self.arrangement[key] = Seating(
                    self.slots.axis.floor(agreed.start), agreed.room, agreed.juniors
                )

    def _enter(self, key: str, seating: Seating) -> None:
        entries = engagements_of(self.slots, key, seating)
        self.diaries.enter(entries)
        self._entries[key] = entries
        self.arrangement[key] = seating

    def _try(self, change: Arrangement, old_dates: dict[str, set[int]]) -> bool:
        """Enter session after session while they fit; then ask what only whole dates can tell."""
        for key, seating in change.items():
            entries = engagements_of(self.slots, key, seating)
            if not all(self.diaries.fits(each, travel=False) for each in entries):
                return False
            if not self._room_fits(key, seating, entries):
                return False
            self._enter(key, seating)
        dates = defaultdict(set, {who: set(days) for who, days in old_dates.items()})
        for key in change:
            for each in self._entries[key]:
                dates[each.person].add(each.date)
        return all(self._dates_hold(who, days) for who, days in dates.items())

    def _room_fits(self, key: str, seating: Seating, entries: Sequence[Engagement]) -> bool:
        slots = self.slots.of[key]
        if seating.room is None or slots.session.room_use is None or not entries:
            return True
        if slots.fixed:
            senior = self.diaries.of(slots.session.senior)
            own = next(each for each in senior if each.session.id == key)
            return self.diaries.room_seats(own) >= len(entries)
        return self.diaries.seats_beside(seating.room, entries[0].start, entries[0].end) >= (
            len(entries) + slots.session.open_seats
        )

    def _dates_hold(self, who: str, days: Iterable[int]) -> bool:
        person = self.slots.problem.person_by_id[who]
        if not all(self.diaries.worth_the_trip(who, day) for day in days):
            return False
        if not person.travel_minutes:
            return True
        diary = self.diaries.of(who)
        return all(
            self.diaries.travel_is_free(person, diary, day)
            for day in {each.date for each in diary if each.in_person}
        )

    def _score(self, people: Iterable[str], sessions: Iterable[str]) -> Score:
        """What these people and sessions are worth; of all of them, the plan's score."""
        problem = self.slots.problem
        reached = share = idle = 0
        days = {Role.SENIOR: 0, Role.JUNIOR: 0}
        for who in people:
            person, diary = problem.person_by_id[who], self.diaries.of(who)
            turns = self.diaries.turns(who)
            reached += person.need * (turns > 0)
            share += person.need * sum(SHARE_OF_TURN[:turns])
            days[person.role] += len(trip_dates(person, diary))
            if person.role is Role.SENIOR:
                idle += self._idle_of(who, diary)
        placed = sum(problem.session_by_id[key].weight for key in sessions if key in self.arrangement)
        return Score(reached, placed, days[Role.SENIOR], share, days[Role.JUNIOR], idle)

    def _idle_of(self, who: str, diary: Iterable[Engagement]) -> int:
        person = self.slots.problem.person_by_id[who]
        dates: dict[int, list[Engagement]] = defaultdict(list)
        for each in diary:
            if each.in_person and not is_waived(person, each.date):
                dates[each.date].append(each)
        return sum(
            max(each.end for each in rows)
            - min(each.start for each in rows)
            - sum(each.session.minutes for each in rows)
            for rows in dates.values()
        )
