""" "I can't come today": what there is that day, and letting all of it go, or online, at once.

It may be said inside the freeze and an hour before: that is what it is for.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from planner.lifecycle import ProposalState
from web.errors import NotFound, Refused
from web.operations import audit, outbox, seats, worth
from web.operations.access import need_programme, need_role, need_self
from web.operations.changes import Changes
from web.records import DayOffRecord, Member, SessionRecord
from web.site import Site
from web.store import day_questions as kept
from web.store import proposals, sessions
from web.store import tables as t
from web.store.day_questions import Day
from web.store.proposals import Standing

NOTHING = "There is nothing left that day, so there is nothing to call off."


def of_senior(site: Site, proposal_id: int, by: Member, now: datetime) -> DayOffRecord:
    """What is still to come on the agreed day of a proposal, in all programmes of its senior."""
    with site.store.reading() as connection:
        standing = _own(connection, proposal_id, by)
        day = _day(connection, standing, now)
        found = sessions.agreed(connection, t.session.c.id.in_([each.id for each in day.sessions]))
        return _record(standing.day, proposals.zone_of(connection, proposal_id), found)


def senior_cannot_come(
    site: Site, proposal_id: int, online: Collection[str], by: Member, now: datetime
) -> DayOffRecord:
    """Hold some of what is to come that day online instead, and call off the rest; everybody is told at once.

    Args:
        online: ids of sessions; one that is online already stays as it is.

    Returns:
        What there was.
    """
    before = of_senior(site, proposal_id, by, now)
    with site.store.writing() as connection:
        standing = _own(connection, proposal_id, by)
        day = _day(connection, standing, now)
        if not day.sessions:
            raise Refused(NOTHING)
        changes = Changes(connection, site, now)
        changes.go_online([each.id for each in day.in_office if each.id in online])
        changes.call_off([each.id for each in day.sessions if each.id not in online])
        changes.tell(worth.asked_about(connection, [(day.senior_id, day.day)], now))
        audit.note(connection, now, by, "day.cannot_come", f"proposal:{proposal_id}")
    outbox.wake(site, now)
    return before


def of_junior(site: Site, day: date, by: Member, now: datetime) -> DayOffRecord:
    """The sessions still to come on a date (this person's own) in which they have a seat."""
    need_role(by, "junior")
    with site.store.reading() as connection:
        ids = _seats(connection, day, by, now)
        found = sessions.agreed(connection, t.session.c.id.in_(ids))
    return _record(day, by.person.timezone, found)


def junior_cannot_come(site: Site, day: date, by: Member, now: datetime) -> DayOffRecord:
    """Give up every seat of a date. Costs nothing, and the turns come again."""
    before = of_junior(site, day, by, now)
    with site.store.writing() as connection:
        ids = _seats(connection, day, by, now)
        if not ids:
            raise Refused(NOTHING)
        seats.give_up_all(connection, site, ids, by.person.id, now)
        audit.note(connection, now, by, "day.cannot_come", seats=len(ids))
    outbox.wake(site, now)
    return before


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
    zone = ZoneInfo(by.person.timezone)
    first = datetime.combine(day, time(), zone).astimezone(UTC)
    last = datetime.combine(day + timedelta(days=1), time(), zone).astimezone(UTC)
    return kept.seats_on(connection, by.person.id, max(first, now + timedelta(microseconds=1)), last)


def _record(day: date, timezone: str, found: list[SessionRecord]) -> DayOffRecord:
    return DayOffRecord(
        day,
        timezone,
        tuple(each for each in found if each.office is not None),
        tuple(each for each in found if each.office is None),
    )
