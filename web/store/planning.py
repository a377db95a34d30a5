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
    marked = _marked(connection, wanted, ids)
    known = _known(connection, ids)
    return tuple(
        _person(row, frozenset(offices[row.id]), row.id in seniors, marked[row.id], known.get(row.id), wanted)
        for row in rows
    )


def _marked(
    connection: Connection, wanted: Wanted, ids: set[int]
) -> Mapping[int, Mapping[str, list[Interval]]]:
    b, span = t.busy_interval, wanted.span
    found: dict[int, dict[str, list[Interval]]] = defaultdict(lambda: defaultdict(list))
    for row in connection.execute(
        select(b).where(b.c.person_id.in_(ids), b.c.end > span.start, b.c.start < span.end)
    ):
        found[row.person_id][row.kind].append(Interval(row.start, row.end))
    return found


def _known(connection: Connection, ids: set[int]) -> Mapping[int, Interval]:
    r = t.reading
    rows = connection.execute(select(r).where(r.c.person_id.in_(ids)))
    return {row.person_id: Interval(row.window_start, row.window_end) for row in rows}


def _person(
    row: AnyRow,
    offices: frozenset[str],
    senior: bool,
    marked: Mapping[str, list[Interval]],
    known: Interval | None,
    wanted: Wanted,
) -> Person:
    never_read = subtract([wanted.span], [known] if known else [])
    busy = [i for kind in ("busy", "tentative", "away") for i in marked.get(kind, ())]
    return Person(
        id=str(row.id),
        role=Role.SENIOR if senior else Role.JUNIOR,
        offices=offices,
        timezone=row.timezone,
        hours=week_hours(row.hours),
        busy=clip(busy, wanted.span),
        unknown=clip([*marked.get("unknown", ()), *never_read], wanted.span),
        elsewhere=clip(marked.get("elsewhere", ()), wanted.span),
        in_office=dates_on(row.days_in_anyway, wanted.first_day, wanted.last_day),
        avoid=dates_on(row.days_never, wanted.first_day, wanted.last_day),
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
    rows = connection.execute(select(t.room).order_by(t.room.c.id))
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
