"""A company whose sessions are written into an organizer's calendar."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from connectors.base import EventDraft, WrittenEvent
from connectors.memory import MemoryOrganizer
from planner.domain import Interval
from tests.web.company import a_company, at
from web import jobs
from web.config import CaldavSettings, Config
from web.operations import events, reconcile
from web.operations.events import Standing
from web.site import Site
from web.store import events as kept
from web.store.events import Event

ORGANIZER = "caldav:/mentoring/calendar/"
EVER = Interval(datetime.fromisoformat("2000-01-01T00:00Z"), datetime.fromisoformat("2100-01-01T00:00Z"))


def with_organizer(site: Site, organizer: Any) -> Site:
    """The same site, writing through this `EventWriter`; calendars are read when a test says so."""
    account = CaldavSettings(url="http://127.0.0.1:1", username="mentoring", password_file=Path("none"))
    known = {"organizer": ORGANIZER, "caldav": account, "read_every_minutes": 0}
    told = site.config.connectors.model_copy(update=known)
    config: Config = site.config.model_copy(update={"connectors": told})
    return replace(site, config=config, writer=lambda _config: organizer)


def a_company_with_an_organizer(folder: Path) -> tuple[Site, MemoryOrganizer]:
    organizer = MemoryOrganizer()
    return with_organizer(a_company(folder), organizer), organizer


def settle(site: Site) -> None:
    """Do all background work until there is none: what a worker does within seconds."""
    jobs.look_round(site)
    while jobs.run_due(site):
        jobs.look_round(site)


def look(site: Site, moment: datetime) -> Site:
    """The site at a later moment, once it has looked at the organizer's calendar."""
    later = at(site, moment)
    settle(later)
    reconcile.reconcile(later)
    settle(later)
    return later


def wanted(site: Site) -> dict[str, Event]:
    """The events that should be there, by session."""
    with site.store.reading() as connection:
        return dict(kept.wanted(connection, ORGANIZER))


def there(organizer: MemoryOrganizer) -> dict[str, WrittenEvent]:
    return {one.key: one for one in organizer.written(EVER)}


def draft_of(site: Site, organizer: MemoryOrganizer, session_id: str) -> EventDraft:
    return organizer.draft(wanted(site)[session_id].key)


def mailed_to(draft: EventDraft) -> set[str]:
    """Whom an event invites, rooms too, by the name before the @."""
    return {attendee.email.partition("@")[0] for attendee in draft.attendees}


def differences(site: Site, organizer: MemoryOrganizer) -> list[str]:
    """In what the organizer's calendar is not what the database wants; empty when all is settled."""
    with site.store.reading() as connection:
        standing = events.standing_of(connection, None, site.now())
    return differences_between(list(organizer.written(EVER)), wanted(site), standing)


def differences_between(
    there: Collection[WrittenEvent],
    expected: Mapping[str, Event],
    standing: Mapping[str, Standing],
    asked: Collection[str] = (),
) -> list[str]:
    """The same of any calendar; sessions that are `asked` about may have no event."""
    by_key = {one.key: one for one in there}
    found = [f"{session}: no event wanted" for session in standing.keys() - expected.keys() - set(asked)]
    found += [f"{key}: not wanted" for key in by_key.keys() - {event.key for event in expected.values()}]
    for session, event in expected.items():
        one, stands = by_key.get(event.key), standing.get(session)
        if one is None or stands is None:
            found.append(f"{session}: missing")
            continue
        people = {each.email for each in (stands.session.senior, *stands.juniors)}
        room = {stands.session.room_email} - {None}
        if (one.start, one.end) != (stands.session.start, stands.session.end):
            found.append(f"{session}: at another time")
        if one.tentative != stands.hold or set(one.responses) != people | room:
            found.append(f"{session}: says something else")
    return found
