"""The plan to beat: each session booked at its first free slot, as with a booking link.

Sessions are taken in the order of the problem. Each gets its first start, then the first room, then
the first candidates in their order, that keep every rule but worth-the-trip and travel, which a
booking link knows nothing of.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from planner.domain import Placement, PlanningProblem, Session
from planner.openings import Standing
from planner.slots import hits


def first_free(problem: PlanningProblem) -> tuple[Placement, ...]:
    """Book all sessions, those agreed before as they stand; the rest stay out."""
    standing = Standing(problem)
    booked = [
        Placement(session.id, session.fixed.start, session.fixed.room, session.fixed.juniors)
        for session in problem.sessions
        if session.fixed is not None
    ]
    for session in problem.sessions:
        if session.fixed is None and (placement := _first_slot(standing, session)) is not None:
            standing.enter(placement)
            booked.append(placement)
    return tuple(booked)


def same_sessions(problem: PlanningProblem, placements: Iterable[Placement]) -> PlanningProblem:
    """The problem of the very sessions that were placed, each for the people it was placed with.

    What a simpler way makes of it compares with the placements: no way looks better for other sessions.
    """
    return replace(
        problem,
        sessions=tuple(
            _for_the_same_people(problem.session_by_id[each.session], each.juniors) for each in placements
        ),
    )


def _for_the_same_people(session: Session, juniors: tuple[str, ...]) -> Session:
    if session.fixed is not None:
        return session
    many = len(juniors)
    return replace(
        session,
        juniors=juniors,
        required=frozenset(juniors),
        seats=(many, many + session.open_seats),
    )


def _first_slot(standing: Standing, session: Session) -> Placement | None:
    frame = standing.frame(session)
    required = [junior for junior in session.juniors if junior in session.required]
    candidates = [*required, *(junior for junior in session.juniors if junior not in session.required)]
    free = np.array([standing.bars(junior, frame) == 0 for junior in candidates], dtype=np.bool_)
    free = free.reshape(len(candidates), len(frame.starts))
    enough = standing.bars(session.senior, frame) == 0
    enough &= free[: len(required)].all(axis=0) & (free.sum(axis=0) >= session.seats[0])
    for index in np.flatnonzero(enough):
        ready = [junior for junior, can in zip(candidates, free[:, index], strict=True) if can]
        ready = ready[: max(0, session.most_juniors)]
        placement = _seated(standing, session, int(frame.starts[index]), ready)
        if placement is not None:
            return placement
    return None


def _seated(standing: Standing, session: Session, start: int, ready: list[str]) -> Placement | None:
    """The first room that serves all who are ready and seats enough of them."""
    room = None
    if session.room_use is not None:
        room, seats = _first_room(standing, session, start, ready)
        ready = ready[:seats]
    if len(ready) < session.seats[0] or not session.required <= set(ready):
        return None
    return Placement(session.id, standing.axis.instant(start), room, tuple(ready))


def _first_room(
    standing: Standing, session: Session, start: int, ready: Iterable[str]
) -> tuple[str | None, int]:
    """The first room with every feature that is needed and enough seats for juniors, and how many."""
    people = standing.problem.person_by_id
    needs = frozenset[str]().union(*(people[who].room_needs for who in (session.senior, *ready)))
    for room in standing.rooms_for(session):
        if needs <= standing.problem.room_by_id[room].features:
            seats = _seats_left(standing, room, session, start)
            if seats >= session.seats[0]:
                return room, seats
    return None, 0


def _seats_left(standing: Standing, room: str, session: Session, start: int) -> int:
    """Seats for juniors; a booking link adds up all sessions that overlap, whether or not at one moment."""
    place, end = standing.problem.room_by_id[room], start + session.minutes
    if hits(standing.calendars.room_barred(room), np.array([start]), np.array([end]))[0]:
        return 0
    inside = standing.diaries.occupancies(room)
    beside = [each.heads for each in inside if each.start < end and start < each.end]
    if beside and not place.shared:
        return 0
    return place.capacity - 1 - session.open_seats - sum(beside)
