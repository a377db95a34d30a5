"""Two reminders and no more: of days that wait for an answer, and of sessions that come soon.

A senior who has not answered is reminded once, of everything that waits, when half of the time to answer
has gone; where less than two days were given there is no reminder. Silence after that is an answer too.

Whoever is in an agreed session hears of it once more on their working day before, at 16:00 on their own
clock: one mail for all of the day, with the way to say no. Who said yes later than that is not reminded.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import islice
from urllib.parse import quote
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from web.notify import ComingLetter, ComingSession, ProposalLetter, ProposedDay
from web.operations import outbox, purposes
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

#: So many mails are owed in one transaction.
BATCH = 200

#: By person and day the sessions that they are reminded of then.
_Due = dict[tuple[PersonRef, date], list[Attendance]]

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
    waiting = proposals.records(connection, t.proposal.c.id.in_(links))
    serves = outbox.served_by(connection, waiting)
    for proposal in waiting:
        days[proposal.senior].append(ProposedDay(proposal, links[proposal.id], serves[proposal.id]))
    for senior, some in days.items():
        outbox.remind(connection, site, senior, ProposalLetter(tuple(some), reminder=True), now)
    kept.note_reminded(connection, links, now)


def is_half_over(waiting: Waiting, now: datetime) -> bool:
    """Half of the time has gone and some is left; where there was little, it never counts as half over."""
    given = waiting.expires_at - waiting.asked_at
    return given >= LEAST_TIME and waiting.asked_at + given / 2 <= now < waiting.expires_at


# --- sessions that come soon ---------------------------------------------------------------------


def remind_of_sessions(site: Site, now: datetime) -> None:
    """One mail to everybody whose sessions come before they work again."""
    with site.store.reading() as connection:
        due = _untold(connection, _due(connection, now))
    waiting = iter(sorted(due, key=lambda one: (one[1], one[0].id)))
    while some := list(islice(waiting, BATCH)):
        with site.store.writing() as connection:
            _remind(connection, site, _untold(connection, {each: due[each] for each in some}), now)


def _due(connection: Connection, now: datetime) -> _Due:
    """Whose moment has come for what: by person and the day of that moment."""
    found = kept.attending(connection, now, now + FURTHEST)
    first, last = (now - timedelta(days=1)).date(), (now + FURTHEST).date()
    off = kept.days_off(connection, {each.person.id for each in found}, first, last)
    due: _Due = defaultdict(list)
    for each in found:
        zone = each.person.timezone
        day = working_day_before(_local_day(each.start, zone), off[each.person.id])
        moment = _moment(day, zone)
        if moment <= now and (each.since is None or each.since <= moment):
            due[each.person, day].append(each)
    return due


def working_day_before(day: date, off: frozenset[date]) -> date:
    """The last day before that is not off; within a week, else simply the day before."""
    for back in range(1, FURTHEST.days):
        if day - timedelta(days=back) not in off:
            return day - timedelta(days=back)
    return day - timedelta(days=1)


def working_day_after(day: date, off: frozenset[date]) -> date:
    """The first day after that is not off; within a week, else simply the day after."""
    for ahead in range(1, FURTHEST.days):
        if day + timedelta(days=ahead) not in off:
            return day + timedelta(days=ahead)
    return day + timedelta(days=1)


def _untold(connection: Connection, due: _Due) -> _Due:
    keys = {key: outbox.coming_key(*key) for key in due}
    told = owed.owed(connection, keys.values())
    return {key: some for key, some in due.items() if keys[key] not in told}


def _remind(connection: Connection, site: Site, due: _Due, now: datetime) -> None:
    ids = {each.session_id for some in due.values() for each in some}
    records = {each.id: each for each in sessions.agreed(connection, t.session.c.id.in_(ids))}
    links = kept.meeting_links(connection, ids)
    serves = purposes.of(connection, records.values())
    for (person, day), some in due.items():
        coming = [
            ComingSession(
                records[each.session_id],
                links.get(each.session_id),
                _where_to_say_no(each, records[each.session_id]),
                purposes.in_a_mail(records[each.session_id], serves[each.session_id], person),
                f"/sessions/{quote(each.session_id)}/briefing",
            )
            for each in sorted(some, key=lambda each: (each.start, each.session_id))
        ]
        outbox.remind_of_sessions(connection, site, person, day, ComingLetter(tuple(coming)), now)
    kept.note_told(connection, ids, now)


def _where_to_say_no(each: Attendance, session: SessionRecord) -> str:
    if session.senior.id != each.person.id:
        return "/sessions"
    return "/days" if each.proposal_id is None else f"/days/{each.proposal_id}"


@lru_cache(maxsize=4096)
def _local_day(start: datetime, zone: str) -> date:
    return start.astimezone(ZoneInfo(zone)).date()


@lru_cache(maxsize=4096)
def _moment(day: date, zone: str) -> datetime:
    return datetime.combine(day, REMINDED_AT, ZoneInfo(zone)).astimezone(UTC)
