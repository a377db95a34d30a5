"""Agreed sessions, as pages and invitations show them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Connection, Select, case, func, select, update

from planner.domain import Placement, SessionKind
from planner.lifecycle import SEATED
from web.records import PersonRef, SessionRecord
from web.store import people
from web.store import tables as t
from web.store.tables import AnyRow

_Key = TypeVar("_Key")

#: Columns of a session with the names of its places; `start` and `room_id` are added by who selects.
_PLACES = (
    t.session.c.id,
    t.session.c.kind,
    t.session.c.title,
    t.session.c.minutes,
    t.session.c.senior_id,
    t.session.c.seats_max,
    t.session.c.open_seats,
    t.session.c.sequence,
    t.office.c.name.label("office"),
    t.office.c.timezone.label("office_zone"),
    t.room.c.name.label("room"),
    t.room.c.email.label("room_email"),
    t.person.c.timezone.label("senior_zone"),
)


def agreed(connection: Connection, where: ColumnElement[bool]) -> list[SessionRecord]:
    """Agreed (or called off) sessions in order of time, with those who have a seat."""
    rows = connection.execute(_with_places(t.session.c.start, t.session.c.room_id).where(where)).all()
    seated = _seated(connection, [row.id for row in rows])
    everybody = {who for row in rows for who in (row.senior_id, *seated[row.id])}
    refs = people.refs(connection, everybody)
    return sorted((_record(row, seated[row.id], refs) for row in rows), key=lambda s: (s.start, s.id))


def one_agreed(connection: Connection, session_id: str) -> SessionRecord | None:
    found = agreed(connection, (t.session.c.id == session_id) & (t.session.c.state != "due"))
    return found[0] if found else None


def agreed_of(
    connection: Connection, proposal_ids: Collection[int]
) -> Mapping[tuple[int, str], SessionRecord]:
    """What approved proposals have become, by proposal and session: with those who have a seat now."""
    s = t.session
    rows = connection.execute(select(s.c.id, s.c.proposal_id).where(s.c.proposal_id.in_(proposal_ids)))
    of = {row.id: row.proposal_id for row in rows}
    return {(of[one.id], one.id): one for one in agreed(connection, s.c.id.in_(of))}


def placed(connection: Connection, proposal_ids: Collection[int]) -> Mapping[int, tuple[SessionRecord, ...]]:
    """The sessions of proposals, in order of time."""
    p = t.placement
    rows = connection.execute(
        select(p.c.proposal_id, p.c.start, p.c.room_id, *_PLACES)
        .select_from(
            p.join(t.session, t.session.c.id == p.c.session_id)
            .join(t.person, t.person.c.id == t.session.c.senior_id)
            .outerjoin(t.office, t.office.c.id == t.session.c.office_id)
            .outerjoin(t.room, t.room.c.id == p.c.room_id)
        )
        .where(p.c.proposal_id.in_(proposal_ids))
        .order_by(p.c.start, p.c.session_id)
    ).all()
    juniors = _placed_juniors(connection, proposal_ids)
    everybody = {row.senior_id for row in rows} | {who for some in juniors.values() for who in some}
    refs = people.refs(connection, everybody)
    found: dict[int, tuple[SessionRecord, ...]] = defaultdict(tuple)
    for row in rows:
        found[row.proposal_id] += (_record(row, juniors[row.proposal_id, row.id], refs),)
    return found


def _with_places(*columns: ColumnElement[Any]) -> Select[Any]:
    return select(*columns, *_PLACES).select_from(
        t.session.join(t.person, t.person.c.id == t.session.c.senior_id)
        .outerjoin(t.office, t.office.c.id == t.session.c.office_id)
        .outerjoin(t.room, t.room.c.id == t.session.c.room_id)
    )


def _record(row: AnyRow, juniors: Sequence[int], refs: Mapping[int, PersonRef]) -> SessionRecord:
    return SessionRecord(
        id=row.id,
        kind=SessionKind(row.kind),
        title=row.title,
        start=row.start,
        minutes=row.minutes,
        timezone=row.office_zone or row.senior_zone,
        senior=refs[row.senior_id],
        juniors=tuple(sorted((refs[who] for who in juniors), key=lambda one: one.name)),
        office=row.office,
        room=row.room,
        open_seats=max(0, min(row.open_seats, row.seats_max - len(juniors))),
        sequence=row.sequence,
        room_email=row.room_email,
    )


def _seated(connection: Connection, ids: Collection[str]) -> Mapping[str, list[int]]:
    seat = t.seat
    rows = connection.execute(
        select(seat.c.session_id, seat.c.person_id).where(
            seat.c.session_id.in_(ids), seat.c.state.in_(SEATED)
        )
    )
    return _grouped((row.session_id, row.person_id) for row in rows)


def _placed_juniors(
    connection: Connection, proposal_ids: Collection[int]
) -> Mapping[tuple[int, str], list[int]]:
    j = t.placement_junior
    rows = connection.execute(select(j).where(j.c.proposal_id.in_(proposal_ids)))
    return _grouped(((row.proposal_id, row.session_id), row.person_id) for row in rows)


def _grouped(pairs: Iterable[tuple[_Key, int]]) -> Mapping[_Key, list[int]]:
    found: dict[_Key, list[int]] = defaultdict(list)
    for key, value in pairs:
        found[key].append(value)
    return found


def rooms_of(connection: Connection, some: Iterable[SessionRecord]) -> Mapping[str, str | None]:
    """The ids of the rooms that agreed sessions are in."""
    s = t.session
    rows = connection.execute(select(s.c.id, s.c.room_id).where(s.c.id.in_([each.id for each in some])))
    return {row.id: row.room_id for row in rows}


def office_of(connection: Connection, session_id: str) -> str | None:
    """The id of the office a session is held in; None: online."""
    office: str | None = connection.execute(
        select(t.session.c.office_id).where(t.session.c.id == session_id)
    ).scalar()
    return office


def programme_of(connection: Connection, session_id: str) -> int:
    """0: there is no such session."""
    query = select(t.session.c.programme_id).where(t.session.c.id == session_id)
    return connection.execute(query).scalar() or 0


def change(connection: Connection, session_id: str, **values: Any) -> None:
    connection.execute(update(t.session).where(t.session.c.id == session_id).values(**values))


def next_sequence(connection: Connection, session_ids: Collection[str]) -> None:
    """What goes out about these sessions from now on counts as newer (RFC 5545 §3.8.7.4)."""
    connection.execute(
        update(t.session).where(t.session.c.id.in_(session_ids)).values(sequence=t.session.c.sequence + 1)
    )


def upcoming(now: datetime) -> ColumnElement[bool]:
    """Agreed and not begun."""
    return (t.session.c.state == "agreed") & (t.session.c.start > now)


def make_agreed(connection: Connection, proposal_id: int, placements: Sequence[Placement]) -> None:
    """Keep times and rooms; as many seats as were given, and those kept open."""
    s = t.session
    given = case({p.session: len(p.juniors) for p in placements}, value=s.c.id)
    connection.execute(
        update(s)
        .where(s.c.id.in_([p.session for p in placements]))
        .values(
            state="agreed",
            proposal_id=proposal_id,
            start=case({p.session: p.start for p in placements}, value=s.c.id),
            room_id=case({p.session: p.room for p in placements}, value=s.c.id),
            seats_held=given + s.c.open_seats,
        )
    )


def to_come_of(connection: Connection, proposal_id: int, now: datetime) -> list[str]:
    """Ids of what was agreed through a proposal and has not begun."""
    s = t.session
    query = select(s.c.id).where(s.c.proposal_id == proposal_id, upcoming(now))
    return list(connection.execute(query).scalars())


def make_due(connection: Connection, session_ids: Collection[str]) -> None:
    """Undo `make_agreed` and `go_online`; the sequence stays: the next invitation counts as newer."""
    s = t.session
    due = {"state": "due", "start": None, "room_id": None, "proposal_id": None, "seats_held": None}
    where = {
        "office_id": func.coalesce(s.c.office_before, s.c.office_id),
        "room_use": func.coalesce(s.c.room_use_before, s.c.room_use),
        "office_before": None,
        "room_use_before": None,
    }
    connection.execute(update(s).where(s.c.id.in_(session_ids)).values(due | where))


def go_online(connection: Connection, session_ids: Collection[str]) -> None:
    """Let agreed sessions be held online at the same time; their rooms are free again."""
    s = t.session
    online = {
        "office_before": s.c.office_id,
        "room_use_before": s.c.room_use,
        "office_id": None,
        "room_use": None,
        "room_id": None,
    }
    in_person = s.c.id.in_(session_ids) & s.c.office_id.is_not(None)
    connection.execute(update(s).where(in_person).values(online))


def note_office(connection: Connection, proposal_id: int) -> None:
    """A day none of whose agreed sessions is held in an office any more has none."""
    s, p = t.session, t.proposal
    there = select(s.c.id).where(s.c.proposal_id == p.c.id, s.c.state == "agreed", s.c.office_id.is_not(None))
    connection.execute(update(p).where(p.c.id == proposal_id, ~there.exists()).values(office_id=None))
