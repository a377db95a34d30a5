""" "I can't come today": what there is that day, and letting all of it go, or online, at once.

It may be said inside the freeze and an hour before: that is what it is for. It is one tap, so it can be
undone, as far as that is honest: a senior's day is agreed again if it still fits, and everybody is invited
anew; a junior has the seats that nobody has taken meanwhile, and joins the line for the others.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from planner.errors import IllegalMove
from planner.lifecycle import ProposalState, SeatState
from web import words
from web.errors import NotFound, Refused
from web.operations import assistants, audit, outbox, seats, worth
from web.operations.access import need_programme, need_role, need_self
from web.operations.changes import Changes
from web.operations.proposals import day_again
from web.records import DayOffRecord, Member, SessionRecord
from web.site import Site
from web.store import day_questions as kept
from web.store import proposals, sessions
from web.store import tables as t
from web.store.day_questions import Day
from web.store.proposals import Standing

#: What a seat is after somebody gave it up.
GONE = (SeatState.DECLINED, SeatState.CANCELLED)

NOTHING = "There is nothing left that day, so there is nothing to call off."


def of_senior(site: Site, proposal_id: int, by: Member, now: datetime) -> DayOffRecord:
    """What is still to come on the agreed day of a proposal, in all programmes of its senior."""
    with site.store.reading() as connection:
        standing = _own(connection, proposal_id, by)
        day = _day(connection, standing, now)
        found = sessions.agreed(connection, t.session.c.id.in_([each.id for each in day.sessions]))
        record = _record(standing.day, proposals.zone_of(connection, proposal_id), found)
    audit.look_for_another(site, by, "read.day", f"proposal:{proposal_id}")
    return record


def senior_cannot_come(
    site: Site, proposal_id: int, online: Collection[str] | None, by: Member, now: datetime
) -> DayOffRecord:
    """Hold some of what is to come that day online instead, and call off the rest; everybody is told at once.

    Args:
        online: ids of sessions; one that is online already stays as it is. None: nobody was asked, so what
            is online stays where there is a trip to call off.

    Returns:
        What there was.
    """
    before = of_senior(site, proposal_id, by, now)
    with site.store.writing() as connection:
        standing = _own(connection, proposal_id, by)
        day = _day(connection, standing, now)
        if not day.sessions:
            raise Refused(NOTHING)
        if online is None:
            online = [each.id for each in day.sessions if each.office_id is None] if day.in_office else []
        changes = Changes(connection, site, now)
        changes.go_online([each.id for each in day.in_office if each.id in online])
        changes.call_off([each.id for each in day.sessions if each.id not in online])
        changes.tell(worth.asked_about(connection, [(day.senior_id, day.day)], now))
        for each in {session.proposal_id for session in day.sessions}:
            proposals.note_called_off(connection, each, by.hand.id, now)
        audit.note(connection, now, by, "day.cannot_come", f"proposal:{proposal_id}")
        _tell_senior(connection, site, by, "said that you cannot come on", standing, now)
    outbox.wake(site, now)
    return before


def can_take_back(site: Site, proposal_id: int, by: Member, now: datetime) -> bool:
    """Can the senior come after all: was all of the day called off, and is nothing of it elsewhere yet?"""
    with site.store.reading() as connection:
        return _can_take_back(connection, _own(connection, proposal_id, by), now)


def senior_can_come(site: Site, proposal_id: int, by: Member, now: datetime) -> None:
    """Undo calling a day off. Settled in the background as any yes: agreed anew if it fits, or asked about.

    Those whom the plan chose are invited again; who had booked a seat would have to do so again.
    """
    with site.store.writing() as connection:
        standing = _own(connection, proposal_id, by)
        if not _can_take_back(connection, standing, now):
            raise Refused("This day cannot be brought back. Its sessions come back in the next plan.")
        job_id = day_again(connection, standing, by.hand.id, now)
        audit.note(connection, now, by, "day.can_come", f"proposal:{proposal_id}")
        _tell_senior(connection, site, by, "said that you can come after all on", standing, now)
    site.queue.tell(job_id)
    outbox.wake(site, now)


def _can_take_back(connection: Connection, standing: Standing, now: datetime) -> bool:
    placed = [each for each in standing.placements if each.session not in standing.left_out]
    return (
        standing.state is ProposalState.CANCELLED
        and bool(placed)
        and min(each.start for each in placed) > now
        and not proposals.taken_sessions(connection, [each.session for each in placed], standing.senior_id)
    )


def _tell_senior(
    connection: Connection, site: Site, by: Member, did: str, standing: Standing, now: datetime
) -> None:
    """Let a senior know what an assistant said for them."""
    says = f"{did} {words.long_day(standing.day)}"
    assistants.tell_senior(connection, site, by, says, f"/days/{standing.id}", now)


def of_junior(site: Site, day: date, by: Member, now: datetime) -> DayOffRecord:
    """The sessions still to come on a date (this person's own) in which they have a seat, or hope for one."""
    need_role(by, "junior")
    with site.store.reading() as connection:
        ids = _seats(connection, day, by, now)
        found = sessions.agreed(connection, t.session.c.id.in_(ids))
    return _record(day, by.person.timezone, found)


def junior_cannot_come(site: Site, day: date, by: Member, now: datetime) -> DayOffRecord:
    """Give up every seat of a date, and every place in line. Costs nothing, and the turns come again."""
    before = of_junior(site, day, by, now)
    with site.store.writing() as connection:
        ids = _seats(connection, day, by, now)
        if not ids:
            raise Refused(NOTHING)
        seats.give_up_all(connection, site, ids, by.person.id, now)
        audit.note(connection, now, by, "day.cannot_come", seats=len(ids))
    outbox.wake(site, now)
    return before


def junior_can_come(site: Site, day: date, by: Member, now: datetime) -> tuple[int, int]:
    """Undo that: how many seats of the date are theirs again, and for how many they wait in line now."""
    need_role(by, "junior")
    with site.store.reading() as connection:
        ids = kept.given_up_last(connection, by.person.id, _sessions_on(connection, day, by, now, GONE))
    seated = waiting = 0
    for session_id in ids:
        try:
            seats.take_back(site, session_id, by, now)
            seated += 1
        except (IllegalMove, Refused):
            waiting += _wait_again(site, session_id, by, now)
    return seated, waiting


def _wait_again(site: Site, session_id: str, by: Member, now: datetime) -> bool:
    try:
        seats.wait(site, session_id, by, now)
    except IllegalMove:  # a seat is free at another time than they are, or none of it is for booking
        return False
    return True


def near_days(by: Member, now: datetime) -> tuple[date, date]:
    """Today and tomorrow where this person is: the days for which it is said in one tap."""
    today = now.astimezone(ZoneInfo(by.person.timezone)).date()
    return today, today + timedelta(days=1)


def _own(connection: Connection, proposal_id: int, by: Member) -> Standing:
    need_role(by, "senior")
    standing = proposals.standing(connection, proposal_id)
    if standing is None or standing.state is ProposalState.DRAFT:
        raise NotFound
    need_programme(by, standing.programme_id)
    need_self(by, standing.senior_id)
    return standing


def _day(connection: Connection, standing: Standing, now: datetime) -> Day:
    (day,) = kept.days(connection, [(standing.senior_id, standing.day)], now)
    return day


def _seats(connection: Connection, day: date, by: Member, now: datetime) -> list[str]:
    return _sessions_on(connection, day, by, now, seats.HOPING)


def _sessions_on(
    connection: Connection, day: date, by: Member, now: datetime, states: Collection[SeatState]
) -> list[str]:
    zone = ZoneInfo(by.person.timezone)
    first = datetime.combine(day, time(), zone).astimezone(UTC)
    last = datetime.combine(day + timedelta(days=1), time(), zone).astimezone(UTC)
    from_now = max(first, now + timedelta(microseconds=1))
    return kept.seats_on(connection, by.person.id, from_now, last, states)


def _record(day: date, timezone: str, found: list[SessionRecord]) -> DayOffRecord:
    return DayOffRecord(
        day,
        timezone,
        tuple(each for each in found if each.office is not None),
        tuple(each for each in found if each.office is None),
    )
