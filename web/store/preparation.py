"""What was chosen for a session before it, and what its people told of themselves that helps it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from planner.domain import SessionKind
from web.guides import Step
from web.store import tables as t


@dataclass(frozen=True, slots=True)
class Prepared:
    """What somebody chose for a session; nothing, where nobody has."""

    programme_id: int
    is_agreed: bool
    goal_id: int | None
    objective_id: int | None
    agenda: tuple[Step, ...] | None  #: None: the usual one
    is_held: bool = False  #: what is chosen is what it served


def prepared(connection: Connection, session_ids: Collection[str]) -> Mapping[str, Prepared]:
    """By session; of every one that there is."""
    s, p = t.session.c, t.preparation.c
    rows = connection.execute(
        select(s.id, s.programme_id, s.state, s.outcome, p.goal_id, p.objective_id, p.agenda)
        .outerjoin(t.preparation, p.session_id == s.id)
        .where(s.id.in_(session_ids))
    )
    return {
        row.id: Prepared(
            row.programme_id,
            row.state == "agreed",
            row.goal_id,
            row.objective_id,
            None if row.agenda is None else tuple(Step(each["minutes"], each["what"]) for each in row.agenda),
            row.state == "agreed" and row.outcome == "held",
        )
        for row in rows
    }


def prepare(connection: Connection, session_id: str, by_id: int, now: datetime, **values: Any) -> None:
    """Keep what was chosen; whatever is not among `values` stays as it was."""
    p = t.preparation.c
    values |= {"changed_by": by_id, "changed_at": now}
    if connection.execute(select(p.session_id).where(p.session_id == session_id)).first():
        connection.execute(update(t.preparation).where(p.session_id == session_id).values(values))
    else:
        connection.execute(insert(t.preparation).values(session_id=session_id, **values))


def keep_served(
    connection: Connection, session_id: str, goal_id: int | None, objective_id: int | None, now: datetime
) -> None:
    """What a session served. Who chose anything for it before stays as it was; by itself nobody does."""
    p = t.preparation.c
    served = {"goal_id": goal_id, "objective_id": objective_id}
    if connection.execute(select(p.session_id).where(p.session_id == session_id)).first():
        connection.execute(update(t.preparation).where(p.session_id == session_id).values(served))
    else:
        connection.execute(insert(t.preparation).values(session_id=session_id, changed_at=now, **served))


def next_agreed(
    connection: Connection, programme_id: int, but: Collection[SessionKind], now: datetime, most: int
) -> list[str]:
    """Ids of a programme's agreed sessions to come but for some kinds, the soonest first."""
    s = t.session.c
    query = (
        select(s.id)
        .where(s.programme_id == programme_id, s.kind.not_in(but), s.state == "agreed", s.start > now)
        .order_by(s.start, s.id)
        .limit(most)
    )
    return list(connection.execute(query).scalars())


def as_kept(agenda: Collection[Step] | None) -> list[dict[str, Any]] | None:
    """An agenda as the table has it."""
    return None if agenda is None else [{"minutes": step.minutes, "what": step.what} for step in agenda]


@dataclass(frozen=True, slots=True)
class Told:
    """What somebody told of themself that helps whoever meets them."""

    topics: frozenset[str]
    eats: str  #: "vegetarian, no nuts"; may be empty


def told(connection: Connection, person_ids: Collection[int]) -> Mapping[int, Told]:
    p = t.person.c
    rows = connection.execute(select(p.id, p.topics, p.eats).where(p.id.in_(person_ids)))
    return {row.id: Told(frozenset(row.topics), row.eats) for row in rows}
