"""Looking at the organizer's calendar: what people did to our events there, and what they answered.

The calendar is read once for a whole window and compared with the rows that were settled before and
still are after: whatever is being written meanwhile is left to its writer. What a person removed or
moved becomes a question to the session's senior; only events of ours are looked at.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from connectors.base import ConnectorError, Response, WrittenEvent
from planner.domain import Interval
from web.operations import events, one_session, outbox, rooms, seats
from web.operations.events import Standing
from web.site import Site
from web.store import events as kept
from web.store import jobs
from web.store import proposals as kept_proposals
from web.store.events import Event, Seen

log = logging.getLogger(__name__)

EVERY = timedelta(minutes=5)

#: What is looked at; an event that a person moves further away counts as removed.
BEHIND, AHEAD = timedelta(days=7), timedelta(days=400)

#: Calendars list a new event a moment after they took it.
GRACE = timedelta(seconds=15)


def wake(site: Site, now: datetime) -> None:
    """Have the calendar looked at, where that was not done for a while."""
    organizer = site.config.connectors.organizer
    if organizer is None:
        return
    with site.store.reading() as connection:
        last = kept.last_reading(connection, organizer)
    if last is not None and now - last.read_at < EVERY:
        return
    with site.store.writing() as connection:
        job_id = jobs.add(connection, "reconcile", {}, now, dedup="reconcile")
    site.queue.tell(job_id)


def reconcile_job(site: Site) -> None:
    """The background job."""
    reconcile(site)


def reconcile(site: Site) -> str | None:
    """Compare the organizer's calendar with what is wanted of it.

    Returns:
        Why that could not be, where it could not.
    """
    organizer = site.config.connectors.organizer
    if organizer is None:
        return None
    now = site.now()
    with site.store.writing() as connection:
        events.want(connection, site, None, now)
        before = kept.of_organizer(connection, organizer)
    strangers = None
    try:
        window = Interval(now - BEHIND, now + AHEAD)
        there = {one.key: one for one in site.writer(site.config).written(window)}
    except ConnectorError as why:
        log.warning("the organizer's calendar could not be read: %s", why)
        problem: str | None = str(why)
    except Exception as why:
        log.exception("the organizer's calendar could not be read")
        problem = _fault(why)
    else:
        strangers = len(there.keys() - {event.key for event in before})
        problem = _compare_all(site, before, there, now)
    with site.store.writing() as connection:
        kept.note_reading(connection, organizer, now, problem, strangers)
    events.wake(site, now)
    outbox.wake(site, now)
    return problem


def _fault(why: Exception) -> str:
    return f"A fault of ours ({type(why).__name__}); see the log."


def _compare_all(
    site: Site, before: list[Event], there: Mapping[str, WrittenEvent], now: datetime
) -> str | None:
    """One event after the other, each in its own transaction: a fault in one stops none of the others."""
    problem = None
    with site.store.reading() as connection:
        wanted = [event.session_id for event in before if event.wanted is not None]
        standing = events.standing_of(connection, wanted, now)
    for event in before:
        try:
            _compare(site, event, there.get(event.key), standing.get(event.session_id), now)
        except Exception as why:
            log.exception("what became of event %s could not be taken up", event.id)
            problem = _fault(why)
    return problem


def _compare(
    site: Site, event: Event, one: WrittenEvent | None, stands: Standing | None, now: datetime
) -> None:
    seen = _seen(event, stands, one) if one is not None and stands is not None else None
    if not _is_news(event, one, seen, now):
        return
    with site.store.writing() as connection:
        latest = kept.one(connection, event.id)
        versions = (event.wanted_version, event.written_version)
        # Whatever somebody has changed or written since we looked is looked at next time.
        if latest is not None and (latest.wanted_version, latest.written_version) == versions:
            _take_up(connection, site, latest, one, seen, now)


def _is_news(event: Event, one: WrittenEvent | None, seen: Seen | None, now: datetime) -> bool:
    if event.wanted is None:
        return one is not None and event.settled
    if one is None:
        just_written = event.seen_at is not None and now - event.seen_at < GRACE
        asked = event.question == "removed"
        return event.settled and not asked and not just_written and event.wanted.end > now
    return event.question in kept.UNTOUCHED or (
        event.settled and (_is_behind(event, one) or seen != event.seen or _is_moved(event, one))
    )


def _is_behind(event: Event, one: WrittenEvent) -> bool:
    """Does the calendar have an older state of the event than we wrote?"""
    hold = event.wanted is not None and event.wanted.hold
    return one.version < event.written_version or one.tentative != hold


def _is_moved(event: Event, one: WrittenEvent) -> bool:
    return event.wanted is not None and (one.start, one.end) != event.wanted.when


def _take_up(
    connection: Connection,
    site: Site,
    event: Event,
    one: WrittenEvent | None,
    seen: Seen | None,
    now: datetime,
) -> None:
    if event.wanted is None or (one is not None and event.settled and _is_behind(event, one)):
        kept.want(connection, event, event.wanted, now, quietly=True)  # written, or removed, once more
    elif one is None:
        events.ask(connection, site, event, "removed", now)
    else:
        if event.question == "removed" or (event.question == "moved" and not _is_moved(event, one)):
            kept.answered(connection, event, "undone", None, now)
        if event.settled and seen is not None and _is_moved(event, one):
            # Answers to a time that may not last are taken up once it is settled.
            before = event.seen or Seen(seen.start, seen.end)
            kept.note_seen(connection, event, replace(before, start=seen.start, end=seen.end), now)
            events.ask(connection, site, event, "moved", now)
        elif event.settled and seen is not None:
            kept.note_seen(connection, event, seen, now)
            _take_answers(connection, site, event, seen, now)


# --- answers -------------------------------------------------------------------------------------


def _seen(event: Event, stands: Standing, one: WrittenEvent) -> Seen:
    """What the calendar says of an event, with ids for addresses; room answers only of its present room."""
    session = stands.session
    answers = {address.lower(): answer for address, answer in one.responses.items()}
    people = {
        each.id: answers[each.email.lower()]
        for each in (session.senior, *stands.juniors)
        if each.email.lower() in answers
    }
    room = answers.get(session.room_email.lower()) if session.room_email else None
    same_time = event.seen is not None and event.seen.when == (one.start, one.end)
    refused = event.seen.refused_rooms if event.seen is not None and same_time else ()
    if room is Response.DECLINED and stands.room_id is not None and stands.room_id not in refused:
        refused = (*refused, stands.room_id)
    return Seen(one.start, one.end, people, stands.room_id, room, one.link, refused)


def _take_answers(connection: Connection, site: Site, event: Event, seen: Seen, now: datetime) -> None:
    """Who has declined since the last look: a junior's seat, the senior's session, the room."""
    stands = events.standing_of(connection, [event.session_id], now).get(event.session_id)
    if stands is None or stands.session.start <= now:
        return
    before = event.seen or Seen(seen.start, seen.end)
    declined = {
        who
        for who, answer in seen.people.items()
        if answer is Response.DECLINED and before.people.get(who) is not Response.DECLINED
    }
    for junior in stands.juniors:
        if junior.id in declined:
            seats.give_up_in(connection, site, event.session_id, junior.id, now)
    if stands.session.senior.id in declined:
        events.ask(connection, site, event, "declined", now)
    if set(seen.refused_rooms) - set(before.refused_rooms):
        _find_another_room(connection, site, event, stands, seen, now)


def _find_another_room(
    connection: Connection, site: Site, event: Event, stands: Standing, seen: Seen, now: datetime
) -> None:
    """Another free room at the same time; where there is none, the senior says what becomes of it."""
    if stands.hold:
        proposal_id = kept_proposals.of_session(connection, event.session_id)
        found = proposal_id is not None and one_session.hold_another_room(
            connection, site, proposal_id, event.session_id, seen.refused_rooms, now
        )
    else:
        found = rooms.move_elsewhere(connection, site, stands.session, seen.refused_rooms, now)
    if not found:
        events.ask(connection, site, event, "room", now)
