"""The rules and goals as one CP-SAT model of a scope: a function a rule, an expression a goal.

Literals say which start a session takes, on which date that is, who attends and which room is
used. A session that no start is chosen for is not placed. Sessions agreed before are constants;
only who joins them is in question. Minutes and date ordinals as in `planner.slots`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np
from ortools.sat.python import cp_model

from planner.diary import is_waived, week_of
from planner.domain import SHARE_OF_TURN, Level, Person, Role
from planner.greedy import Arrangement, Seating
from planner.scope import Scope
from planner.slots import Minutes, SessionSlots, hits

#: CP-SAT's literals and linear expressions carry no types of their own.
Literal = Any
Expression = Any


@dataclass(frozen=True, eq=False)
class Part:
    """One person's possible part in one session: as its senior, or as a candidate."""

    slots: SessionSlots
    person: str
    present: Literal

    @property
    def in_person(self) -> bool:
        return self.slots.in_person

    @property
    def as_junior(self) -> bool:
        return self.person != self.slots.session.senior


class PlanModel:
    """Build with a scope, read `goal(level)`, add bounds or an objective, solve, read `arrangement`."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.model = cp_model.CpModel()
        self.present: dict[str, Literal] = {}
        self.start_at: dict[str, list[Literal]] = {}  # by session, in the order of its starts
        self.attends: dict[tuple[str, str], Literal] = {}  # (session, junior)
        self.in_room: dict[tuple[str, str], Literal] = {}  # (session, room)
        self.office_day: dict[tuple[str, int], Literal] = {}  # (person, date)
        self._office_days: dict[str, Any] = {}
        self._start: dict[str, Any] = {}
        self._dates: dict[tuple[str, str, str], dict[int, Literal]] = {}  # (session, clock, junior or "")
        self._goals: dict[Level, Expression] = {}
        self._reached_by: dict[str, Literal] | None = None
        for slots in scope.sessions:
            self._session_variables(slots)
        self.parts = self._list_parts()
        self._rules()

    def _rules(self) -> None:
        for slots in self.scope.sessions:
            self.seats(slots)
            self.attendance_when_free(slots)
            self.one_room(slots)
        for room in self.scope.rooms:
            self.room_holds(room)
        for who, parts in self.parts.items():
            person = self.scope.people[who]
            self.one_at_a_time(person, parts)
            self.one_lunch_a_date(parts)
            self.minutes_a_date(person, parts)
            self.turns(person, parts)
            self.one_office_a_date(parts)
            self.office_dates_a_week(person, parts)
            self.worth_the_trip(person, parts)
            self.time_to_travel(person, parts)

    # Variables

    def _session_variables(self, slots: SessionSlots) -> None:
        key = slots.session.id
        if slots.fixed:
            self.present[key], self.start_at[key] = True, [True]
        else:
            self.present[key] = self.model.new_bool_var("")
            self.start_at[key] = [self.model.new_bool_var("") for _ in slots.starts]
            self.model.add_exactly_one([*self.start_at[key], ~self.present[key]])
            if slots.stays:
                self.model.add_bool_and([self.present[key]])
        for who in slots.juniors:
            self.attends[key, who] = self.model.new_bool_var("")
        if not slots.fixed:
            for room in slots.rooms:
                self.in_room[key, room] = self.model.new_bool_var("")

    def _list_parts(self) -> dict[str, list[Part]]:
        """By person; parts agreed before are standing, and so not among them."""
        parts: dict[str, list[Part]] = defaultdict(list)
        for slots in self.scope.sessions:
            key = slots.session.id
            if not slots.fixed:
                parts[slots.session.senior].append(Part(slots, slots.session.senior, self.present[key]))
            for who in slots.juniors:
                parts[who].append(Part(slots, who, self.attends[key, who]))
        return dict(parts)

    def _placed_on(
        self, slots: SessionSlots, dates: Minutes | None = None, clock: str = ""
    ) -> dict[int, Literal]:
        """By date: is the session on it? On the dates of somebody's `clock`, if one is named."""
        key = (slots.session.id, clock, "")
        if key not in self._dates:
            self._dates[key] = self._group(slots, slots.dates if dates is None else dates)
        return self._dates[key]

    def _group(self, slots: SessionSlots, dates: Minutes) -> dict[int, Literal]:
        """One literal a date: some start on it is chosen."""
        starts = self.start_at[slots.session.id]
        if slots.fixed:
            return {int(dates[0]): True}
        groups: dict[int, list[Literal]] = defaultdict(list)
        for day, literal in zip(dates.tolist(), starts, strict=True):
            groups[day].append(literal)
        literals = {}
        for day, members in groups.items():
            literals[day] = members[0] if len(members) == 1 else self.model.new_bool_var("")
            if len(members) > 1:
                self.model.add_exactly_one([*members, ~literals[day]])
        return literals

    def dates_of(self, part: Part) -> Mapping[int, Literal]:
        """By date: does this person have this part on it?"""
        return self._part_dates(part, part.slots.dates, "")

    def own_dates_of(self, part: Part) -> Mapping[int, Literal]:
        """The same by the dates of the person's own clock."""
        own = self.scope.own_dates_of(part.slots, part.person)
        return self._part_dates(part, own, "" if own is part.slots.dates else part.person)

    def _part_dates(self, part: Part, dates: Minutes, clock: str) -> Mapping[int, Literal]:
        placed = self._placed_on(part.slots, dates, clock)
        if not part.as_junior:
            return placed
        key = (part.slots.session.id, clock, part.person)
        if key not in self._dates:
            free = part.slots.free[part.slots.juniors.index(part.person)]
            days = np.unique(dates[free]).tolist()
            self._dates[key] = {day: self._both(part, placed[day]) for day in days}
            if not part.slots.fixed:
                self.model.add_exactly_one([*self._dates[key].values(), ~part.present])
        return self._dates[key]

    def _both(self, part: Part, placed: Literal) -> Literal:
        """This part is taken, and on that date."""
        if part.slots.fixed:
            return part.present
        both = self.model.new_bool_var("")
        self.model.add_implication(both, placed)
        self.model.add_bool_or([both, ~part.present, ~placed])
        return both

    def start_of(self, slots: SessionSlots) -> Any:
        """The start as an integer, for intervals."""
        key = slots.session.id
        if key not in self._start:
            if slots.fixed:
                self._start[key] = int(slots.starts[0])
            else:
                domain = cp_model.Domain.from_values(slots.starts.tolist() or [0])
                self._start[key] = self.model.new_int_var_from_domain(domain, "")
                for minute, literal in zip(slots.starts.tolist(), self.start_at[key], strict=True):
                    self.model.add(self._start[key] == minute).only_enforce_if(literal)
        return self._start[key]

    def _interval(self, slots: SessionSlots, length: int, present: Literal, lead: int = 0) -> Any:
        start = self.start_of(slots) - lead
        return self.model.new_optional_fixed_size_interval_var(start, length, present, "")

    # Rules, in the order of the format

    def seats(self, slots: SessionSlots) -> None:
        """Rule 2: fewest to most, and all who are required."""
        key, session = slots.session.id, slots.session
        crowd = [self.attends[key, who] for who in slots.juniors]
        if slots.fixed:
            self.model.add(sum(crowd) <= slots.most)
            return
        if len(crowd) < slots.fewest:
            self.model.add_bool_and([~self.present[key]])
            return
        for who in session.required:
            self.model.add_implication(self.present[key], self.attends[key, who])
        self.model.add(sum(crowd) >= slots.fewest).only_enforce_if(self.present[key])
        if len(crowd) > slots.most:
            self.model.add(sum(crowd) <= slots.most)
        for each in crowd:
            self.model.add_implication(each, self.present[key])

    def attendance_when_free(self, slots: SessionSlots) -> None:
        """Rule 4: a junior attends no start at which they are not free."""
        if slots.fixed:
            return
        for who, free in zip(slots.juniors, slots.free, strict=True):
            self._bars(slots, self.attends[slots.session.id, who], free)

    def one_room(self, slots: SessionSlots) -> None:
        """Rule 7 but for who else is in the room: free, large enough, with what its people need."""
        key, session = slots.session.id, slots.session
        if session.room_use is None:
            return
        if slots.fixed:
            return
        rooms = [self.in_room[key, room] for room in slots.rooms]
        self.model.add_exactly_one([*rooms, ~self.present[key]])
        crowd = [self.attends[key, who] for who in slots.juniors]
        for room, chosen, free in zip(slots.rooms, rooms, slots.room_free, strict=True):
            place = self.scope.rooms[room]
            self._bars(slots, chosen, free)
            seats = place.capacity - 1 - session.open_seats
            if seats < min(len(crowd), slots.most):
                self.model.add(sum(crowd) <= seats).only_enforce_if(chosen)
            for who in slots.juniors:
                if not self.scope.people[who].room_needs <= place.features:
                    self.model.add_bool_or([~chosen, ~self.attends[key, who]])

    def _bars(self, slots: SessionSlots, literal: Literal, free: Any) -> None:
        """At no start outside `free`: at most one of the literal and those starts, whole dates at once."""
        if free.all():
            return
        barred = [literal]
        starts = self.start_at[slots.session.id]
        for day in np.unique(slots.dates).tolist():
            here = slots.dates == day
            if not free[here].any():
                barred.append(self._placed_on(slots)[day])
            else:
                barred.extend(starts[row] for row in np.flatnonzero(here & ~free))
        self.model.add_at_most_one(barred)

    def room_holds(self, room: str) -> None:
        """Rule 7: one session at a time, or as many as find seats where it is shared."""
        uses = [slots for slots in self.scope.sessions if room in slots.rooms]
        place, taken = self.scope.rooms[room], self.scope.occupied.get(room, ())
        if not place.shared:
            self.model.add_no_overlap(
                self._interval(slots, slots.minutes, self.in_room[slots.session.id, room])
                for slots in uses
                if not slots.fixed
            )
            for slots in uses:
                if slots.fixed:
                    own = sum(each.heads for each in taken if each.start == slots.starts[0])
                    self.model.add(self._joiners(slots) <= max(0, place.capacity - own))
            return
        intervals, demands = _profile(self.model, taken, place.capacity)
        for slots in uses:
            key = slots.session.id
            if slots.fixed:
                intervals.append(self._interval(slots, slots.minutes, True))
                demands.append(self._count(slots, 0))
            else:
                intervals.append(self._interval(slots, slots.minutes, self.in_room[key, room]))
                demands.append(self._count(slots, 1 + slots.session.open_seats))
        self.model.add_cumulative(intervals, demands, place.capacity)

    def _joiners(self, slots: SessionSlots) -> Expression:
        return sum(self.attends[slots.session.id, who] for who in slots.juniors)

    def _count(self, slots: SessionSlots, besides: int) -> Any:
        """Heads in the room as one variable, as a cumulative asks for."""
        heads = self.model.new_int_var(besides, besides + len(slots.juniors), "")
        self.model.add(heads == besides + self._joiners(slots))
        return heads

    def one_at_a_time(self, person: Person, parts: Sequence[Part]) -> None:
        """Rule 5: no two at once, and a break between any two."""
        if len(parts) < 2 or self._kept_by_senior(person, parts):
            return
        self.model.add_no_overlap(
            self._interval(part.slots, part.slots.minutes + person.break_minutes, part.present)
            for part in parts
        )

    def _kept_by_senior(self, person: Person, parts: Sequence[Part]) -> bool:
        """Are these all sessions of one senior, whose own breaks are as long?"""
        seniors = {part.slots.session.senior for part in parts}
        if len(seniors) > 1 or person.id in seniors or any(part.slots.fixed for part in parts):
            return False
        return self.scope.people[seniors.pop()].break_minutes >= person.break_minutes

    def one_lunch_a_date(self, parts: Sequence[Part]) -> None:
        """Rule 8."""
        lunches = [part for part in parts if part.slots.session.kind.is_lunch]
        seniors = {part.slots.session.senior for part in lunches}
        if len(seniors) < 2 and all(part.as_junior for part in lunches):
            return  # their senior has one lunch a date already
        for literals in self._by_date(lunches).values():
            self.model.add_at_most_one(literals)

    def _by_date(self, parts: Iterable[Part]) -> dict[int, list[Literal]]:
        dates: dict[int, list[Literal]] = defaultdict(list)
        for part in parts:
            for day, literal in self.dates_of(part).items():
                dates[day].append(literal)
        return dates

    def minutes_a_date(self, person: Person, parts: Sequence[Part]) -> None:
        """Rule 5: `max_minutes_per_day`, on the person's own dates."""
        standing = self.scope.standing.get(person.id, ())
        total = sum(part.slots.session.minutes for part in parts)
        if total + sum(each.session.minutes for each in standing) <= person.max_minutes_per_day:
            return
        dates: dict[int, list[tuple[int, Literal]]] = defaultdict(list)
        for part in parts:
            for day, literal in self.own_dates_of(part).items():
                dates[day].append((part.slots.session.minutes, literal))
        for day, terms in dates.items():
            left = person.max_minutes_per_day
            left -= sum(each.session.minutes for each in standing if each.own_date == day)
            if sum(minutes for minutes, _ in terms) > left:
                self.model.add(sum(minutes * literal for minutes, literal in terms) <= max(0, left))

    def turns(self, person: Person, parts: Sequence[Part]) -> None:
        """Rule 5: `max_sessions` as a junior."""
        taken = sum(each.as_junior for each in self.scope.standing.get(person.id, ()))
        mine = [part.present for part in parts if part.as_junior]
        if person.max_sessions is not None and len(mine) + taken > person.max_sessions:
            self.model.add(sum(mine) <= max(0, person.max_sessions - taken))

    def one_office_a_date(self, parts: Sequence[Part]) -> None:
        """Rule 6: nobody is in two offices on one date."""
        offices: dict[str, list[Part]] = defaultdict(list)
        for part in parts:
            if part.slots.session.office is not None:
                offices[part.slots.session.office].append(part)
        if len(offices) < 2:
            return
        there: dict[int, list[Literal]] = defaultdict(list)
        for group in offices.values():
            for day, literals in self._by_date(group).items():
                there[day].append(self._any(literals))
        for choices in there.values():
            self.model.add_at_most_one(choices)

    def _any(self, literals: Sequence[Literal]) -> Literal:
        """A literal that follows from each of these."""
        if len(literals) == 1:
            return literals[0]
        some = self.model.new_bool_var("")
        for each in literals:
            self.model.add_implication(each, some)
        return some

    def days_of(self, who: str) -> dict[int, Literal]:
        """By date: does this person come in for an in-person session of the scope?

        Dates with a standing session in an office are left out: they are counted already.
        """
        standing = {each.date for each in self.scope.standing.get(who, ()) if each.in_person}
        parts = [part for part in self.parts.get(who, ()) if part.in_person]
        for day, literals in self._by_date(parts).items():
            if day not in standing and (who, day) not in self.office_day:
                self.office_day[who, day] = self._any(literals)
        return {day: literal for (key, day), literal in self.office_day.items() if key == who}

    def office_dates_a_week(self, person: Person, parts: Sequence[Part]) -> None:
        """Rule 9, its first half."""
        standing = {each.date for each in self.scope.standing.get(person.id, ()) if each.in_person}
        most = person.max_office_days_per_week
        if sum(part.in_person for part in parts) + len(standing) <= most:
            return
        weeks: dict[int, list[Literal]] = defaultdict(list)
        for day, literal in self.days_of(person.id).items():
            weeks[week_of(day)].append(literal)
        for week, literals in weeks.items():
            left = most - sum(week_of(day) == week for day in standing)
            if len(literals) > left:
                self.model.add(sum(literals) <= max(0, left))

    def worth_the_trip(self, person: Person, parts: Sequence[Part]) -> None:
        """Rule 9, its second half."""
        least = person.min_sessions_per_office_day
        if least <= 1:
            return
        standing = [each for each in self.scope.standing.get(person.id, ()) if each.in_person]
        for day, literals in self._by_date(part for part in parts if part.in_person).items():
            here = [each for each in standing if each.date == day]
            if is_waived(person, day) or any(each.held for each in here):
                continue
            enough = sum(literals) + len(here) >= least
            if here:
                self.model.add(enough)
            else:
                for each in literals:
                    self.model.add(enough).only_enforce_if(each)

    def time_to_travel(self, person: Person, parts: Sequence[Part]) -> None:
        """Rule 10: who is first (or last) on a date has the way there (or back) clear."""
        if not person.travel_minutes:
            return
        on_site = [part for part in parts if part.in_person]
        for before in (True, False):
            for part in on_site:
                self._end_of_trip(person, part, on_site, parts, before=before)

    def _end_of_trip(
        self, person: Person, part: Part, on_site: Sequence[Part], parts: Sequence[Part], *, before: bool
    ) -> None:
        outermost = self._outermost(person, part, before=before)
        if not outermost.any():
            return
        ends = self.model.new_bool_var("")  # this part begins (or ends) the trip of its date
        others = [self._comes_outside(other, part, before=before) for other in on_site if other is not part]
        starts = self.start_at[part.slots.session.id]
        for row in np.flatnonzero(outermost):
            self.model.add_bool_or([ends, *others, ~part.present, _not(starts[row])])
        self._clear_way(person, part, ends, outermost, before=before)
        lead = person.travel_minutes if before else -part.slots.minutes
        for other in parts:
            if other is not part:
                way = self._interval(part.slots, person.travel_minutes, ends, lead)
                body = self._interval(other.slots, other.slots.minutes, other.present)
                self.model.add_no_overlap([way, body])

    def _clear_way(self, person: Person, part: Part, ends: Literal, outermost: Any, *, before: bool) -> None:
        """No start at which something busy or standing lies on the way."""
        low = part.slots.starts - person.travel_minutes if before else part.slots.starts + part.slots.minutes
        high = low + person.travel_minutes
        clear = ~hits(self.scope.barred[person.id], low, high)
        for each in self.scope.standing.get(person.id, ()):
            clear &= (low >= each.end) | (each.start >= high)
        starts = self.start_at[part.slots.session.id]
        for row in np.flatnonzero(outermost & ~clear):
            self.model.add_bool_or([~ends, _not(starts[row])])

    def _outermost(self, person: Person, part: Part, *, before: bool) -> Any:
        """Starts on a date that costs a trip, with nothing standing further out."""
        slots = part.slots
        rows = ~np.array([is_waived(person, day) for day in slots.dates.tolist()], dtype=np.bool_)
        for each in self.scope.standing.get(person.id, ()):
            if each.in_person:
                inside = each.start > slots.starts if before else each.end < slots.starts + slots.minutes
                rows &= (slots.dates != each.date) | inside
        return rows

    def _comes_outside(self, other: Part, part: Part, *, before: bool) -> Literal:
        """A literal that needs `other` on the same date, before (or after) the part."""
        outside = self.model.new_bool_var("")
        self.model.add_implication(outside, other.present)
        first, then = (other, part) if before else (part, other)
        self.model.add(self.start_of(first.slots) < self.start_of(then.slots)).only_enforce_if(outside)
        mine, theirs = self._placed_on(part.slots), self._placed_on(other.slots)
        for day, literal in mine.items():
            same = [theirs[day]] if day in theirs else []
            self.model.add_bool_or([~outside, _not(literal), *same])
        return outside

    # Goals

    def goal(self, level: Level) -> Expression:
        """What this scope adds to a level, beyond what stands."""
        if level not in self._goals:
            makers: dict[Level, Callable[[], Expression]] = {
                Level.MOVED: self._moved,
                Level.REACHED: self._reached,
                Level.PLACED: self._placed,
                Level.SENIOR_DAYS: partial(self._days, Role.SENIOR),
                Level.SHARE: self._share,
                Level.JUNIOR_DAYS: partial(self._days, Role.JUNIOR),
            }
            self._goals[level] = makers[level]()
        return self._goals[level]

    def _moved(self) -> Expression:
        """Sessions that could stand where they stood in the plan before, and do not."""
        total: Expression = 0
        for slots in self.scope.sessions:
            if slots.before is not None:
                rows = np.flatnonzero(slots.starts == slots.before)
                total += 1 - sum(self.start_at[slots.session.id][row] for row in rows)
        return total

    def reached(self) -> dict[str, Literal]:
        """By person that nothing standing reaches: a literal that needs a session as its junior."""
        if self._reached_by is None:
            self._reached_by = {}
            for who, parts in self.parts.items():
                turns = [part.present for part in parts if part.as_junior]
                standing = self.scope.standing.get(who, ())
                if turns and not any(each.as_junior for each in standing):
                    reached = self.model.new_bool_var("")
                    self.model.add_bool_or([*turns, ~reached])
                    self._reached_by[who] = reached
        return self._reached_by

    def _reached(self) -> Expression:
        return sum(self.scope.people[who].need * literal for who, literal in self.reached().items())

    def _placed(self) -> Expression:
        return self.weight_of(self.scope.sessions)

    def weight_of(self, sessions: Iterable[SessionSlots]) -> Expression:
        """What is placed of some sessions of the scope."""
        return sum(
            slots.session.weight * self.present[slots.session.id] for slots in sessions if not slots.fixed
        )

    def _days(self, role: Role) -> Expression:
        people = self.scope.people
        return sum(self.office_days_of(who) for who in self.parts if people[who].role is role)

    def office_days_of(self, who: str) -> Expression:
        """One person's office days of the scope, beyond those with something standing."""
        if who not in self._office_days:
            person = self.scope.people[who]
            literals = [literal for day, literal in self.days_of(who).items() if not is_waived(person, day)]
            self._office_days[who] = self.model.new_int_var(0, len(literals), "")
            self.model.add(sum(literals) == self._office_days[who])
        return self._office_days[who]

    def most(self, level: Level) -> int:
        """A number that no goal of the scope at this level exceeds."""
        if level is Level.MOVED:
            return sum(slots.before is not None for slots in self.scope.sessions)
        if level is Level.REACHED:
            return sum(self.scope.people[who].need for who in self.reached())
        if level is Level.PLACED:
            return sum(slots.session.weight for slots in self.scope.sessions)
        if level is Level.SHARE:
            return sum(
                self.scope.people[part.person].need * SHARE_OF_TURN[0]
                for parts in self.parts.values()
                for part in parts
            )
        return sum(part.in_person for parts in self.parts.values() for part in parts)

    def _share(self) -> Expression:
        total: Expression = 0
        for who, parts in self.parts.items():
            turns = [part.present for part in parts if part.as_junior]
            taken = sum(each.as_junior for each in self.scope.standing.get(who, ()))
            worth = [self.scope.people[who].need * each for each in SHARE_OF_TURN[taken : taken + len(turns)]]
            if not any(worth):
                continue
            if len(turns) == 1:
                total += worth[0] * turns[0]
                continue
            got = [self.model.new_bool_var("") for _ in worth]  # concave: the dearer turns come first
            self.model.add(sum(got) <= sum(turns))
            for first, then in pairwise(got):
                self.model.add_implication(then, first)
            total += sum(points * literal for points, literal in zip(worth, got, strict=True))
        return total

    def keep_dates(self, arrangement: Arrangement) -> None:
        """Nothing leaves its date, nothing placed is dropped, nobody else is placed."""
        for slots in self.scope.sessions:
            seating = arrangement.get(slots.session.id)
            if slots.fixed:
                continue
            row = None if seating is None else np.flatnonzero(slots.starts == seating.start)
            if row is None:
                self.model.add_bool_and([~self.present[slots.session.id]])
            else:
                self.model.add_bool_and([self._placed_on(slots)[int(slots.dates[row[0]])]])

    def idle(self, arrangement: Arrangement) -> Expression:
        """Minutes between the in-person sessions of those of role senior; dates are kept.

        Counts what a scope changes: over dates that are not waived, with what stands on them.
        """
        self.keep_dates(arrangement)
        total: Expression = 0
        for who, parts in self.parts.items():
            if self.scope.people[who].role is Role.SENIOR:
                here: dict[int, list[Part]] = defaultdict(list)
                for part in parts:
                    seating = arrangement.get(part.slots.session.id)
                    if part.in_person and seating is not None:
                        row = np.flatnonzero(part.slots.starts == seating.start)[0]
                        here[int(part.slots.dates[row])].append(part)
                for day, group in here.items():
                    if not is_waived(self.scope.people[who], day):
                        total += self._idle_on(who, day, group)
        return total

    def _idle_on(self, who: str, day: int, parts: Sequence[Part]) -> Expression:
        standing = [each for each in self.scope.standing.get(who, ()) if each.in_person and each.date == day]
        if len(parts) + len(standing) < 2:
            return 0
        low = min([*(int(p.slots.starts.min()) for p in parts), *(each.start for each in standing)])
        high = max(
            [*(int(p.slots.starts.max()) + p.slots.minutes for p in parts), *(e.end for e in standing)]
        )
        first = self.model.new_int_var(low, high, "")
        last = self.model.new_int_var(low, high, "")
        for each in standing:
            self.model.add(first <= each.start)
            self.model.add(last >= each.end)
        held = 0
        for part in parts:
            start = self.start_of(part.slots)
            self.model.add(first <= start).only_enforce_if(part.present)
            self.model.add(last >= start + part.slots.minutes).only_enforce_if(part.present)
            held += part.slots.minutes * part.present
        return last - first - held - sum(each.end - each.start for each in standing)

    # Plans

    def hint(self, arrangement: Arrangement) -> None:
        """Start the search from a plan."""
        self.model.clear_hints()  # type: ignore[no-untyped-call]
        for slots in self.scope.sessions:
            key = slots.session.id
            seating = arrangement.get(key)
            if not slots.fixed:
                self.model.add_hint(self.present[key], seating is not None)
                for minute, literal in zip(slots.starts.tolist(), self.start_at[key], strict=True):
                    self.model.add_hint(literal, seating is not None and seating.start == minute)
                for room in slots.rooms:
                    self.model.add_hint(self.in_room[key, room], seating is not None and seating.room == room)
            for who in slots.juniors:
                self.model.add_hint(self.attends[key, who], seating is not None and who in seating.juniors)

    def arrangement(self, value: Any) -> Arrangement:
        """The sessions of the scope as a solution places them; `value` reads a literal."""
        chosen: Arrangement = {}
        for slots in self.scope.sessions:
            key = slots.session.id
            if not value(self.present[key]):
                continue
            row = 0 if slots.fixed else next(n for n, each in enumerate(self.start_at[key]) if value(each))
            crowd = [who for who in slots.juniors if value(self.attends[key, who])]
            if slots.session.fixed is not None:
                agreed = slots.session.fixed
                chosen[key] = Seating(int(slots.starts[0]), agreed.room, (*agreed.juniors, *crowd))
            else:
                room = next((room for room in slots.rooms if value(self.in_room[key, room])), None)
                chosen[key] = Seating(int(slots.starts[row]), room, tuple(crowd))
        return chosen


def _not(literal: Literal) -> Literal:
    return (not literal) if isinstance(literal, bool) else ~literal


def _profile(model: Any, taken: Iterable[Any], capacity: int) -> tuple[list[Any], list[Any]]:
    """What stands in a shared room, stretch by stretch, never more than it holds."""
    rows = list(taken)
    moments = sorted({t for each in rows for t in (each.start, each.end)})
    intervals, demands = [], []
    for begin, finish in pairwise(moments):
        heads = sum(each.heads for each in rows if each.start <= begin < each.end)
        if heads:
            intervals.append(model.new_fixed_size_interval_var(begin, finish - begin, ""))
            demands.append(min(heads, capacity))
    return intervals, demands
