"""What was decided and looked at, by whom and when: rows are added and never changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, String, cast, insert, literal, or_, select

from web.store.tables import AnyRow
from web.store.tables import audit_entry as a
from web.store.tables import private_request as r


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the log; people are numbers."""

    id: int
    at: datetime
    actor_id: int | None  #: None: officeday itself, or a command
    behalf_id: int | None  #: the senior, where an assistant acted
    programme_id: int | None
    action: str
    object: str
    subject_id: int | None
    details: Mapping[str, int]


def add(
    connection: Connection,
    at: datetime,
    action: str,
    object_: str,
    *,
    actor_id: int | None,
    behalf_id: int | None,
    programme_id: int | None,
    subject_id: int | None,
    details: Mapping[str, int],
) -> None:
    connection.execute(
        insert(a).values(
            at=at,
            action=action,
            object=object_,
            actor_id=actor_id,
            behalf_id=behalf_id,
            programme_id=programme_id,
            subject_id=subject_id,
            details=dict(details),
        )
    )


def newest(
    connection: Connection,
    programme_id: int,
    reader_id: int,
    *,
    action: str | None = None,
    object_: str | None = None,
    before: int | None = None,
    most: int | None = None,
) -> Iterator[Entry]:
    """A programme's entries and those of no programme, newest first; `before` is the id to go on from."""
    query = select(a).where(_seen_from(programme_id, reader_id)).order_by(a.c.id.desc()).limit(most)
    if action is not None:
        query = query.where(a.c.action == action)
    if object_ is not None:
        query = query.where(a.c.object == object_)
    if before is not None:
        query = query.where(a.c.id < before)
    for row in connection.execute(query):
        yield _entry(row)


def actions(connection: Connection, programme_id: int, reader_id: int) -> list[str]:
    """The kinds of entries there are, for a filter."""
    query = select(a.c.action).where(_seen_from(programme_id, reader_id)).distinct().order_by(a.c.action)
    return list(connection.execute(query).scalars())


def _seen_from(programme_id: int, reader_id: int) -> ColumnElement[bool]:
    """But for what nobody is to learn of themselves: who would rather not meet them, from whom they are
    kept apart."""
    named = select(literal("request:") + cast(r.c.id, String)).where(r.c.senior_id == reader_id)
    parted = a.c.action.in_(("membership.keep_apart", "membership.let_meet"))
    of_reader = parted & a.c.subject_id.is_not_distinct_from(reader_id)
    here = or_(a.c.programme_id == programme_id, a.c.programme_id.is_(None))
    return here & a.c.object.not_in(named) & ~of_reader


def _entry(row: AnyRow) -> Entry:
    return Entry(
        row.id,
        row.at,
        row.actor_id,
        row.behalf_id,
        row.programme_id,
        row.action,
        row.object,
        row.subject_id,
        row.details,
    )
