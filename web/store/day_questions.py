"""Questions about what is agreed, and what they are about: days that became thin, calendars that moved."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, func, insert, or_, select, update

from planner.domain import BusyKind, Interval, Placement
from planner.lifecycle import SEATED, ProposalState, SeatState
from web.store import offices
from web.store import tables as t
from web.store.hours import is_in_anyway
from web.store.tables import AnyRow

#: What bars a session that is agreed, and what bars it in an office only. A tentative event bars nothing.
BARS = (BusyKind.BUSY, BusyKind.AWAY)
BARS_IN_OFFICE = (*BARS, BusyKind.ELSEWHERE)

#: Answers that nobody gave: the time to answer was over; what it was about has changed.
SILENCE, MOOT = "silence", "moot"


@dataclass(frozen=True, slots=True)
class Question:
    id: int
    cause: str  #: below: a day is no longer worth the trip; busy: a calendar moved under a session
    person_id: int
    proposal_id: int
    session_id: str | None
    facts: Mapping[str, Any]
    asked_at: datetime
    expires_at: datetime
    answer: str | None
    closed_at: datetime | None


def add(
    connection: Connection,
    cause: str,
    person_id: int,
    proposal_id: int,
    session_id: str | None,
    facts: Mapping[str, Any],
    now: datetime,
    expires_at: datetime,
) -> int:
    row = connection.execute(
        insert(t.day_question)
        .values(
            cause=cause,
            person_id=person_id,
            proposal_id=proposal_id,
            session_id=session_id,
            facts=dict(facts),
            asked_at=now,
            expires_at=expires_at,
        )
        .returning(t.day_question.c.id)
    )
    return int(row.scalar_one())


def one(connection: Connection, question_id: int) -> Question | None:
    found = _where(connection, t.day_question.c.id == question_id)
    return found[0] if found else None


def open_to(connection: Connection, person_id: int, now: datetime) -> list[Question]:
    q = t.day_question.c
    return _where(connection, (q.person_id == person_id) & q.closed_at.is_(None) & (q.expires_at > now))


def all_open(connection: Connection) -> list[Question]:
    return _where(connection, t.day_question.c.closed_at.is_(None))


def about_session(connection: Connection, session_id: str, person_id: int) -> list[Question]:
    """Everything that somebody was ever asked about a session, the latest first."""
    q = t.day_question.c
    return _where(connection, (q.session_id == session_id) & (q.person_id == person_id))


def about_day(connection: Connection, senior_id: int, day: date) -> list[Question]:
    """Everything that a senior was ever asked about whether a day is worth the trip, the latest first."""
    q, p = t.day_question.c, t.proposal.c
    of_day = select(p.id).where(p.senior_id == senior_id, p.day == day)
    return _where(connection, (q.cause == "below") & q.proposal_id.in_(of_day))


def _where(connection: Connection, condition: ColumnElement[bool]) -> list[Question]:
    q = t.day_question
    query = select(q).where(condition).order_by(q.c.asked_at.desc(), q.c.id.desc())
    rows = connection.execute(query)
    return [
        Question(
            row.id,
            row.cause,
            row.person_id,
            row.proposal_id,
            row.session_id,
            row.facts,
            row.asked_at,
            row.expires_at,
            row.answer,
            row.closed_at,
        )
        for row in rows
    ]


def close(
    connection: Connection, question_id: int, answer: str, now: datetime, by_id: int | None = None
) -> bool:
    """Close an open question. False: somebody was faster."""
    q = t.day_question
    answered = update(q).where(q.c.id == question_id, q.c.closed_at.is_(None))
    said = {"answer": answer, "answered_at": now, "answered_by": by_id, "closed_at": now}
    return connection.execute(answered.values(said)).rowcount == 1


def close_about(
    connection: Connection,
    session_ids: Collection[str],
    now: datetime,
    person_id: int | None = None,
) -> None:
    """Questions about these sessions (to one person) are no longer any."""
    q = t.day_question
    condition = q.c.session_id.in_(session_ids) & q.c.closed_at.is_(None)
    if person_id is not None:
        condition &= q.c.person_id == person_id
    connection.execute(update(q).where(condition).values(answer=MOOT, closed_at=now))


def note_standing(connection: Connection, question: Question, standing: int) -> None:
    """How many sessions of the day an open question is about now."""
    q = t.day_question
    facts = {**question.facts, "standing": standing}
    connection.execute(update(q).where(q.c.id == question.id).values(facts=facts))


def note_suggestion(connection: Connection, question: Question, suggested: Mapping[str, Any] | None) -> None:
    """Another suggestion in the place of the one so far."""
    q = t.day_question
    facts = {**question.facts, "suggested": suggested}
    connection.execute(update(q).where(q.c.id == question.id).values(facts=facts))


# --- agreed days ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Standing:
    """An agreed session that has not begun."""

    id: str
    programme_id: int
    proposal_id: int
    senior_id: int
    day: date  #: that of its proposal
    office_id: str | None
    room_id: str | None
    start: datetime
    end: datetime
    fewest: int
    open_seats: int  #: of its seats were meant for booking
    seats: int  #: given and kept open
    juniors: tuple[int, ...]
    freeze_hours: int

    @property
    def is_enough(self) -> bool:
        return len(self.juniors) >= self.fewest

    @property
    def can_go_on(self) -> bool:
        """Are there enough people in it, or may others still book?"""
        return self.is_enough or (bool(self.juniors) and self.open_seats > 0)

    @property
    def placement(self) -> Placement:
        return Placement(self.id, self.start, self.room_id, tuple(str(who) for who in self.juniors))

    @property
    def freezes_at(self) -> datetime:
        return self.start - timedelta(hours=self.freeze_hours)


def standing(connection: Connection, session_ids: Collection[str], now: datetime) -> list[Standing]:
    """Which of some sessions are agreed through a proposal and have not begun."""
    s = t.session.c
    return _standing(connection, s.id.in_(session_ids) & (s.start > now))


def _standing(connection: Connection, condition: ColumnElement[bool]) -> list[Standing]:
    s, p = t.session, t.proposal
    rows = connection.execute(
        select(s, p.c.day, t.programme.c.freeze_hours)
        .join(p, p.c.id == s.c.proposal_id)
        .join(t.programme, t.programme.c.id == s.c.programme_id)
        .where(s.c.state == "agreed", p.c.state == ProposalState.APPROVED, condition)
        .order_by(s.c.start, s.c.id)
    ).all()
    seated = _seated(connection, [row.id for row in rows])
    return [_standing_of(row, tuple(seated[row.id])) for row in rows]


def _standing_of(row: AnyRow, juniors: tuple[int, ...]) -> Standing:
    return Standing(
        id=row.id,
        programme_id=row.programme_id,
        proposal_id=row.proposal_id,
        senior_id=row.senior_id,
        day=row.day,
        office_id=row.office_id,
        room_id=row.room_id,
        start=row.start,
        end=row.start + timedelta(minutes=row.minutes),
        fewest=row.seats_min,
        open_seats=row.open_seats,
        seats=max(row.seats_held or 0, len(juniors)),
        juniors=juniors,
        freeze_hours=row.freeze_hours,
    )


def _seated(connection: Connection, session_ids: Collection[str]) -> Mapping[str, list[int]]:
    seat = t.seat.c
    rows = connection.execute(
        select(seat.session_id, seat.person_id)
        .where(seat.session_id.in_(session_ids), seat.state.in_(SEATED))
        .order_by(seat.person_id)
    )
    found: dict[str, list[int]] = defaultdict(list)
    for row in rows:
        found[row.session_id].append(row.person_id)
    return found


@dataclass(frozen=True, slots=True)
class Day:
    """What a senior has agreed to on one date, in all programmes."""

    senior_id: int
    day: date
    fewest: int  #: in-person sessions that make a trip worth it
    anyway: bool  #: they come in that day in any case
    begun: bool  #: a session in an office has begun: they are there
    sessions: tuple[Standing, ...]  #: still to come, in order of time
    closed: str | None = None  #: their office is closed that day, and why

    @property
    def in_office(self) -> tuple[Standing, ...]:
        return tuple(each for each in self.sessions if each.office_id is not None)

    @property
    def worth(self) -> int:
        """Sessions in an office with enough people in them."""
        return sum(each.is_enough for each in self.in_office)

    def thaws_on(self, now: datetime) -> date:
        """The first date to which these sessions may be moved: from tomorrow on, outside the freeze."""
        freeze = max(each.freeze_hours for each in self.sessions)
        return max(now + timedelta(days=1), now + timedelta(hours=freeze)).date()

    @property
    def is_below(self) -> bool:
        """Is there a trip ahead that is no longer worth it, or that leads to a closed door?"""
        thin = self.closed is not None or (self.worth < self.fewest and not self.anyway)
        return bool(self.in_office) and thin and not self.begun

    @property
    def standing(self) -> int:
        """What a trip is worth as things stand: nothing where the office is closed."""
        return 0 if self.closed is not None else self.worth


def days(connection: Connection, keys: Iterable[tuple[int, date]], now: datetime) -> list[Day]:
    """Days of seniors, by senior and date."""
    wanted = set(keys)
    p = t.proposal.c
    of_days = [and_(p.senior_id == senior, p.day == day) for senior, day in sorted(wanted)]
    found: dict[tuple[int, date], list[Standing]] = defaultdict(list)
    if of_days:
        for each in _standing(connection, or_(*of_days)):
            found[each.senior_id, each.day].append(each)
    limits = _limits(connection, {senior for senior, _ in wanted})
    reasons = offices.closed_on(connection, {day for _, day in wanted})
    return [
        Day(
            senior,
            day,
            limits[senior].min_sessions_per_office_day,
            is_in_anyway(limits[senior], day),
            any(one.start <= now and one.office_id is not None for one in found[senior, day]),
            tuple(one for one in found[senior, day] if one.start > now),
            _reason(reasons, found[senior, day], day),
        )
        for senior, day in sorted(wanted)
    ]


def _reason(reasons: Mapping[tuple[str, date], str], sessions: Iterable[Standing], day: date) -> str | None:
    """Why an office of these sessions is closed that day."""
    shut = (reasons.get((one.office_id, day)) for one in sessions if one.office_id is not None)
    return next((reason for reason in shut if reason is not None), None)


def _limits(connection: Connection, ids: Collection[int]) -> Mapping[int, AnyRow]:
    p, r = t.person, t.reading
    rows = connection.execute(
        select(p.c.id, p.c.min_sessions_per_office_day, p.c.days_in_anyway, p.c.days_never, r.c.in_office)
        .outerjoin(r, r.c.person_id == p.c.id)
        .where(p.c.id.in_(ids))
    )
    return {row.id: row for row in rows}


def days_of(connection: Connection, proposal_ids: Collection[int]) -> Mapping[int, tuple[int, date]]:
    """Senior and date, by proposal."""
    p = t.proposal.c
    rows = connection.execute(select(p.id, p.senior_id, p.day).where(p.id.in_(proposal_ids)))
    return {row.id: (row.senior_id, row.day) for row in rows}


def seats_on(
    connection: Connection,
    person_id: int,
    first: datetime,
    last: datetime,
    states: Collection[SeatState] = SEATED,
) -> list[str]:
    """The agreed sessions from `first` to before `last` in which somebody has a seat, in order of time.

    With `states`: in which what they have is one of these.
    """
    s, seat = t.session.c, t.seat.c
    query = (
        select(s.id)
        .join(t.seat, seat.session_id == s.id)
        .where(seat.person_id == person_id, seat.state.in_(states), s.state == "agreed")
        .where(s.start >= first, s.start < last)
        .order_by(s.start, s.id)
    )
    return list(connection.execute(query).scalars())


def given_up_last(connection: Connection, person_id: int, session_ids: Collection[str]) -> list[str]:
    """Of these sessions those that somebody gave up at one go, the last time they did."""
    seat = t.seat.c
    gone = seat.state.in_((SeatState.DECLINED, SeatState.CANCELLED))
    mine = (seat.person_id == person_id) & seat.session_id.in_(session_ids) & gone
    last = select(func.max(seat.since)).where(mine).scalar_subquery()
    query = select(seat.session_id).where(mine, seat.since == last).order_by(seat.session_id)
    return list(connection.execute(query).scalars())


# --- calendars that moved ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Engagement:
    """An agreed session of somebody's, as its senior or with a seat."""

    session_id: str
    person_id: int
    when: Interval
    in_office: bool


def engagements(connection: Connection, person_ids: Collection[int], now: datetime) -> list[Engagement]:
    """What these people have agreed to and has not begun."""
    s, seat = t.session.c, t.seat.c
    columns = (s.id, s.start, s.minutes, s.office_id)
    ahead = (s.state == "agreed") & s.proposal_id.is_not(None) & (s.start > now)
    as_senior = select(*columns, s.senior_id.label("who")).where(ahead, s.senior_id.in_(person_ids))
    as_junior = (
        select(*columns, seat.person_id.label("who"))
        .join(t.seat, seat.session_id == s.id)
        .where(ahead, seat.person_id.in_(person_ids), seat.state.in_(SEATED))
    )
    return [
        Engagement(
            row.id,
            row.who,
            Interval(row.start, row.start + timedelta(minutes=row.minutes)),
            row.office_id is not None,
        )
        for query in (as_senior, as_junior)
        for row in connection.execute(query)
    ]


@dataclass(frozen=True, slots=True)
class Mark:
    """Time that somebody's calendar marks, or of which it says nothing."""

    when: Interval
    kind: str

    def bars(self, in_office: bool) -> bool:
        """Does it bar a session, as far as anybody knows?"""
        return self.kind == "unknown" or self.kind in (BARS_IN_OFFICE if in_office else BARS)


def marks(connection: Connection, person_ids: Collection[int], now: datetime) -> Mapping[int, Sequence[Mark]]:
    """What people's calendars mark from now on."""
    b = t.busy_interval.c
    query = select(b.person_id, b.start, b.end, b.kind).where(b.person_id.in_(person_ids), b.end > now)
    found: dict[int, list[Mark]] = defaultdict(list)
    for row in connection.execute(query):
        found[row.person_id].append(Mark(Interval(row.start, row.end), row.kind))
    return found


def asked_by_calendar(connection: Connection, session_id: str) -> bool:
    """Does a question to the senior about this session's event wait for an answer?"""
    e = t.calendar_event.c
    query = select(func.count()).where(
        e.session_id == session_id, e.wanted.is_not(None), e.question.is_not(None)
    )
    return bool(connection.execute(query).scalar_one())
