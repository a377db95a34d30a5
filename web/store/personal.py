"""What is kept of people, drawn from the labels of `web.store.privacy`: to show, to hand over, to erase.

A table with rows about people is in one category here, which says in plain words what it is for, and what
becomes of its rows when somebody is erased. Tests hold the categories against the labels.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Connection,
    Integer,
    String,
    Table,
    Text,
    delete,
    or_,
    select,
    update,
)
from sqlalchemy import cast as sql_cast

from web.store import tables as t
from web.store.privacy import Pointer, Privacy, is_about_people, is_prose, pointer_of, privacy_of


class Erasure(StrEnum):
    """What becomes of somebody's rows when they are erased."""

    DELETE = "delete"  #: they go
    EMPTY = "empty"  #: they stay as numbers; what they say of somebody goes
    COUNT = "count"  #: they stay: times and states, of nobody in particular any more


@dataclass(frozen=True, slots=True)
class Category:
    """A kind of data, as people are told of it."""

    title: str
    says: str  #: what is kept
    keeps: str  #: for how long; `{key}` is a key of [privacy]
    seen_by: str
    tables: Mapping[Table, Erasure]


CATEGORIES = (
    Category(
        "Who you are, and what suits you",
        "your name, mail address, time zone, offices, team, manager, languages, topics, roles and the "
        "programmes you are in, a pause, who answers for you, the account you sign in with, and the address "
        "of your calendar; and what suits you: limits, days and hours, kinds of session, what a room must "
        "have, and what you eat if you said so",
        "for as long as you take part, and until you are erased",
        "the people you have sessions with see your name; admins who you are, of your calendar only in which "
        "system it is and whether it can be read. What suits you: nobody but you, and whoever answers for "
        "you as a senior; who mentors you over lunch (and no assistant of theirs) sees what you eat, and "
        "admins how many of five or more eat what. A list of people that an admin brings in may say what "
        "suits you; then whoever wrote that list knows what it says",
        {
            t.person: Erasure.EMPTY,
            t.person_office: Erasure.DELETE,
            t.membership: Erasure.DELETE,
            t.participation: Erasure.DELETE,
            t.identity: Erasure.DELETE,
            t.assistant: Erasure.DELETE,
        },
    ),
    Category(
        "What your calendar says",
        "from when until when you are busy, tentatively busy, away or elsewhere, and days you marked as "
        "at the office. No titles, places, guests or texts",
        "until the next reading takes its place; days that are over go within a day",
        "nobody: only the planner reads it. Others see that somebody cannot be there, never why; admins "
        "when it was last read, or why it cannot be, and not who is busy when",
        {t.reading: Erasure.DELETE, t.busy_interval: Erasure.DELETE},
    ),
    Category(
        "Your sessions",
        "which sessions you were offered, agreed to, had, declined or waited for, who else was in them, and "
        "whether you were at the office anyway on a day you were offered",
        "for as long as the programme runs",
        "whoever is in the session, and admins",
        {
            t.session: Erasure.COUNT,
            t.candidate: Erasure.DELETE,
            t.seat: Erasure.COUNT,
            t.proposal: Erasure.EMPTY,
            t.placement_junior: Erasure.COUNT,
            t.calendar_event: Erasure.COUNT,
        },
    ),
    Category(
        "Who came",
        "whether a session was held, who came, and the check-ins during co-working",
        "{keep_attendance_days} days; that a session was held, and with how many, stays",
        "whoever is in the session, and admins; never as a ranking, and never of fewer than five people",
        {t.check_in: Erasure.DELETE},
    ),
    Category(
        "Goals, actions and training",
        "the goals you set yourself, what you agreed to do after a session, which training you went "
        "through, what a session is for, and what your preferences keep free",
        "for as long as you take part, and until you are erased; a goal you let go of, for a day; what you "
        "did or let go of, {keep_attendance_days} days",
        "goals: a senior who is about to meet you (or whoever that senior named to answer for them); "
        "actions: whoever you agreed on them with (or whoever that senior named to answer for them), and of "
        "what you promised a group whoever was there; training: admins; what preferences keep free: you",
        {
            t.goal: Erasure.DELETE,
            t.action: Erasure.DELETE,
            t.training_completion: Erasure.DELETE,
            t.preference_effect: Erasure.DELETE,
            t.preparation: Erasure.COUNT,
        },
    ),
    Category(
        "How sessions were",
        "whether a session happened, how useful you found it, and your word on it",
        "{keep_attendance_days} days",
        "nobody by your name: admins see figures and words of five people at least. A mailed link shows your "
        "answer only in the browser that gave it",
        {t.feedback: Erasure.DELETE},
    ),
    Category(
        "What you ask in private",
        "a topic you wish for, or whom you would rather not meet, and the answer",
        "{keep_request_days} days after the answer",
        "admins of your programme",
        {t.private_request: Erasure.DELETE, t.never_pair: Erasure.DELETE},
    ),
    Category(
        "Questions to you",
        "what you were asked about an agreed day, and your answer",
        "{keep_question_days} days after they are closed",
        "you, and whoever the answer touches",
        {t.day_question: Erasure.EMPTY},
    ),
    Category(
        "Mails to you",
        "what a mail to you says, and the links in it",
        "{keep_mail_days} days after it was sent; links {keep_link_days} days after they ran out",
        "you",
        {t.outbox: Erasure.EMPTY, t.link: Erasure.DELETE},
    ),
    Category(
        "Who did what",
        "decisions, and what admins and assistants looked at of others: numbers and times, no names and no "
        "texts",
        "{keep_audit_days} days",
        "admins, for clearing up a dispute; it cannot be used to rank people",
        {t.audit_entry: Erasure.COUNT},
    ),
)

#: Tables whose rows belong to somebody by way of the session they are about: to its senior.
THROUGH_SESSION = (t.calendar_event, t.preparation)

#: What stands in an emptied column that has to say something; others get what is empty for their type.
INSTEAD: Mapping[Column[Any], Any] = {
    t.person.c.name: "Somebody who has left",
    t.person.c.timezone: "UTC",
    t.person.c.hours: {},
    t.proposal.c.facts: {
        "why": [],
        "dates_one_by_one": [],
        "already_in": False,
        "proved": False,
        "wanted_day": None,
    },
    t.day_question.c.facts: {},
    t.outbox.c.payload: {},
}

#: Nobody's address: RFC 2606 keeps the domain free for ever.
NOBODY = "erased-{id}@erased.invalid"

#: What stands for somebody in what was written about them and others.
SOMEBODY = "somebody who has left"


def tables() -> dict[Table, Erasure]:
    """Every table with rows about people, and what becomes of them."""
    return {table: erasure for category in CATEGORIES for table, erasure in category.tables.items()}


def subjects_of(table: Table) -> list[Column[Any]]:
    """The columns that say whose a row is."""
    return [column for column in table.columns if pointer_of(column) is Pointer.SUBJECT]


# --- handing over --------------------------------------------------------------------------------


def rows_of(connection: Connection, person_id: int) -> dict[str, dict[str, list[dict[str, Any]]]]:
    """Everything that is kept of somebody, by category and table; of nobody else more than a number."""
    return {
        category.title: {
            table.name: [_said(row, table, person_id) for row in _theirs(connection, table, person_id)]
            for table in category.tables
            if table is not t.never_pair
        }
        for category in CATEGORIES
    }


def exported(table: Table) -> list[Column[Any]]:
    """The columns of a table that are handed over: what is about people, but for what is somebody else's."""
    return [
        column
        for column in table.columns
        if is_about_people(column) and pointer_of(column) is not Pointer.NAMED
    ]


def _theirs(connection: Connection, table: Table, person_id: int) -> Iterator[Mapping[Any, Any]]:
    if table is t.person:
        whose = t.person.c.id == person_id
    elif table in THROUGH_SESSION:
        whose = table.c.session_id.in_(_sessions_of(person_id))
    elif table is t.session:
        whose = t.session.c.id.in_(_sessions_of(person_id))
    else:
        whose = or_(*(column == person_id for column in subjects_of(table)))
    order = list(table.primary_key)
    for row in connection.execute(select(table).where(whose).order_by(*order)):
        yield row._mapping


def _sessions_of(person_id: int) -> Any:
    """Those they lead, and those they have or had a seat in."""
    seated = select(t.seat.c.session_id).where(t.seat.c.person_id == person_id)
    return select(t.session.c.id).where(or_(t.session.c.senior_id == person_id, t.session.c.id.in_(seated)))


def _said(row: Mapping[Any, Any], table: Table, person_id: int) -> dict[str, Any]:
    said = {column.name: _plain(row[column.name]) for column in exported(table)}
    if table is t.calendar_event and said["seen"]:
        answer = said["seen"]["people"].get(str(person_id))
        said["seen"] = {"people": {str(person_id): answer}}
    if table in THROUGH_SESSION:
        said["session_id"] = row["session_id"]
    return said


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date | datetime) else value


# --- erasing -------------------------------------------------------------------------------------


def erase(connection: Connection, person_id: int, now: datetime) -> None:
    """Take somebody out of every table; their row stays as a number. In the caller's transaction."""
    who = connection.execute(
        select(t.person.c.name, t.person.c.email).where(t.person.c.id == person_id)
    ).one()
    for table in reversed(t.metadata.sorted_tables):
        erasure = tables().get(table)
        if erasure is Erasure.DELETE:
            pointing = [c for c in table.columns if pointer_of(c) in (Pointer.SUBJECT, Pointer.NAMED)]
            connection.execute(delete(table).where(or_(*(column == person_id for column in pointing))))
        elif erasure is Erasure.EMPTY and table is not t.person:
            whose = or_(*(column == person_id for column in subjects_of(table)))
            connection.execute(update(table).where(whose).values(_emptied(table)))
    connection.execute(delete(t.outbox).where(t.outbox.c.person_id == person_id, t.outbox.c.state != "sent"))
    for column in _pointing_from(t.person):
        connection.execute(update(t.person).where(column == person_id).values({column: None}))
    nobody = {t.person.c.email: NOBODY.format(id=person_id), t.person.c.erased_at: now}
    connection.execute(update(t.person).where(t.person.c.id == person_id).values(_emptied(t.person) | nobody))
    _Redaction(person_id, who.name, who.email).everywhere(connection)


def _pointing_from(table: Table) -> list[Column[Any]]:
    return [column for column in table.columns if pointer_of(column) is Pointer.ACTOR and column.nullable]


def _emptied(table: Table) -> dict[Column[Any], Any]:
    """For each column that says something of somebody what it says when that is gone. Of other tables than
    `person` dates, states and numbers stay: they say nothing once the person is nobody."""
    return {
        column: _nothing_in(column)
        for column in table.columns
        if is_about_people(column)
        and not column.primary_key
        and not column.foreign_keys
        and (table is t.person or _is_text(column))
    }


def _nothing_in(column: Column[Any]) -> Any:
    if column in INSTEAD:
        return INSTEAD[column]
    if column.nullable:
        return None
    if isinstance(column.type, JSON):
        return []
    if isinstance(column.type, Boolean):
        return False
    return 0 if isinstance(column.type, Integer) else ""


def _is_text(column: Column[Any]) -> bool:
    return isinstance(column.type, JSON | Text)


class _Redaction:
    """Takes a name and an address out of what was written about several people."""

    def __init__(self, person_id: int, name: str, email: str) -> None:
        self._person_id = person_id
        self._nobody = NOBODY.format(id=person_id)
        self._sought = (email, name)
        self._name, self._email = _as_word(name), _as_word(email)

    def everywhere(self, connection: Connection) -> None:
        for table in t.metadata.sorted_tables:
            columns = [c for c in table.columns if may_name(c)]
            if columns:
                self._in(connection, table, columns)

    def _in(self, connection: Connection, table: Table, columns: list[Column[Any]]) -> None:
        key = list(table.primary_key)
        found = or_(*(self._is_in(column) for column in columns))
        for row in connection.execute(select(*key, *columns).where(found)).all():
            values = {column: self._redacted(row._mapping[column]) for column in columns}
            changed = {column: value for column, value in values.items() if value != row._mapping[column]}
            if changed:
                its_key = [column == row._mapping[column] for column in key]
                connection.execute(update(table).where(*its_key).values(changed))

    def _is_in(self, column: Column[Any]) -> Any:
        text = sql_cast(column, Text) if isinstance(column.type, JSON) else column
        # As it is, and as JSON writes what is not ASCII.
        spellings = {one for text_ in self._sought for one in (text_, json.dumps(text_)[1:-1])}
        return or_(*(text.icontains(one, autoescape=True) for one in spellings))

    def _redacted(self, value: Any) -> Any:
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, list):
            return [self._redacted(each) for each in value]
        if isinstance(value, dict):
            return self._mapping(value)
        return value

    def _mapping(self, value: dict[str, Any]) -> dict[str, Any]:
        if {"id", "name", "email"} <= value.keys():  # somebody, by their number
            if value["id"] != self._person_id:
                return value
            return value | {"name": SOMEBODY, "email": self._nobody}
        return {key: self._redacted(each) for key, each in value.items()}

    def _text(self, text: str) -> str:
        return self._name.sub(SOMEBODY, self._email.sub(self._nobody, text))


def mentions(text: str, name: str, email: str) -> bool:
    """Does a text name somebody, or their address?"""
    return any(_as_word(each).search(text) for each in (name, email))


def _as_word(text: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w){re.escape(text)}(?!\w)", re.IGNORECASE)


def may_name(column: Column[Any]) -> bool:
    """Is it free text that may name people? The person's own row is emptied, not searched."""
    if column.table is t.person or column.primary_key or column.foreign_keys:
        return False
    free = isinstance(column.type, JSON | Text) or (isinstance(column.type, String) and _is_long(column.type))
    return is_prose(column) or (free and privacy_of(column) not in (Privacy.NONE, Privacy.SECRET))


def _is_long(kind: String) -> bool:
    return (kind.length or 0) >= 100
