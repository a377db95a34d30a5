"""Events in the organizer's calendar: wanted in the transaction that makes them so, written after it.

`want` is the one way in: whoever changes what becomes of a session calls it, and it compares what the
session's event should say now with what is wanted so far. `deliver` writes the difference. A hold is
the tentative event of a session that waits for its senior's answer; nobody but the senior and the room
is in it. A key is made once for each event, before anything is written, so that a worker that is killed
anywhere leaves one event behind and not two; a key that was withdrawn never comes back.
"""

from __future__ import annotations

import base64
import hashlib
import json
import logging
import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from connectors.base import (
    Attendee,
    ConnectorError,
    EventDraft,
    EventGone,
    EventWriter,
    Response,
    Unreachable,
    WrittenEvent,
)
from web import words
from web.clean_text import cleaned, one_line
from web.invitations import CHECKED_IN, FOR_TWO, NO_ORDER
from web.notify import QuestionLetter
from web.operations import outbox, purposes
from web.operations.purposes import Purpose
from web.records import PersonRef, SessionRecord
from web.site import Site
from web.store import day_questions, jobs, proposals, sessions
from web.store import events as kept
from web.store import tables as t
from web.store.events import Event, Seen, Wanted

log = logging.getLogger(__name__)

#: Waits between attempts double from the first to the last of these; a calendar that said no is not
#: asked again at once.
FIRST_WAIT, WAIT_AFTER_NO, LAST_WAIT = timedelta(seconds=20), timedelta(minutes=5), timedelta(hours=4)

#: Most doublings, so that the numbers stay small.
MOST_DOUBLINGS = 12

#: Sessions that began longer ago are left as they are.
PAST = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Standing:
    """A session that should have an event now: where it stands, and whether that still waits for a yes."""

    session: SessionRecord
    hold: bool
    room_id: str | None = None
    serves: str = ""  #: what it is for, in a sentence; known only where its event is being written

    @property
    def juniors(self) -> tuple[PersonRef, ...]:
        """Those who are invited: nobody while it is a hold."""
        return () if self.hold else self.session.juniors


# --- what is wanted ------------------------------------------------------------------------------


def want(connection: Connection, site: Site, session_ids: Collection[str] | None, now: datetime) -> int:
    """Bring what is wanted of these sessions' events (None: of all) in line with where they stand.

    Called in the transaction that changes anything about a session's time, place or people.

    Returns:
        How many events are to be written, changed or removed because of it.
    """
    organizer = site.config.connectors.organizer
    if organizer is None or (session_ids is not None and not session_ids):
        return 0
    known = kept.wanted(connection, organizer, session_ids)
    standing = standing_of(connection, session_ids, now)
    changed = 0
    for session_id in sorted(known.keys() | standing.keys()):
        event, stands = known.get(session_id), standing.get(session_id)
        facts = _facts(site, stands) if stands is not None else None
        if event is None:
            if facts is not None and facts.end > now:
                kept.add(connection, organizer, new_key(), session_id, facts, facts.hold, now)
                changed += 1
        elif facts != event.wanted and not _is_over(event, now):
            _want_otherwise(connection, event, facts, now)
            changed += 1
    return changed


def new_key() -> str:
    """160 random bits in base32hex (RFC 4648 §7) and lower case, which every vendor takes in an id."""
    return base64.b32hexencode(secrets.token_bytes(20)).decode("ascii").lower()


def standing_of(
    connection: Connection, session_ids: Collection[str] | None, now: datetime
) -> Mapping[str, Standing]:
    """Which of some sessions (None: all but past ones) should have an event, and what it is about."""
    s = t.session
    of_interest = s.c.start > now - PAST if session_ids is None else s.c.id.in_(session_ids)
    agreed = sessions.agreed(connection, (s.c.state == "agreed") & of_interest)
    live = proposals.live_with(connection, session_ids)
    placed = [each for some in sessions.placed(connection, live).values() for each in some]
    held = [each for each in placed if session_ids is None or each.id in session_ids]
    agreed_in, held_in = sessions.rooms_of(connection, agreed), proposals.rooms_of(connection, live)
    return {each.id: Standing(each, True, held_in[each.id]) for each in held} | {
        each.id: Standing(each, False, agreed_in[each.id]) for each in agreed
    }


def _is_over(event: Event, now: datetime) -> bool:
    """What has been stays as it was; a hold that nobody answered does not."""
    return event.wanted is not None and event.wanted.end <= now and not event.wanted.hold


def _want_otherwise(connection: Connection, event: Event, facts: Wanted | None, now: datetime) -> None:
    quietly = _concerns_few(event.wanted, facts) and (event.settled or event.quietly)
    question, restore = _after_change(event, facts)
    kept.want(connection, event, facts, now, quietly=quietly, question=question, restore=restore)


def _concerns_few(before: Wanted | None, after: Wanted | None) -> bool:
    """Is a change no news to most who are in the event? Who joins or leaves gets a mail of ours."""
    if before is None or before.hold:
        return after is None or after.hold
    return after is not None and (before.when, before.hold, before.says) == (
        after.when,
        after.hold,
        after.says,
    )


def _after_change(event: Event, facts: Wanted | None) -> tuple[str | None, bool]:
    """What stays open of a question once something else is wanted; and whether to put the event back."""
    before = event.wanted
    if facts is None or before is None:
        return None, False
    if before.hold and not facts.hold:  # the senior has said yes to it as it was proposed
        return None, event.restore or event.question == "removed"
    settled_by_it = {
        "moved": before.when != facts.when,
        "declined": before.when != facts.when,
        "room": (before.when, before.says) != (facts.when, facts.says),
    }
    still_open = event.question is not None and not settled_by_it.get(event.question, False)
    return event.question if still_open else None, event.restore


# --- what an event says --------------------------------------------------------------------------


def _facts(site: Site, stands: Standing) -> Wanted:
    draft = _draft(site, stands, "0" * 32, 1)
    juniors = {junior.email.lower() for junior in stands.juniors}
    others = [each for each in draft.attendees if each.email.lower() not in juniors]
    said = [draft.title, draft.description, draft.location, draft.online, [[a.email, a.name] for a in others]]
    return Wanted(
        start=draft.start,
        end=draft.end,
        hold=stands.hold,
        juniors=tuple(sorted(junior.id for junior in stands.juniors)),
        says=_digest(said),
        whom=_digest([[junior.email, junior.name] for junior in stands.juniors]),
    )


def _digest(said: object) -> str:
    return hashlib.sha256(json.dumps(said).encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _draft(site: Site, stands: Standing, key: str, version: int) -> EventDraft:
    session = cleaned(stands.session)
    return EventDraft(
        key=key,
        version=version,
        start=session.start,
        end=session.end,
        title=_title(session, stands.hold),
        description="\n".join(_description(site, session, stands.hold, cleaned(stands.serves))),
        location="" if session.office is None else words.place(session),
        attendees=_attendees(site, stands),
        online=session.office is None,
        tentative=stands.hold,
    )


def _title(session: SessionRecord, hold: bool) -> str:
    """ "Lunch for two: Priya and Farid", "Co-working with Priya", "HOLD: Co-working with Priya"."""
    name = words.kind_name(session)
    if hold:
        return f"HOLD: {name} with {session.senior.name}"
    if session.kind in FOR_TWO and session.juniors:
        return f"{name}: {words.listed([session.senior.name, *(one.name for one in session.juniors)])}"
    return f"{name} with {session.senior.name}"


def _description(site: Site, session: SessionRecord, hold: bool, serves: str) -> list[str]:
    lines = [f"For: {session.title}"] if session.title else []
    if serves:
        lines.append(serves)
    if session.kind in CHECKED_IN:
        lines.append("Everybody does their own work; there is a check-in every 30 minutes.")
    if hold:
        lines.append(f"Held until {session.senior.name} has answered: {site.config.site.url}")
    else:
        lines += [NO_ORDER, site.config.site.url]
    return lines


def _attendees(site: Site, stands: Standing) -> tuple[Attendee, ...]:
    session = stands.session
    if (redirected := site.config.mail.redirect_to) is not None:
        return (Attendee(redirected),)  # somebody is trying things out: nobody else hears of it
    people = [Attendee(one.email, one_line(one.name)) for one in (session.senior, *stands.juniors)]
    if session.room_email is not None:
        people.append(Attendee(session.room_email, one_line(session.room or ""), is_room=True))
    return tuple(people)


# --- writing -------------------------------------------------------------------------------------


def wake(site: Site, now: datetime) -> None:
    """Have events that are due written soon."""
    organizer = site.config.connectors.organizer
    if organizer is None:
        return
    with site.store.reading() as connection:
        if not kept.due(connection, organizer, now, most=1):
            return
    with site.store.writing() as connection:
        job_id = jobs.add(connection, "write_events", {}, now, dedup="write_events")
    site.queue.tell(job_id)


def deliver(site: Site) -> None:
    """The background job: write what is due, each noted as soon as the calendar has it."""
    organizer = site.config.connectors.organizer
    if organizer is None:
        return
    writer: EventWriter | None = None
    while due := _due(site, organizer):
        for event, stands in due:
            try:
                writer = writer or site.writer(site.config)
                _write(site, writer, event, stands)
            except ConnectorError as why:
                log.warning("event %s could not be written: %s", event.id, why)
                first_wait = FIRST_WAIT if why.retry else WAIT_AFTER_NO
                _put_off(site, event, str(why), first_wait, _asked_to_wait(why))
            except Exception as why:
                # One event that we cannot put into words must not keep the others waiting.
                log.exception("event %s could not be written", event.id)
                _put_off(site, event, f"A fault of ours ({type(why).__name__}); see the log.", WAIT_AFTER_NO)
    outbox.wake(site, site.now())


def _asked_to_wait(why: ConnectorError) -> timedelta:
    """What the vendor wants us to wait (Retry-After), however many processes we are."""
    after = why.after if isinstance(why, Unreachable) else None
    return timedelta(seconds=after or 0)


def _put_off(
    site: Site, event: Event, problem: str, first_wait: timedelta, at_least: timedelta = timedelta()
) -> None:
    doubled: timedelta = first_wait * 2 ** min(event.attempts, MOST_DOUBLINGS)
    wait = max(min(doubled, LAST_WAIT), at_least)
    with site.store.writing() as connection:
        kept.note_problem(connection, event, problem, site.now() + wait)


def _due(site: Site, organizer: str) -> list[tuple[Event, Standing | None]]:
    now = site.now()
    with site.store.reading() as connection:
        due = kept.due(connection, organizer, now)
        standing = standing_of(connection, [event.session_id for event in due], now)
        serving = purposes.of(connection, [stands.session for stands in standing.values()])
    said = {key: _with_purpose(stands, serving[key]) for key, stands in standing.items()}
    return [(event, said.get(event.session_id) if event.wanted else None) for event in due]


def _with_purpose(stands: Standing, serves: Purpose) -> Standing:
    """It is worked out for what is written anyway and no part of `Wanted`: a goal or an objective that
    changes, or is ended, rewrites no event and so sends nobody an update. Pages say what is true today."""
    return replace(stands, serves=purposes.in_a_calendar(stands.session, serves))


def _write(site: Site, writer: EventWriter, event: Event, stands: Standing | None) -> None:
    seen = None
    if stands is None:
        writer.withdraw(event.key, quietly=event.quietly)
    else:
        draft = _draft(site, stands, event.key, event.wanted_version)
        # Of a key that was never noted as written a draft of a later version may be the first.
        unknown = event.written_version == 0 and event.wanted_version > 1
        try:
            written = writer.write(draft, quietly=event.quietly, restore=event.restore or unknown)
        except EventGone:
            with site.store.writing() as connection:
                ask(connection, site, event, "removed", site.now())
            return
        seen = _seen_after_writing(event, stands, written)
    with site.store.writing() as connection:
        if not kept.note_written(connection, event, seen, site.now()):
            _write_once_more(connection, event, site.now())


def _write_once_more(connection: Connection, event: Event, now: datetime) -> None:
    """Another worker was faster; if it was with something newer, what we wrote late must not stand."""
    latest = kept.one(connection, event.id)
    if latest is not None and latest.written_version > event.wanted_version:
        kept.want(connection, latest, latest.wanted, now, quietly=True)


def _seen_after_writing(event: Event, stands: Standing, written: WrittenEvent) -> Seen:
    """What is known of an event that was just written; answers are taken up by the reconciler alone."""
    before = event.seen
    people = {one.id: Response.NEEDS_ACTION for one in (stands.session.senior, *stands.juniors)}
    same_time = before is not None and before.when == (written.start, written.end)
    if before is not None and same_time:
        people |= {person: answer for person, answer in before.people.items() if person in people}
    same_room = before is not None and same_time and before.room_id == stands.room_id
    return Seen(
        written.start,
        written.end,
        people,
        stands.room_id,
        before.room if before is not None and same_room else None,
        written.link,
        before.refused_rooms if before is not None and same_time else (),
    )


# --- asking --------------------------------------------------------------------------------------


def ask(connection: Connection, site: Site, event: Event, question: str, now: datetime) -> None:
    """Ask a session's senior what should become of its event: on their page, and by one mail."""
    latest = kept.one(connection, event.id)
    if latest is None or latest.wanted is None or latest.question == question:
        return
    stands = standing_of(connection, [latest.session_id], now).get(latest.session_id)
    if stands is None or stands.session.end <= now:
        return
    kept.ask(connection, latest, question, now)
    day_questions.close_about(connection, [latest.session_id], now, stands.session.senior.id)
    proposal_id = proposals.of_session(connection, latest.session_id)
    if proposal_id is not None:
        moved_to = latest.seen.start if question == "moved" and latest.seen is not None else None
        letter = QuestionLetter(stands.session, question, stands.hold, proposal_id, moved_to)
        outbox.ask_about_event(connection, site, letter, f"{latest.id}:{secrets.token_hex(8)}", now)
