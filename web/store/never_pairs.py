"""Who is never brought together: pairs that an admin keeps apart, and line managers with their reports.

A pair is of people, whatever their roles. A line manager does not mentor a report, nor the other way
round; beside each other as juniors of a third they may sit.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Connection,
    Select,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    union,
)

from planner.lifecycle import TAKEN
from web.records import PersonRef
from web.store import people
from web.store import tables as t
from web.store.tables import AnyRow

_n = t.never_pair.c


def of_person(connection: Connection, person_id: int) -> tuple[PersonRef, ...]:
    """Whom an admin keeps somebody apart from, by name."""
    p = t.person
    rows = connection.execute(
        select(p.c.id, p.c.name, p.c.email, p.c.timezone)
        .where(p.c.id.in_(union(*_others(person_id))))
        .order_by(p.c.name, p.c.id)
    )
    return tuple(people.ref(row) for row in rows)


def add(connection: Connection, one_id: int, other_id: int) -> None:
    """No harm where they are kept apart already."""
    first, second = sorted((one_id, other_id))
    known = select(_n.one_id).where(_n.one_id == first, _n.other_id == second)
    if connection.execute(known).first() is None:
        connection.execute(insert(t.never_pair).values(one_id=first, other_id=second))


def remove(connection: Connection, one_id: int, other_id: int) -> bool:
    """False: they were not kept apart."""
    first, second = sorted((one_id, other_id))
    gone = delete(t.never_pair).where(_n.one_id == first, _n.other_id == second)
    return connection.execute(gone).rowcount > 0


def by_need(connection: Connection, one_id: int, other_id: int) -> tuple[int, int]:
    """The two with the greater need first, in whatever programme it is; of equal ones who is known longer."""
    part = t.participation.c
    rows = connection.execute(
        select(part.person_id, func.max(part.need).label("need"))
        .where(part.person_id.in_((one_id, other_id)))
        .group_by(part.person_id)
    )
    need = {row.person_id: row.need for row in rows}
    first, second = sorted((one_id, other_id), key=lambda who: (-need.get(who, 0), who))
    return first, second


def programmes_of(connection: Connection, one_id: int, other_id: int) -> list[int]:
    """Every programme that one of the two has a role in."""
    m = t.membership.c
    query = select(m.programme_id).distinct().where(m.person_id.in_((one_id, other_id)))
    return sorted(connection.execute(query).scalars())


# --- who may sit where ---------------------------------------------------------------------------


def everybody(connection: Connection) -> Mapping[int, set[int]]:
    """By person, from whom an admin keeps them apart."""
    return _by_person(connection.execute(select(_n.one_id, _n.other_id)))


def of_juniors(connection: Connection, juniors: Collection[int], senior_id: int) -> Mapping[int, set[int]]:
    """From whom each of some juniors is kept apart in a session of this senior's, line managers included."""
    either = or_(_n.one_id.in_(juniors), _n.other_id.in_(juniors))
    p = t.person.c
    reports = or_(
        p.id.in_(juniors) & (p.manager_id == senior_id), (p.id == senior_id) & p.manager_id.in_(juniors)
    )
    pairs = select(_n.one_id, _n.other_id).where(either)
    return _by_person(connection.execute(pairs.union(select(p.id, p.manager_id).where(reports))))


def _by_person(pairs: Iterable[AnyRow]) -> Mapping[int, set[int]]:
    found: dict[int, set[int]] = defaultdict(set)
    for one, other in pairs:
        found[one].add(other)
        found[other].add(one)
    return found


def seniors_apart(person_id: int) -> CompoundSelect[tuple[int]]:
    """Ids of those whom somebody does not meet as senior and junior, either way round."""
    p = t.person.c
    return union(
        *_others(person_id),
        select(p.manager_id).where(p.id == person_id, p.manager_id.is_not(None)),
        select(p.id).where(p.manager_id == person_id),
    )


def shut_to(person_id: int) -> ColumnElement[bool]:
    """Sessions in which somebody can have no seat as things stand, beside its senior or another junior.

    They look like full ones: nobody learns from them that, or from whom, they are kept apart.
    """
    seat = t.seat.c
    beside = exists().where(
        seat.session_id == t.session.c.id,
        seat.state.in_(TAKEN),
        seat.person_id.in_(union(*_others(person_id))),
    )
    return or_(t.session.c.senior_id.in_(seniors_apart(person_id)), beside)


def _others(person_id: int) -> tuple[Select[tuple[int]], Select[tuple[int]]]:
    """The other ends of somebody's pairs."""
    return (
        select(_n.other_id).where(_n.one_id == person_id),
        select(_n.one_id).where(_n.other_id == person_id),
    )
