"""Whose a calendar is: nobody's is read as somebody else's, nor as a room's.

What is read is told to the owner whom the roster names. A calendar under the wrong name would be read without
its owner's knowledge, and in spite of their no. So no file may say such a thing, and where it is said already
the calendar is left unread.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from sqlalchemy import Connection

from web.store import calendars as kept
from web.store.calendars import Whose

#: What stands between the parts of a calendar's address, whichever system's it is.
_BETWEEN = re.compile(r"[/?&=:;,\s]+")

IS_AN_ADDRESS = "this is somebody else's mail address"
IS_A_CALENDAR = "this is the calendar of somebody else too"


@dataclass(frozen=True, slots=True)
class Owner:
    """Somebody, or a room, as the roster has them."""

    key: Any  #: whatever tells owners apart
    is_room: bool
    email: str | None  #: a person's; a room's is no person's, and is not asked for
    calendar: str | None  #: with its kind


class Claims:
    """Who has which calendar, and whose mail address is which."""

    def __init__(self, owners: Iterable[Owner]) -> None:
        self._addresses: dict[str, Any] = {}
        self._calendars: dict[str, list[Owner]] = defaultdict(list)
        for owner in owners:
            if not owner.is_room and owner.email is not None:
                self._addresses[owner.email.casefold()] = owner.key
            if owner.calendar is not None:
                self._calendars[_form(owner.calendar)].append(owner)

    def against(self, owner: Owner) -> str | None:
        """Why the calendar that somebody or a room is said to have is not theirs; None: nothing says so."""
        if owner.calendar is None:
            return None
        holders = {self._addresses.get(mailbox) for mailbox in _mailboxes(owner.calendar)} - {None}
        if holders - {owner.key}:
            return IS_AN_ADDRESS
        others = [each for each in self._calendars[_form(owner.calendar)] if each.key != owner.key]
        if owner.is_room:  # one calendar may be that of two halves of a room
            others = [each for each in others if not each.is_room]
        is_their_own = owner.key in holders
        return IS_A_CALENDAR if others and not is_their_own else None


def mailbox_of(calendar: str | None) -> str | None:
    """The mailbox that a calendar is, in lower case, in systems that find calendars by one."""
    kind, _, address = (calendar or "").partition(":")
    by_mailbox = kind in ("google", "microsoft") or (
        kind == "caldav" and "@" in address and "/" not in address
    )
    return address.casefold() if by_mailbox else None


def not_theirs(connection: Connection) -> Mapping[Whose, str]:
    """Whose calendars, as they are kept, are another person's; why, and what to do."""
    owners = [
        Owner((each.owners, each.owner), each.owners is kept.ROOMS, each.email, each.calendar)
        for each in kept.owners(connection)
    ]
    claims = Claims(owners)
    found = {owner: claims.against(owner) for owner in owners}
    return {owner.key: _left_unread(why, owner) for owner, why in found.items() if why}


def _left_unread(why: str, owner: Owner) -> str:
    own = "the room's own calendar, or none" if owner.is_room else "their own calendar, or none"
    return f"it is left unread: {why}; import {'rooms' if owner.is_room else 'people'} with {own}"


def _form(calendar: str) -> str:
    """The same for two ways of writing one address."""
    address = unquote(calendar.partition("#")[0]).casefold()
    return re.sub(r"^ics:(webcal|http)s?://", "ics:https://", address).rstrip("/")


def _mailboxes(calendar: str) -> set[str]:
    """The mail addresses that stand in a calendar's address: it, or parts of its path."""
    return {part for part in _BETWEEN.split(unquote(calendar).casefold()) if "@" in part}
