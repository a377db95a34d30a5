"""What people agreed to do after a session: by whom, until when, and whether it is done.

Two people share an action: the junior and the senior of its session. Nobody else sees it. What a senior says
they do after a session with several juniors is the senior's own; whoever was there reads it before they meet
that senior again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Connection, Select, and_, func, insert, or_, select, update

from planner.domain import SessionKind
from planner.lifecycle import SEATED
from web.records import ActionRecord, PersonRef
from web.store import tables as t
from web.store.attendance import Attendance, Outcome
from web.store.programmes import pause
from web.store.tables import AnyRow

a = t.action.c

#: Neither done nor dropped.
OPEN = and_(a.done_at.is_(None), a.dropped_at.is_(None))

#: Sessions of two people: what is agreed on there concerns both, whoever noted it.
OF_TWO = (SessionKind.INDIVIDUAL_LUNCH, SessionKind.COFFEE_ROULETTE)

_THE_OTHER = (
    select(func.min(t.seat.c.person_id))
    .where(t.seat.c.session_id == t.session.c.id, t.seat.c.state.in_(SEATED), t.session.c.kind.in_(OF_TWO))
    .having(func.count() == 1)
    .correlate(t.session)
    .scalar_subquery()
)

#: What a senior said to all of a group that they do.
_TO_ALL = and_(
    a.owner_id == t.session.c.senior_id,
    a.created_by == t.session.c.senior_id,
    t.session.c.kind.not_in(OF_TWO),
)

_OWNER = t.person.alias("owner")
_SENIOR = t.person.alias("senior")
_JUNIOR = t.person.alias("junior")


def concerns(person_id: int) -> ColumnElement[bool]:
    """Actions that somebody shares, as the junior or the senior of them. Selected by `records`."""
    s, seat = t.session.c, t.seat.c
    led = select(s.id).where(s.senior_id == person_id)
    in_them = select(seat.session_id).where(seat.person_id == person_id)
    nearby = or_(a.owner_id == person_id, a.session_id.in_(led.union(in_them)))  # by index
    return and_(nearby, or_(s.senior_id == person_id, _JUNIOR.c.id == person_id))


def records(connection: Connection, where: ColumnElement[bool]) -> list[ActionRecord]:
    """The soonest due first, what has no date last."""
    order = (a.due.is_(None), a.due, a.id)
    return [_record(row) for row in connection.execute(_query().where(where).order_by(*order))]


@dataclass(frozen=True, slots=True)
class Before:
    """What a senior and some juniors find before they meet: open, or closed since they last did."""

    between: Mapping[int, tuple[ActionRecord, ...]]  #: by junior, what the two share, whoever does it
    promised: tuple[ActionRecord, ...]  #: what else the senior does, after sessions that they were in


def before_meeting(
    connection: Connection,
    senior_id: int,
    junior_ids: Collection[int],
    now: datetime,
    for_senior: bool,
) -> Before:
    """The soonest due first.

    Args:
        now: they last met in a session that had begun before it.
        for_senior: of what the senior does all is told; else only what they said to all of a group, and
            nothing that they agreed on with one other junior.
    """
    s = t.session.c
    met = _last_met(connection, senior_id, junior_ids, now)
    together = select(t.seat.c.session_id).where(_was_there(junior_ids))
    own = and_(a.owner_id == senior_id, a.session_id.in_(together))
    of_theirs = or_(_JUNIOR.c.id.in_(junior_ids), own if for_senior else and_(own, _TO_ALL))
    closed = func.coalesce(a.done_at, a.dropped_at) >= min(met.values(), default=now)
    found = records(connection, and_(s.senior_id == senior_id, of_theirs, or_(OPEN, closed)))
    there = _there(connection, {each.session_id for each in found}, junior_ids)
    between: dict[int, tuple[ActionRecord, ...]] = defaultdict(tuple)
    promised: list[ActionRecord] = []
    for each in found:
        if each.junior is not None and each.junior.id in junior_ids:
            if _is_news(each, [each.junior.id], met):
                between[each.junior.id] += (each,)
        elif _is_news(each, there[each.session_id], met):
            promised.append(each)
    return Before(between, tuple(promised))


def _is_news(action: ActionRecord, who: Collection[int], met: Mapping[int, datetime]) -> bool:
    """Is it open, or closed since one of these last met the senior?"""
    closed_at = action.done_at or action.dropped_at
    return closed_at is None or any(one in met and met[one] <= closed_at for one in who)


def _was_there(junior_ids: Collection[int]) -> ColumnElement[bool]:
    """Of a seat: one of these had it, and nobody says that they did not come."""
    seat = t.seat.c
    missed = func.coalesce(seat.attendance, "") == Attendance.MISSED
    return and_(seat.person_id.in_(junior_ids), seat.state.in_(SEATED), ~missed)


def _last_met(
    connection: Connection, senior_id: int, junior_ids: Collection[int], now: datetime
) -> Mapping[int, datetime]:
    """By junior when the last session with a senior began that had done so before a moment."""
    s, seat = t.session.c, t.seat.c
    rows = connection.execute(
        select(seat.person_id, func.max(s.start).label("last"))
        .join(t.session, s.id == seat.session_id)
        .where(
            s.senior_id == senior_id,
            s.state == "agreed",
            s.start < now,
            func.coalesce(s.outcome, "") != Outcome.FELL_THROUGH,
            _was_there(junior_ids),
        )
        .group_by(seat.person_id)
    )
    return {row.person_id: row.last for row in rows}


def _there(
    connection: Connection, session_ids: Collection[str], junior_ids: Collection[int]
) -> Mapping[str, frozenset[int]]:
    """Which of some juniors were in each session."""
    seat = t.seat.c
    found: dict[str, frozenset[int]] = defaultdict(frozenset)
    query = select(seat.session_id, seat.person_id).where(
        seat.session_id.in_(session_ids), _was_there(junior_ids)
    )
    for row in connection.execute(query):
        found[row.session_id] |= {row.person_id}
    return found


def one(connection: Connection, action_id: int) -> ActionRecord | None:
    found = records(connection, a.id == action_id)
    return found[0] if found else None


def add(
    connection: Connection,
    programme_id: int,
    session_id: str,
    owner_id: int,
    text: str,
    due: date | None,
    by_id: int,
    now: datetime,
) -> int:
    noted = insert(t.action).values(
        programme_id=programme_id,
        session_id=session_id,
        owner_id=owner_id,
        text=text,
        due=due,
        created_by=by_id,
        created_at=now,
    )
    return int(connection.execute(noted.returning(a.id)).scalar_one())


def change(connection: Connection, action_id: int, **values: Any) -> None:
    connection.execute(update(t.action).where(a.id == action_id).values(values))


def how_many(connection: Connection, session_id: str) -> int:
    """Those noted after a session, whatever became of them."""
    return int(connection.execute(select(func.count()).where(a.session_id == session_id)).scalar_one())


# --- reminding -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Unreminded:
    """An open action with a date that its owner was not reminded of, and when they are not there."""

    action: ActionRecord
    pause: tuple[date, date] | None  #: first and last day, both of the pause
    left: date | None  #: the first day they are no longer there


def unreminded(connection: Connection, first: date, last: date, back_since: date) -> list[Unreminded]:
    """What is due from `first` to `last`, and what was due in a pause that ended on `back_since` or later.

    Of nobody who had left by `first`.
    """
    p = t.participation.c
    due_in_pause = and_(a.due <= last, a.due >= p.paused_from)
    query = (
        _query()
        .add_columns(p.left, p.paused_from, p.paused_until)
        .outerjoin(t.participation, and_(p.programme_id == a.programme_id, p.person_id == a.owner_id))
        .where(OPEN, a.reminded_at.is_(None), or_(p.left.is_(None), p.left > first))
        .where(or_(a.due.between(first, last), and_(due_in_pause, p.paused_until.between(back_since, last))))
        .order_by(a.due, a.id)
    )
    return [Unreminded(_record(row), pause(row), row.left) for row in connection.execute(query)]


def note_reminded(connection: Connection, ids: Collection[int], now: datetime) -> None:
    connection.execute(update(t.action).where(a.id.in_(ids)).values(reminded_at=now))


# --- figures -------------------------------------------------------------------------------------


def counted(connection: Connection, programme_id: int, today: date) -> Mapping[str, int]:
    """Of a programme: people with an action, those of them who have not left (`here`), and actions done,
    dropped, open, and open beyond their date.
    """
    overdue, p = and_(OPEN, a.due < today), t.participation.c
    left = select(p.person_id).where(p.programme_id == programme_id, p.left <= today)
    row = connection.execute(
        select(
            func.count(a.owner_id.distinct()).label("people"),
            func.count(a.owner_id.distinct()).filter(a.owner_id.not_in(left)).label("here"),
            func.count(a.done_at).label("done"),
            func.count(a.dropped_at).label("dropped"),
            func.count().filter(OPEN).label("open"),
            func.count().filter(overdue).label("overdue"),
        ).where(a.programme_id == programme_id)
    ).one()
    return dict(row._mapping)


def _query() -> Select[Any]:
    """Its junior is the owner, or who noted it for the senior, or the only one who was there."""
    s = t.session.c
    junior = or_(
        and_(a.owner_id != s.senior_id, _JUNIOR.c.id == a.owner_id),
        and_(a.owner_id == s.senior_id, a.created_by != s.senior_id, _JUNIOR.c.id == a.created_by),
        and_(a.owner_id == s.senior_id, a.created_by == s.senior_id, _JUNIOR.c.id == _THE_OTHER),
    )
    return (
        select(
            t.action,
            s.kind,
            func.coalesce(s.start, a.created_at).label("start"),
            func.coalesce(t.office.c.timezone, _SENIOR.c.timezone).label("timezone"),
            *_named(_OWNER),
            *_named(_SENIOR),
            *_named(_JUNIOR),
        )
        .select_from(t.action)
        .join(t.session, s.id == a.session_id)
        .join(_OWNER, _OWNER.c.id == a.owner_id)
        .join(_SENIOR, _SENIOR.c.id == s.senior_id)
        .outerjoin(_JUNIOR, junior)
        .outerjoin(t.office, t.office.c.id == s.office_id)
    )


def _named(who: Any) -> list[ColumnElement[Any]]:
    return [who.c[name].label(f"the_{who.name}_{name}") for name in ("id", "name", "email", "timezone")]


def _ref(row: AnyRow, who: str) -> PersonRef:
    return PersonRef(*(row._mapping[f"the_{who}_{name}"] for name in ("id", "name", "email", "timezone")))


def _record(row: AnyRow) -> ActionRecord:
    return ActionRecord(
        id=row.id,
        programme_id=row.programme_id,
        session_id=row.session_id,
        kind=SessionKind(row.kind),
        agreed_on=_local_day(row.start, row.timezone),
        owner=_ref(row, "owner"),
        senior=_ref(row, "senior"),
        junior=_ref(row, "junior") if row.the_junior_id is not None else None,
        text=row.text,
        due=row.due,
        created_at=row.created_at,
        done_at=row.done_at,
        dropped_at=row.dropped_at,
    )


def _local_day(start: datetime, zone: str) -> date:
    return start.astimezone(ZoneInfo(zone)).date()
