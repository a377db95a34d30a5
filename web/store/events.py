"""Events in the organizer's calendar: what each should say, and what it said when it was last seen.

A row is one event for ever, named by its key. Whoever writes calendars compares versions: what was
written is noted only where nothing newer was noted since.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, insert, or_, select, update

from connectors.base import Response
from planner.domain import Interval
from web.store.tables import AnyRow, organizer_reading, session
from web.store.tables import calendar_event as e

#: While one of these is open, what a person did to the event stands.
UNTOUCHED = ("removed", "moved")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an event should say: facts and ids, and digests of the texts that are made of them."""

    start: datetime
    end: datetime
    hold: bool
    juniors: tuple[int, ...]
    says: str  #: digest of its texts, its room and its senior
    whom: str  #: digest of the juniors' names and addresses

    def kept(self) -> dict[str, Any]:
        return {
            "start": self.start.isoformat(),
            "end": self.end.isoformat(),
            "hold": self.hold,
            "juniors": list(self.juniors),
            "says": self.says,
            "whom": self.whom,
        }

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> Wanted:
        return cls(
            datetime.fromisoformat(kept["start"]),
            datetime.fromisoformat(kept["end"]),
            kept["hold"],
            tuple(kept["juniors"]),
            kept["says"],
            kept["whom"],
        )

    @property
    def when(self) -> tuple[datetime, datetime]:
        return self.start, self.end


@dataclass(frozen=True, slots=True)
class Seen:
    """What the organizer's calendar said of an event."""

    start: datetime
    end: datetime
    people: Mapping[int, Response] = field(default_factory=dict)
    room_id: str | None = None
    room: Response | None = None  #: what that room's calendar answered
    link: str | None = None  #: where to meet online
    refused_rooms: tuple[str, ...] = ()  #: ids of rooms that declined this time

    def kept(self) -> dict[str, Any]:
        return {
            "people": {str(person): answer.value for person, answer in self.people.items()},
            "room_id": self.room_id,
            "room": self.room and self.room.value,
            "link": self.link,
            "refused_rooms": list(self.refused_rooms),
        }

    @classmethod
    def of(cls, start: datetime, end: datetime, kept: Mapping[str, Any]) -> Seen:
        return cls(
            start,
            end,
            {int(person): Response(answer) for person, answer in kept["people"].items()},
            kept["room_id"],
            Response(kept["room"]) if kept["room"] else None,
            kept["link"],
            tuple(kept["refused_rooms"]),
        )

    @property
    def when(self) -> tuple[datetime, datetime]:
        return self.start, self.end

    @property
    def web_link(self) -> str | None:
        """The link, if it is one that a page may offer."""
        return self.link if self.link is not None and self.link.startswith("https://") else None


@dataclass(frozen=True, slots=True)
class Event:
    id: int
    key: str
    session_id: str
    wanted: Wanted | None  #: None: it is to be removed
    wanted_version: int
    written_version: int
    quietly: bool
    restore: bool
    attempts: int
    problem: str | None
    seen: Seen | None
    question: str | None  #: removed, moved, declined or room: one that waits for its senior's answer
    asked_at: datetime | None
    seen_at: datetime | None

    @property
    def settled(self) -> bool:
        """Is what is wanted written, as far as we know?"""
        return self.written_version == self.wanted_version


def _event(row: AnyRow) -> Event:
    return Event(
        row.id,
        row.key,
        row.session_id,
        Wanted.of(row.wanted) if row.wanted is not None else None,
        row.wanted_version,
        row.written_version,
        row.quietly,
        row.restore,
        row.attempts,
        row.problem,
        Seen.of(row.seen_start, row.seen_end, row.seen) if row.seen is not None else None,
        row.question,
        row.asked_at,
        row.seen_at,
    )


# --- finding -------------------------------------------------------------------------------------


def found(connection: Connection, where: ColumnElement[bool]) -> list[Event]:
    return [_event(row) for row in connection.execute(select(e).where(where).order_by(e.c.id))]


def one(connection: Connection, event_id: int) -> Event | None:
    row = connection.execute(select(e).where(e.c.id == event_id)).one_or_none()
    return _event(row) if row else None


def of_organizer(connection: Connection, organizer: str) -> list[Event]:
    return found(connection, e.c.organizer == organizer)


def wanted(
    connection: Connection, organizer: str, session_ids: Collection[str] | None = None
) -> Mapping[str, Event]:
    """The events that sessions (None: any) have now, by session."""
    where = (e.c.organizer == organizer) & e.c.wanted.is_not(None)
    if session_ids is not None:
        where &= e.c.session_id.in_(session_ids)
    return {event.session_id: event for event in found(connection, where)}


def due(connection: Connection, organizer: str, now: datetime, most: int = 20) -> list[Event]:
    """What is to be written now; removals first, because a room must be given back before it is taken."""
    asked = e.c.question.in_(UNTOUCHED) & e.c.wanted.is_not(None)
    query = (
        select(e)
        .where(
            e.c.organizer == organizer,
            e.c.written_version < e.c.wanted_version,
            e.c.next_attempt_at <= now,
            or_(e.c.question.is_(None), ~asked),
        )
        .order_by(e.c.wanted.is_not(None), e.c.id)
        .limit(most)
    )
    return [_event(row) for row in connection.execute(query)]


def asked_of(connection: Connection, organizer: str, senior_id: int) -> list[str]:
    """Sessions of a senior with a question that waits for them."""
    query = (
        select(e.c.session_id)
        .join(session, session.c.id == e.c.session_id)
        .where(
            e.c.organizer == organizer,
            e.c.wanted.is_not(None),
            e.c.question.is_not(None),
            session.c.senior_id == senior_id,
        )
    )
    return list(connection.execute(query).scalars())


def with_problem(connection: Connection, organizer: str, programme_id: int) -> list[Event]:
    mine = select(session.c.id).where(session.c.programme_id == programme_id)
    return found(
        connection, (e.c.organizer == organizer) & e.c.problem.is_not(None) & e.c.session_id.in_(mine)
    )


def seen_within(connection: Connection, span: Interval) -> list[Event]:
    """Events that stood in the organizer's calendar when it was last seen."""
    return found(connection, (e.c.seen_end > span.start) & (e.c.seen_start < span.end))


# --- changing ------------------------------------------------------------------------------------


def add(
    connection: Connection,
    organizer: str,
    key: str,
    session_id: str,
    facts: Wanted,
    quietly: bool,
    now: datetime,
) -> None:
    connection.execute(
        insert(e).values(
            key=key,
            organizer=organizer,
            session_id=session_id,
            wanted=facts.kept(),
            quietly=quietly,
            next_attempt_at=now,
        )
    )


def change(connection: Connection, event_id: int, **values: Any) -> None:
    connection.execute(update(e).where(e.c.id == event_id).values(**values))


def want(connection: Connection, event: Event, facts: Wanted | None, now: datetime, **values: Any) -> None:
    """Have an event say something else (None: be removed), or write what it says once more."""
    change(
        connection,
        event.id,
        wanted=facts.kept() if facts is not None else None,
        wanted_version=event.wanted_version + 1,
        attempts=0,
        next_attempt_at=now,
        problem=None,
        **values,
    )


def note_written(connection: Connection, event: Event, seen: Seen | None, now: datetime) -> bool:
    """An event says what was wanted of it in that version. False: that, or newer, was noted before."""
    newest = (
        update(e)
        .where(e.c.id == event.id, e.c.written_version < event.wanted_version)
        .values(written_version=event.wanted_version, attempts=0, problem=None, **_seen(seen, now))
    )
    if connection.execute(newest).rowcount == 0:
        return False
    said = update(e).where(e.c.id == event.id, e.c.wanted_version == event.wanted_version)
    connection.execute(said.values(quietly=False, restore=False))
    return True


def note_problem(connection: Connection, event: Event, problem: str, again_at: datetime) -> None:
    unwritten = (e.c.id == event.id) & (e.c.wanted_version == event.wanted_version)
    connection.execute(
        update(e)
        .where(unwritten)
        .values(problem=problem, attempts=e.c.attempts + 1, next_attempt_at=again_at)
    )


def note_seen(connection: Connection, event: Event, seen: Seen, now: datetime) -> None:
    change(connection, event.id, **_seen(seen, now))


def ask(connection: Connection, event: Event, question: str, now: datetime) -> None:
    """Ask the senior; a question takes the place of the one before."""
    change(connection, event.id, question=question, asked_at=now, answer=None, answered_at=None)


def answered(connection: Connection, event: Event, answer: str, by_id: int | None, now: datetime) -> None:
    """Note the answer (by nobody: what was asked about has passed); the question is closed."""
    change(connection, event.id, question=None, answer=answer, answered_by=by_id, answered_at=now)


def try_again(connection: Connection, event_ids: Iterable[int], now: datetime) -> None:
    connection.execute(update(e).where(e.c.id.in_(list(event_ids))).values(attempts=0, next_attempt_at=now))


def _seen(seen: Seen | None, now: datetime) -> dict[str, Any]:
    if seen is None:
        return {"seen": None, "seen_start": None, "seen_end": None, "seen_at": now}
    return {"seen": seen.kept(), "seen_start": seen.start, "seen_end": seen.end, "seen_at": now}


# --- the calendar as a whole ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class OrganizerReading:
    read_at: datetime
    problem: str | None
    strangers: int


def last_reading(connection: Connection, organizer: str) -> OrganizerReading | None:
    r = organizer_reading
    row = connection.execute(select(r).where(r.c.organizer == organizer)).one_or_none()
    return OrganizerReading(row.read_at, row.problem, row.strangers) if row else None


def note_reading(
    connection: Connection, organizer: str, now: datetime, problem: str | None, strangers: int | None = None
) -> None:
    """`strangers` of None: as many as before, since nothing could be read."""
    r = organizer_reading
    known = {} if strangers is None else {"strangers": strangers}
    values = {"read_at": now, "problem": problem, **known}
    if connection.execute(update(r).where(r.c.organizer == organizer).values(**values)).rowcount == 0:
        connection.execute(insert(r).values(organizer=organizer, **values))
