"""What is dropped once it is old enough, and when: a rule a kind of row.

Every rule is a condition that what it has dropped no longer meets, so that it may run again at any time, in
batches that hold nobody up.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    String,
    Table,
    and_,
    cast,
    delete,
    or_,
    select,
    tuple_,
    update,
)

from web.store import tables as t
from web.store.personal import INSTEAD

#: Rows dropped in one transaction.
BATCH = 1000

#: Every zone's today lies within it.
A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Rule:
    """What becomes of old rows of a table."""

    name: str
    table: Table
    key: str | None  #: of [privacy], in days; None: a day, so that today is left in every zone
    is_old: Callable[[datetime], ColumnElement[bool]]  #: by the moment before which things are old
    then: Mapping[Any, Any] = field(default_factory=dict)  #: what stands there instead; empty: the row goes


def _session_before(moment: datetime) -> Any:
    return select(t.session.c.id).where(t.session.c.start < moment)


def _is_said(column: Any) -> ColumnElement[bool]:
    """Is there more in a column of JSON than what stands for nothing?"""
    return cast(column, String) != json.dumps(INSTEAD[column])


RULES = (
    Rule(
        "people's busy times that are over",
        t.busy_interval,
        None,
        lambda old: t.busy_interval.c.end < old,
    ),
    Rule(
        "rooms' busy times that are over",
        t.room_busy_interval,
        None,
        lambda old: t.room_busy_interval.c.end < old,
    ),
    Rule("readings of days that are over", t.reading, None, lambda old: t.reading.c.window_end < old),
    Rule(
        "hours stated for days that are over",
        t.person,
        None,
        lambda old: and_(t.person.c.stated_hours.is_not(None), t.person.c.stated_until < old.date()),
        {t.person.c.stated_hours: None, t.person.c.stated_until: None},
    ),
    Rule("goals that were let go", t.goal, None, lambda old: t.goal.c.dropped_at < old),
    Rule(
        "what mails said",
        t.outbox,
        "keep_mail_days",
        lambda old: and_(t.outbox.c.state == "sent", t.outbox.c.sent_at < old, _is_said(t.outbox.c.payload)),
        {t.outbox.c.payload: INSTEAD[t.outbox.c.payload], t.outbox.c.error: None},
    ),
    Rule(
        "mails that could not be delivered",
        t.outbox,
        "keep_mail_days",
        # A notice that never left stays: it is why its reader's calendar is not read (`store.notices.told`).
        lambda old: and_(
            t.outbox.c.state == "failed", t.outbox.c.created_at < old, t.outbox.c.kind != "notice"
        ),
    ),
    Rule(
        "what the organizer's calendar said of past events",
        t.calendar_event,
        "keep_mail_days",
        lambda old: and_(t.calendar_event.c.seen.is_not(None), t.calendar_event.c.seen_end < old),
        {t.calendar_event.c.seen: None},
    ),
    Rule(
        "mailed links",
        t.link,
        "keep_link_days",
        lambda old: and_(
            t.link.c.expires_at < old,
            or_(
                t.link.c.question_id.is_(None),
                t.link.c.question_id.in_(
                    select(t.day_question.c.id).where(t.day_question.c.closed_at.is_not(None))
                ),
            ),
        ),
    ),
    Rule(
        "questions about a day",
        t.day_question,
        "keep_question_days",
        lambda old: and_(
            t.day_question.c.closed_at < old,
            t.day_question.c.id.not_in(select(t.link.c.question_id).where(t.link.c.question_id.is_not(None))),
        ),
    ),
    Rule(
        "private requests",
        t.private_request,
        "keep_request_days",
        lambda old: or_(t.private_request.c.answered_at < old, t.private_request.c.withdrawn_at < old),
    ),
    Rule("the audit log", t.audit_entry, "keep_audit_days", lambda old: t.audit_entry.c.at < old),
    Rule(
        "who came",
        t.seat,
        "keep_attendance_days",
        lambda old: and_(t.seat.c.attendance.is_not(None), t.seat.c.session_id.in_(_session_before(old))),
        {t.seat.c.attendance: None, t.seat.c.attendance_by: None, t.seat.c.attendance_at: None},
    ),
    Rule(
        "who said that a session was held",
        t.session,
        "keep_attendance_days",
        lambda old: and_(t.session.c.outcome_by.is_not(None), t.session.c.start < old),
        {t.session.c.outcome_by: None},
    ),
    Rule(
        "check-ins",
        t.check_in,
        "keep_attendance_days",
        lambda old: t.check_in.c.session_id.in_(_session_before(old)),
    ),
    Rule(
        "what people agreed to do, and did or let go",
        t.action,
        "keep_attendance_days",
        lambda old: or_(t.action.c.done_at < old, t.action.c.dropped_at < old),
    ),
    Rule(
        "how sessions were",
        t.feedback,
        "keep_attendance_days",
        lambda old: t.feedback.c.session_id.in_(_session_before(old)),
    ),
    Rule(
        "why a day was proposed",
        t.proposal,
        "keep_attendance_days",
        lambda old: and_(t.proposal.c.day < old.date(), _is_said(t.proposal.c.facts)),
        {t.proposal.c.facts: INSTEAD[t.proposal.c.facts], t.proposal.c.refusal: None},
    ),
    Rule(
        "background work that is done",
        t.job,
        "keep_job_days",
        lambda old: and_(t.job.c.state.in_(("done", "failed")), t.job.c.finished_at < old),
    ),
)


def drop_some(connection: Connection, rule: Rule, old: datetime) -> int:
    """Drop a batch of what is old by a rule; how many rows. Fewer than `BATCH`: that was all."""
    key = list(rule.table.primary_key)
    found = select(*key).where(rule.is_old(old)).limit(BATCH)
    rows = connection.execute(found).all()
    if rows:
        theirs = tuple_(*key).in_([tuple(row) for row in rows])
        gone = (
            update(rule.table).where(theirs).values(rule.then)
            if rule.then
            else delete(rule.table).where(theirs)
        )
        connection.execute(gone)
    return len(rows)
