"""A part of a planning problem that can be planned on its own: some sessions free, all else as it stands.

A scope holds plain values only (it can be sent to another process) and everything that
`planner.model` asks. The whole problem is a scope, and so is one senior's window with nobody
competing, and a few seniors' windows with the rest of a plan standing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from planner.diary import Diaries, Engagement, Occupancy, is_waived, office_dates, open_to
from planner.domain import Person, Room
from planner.slots import CandidateSlots, Mask, Minutes, SessionSlots, hits


@dataclass(frozen=True, eq=False)
class Scope:
    """Sessions to plan, and of the rest of the world what they can collide with."""

    sessions: tuple[SessionSlots, ...]
    people: Mapping[str, Person]  #: their calendars are in the slots already and left out here
    rooms: Mapping[str, Room]
    standing: Mapping[str, tuple[Engagement, ...]]  #: by person; what is not in question
    occupied: Mapping[str, tuple[Occupancy, ...]]  #: by room
    own_dates: Mapping[tuple[str, str], Minutes]  #: (session, person) where they differ from its dates
    barred: Mapping[str, tuple[Minutes, Minutes]]  #: busy time of those who travel

    def own_dates_of(self, slots: SessionSlots, who: str) -> Minutes:
        return self.own_dates.get((slots.session.id, who), slots.dates)


def make_scope(slots: CandidateSlots, sessions: Iterable[str], diaries: Diaries) -> Scope:
    """The scope of these sessions; `diaries` holds what else stands, and none of theirs but the agreed.

    A traveller's windows around standing sessions are kept clear, so a scope amid a plan may miss
    a rare arrangement that the rules allow; a scope with nothing standing but what was agreed is exact.
    """
    chosen = tuple(_narrow(slots, slots.of[key], diaries) for key in sessions)
    who = dict.fromkeys(p for each in chosen for p in (each.session.senior, *each.juniors))
    people = {key: slots.problem.person_by_id[key] for key in who}
    rooms = dict.fromkeys(room for each in chosen for room in each.rooms)
    return Scope(
        sessions=chosen,
        people={key: _without_calendar(person) for key, person in people.items()},
        rooms={key: replace(slots.problem.room_by_id[key], busy=()) for key in rooms},
        standing={key: tuple(diaries.of(key)) for key in who if diaries.of(key)},
        occupied={key: tuple(rows) for key in rooms if (rows := diaries.occupancies(key))},
        own_dates={
            (each.session.id, key): own
            for each in chosen
            for key in (each.session.senior, *each.juniors)
            if people[key].timezone != slots.problem.zone_of(each.session)
            and not np.array_equal(own := slots.own_dates(key, each), each.dates)
        },
        barred={
            key: slots.calendars.barred(person) for key, person in people.items() if person.travel_minutes
        },
    )


def make_window(slots: CandidateSlots, sessions: Iterable[str]) -> Scope:
    """These sessions as if nobody else competed: whatever a plan does with them can be done here.

    Whoever may come in for others' sessions, too, is not asked here whether a date is worth the trip
    or leaves time to travel: the others may mend that.
    """
    within = dict.fromkeys(sessions)
    scope = make_scope(slots, within, slots.diaries)
    freer = {
        who: replace(person, min_sessions_per_office_day=1, travel_minutes=0)
        for who, person in scope.people.items()
        if (person.min_sessions_per_office_day > 1 or person.travel_minutes)
        and not slots.may_come_in_for(who) <= within.keys()
    }
    return replace(scope, people={**scope.people, **freer})


def _without_calendar(person: Person) -> Person:
    return replace(person, busy=(), unknown=(), elsewhere=())


def _narrow(slots: CandidateSlots, each: SessionSlots, diaries: Diaries) -> SessionSlots:
    """Starts, juniors and rooms that are left beside what stands."""
    if each.fixed:
        return _joiners_left(slots, each, diaries)
    session = each.session
    keep = _open(slots, each, session.senior, diaries)
    if keep is not None:
        each = each.only(keep)
    free = each.free.copy()
    for row, who in enumerate(each.juniors):
        mask = _open(slots, each, who, diaries)
        if mask is not None:
            free[row] &= mask
    heads = 1 + max(session.seats[0], len(session.required)) + session.open_seats
    room_free = each.room_free.copy()
    for row, room in enumerate(each.rooms):
        room_free[row] &= diaries.room_open(room, each.starts, each.starts + each.minutes, heads)
    each = replace(each, free=free, room_free=room_free)
    possible = free[: len(session.required)].all(axis=0) & (free.sum(axis=0) >= session.seats[0])
    if session.room_use is not None:
        possible &= room_free.any(axis=0)
    each = each.only(np.asarray(possible))
    able = np.asarray(each.free.any(axis=1))
    juniors = tuple(who for who, can in zip(each.juniors, able, strict=True) if can)
    return replace(each, juniors=juniors, free=each.free[able])


def _joiners_left(slots: CandidateSlots, each: SessionSlots, diaries: Diaries) -> SessionSlots:
    able = np.array(
        [(mask := _open(slots, each, who, diaries)) is None or bool(mask[0]) for who in each.juniors],
        dtype=np.bool_,
    )
    juniors = tuple(who for who, can in zip(each.juniors, able, strict=True) if can)
    return replace(each, juniors=juniors, free=each.free[able])


def _open(slots: CandidateSlots, each: SessionSlots, who: str, diaries: Diaries) -> Mask | None:
    """When this person can attend beside their diary; None: always."""
    diary = diaries.of(who)
    person = slots.problem.person_by_id[who]
    if not diary:
        return None
    if who != each.session.senior and _no_turn_left(person, diaries):
        return np.zeros(len(each.starts), dtype=np.bool_)
    fits = open_to(person, each.session, diary, each.starts, each.dates, slots.own_dates(who, each))
    if person.travel_minutes:
        bars = _travel_windows(person, diary)
        fits &= ~hits(bars, each.starts, each.starts + each.minutes)
    return fits


def _no_turn_left(person: Person, diaries: Diaries) -> bool:
    return person.max_sessions is not None and diaries.turns(person.id) >= person.max_sessions


def _travel_windows(person: Person, diary: Iterable[Engagement]) -> tuple[Minutes, Minutes]:
    """The way to and from the standing sessions of each date that a plan chose."""
    windows: list[tuple[int, int]] = []
    rows = [each for each in diary if each.in_person]
    for day in office_dates(rows):
        here = [each for each in rows if each.date == day]
        if is_waived(person, day):
            continue
        first = min(here, key=lambda each: (each.start, each.held))
        last = max(here, key=lambda each: (each.end, each.held))
        if not first.held:
            windows.append((first.start - person.travel_minutes, first.start))
        if not last.held:
            windows.append((last.end, last.end + person.travel_minutes))
    table = np.array(sorted(windows), dtype=np.int64).reshape(-1, 2)
    return table[:, 0], np.maximum.accumulate(table[:, 1])
