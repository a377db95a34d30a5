"""The weekly cycle of programmes: its settings, and the runs it made."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, or_, select, update

from planner.lifecycle import ProposalState
from web.store import runs
from web.store import tables as t
from web.store.tables import AnyRow


@dataclass(frozen=True, slots=True)
class Cycle:
    """When a programme is planned by itself, and what such a plan covers."""

    programme_id: int
    programme: str
    plan_on: str | None  #: "thu"; None: by hand only
    plan_at: time  #: on the clocks of `timezone`
    timezone: str
    weeks_ahead: int
    freeze: timedelta
    since: datetime | None  #: moments before it do not count


def is_time_to_look(connection: Connection, now: datetime, every: timedelta) -> bool:
    """Has nobody looked for so long?"""
    return (
        connection.execute(select(t.programme.c.id).where(_unseen(now, every)).limit(1)).first() is not None
    )


def take_look(connection: Connection, now: datetime, every: timedelta) -> bool:
    """Have the look for this worker; False: another one was faster."""
    looked = update(t.programme).where(_unseen(now, every)).values(looked_at=now)
    return connection.execute(looked).rowcount > 0


def _unseen(now: datetime, every: timedelta) -> ColumnElement[bool]:
    looked_at = t.programme.c.looked_at
    return or_(looked_at.is_(None), looked_at <= now - every, looked_at > now)


# --- settings ------------------------------------------------------------------------------------


def cycles(connection: Connection, programme_id: int | None = None) -> list[Cycle]:
    """Of one programme, or of all."""
    p = t.programme
    query = select(p).order_by(p.c.id)
    if programme_id is not None:
        query = query.where(p.c.id == programme_id)
    return [
        Cycle(
            row.id,
            row.name,
            row.plan_on,
            time.fromisoformat(row.plan_at),
            row.timezone,
            row.weeks_ahead,
            timedelta(hours=row.freeze_hours),
            row.cycle_since,
        )
        for row in connection.execute(query)
    ]


def keep(connection: Connection, programme_id: int, **values: Any) -> None:
    connection.execute(update(t.programme).where(t.programme.c.id == programme_id).values(**values))


def usual_zone(connection: Connection) -> str | None:
    """That of most offices; None: there is no office."""
    zone = t.office.c.timezone
    query = select(zone).group_by(zone).order_by(func.count().desc(), zone).limit(1)
    return connection.execute(query).scalar()


def reach(connection: Connection) -> timedelta:
    """How far ahead the weekly plans of any programme may look, with a day to spare on both sides."""
    p = t.programme
    rows = connection.execute(select(p.c.weeks_ahead, p.c.freeze_hours).where(p.c.plan_on.is_not(None)))
    ahead = [timedelta(weeks=row.weeks_ahead, hours=row.freeze_hours, days=2) for row in rows]
    return max(ahead, default=timedelta())


def zones(connection: Connection, programme_id: int) -> set[str]:
    """In whose dates a programme's sessions are held: those of offices, and of its seniors at home."""
    m = t.membership
    seniors = select(m.c.person_id).where(m.c.programme_id == programme_id, m.c.role == "senior")
    offices = connection.execute(select(t.office.c.timezone).distinct()).scalars()
    homes = connection.execute(
        select(t.person.c.timezone).where(t.person.c.id.in_(seniors)).distinct()
    ).scalars()
    return {*offices, *homes}


# --- runs ----------------------------------------------------------------------------------------


def note_moment(connection: Connection, run_id: int, moment: datetime) -> None:
    """This run was made by the cycle. A second one for the same moment is an error of the database's."""
    runs.change(connection, run_id, cycle_at=moment)


def last_run(connection: Connection, programme_id: int) -> AnyRow | None:
    """The newest run that the cycle made."""
    r = t.planning_run
    query = select(r).where(r.c.programme_id == programme_id, r.c.cycle_at.is_not(None))
    return connection.execute(query.order_by(r.c.cycle_at.desc()).limit(1)).one_or_none()


def freeze_of(connection: Connection, run_id: int) -> timedelta:
    """How far ahead must begin what this run planned when it is released; an admin's own run: no matter."""
    r, p = t.planning_run, t.programme
    hours = connection.execute(
        select(p.c.freeze_hours)
        .join(r, r.c.programme_id == p.c.id)
        .where(r.c.id == run_id, r.c.cycle_at.is_not(None))
    ).scalar()
    return timedelta(hours=hours or 0)


@dataclass(frozen=True, slots=True)
class Draft:
    """An automatic draft that nobody has released or discarded."""

    run_id: int
    programme_id: int
    first_day: date
    last_day: date
    finished_at: datetime
    days: int
    people: int
    replaces: int  #: proposals that no longer fit, which releasing it takes back


def failed_since(connection: Connection, moment: datetime) -> list[AnyRow]:
    """Runs of the cycle that could not be made and ended after a moment."""
    r = t.planning_run
    failed = (r.c.state == "failed") & r.c.cycle_at.is_not(None) & (r.c.finished_at > moment)
    return list(connection.execute(select(r).where(failed).order_by(r.c.id)))


def drafts(connection: Connection) -> list[Draft]:
    """Oldest first."""
    r, p, j = t.planning_run, t.proposal, t.placement_junior
    rows = connection.execute(
        select(r).where(r.c.state == "draft", r.c.cycle_at.is_not(None)).order_by(r.c.cycle_at)
    ).all()
    if not rows:
        return []
    days: dict[int, int] = defaultdict(int)
    who: dict[int, set[int]] = defaultdict(set)
    of_run = p.c.run_id.in_([row.id for row in rows]) & (p.c.state == ProposalState.DRAFT)
    for row in connection.execute(select(p.c.run_id, p.c.senior_id).where(of_run)):
        days[row.run_id] += 1
        who[row.run_id].add(row.senior_id)
    juniors = select(p.c.run_id, j.c.person_id).join(j, j.c.proposal_id == p.c.id).where(of_run)
    for row in connection.execute(juniors):
        who[row.run_id].add(row.person_id)
    return [
        Draft(
            row.id,
            row.programme_id,
            row.first_day,
            row.last_day,
            row.finished_at,
            days[row.id],
            len(who[row.id]),
            len(row.result["supersedes"]),
        )
        for row in rows
    ]
