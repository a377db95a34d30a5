"""What juniors work towards, and what their programme does."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, case, exists, func, insert, or_, select, update

from planner.domain import SessionKind
from web.records import GoalRecord, ObjectiveRecord
from web.store import tables as t
from web.store.tables import AnyRow

g = t.goal.c
o = t.objective.c

#: Neither reached nor let go.
OPEN = and_(g.reached_at.is_(None), g.dropped_at.is_(None))


@dataclass(frozen=True, slots=True)
class Whose:
    """A goal or an objective without its words: whose it is, and how it stands."""

    id: int
    programme_id: int
    person_id: int | None  #: None: the programme's
    progress: int
    is_reached: bool
    is_dropped: bool


# --- juniors' goals ------------------------------------------------------------------------------


def goals(connection: Connection, where: ColumnElement[bool]) -> list[GoalRecord]:
    """None that was let go. Open ones come first, by date (those without one last), then what was reached,
    the newest first."""
    undated, reached = g.target.is_(None), g.reached_at.is_not(None)
    rows = connection.execute(
        select(t.goal)
        .where(where, g.dropped_at.is_(None))
        .order_by(reached, g.reached_at.desc(), undated, g.target, g.id)
    )
    return [_goal(row) for row in rows]


def open_goals(
    connection: Connection,
    programme_ids: Collection[int],
    person_ids: Collection[int],
    since: datetime | None = None,
) -> Mapping[tuple[int, int], tuple[GoalRecord, ...]]:
    """Open goals by programme and person, that with the nearest date first.

    Args:
        since: those too that were reached after it.
    """
    rows = connection.execute(
        select(t.goal)
        .where(g.programme_id.in_(programme_ids), g.person_id.in_(person_ids), g.dropped_at.is_(None))
        .where(_not_reached(g.reached_at, since))
        .order_by(g.target.is_(None), g.target, g.id)
    )
    found: dict[tuple[int, int], tuple[GoalRecord, ...]] = defaultdict(tuple)
    for row in rows:
        found[row.programme_id, row.person_id] += (_goal(row),)
    return found


def by_id(connection: Connection, goal_ids: Collection[int]) -> Mapping[int, GoalRecord]:
    """Open or reached; none that was let go."""
    if not goal_ids:
        return {}
    rows = connection.execute(select(t.goal).where(g.id.in_(goal_ids), g.dropped_at.is_(None)))
    return {row.id: _goal(row) for row in rows}


def _goal(row: AnyRow) -> GoalRecord:
    return GoalRecord(
        row.id,
        row.person_id,
        row.statement,
        row.why,
        row.target,
        row.progress,
        row.reached_at,
        row.created_at,
    )


def _not_reached(reached_at: ColumnElement[datetime], since: datetime | None) -> ColumnElement[bool]:
    return reached_at.is_(None) if since is None else or_(reached_at.is_(None), reached_at > since)


def goal(connection: Connection, goal_id: int) -> Whose | None:
    row = connection.execute(select(t.goal).where(g.id == goal_id)).one_or_none()
    return _whose(row, row.person_id, row.progress) if row else None


def _whose(row: AnyRow, person_id: int | None, progress: int) -> Whose:
    reached, dropped = row.reached_at is not None, row.dropped_at is not None
    return Whose(row.id, row.programme_id, person_id, progress, reached, dropped)


def count_open(connection: Connection, programme_id: int, person_id: int) -> int:
    mine = select(func.count()).where(g.programme_id == programme_id, g.person_id == person_id, OPEN)
    return connection.execute(mine).scalar_one()


def add_goal(connection: Connection, programme_id: int, person_id: int, now: datetime, **values: Any) -> int:
    made = (
        insert(t.goal)
        .returning(g.id)
        .values(programme_id=programme_id, person_id=person_id, created_at=now, changed_at=now, **values)
    )
    return int(connection.execute(made).scalar_one())


def change_goal(connection: Connection, goal_id: int, now: datetime, **values: Any) -> None:
    connection.execute(update(t.goal).where(g.id == goal_id).values(changed_at=now, **values))


def counted(connection: Connection, programme_id: int, today: date) -> tuple[int, int, int]:
    """Juniors who are in a programme with a goal that was not let go; such goals, open and reached."""
    m, part = t.membership.c, t.participation.c
    there = select(m.person_id).where(
        m.programme_id == programme_id,
        m.role == "junior",
        ~exists().where(
            part.person_id == m.person_id,
            part.programme_id == m.programme_id,
            or_(part.left <= today, part.joined > today),
        ),
    )
    row = connection.execute(
        select(
            func.count(g.person_id.distinct()).label("people"),
            func.count(case((g.reached_at.is_(None), 1))).label("open"),
            func.count(g.reached_at).label("reached"),
        ).where(g.programme_id == programme_id, g.dropped_at.is_(None), g.person_id.in_(there))
    ).one()
    return row.people, row.open, row.reached


# --- a programme's objectives --------------------------------------------------------------------


def objectives(connection: Connection, programme_id: int) -> list[ObjectiveRecord]:
    """None that was ended. Open ones come first, in the order they were put in, then what was reached."""
    rows = connection.execute(
        select(t.objective)
        .where(o.programme_id == programme_id, o.dropped_at.is_(None))
        .order_by(o.reached_at.is_not(None), o.reached_at.desc(), o.position, o.id)
    )
    return [_objective(row) for row in rows]


def open_objectives(
    connection: Connection, programme_ids: Collection[int], since: datetime | None = None
) -> Mapping[int, tuple[ObjectiveRecord, ...]]:
    """By programme, in the order they were put in.

    Args:
        since: those too that were reached after it.
    """
    rows = connection.execute(
        select(t.objective)
        .where(o.programme_id.in_(programme_ids), o.dropped_at.is_(None))
        .where(_not_reached(o.reached_at, since))
        .order_by(o.position, o.id)
    )
    found: dict[int, tuple[ObjectiveRecord, ...]] = defaultdict(tuple)
    for row in rows:
        found[row.programme_id] += (_objective(row),)
    return found


def objectives_by_id(connection: Connection, objective_ids: Collection[int]) -> Mapping[int, ObjectiveRecord]:
    """Also those that were reached or ended."""
    if not objective_ids:
        return {}
    rows = connection.execute(select(t.objective).where(o.id.in_(objective_ids)))
    return {row.id: _objective(row) for row in rows}


def _objective(row: AnyRow) -> ObjectiveRecord:
    kinds = frozenset(SessionKind(kind) for kind in row.kinds)
    return ObjectiveRecord(row.id, row.statement, row.why, kinds, row.target, row.reached_at, row.created_at)


def objective(connection: Connection, objective_id: int) -> Whose | None:
    row = connection.execute(select(t.objective).where(o.id == objective_id)).one_or_none()
    return _whose(row, None, 0) if row else None


def add_objective(
    connection: Connection,
    programme_id: int,
    statement: str,
    why: str,
    kinds: Collection[SessionKind],
    target: date | None,
    now: datetime,
) -> int:
    """After all there are."""
    last = select(func.coalesce(func.max(o.position), 0)).where(o.programme_id == programme_id)
    made = insert(t.objective).returning(o.id)
    values = {"statement": statement, "why": why, "kinds": sorted(kinds), "target": target}
    position = connection.execute(last).scalar_one() + 1
    placed = made.values(programme_id=programme_id, position=position, created_at=now, **values)
    return int(connection.execute(placed).scalar_one())


def change_objective(connection: Connection, objective_id: int, **values: Any) -> None:
    connection.execute(update(t.objective).where(o.id == objective_id).values(**values))


def put_in_order(connection: Connection, objective_ids: Sequence[int]) -> None:
    """From the first to the last."""
    place = case({each: n for n, each in enumerate(objective_ids, start=1)}, value=o.id)
    connection.execute(update(t.objective).where(o.id.in_(objective_ids)).values(position=place))
