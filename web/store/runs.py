"""Planning runs: what was asked for, how far it is, what came of it."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    String,
    bindparam,
    cast,
    delete,
    func,
    insert,
    select,
    update,
)

from planner.domain import SessionKind
from planner.lifecycle import ProposalState
from web.records import PersonRef, ProgressRecord, RunRecord, SeniorDaysRecord, UnplacedRecord
from web.store import people
from web.store import tables as t
from web.store.tables import AnyRow

OPEN = ("queued", "running")


def add(
    connection: Connection,
    programme_id: int,
    first_day: date,
    last_day: date,
    by_id: int | None,
    now: datetime,
) -> int:
    row = connection.execute(
        insert(t.planning_run)
        .values(
            programme_id=programme_id,
            state="queued",
            first_day=first_day,
            last_day=last_day,
            created_at=now,
            created_by=by_id,
            progress={},
            seed=secrets.randbelow(2**31),
        )
        .returning(t.planning_run.c.id)
    )
    return int(row.scalar_one())


def row_of(connection: Connection, run_id: int) -> AnyRow | None:
    return connection.execute(select(t.planning_run).where(t.planning_run.c.id == run_id)).one_or_none()


def change(connection: Connection, run_id: int, **values: Any) -> None:
    connection.execute(update(t.planning_run).where(t.planning_run.c.id == run_id).values(**values))


def keep_simpler_days(
    connection: Connection,
    sessions: Iterable[str],
    compared: Collection[str],
    days: Mapping[str, Mapping[str, date | None]],
) -> None:
    """What simpler ways of booking would have made of sessions, instead of what was known of them.

    Args:
        sessions: all that the plan was free to place.
        compared: those of them that simpler ways were tried on.
        days: by way ("first_free", "greedy") each session that it found a place for, with the day of the trip
            that takes; None: none, because its senior is in that day anyway.
    """
    d = t.simpler_day
    if old := [{"the_key": key} for key in sessions]:
        connection.execute(delete(d).where(d.c.session_id == bindparam("the_key")), old)
    rows = [
        {"session_id": session, "way": way, "placed": session in found, "day": found.get(session)}
        for way, found in days.items()
        for session in compared
    ]
    if rows:
        connection.execute(insert(d), rows)


def remove(connection: Connection, run_id: int) -> None:
    connection.execute(delete(t.planning_run).where(t.planning_run.c.id == run_id))


def programme_of(connection: Connection, run_id: int) -> int:
    r = t.planning_run
    return int(connection.execute(select(r.c.programme_id).where(r.c.id == run_id)).scalar_one())


def window_of(connection: Connection, run_id: int) -> tuple[date, date]:
    r = t.planning_run
    row = connection.execute(select(r.c.first_day, r.c.last_day).where(r.c.id == run_id)).one()
    return row.first_day, row.last_day


def is_open(connection: Connection, programme_id: int) -> int | None:
    """The run that is queued or under way, if one is."""
    r = t.planning_run
    query = select(r.c.id).where(r.c.programme_id == programme_id, r.c.state.in_(OPEN))
    return connection.execute(query).scalars().first()


def last_day(connection: Connection) -> date | None:
    """The last day of any plan that is being made, waits as a draft or was released; None: there is none."""
    r = t.planning_run.c
    return connection.execute(
        select(func.max(r.last_day)).where(r.state.in_((*OPEN, "draft", "released")))
    ).scalar()


def stop_requested(connection: Connection, run_id: int) -> bool:
    r = t.planning_run
    return bool(connection.execute(select(r.c.stop_requested).where(r.c.id == run_id)).scalar())


def lost(connection: Connection) -> list[int]:
    """Runs under way that no open job carries: their worker died too often."""
    r, j = t.planning_run, t.job
    carried = select(j.c.id).where(j.c.kind == "plan", j.c.dedup == "plan:" + cast(r.c.id, String))
    query = select(r.c.id).where(r.c.state.in_(OPEN), ~carried.exists())
    return list(connection.execute(query).scalars())


def records(connection: Connection, where: ColumnElement[bool], most: int = 20) -> list[RunRecord]:
    """Runs, newest first."""
    r = t.planning_run
    rows = connection.execute(select(r).where(where).order_by(r.c.id.desc()).limit(most)).all()
    sizes = _sizes(connection, {row.programme_id for row in rows})
    told = [each for row in rows for each in _told(row.result)]
    sessions = _session_names(connection, {each["session"] for each in told})
    results = [row.result or {} for row in rows]
    seniors = {each["senior"] for result in results for each in result.get("by_senior", ())}
    untrained = {who for result in results for who in result.get("untrained", ())}
    refs = people.refs(connection, seniors | untrained)
    return [_record(row, sizes, sessions, refs) for row in rows]


def _record(
    row: AnyRow,
    sizes: Mapping[tuple[int, str], int],
    sessions: Mapping[str, tuple[SessionKind, str]],
    refs: Mapping[int, PersonRef],
) -> RunRecord:
    result = row.result or {}

    def told(key: str) -> tuple[UnplacedRecord, ...]:
        return tuple(
            UnplacedRecord(each["session"], *sessions[each["session"]], each["reason"])
            for each in result.get(key, ())
            if each["session"] in sessions
        )

    same = result.get("same_sessions", {})  # runs of before compared with ways that placed other sessions
    return RunRecord(
        id=row.id,
        state=row.state,
        first_day=row.first_day,
        last_day=row.last_day,
        created_at=row.created_at,
        finished_at=row.finished_at,
        seniors=sizes.get((row.programme_id, "senior"), 0),
        juniors=sizes.get((row.programme_id, "junior"), 0),
        progress=ProgressRecord(**row.progress),
        stop_requested=row.stop_requested,
        error=row.error,
        score=result.get("score", {}),
        bounds=result.get("bounds", {}),
        first_free_days=same.get("first_free", {}).get("days"),
        greedy_days=same.get("greedy", {}).get("days"),
        people_reached=result.get("people_reached"),
        first_free_placed=same.get("first_free", {}).get("placed"),
        greedy_placed=same.get("greedy", {}).get("placed"),
        sessions=result.get("sessions", 0),
        standing=result.get("standing", 0),
        known=result.get("known"),
        unplaced=told("unplaced"),
        conflicts=told("conflicts"),
        by_senior=tuple(
            SeniorDaysRecord(refs[each["senior"]], each["days"], each.get("one_by_one"), each["bound"])
            for each in result.get("by_senior", ())
            if each["senior"] in refs
        ),
        untrained=tuple(refs[who] for who in result.get("untrained", ()) if who in refs),
    )


def _told(result: Mapping[str, Any] | None) -> list[Mapping[str, str]]:
    return [*(result or {}).get("unplaced", ()), *(result or {}).get("conflicts", ())]


def _sizes(connection: Connection, programmes: set[int]) -> Mapping[tuple[int, str], int]:
    m = t.membership
    rows = connection.execute(
        select(m.c.programme_id, m.c.role, func.count().label("n"))
        .where(m.c.programme_id.in_(programmes))
        .group_by(m.c.programme_id, m.c.role)
    )
    return {(row.programme_id, row.role): row.n for row in rows}


def _session_names(connection: Connection, ids: set[str]) -> Mapping[str, tuple[SessionKind, str]]:
    s, p = t.session, t.person
    rows = connection.execute(
        select(s.c.id, s.c.kind, p.c.name).join(p, p.c.id == s.c.senior_id).where(s.c.id.in_(ids))
    )
    return {row.id: (SessionKind(row.kind), row.name) for row in rows}


def discard_drafts(connection: Connection, programme_id: int) -> None:
    """Other drafts were made from what was free before this one was released."""
    r = t.planning_run
    query = select(r.c.id).where(r.c.programme_id == programme_id, r.c.state == "draft")
    discard(connection, list(connection.execute(query).scalars()))


def discard(connection: Connection, run_ids: list[int]) -> None:
    """Throw drafts away, with their proposals."""
    p, r = t.proposal, t.planning_run
    drafts = update(p).where(p.c.run_id.in_(run_ids), p.c.state == ProposalState.DRAFT)
    connection.execute(drafts.values(state=ProposalState.DISCARDED))
    connection.execute(update(r).where(r.c.id.in_(run_ids)).values(state="discarded"))
