"""From rows to a planning problem, and back to proposals.

What the planner sees as `fixed` is what is agreed, and what waits for a senior's answer, in any
programme: a person has one calendar and one set of limits, and a room is in one place, whoever plans.
A fixed session brings no further candidates: nobody is added to what others have agreed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import Connection, and_, func, or_, select

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
from planner.programme import Participant, days_together, why_unsuited
from web.store import never_pairs, programmes
from web.store import tables as t
from web.store.attendance import Attendance, Outcome
from web.store.calendars import PEOPLE, ROOMS, Owners
from web.store.hours import dates_on, minutes_of, times_on, week_hours
from web.store.offices import closed_days
from web.store.tables import AnyRow


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which sessions to plan, on which days.

    Attributes:
        sessions: plan only these, though they be part of a live proposal; None: all that are due.
        released: live proposals whose sessions are free to be planned again.
        again: agreed sessions that are free to be planned again.
        suited: False: with those whom a session does not suit, to see what their limits come to.
    """

    programme_id: int
    first_day: date
    last_day: date
    sessions: frozenset[str] | None = None
    released: frozenset[int] = frozenset()
    again: frozenset[str] = frozenset()
    suited: bool = True

    @property
    def span(self) -> Interval:
        """The window with a day to spare on both sides, so that it holds every zone's dates."""
        day = timedelta(days=1)
        return Interval(
            datetime.combine(self.first_day - day, time(), UTC),
            datetime.combine(self.last_day + 2 * day, time(), UTC),
        )

    @property
    def weeks(self) -> Interval:
        """The same of the whole weeks that the window touches: office days are counted by the week."""
        monday = self.first_day - timedelta(days=self.first_day.weekday())
        sunday = self.last_day + timedelta(days=6 - self.last_day.weekday())
        return replace(self, first_day=monday, last_day=sunday).span


#: `person.max_sessions` counts any so many days.
LIMIT_DAYS = 28


def load_problem(connection: Connection, wanted: Wanted) -> PlanningProblem:
    """The problem as it stands now. Persons' ids are those of the table, as text."""
    fixed = _agreed(connection, wanted) | _awaited(connection, wanted)
    due = _due(connection, wanted, exclude=fixed.keys())
    rows = {row.id: row for row in _session_rows(connection, [*fixed, *(row.id for row in due)])}
    candidates = _candidates(connection, [row.id for row in due])
    candidates = _without_pairs(connection, [rows[row.id] for row in due], candidates)
    if wanted.suited:
        candidates = _suited(connection, wanted, rows, candidates)
    there = _participants(connection, wanted.programme_id)
    sessions = [
        session
        for key, some in candidates.items()
        if (session := _due_session(rows[key], some, there, wanted)) is not None
    ]
    sessions += _in_the_way(
        [_fixed_session(rows[key], each) for key, each in fixed.items()], sessions, wanted
    )
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


def load_company(
    connection: Connection, programme_id: int, first_day: date, last_day: date
) -> PlanningProblem:
    """Everybody of a programme with what their calendars say, all offices and rooms; no sessions."""
    wanted, m, p = Wanted(programme_id, first_day, last_day), t.membership.c, t.person.c
    mine = select(m.person_id).where(m.programme_id == programme_id, m.role.in_([*Role]))
    limits = {
        str(row.id): row.max_sessions
        for row in connection.execute(select(p.id, p.max_sessions).where(p.id.in_(mine)))
    }
    people = tuple(
        replace(one, need=1, max_sessions=limits[one.id])
        for one in _people(connection, wanted, {int(who) for who in limits})
    )
    return PlanningProblem(
        first_day, last_day, _offices(connection, wanted), _rooms(connection, wanted), people, ()
    )


# --- sessions ------------------------------------------------------------------------------------


def _agreed(connection: Connection, wanted: Wanted) -> dict[str, Agreement]:
    """Sessions agreed in any programme in the weeks of the window, with those who have a seat."""
    s, span = t.session, wanted.weeks
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
    p, junior, span = t.placement, t.placement_junior, wanted.weeks
    rows = connection.execute(
        select(p.c.session_id.label("id"), p.c.start, p.c.room_id, junior.c.person_id)
        .join(t.proposal, t.proposal.c.id == p.c.proposal_id)
        .outerjoin(
            junior, and_(junior.c.proposal_id == p.c.proposal_id, junior.c.session_id == p.c.session_id)
        )
        .where(
            t.proposal.c.state.in_(LIVE),
            t.proposal.c.id.not_in(wanted.released),
            p.c.start >= span.start,
            p.c.start < span.end,
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


def _in_the_way(fixed: Iterable[Session], due: Iterable[Session], wanted: Wanted) -> Iterator[Session]:
    """Of what is fixed: what was asked for, what shares a person with what is planned, what has a room."""
    fixed = list(fixed)
    asked_for = {s.id for s in fixed if wanted.sessions is None or s.id in wanted.sessions}
    looked_at = [*due, *(s for s in fixed if s.id in asked_for)]
    concerned = {who for session in looked_at for who in (session.senior, *session.juniors)}
    for session in fixed:
        shared = session.senior in concerned or not concerned.isdisjoint(session.juniors)
        if shared or (session.fixed is not None and session.fixed.room is not None):
            yield session


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


def _without_pairs(
    connection: Connection, due: Iterable[AnyRow], candidates: Mapping[str, list[AnyRow]]
) -> Mapping[str, list[AnyRow]]:
    """Nobody beside somebody they are kept apart from; of two juniors the later one gives way.

    By its rules a programme asks for no such pair; a sheet may, and a pair may be kept apart since. A
    session that cannot do without one of them is left out.
    """
    apart = never_pairs.everybody(connection)
    found = {}
    for row in due:
        there = {row.senior_id}
        for each in sorted(candidates[row.id], key=lambda c: not c.required):
            if there.isdisjoint(apart.get(each.person_id, ())):
                there.add(each.person_id)
        gone = [each for each in candidates[row.id] if each.person_id not in there]
        if not any(each.required for each in gone):
            found[row.id] = [each for each in candidates[row.id] if each not in gone]
    return found


def _suited(
    connection: Connection,
    wanted: Wanted,
    rows: Mapping[str, AnyRow],
    candidates: Mapping[str, list[AnyRow]],
) -> Mapping[str, list[AnyRow]]:
    """Nobody in a session that does not suit them or its senior, as where seniors are drawn for juniors.

    A session of a sheet is held to the same; one that cannot do without them, or has too few others, is
    left out. What is agreed keeps its people.
    """
    due = {key: some for key, some in candidates.items() if key not in wanted.again}
    ids = {rows[key].senior_id for key in due} | {each.person_id for some in due.values() for each in some}
    people = programmes.asking(connection, ids)
    found = {key: some for key, some in candidates.items() if key in wanted.again}
    for key, some in due.items():
        row, senior = rows[key], people[rows[key].senior_id]
        kind, in_person = SessionKind(row.kind), row.office_id is not None
        gone = [c for c in some if why_unsuited(kind, in_person, senior, people[c.person_id])]
        if not gone:
            found[key] = some
        elif not any(c.required for c in gone) and len(some) - len(gone) >= row.seats_min:
            found[key] = [c for c in some if c not in gone]
    return found


def left_out(connection: Connection, wanted: Wanted, problem: PlanningProblem) -> list[str]:
    """Due sessions that are no part of a problem: somebody they need is not there, or must not be in them."""
    return [row.id for row in _due(connection, wanted, exclude=problem.session_by_id)]


def _participants(connection: Connection, programme_id: int) -> Mapping[int, Participant]:
    """When people take part in a programme; who is not listed always does."""
    part = t.participation
    rows = connection.execute(select(part).where(part.c.programme_id == programme_id))
    return {
        row.person_id: Participant(
            str(row.person_id), Role.JUNIOR, (), row.joined, row.left, programmes.pause(row)
        )
        for row in rows
    }


def _due_session(
    row: AnyRow, candidates: list[AnyRow], there: Mapping[int, Participant], wanted: Wanted
) -> Session | None:
    """On days on which its senior and everybody required takes part; None: there are no such days."""
    needed = [row.senior_id, *(c.person_id for c in candidates if c.required)]
    days = days_together(
        [there[who] for who in needed if who in there],
        max(row.first_day, wanted.first_day),
        min(row.last_day, wanted.last_day),
    )
    if days is None:
        return None
    able = [
        c
        for c in candidates
        if c.person_id not in there or days_together([there[c.person_id]], *days) == days
    ]
    return Session(
        **_common(row),
        juniors=tuple(str(c.person_id) for c in able),
        required=frozenset(str(c.person_id) for c in able if c.required),
        seats=(row.seats_min, row.seats_max),
        open_seats=row.open_seats,
        first_day=days[0],
        last_day=days[1],
    )


def _seated(connection: Connection, ids: Collection[str]) -> Mapping[str, tuple[str, ...]]:
    seat = t.seat.c
    rows = connection.execute(
        select(seat.session_id, seat.person_id)
        .where(seat.session_id.in_(ids), seat.state.in_(SEATED))
        .order_by(seat.session_id, seat.person_id)
    )
    found: dict[str, tuple[str, ...]] = {}
    for row in rows:
        found[row.session_id] = (*found.get(row.session_id, ()), str(row.person_id))
    return found


def _with_its_people(session: Session, row: AnyRow, seated: tuple[str, ...]) -> Session:
    """One that was agreed keeps its people, and what of its seats is open for booking."""
    if not seated:
        return session
    seats = max(row.seats_held or 0, len(seated))
    return replace(
        session,
        juniors=seated,
        required=session.required & set(seated),
        seats=(min(session.seats[0], len(seated)), seats),
        open_seats=seats - len(seated),
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
    part = t.participation.c
    of_programme = select(part.person_id, part.need).where(part.programme_id == wanted.programme_id)
    needs = {row.person_id: row.need for row in connection.execute(of_programme)}
    most = _sessions_left(connection, wanted, {row.id: row.max_sessions for row in rows})
    return tuple(
        replace(
            _person(
                row,
                frozenset(offices[row.id]),
                row.id in seniors,
                said[row.id],
                in_office.get(row.id, frozenset()),
                wanted,
            ),
            need=needs.get(row.id, 1),
            max_sessions=most.get(row.id),
        )
        for row in rows
    )


def _sessions_left(
    connection: Connection, wanted: Wanted, limits: Mapping[int, int | None]
) -> Mapping[int, int]:
    """By person with a limit: the most sessions as a junior in the weeks of the window.

    The limit is for any four weeks, whatever programmes the sessions are of. So what lies before or
    after the window counts where four weeks hold both it and a day of the window.
    """
    limited = {who: most for who, most in limits.items() if most is not None}
    days: dict[int, list[datetime]] = defaultdict(list)
    for who, start in _as_junior_nearby(connection, wanted) if limited else ():
        days[who].append(start)
    return {who: max(0, most - _most_at_once(days[who], wanted)) for who, most in limited.items()}


def _most_at_once(starts: Collection[datetime], wanted: Wanted) -> int:
    """The most of these in any four weeks that hold a day of the window."""
    length = timedelta(days=LIMIT_DAYS)
    window = wanted.weeks
    begins = [start for start in starts if start < window.start < start + length] + [window.end]
    return max(sum(begin <= start < begin + length for start in starts) for begin in begins)


def _as_junior_nearby(connection: Connection, wanted: Wanted) -> Iterator[tuple[int, datetime]]:
    """Sessions agreed or asked for, with who is in them, four weeks before and after those of the window."""
    window, near = wanted.weeks, timedelta(days=LIMIT_DAYS)
    s, seat, p, junior = t.session.c, t.seat.c, t.placement.c, t.placement_junior.c

    def beside(start: Any) -> Any:
        outside = or_(start < window.start, start >= window.end)
        return and_(outside, start > window.start - near, start < window.end + near)

    took_place = and_(
        func.coalesce(s.outcome, "") != Outcome.FELL_THROUGH,
        func.coalesce(seat.attendance, "") != Attendance.MISSED,
    )
    agreed = (
        select(seat.person_id, s.start)
        .join(t.session, s.id == seat.session_id)
        .where(
            s.state == "agreed",
            s.id.not_in(wanted.again),
            seat.state.in_(SEATED),
            took_place,
            beside(s.start),
        )
    )
    asked = (
        select(junior.person_id, p.start)
        .join(t.placement, and_(p.proposal_id == junior.proposal_id, p.session_id == junior.session_id))
        .join(t.proposal, t.proposal.c.id == junior.proposal_id)
        .where(t.proposal.c.state.in_(LIVE), t.proposal.c.id.not_in(wanted.released), beside(p.start))
    )
    for query in (agreed, asked):
        for row in connection.execute(query):
            yield row.person_id, row.start


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
        offices=frozenset() if row.online_only else offices,
        timezone=row.timezone,
        hours=week_hours(row.hours),
        busy=clip(busy, wanted.span),
        unknown=subtract(clip(marked.get("unknown", ()), wanted.span), _stated(row, wanted)),
        elsewhere=clip(marked.get("elsewhere", ()), wanted.span),
        in_office=anyway | (window - never),
        avoid=never,
        room_needs=frozenset(row.room_needs),
        max_office_days_per_week=row.max_office_days_per_week,
        max_minutes_per_day=row.max_minutes_per_day,
        min_sessions_per_office_day=row.min_sessions_per_office_day,
        break_minutes=row.break_minutes,
        travel_minutes=row.travel_minutes,
    )


def _stated(row: AnyRow, wanted: Wanted) -> list[Interval]:
    """When somebody says they are free: it counts where their calendar says nothing, and only there."""
    if not row.stated_hours or row.stated_until is None:
        return []
    last = min(row.stated_until, wanted.last_day + timedelta(days=1))
    return times_on(row.stated_hours, row.timezone, wanted.first_day - timedelta(days=1), last)


# --- places --------------------------------------------------------------------------------------


def _offices(connection: Connection, wanted: Wanted) -> tuple[Office, ...]:
    closed = closed_days(connection, wanted.first_day, wanted.last_day)
    rows = connection.execute(select(t.office).order_by(t.office.c.id))
    return tuple(
        Office(row.id, row.timezone, week_hours(row.hours), closed.get(row.id, frozenset())) for row in rows
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
