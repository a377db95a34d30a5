"""Seats in agreed sessions: who has one, who waits, to whom one is offered, how many are left."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import (
    Connection,
    and_,
    case,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    union,
    update,
)

from planner import lifecycle
from planner.domain import Placement
from planner.lifecycle import SEATED, TAKEN, SeatState, Wanting
from web.store import never_pairs, programmes, rooms, sessions
from web.store import tables as t
from web.store.tables import AnyRow


@dataclass(frozen=True, slots=True)
class Seating:
    """One agreed session's seats, read in the transaction that gives one away."""

    session_id: str
    programme_id: int
    senior_id: int
    start: datetime
    end: datetime
    open_seats: int  #: of them were meant for booking; 0: nobody books here
    taken: int  #: offered ones included
    free: int
    by_need_until: datetime | None = None  #: None: they go by order

    @property
    def by_need(self) -> bool:
        """Also while the moment has come and the seats are still to be given out."""
        return self.by_need_until is not None


def seating(connection: Connection, session_id: str, now: datetime) -> Seating | None:
    """None unless agreed and not begun."""
    s = t.session
    row = connection.execute(
        select(s).where(s.c.id == session_id, s.c.state == "agreed", s.c.start > now)
    ).one_or_none()
    if row is None:
        return None
    end = row.start + timedelta(minutes=row.minutes)
    taken = _taken(connection, session_id)
    free = (row.seats_held or 0) - taken
    if row.room_id is not None:
        room = rooms.row_of(connection, row.room_id)
        beside = [o for o in rooms.occupations(connection, row.room_id, now) if o.overlaps(row.start, end)]
        free = min(free, room.capacity - rooms.fullest(beside) if room else 0)
    return Seating(
        row.id,
        row.programme_id,
        row.senior_id,
        row.start,
        end,
        row.open_seats,
        taken,
        max(0, free),
        row.by_need_until,
    )


def state_of(connection: Connection, session_id: str, person_id: int) -> SeatState | None:
    seat = t.seat
    state = connection.execute(
        select(seat.c.state).where(seat.c.session_id == session_id, seat.c.person_id == person_id)
    ).scalar()
    return SeatState(state) if state else None


def put(
    connection: Connection,
    session_id: str,
    person_id: int,
    state: SeatState,
    now: datetime,
    until: datetime | None = None,
) -> None:
    """One row a person and session, whatever became of it. `until`: of a seat that is offered."""
    put_all(connection, session_id, [person_id], state, now, until)


def put_all(
    connection: Connection,
    session_id: str,
    people: Collection[int],
    state: SeatState,
    now: datetime,
    until: datetime | None = None,
) -> None:
    """The same of several people."""
    seat = t.seat
    connection.execute(delete(seat).where(seat.c.session_id == session_id, seat.c.person_id.in_(people)))
    one = {"session_id": session_id, "state": state, "since": now, "offered_until": until}
    if people:
        connection.execute(insert(seat), [{**one, "person_id": person_id} for person_id in people])


def vacate(connection: Connection, session_id: str, people: Collection[int], now: datetime) -> None:
    """Take people out who did not say so: what became of their seats is what becomes of those given up.

    So an invitation that came to nothing stays one: nobody has asked for it, and its turn comes again.
    """
    seat = t.seat
    theirs = (seat.c.session_id == session_id) & seat.c.person_id.in_(people)
    rows = connection.execute(select(seat.c.person_id, seat.c.state).where(theirs)).all()
    by_state: dict[SeatState, list[int]] = defaultdict(list)
    for row in rows:
        by_state[lifecycle.give_up(SeatState(row.state))].append(row.person_id)
    for state, who in by_state.items():
        put_all(connection, session_id, who, state, now)


def _taken(connection: Connection, session_id: str) -> int:
    seat = t.seat
    query = select(func.count()).where(seat.c.session_id == session_id, seat.c.state.in_(TAKEN))
    return int(connection.execute(query).scalar_one())


def takers(connection: Connection, session_id: str) -> set[int]:
    """Who has a seat, or is offered one."""
    seat = t.seat
    query = select(seat.c.person_id).where(seat.c.session_id == session_id, seat.c.state.in_(TAKEN))
    return set(connection.execute(query).scalars())


def shut_to(connection: Connection, session_ids: Collection[str], person_id: int) -> set[str]:
    """Which of these sessions have no seat for somebody as things stand, since they are kept apart."""
    query = select(t.session.c.id).where(t.session.c.id.in_(session_ids), never_pairs.shut_to(person_id))
    return set(connection.execute(query).scalars())


def is_shut_to(connection: Connection, session_id: str, person_id: int) -> bool:
    return bool(shut_to(connection, [session_id], person_id))


def offered_until(connection: Connection, session_id: str, person_id: int) -> datetime | None:
    """Until when a seat is kept for somebody, where one is."""
    seat = t.seat
    until: datetime | None = connection.execute(
        select(seat.c.offered_until).where(seat.c.session_id == session_id, seat.c.person_id == person_id)
    ).scalar()
    return until


def line(connection: Connection, session_id: str) -> Mapping[int, datetime]:
    """Who waits, first come first, and since when."""
    seat = t.seat
    query = select(seat).where(seat.c.session_id == session_id, seat.c.state == SeatState.WAITING)
    rows = connection.execute(query.order_by(seat.c.since, seat.c.person_id))
    return {row.person_id: row.since for row in rows}


def in_line_or_offered(connection: Connection, session_ids: Collection[str]) -> list[AnyRow]:
    """`session_id` and `person_id` of everybody who waits for a seat in these sessions, or is offered one."""
    seat = t.seat
    hoping = seat.c.state.in_((SeatState.WAITING, SeatState.OFFERED))
    query = select(seat.c.session_id, seat.c.person_id).where(seat.c.session_id.in_(session_ids), hoping)
    return list(connection.execute(query.order_by(seat.c.session_id, seat.c.person_id)))


def offers_run_out(connection: Connection, session_id: str, now: datetime) -> list[int]:
    """To whom a seat was offered until now, and who did not answer."""
    seat = t.seat
    query = select(seat.c.person_id).where(
        seat.c.session_id == session_id, seat.c.state == SeatState.OFFERED, seat.c.offered_until <= now
    )
    return list(connection.execute(query.order_by(seat.c.since, seat.c.person_id)).scalars())


def to_settle(connection: Connection, now: datetime) -> list[str]:
    """Sessions to come in which the time of need is over, an offer has run out, or a seat may be free
    while somebody waits."""
    s, seat = t.session, t.seat
    here = seat.c.session_id == s.c.id
    offer = exists().where(here, seat.c.state == SeatState.OFFERED, seat.c.offered_until <= now)
    waits = exists().where(here, seat.c.state == SeatState.WAITING)
    taken = select(func.count()).where(here, seat.c.state.in_(TAKEN)).correlate(s).scalar_subquery()
    may_be_free = and_(s.c.by_need_until.is_(None), waits, s.c.seats_held > taken)
    due = or_(s.c.by_need_until <= now, offer, may_be_free)
    query = select(s.c.id).where(sessions.upcoming(now), s.c.open_seats > 0, due)
    return sorted(connection.execute(query).scalars())


# --- by need -------------------------------------------------------------------------------------


def begin_by_need(connection: Connection, session_ids: Collection[str], now: datetime) -> None:
    """Open the seats of sessions that were agreed now: by need for a while, or at once by order."""
    s = t.session
    rows = connection.execute(select(s.c.id, s.c.start, s.c.open_seats).where(s.c.id.in_(session_ids))).all()
    until = {row.id: lifecycle.by_need_until(now, row.start) if row.open_seats else None for row in rows}
    for moment in set(until.values()):
        same = [session_id for session_id, each in until.items() if each == moment]
        connection.execute(update(s).where(s.c.id.in_(same)).values(by_need_until=moment))


def end_by_need(connection: Connection, session_id: str) -> None:
    """From now on seats go by order."""
    connection.execute(update(t.session).where(t.session.c.id == session_id).values(by_need_until=None))


def wanting(connection: Connection, session_id: str, now: datetime) -> list[Wanting]:
    """Who waits for a seat, with their need in its programme by now, and since when they have had nothing.

    A seat they have in a session to come counts, so that nobody has all of a week's.
    """
    people, today = line(connection, session_id), now.date()
    programme = programmes.load_turns(connection, sessions.programme_of(connection, session_id), people, now)
    juniors = {int(one.person): one for one in programme.juniors}
    return [
        Wanting(
            str(who),
            programme.need_beside_ahead(juniors[who], today),
            max(programme.last_held.get(str(who), juniors[who].joined), juniors[who].joined),
        )
        if who in juniors
        else Wanting(str(who), 1, today)  # no longer a junior there
        for who in people
    ]


def line_up(connection: Connection, session_id: str, people: Sequence[int], now: datetime) -> None:
    """Have these people wait in this order, a microsecond apart, before whoever comes after `now`."""
    if not people:
        return
    seat = t.seat
    since = {who: now - timedelta(microseconds=len(people) - place) for place, who in enumerate(people)}
    connection.execute(
        update(seat)
        .where(seat.c.session_id == session_id, seat.c.person_id.in_(people))
        .values(since=case(since, value=seat.c.person_id))
    )


# --- elsewhere -----------------------------------------------------------------------------------


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


def elsewhere(connection: Connection, seating: Seating, people: Collection[int]) -> set[int]:
    """Which of these people are in another session while this one is held."""
    s, seat = t.session, t.seat
    around = and_(
        s.c.state == "agreed",
        s.c.id != seating.session_id,
        s.c.start < seating.end,
        s.c.start > seating.start - timedelta(days=1),
    )
    as_senior = select(s.c.id, s.c.start, s.c.minutes, s.c.senior_id.label("who")).where(
        around, s.c.senior_id.in_(people)
    )
    as_junior = (
        select(s.c.id, s.c.start, s.c.minutes, seat.c.person_id.label("who"))
        .join(seat, seat.c.session_id == s.c.id)
        .where(around, seat.c.person_id.in_(people), seat.c.state.in_(SEATED))
    )
    rows = connection.execute(union(as_senior, as_junior))
    return {row.who for row in rows if row.start + timedelta(minutes=row.minutes) > seating.start}


def is_elsewhere(engaged: Sequence[Engagement], session_id: str, start: datetime, end: datetime) -> bool:
    """Is one of the engagements another session at that time?"""
    return any(e.session_id != session_id and e.start < end and start < e.end for e in engaged)


# --- how many, and whose -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Count:
    held: int
    taken: int
    waiting: int
    by_need_until: datetime | None


def counts(connection: Connection, session_ids: Collection[str]) -> Mapping[str, Count]:
    s, seat = t.session, t.seat
    columns = (s.c.id, s.c.seats_held, s.c.by_need_until)
    found = {row.id: row for row in connection.execute(select(*columns).where(s.c.id.in_(session_ids)))}
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
            row.seats_held or 0,
            sum(by_state.get((session_id, state), 0) for state in TAKEN),
            by_state.get((session_id, SeatState.WAITING), 0),
            row.by_need_until,
        )
        for session_id, row in found.items()
    }


def of_person(connection: Connection, person_id: int) -> Mapping[str, tuple[SeatState, datetime | None]]:
    """This person's seats by session, with the moment until which one is offered."""
    seat = t.seat
    rows = connection.execute(select(seat).where(seat.c.person_id == person_id))
    return {row.session_id: (SeatState(row.state), row.offered_until) for row in rows}


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


def seated(connection: Connection, now: datetime) -> set[int]:
    """Everybody with a seat in a session to come."""
    to_come = (t.session.c.state == "agreed") & (t.session.c.start > now)
    query = select(t.seat.c.person_id).join(t.session, t.session.c.id == t.seat.c.session_id)
    return set(connection.execute(query.where(t.seat.c.state.in_(SEATED), to_come)).scalars())


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
