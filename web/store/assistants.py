"""Who may answer in a senior's name."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import date, datetime

from sqlalchemy import ColumnElement, Connection, delete, insert, select, update

from web.records import AssistantRecord, Member, PersonRef
from web.store import people
from web.store.tables import assistant as a
from web.store.tables import membership, participation, person, programme


def of_seniors(
    connection: Connection, senior_ids: Collection[int]
) -> Mapping[int, tuple[AssistantRecord, ...]]:
    """By senior, in order of name; nothing for a senior without assistants."""
    rows = connection.execute(
        select(a, person.c.id, person.c.name, person.c.email, person.c.timezone)
        .join(person, person.c.id == a.c.assistant_id)
        .where(a.c.senior_id.in_(senior_ids))
        .order_by(person.c.name, person.c.id)
    )
    found: dict[int, list[AssistantRecord]] = defaultdict(list)
    for row in rows:
        found[row.senior_id].append(AssistantRecord(people.ref(row), row.since, row.copies))
    return {senior: tuple(some) for senior, some in found.items()}


def of_senior(connection: Connection, senior_id: int) -> tuple[AssistantRecord, ...]:
    return of_seniors(connection, [senior_id]).get(senior_id, ())


def to_copy(connection: Connection, senior_ids: Collection[int]) -> Mapping[int, tuple[PersonRef, ...]]:
    """By senior the assistants who are mailed what they are asked; every senior is there."""
    found = of_seniors(connection, senior_ids)
    return {each: tuple(one.person for one in found.get(each, ()) if one.copies) for each in senior_ids}


def assists(connection: Connection, assistant_id: int, senior_id: int) -> bool:
    query = select(a.c.since).where(a.c.assistant_id == assistant_id, a.c.senior_id == senior_id)
    return connection.execute(query).first() is not None


def members(connection: Connection, assistant: PersonRef, today: date) -> list[Member]:
    """Every senior this person acts for now, programme by programme, with them behind.

    None for somebody who had programmes of their own and has left them all.
    """
    own = people.members(connection, person_id=assistant.id)
    if own and not people.members(connection, person_id=assistant.id, present_on=today):
        return []
    gone = participation.c.left <= today
    rows = connection.execute(
        select(
            person.c.id,
            person.c.name,
            person.c.email,
            person.c.timezone,
            programme.c.id.label("programme_id"),
            programme.c.name.label("called"),
        )
        .join(a, a.c.senior_id == person.c.id)
        .join(membership, membership.c.person_id == person.c.id)
        .join(programme, programme.c.id == membership.c.programme_id)
        .outerjoin(
            participation,
            (participation.c.person_id == person.c.id)
            & (participation.c.programme_id == programme.c.id)
            & gone,
        )
        .where(
            a.c.assistant_id == assistant.id,
            membership.c.role == "senior",
            participation.c.person_id.is_(None),
        )
        .order_by(person.c.name, person.c.id, programme.c.id)
    )
    return [
        Member(people.ref(row), row.programme_id, row.called, frozenset({"senior"}), behind=assistant)
        for row in rows
    ]


def as_themself(acting: Member) -> Member:
    """An assistant in a programme where they have no role: what concerns only them is still theirs."""
    return replace(acting, person=acting.hand, roles=frozenset(), behind=None)


def add(connection: Connection, senior_id: int, assistant_id: int, copies: bool, now: datetime) -> None:
    connection.execute(
        insert(a).values(senior_id=senior_id, assistant_id=assistant_id, since=now, copies=copies)
    )


def set_copies(connection: Connection, senior_id: int, assistant_id: int, copies: bool) -> bool:
    """False: they are no assistant."""
    changed = update(a).where(_row(senior_id, assistant_id)).values(copies=copies)
    return connection.execute(changed).rowcount > 0


def remove(connection: Connection, senior_id: int, assistant_id: int) -> bool:
    """False: they were no assistant."""
    return connection.execute(delete(a).where(_row(senior_id, assistant_id))).rowcount > 0


def _row(senior_id: int, assistant_id: int) -> ColumnElement[bool]:
    return (a.c.senior_id == senior_id) & (a.c.assistant_id == assistant_id)
