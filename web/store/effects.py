"""What people's preferences come to, and what that is worked out from: the days planned, and who is there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, String, and_, case, cast, delete, func, insert, or_, select

from planner.domain import SessionKind
from planner.lifecycle import SEATED
from web.store import tables as t
from web.store.hours import week_hours
from web.store.offices import closed_days

e = t.preference_effect

#: Runs whose window is the one that somebody is planned in.
CURRENT = ("draft", "released")

#: What somebody asks for in any number; nothing: they do not.
ASKED_IN_LISTS = ("days_never", "days_in_anyway", "room_needs", "languages", "topics", "formats_not")


@dataclass(frozen=True, slots=True)
class Kept:
    worked_out_at: datetime
    effects: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Window:
    """The days that somebody is planned in now in one role, and the sessions of theirs planned there.

    Of a junior these are the sessions that they may be invited to, or were.
    """

    programme_id: int
    first: date
    last: date
    due: frozenset[str]  #: or waiting for an answer
    agreed: frozenset[str]  #: and still to come


@dataclass(frozen=True, slots=True)
class Somebody:
    """One person of a programme, as far as others are matched with them."""

    person_id: int
    roles: frozenset[str]
    languages: frozenset[str]
    topics: frozenset[str]


# --- what is kept --------------------------------------------------------------------------------


def of_person(connection: Connection, person_id: int) -> Kept | None:
    row = connection.execute(select(e).where(e.c.person_id == person_id)).one_or_none()
    return Kept(row.worked_out_at, row.effects) if row else None


def keep(connection: Connection, person_id: int, effects: Mapping[str, Any], now: datetime) -> None:
    forget(connection, person_id)
    connection.execute(insert(e).values(person_id=person_id, worked_out_at=now, effects=dict(effects)))


def forget(connection: Connection, person_id: int) -> None:
    """They asked for something else: what was worked out is of no use any more."""
    connection.execute(delete(e).where(e.c.person_id == person_id))


def outdated(connection: Connection, today: date, most: int) -> list[int]:
    """Those present for whom nothing was worked out since they last chose, or since the last plan of theirs.

    Seniors, and juniors who ask for anything.
    """
    m, part, run, p = t.membership.c, t.participation.c, t.planning_run.c, t.person.c
    planned = (
        select(run.programme_id, func.max(run.finished_at).label("at"))
        .where(run.state.in_(CURRENT), run.last_day > today)
        .group_by(run.programme_id)
        .subquery()
    )
    asks = or_(
        p.online_only,
        p.max_office_days_per_week < 7,
        p.max_sessions.is_not(None),
        p.travel_minutes > 0,
        p.break_minutes > 0,
        *(cast(p[name], String) != "[]" for name in ASKED_IN_LISTS),
    )
    query = (
        select(m.person_id)
        .join(t.person, p.id == m.person_id)
        .outerjoin(t.participation, and_(part.person_id == m.person_id, part.programme_id == m.programme_id))
        .outerjoin(planned, planned.c.programme_id == m.programme_id)
        .outerjoin(e, e.c.person_id == m.person_id)
        .where(
            or_(m.role == "senior", and_(m.role == "junior", asks)),
            or_(part.left.is_(None), part.left > today),
            or_(e.c.worked_out_at.is_(None), e.c.worked_out_at < planned.c.at),
        )
        .distinct()
        .order_by(m.person_id)
        .limit(most)
    )
    return [int(each) for each in connection.execute(query).scalars()]


def is_planning(connection: Connection) -> bool:
    """Is a plan being made? It goes first."""
    run = t.planning_run.c
    return connection.execute(select(run.id).where(run.state.in_(("queued", "running")))).first() is not None


# --- what it is worked out from ------------------------------------------------------------------


def window_of(connection: Connection, person_id: int, role: str, today: date, now: datetime) -> Window | None:
    """The days of their newest plans, in any programme in which they have this role, from tomorrow on."""
    m, run = t.membership.c, t.planning_run.c
    newest = (
        select(func.max(run.id))
        .join(t.membership, and_(m.programme_id == run.programme_id, m.person_id == person_id))
        .where(m.role == role, run.state.in_(CURRENT), run.last_day > today)
        .group_by(run.programme_id)
    )
    rows = connection.execute(select(t.planning_run).where(run.id.in_(newest)).order_by(run.id)).all()
    if not rows:
        return None
    first, last = min(row.first_day for row in rows), max(row.last_day for row in rows)
    first = max(first, date.fromordinal(today.toordinal() + 1))
    s = t.session.c
    theirs = connection.execute(
        select(s.id, case((s.state == "agreed", 1), else_=0).label("agreed")).where(
            _is_of(person_id, role),
            s.first_day <= last,
            s.last_day >= first,
            or_(s.state == "due", and_(s.state == "agreed", s.start > now)),
        )
    ).all()
    return Window(
        rows[-1].programme_id,
        first,
        last,
        frozenset(row.id for row in theirs if not row.agreed),
        frozenset(row.id for row in theirs if row.agreed),
    )


def _is_of(person_id: int, role: str) -> ColumnElement[bool]:
    """Is a session theirs to give, or one that they may get, or were given by a plan?"""
    s, c, seat = t.session.c, t.candidate.c, t.seat.c
    if role == "senior":
        return s.senior_id == person_id
    may_come = select(c.session_id).where(c.person_id == person_id)
    comes = select(seat.session_id).where(seat.person_id == person_id, seat.state.in_(SEATED))
    return and_(s.id.in_(may_come), or_(s.state == "due", s.id.in_(comes)))


def working_days(connection: Connection, person_id: int, first: date, last: date) -> frozenset[date]:
    """The dates on which somebody works and an office of theirs is open."""
    o, works, p = t.office.c, t.person_office.c, t.person.c
    hours = week_hours(connection.execute(select(p.hours).where(p.id == person_id)).scalar_one())
    mine = select(o.id, o.hours).join(t.person_office, works.office_id == o.id)
    offices = connection.execute(mine.where(works.person_id == person_id)).all()
    closed = closed_days(connection, first, last)
    days = [date.fromordinal(day) for day in range(first.toordinal(), last.toordinal() + 1)]
    return frozenset(
        day
        for row in offices
        for day in days
        if hours.on(day) and week_hours(row.hours).on(day) and day not in closed.get(row.id, ())
    )


def room_features(connection: Connection, person_id: int) -> list[frozenset[str]]:
    """What each room has in the offices that somebody works in."""
    r, works = t.room.c, t.person_office.c
    query = select(r.features).join(t.person_office, works.office_id == r.office_id)
    rows = connection.execute(query.where(works.person_id == person_id))
    return [frozenset(features) for features in rows.scalars()]


def marked_in_office(connection: Connection, person_id: int) -> frozenset[date]:
    """The dates that somebody's calendar marks as at the office."""
    r = t.reading.c
    marked = connection.execute(select(r.in_office).where(r.person_id == person_id)).scalar()
    return frozenset(date.fromisoformat(day) for day in marked or ())


def offices_of(connection: Connection, person_id: int) -> frozenset[str]:
    works = t.person_office.c
    rows = connection.execute(select(works.office_id).where(works.person_id == person_id))
    return frozenset(rows.scalars())


def programmes_of(connection: Connection, person_id: int) -> Mapping[int, frozenset[str]]:
    """By programme what somebody is in it."""
    m = t.membership.c
    rows = connection.execute(select(m.programme_id, m.role).where(m.person_id == person_id)).all()
    return {
        each: frozenset(row.role for row in rows if row.programme_id == each)
        for each in {row.programme_id for row in rows}
    }


def roster(connection: Connection, programme_id: int, today: date) -> list[Somebody]:
    """Who takes part in a programme now."""
    m, part, p = t.membership.c, t.participation.c, t.person.c
    rows = connection.execute(
        select(p.id, p.languages, p.topics, m.role)
        .join(t.membership, m.person_id == p.id)
        .outerjoin(t.participation, and_(part.person_id == p.id, part.programme_id == m.programme_id))
        .where(
            m.programme_id == programme_id,
            m.role.in_(("senior", "junior")),
            or_(part.left.is_(None), part.left > today),
        )
    ).all()
    roles: dict[int, set[str]] = {}
    for row in rows:
        roles.setdefault(row.id, set()).add(row.role)
    found = {row.id: row for row in rows}
    return [
        Somebody(who, frozenset(roles[who]), frozenset(row.languages), frozenset(row.topics))
        for who, row in found.items()
    ]


def promised(connection: Connection, programme_id: int) -> Mapping[SessionKind, bool]:
    """The kinds that a programme promises, and whether each is in person."""
    f = t.format_rule.c
    rows = connection.execute(select(f.kind, f.in_person).where(f.programme_id == programme_id))
    return {SessionKind(row.kind): row.in_person for row in rows}
