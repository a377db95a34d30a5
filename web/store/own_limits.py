"""The limits that somebody set for themselves as a junior, and what they have beside a further session."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, func, or_, select

from planner.lifecycle import SEATED
from web.records import SessionRecord
from web.store import tables as t
from web.store.attendance import Attendance, Outcome
from web.store.planning import LIMIT_DAYS

FOUR_WEEKS = timedelta(days=LIMIT_DAYS)


@dataclass(frozen=True, slots=True)
class OwnLimits:
    """Somebody's limits, with the agreed sessions, held ones too, that count towards them."""

    sessions: int | None  #: as a junior, in any four weeks; None: any number
    office_days: int  #: a week, in either role
    starts: Mapping[str, datetime]  #: as a junior, by session
    days: Mapping[tuple[int, int], set[date]]  #: in an office, by year and week (ISO 8601)

    def beyond(self, session: SessionRecord) -> str | None:
        """Which of the two a further session goes beyond: "the two sessions in four weeks"; None: neither."""
        if self.sessions is not None and self._most_beside(session) >= self.sessions:
            return f"{_counted(self.sessions, 'session')} in four weeks"
        day = session.local_start.date()
        there = self.days.get(day.isocalendar()[:2], set())
        if session.office is not None and day not in there and len(there) >= self.office_days:
            return f"{_counted(self.office_days, 'office day')} a week"
        return None

    def _most_beside(self, session: SessionRecord) -> int:
        """The most that any four weeks with this session hold beside it."""
        near = [start for key, start in self.starts.items() if key != session.id]
        begins = [begin for begin in (*near, session.start) if begin <= session.start < begin + FOUR_WEEKS]
        return max(sum(begin <= start < begin + FOUR_WEEKS for start in near) for begin in begins)


def of_person(connection: Connection, person_id: int, now: datetime) -> OwnLimits:
    p = t.person.c
    limits = connection.execute(
        select(p.max_sessions, p.max_office_days_per_week).where(p.id == person_id)
    ).one()
    s, seat = t.session.c, t.seat.c
    rows = connection.execute(
        select(s.id, s.start, s.senior_id, t.office.c.timezone)
        .outerjoin(t.seat, (seat.session_id == s.id) & (seat.person_id == person_id))
        .outerjoin(t.office, t.office.c.id == s.office_id)
        .where(
            s.state == "agreed",
            s.start > now - FOUR_WEEKS,
            func.coalesce(s.outcome, "") != Outcome.FELL_THROUGH,
            func.coalesce(seat.attendance, "") != Attendance.MISSED,
            or_(s.senior_id == person_id, seat.state.in_(SEATED)),
        )
    ).all()
    days: dict[tuple[int, int], set[date]] = defaultdict(set)
    for row in rows:
        if row.timezone is not None:
            day = row.start.astimezone(ZoneInfo(row.timezone)).date()
            days[day.isocalendar()[:2]].add(day)
    as_junior = {row.id: row.start for row in rows if row.senior_id != person_id}
    return OwnLimits(limits.max_sessions, limits.max_office_days_per_week, as_junior, days)


def beyond(
    connection: Connection, person_id: int, sessions: Collection[SessionRecord], now: datetime
) -> Mapping[str, str]:
    """By session the limit of their own that it goes beyond, in as few statements as for one."""
    limits = of_person(connection, person_id, now)
    found = {session.id: limits.beyond(session) for session in sessions}
    return {key: says for key, says in found.items() if says is not None}


def _counted(number: int, what: str) -> str:
    return f"the {number} {what}{'' if number == 1 else 's'}"
