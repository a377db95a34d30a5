"""Who is what in a programme: the list of its people, and one of them with all that an admin may see."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, and_, delete, exists, func, insert, or_, select, update

from planner.lifecycle import LIVE, SEATED
from web.records import PersonRef, RosterRecord
from web.store import people, sessions
from web.store import tables as t
from web.store.tables import AnyRow


@dataclass(frozen=True, slots=True)
class Listed:
    """One person of a programme, as the list looks for them."""

    person: PersonRef
    roles: tuple[str, ...]
    calendar: str | None  #: kind only
    read_at: datetime | None
    reason: str | None
    warnings: int

    @property
    def problem(self) -> bool:
        """A plan treats this person's time, or part of it, as unknown."""
        unknown = self.calendar is None or self.read_at is None or self.reason is not None
        return unknown and not {"senior", "junior"}.isdisjoint(self.roles)


def everybody(connection: Connection, programme_id: int, person_id: int | None = None) -> list[Listed]:
    """All who have a role in a programme, or take part in it (or one of them), by name; one statement."""
    p, m, r, part = t.person, t.membership, t.reading, t.participation
    here = select(m.c.person_id).where(m.c.programme_id == programme_id)
    there = select(part.c.person_id).where(part.c.programme_id == programme_id)
    query = (
        select(
            p.c.id,
            p.c.name,
            p.c.email,
            p.c.timezone,
            p.c.calendar,
            m.c.role,
            r.c.read_at,
            r.c.reason,
            r.c.warnings,
        )
        .outerjoin(m, and_(m.c.person_id == p.c.id, m.c.programme_id == programme_id))
        .outerjoin(r, r.c.person_id == p.c.id)
        .where(p.c.id.in_(here.union(there)), p.c.erased_at.is_(None))
        .order_by(p.c.name, p.c.id, m.c.role)
    )
    if person_id is not None:
        query = query.where(p.c.id == person_id)
    found: dict[int, Listed] = {}
    for row in connection.execute(query):
        roles = (*(found[row.id].roles if row.id in found else ()), *([row.role] if row.role else ()))
        kind = (row.calendar or "").partition(":")[0] or None
        found[row.id] = Listed(people.ref(row), roles, kind, row.read_at, row.reason, len(row.warnings or ()))
    return list(found.values())


def records(connection: Connection, some: Sequence[Listed]) -> tuple[RosterRecord, ...]:
    """The same with their offices."""
    offices = office_names(connection, [each.person.id for each in some])
    return tuple(
        RosterRecord(
            each.person,
            each.roles,
            offices.get(each.person.id, ()),
            each.calendar,
            each.read_at,
            each.reason,
            each.warnings,
        )
        for each in some
    )


def office_names(connection: Connection, ids: Collection[int]) -> Mapping[int, tuple[str, ...]]:
    o, link = t.office, t.person_office
    rows = connection.execute(
        select(link.c.person_id, o.c.name)
        .join(o, o.c.id == link.c.office_id)
        .where(link.c.person_id.in_(ids))
        .order_by(o.c.name)
    )
    found: dict[int, tuple[str, ...]] = {}
    for row in rows:
        found[row.person_id] = (*found.get(row.person_id, ()), row.name)
    return found


# --- one of them ---------------------------------------------------------------------------------


def one(connection: Connection, programme_id: int, person_id: int) -> AnyRow | None:
    """Somebody of a programme: the row of `person`, with that of `participation` there."""
    p, part, m = t.person, t.participation, t.membership
    there = and_(part.c.person_id == p.c.id, part.c.programme_id == programme_id)
    has_role = select(m.c.role).where(m.c.person_id == p.c.id, m.c.programme_id == programme_id).exists()
    return connection.execute(
        select(
            p,
            part.c.joined,
            part.c.left,
            part.c.paused_from,
            part.c.paused_until,
            part.c.cohort,
            part.c.team,
        )
        .outerjoin(part, there)
        .where(p.c.id == person_id, p.c.erased_at.is_(None), part.c.joined.is_not(None) | has_role)
    ).one_or_none()


def roles(connection: Connection, programme_id: int, person_id: int) -> frozenset[str]:
    m = t.membership.c
    query = select(m.role).where(m.programme_id == programme_id, m.person_id == person_id)
    return frozenset(connection.execute(query).scalars())


def taking_part(
    connection: Connection, today: date, person_ids: Collection[int] | None = None
) -> Mapping[int, frozenset[int]]:
    """By person (None: of everybody) the programmes they have a role or a part in and have not left.

    Whoever has none belongs where the seniors are whom they assist.
    """
    m, part = t.membership.c, t.participation.c
    has_left = (part.person_id == m.person_id) & (part.programme_id == m.programme_id) & (part.left <= today)
    with_role = select(m.person_id, m.programme_id).where(~exists().where(has_left))
    with_part = select(part.person_id, part.programme_id).where(or_(part.left.is_(None), part.left > today))
    if person_ids is not None:
        with_role = with_role.where(m.person_id.in_(person_ids))
        with_part = with_part.where(part.person_id.in_(person_ids))
    found: dict[int, set[int]] = defaultdict(set)
    for row in connection.execute(with_role.union(with_part)):
        found[row.person_id].add(row.programme_id)
    seniors = (
        select(t.assistant.c.assistant_id, m.programme_id)
        .join(t.assistant, (t.assistant.c.senior_id == m.person_id) & (m.role == "senior"))
        .where(~exists().where(has_left))
    )
    own = set(found)
    for row in connection.execute(seniors):
        if row.assistant_id not in own and (person_ids is None or row.assistant_id in person_ids):
            found[row.assistant_id].add(row.programme_id)
    return {person_id: frozenset(where) for person_id, where in found.items()}


def admins(connection: Connection, programme_id: int, today: date) -> frozenset[int]:
    """Who may run a programme now; locks nothing, so it is asked within the writing transaction."""
    found = people.members(connection, programme_id=programme_id, role="admin", present_on=today)
    return frozenset(each.person.id for each in found)


def write_roles(connection: Connection, programme_id: int, person_id: int, wanted: Collection[str]) -> None:
    m = t.membership
    gone = delete(m).where(m.c.programme_id == programme_id, m.c.person_id == person_id)
    connection.execute(gone)
    rows = [{"programme_id": programme_id, "person_id": person_id, "role": role} for role in sorted(wanted)]
    if rows:
        connection.execute(insert(m), rows)


def write_participation(
    connection: Connection, programme_id: int, person_id: int, values: Mapping[str, Any]
) -> None:
    """Change when and where somebody takes part; `joined` is among the values."""
    part = t.participation
    mine = (part.c.programme_id == programme_id) & (part.c.person_id == person_id)
    if connection.execute(update(part).where(mine).values(**values)).rowcount == 0:
        connection.execute(insert(part).values(programme_id=programme_id, person_id=person_id, **values))


def write_manager(connection: Connection, person_id: int, manager_id: int | None) -> None:
    connection.execute(update(t.person).where(t.person.c.id == person_id).values(manager_id=manager_id))


def ahead(connection: Connection, programme_id: int, person_id: int, role: str, now: datetime) -> int:
    """Sessions to come that somebody leads, or has a seat in, or is proposed for."""
    s, p = t.session, t.proposal
    live = select(p.c.id).where(p.c.programme_id == programme_id, p.c.state.in_(LIVE))
    if role == "senior":
        agreed = s.c.senior_id == person_id
        proposed = select(p.c.id).where(p.c.id.in_(live), p.c.senior_id == person_id)
    else:
        seat, j = t.seat, t.placement_junior
        mine = select(seat.c.session_id).where(seat.c.person_id == person_id, seat.c.state.in_(SEATED))
        agreed = s.c.id.in_(mine)
        proposed = select(j.c.proposal_id).where(j.c.proposal_id.in_(live), j.c.person_id == person_id)
    found = sessions.agreed(connection, agreed & (s.c.programme_id == programme_id) & sessions.upcoming(now))
    waiting = connection.execute(select(func.count()).select_from(proposed.subquery())).scalar_one()
    return len(found) + int(waiting)
