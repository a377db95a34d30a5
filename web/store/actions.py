"""What people agreed to do after a session: by whom, until when, and whether it is done.

Two people share an action: the junior and the senior of its session. Nobody else sees it. What a senior
notes for themself after a session with several juniors is the senior's alone.
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


def open_between(
    connection: Connection, senior_id: int, junior_ids: Collection[int]
) -> dict[int, list[ActionRecord]]:
    """What a senior and each of some juniors agreed on and is still to do, by junior, the soonest due first.

    Of sessions the two were both in, either as owner; either of them may read what is under the junior.
    """
    between = and_(OPEN, t.session.c.senior_id == senior_id, _JUNIOR.c.id.in_(junior_ids))
    found: dict[int, list[ActionRecord]] = defaultdict(list)
    for each in records(connection, between):
        if each.junior is not None:
            found[each.junior.id].append(each)
    return dict(found)


def one(connection: Connection, action_id: int) -> ActionRecord | None:
    """Locked, where the database has row locks, so that two answers come one after the other."""
    if connection.execute(select(a.id).where(a.id == action_id).with_for_update()).first() is None:
        return None
    return records(connection, a.id == action_id)[0]


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
    due_in_pause = and_(a.due <= last, a.due >= func.coalesce(p.paused_from, a.due))
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
    """Of a programme: people with an action, and actions done, dropped, open, and open beyond their date."""
    overdue = and_(OPEN, a.due < today)
    row = connection.execute(
        select(
            func.count(a.owner_id.distinct()).label("people"),
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
