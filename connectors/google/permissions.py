"""What Google has to grant us, why, and what it would let us read.

The scopes are the narrowest of the discovery document that our methods take
(developers.google.com/workspace/calendar/api/auth).
"""

from __future__ import annotations

import json

from googleapiclient import discovery_cache

from connectors.base import Permission
from connectors.settings import GoogleSettings

_AUTH = "https://www.googleapis.com/auth/"

READ_FREE_BUSY = Permission(
    name=_AUTH + "calendar.freebusy",
    why="to see when people and rooms are busy",
    could_read="when every calendar is busy that shares its free/busy with the mailbox; "
    "no titles, places or guests",
)
WRITE_EVENTS = Permission(
    name=_AUTH + "calendar.events.owned",
    why="to keep the sessions' events in the organizer's own calendar, and to see who has answered",
    could_read="every event, with its title, place and guests, of the calendars that the organizer's "
    "mailbox owns; nobody else's calendar",
)
READ_LOCATIONS = Permission(
    name=_AUTH + "calendar.events.readonly",
    why="to see on which days people have marked that they work at the office, and when they are away",
    could_read="every event, with its title, place and guests, of every calendar that shares its events "
    "with the mailbox; we ask Google for times and kinds of events only",
)

#: What an installation needs that reads free/busy and keeps events.
REQUIRED = (READ_FREE_BUSY, WRITE_EVENTS)


def required(settings: GoogleSettings, *, writes: bool = True) -> tuple[Permission, ...]:
    """The least that is needed.

    Args:
        writes: is the organizer's mailbox at Google?
    """
    locations = (READ_LOCATIONS,) if settings.working_locations else ()
    return (READ_FREE_BUSY, *locations, WRITE_EVENTS) if writes else (READ_FREE_BUSY, *locations)


def names(permissions: tuple[Permission, ...]) -> tuple[str, ...]:
    """The scopes, as Google spells them."""
    return tuple(permission.name for permission in permissions)


def scope_description(name: str) -> str:
    """What Google itself says that a scope allows."""
    scopes = json.loads(discovery_cache.get_static_doc("calendar", "v3"))["auth"]["oauth2"]["scopes"]
    return str(scopes[name]["description"]) if name in scopes else "more than calendars"
