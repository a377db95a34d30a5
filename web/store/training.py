"""A programme's path of training for its seniors, who went through what of it, and whom they can ask."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    and_,
    bindparam,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    update,
)

from web.records import PersonRef, SupportRecord, TrainingItemRecord
from web.store import people
from web.store import tables as t
from web.store.attendance import Outcome

_item, _done = t.training_item.c, t.training_completion.c
A_DAY = timedelta(days=1)


# --- the path ------------------------------------------------------------------------------------


def items(connection: Connection, programme_id: int) -> list[TrainingItemRecord]:
    """In the order of the path, retired ones too."""
    query = (
        select(t.training_item).where(_item.programme_id == programme_id).order_by(_item.position, _item.id)
    )
    return [_record(row) for row in connection.execute(query)]


def item(connection: Connection, item_id: int) -> TrainingItemRecord | None:
    row = connection.execute(select(t.training_item).where(_item.id == item_id)).one_or_none()
    return _record(row) if row else None


def _record(row: Row[Any]) -> TrainingItemRecord:
    return TrainingItemRecord(
        row.id,
        row.programme_id,
        row.guide,
        row.title,
        row.text,
        row.minutes,
        row.due_days,
        row.required,
        row.added_at,
        row.retired_at,
    )


def add(connection: Connection, programme_id: int, values: Mapping[str, Any], now: datetime) -> int:
    """At the end of the path; its id."""
    there = select(func.coalesce(func.max(_item.position), 0)).where(_item.programme_id == programme_id)
    position = connection.execute(there).scalar_one() + 1
    new = insert(t.training_item).values(programme_id=programme_id, position=position, added_at=now, **values)
    return int(connection.execute(new).inserted_primary_key[0])  # type: ignore[index]


def change(connection: Connection, item_id: int, values: Mapping[str, Any]) -> None:
    connection.execute(update(t.training_item).where(_item.id == item_id).values(**values))


def put_in_order(connection: Connection, item_ids: Sequence[int]) -> None:
    rows = [{"which": item_id, "at": position} for position, item_id in enumerate(item_ids, 1)]
    moved = update(t.training_item).where(_item.id == bindparam("which")).values(position=bindparam("at"))
    connection.execute(moved, rows)


# --- who went through what -----------------------------------------------------------------------


def done_by(connection: Connection, person_id: int) -> Mapping[int, datetime]:
    """By item, when somebody had read it."""
    query = select(_done.item_id, _done.completed_at).where(_done.person_id == person_id)
    return {row.item_id: row.completed_at for row in connection.execute(query)}


def complete(connection: Connection, item_id: int, person_id: int, now: datetime) -> None:
    """Once; saying it again changes nothing."""
    if item_id not in done_by(connection, person_id):
        write_completions(connection, [(item_id, person_id, now)])


def write_completions(connection: Connection, some: Iterable[tuple[int, int, datetime]]) -> None:
    """What was read by whom and when, none of it known before: item, person, instant."""
    rows = [{"item_id": item, "person_id": person, "completed_at": at} for item, person, at in some]
    if rows:
        connection.execute(insert(t.training_completion), rows)


def take_back(connection: Connection, item_id: int, person_id: int) -> None:
    mine = and_(_done.item_id == item_id, _done.person_id == person_id)
    connection.execute(delete(t.training_completion).where(mine))


def joined(connection: Connection, programme_id: int, person_id: int) -> date | None:
    part = t.participation.c
    mine = and_(part.programme_id == programme_id, part.person_id == person_id)
    return connection.execute(select(part.joined).where(mine)).scalar_one_or_none()


def seniors(connection: Connection, programme_id: int, today: date) -> int:
    """How many there are."""
    query = select(func.count()).select_from(_seniors(programme_id, today).subquery())
    return int(connection.execute(query).scalar_one())


def counts(connection: Connection, programme_id: int, today: date) -> Mapping[int, int]:
    """By item, how many of the seniors who are there have read it."""
    query = (
        select(_done.item_id, func.count().label("readers"))
        .join(t.training_item, _item.id == _done.item_id)
        .where(_item.programme_id == programme_id, _done.person_id.in_(_seniors(programme_id, today)))
        .group_by(_done.item_id)
    )
    return {row.item_id: row.readers for row in connection.execute(query)}


def _seniors(programme_id: int, today: date) -> Select[Any]:
    """The ids of those who are there."""
    m, part = t.membership.c, t.participation.c
    here = and_(part.person_id == m.person_id, part.programme_id == m.programme_id)
    return select(m.person_id).where(
        m.programme_id == programme_id, m.role == "senior", ~exists().where(here, part.left <= today)
    )


# --- who is ready --------------------------------------------------------------------------------


def unready(connection: Connection, programme_id: int, now: datetime) -> list[PersonRef]:
    """Seniors with something to read before their first session, and none held in any programme; by name.

    A session that was agreed and has begun counts as held unless somebody said that it fell through, as it
    does for planning: nobody is taken out of it again for want of a tap.
    """
    query = _unready(programme_id, now).order_by(t.person.c.name, t.person.c.id)
    return [people.ref(row) for row in connection.execute(query)]


def is_unready(connection: Connection, programme_id: int, person_id: int, now: datetime) -> bool:
    query = _unready(programme_id, now).where(t.person.c.id == person_id)
    return connection.execute(query).first() is not None


def count_unready(connection: Connection, programme_id: int, now: datetime) -> int:
    query = select(func.count()).select_from(_unready(programme_id, now).subquery())
    return int(connection.execute(query).scalar_one())


def _unready(programme_id: int, now: datetime) -> Select[Any]:
    p, s = t.person.c, t.session.c
    has_read = select(_done.item_id).where(_done.person_id == p.id).correlate(t.person)
    needed = _item.programme_id == programme_id, _item.required, _item.retired_at.is_(None)
    open_items = exists().where(*needed, _item.id.not_in(has_read)).correlate(t.person)
    has_held = exists().where(
        s.senior_id == p.id,
        s.state == "agreed",
        s.start <= now,
        func.coalesce(s.outcome, "") != Outcome.FELL_THROUGH,
    )
    present = p.id.in_(_seniors(programme_id, now.date()))
    return select(p.id, p.name, p.email, p.timezone).where(present, open_items, ~has_held)


# --- what is due soon ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Open:
    """Something that a senior has not read."""

    person: PersonRef
    item: TrainingItemRecord
    joined: date | None


def open_around(connection: Connection, first: date, last: date) -> list[Open]:
    """What seniors who stay and are on no pause on the first of these days have not read and is due on about
    these days (one day more on either side: their clocks differ); by person and item."""
    active = [
        _record(row) for row in connection.execute(select(t.training_item).where(_item.retired_at.is_(None)))
    ]
    due = [condition for one in active for condition in _due_within(one, first - A_DAY, last + A_DAY)]
    if not due:
        return []
    p, m, part = t.person.c, t.membership.c, t.participation.c
    here = and_(part.person_id == m.person_id, part.programme_id == m.programme_id)
    away = or_(part.left <= last, and_(part.paused_from <= first, part.paused_until >= first))
    query = (
        select(p.id, p.name, p.email, p.timezone, part.joined, _item.id.label("item_id"))
        .join(t.membership, and_(m.person_id == p.id, m.role == "senior"))
        .join(t.training_item, _item.programme_id == m.programme_id)
        .outerjoin(t.participation, here)
        .where(or_(*due), func.coalesce(~away, True))
        .where(~exists().where(_done.item_id == _item.id, _done.person_id == p.id))
        .order_by(p.id, _item.position, _item.id)
    )
    by_id = {one.id: one for one in active}
    return [Open(people.ref(row), by_id[row.item_id], row.joined) for row in connection.execute(query)]


def _due_within(one: TrainingItemRecord, first: date, last: date) -> Iterator[ColumnElement[bool]]:
    """For whom an item is due between two days: so many days after they joined, or after it was added."""
    part, wait, added = t.participation.c, timedelta(days=one.due_days), one.added_at.date()
    if added > last - wait:
        return
    if added >= first - wait:
        yield and_(_item.id == one.id, or_(part.joined.is_(None), part.joined <= last - wait))
    else:
        yield and_(_item.id == one.id, part.joined.between(first - wait, last - wait))


# --- the support contact -------------------------------------------------------------------------


def supports(connection: Connection, programme_ids: Collection[int]) -> Mapping[int, SupportRecord]:
    """By programme, of those where somebody is named who has not been erased."""
    p, prog = t.person.c, t.programme.c
    rows = connection.execute(
        select(p.id, p.name, p.email, p.timezone, prog.support_note, prog.id.label("programme_id"))
        .join(t.programme, and_(prog.support_id == p.id, p.erased_at.is_(None)))
        .where(prog.id.in_(programme_ids))
    )
    return {row.programme_id: SupportRecord(people.ref(row), row.support_note) for row in rows}


def support_note(connection: Connection, programme_id: int) -> str:
    """How to reach the one who is named; what is left of it says that somebody was."""
    query = select(t.programme.c.support_note).where(t.programme.c.id == programme_id)
    return str(connection.execute(query).scalar_one())


def name_support(connection: Connection, programme_id: int, person_id: int | None, note: str) -> None:
    named = update(t.programme).where(t.programme.c.id == programme_id)
    connection.execute(named.values(support_id=person_id, support_note=note))


def let_leavers_go(connection: Connection, today: date) -> None:
    """Nobody is asked who has left the programme, or all that they were in, or has been erased."""
    prog, part = t.programme.c, t.participation.c
    theirs = part.person_id == prog.support_id
    left_here = exists().where(theirs, part.programme_id == prog.id, part.left <= today)
    left_all = exists().where(theirs) & ~exists().where(theirs, or_(part.left.is_(None), part.left > today))
    erased = prog.support_id.in_(select(t.person.c.id).where(t.person.c.erased_at.is_not(None)))
    gone = update(t.programme).where(or_(left_here, left_all, erased))
    connection.execute(gone.values(support_id=None))
