"""Seats in agreed sessions: who has one, who waits, how many are left."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, func, insert, or_, select

from planner.domain import Placement
from planner.lifecycle import SEATED, SeatState
from web.store import rooms
from web.store import tables as t


@dataclass(frozen=True, slots=True)
class Seating:
    """One agreed session's seats, read in the transaction that gives one away."""

    session_id: str
    programme_id: int
    senior_id: int
    start: datetime
    end: datetime
    open_seats: int  #: of them were meant for booking; 0: nobody books here
    taken: int
    free: int


def seating(connection: Connection, session_id: str, now: datetime) -> Seating | None:
    """None unless agreed and not begun. Locks the session and its room where the database has row locks."""
    s = t.session
    row = connection.execute(
        select(s).where(s.c.id == session_id, s.c.state == "agreed", s.c.start > now).with_for_update()
    ).one_or_none()
    if row is None:
        return None
    end = row.start + timedelta(minutes=row.minutes)
    taken = len(people_in(connection, session_id))
    free = (row.seats_held or 0) - taken
    if row.room_id is not None:
        room = rooms.lock(connection, row.room_id)
        beside = [o for o in rooms.occupations(connection, row.room_id, now) if o.overlaps(row.start, end)]
        free = min(free, room.capacity - rooms.fullest(beside) if room else 0)
    return Seating(
        row.id, row.programme_id, row.senior_id, row.start, end, row.open_seats, taken, max(0, free)
    )


def state_of(connection: Connection, session_id: str, person_id: int) -> SeatState | None:
    seat = t.seat
    state = connection.execute(
        select(seat.c.state).where(seat.c.session_id == session_id, seat.c.person_id == person_id)
    ).scalar()
    return SeatState(state) if state else None


def put(connection: Connection, session_id: str, person_id: int, state: SeatState, now: datetime) -> None:
    """One row a person and session, whatever became of it."""
    seat = t.seat
    connection.execute(delete(seat).where(seat.c.session_id == session_id, seat.c.person_id == person_id))
    connection.execute(
        insert(seat).values(session_id=session_id, person_id=person_id, state=state, since=now)
    )


def people_in(connection: Connection, session_id: str) -> list[int]:
    seat = t.seat
    query = select(seat.c.person_id).where(seat.c.session_id == session_id, seat.c.state.in_(SEATED))
    return list(connection.execute(query.order_by(seat.c.person_id)).scalars())


def line(connection: Connection, session_id: str) -> list[int]:
    """Who waits, first come first."""
    seat = t.seat
    query = select(seat.c.person_id).where(seat.c.session_id == session_id, seat.c.state == SeatState.WAITING)
    return list(connection.execute(query.order_by(seat.c.since, seat.c.person_id)).scalars())


@dataclass(frozen=True, slots=True)
class Engagement:
    """An agreed session that somebody is in, as its senior or with a seat."""

    session_id: str
    start: datetime
    end: datetime


def engagements(connection: Connection, person_id: int, now: datetime) -> list[Engagement]:
    """What somebody has agreed to that is not over yet."""
    s, seat = t.session, t.seat
    mine = select(seat.c.session_id).where(seat.c.person_id == person_id, seat.c.state.in_(SEATED))
    rows = connection.execute(
        select(s.c.id, s.c.start, s.c.minutes).where(
            s.c.state == "agreed",
            or_(s.c.senior_id == person_id, s.c.id.in_(mine)),
            s.c.start > now - timedelta(days=1),
        )
    )
    return [Engagement(row.id, row.start, row.start + timedelta(minutes=row.minutes)) for row in rows]


def is_elsewhere(engaged: Sequence[Engagement], session_id: str, start: datetime, end: datetime) -> bool:
    """Is one of the engagements another session at that time?"""
    return any(e.session_id != session_id and e.start < end and start < e.end for e in engaged)


@dataclass(frozen=True, slots=True)
class Count:
    held: int
    taken: int
    waiting: int


def counts(connection: Connection, session_ids: Collection[str]) -> Mapping[str, Count]:
    s, seat = t.session, t.seat
    held = {
        row.id: row.seats_held or 0
        for row in connection.execute(select(s.c.id, s.c.seats_held).where(s.c.id.in_(session_ids)))
    }
    by_state: dict[tuple[str, str], int] = {
        (row.session_id, row.state): row.n
        for row in connection.execute(
            select(seat.c.session_id, seat.c.state, func.count().label("n"))
            .where(seat.c.session_id.in_(session_ids))
            .group_by(seat.c.session_id, seat.c.state)
        )
    }
    return {
        session_id: Count(
            held[session_id],
            sum(by_state.get((session_id, state), 0) for state in SEATED),
            by_state.get((session_id, SeatState.WAITING), 0),
        )
        for session_id in held
    }


def of_person(connection: Connection, person_id: int) -> Mapping[str, tuple[SeatState, datetime]]:
    """This person's seats by session, with since when."""
    seat = t.seat
    rows = connection.execute(select(seat).where(seat.c.person_id == person_id))
    return {row.session_id: (SeatState(row.state), row.since) for row in rows}


def ahead_in_line(connection: Connection, session_ids: Collection[str], person_id: int) -> Mapping[str, int]:
    """How many wait before this person, per session."""
    mine, other = t.seat.alias("mine"), t.seat.alias("other")
    rows = connection.execute(
        select(mine.c.session_id, func.count(other.c.person_id))
        .outerjoin(
            other,
            (other.c.session_id == mine.c.session_id)
            & (other.c.state == SeatState.WAITING)
            & (
                (other.c.since < mine.c.since)
                | ((other.c.since == mine.c.since) & (other.c.person_id < mine.c.person_id))
            ),
        )
        .where(
            mine.c.person_id == person_id,
            mine.c.session_id.in_(session_ids),
            mine.c.state == SeatState.WAITING,
        )
        .group_by(mine.c.session_id)
    )
    return {row[0]: row[1] for row in rows}


def seated(connection: Connection) -> set[int]:
    """Everybody with a seat somewhere."""
    return set(connection.execute(select(t.seat.c.person_id).where(t.seat.c.state.in_(SEATED))).scalars())


def seat_invited(connection: Connection, placements: Sequence[Placement], now: datetime) -> None:
    """Give the seats of these sessions to those whom the plan chose, and to nobody else."""
    unseat(connection, [p.session for p in placements])
    connection.execute(
        insert(t.seat),
        [
            {"session_id": p.session, "person_id": int(who), "state": SeatState.INVITED, "since": now}
            for p in placements
            for who in p.juniors
        ],
    )


def unseat(connection: Connection, session_ids: Collection[str]) -> None:
    connection.execute(delete(t.seat).where(t.seat.c.session_id.in_(session_ids)))
