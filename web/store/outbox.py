"""Mail still to send: written in the transaction that makes it true, sent after it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, insert, or_, select, update

from web.records import PersonRef, UnsentMailRecord
from web.store.tables import assistant, membership, outbox, person


@dataclass(frozen=True, slots=True)
class Waiting:
    """One mail to send. `payload` is what it says; `message_id` stays the same however often it is sent."""

    id: int
    kind: str
    recipient: PersonRef
    payload: Mapping[str, Any]
    message_id: str
    created_at: datetime
    attempts: int


def add(
    connection: Connection,
    dedup: str,
    kind: str,
    person_id: int,
    payload: Mapping[str, Any],
    message_id: str,
    now: datetime,
) -> None:
    """Owe a mail. The same `dedup` twice is an error: it would be the same mail twice."""
    connection.execute(
        insert(outbox).values(
            dedup=dedup,
            kind=kind,
            person_id=person_id,
            payload=dict(payload),
            message_id=message_id,
            created_at=now,
            next_attempt_at=now,
        )
    )


def owed(connection: Connection, dedups: Collection[str]) -> set[str]:
    """Which of these mails are owed already, or were sent."""
    query = select(outbox.c.dedup).where(outbox.c.dedup.in_(dedups))
    return set(connection.execute(query).scalars())


def due(connection: Connection, now: datetime, most: int = 100) -> list[Waiting]:
    rows = connection.execute(
        select(outbox, person.c.name, person.c.email, person.c.timezone)
        .join(person, person.c.id == outbox.c.person_id)
        .where(outbox.c.state == "waiting", outbox.c.next_attempt_at <= now)
        .order_by(outbox.c.id)
        .limit(most)
    )
    return [
        Waiting(
            row.id,
            row.kind,
            PersonRef(row.person_id, row.name, row.email, row.timezone),
            row.payload,
            row.message_id,
            row.created_at,
            row.attempts,
        )
        for row in rows
    ]


def states(connection: Connection, beginnings: Collection[str]) -> Counter[str]:
    """How many mails whose `dedup` begins so are in each state."""
    if not beginnings:
        return Counter()
    begins = or_(*(outbox.c.dedup.startswith(each, autoescape=True) for each in beginnings))
    rows = connection.execute(
        select(outbox.c.state, func.count().label("mails")).where(begins).group_by(outbox.c.state)
    )
    return Counter({row.state: row.mails for row in rows})


def sent(connection: Connection, mail_id: int, now: datetime) -> None:
    _set(connection, mail_id, state="sent", sent_at=now, error=None, attempts=outbox.c.attempts + 1)


def let_rest(connection: Connection, now: datetime) -> None:
    """Count what still waits as sent: nobody is to get it any more."""
    waiting = update(outbox).where(outbox.c.state == "waiting")
    connection.execute(waiting.values(state="sent", sent_at=now))


def try_again(connection: Connection, mail_id: int, at: datetime, error: str) -> None:
    _set(connection, mail_id, next_attempt_at=at, error=error, attempts=outbox.c.attempts + 1)


def failed(connection: Connection, mail_id: int, error: str) -> None:
    _set(connection, mail_id, state="failed", error=error, attempts=outbox.c.attempts + 1)


def _set(connection: Connection, mail_id: int, **values: Any) -> None:
    connection.execute(update(outbox).where(outbox.c.id == mail_id).values(**values))


def unsent(connection: Connection, programme_id: int) -> list[UnsentMailRecord]:
    """Mail to members of a programme, and to who assists them, that was given up, newest first."""
    members = select(membership.c.person_id).where(membership.c.programme_id == programme_id)
    assistants = select(assistant.c.assistant_id).where(assistant.c.senior_id.in_(members))
    rows = connection.execute(
        select(outbox, person.c.name, person.c.email, person.c.timezone)
        .join(person, person.c.id == outbox.c.person_id)
        .where(
            outbox.c.state == "failed",
            or_(outbox.c.person_id.in_(members), outbox.c.person_id.in_(assistants)),
        )
        .order_by(outbox.c.id.desc())
    )
    return [
        UnsentMailRecord(
            row.id,
            row.kind,
            PersonRef(row.person_id, row.name, row.email, row.timezone),
            row.created_at,
            row.error or "",
        )
        for row in rows
    ]


def send_anew(connection: Connection, mail_ids: Collection[int], now: datetime) -> None:
    """Owe given-up mail again, with all its attempts."""
    given_up = update(outbox).where(outbox.c.id.in_(mail_ids), outbox.c.state == "failed")
    connection.execute(given_up.values(state="waiting", attempts=0, next_attempt_at=now))
