"""Which agreed sessions lose their room because the room's own calendar has something else there now.

The smallest repair is another room that fits at the same time: everybody in the session gets an updated
invitation, and nobody's time changes. Where no room is left, the programme's admins are told, who can free
one. Only what is new since the reading before counts, as with people's calendars (`web.operations.clashes`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from connectors.base import Reading
from planner.domain import BusyKind, Interval
from planner.intervals import merge, subtract
from web import words
from web.notify import NoteLetter
from web.operations import audit, outbox, rooms
from web.operations.clashes import lying_over
from web.records import SessionRecord
from web.site import Site
from web.store import calendars, jobs, sessions
from web.store import rooms as kept
from web.store.calendars import ROOMS, CalendarOf


def note(connection: Connection, readings: Sequence[tuple[CalendarOf, Reading]], now: datetime) -> int | None:
    """Owe a look at what these readings bring, before they are kept.

    Args:
        readings: without our own events (`web.own_time`).

    Returns:
        The job's id; None: there is nothing to look at.
    """
    of_rooms = {str(calendar.owner): calendar for calendar, _ in readings if calendar.owners is ROOMS}
    said = {str(calendar.owner): reading for calendar, reading in readings if calendar.owners is ROOMS}
    occupied = kept.by_room(connection, of_rooms.keys(), now)
    before = calendars.marked(connection, [of_rooms[room_id] for room_id in occupied], tuple(BusyKind))
    found = [
        {"room_id": room_id, "session_id": session_id, "times": times}
        for room_id, inside in occupied.items()
        for session_id, times in _lost(inside, said[room_id], before.get((ROOMS, room_id), ()))
    ]
    return jobs.add(connection, "room_clashes", {"found": found}, now) if found else None


def _lost(
    inside: Sequence[kept.Occupation], said: Reading, before: Iterable[Interval]
) -> Iterator[tuple[str, list[list[str]]]]:
    """By session the times, as a job keeps them, that are somebody else's now."""
    new = subtract(said.marked(*BusyKind), merge(before))
    blocks = merge(Interval(each.start, each.end) for each in inside)
    for each in inside:
        if times := lying_over(Interval(each.start, each.end), blocks, new):
            yield each.session_id, [[one.start.isoformat(), one.end.isoformat()] for one in times]


def take_up(site: Site, found: Sequence[Mapping[str, Any]]) -> None:
    """The background job: another room for each of these sessions, or word to the admins."""
    now = site.now()
    for each in found:
        times = [Interval(datetime.fromisoformat(a), datetime.fromisoformat(b)) for a, b in each["times"]]
        with site.store.writing() as connection:
            _take_up(connection, site, str(each["room_id"]), str(each["session_id"]), times, now)
    outbox.wake(site, now)


def _take_up(
    connection: Connection,
    site: Site,
    room_id: str,
    session_id: str,
    times: Iterable[Interval],
    now: datetime,
) -> None:
    session = sessions.one_agreed(connection, session_id)
    if session is None or session.start <= now or kept.wanted_by(connection, session_id).room_id != room_id:
        return
    if not any(kept.closed_during(connection, [room_id], one.start, one.end) for one in times):
        return  # the room is free again
    if rooms.move_elsewhere(connection, site, session, (room_id,), now):
        audit.note(connection, now, None, "session.move", f"session:{session_id}")
    else:
        _tell_admins(connection, site, session, now)


def _tell_admins(connection: Connection, site: Site, session: SessionRecord, now: datetime) -> None:
    day = words.long_day(session.local_start.date(), now.date())
    hours = words.stretch(session.start, session.end, session.timezone)
    letter = NoteLetter(
        f"{session.room} is taken on {day}",
        (
            f"{words.KINDS[session.kind]} of {session.senior.name} is agreed there, {hours}, and the room’s "
            "calendar has something else now. No other room of that office fits and is free, so nothing was "
            "changed.",
            "Free a room or add one, then move the session there; or ask its senior for another time.",
        ),
        "Look at the rooms",
        "/admin/rooms",
    )
    programme_id = sessions.programme_of(connection, session.id)
    key = f"room:{session.id}:{session.sequence}"
    outbox.tell_admins_once(connection, site, programme_id, key, letter, now)
