"""Two reminders and no more: of days that wait for an answer, and of sessions that come soon.

A senior who has not answered is reminded once, of everything that waits, when half of the time to answer
has gone; where less than two days were given there is no reminder. Silence after that is an answer too.

Whoever is in an agreed session hears of it once more on their working day before, at 16:00 on their own
clock: one mail for all of the day, with the way to say no. Who said yes later than that is not reminded.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from web.notify import ComingLetter, ComingSession, ProposalLetter, ProposedDay
from web.operations import outbox
from web.records import PersonRef, SessionRecord
from web.site import Site
from web.store import outbox as owed
from web.store import proposals, sessions
from web.store import reminders as kept
from web.store import tables as t
from web.store.reminders import Attendance, Waiting

#: Where less time was given to answer, nobody is reminded.
LEAST_TIME = timedelta(hours=48)

#: On the recipient's own clock.
REMINDED_AT = time(16)

#: The longest stretch without a working day that is looked across.
FURTHEST = timedelta(days=8)


# --- days that wait for an answer ----------------------------------------------------------------


def remind_seniors(connection: Connection, site: Site, now: datetime) -> None:
    """One mail to every senior whose time to answer is half over, of all that waits for them."""
    by_senior = {
        senior: waiting
        for senior, waiting in kept.unreminded(connection).items()
        if any(is_half_over(each, now) for each in waiting)
    }
    links = {each.proposal_id: each.link for waiting in by_senior.values() for each in waiting}
    if not links:
        return
    days: dict[PersonRef, list[ProposedDay]] = defaultdict(list)
    for proposal in proposals.records(connection, t.proposal.c.id.in_(links)):
        days[proposal.senior].append(ProposedDay(proposal, links[proposal.id]))
    for senior, some in days.items():
        outbox.remind(connection, site, senior, ProposalLetter(tuple(some), reminder=True), now)
    kept.note_reminded(connection, links, now)


def is_half_over(waiting: Waiting, now: datetime) -> bool:
    """Half of the time has gone and some is left; where there was little, it never counts as half over."""
    given = waiting.expires_at - waiting.asked_at
    return given >= LEAST_TIME and waiting.asked_at + given / 2 <= now < waiting.expires_at


# --- sessions that come soon ---------------------------------------------------------------------


def remind_of_sessions(connection: Connection, site: Site, now: datetime) -> None:
    """One mail to everybody whose sessions come before they work again."""
    found = kept.attending(connection, now, now + FURTHEST)
    first, last = (now - timedelta(days=1)).date(), (now + FURTHEST).date()
    off = kept.days_off(connection, {each.person.id for each in found}, first, last)
    due: dict[tuple[PersonRef, date], list[Attendance]] = defaultdict(list)
    for each in found:
        day = working_day_before(_local_day(each.start, each.person), off[each.person.id])
        moment = datetime.combine(day, REMINDED_AT, ZoneInfo(each.person.timezone)).astimezone(UTC)
        if moment <= now and (each.since is None or each.since <= moment):
            due[each.person, day].append(each)
    _remind(connection, site, due, now)


def working_day_before(day: date, off: frozenset[date]) -> date:
    """The last day before that is not off; within a week, else simply the day before."""
    for back in range(1, FURTHEST.days):
        if day - timedelta(days=back) not in off:
            return day - timedelta(days=back)
    return day - timedelta(days=1)


def _remind(
    connection: Connection,
    site: Site,
    due: Mapping[tuple[PersonRef, date], Sequence[Attendance]],
    now: datetime,
) -> None:
    keys = {key: outbox.coming_key(*key) for key in due}
    told = owed.owed(connection, keys.values())
    new = {key: some for key, some in due.items() if keys[key] not in told}
    ids = {each.session_id for some in new.values() for each in some}
    if not ids:
        return
    records = {each.id: each for each in sessions.agreed(connection, t.session.c.id.in_(ids))}
    links = kept.meeting_links(connection, ids)
    for (person, day), some in new.items():
        coming = [
            ComingSession(
                records[each.session_id],
                links.get(each.session_id),
                _where_to_say_no(each, records[each.session_id]),
            )
            for each in sorted(some, key=lambda each: (each.start, each.session_id))
        ]
        outbox.remind_of_sessions(connection, site, person, day, ComingLetter(tuple(coming)), now)
    kept.note_told(connection, ids, now)


def _where_to_say_no(each: Attendance, session: SessionRecord) -> str:
    if session.senior.id != each.person.id:
        return "/sessions"
    return "/days" if each.proposal_id is None else f"/days/{each.proposal_id}"


def _local_day(start: datetime, person: PersonRef) -> date:
    return start.astimezone(ZoneInfo(person.timezone)).date()
