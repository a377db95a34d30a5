"""Asking about what is agreed: what a question says now, and whether it still is one.

A question keeps what was found and what is offered; names, times and rooms are read when it is shown.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection

from planner.domain import Interval
from web import words
from web.operations.access import link_problem
from web.records import DayQuestionRecord, PersonRef, SessionRecord
from web.store import day_questions as kept
from web.store import people, proposals, rooms, sessions
from web.store import tables as t
from web.store.day_questions import Day, Mark, Question, Standing


def ask(
    connection: Connection,
    cause: str,
    person_id: int,
    proposal_id: int,
    session_id: str | None,
    facts: Mapping[str, Any],
    now: datetime,
    expires_at: datetime,
) -> DayQuestionRecord:
    """Keep a new question. Whoever calls has it mailed (`Changes.tell`)."""
    added = kept.add(connection, cause, person_id, proposal_id, session_id, facts, now, expires_at)
    question = kept.one(connection, added)
    if question is None:
        raise ValueError(f"question {added} was not kept")
    return record(connection, question, now)


def record(connection: Connection, question: Question, now: datetime) -> DayQuestionRecord:
    """What is asked, as its page and its mail say it."""
    shown = (
        _of_day(connection, question, now) if question.cause == "below" else _of_session(connection, question)
    )
    return replace(shown, problem=problem_with(connection, question, now))


def problem_with(connection: Connection, question: Question, now: datetime) -> str | None:
    """Why it can no longer be answered; None: it can."""
    if question.answer is not None:
        return words.DAY_CHOSEN[question.answer]
    if question.expires_at <= now:
        return words.DAY_CHOSEN[kept.SILENCE]
    programme_id, senior_id = proposals.whose(connection, question.proposal_id)
    role = "senior" if question.person_id == senior_id else "junior"
    if gone := link_problem(connection, question.person_id, programme_id, now, role):
        return gone
    return words.DAY_CHOSEN[kept.MOOT] if is_moot(connection, question, now) else None


def is_moot(connection: Connection, question: Question, now: datetime) -> bool:
    """Has what it was about changed, so that there is nothing left to ask?"""
    return bool(moot_among(connection, [question], now))


def moot_among(connection: Connection, questions: Sequence[Question], now: datetime) -> list[Question]:
    """The questions of which nothing is left to ask, however many there are to look at."""
    below = [each for each in questions if each.cause == "below"]
    busy = [each for each in questions if each.cause != "below"]
    of_proposal = kept.days_of(connection, {each.proposal_id for each in below})
    days = {(d.senior_id, d.day): d for d in kept.days(connection, of_proposal.values(), now)}
    about = {s.id: s for s in kept.standing(connection, {each.session_id or "" for each in busy}, now)}
    marks = kept.marks(connection, {_whose(each) for each in busy}, now)
    return [each for each in below if not days[of_proposal[each.proposal_id]].is_below] + [
        each
        for each in busy
        if not _still_clashes(each, about.get(each.session_id or ""), marks.get(_whose(each), ()))
    ]


def _whose(question: Question) -> int:
    """Whose calendar moved."""
    return int(question.facts.get("wish_of") or question.person_id)


def _still_clashes(question: Question, about: Standing | None, marks: Sequence[Mark]) -> bool:
    if about is None or about.start.isoformat() != question.facts["start"]:
        return False
    if _whose(question) not in (about.senior_id, *about.juniors):
        return False
    # A wish is settled by its answer, whatever becomes of the calendar it came from.
    return "wish_of" in question.facts or is_barred(marks, times(question), about.office_id is not None)


def is_barred(marks: Sequence[Mark], times: Sequence[Interval], in_office: bool) -> bool:
    """Does a calendar bar one of these times, or does nobody know (it could not be read)?"""
    return any(mark.bars(in_office) and mark.when.overlaps(each) for mark in marks for each in times)


def day_of(connection: Connection, question: Question, now: datetime) -> Day:
    """The day that a question is about, in all programmes of its senior."""
    of_proposal = kept.days_of(connection, [question.proposal_id])
    (found,) = kept.days(connection, of_proposal.values(), now)
    return found


def times(question: Question) -> list[Interval]:
    """What a calendar has that it did not have before."""
    return [
        Interval(datetime.fromisoformat(start), datetime.fromisoformat(end))
        for start, end in question.facts["times"]
    ]


def _of_day(connection: Connection, question: Question, now: datetime) -> DayQuestionRecord:
    day = day_of(connection, question, now)
    left = records_of(connection, day.in_office)
    return _record(
        connection,
        question,
        day.day,
        left,
        fewest=day.fewest,
        worth=day.worth,
        closed=day.closed,
        choices=_choices(question),
    )


def _of_session(connection: Connection, question: Question) -> DayQuestionRecord:
    about = sessions.agreed(connection, t.session.c.id == question.session_id)
    start = datetime.fromisoformat(question.facts["start"])
    # One that is due again has no time of its own; it is shown at the time that was asked about.
    shown = [replace(each, start=start) for each in about]
    suggested = _suggested(connection, question, shown[0])
    wish = question.facts.get("wish_of")
    asked = _record(
        connection,
        question,
        shown[0].local_start.date(),
        shown,
        choices=_choices(question),
        suggested=suggested,
        wish_of=people.refs(connection, [wish])[wish] if wish else None,
    )
    return replace(asked, cause="agree") if wish else asked


def _choices(question: Question) -> tuple[str, ...]:
    cause = "agree" if question.facts.get("wish_of") else question.cause
    can_move = question.cause == "below" or question.facts.get("suggested")
    return tuple(each for each in words.DAY_CHOICES[cause] if each != "move" or can_move)


def _suggested(connection: Connection, question: Question, session: SessionRecord) -> SessionRecord | None:
    instead = question.facts.get("suggested")
    if instead is None:
        return None
    start = datetime.fromisoformat(instead["start"])
    return replace(session, start=start, room=rooms.names(connection).get(instead["room"]))


def records_of(connection: Connection, some: tuple[Standing, ...]) -> tuple[SessionRecord, ...]:
    return tuple(sessions.agreed(connection, t.session.c.id.in_([each.id for each in some])))


def _record(
    connection: Connection, question: Question, day: date, about: Sequence[SessionRecord], **more: Any
) -> DayQuestionRecord:
    person: PersonRef = people.refs(connection, [question.person_id])[question.person_id]
    zone = words.zone_for(about[0], person) if about else proposals.zone_of(connection, question.proposal_id)
    to_senior = question.cause == "below" or any(each.senior.id == person.id for each in about)
    return DayQuestionRecord(
        id=question.id,
        cause=question.cause,
        person=person,
        day=day,
        timezone=zone,
        sessions=tuple(about),
        expires_at=question.expires_at,
        proposal_id=question.proposal_id if to_senior else None,
        **more,
    )
