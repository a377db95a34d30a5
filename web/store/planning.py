"""From rows to a planning problem, and back to proposals.

What the planner sees as `fixed` is what is agreed, and what waits for a senior's answer. A fixed
session brings no further candidates: nobody is added to what others have agreed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import Connection, and_, select

from planner.domain import (
    Agreement,
    DayHours,
    Interval,
    Office,
    Person,
    PlanningProblem,
    Role,
    Room,
    RoomUse,
    Session,
    SessionKind,
)
from planner.intervals import clip, subtract
from planner.lifecycle import LIVE, SEATED
from web.store import tables as t
from web.store.calendars import PEOPLE, ROOMS, Owners
from web.store.hours import dates_on, minutes_of, week_hours
from web.store.tables import AnyRow


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which sessions to plan, on which days.

    Attributes:
        sessions: plan only these, though they be part of a live proposal; None: all that are due.
        released: live proposals whose sessions are free to be planned again.
        again: agreed sessions that are free to be planned again.
    """

    programme_id: int
    first_day: date
    last_day: date
    sessions: frozenset[str] | None = None
    released: frozenset[int] = frozenset()
    again: frozenset[str] = frozenset()

    @property
    def span(self) -> Interval:
        """The window with a day to spare on both sides, so that it holds every zone's dates."""
        day = timedelta(days=1)
        return Interval(
            datetime.combine(self.first_day - day, time(), UTC),
            datetime.combine(self.last_day + 2 * day, time(), UTC),
        )


def load_problem(connection: Connection, wanted: Wanted) -> PlanningProblem:
    """The problem as it stands now. Persons' ids are those of the table, as text."""
    fixed = _agreed(connection, wanted) | _awaited(connection, wanted)
    due = _due(connection, wanted, exclude=fixed.keys())
    rows = {row.id: row for row in _session_rows(connection, [*fixed, *(row.id for row in due)])}
    candidates = _candidates(connection, [row.id for row in due])
    sessions = [_due_session(rows[row.id], candidates[row.id], wanted) for row in due]
    sessions += [_fixed_session(rows[key], agreement) for key, agreement in fixed.items()]
    asked = {who for s in sessions for who in (s.senior, *s.juniors)}
    people = _people(connection, wanted, {int(who) for who in asked})
    return PlanningProblem(
        wanted.first_day,
        wanted.last_day,
        _offices(connection, wanted),
        _rooms(connection, wanted),
        people,
        tuple(sorted(sessions, key=lambda s: s.id)),
    )


# --- sessions ------------------------------------------------------------------------------------


def _agreed(connection: Connection, wanted: Wanted) -> dict[str, Agreement]:
    """Sessions agreed in any programme in the window, with those who have a seat."""
    s, span = t.session, wanted.span
    rows = connection.execute(
        select(s.c.id, s.c.start, s.c.room_id, t.seat.c.person_id)
        .outerjoin(t.seat, and_(t.seat.c.session_id == s.c.id, t.seat.c.state.in_(SEATED)))
        .where(
            s.c.state == "agreed",
            s.c.start >= span.start,
            s.c.start < span.end,
            s.c.id.not_in(wanted.again),
        )
        .order_by(s.c.id, t.seat.c.person_id)
    )
    return _agreements(rows)


def _awaited(connection: Connection, wanted: Wanted) -> dict[str, Agreement]:
    """Sessions of proposals that wait for an answer."""
    p, junior = t.placement, t.placement_junior
    rows = connection.execute(
        select(p.c.session_id.label("id"), p.c.start, p.c.room_id, junior.c.person_id)
        .join(t.proposal, t.proposal.c.id == p.c.proposal_id)
        .outerjoin(
            junior, and_(junior.c.proposal_id == p.c.proposal_id, junior.c.session_id == p.c.session_id)
        )
        .where(
            t.proposal.c.state.in_(LIVE),
            t.proposal.c.id.not_in(wanted.released),
            p.c.start >= wanted.span.start,
            p.c.start < wanted.span.end,
        )
        .order_by(p.c.session_id, junior.c.person_id)
    )
    return _agreements(row for row in rows if wanted.sessions is None or row.id not in wanted.sessions)


def _agreements(rows: Iterable[AnyRow]) -> dict[str, Agreement]:
    found: dict[str, Agreement] = {}
    for row in rows:
        before = found.get(row.id)
        juniors = before.juniors if before else ()
        if row.person_id is not None:
            juniors = (*juniors, str(row.person_id))
        found[row.id] = Agreement(row.start, row.room_id, juniors)
    return found


def _due(connection: Connection, wanted: Wanted, exclude: Collection[str]) -> Sequence[AnyRow]:
    s = t.session
    query = select(s.c.id).where((s.c.state == "due") | s.c.id.in_(wanted.again)).order_by(s.c.id)
    if wanted.sessions is not None:
        query = query.where(s.c.id.in_(wanted.sessions))
    else:
        query = query.where(
            s.c.programme_id == wanted.programme_id,
            s.c.first_day <= wanted.last_day,
            s.c.last_day >= wanted.first_day,
        )
    return [row for row in connection.execute(query) if row.id not in exclude]


def _session_rows(connection: Connection, ids: Collection[str]) -> Iterable[AnyRow]:
    return connection.execute(select(t.session).where(t.session.c.id.in_(ids)))


def _candidates(connection: Connection, ids: Collection[str]) -> Mapping[str, list[AnyRow]]:
    c = t.candidate
    found: dict[str, list[AnyRow]] = defaultdict(list)
    for row in connection.execute(
        select(c).where(c.c.session_id.in_(ids)).order_by(c.c.session_id, c.c.position)
    ):
        found[row.session_id].append(row)
    return found


def _due_session(row: AnyRow, candidates: list[AnyRow], wanted: Wanted) -> Session:
    return Session(
        **_common(row),
        juniors=tuple(str(c.person_id) for c in candidates),
        required=frozenset(str(c.person_id) for c in candidates if c.required),
        seats=(row.seats_min, row.seats_max),
        open_seats=row.open_seats,
        first_day=max(row.first_day, wanted.first_day),
        last_day=min(row.last_day, wanted.last_day),
    )


def _fixed_session(row: AnyRow, agreement: Agreement) -> Session:
    seated = len(agreement.juniors)
    most = max(row.seats_max, seated, 1)
    return Session(
        **_common(row),
        juniors=agreement.juniors,
        seats=(1, most),
        open_seats=min(row.open_seats, most - seated),
        first_day=row.first_day,
        last_day=row.last_day,
        fixed=agreement,
    )


def _common(row: AnyRow) -> dict[str, Any]:
    return {
        "id": row.id,
        "kind": SessionKind(row.kind),
        "senior": str(row.senior_id),
        "minutes": row.minutes,
        "between": DayHours(minutes_of(row.between_from), minutes_of(row.between_to)),
        "office": row.office_id,
        "room_use": RoomUse(row.room_use) if row.room_use else None,
        "weight": row.weight,
    }


# --- people --------------------------------------------------------------------------------------


def _people(connection: Connection, wanted: Wanted, ids: set[int]) -> tuple[Person, ...]:
    p = t.person
    rows = connection.execute(select(p).where(p.c.id.in_(ids)).order_by(p.c.id)).all()
    offices: dict[int, set[str]] = defaultdict(set)
    for link in connection.execute(select(t.person_office).where(t.person_office.c.person_id.in_(ids))):
        offices[link.person_id].add(link.office_id)
    m = t.membership
    seniors = set(
        connection.execute(
            select(m.c.person_id).where(m.c.role == "senior", m.c.person_id.in_(ids))
        ).scalars()
    )
    said = _said(connection, PEOPLE, wanted, [row.id for row in rows])
    in_office = _marked_as_in_office(connection, ids)
    return tuple(
        _person(
            row,
            frozenset(offices[row.id]),
            row.id in seniors,
            said[row.id],
            in_office.get(row.id, frozenset()),
            wanted,
        )
        for row in rows
    )


def _said(
    connection: Connection, owners: Owners, wanted: Wanted, ids: Collection[int | str]
) -> Mapping[int | str, Mapping[str, list[Interval]]]:
    """By owner and kind what calendars said; what they were not asked about is unknown."""
    b, span = owners.busy, wanted.span
    found: dict[int | str, dict[str, list[Interval]]] = {each: defaultdict(list) for each in ids}
    for row in connection.execute(
        select(b, b.c[owners.key].label("owner")).where(
            b.c[owners.key].in_(ids), b.c.end > span.start, b.c.start < span.end
        )
    ):
        found[row.owner][row.kind].append(Interval(row.start, row.end))
    r = owners.reading
    rows = connection.execute(select(r, r.c[owners.key].label("owner")).where(r.c[owners.key].in_(ids)))
    known = {row.owner: [Interval(row.window_start, row.window_end)] for row in rows}
    for each in ids:
        found[each]["unknown"] += subtract([span], known.get(each, []))
    return found


def _marked_as_in_office(connection: Connection, ids: Collection[int]) -> Mapping[int, frozenset[date]]:
    """The dates that people's calendars mark as at the office."""
    r = t.reading
    rows = connection.execute(select(r.c.person_id, r.c.in_office).where(r.c.person_id.in_(ids)))
    return {row.person_id: frozenset(date.fromisoformat(day) for day in row.in_office) for row in rows}


def _person(
    row: AnyRow,
    offices: frozenset[str],
    senior: bool,
    marked: Mapping[str, list[Interval]],
    marked_in_office: frozenset[date],
    wanted: Wanted,
) -> Person:
    busy = [i for kind in ("busy", "tentative", "away") for i in marked.get(kind, ())]
    never = dates_on(row.days_never, wanted.first_day, wanted.last_day)
    anyway = dates_on(row.days_in_anyway, wanted.first_day, wanted.last_day)
    window = frozenset(day for day in marked_in_office if wanted.first_day <= day <= wanted.last_day)
    return Person(
        id=str(row.id),
        role=Role.SENIOR if senior else Role.JUNIOR,
        offices=offices,
        timezone=row.timezone,
        hours=week_hours(row.hours),
        busy=clip(busy, wanted.span),
        unknown=clip(marked.get("unknown", ()), wanted.span),
        elsewhere=clip(marked.get("elsewhere", ()), wanted.span),
        in_office=anyway | (window - never),
        avoid=never,
        room_needs=frozenset(row.room_needs),
        max_office_days_per_week=row.max_office_days_per_week,
        max_minutes_per_day=row.max_minutes_per_day,
        min_sessions_per_office_day=row.min_sessions_per_office_day,
        break_minutes=row.break_minutes,
        travel_minutes=row.travel_minutes,
        max_sessions=row.max_sessions,
        need=row.need,
    )


# --- places --------------------------------------------------------------------------------------


def _offices(connection: Connection, wanted: Wanted) -> tuple[Office, ...]:
    closed: dict[str, set[date]] = defaultdict(set)
    c = t.office_closure
    for row in connection.execute(select(c).where(c.c.day.between(wanted.first_day, wanted.last_day))):
        closed[row.office_id].add(row.day)
    rows = connection.execute(select(t.office).order_by(t.office.c.id))
    return tuple(
        Office(row.id, row.timezone, week_hours(row.hours), frozenset(closed[row.id])) for row in rows
    )


def _rooms(connection: Connection, wanted: Wanted) -> tuple[Room, ...]:
    busy: dict[str, list[Interval]] = defaultdict(list)
    c, span = t.room_closure, wanted.span
    for row in connection.execute(select(c).where(c.c.end > span.start, c.c.start < span.end)):
        busy[row.room_id].append(Interval(row.start, row.end))
    rows = connection.execute(select(t.room).order_by(t.room.c.id)).all()
    said = _said(connection, ROOMS, wanted, [row.id for row in rows if row.calendar is not None])
    for room_id, marked in said.items():  # whatever a room's calendar marks, or does not tell, bars the room
        busy[str(room_id)] += [interval for intervals in marked.values() for interval in intervals]
    return tuple(
        Room(
            row.id,
            row.office_id,
            row.capacity,
            frozenset(RoomUse(use) for use in row.uses),
            row.shared,
            frozenset(row.features),
            clip(busy[row.id], span),
        )
        for row in rows
    )
