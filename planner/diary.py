"""What each person and each room is committed to, and whether one more session fits beside it.

A diary holds engagements: sessions agreed before (`held`: they stand whatever they break) and
sessions that a plan has chosen so far. The rules between sessions of one person are asked in two
ways: `open_to` for many starts of one session at once, `Diaries.fits` for one engagement exactly.
Minutes and date ordinals as in `planner.slots`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from planner.domain import Person, PlanningProblem, Session


@dataclass(frozen=True, eq=False)
class Engagement:
    """One person's part in one session."""

    session: Session
    person: str
    start: int  #: minute on the axis
    end: int
    date: int  #: ordinal of the session's date
    own_date: int  #: ordinal of its date on this person's own clock
    room: str | None
    held: bool  #: agreed before; this person cannot be asked to keep other rules with it

    @cached_property
    def in_person(self) -> bool:
        return self.session.office is not None

    @cached_property
    def as_junior(self) -> bool:
        return self.person != self.session.senior


def week_of(ordinal: int) -> int:
    """A number for the ISO week (Monday to Sunday) that a date lies in."""
    return (ordinal - 1) // 7


def is_waived(person: Person, ordinal: int) -> bool:
    """Does this person come in on that date anyway? Then it costs no office day, trip or travel."""
    return bool(person.in_office) and date.fromordinal(ordinal) in person.in_office


def office_dates(diary: Iterable[Engagement]) -> set[int]:
    return {each.date for each in diary if each.in_person}


def trip_dates(person: Person, diary: Iterable[Engagement]) -> set[int]:
    """Dates that count as office days of theirs."""
    return {day for day in office_dates(diary) if not is_waived(person, day)}


def closed_dates(person: Person, diary: Sequence[Engagement]) -> set[int]:
    """Dates on which what was agreed breaks a rule of the date already: nothing may be added there."""
    held = [each for each in diary if each.held]
    lunches: dict[int, int] = defaultdict(int)
    minutes: dict[int, int] = defaultdict(int)
    offices: dict[int, set[str | None]] = defaultdict(set)
    for each in held:
        lunches[each.date] += each.session.kind.is_lunch
        minutes[each.own_date] += each.session.minutes
        if each.in_person:
            offices[each.date].add(each.session.office)
    return (
        {day for day, count in lunches.items() if count > 1}
        | {day for day, places in offices.items() if len(places) > 1}
        | {day for day, total in minutes.items() if total > person.max_minutes_per_day}
    )


def open_to(
    person: Person,
    session: Session,
    diary: Sequence[Engagement],
    starts: NDArray[np.int64],
    dates: NDArray[np.int64],
    own_dates: NDArray[np.int64],
) -> NDArray[np.bool_]:
    """At which starts does the session fit beside a diary?

    Exact for breaks, lunches, minutes, offices, weeks and turns. Worth-the-trip and travel depend
    on what else is chosen and are left to the caller.
    """
    ends, pause = starts + session.minutes, person.break_minutes
    fits = ~np.isin(np.array([dates, own_dates]), list(closed_dates(person, diary))).any(axis=0)
    for each in diary:
        fits &= (starts >= each.end + pause) | (each.start >= ends + pause)
        if session.kind.is_lunch and each.session.kind.is_lunch:
            fits &= dates != each.date
        if session.office is not None and each.in_person and each.session.office != session.office:
            fits &= dates != each.date
    fits &= minutes_left(person, diary, own_dates) >= session.minutes
    if session.office is not None:
        fits &= ~np.isin(dates, list(full_weeks_dates(person, diary, np.unique(dates).tolist())))
    return np.asarray(fits)


def minutes_left(
    person: Person, diary: Iterable[Engagement], own_dates: NDArray[np.int64]
) -> NDArray[np.int64]:
    left = np.full(len(own_dates), person.max_minutes_per_day, dtype=np.int64)
    for each in diary:
        left -= np.where(own_dates == each.own_date, each.session.minutes, 0)
    return left


def full_weeks_dates(person: Person, diary: Iterable[Engagement], dates: Iterable[int]) -> set[int]:
    """Those of `dates` that would be one office date too many in their week."""
    taken = office_dates(diary)
    count: dict[int, int] = defaultdict(int)
    for day in taken:
        count[week_of(day)] += 1
    most = person.max_office_days_per_week
    return {day for day in dates if day not in taken and count[week_of(day)] >= most}


class Diaries:
    """The diaries of all people and rooms; entries can be taken back in any order."""

    def __init__(
        self,
        problem: PlanningProblem,
        barred: Callable[[Person], tuple[NDArray[np.int64], NDArray[np.int64]]],
    ) -> None:
        self.problem = problem
        self._barred = barred
        self._people: dict[str, list[Engagement]] = defaultdict(list)
        self._rooms: dict[str, dict[str, Occupancy]] = defaultdict(dict)
        self._turns: dict[str, int] = defaultdict(int)

    def copy(self) -> Diaries:
        other = Diaries(self.problem, self._barred)
        other._people.update({who: list(rows) for who, rows in self._people.items()})
        other._rooms.update({room: dict(rows) for room, rows in self._rooms.items()})
        other._turns.update(self._turns)
        return other

    def of(self, person: str) -> Sequence[Engagement]:
        return self._people.get(person, ())

    def turns(self, person: str) -> int:
        """Sessions attended as a junior."""
        return self._turns.get(person, 0)

    def enter(self, engagements: Iterable[Engagement]) -> None:
        """Write the parts of one session; its room fills by one person a part, and its open seats once."""
        for each in engagements:
            self._people[each.person].append(each)
            self._turns[each.person] += each.as_junior
            if each.room is not None and each.session.room_use is not None:
                rows = self._rooms[each.room]
                heads = rows[each.session.id].heads if each.session.id in rows else each.session.open_seats
                rows[each.session.id] = Occupancy(each.start, each.end, heads + 1)

    def strike(self, engagements: Iterable[Engagement]) -> None:
        """Take back parts that were entered."""
        for each in engagements:
            self._people[each.person].remove(each)
            self._turns[each.person] -= each.as_junior
            if each.room is not None and each.session.room_use is not None:
                rows = self._rooms[each.room]
                heads = rows[each.session.id].heads - 1
                if heads > each.session.open_seats:
                    rows[each.session.id] = Occupancy(each.start, each.end, heads)
                else:
                    del rows[each.session.id]

    def occupancies(self, room: str) -> list[Occupancy]:
        return list(self._rooms.get(room, {}).values())

    def room_open(
        self, room: str, starts: NDArray[np.int64], ends: NDArray[np.int64], heads: int
    ) -> NDArray[np.bool_]:
        """At which starts do so many people find seats in a room?"""
        rows = self._rooms.get(room)
        fits = np.ones(len(starts), dtype=np.bool_)
        if not rows:
            return fits
        place = self.problem.room_by_id[room]
        if not place.shared:
            for each in rows.values():
                fits &= (starts >= each.end) | (each.start >= ends)
            return fits
        moments = sorted({t for each in rows.values() for t in (each.start, each.end)})
        for begin, finish in pairwise(moments):
            inside = sum(each.heads for each in rows.values() if each.start <= begin < each.end)
            if inside + heads > place.capacity:
                fits &= (starts >= finish) | (begin >= ends)
        return fits

    def room_admits_one_more(self, entry: Engagement) -> bool:
        """May a person join a session that is already in this room?"""
        return self.room_seats(entry) > 0

    def room_seats(self, entry: Engagement) -> int:
        """Seats left for a session that is in its room, at the fullest moment; 0 where it shares what
        cannot be shared."""
        if entry.room is None:
            return len(self.problem.people)
        rows = self._rooms[entry.room]
        own = rows.pop(entry.session.id)
        seats = self.seats_beside(entry.room, entry.start, entry.end) - own.heads
        rows[entry.session.id] = own
        return max(0, seats)

    def seats_beside(self, room: str, start: int, end: int) -> int:
        """Seats that a session not in the room yet finds there at the fullest moment."""
        place = self.problem.room_by_id[room]
        rows = [each for each in self.occupancies(room) if each.start < end and start < each.end]
        if not rows:
            return place.capacity
        if not place.shared:
            return 0
        moments = [start, *(each.start for each in rows if each.start > start)]
        return place.capacity - max(
            sum(each.heads for each in rows if each.start <= moment < each.end) for moment in moments
        )

    def fits(self, new: Engagement, *, travel: bool = True) -> bool:
        """Do all rules between one person's sessions hold with this one added?

        Worth-the-trip is asked by `worth_the_trip` once a date is complete, and so is travel
        (`travel_is_free`) where it is left out here.
        """
        person = self.problem.person_by_id[new.person]
        diary = self.of(new.person)
        if (
            new.as_junior
            and person.max_sessions is not None
            and self._turns[new.person] >= person.max_sessions
        ):
            return False
        pause, lunch = person.break_minutes, new.session.kind.is_lunch
        total = new.session.minutes
        for each in diary:
            if new.start < each.end + pause and each.start < new.end + pause:
                return False
            if each.date == new.date and (
                (lunch and each.session.kind.is_lunch)
                or (new.in_person and each.in_person and each.session.office != new.session.office)
            ):
                return False
            if each.own_date == new.own_date:
                total += each.session.minutes
        if total > person.max_minutes_per_day:
            return False
        if new.in_person and full_weeks_dates(person, diary, [new.date]):
            return False
        return not travel or self._travel_fits(person, diary, new)

    def _travel_fits(self, person: Person, diary: Sequence[Engagement], new: Engagement) -> bool:
        if not person.travel_minutes:
            return True
        rows = [*diary, new]
        return all(self.travel_is_free(person, rows, day) for day in office_dates(rows))

    def travel_is_free(self, person: Person, diary: Sequence[Engagement], day: int) -> bool:
        """Rule 10 on one date."""
        rows = [each for each in diary if each.in_person and each.date == day]
        if not rows or not person.travel_minutes or is_waived(person, day):
            return True
        first = min(rows, key=lambda each: (each.start, each.held))
        last = max(rows, key=lambda each: (each.end, each.held))
        travel = person.travel_minutes
        return (first.held or self._is_clear(person, diary, first.start - travel, first.start)) and (
            last.held or self._is_clear(person, diary, last.end, last.end + travel)
        )

    def _is_clear(self, person: Person, diary: Iterable[Engagement], low: int, high: int) -> bool:
        if any(each.start < high and low < each.end for each in diary):
            return False
        starts, ends = self._barred(person)
        before = int(np.searchsorted(starts, high, side="left"))
        return before == 0 or bool(ends[before - 1] <= low)

    def worth_the_trip(self, who: str, day: int, more: int = 0) -> bool:
        """Has this person enough in-person sessions on a date, with `more` to come?"""
        person = self.problem.person_by_id[who]
        if person.min_sessions_per_office_day <= 1 or is_waived(person, day):
            return True
        rows = [each for each in self.of(who) if each.in_person and each.date == day]
        count = len(rows) + more
        return not count or count >= person.min_sessions_per_office_day or any(each.held for each in rows)


@dataclass(frozen=True, slots=True)
class Occupancy:
    """A room used by one session: `heads` people, open seats included."""

    start: int
    end: int
    heads: int
