"""How sessions were, as those who were to be in them say; who is still to be asked; counts of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    case,
    delete,
    false,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)

from planner.lifecycle import SEATED
from web.records import FeedbackRecord, PersonRef
from web.store import people
from web.store import tables as t
from web.store.attendance import Attendance, Outcome, may_have_been_held

# --- whom to ask ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Part:
    """Somebody's part in an agreed session whose people were not all asked how it was."""

    session_id: str
    start: datetime
    end: datetime
    person: PersonRef
    to_ask: bool  #: False: they have said, or it is clear that it was not held, or that they were not there


def unasked(connection: Connection, after: datetime, before: datetime) -> list[Part]:
    """Everybody in the unasked sessions that begin in between, in order of time; nobody who was erased."""
    s, seat, p, f = t.session, t.seat, t.person, t.feedback
    between = and_(
        s.c.state == "agreed", s.c.evaluation_asked_at.is_(None), s.c.start > after, s.c.start < before
    )
    said_not = and_(
        func.coalesce(s.c.outcome, "") == Outcome.FELL_THROUGH, ~func.coalesce(may_have_been_held(), false())
    )
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


def drop(connection: Connection, session_id: str, person_id: int, *, rated: bool) -> None:
    """Drop that somebody says that it did not happen; `rated`: how useful it was as well."""
    f = t.feedback
    mine = and_(f.c.session_id == session_id, f.c.person_id == person_id)
    connection.execute(delete(f).where(mine if rated else and_(mine, f.c.happened.is_(False))))


# --- counts --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Answers:
    """What one person answered of sessions of one kind and month, as one of one side."""

    person_id: int
    as_senior: bool
    kind: str  #: of `SessionKind`
    month: int
    asked: int  #: sessions
    answered: int
    happened: int
    useful: tuple[int, ...]  #: how many found it 1, 2, … 5


def answers(connection: Connection, programme_id: int, months: Mapping[int, datetime]) -> list[Answers]:
    """Of sessions that began in some months, one after the other.

    Asked is who was mailed, or said how it was without that.

    Args:
        months: by number of the month when it begins; the last number only ends the one before it.
    """
    s, seat, f = t.session, t.seat, t.feedback
    not_there = and_(
        func.coalesce(seat.c.attendance, "") == Attendance.MISSED,
        seat.c.attendance_at <= s.c.evaluation_asked_at,
        f.c.session_id.is_(None),
    )
    seated = (
        _counted(seat.c.person_id, months)
        .select_from(
            s.join(seat, seat.c.session_id == s.c.id).outerjoin(
                f, and_(f.c.session_id == s.c.id, f.c.person_id == seat.c.person_id)
            )
        )
        .where(*_asked_in(programme_id, months), seat.c.state.in_(SEATED), ~func.coalesce(not_there, false()))
    )
    leading = (
        _counted(s.c.senior_id, months)
        .select_from(s.outerjoin(f, and_(f.c.session_id == s.c.id, f.c.person_id == s.c.senior_id)))
        .where(*_asked_in(programme_id, months))
    )
    return [
        Answers(
            row.person_id,
            as_senior,
            row.kind,
            row.month,
            row.asked,
            row.answered,
            row.happened or 0,
            (row.useful_1 or 0, row.useful_2 or 0, row.useful_3 or 0, row.useful_4 or 0, row.useful_5 or 0),
        )
        for as_senior, query in ((True, leading), (False, seated))
        for row in connection.execute(query)
    ]


def _counted(person_id: ColumnElement[int], months: Mapping[int, datetime]) -> Select[Any]:
    s, f = t.session, t.feedback
    month = _month(months)
    return select(
        person_id.label("person_id"),
        s.c.kind,
        month.label("month"),
        func.count().label("asked"),
        func.count(f.c.session_id).label("answered"),
        func.sum(case((f.c.happened, 1), else_=0)).label("happened"),
        *(func.sum(case((f.c.useful == n, 1), else_=0)).label(f"useful_{n}") for n in range(1, 6)),
    ).group_by(person_id, s.c.kind, month)


def _month(months: Mapping[int, datetime]) -> ColumnElement[int]:
    """The number of the month in which a session began."""
    *before, last, _ = sorted(months)
    if not before:
        return literal(last)
    return case(*((t.session.c.start < months[number + 1], number) for number in before), else_=last)


def _asked_in(programme_id: int, months: Mapping[int, datetime]) -> list[ColumnElement[bool]]:
    s, f = t.session.c, t.feedback.c
    return [
        s.programme_id == programme_id,
        s.state == "agreed",
        s.start >= months[min(months)],
        s.start < months[max(months)],
        or_(s.evaluation_asked_at.is_not(None), f.session_id.is_not(None)),
    ]


def words(
    connection: Connection, programme_id: int, months: Mapping[int, datetime]
) -> Mapping[int, list[tuple[int, str]]]:
    """By month what people wrote of sessions that began in it, each with who it was, in no order."""
    s, f = t.session, t.feedback
    found: dict[int, list[tuple[int, str]]] = defaultdict(list)
    for row in connection.execute(
        select(_month(months).label("month"), f.c.person_id, f.c.comment)
        .join(s, s.c.id == f.c.session_id)
        .where(
            s.c.programme_id == programme_id,
            s.c.start >= months[min(months)],
            s.c.start < months[max(months)],
            f.c.comment != "",
        )
    ):
        found[row.month].append((row.person_id, row.comment))
    return found


def cohorts(connection: Connection, programme_id: int) -> Mapping[int, str]:
    part = t.participation.c
    rows = connection.execute(
        select(part.person_id, part.cohort).where(part.programme_id == programme_id, part.cohort != "")
    )
    return {row.person_id: row.cohort for row in rows}


def first_month(connection: Connection, programme_id: int) -> datetime | None:
    """When the first session began of which its people were asked how it was, or said so."""
    s, f = t.session, t.feedback
    told = select(f.c.session_id).where(f.c.session_id == s.c.id).exists()
    first: datetime | None = connection.execute(
        select(func.min(s.c.start)).where(
            s.c.programme_id == programme_id,
            s.c.state == "agreed",
            or_(s.c.evaluation_asked_at.is_not(None), told),
        )
    ).scalar_one()
    return first


# --- months that were ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Given:
    """What somebody said of a session."""

    session_id: str
    person_id: int
    useful: int | None  #: None: it did not happen
    comment: str
    at: datetime


def add_many(connection: Connection, given: Collection[Given]) -> None:
    """Put down what was said of sessions that were, and that their people were asked: for histories.

    Whether a session happened is not touched: its outcome is there already.
    """
    if not given:
        return
    rows = [
        {
            "session_id": one.session_id,
            "person_id": one.person_id,
            "happened": one.useful is not None,
            "useful": one.useful,
            "comment": one.comment,
            "at": one.at,
        }
        for one in given
    ]
    connection.execute(insert(t.feedback), rows)
