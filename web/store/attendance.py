"""What people say of sessions that have begun: whether they were held, and who came.

The latest word counts, whoever of those concerned says it; who said it, and when, is kept beside it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, Connection, and_, func, or_, select, true, update

from planner.lifecycle import SEATED
from web.records import PastSeatRecord, PastSessionRecord, PersonRef, SaidRecord
from web.store import people, sessions
from web.store import tables as t
from web.store.tables import AnyRow


class Outcome(StrEnum):
    HELD = "held"
    FELL_THROUGH = "fell_through"


class Attendance(StrEnum):
    CAME = "came"
    MISSED = "missed"


@dataclass(frozen=True, slots=True)
class Begun:
    """An agreed session that has begun, as it is before something is said of it."""

    session_id: str
    programme_id: int
    senior_id: int
    outcome: Outcome | None
    attendance: Mapping[int, Attendance | None]  #: by junior with a seat


def begun(connection: Connection, session_ids: Collection[str], now: datetime) -> list[Begun]:
    """Those of the sessions that are agreed and have begun; locked where the database has row locks."""
    s, seat = t.session, t.seat
    rows = connection.execute(
        select(s.c.id, s.c.programme_id, s.c.senior_id, s.c.outcome)
        .where(s.c.id.in_(session_ids), has_begun(now))
        .order_by(s.c.id)
        .with_for_update()
    ).all()
    said: dict[str, dict[int, Attendance | None]] = defaultdict(dict)
    for one in connection.execute(
        select(seat.c.session_id, seat.c.person_id, seat.c.attendance).where(
            seat.c.session_id.in_([row.id for row in rows]), seat.c.state.in_(SEATED)
        )
    ):
        said[one.session_id][one.person_id] = Attendance(one.attendance) if one.attendance else None
    return [
        Begun(
            row.id,
            row.programme_id,
            row.senior_id,
            Outcome(row.outcome) if row.outcome else None,
            said[row.id],
        )
        for row in rows
    ]


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


def say_outcome(
    connection: Connection, session_id: str, outcome: Outcome | None, by_id: int, now: datetime
) -> None:
    """None takes back what was said."""
    connection.execute(
        update(t.session)
        .where(t.session.c.id == session_id)
        .values(
            outcome=outcome,
            outcome_by=by_id if outcome else None,
            outcome_at=now if outcome else None,
        )
    )


def say_attendance(
    connection: Connection,
    session_id: str,
    person_id: int,
    attendance: Attendance | None,
    by_id: int,
    now: datetime,
) -> None:
    """None takes back what was said. Where somebody came the session was held."""
    s, seat = t.session, t.seat
    mine = and_(seat.c.session_id == session_id, seat.c.person_id == person_id)
    connection.execute(
        update(seat)
        .where(mine)
        .values(
            attendance=attendance,
            attendance_by=by_id if attendance else None,
            attendance_at=now if attendance else None,
        )
    )
    if attendance is Attendance.CAME:
        not_held = or_(s.c.outcome.is_(None), s.c.outcome != Outcome.HELD)
        connection.execute(
            update(s)
            .where(s.c.id == session_id, not_held)
            .values(outcome=Outcome.HELD, outcome_by=by_id, outcome_at=now)
        )


# --- looking back --------------------------------------------------------------------------------


def past_of_senior(
    connection: Connection, senior_id: int, since: datetime, until: datetime
) -> list[PastSessionRecord]:
    """The newest first, with what is said of everybody in them."""
    return _past(connection, t.session.c.senior_id == senior_id, since, until)


def past_of_junior(
    connection: Connection, person_id: int, since: datetime, until: datetime
) -> list[PastSessionRecord]:
    """The newest first; of the seats only this person's own."""
    mine = select(t.seat.c.session_id).where(t.seat.c.person_id == person_id, t.seat.c.state.in_(SEATED))
    return _past(connection, t.session.c.id.in_(mine), since, until, person_id)


def _past(
    connection: Connection,
    where: ColumnElement[bool],
    since: datetime,
    until: datetime,
    only: int | None = None,
) -> list[PastSessionRecord]:
    s, seat = t.session, t.seat
    within = and_(where, s.c.state == "agreed", s.c.start > since, s.c.start <= until)
    found = sessions.agreed(connection, within)
    outcomes = {
        row.id: row
        for row in connection.execute(
            select(s.c.id, s.c.outcome, s.c.outcome_by, s.c.outcome_at).where(within)
        )
    }
    whose = true() if only is None else seat.c.person_id == only
    attended = {
        (row.session_id, row.person_id): row
        for row in connection.execute(
            select(seat.c.session_id, seat.c.person_id, seat.c.attendance, seat.c.attendance_by)
            .add_columns(seat.c.attendance_at)
            .join(s, s.c.id == seat.c.session_id)
            .where(within, whose)
        )
    }
    voices = _Voices(connection, [*outcomes.values()], [*attended.values()])
    return [
        PastSessionRecord(
            each,
            voices.outcome(outcomes[each.id], each.senior),
            tuple(
                PastSeatRecord(junior, voices.attendance(attended[each.id, junior.id], each.senior))
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

    def attendance(self, row: AnyRow, senior: PersonRef) -> SaidRecord | None:
        return self._said(row.attendance, row.attendance_by, row.attendance_at, senior)

    def _said(
        self, what: str | None, by_id: int | None, at: datetime | None, senior: PersonRef
    ) -> SaidRecord | None:
        if what is None or by_id is None or at is None:
            return None
        assists = (by_id, senior.id) in self._assist
        return SaidRecord(what, self._refs[by_id], at, senior if assists else None)
