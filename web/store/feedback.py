"""How sessions were, as those who were to be in them say; who is still to be asked; counts of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, and_, delete, func, insert, or_, select, update

from planner.lifecycle import SEATED
from web.records import FeedbackRecord, PersonRef
from web.store import people
from web.store import tables as t
from web.store.attendance import Attendance, Outcome

# --- whom to ask ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Part:
    """Somebody's part in an agreed session whose people were not all asked how it was."""

    session_id: str
    start: datetime
    end: datetime
    person: PersonRef
    to_ask: bool  #: False: they have said, or it is said that it was not held, or that they were not there


def unasked(connection: Connection, after: datetime, before: datetime) -> list[Part]:
    """Everybody in the unasked sessions that begin in between, in order of time; nobody who was erased."""
    s, seat, p, f = t.session, t.seat, t.person, t.feedback
    between = and_(
        s.c.state == "agreed", s.c.evaluation_asked_at.is_(None), s.c.start > after, s.c.start < before
    )
    said_not = func.coalesce(s.c.outcome, "") == Outcome.FELL_THROUGH
    missed = func.coalesce(seat.c.attendance, "") == Attendance.MISSED
    has_said = select(f.c.session_id).where(f.c.session_id == s.c.id, f.c.person_id == p.c.id).exists()
    facts = (s.c.id, s.c.start, s.c.minutes, p.c.id.label("person_id"))
    seated = (
        select(*facts, or_(said_not, missed, has_said).label("settled"))
        .select_from(s.join(seat, seat.c.session_id == s.c.id).join(p, p.c.id == seat.c.person_id))
        .where(between, seat.c.state.in_(SEATED), p.c.erased_at.is_(None))
    )
    leading = (
        select(*facts, or_(said_not, has_said).label("settled"))
        .select_from(s.join(p, p.c.id == s.c.senior_id))
        .where(between, p.c.erased_at.is_(None))
    )
    rows = [*connection.execute(seated), *connection.execute(leading)]
    refs = people.refs(connection, {row.person_id for row in rows})
    found = [
        Part(
            row.id,
            row.start,
            row.start + timedelta(minutes=row.minutes),
            refs[row.person_id],
            not row.settled,
        )
        for row in rows
    ]
    return sorted(found, key=lambda part: (part.start, part.session_id, part.person.id))


def note_asked(connection: Connection, session_ids: Collection[str], now: datetime) -> None:
    s = t.session
    unasked_yet = and_(s.c.id.in_(session_ids), s.c.evaluation_asked_at.is_(None))
    connection.execute(update(s).where(unasked_yet).values(evaluation_asked_at=now))


# --- what they say -------------------------------------------------------------------------------


def said(
    connection: Connection, session_ids: Collection[str], person_id: int
) -> Mapping[str, FeedbackRecord]:
    """What somebody has said, by session."""
    f = t.feedback
    rows = connection.execute(select(f).where(f.c.session_id.in_(session_ids), f.c.person_id == person_id))
    return {row.session_id: FeedbackRecord(row.happened, row.useful, row.comment) for row in rows}


def say(connection: Connection, session_id: str, person_id: int, useful: int | None, now: datetime) -> None:
    """Put down how useful it was, 1 to 5; None: it did not happen. A word said before stays."""
    f = t.feedback
    values = {"happened": useful is not None, "useful": useful, "at": now}
    mine = and_(f.c.session_id == session_id, f.c.person_id == person_id)
    if connection.execute(update(f).where(mine).values(values)).rowcount == 0:
        connection.execute(insert(f).values(session_id=session_id, person_id=person_id, **values))


def say_word(connection: Connection, session_id: str, person_id: int, comment: str) -> bool:
    """False: they have not said how it was."""
    f = t.feedback
    mine = and_(f.c.session_id == session_id, f.c.person_id == person_id)
    return connection.execute(update(f).where(mine).values(comment=comment)).rowcount == 1


def take_back(connection: Connection, session_id: str, person_id: int) -> None:
    """As if they had never said anything, their word included."""
    f = t.feedback
    connection.execute(delete(f).where(f.c.session_id == session_id, f.c.person_id == person_id))
