"""Who is still to be reminded of what: days that wait for an answer, and sessions that come soon."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, and_, func, select, update

from planner.lifecycle import SEATED, ProposalState
from web.records import PersonRef
from web.store import people
from web.store import tables as t
from web.store.events import Seen
from web.store.hours import WEEKDAYS, dates_on
from web.store.offices import CLOSED_DAY

# --- days that wait for an answer ----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Waiting:
    """A proposal that waits for its senior, with the link that decides it."""

    proposal_id: int
    asked_at: datetime  #: when it was mailed as it stands
    expires_at: datetime
    link: str


def unreminded(connection: Connection) -> Mapping[int, list[Waiting]]:
    """Proposals that wait and were not reminded of, by senior."""
    p, link = t.proposal, t.link
    mailed = and_(
        link.c.proposal_id == p.c.id,
        link.c.proposal_version == p.c.version,
        link.c.person_id == p.c.senior_id,
        link.c.purpose == "decide",
        link.c.used_at.is_(None),
    )
    rows = connection.execute(
        select(p.c.id, p.c.senior_id, p.c.expires_at, link.c.id.label("link"), link.c.created_at)
        .join(link, mailed)
        .where(p.c.state == ProposalState.PROPOSED, p.c.reminded_at.is_(None), p.c.expires_at.is_not(None))
        .order_by(p.c.day, p.c.id, link.c.created_at)
    )
    newest = {
        row.id: (row.senior_id, Waiting(row.id, row.created_at, row.expires_at, row.link)) for row in rows
    }
    found: dict[int, list[Waiting]] = defaultdict(list)
    for senior_id, waiting in newest.values():
        found[senior_id].append(waiting)
    return found


def note_reminded(connection: Connection, proposal_ids: Collection[int], now: datetime) -> None:
    p = t.proposal
    connection.execute(update(p).where(p.c.id.in_(proposal_ids)).values(reminded_at=now))


# --- sessions that come soon ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Attendance:
    """Somebody in an agreed session that is ahead."""

    session_id: str
    start: datetime
    person: PersonRef
    since: datetime | None  #: when they were invited or booked it, or as its senior said yes
    proposal_id: int | None  #: through which it was agreed


def attending(connection: Connection, now: datetime, until: datetime) -> list[Attendance]:
    """Everybody in the agreed sessions that begin before a moment, and their seniors."""
    s, seat, p = t.session, t.seat, t.proposal
    ahead = and_(s.c.state == "agreed", s.c.start > now, s.c.start < until)
    seated = connection.execute(
        select(s.c.id, s.c.start, s.c.proposal_id, seat.c.person_id, seat.c.since)
        .join(seat, seat.c.session_id == s.c.id)
        .where(ahead, seat.c.state.in_(SEATED))
    )
    leading = connection.execute(
        select(
            s.c.id,
            s.c.start,
            s.c.proposal_id,
            s.c.senior_id.label("person_id"),
            p.c.decided_at.label("since"),
        )
        .outerjoin(p, p.c.id == s.c.proposal_id)
        .where(ahead)
    )
    rows = [*seated, *leading]
    refs = people.refs(connection, {row.person_id for row in rows})
    return [Attendance(row.id, row.start, refs[row.person_id], row.since, row.proposal_id) for row in rows]


def days_off(
    connection: Connection, ids: Collection[int], first: date, last: date
) -> Mapping[int, frozenset[date]]:
    """By person the dates on which they do not work: outside their week, or all their offices are closed."""
    p = t.person
    rows = connection.execute(select(p.c.id, p.c.hours).where(p.c.id.in_(ids))).all()
    weeks = {row.id: tuple(day for day in WEEKDAYS if row.hours and day not in row.hours) for row in rows}
    free = {week: dates_on(week, first, last) for week in set(weeks.values())}
    closed = _closed(connection, ids, first, last)
    return {who: free[week] | closed.get(who, frozenset()) for who, week in weeks.items()}


def _closed(
    connection: Connection, ids: Collection[int], first: date, last: date
) -> Mapping[int, frozenset[date]]:
    works, shut = t.person_office, CLOSED_DAY
    offices = select(works.c.person_id, func.count().label("offices")).group_by(works.c.person_id).subquery()
    rows = connection.execute(
        select(works.c.person_id, shut.c.day)
        .join(shut, shut.c.office_id == works.c.office_id)
        .join(offices, offices.c.person_id == works.c.person_id)
        .where(works.c.person_id.in_(ids), shut.c.day.between(first, last))
        .group_by(works.c.person_id, shut.c.day, offices.c.offices)
        .having(func.count() == offices.c.offices)
    )
    found: dict[int, set[date]] = defaultdict(set)
    for row in rows:
        found[row.person_id].add(row.day)
    return {who: frozenset(days) for who, days in found.items()}


def meeting_links(connection: Connection, session_ids: Collection[str]) -> Mapping[str, str]:
    """Where to meet online, of the sessions whose event in the calendar has such a link."""
    event = t.calendar_event
    rows = connection.execute(
        select(event.c.session_id, event.c.seen, event.c.seen_start, event.c.seen_end).where(
            event.c.session_id.in_(session_ids), event.c.wanted.is_not(None), event.c.seen.is_not(None)
        )
    )
    links = {row.session_id: Seen.of(row.seen_start, row.seen_end, row.seen).web_link for row in rows}
    return {session_id: link for session_id, link in links.items() if link is not None}


def note_told(connection: Connection, session_ids: Collection[str], now: datetime) -> None:
    s = t.session
    connection.execute(update(s).where(s.c.id.in_(session_ids)).values(reminded_at=now))
