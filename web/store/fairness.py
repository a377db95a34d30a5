"""Counts of whom a programme reached, by whole tables: no statement here grows with the number of people."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    Select,
    and_,
    case,
    cast,
    extract,
    func,
    or_,
    select,
    tuple_,
    union,
)

from planner.domain import SessionKind
from planner.lifecycle import LIVE, SEATED, ProposalState, SeatState
from web.records import PersonRef
from web.store import people
from web.store import tables as t
from web.store.attendance import Attendance, Outcome, was_held
from web.store.programmes import pause

#: The Monday from which weeks are numbered.
FIRST_MONDAY = datetime(1970, 1, 5, tzinfo=UTC)
_WEEK = timedelta(weeks=1)

#: Proposals that were put to a senior, and that no newer one took the place of.
_OFFERED = [state for state in ProposalState if state not in ("draft", "discarded", "superseded")]

#: Fewer than five people cannot have had so many sessions in a week: forty each, and more.
MORE_THAN_FOUR_CAN_HAVE = 200


def week_of(instant: datetime) -> int:
    """The number of a week, Monday to Sunday in UTC."""
    return (instant - FIRST_MONDAY) // _WEEK


def monday_of(week: int) -> datetime:
    return FIRST_MONDAY + week * _WEEK


def _week(instant: ColumnElement[datetime]) -> ColumnElement[int]:
    """The same in SQL."""
    seconds = cast(extract("epoch", instant), Integer) - int(FIRST_MONDAY.timestamp())
    return seconds // int(_WEEK.total_seconds())


# --- who takes part ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Junior:
    """A junior who takes part today, with what a planning run knows of them."""

    person: PersonRef
    joined: date
    paused: tuple[date, date] | None
    cohort: str
    team: str
    has_calendar: bool
    refused: bool  #: they would rather not have it read
    read: bool  #: it was read at least once, or tried to
    reason: str | None  #: why it could not be read, in full or in part
    stated_until: date | None  #: they are planned on hours they stated, up to this day


def juniors(connection: Connection, programme_id: int, today: date) -> list[Junior]:
    """By name. Who has left is not among them; who is paused is."""
    p, m, part, r = t.person, t.membership, t.participation, t.reading
    rows = connection.execute(
        select(
            *(p.c.id, p.c.name, p.c.email, p.c.timezone, p.c.calendar, p.c.refused_at, p.c.stated_until),
            *(r.c.read_at, r.c.reason),
            *(part.c.joined, part.c.paused_from, part.c.paused_until, part.c.cohort, part.c.team),
        )
        .join(m, and_(m.c.person_id == p.c.id, m.c.role == "junior"))
        .join(part, and_(part.c.person_id == p.c.id, part.c.programme_id == m.c.programme_id))
        .outerjoin(r, r.c.person_id == p.c.id)
        .where(
            m.c.programme_id == programme_id,
            p.c.erased_at.is_(None),
            part.c.joined <= today,
            or_(part.c.left.is_(None), part.c.left > today),
        )
        .order_by(p.c.name, p.c.id)
    )
    return [
        Junior(
            people.ref(row),
            row.joined,
            pause(row),
            row.cohort,
            row.team,
            row.calendar is not None,
            row.refused_at is not None,
            row.read_at is not None,
            row.reason,
            row.stated_until,
        )
        for row in rows
    ]


def sites(connection: Connection) -> Mapping[int, list[str]]:
    """The offices that people work in, by name."""
    link, o = t.person_office, t.office
    found: dict[int, list[str]] = defaultdict(list)
    query = select(link.c.person_id, o.c.name).join(o, o.c.id == link.c.office_id).order_by(o.c.name)
    for row in connection.execute(query):
        found[row.person_id].append(row.name)
    return found


def who_asked(connection: Connection, programme_id: int) -> set[int]:
    """Who ever booked a seat or stood in a line for one, or sent a private request here."""
    seat, r = t.seat, t.private_request
    sought = [SeatState.BOOKED, SeatState.WAITING, SeatState.OFFERED, SeatState.CANCELLED]
    by_seat = select(seat.c.person_id).where(seat.c.state.in_(sought))
    by_request = select(r.c.person_id).where(r.c.programme_id == programme_id)
    return set(connection.execute(union(by_seat, by_request)).scalars())


# --- what was held -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Had:
    """Sessions of one kind and place that one junior had in a stretch of time and that were held."""

    person_id: int
    kind: SessionKind
    in_person: bool
    last: datetime  #: the start of the last one
    sessions: int


def had(connection: Connection, programme_id: int, start: datetime, end: datetime) -> list[Had]:
    s, seat = t.session.c, t.seat.c
    in_person = s.office_id.is_not(None)
    rows = connection.execute(
        select(
            seat.person_id,
            s.kind,
            in_person.label("in_person"),
            func.max(s.start).label("last"),
            func.count().label("sessions"),
        )
        .join(t.session, s.id == seat.session_id)
        .where(*_agreed_in(programme_id, start, end), was_held())
        .group_by(seat.person_id, s.kind, in_person)
    )
    return [
        Had(row.person_id, SessionKind(row.kind), bool(row.in_person), row.last, row.sessions) for row in rows
    ]


def last_held(connection: Connection, programme_id: int, before: datetime) -> Mapping[int, datetime]:
    """By junior the start of their last session that was held and began before a moment."""
    s, seat = t.session.c, t.seat.c
    rows = connection.execute(
        select(seat.person_id, func.max(s.start).label("last"))
        .join(t.session, s.id == seat.session_id)
        .where(s.programme_id == programme_id, s.state == "agreed", s.start < before, was_held())
        .group_by(seat.person_id)
    )
    return {row.person_id: row.last for row in rows}


def held_in_weeks(
    connection: Connection, programme_id: int, start: datetime, end: datetime
) -> Mapping[int, set[int]]:
    """By week which juniors had a session that was held."""
    s, seat = t.session.c, t.seat.c
    week = _week(s.start).label("week")
    rows = connection.execute(
        select(week, seat.person_id)
        .distinct()
        .join(t.session, s.id == seat.session_id)
        .where(*_agreed_in(programme_id, start, end), was_held())
    )
    found: dict[int, set[int]] = defaultdict(set)
    for row in rows:
        found[row.week].add(row.person_id)
    return found


# --- what became of sessions, week by week -------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Cell:
    """Sessions of one kind and place in one week, and the juniors they were for."""

    kind: SessionKind
    in_person: bool
    week: int
    counts: Mapping[str, int]  #: see `weeks`
    who: frozenset[int] | None  #: None: more than four people, so they were not looked up


def weeks(
    connection: Connection, programme_id: int, start: datetime, end: datetime, now: datetime
) -> list[Cell]:
    """What became of every session offered or agreed with a start in a stretch of whole weeks that are over.

    Of a week that is not, juniors may still come and go, and those of sessions to come cannot be among
    whom anything was held for: it is left out.

    `counts` keeps apart: no_answer (the senior's answer is, or was, waited for), came_to_nothing
    (skipped, called off, or no longer fitting); and of those agreed: held, fell_through, unsaid (nobody
    has said).
    """
    end = min(end, monday_of(week_of(now)))
    counts: dict[tuple[str, bool, int], dict[str, int]] = defaultdict(dict)
    for query in (_not_agreed(programme_id, start, end), _agreed(programme_id, start, end)):
        for row in connection.execute(query):
            counts[row.kind, bool(row.in_person), row.week][row.became] = row.sessions
    few = [key for key, found in counts.items() if sum(found.values()) < MORE_THAN_FOUR_CAN_HAVE]
    who = _for_whom(connection, programme_id, start, end, few)
    return [
        Cell(SessionKind(key[0]), key[1], key[2], found, frozenset(who[key]) if key in who else None)
        for key, found in sorted(counts.items())
    ]


def _not_agreed(programme_id: int, start: datetime, end: datetime) -> Select[Any]:
    p, placed = t.proposal.c, t.placement.c
    waits = p.state.in_([*LIVE, ProposalState.EXPIRED])
    became = case((waits, "no_answer"), else_="came_to_nothing").label("became")
    where = [*_released(programme_id, start, end), ~_stands()]
    return _counted(placed.start, became).select_from(_placed()).where(*where).group_by(*_APART)


def _placed() -> Any:
    s, p, placed = t.session, t.proposal, t.placement
    return placed.join(p, p.c.id == placed.c.proposal_id).join(s, s.c.id == placed.c.session_id)


def _released(programme_id: int, start: datetime, end: datetime) -> list[ColumnElement[bool]]:
    p, placed = t.proposal.c, t.placement.c
    day = timedelta(days=1)  # a proposal's day is that of its place
    return [
        p.programme_id == programme_id,
        p.state.in_(_OFFERED),
        p.day.between(start.date() - day, end.date() + day),
        placed.start >= start,
        placed.start < end,
    ]


def _stands() -> ColumnElement[bool]:
    """A placement that the session was agreed through; what became of it is told by the session."""
    return and_(t.session.c.state == "agreed", t.session.c.proposal_id == t.proposal.c.id)


def _agreed(programme_id: int, start: datetime, end: datetime) -> Select[Any]:
    s = t.session.c
    became = case(
        (s.outcome == Outcome.FELL_THROUGH, "fell_through"),
        (or_(s.outcome == Outcome.HELD, _somebody_came()), "held"),
        else_="unsaid",
    ).label("became")
    return _counted(s.start, became).where(*_agreed_in(programme_id, start, end)).group_by(*_APART)


def _agreed_in(programme_id: int, start: datetime, end: datetime) -> list[ColumnElement[bool]]:
    s = t.session.c
    return [s.programme_id == programme_id, s.state == "agreed", s.start >= start, s.start < end]


def _somebody_came() -> ColumnElement[bool]:
    seat = t.seat.c
    came = select(seat.person_id).where(seat.session_id == t.session.c.id, seat.attendance == Attendance.CAME)
    return came.exists()


#: By name: PostgreSQL takes an expression with a value in it, written twice, for two.
_APART = (t.session.c.kind, t.session.c.office_id.is_not(None), "week", "became")


def _counted(begins: ColumnElement[datetime], became: ColumnElement[str]) -> Select[Any]:
    s = t.session.c
    return select(
        s.kind,
        s.office_id.is_not(None).label("in_person"),
        _week(begins).label("week"),
        became,
        func.count().label("sessions"),
    )


def _for_whom(
    connection: Connection,
    programme_id: int,
    start: datetime,
    end: datetime,
    few: Collection[tuple[str, bool, int]],
) -> Mapping[tuple[str, bool, int], set[int]]:
    """The juniors of some kinds, places and weeks: those chosen for what was offered, or with a seat."""
    if not few:
        return {}
    s, seat, placed, j = t.session.c, t.seat.c, t.placement.c, t.placement_junior
    in_person = s.office_id.is_not(None)
    chosen = (
        select(s.kind, in_person.label("in_person"), _week(placed.start).label("week"), j.c.person_id)
        .select_from(
            _placed().join(
                j, and_(j.c.proposal_id == placed.proposal_id, j.c.session_id == placed.session_id)
            )
        )
        .where(*_released(programme_id, start, end), _among(s.kind, in_person, _week(placed.start), few))
    )
    seated = (
        select(s.kind, in_person.label("in_person"), _week(s.start).label("week"), seat.person_id)
        .join(t.seat, seat.session_id == s.id)
        .where(
            *_agreed_in(programme_id, start, end),
            seat.state.in_(SEATED),
            _among(s.kind, in_person, _week(s.start), few),
        )
    )
    found: dict[tuple[str, bool, int], set[int]] = {key: set() for key in few}
    for row in connection.execute(union(chosen, seated)):
        found[row.kind, bool(row.in_person), row.week].add(row.person_id)
    return found


def _among(
    kind: ColumnElement[str],
    in_person: ColumnElement[bool],
    week: ColumnElement[int],
    keys: Collection[tuple[str, bool, int]],
) -> ColumnElement[bool]:
    return tuple_(kind, in_person, week).in_([*keys])


# --- why somebody was not reached ----------------------------------------------------------------


def offers(
    connection: Connection, programme_id: int, start: datetime, end: datetime
) -> Mapping[int, Mapping[str, int]]:
    """By junior how many sessions they were chosen for came to nothing at their senior's, and how.

    "no_answer", "skipped" or "came_to_nothing"; "waits": the senior has not answered yet.
    """
    p, placed, j = t.proposal.c, t.placement.c, t.placement_junior
    became = case(
        (p.state.in_(LIVE), "waits"),
        (p.state == ProposalState.EXPIRED, "no_answer"),
        (p.state == ProposalState.SKIPPED, "skipped"),
        else_="came_to_nothing",
    ).label("became")
    rows = connection.execute(
        select(j.c.person_id, became, func.count().label("sessions"))
        .select_from(
            _placed().join(
                j, and_(j.c.proposal_id == placed.proposal_id, j.c.session_id == placed.session_id)
            )
        )
        .where(*_released(programme_id, start, end), ~_stands())
        .group_by(j.c.person_id, became)
    )
    return _by_person(rows)


def seats(
    connection: Connection, programme_id: int, start: datetime, end: datetime, now: datetime
) -> Mapping[int, Mapping[str, int]]:
    """By junior what became of seats in agreed sessions of the stretch that have not counted as held.

    "to_come", "unsaid" (over, and nobody has said whether it was held) or "came_to_nothing": whose doing
    that was is not told.
    """
    s, seat = t.session.c, t.seat.c
    over = and_(seat.state.in_(SEATED), s.outcome.is_(None), seat.attendance.is_(None))
    became = case(
        (and_(seat.state.in_(SEATED), s.start > now), "to_come"),
        (over, "unsaid"),
        else_="came_to_nothing",
    ).label("became")
    rows = connection.execute(
        select(seat.person_id, became, func.count().label("sessions"))
        .join(t.session, s.id == seat.session_id)
        .where(
            *_agreed_in(programme_id, start, end),
            seat.state.in_([*SEATED, SeatState.DECLINED]),
            ~was_held(),
        )
        .group_by(seat.person_id, became)
    )
    return _by_person(rows)


def _by_person(rows: Any) -> Mapping[int, Mapping[str, int]]:
    found: dict[int, dict[str, int]] = defaultdict(dict)
    for row in rows:
        found[row.person_id][row.became] = row.sessions
    return found
