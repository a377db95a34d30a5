"""What there is of a programme that has just begun, in numbers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, distinct, func, or_, select, update

from planner.lifecycle import ProposalState
from web.store import notices
from web.store import tables as t
from web.store.notices import WILLING
from web.store.programmes import unreadable


@dataclass(frozen=True, slots=True)
class Beginning:
    """What a programme has. Numbers of people are of its seniors and juniors."""

    name: str
    timezone: str
    offices: int
    rooms: int
    seniors: int
    juniors: int
    taking_part: int  #: seniors and juniors; who is both counts once
    without_calendar: int  #: no calendar is known of them, or they would rather not have it read
    told: int  #: what is read of their calendar, before it is
    told_last: datetime | None  #: of those who have to wait for the hours of notice
    waiting: int  #: calendars that an admin may have read at once, by saying that their owners knew
    leaving: int  #: calendars that are read as soon as the mail to their owner has left
    readable: int  #: of whose weeks to come something is known, from a calendar or as they stated
    formats: int  #: kinds of session that something is promised of
    sessions: int  #: brought in, or made of what is promised
    mails_sent: int
    mail_problem: str | None  #: why the newest mail that could not be delivered was not
    is_reading: bool  #: calendars are being read, or will be in a moment
    run: tuple[int, str] | None  #: the newest planning run that was not thrown away: id, state
    drafted_days: int  #: that this run proposes
    released: bool  #: has any day ever been proposed to its senior?
    proposed_days: int
    asked_seniors: int


def of_programme(connection: Connection, programme_id: int, now: datetime, told_by: datetime) -> Beginning:
    """Who was told by `told_by` has had their hours of notice."""
    programme = connection.execute(select(t.programme).where(t.programme.c.id == programme_id)).one()
    return Beginning(
        name=programme.name,
        timezone=programme.timezone,
        offices=_count(connection, t.office.c.id),
        rooms=_count(connection, t.room.c.id),
        formats=_count(connection, t.format_rule.c.kind, t.format_rule.c.programme_id == programme_id),
        sessions=_count(connection, t.session.c.id, t.session.c.programme_id == programme_id),
        **_people(connection, programme_id, now),
        waiting=notices.waiting_for_hours(connection, programme_id, told_by),
        **_mail(connection),
        **_plans(connection, programme_id),
    )


def _people(connection: Connection, programme_id: int, now: datetime) -> dict[str, Any]:
    m, p, j = t.membership.c, t.person.c, t.job.c
    here = select(m.person_id).where(m.programme_id == programme_id)
    by_role = {
        role: set(connection.execute(here.where(m.role == role)).scalars()) for role in ("senior", "junior")
    }
    taking_part = by_role["senior"] | by_role["junior"]
    willing = and_(p.id.in_(here.where(m.role.in_(("senior", "junior")))), WILLING)
    told = and_(willing, p.told_at.is_not(None))
    has_to_wait = and_(told, p.told_otherwise_at.is_(None))
    return {
        "seniors": len(by_role["senior"]),
        "juniors": len(by_role["junior"]),
        "taking_part": len(taking_part),
        "without_calendar": len(taking_part) - _count(connection, p.id, willing),
        "told": _count(connection, p.id, told),
        "told_last": connection.execute(select(func.max(p.told_at)).where(has_to_wait)).scalar(),
        "leaving": notices.leaving(connection, programme_id),
        "readable": len(taking_part - {int(each) for each in unreadable(connection, programme_id, now)}),
        "is_reading": _count(connection, j.id, and_(j.kind == "sync", j.state.in_(("waiting", "running"))))
        > 0,
    }


def _mail(connection: Connection) -> dict[str, Any]:
    o = t.outbox.c
    stuck = select(o.error).where(o.error.is_not(None), o.state != "sent").order_by(o.id.desc()).limit(1)
    return {
        "mails_sent": _count(connection, o.id, o.state == "sent"),
        "mail_problem": connection.execute(stuck).scalar(),
    }


def _plans(connection: Connection, programme_id: int) -> dict[str, Any]:
    r, p = t.planning_run.c, t.proposal.c
    mine = r.programme_id == programme_id
    newest = (
        select(r.id, r.state).where(mine, r.state.not_in(("discarded", "cancelled"))).order_by(r.id.desc())
    )
    run = connection.execute(newest.limit(1)).first()
    asked = and_(p.programme_id == programme_id, p.state == ProposalState.PROPOSED)
    drafted = and_(p.run_id == run.id, p.state != ProposalState.DISCARDED) if run else None
    return {
        "run": (run.id, run.state) if run else None,
        "drafted_days": 0 if drafted is None else _count(connection, p.id, drafted),
        "released": was_released(connection, programme_id),
        "proposed_days": _count(connection, p.id, asked),
        "asked_seniors": _count(connection, distinct(p.senior_id), asked),
    }


def was_released(connection: Connection, programme_id: int) -> bool:
    """Has any day of a programme ever been proposed to its senior?"""
    p = t.proposal.c
    unseen = (ProposalState.DRAFT, ProposalState.DISCARDED)
    sent = select(p.id).where(p.programme_id == programme_id, p.state.not_in(unseen)).limit(1)
    return connection.execute(sent).first() is not None


def is_untouched(connection: Connection, programme_id: int) -> bool:
    """Is there nobody but admins, and no plan?"""
    m, r = t.membership.c, t.planning_run.c
    somebody = select(m.person_id).where(m.programme_id == programme_id, m.role != "admin")
    plan = select(r.id).where(r.programme_id == programme_id)
    return not connection.execute(select(or_(somebody.exists(), plan.exists()))).scalar()


def _count(connection: Connection, what: ColumnElement[Any], where: ColumnElement[bool] | None = None) -> int:
    query = select(func.count(what))
    return int(connection.execute(query if where is None else query.where(where)).scalar_one())


# --- naming a programme --------------------------------------------------------------------------


def names_of_others(connection: Connection, programme_id: int) -> set[str]:
    p = t.programme.c
    return set(connection.execute(select(p.name).where(p.id != programme_id)).scalars())


def set_timezone(connection: Connection, person_id: int, zone: str) -> None:
    connection.execute(update(t.person).where(t.person.c.id == person_id).values(timezone=zone))
