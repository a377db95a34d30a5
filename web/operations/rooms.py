"""Rooms and their capacity: what an admin sets, within what is agreed."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import Connection

from planner.domain import RoomUse
from web.errors import Misfilled, NotFound, Refused
from web.operations import audit, events, outbox
from web.operations.access import need_programme, need_role
from web.records import Member, RoomRecord, SessionRecord
from web.site import Site
from web.store import rooms as kept
from web.store import sessions
from web.store import tables as t


def all_rooms(site: Site, by: Member, now: datetime) -> tuple[RoomRecord, ...]:
    need_role(by, "admin")
    with site.store.reading() as connection:
        return tuple(kept.records(connection, now))


def one(site: Site, room_id: str, by: Member, now: datetime) -> RoomRecord:
    need_role(by, "admin")
    with site.store.reading() as connection:
        found = kept.records(connection, now, room_id)
    if not found:
        raise NotFound
    return found[0]


def sessions_in(site: Site, room_id: str, by: Member, now: datetime) -> tuple[SessionRecord, ...]:
    """What is agreed in a room from now on, in the admin's own programme."""
    need_role(by, "admin")
    mine = (t.session.c.room_id == room_id) & (t.session.c.programme_id == by.programme_id)
    with site.store.reading() as connection:
        return tuple(sessions.agreed(connection, mine & sessions.upcoming(now)))


def change(
    site: Site,
    room_id: str,
    by: Member,
    now: datetime,
    *,
    name: str,
    capacity: int,
    uses: Collection[RoomUse],
    shared: bool,
    features: Collection[str],
) -> None:
    """Change a room, unless something agreed in it would no longer fit.

    Raises:
        Misfilled: a value that no room can have.
        Refused: with the sessions in the way.
    """
    need_role(by, "admin")
    _check_fields(name, capacity, uses)
    with site.store.writing() as connection:
        if kept.row_of(connection, room_id) is None:
            raise NotFound
        occupied = kept.occupations(connection, room_id, now)
        refuse_unless_fits(
            connection, occupied, name=name, capacity=capacity, uses=uses, shared=shared, features=features
        )
        kept.change(
            connection,
            room_id,
            name=name.strip(),
            capacity=capacity,
            uses=sorted(use.value for use in uses),
            shared=shared,
            features=sorted(set(features)),
        )
        events.want(connection, site, None, now)
        audit.note(connection, now, by, "room.change", f"room:{room_id}", capacity=capacity)


def refuse_unless_fits(
    connection: Connection,
    occupied: Sequence[kept.Occupation],
    *,
    name: str,
    capacity: int,
    uses: Collection[RoomUse],
    shared: bool,
    features: Collection[str],
) -> None:
    """Raises Refused where something agreed in a room would no longer fit it."""
    _refuse(
        connection,
        kept.over(occupied, capacity),
        f"{kept.fullest(occupied)} people have agreed to be in {name} at once, so it cannot seat "
        f"{capacity}. Move or call off these sessions first.",
    )
    _refuse(
        connection,
        [each.session_id for each in occupied if each.use and RoomUse(each.use) not in uses],
        f"Sessions of another kind are agreed in {name}. Move or call them off first.",
    )
    needs = kept.features_needed(connection, [each.session_id for each in occupied])
    _refuse(
        connection,
        [session_id for session_id, needed in needs.items() if needed - set(features)],
        f"Somebody in these sessions needs a feature that {name} would lose. Move them first.",
    )
    if not shared:
        _refuse(connection, _together(occupied), f"These sessions share {name} at the same time.")


def close(
    site: Site, room_id: str, start: datetime, end: datetime, reason: str, by: Member, now: datetime
) -> None:
    """Close a room for a while, unless a session is agreed in it then."""
    need_role(by, "admin")
    if end <= start:
        raise Misfilled({"end": "must come after the start"})
    with site.store.writing() as connection:
        if kept.row_of(connection, room_id) is None:
            raise NotFound
        occupied = kept.occupations(connection, room_id, now)
        _refuse(
            connection,
            [each.session_id for each in occupied if each.overlaps(start, end)],
            "Sessions are agreed in this room then. Move or call them off first.",
        )
        kept.add_closure(connection, room_id, start, end, reason.strip()[:200])
        audit.note(connection, now, by, "room.close", f"room:{room_id}")


def reopen(site: Site, room_id: str, closure_id: int, by: Member) -> None:
    need_role(by, "admin")
    with site.store.writing() as connection:
        if not kept.remove_closure(connection, room_id, closure_id):
            raise NotFound
        audit.note(connection, site.now(), by, "room.reopen", f"room:{room_id}")


def rooms_for(site: Site, session_id: str, by: Member, now: datetime) -> tuple[RoomRecord, ...]:
    """The other rooms that an agreed session could move to as it stands; of another programme's: none."""
    need_role(by, "admin")
    with site.store.reading() as connection:
        if sessions.programme_of(connection, session_id) != by.programme_id:
            return ()
        session = sessions.one_agreed(connection, session_id)
        if session is None:
            raise NotFound
        return tuple(fitting(connection, session, now))


def move_session(site: Site, session_id: str, room_id: str, by: Member, now: datetime) -> None:
    """Move an agreed session to another room; everybody in it gets an updated invitation."""
    need_role(by, "admin")
    with site.store.writing() as connection:
        session = sessions.one_agreed(connection, session_id)
        if session is None:
            raise NotFound
        need_programme(by, sessions.programme_of(connection, session_id))
        if room_id not in {room.id for room in fitting(connection, session, now)}:
            raise Refused("That room is not free, or does not fit, for this session.", (session,))
        move_to(connection, site, session_id, room_id, now)
        audit.note(connection, now, by, "session.move", f"session:{session_id}")
    outbox.wake(site, now)


def move_to(connection: Connection, site: Site, session_id: str, room_id: str, now: datetime) -> None:
    """Move an agreed session to a room that is known to fit (`fitting`), and tell everybody in it."""
    sessions.change(connection, session_id, room_id=room_id)
    outbox.invite_again(connection, site, session_id, now)
    events.want(connection, site, [session_id], now)


def move_elsewhere(
    connection: Connection, site: Site, session: SessionRecord, refused: Collection[str], now: datetime
) -> bool:
    """Move an agreed session to the smallest other room that takes it. False: none is left."""
    free = [room for room in fitting(connection, session, now) if room.id not in refused]
    if not free:
        return False
    smallest = min(free, key=lambda room: (room.capacity, room.id))
    move_to(connection, site, session.id, smallest.id, now)
    return True


def _check_fields(name: str, capacity: int, uses: Collection[RoomUse]) -> None:
    mistakes = {}
    if not name.strip() or len(name) > 200:
        mistakes["name"] = "give the room a name of at most 200 characters"
    if not 2 <= capacity <= 10_000:
        mistakes["capacity"] = "must be between 2 (a senior and a junior) and 10,000"
    if not uses:
        mistakes["uses"] = "choose at least one use, or close the room"
    if mistakes:
        raise Misfilled(mistakes)


def _refuse(connection: Connection, session_ids: Sequence[str], text: str) -> None:
    if session_ids:
        raise Refused(text, tuple(sessions.agreed(connection, t.session.c.id.in_(session_ids))))


def _together(occupied: Sequence[kept.Occupation]) -> list[str]:
    return [
        a.session_id for a in occupied if any(a is not b and a.overlaps(b.start, b.end) for b in occupied)
    ]


def fitting(connection: Connection, session: SessionRecord, now: datetime) -> list[RoomRecord]:
    """The other rooms that take an agreed session at its time, by name."""
    row = kept.wanted_by(connection, session.id)
    if row.room_use is None:
        return []
    rooms = [
        room
        for room in kept.records(connection, now)
        if room.office_id == row.office_id and RoomUse(row.room_use) in room.uses and room.id != row.room_id
    ]
    closed = kept.closed_during(connection, [room.id for room in rooms], session.start, session.end)
    needed = kept.features_needed(connection, [session.id])[session.id]
    people = 1 + max(row.seats_held or 0, len(session.juniors))
    occupied = kept.by_room(connection, [room.id for room in rooms], now)
    return [
        room
        for room in rooms
        if room.id not in closed
        and needed <= room.features
        and _has_space(occupied.get(room.id, []), room, session, people)
    ]


def _has_space(
    occupied: Sequence[kept.Occupation], room: RoomRecord, session: SessionRecord, people: int
) -> bool:
    beside = [each for each in occupied if each.overlaps(session.start, session.end)]
    if beside and not room.shared:
        return False
    return people + kept.fullest(beside) <= room.capacity
