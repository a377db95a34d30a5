"""What a senior says to a change that somebody made in a calendar, and what a page shows of events."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Connection

from connectors.base import Response
from planner.alternatives import OtherDay
from planner.lifecycle import ProposalState
from web import words
from web.errors import NotFound, Refused
from web.operations import assistants, audit, events, one_session, outbox, proposals, worth
from web.operations.access import need_role, need_self
from web.operations.events import Standing
from web.records import EventRecord, EventTroubleRecord, Member, OrganizerRecord
from web.site import Site
from web.store import events as kept
from web.store import jobs
from web.store import proposals as kept_proposals
from web.store.events import Event

ANSWERED = "This question has been answered, or what it was about has changed. Here is how it stands now."


# --- answering -----------------------------------------------------------------------------------


def answer(site: Site, event_id: int, choice: str, by: Member, now: datetime) -> int:
    """Answer the open question of an event with one of its choices (`words.choices`).

    Returns:
        The proposal whose day the session is, or was, on.

    Raises:
        NotFound: it is not this senior's session.
        Refused: there is no such question any more, or the choice cannot be; nothing was changed.
    """
    need_role(by, "senior")
    best = _best_other_day(site, event_id, by, now) if choice == "another_day" else None
    with site.store.writing() as connection:
        event, stands, proposal_id = _asked(connection, event_id, by, now)
        if event.question is None or choice not in words.choices(event.question, stands.hold):
            raise Refused(ANSWERED)
        if best is not None:
            one_session.propose_instead(connection, site, event.session_id, best, now)
        else:
            _CHOICES[choice](connection, site, event, stands, proposal_id, by, now)
        if choice in ("another_day", "call_off"):
            worth.look_at(connection, site, [proposal_id], now)
        kept.answered(connection, event, choice, by.hand.id, now)
        audit.note(connection, now, by, f"event.{choice}", f"session:{event.session_id}")
        says = f"answered a question about your calendar for you: {words.CHOICES[choice]}"
        assistants.tell_senior(connection, site, by, says, f"/days/{proposal_id}", now)
    outbox.wake(site, now)
    return proposal_id


def _asked(connection: Connection, event_id: int, by: Member, now: datetime) -> tuple[Event, Standing, int]:
    event = kept.one(connection, event_id)
    if event is None:
        raise NotFound
    stands = events.standing_of(connection, [event.session_id], now).get(event.session_id)
    proposal_id = kept_proposals.of_session(connection, event.session_id)
    if stands is None or proposal_id is None:
        raise NotFound
    need_self(by, stands.session.senior.id)
    return event, stands, proposal_id


def _best_other_day(site: Site, event_id: int, by: Member, now: datetime) -> OtherDay:
    """Looked for before the transaction that takes it: it takes a while, and a yes is checked anyway."""
    with site.store.reading() as connection:
        event, stands, _ = _asked(connection, event_id, by, now)
        if event.question is None or "another_day" not in words.choices(event.question, stands.hold):
            raise Refused(ANSWERED)
        best = one_session.best_other_day(connection, event.session_id, now)
    if best is None:
        raise Refused("No other day works for it in these weeks. You can leave it as it is, or call it off.")
    return best


def _put_back(
    connection: Connection, _site: Site, event: Event, stands: Standing, _: int, _by: Member, now: datetime
) -> None:
    restore = event.question == "removed"
    kept.want(connection, event, event.wanted, now, restore=restore, quietly=stands.hold)


def _keep_time(
    connection: Connection,
    site: Site,
    event: Event,
    stands: Standing,
    proposal_id: int,
    _by: Member,
    now: datetime,
) -> None:
    if event.seen is None:
        raise Refused(ANSWERED)
    if stands.hold:
        one_session.hold_at(connection, site, proposal_id, event.session_id, event.seen.start, now)
    else:
        one_session.move_agreed(connection, site, event.session_id, event.seen.start, now)
        # Whoever moved the event has told the others already, and so does our mail.
        kept.change(connection, event.id, quietly=True)


def _keep(
    _connection: Connection,
    _site: Site,
    _event: Event,
    _stands: Standing,
    _proposal: int,
    _by: Member,
    _now: datetime,
) -> None:
    """It stays as it is."""


def _call_off(
    connection: Connection,
    site: Site,
    event: Event,
    stands: Standing,
    _proposal: int,
    _by: Member,
    now: datetime,
) -> None:
    if stands.session.start <= now:
        raise Refused("This session has begun, so it cannot be called off any more.")
    one_session.call_off_one(connection, site, event.session_id, now)


def _skip(
    connection: Connection,
    site: Site,
    _event: Event,
    _stands: Standing,
    proposal_id: int,
    by: Member,
    now: datetime,
) -> None:
    standing = kept_proposals.standing(connection, proposal_id)
    if standing is None:
        raise NotFound
    proposals.skip_standing(connection, site, standing, by.hand.id, now)


_CHOICES: dict[str, Callable[[Connection, Site, Event, Standing, int, Member, datetime], None]] = {
    "put_back": _put_back,
    "keep_time": _keep_time,
    "keep": _keep,
    "call_off": _call_off,
    "skip": _skip,
}


# --- showing -------------------------------------------------------------------------------------


def of_proposal(site: Site, proposal_id: int, by: Member, now: datetime) -> tuple[EventRecord, ...]:
    """The events of a day's sessions, for its senior; empty where no organizer is configured."""
    need_role(by, "senior")
    organizer = site.config.connectors.organizer
    if organizer is None:
        return ()
    with site.store.reading() as connection:
        record = kept_proposals.one(connection, proposal_id)
        if record is None or record.state == ProposalState.DRAFT:
            raise NotFound
        need_self(by, record.senior.id)
        found = kept.wanted(connection, organizer, kept_proposals.sessions_of(connection, [proposal_id]))
        standing = events.standing_of(connection, found.keys(), now)
    of_day = [found[session_id] for session_id in sorted(found.keys() & standing.keys())]
    records = [_record(event, standing[event.session_id]) for event in of_day]
    return tuple(sorted(records, key=lambda record: (record.session.start, record.session.id)))


def _record(event: Event, stands: Standing) -> EventRecord:
    answers = list(event.seen.people.values()) if event.seen else []
    question = event.question
    return EventRecord(
        id=event.id,
        session=stands.session,
        hold=stands.hold,
        written=event.settled and question != "removed",
        problem=event.problem,
        link=event.seen.web_link if event.seen else None,
        accepted=answers.count(Response.ACCEPTED),
        declined=answers.count(Response.DECLINED),
        question=question and words.question_says(question, stands.hold),
        choices=words.choices(question, stands.hold) if question else (),
        moved_to=event.seen.start if event.seen and question == "moved" else None,
    )


def open_to(site: Site, by: Member, now: datetime) -> dict[int, int]:
    """How many questions about events wait for this senior, by the proposal whose page asks them."""
    need_role(by, "senior")
    address = site.config.connectors.organizer
    if address is None:
        return {}
    with site.store.reading() as connection:
        asked = kept.asked_of(connection, address, by.person.id)
        standing = events.standing_of(connection, asked, now)
        through = [kept_proposals.of_session(connection, session_id) for session_id in standing]
    return dict(Counter(proposal_id for proposal_id in through if proposal_id is not None))


def links(site: Site, session_ids: list[str]) -> dict[str, str]:
    """Where to meet online, by session: of those that have a link."""
    organizer = site.config.connectors.organizer
    if organizer is None:
        return {}
    with site.store.reading() as connection:
        found = kept.wanted(connection, organizer, session_ids)
    seen = {session_id: event.seen for session_id, event in found.items() if event.seen is not None}
    return {session_id: each.web_link for session_id, each in seen.items() if each.web_link is not None}


def organizer(site: Site, by: Member, now: datetime) -> OrganizerRecord | None:
    """How the organizer's calendar is doing, for an admin; None where none is configured."""
    need_role(by, "admin")
    address = site.config.connectors.organizer
    if address is None:
        return None
    with site.store.reading() as connection:
        last = kept.last_reading(connection, address)
        stuck = kept.with_problem(connection, address, by.programme_id)
        standing = events.standing_of(connection, [event.session_id for event in stuck], now)
    return OrganizerRecord(
        address=address.partition(":")[2],
        read_at=last.read_at if last else None,
        problem=last.problem if last else None,
        strangers=last.strangers if last else 0,
        troubles=tuple(
            EventTroubleRecord(
                event.problem or "",
                standing[event.session_id].session if event.session_id in standing else None,
            )
            for event in stuck
        ),
    )


def try_again(site: Site, by: Member, now: datetime) -> int:
    """Write at once what could not be written, and look at the calendar again; how many events."""
    need_role(by, "admin")
    address = site.config.connectors.organizer
    if address is None:
        raise NotFound
    with site.store.writing() as connection:
        stuck = [event.id for event in kept.with_problem(connection, address, by.programme_id)]
        kept.try_again(connection, stuck, now)
        job_id = jobs.add(connection, "reconcile", {}, now, dedup="reconcile")
        audit.note(connection, now, by, "event.try_again", events=len(stuck))
    site.queue.tell(job_id)
    events.wake(site, now)
    return len(stuck)
