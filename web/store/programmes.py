"""What a programme promises, who takes part, and the sessions that follow from it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import BindParameter, Connection, and_, bindparam, delete, func, insert, select, update

from planner.demand import Demand, Due
from planner.domain import DayHours, Role, RoomUse, Session, SessionKind
from planner.lifecycle import LIVE, SEATED, ProposalState, SeatState
from planner.programme import Ahead, Format, Held, Lost, Participant, Programme, Turn
from web.records import NobodyForRecord, OwedRecord
from web.store import people
from web.store import tables as t
from web.store.hours import clock_of, minutes_of
from web.store.tables import AnyRow

#: Proposals in these states came to nothing, and nobody is to blame.
CAME_TO_NOTHING = (
    ProposalState.SKIPPED,
    ProposalState.EXPIRED,
    ProposalState.STALE,
    ProposalState.CANCELLED,
)


# --- formats -------------------------------------------------------------------------------------


def formats(connection: Connection, programme_id: int) -> tuple[Format, ...]:
    """In the order of the kinds."""
    f = t.format_rule
    rows = {row.kind: row for row in connection.execute(select(f).where(f.c.programme_id == programme_id))}
    return tuple(_format(rows[kind]) for kind in SessionKind if kind in rows)


def _format(row: AnyRow) -> Format:
    return Format(
        SessionKind(row.kind),
        Turn(row.turn),
        row.weeks,
        row.minutes,
        (row.seats_min, row.seats_max),
        DayHours(minutes_of(row.between_from), minutes_of(row.between_to)),
        row.in_person,
        row.open_seats,
        RoomUse(row.room_use) if row.room_use else None,
        row.weight,
        row.weeks_between_pairs,
    )


def write_format(connection: Connection, programme_id: int, rule: Format) -> None:
    """Put a format in the place of the one of its kind, if there is one."""
    drop_format(connection, programme_id, rule.kind)
    connection.execute(
        insert(t.format_rule).values(
            programme_id=programme_id,
            kind=rule.kind,
            turn=rule.turn,
            weeks=rule.weeks,
            minutes=rule.minutes,
            seats_min=rule.seats[0],
            seats_max=rule.seats[1],
            open_seats=rule.open_seats,
            between_from=clock_of(rule.between.opens),
            between_to=clock_of(rule.between.closes),
            in_person=rule.in_person,
            room_use=rule.room_use,
            weight=rule.weight,
            weeks_between_pairs=rule.weeks_between_pairs,
        )
    )


def drop_format(connection: Connection, programme_id: int, kind: SessionKind) -> None:
    f = t.format_rule.c
    connection.execute(delete(t.format_rule).where(f.programme_id == programme_id, f.kind == kind))


def begin(connection: Connection, programme_id: int, day: date) -> None:
    """Let recurrences count from a day, unless they count from one already."""
    p = t.programme
    never = and_(p.c.id == programme_id, p.c.starts.is_(None))
    connection.execute(update(p).where(never).values(starts=day))


# --- the programme as the planner sees it --------------------------------------------------------


def load_programme(connection: Connection, programme_id: int, now: datetime) -> Programme:
    """Rules, people and history. Ids of people are those of the table, as text."""
    starts = connection.execute(
        select(t.programme.c.starts).where(t.programme.c.id == programme_id)
    ).scalar_one()
    return Programme(
        id=str(programme_id),
        starts=starts or now.date(),
        formats=formats(connection, programme_id),
        people=tuple(_participants(connection, programme_id, now)),
        held=tuple(_held(connection, programme_id, now)),
        ahead=(*_agreed_ahead(connection, programme_id, now), *_asked(connection, programme_id)),
        lost=tuple(_lost(connection, programme_id)),
        never=frozenset(
            frozenset((str(row.one_id), str(row.other_id)))
            for row in connection.execute(select(t.never_pair))
        ),
    )


def _participants(connection: Connection, programme_id: int, now: datetime) -> Iterator[Participant]:
    p, m, part = t.person, t.membership, t.participation
    rows = connection.execute(
        select(
            p, m.c.role, part.c.joined, part.c.left, part.c.paused_from, part.c.paused_until, part.c.cohort
        )
        .join(m, m.c.person_id == p.c.id)
        .outerjoin(part, and_(part.c.person_id == p.c.id, part.c.programme_id == m.c.programme_id))
        .where(m.c.programme_id == programme_id, m.c.role.in_([*Role]))
        .order_by(p.c.id)
    ).all()
    offices: dict[int, list[str]] = defaultdict(list)
    for link in connection.execute(select(t.person_office).order_by(t.person_office.c.office_id)):
        offices[link.person_id].append(link.office_id)
    for row in rows:
        paused = (row.paused_from, row.paused_until) if row.paused_from and row.paused_until else None
        yield Participant(
            person=str(row.id),
            role=Role(row.role),
            offices=tuple(offices[row.id]),
            joined=row.joined or now.date(),
            left=row.left,
            paused=paused,
            cohort=row.cohort or "",
            manager=str(row.manager_id or ""),
            languages=frozenset(row.languages),
            topics=frozenset(row.topics),
            online_only=row.online_only or not offices[row.id],
            declines=frozenset(SessionKind(kind) for kind in row.formats_not),
        )


def _held(connection: Connection, programme_id: int, now: datetime) -> Iterator[Held]:
    """Agreed sessions that are over."""
    for row, juniors, day in _agreed(connection, programme_id):
        if row.start + timedelta(minutes=row.minutes) <= now:
            yield Held(SessionKind(row.kind), str(row.senior_id), juniors, day)


def _agreed_ahead(connection: Connection, programme_id: int, now: datetime) -> Iterator[Ahead]:
    for row, juniors, day in _agreed(connection, programme_id):
        if row.start + timedelta(minutes=row.minutes) > now:
            yield Ahead(row.id, SessionKind(row.kind), str(row.senior_id), juniors, day)


def _agreed(connection: Connection, programme_id: int) -> Iterator[tuple[AnyRow, tuple[str, ...], date]]:
    """Agreed sessions with those who have a seat, and their local date."""
    s = t.session
    rows = connection.execute(
        _with_zone(s.c.start).where(s.c.programme_id == programme_id, s.c.state == "agreed").order_by(s.c.id)
    ).all()
    seated: dict[str, list[str]] = defaultdict(list)
    for seat in connection.execute(
        select(t.seat.c.session_id, t.seat.c.person_id)
        .join(s, s.c.id == t.seat.c.session_id)
        .where(s.c.programme_id == programme_id, s.c.state == "agreed", t.seat.c.state.in_(SEATED))
    ):
        seated[seat.session_id].append(str(seat.person_id))
    for row in rows:
        yield row, tuple(seated[row.id]), row.start.astimezone(ZoneInfo(row.timezone)).date()


def _asked(connection: Connection, programme_id: int) -> Iterator[Ahead]:
    """Sessions of proposals that wait for an answer."""
    for row, juniors, day in _proposed(connection, programme_id, [*LIVE]):
        yield Ahead(row.id, SessionKind(row.kind), str(row.senior_id), juniors, day)


def _lost(connection: Connection, programme_id: int) -> Iterator[Lost]:
    """What came to nothing: whole days that were skipped or expired, and single seats that were left."""
    for row, juniors, day in _proposed(connection, programme_id, CAME_TO_NOTHING):
        for who in juniors:
            yield Lost(SessionKind(row.kind), str(row.senior_id), who, day)
    s, seat = t.session, t.seat
    left = connection.execute(
        select(s.c.kind, s.c.senior_id, seat.c.person_id, seat.c.since)
        .join(seat, seat.c.session_id == s.c.id)
        .where(s.c.programme_id == programme_id, seat.c.state == SeatState.DECLINED)
    )
    for row in left:
        yield Lost(SessionKind(row.kind), str(row.senior_id), str(row.person_id), row.since.date())


def _proposed(
    connection: Connection, programme_id: int, states: Collection[ProposalState]
) -> Iterator[tuple[AnyRow, tuple[str, ...], date]]:
    placed, p, s = t.placement, t.proposal, t.session
    rows = connection.execute(
        _with_zone(placed.c.start)
        .add_columns(placed.c.proposal_id)
        .join(placed, placed.c.session_id == s.c.id)
        .join(p, p.c.id == placed.c.proposal_id)
        .where(p.c.programme_id == programme_id, p.c.state.in_(states))
        .order_by(s.c.id)
    ).all()
    juniors: dict[tuple[int, str], list[str]] = defaultdict(list)
    j = t.placement_junior
    for row in connection.execute(
        select(j)
        .join(p, p.c.id == j.c.proposal_id)
        .where(p.c.programme_id == programme_id, p.c.state.in_(states))
    ):
        juniors[row.proposal_id, row.session_id].append(str(row.person_id))
    for row in rows:
        day = row.start.astimezone(ZoneInfo(row.timezone)).date()
        yield row, tuple(juniors[row.proposal_id, row.id]), day


def _with_zone(start: Any) -> Any:
    """Sessions with a start and the zone that says which date that is."""
    s = t.session
    zone = select(t.office.c.timezone).where(t.office.c.id == s.c.office_id).scalar_subquery()
    own = select(t.person.c.timezone).where(t.person.c.id == s.c.senior_id).scalar_subquery()
    return select(
        s.c.id,
        s.c.kind,
        s.c.senior_id,
        s.c.minutes,
        start.label("start"),
        func.coalesce(zone, own).label("timezone"),
    )


# --- the sessions that follow --------------------------------------------------------------------


def drawn_before(connection: Connection, programme_id: int) -> dict[str, str]:
    """By session that is still to be planned: its senior."""
    s = t.session.c
    rows = connection.execute(
        select(s.id, s.senior_id).where(s.programme_id == programme_id, s.by_rule, s.state == "due")
    )
    return {row.id: str(row.senior_id) for row in rows}


def replace_due(connection: Connection, programme_id: int, due: Sequence[Due]) -> None:
    """Make what is due by rule agree with `due`; what is agreed, or waits for an answer, stays."""
    s = t.session
    known = {
        row.id: row.state
        for row in connection.execute(
            select(s.c.id, s.c.state).where(s.c.programme_id == programme_id, s.c.by_rule)
        )
    }
    held_fast = _held_fast(connection, programme_id)
    wanted = {
        each.session.id: each.session
        for each in due
        if each.session.id not in held_fast and known.get(each.session.id) != "agreed"
    }
    gone = [
        key for key, state in known.items() if state == "due" and key not in wanted and key not in held_fast
    ]
    _forget(connection, programme_id, gone)
    _write(connection, programme_id, wanted, known.keys() - set(gone))


def clear_due(connection: Connection, programme_id: int) -> None:
    """Take back what is due by rule and in nobody's hands."""
    replace_due(connection, programme_id, ())


def _held_fast(connection: Connection, programme_id: int) -> set[str]:
    placed, p = t.placement, t.proposal
    query = (
        select(placed.c.session_id)
        .join(p, p.c.id == placed.c.proposal_id)
        .where(p.c.programme_id == programme_id, p.c.state.in_(LIVE))
    )
    return set(connection.execute(query).scalars())


def _forget(connection: Connection, programme_id: int, ids: Sequence[str]) -> None:
    """Delete sessions, or where a proposal once held them keep the row as one called off."""
    s = t.session
    once = set(
        connection.execute(
            select(t.placement.c.session_id)
            .join(s, s.c.id == t.placement.c.session_id)
            .where(s.c.programme_id == programme_id)
        ).scalars()
    )
    _each(connection, update(s).where(s.c.id == _KEY).values(state="cancelled"), once & {*ids})
    never = [key for key in ids if key not in once]
    _each(connection, delete(t.candidate).where(t.candidate.c.session_id == _KEY), never)
    _each(connection, delete(s).where(s.c.id == _KEY), never)


def _write(
    connection: Connection, programme_id: int, wanted: Mapping[str, Session], known: Collection[str]
) -> None:
    s, c = t.session, t.candidate
    new = [_row(programme_id, one) for key, one in wanted.items() if key not in known]
    if new:
        connection.execute(insert(s), new)
    changed = [_row(programme_id, one) | {"the_key": key} for key, one in wanted.items() if key in known]
    if changed:
        connection.execute(update(s).where(s.c.id == _KEY), changed)
    _each(connection, delete(c).where(c.c.session_id == _KEY), [key for key in wanted if key in known])
    candidates = [row for one in wanted.values() for row in _candidates(one)]
    if candidates:
        connection.execute(insert(c), candidates)


#: Statements for many rows name each by its key: a list of thousands is more than SQLite takes.
_KEY: BindParameter[Any] = bindparam("the_key")


def _each(connection: Connection, statement: Any, keys: Iterable[str]) -> None:
    if rows := [{"the_key": key} for key in keys]:
        connection.execute(statement, rows)


def _row(programme_id: int, one: Session) -> dict[str, Any]:
    return {
        "id": one.id,
        "programme_id": programme_id,
        "by_rule": True,
        "kind": one.kind.value,
        "senior_id": int(one.senior),
        "seats_min": one.seats[0],
        "seats_max": one.seats[1],
        "open_seats": one.open_seats,
        "minutes": one.minutes,
        "between_from": clock_of(one.between.opens),
        "between_to": clock_of(one.between.closes),
        "office_id": one.office,
        "room_use": one.room_use,
        "first_day": one.first_day,
        "last_day": one.last_day,
        "weight": one.weight,
        "state": "due",
    }


def _candidates(one: Session) -> Iterable[dict[str, Any]]:
    for position, who in enumerate(one.juniors):
        yield {
            "session_id": one.id,
            "person_id": int(who),
            "required": who in one.required,
            "position": position,
        }


def write_needs(connection: Connection, needs: Mapping[str, int]) -> None:
    p = t.person
    rows = [{"who": int(who), "need": need} for who, need in needs.items()]
    if rows:
        connection.execute(update(p).where(p.c.id == bindparam("who")), rows)


def write_owed(
    connection: Connection, programme_id: int, first_day: date, last_day: date, found: Demand, now: datetime
) -> None:
    p = t.programme
    owed = {
        "at": now.isoformat(),
        "first_day": first_day.isoformat(),
        "last_day": last_day.isoformat(),
        "sessions": Counter(each.session.kind.value for each in found.due),
        "nobody": [[int(each.person), each.kind.value, each.reason] for each in found.nobody_for],
    }
    connection.execute(update(p).where(p.c.id == programme_id).values(owed=owed))


def owed(connection: Connection, programme_id: int) -> OwedRecord | None:
    p = t.programme
    kept = connection.execute(select(p.c.owed).where(p.c.id == programme_id)).scalar_one()
    if kept is None:
        return None
    refs = people.refs(connection, {who for who, _, _ in kept["nobody"]})
    return OwedRecord(
        datetime.fromisoformat(kept["at"]),
        date.fromisoformat(kept["first_day"]),
        date.fromisoformat(kept["last_day"]),
        {SessionKind(kind): number for kind, number in kept["sessions"].items()},
        tuple(
            NobodyForRecord(refs[who], SessionKind(kind), reason)
            for who, kind, reason in kept["nobody"]
            if who in refs
        ),
    )
