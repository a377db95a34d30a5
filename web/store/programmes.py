"""What a programme promises, who takes part, and the sessions that follow from it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    and_,
    bindparam,
    delete,
    func,
    insert,
    or_,
    select,
    true,
    update,
)

from planner.demand import LATELY, Demand
from planner.domain import DayHours, Role, RoomUse, Session, SessionKind
from planner.lifecycle import LIVE, SEATED, ProposalState, SeatState
from planner.programme import OWN_LIMITS, Ahead, Format, Held, Lost, Participant, Programme, Turn
from web.records import NobodyForRecord, OwedRecord
from web.store import people, training
from web.store import tables as t
from web.store.attendance import OPEN_FOR, Attendance, Outcome
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
    past = _agreed(connection, t.session.c.programme_id == programme_id, now)
    rules = formats(connection, programme_id)
    return Programme(
        id=str(programme_id),
        starts=starts or now.date(),
        formats=rules,
        people=tuple(_participants(connection, programme_id, now)),
        held=tuple(past.held),
        ahead=(*past.ahead, *_asked(connection, t.proposal.c.programme_id == programme_id)),
        lost=(*past.lost, *_lost(connection, programme_id, now), *_unplaced(connection, programme_id)),
        never=frozenset(
            frozenset((str(row.one_id), str(row.other_id)))
            for row in connection.execute(select(t.never_pair))
        ),
        spent=frozenset(past.ids),
        unreadable=frozenset(unreadable(connection, programme_id, now)),
        may_have_met=(*past.unsaid, *_elsewhere(connection, programme_id, rules, now)),
        unready=frozenset(str(who.id) for who in training.unready(connection, programme_id, now)),
    )


def load_turns(connection: Connection, programme_id: int, ids: Collection[int], now: datetime) -> Programme:
    """The same of some people alone, as far as it says how much each needs their next session."""
    s, theirs = t.session.c, select(t.seat.c.session_id).where(t.seat.c.person_id.in_(ids))
    past = _agreed(connection, and_(s.programme_id == programme_id, s.id.in_(theirs)), now)
    people_of = tuple(_participants(connection, programme_id, now, ids))
    return Programme(
        str(programme_id), now.date(), (), people_of, held=tuple(past.held), ahead=tuple(past.ahead)
    )


def _participants(
    connection: Connection, programme_id: int, now: datetime, ids: Collection[int] | None = None
) -> Iterator[Participant]:
    p, m, part = t.person, t.membership, t.participation
    rows = connection.execute(
        select(
            p, m.c.role, part.c.joined, part.c.left, part.c.paused_from, part.c.paused_until, part.c.cohort
        )
        .join(m, m.c.person_id == p.c.id)
        .outerjoin(part, and_(part.c.person_id == p.c.id, part.c.programme_id == m.c.programme_id))
        .where(m.c.programme_id == programme_id, m.c.role.in_([*Role]), _one_of(p.c.id, ids))
        .order_by(p.c.id)
    ).all()
    offices = _offices_of(connection, ids)
    for row in rows:
        yield replace(
            _asking(row, offices[row.id]),
            role=Role(row.role),
            joined=row.joined or now.date(),
            left=row.left,
            paused=pause(row),
            cohort=row.cohort or "",
        )


def asking(connection: Connection, ids: Collection[int]) -> Mapping[int, Participant]:
    """People with what decides whom they may meet, whatever programme they are in and as what."""
    offices = _offices_of(connection, ids)
    rows = connection.execute(select(t.person).where(t.person.c.id.in_(ids)))
    return {row.id: _asking(row, offices[row.id]) for row in rows}


def _asking(row: AnyRow, offices: Sequence[str]) -> Participant:
    return Participant(
        person=str(row.id),
        role=Role.JUNIOR,
        offices=tuple(offices),
        joined=date.min,
        manager=str(row.manager_id or ""),
        languages=frozenset(row.languages),
        topics=frozenset(row.topics),
        online_only=row.online_only or not offices,
        declines=frozenset(SessionKind(kind) for kind in row.formats_not),
    )


def _offices_of(connection: Connection, ids: Collection[int] | None) -> Mapping[int, list[str]]:
    offices: dict[int, list[str]] = defaultdict(list)
    link_of = t.person_office.c
    links = select(t.person_office).where(_one_of(link_of.person_id, ids)).order_by(link_of.office_id)
    for link in connection.execute(links):
        offices[link.person_id].append(link.office_id)
    return offices


def _one_of(column: ColumnElement[int], ids: Collection[int] | None) -> ColumnElement[bool]:
    """None: anybody."""
    return true() if ids is None else column.in_(ids)


def pause(row: AnyRow) -> tuple[date, date] | None:
    """First and last day of somebody's pause; None: they are on none, nor ever were."""
    return None if row.paused_from is None else (row.paused_from, row.paused_until)


def unreadable(connection: Connection, programme_id: int, now: datetime) -> Iterator[str]:
    """Ids of those whose time is wholly unknown in the weeks to come, so that no session can be placed."""
    p, r, b = t.person.c, t.reading.c, t.busy_interval.c
    soon, later = now + timedelta(days=1), now + timedelta(weeks=4)
    read = select(r.person_id).where(r.window_start <= soon, r.window_end > soon)
    unknown = select(b.person_id).where(b.kind == "unknown", b.start <= soon, b.end >= later)
    mine = select(t.membership.c.person_id).where(t.membership.c.programme_id == programme_id)
    nothing = or_(p.id.not_in(read), p.id.in_(unknown))
    unstated = or_(p.stated_until.is_(None), p.stated_until < soon.date())
    for who in connection.execute(select(p.id).where(p.id.in_(mine), nothing, unstated)).scalars():
        yield str(who)


@dataclass
class _Past:
    """What became of all that was ever agreed."""

    held: list[Held] = field(default_factory=list)
    ahead: list[Ahead] = field(default_factory=list)
    unsaid: list[Held] = field(default_factory=list)  #: nobody said whether they were, and nobody can now
    lost: list[Lost] = field(default_factory=list)
    ids: set[str] = field(default_factory=set)


def _elsewhere(
    connection: Connection, programme_id: int, rules: Iterable[Format], now: datetime
) -> Iterator[Held | Ahead]:
    """Sessions of other programmes that lie within the longest gap between two of a pair."""
    gap = timedelta(weeks=max((rule.weeks_between_pairs for rule in rules), default=0))
    if gap:
        s, p = t.session.c, t.proposal.c
        past = _agreed(connection, and_(s.programme_id != programme_id, s.start > now - gap), now)
        yield from past.held
        yield from past.ahead
        yield from _asked(connection, p.programme_id != programme_id)


def _agreed(connection: Connection, some: ColumnElement[bool], now: datetime) -> _Past:
    """Agreed sessions, and those who have or left a seat in them.

    One that is over was held, unless somebody said that it fell through; and by everybody with a
    seat, unless somebody said that they were missing. Where nobody said anything it counts as held for
    as long as they may, so that nobody is planned twice for want of a tap; after that as nothing but
    a meeting that may have been, so that nobody loses a turn by it either.
    """
    s, past = t.session, _Past()
    theirs = some, s.c.state == "agreed"
    seats: dict[str, list[AnyRow]] = defaultdict(list)
    for seat in connection.execute(
        select(t.seat.c.session_id, t.seat.c.person_id, t.seat.c.state, t.seat.c.attendance, t.seat.c.since)
        .join(s, s.c.id == t.seat.c.session_id)
        .where(*theirs)
        .order_by(t.seat.c.person_id)
    ):
        seats[seat.session_id].append(seat)
    for row in connection.execute(_with_zone(s.c.start).where(*theirs).order_by(s.c.id)).all():
        past.ids.add(row.id)
        kind, senior, day = SessionKind(row.kind), str(row.senior_id), _local_day(row)
        seated = {str(seat.person_id): seat for seat in seats[row.id] if seat.state in SEATED}
        over = row.start + timedelta(minutes=row.minutes) <= now
        fell = row.outcome == Outcome.FELL_THROUGH
        missing = {who for who, seat in seated.items() if fell or seat.attendance == Attendance.MISSED}
        came = tuple(who for who in seated if who not in missing)
        said = row.outcome or any(seat.attendance for seat in seated.values())
        if not over:
            past.ahead.append(Ahead(row.id, kind, senior, tuple(seated), day))
        elif came and (said or now < row.start + timedelta(minutes=row.minutes) + OPEN_FOR):
            past.held.append(Held(kind, senior, came, day))
        elif came:
            past.unsaid.append(Held(kind, senior, came, day))
        past.lost += [Lost(kind, senior, who, day) for who in seated if over and who in missing]
        past.lost += [
            Lost(kind, senior, str(seat.person_id), seat.since.date())
            for seat in seats[row.id]
            if seat.state == SeatState.DECLINED
        ]
    return past


def _asked(connection: Connection, some: ColumnElement[bool]) -> Iterator[Ahead]:
    """Sessions of proposals that wait for an answer."""
    for row, juniors in _proposed(connection, and_(some, t.proposal.c.state.in_(LIVE))):
        yield Ahead(row.id, SessionKind(row.kind), str(row.senior_id), juniors, _local_day(row))


def _lost(connection: Connection, programme_id: int, now: datetime) -> Iterator[Lost]:
    """What was proposed lately and came to nothing: a day skipped, expired or called off, and of a day
    that was approved what its senior left out or could not hold after all."""
    p, s = t.proposal.c, t.session.c
    stands = and_(s.state == "agreed", s.proposal_id == p.id)
    nothing = or_(p.state.in_(CAME_TO_NOTHING), and_(p.state == ProposalState.APPROVED, ~stands))
    lately = p.day > (now - LATELY).date()
    for row, juniors in _proposed(connection, and_(p.programme_id == programme_id, nothing, lately)):
        for who in juniors:
            yield Lost(SessionKind(row.kind), str(row.senior_id), who, _local_day(row))


def _unplaced(connection: Connection, programme_id: int) -> Iterator[Lost]:
    """Sessions that the last planning run found no time for: others may have some."""
    r, s, c = t.planning_run.c, t.session.c, t.candidate.c
    last = connection.execute(
        select(r.result, r.finished_at)
        .where(r.programme_id == programme_id, r.result.is_not(None))
        .order_by(r.id.desc())
        .limit(1)
    ).one_or_none()
    if last is None or last.result is None:
        return
    unplaced = {each["session"] for each in last.result["unplaced"]}
    rows = connection.execute(
        select(s.id, s.kind, s.senior_id, c.person_id)
        .join(t.candidate, c.session_id == s.id)
        .where(s.programme_id == programme_id, s.state == "due", s.by_rule)
    )
    for row in rows:
        if row.id in unplaced:
            yield Lost(SessionKind(row.kind), str(row.senior_id), str(row.person_id), last.finished_at.date())


def _proposed(connection: Connection, where: ColumnElement[bool]) -> Iterator[tuple[AnyRow, tuple[str, ...]]]:
    """Sessions as they were proposed, to whom and for whom."""
    placed, p, s, j = t.placement, t.proposal, t.session, t.placement_junior
    rows = connection.execute(
        _with_zone(placed.c.start, p.c.senior_id)
        .add_columns(placed.c.proposal_id)
        .join(placed, placed.c.session_id == s.c.id)
        .join(p, p.c.id == placed.c.proposal_id)
        .where(where)
        .order_by(s.c.id, p.c.id)
    ).all()
    juniors: dict[tuple[int, str], list[str]] = defaultdict(list)
    for row in connection.execute(
        select(j).join(p, p.c.id == j.c.proposal_id).join(s, s.c.id == j.c.session_id).where(where)
    ):
        juniors[row.proposal_id, row.session_id].append(str(row.person_id))
    for row in rows:
        yield row, tuple(juniors[row.proposal_id, row.id])


def _with_zone(start: Any, senior: Any = t.session.c.senior_id) -> Any:
    """Sessions with a start, a senior and the zone that says which date that is."""
    s = t.session
    zone = select(t.office.c.timezone).where(t.office.c.id == s.c.office_id).scalar_subquery()
    own = select(t.person.c.timezone).where(t.person.c.id == senior).scalar_subquery()
    return select(
        s.c.id,
        s.c.kind,
        senior.label("senior_id"),
        s.c.minutes,
        s.c.outcome,
        start.label("start"),
        func.coalesce(zone, own).label("timezone"),
    )


def _local_day(row: AnyRow) -> date:
    day: date = row.start.astimezone(ZoneInfo(row.timezone)).date()
    return day


def of_others(connection: Connection, programme_id: int, session_ids: Collection[str]) -> set[str]:
    """Those of the sessions that are other programmes'."""
    s = t.session.c
    theirs = select(s.id).where(s.id.in_(session_ids), s.programme_id != programme_id)
    return set(connection.execute(theirs).scalars())


# --- the sessions that follow --------------------------------------------------------------------


def drawn_before(connection: Connection, programme_id: int) -> dict[str, str]:
    """By session that is still to be planned: its senior."""
    s = t.session.c
    rows = connection.execute(
        select(s.id, s.senior_id).where(s.programme_id == programme_id, s.by_rule, s.state == "due")
    )
    return {row.id: str(row.senior_id) for row in rows}


def replace_due(connection: Connection, programme_id: int, due: Sequence[Session]) -> None:
    """Make what is due by rule agree with `due`; what is agreed, or waits for an answer, stays."""
    s = t.session
    known = {
        row.id: row.state
        for row in connection.execute(
            select(s.c.id, s.c.state).where(s.c.programme_id == programme_id, s.c.by_rule)
        )
    }
    held_fast = _held_fast(connection, programme_id)
    wanted = {each.id: each for each in due if each.id not in held_fast and known.get(each.id) != "agreed"}
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
    for table in (t.candidate, t.simpler_day):
        _each(connection, delete(table).where(table.c.session_id == _KEY), never)
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


def write_needs(connection: Connection, programme_id: int, needs: Mapping[str, int]) -> None:
    """How much each junior of a programme needs their next session there."""
    part = t.participation
    rows = [{"who": int(who), "its_need": need} for who, need in needs.items()]
    if rows:
        mine = part.c.programme_id == programme_id, part.c.person_id == bindparam("who")
        connection.execute(update(part).where(*mine).values(need=bindparam("its_need")), rows)


def write_owed(
    connection: Connection, programme_id: int, first_day: date, last_day: date, found: Demand, now: datetime
) -> None:
    """Whom anybody's own limits leave with nobody is kept by no name: whoever reads this reads no limits."""
    p = t.programme
    told = [each for each in found.nobody_for if each.reason != OWN_LIMITS]
    owed = {
        "at": now.isoformat(),
        "first_day": first_day.isoformat(),
        "last_day": last_day.isoformat(),
        "sessions": Counter(each.kind.value for each in found.due),
        # Not "nobody", as it was once called: limits stood in there.
        "nobody_to_meet": [[int(each.person), each.kind.value, each.reason] for each in told],
        "suits_nobody": len(told) < len(found.nobody_for),
    }
    connection.execute(update(p).where(p.c.id == programme_id).values(owed=owed))


def owed(connection: Connection, programme_id: int) -> OwedRecord | None:
    p = t.programme
    kept = connection.execute(select(p.c.owed).where(p.c.id == programme_id)).scalar_one()
    if kept is None:
        return None
    nobody_to_meet = kept.get("nobody_to_meet", [])
    refs = people.refs(connection, {who for who, _, _ in nobody_to_meet})
    return OwedRecord(
        datetime.fromisoformat(kept["at"]),
        date.fromisoformat(kept["first_day"]),
        date.fromisoformat(kept["last_day"]),
        {SessionKind(kind): number for kind, number in kept["sessions"].items()},
        tuple(
            NobodyForRecord(refs[who], SessionKind(kind), reason)
            for who, kind, reason in nobody_to_meet
            if who in refs
        ),
        kept.get("suits_nobody", False),
    )
