"""A junior's seats: what is coming, what is open, and giving either up again.

The last seat is sold once: every function that gives one away counts and writes in one transaction
that holds the session and its room (`Store.writing`, `seats.seating`).
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, select

from planner import lifecycle
from planner.errors import IllegalMove
from planner.lifecycle import SEATED, SeatState
from web.errors import NotFound, Refused
from web.operations import audit, events, outbox
from web.records import Member, SeatRecord, SessionRecord
from web.site import Site
from web.store import seats as kept
from web.store import sessions
from web.store import tables as t

ELSEWHERE = "you are in another session at that time"


def coming(site: Site, by: Member, now: datetime) -> tuple[SeatRecord, ...]:
    """The sessions this person is in as a junior, and those they wait for, soonest first."""
    with site.store.reading() as connection:
        mine = kept.of_person(connection, by.person.id)
        wanted = [one for one, (state, _) in mine.items() if state in SEATED or state is SeatState.WAITING]
        found = sessions.agreed(connection, t.session.c.id.in_(wanted) & sessions.upcoming(now))
        return _records(connection, found, by, now)


def open_sessions(site: Site, by: Member, now: datetime) -> tuple[SeatRecord, ...]:
    """Approved sessions with seats for booking, full ones included, that this person is not in yet."""
    mine = select(t.seat.c.session_id).where(
        t.seat.c.person_id == by.person.id, t.seat.c.state.in_([*SEATED, SeatState.WAITING])
    )
    near = select(t.person_office.c.office_id).where(t.person_office.c.person_id == by.person.id)
    bookable = (
        (t.session.c.programme_id == by.programme_id)
        & (t.session.c.open_seats > 0)
        & (t.session.c.senior_id != by.person.id)
        & (t.session.c.office_id.is_(None) | t.session.c.office_id.in_(near))
        & t.session.c.id.not_in(mine)
    )
    with site.store.reading() as connection:
        found = sessions.agreed(connection, bookable & sessions.upcoming(now))
        return _records(connection, found, by, now)


def one(site: Site, session_id: str, by: Member, now: datetime) -> SeatRecord:
    """One session that this person is in or may book."""
    with site.store.reading() as connection:
        found = sessions.one_agreed(connection, session_id)
        seating = kept.seating(connection, session_id, now)
        if found is None or seating is None or not _may_see(connection, seating, by):
            raise NotFound
        return _records(connection, [found], by, now)[0]


def book(site: Site, session_id: str, by: Member, now: datetime) -> str:
    """Take a seat. Refused where none is left, or where this person is in another session then."""
    with site.store.writing() as connection:
        seating = _bookable(connection, session_id, by, now)
        state = kept.state_of(connection, session_id, by.person.id)
        booked = lifecycle.book(state, seating.free)
        _refuse_clash(connection, seating, by, now)
        kept.put(connection, session_id, by.person.id, booked, now)
        audit.note(connection, now, by, "seat.book", f"session:{session_id}")
        outbox.invite_after_change(connection, site, session_id, [by.person.id], now)
        events.want(connection, site, [session_id], now)
    outbox.wake(site, now)
    return booked


def wait(site: Site, session_id: str, by: Member, now: datetime) -> str:
    """Join the line for a full session."""
    with site.store.writing() as connection:
        seating = _bookable(connection, session_id, by, now)
        state = kept.state_of(connection, session_id, by.person.id)
        waiting = lifecycle.wait(state, seating.free)
        kept.put(connection, session_id, by.person.id, waiting, now)
        audit.note(connection, now, by, "seat.wait", f"session:{session_id}")
    return waiting


def give_up(site: Site, session_id: str, by: Member, now: datetime) -> None:
    """Cancel a booking, decline an invitation or leave the line; costs nothing. The next in line moves up."""
    with site.store.writing() as connection:
        give_up_in(connection, site, session_id, by.person.id, now)
    outbox.wake(site, now)


def give_up_in(connection: Connection, site: Site, session_id: str, person_id: int, now: datetime) -> None:
    """The same in a transaction of the caller's, for somebody who said so elsewhere: in their calendar."""
    seating = kept.seating(connection, session_id, now)
    if seating is None:
        raise NotFound
    before = kept.state_of(connection, session_id, person_id)
    kept.put(connection, session_id, person_id, lifecycle.give_up(before), now)
    if before in SEATED:
        moved_up = _move_up(connection, session_id, now)
        outbox.invite_after_change(
            connection, site, session_id, moved_up, now, gone=[person_id], seat_came_free=True
        )
        events.want(connection, site, [session_id], now)


def vacate(
    connection: Connection, site: Site, session_id: str, people: Collection[int], now: datetime
) -> None:
    """Take people who are no longer there out of an agreed session; who moves up hears of it.

    Those who are gone, and the senior, are told by whoever calls.
    """
    held = [who for who in people if kept.state_of(connection, session_id, who) in SEATED]
    for who in people:
        kept.put(connection, session_id, who, SeatState.CANCELLED, now)
    sessions.next_sequence(connection, [session_id])
    if held:
        moved_up = _move_up(connection, session_id, now)
        outbox.give_seats(connection, site, session_id, moved_up, now)
    events.want(connection, site, [session_id], now)


def take_back(site: Site, session_id: str, by: Member, now: datetime) -> str:
    """Undo `give_up` while a seat is free."""
    with site.store.writing() as connection:
        seating = kept.seating(connection, session_id, now)
        state = kept.state_of(connection, session_id, by.person.id)
        if seating is None or state is None:
            raise NotFound
        booked = lifecycle.book(state, seating.free)
        _refuse_clash(connection, seating, by, now)
        again = SeatState.INVITED if state is SeatState.DECLINED else booked
        kept.put(connection, session_id, by.person.id, again, now)
        audit.note(connection, now, by, "seat.take_back", f"session:{session_id}")
        outbox.invite_after_change(connection, site, session_id, [by.person.id], now)
        events.want(connection, site, [session_id], now)
    outbox.wake(site, now)
    return again


def _bookable(connection: Connection, session_id: str, by: Member, now: datetime) -> kept.Seating:
    seating = kept.seating(connection, session_id, now)
    if seating is None or not _may_see(connection, seating, by):
        raise NotFound
    if seating.open_seats == 0 or seating.senior_id == by.person.id:
        raise IllegalMove("This session has no seats for booking.")
    return seating


def _may_see(connection: Connection, seating: kept.Seating, by: Member) -> bool:
    if seating.open_seats > 0:
        return seating.programme_id == by.programme_id
    return kept.state_of(connection, seating.session_id, by.person.id) is not None


def _refuse_clash(connection: Connection, seating: kept.Seating, by: Member, now: datetime) -> None:
    engaged = kept.engagements(connection, by.person.id, now)
    if kept.is_elsewhere(engaged, seating.session_id, seating.start, seating.end):
        raise Refused("You are in another session at that time. Give that one up first, or choose another.")


def _move_up(connection: Connection, session_id: str, now: datetime) -> list[int]:
    """Give free seats to those who wait, first come first; who is in another session then is passed over."""
    moved: list[int] = []
    for person_id in kept.line(connection, session_id):
        seating = kept.seating(connection, session_id, now)
        if seating is None or seating.free == 0:
            break
        engaged = kept.engagements(connection, person_id, now)
        if not kept.is_elsewhere(engaged, session_id, seating.start, seating.end):
            kept.put(connection, session_id, person_id, SeatState.BOOKED, now)
            moved.append(person_id)
    return moved


def _records(
    connection: Connection, found: list[SessionRecord], by: Member, now: datetime
) -> tuple[SeatRecord, ...]:
    ids = [session.id for session in found]
    counts = kept.counts(connection, ids)
    mine = kept.of_person(connection, by.person.id)
    ahead = kept.ahead_in_line(connection, ids, by.person.id)
    engaged = kept.engagements(connection, by.person.id, now)
    return tuple(
        SeatRecord(
            session=session,
            state=_shown(mine.get(session.id), counts[session.id]),
            seats=counts[session.id].held,
            taken=counts[session.id].taken,
            waiting=counts[session.id].waiting,
            place_in_line=ahead[session.id] + 1 if session.id in ahead else None,
            clash=ELSEWHERE if kept.is_elsewhere(engaged, session.id, session.start, session.end) else None,
        )
        for session in found
    )


def _shown(mine: tuple[SeatState, datetime] | None, count: kept.Count) -> str:
    if mine is not None and (mine[0] in SEATED or mine[0] is SeatState.WAITING):
        return mine[0].value
    return "open" if count.taken < count.held else "full"
