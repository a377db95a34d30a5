"""What people say of sessions that have begun: whether they were held, and who came.

Of a junior the latest word counts, whoever of those concerned says it; who said it, and when, is kept beside
it. What the words together make of a session is told by `standing`, and by nothing else.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, Connection, and_, func, or_, select, update

from planner.lifecycle import SEATED
from web.records import PastSeatRecord, PastSessionRecord, PersonRef, SaidRecord
from web.store import people, sessions
from web.store import tables as t
from web.store.tables import AnyRow

#: For so long after its end a session's people say how it was, and change it. From then on figures stand, so
#: that a junior of several says only that they were there, or were not.
OPEN_FOR = timedelta(days=14)


class Outcome(StrEnum):
    HELD = "held"
    FELL_THROUGH = "fell_through"


class Attendance(StrEnum):
    CAME = "came"
    MISSED = "missed"


class Word(StrEnum):
    """The last word on one junior in a session: their own, or its senior's."""

    CAME = "came"
    MISSED = "missed"
    NOT_HELD = "fell_through"  #: their own: it did not happen, so they were not there


def kept_as(word: Word | None) -> Attendance | None:
    """Whoever says that it did not happen was not there."""
    if word is None:
        return None
    return Attendance.CAME if word is Word.CAME else Attendance.MISSED


def standing(for_all: Outcome | None, words: Collection[Word | None]) -> Outcome | None:
    """Was a session held? It follows from everybody's last word, in whatever order these were said.

    1. What was said for all of it decides: by its senior, who acts for them, or an admin. To say of a junior
       that they came is to say that it was held.
    2. Where nothing was, it was held if anybody says that they came.
    3. Where nobody does, it did not happen if anybody says so. In a session of two, a junior who was not
       there says so too.
    4. Else nobody knows.

    So a junior speaks for themself: "it did not happen", said of what was held, is their own absence. Their
    need comes back, and nothing changes for the others. What was said for all of it a junior can put right,
    by saying that it took place: that takes it back. Who came is told apart: a word on a junior stays what it
    is, whatever stands.

    Args:
        words: of each junior with a seat.
    """
    if for_all is not None:
        return for_all
    if Word.CAME in words:
        return Outcome.HELD
    return Outcome.FELL_THROUGH if Word.NOT_HELD in words else None


@dataclass(frozen=True, slots=True)
class Voice:
    """By whom something was said, and when; of what is long ago it is not kept."""

    by_id: int | None
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Begun:
    """An agreed session that has begun, as it is before something is said of it."""

    session_id: str
    programme_id: int
    senior_id: int
    end: datetime
    outcome: Outcome | None  #: as it stands
    outcome_voice: Voice
    words: Mapping[int, Word | None]  #: by junior with a seat
    voices: Mapping[int, Voice]  #: of these words

    @property
    def attendance(self) -> Mapping[int, Attendance | None]:
        """By junior with a seat."""
        return {who: kept_as(word) for who, word in self.words.items()}

    @property
    def for_all(self) -> Outcome | None:
        """What was said for all of it; an outcome that follows from a junior's own word is not."""
        who = self.outcome_voice.by_id
        follows = {Outcome.HELD: Word.CAME, Outcome.FELL_THROUGH: Word.NOT_HELD}
        if who is None or self.outcome is None or self.words.get(who) is not follows[self.outcome]:
            return self.outcome
        return None

    @property
    def is_off(self) -> bool:
        """It did not happen: that was said for all of it, or no junior is left who might say that it did."""
        return self.outcome is Outcome.FELL_THROUGH and (
            self.for_all is not None or None not in self.words.values()
        )


def begun(connection: Connection, session_ids: Collection[str], now: datetime) -> list[Begun]:
    """Those of the sessions that are agreed and have begun."""
    s = t.session
    rows = connection.execute(
        select(s.c.id, s.c.programme_id, s.c.senior_id, s.c.start, s.c.minutes)
        .add_columns(s.c.outcome, s.c.outcome_by, s.c.outcome_at)
        .where(s.c.id.in_(session_ids), has_begun(now))
        .order_by(s.c.id)
    ).all()
    seats: dict[str, list[AnyRow]] = defaultdict(list)
    for one in _said_of_seats(connection, [row.id for row in rows]):
        seats[one.session_id].append(one)
    return [
        Begun(
            row.id,
            row.programme_id,
            row.senior_id,
            row.start + timedelta(minutes=row.minutes),
            Outcome(row.outcome) if row.outcome else None,
            Voice(row.outcome_by, row.outcome_at),
            {seat.person_id: _word(seat, len(seats[row.id]) == 1) for seat in seats[row.id]},
            {seat.person_id: Voice(seat.attendance_by, seat.attendance_at) for seat in seats[row.id]},
        )
        for row in rows
    ]


def _said_of_seats(connection: Connection, session_ids: Collection[str]) -> Sequence[AnyRow]:
    """A junior who says that it did not happen says so of how it was, in the same breath."""
    seat, f = t.seat, t.feedback
    same = and_(f.c.session_id == seat.c.session_id, f.c.person_id == seat.c.person_id)
    in_one_breath = and_(same, f.c.happened.is_(False), f.c.at == seat.c.attendance_at)
    return connection.execute(
        select(seat.c.session_id, seat.c.person_id)
        .add_columns(seat.c.attendance, seat.c.attendance_by, seat.c.attendance_at)
        .add_columns(f.c.session_id.is_not(None).label("says_not"))
        .select_from(seat.outerjoin(f, in_one_breath))
        .where(seat.c.session_id.in_(session_ids), seat.c.state.in_(SEATED))
        .order_by(seat.c.session_id, seat.c.person_id)
    ).all()


def _word(seat: AnyRow, alone: bool) -> Word | None:
    if seat.attendance != Attendance.MISSED:
        return Word.CAME if seat.attendance else None
    own = seat.attendance_by == seat.person_id
    return Word.NOT_HELD if own and (alone or seat.says_not) else Word.MISSED


def has_begun(now: datetime) -> ColumnElement[bool]:
    return and_(t.session.c.state == "agreed", t.session.c.start <= now)


def was_held() -> ColumnElement[bool]:
    """Of a session joined to a seat: somebody said it was held, and nobody that this junior was not there."""
    s, seat = t.session.c, t.seat.c
    # Nothing said is no NULL here, so that the opposite can be asked too.
    outcome, attendance = func.coalesce(s.outcome, ""), func.coalesce(seat.attendance, "")
    return and_(
        s.state == "agreed",
        seat.state.in_(SEATED),
        or_(
            and_(outcome == Outcome.HELD, attendance != Attendance.MISSED),
            and_(outcome == "", attendance == Attendance.CAME),
        ),
    )


def may_have_been_held() -> ColumnElement[bool]:
    """Of a session that is said not to have happened, by a junior of several: is anybody left who may say
    that it did? (`Begun.is_off` is the opposite.)"""
    s, seat, other = t.session.c, t.seat.alias("said_not"), t.seat.alias("silent")
    junior = and_(seat.c.session_id == s.id, seat.c.person_id == s.outcome_by, seat.c.state.in_(SEATED))
    silent = and_(other.c.session_id == s.id, other.c.attendance.is_(None), other.c.state.in_(SEATED))
    return and_(
        s.outcome == Outcome.FELL_THROUGH,
        select(seat.c.person_id).where(junior, seat.c.attendance == Attendance.MISSED).exists(),
        select(other.c.person_id).where(silent).exists(),
    )


def put_outcome(connection: Connection, session_id: str, outcome: Outcome | None, voice: Voice) -> None:
    """Keep what stands (`standing`), and by whose word."""
    connection.execute(
        update(t.session)
        .where(t.session.c.id == session_id)
        .values(outcome=outcome, outcome_by=voice.by_id, outcome_at=voice.at)
    )


def put_attendance(
    connection: Connection, session_id: str, person_id: int, attendance: Attendance | None, voice: Voice
) -> None:
    connection.execute(
        update(t.seat)
        .where(t.seat.c.session_id == session_id, t.seat.c.person_id == person_id)
        .values(attendance=attendance, attendance_by=voice.by_id, attendance_at=voice.at)
    )


# --- looking back --------------------------------------------------------------------------------


def past_of_senior(
    connection: Connection, senior_id: int, since: datetime, until: datetime
) -> list[PastSessionRecord]:
    """The newest first, with what is said of everybody in them."""
    return _past(connection, and_(t.session.c.senior_id == senior_id, _between(since, until)))


def past_of_junior(
    connection: Connection, person_id: int, since: datetime, until: datetime
) -> list[PastSessionRecord]:
    """The newest first; of the seats only this person's own."""
    mine = select(t.seat.c.session_id).where(t.seat.c.person_id == person_id, t.seat.c.state.in_(SEATED))
    return _past(connection, and_(t.session.c.id.in_(mine), _between(since, until)), person_id)


def past_of_one(connection: Connection, session_id: str, person_id: int) -> PastSessionRecord | None:
    """One of them; None: it is not agreed any more. Of the seats only this person's own, if they have one."""
    found = _past(connection, t.session.c.id == session_id, person_id)
    return found[0] if found else None


def _between(since: datetime, until: datetime) -> ColumnElement[bool]:
    return and_(t.session.c.start > since, t.session.c.start <= until)


def _past(
    connection: Connection,
    where: ColumnElement[bool],
    only: int | None = None,
) -> list[PastSessionRecord]:
    s = t.session
    within = and_(where, s.c.state == "agreed")
    found = sessions.agreed(connection, within)
    outcomes = {
        row.id: row
        for row in connection.execute(
            select(s.c.id, s.c.outcome, s.c.outcome_by, s.c.outcome_at).where(within)
        )
    }
    attended = {
        (row.session_id, row.person_id): row
        for row in _said_of_seats(connection, [*outcomes])
        if only is None or row.person_id == only
    }
    voices = _Voices(connection, [*outcomes.values()], [*attended.values()])
    return [
        PastSessionRecord(
            each,
            voices.outcome(outcomes[each.id], each.senior),
            tuple(
                voices.seat(junior, attended[each.id, junior.id], each.senior)
                for junior in each.juniors
                if only is None or junior.id == only
            ),
        )
        for each in reversed(found)
    ]


class _Voices:
    """Who said what, with names, and whose assistant they are."""

    def __init__(
        self, connection: Connection, outcomes: Sequence[AnyRow], attended: Sequence[AnyRow]
    ) -> None:
        who = {row.outcome_by for row in outcomes} | {row.attendance_by for row in attended}
        self._refs = people.refs(connection, who - {None})
        assistant = t.assistant
        self._assist = {
            (row.assistant_id, row.senior_id)
            for row in connection.execute(select(assistant).where(assistant.c.assistant_id.in_(self._refs)))
        }

    def outcome(self, row: AnyRow, senior: PersonRef) -> SaidRecord | None:
        return self._said(row.outcome, row.outcome_by, row.outcome_at, senior)

    def seat(self, junior: PersonRef, row: AnyRow, senior: PersonRef) -> PastSeatRecord:
        said = self._said(row.attendance, row.attendance_by, row.attendance_at, senior)
        return PastSeatRecord(junior, said, _word(row, alone=False) is Word.NOT_HELD)

    def _said(
        self, what: str | None, by_id: int | None, at: datetime | None, senior: PersonRef
    ) -> SaidRecord | None:
        if what is None or by_id is None or at is None:
            return None
        assists = (by_id, senior.id) in self._assist
        return SaidRecord(what, self._refs[by_id], at, senior if assists else None)
